/* Mustache: the specification's own cases for what is supported, what is refused, and escaping. */
#include "unit.h"

#include <jansson.h>

#include "text/template.h"
#include "wire/markup.h"

static struct arena arena;
static struct err err;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* ---- the specification (github.com/mustache/spec 1.1: interpolation, sections, inverted, comments) ----
 * Left out, because they are refused here by design: triple and & tags, dotted names, the implicit iterator;
 * HTML escaping (ours is for CommonMark) and missing values (an error here). Data: JSON with ' for ". */

static const struct {
    const char *name, *data, *template, *expected;
} spec[] = {
    {"interpolation: No Interpolation", "{}", "Hello from {Mustache}!\n", "Hello from {Mustache}!\n"},
    {"interpolation: Basic Interpolation", "{'subject':'world'}", "Hello, {{subject}}!\n", "Hello, world!\n"},
    {"interpolation: Basic Integer Interpolation", "{'mph':85}", "\"{{mph}} miles an hour!\"",
     "\"85 miles an hour!\""},
    {"interpolation: Basic Decimal Interpolation", "{'power':1.21}", "\"{{power}} jiggawatts!\"",
     "\"1.21 jiggawatts!\""},
    {"interpolation: Interpolation - Surrounding Whitespace", "{'string':'---'}", "| {{string}} |",
     "| --- |"},
    {"interpolation: Interpolation - Standalone", "{'string':'---'}", "  {{string}}\n", "  ---\n"},
    {"interpolation: Interpolation With Padding", "{'string':'---'}", "|{{ string }}|", "|---|"},
    {"sections: Truthy", "{'boolean':true}", "\"{{#boolean}}This should be rendered.{{/boolean}}\"",
     "\"This should be rendered.\""},
    {"sections: Falsey", "{'boolean':false}", "\"{{#boolean}}This should not be rendered.{{/boolean}}\"",
     "\"\""},
    {"sections: Context", "{'context':{'name':'Joe'}}", "\"{{#context}}Hi {{name}}.{{/context}}\"",
     "\"Hi Joe.\""},
    {"sections: Deeply Nested Contexts",
     "{'a':{'one':1},'b':{'two':2},'c':{'three':3},'d':{'four':4},'e':{'five':5}}",
     "{{#a}}\n{{one}}\n{{#b}}\n{{one}}{{two}}{{one}}\n{{#c}}\n{{one}}{{two}}{{three}}{{two}}{{one}}\n{{#d}}"
     "\n{{one}}{{two}}{{three}}{{four}}{{three}}{{two}}{{one}}\n{{#e}}\n{{one}}{{two}}{{three}}{{four}}{{"
     "five}}{{four}}{{three}}{{two}}{{one}}\n{{/"
     "e}}\n{{one}}{{two}}{{three}}{{four}}{{three}}{{two}}{{one}}\n{{/"
     "d}}\n{{one}}{{two}}{{three}}{{two}}{{one}}\n{{/c}}\n{{one}}{{two}}{{one}}\n{{/b}}\n{{one}}\n{{/a}}\n",
     "1\n121\n12321\n1234321\n123454321\n1234321\n12321\n121\n1\n"},
    {"sections: List", "{'list':[{'item':1},{'item':2},{'item':3}]}", "\"{{#list}}{{item}}{{/list}}\"",
     "\"123\""},
    {"sections: Empty List", "{'list':[]}", "\"{{#list}}Yay lists!{{/list}}\"", "\"\""},
    {"sections: Doubled", "{'two':'second','bool':true}",
     "{{#bool}}\n* first\n{{/bool}}\n* {{two}}\n{{#bool}}\n* third\n{{/bool}}\n",
     "* first\n* second\n* third\n"},
    {"sections: Nested (Truthy)", "{'bool':true}", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
     "| A B C D E |"},
    {"sections: Nested (Falsey)", "{'bool':false}", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
     "| A  E |"},
    {"sections: Surrounding Whitespace", "{'boolean':true}", " | {{#boolean}}\t|\t{{/boolean}} | \n",
     " | \t|\t | \n"},
    {"sections: Internal Whitespace", "{'boolean':true}",
     " | {{#boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n", " |  \n  | \n"},
    {"sections: Indented Inline Sections", "{'boolean':true}",
     " {{#boolean}}YES{{/boolean}}\n {{#boolean}}GOOD{{/boolean}}\n", " YES\n GOOD\n"},
    {"sections: Standalone Lines", "{'boolean':true}", "| This Is\n{{#boolean}}\n|\n{{/boolean}}\n| A Line\n",
     "| This Is\n|\n| A Line\n"},
    {"sections: Indented Standalone Lines", "{'boolean':true}",
     "| This Is\n  {{#boolean}}\n|\n  {{/boolean}}\n| A Line\n", "| This Is\n|\n| A Line\n"},
    {"sections: Standalone Line Endings", "{'boolean':true}", "|\r\n{{#boolean}}\r\n{{/boolean}}\r\n|",
     "|\r\n|"},
    {"sections: Standalone Without Previous Line", "{'boolean':true}", "  {{#boolean}}\n#{{/boolean}}\n/",
     "#\n/"},
    {"sections: Standalone Without Newline", "{'boolean':true}", "#{{#boolean}}\n/\n  {{/boolean}}",
     "#\n/\n"},
    {"sections: Padding", "{'boolean':true}", "|{{# boolean }}={{/ boolean }}|", "|=|"},
    {"inverted: Falsey", "{'boolean':false}", "\"{{^boolean}}This should be rendered.{{/boolean}}\"",
     "\"This should be rendered.\""},
    {"inverted: Truthy", "{'boolean':true}", "\"{{^boolean}}This should not be rendered.{{/boolean}}\"",
     "\"\""},
    {"inverted: Context", "{'context':{'name':'Joe'}}", "\"{{^context}}Hi {{name}}.{{/context}}\"", "\"\""},
    {"inverted: List", "{'list':[{'n':1},{'n':2},{'n':3}]}", "\"{{^list}}{{n}}{{/list}}\"", "\"\""},
    {"inverted: Empty List", "{'list':[]}", "\"{{^list}}Yay lists!{{/list}}\"", "\"Yay lists!\""},
    {"inverted: Doubled", "{'two':'second','bool':false}",
     "{{^bool}}\n* first\n{{/bool}}\n* {{two}}\n{{^bool}}\n* third\n{{/bool}}\n",
     "* first\n* second\n* third\n"},
    {"inverted: Nested (Falsey)", "{'bool':false}", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
     "| A B C D E |"},
    {"inverted: Nested (Truthy)", "{'bool':true}", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
     "| A  E |"},
    {"inverted: Surrounding Whitespace", "{'boolean':false}", " | {{^boolean}}\t|\t{{/boolean}} | \n",
     " | \t|\t | \n"},
    {"inverted: Internal Whitespace", "{'boolean':false}",
     " | {{^boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n", " |  \n  | \n"},
    {"inverted: Indented Inline Sections", "{'boolean':false}",
     " {{^boolean}}NO{{/boolean}}\n {{^boolean}}WAY{{/boolean}}\n", " NO\n WAY\n"},
    {"inverted: Standalone Lines", "{'boolean':false}",
     "| This Is\n{{^boolean}}\n|\n{{/boolean}}\n| A Line\n", "| This Is\n|\n| A Line\n"},
    {"inverted: Standalone Indented Lines", "{'boolean':false}",
     "| This Is\n  {{^boolean}}\n|\n  {{/boolean}}\n| A Line\n", "| This Is\n|\n| A Line\n"},
    {"inverted: Standalone Line Endings", "{'boolean':false}", "|\r\n{{^boolean}}\r\n{{/boolean}}\r\n|",
     "|\r\n|"},
    {"inverted: Standalone Without Previous Line", "{'boolean':false}", "  {{^boolean}}\n^{{/boolean}}\n/",
     "^\n/"},
    {"inverted: Standalone Without Newline", "{'boolean':false}", "^{{^boolean}}\n/\n  {{/boolean}}",
     "^\n/\n"},
    {"inverted: Padding", "{'boolean':false}", "|{{^ boolean }}={{/ boolean }}|", "|=|"},
    {"comments: Inline", "{}", "12345{{! Comment Block! }}67890", "1234567890"},
    {"comments: Multiline", "{}", "12345{{!\n  This is a\n  multi-line comment...\n}}67890\n",
     "1234567890\n"},
    {"comments: Standalone", "{}", "Begin.\n{{! Comment Block! }}\nEnd.\n", "Begin.\nEnd.\n"},
    {"comments: Indented Standalone", "{}", "Begin.\n  {{! Indented Comment Block! }}\nEnd.\n",
     "Begin.\nEnd.\n"},
    {"comments: Standalone Line Endings", "{}", "|\r\n{{! Standalone Comment }}\r\n|", "|\r\n|"},
    {"comments: Standalone Without Previous Line", "{}", "  {{! I'm Still Standalone }}\n!", "!"},
    {"comments: Standalone Without Newline", "{}", "!\n  {{! I'm Still Standalone }}", "!\n"},
    {"comments: Multiline Standalone", "{}", "Begin.\n{{!\nSomething's going on here...\n}}\nEnd.\n",
     "Begin.\nEnd.\n"},
    {"comments: Indented Multiline Standalone", "{}",
     "Begin.\n  {{!\n    Something's going on here...\n  }}\nEnd.\n", "Begin.\nEnd.\n"},
    {"comments: Indented Inline", "{}", "  12 {{! 34 }}\n", "  12 \n"},
    {"comments: Surrounding Whitespace", "{}", "12345 {{! Comment Block! }} 67890", "12345  67890"},
};

