/* Plays every .txt of tests/conversations in process, with the real texts, patterns and places: one test for
 * each file. The format is told in tests/conversations/README.md. With names as arguments, only files whose
 * name holds one of them are played. It is over 600 lines because every kind of line that a file may have is
 * read here, and each takes a few. */
#include "unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "turn.h"
#include "wire/markup.h"

static const char folder[] = "tests/conversations";
static const char usual_time[] = "2026-11-18T11:00:00Z"; /* a Wednesday, noon in Oslo */

enum { FILE_LARGEST = 256 * 1024, REPLIES_MOST = 200, PLAIN_LARGEST = 64 * 1024, CHATS_SHOWN_MOST = 100 };

/* One person's chat. */
struct chat {
    const char *name; /* NULL: the one that `= new chat` began */
    int number;       /* makes the token */
    const char *last_text_id;
    struct out replies[REPLIES_MOST]; /* in order */
    size_t n_replies;
    size_t read; /* of them; what others' turns brought is unread until `= as` */
};

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
    struct chat *chats[CHATS_SHOWN_MOST], *chat; /* all, and whose turn it is */
    size_t n_chats, n_shown;                     /* n_shown: messages that expectations look at */
    int chats_made, message;
    bool asked, replied; /* something was sent; the last one was answered */
    struct buf plain;    /* the last reply as read, or all unread messages */
};

static struct settings *settings;

/* ---- failures ---- */

static void print_reply(const struct play *p)
{
    if (!p->replied) {
        print_error("    (no reply)\n");
        return;
    }
    const struct out *reply = &p->chat->replies[p->chat->n_replies - 1];
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
    struct store *store = store_open(p->database, &err);
    assert_no_fault(&err);
    assert_int_equal(turns_begin(&p->turns, unit_data(), settings, store, &err), 0);
}

static void close_store(struct play *p)
{
    turns_end(&p->turns);
    store_close(p->turns.store);
}

/* With SHOW=1 in the environment the whole conversation is printed, to be read. */
static void show(const struct play *p, const struct chat *chat, const struct out *reply)
{
    struct buf plain = BUF_INIT(PLAIN_LARGEST);
    if (!getenv("SHOW") || markup_plain(reply->text, &plain))
        return;
    print_message("  %s%s < (%s)\n", chat->name ? chat->name : "", chat == p->chat ? "" : "  [pushed]",
                  reply->language);
    const char *at = buf_str(&plain), *end = at + plain.len, *line;
    size_t len;
    while (file_next_line(&at, end, &line, &len))
        print_message("      %.*s\n", (int)len, line);
    for (size_t i = 0; i < reply->n_buttons; i++)
        print_message("      [%s]\n", reply->buttons[i].label);
    buf_free(&plain);
}

