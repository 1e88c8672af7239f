/* The index of required literals: it may let too much through, but never keeps a pattern from a text it
 * matches. */
#include "unit.h"

#include "base/file.h"
#include "text/intents_internal.h"

/* ---- by hand ---- */

static bool lets_through(const char *pattern, const char *text, bool *indexed)
{
    struct prefilter *filter = prefilter_new();
    *indexed = prefilter_add(filter, pattern, 0);
    prefilter_build(filter);
    uint8_t *bits = calloc(1, prefilter_bytes(filter));
    prefilter_run(filter, text, strlen(text), bits);
    bool set = bits[0] & 1;
    free(bits);
    prefilter_free(filter);
    return set;
}

static bool matches(const char *pattern, const char *text)
{
    int code;
    PCRE2_SIZE offset;
    char whole[1000]; /* patterns cover whole words, as intents.c compiles them */
    snprintf(whole, sizeof whole, "(?<![^ ])(?:%s)(?![^ ])", pattern);
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &code,
                                   &offset, NULL);
    if (!re)
        fail_msg("the test's own pattern is broken: %s", pattern);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(re);
    return rc >= 0;
}

struct construct {
    const char *pattern, *text;
};

static int count_excluded(const struct construct *list, size_t count)
{
    int excluded = 0;
    for (size_t i = 0; i < count; i++) {
        bool indexed;
        if (!matches(list[i].pattern, list[i].text))
            continue; /* matches inside a word only, which whole words exclude */
        if (!lets_through(list[i].pattern, list[i].text, &indexed)) {
            print_error("pattern %s matches \"%s\" but is excluded\n", list[i].pattern, list[i].text);
            excluded++;
        }
    }
    return excluded;
}
#define COUNT_EXCLUDED(list) count_excluded(list, sizeof(list) / sizeof *(list))

static void usual_constructs_are_never_excluded(void **state)
{
    (void)state;
    static const struct construct list[] = {
        {"hva koster", "hva koster det"},
        {"ab|cd", "xcd"},
        {"(?:ab|cd)ef", "cdef"},
        {"abc?", "ab"},
        {"abc*d", "abd"},
        {"abc{0,2}d", "abd"},
        {"abc{2}d", "abccd"},
        {"abc+d", "abccd"},
        {"abc+?d", "abcd"},
        {"abc?+d", "abd"},
        {"(abc)?de", "de"},
        {"(abc)*de", "de"},
        {"(?:abc){0,1}de", "de"},
        {"(?:abc)+de", "abcabcde"},
        {"(?:|abc)de", "de"},
        {"(?:abc|)de", "de"},
        {"[abc]de", "bde"},
        {"[^abc]de", "xde"},
        {"[]a]bc", "]bc"},
        {"[^]a]bc", "xbc"},
        {"[a\\]b]cd", "]cd"},
        {"[a-z]{2}de", "xyde"},
        {"\\w+gruppe\\w*", "sorggruppe"},
        {"\\bgruppe\\b", "en gruppe"},
        {"blå?bær", "blbær"},
        {"blå+bær", "blååbær"},
        {"a.c def", "abc def"},
        {"kost\\w*(?= \\.|$)", "det koster"},
        {"(?<!ikke )gratis", "er gratis"},
        {"(?<=er )gratis", "er gratis"},
        {"gratis(?! nå)", "gratis da"},
        {"^hei$", "hei"},
        {"(?>abc)d", "abcd"},
        {"(?<navn>abc)d", "abcd"},
        {"(?P<navn>abc)d", "abcd"},
        {"(?'navn'abc)d", "abcd"},
        {"(?|ab(c)|de(f))", "def"},
        {"a\\.b", "a.b"},
        {"a\\+b", "a+b"},
        {"ab\\Kcd", "abcd"},
        {"((((ab|cd)|ef)|gh)|ij)kl", "ijkl"},
        {"\\p{L}bc", "abc"},
        {"\\x{e5}bc", "åbc"},
        {"(ab)\\1", "abab"},
        {"(?:ab|cd|)(?:ef)?gh", "gh"},
        {"a(?:b(?:c(?:d)?)?)?e", "ae"},
        {"\\d{4}", "3187"},
        {"", "hei"},
        {"(ab(*SKIP)(*FAIL)|cd)", "cd"},
        {"kj[øo]r|går", "går"},
        {"meg(?: \\w+)? (?:på|opp|inn)", "meg da opp"},
        {"(?:a|bc)def", "adef"},
        {"x{2,}yz", "xxxyz"},
        {"(?:abc){2,3}", "abcabc"},
    };
    assert_int_equal(COUNT_EXCLUDED(list), 0);
}

