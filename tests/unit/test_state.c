/* What a conversation remembers, and its form in the database. */
#include "unit.h"

#include "talk/state.h"

static void fill(char *to, size_t size, bool may_be_empty)
{
    static const char *const letters[] = {"a", "Z", "7", " ", "æ", "å", "|", "=", ":", ".", "-", "😢"};
    size_t len = 0, want = unit_random((uint32_t)size);
    if (!want && !may_be_empty)
        want = 1;
    while (len < want) {
        const char *letter = letters[unit_random(12)];
        if (len + strlen(letter) >= size)
            break;
        memcpy(to + len, letter, strlen(letter));
        len += strlen(letter);
    }
    if (!len && !may_be_empty)
        to[len++] = 'x';
    to[len] = '\0';
}

/* Words of people: with line ends and what the form itself is written with. */
static void fill_words(char words[WORDS_SIZE])
{
    static const char *const pieces[] = {"hei ", "\n", "\\", "\\n", "æ", "😢", "=", "words=", "\n\n", "x"};
    size_t len = 0, want = unit_random(4) ? unit_random(60) : unit_random(WORDS_SIZE);
    while (len < want) {
        const char *piece = pieces[unit_random(10)];
        if (len + strlen(piece) >= WORDS_SIZE)
            break;
        memcpy(words + len, piece, strlen(piece));
        len += strlen(piece);
    }
    words[len] = '\0';
}

static void random_draft(struct draft *d)
{
    d->kind = (enum draft_kind)(1 + unit_random(DRAFT_START));
    d->step = (enum asked)unit_random(ASKED_SUMMARY + 1);
    d->seen = unit_random(2);
    d->changes = unit_random(2) ? (int64_t)unit_random(1000000) * 1000000 : 0;
    fill(d->scope, SCOPE_SIZE, true);
    fill(d->reserve, SCOPE_SIZE, true);
    fill(d->alias, ALIAS_SIZE, true);
    fill(d->contact, CONTACT_SIZE, true);
    fill_words(d->words);
    d->reach = (enum reach)unit_random(REACH_EMAIL + 1);
}

static void random_state(struct state *s)
{
    memset(s, 0, sizeof *s);
    s->language = (enum language)unit_random(4);
    s->language_chosen = unit_random(2);
    s->introduced = unit_random(2);
    s->has_place = unit_random(2);
    if (s->has_place) {
        fill(s->place, NAME_SIZE, false);
        if (unit_random(2))
            snprintf(s->kommune, sizeof s->kommune, "%04u", unit_random(10000));
        s->lat = unit_random(9000000) / 100000.0;
        s->lon = unit_random(36000000) / 100000.0 - 180;
    }
    s->asked = (enum asked)unit_random(ASKED_LAST + 1);
    fill(s->wish, KEY_SIZE, true);
    fill(s->last_key, KEY_SIZE, true);
    s->misses = (int)unit_random(1001);
    s->shown = (int)unit_random(1001);
    fill(s->topic, TOPIC_SIZE, true);
    if (unit_random(2))
        random_draft(&s->draft);
    s->about = unit_random(1000);
    s->relay = unit_random(1000);
    s->relay_until = s->relay ? INT64_C(1795323667123) + unit_random(1000) : 0;
    fill_words(s->pending);
    if (unit_random(2))
        snprintf(s->tag, sizeof s->tag, "%08x", unit_random(0x7FFFFFFF));
    s->n_choices = unit_random(CHOICES_MOST + 1);
    for (size_t i = 0; i < s->n_choices; i++) {
        fill(s->choices[i].action, ACTION_SIZE, true);
        fill(s->choices[i].label, LABEL_SIZE, true);
    }
}

static void assert_same_draft(const struct draft *a, const struct draft *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->seen, b->seen);
    assert_int_equal(a->changes, b->changes);
    assert_string_equal(a->scope, b->scope);
    assert_string_equal(a->reserve, b->reserve);
    assert_string_equal(a->alias, b->alias);
    assert_string_equal(a->contact, b->contact);
    assert_string_equal(a->words, b->words);
    assert_int_equal(a->reach, b->reach);
}

