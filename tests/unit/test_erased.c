/* What people have erased stays erased, also when an older backup is put back. */
#include "backups.h"

static const char *notes(void)
{
    return arena_printf(&arena, "%s.erased", database);
}

static void forget(const char *chat)
{
    assert_done(store_begin(store, &err));
    assert_done(store_forget(store, "matrix", chat, &err));
    assert_done(store_commit(store, &err));
}

/* A resident with all that a chat can have. */
static void add_resident(const char *chat)
{
    save_chat(chat, "Bodø");
    add_request(chat);
    add_wish(chat);
}

static void assert_there(const char *chat)
{
    assert_string_equal(place_of(chat), "Bodø");
    assert_int_equal(requests_of(chat), 1);
    assert_true(has_wish(chat));
}

static void assert_gone(const char *chat)
{
    assert_string_equal(place_of(chat), "");
    assert_int_equal(requests_of(chat), 0);
    assert_false(has_wish(chat));
}

/* Whether the bytes stand in the database file. */
static bool stands_in_database(const char *word)
{
    size_t len;
    assert_done(store_wipe(store, &err)); /* everything is in the database itself now */
    const char *bytes = text_in(database, &len);
    return memmem(bytes, len, word, strlen(word)) != NULL;
}

/* ---- after the backup ---- */

static void a_chat_that_was_erased_stays_erased(void **state)
{
    (void)state;
    add_resident("leaves");
    add_resident("stays");
    back_up();
    forget("leaves");
    restore();
    assert_int_equal(restored.erased, 1);
    assert_gone("leaves");
    assert_there("stays");
    assert_false(stands_in_database("Noen ord fra leaves"));
    assert_true(stands_in_database("Noen ord fra stays"));
    restore(); /* and once more */
    assert_gone("leaves");
    assert_there("stays");
}

/* The disk was lost, but the notes were kept beside the database. */
static void it_stays_erased_without_the_old_database(void **state)
{
    (void)state;
    add_resident("leaves");
    add_resident("stays");
    back_up();
    forget("leaves");
    lose_database();
    restore();
    assert_gone("leaves");
    assert_there("stays");
}

static void a_revoked_coordinator_stays_revoked(void **state)
{
    (void)state;
    int64_t kari = add_person("chatofkari", 0), ola = add_person("chatofola", 0);
    add_person("secondofkari", kari);
    back_up();
    assert_int_equal(store_revoke(store, kari, &err), 1);
    restore();
    assert_int_equal(restored.erased, 1);
    assert_int_equal(people(), 1);
    assert_null(person_of("chatofkari"));
    assert_null(person_of("secondofkari"));
    assert_int_equal(person_of("chatofola")->id, ola);
    assert_false(stands_in_database("ofkari"));
    assert_true(stands_in_database("chatofola"));
}

static void a_chat_that_was_unbound_stays_unbound(void **state)
{
    (void)state;
    int64_t kari = add_person("kari", 0);
    add_person("kari2", kari);
    back_up();
    assert_done(store_unbind(store, "matrix", "kari2", &err));
    restore();
    assert_int_equal(restored.erased, 1);
    assert_null(person_of("kari2"));
    assert_int_equal(person_of("kari")->id, kari);
    assert_int_equal(person_of("kari")->n_duties, 1);
}

/* As store_unbind does it: a person without chats is removed. */
static void who_has_unbound_the_last_chat_is_no_coordinator(void **state)
{
    (void)state;
    add_person("kari", 0);
    add_person("ola", 0);
    back_up();
    assert_done(store_unbind(store, "matrix", "kari", &err));
    assert_int_equal(people(), 1);
    restore();
    assert_null(person_of("kari"));
    assert_non_null(person_of("ola"));
    assert_int_equal(people(), 1);
}

static void everything_that_was_erased_is_counted(void **state)
{
    (void)state;
    int64_t kari = add_person("kari", 0);
    add_person("ola", 0);
    add_resident("leaves");
    back_up();
    forget("leaves");
    assert_int_equal(store_revoke(store, kari, &err), 1);
    assert_done(store_unbind(store, "matrix", "ola", &err));
    restore();
    assert_int_equal(restored.erased, 3);
    assert_gone("leaves");
    assert_null(person_of("kari"));
    assert_null(person_of("ola"));
}

