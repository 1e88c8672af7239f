#include "bridge/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/keys.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    NAME_MOST = 64,
    CHECK = 8, /* hex digits of a line's hash */
    FILE_MOST = 64 * 1024 * 1024,
    SMALL = 64 * 1024, /* a file this small is never rewritten for its size */
    LARGE = 4 * 1024 * 1024,
    MARK_LINE = 60, /* bytes of a mark's line, about */
    RETRY_MS = 1000,
};

struct mark {
    TAILQ_ENTRY(mark) entry;
    unsigned char hash[KEY_HASH];
    int64_t time;
    int value;
};

TAILQ_HEAD(mark_list, mark);

struct mark_set {
    struct mark_list list; /* oldest first */
    struct map by_hash;
};

struct position {
    char *name, *value;
};

struct journal {
    char *path;
    int fd, lock;
    size_t size, rewrite_at; /* bytes of the file; size from which it is rewritten */
    struct mark_set sets[JOURNAL_SETS];
    struct position positions[JOURNAL_POSITIONS_MOST];
    size_t n_positions, mended;
    struct buf pending; /* lines not written yet */
    bool rewrite_due;   /* the file does not say what memory says, so it is written anew */
    int64_t retry_at;
    struct err fault;
};

static const char letters[JOURNAL_SETS + 1] = "SOMKGTR";

/* ---- lines ---- */

static void check_text(const char *body, size_t len, char out[CHECK + 1])
{
    unsigned char hash[KEY_HASH];
    key_hash(hash, NULL, &(struct key_part){body, len}, 1);
    for (int i = 0; i < CHECK / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static void add_line(struct buf *out, const char *body)
{
    char check[CHECK + 1];
    check_text(body, strlen(body), check);
    buf_addf(out, "%s %s\n", check, body);
}

static void add_position(struct buf *out, const struct position *position)
{
    char body[2 + NAME_MOST + 1 + JOURNAL_VALUE_MOST + 1];
    snprintf(body, sizeof body, "P %s %s", position->name, position->value);
    add_line(out, body);
}

static void add_mark(struct buf *out, enum journal_set set, const struct mark *mark)
{
    char body[80], hash[KEY_HASH_TEXT];
    key_hash_text(mark->hash, hash);
    snprintf(body, sizeof body, "%c %" PRId64 " %d %s", letters[set], mark->time, mark->value, hash);
    add_line(out, body);
}

/* Keeps a record for the next commit. When too much gathers (the disk is full), the file is written anew
 * later. */
static void note_pending(struct journal *journal)
{
    if (buf_done(&journal->pending)) {
        buf_clear(&journal->pending);
        journal->rewrite_due = true;
    }
}

/* ---- what is known ---- */

static void hash_key(enum journal_set set, const char *key, unsigned char out[KEY_HASH])
{
    const struct key_part parts[] = {{&letters[set], 1}, {key, strlen(key)}};
    key_hash(out, NULL, parts, 2);
}

static void forget(struct mark_set *set, struct mark *mark)
{
    map_remove(&set->by_hash, (const char *)mark->hash, KEY_HASH);
    TAILQ_REMOVE(&set->list, mark, entry);
    free(mark);
}

static void forget_old(struct mark_set *set, int64_t now)
{
    struct mark *oldest;
    while ((oldest = TAILQ_FIRST(&set->list)) &&
           (set->by_hash.count > JOURNAL_KEPT_MOST || oldest->time < now - JOURNAL_KEPT_DAYS * CLOCK_DAY))
        forget(set, oldest);
}

static struct mark *set_mark(struct mark_set *set, const unsigned char hash[KEY_HASH], int64_t time,
                             int value)
{
    struct mark *mark = map_get(&set->by_hash, (const char *)hash, KEY_HASH);
    if (mark) {
        TAILQ_REMOVE(&set->list, mark, entry);
    } else {
        mark = mem_new(1, sizeof *mark);
        memcpy(mark->hash, hash, KEY_HASH);
        map_put(&set->by_hash, (const char *)mark->hash, KEY_HASH, mark);
    }
    mark->time = time;
    mark->value = value;
    TAILQ_INSERT_TAIL(&set->list, mark, entry);
    return mark;
}

int journal_get(const struct journal *journal, enum journal_set set, const char *key, int64_t *time)
{
    unsigned char hash[KEY_HASH];
    hash_key(set, key, hash);
    const struct mark *mark = map_get(&journal->sets[set].by_hash, (const char *)hash, KEY_HASH);
    if (mark && time)
        *time = mark->time;
    return mark ? mark->value : 0;
}

void journal_mark(struct journal *journal, enum journal_set set, const char *key, int value, int64_t now)
{
    unsigned char hash[KEY_HASH];
    hash_key(set, key, hash);
    add_mark(&journal->pending, set, set_mark(&journal->sets[set], hash, now, value));
    note_pending(journal);
    forget_old(&journal->sets[set], now);
}

static const struct position *find_position(const struct journal *journal, const char *name)
{
    for (size_t i = 0; i < journal->n_positions; i++)
        if (strcmp(journal->positions[i].name, name) == 0)
            return &journal->positions[i];
    return NULL;
}

const char *journal_position(const struct journal *journal, const char *name)
{
    const struct position *position = find_position(journal, name);
    return position ? position->value : NULL;
}

static bool word_fits(const char *text, size_t most, bool name)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c < 0x21 || c > 0x7E || (name && !alphanumeric && !strchr("_.-", c)))
            return false;
    }
    return len >= 1 && len <= most;
}