static void copy_reply(struct play *p, struct chat *chat, const struct out *reply)
{
    struct out *to = &chat->replies[chat->n_replies++];
    show(p, chat, reply);
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

static void check_text(struct play *p, const char *text)
{
    struct buf plain = BUF_INIT(PLAIN_LARGEST);
    assert_int_equal(markup_plain(text, &plain), 0);
    if (strstr(buf_str(&plain), "{{") || strstr(buf_str(&plain), "}}"))
        fail_here(p, "a variable was left open", "");
    if (strstr(buf_str(&plain), "(,") || strstr(buf_str(&plain), "()") || strstr(buf_str(&plain), "  ,"))
        fail_here(p, "an empty value in brackets", buf_str(&plain));
    if (begins_small(buf_str(&plain)))
        fail_here(p, "a paragraph begins with a small letter", buf_str(&plain));
    buf_free(&plain);
}

static void read_reply(struct play *p, const struct outcome *outcome)
{
    struct out reply;
    if (p->chat->n_replies == REPLIES_MOST ||
        contract_read_out(buf_str(&outcome->payload), outcome->payload.len, &p->turn, &reply) ||
        markup_plain(reply.text, &p->plain)) {
        stop_here(p, "the reply cannot be read", "");
        return;
    }
    copy_reply(p, p->chat, &reply);
    p->chat->read = p->chat->n_replies;
    p->n_shown = 1;
    p->replied = true;
    if (outcome->builtin)
        fail_here(p, "a built-in text stood in for one that failed", "");
    check_text(p, reply.text);
    for (size_t i = 0; i < reply.n_buttons; i++)
        if (strcmp(reply.buttons[i].label, "?") == 0)
            fail_here(p, "a button has no label", "");
}

/* Hands a message to the chat that it is for, as a network would. */
static void take_pushed(struct play *p, const struct pushed *pushed)
{
    for (size_t i = 0; i < pushed->count; i++) {
        struct err err = {.count = 0};
        struct buf payload = BUF_INIT(4 * CONTRACT_OUT_LARGEST);
        struct out reply;
        assert_int_equal(store_out_payload(p->turns.store, pushed->rows[i].seq, &payload, &err), 0);
        assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &p->turn, &reply), 0);
        for (size_t k = 0; k < p->n_chats; k++)
            if (strcmp(arena_printf(&p->turn, "chat-%d", p->chats[k]->number), pushed->rows[i].chat) == 0) {
                assert_true(p->chats[k]->n_replies < REPLIES_MOST);
                copy_reply(p, p->chats[k], &reply);
                check_text(p, reply.text);
            }
        buf_free(&payload);
    }
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
    const char *chat = arena_printf(&p->texts, "chat-%d", p->chat->number);
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
    take_pushed(p, &outcome.pushed);
    run(p, &in, &again);
    if (again.verdict != TURN_REPEATED || again.replied || again.pushed.count)
        fail_here(p, "the same message again was handled again", "");
    if (event->kind == EVENT_TEXT)
        p->chat->last_text_id = event->id;
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
    for (size_t i = p->chat->n_replies, n = p->n_shown; !old && n > 1; n--) { /* several were unread */
        const struct button *button = button_of(&p->chat->replies[--i], label);
        if (button)
            return button;
    }
    bool passed = false;
    for (size_t i = p->chat->n_replies; i-- > 0;) {
        const struct out *reply = &p->chat->replies[i];
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
    struct event event = {.kind = EVENT_MOVED, .from = arena_printf(&p->texts, "chat-%d", p->chat->number)};
    p->chat->number += 1000;
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
                 {"group", EVENT_GROUP}};
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
    } else if ((rest = behind(what, "encrypted"))) {
        struct event event = {.kind = EVENT_ENCRYPTED, .what = *rest ? rest + 1 : NULL};
        hand_in(p, &event);
    } else if ((rest = behind(what, "location "))) {
        share_position(p, rest);
    } else if ((rest = behind(what, "late "))) {
        write_text(p, rest, true, NULL);
    } else if ((rest = behind(what, "edit "))) {
        write_text(p, rest, false, p->chat->last_text_id ? p->chat->last_text_id : "m0");
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

/* Under the reply, or under any of the messages that were unread. */
static bool has_button(const struct play *p, const char *label)
{
    for (size_t i = p->chat->n_replies, n = p->n_shown; p->replied && n > 0; n--)
        if (button_of(&p->chat->replies[--i], label))
            return true;
    return false;
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
    const struct out *reply = p->replied ? &p->chat->replies[p->chat->n_replies - 1] : NULL;
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

static void new_chat(struct play *p, const char *name)
{
    assert_true(p->n_chats < CHATS_SHOWN_MOST);
    p->chat = p->chats[p->n_chats++] = mem_new(1, sizeof *p->chat);
    p->chat->name = name;
    p->chat->number = p->chats_made++;
    p->asked = p->replied = false;
}

/* What came for this chat since it was last looked at, all of it as one text; buttons of any of it count. */
static void read_unread(struct play *p)
{
    struct buf one = BUF_INIT(PLAIN_LARGEST);
    buf_clear(&p->plain);
    p->n_shown = p->chat->n_replies - p->chat->read;
    p->replied = p->n_shown > 0;
    for (; p->chat->read < p->chat->n_replies; p->chat->read++) {
        buf_clear(&one);
        assert_int_equal(markup_plain(p->chat->replies[p->chat->read].text, &one), 0);
        buf_addf(&p->plain, "%s\n\n", buf_str(&one));
    }
    buf_free(&one);
    p->asked = true;
}

static void switch_chat(struct play *p, const char *name)
{
    for (size_t i = 0; i < p->n_chats; i++)
        if (p->chats[i]->name && strcmp(p->chats[i]->name, name) == 0) {
            p->chat = p->chats[i];
            read_unread(p);
            return;
        }
    new_chat(p, arena_strdup(&p->texts, name));
}

/* `= coordinator SCOPE`: this chat gets a code from staff and uses it. */
static void enrol(struct play *p, const char *scope)
{
    char code[CODE_TEXT];
    struct err err = {.count = 0};
    assert_int_equal(store_begin(p->turns.store, &err), 0);
    assert_int_equal(store_invite(p->turns.store, scope, "somebody", 0, p->now + CLOCK_DAY, code, &err), 0);
    assert_int_equal(store_commit(p->turns.store, &err), 0);
    assert_no_fault(&err);
    write_text(p, arena_printf(&p->texts, "koble %s", code), false, NULL);
}

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* `= wait 30 hours`: the clock goes on, and what time brings comes when it is due. */
static void wait_for(struct play *p, const char *rest)
{
    char *unit;
    long count = strtol(rest, &unit, 10);
    int64_t each = strncmp(unit, " day", 4) == 0      ? CLOCK_DAY
                   : strncmp(unit, " hour", 5) == 0   ? CLOCK_HOUR
                   : strncmp(unit, " minute", 7) == 0 ? CLOCK_MINUTE
                                                      : 0;
    int64_t end = p->now + count * each;
    if (!each || count < 1) {
        stop_here(p, "wait for `3 days`, `30 hours`, `40 minutes`, not", rest);
        return;
    }
    while (p->now < end) {
        struct err err = {.count = 0};
        struct pushed pushed = {.count = 0};
        int64_t due = deskwork_due(p->turns.work);
        p->now = least_of(end, due > p->now ? due : p->now + CLOCK_MINUTE);
        assert_int_equal(store_begin(p->turns.store, &err), 0);
        assert_int_equal(deskwork_tick(p->turns.work, unit_data(), p->now, &p->turn, &pushed, &err), 0);
        assert_int_equal(store_commit(p->turns.store, &err), 0);
        assert_no_fault(&err);
        take_pushed(p, &pushed);
        arena_reset(&p->turn);
    }
    read_unread(p);
}

/* `= revoke NAME`: staff take the coordinator out whose chat has this name. */
static void revoke_person(struct play *p, const char *name)
{
    struct err err = {.count = 0};
    struct pushed pushed = {.count = 0};
    for (size_t i = 0; i < p->n_chats; i++) {
        const char *token = arena_printf(&p->texts, "chat-%d", p->chats[i]->number);
        const struct coordinator *person = roster_of_chat(deskwork_roster(p->turns.work), "test", token);
        if (!p->chats[i]->name || strcmp(p->chats[i]->name, name) || !person)
            continue;
        assert_int_equal(store_begin(p->turns.store, &err), 0);
        assert_int_equal(
            deskwork_revoke(p->turns.work, unit_data(), person->id, p->now, &p->turn, &pushed, &err), 1);
        assert_int_equal(store_commit(p->turns.store, &err), 0);
        take_pushed(p, &pushed);
        return;
    }
    stop_here(p, "no such coordinator to revoke:", name);
}

/* `= setting requests.open_most=1`, at the top: for this file only. */
static void change_setting(struct play *p, const char *assignment)
{
    struct err err = {.count = 0};
    settings_set(settings, assignment, &err);
    assert_no_fault(&err);
    close_store(p);
    open_store(p);
}

static void restart(struct play *p)
{
    if (strcmp(p->database, ":memory:") == 0) {
        stop_here(p, "a restart needs `= on disk` at the top", "");
        return;
    }
    close_store(p);
    open_store(p);
}

static void put_on_disk(struct play *p)
{
    if (p->asked) {
        stop_here(p, "`= on disk` stands at the top", "");
        return;
    }
    close_store(p);
    p->database = arena_printf(&p->texts, "%s/%s.db", unit_folder(), p->name);
    open_store(p);
}

static void direct(struct play *p, const char *what)
{
    const char *rest;
    if (strcmp(what, "new chat") == 0)
        new_chat(p, NULL);
    else if ((rest = behind(what, "as ")))
        switch_chat(p, rest);
    else if ((rest = behind(what, "coordinator ")))
        enrol(p, rest);
    else if ((rest = behind(what, "wait ")))
        wait_for(p, rest);
    else if ((rest = behind(what, "revoke ")))
        revoke_person(p, rest);
    else if ((rest = behind(what, "setting ")))
        change_setting(p, rest);
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
    if (getenv("SHOW") && *line != '<')
        print_message("%s\n", line);
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
    assert_int_equal(clock_parse(usual_time, &p->now), 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_read(path, &text, &err), 0);
    settings_free(settings);
    settings = settings_new();
    assert_int_equal(settings_set(settings, "core.messages_a_minute=0", &err), 0);
    new_chat(p, NULL);
    open_store(p);
    play_text(p, buf_str(&text), text.len);
    if (strstr(buf_str(&text), "stemmer")) /* the next file's contact points are not confirmed */
        assert_int_equal(dataset_load_registry(unit_data(), settings, &err), 0);
    int failures = p->failures;
    close_store(p);
    arena_free(&p->texts);
    arena_free(&p->turn);
    for (size_t i = 0; i < p->n_chats; i++)
        free(p->chats[i]);
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
