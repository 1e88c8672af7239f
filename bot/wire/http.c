#include "wire/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

/* Plain http goes nowhere else, and a proxy would read the secret. */
static const char this_machine[] = "127.0.0.1,::1,localhost";

enum { CONNECT_MS = 10000, DESCRIPTORS_MOST = 8, KEPT_ALIVE_SECONDS = 100 };

struct http_call {
    LIST_ENTRY(http_call) entry;
    CURL *curl;
    struct buf body;
    http_done *done;
    void *user;
};

struct http {
    CURLM *multi;
    struct curl_slist *headers;
    LIST_HEAD(, http_call) calls;
};

struct http *http_new(struct err *err)
{
    struct http *http = mem_new(1, sizeof *http);
    LIST_INIT(&http->calls);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        http->multi = curl_multi_init();
        http->headers = curl_slist_append(NULL, "Content-Type: application/json");
    }
    if (!http->multi || !http->headers) {
        err_add(err, "libcurl does not start");
        http_free(http);
        return NULL;
    }
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CALLS_MOST);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CALLS_MOST);
    return http;
}

static void end_call(struct http *http, struct http_call *call)
{
    LIST_REMOVE(call, entry);
    curl_multi_remove_handle(http->multi, call->curl);
    curl_easy_cleanup(call->curl);
    buf_free(&call->body);
    free(call);
}

void http_free(struct http *http)
{
    if (!http)
        return;
    for (struct http_call *call; (call = LIST_FIRST(&http->calls));)
        end_call(http, call);
    if (http->multi)
        curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    curl_global_cleanup();
    free(http);
}

/* ---- requests ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    buf_add(&call->body, bytes, size * count);
    return buf_done(&call->body) ? 0 : size * count; /* 0: the call fails */
}

/* What every request has. An option that libcurl does not know would be a fault of the build. */
static void configure(const struct http *http, struct http_call *call, int64_t timeout_ms)
{
    CURL *curl = call->curl;
    bool good = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_USERAGENT, "selvhjelpsbot/" VERSION) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_NOPROXY, this_machine) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)KEPT_ALIVE_SECONDS) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_WRITEDATA, call) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_PRIVATE, call) == CURLE_OK;
    if (!good)
        BUG("libcurl refuses an option");
}

static bool set_body(CURL *curl, const struct http_request *request)
{
    if (!request->body)
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body) == CURLE_OK;
}

static bool set_bearer(CURL *curl, const char *bearer)
{
    return !bearer || (curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, bearer) == CURLE_OK &&
                       curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK);
}

struct http_call *http_start(struct http *http, const struct http_request *request, http_done *done,
                             void *user)
{
    struct http_call *call = mem_new(1, sizeof *call);
    call->body = BUF_INIT(HTTP_BODY_MOST);
    call->done = done;
    call->user = user;
    call->curl = curl_easy_init();
    if (!call->curl)
        log_fatal("libcurl has no memory for a request");
    configure(http, call, request->timeout_ms);
    if (curl_easy_setopt(call->curl, CURLOPT_URL, request->url) != CURLE_OK ||
        !set_body(call->curl, request) || !set_bearer(call->curl, request->bearer) ||
        curl_easy_setopt(call->curl, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK ||
        curl_multi_add_handle(http->multi, call->curl) != CURLM_OK)
        BUG("libcurl refuses a request");
    LIST_INSERT_HEAD(&http->calls, call, entry);
    return call;
}

struct http_call *http_post(struct http *http, const char *url, const char *body, size_t len,
                            int64_t timeout_ms, http_done *done, void *user)
{
    const struct http_request request = {
        .method = "POST", .url = url, .body = body, .len = len, .timeout_ms = timeout_ms};
    return http_start(http, &request, done, user);
}

void http_cancel(struct http *http, struct http_call *call)
{
    end_call(http, call);
}

/* ---- the wait ---- */

void http_wait(struct http *http, struct pollfd *fds, size_t n, int ms)
{
    struct curl_waitfd extra[DESCRIPTORS_MOST];
    if (n > DESCRIPTORS_MOST)
        BUG("%zu descriptors", n);
    for (size_t i = 0; i < n; i++)
        extra[i] = (struct curl_waitfd){
            .fd = fds[i].fd,
            .events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                              (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
        };
    if (curl_multi_poll(http->multi, extra, (unsigned)n, ms, NULL) != CURLM_OK)
        log_warn("the wait for the network fails");
    for (size_t i = 0; i < n; i++)
        fds[i].revents = (short)((extra[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
                                 (extra[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
}

static void end_with(struct http *http, struct http_call *call, CURLcode code)
{
    struct http_answer answer = {.body = buf_str(&call->body), .len = call->body.len, .retry_after = -1};
    long status = 0;
    curl_off_t retry_after = 0;
    if (code == CURLE_OK && curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        answer.status = (int)status;
    else
        answer.failure = call->body.failed ? "the answer is too long" : curl_easy_strerror(code);
    if (curl_easy_getinfo(call->curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0)
        answer.retry_after = (int64_t)retry_after;
    call->done(call->user, &answer);
    end_call(http, call);
}

void http_run(struct http *http)
{
    int running = 0, left = 0;
    if (curl_multi_perform(http->multi, &running) != CURLM_OK)
        log_warn("libcurl cannot go on with its requests");
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));) {
        struct http_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* gone with the handle */
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK && call)
            end_with(http, call, code);
    }
}

/* ---- addresses ---- */

static bool is_this_machine(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool has_part(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(parsed, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

/* Why not, a literal; NULL when it may be used. */
static const char *why_not(CURLU *parsed, const char *base)
{
    char *scheme = NULL, *host = NULL;
    const char *why = NULL;
    if (curl_url_set(parsed, CURLUPART_URL, base, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        why = "is no address; write it as https://host or https://host:port";
    else if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD) ||
             has_part(parsed, CURLUPART_QUERY) || has_part(parsed, CURLUPART_FRAGMENT))
        why = "must have neither user, password, query nor fragment";
    else if (strcmp(scheme, "https") && (strcmp(scheme, "http") || !is_this_machine(host)))
        why = "must begin with https:// (http:// is for a server on this machine only): the secret would be "
              "readable on the way";
    curl_free(scheme);
    curl_free(host);
    return why;
}

int http_check_base(const char *base, const char *key, struct err *err)
{
    CURLU *parsed = curl_url();
    const char *why = parsed ? why_not(parsed, base) : "cannot be read: no memory";
    curl_url_cleanup(parsed);
    return why ? err_add(err, "%s %s", key, why) : 0;
}
