/* The places of Norway: kommuner, names, postal codes, spelling, distances. */
#include "unit.h"

#include "place/gazetteer.h"
#include "text/normalise.h"

static struct err err;

static const struct place *find(const char *name)
{
    struct arena arena = ARENA_INIT;
    const char *plain = text_plain(name, &arena);
    const struct place *place = gazetteer_find(unit_gazetteer(), plain, strlen(plain));
    arena_free(&arena);
    return place;
}

static size_t meanings(const char *name)
{
    size_t count = 0;
    for (const struct place *p = find(name); p; p = p->next)
        count++;
    return count;
}

static void has_the_357_kommuner_and_svalbard(void **state)
{
    (void)state;
    assert_int_equal(gazetteer_kommuner(unit_gazetteer()), 358);
    size_t found = 0;
    for (int n = 0; n < 10000; n++) {
        char number[16];
        snprintf(number, sizeof number, "%04d", n);
        const struct kommune *k = gazetteer_kommune(unit_gazetteer(), number);
        if (!k)
            continue;
        found++;
        assert_string_equal(k->number, number);
        assert_memory_equal(k->fylke_number, number, 2);
        assert_true(*k->name && *k->short_name && *k->fylke);
        assert_null(strchr(k->short_name, '('));
        assert_null(strstr(k->short_name, " - "));
        if (!find(k->short_name))
            fail_msg("the kommune %s is not found by its name", k->short_name);
    }
    assert_int_equal(found, 358);
    assert_string_equal(gazetteer_kommune(unit_gazetteer(), "2111")->fylke, "Svalbard");
    assert_null(gazetteer_kommune(unit_gazetteer(), "9999"));
    assert_null(gazetteer_kommune(unit_gazetteer(), ""));
    assert_null(gazetteer_kommune(unit_gazetteer(), "03011"));
}

