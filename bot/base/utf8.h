/* UTF-8, byte by byte. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Length of the character at `at`, of which `left` bytes are there (at least 1); 0 when there is none (RFC
 * 3629). */
size_t utf8_length(const unsigned char *at, size_t left);

#endif
