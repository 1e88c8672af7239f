/* A conversation as it stands in the database: read, written and read again gives the same. */
#include "fuzz.h"

#include <string.h>

#include "talk/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct state state, again;
    struct buf out = BUF_INIT(64 * 1024), twice = BUF_INIT(64 * 1024);
    if (state_read(&state, (const char *)bytes, len) == 0) {
        state_write(&state, &out);
        if (state_read(&again, buf_str(&out), out.len))
            __builtin_trap();
        state_write(&again, &twice);
        if (out.len != twice.len || memcmp(buf_str(&out), buf_str(&twice), out.len))
            __builtin_trap();
    }
    buf_free(&out);
    buf_free(&twice);
    return 0;
}
