/* Who receives requests, their codes and chats, what they say of contact points, wishes for a group, and
 * counts: on real files. */
#include "stored.h"

#include "base/clock.h"
#include "store/requests.h"

/* ---- helpers ---- */

static const struct roster *roster(void)
{
    struct roster *read = arena_alloc(&arena, sizeof *read);
    assert_done(store_roster(store, &arena, read, &err));
    return read;
}

static const struct coordinator *person_of(const char *network, const char *chat)
{
    return roster_of_chat(roster(), network, chat);
}

/* The code without hyphens, as desk_code_in gives it. */
static const char *invited(const char *scope, const char *label, int64_t coordinator)
{
    char text[CODE_TEXT];
    assert_done(store_invite(store, scope, label, coordinator, noon + CLOCK_DAY, text, &err));
    assert_int_equal(strlen(text), CODE_TEXT - 1);
    assert_true(text[4] == '-' && text[9] == '-');
    return arena_printf(&arena, "%.4s%.4s%.4s", text, text + 5, text + 10);
}

static bool is_good(const char *text, int64_t now)
{
    struct code code;
    int found = store_code(store, text, now, &code, &err);
    assert_true(found >= 0);
    return found == 1;
}

static void bind_with(const char *text, const char *network, const char *chat)
{
    struct code code;
    assert_int_equal(store_code(store, text, noon, &code, &err), 1);
    assert_done(store_bind(store, &code, network, chat, &err));
}

/* A chat with a duty; returns whose it is. */
static int64_t bind(const char *scope, const char *network, const char *chat)
{
    bind_with(invited(scope, "Kari", 0), network, chat);
    const struct coordinator *person = person_of(network, chat);
    assert_non_null(person);
    return person->id;
}

static int bad_codes(const char *network, const char *chat, int64_t now)
{
    int count = -1;
    assert_done(store_bad_codes(store, network, chat, now, &count, &err));
    return count;
}

/* ---- people and codes ---- */

static void a_code_makes_a_person_with_the_duty_and_the_chat(void **state)
{
    (void)state;
    assert_int_equal(roster()->count, 0);
    bind_with(invited("p:bodo", "Kari i Bodø", 0), "matrix", "kari");
    reopen();
    assert_int_equal(roster()->count, 1);
    const struct coordinator *kari = person_of("matrix", "kari");
    assert_non_null(kari);
    assert_true(kari->id > 0);
    assert_string_equal(kari->label, "Kari i Bodø");
    assert_int_equal(kari->n_duties, 1);
    assert_string_equal(kari->duties[0], "p:bodo");
    assert_int_equal(kari->n_chats, 1);
    assert_true(kari->chats[0].reachable && kari->paused_until == 0);
    assert_string_equal(kari->chats[0].network, "matrix");
    assert_string_equal(kari->chats[0].chat, "kari");
}

static void what_a_code_is_good_for_is_told_before_it_is_used(void **state)
{
    (void)state;
    struct code code;
    const char *text = invited("f:18", "Per", 0);
    assert_int_equal(store_code(store, text, noon, &code, &err), 1);
    assert_string_equal(code.scope, "f:18");
    assert_string_equal(code.label, "Per");
    assert_int_equal(code.coordinator, 0);
    assert_true(is_good(text, noon)); /* asking does not use it up */
}

static void a_code_is_good_once(void **state)
{
    (void)state;
    const char *text = invited("p:bodo", "Kari", 0), *other = invited("p:mo", "Ola", 0);
    bind_with(text, "matrix", "kari");
    assert_false(is_good(text, noon));
    assert_true(is_good(other, noon));
    reopen();
    assert_false(is_good(text, noon));
    assert_true(is_good(other, noon));
}

static void a_code_is_good_until_it_expires(void **state)
{
    (void)state;
    const char *text = invited("p:bodo", "Kari", 0);
    assert_true(is_good(text, noon + CLOCK_DAY - 1));
    assert_false(is_good(text, noon + CLOCK_DAY));
    assert_false(is_good(text, noon + 400 * CLOCK_DAY));
}

static void only_the_code_itself_is_good(void **state)
{
    (void)state;
    const char *text = invited("p:bodo", "Kari", 0);
    char wrong[16];
    for (size_t i = 0; text[i]; i++) {
        snprintf(wrong, sizeof wrong, "%s", text);
        wrong[i] = text[i] == 'X' ? 'W' : 'X';
        assert_false(is_good(wrong, noon));
    }
    snprintf(wrong, sizeof wrong, "%.11s", text);
    assert_false(is_good(wrong, noon));
    assert_false(is_good("", noon));
    struct code code;
    memset(&code, 'x', sizeof code);
    assert_int_equal(store_code(store, "NONE", noon, &code, &err), 0);
    assert_true(code.scope[0] == '\0' && code.label[0] == '\0' && code.coordinator == 0);
}

