/* The word list: folding, several words, conflicts, spelling. */
#include "unit.h"

#include "text/words.h"

static struct err err;
static struct words *words;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    words = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    words_free(words);
    return 0;
}

static void load(const char *text)
{
    words = words_load(unit_write("words.txt", text), &err);
    assert_no_fault(&err);
    assert_non_null(words);
}

static void assert_fold(const char *form, const char *canon)
{
    const char *fold = words_fold(words, form, strlen(form));
    if (!fold != !canon || (fold && canon && strcmp(fold, canon)))
        fail_msg("%s folds to %s, not %s", form, fold ? fold : "nothing", canon ? canon : "nothing");
}

static void assert_spell(const char *word, const char *canon)
{
    const char *found = words_spell(words, word, strlen(word));
    if (!found != !canon || (found && canon && strcmp(found, canon)))
        fail_msg("%s is spelled %s, not %s", word, found ? found : "nothing", canon ? canon : "nothing");
}

static void forms_fold_to_their_canonical_word(void **state)
{
    (void)state;
    load("# comment\njeg <- eg æ jg # and here\n\nikke<-ikkje itj\n");
    assert_fold("eg", "jeg");
    assert_fold("æ", "jeg");
    assert_fold("jeg", "jeg");
    assert_fold("itj", "ikke");
    assert_fold("du", NULL);
    assert_fold("", NULL);
    assert_fold("here", NULL);
}

static void forms_and_canonical_words_may_be_several(void **state)
{
    (void)state;
    load("selvhjelp <- selv+hjelp\nvil ikke <- vilikke vil+itj\nikke <- itj\n");
    assert_fold("selv hjelp", "selvhjelp");
    assert_fold("vilikke", "vil ikke");
    assert_fold("vil itj", "vil ikke");
    assert_true(words_starts_several(words, "selv", 4));
    assert_true(words_starts_several(words, "vil", 3));
    assert_false(words_starts_several(words, "vilikke", 7));
    assert_false(words_starts_several(words, "hjelp", 5));
    assert_fold("vil ikke", NULL); /* stands as it is */
}

static void forms_without_norwegian_letters_are_made(void **state)
{
    (void)state;
    load("må <- mæ\nbåt <- båtane\nfår <- sau\nstøtte <- stønad\nvære <- vere\nå <- og+så\n");
    assert_fold("maa", "må");
    assert_fold("ma", NULL); /* too short to guess */
    assert_fold("me", NULL);
    assert_fold("baat", "båt");
    assert_fold("bat", "båt");
    assert_fold("stoette", "støtte");
    assert_fold("stotte", "støtte");
    assert_fold("vaere", "være");
    assert_fold("a", NULL);
}

static void a_made_form_gives_way_to_a_real_word(void **state)
{
    (void)state;
    load("får <- faar\nfar <- pappa\nfor <- fyr\nkeep var\nvår <- vårt\n");
    assert_fold("far", "far");
    assert_fold("var", "var");
    assert_fold("vaar", "vår");
}

static void one_form_has_one_meaning(void **state)
{
    (void)state;
    assert_null(words_load(unit_write("words.txt", "hva <- ka\nja <- jo\nhvor <- kor ka\n"), &err));
    assert_says(&err, "words.txt:3: \"ka\" already folds to \"hva\" in line 1");
    assert_int_equal(err.count, 1);
}

static void a_canonical_word_cannot_be_a_form_of_another(void **state)
{
    (void)state;
    assert_null(words_load(unit_write("words.txt", "a <- b\nc <- a\n"), &err));
    assert_says(&err, "words.txt:2: ");
}

static void the_same_claim_twice_does_no_harm(void **state)
{
    (void)state;
    load("hva <- ka ka\nhva <- ka kva\nknown hva\n");
    assert_fold("kva", "hva");
}

static void broken_lines_are_refused_each_with_its_number(void **state)
{
    (void)state;
    assert_null(words_load(unit_write("words.txt", "ja <- jo\nbare ord\n<- form\nx = y\n"), &err));
    assert_says(&err, "words.txt:2: ");
    assert_says(&err, "words.txt:3: ");
    assert_says(&err, "words.txt:4: ");
    assert_int_equal(err.count, 3);
}

static void a_form_has_a_largest_size(void **state)
{
    (void)state;
    char text[400] = "ja <- ";
    memset(text + strlen(text), 'j', 200);
    assert_null(words_load(unit_write("words.txt", text), &err));
    assert_says(&err, "words.txt:1: ");
}

static void a_list_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    assert_null(words_load(unit_write("words.txt", "ja <- jo\nm\xE5 <- maa\n"), &err));
    assert_says(&err, "words.txt");
}

static void a_missing_list_is_a_fault(void **state)
{
    (void)state;
    assert_null(words_load(unit_path("missing.txt"), &err));
    assert_says(&err, "missing.txt");
}

