/* The registry of contact points: faults with id and line, and the rules for the nearest. */
#include "unit.h"

#include "place/contact_points.h"

static struct err err;
static struct registry *registry;
static struct buf json;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    registry = NULL;
    json = BUF_INIT(100000);
    buf_add_str(&json, "{\"type\":\"FeatureCollection\",\"features\":[\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    registry_free(registry);
    buf_free(&json);
    return 0;
}

/* One feature on three lines; `extra` are further members of its properties, each with a comma before. */
static void add_at(const char *id, const char *kommune, const char *geometry, const char *status,
                   const char *extra)
{
    bool first = json.data[json.len - 2] == '[';
    buf_addf(&json,
             "%s{\"type\":\"Feature\",\n\"id\":\"%s\",\"geometry\":%s,\n\"properties\":{\"kind\":\"senter\","
             "\"name\":\"N\",\"kommune\":%s%s%s,"
             "\"form\":\"%s\",\"pos_quality\":\"town\",\"source\":\"s\",\"status\":\"%s\"%s}}\n",
             first ? "" : ",", id, geometry, kommune ? "\"" : "", kommune ? kommune : "null",
             kommune ? "\"" : "", strstr(extra, "DIGITAL") ? "digital" : "physical", status,
             strstr(extra, "DIGITAL") ? "" : extra);
}

/* `km` north of Oslo's centre. */
static void add(const char *id, const char *kommune, double km, const char *extra)
{
    char geometry[100];
    snprintf(geometry, sizeof geometry, "{\"type\":\"Point\",\"coordinates\":[10.74609,%.6f]}",
             59.91273 + km / 111.19508);
    add_at(id, kommune, geometry, "unconfirmed", extra);
}

static int load(void)
{
    buf_add_str(&json, "]}");
    registry = registry_load(unit_write("points.geojson", buf_str(&json)), unit_gazetteer(), &err);
    return registry ? 0 : -1;
}

static void assert_refused(const char *part)
{
    assert_int_equal(load(), -1);
    assert_says(&err, part);
}

static const char at_oslo[] = "{\"type\":\"Point\",\"coordinates\":[10.7,59.9]}";

static void a_right_registry_loads(void **state)
{
    (void)state;
    add_at("a", "0301", at_oslo, "open",
           ",\"verified_on\":\"2026-10-01\",\"web\":\"https://"
           "x.no\",\"phone\":null,\"serves\":[\"3901\"],\"topics\":[\"sorg\"]");
    assert_int_equal(load(), 0);
    assert_no_fault(&err);
    const struct contact_point *p = registry_at(registry, 0);
    assert_int_equal(registry_count(registry), 1);
    assert_string_equal(p->id, "a");
    assert_string_equal(p->kommune->name, "Oslo");
    assert_int_equal(p->status, POINT_OPEN);
    assert_string_equal(p->verified_on, "2026-10-01");
    assert_string_equal(p->web, "https://x.no");
    assert_null(p->phone);
    assert_int_equal(p->n_serves, 1);
    assert_string_equal(p->topics[0], "sorg");
    assert_true(p->placed);
    assert_false(p->digital);
}

static void the_day_of_closing_is_read(void **state)
{
    (void)state;
    add_at("a", "0301", at_oslo, "closed", ",\"closed_on\":\"2026-05-01\"");
    add_at("b", "0301", at_oslo, "unconfirmed", "");
    assert_int_equal(load(), 0);
    assert_string_equal(registry_at(registry, 0)->closed_on, "2026-05-01");
    assert_int_equal(registry_at(registry, 0)->status, POINT_CLOSED);
    assert_null(registry_at(registry, 1)->closed_on);
    assert_string_equal(point_status_name(POINT_CLOSED), "closed");
}

static void swapped_coordinates_are_told_with_id_and_line(void **state)
{
    (void)state;
    add_at("a", "0301", at_oslo, "unconfirmed", "");
    add_at("b", "0301", "{\"type\":\"Point\",\"coordinates\":[59.9,10.7]}", "unconfirmed", "");
    assert_refused("points.geojson:6: contact point \"b\": the coordinates are swapped");
    assert_int_equal(err.count, 1);
}

