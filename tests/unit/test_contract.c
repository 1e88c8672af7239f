/* The contract on MQTT: what is written is read back, and what is wrong is refused with its reason.
 * It is over 600 lines because the whole contract is held against one table of cases a message. */
#include "unit.h"

#include "base/clock.h"
#include "wire/contract.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* ---- names and topics ---- */

static void network_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "telegram", "matrix-2", "a23456789012345678901234567890-2"};
    static const char *const bad[] = {
        "", "A", "1a", "-a", "a_b", "a b", "a/b", "a+", "a#", "å", "a2345678901234567890123456789012x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!contract_network_fits(good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (contract_network_fits(bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
}

static void chat_tokens(void **state)
{
    (void)state;
    char longest[402];
    memset(longest, 'x', sizeof longest);
    assert_true(contract_chat_fits("A-_z9", 5));
    assert_true(contract_chat_fits(longest, 400));
    assert_false(contract_chat_fits(longest, 401));
    assert_false(contract_chat_fits("", 0));
    static const char *const bad[] = {"a b", "a/b", "a+", "#", "a=", "å", "a.b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(contract_chat_fits(bad[i], strlen(bad[i])));
}

static void ids(void **state)
{
    (void)state;
    char longest[302];
    memset(longest, 'x', sizeof longest);
    longest[300] = '\0';
    assert_false(contract_id_fits("$abc:ø.no"));
    assert_true(contract_id_fits("$abc:example.org/!~"));
    assert_true(contract_id_fits(longest));
    longest[300] = 'x';
    longest[301] = '\0';
    assert_false(contract_id_fits(longest));
    assert_false(contract_id_fits(""));
    assert_false(contract_id_fits("a b"));
    assert_false(contract_id_fits("a\n"));
    assert_false(contract_id_fits("a\x7F"));
}

static void values_of_the_core_s_beginning_stay(void **state)
{
    (void)state;
    assert_true(contract_stays("s.1"));
    assert_true(contract_stays("s.ta.K7PXM"));
    assert_true(contract_stays("s."));
    static const char *const others[] = {"",    "s",    "S.1",  "0123abcd.2", "0123abcd.s.1",
                                         ".s.", " s.1", "ss.1", "s,1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (contract_stays(others[i]))
            fail_msg("stays: \"%s\"", others[i]);
}

static void topics_go_round(void **state)
{
    (void)state;
    char text[CONTRACT_TOPIC_LARGEST];
    struct topic topic;
    topic_write(text, "selvhjelp/v1", TOPIC_IN, "telegram", "tok-1");
    assert_string_equal(text, "selvhjelp/v1/in/telegram/tok-1");
    assert_int_equal(topic_read("selvhjelp/v1", text, &topic), 0);
    assert_int_equal(topic.kind, TOPIC_IN);
    assert_string_equal(topic.network, "telegram");
    assert_string_equal(topic.chat, "tok-1");
    static const enum topic_kind plain[] = {TOPIC_ACCEPTED, TOPIC_DELIVERED, TOPIC_STATUS};
    for (size_t i = 0; i < 3; i++) {
        topic_write(text, "r", plain[i], "core", NULL);
        assert_int_equal(topic_read("r", text, &topic), 0);
        assert_int_equal(topic.kind, plain[i]);
        assert_string_equal(topic.network, "core");
        assert_string_equal(topic.chat, "");
    }
    char network[33], chat[401];
    memset(network, 'n', 32);
    memset(chat, 'c', 400);
    network[32] = chat[400] = '\0';
    topic_write(text, "selvhjelp/v1", TOPIC_OUT, network, chat);
    assert_int_equal(topic_read("selvhjelp/v1", text, &topic), 0);
    assert_string_equal(topic.chat, chat);
}

static void other_topics_are_not_ours(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "r",
        "r/",
        "r/in",
        "r/in/",
        "r/in/telegram",
        "r/in/telegram/",
        "r/in/telegram/a/b",
        "r/in//a",
        "r/in/Telegram/a",
        "r/other/telegram/a",
        "r/i/telegram/a",
        "r/inn/telegram/a",
        "r/accepted",
        "r/accepted/",
        "r/accepted/telegram/a",
        "r/accepted/telegram/",
        "r/status/core/x",
        "r/out/telegram",
        "rr/in/telegram/a",
        "in/telegram/a",
        "r/in/telegram/a b",
        "r/in/+/a",
        "r/in/telegram/#",
        "r//in/telegram/a",
        "/r/in/telegram/a",
        "r/in/telegram/\xE5",
        "r//telegram",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct topic topic;
        memset(&topic, 0xAA, sizeof topic);
        if (topic_read("r", bad[i], &topic) != -1 || topic.kind != TOPIC_OTHER)
            fail_msg("accepted: %s", bad[i]);
    }
}

/* ---- in ---- */

static int read_bytes(const char *payload, size_t len, struct event *event, const char **id,
                      const char **reason)
{
    char *exact = malloc(len + 1); /* so that a sanitizer sees a read behind it */
    memcpy(exact, payload, len);
    char *smaller = realloc(exact, len ? len : 1);
    int rc = contract_read_in(smaller, len, &arena, event, id, reason);
    free(smaller);
    return rc;
}

static struct event good_in(const char *payload)
{
    struct event event;
    const char *id, *reason = "";
    if (read_bytes(payload, strlen(payload), &event, &id, &reason))
        fail_msg("refused (%s): %s", reason, payload);
    assert_string_equal(id, event.id);
    return event;
}

static void assert_refused_bytes(const char *payload, size_t len, const char *expected_id,
                                 const char *expected_reason)
{
    struct event event;
    const char *id = "x", *reason = "";
    if (read_bytes(payload, len, &event, &id, &reason) != -1)
        fail_msg("accepted: %s", payload);
    assert_string_equal(reason, expected_reason);
    if (!expected_id)
        assert_null(id);
    else
        assert_string_equal(id, expected_id);
}

static void assert_refused(const char *payload, const char *id, const char *reason)
{
    assert_refused_bytes(payload, strlen(payload), id, reason);
}

#define HEAD "{\"id\":\"1\",\"time\":\"2026-11-22T05:01:07.123Z\",\"sender\":{}"

static void a_text_is_read_with_all_its_members(void **state)
{
    (void)state;
    struct event e = good_in("{\"id\":\"$a:b\",\"time\":\"2026-11-22T05:01:07.123Z\",\"sender\":{"
                             "\"language\":\"nn\",\"name\":\"x\"},\"late\":true,\"edits\":\"$old\","
                             "\"text\":\"Hei på\\ndeg\",\"unknown\":[1,{}]}");
    assert_int_equal(e.kind, EVENT_TEXT);
    assert_string_equal(e.id, "$a:b");
    assert_int_equal(e.time, INT64_C(1795323667123));
    assert_string_equal(e.language, "nn");
    assert_true(e.late);
    assert_string_equal(e.edits, "$old");
    assert_string_equal(e.text, "Hei på\ndeg");
    assert_int_equal(e.text_len, strlen("Hei på\ndeg"));
}

static void what_may_be_missing_may_be_missing(void **state)
{
    (void)state;
    struct event e = good_in("{\"id\":\"1\",\"time\":\"2026-11-22T05:01:07Z\",\"text\":\"\"}");
    assert_null(e.language);
    assert_null(e.edits);
    assert_false(e.late);
    assert_int_equal(e.text_len, 0);
}

static void every_event_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum event_kind kind;
    } events[] = {{"started", EVENT_STARTED},     {"blocked", EVENT_BLOCKED},
                  {"unblocked", EVENT_UNBLOCKED}, {"group", EVENT_GROUP},
                  {"encrypted", EVENT_ENCRYPTED}, {"unsupported", EVENT_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char payload[200];
        snprintf(payload, sizeof payload, HEAD ",\"event\":\"%s\",\"kind\":\"voice\"}", events[i].name);
        struct event e = good_in(payload);
        assert_int_equal(e.kind, events[i].kind);
        assert_string_equal(e.what, "voice");
    }
    struct event e = good_in(HEAD ",\"event\":\"moved\",\"from\":\"old_token\"}");
    assert_int_equal(e.kind, EVENT_MOVED);
    assert_string_equal(e.from, "old_token");
    e = good_in(HEAD ",\"choice\":\"0123abcd.2\"}");
    assert_int_equal(e.kind, EVENT_CHOICE);
    assert_string_equal(e.choice, "0123abcd.2");
    e = good_in(HEAD ",\"location\":{\"lat\":59.9,\"lon\":-10}}");
    assert_int_equal(e.kind, EVENT_LOCATION);
    assert_float_equal(e.lat, 59.9, 1e-9);
    assert_float_equal(e.lon, -10, 1e-9);
}

