/* How patterns, the learned model and the place decide together: over the real data, and over folders with a
 * small model that is learned here. */
#include "heard.h"

#include "base/file.h"
#include "text/label_model.h"

static const char *label_of(const struct intent *intent)
{
    return intent ? intent->label : "nothing";
}

static void assert_label(const char *label)
{
    if (strcmp(label_of(u.intent), label))
        fail_msg("%s instead of %s: %s", label_of(u.intent), label, u.text.plain);
}

static void assert_care(enum care_level level)
{
    if (u.care.level != level)
        fail_msg("care is %s, not %s: %.200s", care_name(u.care.level), care_name(level), u.text.plain);
}

/* ---- a folder with a model of its own ---- */

/* What the own model was taught: never `fersk`, but the labels that need a pattern. */
static const char *const taught[] = {"kostnad",        "finn_kontaktpunkt", "tilbake", "avbryt",
                                     "start_paa_nytt", "hvorfor",           "slett",   "annet"};
enum { TAUGHT = sizeof taught / sizeof *taught, LESSONS_EACH = 3 };

static const char *const lessons_text[TAUGHT][LESSONS_EACH] = {
    {"hva koster det å delta", "koster det penger å delta", "er det dyrt å delta"},
    {"hvor er nærmeste gruppe", "finnes gruppe i nærheten", "nærmeste gruppe i nærheten"},
    {"ta meg et hakk bakover", "ett hakk bakover nå", "bakover et hakk er du snill"},
    {"stans hele greia", "stans greia straks", "hele greia kan du stanse straks"},
    {"forfra med alt sammen", "alt sammen forfra igjen", "ta alt sammen forfra"},
    {"av hvilken grunn sier du slikt", "hvilken grunn har du", "hvilken grunn er det til slikt"},
    {"fjern sporene etter meg", "fjern alle sporene mine", "sporene mine må du fjerne"},
    {"hvordan blir været i morgen", "været i morgen blir fint", "kommer det fint vær i morgen"},
};

static void learn_into(const char *path)
{
    struct label_lesson lessons[TAUGHT * LESSONS_EACH] = {{.count = 0}};
    struct err err = {.count = 0};
    for (size_t i = 0; i < TAUGHT * LESSONS_EACH; i++) {
        const char *message = lessons_text[i / LESSONS_EACH][i % LESSONS_EACH];
        struct text text = text_normalise(message, strlen(message), NULL, &arena);
        lessons[i].count = label_model_features(&text, &arena, &lessons[i].features);
        lessons[i].label = i / LESSONS_EACH;
    }
    struct label_model *model = label_model_learn(lessons, TAUGHT * LESSONS_EACH, taught, TAUGHT);
    assert_int_equal(label_model_save(model, path, &err), 0);
    label_model_free(model);
}

static void write_into(const char *folder, const char *name, const char *text)
{
    unit_write(arena_printf(&arena, "%s/%s", folder, name), text);
}

static void use_own(void)
{
    static int number;
    struct err err = {.count = 0};
    const char *folder = arena_printf(&arena, "d%d", number++);
    write_into(folder, "words.txt", "jeg <- eg\n");
    write_into(folder, "sets.txt", "gruppe = gruppe\n");
    write_into(folder, "fersk.intent", "class talk\npattern 70 zork\npattern 10 blig\n");
    write_into(folder, "kostnad.intent", "class talk\npattern 60 pris\n");
    write_into(folder, "finn_kontaktpunkt.intent", "class flow\npattern 60 gruppe\n");
    write_into(folder, "tilbake.intent", "class command\npattern 92 ^tilbake$\n");
    write_into(folder, "avbryt.intent", "class command\npattern 92 ^avbryt$\n");
    write_into(folder, "start_paa_nytt.intent", "class command\npattern 92 ^restart$\n");
    write_into(folder, "hvorfor.intent", "class talk\npattern 88 ^hvorfor$\n");
    write_into(folder, "slett.intent", "class command\npattern 92 ^slett$\n");
    write_into(folder, "annet.intent", "class talk\npattern 60 regn\n");
    learn_into(unit_path(arena_printf(&arena, "%s/labels.weights", folder)));
    own = intents_load(unit_path(folder), &err);
    assert_no_fault(&err);
    assert_non_null(own);
    assert_non_null(intents_label_model(own));
}

/* ---- the model and patterns ---- */