static void a_position_outside_norway_is_refused(void **state)
{
    (void)state;
    add_at("a", "0301", "{\"type\":\"Point\",\"coordinates\":[2.35,48.85]}", "unconfirmed", "");
    assert_refused("points.geojson:3: contact point \"a\": the position is not in Norway");
}

static void a_geometry_that_is_no_point_is_refused(void **state)
{
    (void)state;
    static const char *const geometries[] = {"{}", "[10.7,59.9]",
                                             "{\"type\":\"Point\",\"coordinates\":[10.7,59.9,5]}",
                                             "{\"type\":\"Point\",\"coordinates\":[]}",
                                             "{\"type\":\"Point\",\"coordinates\":[\"10.7\",\"59.9\"]}"};
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        buf_free(&json);
        start(NULL);
        add_at("a", "0301", geometries[i], "unconfirmed", "");
        assert_refused("contact point \"a\": ");
    }
}

static void faults_in_properties_are_told_with_id_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *kommune, *status, *extra, *part;
    } cases[] = {
        {"9999", "unconfirmed", "", "kommune: \"9999\" is no kommune number of 2024"},
        {"0301", "maybe", "", "status is one of open, unconfirmed, closed"},
        {"0301", "open", "", "status open needs verified_on"},
        {"0301", "unconfirmed", ",\"web\":\"http://x.no\"", "web must begin with https://"},
        {"0301", "unconfirmed", ",\"serves\":[\"0000\"]", "serves: \"0000\" is no kommune number"},
        {"0301", "unconfirmed", ",\"serves\":[301]", "serves: "},
        {"0301", "unconfirmed", ",\"topics\":[7]", "topics holds something that is no text"},
        {"0301", "unconfirmed", ",\"phone\":12345678", "phone must be a text"},
        {"0301", "unconfirmed", ",\"note_nb\":\"\"", "note_nb must be a text"},
        {"0301", "closed", ",\"closed_on\":2026", "closed_on must be a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_free(&json);
        start(NULL);
        add_at("a", cases[i].kommune, at_oslo, cases[i].status, cases[i].extra);
        assert_refused(cases[i].part);
        assert_says(&err, "points.geojson:3: contact point \"a\"");
    }
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    buf_add_str(&json, "{\"type\":\"Feature\",\"id\":\"a\",\"geometry\":null,\"properties\":{}}\n");
    assert_refused("kind is missing");
    static const char *const members[] = {"name", "status", "form", "pos_quality", "source"};
    for (size_t i = 0; i < 5; i++)
        assert_says(&err, members[i]);
}

static void ids_are_plain_and_unique(void **state)
{
    (void)state;
    add("Store Bokstaver", "0301", 0, "");
    add("a", "0301", 0, "");
    add("a", "0301", 0, "");
    assert_refused("\"Store Bokstaver\": id must be");
    assert_says(&err, "\"a\": two features have this id");
}

static void what_is_no_geojson_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {{"", "points.geojson"},
                 {"{\n\n\"a\":}", "points.geojson:3: is not JSON"},
                 {"[]", "FeatureCollection"},
                 {"{\"features\":{}}", "FeatureCollection"},
                 {"{}", "FeatureCollection"},
                 {"{\"features\":[],\"features\":[]}", "is not JSON"},
                 {"{\"features\":[1]}", "id must be"},
                 {"{\"features\":[null]}", "id must be"},
                 {"{\"features\":[{\"id\":7}]}", "id must be"},
                 {"{\"features\":[{\"id\":\"a\",\"properties\":3}]}", "properties are missing"},
                 {"{\"a\":\"\xE5\"}", "is not JSON"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err_clear(&err);
        assert_null(registry_load(unit_write("points.geojson", cases[i].text), unit_gazetteer(), &err));
        assert_says(&err, cases[i].part);
    }
    err_clear(&err);
    assert_null(registry_load(unit_path("missing.geojson"), unit_gazetteer(), &err));
    assert_says(&err, "missing.geojson");
}

/* ---- nearest ---- */

/* Ids of the hits for somebody in Oslo's centre (or in `number`) who asks about `topic`, joined with blanks.
 */
