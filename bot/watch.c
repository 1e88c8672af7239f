#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { QUIET_MS = 200, LOOK_AGAIN_MS = 2000, FAULT_LINES = 6, PATHS_MOST = 8 };

/* What is loaded as one. */
enum part { PART_INTENTS, PART_REPLIES, PART_REGISTRY, PARTS };

static const struct {
    const char *name;
    int (*load)(struct dataset *, const struct settings *, struct err *);
} parts[PARTS] = {
    [PART_INTENTS] = {"intents", dataset_load_intents},
    [PART_REPLIES] = {"replies", dataset_load_replies},
    [PART_REGISTRY] = {"contact points", dataset_load_registry},
};

struct watched {
    enum part part;
    char folder[4096];
    const char *only; /* a file name in the folder, or NULL: all */
    int wd;           /* -1: the folder is not there; looked for again */
};

struct watch {
    struct dataset *data;
    const struct settings *settings;
    int fd;
    struct watched paths[PATHS_MOST];
    size_t n_paths;
    int64_t due[PARTS]; /* INT64_MAX: nothing changed */
    int64_t look_again;
    int64_t taken, refused;
    char *faults[PARTS + 1][FAULT_LINES]; /* the last row: the gazetteer, read at start only */
};

static const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
                               IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

static void attach(struct watch *w, struct watched *watched)
{
    watched->wd = inotify_add_watch(w->fd, watched->folder, events);
}

static void add_folder(struct watch *w, enum part part, const char *folder, const char *below)
{
    struct watched *watched = &w->paths[w->n_paths++];
    watched->part = part;
    watched->only = NULL;
    snprintf(watched->folder, sizeof watched->folder, "%s%s%s", folder, *below ? "/" : "", below);
    attach(w, watched);
}

