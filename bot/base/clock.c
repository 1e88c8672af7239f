#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    return read_clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ms(void)
{
    return read_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_mono_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Source: H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", days_from_civil; years count from March so that the leap day comes last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil clock_utc(int64_t ms)
{
    int64_t seconds = ms / 1000;
    int64_t days = seconds / 86400;
    int64_t rest = seconds % 86400;
    /* The inverse of days_from_date, from the same source. */
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    struct civil c;
    c.day = (int)(day_of_year - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = (int)(year_of_era + era * 400 + (c.month <= 2 ? 1 : 0));
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    c.weekday = (int)((days + 3) % 7);
    return c;
}

static int64_t last_sunday_one_utc(int year, int month)
{
    int64_t last = days_from_date(year, month, 31);
    int64_t weekday = (last + 3) % 7;
    return (last - (weekday + 1) % 7) * CLOCK_DAY + CLOCK_HOUR;
}

struct civil clock_oslo(int64_t ms)
{
    int year = clock_utc(ms).year;
    bool summer = ms >= last_sunday_one_utc(year, 3) && ms < last_sunday_one_utc(year, 10);
    return clock_utc(ms + (summer ? 2 : 1) * CLOCK_HOUR);
}

void clock_format(int64_t ms, char out[CLOCK_TEXT])
{
    const int64_t last = INT64_C(253402300799999);
    ms = ms < 0 ? 0 : ms > last ? last : ms;
    struct civil c = clock_utc(ms);
    snprintf(out, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year % 10000, c.month % 100,
             c.day % 100, c.hour % 100, c.minute % 100, c.second % 100, (int)(ms % 1000));
}

static int read_digits(const char **at, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        unsigned char c = (unsigned char)**at;
        if (c < '0' || c > '9')
            return -1;
        *value = *value * 10 + (c - '0');
        (*at)++;
    }
    return 0;
}

static int read_fixed(const char **at, char expected)
{
    if (**at != expected)
        return -1;
    (*at)++;
    return 0;
}

static int read_offset(const char **at, int64_t *offset_ms)
{
    int hour, minute;
    char sign = **at;
    *offset_ms = 0;
    if (sign == 'Z' || sign == 'z') {
        (*at)++;
        return 0;
    }
    if (sign != '+' && sign != '-')
        return -1;
    (*at)++;
    if (read_digits(at, 2, &hour) || read_fixed(at, ':') || read_digits(at, 2, &minute) || hour > 23 ||
        minute > 59)
        return -1;
    *offset_ms = (hour * 60 + minute) * CLOCK_MINUTE * (sign == '-' ? -1 : 1);
    return 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Reads `.123…` into milliseconds; further digits are dropped. */
static int read_fraction(const char **at, int *ms)
{
    *ms = 0;
    if (**at != '.')
        return 0;
    (*at)++;
    int scale = 100, digits = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++, scale /= 10)
        *ms += (**at - '0') * scale;
    return digits ? 0 : -1;
}

int clock_parse(const char *text, int64_t *ms)
{
    struct civil c;
    int fraction;
    int64_t offset;
    const char *at = text;
    if (read_digits(&at, 4, &c.year) || read_fixed(&at, '-') || read_digits(&at, 2, &c.month) ||
        read_fixed(&at, '-') || read_digits(&at, 2, &c.day))
        return -1;
    if (*at != 'T' && *at != 't')
        return -1;
    at++;
    if (read_digits(&at, 2, &c.hour) || read_fixed(&at, ':') || read_digits(&at, 2, &c.minute) ||
        read_fixed(&at, ':') || read_digits(&at, 2, &c.second) || read_fraction(&at, &fraction) ||
        read_offset(&at, &offset) || *at)
        return -1;
    if (c.year < 1970 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month) ||
        c.hour > 23 || c.minute > 59 || c.second > 60)
        return -1;
    int64_t value = days_from_date(c.year, c.month, c.day) * CLOCK_DAY + c.hour * CLOCK_HOUR +
                    c.minute * CLOCK_MINUTE + c.second * CLOCK_SECOND + fraction - offset;
    if (value < 0 || value > INT64_C(253402300799999))
        return -1;
    *ms = value;
    return 0;
}

/* ---- working hours ---- */

int64_t clock_oslo_day(int year, int month, int day)
{
    month--;
    year += month / 12 - (month % 12 < 0);
    month = (month % 12 + 12) % 12 + 1;
    int64_t utc = (days_from_date(year, month, 1) + day - 1) * CLOCK_DAY;
    /* Oslo is one or two hours ahead, so its midnight lies one or two hours before UTC's */
    return clock_oslo(utc - 2 * CLOCK_HOUR).hour == 0 ? utc - 2 * CLOCK_HOUR : utc - CLOCK_HOUR;
}

/* No clock is changed on a weekday, so within one the hours are all as long. */
int64_t clock_working(int64_t ms)
{
    enum { FROM = 8, TO = 16, SATURDAY = 5 };
    struct civil c = clock_oslo(ms);
    if (c.weekday < SATURDAY && c.hour >= FROM && c.hour < TO)
        return ms;
    int day = c.day + (c.weekday < SATURDAY && c.hour < FROM ? 0 : 1);
    int weekday = (c.weekday + day - c.day) % 7;
    if (weekday >= SATURDAY)
        day += 7 - weekday;
    return clock_oslo_day(c.year, c.month, day) + FROM * CLOCK_HOUR;
}
