/* What a batch that was rolled back leaves, the limit of messages, what time brings, and what an erasure
 * takes away. */
#include "desks.h"

/* ---- rollbacks ---- */

static void a_roster_of_a_batch_that_was_rolled_back_is_forgotten(void **state)
{
    (void)state;
    char text[CODE_TEXT];
    static const char *const chats[] = {"kari", "ola"};
    assert_done(store_invite(store, "p:link-bergen", "Kari", 0, monday + CLOCK_DAY, text, &err));
    const char *words = arena_printf(&arena, "koble %s", text);
    for (size_t i = 0; i < 2; i++) {
        struct event event = {.kind = EVENT_TEXT, .id = "m", .text = words, .text_len = strlen(words)};
        struct sender sender = {"matrix", chats[i], &event};
        struct state none = {.language = LANGUAGE_NB};
        struct step *step = arena_alloc(&arena, sizeof *step);
        struct desk desk;
        assert_done(store_begin(store, &err));
        assert_done(deskwork_look(turns.work, &sender, &none, monday, &arena, &desk, &err));
        assert_non_null(desk.code); /* it was not used up */
        assert_null(desk.me);
        step->effects.bind = true;
        step->effects.saves[step->effects.n_saves++] = new_request("resident", "p:link-bergen");
        assert_done(
            deskwork_keep(turns.work, unit_data(), &sender, &desk, step, monday, &arena, &pushed, &err));
        assert_non_null(person_of("matrix", chats[i]));
        assert_true(deskwork_due(turns.work) == monday);
        if (i)
            assert_done(store_commit(store, &err));
        else
            store_rollback(store);
        reload();
    }
    assert_null(person_of("matrix", "kari"));
    assert_non_null(person_of("matrix", "ola"));
    assert_int_equal(deskwork_roster(turns.work)->count, 1);
}

static void nothing_is_due_after_a_rollback(void **state)
{
    (void)state;
    assert_true(deskwork_due(turns.work) == INT64_MAX);
    assert_done(store_begin(store, &err));
    add_request("resident", "p:link-bergen");
    assert_true(deskwork_due(turns.work) == monday);
    store_rollback(store);
    reload();
    assert_true(deskwork_due(turns.work) == INT64_MAX);
}

/* ---- the limit of messages ---- */

static int counted(const char *network, const char *chat, int64_t now)
{
    struct sender sender = {network, chat, NULL};
    bool hurried, told;
    deskwork_count(turns.work, &sender, now, &hurried, &told);
    assert_true(hurried || !told);
    return hurried + told;
}

static void messages_are_counted_by_chat_and_minute(void **state)
{
    (void)state;
    int64_t minute = monday / CLOCK_MINUTE * CLOCK_MINUTE;
    for (int i = 0; i < 30; i++)
        assert_int_equal(counted("matrix", "a", minute + i * CLOCK_SECOND), 0);
    assert_int_equal(counted("matrix", "a", minute + 50 * CLOCK_SECOND), 1);
    assert_int_equal(counted("matrix", "a", minute + 51 * CLOCK_SECOND), 2);
    assert_int_equal(counted("matrix", "a", minute + CLOCK_MINUTE - 1), 2);
    assert_int_equal(counted("matrix", "b", minute + 52 * CLOCK_SECOND), 0);
    assert_int_equal(counted("telegram", "a", minute + 53 * CLOCK_SECOND), 0);
    assert_int_equal(counted("matrix", "a", minute + CLOCK_MINUTE), 0);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(counted("matrix", arena_printf(&arena, "c%d", i), minute + CLOCK_MINUTE), 0);
    for (int i = 0; i < 29; i++)
        assert_int_equal(counted("matrix", "a", minute + CLOCK_MINUTE), 0);
    assert_int_equal(counted("matrix", "a", minute + CLOCK_MINUTE), 1);
}

static void no_limit_counts_nothing(void **state)
{
    (void)state;
    turns_end(&turns);
    assert_done(settings_set(settings, "core.messages_a_minute=0", &err));
    assert_done(turns_begin(&turns, unit_data(), settings, store, &err));
    for (int i = 0; i < 200; i++)
        assert_int_equal(counted("matrix", "a", monday), 0);
}

/* ---- time ---- */

static void many_due_requests_are_looked_at_in_turn(void **state)
{
    (void)state;
    enum { MANY = 90 };
    int64_t ids[MANY];
    const char *seen[MANY];
    size_t n = 0;
    add_person("p:link-bergen", "kari");
    for (int i = 0; i < MANY; i++)
        ids[i] = add_request(arena_printf(&arena, "r%d", i), "p:link-bergen")->id;
    for (int calls = 0; deskwork_due(turns.work) <= monday; calls++) {
        assert_true(calls < MANY);
        tick(monday);
        assert_true(pushed.count > 0 && pushed.count <= MANY / 2); /* no turn waits for all of them */
        for (size_t i = 0; i < pushed.count; i++)
            seen[n++] = pushed.rows[i].id;
    }
    assert_int_equal(n, MANY);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(stored(ids[i]).reminded, 1);
        assert_true(stored(ids[i]).due > monday);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    tick(monday);
    assert_int_equal(pushed.count, 0);
}

