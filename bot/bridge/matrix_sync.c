/* The stream of events. Its position is written down when the core has accepted or refused what was made of
 * all that stands before it; meanwhile the stream is read on, for a position that was only read confirms
 * nothing. What was read before the program died is read again, and the core knows it by its id. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"

enum {
    MARGIN_MS = 30000,
    BATCHES_MOST = 2000, /* with something unsettled; then reading waits */
    AGAIN_MS = 1000,
    NO_WAIT_MS = 300, /* an empty answer that came sooner is of a server that does not wait */
};

/* When an earlier run began that did not get as far as a position, wall time; NEVER: there was none. */
static int64_t earlier_beginning(struct matrix *matrix)
{
    const char *began = bridge_position(matrix->bridge, "began");
    char text[24];
    if (began)
        return strtoll(began, NULL, 10);
    snprintf(text, sizeof text, "%lld", (long long)clock_wall_ms());
    if (bridge_set_position(matrix->bridge, "began", text))
        log_warn("the time of the first start cannot be kept");
    return NEVER;
}

void sync_init(struct matrix *matrix, int64_t now)
{
    const char *since = bridge_position(matrix->bridge, "since");
    TAILQ_INIT(&matrix->stream.batches);
    matrix->stream.by_in_id = MAP_INIT;
    matrix->stream.since = since ? mem_strdup(since) : NULL;
    matrix->stream.due = now;
    matrix->stream.began = earlier_beginning(matrix);
}

/* ---- batches ---- */

static void free_batch(struct stream *stream, struct batch *batch)
{
    TAILQ_REMOVE(&stream->batches, batch, entry);
    stream->n_batches--;
    arena_free(&batch->arena);
    free(batch);
}

/* The position moves past every batch that is settled, in order. */
static void move_on(struct matrix *matrix)
{
    struct stream *stream = &matrix->stream;
    for (struct batch *batch; (batch = TAILQ_FIRST(&stream->batches)) && batch->n_unsettled == 0;) {
        if (bridge_set_position(matrix->bridge, "since", batch->next))
            log_warn("the homeserver's position cannot be kept; after a start older messages are read again");
        free_batch(stream, batch);
    }
}

struct item *sync_item(struct batch *batch, const struct matrix_event *event)
{
    struct item *item = mem_new(1, sizeof *item);
    item->batch = batch;
    item->event = event;
    batch->n_unsettled++;
    return item;
}

void sync_settle(struct matrix *matrix, struct item *item)
{
    if (item->in_id)
        map_remove(&matrix->stream.by_in_id, item->in_id, strlen(item->in_id));
    item->batch->n_unsettled--;
    free(item->in_id);
    free(item);
}

void sync_accepted(struct matrix *matrix, const char *in_id)
{
    struct item *item = map_get(&matrix->stream.by_in_id, in_id, strlen(in_id));
    if (!item)
        return;
    if (item->room_id) {
        const char *const parts[] = {"rooms", item->room_id, "receipt", "m.read", item->event->id};
        buf_add_str(&matrix->body, "{}");
        matrix_touch(matrix, "POST", parts, 5);
    }
    sync_settle(matrix, item);
}

void sync_free(struct matrix *matrix)
{
    struct item *item;
    for (size_t at = 0; (item = map_next(&matrix->stream.by_in_id, &at));)
        sync_settle(matrix, item);
    for (struct batch *batch; (batch = TAILQ_FIRST(&matrix->stream.batches));)
        free_batch(&matrix->stream, batch);
    map_free(&matrix->stream.by_in_id);
    free(matrix->stream.since);
}

/* ---- what was read ---- */

/* In a room that the bot has just come to, what was said before it was invited is not said to it. `*came`:
 * when it came, 0 where that is not told. */
static size_t first_for_us(const struct matrix *matrix, const struct matrix_room *room, int64_t *came)
{
    size_t first = 0;
    *came = 0;
    for (size_t i = 0; i < room->n_events; i++) {
        const struct matrix_event *event = &room->events[i];
        if (event->kind != MATRIX_MEMBER || strcmp(event->target, matrix->session.user))
            continue;
        if (strcmp(event->what, "invite") == 0)
            first = i + 1;
        else if (strcmp(event->what, "join") == 0 && first == 0)
            first = i + 1;
        if (strcmp(event->what, "join") == 0)
            *came = event->time;
    }
    return first;
}

