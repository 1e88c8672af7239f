/* Every payload that a program reads from the broker, and the topics. */
#include "fuzz.h"

#include <string.h>

#include "wire/contract.h"

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
    arena_free(&arena);
    return 0;
}
