/* What a coordinator or a resident types at the desk: commands, dates, codes, references, telephone and
 * e-mail. */
#include "fuzz.h"

#include <string.h>

#include "base/clock.h"
#include "talk/command.h"
#include "talk/desk.h"

static const int64_t now = INT64_C(1795431667123);

/* The rest stands in the message, and a reference is there only with a verb. */
static void try_command(const char *text, struct arena *arena)
{
    struct command command = command_read(text, arena);
    bool inside = command.rest >= text && command.rest <= text + strlen(text);
    if (!inside || (command.ref && (command.verb == VERB_NONE || !*command.ref)))
        __builtin_trap();
}

static void try_date(const char *text)
{
    int64_t at = command_date(text, now);
    if (!at)
        return;
    struct civil day = clock_oslo(at);
    if (at <= now || at > now + 367 * CLOCK_DAY || day.hour || day.minute || day.second)
        __builtin_trap();
}

static void try_code(const char *text, size_t len, struct arena *arena)
{
    const char *code = desk_code_in(text, len, arena);
    if (code && (!*code || strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(code)))
        __builtin_trap();
}

/* What was tidied once stays as it is. */
static void try_contact(const char *text)
{
    char out[CONTACT_SIZE], again[CONTACT_SIZE];
    if (contact_phone(text, out) && (!contact_phone(out, again) || strcmp(out, again) != 0))
        __builtin_trap();
    if (contact_email(text, out) && (!contact_email(out, again) || strcmp(out, again) != 0))
        __builtin_trap();
}

/* A reference that is read is the one that its id has. */
static void try_reference(const char *text, size_t len)
{
    char ref[REF_SIZE];
    int64_t id = ref_read(text, len);
    if (!id)
        return;
    ref_write(id, ref);
    if (id < 0 || strlen(ref) != len || strncasecmp(ref, text, len) != 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    const char *text = arena_strndup(&arena, (const char *)bytes, len);
    try_command(text, &arena);
    try_date(text);
    try_code((const char *)bytes, len, &arena); /* these need no NUL behind */
    try_contact(text);
    try_reference((const char *)bytes, len);
    try_reference((const char *)bytes, len < 5 ? len : 5);
    arena_free(&arena);
    return 0;
}
