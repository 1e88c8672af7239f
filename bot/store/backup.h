/* Backup and restore. A backup is one SQLite file: the database and the key files of the bridges, without
 * which no chat could be reached again. It holds personal data and secrets: mode 0600, to be kept like them.
 *
 * What people have erased stays erased: each erasure is noted in `<database>.erased` (time and keyed hash, no
 * name or address), and carried out again on a backup that is older. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

/* ---- a copy of the database while it is in use, in small steps ---- */

struct store_copy;

/* Begins a copy at `path`, which is made anew; outside a batch. NULL with a line in `err`. Owned by the
 * caller. */
struct store_copy *store_copy_begin(struct store *store, const char *path, struct err *err);
/* Copies some pages more; what is changed meanwhile is in the copy too. 1: goes on, 0: done, -1. */
int store_copy_step(struct store_copy *copy, int pages, struct err *err);
void store_copy_end(struct store_copy *copy);
/* Removes a copy that nobody has fetched: it holds all personal data, and no erasure reaches it. */
void store_copy_remove(const char *path);

/* ---- the backup file ---- */

struct backup_file {
    const char *name, *path; /* name: the setting that names the path */
};

/* Makes `file` of a copy and the files that exist of the list; the copy is used up. 0 or -1. */
int backup_pack(const char *copy, const char *file, const struct backup_file *files, size_t n_files,
                int64_t now, struct err *err);

struct restored {
    int64_t made; /* when the backup was made */
    int erased;   /* chats and coordinators that were taken out again */
    int files;    /* key files written */
};

enum { BACKUP_DAYS = 400 }; /* erasures are noted this long, so no older backup can be restored */

/* Puts the database and the key files back. Refuses while a core runs, a file that is no backup, one older
 * than BACKUP_DAYS, and, unless `replace`, to write over a database or another key file. References go on
 * well behind the last one, so that none is used twice. 0 or -1; nothing is changed on failure before the
 * database is put in place. */
int backup_restore(const char *file, const char *database, const struct backup_file *files, size_t n_files,
                   bool replace, int64_t now, struct restored *restored, struct err *err);

#endif
