/* What is measured inside one process, without a broker. Each mode prints one JSON object.
 *
 *     inside understand MESSAGES.tsv     one message: mean and 99th percentile in µs, and the parts of the
 * path inside nearest FOLDER              the nearest three of 10,000 points inside transaction FOLDER
 * MESSAGES.tsv   the transaction of one message alone, its size as the core's inside growth FOLDER
 * MESSAGES.tsv  turn and commit with 1,000 and with 1,000,000 stored conversations
 *
 * FOLDER is a temporary one on the disk that counts; the caller removes it. Every figure is the median over
 * rounds, so that a moment in which the machine was busy with something else does not count. */
#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

#include "text/label_model.h"
#include "base/clock.h"
#include "base/keys.h"
#include "lines.h"
#include "turn.h"
#include "understand.h"

enum { ROUNDS_MOST = 64 };

/* ---- small things ---- */

static void end_if(const struct err *err)
{
    if (!err->count)
        return;
    fprintf(stderr, "inside: %s", err->text);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts; `part` 0.5 is the median. */
static double quantile(double *values, size_t count, double part)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(size_t)(part * (double)(count - 1))];
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double us_since(int64_t ns)
{
    return (double)(clock_mono_ns() - ns) / 1000;
}

/* The same numbers in each run (Lehmer, MINSTD): speed must not depend on luck. */
static uint64_t next_number(uint64_t *state)
{
    *state = *state * 48271 % 2147483647;
    return *state;
}

static double uniform(uint64_t *state)
{
    return (double)next_number(state) / 2147483647.0;
}

static void load_data(struct dataset *data)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    dataset_load(data, settings, &err);
    settings_free(settings);
    end_if(&err);
}

/* ---- understanding ---- */

enum measured_part { PART_ALL, PART_NORMALISE, PART_INTENTS, PART_MENTIONS, PART_LABELS, PARTS };
static const char *const part_names[PARTS] = {"all", "normalise", "intents", "mentions", "labels"};

struct bench {
    struct dataset data;
    struct lines lines;
    struct arena arena;
    double *times; /* of one round, a line each */
};

/* Does one part for one message; the text it needs is made before the clock starts. Returns µs. */
static double time_part(struct bench *b, enum measured_part part, const char *message)
{
    const struct intents *intents = b->data.intents;
    struct text text = {0};
    struct understood understood;
    arena_reset(&b->arena);
    struct intent_score *scores = arena_alloc(&b->arena, intents_count(intents) * sizeof *scores);
    float margins[LABELS_MOST];
    if (part > PART_NORMALISE)
        text = text_normalise(message, strlen(message), intents_words(intents), &b->arena);
    else
        arena_reset(&b->arena); /* as the core starts a turn */
    int64_t start = clock_mono_ns();
    switch (part) {
    case PART_ALL:
        understand(intents, b->data.gazetteer, message, strlen(message), false, false, &b->arena,
                   &understood);
        break;
    case PART_NORMALISE:
        text = text_normalise(message, strlen(message), intents_words(intents), &b->arena);
        break;
    case PART_INTENTS:
        intents_score(intents, &text, &b->arena, scores);
        break;
    case PART_MENTIONS:
        mentions_find(b->data.gazetteer, &text, false, &b->arena);
        break;
    case PART_LABELS:
        label_model_score(intents_label_model(intents), &text, margins);
        break;
    case PARTS:
        break;
    }
    return us_since(start);
}

struct spread {
    double mean, p99, most;
};

/* Runs `rounds` rounds over all lines, each part in turn, so that all see the same machine; the first is a
 * warm-up. */
static void time_understanding(struct bench *b, size_t rounds, struct spread out[PARTS])
{
    static double means[PARTS][ROUNDS_MOST], p99s[PARTS][ROUNDS_MOST], mosts[PARTS][ROUNDS_MOST];
    for (size_t round = 0; round <= rounds; round++)
        for (size_t part = 0; part < PARTS; part++) {
            for (size_t i = 0; i < b->lines.count; i++)
                b->times[i] = time_part(b, (enum measured_part)part, b->lines.list[i]);
            size_t at = round ? round - 1 : 0;
            means[part][at] = mean(b->times, b->lines.count);
            p99s[part][at] = quantile(b->times, b->lines.count, 0.99);
            mosts[part][at] = b->times[b->lines.count - 1];
        }
    for (size_t part = 0; part < PARTS; part++)
        out[part] = (struct spread){quantile(means[part], rounds, 0.5), quantile(p99s[part], rounds, 0.5),
                                    quantile(mosts[part], rounds, 0.5)};
}

