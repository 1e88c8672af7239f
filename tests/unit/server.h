/* A small HTTP server on this machine for the tests: a thread for each connection, which does what the path
 * says. */
#ifndef UNIT_SERVER_H
#define UNIT_SERVER_H

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "wire/http.h"

enum { SERVER_HEAD = 8192, SERVER_BODY = 1024 * 1024, AT_ONCE = 50, PATIENCE_MS = 20000 };

static int listener, port;
static atomic_int connections, open_now, most_open, gathered, forbidden;

struct request {
    char head[SERVER_HEAD];
    size_t head_len, body_len;
    char *body;
};

static inline void say(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static inline void say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

static inline void answer(int fd, const char *status, const char *headers, const char *body, size_t len)
{
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, len);
    say(fd, head, (size_t)n);
    say(fd, body, len);
}

static inline size_t length_of(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");
    return at ? (size_t)strtoul(at + 17, NULL, 10) : 0;
}

/* One byte at a time up to the empty line: slow, and enough. */
static inline bool read_request(int fd, struct request *request)
{
    request->head_len = request->body_len = 0;
    while (request->head_len < SERVER_HEAD - 1) {
        if (recv(fd, request->head + request->head_len, 1, 0) != 1)
            return false;
        request->head[++request->head_len] = '\0';
        if (request->head_len >= 4 && strcmp(request->head + request->head_len - 4, "\r\n\r\n") == 0)
            break;
    }
    if (strcasestr(request->head, "\r\nExpect: 100-continue"))
        say_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    size_t len = length_of(request->head);
    while (request->body_len < len && len <= SERVER_BODY) {
        ssize_t n = recv(fd, request->body + request->body_len, len - request->body_len, 0);
        if (n <= 0)
            return false;
        request->body_len += (size_t)n;
    }
    return len <= SERVER_BODY;
}

/* The bytes of the answer that is one too long, or just fits. */
static inline void answer_long(int fd, size_t len)
{
    static char page[64 * 1024];
    char head[128];
    memset(page, 'x', sizeof page);
    int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    say(fd, head, (size_t)n);
    for (size_t left = len; left;) {
        size_t part = left < sizeof page ? left : sizeof page;
        say(fd, page, part);
        left -= part;
    }
}

static inline void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* Until so many wait here at the same time: proof that they were under way together. */
static inline void gather(int fd, int many)
{
    atomic_fetch_add(&gathered, 1);
    for (int ms = 0; atomic_load(&gathered) < many && ms < PATIENCE_MS; ms += 5)
        wait_ms(5);
    answer(fd, atomic_load(&gathered) >= many ? "200 OK" : "500 Too Few", "", "{}", 2);
}

static inline void drip(int fd)
{
    say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        struct pollfd hung = {.fd = fd, .events = POLLIN};
        say(fd, ".", 1);
        if (poll(&hung, 1, 50) > 0)
            return;
    }
}

/* Until the client hangs up. */
static inline void keep_silent(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
}

static inline bool is_path(const struct request *request, const char *path)
{
    size_t len = strlen(path);
    return strncmp(request->head, "POST ", 5) == 0 && strncmp(request->head + 5, path, len) == 0 &&
           request->head[5 + len] == ' ';
}

/* False: this connection is over. */
static inline bool respond(int fd, const struct request *request)
{
    if (is_path(request, "/echo"))
        answer(fd, "200 OK", "Content-Type: x\r\n", request->body, request->body_len);
    else if (is_path(request, "/head"))
        answer(fd, "200 OK", "", request->head, request->head_len);
    else if (is_path(request, "/flood"))
        answer(fd, "429 Too Many Requests", "Retry-After: 17\r\n", "{\"ok\":false}", 12);
    else if (is_path(request, "/odd"))
        answer(fd, "503 Away", "Retry-After: soon\r\n", "", 0);
    else if (is_path(request, "/moved"))
        answer(fd, "302 Found", "Location: /forbidden\r\n", "", 0);
    else if (is_path(request, "/forbidden"))
        atomic_fetch_add(&forbidden, 1);
    else if (is_path(request, "/chunks"))
        say_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n2\r\n{\"\r\n4\r\na\":1\r\n1\r\n}\r\n0\r\n\r\n");
    else if (is_path(request, "/zero"))
        answer(fd, "200 OK", "", "a\0b", 3);
    else if (is_path(request, "/full") || is_path(request, "/long"))
        answer_long(fd, HTTP_BODY_MOST + (is_path(request, "/long") ? 1 : 0));
    else if (is_path(request, "/gather"))
        gather(fd, AT_ONCE);
    else if (is_path(request, "/pause")) {
        wait_ms(30);
        answer(fd, "200 OK", "", "{}", 2);
    } else if (is_path(request, "/drip"))
        drip(fd);
    else if (is_path(request, "/silent"))
        keep_silent(fd);
    else if (is_path(request, "/torn"))
        say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true}");
    else if (is_path(request, "/garbage"))
        say(fd, "\x16\x03\x01\x02\x01\r\n\r\n", 9);
    else if (is_path(request, "/last")) {
        answer(fd, "200 OK", "", "{}", 2); /* and does not say that it closes */
        return false;
    }
    return is_path(request, "/torn") + is_path(request, "/garbage") + is_path(request, "/close") == 0;
}

static inline void *serve(void *user)
{
    int fd = (int)(intptr_t)user;
    struct request *request = malloc(sizeof *request);
    request->body = malloc(SERVER_BODY);
    int now = atomic_fetch_add(&open_now, 1) + 1;
    for (int most = atomic_load(&most_open);
         now > most && !atomic_compare_exchange_weak(&most_open, &most, now);)
        ;
    while (read_request(fd, request) && respond(fd, request))
        ;
    close(fd);
    atomic_fetch_sub(&open_now, 1);
    free(request->body);
    free(request);
    return NULL;
}

static inline void *accept_all(void *user)
{
    (void)user;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        atomic_fetch_add(&connections, 1);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
        else
            close(fd);
    }
    return NULL;
}

static inline void start_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 128), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&thread, NULL, accept_all, NULL), 0);
    pthread_detach(thread);
}

#endif
