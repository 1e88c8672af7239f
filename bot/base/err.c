#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void append_line(struct err *err, const char *prefix,
                                                              const char *format, va_list args)
{
    char line[1024];
    size_t at = (size_t)snprintf(line, sizeof line, "%s", prefix);
    if (at >= sizeof line)
        at = sizeof line - 1;
    vsnprintf(line + at, sizeof line - at, format, args);
    size_t len = strlen(line);
    err->count++;
    if (err->len + len + 2 > sizeof err->text)
        return;
    memcpy(err->text + err->len, line, len);
    err->len += len;
    err->text[err->len++] = '\n';
    err->text[err->len] = '\0';
}

void err_clear(struct err *err)
{
    err->text[0] = '\0';
    err->len = 0;
    err->count = 0;
}

int err_add(struct err *err, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    append_line(err, "", format, args);
    va_end(args);
    return -1;
}

int err_at(struct err *err, const char *file, int line, const char *format, ...)
{
    if (!err)
        return -1;
    char prefix[512];
    if (line > 0)
        snprintf(prefix, sizeof prefix, "%s:%d: ", file, line);
    else
        snprintf(prefix, sizeof prefix, "%s: ", file);
    va_list args;
    va_start(args, format);
    append_line(err, prefix, format, args);
    va_end(args);
    return -1;
}

const char *err_first(const struct err *err, char *out, size_t size)
{
    size_t len = strcspn(err->text, "\n");
    if (len >= size)
        len = size - 1;
    memcpy(out, err->text, len);
    out[len] = '\0';
    return out;
}