static void assert_same(const struct state *a, const struct state *b)
{
    assert_int_equal(a->language, b->language);
    assert_int_equal(a->language_chosen, b->language_chosen);
    assert_int_equal(a->introduced, b->introduced);
    assert_int_equal(a->has_place, b->has_place);
    assert_string_equal(a->place, b->place);
    assert_string_equal(a->kommune, b->kommune);
    assert_float_equal(a->lat, b->lat, 0.000006);
    assert_float_equal(a->lon, b->lon, 0.000006);
    assert_int_equal(a->asked, b->asked);
    assert_string_equal(a->wish, b->wish);
    assert_string_equal(a->last_key, b->last_key);
    assert_int_equal(a->misses, b->misses);
    assert_int_equal(a->shown, b->shown);
    assert_string_equal(a->topic, b->topic);
    assert_same_draft(&a->draft, &b->draft);
    assert_int_equal(a->about, b->about);
    assert_int_equal(a->relay, b->relay);
    assert_int_equal(a->relay_until, b->relay_until);
    assert_string_equal(a->pending, b->pending);
    assert_string_equal(a->tag, b->tag);
    assert_int_equal(a->n_choices, b->n_choices);
    for (size_t i = 0; i < a->n_choices; i++) {
        assert_string_equal(a->choices[i].action, b->choices[i].action);
        assert_string_equal(a->choices[i].label, b->choices[i].label);
    }
}

static void what_is_written_is_read_back(void **unused)
{
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        struct state before, after;
        struct buf text = BUF_INIT(8192);
        random_state(&before);
        state_write(&before, &text);
        assert_int_equal(buf_done(&text), 0);
        assert_int_equal(state_read(&after, buf_str(&text), text.len), 0);
        assert_same(&before, &after);
        buf_free(&text);
    }
}

static void a_new_conversation_is_short(void **unused)
{
    (void)unused;
    struct state before = {0}, after;
    struct buf text = BUF_INIT(100);
    state_write(&before, &text);
    assert_string_equal(buf_str(&text), "state 1\n");
    assert_int_equal(state_read(&after, buf_str(&text), text.len), 0);
    assert_memory_equal(&before, &after, sizeof before);
    buf_free(&text);
}

/* A person who is never understood must not lose the conversation. */
static void counters_of_any_size_are_read_back(void **unused)
{
    (void)unused;
    struct state before = {.misses = 1001, .shown = 5000, .introduced = true}, after;
    struct buf text = BUF_INIT(1000);
    state_write(&before, &text);
    assert_int_equal(state_read(&after, buf_str(&text), text.len), 0);
    assert_true(after.introduced);
    assert_true(after.misses >= 1000);
    buf_free(&text);
}

static void assert_refused(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct state s, fresh = {0};
        memset(&s, 0xAA, sizeof s);
        if (state_read(&s, texts[i], strlen(texts[i])) != -1)
            fail_msg("accepted: %s", texts[i]);
        assert_memory_equal(&s, &fresh, sizeof s);
    }
}

static void anything_else_is_refused_and_leaves_a_new_conversation(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "",
        "\n",
        "state",
        "state 2\n",
        "State 1\n",
        "state 1 \nmisses=1\n",
        "x\nstate 1\n",
        "state 1\nnonsense\n",
        "state 1\n\n",
        "state 1\nunknown=1\n",
        "state 1\n=1\n",
        "state 1\nlanguage=de\n",
        "state 1\nlanguage=\n",
        "state 1\nlanguage=nbnbnbnbnb\n",
        "state 1\nchosen=2\n",
        "state 1\nintroduced=x\n",
        "state 1\nasked=99\n",
        "state 1\nasked=-1\n",
        "state 1\nmisses=1x\n",
        "state 1\nmisses=\n",
        "state 1\nmisses=99999999999999999999\n",
        "state 1\nlat=91x\n",
        "state 1\nlat=nan\n",
        "state 1\nlat=inf\n",
        "state 1\nlon=181\n",
        "state 1\nlat=\n",
        "state 1\nlat=0.0000000000000000000000000000001\n",
        "state 1\nkommune=03011\n",
        "state 1\ntag=123456789\n",
        "state 1\nchoice=no tab\n",
        "state 1\nwish=1234567890123456789012345678901234567890\n",
        "state 1\nplace=1234567890123456789012345678901234567890123456789012345678901234\n",
        "state "
        "1\nchoice=a\tb\nchoice=a\tb\nchoice=a\tb\nchoice=a\tb\nchoice=a\tb\nchoice=a\tb\nchoice="
        "a\tb\nchoice=a\tb\nchoice=a\tb\n",
        "state 1\nlanguage_and_much_more=nb\n",
    };
    assert_refused(texts, sizeof texts / sizeof *texts);
}