static void every_refusal_has_its_reason_and_the_id_if_there_is_one(void **state)
{
    (void)state;
    static const char json[] = "not a JSON object in UTF-8",
                      one[] = "not exactly one of text, choice, location, event",
                      range[] = "location out of range";
    assert_refused("", NULL, json);
    assert_refused("hei", NULL, json);
    assert_refused("[]", NULL, json);
    assert_refused("\"a\"", NULL, json);
    assert_refused("null", NULL, json);
    assert_refused(HEAD ",\"text\":\"a\"", NULL, json);
    assert_refused(HEAD ",\"text\":\"a\"}x", NULL, json);
    assert_refused(HEAD ",\"text\":\"a\",\"text\":\"b\"}", NULL, json);
    assert_refused(HEAD ",\"text\":\"a\\u0000b\"}", NULL, json);
    assert_refused(HEAD ",\"text\":\"\\ud800\"}", NULL, json);
    assert_refused("{}", NULL, "no valid id");
    assert_refused("{\"id\":7}", NULL, "no valid id");
    assert_refused("{\"id\":\"\"}", NULL, "no valid id");
    assert_refused("{\"id\":\"a b\"}", NULL, "no valid id");
    assert_refused("{\"id\":\"\xC3\xA5\"}", NULL, "no valid id");
    assert_refused("{\"id\":\"1\"}", "1", "no valid time");
    assert_refused("{\"id\":\"1\",\"time\":1795323667}", "1", "no valid time");
    assert_refused("{\"id\":\"1\",\"time\":\"i dag\"}", "1", "no valid time");
    assert_refused(HEAD "}", "1", one);
    assert_refused(HEAD ",\"text\":\"a\",\"choice\":\"b\"}", "1", one);
    assert_refused(HEAD ",\"text\":\"a\",\"event\":\"started\"}", "1", one);
    assert_refused(HEAD ",\"text\":7}", "1", "text is no text");
    assert_refused(HEAD ",\"text\":null}", "1", "text is no text");
    assert_refused(HEAD ",\"choice\":7}", "1", "choice is no ASCII text of at most 64 bytes");
    assert_refused(HEAD ",\"choice\":\"12345678901234567890123456789012345678901234567890123456789012345\"}",
                   "1", "choice is no ASCII text of at most 64 bytes");
    assert_refused(HEAD ",\"location\":7}", "1", "location is no object");
    assert_refused(HEAD ",\"location\":{}}", "1", range);
    assert_refused(HEAD ",\"location\":{\"lat\":91,\"lon\":0}}", "1", range);
    assert_refused(HEAD ",\"location\":{\"lat\":0,\"lon\":-180.1}}", "1", range);
    assert_refused(HEAD ",\"location\":{\"lat\":\"59\",\"lon\":\"10\"}}", "1", range);
    assert_refused(HEAD ",\"event\":7}", "1", "event is no text");
    assert_refused(HEAD ",\"event\":\"exploded\"}", "1", "unknown event");
    assert_refused(HEAD ",\"event\":\"moved\"}", "1", "moved without from");
    assert_refused(HEAD ",\"event\":\"moved\",\"from\":\"a b\"}", "1", "moved without from");
    assert_refused(HEAD ",\"event\":\"moved\",\"from\":\"\"}", "1", "moved without from");
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
    (void)state;
    assert_refused(HEAD ",\"text\":\"p\xE5\"}", NULL, "not a JSON object in UTF-8");
    assert_refused(HEAD ",\"text\":\"\xC0\x80\"}", NULL, "not a JSON object in UTF-8");
    assert_refused(HEAD ",\"text\":\"\xED\xA0\x80\"}", NULL, "not a JSON object in UTF-8");
    assert_refused_bytes("{\"id\":\"1\"\0}", 11, NULL, "not a JSON object in UTF-8");
}

