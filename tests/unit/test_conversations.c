/* Plays every .txt of tests/conversations in process, with the real texts, patterns and places: one test for
 * each file. The format is told in tests/conversations/README.md. With names as arguments, only files whose
 * name holds one of them are played. */
#include "unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "turn.h"
#include "wire/markup.h"

static const char folder[] = "tests/conversations";
static const char usual_time[] = "2026-11-18T11:00:00Z"; /* a Wednesday, noon in Oslo */

enum { FILE_LARGEST = 256 * 1024, REPLIES_MOST = 200, PLAIN_LARGEST = 64 * 1024 };

/* One file being played. */
struct play {
    const char *name; /* of the file */
    int line;
    int failures;
    bool stopped; /* the rest makes no sense */
    struct turns turns;
    const char *database, *language;
    struct arena texts; /* to the end of the file */
    struct arena turn;
    int64_t now;
    int chat, message;
    const char *last_text_id;
    struct out replies[REPLIES_MOST]; /* of this chat, in order */
    size_t n_replies;
    bool asked, replied; /* something was sent; the last one was answered */
    struct buf plain;    /* the last reply as read */
};

static struct settings *settings;

/* ---- failures ---- */

static void print_reply(const struct play *p)
{
    if (!p->replied) {
        print_error("    (no reply)\n");
        return;
    }
    const struct out *reply = &p->replies[p->n_replies - 1];
    const char *at = buf_str(&p->plain), *end = at + p->plain.len, *line;
    size_t len;
    print_error("    language %s%s%s\n", reply->language, reply->urgent ? ", urgent" : "",
                reply->ask_location ? ", offers to share the position" : "");
    while (file_next_line(&at, end, &line, &len))
        print_error("    | %.*s\n", (int)len, line);
    for (size_t i = 0; i < reply->n_buttons; i++)
        print_error("    [%s]\n", reply->buttons[i].label);
}

static void fail_here(struct play *p, const char *what, const char *words)
{
    p->failures++;
    print_error("%s/%s:%d: %s%s%s%s\n", folder, p->name, p->line, what, *words ? " \"" : "", words,
                *words ? "\"" : "");
    print_reply(p);
}

static void stop_here(struct play *p, const char *what, const char *words)
{
    fail_here(p, what, words);
    p->stopped = true;
}

/* ---- the bot ---- */

static void open_store(struct play *p)
{
    struct err err = {.count = 0};
    p->turns.store = store_open(p->database, &err);
    assert_no_fault(&err);
}

static void copy_reply(struct play *p, const struct out *reply)
{
    struct out *to = &p->replies[p->n_replies++];
    *to = *reply;
    to->language = arena_strdup(&p->texts, reply->language);
    to->text = arena_strdup(&p->texts, reply->text);
    for (size_t i = 0; i < reply->n_buttons; i++) {
        to->buttons[i].label = arena_strdup(&p->texts, reply->buttons[i].label);
        to->buttons[i].value = arena_strdup(&p->texts, reply->buttons[i].value);
    }
}

/* A paragraph never begins with a small letter: something that stood before it is missing. */
static bool begins_small(const char *text)
{
    for (const char *at = text; at; at = (at = strstr(at, "\n\n")) ? at + 2 : NULL) {
        at += strspn(at, "\n ");
        if (*at >= 'a' && *at <= 'z')
            return true;
    }
    return false;
}

static void read_reply(struct play *p, const struct outcome *outcome)
{
    struct out reply;
    if (p->n_replies == REPLIES_MOST ||
        contract_read_out(buf_str(&outcome->payload), outcome->payload.len, &p->turn, &reply) ||
        markup_plain(reply.text, &p->plain)) {
        stop_here(p, "the reply cannot be read", "");
        return;
    }
    copy_reply(p, &reply);
    p->replied = true;
    if (outcome->builtin)
        fail_here(p, "a built-in text stood in for one that failed", "");
    if (strstr(buf_str(&p->plain), "{{") || strstr(buf_str(&p->plain), "}}"))
        fail_here(p, "a variable was left open", "");
    if (strstr(buf_str(&p->plain), "(,") || strstr(buf_str(&p->plain), "()"))
        fail_here(p, "an empty value in brackets", "");
    if (begins_small(buf_str(&p->plain)))
        fail_here(p, "a paragraph begins with a small letter", "");
    for (size_t i = 0; i < reply.n_buttons; i++)
        if (strcmp(reply.buttons[i].label, "?") == 0)
            fail_here(p, "a button has no label", "");
}