static void hostile_lines_of_a_draft_or_a_relay_are_refused(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "state 1\ndraft=4\n",
        "state 1\ndraft=-1\n",
        "state 1\ndraft=\n",
        "state 1\ndraft=1\nstep=13\n", /* behind the summary stands no step of a draft */
        "state 1\ndraft=1\nstep=x\n",
        "state 1\ndraft=1\nseen=2\n",
        "state 1\ndraft=1\nreach=4\n",
        "state 1\ndraft=1\nchanges=-1\n",
        "state 1\ndraft=1\nchanges=1x\n",
        "state 1\ndraft=1\nchanges=9999999999999999999999999\n",
        "state 1\ndraft=1\nwords=a\\\n", /* a backslash stands never alone */
        "state 1\ndraft=1\nwords=a\\tb\n",
        "state 1\ndraft=1\nwords=a\001b\n",
        "state 1\ndraft=1\nalias=a\tb\n",
        "state 1\npending=\\\\\\\n",
        "state 1\npending=\\x41\n",
        "state 1\nabout=-1\n",
        "state 1\nabout=\n",
        "state 1\nrelay=1e3\n",
        "state 1\nrelay=0x10\n",
        "state 1\nuntil=1795323667123 \n",
        "state 1\ntopic=1234567890123456789012345\n",
    };
    assert_refused(texts, sizeof texts / sizeof *texts);
}

static void a_moment_that_no_number_holds_is_refused(void **unused)
{
    (void)unused;
    static const char *const names[] = {"until", "about", "relay", "changes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        struct state s;
        snprintf(text, sizeof text, "state 1\n%s=9223372036854775807\n", names[i]);
        assert_int_equal(state_read(&s, text, strlen(text)), 0);
        snprintf(text, sizeof text, "state 1\n%s=9223372036854775808\n", names[i]);
        assert_int_equal(state_read(&s, text, strlen(text)), -1);
    }
}

static void too_long_parts_of_a_choice_are_refused(void **unused)
{
    (void)unused;
    struct state s;
    char text[400] = "state 1\nchoice=";
    memset(text + strlen(text), 'a', ACTION_SIZE);
    snprintf(text + strlen(text), 10, "\tb\n");
    assert_int_equal(state_read(&s, text, strlen(text)), -1);
    snprintf(text, sizeof text, "state 1\nchoice=a\t%0*d\n", LABEL_SIZE, 1);
    assert_int_equal(state_read(&s, text, strlen(text)), -1);
    snprintf(text, sizeof text, "state 1\nchoice=a\t%0*d\n", LABEL_SIZE - 1, 1);
    assert_int_equal(state_read(&s, text, strlen(text)), 0);
}

/* The state with these words, written and read again. */
static struct state with_words(const char *words)
{
    struct state before = {.introduced = true, .draft.kind = DRAFT_JOIN}, after;
    struct buf text = BUF_INIT(8192);
    assert_true(strlen(words) < WORDS_SIZE);
    snprintf(before.draft.words, WORDS_SIZE, "%s", words);
    snprintf(before.pending, WORDS_SIZE, "%s", words);
    state_write(&before, &text);
    assert_int_equal(buf_done(&text), 0);
    if (state_read(&after, buf_str(&text), text.len))
        fail_msg("lost: %s", buf_str(&text));
    buf_free(&text);
    return after;
}

static void words_come_back_with_their_lines_and_backslashes(void **unused)
{
    (void)unused;
    static const char *const words[] = {
        "en\nto", "\n",      "\n\n\n", "\\",       "\\\\", "\\n", "\\\n", "a\\\\n\\", "\nrelay=5\nstate 2",
        "= =",    "choice=", " a ",    "state 1\n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct state after = with_words(words[i]);
        assert_string_equal(after.draft.words, words[i]);
        assert_string_equal(after.pending, words[i]);
        assert_int_equal(after.relay, 0); /* no line of theirs is one of ours */
        assert_true(after.introduced);
    }
}

/* What is copied from elsewhere has tabs and Windows' line ends; messages may have them (text/normalise.c).
 * They may be tidied, but the conversation must not be lost over them. */
static void words_with_tabs_or_carriage_returns_lose_nothing(void **unused)
{
    (void)unused;
    static const char *const words[] = {"Telefon:\t912 34 567", "en\r\nto", "en\r"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct state after = with_words(words[i]);
        assert_true(after.introduced);
        assert_int_equal(strncmp(after.pending, words[i], 2), 0);
    }
}

