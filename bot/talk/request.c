#include "talk/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* ---- references ---- */

enum { DIGITS = 19, SHORT = 4, LONG = 5 };
static const char digits[] = "34679CDFGHJKMNPRTWX";
static const int64_t short_refs = 130321, long_refs = 2476099; /* 19^4, 19^5 */
static const int64_t step = 77777; /* 19 does not divide it: each id has its own place */

/* Weighted by place, modulo a prime: one changed digit or two swapped ones change the sum. */
static int check_digit(const int *values, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += (i + 1) * values[i];
    return sum % DIGITS;
}

void ref_write(int64_t id, char out[REF_SIZE])
{
    int values[LONG] = {0};
    int count = id < short_refs ? SHORT : LONG;
    int64_t place = (id % (count == SHORT ? short_refs : long_refs)) * step %
                    (count == SHORT ? short_refs : long_refs);
    for (int i = count; i-- > 0; place /= DIGITS)
        values[i] = (int)(place % DIGITS);
    for (int i = 0; i < count; i++)
        out[i] = digits[values[i]];
    out[count] = digits[check_digit(values, count)];
    out[count + 1] = '\0';
}

/* x with step · x = place (mod refs), by the extended Euclidean algorithm. */
static int64_t undo_step(int64_t place, int64_t refs)
{
    int64_t a = step, b = refs, x = 1, next = 0;
    while (b) {
        int64_t q = a / b, rest = a - q * b, after = x - q * next;
        a = b;
        b = rest;
        x = next;
        next = after;
    }
    x = (x % refs + refs) % refs;
    return place * x % refs;
}

int64_t ref_read(const char *text, size_t len)
{
    int values[LONG + 1];
    if (len != SHORT + 1 && len != LONG + 1)
        return 0;
    int64_t place = 0;
    for (size_t i = 0; i < len; i++) {
        int c = toupper((unsigned char)text[i]);
        const char *at = c ? strchr(digits, c) : NULL;
        if (!at)
            return 0;
        values[i] = (int)(at - digits);
        if (i + 1 < len)
            place = place * DIGITS + values[i];
    }
    int64_t refs = len == SHORT + 1 ? short_refs : long_refs;
    if (check_digit(values, (int)len - 1) != values[len - 1])
        return 0;
    int64_t id = undo_step(place, refs);
    return len == LONG + 1 && id < short_refs ? 0 : id;
}

bool scope_is_reserve(const char *scope)
{
    return strncmp(scope, "f:", 2) == 0;
}

/* ---- transitions ---- */

static void enter(struct request *request, enum request_state state, int64_t now)
{
    request->state = state;
    request->since = request->changed = now;
    request->reminded = 0;
    request->seq++;
}

bool request_open(const struct request *request)
{
    return request->state != REQUEST_CLOSED;
}

bool request_take(struct request *request, int64_t coordinator, int64_t now)
{
    if (request->state != REQUEST_SENT)
        return false;
    enter(request, REQUEST_TAKEN, now);
    request->taker = coordinator;
    request->proposed[0] = '\0';
    return true;
}

bool request_release(struct request *request, int64_t now)
{
    if (request->state != REQUEST_TAKEN)
        return false;
    enter(request, REQUEST_SENT, now);
    request->taker = 0;
    return true;
}

bool request_hand_on(struct request *request, const char *scope, int64_t now)
{
    if (!request_open(request) || !*scope)
        return false;
    memmove(request->scope, scope, strlen(scope) + 1); /* it may be one of the request's own */
    enter(request, REQUEST_SENT, now);
    request->taker = 0;
    request->proposed[0] = '\0';
    return true;
}

bool request_propose(struct request *request, const char *scope, int64_t now)
{
    if (!request_open(request) || strcmp(request->proposed, scope) == 0)
        return false;
    memmove(request->proposed, scope, strlen(scope) + 1);
    request->changed = now;
    request->seq++;
    return true;
}

bool request_close(struct request *request, enum ending ending, int64_t now)
{
    if (!request_open(request))
        return false;
    enter(request, REQUEST_CLOSED, now);
    request->ending = ending;
    request->closed = now;
    request->proposed[0] = '\0';
    return true;
}

bool request_touch(struct request *request, int64_t now)
{
    if (!request_open(request))
        return false;
    request->changed = now;
    if (request->state == REQUEST_TAKEN)
        request->reminded = 0;
    request->seq++;
    return true;
}

bool request_note(struct request *request)
{
    if (!request_open(request))
        return false;
    request->seq++;
    return true;
}

/* ---- time ---- */

enum { TAKER_REMINDED_MOST = 3 };

