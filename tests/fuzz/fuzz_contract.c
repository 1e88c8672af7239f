/* Every payload that a program reads from the broker, and the topics. */
#include "fuzz.h"

#include <string.h>

#include "wire/ask.h"
#include "wire/contract.h"

/* What was read is written, and read again as the same. */
static void ask_goes_round(const char *text, size_t len, struct arena *arena)
{
    struct ask ask, again;
    const char *id;
    struct buf out = BUF_INIT(2 * 1024 * 1024);
    if (ask_read(text, len, arena, &ask, &id)) {
        if (id && !contract_id_fits(id))
            __builtin_trap();
        return;
    }
    ask_write(&ask, &out);
    if (buf_done(&out) ||
        (out.len <= CONTRACT_LIST_LARGEST && ask_read(buf_str(&out), out.len, arena, &again, &id)))
        __builtin_trap();
    for (size_t i = 0; i < ask.count && out.len <= CONTRACT_LIST_LARGEST; i++)
        if (again.count != ask.count || strcmp(ask_with(&again, ask.with[i].name), ask.with[i].text) != 0)
            __builtin_trap();
    buf_free(&out);
}

static void answer_goes_round(const char *text, size_t len, struct arena *arena)
{
    struct answer answer, again;
    struct buf out = BUF_INIT(2 * 1024 * 1024);
    if (answer_read(text, len, arena, &answer))
        return;
    answer_write(&answer, &out);
    if (buf_done(&out) ||
        (out.len <= CONTRACT_LIST_LARGEST && answer_read(buf_str(&out), out.len, arena, &again)))
        __builtin_trap();
    for (size_t i = 0; i < answer.n_rows * COLUMNS_MOST && out.len <= CONTRACT_LIST_LARGEST; i++)
        if (again.n_rows != answer.n_rows || strcmp(answer.cells[i], again.cells[i]) != 0)
            __builtin_trap();
    for (size_t i = 0; i < answer.n_columns && answer.n_rows; i++)
        answer_cell(&answer, answer.n_rows - 1, answer.columns[i]);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    const char *text = arena_strndup(&arena, (const char *)bytes, len), *id, *reason = NULL;
    struct event event;
    struct accepted accepted;
    struct out reply;
    struct delivered delivered;
    struct status status;
    struct topic topic;
    if (contract_read_in(text, len, &arena, &event, &id, &reason) && !reason)
        __builtin_trap();
    contract_read_accepted(text, len, &arena, &accepted);
    contract_read_out(text, len, &arena, &reply);
    contract_read_delivered(text, len, &arena, &delivered);
    contract_read_status(text, len, &arena, &status);
    topic_read("selvhjelp/v1", text, &topic);
    ask_goes_round(text, len, &arena);
    answer_goes_round(text, len, &arena);
    arena_free(&arena);
    return 0;
}
