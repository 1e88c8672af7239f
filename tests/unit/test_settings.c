/* Settings: defaults, file, overrides, secrets. */
#include "unit.h"

#include "base/settings.h"

static struct settings *settings;
static struct err err;

static int start(void **state)
{
    (void)state;
    settings = settings_new();
    err_clear(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    settings_free(settings);
    return 0;
}

static int load(const char *text)
{
    return settings_load(settings, unit_write("test.conf", text), &err);
}

static void has_defaults(void **state)
{
    (void)state;
    assert_string_equal(settings_text(settings, "broker.host"), "127.0.0.1");
    assert_int_equal(settings_int(settings, "broker.port"), 1883);
    assert_string_equal(settings_text(settings, "broker.password_file"), "");
    assert_int_equal(settings_ms(settings, "core.repeat_first_seconds"), 5000);
}

static void paths_are_those_of_the_checkout_in_a_checkout(void **state)
{
    (void)state;
    char before[512];
    assert_string_equal(settings_text(settings, "core.intents"), "intents");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir("/"), 0);
    struct settings *installed = settings_new();
    assert_int_equal(chdir(before), 0);
    assert_string_equal(settings_text(installed, "core.intents"), "/usr/share/selvhjelpsbot/intents");
    settings_free(installed);
}

static void a_file_overrides_what_it_names(void **state)
{
    (void)state;
    assert_int_equal(
        load("; hei\n[broker]\nhost = example.no\nport=8883\n\n[bridge]\nsilence_seconds = 0.5\n"), 0);
    assert_no_fault(&err);
    assert_string_equal(settings_text(settings, "broker.host"), "example.no");
    assert_int_equal(settings_int(settings, "broker.port"), 8883);
    assert_int_equal(settings_ms(settings, "bridge.silence_seconds"), 500);
    assert_string_equal(settings_text(settings, "broker.root"), "selvhjelp/v1");
}

static void an_unknown_key_is_refused_with_file_and_line(void **state)
{
    (void)state;
    assert_int_equal(load("[broker]\nhost = a\nhosst = b\n"), -1);
    assert_says(&err, "test.conf:3: ");
    assert_says(&err, "broker.hosst");
    assert_int_equal(err.count, 1);
}

static void a_key_outside_its_section_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(load("host = a\n"), -1);
    assert_says(&err, "test.conf:1: ");
}

static void each_fault_has_its_line(void **state)
{
    (void)state;
    assert_int_equal(load("[broker]\nport = many\nport = 0\nport = 65536\n[nothing]\na = b\n"), -1);
    assert_says(&err, "test.conf:2: ");
    assert_says(&err, "test.conf:3: ");
    assert_says(&err, "test.conf:4: ");
    assert_says(&err, "test.conf:6: ");
    assert_int_equal(err.count, 4);
    assert_int_equal(settings_int(settings, "broker.port"), 1883);
}

static void a_line_that_is_no_ini_is_refused(void **state)
{
    (void)state;
    assert_int_equal(load("[broker]\nhost\n"), -1);
    assert_says(&err, "test.conf:2: ");
}

static void a_missing_file_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(settings_load(settings, "/nowhere/at/all.conf", &err), -1);
    assert_says(&err, "/nowhere/at/all.conf");
}