static void words_as_long_as_their_place_come_back_and_longer_ones_are_refused(void **unused)
{
    (void)unused;
    char words[WORDS_SIZE], text[2 * WORDS_SIZE + 100] = "state 1\npending=";
    struct state s;
    memset(words, '\n', sizeof words); /* twice as long when written */
    words[WORDS_SIZE - 1] = '\0';
    assert_string_equal(with_words(words).pending, words);
    memset(text + strlen(text), 'a', WORDS_SIZE - 1);
    size_t len = strlen(text);
    assert_int_equal(state_read(&s, text, len), 0);
    text[len] = 'a';
    assert_int_equal(state_read(&s, text, len + 1), -1);
}

static void dropping_what_waits_leaves_the_draft_and_dropping_the_draft_leaves_neither(void **unused)
{
    (void)unused;
    static const char zeros[sizeof(struct draft)];
    for (int round = 0; round < 1000; round++) {
        struct state before, after;
        random_state(&before);
        memcpy(&after, &before, sizeof after);
        state_drop_pending(&after);
        assert_true(after.asked == ASKED_NOTHING && after.about == 0 && after.pending[0] == '\0');
        assert_memory_equal(after.pending, zeros, WORDS_SIZE);
        assert_same_draft(&after.draft, &before.draft);
        assert_int_equal(after.relay, before.relay);
        assert_string_equal(after.place, before.place);
        memcpy(&after, &before, sizeof after);
        state_drop_draft(&after);
        assert_true(after.asked == ASKED_NOTHING && after.about == 0 && after.pending[0] == '\0');
        assert_memory_equal(&after.draft, zeros, sizeof after.draft);
        assert_int_equal(after.relay, before.relay);
        assert_int_equal(after.n_choices, before.n_choices);
    }
}

/* Cut or damaged anywhere: refused or read, but always a state that can be written again. */
static void damaged_text_never_gives_a_broken_state(void **unused)
{
    (void)unused;
    for (int round = 0; round < 50000; round++) {
        struct state before, after, again;
        struct buf text = BUF_INIT(8192), second = BUF_INIT(8192);
        random_state(&before);
        state_write(&before, &text);
        size_t len = unit_random(3) ? text.len : unit_random((uint32_t)text.len + 1);
        char *exact = malloc(len + 1);
        memcpy(exact, buf_str(&text), len);
        for (uint32_t n = unit_random(4); n > 0 && len; n--)
            exact[unit_random((uint32_t)len)] = (char)unit_random(256);
        if (state_read(&after, exact, len) == 0) {
            assert_true(after.n_choices <= CHOICES_MOST);
            assert_true(after.asked <= ASKED_LAST);
            assert_true(memchr(after.place, '\0', NAME_SIZE) && memchr(after.tag, '\0', EVENT_TAG) &&
                        memchr(after.wish, '\0', KEY_SIZE) && memchr(after.pending, '\0', WORDS_SIZE) &&
                        memchr(after.draft.words, '\0', WORDS_SIZE));
            assert_true(after.draft.kind <= DRAFT_START && after.draft.reach <= REACH_EMAIL &&
                        after.relay >= 0 && after.about >= 0);
            state_write(&after, &second);
            assert_int_equal(buf_done(&second), 0);
            state_read(&again, buf_str(&second), second.len);
        }
        free(exact);
        buf_free(&text);
        buf_free(&second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_new_conversation_is_short),
        cmocka_unit_test(counters_of_any_size_are_read_back),
        cmocka_unit_test(anything_else_is_refused_and_leaves_a_new_conversation),
        cmocka_unit_test(hostile_lines_of_a_draft_or_a_relay_are_refused),
        cmocka_unit_test(a_moment_that_no_number_holds_is_refused),
        cmocka_unit_test(too_long_parts_of_a_choice_are_refused),
        cmocka_unit_test(words_come_back_with_their_lines_and_backslashes),
        cmocka_unit_test(words_with_tabs_or_carriage_returns_lose_nothing),
        cmocka_unit_test(words_as_long_as_their_place_come_back_and_longer_ones_are_refused),
        cmocka_unit_test(dropping_what_waits_leaves_the_draft_and_dropping_the_draft_leaves_neither),
        cmocka_unit_test(damaged_text_never_gives_a_broken_state),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
