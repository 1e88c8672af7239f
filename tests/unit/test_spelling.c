/* Misspelt names: what sounds alike is found, and what it costs. */
#include "unit.h"

#include "place/gazetteer.h"

static const double dearest = 2.1; /* as where a place was asked for */
static struct gazetteer *own;

static int end(void **state)
{
    (void)state;
    gazetteer_free(own);
    own = NULL;
    return 0;
}

static struct spelling spell(const char *plain)
{
    return gazetteer_spell(unit_gazetteer(), plain, strlen(plain), dearest);
}

static void check(const char *plain, const char *kommune, int line)
{
    struct spelling s = spell(plain);
    const char *found = s.places && s.places->kommune ? s.places->kommune->number : "";
    if (strcmp(found, kommune)) {
        print_error("\"%s\" is %s (%s), not %s\n", plain, s.places ? s.places->name : "nothing", found,
                    kommune);
        _fail(__FILE__, line);
    }
    if (s.places && !(s.cost >= 0 && s.cost <= dearest)) {
        print_error("\"%s\" costs %.2f\n", plain, s.cost);
        _fail(__FILE__, line);
    }
}
#define assert_spells(plain, kommune) check((plain), (kommune), __LINE__)
#define assert_cost(plain, expected)  assert_float_equal(spell(plain).cost, (expected), 0.001)

/* A gazetteer of these rows, with the kommuner 1103 and 1106. */
static void use(const char *rows)
{
    struct err err = {.count = 0};
    struct buf text = BUF_INIT(2000);
    buf_addf(&text,
             "fylke\t11\tRogaland\nkommune\t1103\tStavanger\t11\t58.9\t5.7\tStavanger\n"
             "kommune\t1106\tHaugesund\t11\t59.4\t5.3\tHaugesund\n%s",
             rows);
    gazetteer_free(own);
    own = gazetteer_load(unit_write("places.tsv", buf_str(&text)), &err);
    buf_free(&text);
    assert_no_fault(&err);
}

static struct spelling spell_own(const char *plain, double most)
{
    return gazetteer_spell(own, plain, strlen(plain), most);
}

/* ---- which name ---- */

static void what_sounds_alike_is_the_name(void **state)
{
    (void)state;
    assert_spells("trondhjm", "5001");
    assert_spells("kristjansann", "4204");
    assert_spells("hønnefåss", "3305");
    assert_spells("lørensku", "3222");
    assert_spells("hassta", "5503");
    assert_spells("olso", "0301");
    assert_spells("gjøvvik", "3407");
    assert_spells("sarpsbårg", "3105");
    assert_spells("ålesunn", "1508");
    assert_spells("kristiansun", "1505");
    assert_spells("fredriksta", "3107");
    assert_spells("hammerfast", "5603");
    assert_spells("konsvinger", "3401");
    assert_spells("elverom", "3420");
}

static void slips_of_the_finger_are_found_too(void **state)
{
    (void)state;
    assert_spells("trodnheim", "5001");
    assert_spells("stavagner", "1103");
    assert_spells("tønsebrg", "3905");
    assert_spells("drmmen", "3301");
    assert_spells("tromsoø", "5501");
    assert_spells("kristianssand", "4204");
}

