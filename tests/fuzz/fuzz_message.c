/* A resident's message through the whole turn: decode, understand, step, render, store. The real data files
 * are loaded once; two turns on one chat, so that buttons and what was asked come into play. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/keys.h"
#include "base/log.h"
#include "turn.h"

static struct dataset data;
static struct turns turns;
static struct arena arena;

static void start(void)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    key_start();
    log_quiet(true);
    struct store *store = store_open(":memory:", &err);
    if (!store || dataset_load(&data, settings, &err))
        log_fatal("run this from the checkout: %s", err.text);
    if (turns_begin(&turns, &data, settings, store, &err))
        log_fatal("%s", err.text);
}

static void one_turn(const char *payload, size_t len, int64_t now)
{
    struct outcome outcome;
    struct err err = {.count = 0};
    struct incoming in = {"fuzz", "chat", payload, len};
    turn_run(&turns, &in, now, &arena, &outcome, &err);
    if (outcome.verdict == TURN_FAILED)
        log_fatal("a message must not make the store fail: %s", err.text);
    if (outcome.replied) {
        struct out reply;
        if (contract_read_out(buf_str(&outcome.payload), outcome.payload.len, &arena, &reply))
            log_fatal("the reply is not of the contract");
    }
    buf_free(&outcome.payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {.count = 0};
    struct buf payload = BUF_INIT(CONTRACT_IN_LARGEST * 8);
    if (!turns.store)
        start();
    store_begin(turns.store, &err);
    one_turn((const char *)bytes, len, 1790000000000); /* as a payload */
    if (text_valid((const char *)bytes, len)) {        /* as the text of a good one */
        struct event event = {.kind = EVENT_TEXT,
                              .id = "a",
                              .time = 1790000000000,
                              .text = (const char *)bytes,
                              .text_len = len};
        contract_write_in(&event, &payload);
        one_turn(buf_str(&payload), payload.len, 1790000001000);
    }
    store_rollback(turns.store);
    buf_free(&payload);
    arena_reset(&arena);
    return 0;
}
