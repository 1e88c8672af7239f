/* CommonMark to plain text. */
#include "fuzz.h"

#include "base/arena.h"
#include "wire/markup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    struct buf out = BUF_INIT(64 * 1024);
    if (markup_plain(arena_strndup(&arena, (const char *)bytes, len), &out) == 0 && out.len > 64 * 1024)
        __builtin_trap();
    buf_free(&out);
    arena_free(&arena);
    return 0;
}
