#include "text/topics.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

enum { LARGEST_FILE = 64 * 1024, WORDS_MOST = 2000 };

struct topic_word {
    const char *word;
    size_t len;
    bool open; /* any ending */
    const char *topic;
};

struct topics {
    struct arena arena;
    struct topic_word *words;
    size_t count;
};

/* A star alone would be any message: it is not taken. */
static void add_word(struct topics *topics, const char *topic, const char *token, size_t len)
{
    bool open = token[len - 1] == '*';
    if (len == 1 && open)
        return;
    char *word = arena_strndup(&topics->arena, token, len - open);
    for (char *c = word; *c; c++)
        if (*c == '+')
            *c = ' ';
    topics->words[topics->count++] = (struct topic_word){word, len - open, open, topic};
}

static void read_topic(struct topics *topics, const char *path, int number, const char *line, size_t len,
                       struct err *err)
{
    const char *equals = memchr(line, '=', len), *end = line + len;
    size_t name_len = equals ? (size_t)(equals - line) : 0, words = topics->count;
    while (name_len && line[name_len - 1] == ' ')
        name_len--;
    if (!name_len) {
        err_at(err, path, number, "write: topic = word word …");
        return;
    }
    const char *topic = arena_strndup(&topics->arena, line, name_len);
    for (const char *at = equals + 1; at < end && topics->count < WORDS_MOST;) {
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        const char *token = at;
        while (at < end && *at != ' ' && *at != '\t')
            at++;
        if (at > token)
            add_word(topics, topic, token, (size_t)(at - token));
    }
    if (topics->count == words || topics->count == WORDS_MOST)
        err_at(err, path, number, "the topic \"%s\" has no word, or the file more than %d", topic,
               WORDS_MOST - 1);
}

struct topics *topics_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct topics *topics = mem_new(1, sizeof *topics);
    struct buf text = BUF_INIT(LARGEST_FILE);
    topics->words = mem_new(WORDS_MOST, sizeof *topics->words);
    if (file_exists(path) && file_read(path, &text, err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        for (int number = 1; file_next_line(&at, end, &line, &len); number++)
            if (len && line[0] != '#')
                read_topic(topics, path, number, line, len, err);
    }
    buf_free(&text);
    if (err->count == before)
        return topics;
    topics_free(topics);
    return NULL;
}

void topics_free(struct topics *topics)
{
    if (!topics)
        return;
    free(topics->words);
    arena_free(&topics->arena);
    free(topics);
}

/* Where the word begins in `text`, as a whole word; NULL when it does not stand there. */
static const char *stands_in(const struct topic_word *word, const char *text)
{
    for (const char *at = text; (at = strstr(at, word->word)); at++) {
        char behind = at[word->len];
        if ((at == text || at[-1] == ' ') && (word->open || behind == ' ' || behind == '\0'))
            return at;
    }
    return NULL;
}

const char *topics_find(const struct topics *topics, const struct text *text)
{
    const char *first = NULL, *topic = NULL;
    for (size_t i = 0; i < topics->count; i++) {
        const char *at = stands_in(&topics->words[i], text->canon);
        if (at && (!first || at < first)) {
            first = at;
            topic = topics->words[i].topic;
        }
    }
    return topic;
}

bool topics_has(const struct topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++)
        if (strcmp(topics->words[i].topic, name) == 0)
            return true;
    return false;
}