static void check_nearest(const char *number, const char *topic, size_t most, const char *expected, int line)
{
    struct hit hits[20];
    struct buf ids = BUF_INIT(1000);
    struct position oslo = position_of(59.91273, 10.74609);
    const struct kommune *kommune = number ? gazetteer_kommune(unit_gazetteer(), number) : NULL;
    size_t count = registry_nearest(registry, &(struct search){oslo, kommune, topic}, hits, most);
    for (size_t i = 0; i < count; i++)
        buf_addf(&ids, "%s%s", i ? " " : "", hits[i].point->id);
    if (strcmp(buf_str(&ids), expected)) {
        print_error("nearest are \"%s\", not \"%s\"\n", buf_str(&ids), expected);
        _fail(__FILE__, line);
    }
    buf_free(&ids);
}
#define assert_nearest(number, most, expected) check_nearest((number), NULL, (most), (expected), __LINE__)
#define assert_about(number, topic, most, expected)                                                          \
    check_nearest((number), (topic), (most), (expected), __LINE__)

static void distance_orders(void **state)
{
    (void)state;
    add("c", "4601", 30, "");
    add("a", "4601", 10, "");
    add("b", "4601", 20, "");
    assert_int_equal(load(), 0);
    assert_nearest("0301", 3, "a b c");
    assert_nearest("0301", 2, "a b");
    assert_nearest(NULL, 3, "a b c");
    struct hit hits[3];
    struct position oslo = position_of(59.91273, 10.74609);
    registry_nearest(registry, &(struct search){oslo, NULL, NULL}, hits, 3);
    assert_float_equal(hits[0].km, 10.0, 0.01);
    assert_false(hits[0].own || hits[0].serves);
}

static void the_own_kommune_comes_first_then_who_serves_it(void **state)
{
    (void)state;
    add("near", "4601", 1, "");
    add("serves", "4601", 50, ",\"serves\":[\"1103\",\"0301\"]");
    add("own", "0301", 90, "");
    assert_int_equal(load(), 0);
    assert_nearest("0301", 3, "own serves near");
    assert_nearest("1103", 3, "serves near own");
    assert_nearest(NULL, 3, "near serves own");
    struct hit hits[3];
    struct position oslo = position_of(59.91273, 10.74609);
    registry_nearest(registry, &(struct search){oslo, gazetteer_kommune(unit_gazetteer(), "0301"), NULL},
                     hits, 3);
    assert_true(hits[0].own && !hits[0].serves);
    assert_true(hits[1].serves && !hits[1].own);
}

/* 3201 Bærum and 3203 Asker lie in one fylke, 0301 Oslo in another. */
static void the_own_fylke_wins_within_five_kilometres(void **state)
{
    (void)state;
    add("other", "0301", 20, "");
    add("fylke", "3203", 24.9, "");
    assert_int_equal(load(), 0);
    assert_nearest("3201", 2, "fylke other");
    assert_nearest("1103", 2, "other fylke");
}

static void the_own_fylke_wins_within_fifteen_per_cent(void **state)
{
    (void)state;
    add("other", "0301", 100, "");
    add("fylke", "3203", 114.5, "");
    assert_int_equal(load(), 0);
    assert_nearest("3201", 2, "fylke other");
}

static void the_own_fylke_does_not_win_beyond_both(void **state)
{
    (void)state;
    add("other", "0301", 20, "");
    add("fylke", "3203", 25.5, "");
    add("other2", "0301", 100, "");
    add("fylke2", "3203", 115.5, "");
    assert_int_equal(load(), 0);
    assert_nearest("3201", 4, "other fylke other2 fylke2");
}

static void closed_themed_digital_and_unplaced_ones_are_left_out(void **state)
{
    (void)state;
    add_at("closed", "0301", at_oslo, "closed", "");
    add("theme", "0301", 1, ",\"topics\":[\"sorg\"]");
    add("digital", "0301", 1, "DIGITAL");
    add_at("nowhere", "0301", "null", "unconfirmed", "");
    add("b", "4601", 40, "");
    assert_int_equal(load(), 0);
    assert_nearest("0301", 8, "b");
}

