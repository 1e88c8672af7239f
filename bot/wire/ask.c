#include "wire/ask.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

static const size_t reading = JSON_REJECT_DUPLICATES;

/* ---- ask ---- */

const char *ask_with(const struct ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->count; i++)
        if (strcmp(ask->with[i].name, name) == 0)
            return ask->with[i].text;
    return "";
}

void ask_add(struct ask *ask, const char *name, const char *text)
{
    if (ask->count < ASK_MOST)
        ask->with[ask->count++] = (struct ask_pair){name, text};
}

/* Text that is not UTF-8 cannot be written: then the whole must not go out. */
static json_t *text_value(const char *text, struct buf *out)
{
    json_t *value = json_string(text);
    out->failed = out->failed || !value;
    return value;
}

void ask_write(const struct ask *ask, struct buf *out)
{
    json_t *with = json_object();
    for (size_t i = 0; i < ask->count; i++)
        json_object_set_new(with, ask->with[i].name, text_value(ask->with[i].text, out));
    json_write(json_pack("{s:s, s:s, s:o}", "id", ask->id, "ask", ask->what, "with", with), out);
}

static json_t *load(const char *payload, size_t len)
{
    return json_read(payload, len, CONTRACT_LIST_LARGEST, reading);
}

static const char *text_of(const json_t *value, size_t most, struct arena *arena)
{
    if (!json_is_string(value) || json_string_length(value) > most)
        return NULL;
    return arena_strndup(arena, json_string_value(value), json_string_length(value));
}

static int read_with(json_t *with, struct arena *arena, struct ask *ask)
{
    const char *name;
    json_t *value;
    json_object_foreach(with, name, value)
    {
        const char *text = text_of(value, ASK_TEXT_LARGEST, arena);
        if (!text || ask->count == ASK_MOST)
            return -1;
        ask_add(ask, arena_strdup(arena, name), text);
    }
    return 0;
}

int ask_read(const char *payload, size_t len, struct arena *arena, struct ask *ask, const char **id)
{
    json_t *root = load(payload, len);
    memset(ask, 0, sizeof *ask);
    *id = NULL;
    if (!root)
        return -1;
    ask->id = text_of(json_object_get(root, "id"), CONTRACT_ID_LARGEST, arena);
    ask->what = text_of(json_object_get(root, "ask"), 40, arena);
    if (ask->id && contract_id_fits(ask->id))
        *id = ask->id;
    json_t *with = json_object_get(root, "with");
    int rc = *id && ask->what && (!with || (json_is_object(with) && read_with(with, arena, ask) == 0)) ? 0
                                                                                                       : -1;
    json_decref(root);
    return rc;
}

/* ---- answer ---- */

const char **answer_row(struct answer *answer, struct arena *arena)
{
    size_t size = COLUMNS_MOST * sizeof *answer->cells; /* a row's cells lie side by side */
    answer->cells = arena_room(arena, answer->cells, answer->n_rows, &answer->cap, size);
    const char **row = answer->cells + answer->n_rows++ * COLUMNS_MOST;
    for (size_t i = 0; i < COLUMNS_MOST; i++)
        row[i] = "";
    return row;
}

void answer_write(const struct answer *answer, struct buf *out)
{
    json_t *root = json_object(), *columns = json_array(), *rows = json_array();
    for (size_t i = 0; i < answer->n_columns; i++)
        json_array_append_new(columns, text_value(answer->columns[i], out));
    for (size_t i = 0; i < answer->n_rows; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < answer->n_columns; k++)
            json_array_append_new(row, text_value(answer->cells[i * COLUMNS_MOST + k], out));
        json_array_append_new(rows, row);
    }
    json_object_set_new(root, "id", json_string(answer->id));
    if (answer->error)
        json_object_set_new(root, "error", text_value(answer->error, out));
    json_object_set_new(root, "columns", columns);
    json_object_set_new(root, "rows", rows);
    json_write(root, out);
}

static int read_row(const json_t *row, struct arena *arena, struct answer *answer)
{
    if (json_array_size(row) != answer->n_columns)
        return -1;
    const char **cells = answer_row(answer, arena);
    for (size_t i = 0; i < answer->n_columns; i++)
        if (!(cells[i] = text_of(json_array_get(row, i), CONTRACT_LIST_LARGEST, arena)))
            return -1;
    return 0;
}

static int read_table(const json_t *root, struct arena *arena, struct answer *answer)
{
    const json_t *columns = json_object_get(root, "columns"), *rows = json_object_get(root, "rows");
    if (!json_is_array(columns) || !json_is_array(rows) || json_array_size(columns) > COLUMNS_MOST)
        return -1;
    for (; answer->n_columns < json_array_size(columns); answer->n_columns++)
        if (!(answer->columns[answer->n_columns] = text_of(json_array_get(columns, answer->n_columns), 40,
                                                           arena)))
            return -1;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (read_row(json_array_get(rows, i), arena, answer))
            return -1;
    return 0;
}

int answer_read(const char *payload, size_t len, struct arena *arena, struct answer *answer)
{
    json_t *root = load(payload, len);
    memset(answer, 0, sizeof *answer);
    if (!root)
        return -1;
    answer->id = text_of(json_object_get(root, "id"), CONTRACT_ID_LARGEST, arena);
    const json_t *error = json_object_get(root, "error");
    answer->error = error ? text_of(error, CONTRACT_LIST_LARGEST, arena) : NULL;
    int rc = answer->id && (!error || answer->error) ? read_table(root, arena, answer) : -1;
    json_decref(root);
    return rc;
}

const char *answer_cell(const struct answer *answer, size_t row, const char *column)
{
    for (size_t i = 0; i < answer->n_columns; i++)
        if (strcmp(answer->columns[i], column) == 0)
            return answer->cells[row * COLUMNS_MOST + i];
    return "";
}
