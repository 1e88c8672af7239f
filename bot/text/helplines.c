#include "text/helplines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/inifile.h"
#include "base/mem.h"
#include "text/normalise.h"

enum { DAY_MINUTES = 24 * 60, ORDER_MOST = 99 };

struct helplines {
    struct arena arena;
    struct helpline list[HELPLINES_MOST];
    int lines[HELPLINES_MOST]; /* in the file, of each one's first pair */
    size_t count;
};

/* ---- loading ---- */

struct loading {
    struct helplines *lines;
    const char *path;
    struct err *err;
};

static const char *const day_names[] = {"man", "tir", "ons", "tor", "fre", "lør", "søn"};

static int read_day(const char **at)
{
    for (int day = 0; day < 7; day++) {
        size_t len = strlen(day_names[day]);
        if (strncmp(*at, day_names[day], len) == 0) {
            *at += len;
            return day;
        }
    }
    return -1;
}

static int read_time(const char **at)
{
    const char *c = *at;
    for (int i = 0; i < 5; i++)
        if (i == 2 ? c[i] != ':' : (c[i] < '0' || c[i] > (i == 3 ? '5' : '9')))
            return -1;
    int minutes = ((c[0] - '0') * 10 + (c[1] - '0')) * 60 + (c[3] - '0') * 10 + (c[4] - '0');
    *at += 5;
    return minutes <= DAY_MINUTES ? minutes : -1;
}

/* `man-fre 09:00-15:00`; -1 when it is not. */
static int read_span(const char **at, struct hours *hours)
{
    int first = read_day(at), last = first;
    if (first >= 0 && **at == '-') {
        (*at)++;
        last = read_day(at);
    }
    if (first < 0 || last < first || **at != ' ')
        return -1;
    (*at)++;
    hours->open = read_time(at);
    if (hours->open < 0 || **at != '-')
        return -1;
    (*at)++;
    hours->close = read_time(at);
    for (int day = first; day <= last; day++)
        hours->days |= 1U << day;
    return hours->close > hours->open ? 0 : -1;
}

static int read_hours(struct helpline *line, const char *text)
{
    if (strcmp(text, "alltid") == 0) {
        line->always = true;
        return 0;
    }
    while (*text) {
        if (line->n_hours == HOURS_MOST || read_span(&text, &line->hours[line->n_hours++]))
            return -1;
        if (*text == ';')
            text += strspn(text, "; ");
        else if (*text)
            return -1;
    }
    return line->n_hours ? 0 : -1;
}

static bool number_fits(const char *number)
{
    size_t digits = 0;
    for (const char *c = number; *c; c++) {
        if (*c >= '0' && *c <= '9')
            digits++;
        else if (*c != ' ')
            return false;
    }
    return digits >= 3 && digits <= 8;
}

static bool month_fits(const char *text)
{
    static const char rest[] = "2000-01-01T00:00:00Z"; /* makes a year or a month a whole time */
    char whole[sizeof rest];
    int64_t ms;
    size_t len = strlen(text);
    if (len != 4 && len != 7 && len != 10)
        return false;
    snprintf(whole, sizeof whole, "%s%s", text, rest + len);
    return clock_parse(whole, &ms) == 0;
}

static struct helpline *line_of(struct loading *l, const char *id, int line)
{
    struct helplines *lines = l->lines;
    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->list[i].id, id) == 0)
            return &lines->list[i];
    if (lines->count == HELPLINES_MOST) {
        err_at(l->err, l->path, line, "there are more than %d help lines", HELPLINES_MOST);
        return NULL;
    }
    lines->lines[lines->count] = line;
    struct helpline *added = &lines->list[lines->count++];
    added->id = arena_strdup(&lines->arena, id);
    return added;
}