static void codes_differ_and_have_no_look_alikes(void **state)
{
    (void)state;
    enum { CODES = 200 };
    const char *codes[CODES];
    for (size_t i = 0; i < CODES; i++) {
        codes[i] = invited("p:bodo", "Kari", 0);
        assert_int_equal(strspn(codes[i], "34679CDFGHJKMNPRTWX"), 12);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(codes[i], codes[k]);
    }
}

/* Whoever reads the file cannot bind a chat with it. */
static void a_code_does_not_stand_in_the_file(void **state)
{
    (void)state;
    char text[CODE_TEXT], bytes[64 * 1024];
    assert_done(store_invite(store, "p:bodo", "thelabelofkari", 0, noon + 5, text, &err));
    assert_done(store_wipe(store, &err)); /* everything is in the database itself now */
    FILE *file = fopen(database, "rb");
    assert_non_null(file);
    bool label = false;
    size_t len;
    while ((len = fread(bytes, 1, sizeof bytes, file)) > 0) {
        label = label || memmem(bytes, len, "thelabelofkari", 14);
        assert_null(memmem(bytes, len, text, strlen(text)));
        assert_null(memmem(bytes, len, arena_printf(&arena, "%.4s%.4s%.4s", text, text + 5, text + 10), 12));
    }
    fclose(file);
    assert_true(label); /* else the test proves nothing */
}

static void a_further_code_gives_a_person_another_chat_or_duty(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari");
    bind_with(invited("", "", kari), "telegram", "17"); /* a chat, no further duty */
    assert_int_equal(roster()->count, 1);
    const struct coordinator *person = person_of("telegram", "17");
    assert_int_equal(person->id, kari);
    assert_int_equal(person->n_chats, 2);
    assert_int_equal(person->n_duties, 1);
    bind_with(invited("p:mo", "", kari), "matrix", "kari"); /* a duty, no further chat */
    person = person_of("matrix", "kari");
    assert_int_equal(person->n_chats, 2);
    assert_true(coordinator_has(person, "p:bodo") && coordinator_has(person, "p:mo"));
    assert_string_equal(person->label, "Kari");
}

/* One chat is one person: a code for somebody new, used in a chat that is bound, is a duty more. */
static void a_new_persons_code_in_a_bound_chat_is_a_duty_more(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari"), again = bind("f:18", "matrix", "kari");
    assert_int_equal(again, kari);
    bind("f:18", "matrix", "kari"); /* the same once more */
    assert_int_equal(roster()->count, 1);
    assert_int_equal(person_of("matrix", "kari")->n_duties, 2);
    assert_int_equal(person_of("matrix", "kari")->n_chats, 1);
}

static void several_people_have_the_same_duty(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari"), ola = bind("p:bodo", "telegram", "kari");
    assert_int_not_equal(kari, ola);
    assert_int_equal(roster()->count, 2);
    assert_true(coordinator_has(person_of("telegram", "kari"), "p:bodo"));
}

/* ---- wrong codes ---- */

static void wrong_codes_are_counted_for_a_day(void **state)
{
    (void)state;
    assert_int_equal(bad_codes("matrix", "kari", noon), 0);
    for (int i = 0; i < 3; i++)
        assert_done(store_bad_code(store, "matrix", "kari", noon + i, &err));
    assert_int_equal(bad_codes("matrix", "kari", noon + 3), 3);
    reopen();
    assert_int_equal(bad_codes("matrix", "kari", noon + CLOCK_DAY - 1), 3);
    assert_int_equal(bad_codes("matrix", "kari", noon + CLOCK_DAY), 0);
    assert_int_equal(bad_codes("matrix", "ola", noon + 3), 0);
    assert_int_equal(bad_codes("telegram", "kari", noon + 3), 0);
}

static void the_next_day_counts_from_one(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_done(store_bad_code(store, "matrix", "kari", noon, &err));
    assert_done(store_bad_code(store, "matrix", "kari", noon + CLOCK_DAY + 1, &err));
    assert_int_equal(bad_codes("matrix", "kari", noon + CLOCK_DAY + 1), 1);
    assert_done(store_bad_code(store, "matrix", "kari", noon + 2 * CLOCK_DAY, &err));
    assert_int_equal(bad_codes("matrix", "kari", noon + 2 * CLOCK_DAY), 2);
}

/* ---- leaving ---- */

