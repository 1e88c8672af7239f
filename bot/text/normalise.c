#include "text/normalise.h"

#include <string.h>
#include <utf8proc.h>

/* ---- code points ---- */

/* Reads one code point; returns its bytes, 0 for a byte that is not UTF-8. */
static size_t read_point(const char *at, size_t left, int32_t *point)
{
    unsigned char c = (unsigned char)*at;
    if (c < 0x80) {
        *point = c;
        return 1;
    }
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)at,
                                          (utf8proc_ssize_t)(left > 4 ? 4 : left), point);
    return n > 0 ? (size_t)n : 0;
}

bool text_valid(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t n = read_point(bytes + at, len - at, &point);
        if (!n || (point < 0x20 && point != '\n' && point != '\r' && point != '\t') || point == 0x7F)
            return false;
        at += n;
    }
    return true;
}

/* ---- raw: NFC, mojibake, entities ---- */

struct mend {
    const char *wrong, *right;
};

/* UTF-8 read as Latin-1 or Windows-1252 and written as UTF-8 again, and HTML entities. */
static const struct mend mends[] = {
    {"Ã¦", "æ"},      {"Ã¸", "ø"},        {"Ã¥", "å"},        {"Ã†", "Æ"},        {"Ã˜", "Ø"},
    {"Ã…", "Å"},      {"Ã\xC2\x86", "Æ"}, {"Ã\xC2\x98", "Ø"}, {"Ã\xC2\x85", "Å"}, {"Ã©", "é"},
    {"&aelig;", "æ"}, {"&oslash;", "ø"},  {"&aring;", "å"},   {"&AElig;", "Æ"},   {"&Oslash;", "Ø"},
    {"&Aring;", "Å"}, {"&amp;", "&"},     {"&nbsp;", " "},    {"&quot;", "\""},   {"&lt;", "<"},
    {"&gt;", ">"},
};

static const struct mend *mend_at(const char *at, size_t left)
{
    for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++) {
        size_t len = strlen(mends[i].wrong);
        if (len <= left && memcmp(at, mends[i].wrong, len) == 0)
            return &mends[i];
    }
    return NULL;
}

/* Copies the text with invalid bytes as spaces and mends made; says whether combining accents stand in it. */
static size_t copy_mended(const char *bytes, size_t len, char *out, bool *combining)
{
    size_t n = 0;
    *combining = false;
    for (size_t at = 0; at < len;) {
        unsigned char c = (unsigned char)bytes[at];
        const struct mend *mend = c == 0xC3 || c == '&' ? mend_at(bytes + at, len - at) : NULL;
        if (mend) {
            size_t right = strlen(mend->right);
            memcpy(out + n, mend->right, right);
            n += right;
            at += strlen(mend->wrong);
            continue;
        }
        int32_t point;
        size_t size = read_point(bytes + at, len - at, &point);
        if (!size || point == 0) {
            out[n++] = ' ';
            at++;
            continue;
        }
        *combining = *combining || (point >= 0x300 && point <= 0x36F);
        memcpy(out + n, bytes + at, size);
        n += size;
        at += size;
    }
    out[n] = '\0';
    return n;
}

static const char *compose(const char *text, size_t *len, struct arena *arena)
{
    int32_t *points = arena_alloc(arena, (*len + 1) * sizeof *points);
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)*len, points,
                                            (utf8proc_ssize_t)*len + 1, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (n < 0 || n > (utf8proc_ssize_t)*len)
        return text;
    n = utf8proc_reencode(points, n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (n < 0)
        return text;
    *len = (size_t)n;
    return (const char *)points;
}

/* ---- plain ---- */

enum kind_of { SKIP, SPACE, MARK, COMMA, LETTER, EMOJI };

struct emoji {
    int32_t point;
    const char *word;
};