static int measure_understanding(const char *messages)
{
    struct bench b = {.lines = lines_read(messages)};
    struct spread parts[PARTS];
    load_data(&b.data);
    b.times = mem_new(b.lines.count, sizeof *b.times);
    time_understanding(&b, 31, parts);
    printf("{\"lines\":%zu,\"unindexed\":%zu", b.lines.count, intents_unindexed(b.data.intents));
    for (size_t part = 0; part < PARTS; part++)
        printf(",\"%s\":{\"mean\":%.2f,\"p99\":%.2f,\"most\":%.2f}", part_names[part], parts[part].mean,
               parts[part].p99, parts[part].most);
    puts("}");
    return 0;
}

/* ---- the nearest three ---- */

enum { POINTS = 10000, PLACES = 1000 };

static size_t list_kommuner(const struct gazetteer *gazetteer, const struct kommune **list, size_t most)
{
    size_t count = 0;
    char number[8];
    for (int i = 0; i < 10000 && count < most; i++) {
        snprintf(number, sizeof number, "%04d", i);
        const struct kommune *kommune = gazetteer_kommune(gazetteer, number);
        if (kommune)
            list[count++] = kommune;
    }
    return count;
}

/* A point up to half a degree from a random kommune's centre, held inside the box that the registry accepts.
 */
static struct position random_position(const struct kommune *kommune, uint64_t *seed)
{
    double lat = kommune->position.lat + uniform(seed) - 0.5,
           lon = kommune->position.lon + uniform(seed) - 0.5;
    return position_of(fmin(fmax(lat, 57.5), 71.5), fmin(fmax(lon, 4.5), 31.5));
}

static void write_points(const char *path, const struct kommune **kommuner, size_t count, uint64_t *seed)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "inside: %s cannot be written\n", path);
        exit(1);
    }
    fputs("{\"type\":\"FeatureCollection\",\"features\":[", file);
    for (int i = 0; i < POINTS; i++) {
        const struct kommune *kommune = kommuner[next_number(seed) % count];
        struct position at = random_position(kommune, seed);
        fprintf(file,
                "%s\n{\"type\":\"Feature\",\"id\":\"p%d\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%"
                ".5f,%.5f]},"
                "\"properties\":{\"kind\":\"senter\",\"name\":\"Punkt "
                "%d\",\"kommune\":\"%s\",\"status\":\"unconfirmed\","
                "\"form\":\"physical\",\"pos_quality\":\"town\",\"source\":\"bench\"}}",
                i ? "," : "", i, at.lon, at.lat, i, kommune->number);
    }
    fputs("\n]}\n", file);
    fclose(file);
}

static int measure_nearest(const char *folder)
{
    struct err err = {.count = 0};
    struct dataset data = {0};
    const struct kommune *kommuner[1000];
    static struct position from[PLACES];
    static const struct kommune *own[PLACES];
    static double means[ROUNDS_MOST];
    enum { ROUNDS = 21 };
    struct hit hits[3];
    char path[4096];
    uint64_t seed = 17;
    size_t found = 0;
    load_data(&data);
    size_t count = list_kommuner(data.gazetteer, kommuner, 1000);
    snprintf(path, sizeof path, "%s/points.geojson", folder);
    write_points(path, kommuner, count, &seed);
    int64_t start = clock_mono_ns();
    struct registry *registry = registry_load(path, data.gazetteer, &err);
    double load_ms = us_since(start) / 1000;
    end_if(&err);
    for (size_t i = 0; i < PLACES; i++) {
        own[i] = kommuner[next_number(&seed) % count];
        from[i] = random_position(own[i], &seed);
    }
    for (size_t round = 0; round <= ROUNDS; round++) {
        start = clock_mono_ns();
        for (size_t i = 0; i < PLACES; i++)
            found += registry_nearest(registry, &(struct search){from[i], own[i], NULL}, hits, 3);
        means[round ? round - 1 : 0] = us_since(start) / PLACES;
    }
    if (found != 3UL * PLACES * (ROUNDS + 1))
        fprintf(stderr, "inside: not every search found three\n");
    printf("{\"points\":%zu,\"us\":%.2f,\"load_ms\":%.1f}\n", registry_count(registry),
           quantile(means, ROUNDS, 0.5), load_ms);
    return 0;
}

