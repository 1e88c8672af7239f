/* Who may receive requests: whose chat it is, who is present, and which reserve contact there is. */
#include "unit.h"

#include "base/clock.h"
#include "talk/roster.h"

static const int64_t noon = INT64_C(1795323667123);

enum { PEOPLE = 4 };
static struct coordinator people[PEOPLE];
static struct roster roster;

/* Kari and Ola for Bodø, Per as reserve of Nordland and staff, Anne as the country's reserve. */
static int start(void **state)
{
    (void)state;
    static const struct coordinator all[PEOPLE] = {
        {.id = 1,
         .label = "Kari",
         .duties = {"p:bodo"},
         .n_duties = 1,
         .chats = {{"matrix", "kari", true}, {"telegram", "17", true}},
         .n_chats = 2},
        {.id = 5,
         .label = "Ola",
         .duties = {"p:alta", "p:bodo"},
         .n_duties = 2,
         .chats = {{"matrix", "17", true}},
         .n_chats = 1},
        {.id = 6,
         .label = "Per",
         .duties = {"f:18", "s"},
         .n_duties = 2,
         .chats = {{"telegram", "per", true}},
         .n_chats = 1},
        {.id = 9,
         .label = "Anne",
         .duties = {"f:land"},
         .n_duties = 1,
         .chats = {{"sms", "anne", true}},
         .n_chats = 1},
    };
    memcpy(people, all, sizeof people);
    roster = (struct roster){people, PEOPLE};
    return 0;
}

static int end(void **state)
{
    (void)state;
    return 0;
}

static const struct roster nobody = {NULL, 0};

/* ---- people ---- */

static void a_chat_is_its_owners_in_its_network_only(void **state)
{
    (void)state;
    assert_ptr_equal(roster_of_chat(&roster, "matrix", "kari"), &people[0]);
    assert_ptr_equal(roster_of_chat(&roster, "telegram", "17"), &people[0]); /* the second chat of one */
    assert_ptr_equal(roster_of_chat(&roster, "matrix", "17"), &people[1]);   /* another network's 17 */
    assert_null(roster_of_chat(&roster, "sms", "kari"));
    assert_null(roster_of_chat(&roster, "matrix", "kar"));
    assert_null(roster_of_chat(&roster, "matrix", "Kari"));
    assert_null(roster_of_chat(&roster, "matrix", ""));
    assert_null(roster_of_chat(&nobody, "matrix", "kari"));
}

static void a_chat_that_cannot_be_reached_is_still_its_owners(void **state)
{
    (void)state;
    people[0].chats[0].reachable = false;
    people[0].paused_until = noon + 1;
    assert_ptr_equal(roster_of_chat(&roster, "matrix", "kari"), &people[0]);
}

static void people_are_found_by_id(void **state)
{
    (void)state;
    assert_ptr_equal(roster_find(&roster, 5), &people[1]);
    assert_ptr_equal(roster_find(&roster, 9), &people[3]);
    assert_null(roster_find(&roster, 2));
    assert_null(roster_find(&roster, 0));
    assert_null(roster_find(&nobody, 1));
}

static void a_duty_is_the_whole_scope(void **state)
{
    (void)state;
    assert_true(coordinator_has(&people[1], "p:alta") && coordinator_has(&people[1], "p:bodo"));
    assert_false(coordinator_has(&people[0], "p:alta"));
    assert_false(coordinator_has(&people[0], "p:bod"));
    assert_false(coordinator_has(&people[0], "p:bodo2"));
    assert_false(coordinator_has(&people[0], ""));
    people[1].n_duties = 1; /* what stands behind the count is none */
    assert_false(coordinator_has(&people[1], "p:bodo"));
}

/* ---- presence ---- */

static void one_chat_that_can_be_reached_is_enough(void **state)
{
    (void)state;
    assert_true(coordinator_present(&people[0], noon));
    people[0].chats[0].reachable = false;
    assert_true(coordinator_present(&people[0], noon));
    people[0].chats[1].reachable = false;
    assert_false(coordinator_present(&people[0], noon));
    people[0].chats[1].reachable = true;
    people[0].n_chats = 0;
    assert_false(coordinator_present(&people[0], noon));
}

static void a_pause_ends_at_its_moment(void **state)
{
    (void)state;
    people[0].paused_until = noon;
    assert_false(coordinator_present(&people[0], noon - 1));
    assert_true(coordinator_present(&people[0], noon));
    assert_true(coordinator_present(&people[0], noon + 1));
}

static void somebody_is_there_as_long_as_one_of_them_is(void **state)
{
    (void)state;
    assert_true(roster_present(&roster, "p:bodo", noon));
    people[0].paused_until = noon + CLOCK_DAY;
    assert_true(roster_present(&roster, "p:bodo", noon));
    people[1].chats[0].reachable = false;
    assert_false(roster_present(&roster, "p:bodo", noon));
    assert_true(roster_present(&roster, "p:bodo", noon + CLOCK_DAY)); /* Kari is back */
    assert_true(roster_present(&roster, "s", noon));
    assert_false(roster_present(&roster, "p:mo", noon));
    assert_false(roster_present(&nobody, "p:bodo", noon));
}

/* One's pause and another's closed chat are two people's. */
static void presence_and_duty_are_one_persons(void **state)
{
    (void)state;
    people[1].paused_until = noon + 1;
    assert_false(roster_present(&roster, "p:alta", noon)); /* Kari is there, but has not Alta */
}

/* ---- reserve contacts ---- */

