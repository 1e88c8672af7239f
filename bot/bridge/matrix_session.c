/* Signing in: which versions the server speaks, who the token belongs to, the filter. With a password the
 * sign-in is kept in a file, so that the bot stays the same device: what it sent is known to the server by
 * that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"

enum { TIMEOUT_MS = 20000, AGAIN_MS = 5000, LOCKED_MS = 300000, FILE_MOST = 8192 };

/* ---- files ---- */

/* Token, device and user id, a line each. What does not fit the settings (another user) is not used. */
static void read_kept(struct matrix *matrix)
{
    struct session *session = &matrix->session;
    const char *path = settings_text(matrix->settings, "matrix.session_file"), *line;
    const char *user = settings_text(matrix->settings, "matrix.user");
    struct buf text = BUF_INIT(FILE_MOST);
    char *parts[3] = {NULL, NULL, NULL};
    size_t n = 0, len;
    if (file_exists(path) && file_read(path, &text, NULL) == 0) {
        const char *at = buf_str(&text), *end = at + text.len;
        while (n < 3 && file_next_line(&at, end, &line, &len))
            parts[n++] = mem_strndup(line, len);
    }
    if (n == 3 && strcmp(parts[2], user) == 0 && strlen(parts[0]) < sizeof session->token) {
        snprintf(session->token, sizeof session->token, "%s", parts[0]);
        session->device = mem_strdup(parts[1]);
    }
    for (size_t i = 0; i < n; i++) {
        key_wipe(parts[i], strlen(parts[i]));
        free(parts[i]);
    }
    if (text.data)
        key_wipe(text.data, text.cap);
    buf_free(&text);
}

static void keep(struct matrix *matrix)
{
    struct session *session = &matrix->session;
    const char *path = settings_text(matrix->settings, "matrix.session_file");
    struct buf text = BUF_INIT(FILE_MOST);
    struct err err = {.count = 0};
    char line[256];
    buf_addf(&text, "%s\n%s\n%s\n", session->token, session->device ? session->device : "", session->user);
    if (buf_done(&text) || file_make_parent(path, &err) ||
        file_write(path, buf_str(&text), text.len, 0600, &err))
        log_warn("the sign-in cannot be kept, the next start will be a new device: %s",
                 err_first(&err, line, sizeof line));
    key_wipe(text.data, text.cap);
    buf_free(&text);
}

int session_init(struct matrix *matrix, struct err *err)
{
    struct session *session = &matrix->session;
    const char *token = settings_text(matrix->settings, "matrix.token_file");
    const char *password = settings_text(matrix->settings, "matrix.password_file");
    const char *user = settings_text(matrix->settings, "matrix.user");
    if (!*token == !*password)
        return err_add(err, "set either matrix.token_file or matrix.password_file");
    if (*token)
        return file_check_private(token, err) || settings_secret(matrix->settings, "matrix.token_file",
                                                                 session->token, sizeof session->token, err)
                   ? -1
                   : 0;
    if (*user != '@' || !strchr(user, ':') || strlen(user) > MATRIX_ID_MOST)
        return err_add(err, "matrix.user must be the bot's full id, like @selvhjelp:example.org");
    if (file_check_private(password, err) ||
        settings_secret(matrix->settings, "matrix.password_file", session->password, sizeof session->password,
                        err))
        return -1;
    session->user = mem_strdup(user);
    read_kept(matrix);
    return 0;
}

void session_free(struct matrix *matrix)
{
    struct session *session = &matrix->session;
    key_wipe(session->token, sizeof session->token);
    key_wipe(session->password, sizeof session->password);
    free(session->user);
    free(session->device);
    free(session->filter);
}

/* ---- steps ---- */

static void refuse(struct matrix *matrix, const char *why)
{
    matrix->refused = true;
    matrix->why = why;
}

static void replace(char **text, const char *with)
{
    free(*text);
    *text = with ? mem_strdup(with) : NULL;
}

static void take_versions(struct matrix *matrix, const struct http_answer *http)
{
    if (!matrix_read_versions(http->body, http->len)) {
        refuse(
            matrix,
            "the homeserver speaks no version of Matrix that this bridge knows (v1.1 or later): update it");
        return;
    }
    matrix->session.phase = *matrix->session.token ? SESSION_WHOAMI : SESSION_LOGIN;
}

static void take_login(struct matrix *matrix, const struct http_answer *http)
{
    struct session *session = &matrix->session;
    struct matrix_login login;
    if (matrix_read_login(http->body, http->len, &matrix->scratch, &login) || !login.token ||
        strlen(login.token) >= sizeof session->token)
        return;
    snprintf(session->token, sizeof session->token, "%s", login.token);
    replace(&session->user, login.user);
    replace(&session->device, login.device);
    matrix->counts.sign_ins++;
    keep(matrix);
    session->phase = SESSION_FILTER;
}