/* JSON to a scope: text and numbers, true and false, lists and objects (a list of one). */
static struct scope *scope_of(const json_t *object)
{
    const char *name;
    json_t *member;
    struct scope *scope = arena_alloc(&arena, sizeof *scope);
    struct value *values = arena_alloc(&arena, (json_object_size(object) + 1) * sizeof *values);
    scope->values = values;
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        struct value *value = &values[scope->count++];
        *value = (struct value){.name = arena_strdup(&arena, name), .kind = VALUE_TEXT, .text = ""};
        if (json_is_number(member)) {
            value->text = arena_printf(&arena, "%g", json_number_value(member));
        } else if (json_is_string(member)) {
            value->text = arena_strdup(&arena, json_string_value(member));
        } else if (json_is_boolean(member)) {
            value->kind = VALUE_TRUTH;
            value->truth = json_is_true(member);
        } else {
            bool list = json_is_array(member);
            value->kind = VALUE_LIST;
            value->count = list ? json_array_size(member) : 1;
            struct scope *items = arena_alloc(&arena, (value->count + 1) * sizeof *items);
            for (size_t i = 0; i < value->count; i++)
                items[i] = *scope_of(list ? json_array_get(member, i) : member);
            value->items = items;
        }
    }
    return scope;
}

static struct scope *scope_from(const char *text)
{
    char *mended = arena_strdup(&arena, text);
    for (char *c = mended; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_t *root = json_loads(mended, 0, NULL);
    assert_non_null(root);
    struct scope *scope = scope_of(root);
    json_decref(root);
    return scope;
}

static struct template *compile(const char *text)
{
    return template_compile(text, strlen(text), "test.md", &arena, &err);
}

static void does_what_the_specification_says(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++) {
        struct buf out = BUF_INIT(10000);
        struct template *template = compile(spec[i].template);
        int rc = template ? template_render(template, scope_from(spec[i].data), template_escape_none, &out)
                          : -1;
        if (rc || strcmp(buf_str(&out), spec[i].expected)) {
            print_error("%s: \"%s\" instead of \"%s\" %s\n", spec[i].name, buf_str(&out), spec[i].expected,
                        err.text);
            failed++;
        }
        buf_free(&out);
    }
    assert_int_equal(failed, 0);
}

