/* How people are reached: telephone numbers and e-mail addresses as they are typed. */
#include "unit.h"

#include "talk/request.h"

static void numbers_for_people_are_read_and_tidied(void **state)
{
    (void)state;
    static const char *const numbers[][2] = {
        {"91234567", "912 34 567"},
        {"912 34 567", "912 34 567"},
        {" 41 23 45 67 ", "412 34 567"},
        {"22334455", "22 33 44 55"},
        {"75.12.34.56", "75 12 34 56"},
        {"(22) 33-44-55", "22 33 44 55"},
        {"81549300", "81 54 93 00"},
        {"+47 912 34 567", "912 34 567"},
        {"+4722334455", "22 33 44 55"},
        {"0047 912 34 567", "912 34 567"},
        {"00 47 22 33 44 55", "22 33 44 55"},
        {"+46701234567", "+46701234567"},
        {"+46 70-123 45 67", "+46701234567"},
        {"0046701234567", "+46701234567"},
        {"+1 (415) 555-2671", "+14155552671"},
        {"+29812345", "+29812345"},               /* eight digits */
        {"+123456789012345", "+123456789012345"}, /* fifteen */
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char out[CONTACT_SIZE] = "", again[CONTACT_SIZE] = "";
        if (!contact_phone(numbers[i][0], out))
            fail_msg("\"%s\" was refused", numbers[i][0]);
        assert_string_equal(out, numbers[i][1]);
        assert_true(contact_phone(out, again)); /* what it writes it reads */
        assert_string_equal(again, out);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "+",
                                        "++4791234567",
                                        "9123456",
                                        "912345678",
                                        "01234567",
                                        "12345678",
                                        "00000000",
                                        "112",
                                        "+4712345678",
                                        "+4701234567",
                                        "004712345678",
                                        "+0123456789",
                                        "00",
                                        "0047",
                                        "000123456789",
                                        "+1234567",
                                        "+1234567890123456",
                                        "001234567890123456",
                                        "4791234567",
                                        "91234567a",
                                        "ring 91234567",
                                        "nei",
                                        "91234567 og 22334455",
                                        "91234567+",
                                        "9+1234567",
                                        "912\n34567",
                                        "912\t34567",
                                        "91234567\x01",
                                        "91234567\x7f",
                                        "9123456😢",
                                        "😢91234567",
                                        "９１２３４５６７",
                                        "٩١٢٣٤٥٦٧",
                                        "9123456\xff",
                                        "912,34,567",
                                        "kari@x.no",
                                        "%s%n%s%n",
                                        "-1234567",
                                        "1e7",
                                        "0x912345"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[CONTACT_SIZE] = "";
        if (contact_phone(texts[i], out))
            fail_msg("\"%s\" was taken as %s", texts[i], out);
    }
}

