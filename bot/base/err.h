/* The one error style: a call that fails returns -1 and appends a line for a person to the caller's `struct
 * err`. A line says what is wrong, where (file:line) and what to do. Several may gather (`selvhjelpsctl
 * check`). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

struct err {
    char text[4096]; /* lines, each ended by '\n'; always NUL-terminated */
    size_t len;
    unsigned count; /* of lines given, also of those for which there was no room */
};

void err_clear(struct err *err);

/* Append one line; both return -1, so that a caller can write `return err_add(…)`. `err` may be NULL. */
int err_add(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_at(struct err *err, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The first line without its '\n', for a log line; borrowed until `out` changes. */
const char *err_first(const struct err *err, char *out, size_t size);

#endif
