/* HTTP requests side by side (libcurl's multi interface), driven by the program's one wait:
 *
 *     http_wait(http, fds, n, until)      waits for the network and for the program's own descriptors
 *     http_run(http)                      sends, receives, and calls `done` for each request that has ended
 *
 * Certificates are checked, redirects are not followed, connections are kept. Nothing of an address, a header
 * or a body is ever logged here: a URL may hold a secret. */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct http;
struct http_call;

enum {
    HTTP_BODY_MOST = 8 * 1024 * 1024, /* of an answer; a longer one is cut off and the call fails */
    HTTP_CALLS_MOST = 64,             /* connections to one host at a time */
};

struct http_answer {
    int status;       /* 0: no answer came, see `failure` */
    const char *body; /* NUL-terminated; borrowed until `done` returns */
    size_t len;
    int64_t retry_after; /* s, of the Retry-After header in its form of seconds; -1: none */
    const char *failure; /* why no answer came, a literal without any address */
};

/* May start other requests and end other calls, not its own. */
typedef void http_done(void *user, const struct http_answer *answer);

/* NULL with a line in `err`. Owned by the caller. */
struct http *http_new(struct err *err);
void http_free(struct http *http); /* ends what is under way without calling `done` */

/* A request; everything is copied. */
struct http_request {
    const char *method; /* GET, POST, PUT … */
    const char *url;
    const char *bearer; /* secret of an Authorization header, NULL: none */
    const char *body;   /* JSON, NULL: none */
    size_t len;
    int64_t timeout_ms; /* for the whole request */
};

/* Begins a request. The call is the client's and gone when `done` has been called. A connection that was kept
 * and died before a byte of an answer came is replaced and the request made again at once (libcurl does
 * that), so a request that is no repeatable one may arrive twice then. */
struct http_call *http_start(struct http *http, const struct http_request *request, http_done *done,
                             void *user);
/* The same for a POST of JSON without a secret in its header. */
struct http_call *http_post(struct http *http, const char *url, const char *body, size_t len,
                            int64_t timeout_ms, http_done *done, void *user);
/* Ends a call without calling `done`. */
void http_cancel(struct http *http, struct http_call *call);

/* Waits until something can be read or written, at most `ms`. Fills in revents of `fds`. */
void http_wait(struct http *http, struct pollfd *fds, size_t n, int ms);
void http_run(struct http *http);

/* Whether `base` may be what requests with a secret are sent to: https, or http on this machine alone
 * (127.0.0.1, ::1, localhost), without user, query or fragment. 0 or -1 with a line in `err` that names
 * `key`, the setting. */
int http_check_base(const char *base, const char *key, struct err *err) __attribute__((warn_unused_result));

#endif
