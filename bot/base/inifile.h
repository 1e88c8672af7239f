/* INI files read with inih, with line numbers (Debian's build of inih gives the handler none). */
#ifndef BASE_INIFILE_H
#define BASE_INIFILE_H

#include "base/err.h"

/* Called for each `name = value`; texts are borrowed until it returns. Faults go to the caller's own err. */
typedef void inifile_pair(void *user, const char *section, const char *name, const char *value, int line);

/* Reads the file; a line that is no INI, or longer than 190 bytes, becomes a line in `err`. 0 or -1. */
int inifile_read(const char *path, inifile_pair *pair, void *user, struct err *err);

#endif