static void an_untaught_label_is_decided_by_its_pattern(void **state)
{
    (void)state;
    use_own();
    assert_int_equal(intents_label_number(own, intents_find(own, "fersk")->number), -1);
    hear_with(own, "zork", false, false);
    assert_label("fersk");
    assert_contains(u.rule_file, "fersk.intent");
    assert_int_equal(u.rule_line, 2);
    assert_false(u.unsure);
    hear_with(own, "si meg noe om zork er du snill", false, false);
    assert_label("fersk");
    hear_with(own, "hva koster det å delta", false, false);
    assert_label("kostnad");
    hear_with(own, "fersk", false, false); /* nothing but a pattern speaks for it */
    assert_string_not_equal(label_of(u.intent), "fersk");
}

static void an_untaught_label_is_loud_as_its_pattern_is(void **state)
{
    (void)state;
    use_own();
    hear_with(own, "hva koster det å delta blig", false, false); /* a light pattern is no match */
    assert_label("kostnad");
    hear_with(own, "blig", false, false);
    double light = u.score;
    hear_with(own, "zork", false, false);
    assert_true(light < u.score);
}

static void the_model_decides_where_no_pattern_does(void **state)
{
    (void)state;
    use_own();
    hear_with(own, "er det dyrt å delta", false, false);
    assert_label("kostnad");
    assert_string_equal(u.rule_file, "labels.weights");
    assert_int_equal(u.rule_line, 0);
    assert_true(u.score > 0.5);
    hear_with(own, "fjern alle sporene mine", false, false); /* of the commands only four need a pattern */
    assert_label("slett");
}

static bool moves_about(const struct intent *intent)
{
    static const char *const labels[] = {"tilbake", "avbryt", "start_paa_nytt", "hvorfor"};
    for (size_t i = 0; intent && i < sizeof labels / sizeof *labels; i++)
        if (strcmp(intent->label, labels[i]) == 0)
            return true;
    return false;
}

static void moving_about_never_comes_from_likeness_alone(void **state)
{
    (void)state;
    use_own();
    for (size_t i = 0; i < TAUGHT; i++)
        for (size_t k = 0; k < LESSONS_EACH; k++)
            for (int explain = 0; explain < 2; explain++) {
                hear_with(own, lessons_text[i][k], false, explain); /* word for word as it was taught */
                if (moves_about(u.intent) || moves_about(u.also))
                    fail_msg("%s: %s", label_of(u.intent), lessons_text[i][k]);
                for (size_t n = 0; n < u.n_suggestions; n++)
                    assert_false(moves_about(u.suggestions[n]));
            }
    hear_with(own, "tilbake", false, false);
    assert_label("tilbake");
    hear_with(own, "avbryt", false, false);
    assert_label("avbryt");
    hear_with(own, "restart", false, false);
    assert_label("start_paa_nytt");
    hear_with(own, "hvorfor", false, false);
    assert_label("hvorfor");
}

static void moving_about_needs_its_words_in_the_real_data_too(void **state)
{
    static const char *const messages[] = {
        "ta meg et hakk bakover",           "jeg vil tilbake til forrige sted vi var",
        "tilbake til jobb etter sykdom",    "kan ikke vi bare gå ett hakk bakover",
        "jeg vil gjerne stoppe hele greia", "jeg gidder ikke dette mer, avbryt greiene",
        "vi tar alt sammen en gang til",    "vi må begynne forfra med alt det her",
        "av hvilken grunn spør du slikt",   "hvorfor er himmelen blå"};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i]);
        if (moves_about(u.intent) || moves_about(u.also))
            fail_msg("%s: %s", label_of(u.intent), messages[i]);
    }
    static const char *const commands[][2] = {{"gå tilbake", "tilbake"},
                                              {"avbryt", "avbryt"},
                                              {"start på nytt", "start_paa_nytt"},
                                              {"hvorfor spør du om det", "hvorfor"}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        hear(commands[i][0]);
        assert_label(commands[i][1]);
        assert_false(u.unsure);
    }
}

/* ---- unsure ---- */

static void a_weak_best_guess_is_unsure_and_has_suggestions(void **state)
{
    (void)state;
    hear("dings og dangs");
    assert_true(u.unsure);
    assert_non_null(u.intent);
    assert_true(u.score < 0.21);
    assert_true(u.n_suggestions > 0);
    hear("blæ blæ blæ");
    assert_true(u.unsure);
    assert_true(u.n_suggestions > 0);
    hear("Hva koster det?");
    assert_label("kostnad");
    assert_false(u.unsure);
    assert_int_equal(u.n_suggestions, 0);
}