static char *of_size(size_t size)
{
    char *payload = malloc(size + 1);
    size_t head = strlen(HEAD ",\"text\":\"");
    memset(payload, 'a', size);
    memcpy(payload, HEAD ",\"text\":\"", head);
    memcpy(payload + size - 2, "\"}", 3);
    return payload;
}

static void a_message_may_have_32_KiB_and_no_more(void **state)
{
    (void)state;
    char *payload = of_size(CONTRACT_IN_LARGEST);
    good_in(payload);
    free(payload);
    payload = of_size(CONTRACT_IN_LARGEST + 1);
    assert_refused(payload, "1", "larger than 32 KiB");
    free(payload);
}

static void deep_json_is_refused_or_ignored_but_does_not_crash(void **state)
{
    (void)state;
    char *deep = malloc(CONTRACT_IN_LARGEST + 1);
    memset(deep, '[', CONTRACT_IN_LARGEST);
    deep[CONTRACT_IN_LARGEST] = '\0';
    assert_refused(deep, NULL, "not a JSON object in UTF-8");
    struct buf nested = BUF_INIT(CONTRACT_IN_LARGEST);
    buf_add_str(&nested, HEAD ",\"x\":");
    for (int i = 0; i < 10000; i++)
        buf_add_char(&nested, '[');
    for (int i = 0; i < 10000; i++)
        buf_add_char(&nested, ']');
    buf_add_str(&nested, ",\"text\":\"a\"}");
    assert_refused(buf_str(&nested), NULL, "not a JSON object in UTF-8");
    buf_free(&nested);
    free(deep);
}

