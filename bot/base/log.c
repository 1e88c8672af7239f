#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static const char *program_name = "selvhjelpsbot";
static bool quiet_mode;

__attribute__((format(printf, 2, 0))) static void write_line(const char *level, const char *format,
                                                             va_list args)
{
    char when[CLOCK_TEXT];
    char text[2048];
    clock_format(clock_wall_ms(), when);
    vsnprintf(text, sizeof text, format, args);
    fprintf(stderr, "%s %s %s: %s\n", when, program_name, level, text);
}

void log_name(const char *program)
{
    program_name = program;
}

void log_quiet(bool quiet)
{
    quiet_mode = quiet;
}

void log_info(const char *format, ...)
{
    if (quiet_mode)
        return;
    va_list args;
    va_start(args, format);
    write_line("info", format, args);
    va_end(args);
}

void log_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("warning", format, args);
    va_end(args);
}

void log_fatal(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("fatal", format, args);
    va_end(args);
    exit(1);
}

void log_bug(const char *file, int line, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    write_line("bug", format, args);
    va_end(args);
    abort();
}