static void none_is_none_and_the_count_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(load(), 0);
    assert_nearest("0301", 3, "");
    registry_free(registry);
    buf_free(&json);
    start(NULL);
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "p%02d", i);
        add(id, "4601", 20 - i, "");
    }
    assert_int_equal(load(), 0);
    assert_nearest("0301", 20, "p19 p18 p17 p16 p15 p14 p13 p12 p11 p10 p09 p08 p07 p06 p05 p04");
}

/* However many are nearer: who serves the kommune is not passed over for its distance. */
static void who_serves_the_kommune_is_found_far_away(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "near%d", i);
        add(id, "4601", 1 + i, "");
    }
    add("serves", "5601", 900, ",\"serves\":[\"0301\"]");
    add("own", "0301", 1200, "");
    assert_int_equal(load(), 0);
    assert_nearest("0301", 1, "own");
    assert_nearest("0301", 2, "own serves");
    assert_nearest("0301", 3, "own serves near0");
    assert_nearest(NULL, 1, "near0");
    assert_nearest("1103", 1, "near0");
}

/* ---- topics ---- */

static void in_the_own_kommune_the_one_for_the_topic_comes_first(void **state)
{
    (void)state;
    add("all", "0301", 1, "");
    add("topic", "0301", 40, ",\"topics\":[\"rus\",\"angst\"]");
    add("near", "4601", 0.5, ",\"topics\":[\"angst\"]");
    assert_int_equal(load(), 0);
    assert_about("0301", "angst", 3, "topic all near");
    assert_about("0301", "angst", 1, "topic");
    assert_about("0301", "rus", 3, "topic all");
    struct hit hits[3];
    const struct kommune *oslo = gazetteer_kommune(unit_gazetteer(), "0301");
    assert_int_equal(registry_nearest(registry, &(struct search){oslo->position, oslo, "angst"}, hits, 3), 3);
    assert_true(hits[0].themed && hits[0].own);
    assert_true(!hits[1].themed && hits[1].own);
    assert_true(hits[2].themed && !hits[2].own);
}

static void elsewhere_one_for_the_topic_comes_first_when_less_than_twice_as_far(void **state)
{
    (void)state;
    add("all", "4601", 20, "");
    add("near", "4601", 39.5, ",\"topics\":[\"angst\"]");
    add("far", "4601", 40.5, ",\"topics\":[\"angst\"]");
    assert_int_equal(load(), 0);
    assert_about("0301", "angst", 3, "near all far");
    assert_about("0301", "angst", 1, "near");
    assert_about("0301", "angst", 2, "near all");
    assert_about(NULL, "angst", 3, "near all far");
}

static void who_serves_the_kommune_comes_before_the_topic_elsewhere(void **state)
{
    (void)state;
    add("topic", "4601", 1, ",\"topics\":[\"angst\"]");
    add("serves", "4601", 80, ",\"serves\":[\"0301\"]");
    assert_int_equal(load(), 0);
    assert_about("0301", "angst", 2, "serves topic");
    assert_about("1103", "angst", 2, "topic serves");
}

static void those_for_other_topics_are_left_out(void **state)
{
    (void)state;
    add("angst", "0301", 1, ",\"topics\":[\"angst\"]");
    add("sorg", "0301", 2, ",\"topics\":[\"sorg\"],\"serves\":[\"0301\"]");
    add("all", "0301", 3, "");
    assert_int_equal(load(), 0);
    assert_about("0301", "angst", 3, "angst all");
    assert_about("0301", "spill", 3, "all");
    assert_about("0301", "ang", 3, "all");
    assert_about("0301", "", 3, "all");
    assert_about("0301", NULL, 3, "all"); /* nobody asked about a topic */
}

static void one_for_the_topic_is_found_behind_nearer_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) { /* they fill the list before the farther one is looked at */
        char id[16];
        snprintf(id, sizeof id, "all%d", i);
        add(id, "4601", 100 + i, "");
    }
    add("topic", "4601", 199, ",\"topics\":[\"angst\"]");
    add("fylke", "3203", 229, ",\"topics\":[\"angst\"]"); /* 229 / 1.15 / 2 = 99.6 */
    assert_int_equal(load(), 0);
    assert_about("1103", "angst", 1, "topic");
    assert_about("3201", "angst", 2, "topic fylke");
}

