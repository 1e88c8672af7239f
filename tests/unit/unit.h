/* What the unit tests share: cmocka, a folder for their files, random numbers that are the same in every run,
 * and the real data. The programs run from the top of the checkout. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "dataset.h"

/* ---- files ---- */

static char unit_folder_name[64];

static inline int unit_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void unit_remove_folder(void)
{
    nftw(unit_folder_name, unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A folder of this run's own, made on first use and removed at exit. */
static inline const char *unit_folder(void)
{
    if (!unit_folder_name[0]) {
        snprintf(unit_folder_name, sizeof unit_folder_name, "/tmp/unit-XXXXXX");
        assert_non_null(mkdtemp(unit_folder_name));
        atexit(unit_remove_folder);
    }
    return unit_folder_name;
}

/* The path of a name in it; four may be in use at a time. */
static inline const char *unit_path(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    assert_true(snprintf(path, sizeof paths[0], "%s/%s", unit_folder(), name) < (int)sizeof paths[0]);
    return path;
}

/* Writes a file, and the folders on its way; returns its path. */
static inline const char *unit_write_bytes(const char *name, const void *bytes, size_t len)
{
    const char *path = unit_path(name);
    char parent[512];
    for (const char *slash = strchr(path + strlen(unit_folder()) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        assert_true(snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path) < (int)sizeof parent);
        mkdir(parent, 0700);
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *unit_write(const char *name, const char *text)
{
    return unit_write_bytes(name, text, strlen(text));
}

/* ---- errors ---- */

/* The fault's text must contain `part`. */
#define assert_says(err, part) unit_assert_says((err), (part), __FILE__, __LINE__)

static inline void unit_assert_says(const struct err *err, const char *part, const char *file, int line)
{
    if (strstr(err->text, part))
        return;
    print_error("expected \"%s\" in:\n%s\n", part, err->text);
    _fail(file, line);
}

/* Nothing may have been said. */
#define assert_no_fault(err) unit_assert_no_fault((err), __FILE__, __LINE__)

static inline void unit_assert_no_fault(const struct err *err, const char *file, int line)
{
    if (!err->count)
        return;
    print_error("unexpected:\n%s\n", err->text);
    _fail(file, line);
}

/* A call that returns 0 when it went well. */
#define assert_done(call) assert_int_equal((call), 0)

#define assert_contains(text, part) unit_assert_contains((text), (part), __FILE__, __LINE__)

static inline void unit_assert_contains(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part))
        return;
    print_error("expected \"%s\" in \"%s\"\n", part, text);
    _fail(file, line);
}

/* The text so many times in a row; the arena's. */
static inline const char *unit_repeated(const char *text, size_t times, struct arena *arena)
{
    size_t len = strlen(text);
    char *all = arena_bytes(arena, len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * len, text, len);
    all[len * times] = '\0';
    return all;
}

/* ---- random numbers ---- */

static uint64_t unit_seed = UINT64_C(0x9E3779B97F4A7C15);

/* xorshift64*: 0 to `below` - 1. */
static inline uint32_t unit_random(uint32_t below)
{
    unit_seed ^= unit_seed >> 12;
    unit_seed ^= unit_seed << 25;
    unit_seed ^= unit_seed >> 27;
    return (uint32_t)((unit_seed * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

/* ---- the real data ---- */

/* Loaded once, kept to the end. */
static inline struct dataset *unit_data(void)
{
    static struct dataset data;
    static bool loaded;
    if (!loaded) {
        struct err err = {.count = 0};
        struct settings *settings = settings_new();
        dataset_load(&data, settings, &err);
        settings_free(settings);
        assert_no_fault(&err);
        loaded = true;
    }
    return &data;
}

static inline const struct gazetteer *unit_gazetteer(void)
{
    static struct gazetteer *gazetteer;
    struct err err = {.count = 0};
    if (!gazetteer)
        gazetteer = gazetteer_load("bot/place/places.tsv", &err);
    assert_no_fault(&err);
    return gazetteer;
}

static inline const struct replies *unit_replies(void)
{
    static struct replies *replies;
    struct err err = {.count = 0};
    if (!replies)
        replies = replies_load("replies", &err);
    assert_no_fault(&err);
    return replies;
}

#endif