static void an_unbound_chat_is_nobodys_and_the_last_one_takes_the_person_along(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari");
    bind("p:bodo", "matrix", "ola");
    bind_with(invited("", "", kari), "telegram", "17");
    assert_done(store_unbind(store, "telegram", "17", &err));
    assert_null(person_of("telegram", "17"));
    assert_int_equal(person_of("matrix", "kari")->id, kari);
    assert_int_equal(person_of("matrix", "kari")->n_duties, 1);
    assert_done(store_unbind(store, "matrix", "kari", &err));
    assert_true(store_needs_wipe(store));
    assert_int_equal(roster()->count, 1);
    assert_non_null(person_of("matrix", "ola"));
    assert_done(store_unbind(store, "matrix", "nobody", &err));
    assert_int_equal(roster()->count, 1);
}

static void revoking_takes_duties_chats_and_codes_along(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari"), ola = bind("p:bodo", "matrix", "ola");
    const char *of_kari = invited("p:mo", "", kari), *of_ola = invited("p:mo", "", ola),
               *of_nobody = invited("p:mo", "Ny", 0);
    assert_int_equal(store_revoke(store, kari, &err), 1);
    assert_true(store_needs_wipe(store));
    reopen();
    assert_int_equal(roster()->count, 1);
    assert_null(person_of("matrix", "kari"));
    assert_true(coordinator_has(person_of("matrix", "ola"), "p:bodo"));
    assert_false(is_good(of_kari, noon)); /* no way back in */
    assert_true(is_good(of_ola, noon) && is_good(of_nobody, noon));
    assert_int_equal(store_revoke(store, kari, &err), 0);
    assert_int_equal(store_revoke(store, 99, &err), 0);
    assert_int_equal(store_revoke(store, ola, &err), 1);
    int64_t again = bind("p:bodo", "matrix", "ola"); /* a new person: not who had taken what */
    assert_true(again != kari && again != ola);
}

static void a_code_looked_up_before_the_person_was_revoked_binds_nothing(void **state)
{
    (void)state;
    struct code code;
    int64_t kari = bind("p:bodo", "matrix", "kari");
    const char *text = invited("p:mo", "", kari);
    assert_int_equal(store_code(store, text, noon, &code, &err), 1);
    assert_int_equal(store_revoke(store, kari, &err), 1);
    assert_done(store_begin(store, &err));
    assert_int_equal(store_bind(store, &code, "telegram", "17", &err), -1);
    store_rollback(store);
    assert_null(person_of("telegram", "17"));
}

static void pause_and_reachability_are_kept(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "kari");
    bind_with(invited("", "", kari), "telegram", "17");
    int64_t ola = bind("p:bodo", "matrix", "ola");
    assert_done(store_pause(store, kari, noon + 5, &err));
    assert_done(store_reachable(store, "matrix", "kari", false, &err));
    reopen();
    const struct coordinator *person = person_of("matrix", "kari");
    assert_true(person->paused_until == noon + 5 && roster_find(roster(), ola)->paused_until == 0);
    for (size_t i = 0; i < person->n_chats; i++)
        assert_int_equal(person->chats[i].reachable, strcmp(person->chats[i].network, "telegram") == 0);
    assert_done(store_pause(store, kari, 0, &err));
    assert_done(store_reachable(store, "matrix", "kari", true, &err));
    person = person_of("matrix", "kari");
    assert_true(person->paused_until == 0 && person->chats[0].reachable && person->chats[1].reachable);
}

static void a_chat_that_is_bound_anew_can_be_reached(void **state)
{
    (void)state;
    bind("p:bodo", "matrix", "kari");
    assert_done(store_reachable(store, "matrix", "kari", false, &err));
    bind("p:mo", "matrix", "kari");
    assert_true(person_of("matrix", "kari")->chats[0].reachable);
}

/* ---- with the chat ---- */

static struct wish wish_of(const char *chat, const char *place, int64_t created)
{
    struct wish wish;
    memset(&wish, 0, sizeof wish);
    snprintf(wish.network, sizeof wish.network, "matrix");
    snprintf(wish.chat, sizeof wish.chat, "%s", chat);
    snprintf(wish.place, sizeof wish.place, "%s", place);
    wish.created = created;
    return wish;
}

static void add_wish(const char *chat, const char *place, int64_t created)
{
    struct wish wish = wish_of(chat, place, created);
    assert_done(store_wish(store, &wish, &err));
}

/* Everybody's wishes: `chat:place`. */
static const char *wishes(void)
{
    const struct wish *list;
    size_t count;
    const char *text = "";
    assert_done(store_wishes(store, &arena, &list, &count, &err));
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&arena, "%s%s:%s ", text, list[i].chat, list[i].place);
    return text;
}

