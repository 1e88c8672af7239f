/* A network of many chats for the tests of the bridge loop, driven over stdin and stdout. It is what a
 * network with an asynchronous send looks like, without the network.
 *
 * stdin, a line each:   address TAB text        or        address TAB id TAB age in seconds TAB text
 * stdout, a line each:  what TAB address TAB id TAB text     with \n for a line end in the text; what is one
 * of taken full old unfit · reply part · offline urgent · accepted refused
 *
 * -d MS  a reply is reported this long after it was shown (default: at once)
 * A reply whose text begins with LATER or NEVER ends so; one that begins with PARTS is sent line by line,
 * each recorded; behind a line with the word KILL the program kills itself once the record is on disk. */
#include <poll.h>
#include <signal.h>
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
#include "bridge/loop.h"
#include "builtin.h"

struct sending {
    TAILQ_ENTRY(sending) entry;
    char *id;
    int64_t due;
};

struct many {
    struct bridge *bridge;
    int64_t delay_ms;
    struct buf input;
    unsigned long counter;
    bool ended, kill;
    TAILQ_HEAD(, sending) sending;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void say(const char *what, const char *address, const char *id, const char *text)
{
    printf("%s\t%s\t%s\t", what, address, id);
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text == '\t' ? ' ' : *text);
    putchar('\n');
    fflush(stdout);
}

/* ---- the network's functions ---- */

static void send_parts(struct many *many, const struct bridge_reply *reply)
{
    char line[1024];
    int number = 0;
    for (const char *at = reply->out->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (number++ < reply->parts)
            continue;
        say("part", reply->address, reply->out->id, line);
        bridge_part_sent(many->bridge, reply->out->id, number);
        many->kill = strstr(line, "KILL") != NULL;
        if (many->kill)
            return;
    }
    bridge_delivered(many->bridge, reply->out->id, DELIVERY_SENT, 0, NULL);
}

static void deliver(void *self, const struct bridge_reply *reply)
{
    struct many *many = self;
    const char *id = reply->out->id, *text = reply->out->text;
    if (strncmp(text, "PARTS", 5) == 0) {
        send_parts(many, reply);
    } else if (strncmp(text, "LATER", 5) == 0) {
        bridge_delivered(many->bridge, id, DELIVERY_LATER, clock_wall_ms() + 1000, "slow down");
    } else if (strncmp(text, "NEVER", 5) == 0) {
        bridge_delivered(many->bridge, id, DELIVERY_NEVER, 0, "blocked");
    } else {
        say("reply", reply->address, id, text);
        if (many->delay_ms == 0) {
            bridge_delivered(many->bridge, id, DELIVERY_SENT, 0, NULL);
            return;
        }
        struct sending *sending = mem_new(1, sizeof *sending);
        sending->id = mem_strdup(id);
        sending->due = clock_mono_ms() + many->delay_ms;
        TAILQ_INSERT_TAIL(&many->sending, sending, entry);
    }
}

static void offline(void *self, const char *address, const char *text, bool urgent)
{
    (void)self;
    say(urgent ? "urgent" : "offline", address, "-", text);
}

static void accepted(void *self, const char *id, const char *refused)
{
    (void)self;
    say(refused ? "refused" : "accepted", "-", id, refused ? refused : "");
}

static const struct network_ops ops = {deliver, offline, accepted, NULL};

/* ---- the loop ---- */

static void take_line(struct many *many, char *line)
{
    static const char *const names[] = {
        [BRIDGE_TAKEN] = "taken", [BRIDGE_FULL] = "full", [BRIDGE_OLD] = "old", [BRIDGE_UNFIT] = "unfit"};
    char *fields[4] = {line}, made[32];
    int n = 1;
    for (char *tab; n < 4 && (tab = strchr(fields[n - 1], '\t')); n++) {
        *tab = '\0';
        fields[n] = tab + 1;
    }
    snprintf(made, sizeof made, "line-%lu", many->counter++);
    const char *id = n == 4 ? fields[1] : made, *text = fields[n - 1];
    int64_t age = n == 4 ? strtol(fields[2], NULL, 10) * CLOCK_SECOND : 0;
    struct event event = {
        .kind = EVENT_TEXT, .id = id, .time = clock_wall_ms() - age, .text = text, .text_len = strlen(text)};
    say(names[bridge_take(many->bridge, fields[0], &event)], fields[0], id, "");
}

static void read_input(struct many *many)
{
    char block[16384];
    ssize_t n = read(STDIN_FILENO, block, sizeof block);
    many->ended = n <= 0;
    for (ssize_t i = 0; i < n; i++) {
        if (block[i] != '\n') {
            buf_add_char(&many->input, block[i]);
            continue;
        }
        take_line(many, many->input.data);
        buf_clear(&many->input);
    }
}

static void report_due(struct many *many)
{
    for (struct sending *sending;
         (sending = TAILQ_FIRST(&many->sending)) && sending->due <= clock_mono_ms();) {
        TAILQ_REMOVE(&many->sending, sending, entry);
        bridge_delivered(many->bridge, sending->id, DELIVERY_SENT, 0, NULL);
        free(sending->id);
        free(sending);
    }
}

static int run(struct many *many)
{
    while (!stop) {
        struct pollfd fds[2];
        size_t n = bridge_prepare(many->bridge, fds, 1), bridge_fds = n;
        int64_t left = bridge_due(many->bridge) - clock_mono_ms(), most = many->delay_ms ? 20 : 1000;
        if (!many->ended)
            fds[n++] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
        if (poll(fds, n, (int)(left < 0 ? 0 : left < most ? left : most)) < 0)
            continue;
        if (n > bridge_fds && fds[bridge_fds].revents)
            read_input(many);
        report_due(many);
        if (bridge_run(many->bridge, fds, bridge_fds))
            return BRIDGE_EXIT_TAKEN_OVER;
        if (many->kill)
            raise(SIGKILL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    struct many many = {.input = BUF_INIT(64 * 1024)};
    struct sigaction action = {.sa_handler = on_signal};
    int option, status = 1;
    log_name("many_bridge");
    key_start();
    TAILQ_INIT(&many.sending);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL); /* a test limits the size of files: a write fails instead */
    while ((option = getopt(argc, argv, "o:d:")) != -1) {
        if (option == 'o')
            settings_set(settings, optarg, &err);
        else
            many.delay_ms = strtol(optarg, NULL, 10);
    }
    struct bridge_config config = {settings,
                                   settings_text(settings, "console.network"),
                                   settings_text(settings, "console.journal"),
                                   settings_text(settings, "console.key_file"),
                                   &ops,
                                   &many,
                                   builtin_offline};
    many.bridge = err.count ? NULL : bridge_new(&config, &err);
    if (many.bridge)
        status = run(&many);
    fputs(err.text, stderr);
    bridge_free(many.bridge);
    for (struct sending *sending; (sending = TAILQ_FIRST(&many.sending));) {
        TAILQ_REMOVE(&many.sending, sending, entry);
        free(sending->id);
        free(sending);
    }
    buf_free(&many.input);
    settings_free(settings);
    return status;
}