static void windows_line_ends_are_read(void **state)
{
    (void)state;
    load("jeg <- eg\r\nknown psykolog\r\n");
    assert_fold("eg", "jeg");
    assert_fold("psykolog", "psykolog");
}

static void spelling_finds_the_word_within_one_edit(void **state)
{
    (void)state;
    load("known psykolog\nhenvisning <- tilvising\n");
    assert_spell("psykolg", "psykolog");   /* a letter left out */
    assert_spell("psyykolog", "psykolog"); /* one too many */
    assert_spell("psykalog", "psykolog");  /* a wrong one */
    assert_spell("psyoklog", "psykolog");  /* neighbours swapped */
    assert_spell("psykologa", "psykolog");
    assert_spell("henvissning", "henvisning");
    assert_spell("tilvisng", "henvisning"); /* a form leads to its canonical word */
}

static void spelling_does_not_go_further(void **state)
{
    (void)state;
    load("known psykolog gruppe hjelp\nkeep hjelmen\n");
    assert_spell("psyklg", NULL);   /* two edits */
    assert_spell("spykolog", NULL); /* another first letter */
    assert_spell("hjlep", NULL);    /* five letters are too few to guess */
    assert_spell("hjelmem", NULL);  /* kept words are no targets */
    assert_spell("", NULL);
    assert_spell("noeheltannet", NULL);
}

static void spelling_does_not_choose_between_two(void **state)
{
    (void)state;
    load("known samtale samtaler\nkjære <- kjerester\nkjæreste <- kjærester\n");
    assert_spell("samtle", "samtale");
    assert_spell("samtala", "samtale");
    assert_spell("samtalex", NULL); /* samtale and samtaler are equally near */
}

static void norwegian_letters_count_as_one_in_spelling(void **state)
{
    (void)state;
    load("known støttegruppe pårørende\n");
    assert_spell("stattegruppe", "støttegruppe");
    assert_spell("støttegrppe", "støttegruppe");
    assert_spell("pårærende", "pårørende");
    assert_spell("pårøredne", "pårørende");
    assert_spell("påørrende", "pårørende");
    assert_spell("pørårende", NULL);
}

static void hostile_words_are_survived(void **state)
{
    (void)state;
    load("known psykolog støttegruppe\n");
    for (int round = 0; round < 100000; round++) {
        char word[64];
        size_t len = 1 + unit_random(60);
        static const char *const letters[] = {"p", "s", "y", "å", "ø", "😢", "中"};
        size_t n = 0;
        while (n + 4 < len) {
            const char *letter = letters[unit_random(7)];
            memcpy(word + n, letter, strlen(letter));
            n += strlen(letter);
        }
        words_spell(words, word, n);
        words_fold(words, word, n);
    }
}

static void the_real_list_loads(void **state)
{
    (void)state;
    words = words_load("intents/words.txt", &err);
    assert_no_fault(&err);
    assert_true(words_count(words) > 1000);
    assert_fold("æ", "jeg");
    assert_fold("kva", "hva");
    assert_fold("ikkje", "ikke");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(forms_fold_to_their_canonical_word, start, end),
        cmocka_unit_test_setup_teardown(forms_and_canonical_words_may_be_several, start, end),
        cmocka_unit_test_setup_teardown(forms_without_norwegian_letters_are_made, start, end),
        cmocka_unit_test_setup_teardown(a_made_form_gives_way_to_a_real_word, start, end),
        cmocka_unit_test_setup_teardown(one_form_has_one_meaning, start, end),
        cmocka_unit_test_setup_teardown(a_canonical_word_cannot_be_a_form_of_another, start, end),
        cmocka_unit_test_setup_teardown(the_same_claim_twice_does_no_harm, start, end),
        cmocka_unit_test_setup_teardown(broken_lines_are_refused_each_with_its_number, start, end),
        cmocka_unit_test_setup_teardown(a_form_has_a_largest_size, start, end),
        cmocka_unit_test_setup_teardown(a_list_that_is_not_utf8_is_refused, start, end),
        cmocka_unit_test_setup_teardown(a_missing_list_is_a_fault, start, end),
        cmocka_unit_test_setup_teardown(windows_line_ends_are_read, start, end),
        cmocka_unit_test_setup_teardown(spelling_finds_the_word_within_one_edit, start, end),
        cmocka_unit_test_setup_teardown(spelling_does_not_go_further, start, end),
        cmocka_unit_test_setup_teardown(spelling_does_not_choose_between_two, start, end),
        cmocka_unit_test_setup_teardown(norwegian_letters_count_as_one_in_spelling, start, end),
        cmocka_unit_test_setup_teardown(hostile_words_are_survived, start, end),
        cmocka_unit_test_setup_teardown(the_real_list_loads, start, end),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
