/* The one logger: a line on stderr with time, program and level. It never gets message text, addresses, chat
 * tokens or secrets: callers pass counts, file names, reasons and ids of their own making. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* Name shown in each line; borrowed for the life of the process (a string literal). */
void log_name(const char *program);
/* Says nothing below a warning when `quiet`. */
void log_quiet(bool quiet);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The operator has to do something: says what, then exit status 1. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A broken invariant in our own code: says where, then abort(). */
#define BUG(...) log_bug(__FILE__, __LINE__, __VA_ARGS__)
void log_bug(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

#endif
