/* The messages that the benchmarks send: the message column of a file `label TAB language TAB message`. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct lines {
    char **list;
    size_t count, cap;
};

/* Owned by the caller, for the life of the program. Ends it when the file cannot be read. */
static inline struct lines lines_read(const char *path)
{
    struct lines lines = {NULL, 0, 0};
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    FILE *file = fopen(path, "r");
    while (file && (len = getline(&line, &size, file)) > 0) {
        const char *language = strchr(line, '\t'), *message = language ? strchr(language + 1, '\t') : NULL;
        line[strcspn(line, "\r\n")] = '\0';
        if (!message || !message[1])
            continue;
        MEM_ROOM(lines.list, lines.count, lines.cap);
        lines.list[lines.count++] = mem_strdup(message + 1);
    }
    if (!lines.count) {
        fprintf(stderr, "%s: cannot be read or holds no message\n", path);
        exit(1);
    }
    fclose(file);
    free(line);
    return lines;
}

#endif