/* ---- the transaction alone ---- */

/* One real turn tells how large state and reply are; then only its writes are timed, each in a transaction of
 * its own. */
struct written {
    struct state state;
    struct buf payload;
};

static void run_turn(struct turns *turns, const char *chat, const char *id, const char *message,
                     struct arena *arena, struct outcome *out)
{
    struct err err = {.count = 0};
    struct event event = {.kind = EVENT_TEXT,
                          .id = id,
                          .time = clock_wall_ms(),
                          .language = "nb",
                          .text = message,
                          .text_len = strlen(message)};
    struct buf payload = BUF_INIT(CONTRACT_IN_LARGEST);
    contract_write_in(&event, &payload);
    struct incoming in = {"bench", chat, buf_str(&payload), payload.len};
    turn_run(turns, &in, clock_wall_ms(), arena, out, &err);
    end_if(&err);
    if (out->verdict != TURN_ACCEPTED) {
        fprintf(stderr, "inside: a message is not accepted: %s\n", out->reason ? out->reason : "?");
        exit(1);
    }
    buf_free(&payload);
}

/* No limit to messages a minute: a few chats write all of them. */
static struct turns make_turns(const struct dataset *data, struct store *store)
{
    struct err err = {.count = 0};
    struct turns turns;
    static struct settings *settings;
    if (!settings)
        settings = settings_new();
    settings_set(settings, "core.messages_a_minute=0", &err);
    turns_begin(&turns, data, settings, store, &err);
    end_if(&err);
    return turns;
}

static double time_transaction(struct store *store, const struct written *written, int64_t *seq,
                               size_t number)
{
    struct err err = {.count = 0};
    char id[32], chat[32];
    int64_t now = clock_wall_ms();
    snprintf(id, sizeof id, "t%zu", number);
    snprintf(chat, sizeof chat, "Achat%zu", number % 1000);
    struct out_row row = {.id = id, .network = "bench", .chat = chat, .created = now};
    int64_t start = clock_mono_ns();
    store_begin(store, &err);
    store_remember(store, "bench", id, now, &err);
    store_save_state(store, "bench", chat, &written->state, now, &err);
    *seq = store_out_add(store, &row, buf_str(&written->payload), written->payload.len, &err);
    store_commit(store, &err);
    double us = us_since(start);
    end_if(&err);
    return us;
}

static void remove_out(struct store *store, int64_t seq)
{
    struct err err = {.count = 0};
    store_begin(store, &err);
    store_out_remove(store, seq, &err);
    store_commit(store, &err);
    end_if(&err);
}

static int measure_transaction(const char *folder, const char *messages)
{
    enum { TIMES = 1500 };
    static double times[TIMES];
    struct err err = {.count = 0};
    struct bench b = {.lines = lines_read(messages)};
    char path[4096];
    load_data(&b.data);
    snprintf(path, sizeof path, "%s/transaction.db", folder);
    struct store *store = store_open(path, &err);
    end_if(&err);
    struct turns turns = make_turns(&b.data, store);
    for (size_t i = 0; i < TIMES; i++) {
        struct written written = {.payload = BUF_INIT(0)};
        struct outcome outcome;
        char id[32];
        int64_t seq;
        snprintf(id, sizeof id, "probe%zu", i);
        store_begin(store, &err);
        run_turn(&turns, "probe", id, b.lines.list[i % b.lines.count], &b.arena, &outcome);
        store_load_state(store, "bench", "probe", &written.state, &err);
        store_rollback(store);
        written.payload = outcome.payload;
        times[i] = time_transaction(store, &written, &seq, i);
        remove_out(store, seq);
        buf_free(&outcome.payload);
        arena_reset(&b.arena);
    }
    printf("{\"transactions\":%d,\"median_us\":%.1f,\"p99_us\":%.1f}\n", TIMES, quantile(times, TIMES, 0.5),
           quantile(times, TIMES, 0.99));
    turns_end(&turns);
    store_close(store);
    return 0;
}

/* ---- growth ---- */

/* Conversations and one inbox id for each, written in key order past the store (a fill through its own calls,
 * at random keys with its small cache, would take minutes). What is measured goes through the store alone. */
