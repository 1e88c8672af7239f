#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void *mem_new(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        log_fatal("out of memory (%zu objects of %zu bytes)", count, size);
    return p;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    void *p = reallocarray(old, count ? count : 1, size ? size : 1);
    if (!p)
        log_fatal("out of memory (%zu objects of %zu bytes)", count, size);
    return p;
}

char *mem_strndup(const char *text, size_t len)
{
    char *p = mem_new(len + 1, 1);
    memcpy(p, text, len);
    return p;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}