static void assert_in_round(const struct event *before)
{
    struct buf payload = BUF_INIT(CONTRACT_IN_LARGEST);
    contract_write_in(before, &payload);
    assert_int_equal(buf_done(&payload), 0);
    struct event after = good_in(buf_str(&payload));
    assert_int_equal(after.kind, before->kind);
    assert_string_equal(after.id, before->id);
    assert_int_equal(after.time, before->time);
    assert_int_equal(after.late, before->late);
    assert_int_equal(!after.language, !before->language);
    assert_int_equal(!after.edits, !before->edits);
    if (before->kind == EVENT_TEXT) {
        assert_int_equal(after.text_len, before->text_len);
        assert_memory_equal(after.text, before->text, before->text_len);
    }
    if (before->kind == EVENT_CHOICE)
        assert_string_equal(after.choice, before->choice);
    if (before->kind == EVENT_LOCATION) {
        assert_float_equal(after.lat, before->lat, 1e-6);
        assert_float_equal(after.lon, before->lon, 1e-6);
    }
    if (before->kind == EVENT_UNSUPPORTED && before->what)
        assert_string_equal(after.what, before->what);
    if (before->kind == EVENT_MOVED)
        assert_string_equal(after.from, before->from);
    buf_free(&payload);
}

static void in_goes_round(void **state)
{
    (void)state;
    for (int kind = EVENT_TEXT; kind <= EVENT_UNSUPPORTED; kind++)
        for (int variant = 0; variant < 8; variant++) {
            struct event event = {.kind = (enum event_kind)kind,
                                  .id = "tok/17/0",
                                  .time = INT64_C(1795323667123) + variant,
                                  .late = variant & 1,
                                  .language = variant & 2 ? "nb-NO" : NULL,
                                  .edits = variant & 4 ? "tok/17" : NULL,
                                  .text = "«Hei» \"du\"\\\n\t😢",
                                  .choice = "a.1",
                                  .lat = 59.912731,
                                  .lon = -10.746093,
                                  .what = "voice",
                                  .from = "old"};
            event.text_len = strlen(event.text);
            assert_in_round(&event);
        }
}