/* ---- our own rules ---- */

static void assert_renders(const char *text, const char *data, const char *expected)
{
    struct buf out = BUF_INIT(10000);
    struct template *template = compile(text);
    assert_no_fault(&err);
    assert_int_equal(template_render(template, scope_from(data), template_escape_none, &out), 0);
    assert_string_equal(buf_str(&out), expected);
    buf_free(&out);
}

static void a_text_is_false_when_it_is_empty(void **state)
{
    (void)state;
    assert_renders("{{#a}}({{a}}){{/a}}{{^a}}none{{/a}}", "{'a':'x'}", "(x)");
    assert_renders("{{#a}}({{a}}){{/a}}{{^a}}none{{/a}}", "{'a':''}", "none");
}

static void a_question_mark_behind_the_name_is_allowed(void **state)
{
    (void)state;
    assert_renders("{{#egen?}}ja{{/egen?}}{{^egen}}nei{{/egen?}}", "{'egen':true}", "ja");
}

static void members_hide_values_outside_and_fall_back_to_them(void **state)
{
    (void)state;
    assert_renders("{{#l}}{{a}}{{b}} {{/l}}{{a}}", "{'a':'A','b':'B','l':[{'a':'1'},{'a':'2','b':'x'}]}",
                   "1B 2x A");
}