/* What is found when few are wanted are the first of what is found when many are. */
static void few_are_the_first_of_many(void **state)
{
    static const char *const extras[] = {"", "", ",\"topics\":[\"angst\"]", ",\"topics\":[\"rus\"]",
                                         ",\"serves\":[\"3201\"]"};
    static const char *const kommuner[] = {"0301", "3203", "4601", "3201"};
    (void)state;
    for (int round = 0; round < 50; round++) {
        end(NULL);
        start(NULL);
        for (int i = 0; i < 16; i++) {
            char id[16];
            snprintf(id, sizeof id, "p%d", i);
            add(id, kommuner[unit_random(round % 2 ? 3 : 4)], unit_random(100000) / 1000.0,
                extras[unit_random(5)]);
        }
        assert_int_equal(load(), 0);
        struct hit many[16], few[3];
        const struct kommune *baerum = gazetteer_kommune(unit_gazetteer(), "3201");
        struct search search = {position_of(59.91273, 10.74609), baerum, round % 3 ? "angst" : NULL};
        size_t all = registry_nearest(registry, &search, many, 16);
        for (size_t most = 1; most <= 3; most++) {
            size_t count = registry_nearest(registry, &search, few, most);
            assert_int_equal(count, all < most ? all : most);
            for (size_t i = 0; i < count; i++)
                assert_float_equal(few[i].km, many[i].km, 1e-9);
        }
    }
}

static void digital_offers_are_listed_apart(void **state)
{
    (void)state;
    const struct contact_point *points[4];
    add("d1", NULL, 0, "DIGITAL");
    add("p", "0301", 0, "");
    add("d2", "0301", 0, "DIGITAL");
    add_at("d3", NULL, "null", "closed", "DIGITAL");
    assert_int_equal(load(), 0);
    assert_int_equal(registry_digital(registry, points, 4), 2);
    assert_string_equal(points[0]->id, "d1");
    assert_string_equal(points[1]->id, "d2");
    assert_int_equal(registry_digital(registry, points, 1), 1);
}

/* A plain scan against the rule, on random registries. */
static void the_nearest_by_distance_agrees_with_sorting(void **state)
{
    (void)state;
    enum { POINTS = 60 };
    double km[POINTS];
    for (int i = 0; i < POINTS; i++) {
        char id[16];
        km[i] = unit_random(300000) / 1000.0;
        snprintf(id, sizeof id, "p%d", i);
        add(id, "4601", km[i], "");
    }
    assert_int_equal(load(), 0);
    struct hit hits[5];
    struct position oslo = position_of(59.91273, 10.74609);
    assert_int_equal(registry_nearest(registry, &(struct search){oslo, NULL, NULL}, hits, 5), 5);
    for (int h = 0; h < 5; h++) {
        int nearer = 0;
        for (int i = 0; i < POINTS; i++)
            nearer += km[i] < hits[h].km - 0.001;
        assert_true(nearer <= h);
    }
}

/* ---- what coordinators say ---- */

static void assert_point(const char *id, enum point_status status, const char *verified_on)
{
    const struct contact_point *point = registry_find(registry, id);
    assert_non_null(point);
    assert_int_equal(point->status, status);
    assert_string_equal(point->verified_on ? point->verified_on : "", verified_on);
}

static void a_contact_point_is_found_by_its_id(void **state)
{
    (void)state;
    add("b", "0301", 0, "");
    add("a", "0301", 1, "");
    add_at("a2", "0301", at_oslo, "closed", "");
    assert_int_equal(load(), 0);
    assert_ptr_equal(registry_find(registry, "a"), registry_at(registry, 1));
    assert_ptr_equal(registry_find(registry, "a2"), registry_at(registry, 2)); /* closed ones too */
    assert_null(registry_find(registry, "A"));
    assert_null(registry_find(registry, "a23"));
    assert_null(registry_find(registry, ""));
}

