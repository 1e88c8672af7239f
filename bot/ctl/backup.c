/* `selvhjelpsctl backup` and `restore`: the database and the bridges' key files in one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/asking.h"
#include "store/backup.h"

/* The settings that name key files: without them no chat of that network could be reached again. */
static const char *const key_settings[] = {"console.key_file", "telegram.key_file", "matrix.key_file"};
enum { KEY_FILES = sizeof key_settings / sizeof *key_settings };

static void list_files(const struct ctl *ctl, struct backup_file files[KEY_FILES])
{
    for (size_t i = 0; i < KEY_FILES; i++)
        files[i] = (struct backup_file){key_settings[i], settings_text(ctl->settings, key_settings[i])};
}

/* A copy where no core runs. */
static int copy_here(const char *database, const char *path, struct err *err)
{
    struct store *store = store_open(database, err);
    struct store_copy *copy = store ? store_copy_begin(store, path, err) : NULL;
    int rc = copy ? 1 : -1;
    while (rc > 0)
        rc = store_copy_step(copy, -1, err);
    store_copy_end(copy);
    store_close(store);
    return rc;
}

/* The core makes the copy beside its database. */
static bool copy_by_core(struct ctl *ctl, struct arena *arena, const char **path)
{
    struct ask ask = {.what = "backup"};
    struct answer answer;
    if (!ctl_ask(ctl, &ask, arena, &answer) || !answer.n_rows)
        return false;
    *path = answer_cell(&answer, 0, "path");
    if (access(*path, R_OK | W_OK) == 0)
        return true;
    fprintf(stderr,
            "selvhjelpsctl: %s cannot be read by this user; run it as root, or as the user of the core\n",
            *path);
    return false;
}

int ctl_backup(struct ctl *ctl, int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct err err = {.count = 0};
    struct backup_file files[KEY_FILES];
    const char *database = settings_text(ctl->settings, "core.database");
    if (argc != 2)
        return ctl_usage("backup FILE");
    const char *path = arena_printf(&arena, "%s.copy", database);
    bool done = store_in_use(database)        ? copy_by_core(ctl, &arena, &path)
                : access(database, F_OK) == 0 ? copy_here(database, path, &err) == 0
                                              : err_at(&err, database, 0, "there is no database") == 0;
    list_files(ctl, files);
    done = done && backup_pack(path, argv[1], files, KEY_FILES, clock_wall_ms(), &err) == 0;
    if (done)
        printf("%s: databasen og nøkkelfilene er lagret. Filen inneholder personopplysninger og nøkler; ta "
               "godt vare på "
               "den.\n",
               argv[1]);
    fputs(err.text, stderr);
    arena_free(&arena);
    return done ? 0 : 1;
}

int ctl_restore(struct ctl *ctl, int argc, char **argv)
{
    struct err err = {.count = 0};
    struct backup_file files[KEY_FILES];
    struct restored restored;
    char made[CLOCK_TEXT];
    bool replace = ctl_flag(&argc, argv, "--replace");
    if (argc != 2)
        return ctl_usage("restore FILE [--replace]   with the core stopped");
    list_files(ctl, files);
    if (backup_restore(argv[1], settings_text(ctl->settings, "core.database"), files, KEY_FILES, replace,
                       clock_wall_ms(), &restored, &err)) {
        fprintf(stderr, "%s", err.text);
        return 1;
    }
    clock_format(restored.made, made);
    printf("Databasen er som %.16sZ. %d slettinger etter det er gjort på nytt, og %d nøkkelfiler er lagt "
           "tilbake.\n"
           "Se til at filene eies av brukeren som boten kjører som. Forespørsler som er tatt, trukket eller "
           "avsluttet "
           "etter det, står som de sto da: si fra til koordinatorene.\n",
           made, restored.erased, restored.files);
    return 0;
}