static int set_text(struct helpline *h, const char *name, const char *text)
{
    if (strcmp(name, "navn") == 0)
        h->name[LANGUAGE_NB] = text;
    else if (strcmp(name, "navn_nn") == 0)
        h->name[LANGUAGE_NN] = text;
    else if (strcmp(name, "navn_en") == 0)
        h->name[LANGUAGE_EN] = text;
    else if (strcmp(name, "hvem_nb") == 0)
        h->who[LANGUAGE_NB] = text;
    else if (strcmp(name, "hvem_nn") == 0)
        h->who[LANGUAGE_NN] = text;
    else if (strcmp(name, "hvem_en") == 0)
        h->who[LANGUAGE_EN] = text;
    else
        return -1;
    return 0;
}

/* `krise_vold, alle` → `,krise_vold,alle,`: a class is found with its commas. */
static const char *read_classes(struct arena *arena, const char *value)
{
    char *out = arena_printf(arena, ",%s,", value), *to = out;
    for (const char *c = out; *c; c++)
        if (*c != ' ')
            *to++ = *c;
    *to = '\0';
    return out;
}

static void take_pair(void *user, const char *section, const char *name, const char *value, int line)
{
    struct loading *l = user;
    struct helpline *h = line_of(l, section, line);
    if (!h)
        return;
    const char *text = arena_strdup(&l->lines->arena, value);
    if (!text_valid(value, strlen(value)))
        err_at(l->err, l->path, line, "%s is not UTF-8 text", name);
    if (strcmp(name, "nummer") == 0) {
        h->number = text;
        if (!number_fits(text))
            err_at(l->err, l->path, line, "nummer must be 3 to 8 digits with spaces between");
    } else if (strcmp(name, "tid") == 0) {
        if (read_hours(h, text))
            err_at(l->err, l->path, line,
                   "tid must be `alltid` or like `man-fre 09:00-15:00; tir 18:00-21:00`");
    } else if (strcmp(name, "klasser") == 0) {
        h->classes = read_classes(&l->lines->arena, value);
    } else if (strcmp(name, "rekkefolge") == 0) {
        char *end;
        long order = strtol(value, &end, 10);
        if (end == value || *end || order < 0 || order > ORDER_MOST)
            err_at(l->err, l->path, line, "rekkefolge must be a number from 0 to %d", ORDER_MOST);
        h->order = (int)order;
    } else if (strcmp(name, "bekreftet") == 0) {
        h->confirmed = text;
        if (!month_fits(text))
            err_at(l->err, l->path, line, "bekreftet must be a date: YYYY, YYYY-MM or YYYY-MM-DD");
    } else if (set_text(h, name, text) && strcmp(name, "kilde")) {
        err_at(l->err, l->path, line, "%s is unknown here", name);
    }
}

static void check_one(struct loading *l, struct helpline *h, int line)
{
    for (int i = LANGUAGE_NN; i <= LANGUAGE_EN; i++)
        if (!h->name[i])
            h->name[i] = h->name[LANGUAGE_NB];
    if (!h->name[LANGUAGE_NB] || !h->number || !h->classes || !h->confirmed || (!h->always && !h->n_hours))
        err_at(l->err, l->path, line, "[%s] needs navn, nummer, tid, klasser and bekreftet", h->id);
    if (!h->who[LANGUAGE_NB] || !h->who[LANGUAGE_NN] || !h->who[LANGUAGE_EN])
        err_at(l->err, l->path, line, "[%s] needs hvem_nb, hvem_nn and hvem_en", h->id);
}

struct helplines *helplines_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct helplines *lines = mem_new(1, sizeof *lines);
    struct loading loading = {lines, path, err};
    inifile_read(path, take_pair, &loading, err);
    for (size_t i = 0; i < lines->count; i++)
        check_one(&loading, &lines->list[i], lines->lines[i]);
    if (!lines->count)
        err_at(err, path, 0, "holds no help line");
    if (err->count == before)
        return lines;
    helplines_free(lines);
    return NULL;
}

void helplines_free(struct helplines *lines)
{
    if (!lines)
        return;
    arena_free(&lines->arena);
    free(lines);
}

/* ---- hours ---- */

struct moment {
    int weekday, minutes;
};

static struct moment moment_of(int64_t now)
{
    struct civil c = clock_oslo(now);
    return (struct moment){c.weekday, c.hour * 60 + c.minute};
}