static void the_label_is_not_suggested_beside_itself(void **state)
{
    static const char *const messages[] = {"kva er kvadratrota av 1764",
                                           "når hentes søppelet i Moss?",
                                           "altså det der greiene",
                                           "nei, Tromsø",
                                           "jeg bor i Moss og trenger fotballsko",
                                           "1764"};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        for (int explain = 0; explain < 2; explain++) {
            hear_with(unit_data()->intents, messages[i], false, explain);
            for (size_t k = 0; k < u.n_suggestions; k++)
                if (u.suggestions[k] == u.intent)
                    fail_msg("%s is suggested beside itself: %s", label_of(u.intent), messages[i]);
        }
}

/* What must hold for any message. */
static void assert_sound(const char *message, bool explain)
{
    hear_with(unit_data()->intents, message, false, explain);
    if (!(u.score >= 0 && u.score <= 1))
        fail_msg("score %f: %s", u.score, message);
    assert_true(u.n_suggestions <= SUGGESTIONS_MOST);
    if (u.intent && u.unsure && !u.n_suggestions)
        fail_msg("unsure, but nothing is suggested: %s", message);
    for (size_t i = 0; i < u.n_suggestions; i++) {
        assert_int_not_equal(u.suggestions[i]->class, INTENT_CRISIS);
        assert_int_not_equal(u.suggestions[i]->class, INTENT_ANSWER);
        assert_false(moves_about(u.suggestions[i]));
        assert_string_not_equal(u.suggestions[i]->label, "annet");
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(u.suggestions[i], u.suggestions[k]);
    }
    assert_true(!u.intent || (u.intent->class != INTENT_CRISIS && u.also != u.intent));
    assert_true(!u.also || (u.intent && u.also->class != INTENT_CRISIS));
    assert_true(u.care.level != CARE_CERTAIN || u.care.class);
    assert_true(!u.intent || u.rule_file);
}

static void what_is_decided_is_sound_whatever_is_written(void **state)
{
    static const char *const words[] = {"jeg",     "vil",     "ikke",       "dø",    "gruppe", "Moss",  "hva",
                                        "koster",  "slår",    "meg",        "sjakk", "nei",    "ja",    "hei",
                                        "tilbake", "avbryt",  "hvorfor",    "bor",   "i",      "?",     ".",
                                        ",",       "takk",    "😀",          "slett", "7650",   "livet", "ta",
                                        "mitt",    "trenger", "henvisning", "www"};
    enum { WORDS = sizeof words / sizeof *words, MESSAGES = 1500, LONGEST = 14 };
    (void)state;
    for (int n = 0; n < MESSAGES; n++) {
        char message[400] = "";
        size_t len = 0;
        for (uint32_t left = unit_random(LONGEST); left; left--)
            len += (size_t)snprintf(message + len, sizeof message - len, "%s ", words[unit_random(WORDS)]);
        assert_sound(message, n % 2);
        arena_reset(&arena);
    }
    assert_sound("", false);
    assert_sound("", true);
}

/* ---- care ---- */

static const char *const clear_cries[] = {"jeg vil ta livet mitt",       "jeg skal ta livet mitt i natt",
                                          "eg vil ikkje leve lenger",    "mannen min slår meg",
                                          "jeg har tatt en overdose",    "kjæresten tok kvelertak på meg",
                                          "jeg ble voldtatt i helga",    "i want to kill myself",
                                          "jeg er 12 og mamma slår meg", "han puster ikke"};
enum { CRIES = sizeof clear_cries / sizeof *clear_cries };

/* What stands around a cry for help must leave it certain. Returns for how many it does not. */
static int unheard_in(const char *before, const char *behind)
{
    int unheard = 0;
    for (size_t i = 0; i < CRIES; i++) {
        hear(arena_printf(&arena, "%s%s%s", before, clear_cries[i], behind));
        if (u.care.level == CARE_CERTAIN) {
            assert_int_equal(u.care.class->class, INTENT_CRISIS);
            assert_null(u.likely_crisis);
            continue;
        }
        unheard++;
        print_error("only %s: %.60s%s%.60s\n", care_name(u.care.level), before, clear_cries[i], behind);
    }
    return unheard;
}

static void assert_heard_in(const char *before, const char *behind)
{
    assert_int_equal(unheard_in(before, behind), 0);
}

static void a_clear_crisis_is_certain(void **state)
{
    (void)state;
    assert_heard_in("", "");
    assert_heard_in("", "!!!");
    assert_heard_in("hei. ", "");
}

