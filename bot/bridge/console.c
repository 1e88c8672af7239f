#include "bridge/console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/markup.h"

enum {
    LINE_MOST = 30 * 1024, /* bytes of a line, so that the message stays within the contract's 32 KiB */
    BLOCK = 16 * 1024,
    SHOWN_MOST = 64 * 1024,
    END_MOST_MS = 15000,   /* how long the end of input waits for answers */
    ANSWER_MOST_MS = 2000, /* an accepted message without a reply has none */
    QUIET_MS = 300,        /* a reply may have a second one behind it */
    WAIT_MOST_MS = 1000,
};

/* A line that was sent and is not answered yet. */
struct turn {
    TAILQ_ENTRY(turn) entry;
    char id[48];
    int64_t accepted_at; /* 0: not yet */
};

struct console {
    struct bridge *bridge;
    const struct settings *settings;
    bool terminal; /* a person sits there: prompt */
    bool prompt_shown, shown_any, failed;
    char prefix[KEY_HASH_TEXT]; /* of this run's message ids */
    unsigned long counter;
    char block[BLOCK]; /* read and not yet made into lines */
    size_t block_len, block_at;
    bool ended;      /* of input */
    struct buf line; /* the line that is being read */
    bool line_ready; /* it is whole, and the bridge had no room for it */
    bool line_too_long;
    TAILQ_HEAD(, turn) turns;
    int64_t ended_at, last_at; /* end of input; last time something was shown or accepted */
};

/* ---- showing ---- */

/* Text from elsewhere must not steer the terminal: control characters other than a line end, also those of C1
 * (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F), are shown as a question mark. */
static void print_plain(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    for (; *at; at++) {
        if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7F) {
            putchar('?');
        } else if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F) {
            putchar('?');
            at++;
        } else {
            putchar(*at);
        }
    }
}

static void show_prompt(struct console *console)
{
    if (!console->terminal || console->ended)
        return;
    fputs("> ", stdout);
    fflush(stdout);
    console->prompt_shown = true;
}

/* Begins and ends what the person sees: an empty line between turns, no prompt in the middle of a text. */
static void begin_showing(struct console *console)
{
    if (console->prompt_shown)
        fputs("\r\033[K", stdout);
    else if (console->shown_any && !console->terminal)
        putchar('\n');
    console->prompt_shown = false;
}

static void end_showing(struct console *console)
{
    fputs(console->terminal ? "\n\n" : "\n", stdout);
    console->shown_any = true;
    console->last_at = clock_mono_ms();
    show_prompt(console);
    if (fflush(stdout) || ferror(stdout))
        console->failed = true;
}

static void show_note(struct console *console, const char *text)
{
    begin_showing(console);
    fputs(text, stdout);
    end_showing(console);
}

static void show_markdown(const char *markdown)
{
    struct buf plain = BUF_INIT(SHOWN_MOST);
    print_plain(markup_plain(markdown, &plain) ? markdown : buf_str(&plain));
    buf_free(&plain);
}

static void show_choices(const struct out *out)
{
    if (out->n_buttons)
        putchar('\n');
    for (size_t i = 0; i < out->n_buttons; i++) {
        printf("\n%zu. ", i + 1);
        print_plain(out->buttons[i].label);
    }
}

/* ---- what the bridge asks for ---- */

static void end_turn(struct console *console, const char *id)
{
    struct turn *turn;
    TAILQ_FOREACH(turn, &console->turns, entry)
    if (strcmp(turn->id, id) == 0)
        break;
    if (!turn)
        return;
    TAILQ_REMOVE(&console->turns, turn, entry);
    free(turn);
}

static void deliver(void *self, const struct bridge_reply *reply)
{
    struct console *console = self;
    begin_showing(console);
    show_markdown(reply->out->text);
    show_choices(reply->out);
    end_showing(console);
    if (reply->out->answers)
        end_turn(console, reply->out->answers);
    if (console->failed) /* nobody reads: another run shows it */
        bridge_delivered(console->bridge, reply->out->id, DELIVERY_LATER, 0, "output closed");
    else
        bridge_delivered(console->bridge, reply->out->id, DELIVERY_SENT, 0, NULL);
}

static void answer_offline(void *self, const char *address, const char *text, bool urgent)
{
    struct console *console = self;
    (void)address;
    (void)urgent;
    begin_showing(console);
    show_markdown(text);
    end_showing(console);
}

