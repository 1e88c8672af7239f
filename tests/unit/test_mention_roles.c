/* What a place is to the person who writes, and the words that tell it. */
#include "unit.h"

#include "place/cues.h"
#include "place/mentions.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

struct row {
    const char *message, *expected; /* `Oslo home, Bergen away`, the main one first */
};

static int is_wrong(const struct row *row)
{
    struct text text = text_normalise(row->message, strlen(row->message), NULL, &arena);
    struct mentions m = mentions_find(unit_gazetteer(), &text, false, &arena);
    struct buf out = BUF_INIT(2000);
    for (size_t i = 0; i < m.count; i++)
        buf_addf(&out, "%s%s %s", i ? ", " : "", m.list[i].places->name, role_name(m.list[i].role));
    bool wrong = strcmp(buf_str(&out), row->expected) != 0;
    if (wrong)
        print_error("\"%s\" tells \"%s\", not \"%s\"\n", row->message, buf_str(&out), row->expected);
    buf_free(&out);
    return wrong;
}

/* All rows are tried, so that one run tells all that are wrong. */
static void check(const struct row *rows, size_t count, int line)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += is_wrong(&rows[i]);
    if (wrong)
        _fail(__FILE__, line);
}
#define assert_roles(...)                                                                                    \
    do {                                                                                                     \
        const struct row rows_[] = {__VA_ARGS__};                                                            \
        check(rows_, sizeof rows_ / sizeof *rows_, __LINE__);                                                \
    } while (0)

/* ---- home ---- */

static void who_lives_there_is_at_home(void **state)
{
    (void)state;
    assert_roles({"Jeg bor i Horten", "Horten home"}, {"vi bor utenfor Elverum", "Elverum home"},
                 {"jeg er bosatt på Lom", "Lom home"}, {"jeg holder til i Moss", "Moss home"},
                 {"jeg bor like ved Lillesand", "Lillesand home"}, {"bor hos en venn i Oslo", "Oslo home"},
                 {"jeg bor sammen med mamma i Fredrikstad", "Fredrikstad home"},
                 {"jeg som bor i Bodø lurer på noe", "Bodø home"},
                 {"bor mellom Oslo og Moss", "Oslo home, Moss home"},
                 {"I live in Stavanger", "Stavanger home"});
}

static void nynorsk_is_at_home_too(void **state)
{
    (void)state;
    assert_roles({"eg bur i Volda", "Volda home"}, {"eg held til på Sortland", "Sortland home"},
                 {"eg er busett i Førde", "Førde home"}, {"me bur utanfor Voss", "Voss home"},
                 {"eg flytta til Bergen i fjor", "Bergen home"}, {"på Voss bur eg", "Voss home"});
}

static void dialects_are_at_home_too(void **state)
{
    (void)state;
    assert_roles({"æ bor i Alta", "Alta home"}, {"je bor på Hamar", "Hamar home"},
                 {"e bur på Stord", "Stord home"}, {"I bor i Molde", "Molde home"},
                 {"ei bur i Volda", "Volda home"}, {"je held te på Gjøvik", "Gjøvik home"},
                 {"æ flytta te Bodø", "Bodø home"}, {"i Tromsø bor æ", "Tromsø home"},
                 {"jæi bor i Moss", "Moss home"});
}

static void who_moved_lives_where_they_moved_to(void **state)
{
    (void)state;
    assert_roles({"jeg har flyttet til Moss", "Moss home"},
                 {"jeg har nettopp flyttet hit til Drammen", "Drammen home"},
                 {"flyttet fra Bergen til Oslo", "Oslo home, Bergen away"},
                 {"eg flytta frå Bergen til Oslo i fjor", "Oslo home, Bergen away"},
                 {"æ flytta fra Alta te Bodø", "Bodø home, Alta away"},
                 {"moved from Bergen to Oslo", "Oslo home, Bergen away"},
                 {"jeg flyttet fra Oslo", "Oslo away"});
}

static void who_commutes_lives_where_they_commute_from(void **state)
{
    (void)state;
    assert_roles({"pendler fra Moss til Oslo", "Moss home, Oslo away"},
                 {"jeg pendler til Oslo fra Moss", "Moss home, Oslo away"},
                 {"pendlar frå Voss til Bergen", "Voss home, Bergen away"},
                 {"jeg bor i Hamar og pendler til Oslo", "Hamar home, Oslo away"});
}