static const struct emoji emojis[] = {
    {0x1F622, "emojitrist"},  {0x1F62D, "emojitrist"},  {0x1F614, "emojitrist"},  {0x1F61E, "emojitrist"},
    {0x1F61F, "emojitrist"},  {0x1F97A, "emojitrist"},  {0x1F494, "emojitrist"},  {0x1F625, "emojitrist"},
    {0x1F630, "emojitrist"},  {0x1F628, "emojitrist"},  {0x1F64F, "emojitakk"},   {0x2764, "emojihjerte"},
    {0x1F49C, "emojihjerte"}, {0x1F499, "emojihjerte"}, {0x1F497, "emojihjerte"}, {0x1F44D, "emojija"},
    {0x2705, "emojija"},      {0x1F44C, "emojija"},     {0x1F44E, "emojinei"},    {0x1F602, "emojiler"},
    {0x1F923, "emojiler"},    {0x1F605, "emojiler"},    {0x1F606, "emojiler"},    {0x1F621, "emojisint"},
    {0x1F92C, "emojisint"},   {0x1F620, "emojisint"},   {0x1F44B, "emojihei"},    {0x1F916, "emojirobot"},
};

static const char *emoji_word(int32_t point)
{
    for (size_t i = 0; i < sizeof emojis / sizeof emojis[0]; i++)
        if (emojis[i].point == point)
            return emojis[i].word;
    return NULL;
}

static bool is_invisible(int32_t p)
{
    return p == 0xAD || (p >= 0x200B && p <= 0x200F) || (p >= 0x202A && p <= 0x202E) ||
           (p >= 0x2060 && p <= 0x2064) || (p >= 0xFE00 && p <= 0xFE0F) || p == 0xFEFF ||
           (p >= 0x300 && p <= 0x36F) || (p >= 0x1F3FB && p <= 0x1F3FF);
}

/* Letters with accents become the letter that a Norwegian keyboard has. */
static int32_t plain_letter(int32_t p)
{
    switch (p) {
    case 0xE6:
    case 0xF8:
    case 0xE5:
        return p; /* æ ø å */
    case 0xE4:
        return 0xE6; /* ä */
    case 0xF6:
    case 0x153:
        return 0xF8; /* ö œ */
    case 0x111:
    case 0xF0:
        return 'd'; /* đ ð */
    case 0x14B:
        return 'n'; /* ŋ */
    case 0x167:
        return 't'; /* ŧ */
    case 0x142:
        return 'l'; /* ł */
    default:
        break;
    }
    if (p < 0xC0 || p > 0x24F)
        return p;
    int32_t parts[4];
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(p, parts, 4, UTF8PROC_DECOMPOSE, &last);
    return n > 0 && parts[0] < 0x80 ? parts[0] : p;
}

static enum kind_of classify_other(int32_t p)
{
    if (is_invisible(p))
        return SKIP;
    if (emoji_word(p))
        return EMOJI;
    if (p == 0x2026)
        return MARK;
    switch (utf8proc_category(p)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return LETTER;
    default:
        return p == 0x2019 || p == 0xB4 || p == 0x2018 ? SKIP : SPACE; /* ’ ´ ‘ inside words */
    }
}

static enum kind_of classify(int32_t p)
{
    if (p >= 0x80)
        return classify_other(p);
    if ((p >= 'a' && p <= 'z') || (p >= 'A' && p <= 'Z') || (p >= '0' && p <= '9'))
        return LETTER;
    switch (p) {
    case '.':
    case '!':
    case '?':
    case ':':
    case ';':
    case '\n':
        return MARK;
    case ',':
        return COMMA;
    case '\'':
    case '`':
    case '"':
        return p == '"' ? SPACE : SKIP;
    default:
        return SPACE;
    }
}

struct writer {
    char *out;
    size_t len;
    struct word *words;
    size_t n_words;
    bool in_word;
    char mark; /* waiting to be written before the next word */
};

static void write_mark(struct writer *w)
{
    if (w->mark && w->len) {
        w->out[w->len++] = ' ';
        w->out[w->len++] = w->mark;
    }
}

