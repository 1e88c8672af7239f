/* The places of Norway: kommuner, names, postal codes, words, borders, distances (spelling: test_spelling.c).
 */
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

/* ---- names written in other ways ---- */

static void names_without_norwegian_letters_are_found_bare(void **state)
{
    (void)state;
    static const struct {
        const char *bare, *kommune;
    } cases[] = {{"tromso", "5501"},    {"tromsoe", "5501"},      {"tromsø", "5501"},  {"aalesund", "1508"},
                 {"alesund", "1508"},   {"sandnessjoen", "1820"}, {"moirana", "1833"}, {"mo-i-rana", "1833"},
                 {"mo i rana", "1833"}, {"as", "3218"},           {"bodoe", "1804"},   {"oslo", "0301"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct place *p = gazetteer_find_bare(unit_gazetteer(), cases[i].bare, strlen(cases[i].bare));
        if (!p || strcmp(p->kommune->number, cases[i].kommune))
            fail_msg("%s is %s", cases[i].bare, p ? p->kommune->name : "unknown");
    }
}

static void what_is_no_name_is_not_found_bare(void **state)
{
    (void)state;
    char longer[100];
    memset(longer, 'a', sizeof longer);
    assert_null(gazetteer_find_bare(unit_gazetteer(), longer, sizeof longer));
    assert_null(gazetteer_find_bare(unit_gazetteer(), "tromso x", 8));
    assert_null(gazetteer_find_bare(unit_gazetteer(), "xyzzy", 5));
    assert_null(gazetteer_find_bare(unit_gazetteer(), "\xC3", 1)); /* half a letter */
    assert_null(gazetteer_find_bare(unit_gazetteer(), "", 0));
}

static void a_kommune_wins_a_bare_name(void **state)
{
    (void)state;
    const struct place *p = gazetteer_find_bare(unit_gazetteer(), "bo", 2);
    assert_non_null(p);
    assert_int_equal(p->precision, PRECISION_KOMMUNE);
}

static void names_of_several_words_are_announced_by_their_first(void **state)
{
    (void)state;
    assert_true(gazetteer_starts(unit_gazetteer(), "mo", 2));
    assert_true(gazetteer_starts(unit_gazetteer(), "nordre", 6));
    assert_true(gazetteer_starts(unit_gazetteer(), "new", 3)); /* New York */
    assert_false(gazetteer_starts(unit_gazetteer(), "horten", 6));
    assert_false(gazetteer_starts(unit_gazetteer(), "", 0));
}

/* ---- words ---- */

static enum caution caution_of(const char *plain)
{
    return gazetteer_caution(unit_gazetteer(), plain, strlen(plain));
}

static void words_that_are_names_too_are_marked(void **state)
{
    (void)state;
    assert_int_equal(caution_of("berg"), CAUTION_NEVER);
    assert_int_equal(caution_of("ski"), CAUTION_NEVER);
    assert_int_equal(caution_of("å"), CAUTION_NEVER);
    assert_int_equal(caution_of("aure"), CAUTION_COMMON);
    assert_int_equal(caution_of("oslo"), CAUTION_NONE);
    assert_int_equal(caution_of("xyzzy"), CAUTION_NONE);
    assert_int_equal(caution_of(""), CAUTION_NONE);
}

static void words_that_only_look_like_names_are_marked(void **state)
{
    (void)state;
    static const char *const words[] = {"halsen", "alvor", "barndommen", "bare"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!gazetteer_is_no_name(unit_gazetteer(), words[i], strlen(words[i])))
            fail_msg("%s may be a misspelt name", words[i]);
        assert_null(gazetteer_find(unit_gazetteer(), words[i], strlen(words[i])));
    }
    assert_false(gazetteer_is_no_name(unit_gazetteer(), "horten", 6));
    assert_false(gazetteer_is_no_name(unit_gazetteer(), "berg", 4)); /* a name, though a word too */
    assert_false(gazetteer_is_no_name(unit_gazetteer(), "", 0));
}

