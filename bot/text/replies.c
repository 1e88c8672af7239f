#include "text/replies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/inifile.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/normalise.h"

enum { LARGEST_FILE = 64 * 1024, VARIABLES_MOST = 24, MEMBERS_MOST = 16, LANGUAGES = 4, LONGEST_LABEL = 40 };

/* A declared variable; a list has members. */
struct variable {
    const char *name, *example;
    enum value_kind kind;
    struct variable *members;
    size_t n_members;
};

struct reply {
    const char *key;
    struct variable variables[VARIABLES_MOST];
    size_t n_variables;
    struct template *texts[LANGUAGES];
    const char *files[LANGUAGES];
};

struct replies {
    struct arena arena;
    const char *folder;
    struct map by_key;
    struct reply **list;
    size_t count, cap;
    struct map words; /* `nb.valg.ja` → text */
};

static const enum language languages[] = {LANGUAGE_NB, LANGUAGE_NN, LANGUAGE_EN};
enum { LANGUAGE_COUNT = sizeof languages / sizeof *languages };

static struct reply *find(const struct replies *replies, const char *key)
{
    return map_get(&replies->by_key, key, strlen(key));
}

static struct reply *find_or_add(struct replies *replies, const char *key, size_t len)
{
    struct reply *reply = map_get(&replies->by_key, key, len);
    if (reply)
        return reply;
    reply = arena_alloc(&replies->arena, sizeof *reply);
    reply->key = arena_strndup(&replies->arena, key, len);
    map_put(&replies->by_key, reply->key, len, reply);
    MEM_ROOM(replies->list, replies->count, replies->cap);
    replies->list[replies->count++] = reply;
    return reply;
}

/* ---- variables.ini ---- */

struct loading {
    struct replies *replies;
    const char *path, *language;
    struct err *err;
};

static struct variable *find_variable(struct variable *list, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i].name, name, len) == 0 && !list[i].name[len])
            return &list[i];
    return NULL;
}

/* Adds `navn` or `egen?` to a list of variables with room for `most`. 0 or -1. */
static int declare(struct loading *l, struct variable *list, size_t *count, size_t most, const char *name,
                   const char *example, int line)
{
    struct arena *arena = &l->replies->arena;
    size_t len = strlen(name);
    bool truth = len > 1 && name[len - 1] == '?';
    if (truth)
        len--;
    if (find_variable(list, *count, name, len))
        return err_at(l->err, l->path, line, "%s is declared twice", name);
    if (*count == most)
        return err_at(l->err, l->path, line, "too many variables; at most %zu", most);
    list[(*count)++] = (struct variable){
        .name = arena_strndup(arena, name, len),
        .example = arena_strdup(arena, example),
        .kind = truth ? VALUE_TRUTH : VALUE_TEXT,
    };
    return 0;
}

static void declare_member(struct loading *l, struct reply *reply, const char *name, const char *brackets,
                           const char *example, int line)
{
    struct arena *arena = &l->replies->arena;
    size_t len = (size_t)(brackets - name);
    struct variable *list = find_variable(reply->variables, reply->n_variables, name, len);
    if (!list) {
        if (reply->n_variables == VARIABLES_MOST) {
            err_at(l->err, l->path, line, "too many variables; at most %d", VARIABLES_MOST);
            return;
        }
        list = &reply->variables[reply->n_variables++];
        list->name = arena_strndup(arena, name, len);
        list->example = "";
        list->kind = VALUE_LIST;
        list->members = arena_alloc(arena, MEMBERS_MOST * sizeof *list->members);
    }
    declare(l, list->members, &list->n_members, MEMBERS_MOST, brackets + 3, example, line);
}

static void take_variable(void *user, const char *section, const char *name, const char *value, int line)
{
    struct loading *l = user;
    struct reply *reply = find_or_add(l->replies, section, strlen(section));
    const char *brackets = strstr(name, "[].");
    if (brackets)
        declare_member(l, reply, name, brackets, value, line);
    else
        declare(l, reply->variables, &reply->n_variables, VARIABLES_MOST, name, value, line);
}

/* ---- texts ---- */

struct checking {
    const struct reply *reply;
    const char *file;
    struct err *err;
};

