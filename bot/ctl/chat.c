#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "turn.h"
#include "wire/markup.h"

/* Shows a reply as a person sees it: plain text, and its choices as numbered lines. */
static void show(const struct outcome *outcome, struct arena *arena)
{
    struct out reply;
    struct buf text = BUF_INIT(64 * 1024);
    if (contract_read_out(buf_str(&outcome->payload), outcome->payload.len, arena, &reply) ||
        markup_plain(reply.text, &text))
        fprintf(stderr, "selvhjelpsctl: the reply cannot be shown\n");
    else
        puts(buf_str(&text));
    for (size_t i = 0; i < reply.n_buttons; i++)
        printf("%s  %zu. %s\n", i ? "" : "\n", i + 1, reply.buttons[i].label);
    puts("");
    fflush(stdout);
    buf_free(&text);
}

static void take_line(const struct turns *turns, const char *line, size_t len, int number,
                      struct arena *arena)
{
    struct outcome outcome;
    struct err err = {.count = 0};
    struct buf payload = BUF_INIT(4 * CONTRACT_IN_LARGEST);
    int64_t now = clock_wall_ms();
    struct event event = {.kind = EVENT_TEXT,
                          .id = arena_printf(arena, "line-%d", number),
                          .time = now,
                          .text = line,
                          .text_len = len};
    contract_write_in(&event, &payload);
    struct incoming in = {"chat", "local", buf_str(&payload), payload.len};
    store_begin(turns->store, &err);
    turn_run(turns, &in, now, arena, &outcome, &err);
    if (store_commit(turns->store, &err) || err.count)
        fprintf(stderr, "%s", err.text);
    else if (outcome.verdict == TURN_REFUSED)
        fprintf(stderr, "selvhjelpsctl: the message cannot be read: %s\n", outcome.reason);
    else if (outcome.replied)
        show(&outcome, arena);
    buf_free(&outcome.payload);
    buf_free(&payload);
}

int ctl_chat(struct ctl *ctl, int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return ctl_usage("chat   a message a line on stdin");
    struct err err = {.count = 0};
    struct arena arena = ARENA_INIT;
    struct store *store = store_open(":memory:", &err);
    struct turns turns;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    /* Lines may be piped in as fast as they can be read. */
    if (store)
        settings_set(ctl->settings, "core.messages_a_minute=0", &err);
    if (!store || err.count || turns_begin(&turns, ctl_dataset(ctl), ctl->settings, store, &err)) {
        fprintf(stderr, "%s", err.text);
        return 1;
    }
    for (int number = 1;; number++) {
        if (terminal)
            fputs("> ", stdout);
        fflush(stdout);
        if ((len = getline(&line, &size, stdin)) < 0)
            break;
        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        take_line(&turns, line, (size_t)len, number, &arena);
        arena_reset(&arena);
    }
    if (terminal)
        puts("");
    free(line);
    arena_free(&arena);
    turns_end(&turns);
    store_close(store);
    return 0;
}