static void every_place_names_its_source(void **state)
{
    (void)state;
    assert_string_equal(find("Oslo")->source, "kommuner.tsv");
    assert_string_equal(find("Driva")->source, "towns.tsv");
    assert_true(*gazetteer_post(unit_gazetteer(), "3187")->source);
}

/* ---- abroad and the border ---- */

static void places_abroad_have_their_country(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *country;
    } cases[] = {{"sverige", "SE"},  {"stockholm", "SE"}, {"strømstad", "SE"},
                 {"new york", "US"}, {"london", "GB"},    {"utlandet", "ZZ"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *country = gazetteer_abroad(unit_gazetteer(), cases[i].plain, strlen(cases[i].plain));
        if (!country || strcmp(country, cases[i].country))
            fail_msg("%s lies in %s", cases[i].plain, country ? country : "Norway");
    }
    static const char *const home[] = {"oslo", "norge", "norway", "svalbard", "karlstad", "", "xyzzy"};
    for (size_t i = 0; i < sizeof home / sizeof *home; i++)
        assert_null(gazetteer_abroad(unit_gazetteer(), home[i], strlen(home[i])));
}

struct pin {
    const char *name;
    double lat, lon;
};

static void pins_in_norway_are_inside(void **state)
{
    (void)state;
    static const struct pin pins[] = {
        {"Oslo", 59.9127, 10.7461},         {"Kirkenes", 69.7271, 30.0458}, {"Karasjok", 69.4719, 25.5112},
        {"Halden", 59.1330, 11.3875},       {"Røst", 67.5190, 12.1120},     {"Ørje", 59.4823, 11.6530},
        {"Longyearbyen", 78.2232, 15.6267}, {"Meråker", 63.4300, 11.7400},  {"Tana bru", 70.1970, 28.1910},
        {"Nordkapp", 71.1695, 25.7832},     {"Finse", 60.6020, 7.5040},     {"Træna", 66.5000, 12.1000},
        {"Utsira", 59.3080, 4.8850},        {"Trysil", 61.3140, 12.2630},   {"Ny-Ålesund", 78.9236, 11.9228}};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
        struct position at = position_of(pins[i].lat, pins[i].lon);
        if (gazetteer_outside(unit_gazetteer(), &at))
            fail_msg("%s lies outside Norway", pins[i].name);
    }
}

static void pins_abroad_and_at_sea_are_outside(void **state)
{
    (void)state;
    static const struct pin pins[] = {
        {"Strömstad", 58.9395, 11.1712},    {"Kilpisjärvi", 69.0486, 20.7886}, {"Karlstad", 59.3793, 13.5036},
        {"Murmansk", 68.9585, 33.0827},     {"London", 51.5074, -0.1278},      {"Paris", 48.8500, 2.3500},
        {"the North Sea", 57.5000, 3.5000}, {"Utsjoki", 69.9086, 27.0274},     {"Nikel", 69.4134, 30.2330},
        {"Storlien", 63.3160, 12.0990},     {"Skagen", 57.7200, 10.5800},      {"the pole", 90.0, 0.0},
        {"the other pole", -90.0, 180.0},   {"null island", 0.0, 0.0}};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
        struct position at = position_of(pins[i].lat, pins[i].lon);
        if (!gazetteer_outside(unit_gazetteer(), &at))
            fail_msg("%s lies in Norway", pins[i].name);
    }
}

static void every_postal_code_of_the_mainland_lies_inside(void **state)
{
    (void)state;
    for (int n = 0; n < 10000; n++) {
        char code[16];
        snprintf(code, sizeof code, "%04d", n);
        const struct place *p = gazetteer_post(unit_gazetteer(), code);
        if (p && p->kommune && strcmp(p->kommune->number, "2111") && /* Svalbard has weather stations */
            gazetteer_outside(unit_gazetteer(), &p->position))
            fail_msg("%s lies outside Norway", p->name);
    }
}