static void accepted(void *self, const char *id, const char *refused)
{
    struct console *console = self;
    struct turn *turn;
    TAILQ_FOREACH(turn, &console->turns, entry)
    if (strcmp(turn->id, id) == 0)
        turn->accepted_at = console->last_at = clock_mono_ms();
    if (refused) {
        end_turn(console, id);
        show_note(console, "(Meldingen kunne ikke leses av roboten. Prøv med andre ord. Haster det, ring "
                           "113. Trenger du noen "
                           "å snakke med, ring 116 123.)");
    }
}

static const struct network_ops ops = {deliver, answer_offline, accepted, NULL};

/* ---- lines ---- */

/* A terminal that is set to Latin-1 must not cost a person the answer: what is no UTF-8 is read as Latin-1.
 * NUL becomes a space. */
static void repair(const struct buf *line, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)buf_str(line);
    size_t left = line->len;
    while (left) {
        size_t len = utf8_length(at, left);
        if (len == 0) {
            buf_add_char(out, (char)(0xC0 | (*at >> 6)));
            buf_add_char(out, (char)(0x80 | (*at & 0x3F)));
            len = 1;
        } else if (*at == '\0') {
            buf_add_char(out, ' ');
        } else {
            buf_add(out, at, len);
        }
        at += len;
        left -= len;
    }
}

static void note_turn(struct console *console, const char *id)
{
    struct turn *turn = mem_new(1, sizeof *turn);
    snprintf(turn->id, sizeof turn->id, "%s", id);
    TAILQ_INSERT_TAIL(&console->turns, turn, entry);
    console->counter++;
}

/* Gives the whole line to the bridge; keeps it when there is no room. */
static void send_line(struct console *console)
{
    char id[48];
    struct buf text = BUF_INIT(2 * LINE_MOST);
    const char *language = settings_text(console->settings, "console.language");
    repair(&console->line, &text);
    snprintf(id, sizeof id, "%s-%lu", console->prefix, console->counter);
    struct event event = {.kind = EVENT_TEXT,
                          .id = id,
                          .time = clock_wall_ms(),
                          .language = *language ? language : NULL,
                          .text = buf_str(&text),
                          .text_len = text.len};
    enum bridge_take taken = bridge_take(console->bridge, settings_text(console->settings, "console.address"),
                                         &event);
    buf_free(&text);
    console->line_ready = taken == BRIDGE_FULL;
    if (taken == BRIDGE_FULL)
        return;
    buf_clear(&console->line);
    if (taken == BRIDGE_TAKEN)
        note_turn(console, id);
    else
        show_note(
            console,
            "(Linjen kunne ikke sendes. Prøv å skrive den kortere. Haster det, ring 113. Trenger du noen å "
            "snakke med, ring 116 123.)");
}

static void end_line(struct console *console)
{
    struct buf *line = &console->line;
    console->prompt_shown = false; /* the person has ended its line */
    if (line->len && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0';
    if (console->line_too_long) {
        console->line_too_long = false;
        buf_clear(line);
        show_note(console, "(Linjen er for lang: høyst 30 KiB. Den er ikke sendt. Del den opp i flere. "
                           "Haster det, ring 113. "
                           "Trenger du noen å snakke med, ring 116 123.)");
    } else if (line->len) {
        send_line(console);
    } else {
        show_prompt(console);
    }
}

static void make_lines(struct console *console)
{
    if (console->line_ready)
        send_line(console);
    while (!console->line_ready && console->block_at < console->block_len) {
        char c = console->block[console->block_at++];
        if (c == '\n')
            end_line(console);
        else if (console->line.len >= LINE_MOST)
            console->line_too_long = true;
        else
            buf_add_char(&console->line, c);
    }
}

static void read_input(struct console *console)
{
    ssize_t n = read(STDIN_FILENO, console->block, sizeof console->block);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        console->block_len = (size_t)n;
        console->block_at = 0;
        return;
    }
    if (console->line.len || console->line_too_long)
        end_line(console); /* a last line without its end */
    console->ended = true;
    console->ended_at = clock_mono_ms();
}

static bool wants_input(const struct console *console)
{
    return !console->ended && !console->line_ready && console->block_at == console->block_len;
}