enum due request_is_due(const struct request *request, const struct periods *periods, bool somebody,
                        int64_t now)
{
    if (!request_open(request))
        return DUE_NOTHING;
    if (now >= request->created + periods->open_most)
        return DUE_EXPIRE;
    if (now < request->due)
        return DUE_NOTHING;
    if (request->state == REQUEST_TAKEN)
        return request->reminded < TAKER_REMINDED_MOST ? DUE_REMIND_TAKER : DUE_RELEASE;
    bool at_reserve = scope_is_reserve(request->scope);
    if (!at_reserve && request->reminded <= 2 && (!somebody || request->reminded == 2))
        return DUE_RESERVE;
    return request->reminded == 1 ? DUE_REMIND_LAST : DUE_REMIND;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The reminders of one that nobody has taken: each in working hours, and a weekend that moved one moves the
 * next, so that two never come together. */
static int64_t waiting_reminder(const struct request *request, const struct periods *periods)
{
    int64_t at = clock_working(request->since + periods->first), apart = periods->first / 6;
    if (request->reminded > 0)
        at = clock_working(later(request->since + periods->second, at + apart));
    for (int i = 2; i <= request->reminded; i++)
        at = clock_working(later(request->since + periods->reserve * (i - 1), at + apart));
    return at;
}

static int64_t next_reminder(const struct request *request, const struct periods *periods)
{
    if (request->state == REQUEST_TAKEN)
        return clock_working(request->changed + periods->taken * (request->reminded + 1));
    return waiting_reminder(request, periods);
}

void request_plan(struct request *request, const struct periods *periods, int64_t now)
{
    if (!request_open(request)) {
        request->due = request->closed + periods->kept;
        return;
    }
    int64_t reminder = next_reminder(request, periods);
    int64_t end = request->created + periods->open_most;
    if (request->reminded > 0)
        reminder = later(reminder, clock_working(now + periods->first / 6));
    request->due = reminder < end ? reminder : end;
}

/* ---- contact ---- */

/* Copies the digits; blanks, hyphens, dots and brackets between them are passed over. The count, or 0 when
 * anything else stands there or there are more than `most`. */
static size_t copy_digits(const char *text, char *out, size_t most)
{
    size_t n = 0;
    for (; *text; text++) {
        if (strchr(" -./()", *text))
            continue;
        if (!isdigit((unsigned char)*text) || n == most)
            return 0;
        out[n++] = *text;
    }
    out[n] = '\0';
    return n;
}

/* Norwegian numbers for people have eight digits and begin with 2 to 9; 8 is for companies and services, but
 * some have nothing else. Mobile numbers (4, 9) are read in 3-2-3, others in pairs (Nkom's number plan). */
static bool write_norwegian(const char *d, char out[CONTACT_SIZE])
{
    if (d[0] < '2')
        return false;
    if (d[0] == '4' || d[0] == '9')
        snprintf(out, CONTACT_SIZE, "%.3s %.2s %.3s", d, d + 3, d + 5);
    else
        snprintf(out, CONTACT_SIZE, "%.2s %.2s %.2s %.2s", d, d + 2, d + 4, d + 6);
    return true;
}

bool contact_phone(const char *text, char out[CONTACT_SIZE])
{
    enum { NORWEGIAN = 8, E164_MOST = 15, E164_LEAST = 8 };
    char d[E164_MOST + 3];
    while (*text == ' ')
        text++;
    bool international = *text == '+';
    size_t n = copy_digits(text + international, d, E164_MOST + 2);
    const char *number = d;
    if (!international && n > 2 && strncmp(d, "00", 2) == 0) {
        international = true;
        number = d + 2;
        n -= 2;
    }
    if (international && n == NORWEGIAN + 2 && strncmp(number, "47", 2) == 0)
        return write_norwegian(number + 2, out);
    if (!international)
        return n == NORWEGIAN && write_norwegian(d, out);
    if (n < E164_LEAST || n > E164_MOST || number[0] == '0')
        return false;
    snprintf(out, CONTACT_SIZE, "+%s", number);
    return true;
}

/* Blanks beyond U+0020 and marks that do not show: C2 A0, E2 80 80–8F and A8–AF, E3 80 80, EF BB BF. */
static bool hides_something(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((c[0] == 0xC2 && c[1] == 0xA0) || (c[0] == 0xE3 && c[1] == 0x80 && c[2] == 0x80) ||
            (c[0] == 0xEF && c[1] == 0xBB) || (c[0] == 0xE2 && (c[1] == 0x80 || c[1] == 0x81)))
            return true;
    return false;
}

static bool fits_address(const char *text, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!isalnum(c) && c < 0x80 && !strchr(more, c))
            return false;
        if (c == '.' && (i == 0 || i + 1 == len || text[i + 1] == '.'))
            return false;
    }
    return len > 0;
}

bool contact_email(const char *text, char out[CONTACT_SIZE])
{
    while (*text == ' ')
        text++;
    size_t len = strlen(text);
    while (len && text[len - 1] == ' ')
        len--;
    const char *at = memchr(text, '@', len);
    const char *dot = at ? memrchr(at, '.', (size_t)(text + len - at)) : NULL;
    if (!at || hides_something(text) || len >= CONTACT_SIZE || at - text > 64 || !dot || text + len - dot < 3)
        return false;
    if (!fits_address(text, (size_t)(at - text), ".!#$%&'*+-/=?^_`{|}~") ||
        !fits_address(at + 1, (size_t)(text + len - at - 1), ".-"))
        return false;
    snprintf(out, CONTACT_SIZE, "%.*s", (int)len, text);
    return true;
}
