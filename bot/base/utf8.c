#include "base/utf8.h"

#include <stdbool.h>

size_t utf8_length(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first, last, low, high; /* lead bytes, bounds of the second byte */
        size_t len;
    } forms[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last || left < forms[i].len)
            continue;
        bool fits = forms[i].len == 1 || (at[1] >= forms[i].low && at[1] <= forms[i].high);
        for (size_t k = 2; fits && k < forms[i].len; k++)
            fits = (at[k] & 0xC0) == 0x80;
        return fits ? forms[i].len : 0;
    }
    return 0;
}