static void damaged_payloads_are_survived(void **state)
{
    (void)state;
    static const char good[] = HEAD ",\"late\":true,\"edits\":\"2\",\"text\":\"Hei p\xC3\xA5 deg\"}";
    for (int round = 0; round < 100000; round++) {
        char payload[sizeof good];
        struct event event;
        const char *id, *reason = NULL;
        memcpy(payload, good, sizeof good);
        size_t len = unit_random(2) ? sizeof good - 1 : unit_random(sizeof good);
        for (uint32_t n = 1 + unit_random(3); n > 0 && len; n--)
            payload[unit_random((uint32_t)len)] = unit_random(2) ? (char)unit_random(256)
                                                                 : "{}[]\":,0\\"[unit_random(9)];
        if (read_bytes(payload, len, &event, &id, &reason) == 0) {
            assert_true(contract_id_fits(event.id));
            assert_ptr_equal(id, event.id);
        } else {
            assert_non_null(reason);
        }
        arena_reset(&arena);
    }
}

/* ---- accepted ---- */

static void accepted_goes_round(void **state)
{
    (void)state;
    const char *list[] = {"a", "b"};
    struct refusal refused[] = {{"c", "no valid time"}};
    struct accepted before = {list, 2, refused, 1}, after;
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    contract_write_accepted(&before, &payload);
    assert_string_equal(buf_str(&payload),
                        "{\"ids\":[\"a\",\"b\"],\"refused\":[{\"id\":\"c\",\"reason\":\"no valid time\"}]}");
    assert_int_equal(contract_read_accepted(buf_str(&payload), payload.len, &arena, &after), 0);
    assert_int_equal(after.n_ids, 2);
    assert_string_equal(after.ids[1], "b");
    assert_int_equal(after.n_refused, 1);
    assert_string_equal(after.refused[0].reason, "no valid time");
    buf_free(&payload);
}

static int read_accepted(const char *payload, struct accepted *out)
{
    return contract_read_accepted(payload, strlen(payload), &arena, out);
}

static void accepted_skips_what_is_no_id_and_refuses_what_is_no_list(void **state)
{
    (void)state;
    struct accepted a;
    assert_int_equal(
        read_accepted("{\"ids\":[\"a\",7,\"b c\",\"\"],\"refused\":[{\"id\":\"d\"},{},7,{\"id\":7}]}", &a),
        0);
    assert_int_equal(a.n_ids, 1);
    assert_int_equal(a.n_refused, 1);
    assert_string_equal(a.refused[0].reason, "");
    assert_int_equal(read_accepted("{}", &a), 0);
    assert_int_equal(a.n_ids, 0);
    assert_int_equal(read_accepted("[]", &a), -1);
    assert_int_equal(read_accepted("", &a), -1);
    assert_int_equal(read_accepted("{\"ids\":\"abc\"}", &a), 0);
    assert_int_equal(a.n_ids, 0);
}

static void accepted_holds_at_most_500_of_the_longest_ids(void **state)
{
    (void)state;
    char id[301];
    const char *list[501];
    memset(id, 'x', 300);
    id[300] = '\0';
    for (int i = 0; i < 501; i++)
        list[i] = id;
    for (size_t n = 500; n <= 501; n++) {
        struct accepted before = {list, n, NULL, 0}, after;
        struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
        contract_write_accepted(&before, &payload);
        assert_int_equal(buf_done(&payload), 0);
        assert_int_equal(contract_read_accepted(buf_str(&payload), payload.len, &arena, &after),
                         n == 500 ? 0 : -1);
        buf_free(&payload);
    }
}

/* ---- out ---- */