static void take_room(struct matrix *matrix, struct batch *batch, const struct matrix_room *read)
{
    int64_t came;
    size_t first = first_for_us(matrix, read, &came);
    if (matrix->stream.first && (matrix->stream.began == NEVER || came < matrix->stream.began - CLOCK_MINUTE))
        return; /* history, but for rooms that it came to in an earlier run that did not get further */
    struct room *room = rooms_get(matrix, read->id);
    if (room->phase == ROOM_INVITED || room->phase == ROOM_JOINING || room->phase == ROOM_GONE)
        rooms_changed(room); /* it is joined, by what another run began or another program did */
    if (read->limited && read->prev && !came && matrix->stream.since) {
        struct item *gap = sync_item(batch, NULL);
        gap->gap_from = read->prev;
        gap->gap_to = arena_strdup(&batch->arena, matrix->stream.since);
        TAILQ_INSERT_TAIL(&room->items, gap, in_room);
        matrix->counts.gaps++;
    }
    for (size_t i = 0; i < read->n_events; i++)
        if (read->events[i].kind == MATRIX_CREATED)
            readable_made(matrix, batch, read->id, read->events[i].target);
    for (size_t i = first; i < read->n_events; i++) {
        if (read->events[i].kind == MATRIX_IGNORED || read->events[i].kind == MATRIX_CREATED) {
            matrix->counts.ignored++;
            continue;
        }
        struct item *item = sync_item(batch, &read->events[i]);
        TAILQ_INSERT_TAIL(&room->items, item, in_room);
        matrix->counts.events++;
        if (read->events[i].kind == MATRIX_MEMBER)
            rooms_changed(room);
    }
}

static void take_sync(struct matrix *matrix, const struct matrix_sync *sync, struct batch *batch)
{
    struct stream *stream = &matrix->stream;
    for (size_t i = 0; i < sync->n_invites; i++)
        rooms_invited(matrix, batch, &sync->invites[i]);
    for (size_t i = 0; i < sync->n_left && !stream->first; i++)
        rooms_left(matrix, batch, sync->left[i]);
    for (size_t i = 0; i < sync->n_joined; i++)
        take_room(matrix, batch, &sync->joined[i]);
    free(stream->since);
    stream->since = mem_strdup(sync->next);
}

/* A batch of which nothing came moves the position of the one before it: an outage of the core may last days.
 */
static void join_former(struct stream *stream, struct batch *batch)
{
    struct batch *former = TAILQ_PREV(batch, batch_list, entry);
    if (!former || batch->n_unsettled)
        return;
    former->next = arena_strdup(&former->arena, batch->next);
    free_batch(stream, batch);
}

static void take_answer(struct matrix *matrix, const struct http_answer *http, int64_t now)
{
    struct stream *stream = &matrix->stream;
    struct matrix_answer answer;
    struct matrix_sync sync;
    struct batch *batch = mem_new(1, sizeof *batch);
    TAILQ_INSERT_TAIL(&stream->batches, batch, entry);
    stream->n_batches++;
    if (matrix_read_sync(http->body, http->len, matrix->session.user, &batch->arena, &sync)) {
        health_failed(&matrix->health, 0, "an answer that cannot be read");
        free_batch(stream, batch);
        return;
    }
    matrix_judge(matrix, http, &answer);
    bool empty = !sync.n_joined && !sync.n_invites && !sync.n_left;
    stream->due = empty && now - stream->started < NO_WAIT_MS ? now + AGAIN_MS : now;
    batch->next = sync.next;
    take_sync(matrix, &sync, batch);
    join_former(stream, batch);
}

static void sync_done(void *user, const struct http_answer *http)
{
    struct matrix *matrix = user;
    struct stream *stream = &matrix->stream;
    struct matrix_answer answer;
    int64_t now = clock_mono_ms();
    stream->call = NULL;
    stream->due = now + AGAIN_MS;
    if (http->status == 200)
        take_answer(matrix, http, now);
    else if (matrix_judge_needed(matrix, http, &answer) == MATRIX_LIMITED && answer.retry_ms)
        stream->due = now + answer.retry_ms;
    arena_reset(&matrix->scratch);
}

/* ---- requests ---- */

void sync_run(struct matrix *matrix, int64_t now)
{
    struct stream *stream = &matrix->stream;
    move_on(matrix);
    if (stream->call || now < stream->due || now < matrix->health.pause_until || !matrix_ready(matrix, now) ||
        stream->n_batches >= BATCHES_MOST)
        return;
    const char *const parts[] = {"sync"};
    struct buf query = BUF_INIT(3 * MATRIX_TOKEN_MOST + 1024);
    int64_t wait = stream->since ? settings_ms(matrix->settings, "matrix.poll_seconds") : 0;
    buf_addf(&query, "?filter=%s&set_presence=offline&timeout=%lld",
             matrix_escape(matrix->session.filter, &matrix->scratch), (long long)wait);
    if (stream->since)
        buf_addf(&query, "&since=%s", matrix_escape(stream->since, &matrix->scratch));
    stream->first = stream->since == NULL;
    stream->started = now;
    matrix->counts.syncs++;
    stream->call = matrix_call(matrix, "GET", parts, 1, buf_str(&query), wait + MARGIN_MS, sync_done, matrix);
    buf_free(&query);
    arena_reset(&matrix->scratch);
}

int64_t sync_due(const struct matrix *matrix)
{
    const struct stream *stream = &matrix->stream;
    if (stream->call || stream->n_batches >= BATCHES_MOST)
        return NEVER;
    return stream->due > matrix->health.pause_until ? stream->due : matrix->health.pause_until;
}
