/* The journal: what was committed is there again, whatever happened to the file. */
#include "unit.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/keys.h"
#include "bridge/journal.h"

#define NOW (INT64_C(1795000000000))

static struct journal *reopen(const char *name)
{
    struct err err = {.count = 0};
    struct journal *journal = journal_open(unit_path(name), NOW, &err);
    assert_no_fault(&err);
    assert_non_null(journal);
    return journal;
}

static void commit(struct journal *journal)
{
    assert_int_equal(journal_commit(journal, NOW), 0);
    assert_null(journal_fault(journal));
}

static char *contents(const char *name)
{
    static char text[65536];
    FILE *file = fopen(unit_path(name), "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void remembers(void **state)
{
    (void)state;
    struct journal *journal = reopen("folder/basic");
    int64_t time = 0;
    struct stat st;
    assert_null(journal_position(journal, "offset"));
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1", NULL), 0);
    assert_int_equal(journal_set_position(journal, "offset", "17"), 0);
    assert_int_equal(journal_set_position(journal, "offset", "18"), 0);
    assert_int_equal(journal_set_position(journal, "sync.token", "s72594_4483_1934"), 0);
    journal_mark(journal, JOURNAL_SENT, "out1", 2, NOW);
    journal_mark(journal, JOURNAL_SENT, "out2", JOURNAL_WHOLE, NOW);
    journal_mark(journal, JOURNAL_OFFLINE_CHAT, "out2", 1, NOW - 5);
    commit(journal);
    journal_close(journal);
    assert_int_equal(stat(unit_path("folder/basic"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    journal = reopen("folder/basic");
    assert_string_equal(journal_position(journal, "offset"), "18");
    assert_string_equal(journal_position(journal, "sync.token"), "s72594_4483_1934");
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1", NULL), 2);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out2", &time), JOURNAL_WHOLE);
    assert_int_equal(time, NOW);
    assert_int_equal(journal_get(journal, JOURNAL_OFFLINE_CHAT, "out2", &time), 1);
    assert_int_equal(time, NOW - 5);
    assert_int_equal(journal_get(journal, JOURNAL_OFFLINE_CHAT, "out1", NULL), 0);
    assert_int_equal(journal_mended(journal), 0);
    journal_close(journal);
}

/* Each set has a letter of its own, and what is set last counts. */
static void groups_and_keyboards_are_remembered(void **state)
{
    (void)state;
    int64_t time = 0;
    struct journal *journal = reopen("sets");
    for (int set = 0; set < JOURNAL_SETS; set++)
        journal_mark(journal, (enum journal_set)set, "token", set + 1, NOW - set);
    journal_mark(journal, JOURNAL_GROUP, "group", 1, NOW - 7 * CLOCK_DAY);
    journal_mark(journal, JOURNAL_KEYBOARD, "shown", 1, NOW - 5);
    journal_mark(journal, JOURNAL_KEYBOARD, "gone", 1, NOW - 5);
    journal_mark(journal, JOURNAL_KEYBOARD, "gone", 2, NOW);
    commit(journal);
    journal_close(journal);
    journal = reopen("sets");
    for (int set = 0; set < JOURNAL_SETS; set++) {
        assert_int_equal(journal_get(journal, (enum journal_set)set, "token", &time), set + 1);
        assert_int_equal(time, NOW - set);
    }
    assert_int_equal(journal_get(journal, JOURNAL_GROUP, "group", NULL), 1);
    assert_int_equal(journal_get(journal, JOURNAL_KEYBOARD, "group", NULL), 0);
    assert_int_equal(journal_get(journal, JOURNAL_KEYBOARD, "shown", NULL), 1);
    assert_int_equal(journal_get(journal, JOURNAL_KEYBOARD, "gone", &time), 2);
    assert_int_equal(time, NOW);
    assert_int_equal(journal_mended(journal), 0);
    journal_close(journal);
}

static void keys_are_not_in_the_file(void **state)
{
    (void)state;
    struct journal *journal = reopen("secret");
    journal_mark(journal, JOURNAL_SENT, "telegram:4711", JOURNAL_WHOLE, NOW);
    commit(journal);
    journal_close(journal);
    assert_null(strstr(contents("secret"), "4711"));
}

static void uncommitted_is_not_there(void **state)
{
    (void)state;
    struct journal *journal = reopen("uncommitted");
    journal_mark(journal, JOURNAL_SENT, "out1", 1, NOW);
    journal_close(journal);
    journal = reopen("uncommitted");
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1", NULL), 0);
    journal_close(journal);
}

static void odd_positions_are_refused(void **state)
{
    (void)state;
    static char large[JOURNAL_VALUE_MOST + 2];
    char name[16];
    struct journal *journal = reopen("positions");
    memset(large, 'x', JOURNAL_VALUE_MOST + 1);
    assert_int_equal(journal_set_position(journal, "a b", "1"), -1);
    assert_int_equal(journal_set_position(journal, "", "1"), -1);
    assert_int_equal(journal_set_position(journal, "a", ""), -1);
    assert_int_equal(journal_set_position(journal, "a", "1 2"), -1);
    assert_int_equal(journal_set_position(journal, "a", "1\n2"), -1);
    assert_int_equal(journal_set_position(journal, "a", large), -1);
    large[JOURNAL_VALUE_MOST] = '\0';
    assert_int_equal(journal_set_position(journal, "a", large), 0);
    for (int i = 1; i < JOURNAL_POSITIONS_MOST; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(journal_set_position(journal, name, "1"), 0);
    }
    assert_int_equal(journal_set_position(journal, "one-more", "1"), -1);
    commit(journal);
    journal_close(journal);
    journal = reopen("positions");
    assert_string_equal(journal_position(journal, "a"), large);
    journal_close(journal);
}

/* The file cut at each of its bytes: what lies whole before the cut is there, and what is recorded after the
 * mending is there next time too. */
static void torn_line_is_cut_off(void **state)
{
    (void)state;
    char id[16], whole[4096];
    struct journal *journal = reopen("whole");
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "out%d", i);
        journal_mark(journal, JOURNAL_SENT, id, JOURNAL_WHOLE, NOW);
    }
    commit(journal);
    size_t size = journal_size(journal);
    journal_close(journal);
    memcpy(whole, contents("whole"), size + 1);
    size_t line = strcspn(whole, "\n") + 1;
    for (size_t cut = 0; cut <= size; cut++) {
        unit_write_bytes("torn", whole, cut);
        journal = reopen("torn");
        for (int i = 0; i < 4; i++) {
            snprintf(id, sizeof id, "out%d", i);
            assert_int_equal(journal_get(journal, JOURNAL_SENT, id, NULL) != 0,
                             cut >= line * (size_t)(i + 1));
        }
        assert_int_equal(journal_mended(journal), cut % line ? 1 : 0);
        journal_mark(journal, JOURNAL_SENT, "after", 1, NOW);
        commit(journal);
        journal_close(journal);
        journal = reopen("torn");
        assert_int_equal(journal_get(journal, JOURNAL_SENT, "after", NULL), 1);
        assert_int_equal(journal_mended(journal), 0);
        journal_close(journal);
    }
}

/* Random bytes changed: no crash, and no record that was not written. */
static void changed_bytes_cost_their_line_only(void **state)
{
    (void)state;
    char id[16], whole[8192], changed[8192];
    struct journal *journal = reopen("good");
    for (int i = 0; i < 50; i++) {
        snprintf(id, sizeof id, "out%d", i);
        journal_mark(journal, JOURNAL_SENT, id, JOURNAL_WHOLE, NOW);
    }
    assert_int_equal(journal_set_position(journal, "offset", "4711"), 0);
    commit(journal);
    size_t size = journal_size(journal);
    journal_close(journal);
    memcpy(whole, contents("good"), size + 1);
    for (int round = 0; round < 500; round++) {
        int known = 0;
        memcpy(changed, whole, size + 1);
        changed[unit_random((uint32_t)size)] = (char)unit_random(256);
        unit_write_bytes("changed", changed, size);
        journal = reopen("changed");
        for (int i = 0; i < 50; i++) {
            snprintf(id, sizeof id, "out%d", i);
            int value = journal_get(journal, JOURNAL_SENT, id, NULL);
            assert_true(value == 0 || value == JOURNAL_WHOLE);
            known += value != 0;
        }
        const char *position = journal_position(journal, "offset");
        known += position && strcmp(position, "4711") == 0;
        assert_true(known >= 49); /* a lost line end costs two lines, which are found as one */
        commit(journal);
        journal_close(journal);
        journal = reopen("changed");
        assert_int_equal(journal_mended(journal), 0);
        journal_close(journal);
    }
}

static void garbage_is_survived(void **state)
{
    (void)state;
    char bytes[3000];
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(unit_random(8) ? unit_random(256) : '\n');
        unit_write_bytes("garbage", bytes, unit_random(sizeof bytes));
        struct journal *journal = reopen("garbage");
        commit(journal);
        journal_close(journal);
    }
}