static void a_moved_chat_keeps_its_wish_and_its_person(void **state)
{
    (void)state;
    int64_t kari = bind("p:bodo", "matrix", "old");
    add_wish("old", "Bodø", noon);
    add_wish("new", "Oslo", noon + 1);
    assert_done(store_move(store, "matrix", "old", "new", &err));
    reopen();
    assert_null(person_of("matrix", "old"));
    assert_int_equal(person_of("matrix", "new")->id, kari);
    assert_string_equal(person_of("matrix", "new")->chats[0].chat, "new");
    assert_string_equal(wishes(), "new:Bodø ");
    struct wish wish;
    assert_int_equal(store_wish_of(store, "matrix", "old", &wish, &err), 0);
    assert_int_equal(store_wish_of(store, "matrix", "new", &wish, &err), 1);
}

/* *slett* is the resident's; *koble fra* is the coordinator's (replies: slett). */
static void forgetting_a_chat_takes_its_wish_and_leaves_it_bound(void **state)
{
    (void)state;
    bind("p:bodo", "matrix", "kari");
    add_wish("kari", "Bodø", noon);
    add_wish("ola", "Oslo", noon);
    assert_done(store_forget(store, "matrix", "kari", &err));
    assert_string_equal(wishes(), "ola:Oslo ");
    assert_non_null(person_of("matrix", "kari"));
}

/* ---- wishes ---- */

static void a_wish_comes_back_as_it_was_and_is_replaced(void **state)
{
    (void)state;
    struct wish wish = wish_of("kari", "Bodø", noon), back;
    snprintf(wish.kommune, sizeof wish.kommune, "1804");
    snprintf(wish.topic, sizeof wish.topic, "sorg og «æøå»");
    wish.lat = 67.28;
    wish.lon = 14.40;
    wish.told = true;
    assert_done(store_wish(store, &wish, &err));
    reopen();
    memset(&back, 0x5A, sizeof back);
    assert_int_equal(store_wish_of(store, "matrix", "kari", &back, &err), 1);
    assert_memory_equal(&back, &wish, sizeof back);
    assert_int_equal(store_wish_of(store, "telegram", "kari", &back, &err), 0);
    add_wish("kari", "Oslo", noon + 1);
    assert_string_equal(wishes(), "kari:Oslo ");
}

static void a_wish_is_taken_back_alone(void **state)
{
    (void)state;
    add_wish("kari", "Bodø", noon + 2);
    add_wish("ola", "Oslo", noon + 1);
    assert_string_equal(wishes(), "ola:Oslo kari:Bodø "); /* oldest first */
    assert_done(store_unwish(store, "matrix", "kari", &err));
    assert_true(store_needs_wipe(store));
    assert_string_equal(wishes(), "ola:Oslo ");
    assert_done(store_unwish(store, "telegram", "ola", &err));
    assert_string_equal(wishes(), "ola:Oslo ");
}

/* ---- contact points ---- */

static void list_confirmed(void *user, const char *point, const char *day)
{
    const char **text = user;
    *text = arena_printf(&arena, "%s%s=%s ", *text, point, day);
}

static void the_last_day_of_a_confirmation_is_kept(void **state)
{
    (void)state;
    const char *text = "";
    assert_done(store_confirm(store, "bodo", "2026-11-20", &err));
    assert_done(store_confirm(store, "alta", "2026-11-21", &err));
    assert_done(store_confirm(store, "bodo", "2026-11-22", &err));
    reopen();
    assert_done(store_confirmed(store, list_confirmed, &text, &err));
    assert_string_equal(text, "alta=2026-11-21 bodo=2026-11-22 ");
}

static void proposals_come_in_their_order(void **state)
{
    (void)state;
    struct proposal *list;
    size_t count;
    assert_done(store_proposals(store, 0, 100, &arena, &list, &count, &err));
    assert_int_equal(count, 0);
    assert_done(store_propose(store, "mo", "Telefonen er\n12 34 56 78", noon + 1, &err));
    assert_done(store_propose(store, "bodo", "Vi har flyttet", noon, &err));
    assert_done(store_propose(store, "mo", "Telefonen er\n12 34 56 78", noon + 2, &err)); /* said again */
    reopen();
    assert_done(store_proposals(store, 0, 100, &arena, &list, &count, &err));
    assert_int_equal(count, 3);
    assert_string_equal(list[0].point, "mo");
    assert_string_equal(list[0].text, "Telefonen er\n12 34 56 78");
    assert_true(list[0].created == noon + 1 && list[1].created == noon);
    assert_string_equal(list[1].point, "bodo");
    assert_true(list[0].id < list[1].id && list[1].id < list[2].id);
}

