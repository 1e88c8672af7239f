#include "wire/json.h"

#include <stdlib.h>

json_t *json_read(const char *bytes, size_t len, size_t most, size_t flags)
{
    json_t *root = len <= most ? json_loadb(bytes, len, flags, NULL) : NULL;
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

void json_write(json_t *root, struct buf *out)
{
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text)
        buf_add_str(out, text);
    else
        out->failed = true;
    free(text);
    json_decref(root);
}

const char *json_text(const json_t *object, const char *name, size_t most, struct arena *arena)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) > most)
        return NULL;
    return arena_strndup(arena, json_string_value(value), json_string_length(value));
}
