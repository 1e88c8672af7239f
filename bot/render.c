#include "render.h"

#include <stdio.h>
#include <string.h>

#include "builtin.h"

/* ---- help lines ---- */

static struct scope line_scope(const struct dataset *data, const struct helpline *line,
                               enum language language, int64_t now, struct arena *arena)
{
    enum { VALUES = 4 };
    struct value *v = arena_alloc(arena, VALUES * sizeof *v);
    struct buf hours = BUF_INIT(200);
    helpline_hours(line, data->replies, language, now, &hours);
    v[0] = (struct value){.name = "nummer", .kind = VALUE_TEXT, .text = line->number};
    v[1] = (struct value){.name = "navn", .kind = VALUE_TEXT, .text = line->name[language]};
    v[2] = (struct value){.name = "tid", .kind = VALUE_TEXT, .text = arena_strdup(arena, buf_str(&hours))};
    v[3] = (struct value){.name = "hvem", .kind = VALUE_TEXT, .text = line->who[language]};
    buf_free(&hours);
    return (struct scope){v, VALUES};
}

/* The piece's own values and, where it asks for them, `linjer`. */
static struct scope scope_with_lines(const struct dataset *data, const struct part *part,
                                     enum language language, int64_t now, struct arena *arena)
{
    const struct helpline *lines[LINES_SHOWN];
    if (!part->lines || !data->helplines)
        return part->scope;
    size_t n = helplines_pick(data->helplines, part->lines, now, lines, LINES_SHOWN);
    struct scope *items = arena_alloc(arena, (n + 1) * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = line_scope(data, lines[i], language, now, arena);
    struct value *values = arena_alloc(arena, (part->scope.count + 1) * sizeof *values);
    if (part->scope.count)
        memcpy(values, part->scope.values, part->scope.count * sizeof *values);
    values[part->scope.count] = (struct value){
        .name = "linjer", .kind = VALUE_LIST, .text = "", .items = items, .count = n};
    return (struct scope){values, part->scope.count + 1};
}

/* ---- text ---- */

static int render_parts(const struct dataset *data, const struct say *say, enum language language,
                        int64_t now, struct arena *arena, struct buf *text)
{
    for (size_t i = 0; i < say->n_parts; i++) {
        struct scope scope = scope_with_lines(data, &say->parts[i], language, now, arena);
        if (i)
            buf_add_str(text, "\n\n");
        if (replies_render(data->replies, language, say->parts[i].key, &scope, text))
            return -1;
    }
    return buf_done(text);
}

void render_builtin(bool crisis, enum language language, struct out *reply)
{
    reply->language = language_code(language ? language : LANGUAGE_NB);
    reply->text = builtin_text(crisis ? BUILTIN_CRISIS : BUILTIN_FAILED, language);
    reply->urgent = crisis;
}

/* ---- buttons ---- */

static const char *label_of(const struct dataset *data, const struct offer *offer, enum language language,
                            struct arena *arena)
{
    const char *word = offer->word ? replies_word(data->replies, language, "valg", offer->word) : NULL;
    if (word && offer->literal)
        return arena_printf(arena, "%s %s", word, offer->literal);
    return word ? word : !offer->word && offer->literal ? offer->literal : "?";
}

/* A standing button says itself what it does; any other belongs to its turn. */
static const char *value_of(const struct offer *offer, const char *tag, size_t number, struct arena *arena)
{
    if (strncmp(offer->action, "s.", 2) == 0)
        return arena_strdup(arena, offer->action);
    return arena_printf(arena, "%s.%zu", tag, number);
}

static void label_buttons(const struct dataset *data, struct step *step, struct arena *arena,
                          struct out *reply)
{
    struct state *next = &step->next;
    for (size_t i = 0; i < step->say.n_offers; i++) {
        const char *label = label_of(data, &step->say.offers[i], next->language, arena);
        reply->buttons[i].label = label;
        reply->buttons[i].value = value_of(&step->say.offers[i], next->tag, i + 1, arena);
        snprintf(next->choices[i].label, LABEL_SIZE, "%s", label);
    }
    reply->n_buttons = step->say.n_offers;
}

void render_say(const struct dataset *data, struct step *step, int64_t now, struct arena *arena,
                struct out *reply, bool *builtin)
{
    enum language language = step->next.language;
    struct buf text = BUF_INIT(REPLY_LARGEST);
    reply->language = language_code(language);
    reply->urgent = step->say.urgent;
    reply->ask_location = step->say.ask_location;
    *builtin = !data->replies || render_parts(data, &step->say, language, now, arena, &text);
    if (*builtin) {
        render_builtin(step->say.urgent, language, reply);
        step->next.n_choices = 0;
    } else {
        reply->text = arena_strdup(arena, buf_str(&text));
        label_buttons(data, step, arena, reply);
    }
    buf_free(&text);
}