static void a_pin_belongs_to_the_kommune_of_the_nearest_settlement(void **state)
{
    (void)state;
    static const struct {
        struct pin pin;
        const char *kommune;
    } cases[] = {{{"Kautokeino", 69.0119, 23.0415}, "5612"}, {{"Værnes", 63.4578, 10.9240}, "5035"},
                 {{"Askøy", 60.3990, 5.2010}, "4627"},       {{"Røros", 62.5747, 11.3842}, "5025"},
                 {{"Finse", 60.6020, 7.5040}, "4620"}, /* the centre of Eidfjord is nearer */
                 {{"Horten", 59.4170, 10.4830}, "3901"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct position at = position_of(cases[i].pin.lat, cases[i].pin.lon);
        const struct kommune *k = gazetteer_kommune_at(unit_gazetteer(), &at);
        if (strcmp(k->number, cases[i].kommune))
            fail_msg("%s lies in %s", cases[i].pin.name, k->name);
    }
}

static void every_centre_lies_in_its_kommune(void **state)
{
    (void)state;
    for (size_t i = 0; i < gazetteer_kommuner(unit_gazetteer()); i++) {
        const struct kommune *k = gazetteer_kommune_no(unit_gazetteer(), i);
        if (gazetteer_kommune_at(unit_gazetteer(), &k->position) != k ||
            gazetteer_outside(unit_gazetteer(), &k->position))
            fail_msg("the centre of %s lies in %s", k->name,
                     gazetteer_kommune_at(unit_gazetteer(), &k->position)->name);
    }
}

static void a_pin_abroad_still_gets_the_nearest_kommune(void **state)
{
    (void)state;
    struct position stromstad = position_of(58.9395, 11.1712);
    assert_string_equal(gazetteer_kommune_at(unit_gazetteer(), &stromstad)->number, "3110"); /* Hvaler */
}

static void kommuner_that_no_road_leads_to_are_islands(void **state)
{
    (void)state;
    static const char *const islands[] = {"1151", "1856", "1857", "1835", "4633", "2111"};
    static const char *const others[] = {"0301", "5014", "4627", "1149", "5501", "1865", "3901"};
    for (size_t i = 0; i < sizeof islands / sizeof *islands; i++)
        if (!gazetteer_kommune(unit_gazetteer(), islands[i])->island)
            fail_msg("%s is no island", gazetteer_kommune(unit_gazetteer(), islands[i])->name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (gazetteer_kommune(unit_gazetteer(), others[i])->island)
            fail_msg("%s is an island", gazetteer_kommune(unit_gazetteer(), others[i])->name);
}

/* ---- distances ---- */

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
    assert_refused("nonsense", "places.tsv:4: a row is fylke, kommune");
    assert_refused("fylke\t11", "places.tsv:4: a fylke has number and name");
    assert_refused("fylke\t11\tRogaland\tx", "places.tsv:4: ");
    assert_refused("kommune\t1103\tStavanger\t11\t58.9\t5.7\tStavanger",
                   "places.tsv:4: the fylke's number is unknown");
    assert_refused("kommune\t1103\tStavanger\t03\t5.7\t58.9\tStavanger",
                   "places.tsv:4: the position is not in Norway");
    assert_refused("kommune\t110\tStavanger\t03\t58.9\t5.7\tStavanger", "places.tsv:4: ");
    assert_refused("kommune\t1103\tStavanger\t03\t58.9\t5.7", "places.tsv:4: ");
    assert_refused("kommune\t1103\tStavanger\t03\t58.9x\t5.7\tStavanger", "places.tsv:4: ");
    assert_refused("post\t015\tOSLO\t0301\t59.9\t10.7\ttown", "places.tsv:4: a postal code has");
    assert_refused("post\t01500\tOSLO\t0301\t59.9\t10.7\ttown", "places.tsv:4: ");
    assert_refused("post\t0150\tOSLO\t0301\tnan\t10.7\ttown", "places.tsv:4: ");
    assert_refused("post\t0150\tOSLO\t0301\t59.9\t10.7", "places.tsv:4: ");
}

static void broken_names_are_refused_with_their_line(void **state)
{
    (void)state;
    assert_refused("name\tX\t0301\t59.9\t10.7\ttown\t0", "places.tsv:4: a name has kommune"); /* no source */
    assert_refused("name\tX\t0301\t59.9\t10.7\ttown\t0\tS\tx", "places.tsv:4: a name has kommune");
    assert_refused("name\tX\t9999\t59.9\t10.7\ttown\t0\tS",
                   "places.tsv:4: the kommune or the precision is unknown");
    assert_refused("name\tX\t0301\t59.9\t10.7\tvillage\t0\tS",
                   "places.tsv:4: the kommune or the precision is unknown");
    assert_refused("name\tX\t0301\t59.9\t10.7\tpostal code\t0\tS", "places.tsv:4: ");
    assert_refused("name\tX\t0301\t10.7\t59.9\ttown\t0\tS", "places.tsv:4: the position is not in Norway");
    assert_refused("name\tX\t0301\t\t10.7\ttown\t0\tS", "places.tsv:4: the position is not in Norway");
}

static void broken_words_are_refused_with_their_line(void **state)
{
    static const char no_kind[] = "the word is no name above it, or its kind is unknown";
    (void)state;
    assert_refused("word\tski", "places.tsv:4: a word has a text and common, never or no-name");
    assert_refused("word\tski\tnever\tx", "places.tsv:4: a word has a text");
    assert_refused("word\tski\tnever", no_kind);
    assert_refused("word\tski\tcommon", no_kind);
    assert_refused("name\tSki\t0301\t59.9\t10.7\ttown\t0\tS\nword\tski\trare", no_kind);
    assert_refused("name\tSki\t0301\t59.9\t10.7\ttown\t0\tS\nword\tski\t", "places.tsv:5: ");
    assert_refused("word\tski\tnever\nname\tSki\t0301\t59.9\t10.7\ttown\t0\tS", "places.tsv:4: ");
}

static void broken_rows_about_islands_and_abroad_are_refused(void **state)
{
    static const char island[] = "places.tsv:4: an island is the number of a kommune";
    static const char abroad[] = "places.tsv:4: a place abroad has a name and a country code";
    static const char border[] = "places.tsv:4: a place across the border has name";
    static const char far[] = "places.tsv:4: the position is not near Norway";
    (void)state;
    assert_refused("island", island);
    assert_refused("island\t9999", island);
    assert_refused("island\t0301\tOslo", island);
    assert_refused("abroad\tSverige", abroad);
    assert_refused("abroad\tSverige\tSWE", abroad);
    assert_refused("abroad\tSverige\t", abroad);
    assert_refused("abroad\tSverige\tSE\tx", abroad);
    assert_refused("border\tStrömstad\tSE\t58.9", border);
    assert_refused("border\tStrömstad\tSE\t58.9\t11.1\tx", border);
    assert_refused("border\tStrömstad\tSE\t58.9x\t11.1", far);
    assert_refused("border\tStrömstad\tSE\t58.9\t", far);
    assert_refused("border\tStrömstad\tSE\t11.1\t58.9", far);
    assert_refused("border\tStrömstad\tSE\tnan\t11.1", far);
    assert_refused("border\tStrömstad\tSE\t58.9\t-70", far);
}

static void at_most_ten_faults_are_told(void **state)
{
    (void)state;
    struct buf rows = BUF_INIT(1000);
    for (int i = 0; i < 20; i++)
        buf_add_str(&rows, "nonsense\n");
    err_clear(&err);
    assert_null(gazetteer_load(unit_write("places.tsv", buf_str(&rows)), &err));
    assert_says(&err, "places.tsv:10: ");
    assert_null(strstr(err.text, "places.tsv:11: "));
    buf_free(&rows);
}

/* Of two rows for a name in one kommune the kommune itself wins, then the larger one. */
static void rows_are_read_into_what_they_say(void **state)
{
    (void)state;
    err_clear(&err);
    struct gazetteer *g = gazetteer_load(
        unit_write("places.tsv", "fylke\t03\tOslo\nkommune\t0301\tOslo\t03\t59.9\t10.7\tOslo\n"
                                 "name\tSki\t0301\t59.8\t10.8\ttown\t20\tGeoNames\n"
                                 "name\tSki\t0301\t59.7\t10.8\ttown\t30\tGeoNames\n"
                                 "name\tOslo\t0301\t59.8\t10.8\ttown\t99\tGeoNames\n"
                                 "name\tVik\t0301\t59.8\t10.8\thamlet\t0\ttowns.tsv\n"
                                 "name\tOslo\t0301\t59.9\t10.7\tkommune\t50\tkommuner.tsv\n"
                                 "word\tski\tcommon\nword\tskia\tno-name\nisland\t0301\n"
                                 "abroad\tNya Sverige\tSE\nborder\tX\tSE\t59.9\t12.0\n"),
        &err);
    assert_no_fault(&err);
    assert_int_equal(gazetteer_find(g, "ski", 3)->population, 30);
    assert_null(gazetteer_find(g, "ski", 3)->next);
    assert_int_equal(gazetteer_find(g, "oslo", 4)->precision, PRECISION_KOMMUNE);
    assert_int_equal(gazetteer_find(g, "vik", 3)->precision, PRECISION_HAMLET);
    assert_string_equal(precision_name(PRECISION_HAMLET), "hamlet");
    assert_int_equal(gazetteer_caution(g, "ski", 3), CAUTION_COMMON);
    assert_true(gazetteer_is_no_name(g, "skia", 4));
    assert_true(gazetteer_kommune(g, "0301")->island);
    assert_string_equal(gazetteer_abroad(g, "nya sverige", 11), "SE");
    assert_true(gazetteer_starts(g, "nya", 3));
    struct position inside = position_of(59.9, 10.9), outside = position_of(59.9, 11.9);
    assert_false(gazetteer_outside(g, &inside));
    assert_true(gazetteer_outside(g, &outside));
    gazetteer_free(g);
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
        cmocka_unit_test(names_without_norwegian_letters_are_found_bare),
        cmocka_unit_test(what_is_no_name_is_not_found_bare),
        cmocka_unit_test(a_kommune_wins_a_bare_name),
        cmocka_unit_test(names_of_several_words_are_announced_by_their_first),
        cmocka_unit_test(words_that_are_names_too_are_marked),
        cmocka_unit_test(words_that_only_look_like_names_are_marked),
        cmocka_unit_test(every_place_names_its_source),
        cmocka_unit_test(places_abroad_have_their_country),
        cmocka_unit_test(pins_in_norway_are_inside),
        cmocka_unit_test(pins_abroad_and_at_sea_are_outside),
        cmocka_unit_test(every_postal_code_of_the_mainland_lies_inside),
        cmocka_unit_test(a_pin_belongs_to_the_kommune_of_the_nearest_settlement),
        cmocka_unit_test(every_centre_lies_in_its_kommune),
        cmocka_unit_test(a_pin_abroad_still_gets_the_nearest_kommune),
        cmocka_unit_test(kommuner_that_no_road_leads_to_are_islands),
        cmocka_unit_test(distances_are_great_circles),
        cmocka_unit_test(the_nearest_kommune_of_its_own_centre_is_itself),
        cmocka_unit_test(broken_rows_are_refused_with_their_line),
        cmocka_unit_test(broken_names_are_refused_with_their_line),
        cmocka_unit_test(broken_words_are_refused_with_their_line),
        cmocka_unit_test(broken_rows_about_islands_and_abroad_are_refused),
        cmocka_unit_test(at_most_ten_faults_are_told),
        cmocka_unit_test(rows_are_read_into_what_they_say),
        cmocka_unit_test(an_empty_or_missing_file_is_refused),
        cmocka_unit_test(post_towns_in_capitals_are_written_as_names),
    };
    return cmocka_run_group_tests_name("gazetteer", tests, NULL, NULL);
}