/* The closing minute of the span that is open now, -1 when none is. */
static int open_until(const struct helpline *line, struct moment m)
{
    for (size_t i = 0; i < line->n_hours; i++) {
        const struct hours *h = &line->hours[i];
        if ((h->days >> m.weekday & 1U) && m.minutes >= h->open && m.minutes < h->close)
            return h->close;
    }
    return -1;
}

/* The next opening within a week: days from now, and the minute; -1 when there is none. */
static int next_opening(const struct helpline *line, struct moment m, int *minute)
{
    for (int ahead = 0; ahead <= 7; ahead++) {
        int best = -1;
        for (size_t i = 0; i < line->n_hours; i++) {
            const struct hours *h = &line->hours[i];
            if (!(h->days >> ((m.weekday + ahead) % 7) & 1U) || (ahead == 0 && h->open <= m.minutes))
                continue;
            if (best < 0 || h->open < best)
                best = h->open;
        }
        if (best >= 0) {
            *minute = best;
            return ahead;
        }
    }
    return -1;
}

bool helpline_open(const struct helpline *line, int64_t now)
{
    return line->always || open_until(line, moment_of(now)) >= 0;
}

static void add_words(struct buf *out, const char *words, const char *day, int minute)
{
    char when[16];
    struct arena arena = ARENA_INIT;
    struct err err = {.count = 0};
    if (minute % 60)
        snprintf(when, sizeof when, "%d.%02d", minute / 60, minute % 60);
    else
        snprintf(when, sizeof when, "%d", minute / 60);
    struct value values[] = {{.name = "kl", .kind = VALUE_TEXT, .text = when},
                             {.name = "dag", .kind = VALUE_TEXT, .text = day}};
    struct scope scope = {values, 2};
    const struct template *t = words ? template_compile(words, strlen(words), "ord.ini", &arena, &err) : NULL;
    if (!t || template_render(t, &scope, template_escape_none, out))
        buf_addf(out, "%s %s", day, when);
    arena_free(&arena);
}

void helpline_hours(const struct helpline *line, const struct replies *replies, enum language language,
                    int64_t now, struct buf *out)
{
    static const char *const days[] = {"mandag", "tirsdag", "onsdag", "torsdag",
                                       "fredag", "lordag",  "sondag"};
    struct moment m = moment_of(now);
    int until = open_until(line, m), minute = 0;
    if (line->always) {
        const char *words = replies_word(replies, language, "tid", "alltid");
        buf_add_str(out, words ? words : "24/7");
        return;
    }
    if (until >= 0) {
        add_words(out, replies_word(replies, language, "tid", "apen_til"), "", until);
        return;
    }
    int ahead = next_opening(line, m, &minute);
    const char *day = replies_word(replies, language, "tid", days[(m.weekday + (ahead > 0 ? ahead : 0)) % 7]);
    const char *key = ahead == 0 ? "apner_i_dag" : ahead == 1 ? "apner_i_morgen" : "apner_dag";
    add_words(out, replies_word(replies, language, "tid", key), day ? day : "", minute);
}

/* ---- picking ---- */

static bool in_class(const struct helpline *line, const char *class)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, ",%s,", class);
    return strstr(line->classes, quoted) != NULL;
}

size_t helplines_pick(const struct helplines *lines, const char *class, int64_t now,
                      const struct helpline **out, size_t most)
{
    size_t count = 0;
    for (int round = 0; round < 2; round++)
        for (int order = 0; order <= ORDER_MOST; order++)
            for (size_t i = 0; i < lines->count && count < most; i++) {
                const struct helpline *line = &lines->list[i];
                if (line->order == order && in_class(line, class) && helpline_open(line, now) == (round == 0))
                    out[count++] = line;
            }
    return count;
}

const struct helpline *helplines_find(const struct helplines *lines, const char *id)
{
    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->list[i].id, id) == 0)
            return &lines->list[i];
    return NULL;
}

size_t helplines_count(const struct helplines *lines)
{
    return lines->count;
}

const struct helpline *helplines_at(const struct helplines *lines, size_t i)
{
    return &lines->list[i];
}