/* The network gave the chat a new token in between. */
static void a_chat_that_moved_and_was_erased_stays_erased(void **state)
{
    (void)state;
    add_resident("before");
    back_up();
    assert_done(store_move(store, "matrix", "before", "after", &err));
    assert_there("after");
    forget("after");
    restore();
    assert_gone("after");
    assert_gone("before");
}

/* ---- before the backup ---- */

static void who_came_back_before_the_backup_is_there(void **state)
{
    (void)state;
    add_resident("returns");
    int64_t kari = add_person("kari", 0);
    forget("returns");
    assert_done(store_unbind(store, "matrix", "kari", &err));
    add_resident("returns");
    assert_int_not_equal(add_person("kari", 0), kari);
    back_up();
    restore();
    assert_int_equal(restored.erased, 0);
    assert_there("returns");
    assert_non_null(person_of("kari"));
}

/* The file is packed by another program, some time after the core has made the copy. */
static void what_is_erased_between_copy_and_packing_stays_erased(void **state)
{
    (void)state;
    add_resident("leaves");
    add_resident("stays");
    make_copy();
    forget("leaves");
    int64_t now = clock_wall_ms();
    while (clock_wall_ms() <= now + 2)
        usleep(500);
    assert_done(backup_pack(copy, backup, files, FILES, clock_wall_ms(), &err));
    restore();
    assert_gone("leaves");
    assert_there("stays");
}

/* ---- the notes ---- */

static void the_notes_name_nobody(void **state)
{
    (void)state;
    add_resident("thetokenofola");
    int64_t kari = add_person("thetokenofkari", 0);
    assert_done(store_unbind(store, "matrix", "thetokenofkari", &err));
    assert_int_equal(store_revoke(store, kari, &err), 0);
    forget("thetokenofola");
    const char *text = text_in(notes(), NULL);
    assert_int_equal(mode_of(notes()), 0600);
    assert_true(strlen(text) > 60);
    assert_null(strstr(text, "thetoken"));
    assert_null(strstr(text, "matrix"));
    assert_null(strstr(text, "Noen ord"));
}

/* Chat `leaves` was erased after a backup; its note. */
static const char *note_of_leaves(void)
{
    add_resident("leaves");
    add_resident("stays");
    for (int i = 1; i <= 12; i++) /* so that a number can be cut off and is another person's */
        add_person(arena_printf(&arena, "k%d", i), 0);
    back_up();
    forget("leaves");
    return text_in(notes(), NULL);
}

static void rubbish_between_the_notes_is_passed_over(void **state)
{
    (void)state;
    const char *note = note_of_leaves();
    long long later = clock_wall_ms() + CLOCK_DAY;
    const char *const rubbish[] = {"\n\n",
                                   "x\n",
                                   "\r\n",
                                   "chat\n",
                                   "%lld\n",
                                   "%lld chat\n",
                                   "%lld chat xyz\n",
                                   "%lld chat 0a1\n",
                                   "%lld bound 0\n",
                                   "%lld chat 00' OR 1=1 --\n",
                                   "%lld person 1 OR 1=1\n",
                                   "%lld person 1;DELETE FROM requests\n",
                                   "%lld person abc\n",
                                   "%lld person 1a\n",
                                   "%lld chat 00112233445566778899aabbccddeeff0011\n",
                                   "99999999999999999999999999999 chat 00\n",
                                   "-%lld person 1\n",
                                   "\xFF\xFE\x01 person 1\n"};
    struct buf text = BUF_INIT(4 * 1024 * 1024);
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        const char *at = strstr(rubbish[i], "%lld");
        buf_add(&text, rubbish[i], at ? (size_t)(at - rubbish[i]) : strlen(rubbish[i]));
        if (at)
            buf_addf(&text, "%lld%s", later, at + 4);
    }
    for (int i = 0; i < 100000; i++)
        buf_add_str(&text, "0 long ");
    buf_add(&text, "\n\0\0\n", 4);
    buf_add_str(&text, note);
    buf_add_str(&text, "x\n");
    close_store();
    write_bytes(notes(), buf_str(&text), text.len);
    buf_free(&text);
    restore();
    assert_gone("leaves");
    assert_there("stays");
    assert_int_equal(people(), 12);
    assert_int_equal(restored.erased, 1);
}