static void addresses_are_taken_as_they_stand_without_the_blanks_around(void **state)
{
    (void)state;
    static const char *const addresses[] = {"a@b.no",      "kari.nordmann+sj@kommune.no",
                                            "KARI@X.NO",   "a_b-c@post.domain.co.uk",
                                            "o'hara@x.no", "ærlig@blåbær.no",
                                            "123@456.no",  "a@b-c.museum",
                                            "a{b}~c@d.eu"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char out[CONTACT_SIZE] = "", padded[200];
        snprintf(padded, sizeof padded, "  %s ", addresses[i]);
        if (!contact_email(padded, out))
            fail_msg("\"%s\" was refused", addresses[i]);
        assert_string_equal(out, addresses[i]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "@",
                                        "a@",
                                        "@b.no",
                                        "a@b",
                                        "a@b.",
                                        "a@.no",
                                        "a@b..no",
                                        "a@b.no.",
                                        ".a@b.no",
                                        "a.@b.no",
                                        "a..b@c.no",
                                        "a b@c.no",
                                        "a@b c.no",
                                        "a@b .no",
                                        "a@@b.no",
                                        "a@b@c.no",
                                        "a@b.n",
                                        "a@b.no\n",
                                        "a\n@b.no",
                                        "a\t@b.no",
                                        "a@b.no\x01",
                                        "a@b.no\x7f",
                                        "a@b.no>",
                                        "<a@b.no>",
                                        "mailto:a@b.no",
                                        "kari at x.no",
                                        "kari.x.no",
                                        "a@b_c.no",
                                        "a,b@c.no",
                                        "a@b.no,c@d.no",
                                        "a@b.no;",
                                        "\"a b\"@c.no",
                                        "a@[1.2.3.4]",
                                        "a@b.no?subject=x",
                                        "91234567"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[CONTACT_SIZE] = "";
        if (contact_email(texts[i], out))
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

/* Blanks are not only U+0020, and what cannot be seen would show a coordinator another address than it is. */
static void an_address_with_blanks_or_marks_that_do_not_show_is_refused(void **state)
{
    (void)state;
    static const char *const marks[] = {"\u00A0", "\u2003", "\u3000", "\u2028", "\u200B", "\u202E", "\uFEFF"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char text[64], out[CONTACT_SIZE] = "";
        snprintf(text, sizeof text, "kari%sx@post.no", marks[i]);
        if (contact_email(text, out))
            fail_msg("mark %zu was taken before the @", i);
        snprintf(text, sizeof text, "kari@po%sst.no", marks[i]);
        if (contact_email(text, out))
            fail_msg("mark %zu was taken behind the @", i);
    }
}

static void an_address_is_as_long_as_its_place(void **state)
{
    (void)state;
    char text[400], out[CONTACT_SIZE] = "";
    snprintf(text, sizeof text, "%064d@b.no", 1);
    assert_true(contact_email(text, out));
    assert_string_equal(out, text);
    snprintf(text, sizeof text, "%065d@b.no", 1);
    assert_false(contact_email(text, out));
    snprintf(text, sizeof text, "a@%0*d.no", CONTACT_SIZE - 6, 1);
    assert_true(contact_email(text, out));
    assert_int_equal(strlen(out), CONTACT_SIZE - 1);
    snprintf(text, sizeof text, "a@%0*d.no", CONTACT_SIZE - 5, 1);
    assert_false(contact_email(text, out));
}

static void ten_thousand_bytes_are_refused_whatever_they_are(void **state)
{
    (void)state;
    static const char fillers[] = "9+0@a.\x01\xC3";
    enum { MANY = 10000 };
    char *text = malloc(MANY + 1), out[CONTACT_SIZE];
    assert_non_null(text);
    text[MANY] = '\0';
    memset(text, ' ', MANY);
    assert_false(contact_phone(text, out) || contact_email(text, out));
    for (size_t i = 0; i < sizeof fillers - 1; i++) {
        memset(text, fillers[i], MANY);
        assert_false(contact_phone(text, out) || contact_email(text, out));
        memcpy(text, "a@b.no", 6);
        assert_false(contact_email(text, out));
        memcpy(text, "+47912", 6);
        assert_false(contact_phone(text, out));
    }
    free(text);
}

/* Whatever is written: what is taken has the form, and is taken again as it stands. */
static void noise_gives_a_number_or_an_address_or_nothing(void **state)
{
    (void)state;
    static const char letters[] = "0123456789999  +-.()/@@aæ\n\x01";
    for (int round = 0; round < 300000; round++) {
        char text[24], out[CONTACT_SIZE], again[CONTACT_SIZE];
        size_t len = unit_random(sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = letters[unit_random(round % 2 ? 13 : sizeof letters - 1)];
        text[len] = '\0';
        if (contact_phone(text, out)) {
            assert_int_equal(strspn(out + (*out == '+'), "0123456789 "), strlen(out) - (*out == '+'));
            assert_true(contact_phone(out, again) && strcmp(out, again) == 0);
        }
        if (contact_email(text, out)) {
            assert_true(strchr(out, '@') && !strpbrk(out, " \n\x01()"));
            assert_true(contact_email(out, again) && strcmp(out, again) == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_people_are_read_and_tidied),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(addresses_are_taken_as_they_stand_without_the_blanks_around),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(an_address_with_blanks_or_marks_that_do_not_show_is_refused),
        cmocka_unit_test(an_address_is_as_long_as_its_place),
        cmocka_unit_test(ten_thousand_bytes_are_refused_whatever_they_are),
        cmocka_unit_test(noise_gives_a_number_or_an_address_or_nothing),
    };
    return cmocka_run_group_tests_name("contact", tests, NULL, NULL);
}