static const char *reserve_for(const char *fylke)
{
    static char scope[SCOPE_SIZE];
    memset(scope, 'x', sizeof scope);
    roster_reserve(&roster, fylke, noon, scope);
    assert_non_null(memchr(scope, '\0', sizeof scope));
    return scope;
}

static void the_fylkes_own_reserve_contact_comes_first(void **state)
{
    (void)state;
    assert_string_equal(reserve_for("18"), "f:18");
    assert_string_equal(reserve_for("1804"), "f:18"); /* a kommune of it */
    assert_string_equal(reserve_for("03"), "f:land");
    assert_string_equal(reserve_for("0301"), "f:land");
    assert_string_equal(reserve_for("1"), "f:land");
}

static void the_country_steps_in_while_the_fylkes_own_is_away(void **state)
{
    (void)state;
    people[2].paused_until = noon + 1;
    assert_string_equal(reserve_for("18"), "f:land");
    people[2].paused_until = 0;
    people[2].chats[0].reachable = false;
    assert_string_equal(reserve_for("1804"), "f:land");
}

static void who_has_no_fylke_gets_the_countrys(void **state)
{
    (void)state;
    assert_string_equal(reserve_for(""), "f:land");
    snprintf(people[2].duties[0], SCOPE_SIZE, "f:"); /* the duty for no fylke is nobody's business */
    assert_string_equal(reserve_for(""), "f:land");
}

static void without_anybody_there_is_no_reserve_contact(void **state)
{
    (void)state;
    people[3].paused_until = noon + 1;
    assert_string_equal(reserve_for("03"), "");
    assert_string_equal(reserve_for(""), "");
    assert_string_equal(reserve_for("18"), "f:18"); /* the fylke's own is there without the country's */
    roster = nobody;
    assert_string_equal(reserve_for("18"), "");
}

/* ---- scopes ---- */

static void reserve_scopes_are_those_of_a_fylke_or_the_country(void **state)
{
    (void)state;
    assert_true(scope_is_reserve("f:land") && scope_is_reserve("f:18"));
    assert_false(scope_is_reserve("p:f:18") || scope_is_reserve("s") || scope_is_reserve("") ||
                 scope_is_reserve("f") || scope_is_reserve("fredrikstad"));
}

static void a_scope_tells_the_duty(void **state)
{
    (void)state;
    assert_int_equal(scope_duty("p:bodo"), DUTY_COORDINATOR);
    assert_int_equal(scope_duty("p:s"), DUTY_COORDINATOR);
    assert_int_equal(scope_duty("f:18"), DUTY_RESERVE);
    assert_int_equal(scope_duty("f:land"), DUTY_RESERVE);
    assert_int_equal(scope_duty("s"), DUTY_STAFF);
}

static void a_contact_points_scope_leads_to_it(void **state)
{
    (void)state;
    const struct registry *registry = unit_data()->registry;
    const struct contact_point *first = registry_at(registry, 0);
    char scope[SCOPE_SIZE];
    assert_true(snprintf(scope, sizeof scope, "p:%s", first->id) < SCOPE_SIZE);
    assert_ptr_equal(scope_point(scope, registry), first);
    scope[0] = 'f';
    assert_null(scope_point(scope, registry));
    assert_null(scope_point(first->id, registry));
    assert_null(scope_point("p:", registry));
    assert_null(scope_point("p:is-no-longer-there", registry));
    assert_null(scope_point("f:land", registry));
    assert_null(scope_point("s", registry));
    assert_null(scope_point("", registry));
}

/* Or a request to it could not be kept (talk/request.h). */
static void every_contact_point_has_room_in_a_scope(void **state)
{
    (void)state;
    const struct registry *registry = unit_data()->registry;
    for (size_t i = 0; i < registry_count(registry); i++) {
        assert_true(strlen(registry_at(registry, i)->id) < POINT_SIZE);
        assert_true(strlen(registry_at(registry, i)->id) + 2 < SCOPE_SIZE);
    }
}

static void a_fylkes_scope_has_its_name(void **state)
{
    (void)state;
    const struct gazetteer *gazetteer = unit_gazetteer();
    assert_string_equal(scope_fylke("f:03", gazetteer), "Oslo");
    assert_string_equal(scope_fylke("f:18", gazetteer), "Nordland");
    assert_null(scope_fylke("f:land", gazetteer));
    assert_null(scope_fylke("f:", gazetteer));
    assert_null(scope_fylke("f:99", gazetteer));
    assert_null(scope_fylke("f:180", gazetteer));
    assert_null(scope_fylke("p:18", gazetteer));
    assert_null(scope_fylke("s", gazetteer));
    assert_null(scope_fylke("", gazetteer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_chat_is_its_owners_in_its_network_only),
        TEST(a_chat_that_cannot_be_reached_is_still_its_owners),
        TEST(people_are_found_by_id),
        TEST(a_duty_is_the_whole_scope),
        TEST(one_chat_that_can_be_reached_is_enough),
        TEST(a_pause_ends_at_its_moment),
        TEST(somebody_is_there_as_long_as_one_of_them_is),
        TEST(presence_and_duty_are_one_persons),
        TEST(the_fylkes_own_reserve_contact_comes_first),
        TEST(the_country_steps_in_while_the_fylkes_own_is_away),
        TEST(who_has_no_fylke_gets_the_countrys),
        TEST(without_anybody_there_is_no_reserve_contact),
        TEST(reserve_scopes_are_those_of_a_fylke_or_the_country),
        TEST(a_scope_tells_the_duty),
        TEST(a_contact_points_scope_leads_to_it),
        TEST(every_contact_point_has_room_in_a_scope),
        TEST(a_fylkes_scope_has_its_name),
    };
    return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