/* ---- seek ---- */

static void what_is_looked_for_counts_most(void **state)
{
    (void)state;
    assert_roles({"har dere grupper i Oslo?", "Oslo seek"}, {"Fins det noe i Bodø", "Bodø seek"},
                 {"søker gruppe i Arendal", "Arendal seek"}, {"er det noen tilbud på Voss", "Voss seek"},
                 {"er det noen grupper nær Hamar?", "Hamar seek"}, {"gruppa som møtes i Skien", "Skien seek"},
                 {"finst det noko i Sogndal", "Sogndal seek"}, {"e det nokka i Tromsø?", "Tromsø seek"},
                 {"e det nåkka i Harstad", "Harstad seek"}, {"any groups in Stavanger", "Stavanger seek"},
                 {"finnes det møter i Horten og Tønsberg?", "Horten seek, Tønsberg seek"},
                 {"jeg bor i Moss, men finnes det grupper i Oslo?", "Oslo seek, Moss home"});
}

static void what_is_looked_for_behind_og_counts_most(void **state)
{
    (void)state;
    assert_roles({"jeg bor i Moss og leter etter grupper i Oslo", "Oslo seek, Moss home"},
                 {"eg bur i Volda og leitar etter noko i Ørsta", "Ørsta seek, Volda home"});
}

/* ---- away ---- */

static void who_works_or_was_there_is_away(void **state)
{
    (void)state;
    assert_roles({"jeg jobber på Kongsberg", "Kongsberg away"}, {"eg arbeider i Odda", "Odda away"},
                 {"vokste opp i Kirkenes", "Kirkenes away"}, {"jeg er født i Bergen", "Bergen away"},
                 {"eg er oppvaksen i Lærdal", "Lærdal away"}, {"jeg er opprinnelig fra Vadsø", "Vadsø away"},
                 {"jeg bodde i Bergen før", "Bergen away"}, {"budde i Florø før", "Florø away"},
                 {"har hytte på Geilo", "Geilo away"}, {"jeg var på besøk i Larvik", "Larvik away"},
                 {"jeg ble innlagt på sykehuset i Skien", "Skien away"});
}

static void home_wins_over_away(void **state)
{
    (void)state;
    assert_roles(
        {"i Oslo jobber jeg, men jeg bor i Moss", "Moss home, Oslo away"},
        {"jobber i Oslo og bor i Moss", "Moss home, Oslo away"},
        {"jobber i Drammen. bor på Horten", "Horten home, Drammen away"},
        {"jeg studerer i Trondheim og bor i Melhus", "Melhus home, Trondheim away"},
        {"har hytte på Geilo men bor i Oslo", "Oslo home, Geilo away"},
        {"jeg ble født i Narvik, vokste opp i Bodø og bor i Alta", "Alta home, Narvik away, Bodø away"},
        {"jeg er fra Bergen, men bor i Oslo", "Oslo home, Bergen named"},
        {"kommer fra Bergen, bor i Oslo", "Oslo home, Bergen named"},
        {"I live in Bergen but work in Oslo", "Bergen home, Oslo away"});
}

static void who_lives_and_works_there_is_at_home(void **state)
{
    (void)state;
    assert_roles({"bor og jobber i Oslo", "Oslo home"}, {"eg bur og arbeider i Odda", "Odda home"});
}

static void the_verb_behind_the_place_counts(void **state)
{
    (void)state;
    assert_roles({"i Oslo jobber jeg", "Oslo away"}, {"i Oslo jobber eg", "Oslo away"},
                 {"i Bergen studerer jeg", "Bergen away"}, {"i Oslo bor jeg", "Oslo home"},
                 {"på Hamar bodde jeg før", "Hamar away"}, {"i Oslo bor søsteren min", "Oslo other"});
}

static void to_have_moved_stands_behind_the_place_too(void **state)
{
    (void)state;
    assert_roles({"til Moss flytta jeg", "Moss home"}, {"til Bergen flyttet jeg i fjor", "Bergen home"});
}

static void children_are_no_birth(void **state)
{
    (void)state;
    assert_roles({"eg er åleine med to born på Løten", "Løten named"});
}

/* ---- not ---- */