/* ---- the loop ---- */

/* After the end of input: whether all is answered. An accepted message without a reply is done after a while,
 * and another reply may follow the last one. */
static bool is_done(struct console *console, int64_t now)
{
    if (!console->ended || console->line_ready)
        return false;
    if (now - console->ended_at >= END_MOST_MS)
        return true;
    for (const struct turn *turn; (turn = TAILQ_FIRST(&console->turns));) {
        if (!turn->accepted_at || now - turn->accepted_at < ANSWER_MOST_MS)
            return false;
        end_turn(console, turn->id);
    }
    return bridge_kept(console->bridge) == 0 && bridge_replies(console->bridge) == 0 &&
           now - console->last_at >= QUIET_MS;
}

static int wait_ms(const struct console *console)
{
    int64_t left = bridge_due(console->bridge) - clock_mono_ms();
    int64_t most = console->ended ? QUIET_MS / 3 : WAIT_MOST_MS;
    return (int)(left < 0 ? 0 : left < most ? left : most);
}

/* `stopped` is set when the program is to end. */
static int run_once(struct console *console, int stop, bool *stopped)
{
    struct pollfd fds[3] = {{.fd = stop, .events = POLLIN}};
    size_t n = 1 + bridge_prepare(console->bridge, fds + 1, 1), input = n;
    if (wants_input(console))
        fds[n++] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    if (poll(fds, n, wait_ms(console)) < 0)
        for (size_t i = 0; i < n; i++)
            fds[i].revents = 0;
    *stopped = fds[0].revents != 0;
    if (n > input && fds[input].revents)
        read_input(console);
    make_lines(console);
    return bridge_run(console->bridge, fds + 1, input - 1);
}

static int chat(struct console *console, int stop)
{
    bool stopped = false;
    if (console->terminal)
        fputs("Skriv til roboten. Avslutt med Ctrl-D.\n\n", stdout);
    show_prompt(console);
    while (!stopped && !console->failed && !is_done(console, clock_mono_ms()))
        if (run_once(console, stop, &stopped))
            return BRIDGE_EXIT_TAKEN_OVER;
    if (console->terminal)
        putchar('\n');
    size_t left = bridge_kept(console->bridge);
    if (left)
        log_warn("%zu messages were not handled: is selvhjelpsbot running?", left);
    return console->failed ? 1 : 0;
}

/* ---- making ---- */

static struct bridge_config make_config(const struct settings *settings, bridge_offline_text *offline_text,
                                        struct console *console)
{
    return (struct bridge_config){.settings = settings,
                                  .network = settings_text(settings, "console.network"),
                                  .journal = settings_text(settings, "console.journal"),
                                  .key_file = settings_text(settings, "console.key_file"),
                                  .ops = &ops,
                                  .self = console,
                                  .offline_text = offline_text};
}

static int check_address(const struct settings *settings, struct err *err)
{
    size_t len = strlen(settings_text(settings, "console.address"));
    if (len >= 1 && len <= TOKEN_ADDRESS_MOST)
        return 0;
    return err_add(err, "console.address must have 1 to %d bytes", TOKEN_ADDRESS_MOST);
}

static void make(struct console *console, const struct settings *settings)
{
    unsigned char random[KEY_HASH];
    console->settings = settings;
    console->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    console->line = BUF_INIT(LINE_MOST + 1);
    TAILQ_INIT(&console->turns);
    key_random(random, sizeof random);
    key_hash_text(random, console->prefix);
}

static void release(struct console *console)
{
    bridge_free(console->bridge);
    for (struct turn *turn; (turn = TAILQ_FIRST(&console->turns));)
        end_turn(console, turn->id);
    buf_free(&console->line);
}

int console_run(const struct settings *settings, bridge_offline_text *offline_text, int stop, struct err *err)
{
    struct console console = {.ended_at = 0};
    int status = 1;
    if (check_address(settings, err))
        return status;
    make(&console, settings);
    struct bridge_config config = make_config(settings, offline_text, &console);
    console.bridge = bridge_new(&config, err);
    if (console.bridge)
        status = chat(&console, stop);
    release(&console);
    return status;
}

int console_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err)
{
    struct bridge_config config = make_config(settings, offline_text, NULL);
    int rc = check_address(settings, err);
    return bridge_check(&config, err) ? -1 : rc;
}