static void a_confirmed_contact_point_is_open_from_that_day_on(void **state)
{
    (void)state;
    char day[] = "2026-11-22";
    add("a", "0301", 0, "");
    add("b", "0301", 1, "");
    assert_int_equal(load(), 0);
    registry_confirm(registry, "a", day);
    day[0] = 'x'; /* it was copied */
    assert_point("a", POINT_OPEN, "2026-11-22");
    assert_point("b", POINT_UNCONFIRMED, "");
    registry_confirm(registry, "nowhere", "2026-11-22");
    assert_point("b", POINT_UNCONFIRMED, "");
}

static void a_later_confirmation_stands(void **state)
{
    (void)state;
    add_at("a", "0301", at_oslo, "open", ",\"verified_on\":\"2026-10-01\"");
    add_at("b", "0301", at_oslo, "unconfirmed", ",\"verified_on\":\"2026-10-01\"");
    assert_int_equal(load(), 0);
    registry_confirm(registry, "a", "2026-09-30");
    registry_confirm(registry, "b",
                     "2025-12-31"); /* staff has looked since, and does not call it confirmed */
    assert_point("a", POINT_OPEN, "2026-10-01");
    assert_point("b", POINT_UNCONFIRMED, "2026-10-01");
    registry_confirm(registry, "a", "2026-10-02");
    registry_confirm(registry, "b", "2027-01-01");
    assert_point("a", POINT_OPEN, "2026-10-02");
    assert_point("b", POINT_OPEN, "2027-01-01");
}

static void a_closed_contact_point_stays_closed(void **state)
{
    (void)state;
    add_at("a", "0301", at_oslo, "closed", ",\"verified_on\":\"2026-10-01\"");
    assert_int_equal(load(), 0);
    registry_confirm(registry, "a", "2026-11-22");
    assert_point("a", POINT_CLOSED, "2026-10-01");
}

static void the_real_registry_loads(void **state)
{
    (void)state;
    registry = registry_load("deploy/contact-points.geojson", unit_gazetteer(), &err);
    assert_no_fault(&err);
    const struct contact_point *points[4];
    assert_true(registry_digital(registry, points, 4) >= 1);
    const struct kommune *horten = gazetteer_kommune(unit_gazetteer(), "3901");
    struct hit hits[3];
    assert_int_equal(registry_nearest(registry, &(struct search){horten->position, horten, NULL}, hits, 3),
                     3);
    assert_true(hits[0].own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_right_registry_loads),
        TEST(the_day_of_closing_is_read),
        TEST(swapped_coordinates_are_told_with_id_and_line),
        TEST(a_position_outside_norway_is_refused),
        TEST(a_geometry_that_is_no_point_is_refused),
        TEST(faults_in_properties_are_told_with_id_and_line),
        TEST(what_is_missing_is_named),
        TEST(ids_are_plain_and_unique),
        TEST(what_is_no_geojson_is_refused),
        TEST(distance_orders),
        TEST(the_own_kommune_comes_first_then_who_serves_it),
        TEST(the_own_fylke_wins_within_five_kilometres),
        TEST(the_own_fylke_wins_within_fifteen_per_cent),
        TEST(the_own_fylke_does_not_win_beyond_both),
        TEST(closed_themed_digital_and_unplaced_ones_are_left_out),
        TEST(none_is_none_and_the_count_is_bounded),
        TEST(who_serves_the_kommune_is_found_far_away),
        TEST(in_the_own_kommune_the_one_for_the_topic_comes_first),
        TEST(elsewhere_one_for_the_topic_comes_first_when_less_than_twice_as_far),
        TEST(who_serves_the_kommune_comes_before_the_topic_elsewhere),
        TEST(those_for_other_topics_are_left_out),
        TEST(one_for_the_topic_is_found_behind_nearer_ones),
        TEST(few_are_the_first_of_many),
        TEST(digital_offers_are_listed_apart),
        TEST(the_nearest_by_distance_agrees_with_sorting),
        TEST(a_contact_point_is_found_by_its_id),
        TEST(a_confirmed_contact_point_is_open_from_that_day_on),
        TEST(a_later_confirmation_stands),
        TEST(a_closed_contact_point_stays_closed),
        TEST(the_real_registry_loads),
    };
    return cmocka_run_group_tests_name("contact_points", tests, NULL, NULL);
}