/* What staff may copy from elsewhere: where the index does not understand, the pattern must run on every
 * text. */
static void unusual_constructs_are_never_excluded(void **state)
{
    (void)state;
    static const struct construct list[] = {
        {"(?i)Hei", "hei"},
        {"(?i:Hei) du", "hei du"},
        {"(?x) hei du", "heidu"},
        {"hei(?# merk: dette )du", "heidu"},
        {"\\x41bc", "Abc"},
        {"\\101bc", "Abc"},
        {"\\pLbcd", "abcd"},
        {"\\PLbcd", "1bcd"},
        {"(ab)\\g1", "abab"},
        {"(ab)\\g{1}", "abab"},
        {"(?<n>ab)\\k<n>", "abab"},
        {"(?<n>ab)\\k'n'", "abab"},
        {"(?<n>ab)\\k{n}", "abab"},
        {"(?P<n>ab)(?P=n)", "abab"},
        {"ab(*COMMIT)cd", "abcd"},
        {"ab(*PRUNE)cd", "abcd"},
        {"(*pla:abc)ab", "abc"},
        {"[[:alpha:]]bc", "abc"},
        {"[[:alpha:][:digit:]]bc", "1bc"},
        {"[\\Qa]\\E]bc", "]bc"},
        {"\\Qa.b\\E", "a.b"},
        {"\\Qab|cd\\E", "ab|cd"},
        {"\\Qab*\\Ecd", "ab*cd"},
        {"(?(DEFINE)(?<q>abc))de", "de"},
        {"(a)?(?(1)bc|de)", "de"},
        {"(?:(a)|b)(?(1)cd|ef)", "bef"},
        {"a\\Rb", "a\nb"},
        {"ab{,3}", "ab{,3}"},
        {"a{b}cd", "a{b}cd"},
        {"(?-i)abc", "abc"},
        {"(?s).abc", "\nabc"},
        {"abc\\N{U+64}", "abcd"},
        {"\\o{101}bc", "Abc"},
        {"(?1)?(abc)", "abcabc"},
        {"\\cAab", "\x01"
                   "ab"},
        {"a\\ b", "a b"},
        {"(?<n>ab|cd)(?&n)", "abcd"},
        {"(?:a(?i)B|CD)e", "cde"},
    };
    assert_int_equal(COUNT_EXCLUDED(list), 0);
}

static void deep_and_wide_patterns_are_never_excluded(void **state)
{
    (void)state;
    bool indexed;
    struct buf deep = BUF_INIT(10000), wide = BUF_INIT(20000), long_one = BUF_INIT(1000);
    for (int i = 0; i < 60; i++)
        buf_add_str(&deep, "(");
    buf_add_str(&deep, "ab)?");
    for (int i = 1; i < 60; i++)
        buf_add_str(&deep, ")");
    buf_add_str(&deep, "cd");
    assert_true(matches(buf_str(&deep), "cd"));
    assert_true(lets_through(buf_str(&deep), "cd", &indexed));
    for (int i = 0; i < 500; i++)
        buf_addf(&wide, "%sord%03d", i ? "|" : "", i);
    assert_true(lets_through(buf_str(&wide), "ord499", &indexed));
    for (int i = 0; i < 30; i++)
        buf_add_str(&long_one, "blåbær");
    assert_true(lets_through(buf_str(&long_one), buf_str(&long_one), &indexed));
    assert_true(indexed);
    buf_free(&deep);
    buf_free(&wide);
    buf_free(&long_one);
}

static void what_cannot_match_is_left_out(void **state)
{
    (void)state;
    bool indexed;
    assert_false(lets_through("hva koster", "hvor bor du", &indexed));
    assert_true(indexed);
    assert_false(lets_through("(?:gratis|betale)\\w*", "hei på deg", &indexed));
    assert_true(indexed);
    assert_true(lets_through("a?b?", "zzz", &indexed)); /* nothing is required: it runs on every text */
    assert_false(indexed);
    assert_true(lets_through("\\w+", "zzz", &indexed));
    assert_false(indexed);
}

/* Patterns in one automaton, with literals in literals, do not hide each other. */
static void literals_inside_literals_are_all_found(void **state)
{
    (void)state;
    static const char *const patterns[] = {"sorggruppe",    "\\w*gruppe", "\\w*rupp\\w*",
                                           "\\w*orggr\\w*", "gruppen",    "\\w*up\\w*"};
    struct prefilter *filter = prefilter_new();
    uint8_t bits[8] = {0};
    for (uint32_t i = 0; i < 6; i++)
        assert_true(prefilter_add(filter, patterns[i], i));
    prefilter_build(filter);
    prefilter_run(filter, "sorggruppe", 10, bits);
    assert_int_equal(bits[0], 0x2F);
    memset(bits, 0, sizeof bits);
    prefilter_run(filter, "xsorggrupxx", 11, bits);
    assert_int_equal(bits[0], 0x28);
    prefilter_free(filter);
}