static void a_request_whose_time_is_over_goes_with_its_notices(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    struct request *r = new_request("resident", "p:link-bergen"), gone;
    assert_true(request_take(r, kari, monday) && request_close(r, ENDING_JOINED, monday));
    r->due = monday + CLOCK_HOUR;
    assert_done(store_request_save(store, r, &err));
    reload();
    struct notice notice = notice_about(TO_TAKER, r, false);
    push(&notice, NULL);
    struct out_row row = pushed.rows[0];
    tick(monday + CLOCK_HOUR);
    assert_true(pushed.dropped);
    assert_int_equal(store_request(store, r->id, &gone, &err), 0);
    struct buf bytes = BUF_INIT(CONTRACT_OUT_LARGEST);
    assert_int_equal(store_out_payload(store, row.seq, &bytes, &err), -1);
    buf_free(&bytes);
    assert_true(deskwork_due(turns.work) == INT64_MAX);
}

static void who_cannot_be_reached_any_more_has_nothing(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_chat("", kari, "telegram", "kari2");
    add_person("p:link-bergen", "ola");
    struct request *r = add_taken("resident", "p:link-bergen", kari);
    assert_done(
        deskwork_unreachable(turns.work, unit_data(), "matrix", "kari", monday, &arena, &pushed, &err));
    assert_int_equal(stored(r->id).taker, kari); /* there is another chat */
    assert_int_equal(pushed.count, 0);
    assert_done(
        deskwork_unreachable(turns.work, unit_data(), "telegram", "kari2", monday, &arena, &pushed, &err));
    assert_int_equal(stored(r->id).state, REQUEST_SENT);
    assert_string_equal(audience(), "matrix/ola nb;matrix/resident nb;");
}

/* ---- erasing ---- */

static void list_row(void *user, const struct out_row *row)
{
    buf_addf(user, "%lld ", (long long)row->seq);
}

static bool waits(const struct out_row *row)
{
    struct buf list = BUF_INIT(10000);
    buf_add_str(&list, " ");
    assert_done(store_out_each(store, list_row, &list, &err));
    bool found = strstr(buf_str(&list), arena_printf(&arena, " %lld ", (long long)row->seq)) != NULL;
    buf_free(&list);
    return found;
}

/* A coordinator who was about to say yes: the answer goes to the resident. */
static void is_answering(const char *chat, const struct request *r)
{
    struct state s = {.language = LANGUAGE_NB, .asked = ASKED_ANSWER_SURE, .about = r->id};
    snprintf(s.pending, sizeof s.pending, "Hei Zorro");
    assert_done(store_save_state(store, "matrix", chat, &s, monday, &err));
}

static void erase(const char *chat)
{
    writes(chat, "slett");
    struct outcome out = writes(chat, "ja");
    assert_true(out.forget);
    assert_true(out.pushed.dropped);
    pushed = out.pushed;
}

static void an_erased_chat_takes_its_notices_along(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_person("p:link-bergen", "ola");
    const struct request *mine = add_taken("leaves", "p:link-bergen", kari),
                         *sent = add_request("leaves", "p:link-bergen"),
                         *other = add_taken("stays", "p:link-bergen", kari);
    struct out_row rows[3];
    const struct request *about[] = {mine, sent, other};
    for (size_t i = 0; i < 3; i++) {
        struct notice notice = notice_about(i == 1 ? TO_SCOPE : TO_TAKER, about[i], true);
        notice.scope = "p:link-bergen";
        push(&notice, NULL);
        rows[i] = pushed.rows[pushed.count - 1];
    }
    is_answering("kari", mine);
    is_answering("ola", other);
    erase("leaves");
    assert_false(waits(&rows[0]) || waits(&rows[1]));
    assert_true(waits(&rows[2]));
    assert_int_equal(saved("kari").asked, ASKED_NOTHING);
    assert_int_equal(saved("kari").about, 0);
    assert_string_equal(saved("kari").pending, "");
    assert_string_equal(saved("ola").pending, "Hei Zorro"); /* about somebody else */
    assert_string_equal(audience(), "matrix/kari nb;matrix/kari nb;matrix/ola nb;");
    for (size_t i = 0; i < pushed.count; i++) { /* that it is withdrawn reaches them, and says nothing more */
        assert_true(waits(&pushed.rows[i]));
        assert_null(strstr(shown(&pushed.rows[i]).text, "Zorro"));
        assert_null(strstr(shown(&pushed.rows[i]).text, "Jeg sover"));
    }
    struct request gone;
    assert_int_equal(store_request(store, mine->id, &gone, &err), 0);
    assert_int_equal(store_request(store, other->id, &gone, &err), 1);
}

/* Also where the coordinator is away, or that chat is closed for the moment. */
static void a_waiting_answer_is_dropped_wherever_it_lies(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_chat("", kari, "matrix", "kari2");
    assert_done(store_pause(store, kari, monday + CLOCK_DAY, &err));
    assert_done(store_reachable(store, "matrix", "kari2", false, &err));
    const struct request *mine = add_taken("leaves", "p:link-bergen", kari);
    is_answering("kari", mine);
    is_answering("kari2", mine);
    erase("leaves");
    assert_string_equal(saved("kari").pending, "");
    assert_string_equal(saved("kari2").pending, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_roster_of_a_batch_that_was_rolled_back_is_forgotten),
        TEST(nothing_is_due_after_a_rollback),
        TEST(messages_are_counted_by_chat_and_minute),
        TEST(no_limit_counts_nothing),
        TEST(many_due_requests_are_looked_at_in_turn),
        TEST(a_request_whose_time_is_over_goes_with_its_notices),
        TEST(who_cannot_be_reached_any_more_has_nothing),
        TEST(an_erased_chat_takes_its_notices_along),
        TEST(a_waiting_answer_is_dropped_wherever_it_lies),
    };
    return cmocka_run_group_tests_name("deskwork", tests, NULL, NULL);
}
