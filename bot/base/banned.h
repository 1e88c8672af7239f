/* Calls that this project does not use, refused by the compiler in every file (`-include`).
 *
 * Unbounded copies, locale-dependent or stateful helpers, weak randomness, and anything that starts a
 * shell. What to use instead stands behind each. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat                                                             \
    stpcpy                                        /* buf_add, arena_strndup, memcpy with a checked size */
#pragma GCC poison sprintf vsprintf gets          /* buf_addf, snprintf */
#pragma GCC poison strtok atoi atol atof          /* text_number(), explicit parsing */
#pragma GCC poison localtime gmtime asctime ctime /* clock.h */
#pragma GCC poison rand srand                     /* key_random() */
#pragma GCC poison system popen                   /* no shell anywhere */

#endif