struct filled {
    const char *path;
    size_t count;
    struct store *store;
    int64_t seq; /* of the reply that still waits */
    size_t turns;
    uint64_t seed;
};

struct fill_key {
    unsigned char key[KEY_HASH];
    uint32_t number;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, KEY_HASH);
}

static void chat_name(char out[32], size_t number)
{
    snprintf(out, 32, "Achat%zu", number);
}

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
        return;
    fprintf(stderr, "inside: %s: %s\n", text, sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    fprintf(stderr, "inside: %s: %s\n", text, sqlite3_errmsg(db));
    exit(1);
}

static void read_secret(sqlite3 *db, unsigned char secret[KEY_SECRET])
{
    sqlite3_stmt *get = prepare(db, "SELECT value FROM meta WHERE name='secret'");
    if (sqlite3_step(get) != SQLITE_ROW || sqlite3_column_bytes(get, 0) != KEY_SECRET) {
        fprintf(stderr, "inside: the database has no secret\n");
        exit(1);
    }
    memcpy(secret, sqlite3_column_blob(get, 0), KEY_SECRET);
    sqlite3_finalize(get);
}

/* The keys as store_key makes them, in order. Owned by the caller. */
static struct fill_key *make_keys(const unsigned char secret[KEY_SECRET], size_t count)
{
    struct fill_key *keys = mem_new(count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        char chat[32];
        chat_name(chat, i);
        struct key_part parts[] = {{"bench", 5}, {chat, strlen(chat)}};
        key_hash(keys[i].key, secret, parts, 2);
        keys[i].number = (uint32_t)i;
    }
    qsort(keys, count, sizeof *keys, by_key);
    return keys;
}

static void insert_all(sqlite3 *db, const struct fill_key *keys, size_t count, const struct state *state)
{
    sqlite3_stmt *conversation = prepare(db, "INSERT INTO conversations VALUES (?1, 'bench', ?2, ?3, ?4)");
    sqlite3_stmt *inbox = prepare(db, "INSERT INTO inbox VALUES (?1, ?2)");
    struct buf text = BUF_INIT(16 * 1024);
    int64_t now = clock_wall_ms();
    state_write(state, &text);
    for (size_t i = 0; i < count; i++) {
        char chat[32];
        chat_name(chat, keys[i].number);
        sqlite3_bind_blob(conversation, 1, keys[i].key, KEY_HASH, SQLITE_STATIC);
        sqlite3_bind_text(conversation, 2, chat, -1, SQLITE_STATIC);
        sqlite3_bind_text(conversation, 3, buf_str(&text), (int)text.len, SQLITE_STATIC);
        sqlite3_bind_int64(conversation, 4, now);
        sqlite3_bind_blob(inbox, 1, keys[i].key, KEY_HASH, SQLITE_STATIC);
        sqlite3_bind_int64(inbox, 2, now);
        if (sqlite3_step(conversation) != SQLITE_DONE || sqlite3_step(inbox) != SQLITE_DONE)
            fprintf(stderr, "inside: filling fails: %s\n", sqlite3_errmsg(db));
        sqlite3_reset(conversation);
        sqlite3_reset(inbox);
    }
    sqlite3_finalize(conversation);
    sqlite3_finalize(inbox);
    buf_free(&text);
}