static void open_word(struct writer *w, size_t raw_at, bool capital)
{
    bool marked = w->mark != 0 || w->n_words == 0;
    write_mark(w);
    w->mark = 0;
    if (w->len)
        w->out[w->len++] = ' ';
    w->words[w->n_words] = (struct word){(uint32_t)w->len, 0, (uint32_t)raw_at, 0, capital, marked};
    w->in_word = true;
}

static void close_word(struct writer *w, size_t raw_at)
{
    if (!w->in_word)
        return;
    struct word *word = &w->words[w->n_words++];
    word->len = (uint32_t)w->len - word->at;
    word->raw_len = (uint32_t)raw_at - word->raw_at;
    w->in_word = false;
}

static void put_point(struct writer *w, int32_t p)
{
    if (p < 0x80)
        w->out[w->len++] = (char)p;
    else
        w->len += (size_t)utf8proc_encode_char(p, (utf8proc_uint8_t *)w->out + w->len);
}

static void put_whole_word(struct writer *w, const char *word, size_t raw_at, size_t raw_len)
{
    close_word(w, raw_at);
    open_word(w, raw_at, false);
    size_t len = strlen(word);
    memcpy(w->out + w->len, word, len);
    w->len += len;
    close_word(w, raw_at + raw_len);
}

/* `:(` and `<3`, typed faces that carry a feeling. */
static const char *typed_face(const char *at, size_t left, size_t *len)
{
    static const struct {
        const char *face, *word;
    } faces[] = {{":(", "emojitrist"}, {":-(", "emojitrist"}, {":'(", "emojitrist"}, {"<3", "emojihjerte"}};
    for (size_t i = 0; i < sizeof faces / sizeof faces[0]; i++) {
        *len = strlen(faces[i].face);
        if (*len <= left && memcmp(at, faces[i].face, *len) == 0)
            return faces[i].word;
    }
    return NULL;
}

static void put_letter(struct writer *w, int32_t point, size_t raw_at)
{
    int32_t lower = point < 0x80 ? (point >= 'A' && point <= 'Z' ? point + 32 : point)
                                 : utf8proc_tolower(point);
    if (!w->in_word)
        open_word(w, raw_at, lower != point);
    put_point(w, lower < 0x80 ? lower : plain_letter(lower));
}

/* Writes plain and its words. The output is at most 13 times as long as raw (an emoji of 3 bytes becomes a
 * word of 12 and a space), which write_plain's caller provides. */
static void write_plain(struct text *text, struct writer *w)
{
    for (size_t at = 0; at < text->raw_len;) {
        int32_t point;
        size_t face_len, size = read_point(text->raw + at, text->raw_len - at, &point);
        const char *face = point == ':' || point == '<'
                               ? typed_face(text->raw + at, text->raw_len - at, &face_len)
                               : NULL;
        if (face) {
            put_whole_word(w, face, at, face_len);
            at += face_len;
            continue;
        }
        enum kind_of class = size ? classify(point) : SPACE;
        if (!size)
            size = 1;
        text->question = text->question || point == '?';
        if (class == LETTER)
            put_letter(w, point, at);
        else if (class == EMOJI)
            put_whole_word(w, emoji_word(point), at, size);
        else if (class != SKIP)
            close_word(w, at);
        if (class == MARK || (class == COMMA && !w->mark))
            w->mark = class == MARK ? '.' : ',';
        at += size;
    }
    close_word(w, text->raw_len);
    w->out[w->len] = '\0';
}

/* ---- canon ---- */

/* A word with a letter three times or more in a row, with that letter once (`heeelp` → `help`) or twice. */
static size_t squeeze(const char *word, size_t len, size_t keep, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        size_t run = 1;
        while (i + run < len && word[i + run] == word[i] && (unsigned char)word[i] < 0x80)
            run++;
        size_t kept = run >= 3 ? keep : run;
        for (size_t k = 0; k < kept; k++)
            out[n++] = word[i];
        i += run;
    }
    return n;
}

