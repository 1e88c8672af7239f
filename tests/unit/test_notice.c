/* What others hear of requests: who, in which language, with which ids and buttons. */
#include "desks.h"

/* ---- who hears ---- */

static void notices_go_to_every_chat_of_everybody_present(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_chat("", kari, "telegram", "kari2");
    add_chat("", kari, "matrix", "kari3");
    assert_done(store_reachable(store, "matrix", "kari3", false, &err));
    add_person("p:link-bergen", "ola");
    int64_t away = add_person("p:link-bergen", "away"), back = add_person("p:link-bergen", "back");
    add_person("p:link-oslo", "elsewhere");
    add_person("f:46", "reserve");
    assert_done(store_pause(store, away, monday + 1, &err));
    assert_done(store_pause(store, back, monday - 1, &err));
    speaks("matrix", "kari", LANGUAGE_NN);
    speaks("telegram", "kari2", LANGUAGE_EN);
    struct request *r = add_request("resident", "p:link-bergen");
    tick(monday);
    assert_string_equal(audience(), "matrix/back nb;matrix/kari nn;matrix/ola nb;telegram/kari2 en;");
    char ref[REF_SIZE];
    ref_write(r->id, ref);
    for (size_t i = 0; i < pushed.count; i++) {
        assert_contains(shown(&pushed.rows[i]).text, ref);
        assert_null(strstr(shown(&pushed.rows[i]).text, "Zorro")); /* nobody has taken it */
        assert_true(shown(&pushed.rows[i]).n_buttons > 0);
    }
}

static void who_knows_already_hears_nothing(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_chat("", kari, "telegram", "kari2");
    add_person("p:link-bergen", "ola");
    struct notice notice = notice_about(TO_SCOPE, NULL, false);
    notice.scope = "p:link-bergen";
    notice.but = kari;
    push(&notice, NULL);
    assert_string_equal(audience(), "matrix/ola nb;");
}

static void a_notice_for_one_person(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_person("p:link-bergen", "ola");
    struct request *r = add_taken("resident", "p:link-bergen", kari);
    struct notice notice = notice_about(TO_TAKER, r, false);
    push(&notice, NULL);
    assert_string_equal(audience(), "matrix/kari nb;");
    pushed.count = 0;
    notice.to = TO_RESIDENT;
    r->language = LANGUAGE_EN;
    push(&notice, NULL);
    assert_string_equal(audience(), "matrix/resident en;");
    pushed.count = 0;
    speaks("matrix", "resident", LANGUAGE_NN); /* what they speak now counts */
    push(&notice, NULL);
    assert_string_equal(audience(), "matrix/resident nn;");
    pushed.count = 0;
    r->unreachable = true;
    push(&notice, NULL);
    r->taker = 0;
    notice.to = TO_TAKER;
    push(&notice, NULL);
    assert_int_equal(pushed.count, 0);
    const struct wish wish = {.network = "console", .chat = "wisher"};
    notice.to = TO_WISHER;
    notice.wish = &wish;
    push(&notice, NULL);
    assert_string_equal(audience(), "console/wisher nb;");
}

/* ---- ids ---- */

static void assert_ids_differ(void)
{
    for (size_t i = 0; i < pushed.count; i++) {
        assert_true(contract_id_fits(pushed.rows[i].id));
        for (size_t k = 0; k < i; k++)
            if (strcmp(pushed.rows[i].id, pushed.rows[k].id) == 0)
                fail_msg("notices %zu and %zu have one id", k, i);
    }
}

static void ids_differ_for_each_notice_and_chat(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    add_chat("", kari, "telegram", "kari");
    add_chat("", kari, "matrix", "kari2");
    struct request *requests[] = {add_request("a", "p:link-bergen"), add_request("b", "p:link-bergen"),
                                  new_request("a", "p:link-bergen")};
    static const struct event events[] = {{.id = "m1"}, {.id = "m2"}};
    const struct sender senders[] = {{"matrix", "a", &events[0]}, {"matrix", "a", &events[1]}};
    *requests[2] = *requests[0];
    requests[2]->seq++;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            struct notice notice = notice_about(TO_SCOPE, requests[i], false);
            notice.scope = "p:link-bergen";
            push(&notice, k < 2 ? &senders[k] : NULL);
            notice.say.parts[0].key = "ko_lukket"; /* other words, of the same transition */
            push(&notice, k < 2 ? &senders[k] : NULL);
        }
    assert_int_equal(pushed.count, 3 * 3 * 2 * 3);
    assert_ids_differ();
}