/* More different bytes than the automaton has classes for. */
static void many_different_letters_are_found(void **state)
{
    (void)state;
    struct prefilter *filter = prefilter_new();
    char pattern[16];
    for (uint32_t i = 0; i < 2000; i++) {
        snprintf(pattern, sizeof pattern, "%c%c%c", (char)('!' + i % 90), "abc"[i % 3],
                 (char)('!' + i * 7 % 90));
        for (char *c = pattern; *c; c++)
            if (strchr("\\[](){}.^$*+?|#", *c))
                *c = '~';
        prefilter_add(filter, pattern, i);
    }
    prefilter_build(filter);
    uint8_t *bits = calloc(1, prefilter_bytes(filter));
    for (uint32_t i = 0; i < 2000; i++) {
        snprintf(pattern, sizeof pattern, "%c%c%c", (char)('!' + i % 90), "abc"[i % 3],
                 (char)('!' + i * 7 % 90));
        for (char *c = pattern; *c; c++)
            if (strchr("\\[](){}.^$*+?|#", *c))
                *c = '~';
        memset(bits, 0, prefilter_bytes(filter));
        prefilter_run(filter, pattern, 3, bits);
        assert_true(bits[i / 8] >> (i % 8) & 1);
    }
    free(bits);
    prefilter_free(filter);
}

/* ---- property: all patterns of the real folder over many messages ---- */

static size_t check_message(const struct intents *intents, const char *message, size_t len,
                            struct arena *arena)
{
    size_t matched = 0;
    struct text text = text_normalise(message, len, intents->words, arena);
    uint8_t *bits = arena_alloc(arena, prefilter_bytes(intents->filter));
    prefilter_run(intents->filter, text.canon, text.canon_len, bits);
    for (size_t i = 0; i < intents->n_patterns; i++) {
        const struct pattern *pattern = &intents->patterns[i];
        const char *subject = pattern->raw ? text.raw : text.canon;
        int rc = pcre2_jit_match(pattern->code, (PCRE2_SPTR)subject, strlen(subject), 0, PCRE2_NO_UTF_CHECK,
                                 intents->data, intents->context);
        bool set = bits[i / 8] >> (i % 8) & 1;
        matched += rc >= 0;
        if (rc >= 0 && !set)
            fail_msg("%s:%d matches \"%s\" but is excluded", pattern->intent->file, pattern->line,
                     text.canon);
    }
    return matched;
}

static size_t check_lines(const struct intents *intents, const char *path, struct arena *arena)
{
    struct err err = {.count = 0};
    struct buf text = BUF_INIT(1000000);
    size_t matched = 0, len;
    assert_int_equal(file_read(path, &text, &err), 0);
    const char *at = buf_str(&text), *end = at + text.len, *line;
    while (file_next_line(&at, end, &line, &len)) {
        const char *tab = memchr(line, '\t',
                                 len); /* label, message …: the whole line and what follows do as well */
        matched += check_message(intents, line, len, arena);
        if (tab)
            matched += check_message(intents, tab + 1, (size_t)(line + len - tab - 1), arena);
        arena_reset(arena);
    }
    buf_free(&text);
    return matched;
}

static void real_patterns_are_never_excluded(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    struct arena arena = ARENA_INIT;
    struct intents *intents = intents_load("intents", &err);
    assert_no_fault(&err);
    size_t matched = check_lines(intents, "tests/understanding/held_out.tsv", &arena);
    for (size_t i = 0; i < intents->count; i++)
        for (size_t k = 0; k < intents->list[i]->n_examples; k++) {
            const char *example = intents->list[i]->examples[k].text;
            matched += check_message(intents, example, strlen(example), &arena);
            arena_reset(&arena);
        }
    print_message("%zu matches, %zu patterns, %zu of them run on every message\n", matched,
                  intents->n_patterns, intents->unindexed);
    assert_true(matched > 100);
    intents_free(intents);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_constructs_are_never_excluded),
        cmocka_unit_test(unusual_constructs_are_never_excluded),
        cmocka_unit_test(deep_and_wide_patterns_are_never_excluded),
        cmocka_unit_test(what_cannot_match_is_left_out),
        cmocka_unit_test(literals_inside_literals_are_all_found),
        cmocka_unit_test(many_different_letters_are_found),
        cmocka_unit_test(real_patterns_are_never_excluded),
    };
    return cmocka_run_group_tests_name("prefilter", tests, NULL, NULL);
}