static void out_goes_round(void **state)
{
    (void)state;
    struct out before = {.id = "o1",
                         .answers = "i1",
                         .language = "nn",
                         .text = "Hei **du**\n\n- a «b» \"c\"",
                         .ask_location = true,
                         .urgent = true,
                         .expires = INT64_C(1795323667123)};
    for (size_t n = 0; n <= CONTRACT_CHOICES_MOST; n++) {
        struct out after;
        struct buf payload = BUF_INIT(CONTRACT_OUT_LARGEST);
        before.n_buttons = n;
        for (size_t i = 0; i < n; i++)
            before.buttons[i] = (struct button){i % 3 ? "Ja" : "En lang tekst på en knapp",
                                                arena_printf(&arena, "tag.%zu", i + 1)};
        contract_write_out(&before, &payload);
        assert_int_equal(buf_done(&payload), 0);
        assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &arena, &after), 0);
        assert_string_equal(after.id, "o1");
        assert_string_equal(after.answers, "i1");
        assert_string_equal(after.language, "nn");
        assert_string_equal(after.text, before.text);
        assert_true(after.ask_location && after.urgent);
        assert_int_equal(after.expires, before.expires);
        assert_int_equal(after.n_buttons, n);
        for (size_t i = 0; i < n; i++) { /* in reading order */
            assert_string_equal(after.buttons[i].label, before.buttons[i].label);
            assert_string_equal(after.buttons[i].value, before.buttons[i].value);
        }
        buf_free(&payload);
    }
}

static void a_plain_out_says_no_more_than_it_must(void **state)
{
    (void)state;
    struct out before = {.id = "o1", .language = "nb", .text = "Hei"}, after;
    struct buf payload = BUF_INIT(CONTRACT_OUT_LARGEST);
    contract_write_out(&before, &payload);
    assert_null(strstr(buf_str(&payload), "urgent"));
    assert_null(strstr(buf_str(&payload), "expires"));
    assert_null(strstr(buf_str(&payload), "answers"));
    assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &arena, &after), 0);
    assert_false(after.urgent || after.ask_location);
    assert_int_equal(after.expires, 0);
    buf_free(&payload);
}

static int read_out(const char *payload, struct out *out)
{
    return contract_read_out(payload, strlen(payload), &arena, out);
}

static void an_out_without_id_or_text_is_refused(void **state)
{
    (void)state;
    struct out out;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"id\":\"1\"}",
                                      "{\"text\":\"a\"}",
                                      "{\"id\":\"a b\",\"text\":\"a\"}",
                                      "{\"id\":7,\"text\":\"a\"}",
                                      "{\"id\":\"1\",\"text\":7}",
                                      "{\"id\":\"1\",\"text\":\"\xE5\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_out(bad[i], &out) != -1)
            fail_msg("accepted: %s", bad[i]);
}

static void odd_members_of_an_out_are_ignored(void **state)
{
    (void)state;
    struct out out;
    assert_int_equal(
        read_out("{\"id\":\"1\",\"text\":\"a\",\"urgent\":\"yes\",\"expires\":\"soon\",\"choices\":[7,[{}],[{"
                 "\"label\":\"a\"}],[{\"label\":\"b\",\"value\":\"v\"},null]],\"x\":{}}",
                 &out),
        0);
    assert_false(out.urgent);
    assert_int_equal(out.expires, 0);
    assert_int_equal(out.n_buttons, 1);
    assert_string_equal(out.buttons[0].label, "b");
}

static void more_choices_than_there_is_room_for_are_cut(void **state)
{
    (void)state;
    struct out out;
    struct buf payload = BUF_INIT(CONTRACT_OUT_LARGEST);
    buf_add_str(&payload, "{\"id\":\"1\",\"text\":\"a\",\"choices\":[");
    for (int i = 0; i < 40; i++)
        buf_addf(&payload, "%s[{\"label\":\"l\",\"value\":\"%d\"}]", i ? "," : "", i);
    buf_add_str(&payload, "]}");
    assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &arena, &out), 0);
    assert_int_equal(out.n_buttons, CONTRACT_CHOICES_MOST);
    buf_free(&payload);
}

