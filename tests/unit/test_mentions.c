/* Places that a message mentions (what each is to the person: test_mention_roles.c). */
#include "unit.h"

#include <time.h>

#include "place/mentions.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct mentions find(const char *message, bool asked)
{
    struct text text = text_normalise(message, strlen(message), NULL, &arena);
    return mentions_find(unit_gazetteer(), &text, asked, &arena);
}

/* `expected`: names of the first meanings, with `*n` behind an ambiguous one; "" for none. */
static void check(const char *message, bool asked, const char *expected, int line)
{
    struct mentions m = find(message, asked);
    struct buf out = BUF_INIT(2000);
    for (size_t i = 0; i < m.count; i++) {
        buf_addf(&out, "%s%s", i ? ", " : "", m.list[i].places->name);
        if (m.list[i].count > 1)
            buf_addf(&out, "*%zu", m.list[i].count);
    }
    if (strcmp(buf_str(&out), expected)) {
        print_error("\"%s\" mentions \"%s\", not \"%s\"\n", message, buf_str(&out), expected);
        _fail(__FILE__, line);
    }
    buf_free(&out);
}
#define assert_places(message, expected) check((message), false, (expected), __LINE__)
#define assert_asked(message, expected)  check((message), true, (expected), __LINE__)

static void a_name_is_found_wherever_it_stands(void **state)
{
    (void)state;
    assert_places("Jeg bor i Horten", "Horten");
    assert_places("horten", "Horten");
    assert_places("er det noe i TRONDHEIM?", "Trondheim");
    assert_places("bergen eller stavanger", "Bergen, Stavanger");
    assert_places("Hva koster det å være med?", "");
    assert_places("", "");
}

static void endings_are_taken_off(void **state)
{
    (void)state;
    assert_places("noe i Hortens sentrum", "Horten");
    assert_places("i Kongsbergområdet", "Kongsberg");
    assert_places("bor på tromsøkanten", "Tromsø");
}

static void names_of_several_words_are_one(void **state)
{
    (void)state;
    assert_places("Jeg bor i Mo i Rana", "Mo i Rana");
    struct mentions m = find("bor på Nordre Follo nå", false);
    assert_int_equal(m.count, 1);
    assert_string_equal(m.list[0].text, "Nordre Follo");
}

static void namesakes_stay_open(void **state)
{
    (void)state;
    struct mentions m = find("jeg bor i Herøy", false);
    assert_int_equal(m.count, 1);
    assert_true(m.list[0].count >= 2);
    assert_string_equal(m.list[0].text, "Herøy");
    m = find("jeg bor i Våler", false);
    assert_true(m.list[0].count >= 2);
}

static void a_city_is_not_asked_about_for_a_hamlet(void **state)
{
    (void)state;
    struct mentions m = find("jeg bor i Sandnes", false);
    assert_int_equal(m.count, 1);
    assert_int_equal(m.list[0].count, 1);
    assert_string_equal(m.list[0].places->kommune->number, "1108");
}

static void ordinary_words_are_no_places_by_themselves(void **state)
{
    (void)state;
    assert_places("jeg liker å gå på ski", "");
    assert_places("jeg har time hos legen", "");
    assert_places("det er bra i dag", "");
    assert_places("vi tok en tur langs strand og skog", "");
    assert_places("hei her er det en mann med hus", "");
}

static void ordinary_words_are_places_where_the_sentence_says_so(void **state)
{
    (void)state;
    struct mentions m = find("jeg bor i Time", false);
    assert_int_equal(m.count, 1);
    m = find("jeg bor på Ski", false);
    assert_int_equal(m.count, 1);
    m = find("bor i ål", false);
    assert_int_equal(m.count, 1);
}

static void a_question_about_the_place_makes_them_places(void **state)
{
    (void)state;
    assert_int_equal(find("bø", true).count, 1);
    assert_int_equal(find("time", true).count, 1);
    assert_int_equal(find("Sande", true).count, 1);
    assert_int_equal(find("vet ikke helt hva jeg vil gjøre", true).count, 0);
}

