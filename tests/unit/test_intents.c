/* Intent files: what is refused and where, and what a pattern means. */
#include "unit.h"

#include "text/care.h"
#include "text/intents.h"

static struct err err;
static struct intents *intents;
static struct arena arena;
static struct intent_score scores[INTENTS_MOST];
static char folder[32];

/* A fresh folder with an empty word list and one set. */
static int start(void **state)
{
    static int number;
    char name[200];
    (void)state;
    err_clear(&err);
    intents = NULL;
    snprintf(folder, sizeof folder, "f%d", number++);
    snprintf(name, sizeof name, "%s/words.txt", folder);
    unit_write(name, "jeg <- eg\nikke <- ikkje\n");
    snprintf(name, sizeof name, "%s/sets.txt", folder);
    unit_write(name, "# sets\ngruppe = gruppe\\w* lag\nmøte = {gruppe} treff min+gruppe\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    intents_free(intents);
    arena_free(&arena);
    return 0;
}

static void put(const char *file, const char *text)
{
    char name[200];
    snprintf(name, sizeof name, "%s/%s", folder, file);
    unit_write(name, text);
}

static void load(void)
{
    intents = intents_load(unit_path(folder), &err);
    assert_no_fault(&err);
    assert_non_null(intents);
}

static void assert_refused(const char *text, const char *part)
{
    put("a.intent", text);
    err_clear(&err);
    if (intents_load(unit_path(folder), &err))
        fail_msg("accepted:\n%s", text);
    assert_says(&err, part);
}

/* Best weight of an intent for a message. */
static const struct intent_score *score(const char *label, const char *message)
{
    const struct intent *intent = intents_find(intents, label);
    assert_non_null(intent);
    struct text text = text_normalise(message, strlen(message), intents_words(intents), &arena);
    intents_score(intents, &text, &arena, scores);
    return &scores[intent->number];
}

static void assert_best(const char *label, const char *message, int best)
{
    int found = score(label, message)->best;
    if (found != best)
        fail_msg("%s of \"%s\" is %d, not %d", label, message, found, best);
}

/* ---- loading ---- */

static void each_fault_is_refused_with_file_and_line(void **state)
{
    (void)state;
    assert_refused("", "a.intent: has no line `class");
    assert_refused("class talk\nwhat ever\n", "a.intent:2: unknown directive \"what\"");
    assert_refused("class\n", "a.intent:1: the directive has no value");
    assert_refused("\nclass other\n", "a.intent:2: class is one of");
    assert_refused("pattern hei\nclass talk\n", "a.intent:1: the class must stand before");
    assert_refused("class talk\npattern 0 hei\n", "a.intent:2: a weight is a number from 1 to 100");
    assert_refused("class talk\npattern 101 hei\n", "a.intent:2: a weight");
    assert_refused("class talk\npattern -5 hei\n", "a.intent:2: a weight");
    assert_refused("class talk\n\npattern hei (\n", "a.intent:3: the pattern is not valid");
    assert_refused("class talk\npattern {nothing}\n", "a.intent:2: there is no set {nothing}");
    assert_refused("class talk\npattern {gruppe\n", "a.intent:2: ");
    assert_refused("class talk\npattern a ~b\n", "a.intent:2: write a gap as");
    assert_refused("class talk\ncalm hei\n", "a.intent:2: calm is for class crisis only");
    assert_refused("class talk\npriority high\n", "a.intent:2: priority");
    assert_refused("class talk\npriority 101\n", "a.intent:2: priority");
    assert_refused("class talk\nchoices a b c d e f g\n", "a.intent:2: at most 6 choices");
    assert_refused("class talk\npattern m\xE5\n", "a.intent: is not UTF-8");
}

/* What is put around a pattern must not mend it into something else. */
static void a_pattern_must_be_whole_in_itself(void **state)
{
    (void)state;
    assert_refused("class talk\npattern [a\n", "a.intent:2: the pattern is not valid");
    assert_refused("class talk\npattern hei)|(?:du\n", "a.intent:2: the pattern is not valid");
    assert_refused("class talk\npattern hei\\\n", "a.intent:2: the pattern is not valid");
    assert_refused("class talk\npattern \\Qhei\n", "a.intent:2: ");
}

static void all_faults_of_all_files_come_together(void **state)
{
    (void)state;
    put("b.intent", "class talk\npattern (\n");
    assert_refused("klasse talk\n", "a.intent:1: ");
    assert_says(&err, "b.intent:2: ");
    assert_says(&err, "a.intent: has no line `class");
    assert_int_equal(err.count, 3);
}

static void a_file_name_must_be_a_label(void **state)
{
    (void)state;
    put("Store Bokstaver.intent", "class talk\n");
    assert_null(intents_load(unit_path(folder), &err));
    assert_says(&err, "Store Bokstaver.intent: the file's name must be a label");
}

static void a_folder_needs_words_sets_and_an_intent(void **state)
{
    (void)state;
    assert_null(intents_load(unit_path(folder), &err));
    assert_says(&err, "holds no *.intent file");
    err_clear(&err);
    assert_null(intents_load(unit_path("nowhere"), &err));
    assert_says(&err, "nowhere/words.txt");
    assert_says(&err, "nowhere/sets.txt");
}

static void broken_sets_are_refused(void **state)
{
    (void)state;
    put("sets.txt", "a = b\nno equals\na = c\nd = {nothing}\n");
    assert_refused("class talk\n", "sets.txt:2: ");
    assert_says(&err, "sets.txt:3: this set was defined before");
    assert_says(&err, "sets.txt:4: there is no set {nothing}");
}

static void broken_words_are_refused_too(void **state)
{
    (void)state;
    put("words.txt", "a <- b\nc <- b\n");
    assert_refused("class talk\n", "words.txt:2: ");
}

static void an_intent_has_what_its_file_says(void **state)
{
    (void)state;
    put("a.intent", "# a\r\nclass flow\r\npriority -7\r\nexample Hei du\r\nreject Ha det\r\nreply "
                    "svar\r\nchoices b  c\r\n");
    put("b.intent", "class answer\n");
    load();
    const struct intent *a = intents_find(intents, "a"), *b = intents_find(intents, "b");
    assert_int_equal(intents_count(intents), 2);
    assert_ptr_equal(intents_at(intents, a->number), a);
    assert_int_equal(a->class, INTENT_FLOW);
    assert_int_equal(a->priority, -7);
    assert_string_equal(a->reply, "svar");
    assert_int_equal(a->n_choices, 2);
    assert_string_equal(a->choices[1], "c");
    assert_int_equal(a->n_examples, 1);
    assert_string_equal(a->examples[0].text, "Hei du");
    assert_int_equal(a->examples[0].line, 4);
    assert_string_equal(a->rejects[0].text, "Ha det");
    assert_contains(a->file, "/a.intent");
    assert_string_equal(b->reply, "b");
    assert_int_equal(b->class, INTENT_ANSWER);
    assert_null(intents_find(intents, "c"));
}

/* ---- matching ---- */

static void weights_have_their_defaults(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern hei\npattern 75 hallo\n");
    put("k.intent", "class crisis\npattern dø\npattern 50 trist\n");
    load();
    assert_best("a", "hei", WEIGHT_DEFAULT);
    assert_best("a", "hallo", 75);
    assert_best("a", "hei hallo", 75);
    assert_best("k", "dø", WEIGHT_CERTAIN);
    assert_best("k", "trist", 50);
    assert_best("a", "noe annet", 0);
}

static void the_score_names_line_hits_and_place(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern 50 hei\n# c\npattern 70 på deg\npattern 60 nei\n");
    load();
    const struct intent_score *s = score("a", "hei på deg");
    assert_int_equal(s->best, 70);
    assert_int_equal(s->hits, 2);
    assert_int_equal(s->line, 4);
    assert_int_equal(s->at, 4);
    assert_int_equal(s->end, 11);
    assert_false(s->limit);
}

static void a_pattern_covers_whole_words(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern gruppe\npattern 70 er|var\n");
    load();
    assert_best("a", "en gruppe nå", 60);
    assert_best("a", "sorggruppe", 0);
    assert_best("a", "grupper", 0);
    assert_best("a", "det var", 70); /* also with alternatives */
    assert_best("a", "der vare", 0);
    assert_best("a", "gruppe.", 60);
}

static void patterns_see_canonical_words(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern jeg vil ikke\n");
    load();
    assert_best("a", "EG VIL IKKJE!!", 60);
}

static void a_gap_is_up_to_three_words_within_a_sentence(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern bor ~ oslo\n");
    load();
    assert_best("a", "bor oslo", 60);
    assert_best("a", "bor i oslo", 60);
    assert_best("a", "bor nå i oslo", 60);
    assert_best("a", "bor en to tre oslo", 60);
    assert_best("a", "bor en to tre fire oslo", 0);
    assert_best("a", "bor her. oslo", 0);
}

static void a_long_gap_is_up_to_eight_words_within_a_sentence(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern bor ~~ oslo\n");
    load();
    assert_best("a", "bor oslo", 60);
    assert_best("a", "bor 1 2 3 4 5 6 7 8 oslo", 60);
    assert_best("a", "bor 1 2 3 4 5 6 7 8 9 oslo", 0);
    assert_best("a", "bor 1? oslo", 0);
}

static void sets_stand_for_their_alternatives_also_in_each_other(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern min {møte} nå\n");
    load();
    assert_best("a", "min gruppe nå", 60);
    assert_best("a", "min gruppen nå", 60);
    assert_best("a", "min lag nå", 60);
    assert_best("a", "min treff nå", 60);
    assert_best("a", "min min gruppe nå", 60);
    assert_best("a", "min bil nå", 0);
}

static void raw_sees_the_message_as_written_in_any_case(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern 80 raw \\?{2,}\npattern raw eg VIL\n");
    load();
    assert_best("a", "hva??", 80);
    assert_best("a", "hva?", 0);
    assert_best("a", "jEG vil", 60); /* no whole words, no folding */
    assert_best("a", "jeg villle", 60);
}

static void calm_words_are_blanked_out_for_crisis_intents_only(void **state)
{
    (void)state;
    put("k.intent", "class crisis\ncalm døde av latter\npattern dø(?:de)?\npattern 50 latter\n");
    put("a.intent", "class talk\npattern døde av latter\n");
    load();
    assert_best("k", "jeg døde av latter", 0);
    assert_best("a", "jeg døde av latter", 60);
    assert_best("k", "han døde. jeg døde av latter", 100);
    assert_best("k", "døde av latter døde av latter", 0);
    assert_best("k", "jeg vil dø, døde av latter", 100);
}

static void only_crisis_intents_see_all_of_a_long_message(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(40000);
    put("k.intent", "class crisis\npattern vil dø\n");
    put("a.intent", "class talk\npattern vil dø\npattern 80 ord\n");
    load();
    while (text.len < 30000)
        buf_add_str(&text, "ord ");
    buf_add_str(&text, "jeg vil dø");
    assert_best("k", buf_str(&text), 100);
    assert_best("a", buf_str(&text), 80);
    buf_free(&text);
}

static void talk_is_cut_between_letters(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern 70 å+\npattern \\w+\n");
    load();
    for (int shift = 0; shift < 4; shift++) {
        struct buf text = BUF_INIT(10000);
        for (int i = 0; i < shift; i++)
            buf_add_char(&text, "bcdf"[i]);
        for (int i = 0; i < 3000; i++)
            buf_add_str(&text, "å");
        score("a", buf_str(&text)); /* a sanitizer or PCRE2 would object to half a letter */
        buf_free(&text);
    }
}

static const char runaway[] = "class crisis\npattern 60 nå\n# slow\npattern (?:ab|abab|ababab)+c\n";

static struct text slow_text(void)
{
    static char slow[400];
    slow[0] = '\0';
    for (int i = 0; i < 150; i++)
        memcpy(slow + 2 * i, "ab", 3);
    memcpy(slow + 300, " c", 3);
    return text_normalise(slow, strlen(slow), intents_words(intents), &arena);
}

static void a_pattern_past_its_limit_is_reported_and_skipped(void **state)
{
    (void)state;
    put("k.intent", runaway);
    load();
    struct text text = slow_text();
    intents_score(intents, &text, &arena, scores);
    assert_true(scores[0].limit);
    assert_int_equal(scores[0].line, 4);
    assert_int_equal(scores[0].best, 0);
}

static void for_a_crisis_intent_the_limit_counts_as_possible(void **state)
{
    (void)state;
    put("k.intent", runaway);
    load();
    struct text text = slow_text();
    intents_score(intents, &text, &arena, scores);
    struct care care = care_decide(intents, scores, text.canon);
    assert_int_equal(care.level, CARE_POSSIBLE);
    assert_string_equal(care.class->label, "k");
}

static void for_another_intent_it_does_not(void **state)
{
    (void)state;
    put("a.intent", "class talk\npattern (?:ab|abab|ababab)+c\n");
    load();
    struct text text = slow_text();
    intents_score(intents, &text, &arena, scores);
    assert_true(scores[0].limit);
    assert_int_equal(care_decide(intents, scores, text.canon).level, CARE_NONE);
}

/* A pattern that captures much has matched, not run away. */
static void many_groups_are_no_limit(void **state)
{
    (void)state;
    put("k.intent", "class crisis\ncalm (m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)(m)\n"
                    "pattern (a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)(m)(n)(o)(p)(q)(r)(s)\n");
    load();
    const struct intent_score *s = score("k", "abcdefghijklmnopqrs");
    assert_int_equal(s->best, 100);
    assert_false(s->limit);
}

static void likeness_is_highest_for_an_example_itself(void **state)
{
    (void)state;
    float likeness[INTENTS_MOST];
    int lines[INTENTS_MOST];
    put("a.intent", "class talk\nexample Hva koster det å være med?\nexample Er det gratis?\n");
    put("b.intent", "class talk\nexample Hvem kan bli med i en gruppe?\n");
    load();
    struct text text = text_normalise("er det gratis", 13, intents_words(intents), &arena);
    intents_likeness(intents, &text, &arena, likeness, lines);
    assert_true(likeness[0] > 0.99F && likeness[0] <= 1.001F);
    assert_int_equal(lines[0], 3);
    assert_true(likeness[1] < 0.5F);
    text = text_normalise("", 0, intents_words(intents), &arena);
    intents_likeness(intents, &text, &arena, likeness, lines);
    assert_true(likeness[0] <= 0.01F && likeness[1] <= 0.01F);
}

static void scoring_is_pure(void **state)
{
    (void)state;
    struct intent_score again[INTENTS_MOST];
    put("k.intent", "class crisis\ncalm døde av latter\npattern døde?\n");
    put("a.intent", "class talk\npattern hei ~ du\n");
    load();
    struct text text = text_normalise("hei på du som døde av latter", 28, intents_words(intents), &arena);
    intents_score(intents, &text, &arena, scores);
    intents_score(intents, &text, &arena, again);
    assert_memory_equal(scores, again, 2 * sizeof *scores);
}

static void the_real_folder_loads(void **state)
{
    (void)state;
    intents = intents_load("intents", &err);
    assert_no_fault(&err);
    static const char *const labels[] = {"krise_selvmord",
                                         "krise_akutt",
                                         "krise_vold",
                                         "krise_barn",
                                         "finn_kontaktpunkt",
                                         "bli_med",
                                         "hva_er",
                                         "hvem_kan",
                                         "kostnad",
                                         "henvisning",
                                         "taushet",
                                         "behandling",
                                         "tema",
                                         "menneske",
                                         "hjelp",
                                         "hilsen",
                                         "takk",
                                         "farvel",
                                         "ja",
                                         "nei",
                                         "bot",
                                         "slett",
                                         "sprak"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (!intents_find(intents, labels[i]))
            fail_msg("no intent %s", labels[i]);
    for (size_t i = 0; i < intents_count(intents); i++)
        assert_int_equal(intents_at(intents, i)->class == INTENT_CRISIS,
                         strncmp(intents_at(intents, i)->label, "krise_", 6) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(each_fault_is_refused_with_file_and_line),
        TEST(a_pattern_must_be_whole_in_itself),
        TEST(all_faults_of_all_files_come_together),
        TEST(a_file_name_must_be_a_label),
        TEST(a_folder_needs_words_sets_and_an_intent),
        TEST(broken_sets_are_refused),
        TEST(broken_words_are_refused_too),
        TEST(an_intent_has_what_its_file_says),
        TEST(weights_have_their_defaults),
        TEST(the_score_names_line_hits_and_place),
        TEST(a_pattern_covers_whole_words),
        TEST(patterns_see_canonical_words),
        TEST(a_gap_is_up_to_three_words_within_a_sentence),
        TEST(a_long_gap_is_up_to_eight_words_within_a_sentence),
        TEST(sets_stand_for_their_alternatives_also_in_each_other),
        TEST(raw_sees_the_message_as_written_in_any_case),
        TEST(calm_words_are_blanked_out_for_crisis_intents_only),
        TEST(only_crisis_intents_see_all_of_a_long_message),
        TEST(talk_is_cut_between_letters),
        TEST(a_pattern_past_its_limit_is_reported_and_skipped),
        TEST(for_a_crisis_intent_the_limit_counts_as_possible),
        TEST(for_another_intent_it_does_not),
        TEST(many_groups_are_no_limit),
        TEST(likeness_is_highest_for_an_example_itself),
        TEST(scoring_is_pure),
        TEST(the_real_folder_loads),
    };
    return cmocka_run_group_tests_name("intents", tests, NULL, NULL);
}