static void numbers_are_what_they_look_like(void **state)
{
    (void)state;
    static const struct {
        const char *assignment;
        int value; /* 0: refused */
    } cases[] = {
        {"broker.port=1", 1},
        {"broker.port=65535", 65535},
        {"broker.port=65536", 0},
        {"broker.port=0", 0},
        {"broker.port=-1", 0},
        {"broker.port=1883x", 0},
        {"broker.port=", 0},
        {"broker.port=18.5", 0},
        {"broker.port=nan", 0},
        {"broker.port=inf", 0},
        {"broker.port=99999999999999999999", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int rc = settings_set(settings, cases[i].assignment, &err);
        if (rc != (cases[i].value ? 0 : -1) ||
            (cases[i].value && settings_int(settings, "broker.port") != cases[i].value))
            fail_msg("%s: %d, %d", cases[i].assignment, rc, settings_int(settings, "broker.port"));
    }
}

/* Whatever way of writing a number is accepted, the value is the number that was checked. */
static void an_accepted_number_is_the_one_that_is_used(void **state)
{
    (void)state;
    static const struct {
        const char *assignment;
        int value;
    } cases[] = {{"broker.port=2e3", 2000}, {"broker.port=0x10", 16}, {"broker.port=20.0", 20}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (settings_set(settings, cases[i].assignment, &err) == 0)
            assert_int_equal(settings_int(settings, "broker.port"), cases[i].value);
}

static void an_override_is_section_dot_key_is_value(void **state)
{
    (void)state;
    assert_int_equal(settings_set(settings, "broker.host=a=b", &err), 0);
    assert_string_equal(settings_text(settings, "broker.host"), "a=b");
    assert_int_equal(settings_set(settings, "broker.host", &err), -1);
    assert_int_equal(settings_set(settings, "", &err), -1);
    assert_int_equal(settings_set(settings, "=x", &err), -1);
    assert_int_equal(settings_set(settings, "nothing.here=1", &err), -1);
    assert_says(&err, "nothing.here");
    assert_string_equal(settings_text(settings, "broker.host"), "a=b");
}

static void telegram_has_settings_of_its_own(void **state)
{
    (void)state;
    static const char *const bad[] = {"telegram.poll_seconds=0", "telegram.poll_seconds=51",
                                      "telegram.poll_seconds=x", "telegram.token=123:ABC"};
    assert_string_equal(settings_text(settings, "telegram.api_base"), "https://api.telegram.org");
    assert_string_equal(settings_text(settings, "telegram.token_file"), "build/telegram-token");
    assert_string_equal(settings_text(settings, "telegram.journal"), "build/telegram.journal");
    assert_string_equal(settings_text(settings, "telegram.key_file"), "build/telegram.key");
    assert_int_equal(settings_int(settings, "telegram.poll_seconds"), 50);
    assert_int_equal(settings_set(settings, "telegram.poll_seconds=1", &err), 0);
    assert_int_equal(settings_int(settings, "telegram.poll_seconds"), 1);
    assert_no_fault(&err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(settings_set(settings, bad[i], &err), -1);
    assert_int_equal(load("[telegram]\ntoken_file = /x\napi_base = http://127.0.0.1:8081\n"), 0);
    assert_string_equal(settings_text(settings, "telegram.token_file"), "/x");
}

static void a_value_has_a_largest_size(void **state)
{
    (void)state;
    char assignment[2000] = "broker.host=";
    memset(assignment + strlen(assignment), 'x', 1023);
    assert_int_equal(settings_set(settings, assignment, &err), 0);
    assert_int_equal(strlen(settings_text(settings, "broker.host")), 1023);
    assignment[strlen(assignment)] = 'x';
    assert_int_equal(settings_set(settings, assignment, &err), -1);
}

static int secret(const char *text, char *out, size_t size)
{
    char assignment[600];
    snprintf(assignment, sizeof assignment, "broker.password_file=%s", unit_write("secret", text));
    assert_int_equal(settings_set(settings, assignment, &err), 0);
    err_clear(&err);
    return settings_secret(settings, "broker.password_file", out, size, &err);
}

static void a_secret_is_the_first_line_of_its_file(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(secret("hemmelig\nmer\n", out, sizeof out), 0);
    assert_string_equal(out, "hemmelig");
    assert_int_equal(secret("med mellomrom \r\n", out, sizeof out), 0);
    assert_string_equal(out, "med mellomrom ");
    assert_int_equal(secret("uten linjeslutt", out, sizeof out), 0);
    assert_string_equal(out, "uten linjeslutt");
}

static void no_secret_file_means_no_secret(void **state)
{
    (void)state;
    char out[16] = "x";
    assert_int_equal(settings_secret(settings, "broker.password_file", out, sizeof out, &err), 0);
    assert_string_equal(out, "");
}

static void an_empty_too_long_or_missing_secret_is_refused_and_never_shown(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(secret("", out, sizeof out), -1);
    assert_int_equal(secret("\nhemmelig\n", out, sizeof out), -1);
    assert_int_equal(secret("0123456789abcdef", out, sizeof out), -1);
    assert_says(&err, "secret:1: ");
    assert_null(strstr(err.text, "0123456789abcdef"));
    assert_string_equal(out, "");
    assert_int_equal(settings_set(settings, "broker.password_file=/nowhere/secret", &err), 0);
    assert_int_equal(settings_secret(settings, "broker.password_file", out, sizeof out, &err), -1);
}

/* The shipped file, with its comment marks taken off the keys, must load and change nothing but the paths. */
static void the_printed_defaults_can_be_loaded(void **state)
{
    (void)state;
    char *text = NULL, *from, *to;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    settings_print_defaults(out);
    fclose(out);
    assert_contains(text, "[broker]");
    assert_contains(text, ";port = 1883");
    for (from = to = text; *from; from++)
        if (!(*from == ';' && from[1] != ' '))
            *to++ = *from;
    *to = '\0';
    assert_int_equal(load(text), 0);
    assert_no_fault(&err);
    assert_int_equal(settings_int(settings, "core.hits"), 3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_defaults, start, end),
        cmocka_unit_test_setup_teardown(paths_are_those_of_the_checkout_in_a_checkout, start, end),
        cmocka_unit_test_setup_teardown(a_file_overrides_what_it_names, start, end),
        cmocka_unit_test_setup_teardown(an_unknown_key_is_refused_with_file_and_line, start, end),
        cmocka_unit_test_setup_teardown(a_key_outside_its_section_is_unknown, start, end),
        cmocka_unit_test_setup_teardown(each_fault_has_its_line, start, end),
        cmocka_unit_test_setup_teardown(a_line_that_is_no_ini_is_refused, start, end),
        cmocka_unit_test_setup_teardown(a_missing_file_is_a_fault, start, end),
        cmocka_unit_test_setup_teardown(numbers_are_what_they_look_like, start, end),
        cmocka_unit_test_setup_teardown(an_accepted_number_is_the_one_that_is_used, start, end),
        cmocka_unit_test_setup_teardown(an_override_is_section_dot_key_is_value, start, end),
        cmocka_unit_test_setup_teardown(telegram_has_settings_of_its_own, start, end),
        cmocka_unit_test_setup_teardown(a_value_has_a_largest_size, start, end),
        cmocka_unit_test_setup_teardown(a_secret_is_the_first_line_of_its_file, start, end),
        cmocka_unit_test_setup_teardown(no_secret_file_means_no_secret, start, end),
        cmocka_unit_test_setup_teardown(an_empty_too_long_or_missing_secret_is_refused_and_never_shown, start,
                                        end),
        cmocka_unit_test_setup_teardown(the_printed_defaults_can_be_loaded, start, end),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