static void one_process_at_a_time(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    struct journal *journal = reopen("locked");
    assert_null(journal_open(unit_path("locked"), NOW, &err));
    assert_says(&err, "another process uses this journal");
    journal_close(journal);
    journal_close(reopen("locked"));
}

static void grows_and_is_rewritten(void **state)
{
    (void)state;
    char value[32];
    size_t most = 0, before = 0, rewrites = 0;
    struct journal *journal = reopen("compact");
    journal_mark(journal, JOURNAL_SENT, "kept", 3, NOW);
    for (int i = 0; i < 20000; i++) {
        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(journal_set_position(journal, "offset", value), 0);
        if (i % 10 == 0)
            commit(journal);
        rewrites += journal_size(journal) < before;
        before = journal_size(journal);
        most = before > most ? before : most;
    }
    commit(journal);
    assert_true(rewrites >= 5);
    assert_true(most < 70 * 1024);
    journal_close(journal);
    journal = reopen("compact");
    assert_string_equal(journal_position(journal, "offset"), "19999");
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "kept", NULL), 3);
    journal_close(journal);
}

static void old_and_many_are_forgotten(void **state)
{
    (void)state;
    char id[32];
    struct journal *journal = reopen("bounds");
    journal_mark(journal, JOURNAL_SENT, "old", 1, NOW - 9 * CLOCK_DAY);
    journal_mark(journal, JOURNAL_SENT, "fresh", 1, NOW - 7 * CLOCK_DAY);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "fresh", NULL), 1);
    for (int i = 0; i < JOURNAL_KEPT_MOST + 1000; i++) {
        snprintf(id, sizeof id, "out%d", i);
        journal_mark(journal, JOURNAL_SENT, id, JOURNAL_WHOLE, NOW);
    }
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "old", NULL), 0);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "fresh", NULL), 0);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out999", NULL), 0);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1000", NULL), JOURNAL_WHOLE);
    commit(journal);
    journal_close(journal);
    journal = reopen("bounds");
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out999", NULL), 0);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1000", NULL), JOURNAL_WHOLE);
    assert_true(journal_size(journal) < 5 * 1024 * 1024);
    journal_close(journal);
    journal = journal_open(unit_path("bounds"), NOW + 9 * CLOCK_DAY, NULL);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out1000", NULL), 0);
    journal_close(journal);
}

