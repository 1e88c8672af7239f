/* Intent files, sets and word lists from staff: each loads or is refused with file and line. The input is
 * split at NUL bytes into words.txt, sets.txt and an intent. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "text/intents.h"

static char folder[64];
static const char *const names[] = {"words.txt", "sets.txt", "a.intent"};

static void write_file(const char *name, const uint8_t *bytes, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, len, file) != len)
        log_fatal("cannot write %s", path);
    fclose(file);
}

/* Nothing is left behind. */
static void remove_folder(void)
{
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {.count = 0};
    if (!*folder) {
        snprintf(folder, sizeof folder, "/tmp/selvhjelpsbot-fuzz-XXXXXX");
        if (!mkdtemp(folder))
            log_fatal("no temporary folder");
        atexit(remove_folder);
    }
    for (int i = 0; i < 3; i++) {
        const uint8_t *end = len ? memchr(bytes, 0, len) : NULL;
        size_t part = end && i < 2 ? (size_t)(end - bytes) : len;
        write_file(names[i], bytes, part);
        bytes += part + (part < len);
        len -= part + (part < len);
    }
    struct intents *intents = intents_load(folder, &err);
    if (!intents && !err.count)
        __builtin_trap();
    if (intents) {
        struct arena arena = ARENA_INIT;
        struct text text = text_normalise("hva koster det", 14, intents_words(intents), &arena);
        struct intent_score scores[INTENTS_MOST];
        intents_score(intents, &text, &arena, scores);
        arena_free(&arena);
    }
    intents_free(intents);
    return 0;
}
