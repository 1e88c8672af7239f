/* Files and folders, bounded. */
#include "unit.h"

#include "base/file.h"

static struct err err;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    return 0;
}

static void reads_a_whole_file(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(100);
    assert_int_equal(file_read(unit_write_bytes("a", "en\0to\n", 6), &buf, &err), 0);
    assert_int_equal(buf.len, 6);
    assert_memory_equal(buf.data, "en\0to\n", 6);
    buf_free(&buf);
}

static void a_file_may_be_as_large_as_the_limit_but_not_larger(void **state)
{
    (void)state;
    struct buf fits = BUF_INIT(5), small = BUF_INIT(4);
    const char *path = unit_write("five", "12345");
    assert_int_equal(file_read(path, &fits, &err), 0);
    assert_int_equal(file_read(path, &small, &err), -1);
    assert_says(&err, "five: ");
    assert_says(&err, "4 bytes");
    buf_free(&fits);
    buf_free(&small);
}

static void a_missing_file_a_folder_and_a_pipe_are_refused(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(100);
    assert_int_equal(file_read(unit_path("nothing"), &buf, &err), -1);
    assert_says(&err, "nothing: cannot be opened");
    err_clear(&err);
    assert_int_equal(file_read(unit_folder(), &buf, &err), -1);
    assert_says(&err, "is not a regular file");
    err_clear(&err);
    assert_int_equal(mkfifo(unit_path("pipe"), 0600), 0);
    assert_int_equal(file_read(unit_path("pipe"), &buf, &err), -1); /* and does not wait for a writer */
    assert_says(&err, "is not a regular file");
    buf_free(&buf);
}

static size_t names_in_folder(const char *folder)
{
    char **names;
    struct arena arena = ARENA_INIT;
    int count = file_list(folder, "", &arena, &names, &err);
    arena_free(&arena);
    assert_true(count >= 0);
    return (size_t)count;
}

static void writes_the_whole_file_and_leaves_nothing_beside_it(void **state)
{
    (void)state;
    struct stat st;
    unit_write("out/old", "gammelt innhold som er langt");
    const char *path = unit_path("out/old");
    assert_int_equal(file_write(path, "ny\0tt", 5, 0600, &err), 0);
    struct buf buf = BUF_INIT(100);
    assert_int_equal(file_read(path, &buf, &err), 0);
    assert_int_equal(buf.len, 5);
    assert_memory_equal(buf.data, "ny\0tt", 5);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(names_in_folder(unit_path("out")), 1);
    buf_free(&buf);
}

static void a_reader_keeps_the_old_file_while_the_new_one_comes(void **state)
{
    (void)state;
    char text[8] = "";
    const char *path = unit_write("swap/file", "before");
    FILE *reader = fopen(path, "rb");
    assert_non_null(reader);
    assert_int_equal(file_write(path, "after!", 6, 0600, &err), 0);
    assert_int_equal(fread(text, 1, 6, reader), 6);
    assert_string_equal(text, "before");
    fclose(reader);
}

static void a_write_that_fails_leaves_the_target_alone(void **state)
{
    (void)state;
    assert_int_equal(file_write(unit_path("no/such/folder"), "x", 1, 0600, &err), -1);
    assert_int_equal(err.count, 1);
    unit_write("busy/target/inside", "x"); /* the target is a folder: the rename fails */
    assert_int_equal(file_write(unit_path("busy/target"), "x", 1, 0600, &err), -1);
    assert_int_equal(names_in_folder(unit_path("busy")), 1);
    assert_true(file_exists(unit_path("busy/target/inside")));
}

static void a_planted_link_is_not_followed(void **state)
{
    (void)state;
    char temporary[600];
    const char *victim = unit_write("link/victim", "mine"), *path = unit_path("link/target");
    snprintf(temporary, sizeof temporary, "%s.new.%ld", path, (long)getpid());
    assert_int_equal(symlink(victim, temporary), 0);
    assert_int_equal(file_write(path, "x", 1, 0600, &err), -1);
    struct buf buf = BUF_INIT(100);
    assert_int_equal(file_read(victim, &buf, &err), 0);
    assert_string_equal(buf_str(&buf), "mine");
    buf_free(&buf);
}