/* The variable that a tag means: a member of a list around it, or one of the reply's own. */
static const struct variable *meaning(const struct reply *reply, const struct template_tag *tag)
{
    struct variable *own = NULL;
    for (size_t d = tag->depth; d > 0; d--) {
        const struct variable *list = NULL;
        for (size_t i = 0; i < reply->n_variables; i++)
            if (strcmp(reply->variables[i].name, tag->around[d - 1]) == 0)
                list = &reply->variables[i];
        if (list && list->kind == VALUE_LIST)
            own = find_variable(list->members, list->n_members, tag->name, strlen(tag->name));
        if (own)
            return own;
    }
    for (size_t i = 0; i < reply->n_variables; i++)
        if (strcmp(reply->variables[i].name, tag->name) == 0)
            return &reply->variables[i];
    return NULL;
}

static int check_tag(void *user, const struct template_tag *tag)
{
    struct checking *c = user;
    const struct variable *variable = meaning(c->reply, tag);
    if (!variable)
        err_at(c->err, c->file, tag->line,
               "unknown variable {{%s}}; declare it in variables.ini under [%s], or mend its spelling",
               tag->name, c->reply->key);
    else if (!tag->section && variable->kind != VALUE_TEXT)
        err_at(c->err, c->file, tag->line, "{{%s}} is no text; use it as {{#%s}} … {{/%s}}", tag->name,
               tag->name, tag->name);
    return 0;
}

static void load_text(struct loading *l, enum language language, const char *name)
{
    struct arena *arena = &l->replies->arena;
    struct reply *reply = find_or_add(l->replies, name, strlen(name) - strlen(".md"));
    const char *file = arena_printf(arena, "%s/%s/%s", l->replies->folder, l->language, name);
    struct buf text = BUF_INIT(LARGEST_FILE);
    reply->files[language] = file;
    if (file_read(file, &text, l->err) == 0) {
        size_t len = text.len;
        while (len && (text.data[len - 1] == '\n' || text.data[len - 1] == ' '))
            len--;
        if (!len)
            err_at(l->err, file, 1, "the text is empty");
        else if (!text_valid(buf_str(&text), len))
            err_at(l->err, file, 0, "is not UTF-8 text");
        else
            reply->texts[language] = template_compile(buf_str(&text), len, file, arena, l->err);
    }
    struct checking checking = {reply, file, l->err};
    if (reply->texts[language])
        template_walk(reply->texts[language], check_tag, &checking);
    buf_free(&text);
}

static void take_word(void *user, const char *section, const char *name, const char *value, int line)
{
    struct loading *l = user;
    struct arena *arena = &l->replies->arena;
    const char *key = arena_printf(arena, "%s.%s.%s", l->language, section, name);
    if (!*value || strlen(value) > LONGEST_LABEL || !text_valid(value, strlen(value)))
        err_at(l->err, l->path, line, "%s must be a text of 1 to %d bytes", name, LONGEST_LABEL);
    else
        map_put(&l->replies->words, key, strlen(key), arena_strdup(arena, value));
}

static void load_language(struct loading *l, enum language language)
{
    struct arena *arena = &l->replies->arena;
    char **names;
    l->language = language_code(language);
    const char *folder = arena_printf(arena, "%s/%s", l->replies->folder, l->language);
    int count = file_list(folder, ".md", arena, &names, l->err);
    for (int i = 0; i < count; i++)
        load_text(l, language, names[i]);
    l->path = arena_printf(arena, "%s/ord.ini", folder);
    inifile_read(l->path, take_word, l, l->err);
}

static void check_complete(struct loading *l)
{
    for (size_t i = 0; i < l->replies->count; i++)
        for (size_t k = 0; k < LANGUAGE_COUNT; k++) {
            const struct reply *reply = l->replies->list[i];
            if (!reply->files[languages[k]])
                err_at(l->err, l->replies->folder, 0,
                       "%s/%s.md is missing; every text must stand in nb, nn and en",
                       language_code(languages[k]), reply->key);
        }
}

static void check_rendering(struct loading *l)
{
    struct buf out = BUF_INIT(REPLY_LARGEST);
    for (size_t i = 0; i < l->replies->count; i++)
        for (size_t k = 0; k < LANGUAGE_COUNT * 2; k++) {
            const struct reply *reply = l->replies->list[i];
            buf_clear(&out);
            if (replies_example(l->replies, languages[k / 2], reply->key, k % 2, &out) || !out.len)
                err_at(l->err, reply->files[languages[k / 2]], 0,
                       "with its example values the text is empty or longer than %d bytes", REPLY_LARGEST);
        }
    buf_free(&out);
}

