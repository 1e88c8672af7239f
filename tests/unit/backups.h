/* A database with its backup in a folder of each test's own: what test_backup.c and test_erased.c share. */
#ifndef BACKUPS_H
#define BACKUPS_H

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/backup.h"
#include "store/requests.h"

static struct err err;
static struct arena arena;
static struct store *store; /* NULL while it is closed */
static struct restored restored;
static char folder[128], database[256], copy[256], backup[256], keys[2][256], nowhere[256];

/* Settings and paths; the third network is not used, and the file of the fourth is not there. */
static const struct backup_file files[] = {{"matrix.key_file", keys[0]},
                                           {"console.key_file", keys[1]},
                                           {"sms.key_file", ""},
                                           {"x.key_file", nowhere}};
enum { FILES = sizeof files / sizeof *files };

static inline void close_store(void)
{
    store_close(store);
    store = NULL;
}

static inline void reopen(void)
{
    close_store();
    store = store_open(database, &err);
    assert_no_fault(&err);
    assert_non_null(store);
}

static inline int start(void **state)
{
    static int number;
    (void)state;
    err_clear(&err);
    snprintf(folder, sizeof folder, "%s/b%d", unit_folder(), number++);
    snprintf(database, sizeof database, "%s/bot.db", folder);
    snprintf(copy, sizeof copy, "%s/bot.db.copy", folder);
    snprintf(backup, sizeof backup, "%s/backup", folder);
    snprintf(keys[0], sizeof keys[0], "%s/matrix-key", folder);
    snprintf(keys[1], sizeof keys[1], "%s/console-key", folder);
    snprintf(nowhere, sizeof nowhere, "%s/nowhere/key", folder);
    reopen();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    close_store();
    arena_free(&arena);
    return 0;
}

/* ---- files ---- */

static inline void write_bytes(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_done(fclose(file));
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* What stands in a file; empty when there is none. The arena's. */
static inline const char *text_in(const char *path, size_t *len)
{
    struct buf text = BUF_INIT(64 * 1024 * 1024);
    if (file_exists(path))
        assert_done(file_read(path, &text, &err));
    char *kept = arena_strndup(&arena, buf_str(&text), text.len);
    if (len)
        *len = text.len;
    buf_free(&text);
    return kept;
}

static inline int mode_of(const char *path)
{
    struct stat st;
    assert_done(stat(path, &st));
    return (int)(st.st_mode & 07777);
}

/* Nothing of the work may be left in the folder. */
static inline void assert_tidy(void)
{
    static const char *const traces[] = {".copy", ".part", ".restoring", "-journal"};
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
            if (strstr(entry->d_name, traces[i]))
                fail_msg("%s was left", entry->d_name);
    closedir(dir);
}

/* As after a disk was lost: only the backup and what stands beside the database are there. */
static inline void lose_database(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    close_store();
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        unlink(arena_printf(&arena, "%s%s", database, endings[i]));
}

/* ---- what is kept ---- */

static inline void save_chat(const char *chat, const char *place)
{
    struct state s = {.language = LANGUAGE_NB, .introduced = true, .has_place = true};
    snprintf(s.place, sizeof s.place, "%s", place);
    assert_done(store_save_state(store, "matrix", chat, &s, clock_wall_ms(), &err));
}

/* The place in a chat's conversation; empty when there is no conversation. */
static inline const char *place_of(const char *chat)
{
    struct state *s = arena_alloc(&arena, sizeof *s);
    assert_done(store_load_state(store, "matrix", chat, s, &err));
    return s->place;
}

static inline int64_t next_request(void)
{
    int64_t id = 0;
    assert_done(store_request_next(store, &id, &err));
    return id;
}

static inline int64_t add_request(const char *chat)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.id = next_request();
    r.seq = 1;
    r.language = LANGUAGE_NB;
    snprintf(r.network, NETWORK_SIZE, "matrix");
    snprintf(r.chat, CHAT_SIZE, "%s", chat);
    snprintf(r.scope, SCOPE_SIZE, "p:link-bergen");
    snprintf(r.words, WORDS_SIZE, "Noen ord fra %s", chat);
    r.created = r.since = r.changed = clock_wall_ms();
    r.due = r.created + CLOCK_DAY;
    assert_done(store_request_save(store, &r, &err));
    return r.id;
}

static inline size_t requests_of(const char *chat)
{
    const struct request *list;
    size_t n;
    assert_done(store_requests_of(store, "matrix", chat, &arena, &list, &n, &err));
    return n;
}

static inline void add_wish(const char *chat)
{
    struct wish wish = {.network = "matrix", .place = "Voss", .kommune = "4621", .created = clock_wall_ms()};
    snprintf(wish.chat, sizeof wish.chat, "%s", chat);
    assert_done(store_wish(store, &wish, &err));
}

static inline bool has_wish(const char *chat)
{
    struct wish wish;
    int found = store_wish_of(store, "matrix", chat, &wish, &err);
    assert_true(found >= 0);
    return found;
}

static inline const struct coordinator *person_of(const char *chat)
{
    struct roster *roster = arena_alloc(&arena, sizeof *roster);
    assert_done(store_roster(store, &arena, roster, &err));
    return roster_of_chat(roster, "matrix", chat);
}

static inline size_t people(void)
{
    struct roster roster;
    assert_done(store_roster(store, &arena, &roster, &err));
    return roster.count;
}

/* A chat of a new coordinator's, or a further one of an old one's. */
static inline int64_t add_person(const char *chat, int64_t coordinator)
{
    char text[CODE_TEXT];
    struct code code;
    assert_done(store_invite(store, coordinator ? "" : "p:link-bergen", chat, coordinator,
                             clock_wall_ms() + CLOCK_DAY, text, &err));
    const char *plain = arena_printf(&arena, "%.4s%.4s%.4s", text, text + 5, text + 10);
    assert_int_equal(store_code(store, plain, clock_wall_ms(), &code, &err), 1);
    assert_done(store_bind(store, &code, "matrix", chat, &err));
    assert_non_null(person_of(chat));
    return person_of(chat)->id;
}

/* ---- backup and restore ---- */

static inline void make_copy(void)
{
    struct store_copy *made = store_copy_begin(store, copy, &err);
    int rc = 1;
    assert_non_null(made);
    while (rc > 0)
        rc = store_copy_step(made, 100, &err);
    store_copy_end(made);
    assert_done(rc);
}

static inline void back_up_at(int64_t now)
{
    make_copy();
    assert_done(backup_pack(copy, backup, files, FILES, now, &err));
    assert_no_fault(&err);
}

/* A moment behind all erasures so far. */
static inline void back_up(void)
{
    int64_t now = clock_wall_ms();
    while (clock_wall_ms() <= now)
        usleep(200);
    back_up_at(clock_wall_ms());
}

static inline int try_restore(bool replace)
{
    close_store();
    err_clear(&err);
    memset(&restored, 0x5A, sizeof restored);
    return backup_restore(backup, database, files, FILES, replace, clock_wall_ms(), &restored, &err);
}

/* Puts the backup back and opens the database. */
static inline void restore(void)
{
    if (try_restore(true))
        fail_msg("not restored: %s", err.text);
    assert_no_fault(&err);
    assert_tidy();
    reopen();
}

#endif
