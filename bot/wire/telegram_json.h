/* What the two files that read the Bot API's JSON share; nobody else includes it. */
#ifndef WIRE_TELEGRAM_JSON_H
#define WIRE_TELEGRAM_JSON_H

#include <jansson.h>
#include <stddef.h>

/* An object, owned by the caller, or NULL. */
json_t *telegram_load(const char *body, size_t len);

#endif