/* Two faults found at once are two messages; a bridge shows an id once. */
static void ids_differ_for_two_alarms(void **state)
{
    (void)state;
    add_person("s", "staff");
    add_person("p:link-bergen", "kari");
    static const char *const faults[] = {"replies/nb/x.md:1: x", "intents/y.intent:2: y"};
    for (size_t i = 0; i < 2; i++)
        assert_done(deskwork_alarm(turns.work, unit_data(), faults[i], monday, &arena, &pushed, &err));
    assert_string_equal(audience(), "matrix/staff nb;matrix/staff nb;");
    assert_ids_differ();
}

/* ---- buttons ---- */

static void buttons_answer_by_number(void **state)
{
    (void)state;
    struct request *r = add_taken("resident", "p:link-bergen", add_person("p:link-bergen", "kari"));
    struct notice notice = notice_about(TO_TAKER, r, true);
    struct state before = {.language = LANGUAGE_NN, .misses = 2, .n_choices = 1, .tag = "01234567"};
    snprintf(before.choices[0].action, ACTION_SIZE, "find");
    snprintf(before.place, NAME_SIZE, "Voss");
    before.has_place = true;
    assert_done(store_save_state(store, "matrix", "kari", &before, monday, &err));
    push(&notice, NULL);
    struct state after = saved("kari");
    struct out out = shown(&pushed.rows[0]);
    assert_int_equal(out.n_buttons, 2);
    assert_int_equal(after.n_standing, 2);
    assert_string_equal(after.standing[0].action, "s.answer.X.1");
    assert_string_equal(after.standing[1].action, "s.close.X.1");
    assert_string_equal(after.standing[1].label, out.buttons[1].label);
    assert_string_equal(after.place, "Voss");
    assert_true(after.language == LANGUAGE_NN && after.misses == 2);
    struct notice plain = notice_about(TO_TAKER, r, false); /* without buttons the others stay good */
    push(&plain, NULL);
    assert_int_equal(saved("kari").n_standing, 2);
}

static void buttons_do_not_answer_another_question(void **state)
{
    (void)state;
    struct request *r = add_taken("resident", "p:link-bergen", add_person("p:link-bergen", "kari"));
    struct notice notice = notice_about(TO_TAKER, r, true);
    for (int i = 1; i <= ASKED_LAST + 2; i++) {
        struct state before = {.language = LANGUAGE_NB, .n_choices = 1, .tag = "01234567"};
        snprintf(before.choices[0].action, ACTION_SIZE, "mine");
        before.asked = i <= ASKED_LAST ? (enum asked)i : ASKED_NOTHING;
        if (i == ASKED_LAST + 1)
            before.draft.kind = DRAFT_JOIN;
        before.relay = i == ASKED_LAST + 2 ? 77 : 0;
        before.relay_until = before.relay ? monday + CLOCK_HOUR : 0;
        assert_done(store_save_state(store, "matrix", "kari", &before, monday, &err));
        push(&notice, NULL);
        struct state after = saved("kari");
        assert_int_equal(after.asked, before.asked);
        assert_int_equal(after.n_choices, 1);
        assert_string_equal(after.choices[0].action, "mine");
        assert_string_equal(after.tag, "01234567");
    }
    assert_int_equal(pushed.count, ASKED_LAST + 2);
    assert_int_equal(shown(&pushed.rows[0]).n_buttons, 2); /* pressed they are good all the same */
}

static void a_number_takes_what_the_notice_offers(void **state)
{
    (void)state;
    int64_t kari = add_person("p:link-bergen", "kari");
    struct request *r = add_request("resident", "p:link-bergen");
    tick(monday);
    assert_string_equal(audience(), "matrix/kari nb;");
    writes("kari", "1");
    assert_int_equal(stored(r->id).state, REQUEST_TAKEN);
    assert_int_equal(stored(r->id).taker, kari);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(notices_go_to_every_chat_of_everybody_present),
        TEST(who_knows_already_hears_nothing),
        TEST(a_notice_for_one_person),
        TEST(ids_differ_for_each_notice_and_chat),
        TEST(ids_differ_for_two_alarms),
        TEST(buttons_answer_by_number),
        TEST(buttons_do_not_answer_another_question),
        TEST(a_number_takes_what_the_notice_offers),
    };
    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