/* The machine went down while a note was being written: that erasure was not carried out either. */
static void a_note_that_was_cut_off_is_none(void **state)
{
    (void)state;
    const char *note = note_of_leaves();
    long long later = clock_wall_ms() + CLOCK_DAY;
    const char *const whole[] = {arena_printf(&arena, "%lld person 12", later),
                                 arena_printf(&arena, "%lld%s", later, strchr(note, ' '))};
    for (size_t i = 0; i < 2; i++)
        for (size_t cut = 1; cut < strlen(whole[i]); cut += cut < 8 ? 1 : 7) {
            int len = (int)(strlen(whole[i]) - cut);
            close_store();
            write_text(notes(), arena_printf(&arena, "%s%.*s", note, len, whole[i]));
            restore();
            assert_gone("leaves");
            assert_there("stays");
            assert_int_equal(people(), 12);
            assert_int_equal(restored.erased, 1);
        }
}

static void the_note_after_one_that_was_cut_off_counts(void **state)
{
    (void)state;
    const char *note = note_of_leaves();
    close_store();
    write_text(notes(), arena_printf(&arena, "%s%lld chat 00", note, (long long)clock_wall_ms()));
    reopen();
    forget("stays");
    restore();
    assert_gone("leaves");
    assert_gone("stays");
}

/* ---- pruning ---- */

static const char key[] = "00112233445566778899aabbccddeeff";

static const char *line_of(int64_t days, const char *kind, const char *about)
{
    return arena_printf(&arena, "%lld %s %s\n", (long long)(clock_wall_ms() - days * CLOCK_DAY), kind, about);
}

static void notes_that_no_backup_needs_are_dropped(void **state)
{
    (void)state;
    const char *young = line_of(BACKUP_DAYS - 1, "chat", key), *new = line_of(0, "person", "7");
    const char *old = line_of(BACKUP_DAYS + 1, "bound", key), *oldest = line_of(3000, "chat", key);
    close_store();
    write_text(notes(), arena_printf(&arena, "%s%s%s%s", oldest, young, old, new));
    reopen();
    const char *text = text_in(notes(), NULL);
    assert_string_equal(text, arena_printf(&arena, "%s%s", young, new));
    assert_int_equal(mode_of(notes()), 0600);
    assert_tidy();
    reopen();
    assert_string_equal(text_in(notes(), NULL), text);
}

static void when_all_are_old_none_is_left(void **state)
{
    (void)state;
    close_store();
    write_text(notes(), line_of(BACKUP_DAYS + 1, "chat", key));
    reopen();
    assert_string_equal(text_in(notes(), NULL), "");
    forget("a");
    assert_contains(text_in(notes(), NULL), " chat ");
}

static void no_notes_are_no_fault(void **state)
{
    (void)state;
    add_resident("a");
    back_up();
    assert_false(file_exists(notes()));
    restore();
    assert_false(file_exists(notes()));
    assert_there("a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_chat_that_was_erased_stays_erased),
        TEST(it_stays_erased_without_the_old_database),
        TEST(a_revoked_coordinator_stays_revoked),
        TEST(a_chat_that_was_unbound_stays_unbound),
        TEST(who_has_unbound_the_last_chat_is_no_coordinator),
        TEST(everything_that_was_erased_is_counted),
        TEST(a_chat_that_moved_and_was_erased_stays_erased),
        TEST(who_came_back_before_the_backup_is_there),
        TEST(what_is_erased_between_copy_and_packing_stays_erased),
        TEST(the_notes_name_nobody),
        TEST(rubbish_between_the_notes_is_passed_over),
        TEST(a_note_that_was_cut_off_is_none),
        TEST(the_note_after_one_that_was_cut_off_counts),
        TEST(notes_that_no_backup_needs_are_dropped),
        TEST(when_all_are_old_none_is_left),
        TEST(no_notes_are_no_fault),
    };
    return cmocka_run_group_tests_name("erased", tests, NULL, NULL);
}