static void a_clear_crisis_is_certain_beside_a_question(void **state)
{
    static const char *const questions[] = {"hva koster det å være med i en gruppe?",
                                            "trenger jeg henvisning?", "hvor er nærmeste gruppe?",
                                            "er det taushetsplikt?", "hvem kan være med?"};
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        assert_heard_in("", arena_printf(&arena, ". %s", questions[i]));
        assert_heard_in("", arena_printf(&arena, ", %s", questions[i]));
        assert_heard_in("", arena_printf(&arena, "\n%s", questions[i]));
        assert_heard_in(arena_printf(&arena, "%s ", questions[i]), "");
    }
}

/* As chats are written: nothing parts the cry from the question. */
static void a_clear_crisis_is_certain_beside_a_question_without_a_mark(void **state)
{
    (void)state;
    int unheard = unheard_in("", " og lurer på om jeg trenger henvisning");
    unheard += unheard_in("", " hvor er nærmeste gruppe");
    unheard += unheard_in("", " og lurer på hva det koster å være med i en gruppe?");
    unheard += unheard_in("hei håper du har det bra ", "");
    assert_int_equal(unheard, 0);
}

static void a_clear_crisis_is_certain_inside_a_long_message(void **state)
{
    static const char story[] =
        "Jeg har jobbet på butikk i tolv år og liker kollegaene mine godt. I helga var vi på hytta og "
        "plukket "
        "blåbær. Datteren min spiller håndball og jeg kjører henne til trening hver tirsdag. Vi har nettopp "
        "malt stua hvit. ";
    (void)state;
    for (size_t times = 1; times <= 27; times *= 3) {
        char *part = arena_strdup(&arena, "");
        for (size_t i = 0; i < times; i++)
            part = arena_printf(&arena, "%s%s", part, story);
        assert_heard_in(part, "");
        assert_heard_in("", arena_printf(&arena, ". %s", part));
        assert_heard_in(part, arena_printf(&arena, ". %s", part));
    }
}

static void what_is_possible_on_purpose_never_becomes_certain(void **state)
{
    static const char *const messages[] = {
        "jeg vil ikke dø", "jeg vil absolutt ikke dø", "jeg vil ikke dø!!",     "eg vil ikkje døy",
        "æ vil ikke dø",   "nei, jeg vil ikke dø",     "jeg vil ikke dø alene", "jeg er redd for å dø",
        "redd for å dø"};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i]);
        assert_care(CARE_POSSIBLE);
        assert_non_null(u.care.class);
    }
}

static void calmed_words_give_no_care(void **state)
{
    static const char *const messages[] = {"pappa slår meg alltid i sjakk", "Pappa slår meg alltid i sjakk!",
                                           "broren min slår meg i fifa",    "lillebror slo meg i fifa 7-0",
                                           "det slår meg at det er fredag", "mamma slår meg i yatzy"};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i]);
        assert_true(u.calmed);
        assert_care(CARE_NONE);
        assert_null(u.likely_crisis);
    }
}

/* Games again, by those of whom a blow is feared most: the numbers may be shown, but nobody is told to flee.
 */
static void calmed_words_are_never_certain_whoever_plays(void **state)
{
    static const char *const messages[] = {"mannen min slår meg i kort", "han slo meg i bordtennis",
                                           "kjæresten slår meg i mario kart",
                                           "pappa slår meg i sjakk hver kveld"};
    int cared = 0;
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i]);
        assert_true(u.calmed);
        if (u.care.level != CARE_CERTAIN)
            continue;
        cared++;
        print_error("care is %s: %s\n", care_name(u.care.level), messages[i]);
    }
    assert_int_equal(cared, 0);
}

static void calmed_words_do_not_hide_a_crisis(void **state)
{
    (void)state;
    hear("pappa slår meg alltid i sjakk. jeg vil ta livet mitt");
    assert_care(CARE_CERTAIN);
    hear("pappa slår meg i sjakk og etterpå slår han meg med beltet");
    assert_int_not_equal(u.care.level, CARE_NONE);
}

static void nonsense_gives_no_care(void **state)
{
    static const char *const messages[] = {"asdfgh",
                                           "qwertyuiop",
                                           "xyzzy plugh qwerty",
                                           "blæ blæ blæ",
                                           "12345 67890",
                                           "zzz xxx yyy www",
                                           "lkj lkj lkj",
                                           "%&¤#",
                                           "ooga booga",
                                           "skjdfh kjsdhf",
                                           "...",
                                           "😀😀",
                                           "",
                                           "a",
                                           "________",
                                           "\xff\xfe"};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i]);
        assert_care(CARE_NONE);
        assert_null(u.likely_crisis);
        assert_null(u.also);
    }
}

/* ---- places ---- */