static void a_value_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"{{missing}}", "{{#missing}}x{{/missing}}",
                                        "{{^missing}}x{{/missing}}", "{{flag}}", "{{list}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out = BUF_INIT(100);
        struct template *template = compile(texts[i]);
        assert_no_fault(&err);
        assert_int_equal(
            template_render(template, scope_from("{'flag':true,'list':[{}]}"), template_escape_none, &out),
            -1);
        buf_free(&out);
    }
}

static void what_does_not_fit_is_an_error(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(5);
    assert_int_equal(
        template_render(compile("{{a}}"), scope_from("{'a':'123456'}"), template_escape_none, &out), -1);
    buf_free(&out);
}

static void assert_refused(const char *text, const char *part)
{
    err_clear(&err);
    if (compile(text))
        fail_msg("accepted: %s", text);
    assert_says(&err, part);
}

static void refuses_what_is_not_supported(void **state)
{
    (void)state;
    assert_refused("{{{a}}}", "test.md:1: ");
    assert_refused("{{&a}}", "not supported");
    assert_refused("\n{{> part}}", "test.md:2: ");
    assert_refused("{{=<% %>=}}", "not supported");
    assert_refused("{{a.b}}", "not supported");
    assert_refused("{{.}}", "not supported");
    assert_refused("{{}}", "not supported");
    assert_refused("{{ }}", "not supported");
    assert_refused("{{#}}x{{/}}", "not supported");
    assert_refused("{{to ord}}", "not supported");
    assert_refused("{{sørpe}}", "not supported");
    assert_refused("{{a23456789012345678901234567890123456789012}}", "not supported");
}

static void refuses_tags_that_do_not_close_with_their_lines(void **state)
{
    (void)state;
    assert_refused("a\nb {{name", "test.md:2: ");
    assert_refused("a\n{{#x}}\n\nb", "test.md:2: {{#x}} is never closed");
    assert_refused("a\n\n{{/x}}", "test.md:3: {{/x}}");
    assert_refused("{{#a}}\n{{#b}}\n{{/a}}\n{{/b}}",
                   "test.md:3: {{/a}} stands where {{/b}} (opened in line 2)");
    assert_refused("{{#ab}}{{/a}}", "{{/ab}}");
}

static void bounds_depth(void **state)
{
    (void)state;
    assert_renders(
        "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}x{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}",
        "{'a':[{}]}", "x");
    assert_refused(
        "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}x{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}"
        "{{/a}}{{/a}}",
        "too deep");
}