static const char *fold_squeezed(const struct words *words, const char *word, size_t len, struct arena *arena)
{
    char once[128], twice[128];
    if (len >= sizeof once)
        return NULL;
    size_t once_len = squeeze(word, len, 1, once);
    if (once_len == len)
        return NULL;
    const char *fold = words_fold(words, once, once_len);
    if (!fold) {
        size_t twice_len = squeeze(word, len, 2, twice);
        fold = words_fold(words, twice, twice_len);
    }
    return fold ? fold : arena_strndup(arena, once, once_len);
}

static bool is_number(const char *word, size_t len)
{
    return len && word[0] >= '0' && word[0] <= '9';
}

/* The fold of one word, NULL when it stays as it is. */
static const char *fold_one(const struct words *words, const char *word, size_t len, struct arena *arena)
{
    const char *fold = words_fold(words, word, len);
    if (fold || is_number(word, len) || len < 3)
        return fold;
    fold = fold_squeezed(words, word, len, arena);
    return fold ? fold : words_spell(words, word, len);
}

/* Finds the longest form of several words that begins at word `i`; sets *used to the words it takes. */
static const char *fold_several(const struct text *text, const struct words *words, size_t i, size_t *used)
{
    const struct word *first = &text->words[i];
    if (!words_starts_several(words, text->plain + first->at, first->len))
        return NULL;
    for (size_t n = 3; n >= 2; n--) {
        if (i + n > text->n_words)
            continue;
        const struct word *last = &text->words[i + n - 1];
        const char *fold = words_fold(words, text->plain + first->at, last->at + last->len - first->at);
        if (fold) {
            *used = n;
            return fold;
        }
    }
    return NULL;
}

struct piece {
    const char *text;
    size_t len;
    bool mark;
};

static void write_canon(struct text *text, const struct words *words, struct arena *arena)
{
    struct piece *pieces = arena_alloc(arena, (text->n_words + 1) * sizeof *pieces);
    size_t n = 0, total = 0;
    for (size_t i = 0; i < text->n_words;) {
        size_t used = 1;
        const struct word *word = &text->words[i];
        const char *plain = text->plain + word->at;
        const char *fold = fold_several(text, words, i, &used);
        if (!fold)
            fold = fold_one(words, plain, word->len, arena);
        pieces[n] = (struct piece){fold ? fold : plain, fold ? strlen(fold) : word->len,
                                   word->mark_before && i};
        total += pieces[n++].len + 3;
        i += used;
    }
    char *out = arena_bytes(arena, total + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].mark) { /* the mark is the last byte but one before the word in plain */
            out[len++] = ' ';
            out[len++] = '.';
        }
        if (len)
            out[len++] = ' ';
        memcpy(out + len, pieces[i].text, pieces[i].len);
        len += pieces[i].len;
    }
    out[len] = '\0';
    text->canon = out;
    text->canon_len = len;
}

/* ---- public ---- */

struct text text_normalise(const char *bytes, size_t len, const struct words *words, struct arena *arena)
{
    struct text text = {0};
    bool combining;
    if (len > TEXT_LARGEST)
        len = TEXT_LARGEST;
    char *raw = arena_bytes(arena, len + 1);
    text.raw_len = copy_mended(bytes, len, raw, &combining);
    text.raw = combining ? compose(raw, &text.raw_len, arena) : raw;

    struct word *list = arena_alloc(arena, (text.raw_len + 1) * sizeof *list);
    struct writer writer = {arena_bytes(arena, 13 * text.raw_len + 16), 0, list, 0, false, 0};
    text.words = list;
    write_plain(&text, &writer);
    text.plain = writer.out;
    text.plain_len = writer.len;
    text.n_words = writer.n_words;
    if (words) {
        write_canon(&text, words, arena);
    } else {
        text.canon = text.plain;
        text.canon_len = text.plain_len;
    }
    return text;
}

const char *text_plain(const char *text, struct arena *arena)
{
    return text_normalise(text, strlen(text), NULL, arena).plain;
}
