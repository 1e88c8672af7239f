/* The one growable byte buffer. It has a compulsory largest size; what would pass it is dropped and the
 * buffer stays failed, so that a chain of additions needs one check at its end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* always NUL-terminated behind len once something was added */
    size_t len, cap, limit;
    bool failed; /* an addition passed the limit; len is what fitted before it */
};

#define BUF_INIT(largest) ((struct buf){NULL, 0, 0, (largest), false})

void buf_free(struct buf *buf);  /* releases the memory; the buffer can be used again */
void buf_clear(struct buf *buf); /* empties it and forgets a failure, keeps the memory */

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The contents as a NUL-terminated string; borrowed until the buffer changes; never NULL. */
const char *buf_str(const struct buf *buf);
/* 0, or -1 when something did not fit. */
int buf_done(const struct buf *buf) __attribute__((warn_unused_result));

#endif
