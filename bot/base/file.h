/* Files and folders, bounded and with errors for a person. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Reads a whole regular file into `out` (its limit is the largest size). 0 or -1 with a line in `err`. */
int file_read(const char *path, struct buf *out, struct err *err) __attribute__((warn_unused_result));

/* Writes beside the target, syncs, renames over it and syncs the folder: a reader sees the old file or the
 * new one whole, also after a power cut. 0 or -1. */
int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err)
    __attribute__((warn_unused_result));

/* Names in a folder that end with `suffix`, sorted bytewise, without hidden ones. The array and the names are
 * the arena's. Returns the count, or -1. */
int file_list(const char *folder, const char *suffix, struct arena *arena, char ***names, struct err *err)
    __attribute__((warn_unused_result));

/* Refuses a file with a secret that everybody on the machine may read or write. 0 or -1. */
int file_check_private(const char *path, struct err *err) __attribute__((warn_unused_result));

bool file_exists(const char *path);
/* Makes the folder in which `path` would lie (one level), mode 0700. 0 or -1. */
int file_make_parent(const char *path, struct err *err) __attribute__((warn_unused_result));

/* Walks the lines of a text without copying: sets *line and *len to the next line without its line end (LF or
 * CRLF) and moves *at behind it. False at the end. Start with *at = the text. */
bool file_next_line(const char **at, const char *end, const char **line, size_t *len);

#endif
