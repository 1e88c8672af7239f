/* The note of erasures beside the database: `<ms> <kind> <key>` a line. A backup that is put back is older
 * than some of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/backup.h"
#include "store/store_internal.h"

enum { NOTES_LARGEST = 16 * 1024 * 1024 };

void erased_path(const char *database, char *out, size_t size)
{
    snprintf(out, size, "%s.erased", database);
}

/* Appends the line whole or not at all; one that was cut off before it (a full disk) does not swallow it. */
static int append(int fd, const char *line, size_t len)
{
    char last = '\n';
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0 || (end > 0 && pread(fd, &last, 1, end - 1) != 1))
        return -1;
    if (last == '\n') { /* the line is given with one before it */
        line++;
        len--;
    }
    if (write(fd, line, len) == (ssize_t)len && fsync(fd) == 0)
        return 0;
    int failed = errno;
    if (ftruncate(fd, end) == 0)
        fsync(fd);
    errno = failed;
    return -1;
}

int erased_note(const struct store *store, const char *kind, const char *key, struct err *err)
{
    char line[160];
    if (!store->erased[0])
        return 0; /* in memory: nothing of it can be put back */
    int len = snprintf(line, sizeof line, "\n%lld %s %s\n", (long long)clock_wall_ms(), kind, key);
    int fd = open(store->erased, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 || append(fd, line, (size_t)len)
                 ? err_at(err, store->erased, 0, "an erasure cannot be noted: %s", strerror(errno))
                 : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static void write_hex(const unsigned char key[KEY_HASH], char out[2 * KEY_HASH + 1])
{
    for (int i = 0; i < KEY_HASH; i++)
        snprintf(out + (size_t)(2 * i), 3, "%02x", key[i]);
}

int erased_note_key(const struct store *store, const char *kind, const unsigned char key[KEY_HASH],
                    struct err *err)
{
    char hex[2 * KEY_HASH + 1];
    write_hex(key, hex);
    return erased_note(store, kind, hex, err);
}

int erased_note_move(const struct store *store, const unsigned char from[KEY_HASH],
                     const unsigned char to[KEY_HASH], struct err *err)
{
    char hex[4 * KEY_HASH + 1];
    write_hex(from, hex);
    write_hex(to, hex + (size_t)(2 * KEY_HASH));
    return erased_note(store, "moved", hex, err);
}

/* A kind that is known, with a key as it has to be. */
static bool is_whole(const struct erased *note)
{
    size_t len = strlen(note->key);
    bool hex = strspn(note->key, "0123456789abcdef") == len;
    if (strcmp(note->kind, "person") == 0)
        return strspn(note->key, "0123456789") == len && len > 0 && len < 18;
    if (strcmp(note->kind, "moved") == 0)
        return hex && len == (size_t)(4 * KEY_HASH);
    return hex && len == (size_t)(2 * KEY_HASH) &&
           (strcmp(note->kind, "chat") == 0 || strcmp(note->kind, "bound") == 0);
}

/* One line as its parts; false when it is none (a write that was cut off). */
static bool read_line(const char *line, size_t len, struct erased *note)
{
    char text[160], kind[16], key[4 * KEY_HASH + 1];
    long long at;
    int end = 0;
    if (len >= sizeof text)
        return false;
    memcpy(text, line, len);
    text[len] = '\0';
    if (sscanf(text, "%lld %15[a-z] %64[0-9a-f]%n", &at, kind, key, &end) != 3 || text[end])
        return false;
    note->at = at;
    snprintf(note->kind, sizeof note->kind, "%s", kind);
    snprintf(note->key, sizeof note->key, "%s", key);
    return is_whole(note);
}

int erased_each(const char *database, erased_visit *each, void *user, struct err *err)
{
    char path[4096];
    struct buf text = BUF_INIT(NOTES_LARGEST);
    struct erased note;
    erased_path(database, path, sizeof path);
    if (!file_exists(path))
        return 0;
    int rc = file_read(path, &text, err);
    const char *at = buf_str(&text), *end = at + text.len, *line;
    size_t len;
    while (!rc && file_next_line(&at, end, &line, &len))
        if (line + len < end && read_line(line, len, &note))
            rc = each(user, &note, err);
    buf_free(&text);
    return rc;
}

struct keeping {
    struct buf text;
    int64_t from;
    bool dropped;
};

static int keep_young(void *user, const struct erased *note, struct err *err)
{
    struct keeping *keeping = user;
    (void)err;
    if (note->at >= keeping->from)
        buf_addf(&keeping->text, "%lld %s %s\n", (long long)note->at, note->kind, note->key);
    else
        keeping->dropped = true;
    return 0;
}

int erased_prune(const char *database, int64_t now, struct err *err)
{
    char path[4096];
    struct keeping keeping = {BUF_INIT(NOTES_LARGEST), now - BACKUP_DAYS * CLOCK_DAY, false};
    erased_path(database, path, sizeof path);
    int rc = erased_each(database, keep_young, &keeping, err);
    if (!rc && keeping.dropped && buf_done(&keeping.text) == 0)
        rc = file_write(path, buf_str(&keeping.text), keeping.text.len, 0600, err);
    buf_free(&keeping.text);
    return rc;
}