static void official_names_are_those_of_2024(void **state)
{
    (void)state;
    static const struct {
        const char *number, *name, *fylke;
    } cases[] = {{"0301", "Oslo", "Oslo"},
                 {"3419", "Våler (Innlandet)", "Innlandet"},
                 {"3114", "Våler (Østfold)", "Østfold"},
                 {"1508", "Ålesund", "Møre og Romsdal"},
                 {"5501", "Tromsø", "Troms"},
                 {"5601", "Alta", "Finnmark"},
                 {"3901", "Horten", "Vestfold"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct kommune *k = gazetteer_kommune(unit_gazetteer(), cases[i].number);
        assert_non_null(k);
        assert_string_equal(k->name, cases[i].name);
        assert_string_equal(k->fylke, cases[i].fylke);
    }
}

/* What the bot calls the kommune when it speaks Norwegian. */
static void the_short_name_is_the_norwegian_one(void **state)
{
    (void)state;
    static const struct {
        const char *number, *name;
    } cases[] = {
        {"1515", "Herøy"},      {"3419", "Våler"},     {"1826", "Hattfjelldal"}, {"1833", "Rana"},
        {"1841", "Fauske"},     {"1845", "Sørfold"},   {"1853", "Evenes"},       {"1870", "Sortland"},
        {"1875", "Hamarøy"},    {"5001", "Trondheim"}, {"5007", "Namsos"},       {"5025", "Røros"},
        {"5037", "Levanger"},   {"5041", "Snåsa"},     {"5043", "Røyrvik"},      {"5503", "Harstad"},
        {"5512", "Tjeldsund"},  {"5516", "Gratangen"}, {"5518", "Lavangen"},     {"5538", "Storfjord"},
        {"5540", "Kåfjord"},    {"5544", "Nordreisa"}, {"5603", "Hammerfest"},   {"5610", "Karasjok"},
        {"5612", "Kautokeino"}, {"5622", "Porsanger"}, {"5628", "Tana"},         {"5636", "Nesseby"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct kommune *k = gazetteer_kommune(unit_gazetteer(), cases[i].number);
        assert_non_null(k);
        if (strcmp(k->short_name, cases[i].name)) {
            print_error("%s: \"%s\" is called %s, not %s\n", k->number, k->name, k->short_name,
                        cases[i].name);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void names_in_other_languages_and_old_ones_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *kommune;
    } cases[] = {{"Karasjok", "5610"}, {"Kárášjohka", "5610"}, {"Guovdageaidnu", "5612"},
                 {"Porsanki", "5622"}, {"Tråante", "5001"},    {"Lillehammer", "3405"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct place *p = find(cases[i].name);
        if (!p || strcmp(p->kommune->number, cases[i].kommune))
            fail_msg("%s is %s", cases[i].name, p ? p->kommune->name : "unknown");
    }
}

static void namesakes_have_several_meanings(void **state)
{
    (void)state;
    assert_int_equal(meanings("Oslo"), 1);
    assert_true(meanings("Herøy") >= 2);
    assert_true(meanings("Våler") >= 2);
    assert_true(meanings("Bø") >= 2);
    assert_int_equal(meanings("Finnesikke"), 0);
    assert_null(gazetteer_find(unit_gazetteer(), "", 0));
    for (const struct place *p = find("Herøy"); p; p = p->next)
        for (const struct place *q = p->next; q; q = q->next)
            assert_ptr_not_equal(p->kommune, q->kommune); /* one meaning a kommune */
}

static void postal_codes_have_places(void **state)
{
    (void)state;
    const struct place *horten = gazetteer_post(unit_gazetteer(), "3187");
    assert_non_null(horten);
    assert_string_equal(horten->name, "3187 Horten");
    assert_string_equal(horten->kommune->number, "3901");
    assert_int_equal(horten->precision, PRECISION_POST);
    assert_non_null(gazetteer_post(unit_gazetteer(), "0150"));
    assert_non_null(gazetteer_post(unit_gazetteer(), "9990"));
    static const char *const none[] = {"0000", "9999", "", "1", "12", "123", "abcd", "31a7", " 3187", "-187"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (gazetteer_post(unit_gazetteer(), none[i]))
            fail_msg("\"%s\" is a postal code", none[i]);
}

static void every_place_lies_in_norway_and_near_its_kommune(void **state)
{
    (void)state;
    for (int n = 0; n < 10000; n++) {
        char code[16];
        snprintf(code, sizeof code, "%04d", n);
        const struct place *p = gazetteer_post(unit_gazetteer(), code);
        if (!p)
            continue;
        assert_true(p->position.lat > 57 && p->position.lat < 82);
        if (p->kommune && strcmp(p->kommune->number, "2111") &&
            position_km(&p->position, &p->kommune->position) > 200)
            fail_msg("%s lies %.0f km from %s", p->name, position_km(&p->position, &p->kommune->position),
                     p->kommune->name);
    }
}

static const char *spelled(const char *plain)
{
    const struct place *p = gazetteer_spell(unit_gazetteer(), plain, strlen(plain));
    return p ? p->name : "";
}

static void spelling_finds_the_name_within_one_edit(void **state)
{
    (void)state;
    assert_string_equal(spelled("lilehammer"), "Lillehammer");
    assert_string_equal(spelled("lillehamer"), "Lillehammer");
    assert_string_equal(spelled("tromsoø"), "Tromsø");
    assert_string_equal(spelled("trodnheim"), "Trondheim");
    assert_string_equal(spelled("kristianssand"), "Kristiansand");
    assert_string_equal(spelled("stavagner"), "Stavanger");
}

static void spelling_does_not_go_further(void **state)
{
    (void)state;
    assert_string_equal(spelled("osl"), "");
    assert_string_equal(spelled("otto"), "");       /* too short */
    assert_string_equal(spelled("illehammer"), ""); /* another first letter */
    assert_string_equal(spelled("lilehamer"), "");  /* two edits */
    assert_string_equal(spelled("gruppetime"), "");
    assert_string_equal(spelled(""), "");
}

static void distances_are_great_circles(void **state)
{
    (void)state;
    struct position oslo = position_of(59.91273, 10.74609), bergen = position_of(60.39299, 5.32415),
                    here = position_of(59.91273, 10.74610);
    assert_float_equal(position_km(&oslo, &bergen), 305.0, 2.0);
    assert_float_equal(position_km(&oslo, &bergen), position_km(&bergen, &oslo), 1e-9);
    assert_float_equal(position_km(&oslo, &oslo), 0.0, 1e-9);
    assert_float_equal(position_km(&oslo, &here), 0.00056, 0.0001); /* half a metre is not lost */
    struct position a = position_of(0, 0), b = position_of(0, 180), pole = position_of(90, 0);
    assert_float_equal(position_km(&a, &b), 20015.1, 0.1);
    assert_float_equal(position_km(&a, &pole), 10007.6, 0.1);
}

static void the_nearest_kommune_of_its_own_centre_is_itself(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0301", "5501", "4601", "3901", "2111", "1508"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct kommune *k = gazetteer_kommune(unit_gazetteer(), numbers[i]);
        assert_ptr_equal(gazetteer_nearest(unit_gazetteer(), &k->position), k);
    }
}

static void assert_refused(const char *row, const char *part)
{
    struct buf text = BUF_INIT(1000);
    err_clear(&err);
    buf_addf(&text, "# c\nfylke\t03\tOslo\nkommune\t0301\tOslo\t03\t59.9\t10.7\tOslo\n%s\n", row);
    struct gazetteer *g = gazetteer_load(unit_write("places.tsv", buf_str(&text)), &err);
    if (g)
        fail_msg("accepted: %s", row);
    assert_says(&err, part);
    buf_free(&text);
}

static void broken_rows_are_refused_with_their_line(void **state)
{
    (void)state;
    assert_refused("nonsense", "places.tsv:4: ");
    assert_refused("kommune\t1103\tStavanger\t11\t58.9\t5.7\tStavanger",
                   "places.tsv:4: the fylke's number is unknown");
    assert_refused("kommune\t1103\tStavanger\t03\t5.7\t58.9\tStavanger",
                   "places.tsv:4: the position is not in Norway");
    assert_refused("kommune\t110\tStavanger\t03\t58.9\t5.7\tStavanger", "places.tsv:4: ");
    assert_refused("kommune\t1103\tStavanger\t03\t58.9x\t5.7\tStavanger", "places.tsv:4: ");
    assert_refused("name\tX\t9999\t59.9\t10.7\ttown\t0",
                   "places.tsv:4: the kommune or the precision is unknown");
    assert_refused("name\tX\t0301\t59.9\t10.7\tvillage\t0", "places.tsv:4: ");
    assert_refused("name\tX\t0301\t59.9\t10.7\ttown", "places.tsv:4: ");
    assert_refused("post\t015\tOSLO\t0301\t59.9\t10.7\ttown", "places.tsv:4: ");
    assert_refused("post\t0150\tOSLO\t0301\tnan\t10.7\ttown", "places.tsv:4: ");
}

static void an_empty_or_missing_file_is_refused(void **state)
{
    (void)state;
    err_clear(&err);
    assert_null(gazetteer_load(unit_write("places.tsv", "# nothing\n"), &err));
    assert_says(&err, "holds no kommune");
    assert_null(gazetteer_load(unit_path("missing.tsv"), &err));
    assert_says(&err, "missing.tsv");
}

static void post_towns_in_capitals_are_written_as_names(void **state)
{
    (void)state;
    err_clear(&err);
    struct gazetteer *g = gazetteer_load(
        unit_write("places.tsv", "fylke\t03\tOslo\nkommune\t0301\tOslo\t03\t59.9\t10.7\tOslo\n"
                                 "post\t0150\tØVRE ÅRDAL\t0301\t59.9\t10.7\ttown\n"
                                 "post\t0151\tINDRE-BØ\t-\t59.9\t10.7\tinterpolated\n"),
        &err);
    assert_no_fault(&err);
    assert_string_equal(gazetteer_post(g, "0150")->name, "0150 Øvre Årdal");
    assert_string_equal(gazetteer_post(g, "0151")->name, "0151 Indre-Bø");
    assert_null(gazetteer_post(g, "0151")->kommune);
    gazetteer_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_357_kommuner_and_svalbard),
        cmocka_unit_test(official_names_are_those_of_2024),
        cmocka_unit_test(the_short_name_is_the_norwegian_one),
        cmocka_unit_test(names_in_other_languages_and_old_ones_are_found),
        cmocka_unit_test(namesakes_have_several_meanings),
        cmocka_unit_test(postal_codes_have_places),
        cmocka_unit_test(every_place_lies_in_norway_and_near_its_kommune),
        cmocka_unit_test(spelling_finds_the_name_within_one_edit),
        cmocka_unit_test(spelling_does_not_go_further),
        cmocka_unit_test(distances_are_great_circles),
        cmocka_unit_test(the_nearest_kommune_of_its_own_centre_is_itself),
        cmocka_unit_test(broken_rows_are_refused_with_their_line),
        cmocka_unit_test(an_empty_or_missing_file_is_refused),
        cmocka_unit_test(post_towns_in_capitals_are_written_as_names),
    };
    return cmocka_run_group_tests_name("gazetteer", tests, NULL, NULL);
}