static void run(struct play *p, const struct incoming *in, struct outcome *outcome)
{
    struct err err = {.count = 0};
    assert_int_equal(store_begin(p->turns.store, &err), 0);
    turn_run(&p->turns, in, p->now, &p->turn, outcome, &err);
    assert_int_equal(store_commit(p->turns.store, &err), 0);
    assert_no_fault(&err);
}

/* Sends the event and reads what comes back; the same message again must give nothing. */
static void hand_in(struct play *p, struct event *event)
{
    struct outcome outcome, again;
    struct buf payload = BUF_INIT(4 * CONTRACT_IN_LARGEST);
    const char *chat = arena_printf(&p->texts, "chat-%d", p->chat);
    event->id = arena_printf(&p->texts, "m%d", ++p->message);
    event->time = p->now;
    event->language = p->language;
    contract_write_in(event, &payload);
    struct incoming in = {"test", chat, buf_str(&payload), payload.len};
    buf_clear(&p->plain);
    p->asked = true;
    p->replied = false;
    run(p, &in, &outcome);
    if (outcome.verdict != TURN_ACCEPTED)
        stop_here(p, "the message was not accepted:", outcome.reason ? outcome.reason : "");
    else if (outcome.replied)
        read_reply(p, &outcome);
    run(p, &in, &again);
    if (again.verdict != TURN_REPEATED || again.replied)
        fail_here(p, "the same message again was handled again", "");
    if (event->kind == EVENT_TEXT)
        p->last_text_id = event->id;
    buf_free(&outcome.payload);
    buf_free(&again.payload);
    buf_free(&payload);
    arena_reset(&p->turn);
}

/* ---- what the resident does ---- */

static const char *behind(const char *line, const char *start)
{
    size_t len = strlen(start);
    return strncmp(line, start, len) == 0 ? line + len : NULL;
}

/* The text between the brackets; NULL when there are none. */
static const char *in_brackets(struct play *p, const char *text)
{
    size_t len = strlen(text);
    return len >= 2 && text[0] == '[' && text[len - 1] == ']' ? arena_strndup(&p->texts, text + 1, len - 2)
                                                              : NULL;
}

static const struct button *button_of(const struct out *reply, const char *label)
{
    for (size_t i = 0; i < reply->n_buttons; i++)
        if (strcmp(reply->buttons[i].label, label) == 0)
            return &reply->buttons[i];
    return NULL;
}

/* The button with this label: of the last reply that had buttons, or of one before that. */
static const struct button *find_button(const struct play *p, const char *label, bool old)
{
    bool passed = false;
    for (size_t i = p->n_replies; i-- > 0;) {
        const struct out *reply = &p->replies[i];
        const struct button *button = reply->n_buttons && (!old || passed) ? button_of(reply, label) : NULL;
        if (button)
            return button;
        if (reply->n_buttons && !old)
            return NULL;
        passed = passed || reply->n_buttons;
    }
    return NULL;
}

static void press(struct play *p, const char *rest)
{
    const char *after_old = behind(rest, "old ");
    const char *label = in_brackets(p, after_old ? after_old : rest);
    const struct button *button = label ? find_button(p, label, after_old) : NULL;
    if (!button) {
        stop_here(p, label ? "there is no such button to press:" : "a button stands in brackets: [label]",
                  rest);
        return;
    }
    struct event event = {.kind = EVENT_CHOICE, .choice = button->value};
    hand_in(p, &event);
}

static void write_text(struct play *p, const char *text, bool late, const char *edits)
{
    struct event event = {
        .kind = EVENT_TEXT, .text = text, .text_len = strlen(text), .late = late, .edits = edits};
    hand_in(p, &event);
}

static void share_position(struct play *p, const char *rest)
{
    char *lon, *end;
    double lat = strtod(rest, &lon);
    struct event event = {.kind = EVENT_LOCATION, .lat = lat, .lon = strtod(lon, &end)};
    if (lon == rest || end == lon || *end)
        stop_here(p, "a position is latitude and longitude:", rest);
    else
        hand_in(p, &event);
}