static void a_home_beats_everyday_matters_only_without_a_question_mark(void **state)
{
    static const char *const ours[] = {
        "Jeg bor i Moss og har ikke bil", "jeg bor i Moss og trenger fotballsko",
        "Jeg bor i Bodø og det regner hele tiden", "Jeg bor i Moss og vil ha oppskrift på vafler"};
    static const char *const others[] = {
        "jeg bor i Moss og trenger fotballsko?", "Jeg bor i Bodø. Hvordan blir været i morgen?",
        "Jeg bor i Moss. Hva er oppskriften på vafler?", "når hentes søppelet i Moss?"};
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        hear(ours[i]);
        assert_label("finn_kontaktpunkt");
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        hear(others[i]);
        assert_label("nothing");
        assert_null(u.also);
    }
    hear("Jeg bor i Moss. Hvor er nærmeste gruppe?"); /* a question of ours */
    assert_label("finn_kontaktpunkt");
}

static void a_place_behind_an_answer_is_a_place(void **state)
{
    static const char *const messages[][2] = {{"nei, Tromsø", "Tromsø"},  {"nei Tromsø", "Tromsø"},
                                              {"nei, Tromsø!", "Tromsø"}, {"ja, Tromsø", "Tromsø"},
                                              {"hei! Moss", "Moss"},      {"ok, Narvik da", "Narvik"},
                                              {"takk, Bodø", "Bodø"},     {"nei, jeg bor i Tromsø", "Tromsø"},
                                              {"neida, Hamar", "Hamar"}};
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        hear(messages[i][0]);
        assert_label("finn_kontaktpunkt");
        assert_false(u.unsure);
        assert_non_null(u.place);
        assert_string_equal(u.place->text, messages[i][1]);
    }
    hear("nei takk");
    assert_label("nei");
}

/* ---- two questions ---- */

static void two_questions_come_in_the_order_in_which_they_are_asked(void **state)
{
    static const char *const asked[][2] = {{"kostnad", "hva koster det"},
                                           {"henvisning", "trenger jeg henvisning"},
                                           {"taushet", "er det taushetsplikt"},
                                           {"hva_er", "hva er selvhjelp"},
                                           {"hvem_kan", "hvem kan være med"}};
    static const char *const between[] = {", og ", "? ", " og "};
    enum { ASKED = sizeof asked / sizeof *asked, BETWEEN = sizeof between / sizeof *between };
    (void)state;
    for (size_t n = 0; n < ASKED * ASKED * BETWEEN; n++) {
        size_t a = n % ASKED, b = n / ASKED % ASKED;
        if (a == b)
            continue;
        const char *message = arena_printf(&arena, "%s%s%s?", asked[a][1], between[n / ASKED / ASKED],
                                           asked[b][1]);
        hear(message);
        if (strcmp(label_of(u.intent), asked[a][0]) || strcmp(label_of(u.also), asked[b][0]))
            fail_msg("%s, then %s: %s", label_of(u.intent), label_of(u.also), message);
        assert_contains(u.rule_file, u.intent->label);
        assert_false(u.unsure);
    }
}

static void one_question_asked_twice_is_one(void **state)
{
    (void)state;
    hear("Hva koster det? Er det gratis?");
    assert_label("kostnad");
    assert_null(u.also);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(an_untaught_label_is_decided_by_its_pattern),
        TEST(an_untaught_label_is_loud_as_its_pattern_is),
        TEST(the_model_decides_where_no_pattern_does),
        TEST(moving_about_never_comes_from_likeness_alone),
        TEST(moving_about_needs_its_words_in_the_real_data_too),
        TEST(a_weak_best_guess_is_unsure_and_has_suggestions),
        TEST(the_label_is_not_suggested_beside_itself),
        TEST(what_is_decided_is_sound_whatever_is_written),
        TEST(a_clear_crisis_is_certain),
        TEST(a_clear_crisis_is_certain_beside_a_question),
        TEST(a_clear_crisis_is_certain_beside_a_question_without_a_mark),
        TEST(a_clear_crisis_is_certain_inside_a_long_message),
        TEST(what_is_possible_on_purpose_never_becomes_certain),
        TEST(calmed_words_give_no_care),
        TEST(calmed_words_are_never_certain_whoever_plays),
        TEST(calmed_words_do_not_hide_a_crisis),
        TEST(nonsense_gives_no_care),
        TEST(a_home_beats_everyday_matters_only_without_a_question_mark),
        TEST(a_place_behind_an_answer_is_a_place),
        TEST(two_questions_come_in_the_order_in_which_they_are_asked),
        TEST(one_question_asked_twice_is_one),
    };
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