static void old_wishes_proposals_tries_and_codes_go_with_time(void **state)
{
    (void)state;
    static const struct retention keep = {
        .conversation_ms = 30 * CLOCK_DAY, .inbox_ms = 35 * CLOCK_DAY, .open_ms = 180 * CLOCK_DAY};
    struct proposal *list;
    size_t count;
    add_wish("kari", "Bodø", noon - 181 * CLOCK_DAY);
    add_wish("ola", "Oslo", noon - 179 * CLOCK_DAY);
    assert_done(store_propose(store, "mo", "gammelt", noon - 181 * CLOCK_DAY, &err));
    assert_done(store_propose(store, "mo", "nytt", noon - 179 * CLOCK_DAY, &err));
    const char *code = invited("p:bodo", "Kari", 0); /* good until a day from noon */
    for (unsigned slice = 0; slice < STORE_SLICES; slice++)
        assert_done(store_purge(store, slice, &keep, noon, &err));
    assert_string_equal(wishes(), "ola:Oslo ");
    assert_done(store_proposals(store, 0, 100, &arena, &list, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(list[0].text, "nytt");
    assert_true(is_good(code, noon));
}

/* ---- counts ---- */

/* Month after month, as they are asked for. */
static const char *counts_before(int before)
{
    struct month_count *list;
    size_t count;
    const char *text = "";
    for (int after = -1;; after = list[0].month) {
        assert_done(store_counts(store, after, before, &arena, &list, &count, &err));
        if (!count)
            return text;
        for (size_t i = 0; i < count; i++)
            text = arena_printf(&arena, "%s%d/%s:%lld,%lld,%lld ", text, list[i].month, list[i].kommune,
                                (long long)list[i].searches, (long long)list[i].requests,
                                (long long)list[i].unmet);
    }
}

static const char *counts(void)
{
    return counts_before(INT32_MAX);
}

static void counts_add_up_by_month_and_kommune(void **state)
{
    (void)state;
    assert_string_equal(counts(), "");
    assert_done(store_count(store, 24323, "1804", COUNT_SEARCHES, &err));
    assert_done(store_count(store, 24323, "1804", COUNT_SEARCHES | COUNT_UNMET, &err));
    assert_done(store_count(store, 24323, "1804", COUNT_REQUESTS, &err));
    assert_done(store_count(store, 24323, "0301", COUNT_REQUESTS, &err));
    assert_done(store_count(store, 24322, "1804", COUNT_UNMET, &err));
    assert_done(store_count(store, 24323, "", COUNT_SEARCHES, &err)); /* not known where */
    reopen();
    assert_string_equal(counts(), "24322/1804:0,0,1 24323/:1,0,0 24323/0301:0,1,0 24323/1804:2,1,1 ");
    assert_string_equal(counts_before(24323), "24322/1804:0,0,1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_code_makes_a_person_with_the_duty_and_the_chat),
        TEST(what_a_code_is_good_for_is_told_before_it_is_used),
        TEST(a_code_is_good_once),
        TEST(a_code_is_good_until_it_expires),
        TEST(only_the_code_itself_is_good),
        TEST(codes_differ_and_have_no_look_alikes),
        TEST(a_code_does_not_stand_in_the_file),
        TEST(a_further_code_gives_a_person_another_chat_or_duty),
        TEST(a_new_persons_code_in_a_bound_chat_is_a_duty_more),
        TEST(several_people_have_the_same_duty),
        TEST(wrong_codes_are_counted_for_a_day),
        TEST(the_next_day_counts_from_one),
        TEST(an_unbound_chat_is_nobodys_and_the_last_one_takes_the_person_along),
        TEST(revoking_takes_duties_chats_and_codes_along),
        TEST(a_code_looked_up_before_the_person_was_revoked_binds_nothing),
        TEST(pause_and_reachability_are_kept),
        TEST(a_chat_that_is_bound_anew_can_be_reached),
        TEST(a_moved_chat_keeps_its_wish_and_its_person),
        TEST(forgetting_a_chat_takes_its_wish_and_leaves_it_bound),
        TEST(a_wish_comes_back_as_it_was_and_is_replaced),
        TEST(a_wish_is_taken_back_alone),
        TEST(the_last_day_of_a_confirmation_is_kept),
        TEST(proposals_come_in_their_order),
        TEST(old_wishes_proposals_tries_and_codes_go_with_time),
        TEST(counts_add_up_by_month_and_kommune),
    };
    return cmocka_run_group_tests_name("store_people", tests, NULL, NULL);
}