static void move_chat(struct play *p)
{
    struct event event = {.kind = EVENT_MOVED, .from = arena_printf(&p->texts, "chat-%d", p->chat)};
    p->chat += 1000;
    hand_in(p, &event);
}

static void happen(struct play *p, const char *what)
{
    static const struct {
        const char *name;
        enum event_kind kind;
    } plain[] = {{"started", EVENT_STARTED},
                 {"unblocked", EVENT_UNBLOCKED},
                 {"blocked", EVENT_BLOCKED},
                 {"group", EVENT_GROUP},
                 {"encrypted", EVENT_ENCRYPTED}};
    const char *rest;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(what, plain[i].name) == 0) {
            struct event event = {.kind = plain[i].kind};
            hand_in(p, &event);
            return;
        }
    if ((rest = behind(what, "unsupported"))) {
        struct event event = {.kind = EVENT_UNSUPPORTED, .what = *rest ? rest + 1 : NULL};
        hand_in(p, &event);
    } else if ((rest = behind(what, "location "))) {
        share_position(p, rest);
    } else if ((rest = behind(what, "late "))) {
        write_text(p, rest, true, NULL);
    } else if ((rest = behind(what, "edit "))) {
        write_text(p, rest, false, p->last_text_id ? p->last_text_id : "m0");
    } else if (strcmp(what, "moved") == 0) {
        move_chat(p);
    } else {
        stop_here(p, "no such event:", what);
    }
}

/* ---- what is expected ---- */

static bool in_reply(const struct play *p, const char *words)
{
    return p->replied && strstr(buf_str(&p->plain), words);
}

static bool has_button(const struct play *p, const char *label)
{
    return p->replied && button_of(&p->replies[p->n_replies - 1], label);
}

static void expect_words(struct play *p, const char *words, bool wanted)
{
    const char *label = in_brackets(p, words);
    if (!p->replied)
        fail_here(p, "expected a reply with", words);
    else if (label && has_button(p, label) != wanted)
        fail_here(p, wanted ? "expected the button" : "expected no button", words);
    else if (!label && in_reply(p, words) != wanted)
        fail_here(p, wanted ? "expected the words" : "expected not the words", words);
}

static void expect_reply_that(struct play *p, bool is, const char *what)
{
    if (!is)
        fail_here(p, "expected", what);
}

static void expect(struct play *p, const char *line)
{
    const struct out *reply = p->replied ? &p->replies[p->n_replies - 1] : NULL;
    const char *rest;
    if (!p->asked)
        stop_here(p, "nothing was written to the bot yet", "");
    else if ((rest = behind(line, "< ")))
        expect_words(p, rest, true);
    else if ((rest = behind(line, "<! ")))
        expect_words(p, rest, false);
    else if ((rest = behind(line, "<lang ")))
        expect_reply_that(p, reply && strcmp(reply->language, rest) == 0, line + 1);
    else if (strcmp(line, "<urgent") == 0)
        expect_reply_that(p, reply && reply->urgent, "an urgent reply");
    else if (strcmp(line, "<calm") == 0)
        expect_reply_that(p, reply && !reply->urgent, "a reply that is not urgent");
    else if (strcmp(line, "<location") == 0)
        expect_reply_that(p, reply && reply->ask_location, "an offer to share the position");
    else if (strcmp(line, "<nothing") == 0)
        expect_reply_that(p, !reply, "no reply");
    else
        stop_here(p, "cannot read this line:", line);
}

/* ---- directions ---- */

static void new_chat(struct play *p)
{
    p->chat++;
    p->n_replies = 0;
    p->asked = p->replied = false;
    p->last_text_id = NULL;
}

static void restart(struct play *p)
{
    if (strcmp(p->database, ":memory:") == 0) {
        stop_here(p, "a restart needs `= on disk` at the top", "");
        return;
    }
    store_close(p->turns.store);
    open_store(p);
}

static void put_on_disk(struct play *p)
{
    if (p->asked) {
        stop_here(p, "`= on disk` stands at the top", "");
        return;
    }
    store_close(p->turns.store);
    p->database = arena_printf(&p->texts, "%s/%s.db", unit_folder(), p->name);
    open_store(p);
}