/* A text of thousands of tags must be refused, wherever the section stands that passes the bound. */
static void bounds_the_number_of_tags(void **state)
{
    (void)state;
    for (int tags = 1990; tags < 2010; tags++) {
        struct buf text = BUF_INIT(100000);
        for (int i = 0; i < tags; i++)
            buf_add_str(&text, "{{a}}");
        buf_add_str(&text, "{{#a}}x{{/a}}{{#a}}x{{/a}}");
        err_clear(&err);
        struct template *template = compile(buf_str(&text));
        if (tags >= 2000) {
            assert_null(template);
            assert_says(&err, "too many tags");
        }
        buf_free(&text);
    }
}

static void an_empty_text_is_a_text(void **state)
{
    (void)state;
    assert_renders("", "{}", "");
}

static int gather(void *user, const struct template_tag *tag)
{
    struct buf *out = user;
    buf_addf(out, "%d:", tag->line);
    for (size_t i = 0; i < tag->depth; i++)
        buf_addf(out, "%s/", tag->around[i]);
    buf_addf(out, "%s%s ", tag->section ? "#" : "", tag->name);
    return strcmp(tag->name, "stop") == 0 ? 7 : 0;
}

static void the_walk_visits_each_tag_with_line_and_sections(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(1000);
    struct template *template = compile("{{a}}\n{{#b}}\n {{^c}}{{d}}{{/c}}\n{{/b}}\n{{! no }}\n{{e}}");
    assert_int_equal(template_walk(template, gather, &out), 0);
    assert_string_equal(buf_str(&out), "1:a 2:#b 3:b/#c 3:b/c/d 6:e ");
    assert_int_equal(template_walk(compile("{{a}}{{stop}}{{b}}"), gather, &out), 7);
    buf_free(&out);
}

/* ---- escaping: a value looks like itself, wherever it stands ---- */

static void assert_stays(const char *frame, const char *value)
{
    struct buf markdown = BUF_INIT(10000), plain = BUF_INIT(10000), expected = BUF_INIT(10000),
               shown = BUF_INIT(10000);
    struct value v = {.name = "v", .kind = VALUE_TEXT, .text = value};
    struct value x = {.name = "v", .kind = VALUE_TEXT, .text = "ooo"}; /* the frame's own look */
    struct template *template = compile(frame);
    assert_non_null(template);
    assert_int_equal(template_render(template, &(struct scope){&v, 1}, template_escape_markdown, &markdown),
                     0);
    assert_int_equal(markup_plain(buf_str(&markdown), &plain), 0);
    struct buf model = BUF_INIT(1000);
    assert_int_equal(template_render(template, &(struct scope){&x, 1}, template_escape_markdown, &model), 0);
    assert_int_equal(markup_plain(buf_str(&model), &shown), 0);
    const char *hole = strstr(buf_str(&shown), "ooo");
    buf_addf(&expected, "%.*s%s%s", (int)(hole - buf_str(&shown)), buf_str(&shown), value, hole + 3);
    if (strcmp(buf_str(&plain), buf_str(&expected)))
        fail_msg("in \"%s\": value \"%s\" written \"%s\" shows \"%s\"", frame, value, buf_str(&markdown),
                 buf_str(&plain));
    buf_free(&markdown);
    buf_free(&plain);
    buf_free(&expected);
    buf_free(&shown);
    buf_free(&model);
}

static const char *const frames[] = {"{{v}}",
                                     "før {{v}} etter",
                                     "før\n{{v}}",
                                     "- {{v}}",
                                     "**{{v}}**",
                                     "- **{{v}}** (x)",
                                     "- a\n  {{v}}",
                                     "1. {{v}}",
                                     "> {{v}}",
                                     "- - {{v}}",
                                     "a\n\n{{v}}\n\nb",
                                     "*{{v}}* {{! }}.",
                                     "[{{v}}](https://x.no)",
                                     "# {{v}}",
                                     "Telefon: {{v}}.",
                                     "{{v}} ringer du"};

static void every_mark_of_punctuation_stays_itself(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof frames / sizeof *frames; f++)
        for (char c = '!'; c <= '~'; c++) {
            assert_stays(frames[f], (const char[]){c, '\0'});
            assert_stays(frames[f], (const char[]){c, ' ', 'a', '\0'});
            assert_stays(frames[f], (const char[]){c, c, c, '\0'});
            assert_stays(frames[f], (const char[]){'a', c, c, 'b', '\0'});
        }
}