static void take_whoami(struct matrix *matrix, const struct http_answer *http)
{
    struct session *session = &matrix->session;
    struct matrix_login login;
    const char *user = settings_text(matrix->settings, "matrix.user");
    if (matrix_read_login(http->body, http->len, &matrix->scratch, &login))
        return;
    if (*user && strcmp(user, login.user)) {
        refuse(matrix, "the access token belongs to another user than matrix.user names");
        return;
    }
    replace(&session->user, login.user);
    if (login.device)
        replace(&session->device, login.device);
    session->phase = SESSION_FILTER;
}

static void take_filter(struct matrix *matrix, const struct http_answer *http)
{
    const char *filter = matrix_read_text(http->body, http->len, "filter_id", &matrix->scratch);
    if (!filter)
        return;
    replace(&matrix->session.filter, filter);
    matrix->session.phase = SESSION_READY;
    matrix->session.locked = false;
    log_info("ready: write to %s in Matrix", matrix->session.user);
    bridge_status_soon(matrix->bridge);
}

static void step_done(void *user, const struct http_answer *http)
{
    static void (*const take[])(struct matrix *, const struct http_answer *) = {
        [SESSION_VERSIONS] = take_versions,
        [SESSION_LOGIN] = take_login,
        [SESSION_WHOAMI] = take_whoami,
        [SESSION_FILTER] = take_filter,
    };
    struct matrix *matrix = user;
    struct session *session = &matrix->session;
    struct matrix_answer answer;
    int64_t now = clock_mono_ms();
    enum session_phase phase = session->phase;
    session->call = NULL;
    session->due = now;
    enum matrix_error error = phase == SESSION_LOGIN ? matrix_judge(matrix, http, &answer)
                                                     : matrix_judge_needed(matrix, http, &answer);
    if (error == MATRIX_NONE)
        take[phase](matrix, http);
    else if (error == MATRIX_LIMITED)
        session->due = now + (answer.retry_ms ? answer.retry_ms : AGAIN_MS);
    else if (error == MATRIX_FORBIDDEN && phase == SESSION_LOGIN)
        refuse(matrix, "the homeserver refuses the bot's password: mend matrix.user or the file that "
                       "matrix.password_file names");
    if (session->phase == phase && session->due == now) /* not a step further */
        session->due = now + AGAIN_MS;
    arena_reset(&matrix->scratch);
}

void session_lost(struct matrix *matrix, bool soft)
{
    struct session *session = &matrix->session;
    if (session->phase == SESSION_LOGIN)
        return;
    if (!*session->password) {
        refuse(matrix,
               soft ? "the homeserver has signed the bot out (the access token has run out): write a new one "
                      "for the "
                      "same device into the file that matrix.token_file names, and start the bridge again"
                    : "the homeserver refuses the access token: it was revoked or is wrong. Write a new one "
                      "into the "
                      "file that matrix.token_file names, and start the bridge again");
        return;
    }
    log_warn("the homeserver has signed the bot out%s; signing in again as the same device",
             soft ? " softly" : "");
    key_wipe(session->token, sizeof session->token);
    session->phase = SESSION_LOGIN;
    session->due = clock_mono_ms() + (matrix->counts.sign_ins ? AGAIN_MS : 0);
}

void session_locked(struct matrix *matrix)
{
    if (!matrix->session.locked)
        log_warn(
            "the bot's account is locked on its homeserver; ask whoever runs that. Looking again every five "
            "minutes");
    matrix->session.locked = true;
    matrix->session.phase = *matrix->session.token ? SESSION_WHOAMI : SESSION_LOGIN;
    matrix->session.due = clock_mono_ms() + LOCKED_MS;
    bridge_status_soon(matrix->bridge);
}

void session_run(struct matrix *matrix, int64_t now)
{
    struct session *session = &matrix->session;
    const char *const login[] = {"login"}, *const whoami[] = {"account", "whoami"},
                      *const filter[] = {"user", session->user ? session->user : "", "filter"};
    if (session->phase == SESSION_READY || session->call || now < session->due ||
        now < matrix->health.pause_until)
        return;
    switch (session->phase) {
    case SESSION_VERSIONS:
        session->call = matrix_call(matrix, "GET", NULL, 0, "/_matrix/client/versions", TIMEOUT_MS, step_done,
                                    matrix);
        break;
    case SESSION_LOGIN:
        matrix_write_login(session->user, session->password, session->device, &matrix->body);
        session->call = matrix_call(matrix, "POST", login, 1, NULL, TIMEOUT_MS, step_done, matrix);
        break;
    case SESSION_WHOAMI:
        session->call = matrix_call(matrix, "GET", whoami, 2, NULL, TIMEOUT_MS, step_done, matrix);
        break;
    case SESSION_FILTER:
        matrix_write_filter(&matrix->body);
        session->call = matrix_call(matrix, "POST", filter, 3, NULL, TIMEOUT_MS, step_done, matrix);
        break;
    case SESSION_READY:
        break;
    }
}

int64_t session_due(const struct matrix *matrix)
{
    const struct session *session = &matrix->session;
    if (session->phase == SESSION_READY || session->call)
        return NEVER;
    return session->due > matrix->health.pause_until ? session->due : matrix->health.pause_until;
}