static void names_without_norwegian_letters_are_found(void **state)
{
    (void)state;
    assert_places("jeg bor i tromso", "Tromsø");
    assert_places("bor i Aalesund", "Ålesund");
    assert_places("alesund", "Ålesund");
    assert_places("bor i bodoe", "Bodø");
}

/* One that sounds nearly the same is certain, if it is not short. */
static void misspelt_names_are_found_and_asked_about_where_not_certain(void **state)
{
    (void)state;
    static const struct {
        const char *message, *place;
        bool spelled;
    } cases[] = {{"jeg bor i Lilehammer", "Lillehammer", false},
                 {"jeg bor i Lilihammår", "Lillehammer", true},
                 {"jeg bor i Stavagner", "Stavanger", true},
                 {"bor i Drmmen", "Drammen", true},
                 {"bor i Moos", "Moss", true},
                 /* short */ {"Olso", "Oslo", true},
                 {"jeg bor i Hønnefåss", "Hønefoss", false},
                 {"Lillehammer", "Lillehammer", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mentions m = find(cases[i].message, false);
        if (m.count != 1 || strcmp(m.list[0].places->name, cases[i].place) ||
            m.list[0].spelled != cases[i].spelled)
            fail_msg("\"%s\" is %s, %s", cases[i].message, m.count ? m.list[0].places->name : "nowhere",
                     m.count && m.list[0].spelled ? "asked about" : "certain");
    }
    assert_places("jeg er trondheimer og stavagner", ""); /* not where a place is expected */
}

static void words_like_names_are_no_misspelt_ones(void **state)
{
    (void)state;
    assert_places("jeg gråt hele helga", "");
    assert_places("jeg har mistet troen på livet", "");
    assert_places("en klump i halsen", "");
    assert_places("jeg hadde det vondt i barndommen", "");
    assert_places("i fjor var alt bra", "");
    assert_places("bor i norge", "");
    assert_places("bur i noreg", "");
    assert_places("xyzzy", "");
}

/* ---- persons ---- */

static void names_of_persons_are_no_places(void **state)
{
    (void)state;
    assert_places("hilsen Anne Vik", "");
    assert_places("Vennlig hilsen Kari Nes", "");
    assert_places("mvh Berg", "");
    assert_places("jeg heter Harald Berg", "");
    assert_places("jeg heter Kari Nes og bor i Moss", "Moss");
    assert_places("navnet mitt er Sander", "");
    assert_places("jeg er gift med en Berg", "");
    assert_places("datteren min Frøya sliter", "");
    assert_places("dottera mi Frøya strevar", "");
    assert_places("hilsen Ola Moss", "");
}

static void a_person_s_place_is_one(void **state)
{
    (void)state;
    assert_places("datteren min bor på Frøya", "Frøya");
    assert_places("hilsen Anne fra Moss", "Moss");
    assert_places("Hilsen Per i Horten", "Horten");
}

static void a_place_that_is_called_so_is_one(void **state)
{
    (void)state;
    assert_places("jeg bor på et sted som heter Grong", "Grong");
    assert_places("bor et stykke utenfor noe som heter Grong", "Grong");
}

/* ---- words ---- */

static void an_infinitive_is_no_place(void **state)
{
    (void)state;
    assert_places("kommer til å gråte", "");
    assert_places("jeg kommer til å klare det", "");
    assert_places("prøver å sove", "");
    assert_int_equal(find("jeg bor i Å", false).count, 1);
}

static void words_that_are_never_places_need_more_than_a_preposition(void **state)
{
    (void)state;
    assert_places("i en time", "");
    assert_places("vi lå i sola", "");
    assert_places("jeg satt på ski hele dagen", "");
    assert_places("jeg bor på Sola", "Sola");
    assert_places("Time", "Time"); /* a kommune, alone with a capital */
    assert_places("time", "");
    assert_asked("ski", "Ski");
    assert_places("Ski kommune", "Ski");
    assert_places("jeg bor i en hule i Time", "Time");
}

/* ---- several that are one ---- */

static void what_stands_beside_a_name_tells_which(void **state)
{
    (void)state;
    static const struct {
        const char *message, *name, *kommune;
    } cases[] = {{"Å i Lofoten", "Å i Lofoten", "1874"},
                 {"jeg bor på Å i Lofoten", "Å i Lofoten", "1874"},
                 {"Os i Østerdalen", "Os i Østerdalen", "3430"},
                 {"8850 Herøy", "8850 Herøy", "1818"},
                 {"Herøy 8850", "Herøy", "1818"},
                 {"Nes (Romerike)", "Nes", "3228"},
                 {"Frogner i Oslo", "Frogner", "0301"},
                 {"Vang, Valdres", "Vang", "3454"},
                 {"Bø i Vesterålen", "Bø i Vesterålen", "1867"},
                 {"Bryne på Jæren", "Bryne", "1121"},
                 {"Horten 3187", "Horten", "3901"},
                 {"3187 Horten", "3187 Horten", "3901"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mentions m = find(cases[i].message, false);
        if (m.count != 1 || m.list[0].count != 1 || strcmp(m.list[0].places->name, cases[i].name) ||
            strcmp(m.list[0].places->kommune->number, cases[i].kommune))
            fail_msg("\"%s\" is %zu places, the first %s (%s)", cases[i].message, m.count,
                     m.count ? m.list[0].places->name : "", m.count ? m.list[0].places->kommune->name : "");
    }
    assert_true(find("Nes (Romerike)", false).list[0].whole);
    assert_true(find("Herøy 8850", false).list[0].whole);
}

static void a_list_of_places_stays_a_list(void **state)
{
    (void)state;
    assert_places("jeg bor i Moss, Vestby og Ås", "Moss, Vestby, Ås");
    assert_places("noe i Moss, Vestby og Ås", "Moss, Vestby, Ås");
    assert_places("Oslo, Bergen", "Oslo, Bergen");
    assert_places("Oslo, Bærum og Asker", "Oslo, Bærum, Asker");
}

static void a_bare_list_of_places_stays_a_list(void **state)
{
    (void)state;
    assert_places("Moss, Vestby og Ås", "Moss, Vestby, Ås");
}

static void a_code_before_another_town_is_no_place_of_it(void **state)
{
    (void)state;
    assert_places("0150 Drammen", "0150 Oslo, Drammen");
}

/* Which Herøy is told by the code, and the two are one. */
static void a_code_before_a_name_of_its_kommune_is_one_with_it(void **state)
{
    (void)state;
    struct mentions m = find("8850 Herøy", false);
    assert_int_equal(m.count, 1);
    assert_int_equal(m.list[0].n, 2);
    assert_int_equal(m.list[0].at, 0);
    assert_true(m.list[0].whole);
}

static void where_they_are_not_is_not_the_main_one(void **state)
{
    (void)state;
    struct mentions m = find("jeg bor ikke i Oslo", false);
    assert_int_equal(m.count, 1);
    assert_null(mentions_main(&m));
    m = find("jeg bor ikke i Oslo, men i Moss", false);
    assert_non_null(mentions_main(&m));
    assert_string_equal(mentions_main(&m)->text, "Moss");
    m = find("hei", false);
    assert_null(mentions_main(&m));
}

static void a_region_says_nothing_beside_one_of_its_places(void **state)
{
    (void)state;
    assert_places("Lofoten? Jeg er i Svolvær", "Svolvær");
    assert_places("jeg bor i Lofoten. Svolvær", "Svolvær");
    assert_int_equal(find("Lofoten? Jeg er i Moss", false).count, 2); /* none of its places */
    assert_places("jeg bor i Lofoten", "Lofoten*6");
}

static void the_word_kommune_leaves_kommuner_only(void **state)
{
    (void)state;
    assert_places("Hol kommune", "Hol");
    assert_places("jeg bor i Våler kommune", "Våler*2");
    assert_string_equal(find("Hol kommune", false).list[0].places->kommune->number, "3330");
    assert_string_equal(find("Os kommune", false).list[0].places->kommune->number, "3430");
}

static void a_place_of_one_meaning_decides_another_s(void **state)
{
    (void)state;
    assert_places("jeg bor i Herøy og jobber i Sandnessjøen", "Herøy, Sandnessjøen");
    assert_string_equal(
        find("jeg bor i Herøy og jobber i Sandnessjøen", false).list[0].places->kommune->number, "1818");
    assert_string_equal(find("jeg bor i Herøy og jobber i Ulsteinvik", false).list[0].places->kommune->number,
                        "1515");
}

static void a_hamlet_gives_way_unless_something_beside_it_tells(void **state)
{
    static const struct {
        const char *message, *kommune;
    } cases[] = {
        {"jeg bor i Vikdal", "1103"}, {"jeg bor i Vikdal i Haugesund", "1106"}, {"jeg bor i Hamdal", "1106"}};
    (void)state;
    struct err err = {.count = 0};
    struct gazetteer *g = gazetteer_load(
        unit_write("places.tsv", "fylke\t11\tRogaland\nkommune\t1103\tStavanger\t11\t58.9\t5.7\tStavanger\n"
                                 "kommune\t1106\tHaugesund\t11\t59.4\t5.3\tHaugesund\n"
                                 "name\tStavanger\t1103\t58.9\t5.7\tkommune\t0\tS\n"
                                 "name\tHaugesund\t1106\t59.4\t5.3\tkommune\t0\tS\n"
                                 "name\tVikdal\t1103\t58.9\t5.8\ttown\t300\tS\n"
                                 "name\tVikdal\t1106\t59.4\t5.4\thamlet\t0\tS\n"
                                 "name\tHamdal\t1106\t59.5\t5.4\thamlet\t0\tS\n"),
        &err);
    assert_no_fault(&err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = text_normalise(cases[i].message, strlen(cases[i].message), NULL, &arena);
        struct mentions m = mentions_find(g, &text, false, &arena);
        assert_int_equal(m.count, 1);
        assert_int_equal(m.list[0].count, 1);
        assert_string_equal(m.list[0].places->kommune->number, cases[i].kommune);
    }
    gazetteer_free(g);
}

/* ---- abroad ---- */

static void check_abroad(const char *message, bool asked, const char *expected, int line)
{
    struct mentions m = find(message, asked);
    const char *abroad = m.abroad ? m.abroad : "";
    if (strcmp(abroad, expected)) {
        print_error("\"%s\" is from abroad: \"%s\", not \"%s\"\n", message, abroad, expected);
        _fail(__FILE__, line);
    }
}
#define assert_abroad(message, expected) check_abroad((message), false, (expected), __LINE__)

static void who_writes_from_abroad_is_abroad(void **state)
{
    (void)state;
    assert_abroad("jeg bor i Sverige", "Sverige");
    assert_abroad("eg bur i Danmark", "Danmark");
    assert_abroad("vi bor i Spania", "Spania");
    assert_abroad("Danmark", "Danmark");
    assert_abroad("jeg bor i New York", "New York");
    assert_abroad("jeg bor i utlandet", "utlandet");
    assert_abroad("er på ferie i Thailand nå for tida", "Thailand");
    assert_abroad("jeg skriver fra Danmark i dag", "Danmark");
    assert_abroad("I live in London", "London");
    assert_abroad("jeg bor i Karlstad i Värmland", "Värmland");
    assert_places("jeg bor i Karlstad i Värmland", "");
    check_abroad("Sverige", true, "Sverige", __LINE__);
}

static void who_only_tells_of_another_country_is_not_there(void **state)
{
    (void)state;
    assert_abroad("jeg tenker mye på krigen i Ukraina", "");
    assert_abroad("mamma bor i Sverige", "");
    assert_abroad("jeg er fra Polen", "");
    assert_abroad("jeg bor i Norge", "");
    assert_abroad("hei", "");
}

static void a_war_abroad_is_no_home(void **state)
{
    (void)state;
    assert_abroad("krigen i Ukraina", "");
}

static void beside_a_place_in_norway_abroad_must_be_home(void **state)
{
    (void)state;
    assert_abroad("jeg kommer fra Polen og bor i Oslo", "");
    assert_abroad("jeg bor i Oslo, men er fra Stockholm", "");
    assert_abroad("jeg bor i Horten, mamma bor i Spania", "");
    assert_abroad("jeg bor i Sverige men jobber i Oslo", "Sverige");
    assert_abroad("jeg jobber i Oslo og bor i Strömstad", "Strömstad");
}

static void postal_codes_are_found(void **state)
{
    (void)state;
    assert_places("3187", "3187 Horten");
    assert_places("jeg bor i 3187", "3187 Horten");
    assert_places("3187 Horten", "3187 Horten");
    assert_places("postnummeret mitt er 3187", "3187 Horten");
    assert_asked("det er 3187", "3187 Horten");
    assert_places("bor i N-3187", "3187 Horten");
    assert_places("grupper i 5003", "5003 Bergen");
    assert_places("er det noe i nærheten av 5003?", "5003 Bergen");
    assert_places("Svelvik 3060", "Svelvik");
    assert_places("2010 Strømmen", "2010 Strømmen");
    assert_places("bor i 2010", "2010 Strømmen");
}

static void years_sums_and_counts_are_no_postal_codes(void **state)
{
    (void)state;
    assert_places("jeg ble syk i 1998", "");
    assert_places("siden 2010 har jeg vært alene hjemme", "");
    assert_places("det kostet meg 1500 kr", "");
    assert_places("5003 kroner i gjeld", "");
    assert_places("har tatt 1000 mg", "");
    assert_places("det var 1200 folk på møtet i går kveld", "");
    assert_places("12345", "");
    assert_places("ring meg på 99 88 77 66", "");
    assert_asked("1500 kr", "");
    assert_places("tlf 90123456", "");
    assert_places("ring 9012 3456", "");
    assert_places("det gjelder 12 000 og litt til", "");
    assert_places("kl 1500", "");
    assert_places("klokka 1200", "");
    assert_places("pinkode 3187", "");
    assert_places("koden er 3187", "");
    assert_places("jeg gikk 3187 skritt", "");
    assert_places("født 1950", "");
    assert_places("i 2010", "");
    assert_places("0000", "");
    assert_places("9999", "");
}

static void a_message_that_is_only_a_place_is_whole(void **state)
{
    (void)state;
    assert_true(find("Horten", false).list[0].whole);
    assert_true(find("Horten!", false).list[0].whole);
    assert_true(find("3187 Horten", false).list[0].whole);
    assert_true(find("Mo i Rana", false).list[0].whole);
    assert_false(find("bor i Horten", false).list[0].whole);
}

static void the_same_place_twice_is_one_mention(void **state)
{
    (void)state;
    assert_places("Oslo Oslo Oslo", "Oslo");
}

static void there_are_at_most_eight(void **state)
{
    (void)state;
    struct mentions m = find(
        "Oslo, Bergen, Trondheim, Stavanger, Drammen, Horten, Tromsø, Alta, Bodø, Hamar, Molde", false);
    assert_int_equal(m.count, MENTIONS_MOST);
}

static void a_home_behind_eight_places_is_not_lost(void **state)
{
    (void)state;
    struct mentions m = find("vi var i Oslo, Bergen, Trondheim, Stavanger, Drammen, Horten, Tromsø og Alta. "
                             "Jeg bor i Hamar",
                             false);
    assert_int_equal(m.count, MENTIONS_MOST);
    assert_string_equal(m.list[0].places->name, "Hamar");
}

/* A person who writes so much has told where they live before. */
static void of_a_long_message_the_first_800_words_count(void **state)
{
    (void)state;
    static const int fillers[] = {0, 100, 797, 798, 799, 2000};
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        struct buf message = BUF_INIT(20000);
        for (int k = 0; k < fillers[i]; k++)
            buf_add_str(&message, "ord ");
        buf_add_str(&message, "i Horten");
        size_t count = find(buf_str(&message), false).count;
        if (count != (fillers[i] + 2 <= 800))
            fail_msg("behind %d words %zu places are found", fillers[i], count);
        buf_free(&message);
    }
}

static void text_is_what_was_written(void **state)
{
    (void)state;
    struct mentions m = find("Bor i TROMSØ, altså", false);
    assert_string_equal(m.list[0].text, "TROMSØ");
}

static void long_messages_take_bounded_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {"i lilehamer ", "ae oe aa oslo ", "3187 ",
                                         "aaaaeeeeoooo i aeoeaaaeoeaa ", "Mo i Mo i "};
    char *message = malloc(TEXT_LARGEST + 1);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        size_t len = 0, piece = strlen(pieces[p]);
        for (; len + piece < TEXT_LARGEST; len += piece)
            memcpy(message + len, pieces[p], piece);
        message[len] = '\0';
        clock_t before = clock();
        find(message, p % 2);
        double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
        if (seconds > 2) /* some 0.1 s; a sanitizer may take ten times as long */
            fail_msg("\"%s…\" took %.1f s", pieces[p], seconds);
        arena_reset(&arena);
    }
    free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(a_name_is_found_wherever_it_stands),
        TEST(endings_are_taken_off),
        TEST(names_of_several_words_are_one),
        TEST(namesakes_stay_open),
        TEST(a_city_is_not_asked_about_for_a_hamlet),
        TEST(ordinary_words_are_no_places_by_themselves),
        TEST(ordinary_words_are_places_where_the_sentence_says_so),
        TEST(a_question_about_the_place_makes_them_places),
        TEST(names_without_norwegian_letters_are_found),
        TEST(misspelt_names_are_found_and_asked_about_where_not_certain),
        TEST(words_like_names_are_no_misspelt_ones),
        TEST(names_of_persons_are_no_places),
        TEST(a_person_s_place_is_one),
        TEST(a_place_that_is_called_so_is_one),
        TEST(an_infinitive_is_no_place),
        TEST(words_that_are_never_places_need_more_than_a_preposition),
        TEST(what_stands_beside_a_name_tells_which),
        TEST(a_list_of_places_stays_a_list),
        TEST(a_bare_list_of_places_stays_a_list),
        TEST(a_code_before_another_town_is_no_place_of_it),
        TEST(a_code_before_a_name_of_its_kommune_is_one_with_it),
        TEST(where_they_are_not_is_not_the_main_one),
        TEST(a_region_says_nothing_beside_one_of_its_places),
        TEST(the_word_kommune_leaves_kommuner_only),
        TEST(a_hamlet_gives_way_unless_something_beside_it_tells),
        TEST(a_place_of_one_meaning_decides_another_s),
        TEST(who_writes_from_abroad_is_abroad),
        TEST(who_only_tells_of_another_country_is_not_there),
        TEST(a_war_abroad_is_no_home),
        TEST(beside_a_place_in_norway_abroad_must_be_home),
        TEST(postal_codes_are_found),
        TEST(years_sums_and_counts_are_no_postal_codes),
        TEST(a_message_that_is_only_a_place_is_whole),
        TEST(the_same_place_twice_is_one_mention),
        TEST(there_are_at_most_eight),
        TEST(a_home_behind_eight_places_is_not_lost),
        TEST(of_a_long_message_the_first_800_words_count),
        TEST(text_is_what_was_written),
        TEST(long_messages_take_bounded_time),
    };
    return cmocka_run_group_tests_name("mentions", tests, NULL, NULL);
}
