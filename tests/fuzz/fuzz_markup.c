/* CommonMark to plain text, and to messages of Telegram. */
#include "fuzz.h"

#include "../unit/shown.h"
#include "base/arena.h"
#include "wire/contract.h"
#include "wire/markup.h"

static void to_plain(const char *text)
{
    struct buf out = BUF_INIT(64 * 1024);
    if (markup_plain(text, &out) == 0 && out.len > 64 * 1024)
        __builtin_trap();
    buf_free(&out);
}

/* Each part can be sent as it is. A reply is UTF-8 and has a largest size. */
static void to_telegram(const char *text, bool in_two, struct arena *arena)
{
    struct telegram_part *parts;
    size_t count = telegram_text(text, in_two, arena, &parts);
    for (size_t i = 0; i < count; i++)
        if (shown_fault(&parts[i]))
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    const char *text = arena_strndup(&arena, (const char *)bytes, len);
    to_plain(text);
    if (strlen(text) <= CONTRACT_OUT_LARGEST && shown_is_utf8(text)) {
        to_telegram(text, false, &arena);
        to_telegram(text, true, &arena);
    }
    arena_free(&arena);
    return 0;
}