static void where_they_say_they_are_not_is_not(void **state)
{
    (void)state;
    assert_roles({"jeg bor ikke i Oslo", "Oslo not"}, {"eg bur ikkje i Bergen", "Bergen not"},
                 {"æ bor ikke i Alta", "Alta not"},
                 {"jeg bor ikke i Oslo, men i Moss", "Moss named, Oslo not"},
                 {"jeg bor ikke langt fra Oslo", "Oslo home"});
}

static void a_correction_counts_most(void **state)
{
    (void)state;
    assert_roles({"nei, jeg mener Horten", "Horten meant"}, {"nei, Horten", "Horten meant"},
                 {"jeg bor i Moss. Nei, jeg mener Horten", "Horten meant, Moss home"},
                 {"eg meinte Voss", "Voss meant"});
}

/* `være` corrects only where the person speaks of themselves. */
static void what_others_want_is_no_correction(void **state)
{
    (void)state;
    assert_roles({"jeg bor i Moss, men mamma vil være i Oslo", "Moss home, Oslo other"});
}

/* ---- named ---- */

static void what_is_only_named_is_named(void **state)
{
    (void)state;
    assert_roles({"Oslo", "Oslo named"}, {"Bergen eller Oslo", "Bergen named, Oslo named"},
                 {"jeg kommer fra Bergen", "Bergen named"}, {"æ e fra Bodø", "Bodø named"},
                 {"jeg har en datter i Bergen", "Bergen named"}, {"kor langt e det te Bodø", "Bodø named"},
                 {"jeg skriver fra Bodø", "Bodø named"}, {"Oslo, der jeg bor, er stor", "Oslo named"},
                 {"der jeg bor, i Gran, er det ingenting", "Gran named"}, {"hei", ""});
}

static void who_has_lived_there_perhaps_still_does(void **state)
{
    (void)state;
    assert_roles({"har bodd i Kristiansand", "Kristiansand named"},
                 {"har bodd i Oslo hele livet", "Oslo named"}, {"jeg har alltid bodd i Moss", "Moss named"},
                 {"æ har budd i Mosjøen", "Mosjøen named"},
                 {"jeg som har bodd i Oslo, bor nå i Moss", "Moss home, Oslo named"},
                 {"søsteren min har bodd i Moss", "Moss other"});
}

/* ---- other ---- */

static void where_others_live_is_theirs(void **state)
{
    (void)state;
    assert_roles({"søsteren min bor i Oslo", "Oslo other"}, {"hun bor i Larvik", "Larvik other"},
                 {"ho mor bur i Florø", "Florø other"}, {"kona mi er fra Alta", "Alta other"},
                 {"min datter i Trondheim sliter", "Trondheim other"}, {"naboen bor i Moss", "Moss other"},
                 {"sønnen min flyttet til Bergen", "Bergen other"}, {"my sister lives in Oslo", "Oslo other"},
                 {"faren min som bor i Ålesund er syk", "Ålesund other"},
                 {"jeg har en venn som bor i Oslo", "Oslo other"});
}

static void the_person_s_own_home_stands_beside_others(void **state)
{
    (void)state;
    assert_roles({"mamma bor i Oslo, jeg bor i Moss", "Moss home, Oslo other"},
                 {"dotter mi bur i Bergen, eg bur i Voss", "Voss home, Bergen other"},
                 {"jeg bor i Bergen og mamma bor i Oslo", "Bergen home, Oslo other"},
                 {"jeg bor i Moss, hun bor i Oslo", "Moss home, Oslo other"});
}

/* ---- as a whole ---- */

static void said_twice_the_more_telling_time_counts(void **state)
{
    (void)state;
    assert_roles({"Oslo er stor. Jeg bor i Oslo", "Oslo home"}, {"Jeg bor i Oslo. Oslo er stor", "Oslo home"},
                 {"sønnen min bor på Gjøvik, finnes det noe i Gjøvik?", "Gjøvik seek"});
}

static void every_role_has_a_name(void **state)
{
    (void)state;
    const char *last = "";
    for (int i = ROLE_NOT; i <= ROLE_SEEK; i++) {
        assert_string_not_equal(role_name((enum role)i), last);
        last = role_name((enum role)i);
    }
    assert_string_equal(role_name(ROLE_HOME), "home");
    assert_string_equal(role_name(ROLE_SEEK), "seek");
}

/* ---- cues ---- */

