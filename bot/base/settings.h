/* Settings: an INI file (inih) with overrides `section.key=value`. Every setting is in the one table of
 * settings.c with its default and help; an unknown key is refused with file and line. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct settings;

/* All defaults. Paths default to those of a checkout when the current folder is one, else to the installed
 * ones. Owned by the caller; ends with settings_free. */
struct settings *settings_new(void);
void settings_free(struct settings *settings);

/* 0, or -1 with one line for each fault. */
int settings_load(struct settings *settings, const char *path, struct err *err);
int settings_set(struct settings *settings, const char *assignment, struct err *err);

/* The value by its full key, which must be in the table. Text is borrowed until the settings change; empty
 * when not set. A duration is read from seconds (`0.5`) into milliseconds. */
const char *settings_text(const struct settings *settings, const char *key);
int settings_int(const struct settings *settings, const char *key);
int64_t settings_ms(const struct settings *settings, const char *key);

/* Reads the first line of the file that a `…_file` setting names, without its line end, into `out`. An empty
 * setting gives an empty text. 0, or -1. */
int settings_secret(const struct settings *settings, const char *key, char *out, size_t size,
                    struct err *err);

/* Writes the settings file that `deploy/` ships: every key with help and default. */
void settings_print_defaults(FILE *out);

#endif