static struct position *put_position(struct journal *journal, const char *name, const char *value)
{
    size_t at = 0;
    if (!word_fits(name, NAME_MOST, true) || !word_fits(value, JOURNAL_VALUE_MOST, false))
        return NULL;
    while (at < journal->n_positions && strcmp(journal->positions[at].name, name))
        at++;
    if (at == JOURNAL_POSITIONS_MOST)
        return NULL;
    struct position *position = &journal->positions[at];
    if (at == journal->n_positions) {
        position->name = mem_strdup(name);
        journal->n_positions++;
    }
    free(position->value);
    position->value = mem_strdup(value);
    return position;
}

int journal_set_position(struct journal *journal, const char *name, const char *value)
{
    const char *before = journal_position(journal, name);
    if (before && strcmp(before, value) == 0)
        return 0;
    const struct position *position = put_position(journal, name, value);
    if (!position)
        return -1;
    add_position(&journal->pending, position);
    note_pending(journal);
    return 0;
}

/* ---- reading ---- */

static int read_position(struct journal *journal, char *body)
{
    char *value = strchr(body + 2, ' ');
    if (!value)
        return -1;
    *value++ = '\0';
    return put_position(journal, body + 2, value) ? 0 : -1;
}

static int read_mark(struct journal *journal, const char *body)
{
    const char *letter = body[0] ? strchr(letters, body[0]) : NULL;
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT];
    int64_t time;
    int value;
    size_t bytes = 0;
    if (!letter || sscanf(body + 1, " %" SCNd64 " %d %22[A-Za-z0-9_-]", &time, &value, text) != 3 ||
        value <= 0 ||
        sodium_base642bin(hash, sizeof hash, text, strlen(text), NULL, &bytes, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        bytes != sizeof hash)
        return -1;
    set_mark(&journal->sets[letter - letters], hash, time, value);
    return 0;
}

static int read_line(struct journal *journal, const char *line, size_t len)
{
    char body[2 + NAME_MOST + 1 + JOURNAL_VALUE_MOST + 1], check[CHECK + 1];
    if (len < CHECK + 3 || len - CHECK - 1 >= sizeof body || line[CHECK] != ' ')
        return -1;
    check_text(line + CHECK + 1, len - CHECK - 1, check);
    if (memcmp(check, line, CHECK))
        return -1;
    memcpy(body, line + CHECK + 1, len - CHECK - 1);
    body[len - CHECK - 1] = '\0';
    return body[0] == 'P' && body[1] == ' ' ? read_position(journal, body) : read_mark(journal, body);
}

/* Bad lines are left out. A bad end is cut off, so that the next record begins a line of its own; bad lines
 * before good ones are a sick disk's work, and the file is written anew. */
static int read_text(struct journal *journal, const char *text, size_t size, struct err *err)
{
    const char *at = text, *end = text + size, *line;
    size_t len, good = 0;
    while (file_next_line(&at, end, &line, &len)) {
        bool whole = line + len < end;
        if (!whole || read_line(journal, line, len)) {
            journal->mended++;
            continue;
        }
        good = (size_t)(at - text);
        journal->rewrite_due = journal->mended > 0;
    }
    journal->size = good;
    if (good < size && ftruncate(journal->fd, (off_t)good))
        return err_at(err, journal->path, 0, "its torn end cannot be cut off: %s", strerror(errno));
    return 0;
}

static int read_file(struct journal *journal, struct err *err)
{
    struct buf text = BUF_INIT(FILE_MOST);
    int rc = file_read(journal->path, &text, err);
    if (rc == 0)
        rc = read_text(journal, buf_str(&text), text.len, err);
    buf_free(&text);
    return rc;
}

/* ---- opening ---- */

static int take_lock(struct journal *journal, struct err *err)
{
    struct buf path = BUF_INIT(4096);
    buf_addf(&path, "%s.lock", journal->path);
    journal->lock = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = 0;
    if (journal->lock < 0)
        rc = err_at(err, buf_str(&path), 0, "cannot be made: %s", strerror(errno));
    else if (flock(journal->lock, LOCK_EX | LOCK_NB))
        rc = err_at(err, journal->path, 0,
                    "another process uses this journal (%s); is the program running already?",
                    strerror(errno));
    buf_free(&path);
    return rc;
}

