/* A backup while the core runs: the copy grows by some pages after each wake-up, so that no message waits. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core_internal.h"

enum { PAGES_AT_ONCE = 256, FETCHED_WITHIN_MS = 30000 };

static void copy_path(const struct core *core, char *out, size_t size)
{
    snprintf(out, size, "%s.copy", settings_text(core->settings, "core.database"));
}

static void answer_with(struct core *core, const char *error, const char *path)
{
    const char *cells[COLUMNS_MOST] = {path};
    struct answer answer = {.id = core->copy_id, .error = error, .columns = {"path"}, .n_columns = 1};
    answer.cells = cells;
    answer.n_rows = path ? 1 : 0;
    core_publish_answer(core, core->copy_for, &answer);
}

bool core_backup_asked(struct core *core, const struct topic *topic, const struct ask *ask)
{
    if (strcmp(ask->what, "backup"))
        return false;
    if (core->copy || core->copy_id[0]) {
        struct answer busy = {.id = ask->id, .error = "another backup is under way; try again in a minute"};
        core_publish_answer(core, topic->network, &busy);
        return true;
    }
    snprintf(core->copy_id, sizeof core->copy_id, "%s", ask->id);
    snprintf(core->copy_for, sizeof core->copy_for, "%s", topic->network);
    return true;
}

/* Outside a batch: the copy begins with the moment from which on erasures have to be repeated. */
static void begin(struct core *core)
{
    char path[4200];
    struct err err = {.count = 0};
    copy_path(core, path, sizeof path);
    core->copy = store_copy_begin(core->store, path, &err);
    if (!core->copy) {
        answer_with(core, err.text, NULL);
        core->copy_id[0] = '\0';
    }
}

void core_backup_forget(struct core *core)
{
    char path[4200];
    copy_path(core, path, sizeof path);
    store_copy_remove(path);
    core->copy_due = INT64_MAX;
}

bool core_backup_run(struct core *core, int64_t mono)
{
    char path[4200];
    struct err err = {.count = 0};
    if (!core->copy && core->copy_id[0])
        begin(core);
    if (!core->copy) {
        if (mono >= core->copy_due)
            core_backup_forget(core);
        return false;
    }
    int rc = store_copy_step(core->copy, PAGES_AT_ONCE, &err);
    if (rc > 0)
        return true;
    core_backup_end(core);
    copy_path(core, path, sizeof path);
    log_info(rc ? "a backup failed" : "a backup was made");
    answer_with(core, rc ? err.text : NULL, rc ? NULL : path);
    core->copy_id[0] = '\0';
    core->copy_due = mono + FETCHED_WITHIN_MS;
    return false;
}

void core_backup_end(struct core *core)
{
    store_copy_end(core->copy);
    core->copy = NULL;
}