static void an_out_may_have_16_KiB_and_no_more(void **state)
{
    (void)state;
    char text[CONTRACT_OUT_LARGEST + 1];
    struct out before = {.id = "o1", .language = "nb", .text = text}, after;
    size_t around = strlen("{\"id\":\"o1\",\"language\":\"nb\",\"text\":\"\",\"choices\":[]}");
    for (size_t size = CONTRACT_OUT_LARGEST; size <= CONTRACT_OUT_LARGEST + 1; size++) {
        struct buf payload = BUF_INIT(2 * CONTRACT_OUT_LARGEST), small = BUF_INIT(CONTRACT_OUT_LARGEST);
        memset(text, 'a', size - around);
        text[size - around] = '\0';
        contract_write_out(&before, &payload);
        contract_write_out(&before, &small);
        assert_int_equal(payload.len, size);
        assert_int_equal(buf_done(&small), size > CONTRACT_OUT_LARGEST ? -1 : 0);
        assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &arena, &after),
                         size > CONTRACT_OUT_LARGEST ? -1 : 0);
        buf_free(&payload);
        buf_free(&small);
    }
}

/* Bytes that are no UTF-8 cannot be said in JSON: the writer must fail, not leave the text out. */
static void text_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct out bad_text = {.id = "o1", .language = "nb", .text = "p\xE5"};
    struct out bad_label = {
        .id = "o1", .language = "nb", .text = "a", .buttons = {{"p\xE5", "v"}}, .n_buttons = 1};
    struct buf a = BUF_INIT(CONTRACT_OUT_LARGEST), b = BUF_INIT(CONTRACT_OUT_LARGEST);
    contract_write_out(&bad_text, &a);
    contract_write_out(&bad_label, &b);
    assert_int_equal(buf_done(&a), -1);
    assert_int_equal(buf_done(&b), -1);
    buf_free(&a);
    buf_free(&b);
}

/* ---- delivered ---- */

static void delivered_goes_round(void **state)
{
    (void)state;
    struct result results[] = {{"a", DELIVERY_SENT, 0, NULL},
                               {"b", DELIVERY_LATER, INT64_C(1795323667123), "429"},
                               {"c", DELIVERY_NEVER, 0, "blocked"}};
    struct delivered before = {results, 3}, after;
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    contract_write_delivered(&before, &payload);
    assert_int_equal(contract_read_delivered(buf_str(&payload), payload.len, &arena, &after), 0);
    assert_int_equal(after.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(after.results[i].id, results[i].id);
        assert_int_equal(after.results[i].delivery, results[i].delivery);
        assert_int_equal(after.results[i].until, results[i].until);
    }
    assert_null(after.results[0].reason);
    assert_string_equal(after.results[2].reason, "blocked");
    buf_free(&payload);
}

static int read_delivered(const char *payload, struct delivered *out)
{
    return contract_read_delivered(payload, strlen(payload), &arena, out);
}

static void delivered_skips_what_it_cannot_read(void **state)
{
    (void)state;
    struct delivered d;
    assert_int_equal(
        read_delivered(
            "{\"results\":[7,{},{\"id\":\"a\"},{\"id\":\"b\",\"result\":\"perhaps\"},{\"result\":\"sent\"},"
            "{\"id\":\"c\",\"result\":\"later\",\"until\":\"soon\"},{\"id\":\"d\",\"result\":\"sent\"}]}",
            &d),
        0);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.results[0].id, "d");
    assert_int_equal(read_delivered("{}", &d), -1);
    assert_int_equal(read_delivered("{\"results\":{}}", &d), -1);
    assert_int_equal(read_delivered("nonsense", &d), -1);
}

static void delivered_holds_at_most_500(void **state)
{
    (void)state;
    struct delivered d;
    for (int n = 500; n <= 501; n++) {
        struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
        buf_add_str(&payload, "{\"results\":[");
        for (int i = 0; i < n; i++)
            buf_addf(&payload, "%s{\"id\":\"%d\",\"result\":\"sent\"}", i ? "," : "", i);
        buf_add_str(&payload, "]}");
        assert_int_equal(read_delivered(buf_str(&payload), &d), n == 500 ? 0 : -1);
        buf_free(&payload);
    }
}

/* ---- status ---- */