struct replies *replies_load(const char *folder, struct err *err)
{
    unsigned before = err->count;
    struct replies *replies = mem_new(1, sizeof *replies);
    struct loading loading = {.replies = replies, .err = err};
    replies->folder = arena_strdup(&replies->arena, folder);
    loading.path = arena_printf(&replies->arena, "%s/variables.ini", folder);
    inifile_read(loading.path, take_variable, &loading, err);
    for (size_t k = 0; k < LANGUAGE_COUNT; k++)
        load_language(&loading, languages[k]);
    if (err->count == before)
        check_complete(&loading);
    if (err->count == before)
        check_rendering(&loading);
    if (err->count == before)
        return replies;
    replies_free(replies);
    return NULL;
}

void replies_free(struct replies *replies)
{
    if (!replies)
        return;
    map_free(&replies->by_key);
    map_free(&replies->words);
    free(replies->list);
    arena_free(&replies->arena);
    free(replies);
}

/* ---- rendering ---- */

bool replies_has(const struct replies *replies, const char *key)
{
    return find(replies, key) != NULL;
}

static struct value empty_value(const struct variable *variable)
{
    return (struct value){.name = variable->name, .kind = variable->kind, .text = ""};
}

static const struct value *find_value(const struct scope *scope, const char *name)
{
    for (size_t i = 0; scope && i < scope->count; i++)
        if (strcmp(scope->values[i].name, name) == 0)
            return &scope->values[i];
    return NULL;
}

/* The scope that a template sees: what the caller gives, and empty values for what else is declared, members
 * of lists included (they are found in the outer scope when an item lacks them). */
static size_t complete_scope(const struct reply *reply, const struct scope *given, struct value *out)
{
    size_t n = 0;
    for (size_t i = 0; i < reply->n_variables; i++) {
        const struct variable *variable = &reply->variables[i];
        const struct value *value = find_value(given, variable->name);
        out[n++] = value && value->kind == variable->kind ? *value : empty_value(variable);
    }
    for (size_t i = 0; i < reply->n_variables; i++)
        for (size_t k = 0; k < reply->variables[i].n_members; k++)
            out[n++] = empty_value(&reply->variables[i].members[k]);
    return n;
}

int replies_render(const struct replies *replies, enum language language, const char *key,
                   const struct scope *scope, struct buf *out)
{
    const struct reply *reply = find(replies, key);
    if (!reply)
        return -1;
    struct value values[VARIABLES_MOST * (1 + MEMBERS_MOST)];
    struct scope complete = {values, complete_scope(reply, scope, values)};
    const struct template *text = reply->texts[language ? language : LANGUAGE_NB];
    return template_render(text, &complete, template_escape_markdown, out);
}

static struct value example_value(const struct variable *variable, bool full, struct arena *arena)
{
    struct value value = empty_value(variable);
    if (variable->kind == VALUE_TEXT)
        value.text = full || *variable->example ? variable->example : "";
    value.truth = full;
    if (variable->kind != VALUE_LIST || !full)
        return value;
    struct value *members = arena_alloc(arena, (variable->n_members + 1) * sizeof *members);
    struct scope *items = arena_alloc(arena, 2 * sizeof *items);
    for (size_t i = 0; i < variable->n_members; i++)
        members[i] = example_value(&variable->members[i], full, arena);
    items[0] = items[1] = (struct scope){members, variable->n_members};
    value.items = items;
    value.count = 2;
    return value;
}

int replies_example(const struct replies *replies, enum language language, const char *key, bool full,
                    struct buf *out)
{
    const struct reply *reply = find(replies, key);
    if (!reply)
        return -1;
    struct arena arena = ARENA_INIT;
    struct value *values = arena_alloc(&arena, (reply->n_variables + 1) * sizeof *values);
    for (size_t i = 0; i < reply->n_variables; i++)
        values[i] = example_value(&reply->variables[i], full, &arena);
    struct scope scope = {values, reply->n_variables};
    int rc = replies_render(replies, language, key, &scope, out);
    arena_free(&arena);
    return rc;
}

const char *replies_word(const struct replies *replies, enum language language, const char *section,
                         const char *name)
{
    char key[128];
    int len = snprintf(key, sizeof key, "%s.%s.%s", language_code(language ? language : LANGUAGE_NB), section,
                       name);
    return len < (int)sizeof key ? map_get(&replies->words, key, (size_t)len) : NULL;
}

size_t replies_count(const struct replies *replies)
{
    return replies->count;
}

const char *replies_key(const struct replies *replies, size_t i)
{
    return replies->list[i]->key;
}
