#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Room for `more` bytes and a NUL, or the failed state. */
static bool make_room(struct buf *buf, size_t more)
{
    if (buf->failed || more > buf->limit - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t needed = buf->len + more + 1;
    if (needed > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 64;
        while (cap < needed)
            cap *= 2;
        buf->data = mem_grow(buf->data, cap, 1);
        buf->cap = cap;
    }
    return true;
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = BUF_INIT(buf->limit);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    if (!make_room(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        buf->failed = true;
    else if (make_room(buf, (size_t)len)) {
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

const char *buf_str(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

int buf_done(const struct buf *buf)
{
    return buf->failed ? -1 : 0;
}