/* A file is watched through its folder, since editors replace it by a rename. */
static void add_file(struct watch *w, enum part part, const char *path)
{
    struct watched *watched = &w->paths[w->n_paths++];
    const char *slash = strrchr(path, '/');
    watched->part = part;
    watched->only = slash ? slash + 1 : path;
    snprintf(watched->folder, sizeof watched->folder, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    attach(w, watched);
}

struct watch *watch_new(struct dataset *data, const struct settings *settings, struct err *err)
{
    struct watch *w = mem_new(1, sizeof *w);
    const char *replies = settings_text(settings, "core.replies");
    w->data = data;
    w->settings = settings;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (int i = 0; i < PARTS; i++)
        w->due[i] = INT64_MAX;
    if (w->fd < 0) {
        err_add(err, "edits cannot be watched: %s", strerror(errno));
        watch_free(w);
        return NULL;
    }
    add_folder(w, PART_INTENTS, settings_text(settings, "core.intents"), "");
    add_folder(w, PART_REPLIES, replies, "");
    add_folder(w, PART_REPLIES, replies, "nb");
    add_folder(w, PART_REPLIES, replies, "nn");
    add_folder(w, PART_REPLIES, replies, "en");
    add_file(w, PART_REGISTRY, settings_text(settings, "core.contact_points"));
    w->look_again = clock_mono_ms() + LOOK_AGAIN_MS;
    return w;
}

static void clear_faults(struct watch *w, int row)
{
    for (int i = 0; i < FAULT_LINES; i++) {
        free(w->faults[row][i]);
        w->faults[row][i] = NULL;
    }
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    for (int i = 0; i <= PARTS; i++)
        clear_faults(w, i);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

int watch_fd(const struct watch *w)
{
    return w->fd;
}

int64_t watch_due(const struct watch *w)
{
    int64_t due = w->look_again;
    for (int i = 0; i < PARTS; i++)
        due = w->due[i] < due ? w->due[i] : due;
    return due;
}

/* Temporary files of editors and our own atomic writes begin with a dot or end so. */
static bool is_scratch(const char *name)
{
    size_t len = strlen(name);
    return !len || name[0] == '.' || name[0] == '#' || name[len - 1] == '~' || strstr(name, ".new.") ||
           strstr(name, ".sw");
}

static void note_event(struct watch *w, const struct inotify_event *event, int64_t mono)
{
    for (size_t i = 0; i < w->n_paths; i++) {
        struct watched *watched = &w->paths[i];
        if (event->mask & IN_Q_OVERFLOW) {
            w->due[watched->part] = mono + QUIET_MS;
            continue;
        }
        if (watched->wd != event->wd)
            continue;
        if (event->mask &
            (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF)) { /* another folder may bear the name now */
            inotify_rm_watch(w->fd, watched->wd);
            watched->wd = -1;
            w->look_again = mono + QUIET_MS / 2;
            w->due[watched->part] = mono + QUIET_MS;
        } else if (event->len && !is_scratch(event->name) &&
                   (!watched->only || !strcmp(watched->only, event->name))) {
            w->due[watched->part] = mono + QUIET_MS;
        }
    }
}

static void read_events(struct watch *w, int64_t mono)
{
    _Alignas(struct inotify_event) char block[16 * 1024];
    ssize_t len;
    while ((len = read(w->fd, block, sizeof block)) > 0)
        for (char *at = block; at < block + len;) {
            struct inotify_event event;
            memcpy(&event, at, sizeof event);
            note_event(w, (const struct inotify_event *)(const void *)at, mono);
            at += sizeof event + event.len;
        }
}

/* A folder that was not there, or was replaced by another of its name. */
static void look_for_folders(struct watch *w, int64_t mono)
{
    for (size_t i = 0; i < w->n_paths; i++) {
        struct watched *watched = &w->paths[i];
        if (watched->wd >= 0)
            continue;
        attach(w, watched);
        if (watched->wd >= 0)
            w->due[watched->part] = mono + QUIET_MS;
    }
    w->look_again = mono + LOOK_AGAIN_MS;
}

static void keep_faults(struct watch *w, int row, const struct err *err)
{
    const char *at = err->text;
    clear_faults(w, row);
    for (int i = 0; i < FAULT_LINES && *at; i++) {
        size_t len = strcspn(at, "\n");
        w->faults[row][i] = mem_strndup(at, len);
        at += len + (at[len] == '\n');
    }
}

static void take_part(struct watch *w, int part)
{
    w->taken++;
    w->due[part] = INT64_MAX;
    clear_faults(w, part);
    log_info("%s loaded again", parts[part].name);
}

/* A new intent and its reply may come in one change, each refused against the other's old half. */
static bool load_both(struct watch *w)
{
    struct err err = {.count = 0};
    if (dataset_load_texts(w->data, w->settings, &err))
        return false;
    take_part(w, PART_INTENTS);
    take_part(w, PART_REPLIES);
    return true;
}

static void load_part(struct watch *w, int part)
{
    struct err err = {.count = 0};
    w->due[part] = INT64_MAX;
    if (parts[part].load(w->data, w->settings, &err) == 0) {
        take_part(w, part);
        if (part != PART_REGISTRY && w->faults[part == PART_INTENTS ? PART_REPLIES : PART_INTENTS][0])
            load_both(w); /* the other half may have waited for this one */
        return;
    }
    if (part != PART_REGISTRY && load_both(w))
        return;
    char first[512];
    w->refused++;
    keep_faults(w, part, &err);
    log_warn("an edit of %s is refused and the last good one stays: %s", parts[part].name,
             err_first(&err, first, sizeof first));
}

bool watch_run(struct watch *w, int64_t mono)
{
    bool loaded = false;
    read_events(w, mono);
    if (mono >= w->look_again)
        look_for_folders(w, mono);
    for (int i = 0; i < PARTS; i++)
        if (w->due[i] <= mono) {
            load_part(w, i);
            loaded = true;
        }
    return loaded;
}

int64_t watch_taken(const struct watch *w)
{
    return w->taken;
}

int64_t watch_refused(const struct watch *w)
{
    return w->refused;
}

size_t watch_faults(const struct watch *w, const char **lines, size_t most)
{
    size_t n = 0;
    for (int row = 0; row <= PARTS; row++)
        for (int i = 0; i < FAULT_LINES && w->faults[row][i] && n < most; i++)
            lines[n++] = w->faults[row][i];
    return n;
}

void watch_load(struct watch *w)
{
    struct err err = {.count = 0};
    if (dataset_load_places(w->data, w->settings, &err)) {
        keep_faults(w, PARTS, &err);
        log_warn("places cannot be loaded:\n%s", err.text);
    }
    for (int i = PARTS - 1; i >= 0; i--) { /* the registry, then replies, then intents, which name replies */
        err_clear(&err);
        if (parts[i].load(w->data, w->settings, &err) == 0)
            continue;
        keep_faults(w, i, &err);
        log_warn("%s are broken; until they are mended only built-in texts are said:\n%s", parts[i].name,
                 err.text);
    }
}