static void what_is_no_name_is_none(void **state)
{
    (void)state;
    char longer[101];
    memset(longer, 'o', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    static const char *const words[] = {"xyzzy", "",           "a",          "å",     "os",  "osl",
                                        "otto",  "gruppetime", "qwertyuiop", "12345", "...."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_spells(words[i], "");
    assert_spells(longer, "");
    for (size_t i = 0; i + 1 < sizeof longer; i++)
        longer[i] = "oslo "[i % 5];
    assert_spells(longer, "");
}

static void names_and_words_of_all_lengths_stay_in_bounds(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "b", "d", "e", "g", "i", "k", "l", "n", "o",
                                          "r", "s", "t", "u", "v", "æ", "ø", "å", "ß", "đ"};
    char word[250];
    for (int round = 0; round < 2000; round++) {
        struct buf out = BUF_INIT(sizeof word);
        size_t want = unit_random(100);
        while (out.len < want)
            buf_add_str(&out, letters[unit_random(sizeof letters / sizeof *letters)]);
        snprintf(word, sizeof word, "%s", buf_str(&out));
        buf_free(&out);
        struct spelling s = spell(word);
        assert_true(!s.places || (s.cost >= 0 && s.cost < 3));
    }
}

/* ---- what it costs ---- */

static void the_same_sound_costs_nothing(void **state)
{
    (void)state;
    static const char *const words[] = {"lillehammer", "lilehammer", "lillehamer", "lilehamer",
                                        "gjøvvik",     "sannefjord", "lilestrøm",  "haugesunn"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_non_null(spell(words[i]).places);
        assert_cost(words[i], 0);
    }
}

static void cost_rises_with_the_number_of_edits(void **state)
{
    (void)state;
    static const char *const words[] = {"lillehammer", "lillehammar", "lillihammar", "lillihåmmar"};
    double last = -1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct spelling s = spell(words[i]);
        assert_non_null(s.places);
        assert_string_equal(s.places->kommune->number, "3405");
        if (s.cost <= last)
            fail_msg("%s costs %.2f, no more than %.2f", words[i], s.cost, last);
        last = s.cost;
    }
}

static void letters_that_sound_alike_cost_less_than_others(void **state)
{
    (void)state;
    use("name\tStavanger\t1103\t58.9\t5.7\tkommune\t1000\tkommuner.tsv\n");
    double alike = spell_own("stavancer", dearest).cost, vowel = spell_own("stavenger", dearest).cost,
           swapped = spell_own("stavagner", dearest).cost, other = spell_own("stavamger", dearest).cost,
           far = spell_own("stalanger", dearest).cost, missing = spell_own("tavanger", dearest).cost;
    assert_float_equal(alike, 0.5, 0.001); /* c is k, kin of g */
    assert_float_equal(other, 0.5, 0.001); /* m for n */
    assert_float_equal(vowel, 0.6, 0.001);
    assert_float_equal(swapped, 0.7, 0.001);
    assert_float_equal(far, 1.0, 0.001);
    assert_float_equal(missing, 1.0, 0.001);
}

static void the_first_letter_is_seldom_wrong(void **state)
{
    (void)state;
    use("name\tStavanger\t1103\t58.9\t5.7\tkommune\t1000\tkommuner.tsv\n");
    assert_null(spell_own("ltavanger", dearest).places);
    assert_float_equal(spell_own("tsavanger", dearest).cost, 0.7, 0.001);
    use("name\tTromsø\t1103\t58.9\t5.7\tkommune\t1000\tkommuner.tsv\n");
    assert_float_equal(spell_own("dromsø", dearest).cost, 0.9, 0.001); /* d for t, and at the start */
}

static void none_costs_more_than_was_allowed(void **state)
{
    (void)state;
    static const char *const words[] = {"olso",     "trondhjm",  "hassta",    "lørensku",
                                        "stenkjær", "lilihamar", "hønnefåss", "bernen"};
    static const double mosts[] = {0.0, 0.2, 0.5, 0.7, 1.3, 2.1};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t k = 0; k < sizeof mosts / sizeof *mosts; k++) {
            struct spelling s = gazetteer_spell(unit_gazetteer(), words[i], strlen(words[i]), mosts[k]);
            if (s.places && s.cost > mosts[k] + 0.001)
                fail_msg("\"%s\" may cost %.1f and costs %.2f", words[i], mosts[k], s.cost);
        }
}

