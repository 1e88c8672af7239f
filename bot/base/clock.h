/* Time: wall time in milliseconds since 1970-01-01 UTC (data), monotonic time (timers), RFC 3339 text, and
 * the civil time of Europe/Oslo (opening hours). No function but the first two reads a clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT = 32 }; /* bytes that the text of a time needs, with NUL */

#define CLOCK_SECOND INT64_C(1000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR   (60 * CLOCK_MINUTE)
#define CLOCK_DAY    (24 * CLOCK_HOUR)

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* `2026-11-22T05:01:07.123Z`; `out` has CLOCK_TEXT bytes. Times outside year 1970 to 9999 are clamped. */
void clock_format(int64_t ms, char out[CLOCK_TEXT]);

/* Reads RFC 3339 (`Z` or an offset, optional fraction) from `text` (NUL-terminated). 0, or -1 when it is not
 * one or lies outside 1970 to 9999; then *ms is untouched. */
int clock_parse(const char *text, int64_t *ms);

struct civil {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second;
    int weekday; /* 0 = Monday to 6 = Sunday */
};

/* Civil time in UTC and in Oslo. Oslo is UTC+1, and UTC+2 from the last Sunday of March 01:00 UTC to the last
 * Sunday of October 01:00 UTC (directive 2000/84/EC, in force in Norway). Holds from 1996 on. */
struct civil clock_utc(int64_t ms);
struct civil clock_oslo(int64_t ms);

/* The first moment from `ms` on in working hours: Monday to Friday from 8 to 16 in Oslo. */
int64_t clock_working(int64_t ms);
/* The moment at which a day begins in Oslo; month and day may lie outside their range and are carried over.
 */
int64_t clock_oslo_day(int year, int month, int day);

#endif
