/* What the tests of the store share: a database file of its own for each test. */
#ifndef STORED_H
#define STORED_H

#include "unit.h"

#include "base/arena.h"
#include "store/store.h"

static const int64_t noon __attribute__((unused)) = INT64_C(1795323667123);

static struct err err;
static struct store *store;
static struct arena arena;
static char database[256];

static inline int start(void **state)
{
    static int number;
    (void)state;
    err_clear(&err);
    snprintf(database, sizeof database, "%s/s%d.db", unit_folder(), number++);
    store = store_open(database, &err);
    assert_no_fault(&err);
    assert_non_null(store);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    arena_free(&arena);
    return 0;
}

static inline void reopen(void)
{
    store_close(store);
    store = store_open(database, &err);
    assert_no_fault(&err);
    assert_non_null(store);
}

#endif
