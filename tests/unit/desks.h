/* A store in memory, people, requests and notices about them: what test_notice.c and test_deskwork.c share.
 */
#ifndef DESKS_H
#define DESKS_H

#include "unit.h"

#include "base/clock.h"
#include "notice.h"
#include "turn.h"

static const int64_t monday = INT64_C(1795431667123); /* 2026-11-23 12:01 in Oslo */

static struct err err;
static struct arena arena;
static struct settings *settings;
static struct store *store;
static struct turns turns;
static struct pushed pushed;

static inline int start(void **state)
{
    (void)state;
    err_clear(&err);
    pushed = (struct pushed){.count = 0};
    settings = settings_new();
    store = store_open(":memory:", &err);
    assert_non_null(store);
    assert_int_equal(turns_begin(&turns, unit_data(), settings, store, &err), 0);
    assert_no_fault(&err);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    turns_end(&turns);
    store_close(store);
    settings_free(settings);
    arena_free(&arena);
    return 0;
}

/* ---- people and requests ---- */

static inline void reload(void)
{
    assert_done(deskwork_reload(turns.work, &err));
}

static inline const struct coordinator *person_of(const char *network, const char *chat)
{
    return roster_of_chat(deskwork_roster(turns.work), network, chat);
}

/* A chat of a new coordinator's (0), or a further one. */
static inline int64_t add_chat(const char *scope, int64_t coordinator, const char *network, const char *chat)
{
    char text[CODE_TEXT];
    struct code code;
    assert_done(store_invite(store, scope, chat, coordinator, monday + CLOCK_DAY, text, &err));
    const char *plain = arena_printf(&arena, "%.4s%.4s%.4s", text, text + 5, text + 10);
    assert_int_equal(store_code(store, plain, monday, &code, &err), 1);
    assert_done(store_bind(store, &code, network, chat, &err));
    reload();
    return person_of(network, chat)->id;
}

static inline int64_t add_person(const char *scope, const char *chat)
{
    return add_chat(scope, 0, "matrix", chat);
}

static inline void speaks(const char *network, const char *chat, enum language language)
{
    struct state s = {.language = language, .introduced = true};
    assert_done(store_save_state(store, network, chat, &s, monday, &err));
}

static inline struct request *new_request(const char *chat, const char *scope)
{
    struct request *r = arena_alloc(&arena, sizeof *r);
    assert_done(store_request_next(store, &r->id, &err));
    r->seq = 1;
    r->reach = REACH_HERE;
    r->language = LANGUAGE_NB;
    snprintf(r->network, NETWORK_SIZE, "matrix");
    snprintf(r->chat, CHAT_SIZE, "%s", chat);
    snprintf(r->scope, SCOPE_SIZE, "%s", scope);
    snprintf(r->alias, ALIAS_SIZE, "Zorro");
    snprintf(r->words, WORDS_SIZE, "Jeg sover ikke");
    r->created = r->since = r->changed = monday - 2 * CLOCK_DAY;
    r->due = monday;
    return r;
}

static inline struct request *add_request(const char *chat, const char *scope)
{
    struct request *r = new_request(chat, scope);
    assert_done(store_request_save(store, r, &err));
    r->stored = r->seq;
    reload();
    return r;
}

static inline struct request *add_taken(const char *chat, const char *scope, int64_t taker)
{
    struct request *r = new_request(chat, scope);
    assert_true(request_take(r, taker, monday - CLOCK_DAY));
    assert_done(store_request_save(store, r, &err));
    r->stored = r->seq;
    reload();
    return r;
}

static inline struct request stored(int64_t id)
{
    struct request r;
    assert_int_equal(store_request(store, id, &r, &err), 1);
    return r;
}

static inline void tick(int64_t now)
{
    pushed = (struct pushed){.count = 0};
    assert_done(store_begin(store, &err));
    assert_done(deskwork_tick(turns.work, unit_data(), now, &arena, &pushed, &err));
    assert_done(store_commit(store, &err));
    assert_no_fault(&err);
}

/* ---- what was pushed ---- */

static inline struct out shown(const struct out_row *row)
{
    struct buf bytes = BUF_INIT(CONTRACT_OUT_LARGEST);
    struct out out;
    assert_done(store_out_payload(store, row->seq, &bytes, &err));
    assert_done(contract_read_out(buf_str(&bytes), bytes.len, &arena, &out));
    buf_free(&bytes);
    assert_string_equal(out.id, row->id);
    return out;
}

static inline int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `network/chat language` of all that was pushed, sorted, each with a semicolon behind. */
static inline const char *audience(void)
{
    const char *lines[64], *all = "";
    assert_true(pushed.count <= 64);
    for (size_t i = 0; i < pushed.count; i++)
        lines[i] = arena_printf(&arena, "%s/%s %s;", pushed.rows[i].network, pushed.rows[i].chat,
                                shown(&pushed.rows[i]).language);
    if (pushed.count)
        qsort(lines, pushed.count, sizeof *lines, compare);
    for (size_t i = 0; i < pushed.count; i++)
        all = arena_printf(&arena, "%s%s", all, lines[i]);
    return all;
}

/* ---- notices made here ---- */

static inline struct notices notices_of(const struct sender *sender)
{
    return (struct notices){.store = store,
                            .data = unit_data(),
                            .roster = deskwork_roster(turns.work),
                            .sender = sender,
                            .now = monday,
                            .arena = &arena,
                            .pushed = &pushed};
}

/* A notice that can be rendered, with two buttons where `buttons`. */
static inline struct notice notice_about(enum audience to, const struct request *r, bool buttons)
{
    struct value *v = arena_alloc(&arena, 3 * sizeof *v);
    static const char *const names[] = {"ref", "navn", "dager"};
    for (size_t i = 0; i < 3; i++)
        v[i] = (struct value){.name = names[i], .kind = VALUE_TEXT, .text = "5"};
    struct notice notice = {.to = to, .request = r};
    notice.say.parts[notice.say.n_parts++] = (struct part){.key = "ko_purring_tatt", .scope = {v, 3}};
    if (!buttons)
        return notice;
    notice.say.offers[0] = (struct offer){.action = "s.answer.X.1", .word = "ko_svar"};
    notice.say.offers[1] = (struct offer){.action = "s.close.X.1", .word = "ko_ferdig"};
    notice.say.n_offers = 2;
    return notice;
}

static inline void push(const struct notice *notice, const struct sender *sender)
{
    struct notices notices = notices_of(sender);
    assert_done(notice_push(&notices, notice, &err));
    assert_no_fault(&err);
}

/* ---- turns ---- */

static inline struct state saved(const char *chat)
{
    struct state s;
    assert_done(store_load_state(store, "matrix", chat, &s, &err));
    return s;
}

/* What a person writes, as the bridge sends it. */
static inline struct outcome writes(const char *chat, const char *text)
{
    static int number;
    struct outcome out;
    const char *json = arena_printf(
        &arena, "{\"id\":\"m%d\",\"time\":\"2026-11-23T11:01:00Z\",\"text\":\"%s\"}", number++, text);
    struct incoming in = {"matrix", chat, json, strlen(json)};
    assert_done(store_begin(store, &err));
    turn_run(&turns, &in, monday, &arena, &out, &err);
    assert_int_equal(out.verdict, TURN_ACCEPTED);
    assert_done(store_commit(store, &err));
    assert_no_fault(&err);
    buf_free(&out.payload);
    return out;
}

#endif