static void fill(struct filled *f, const struct state *state)
{
    struct err err = {.count = 0};
    sqlite3 *db = NULL;
    unsigned char secret[KEY_SECRET];
    store_close(store_open(f->path, &err)); /* makes tables and secret */
    end_if(&err);
    sqlite3_open(f->path, &db);
    sql(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536");
    read_secret(db, secret);
    struct fill_key *keys = make_keys(secret, f->count);
    sql(db, "BEGIN");
    insert_all(db, keys, f->count, state);
    sql(db, "COMMIT");
    free(keys);
    sqlite3_close(db);
    f->store = store_open(f->path, &err);
    end_if(&err);
    if ((size_t)store_count_conversations(f->store) != f->count)
        fprintf(stderr, "inside: the database holds %lld conversations\n",
                (long long)store_count_conversations(f->store));
}

/* One batch of `size` messages from random stored chats: turns and commit. Returns µs for one message. The
 * replies of the batch are removed in the next one, as `delivered` does. */
static double time_batch(struct bench *b, struct filled *f, size_t size)
{
    struct err err = {.count = 0};
    struct turns turns = make_turns(&b->data, f->store);
    int64_t seq[512];
    size_t n_seq = 0;
    int64_t start = clock_mono_ns();
    store_begin(f->store, &err);
    for (size_t i = 0; i < size; i++) {
        struct outcome outcome;
        char chat[32], id[32];
        chat_name(chat, (next_number(&f->seed) ^ next_number(&f->seed) << 16) % f->count);
        snprintf(id, sizeof id, "grow%zu", f->turns);
        run_turn(&turns, chat, id, b->lines.list[f->turns++ % b->lines.count], &b->arena, &outcome);
        if (outcome.replied)
            seq[n_seq++] = outcome.row.seq;
        buf_free(&outcome.payload);
        arena_reset(&b->arena);
    }
    store_commit(f->store, &err);
    double us = us_since(start) / (double)size;
    store_begin(f->store, &err);
    for (size_t i = 0; i < n_seq; i++)
        store_out_remove(f->store, seq[i], &err);
    store_commit(f->store, &err);
    turns_end(&turns);
    end_if(&err);
    return us;
}

/* Median of a round's batches. */
static double time_round(struct bench *b, struct filled *f, size_t batches, size_t size)
{
    static double times[1024];
    for (size_t i = 0; i < batches; i++)
        times[i] = time_batch(b, f, size);
    return quantile(times, batches, 0.5);
}

/* Interleaved rounds on the small and the large database; the first pair warms up. */
static void compare(struct bench *b, struct filled *small, struct filled *large, size_t batches, size_t size,
                    const char *name, const char *end)
{
    enum { ROUNDS = 15 };
    static double ratios[ROUNDS], smalls[ROUNDS], larges[ROUNDS];
    for (size_t round = 0; round <= ROUNDS; round++) {
        bool swap = round % 2;
        size_t at = round ? round - 1 : 0;
        double first = time_round(b, swap ? large : small, batches, size);
        double second = time_round(b, swap ? small : large, batches, size);
        smalls[at] = swap ? second : first;
        larges[at] = swap ? first : second;
        ratios[at] = larges[at] / smalls[at];
    }
    double ratio = quantile(ratios, ROUNDS, 0.5);
    printf("\"%s\":{\"ratio\":%.3f,\"least\":%.3f,\"most\":%.3f,\"small_us\":%.1f,\"large_us\":%.1f}%s", name,
           ratio, ratios[0], ratios[ROUNDS - 1], quantile(smalls, ROUNDS, 0.5), quantile(larges, ROUNDS, 0.5),
           end);
}

static int measure_growth(const char *folder, const char *messages)
{
    struct bench b = {.lines = lines_read(messages)};
    struct state state = {.language = LANGUAGE_NB,
                          .introduced = true,
                          .has_place = true,
                          .place = "Horten",
                          .kommune = "3901",
                          .lat = 59.4,
                          .lon = 10.5,
                          .last_key = "finn_kontaktpunkt",
                          .shown = 3};
    char small_path[4096], large_path[4096];
    load_data(&b.data);
    snprintf(small_path, sizeof small_path, "%s/small.db", folder);
    snprintf(large_path, sizeof large_path, "%s/large.db", folder);
    struct filled small = {.path = small_path, .count = 1000, .seed = 5};
    struct filled large = {.path = large_path, .count = 1000000, .seed = 5};
    int64_t start = clock_mono_ns();
    fill(&small, &state);
    fill(&large, &state);
    printf("{\"fill_s\":%.1f,", us_since(start) / 1e6);
    compare(&b, &small, &large, 60, 1, "single", ",");
    compare(&b, &small, &large, 5, 100, "batch", "}\n");
    store_close(small.store);
    store_close(large.store);
    return 0;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";
    key_start();
    if (strcmp(mode, "understand") == 0)
        return measure_understanding(argv[2]);
    if (strcmp(mode, "nearest") == 0)
        return measure_nearest(argv[2]);
    if (strcmp(mode, "transaction") == 0 && argc > 3)
        return measure_transaction(argv[2], argv[3]);
    if (strcmp(mode, "growth") == 0 && argc > 3)
        return measure_growth(argv[2], argv[3]);
    fprintf(stderr,
            "use: inside understand MESSAGES | nearest FOLDER | transaction FOLDER MESSAGES | growth FOLDER "
            "MESSAGES\n");
    return 64;
}