static void short_words_may_hardly_be_wrong(void **state)
{
    (void)state;
    use("name\tVoss\t1103\t58.9\t5.7\tkommune\t9000\tS\nname\tStranda\t1106\t59.4\t5.3\tkommune\t9000\tS\n");
    assert_non_null(spell_own("vos", dearest).places);
    assert_null(spell_own("vås", dearest).places);
    assert_non_null(spell_own("stronda", dearest).places);
    assert_non_null(spell_own("stranta", dearest).places);
    assert_null(spell_own("stomta", dearest).places);
}

static void a_tie_costs_more(void **state)
{
    static const char one[] = "name\tBandalen\t1103\t58.9\t5.7\tkommune\t9000\tS\n",
                      other[] = "name\tBundalen\t1106\t59.4\t5.3\tkommune\t9000\tS\n",
                      same[] = "name\tBundalen\t1103\t58.9\t5.7\tkommune\t9000\tS\n";
    char both[200];
    (void)state;
    use(one);
    assert_float_equal(spell_own("bindalen", dearest).cost, 0.6, 0.001);
    snprintf(both, sizeof both, "%s%s", one, other);
    use(both);
    assert_non_null(spell_own("bindalen", dearest).places);
    assert_float_equal(spell_own("bindalen", dearest).cost, 1.1, 0.001);
    assert_float_equal(spell_own("bandalen", dearest).cost, 0, 0.001); /* that one it is */
    snprintf(both, sizeof both, "%s%s", one, same);
    use(both); /* two names of one kommune lead to the same answer */
    assert_float_equal(spell_own("bindalen", dearest).cost, 0.6, 0.001);
}

static void a_name_without_a_rival_is_no_tie(void **state)
{
    (void)state;
    use("name\tOslo\t1103\t58.9\t5.7\tkommune\t9000\tS\n");
    assert_float_equal(spell_own("olso", dearest).cost, 0.7, 0.001); /* one swap */
}

static void a_hamlet_is_less_likely_than_a_town(void **state)
{
    (void)state;
    use("name\tBandalen\t1103\t58.9\t5.7\thamlet\t0\tS\nname\tBundalen\t1106\t59.4\t5.3\tkommune\t9000\tS\n");
    assert_string_equal(spell_own("bindalen", dearest).places->name, "Bundalen");
    use("name\tBundalen\t1106\t59.4\t5.3\thamlet\t0\tS\n");
    assert_float_equal(spell_own("bindalen", dearest).cost, 0.9, 0.001);
    use("name\tBundalen\t1106\t59.4\t5.3\tkommune\t9000\tS\nword\tbundalen\tcommon\n");
    assert_float_equal(spell_own("bindalen", dearest).cost, 1.2, 0.001);
}

static void a_name_with_rs_is_heard_both_ways(void **state)
{
    (void)state;
    use("name\tHarstad\t1103\t58.9\t5.7\tkommune\t9000\tS\n");
    assert_float_equal(spell_own("hastad", dearest).cost, 0, 0.001);
    assert_float_equal(spell_own("harstad", dearest).cost, 0, 0.001);
    assert_float_equal(spell_own("hasstad", dearest).cost, 0, 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, end)
        TEST(what_sounds_alike_is_the_name),
        TEST(slips_of_the_finger_are_found_too),
        TEST(what_is_no_name_is_none),
        TEST(names_and_words_of_all_lengths_stay_in_bounds),
        TEST(the_same_sound_costs_nothing),
        TEST(cost_rises_with_the_number_of_edits),
        TEST(letters_that_sound_alike_cost_less_than_others),
        TEST(the_first_letter_is_seldom_wrong),
        TEST(none_costs_more_than_was_allowed),
        TEST(short_words_may_hardly_be_wrong),
        TEST(a_tie_costs_more),
        TEST(a_name_without_a_rival_is_no_tie),
        TEST(a_hamlet_is_less_likely_than_a_town),
        TEST(a_name_with_rs_is_heard_both_ways),
    };
    return cmocka_run_group_tests_name("spelling", tests, NULL, NULL);
}