static void direct(struct play *p, const char *what)
{
    const char *rest;
    if (strcmp(what, "new chat") == 0)
        new_chat(p);
    else if (strcmp(what, "restart") == 0)
        restart(p);
    else if (strcmp(what, "on disk") == 0)
        put_on_disk(p);
    else if ((rest = behind(what, "language ")))
        p->language = arena_strdup(&p->texts, rest);
    else if (!(rest = behind(what, "now ")) || clock_parse(rest, &p->now))
        stop_here(p, "no such direction:", what);
}

/* ---- a file ---- */

/* The lines `+ text` (and `+300 text`: 300 times) that follow and belong to the same message. */
static void add_lines(struct play *p, const char **at, const char *end, struct buf *text)
{
    const char *next = *at, *line;
    size_t len;
    while (file_next_line(&next, end, &line, &len) && len && *line == '+') {
        char *words, *copy = arena_strndup(&p->texts, line + 1, len - 1);
        long times = strtol(copy, &words, 10);
        for (long i = 0; i < (times > 1 ? times : 1); i++)
            buf_addf(text, "\n%s", *words == ' ' ? words + 1 : words);
        p->line++;
        *at = next;
    }
}

static void write_message(struct play *p, const char *first, const char **at, const char *end)
{
    struct buf text = BUF_INIT(CONTRACT_IN_LARGEST);
    buf_add_str(&text, first);
    add_lines(p, at, end, &text);
    if (buf_done(&text))
        stop_here(p, "the message is too long", "");
    else
        write_text(p, buf_str(&text), false, NULL);
    buf_free(&text);
}

static void play_line(struct play *p, const char *line, const char **at, const char *end)
{
    const char *rest;
    if (!*line || *line == '#')
        return;
    if ((rest = behind(line, ">> ")))
        press(p, rest);
    else if ((rest = behind(line, ">")) && (!*rest || *rest == ' '))
        write_message(p, *rest ? rest + 1 : rest, at, end);
    else if ((rest = behind(line, "@ ")))
        happen(p, rest);
    else if ((rest = behind(line, "= ")))
        direct(p, rest);
    else if (*line == '<')
        expect(p, line);
    else
        stop_here(p, "cannot read this line:", line);
}

static void play_text(struct play *p, const char *text, size_t size)
{
    const char *at = text, *end = text + size, *line;
    size_t len;
    while (!p->stopped && file_next_line(&at, end, &line, &len)) {
        p->line++;
        play_line(p, arena_strndup(&p->texts, line, len), &at, end);
    }
    if (!p->stopped && !p->message)
        fail_here(p, "a conversation without a message", "");
}

static void play_file(void **state)
{
    const char *name = *state;
    char path[512];
    struct err err = {.count = 0};
    struct buf text = BUF_INIT(FILE_LARGEST);
    struct play *p = mem_new(1, sizeof *p);
    *p = (struct play){.name = name, .database = ":memory:", .plain = BUF_INIT(PLAIN_LARGEST)};
    p->turns = (struct turns){unit_data(),
                              settings,
                              NULL,
                              settings_int(settings, "core.far_km"),
                              settings_int(settings, "core.hits"),
                              48 * CLOCK_HOUR};
    assert_int_equal(clock_parse(usual_time, &p->now), 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_read(path, &text, &err), 0);
    open_store(p);
    play_text(p, buf_str(&text), text.len);
    int failures = p->failures;
    store_close(p->turns.store);
    arena_free(&p->texts);
    arena_free(&p->turn);
    buf_free(&p->plain);
    buf_free(&text);
    free(p);
    if (failures)
        fail_msg("%d of the expectations in %s", failures, path);
}

/* ---- all files ---- */

static bool chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    struct err err = {.count = 0};
    struct arena arena = ARENA_INIT;
    char **names;
    int count = file_list(folder, ".txt", &arena, &names, &err), n = 0;
    if (count < 0) {
        fprintf(stderr, "%s", err.text);
        return 1;
    }
    struct CMUnitTest *tests = arena_alloc(&arena, ((size_t)count + 1) * sizeof *tests);
    for (int i = 0; i < count; i++)
        if (chosen(names[i], argc, argv))
            tests[n++] = (struct CMUnitTest){
                .name = names[i], .test_func = play_file, .initial_state = names[i]};
    settings = settings_new();
    int failed = n ? _cmocka_run_group_tests("conversations", tests, (size_t)n, NULL, NULL) : 1;
    settings_free(settings);
    arena_free(&arena);
    return failed ? 1 : 0;
}