static void status_goes_round(void **state)
{
    (void)state;
    struct status before = {.online = true,
                            .since = INT64_C(1795323667123),
                            .version = "0.1.0",
                            .counters = {{"accepted", 7}, {"refused", INT64_C(9007199254740993)}},
                            .n_counters = 2,
                            .faults = {"intents/a.intent:2: «feil»"},
                            .n_faults = 1},
                  after;
    struct buf payload = BUF_INIT(CONTRACT_STATUS_LARGEST);
    contract_write_status(&before, &payload);
    assert_int_equal(contract_read_status(buf_str(&payload), payload.len, &arena, &after), 0);
    assert_true(after.online);
    assert_int_equal(after.since, before.since);
    assert_string_equal(after.version, "0.1.0");
    assert_int_equal(after.n_counters, 2);
    for (size_t i = 0; i < 2; i++)
        if (strcmp(after.counters[i].name, "refused") == 0)
            assert_true(after.counters[i].value == INT64_C(9007199254740993));
    assert_string_equal(after.faults[0], before.faults[0]);
    buf_free(&payload);
}

static void a_status_needs_its_state_and_bounds_the_rest(void **state)
{
    (void)state;
    struct status s;
    static const char *const bad[] = {
        "", "{}", "[]", "{\"state\":\"up\"}", "{\"state\":1}", "{\"state\":\"online\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(contract_read_status(bad[i], strlen(bad[i]), &arena, &s), -1);
    static const char odd[] = "{\"state\":\"offline\",\"since\":\"x\",\"version\":7,\"counters\":{\"a\":"
                              "\"b\",\"c\":1.5,\"d\":2},\"faults\":[7,\"f\"]}";
    assert_int_equal(contract_read_status(odd, strlen(odd), &arena, &s), 0);
    assert_false(s.online);
    assert_int_equal(s.since, 0);
    assert_null(s.version);
    assert_int_equal(s.n_counters, 1);
    assert_int_equal(s.n_faults, 1);
    struct buf many = BUF_INIT(CONTRACT_STATUS_LARGEST);
    buf_add_str(&many, "{\"state\":\"online\",\"counters\":{");
    for (int i = 0; i < 100; i++)
        buf_addf(&many, "%s\"c%d\":%d", i ? "," : "", i, i);
    buf_add_str(&many, "},\"faults\":[");
    for (int i = 0; i < 100; i++)
        buf_addf(&many, "%s\"f%d\"", i ? "," : "", i);
    buf_add_str(&many, "]}");
    assert_int_equal(contract_read_status(buf_str(&many), many.len, &arena, &s), 0);
    assert_int_equal(s.n_counters, COUNTERS_MOST);
    assert_int_equal(s.n_faults, FAULTS_MOST);
    buf_free(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(network_names),
        TEST(chat_tokens),
        TEST(ids),
        TEST(values_of_the_core_s_beginning_stay),
        TEST(topics_go_round),
        TEST(other_topics_are_not_ours),
        TEST(a_text_is_read_with_all_its_members),
        TEST(what_may_be_missing_may_be_missing),
        TEST(every_event_is_read),
        TEST(every_refusal_has_its_reason_and_the_id_if_there_is_one),
        TEST(bytes_that_are_not_utf8_are_refused),
        TEST(a_message_may_have_32_KiB_and_no_more),
        TEST(deep_json_is_refused_or_ignored_but_does_not_crash),
        TEST(in_goes_round),
        TEST(damaged_payloads_are_survived),
        TEST(accepted_goes_round),
        TEST(accepted_skips_what_is_no_id_and_refuses_what_is_no_list),
        TEST(accepted_holds_at_most_500_of_the_longest_ids),
        TEST(out_goes_round),
        TEST(a_plain_out_says_no_more_than_it_must),
        TEST(an_out_without_id_or_text_is_refused),
        TEST(odd_members_of_an_out_are_ignored),
        TEST(more_choices_than_there_is_room_for_are_cut),
        TEST(an_out_may_have_16_KiB_and_no_more),
        TEST(text_that_cannot_be_written_is_an_error),
        TEST(delivered_goes_round),
        TEST(delivered_skips_what_it_cannot_read),
        TEST(delivered_holds_at_most_500),
        TEST(status_goes_round),
        TEST(a_status_needs_its_state_and_bounds_the_rest),
    };
    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
