/* Places that a message mentions. */
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
    assert_places("jeg liker å gå på ski", "Ski"); /* `på ski` at the end reads as a place: known weakness */
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

static void misspelt_names_are_found_and_said_to_be(void **state)
{
    (void)state;
    struct mentions m = find("jeg bor i Lilehammer", false);
    assert_int_equal(m.count, 1);
    assert_true(m.list[0].spelled);
    assert_string_equal(m.list[0].places->name, "Lillehammer");
    m = find("Lillehammer", false);
    assert_false(m.list[0].spelled);
    m = find("jeg er trondheimer og stavagner", false); /* not where a place is expected */
    assert_int_equal(m.count, 0);
}

static void postal_codes_are_found(void **state)
{
    (void)state;
    assert_places("3187", "3187 Horten");
    assert_places("jeg bor i 3187", "3187 Horten");
    assert_places("3187 Horten", "3187 Horten");
    assert_places("postnummeret mitt er 3187", "3187 Horten");
    assert_asked("det er 3187", "3187 Horten");
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
}

static void home_and_away_are_told_apart(void **state)
{
    (void)state;
    struct mentions m = find("jeg er fra Bergen, men bor i Oslo", false);
    assert_int_equal(m.count, 2);
    assert_true(m.list[0].away);
    assert_true(m.list[1].home && !m.list[1].away);
    assert_string_equal(mentions_main(&m)->places->name, "Oslo");
    m = find("jobber i Drammen. bor på Horten", false);
    assert_string_equal(mentions_main(&m)->places->name, "Horten");
    m = find("Bergen eller Oslo", false);
    assert_string_equal(mentions_main(&m)->places->name, "Bergen");
    m = find("hei", false);
    assert_null(mentions_main(&m));
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
        TEST(misspelt_names_are_found_and_said_to_be),
        TEST(postal_codes_are_found),
        TEST(years_sums_and_counts_are_no_postal_codes),
        TEST(home_and_away_are_told_apart),
        TEST(a_message_that_is_only_a_place_is_whole),
        TEST(the_same_place_twice_is_one_mention),
        TEST(there_are_at_most_eight),
        TEST(text_is_what_was_written),
        TEST(long_messages_take_bounded_time),
    };
    return cmocka_run_group_tests_name("mentions", tests, NULL, NULL);
}
