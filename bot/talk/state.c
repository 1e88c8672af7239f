#include "talk/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* Version in the first line; a newer program reads older ones, an unknown one starts the conversation afresh.
 */
static const char first_line[] = "state 1";

static void write_text(struct buf *out, const char *name, const char *value)
{
    if (*value)
        buf_addf(out, "%s=%s\n", name, value);
}

static void write_number(struct buf *out, const char *name, int value)
{
    if (value)
        buf_addf(out, "%s=%d\n", name, value);
}

void state_write(const struct state *state, struct buf *out)
{
    buf_addf(out, "%s\n", first_line);
    write_text(out, "language", language_code(state->language));
    write_number(out, "chosen", state->language_chosen);
    write_number(out, "introduced", state->introduced);
    if (state->has_place) {
        write_text(out, "place", state->place);
        write_text(out, "kommune", state->kommune);
        buf_addf(out, "lat=%.5f\nlon=%.5f\n", state->lat, state->lon);
    }
    write_number(out, "asked", (int)state->asked);
    write_text(out, "wish", state->wish);
    write_text(out, "topic", state->topic);
    write_text(out, "last", state->last_key);
    write_number(out, "misses", state->misses);
    write_number(out, "shown", state->shown);
    write_text(out, "tag", state->tag);
    for (size_t i = 0; i < state->n_choices; i++)
        buf_addf(out, "choice=%s\t%s\n", state->choices[i].action, state->choices[i].label);
}

static int copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return -1;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)from[i] < 0x20)
            return -1; /* nothing that we write has control characters */
    memcpy(to, from, len);
    to[len] = '\0';
    return 0;
}

static int read_number(const char *value, size_t len, long most, long *number)
{
    char digits[16];
    char *end;
    if (!len || copy(digits, sizeof digits, value, len))
        return -1;
    *number = strtol(digits, &end, 10);
    return *end || *number < 0 || *number > most ? -1 : 0;
}

static int read_degrees(const char *value, size_t len, double *degrees)
{
    char digits[24];
    char *end;
    if (!len || copy(digits, sizeof digits, value, len))
        return -1;
    *degrees = strtod(digits, &end);
    return *end || !(*degrees >= -180 && *degrees <= 180) ? -1 : 0;
}

static int read_choice(struct state *state, const char *value, size_t len)
{
    const char *tab = memchr(value, '\t', len);
    if (!tab || state->n_choices == CHOICES_MOST)
        return -1;
    struct choice *choice = &state->choices[state->n_choices++];
    return copy(choice->action, ACTION_SIZE, value, (size_t)(tab - value)) ||
                   copy(choice->label, LABEL_SIZE, tab + 1, (size_t)(value + len - tab - 1))
               ? -1
               : 0;
}

static int read_flag(const char *value, size_t len, bool *flag)
{
    long number = 0;
    int rc = read_number(value, len, 1, &number);
    *flag = number == 1;
    return rc;
}

static int read_count(const char *value, size_t len, int *count)
{
    long number = 0;
    int rc = read_number(value, len, 1000000000, &number);
    *count = (int)number;
    return rc;
}

static int read_asked(struct state *state, const char *value, size_t len)
{
    long number = 0;
    int rc = read_number(value, len, ASKED_LAST, &number);
    state->asked = (enum asked)number;
    return rc;
}

static int read_language(struct state *state, const char *value, size_t len)
{
    char code[8];
    if (copy(code, sizeof code, value, len))
        return -1;
    state->language = language_from_code(code);
    return state->language ? 0 : -1;
}

static int read_pair(struct state *state, const char *name, size_t name_len, const char *value, size_t len)
{
    char key[16];
    if (copy(key, sizeof key, name, name_len))
        return -1;
    if (strcmp(key, "language") == 0)
        return read_language(state, value, len);
    if (strcmp(key, "chosen") == 0)
        return read_flag(value, len, &state->language_chosen);
    if (strcmp(key, "introduced") == 0)
        return read_flag(value, len, &state->introduced);
    if (strcmp(key, "place") == 0) {
        state->has_place = len > 0;
        return len ? copy(state->place, NAME_SIZE, value, len) : -1;
    }
    if (strcmp(key, "kommune") == 0)
        return copy(state->kommune, sizeof state->kommune, value, len);
    if (strcmp(key, "lat") == 0)
        return read_degrees(value, len, &state->lat);
    if (strcmp(key, "lon") == 0)
        return read_degrees(value, len, &state->lon);
    if (strcmp(key, "asked") == 0)
        return read_asked(state, value, len);
    if (strcmp(key, "wish") == 0)
        return copy(state->wish, KEY_SIZE, value, len);
    if (strcmp(key, "topic") == 0)
        return copy(state->topic, TOPIC_SIZE, value, len);
    if (strcmp(key, "last") == 0)
        return copy(state->last_key, KEY_SIZE, value, len);
    if (strcmp(key, "misses") == 0)
        return read_count(value, len, &state->misses);
    if (strcmp(key, "shown") == 0)
        return read_count(value, len, &state->shown);
    if (strcmp(key, "tag") == 0)
        return copy(state->tag, EVENT_TAG, value, len);
    return strcmp(key, "choice") == 0 ? read_choice(state, value, len) : -1;
}

int state_read(struct state *state, const char *text, size_t len)
{
    const char *at = text, *end = text + len, *line;
    size_t line_len;
    memset(state, 0, sizeof *state);
    if (!file_next_line(&at, end, &line, &line_len) || line_len != strlen(first_line) ||
        memcmp(line, first_line, line_len))
        return -1;
    while (file_next_line(&at, end, &line, &line_len)) {
        const char *equals = memchr(line, '=', line_len);
        if (!equals || read_pair(state, line, (size_t)(equals - line), equals + 1,
                                 (size_t)(line + line_len - equals - 1))) {
            memset(state, 0, sizeof *state);
            return -1;
        }
    }
    return 0;
}