static void markup_in_a_value_stays_text(void **state)
{
    (void)state;
    static const char *const values[] = {
        "**fet**",
        "_a_ *b*",
        "[tekst](https://ond.no)",
        "![bilde](x)",
        "<https://ond.no>",
        "<script>alert(1)</script>",
        "`kode`",
        "``a`b``",
        "&amp; &lt; &#65;",
        "# tittel",
        "1. punkt",
        "12) punkt",
        "1999. x",
        "- punkt",
        "+ punkt",
        "* punkt",
        "> sitat",
        "---",
        "***",
        "___",
        "===",
        "~~~",
        "```",
        "\\",
        "\\\\*",
        "a\\",
        "a | b",
        "| a |",
        "~~strøket~~",
        "$x$",
        "[ref]: https://x.no",
        "[ref]",
        "\"tittel\"",
        "{{v}}",
        "a  b",
        "https://ekte.no/a_b_c?d=*e*&f=[g]",
        "ola_n@x.no",
        "(a)",
        "!",
        "100 %",
    };
    for (size_t f = 0; f < sizeof frames / sizeof *frames; f++)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            assert_stays(frames[f], values[i]);
}

static void random_values_stay_themselves(void **state)
{
    (void)state;
    static const char letters[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~!#*+-_`~[]()<>&\\ 1aå ";
    for (int round = 0; round < 40000; round++) {
        char value[20];
        size_t len = 1 + unit_random(10), n = 0;
        while (n < len) {
            char c = letters[unit_random(sizeof letters - 1)];
            if (c == ' ' && (n == 0 || n + 1 == len))
                continue; /* blanks at the ends are not kept */
            if ((unsigned char)c >= 0x80) {
                value[n++] = '\xC3';
                value[n++] = '\xA5';
                continue;
            }
            value[n++] = c;
        }
        value[n] = '\0';
        assert_stays(frames[unit_random(sizeof frames / sizeof *frames)], value);
        arena_reset(&arena);
    }
}

static void line_ends_in_a_value_become_hard_breaks(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(100);
    template_escape_markdown(&out, "a\nb\r\n\n- c\td\n");
    assert_string_equal(buf_str(&out), "a\\\nb\\\n\\- c d");
    buf_free(&out);
}

static void no_escaping_leaves_all(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(100);
    template_escape_none(&out, "*a*\nb");
    assert_string_equal(buf_str(&out), "*a*\nb");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(does_what_the_specification_says, start, end),
        cmocka_unit_test_setup_teardown(a_text_is_false_when_it_is_empty, start, end),
        cmocka_unit_test_setup_teardown(a_question_mark_behind_the_name_is_allowed, start, end),
        cmocka_unit_test_setup_teardown(members_hide_values_outside_and_fall_back_to_them, start, end),
        cmocka_unit_test_setup_teardown(a_value_that_is_not_there_is_an_error, start, end),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_an_error, start, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_supported, start, end),
        cmocka_unit_test_setup_teardown(refuses_tags_that_do_not_close_with_their_lines, start, end),
        cmocka_unit_test_setup_teardown(bounds_depth, start, end),
        cmocka_unit_test_setup_teardown(bounds_the_number_of_tags, start, end),
        cmocka_unit_test_setup_teardown(an_empty_text_is_a_text, start, end),
        cmocka_unit_test_setup_teardown(the_walk_visits_each_tag_with_line_and_sections, start, end),
        cmocka_unit_test_setup_teardown(every_mark_of_punctuation_stays_itself, start, end),
        cmocka_unit_test_setup_teardown(markup_in_a_value_stays_text, start, end),
        cmocka_unit_test_setup_teardown(random_values_stay_themselves, start, end),
        cmocka_unit_test_setup_teardown(line_ends_in_a_value_become_hard_breaks, start, end),
        cmocka_unit_test_setup_teardown(no_escaping_leaves_all, start, end),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