static void lists_names_by_ending_sorted_without_hidden_ones(void **state)
{
    (void)state;
    char **names;
    struct arena arena = ARENA_INIT;
    unit_write("list/b.md", "");
    unit_write("list/a.md", "");
    unit_write("list/Z.md", "");
    unit_write("list/å.md", "");
    unit_write("list/.hidden.md", "");
    unit_write("list/c.txt", "");
    unit_write("list/md", "");
    assert_int_equal(file_list(unit_path("list"), ".md", &arena, &names, &err), 4);
    assert_string_equal(names[0], "Z.md");
    assert_string_equal(names[1], "a.md");
    assert_string_equal(names[2], "b.md");
    assert_string_equal(names[3], "å.md");
    assert_int_equal(file_list(unit_path("list"), ".none", &arena, &names, &err), 0);
    assert_int_equal(file_list(unit_path("missing"), ".md", &arena, &names, &err), -1);
    assert_says(&err, "missing");
    arena_free(&arena);
}

static void a_secret_is_for_its_owner_and_group(void **state)
{
    (void)state;
    static const mode_t private[] = {0400, 0600, 0640, 0660, 0700, 0000},
                        open[] = {0604, 0602, 0644, 0666, 0606, 0601};
    const char *path = unit_write("hemmelig", "123:ABC\n");
    for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
        assert_int_equal(chmod(path, private[i]), 0);
        assert_int_equal(file_check_private(path, &err), 0);
        assert_no_fault(&err);
    }
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        err_clear(&err);
        assert_int_equal(chmod(path, open[i]), 0);
        assert_int_equal(file_check_private(path, &err), -1);
        assert_says(&err, "hemmelig");
        assert_says(&err, "chmod o=");
        assert_null(strstr(err.text, "ABC"));
    }
    err_clear(&err);
    assert_int_equal(symlink(path, unit_path("peker")), 0); /* what it leads to counts */
    assert_int_equal(file_check_private(unit_path("peker"), &err), -1);
    err_clear(&err);
    assert_int_equal(file_check_private(unit_path("nothing"), &err), -1);
    assert_says(&err, "nothing: cannot be opened");
    assert_int_equal(chmod(path, 0600), 0);
}

static void makes_the_folder_of_a_path(void **state)
{
    (void)state;
    struct stat st;
    unit_folder();
    assert_int_equal(file_make_parent(unit_path("made/file"), &err), 0);
    assert_int_equal(stat(unit_path("made"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(file_make_parent(unit_path("made/file"), &err), 0);
    assert_int_equal(file_make_parent("here", &err), 0);
    assert_int_equal(file_make_parent(unit_path("two/levels/file"), &err), -1);
}

static void assert_lines(const char *text, size_t len, const char *const *expected)
{
    const char *at = text, *line;
    size_t line_len;
    for (; *expected; expected++) {
        assert_true(file_next_line(&at, text + len, &line, &line_len));
        assert_int_equal(line_len, strlen(*expected));
        assert_memory_equal(line, *expected, line_len);
    }
    assert_false(file_next_line(&at, text + len, &line, &line_len));
}

static void walks_lines_with_either_line_end(void **state)
{
    (void)state;
    assert_lines("", 0, (const char *const[]){NULL});
    assert_lines("\n", 1, (const char *const[]){"", NULL});
    assert_lines("a\r\n\r\nb", 6, (const char *const[]){"a", "", "b", NULL});
    assert_lines("a\nb\n", 4, (const char *const[]){"a", "b", NULL});
    assert_lines("a\rb\r", 4, (const char *const[]){"a\rb", NULL});
    assert_lines("ab\ncd", 4, (const char *const[]){"ab", "c", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_a_whole_file, start),
        cmocka_unit_test_setup(a_file_may_be_as_large_as_the_limit_but_not_larger, start),
        cmocka_unit_test_setup(a_missing_file_a_folder_and_a_pipe_are_refused, start),
        cmocka_unit_test_setup(writes_the_whole_file_and_leaves_nothing_beside_it, start),
        cmocka_unit_test_setup(a_reader_keeps_the_old_file_while_the_new_one_comes, start),
        cmocka_unit_test_setup(a_write_that_fails_leaves_the_target_alone, start),
        cmocka_unit_test_setup(a_planted_link_is_not_followed, start),
        cmocka_unit_test_setup(lists_names_by_ending_sorted_without_hidden_ones, start),
        cmocka_unit_test_setup(a_secret_is_for_its_owner_and_group, start),
        cmocka_unit_test_setup(makes_the_folder_of_a_path, start),
        cmocka_unit_test_setup(walks_lines_with_either_line_end, start),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