static unsigned cue(const char *word)
{
    return cue_of(word, strlen(word));
}

/* The next word of the table in cues.c, `{"word", …}`; false at its end. */
static bool next_row(FILE *file, char word[64])
{
    char line[200];
    while (fgets(line, sizeof line, file))
        if (sscanf(line, " {\"%63[^\"]\", CUE", word) == 1)
            return true;
    return false;
}

static void every_word_of_the_table_is_found(void **state)
{
    (void)state;
    char word[64], last[64] = "";
    int count = 0, wrong = 0;
    FILE *file = fopen("bot/place/cues.c", "r");
    assert_non_null(file);
    while (next_row(file, word)) {
        char longer[70];
        snprintf(longer, sizeof longer, "%s\x01", word); /* sorts right behind the word */
        if (strcmp(last, word) >= 0 || !cue(word) || cue(longer)) {
            print_error("cues.c: \"%s\" stands behind \"%s\"%s\n", word, last,
                        cue(word) ? "" : " and is not found");
            wrong++;
        }
        snprintf(last, sizeof last, "%s", word);
        count++;
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(count > 400);
}

/* A word that text_normalise does not leave as it is would never be met. */
static void every_word_of_the_table_is_plain(void **state)
{
    (void)state;
    char word[64];
    int wrong = 0;
    FILE *file = fopen("bot/place/cues.c", "r");
    assert_non_null(file);
    while (next_row(file, word)) {
        struct text text = text_normalise(word, strlen(word), NULL, &arena);
        if (text.n_words != 1 || strcmp(text.plain, word)) {
            print_error("cues.c: \"%s\" is \"%s\" in plain form\n", word, text.plain);
            wrong++;
        }
    }
    fclose(file);
    assert_int_equal(wrong, 0);
}

static void the_ends_of_the_table_are_found(void **state)
{
    (void)state;
    assert_int_equal(cue("aar"), CUE_UNIT);
    assert_int_equal(cue("adresse"), CUE_LIVE | CUE_POST);
    assert_int_equal(cue("advokat"), CUE_NAME);
    assert_int_equal(cue("advokaten"), CUE_NAME);
    assert_int_equal(cue("øy"), CUE_PLACE);
    assert_int_equal(cue("øya"), CUE_PLACE);
    assert_int_equal(cue("øvre"), CUE_ADJECTIVE);
    assert_int_equal(cue("bor"), CUE_LIVE);
}

static void other_words_tell_nothing(void **state)
{
    (void)state;
    static const char *const words[] = {"",     "a",     "aa",    "aaa",   "zzz",
                                        "øyer", "advok", "borrr", "xyzzy", "Bor"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(cue(words[i]), 0);
    assert_int_equal(cue_of("borti langt", 5), CUE_PREPOSITION | CUE_LOCATIVE); /* the length counts */
    assert_int_equal(cue_of("bortimot", 3), CUE_LIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(who_lives_there_is_at_home),
        TEST(nynorsk_is_at_home_too),
        TEST(dialects_are_at_home_too),
        TEST(who_moved_lives_where_they_moved_to),
        TEST(who_commutes_lives_where_they_commute_from),
        TEST(what_is_looked_for_counts_most),
        TEST(what_is_looked_for_behind_og_counts_most),
        TEST(who_works_or_was_there_is_away),
        TEST(home_wins_over_away),
        TEST(who_lives_and_works_there_is_at_home),
        TEST(the_verb_behind_the_place_counts),
        TEST(to_have_moved_stands_behind_the_place_too),
        TEST(children_are_no_birth),
        TEST(where_they_say_they_are_not_is_not),
        TEST(a_correction_counts_most),
        TEST(what_others_want_is_no_correction),
        TEST(what_is_only_named_is_named),
        TEST(who_has_lived_there_perhaps_still_does),
        TEST(where_others_live_is_theirs),
        TEST(the_person_s_own_home_stands_beside_others),
        TEST(said_twice_the_more_telling_time_counts),
        TEST(every_role_has_a_name),
        TEST(every_word_of_the_table_is_found),
        TEST(every_word_of_the_table_is_plain),
        TEST(the_ends_of_the_table_are_found),
        TEST(other_words_tell_nothing),
    };
    return cmocka_run_group_tests_name("mention_roles", tests, NULL, NULL);
}