/* In a child, whose files may not grow past a limit: commits fail with a reason, memory still knows, and when
 * there is room again one commit brings everything to disk. */
static void full_disk_in_child(void)
{
    struct rlimit large = {RLIM_INFINITY, RLIM_INFINITY},
                  small = {220, RLIM_INFINITY}; /* four records, one torn */
    struct journal *journal = journal_open(unit_path("full"), NOW, NULL);
    char id[16];
    bool good = journal != NULL;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; good && i < 20; i++) {
        snprintf(id, sizeof id, "out%d", i);
        journal_mark(journal, JOURNAL_SENT, id, 1, NOW);
        int rc = journal_commit(journal, NOW);
        good = (rc == 0) == (i < 4) && journal_get(journal, JOURNAL_SENT, id, NULL) == 1;
    }
    good = good && journal_fault(journal) != NULL;
    setrlimit(RLIMIT_FSIZE, &large);
    good = good && journal_commit(journal, NOW + 500) == -1; /* not tried so soon */
    good = good && journal_commit(journal, NOW + 1500) == 0;
    _exit(good ? 0 : 1);
}

static void full_disk_is_survived(void **state)
{
    (void)state;
    int status;
    unit_path("full"); /* the folder is the parent's to remove */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        full_disk_in_child();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct journal *journal = reopen("full");
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out0", NULL), 1);
    assert_int_equal(journal_get(journal, JOURNAL_SENT, "out19", NULL), 1);
    assert_int_equal(journal_mended(journal), 0);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers),
        cmocka_unit_test(groups_and_keyboards_are_remembered),
        cmocka_unit_test(keys_are_not_in_the_file),
        cmocka_unit_test(uncommitted_is_not_there),
        cmocka_unit_test(odd_positions_are_refused),
        cmocka_unit_test(torn_line_is_cut_off),
        cmocka_unit_test(changed_bytes_cost_their_line_only),
        cmocka_unit_test(garbage_is_survived),
        cmocka_unit_test(one_process_at_a_time),
        cmocka_unit_test(grows_and_is_rewritten),
        cmocka_unit_test(old_and_many_are_forgotten),
        cmocka_unit_test(full_disk_is_survived),
    };
    key_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
