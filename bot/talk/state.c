#include "talk/state.h"

#include <errno.h>
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

/* Words of several lines: a line end becomes `\\n`, a backslash `\\\\`. */
static void write_words(struct buf *out, const char *name, const char *value)
{
    if (!*value)
        return;
    buf_addf(out, "%s=", name);
    for (; *value; value++)
        if (*value == '\n')
            buf_add_str(out, "\\n");
        else if ((unsigned char)*value < 0x20) /* a tab, a carriage return */
            buf_add_char(out, ' ');
        else if (*value == '\\')
            buf_add_str(out, "\\\\");
        else
            buf_add_char(out, *value);
    buf_add_char(out, '\n');
}

static void write_long(struct buf *out, const char *name, int64_t value)
{
    if (value)
        buf_addf(out, "%s=%lld\n", name, (long long)value);
}

static void write_draft(const struct draft *draft, struct buf *out)
{
    if (!draft->kind)
        return;
    write_number(out, "draft", (int)draft->kind);
    write_number(out, "step", (int)draft->step);
    write_number(out, "seen", draft->seen);
    write_number(out, "grave", draft->alarming);
    write_long(out, "changes", draft->changes);
    write_text(out, "scope", draft->scope);
    write_text(out, "reserve", draft->reserve);
    write_text(out, "alias", draft->alias);
    write_text(out, "contact", draft->contact);
    write_words(out, "words", draft->words);
    write_number(out, "reach", (int)draft->reach);
}

void state_drop_pending(struct state *state)
{
    memset(state->pending, 0, sizeof state->pending);
    state->alarming = false;
    state->about = 0;
    state->asked = ASKED_NOTHING;
}

void state_drop_draft(struct state *state)
{
    memset(&state->draft, 0, sizeof state->draft);
    state_drop_pending(state);
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
    write_draft(&state->draft, out);
    write_long(out, "about", state->about);
    write_long(out, "relay", state->relay);
    write_long(out, "until", state->relay_until);
    write_long(out, "heard", state->heard);
    write_long(out, "hearing", state->heard_until);
    write_words(out, "pending", state->pending);
    write_number(out, "alarming", state->alarming);
    write_text(out, "tag", state->tag);
    for (size_t i = 0; i < state->n_choices; i++)
        buf_addf(out, "choice=%s\t%s\n", state->choices[i].action, state->choices[i].label);
    for (size_t i = 0; i < state->n_standing; i++)
        buf_addf(out, "standing=%s\t%s\n", state->standing[i].action, state->standing[i].label);
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

static int read_choice(struct choice *choices, size_t *count, size_t most, const char *value, size_t len)
{
    const char *tab = memchr(value, '	', len);
    if (!tab || *count == most)
        return -1;
    struct choice *choice = &choices[(*count)++];
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

static int read_long(const char *value, size_t len, int64_t *number)
{
    char digits[24];
    char *end;
    if (!len || copy(digits, sizeof digits, value, len))
        return -1;
    errno = 0;
    *number = strtoll(digits, &end, 10);
    return *end || errno || *number < 0 ? -1 : 0;
}

static int read_words(char *to, size_t size, const char *value, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = value[i];
        if ((unsigned char)c < 0x20 || n + 1 >= size)
            return -1;
        if (c == '\\') {
            if (++i == len || (value[i] != 'n' && value[i] != '\\'))
                return -1;
            c = value[i] == 'n' ? '\n' : '\\';
        }
        to[n++] = c;
    }
    to[n] = '\0';
    return 0;
}

/* 1: read, 0: no pair of a draft, -1. */
static int read_draft(struct draft *draft, const char *key, const char *value, size_t len)
{
    long number = 0;
    int rc;
    if (strcmp(key, "draft") == 0) {
        rc = read_number(value, len, DRAFT_START, &number);
        draft->kind = (enum draft_kind)number;
    } else if (strcmp(key, "step") == 0) {
        rc = read_number(value, len, ASKED_SUMMARY, &number);
        draft->step = (enum asked)number;
    } else if (strcmp(key, "grave") == 0) {
        rc = read_flag(value, len, &draft->alarming);
    } else if (strcmp(key, "seen") == 0) {
        rc = read_flag(value, len, &draft->seen);
    } else if (strcmp(key, "reach") == 0) {
        rc = read_number(value, len, REACH_EMAIL, &number);
        draft->reach = (enum reach)number;
    } else if (strcmp(key, "changes") == 0) {
        rc = read_long(value, len, &draft->changes);
    } else if (strcmp(key, "scope") == 0) {
        rc = copy(draft->scope, SCOPE_SIZE, value, len);
    } else if (strcmp(key, "reserve") == 0) {
        rc = copy(draft->reserve, SCOPE_SIZE, value, len);
    } else if (strcmp(key, "alias") == 0) {
        rc = copy(draft->alias, ALIAS_SIZE, value, len);
    } else if (strcmp(key, "contact") == 0) {
        rc = copy(draft->contact, CONTACT_SIZE, value, len);
    } else if (strcmp(key, "words") == 0) {
        rc = read_words(draft->words, WORDS_SIZE, value, len);
    } else {
        return 0;
    }
    return rc ? -1 : 1;
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
    if (strcmp(key, "about") == 0)
        return read_long(value, len, &state->about);
    if (strcmp(key, "relay") == 0)
        return read_long(value, len, &state->relay);
    if (strcmp(key, "until") == 0)
        return read_long(value, len, &state->relay_until);
    if (strcmp(key, "heard") == 0)
        return read_long(value, len, &state->heard);
    if (strcmp(key, "hearing") == 0)
        return read_long(value, len, &state->heard_until);
    if (strcmp(key, "alarming") == 0)
        return read_flag(value, len, &state->alarming);
    if (strcmp(key, "pending") == 0)
        return read_words(state->pending, WORDS_SIZE, value, len);
    if (strcmp(key, "tag") == 0)
        return copy(state->tag, EVENT_TAG, value, len);
    int draft = read_draft(&state->draft, key, value, len);
    if (draft)
        return draft < 0 ? -1 : 0;
    if (strcmp(key, "choice") == 0)
        return read_choice(state->choices, &state->n_choices, CHOICES_MOST, value, len);
    return strcmp(key, "standing") == 0
               ? read_choice(state->standing, &state->n_standing, STANDING_MOST, value, len)
               : -1;
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
