#include "base/inifile.h"

#include <ini.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

enum { LARGEST_FILE = 512 * 1024, LONGEST_LINE = 190 };

struct reading {
    const char *path, *at, *end;
    int line;
    inifile_pair *pair;
    void *user;
    struct err *err;
};

/* inih's reader: like fgets, counts the lines on the way. */
static char *next_line(char *out, int size, void *stream)
{
    struct reading *reading = stream;
    const char *line;
    size_t len;
    if (!file_next_line(&reading->at, reading->end, &line, &len))
        return NULL;
    reading->line++;
    if (len > LONGEST_LINE || len + 2 > (size_t)size) {
        err_at(reading->err, reading->path, reading->line, "the line is longer than %d bytes", LONGEST_LINE);
        len = 0;
    }
    memcpy(out, line, len);
    out[len] = '\n';
    out[len + 1] = '\0';
    return out;
}

static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    reading->pair(reading->user, section, name, value, reading->line);
    return 1;
}

int inifile_read(const char *path, inifile_pair *pair, void *user, struct err *err)
{
    unsigned before = err->count;
    struct buf text = BUF_INIT(LARGEST_FILE);
    if (file_read(path, &text, err) == 0) {
        const char *start = buf_str(&text);
        struct reading reading = {path, start, start + text.len, 0, pair, user, err};
        int line = ini_parse_stream(next_line, &reading, take_pair, &reading);
        if (line > 0)
            err_at(err, path, line, "is neither [section] nor name = value");
    }
    buf_free(&text);
    return err->count == before ? 0 : -1;
}