static int open_file(struct journal *journal, struct err *err)
{
    int fd = open(journal->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_at(err, journal->path, 0, "cannot be opened: %s", strerror(errno));
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = fd;
    return 0;
}

static size_t live_size(const struct journal *journal)
{
    size_t size = 0;
    for (int i = 0; i < JOURNAL_SETS; i++)
        size += journal->sets[i].by_hash.count * MARK_LINE;
    for (size_t i = 0; i < journal->n_positions; i++)
        size += CHECK + 5 + strlen(journal->positions[i].name) + strlen(journal->positions[i].value);
    return size;
}

/* A file of twice its live size is left alone even above 4 MiB: rewriting it would gain too little. */
static void plan_rewrite(struct journal *journal)
{
    size_t live = live_size(journal);
    size_t by_size = 2 * live > LARGE ? 2 * live : LARGE;
    size_t at = 4 * live < by_size ? 4 * live : by_size;
    journal->rewrite_at = at > SMALL ? at : SMALL;
}

struct journal *journal_open(const char *path, int64_t now, struct err *err)
{
    struct journal *journal = mem_new(1, sizeof *journal);
    journal->path = mem_strdup(path);
    journal->fd = journal->lock = -1;
    journal->pending = BUF_INIT(LARGE);
    for (int i = 0; i < JOURNAL_SETS; i++)
        TAILQ_INIT(&journal->sets[i].list);
    if (file_make_parent(path, err) || take_lock(journal, err) || open_file(journal, err) ||
        read_file(journal, err)) {
        journal_close(journal);
        return NULL;
    }
    for (int i = 0; i < JOURNAL_SETS; i++)
        forget_old(&journal->sets[i], now);
    plan_rewrite(journal);
    return journal;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    for (int i = 0; i < JOURNAL_SETS; i++) {
        for (struct mark *mark; (mark = TAILQ_FIRST(&journal->sets[i].list));)
            forget(&journal->sets[i], mark);
        map_free(&journal->sets[i].by_hash);
    }
    for (size_t i = 0; i < journal->n_positions; i++) {
        free(journal->positions[i].name);
        free(journal->positions[i].value);
    }
    buf_free(&journal->pending);
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->lock >= 0)
        close(journal->lock);
    free(journal->path);
    free(journal);
}

/* ---- writing ---- */

static int rewrite(struct journal *journal)
{
    struct buf text = BUF_INIT(FILE_MOST);
    for (size_t i = 0; i < journal->n_positions; i++)
        add_position(&text, &journal->positions[i]);
    for (int i = 0; i < JOURNAL_SETS; i++) {
        const struct mark *mark;
        TAILQ_FOREACH(mark, &journal->sets[i].list, entry)
        add_mark(&text, (enum journal_set)i, mark);
    }
    err_clear(&journal->fault);
    int rc = file_write(journal->path, buf_str(&text), text.len, 0600, &journal->fault);
    if (rc == 0)
        rc = open_file(journal, &journal->fault);
    if (rc == 0) {
        journal->size = text.len;
        buf_clear(&journal->pending);
    }
    buf_free(&text);
    return rc;
}

static int append_pending(struct journal *journal)
{
    const char *bytes = buf_str(&journal->pending);
    size_t left = journal->pending.len;
    while (left) {
        ssize_t n = write(journal->fd, bytes, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_at(&journal->fault, journal->path, 0, "cannot be written: %s", strerror(errno));
        bytes += n;
        left -= (size_t)n;
    }
    if (fdatasync(journal->fd))
        return err_at(&journal->fault, journal->path, 0, "cannot be synced: %s", strerror(errno));
    journal->size += journal->pending.len;
    buf_clear(&journal->pending);
    return 0;
}

/* A failure loses nothing here, as all is appended already; but if the new file took the name and could not
 * be opened, appending would go to the old one, which no longer has a name. */
static void compact(struct journal *journal)
{
    struct stat named, opened;
    if (rewrite(journal) == 0) {
        plan_rewrite(journal);
        return;
    }
    journal->rewrite_at = 2 * journal->size;
    journal->rewrite_due = stat(journal->path, &named) || fstat(journal->fd, &opened) ||
                           named.st_ino != opened.st_ino || named.st_dev != opened.st_dev;
    err_clear(&journal->fault);
}

/* After a write or a sync that failed nobody knows what is on the disk (the kernel may drop such pages), so
 * only a new file can be trusted. */
int journal_commit(struct journal *journal, int64_t now)
{
    if (journal->rewrite_due) {
        if (now < journal->retry_at && journal->retry_at - now <= RETRY_MS)
            return -1;
        journal->retry_at = now + RETRY_MS;
        if (rewrite(journal))
            return -1;
        journal->rewrite_due = false;
        plan_rewrite(journal);
        return 0;
    }
    if (!journal->pending.len)
        return 0;
    err_clear(&journal->fault);
    if (append_pending(journal)) {
        journal->rewrite_due = true;
        journal->retry_at = now + RETRY_MS;
        return -1;
    }
    if (journal->size > journal->rewrite_at)
        compact(journal);
    return 0;
}

const char *journal_fault(const struct journal *journal)
{
    return journal->fault.len ? journal->fault.text : NULL;
}

size_t journal_size(const struct journal *journal)
{
    return journal->size;
}

size_t journal_mended(const struct journal *journal)
{
    return journal->mended;
}
