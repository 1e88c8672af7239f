#include "base/settings.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/inifile.h"
#include "base/log.h"
#include "base/mem.h"

enum kind { TEXT, NUMBER, SECONDS };

struct setting {
    const char *key;
    enum kind kind;
    const char *installed; /* default where the package is installed */
    const char *checkout;  /* default in a checkout, NULL: the same */
    const char *help;
    double least, most; /* for numbers and seconds */
};

#define SHARE        "/usr/share/selvhjelpsbot/"
#define STATE        "/var/lib/selvhjelpsbot/"
#define STATE_MATRIX "/var/lib/selvhjelpsbot-matrix/"
#define STATE_TELEGRAM                                                                                       \
    "/var/lib/selvhjelpsbot-telegram/" /* each program has an account and a folder of its own */

static const struct setting table[] = {
    {"broker.host", TEXT, "127.0.0.1", NULL, "Host name or address of the MQTT broker.", 0, 0},
    {"broker.port", NUMBER, "1883", NULL, "Port of the broker (8883 is usual with TLS).", 1, 65535},
    {"broker.username", TEXT, "", NULL, "This program's account; empty: none.", 0, 0},
    {"broker.password_file", TEXT, "", NULL, "File whose first line is the account's password.", 0, 0},
    {"broker.ca_file", TEXT, "", NULL, "Certificates to trust (PEM); not empty: TLS is used.", 0, 0},
    {"broker.root", TEXT, "selvhjelp/v1", NULL, "First part of every topic.", 0, 0},

    {"core.database", TEXT, STATE "selvhjelpsbot.db", "build/selvhjelpsbot.db",
     "The core's database (SQLite).", 0, 0},
    {"core.intents", TEXT, SHARE "intents", "intents", "Folder with intents and word lists.", 0, 0},
    {"core.replies", TEXT, SHARE "replies", "replies", "Folder with reply texts and help lines.", 0, 0},
    {"core.contact_points", TEXT, SHARE "contact-points.geojson", "deploy/contact-points.geojson",
     "Registry of contact points (GeoJSON).", 0, 0},
    {"core.places", TEXT, SHARE "places.tsv", "bot/place/places.tsv", "Gazetteer made by `make gazetteer`.",
     0, 0},
    {"core.far_km", NUMBER, "60", NULL, "Kilometres from which a contact point is called far away.", 1, 3000},
    {"core.hits", NUMBER, "3", NULL, "Contact points shown at a time.", 1, 5},
    {"core.repeat_first_seconds", SECONDS, "5", NULL,
     "A reply not reported delivered is sent again after this time, then after twice as long and so on.",
     0.05, 3600},
    {"core.repeat_most_seconds", SECONDS, "300", NULL, "Longest time between two such repeats.", 0.05, 86400},
    {"core.status_seconds", SECONDS, "30", NULL, "Time between two status messages.", 0.1, 3600},
    {"core.conversation_days", NUMBER, "30", NULL,
     "A conversation is forgotten this long after its last message.", 1, 365},
    {"core.inbox_days", NUMBER, "30", NULL, "Message ids are remembered this long, to know repeats.", 8, 365},
    {"core.reply_hours", NUMBER, "48", NULL,
     "An ordinary reply that could not be delivered is given up after this time; a crisis reply never sooner "
     "than outbox_days.",
     1, 168},
    {"core.outbox_days", NUMBER, "7", NULL, "A reply that cannot be delivered is given up after this time.",
     1, 30},

    {"core.messages_a_minute", NUMBER, "30", NULL,
     "More than this from one chat within a minute are read for a crisis only, and the person is asked to "
     "wait; 0: no "
     "limit.",
     0, 100000},

    {"requests.first_reminder_hours", SECONDS, "24", NULL,
     "A request that nobody has taken: hours to the first reminder, in working hours.", 0.0001, 720},
    {"requests.second_reminder_hours", SECONDS, "72", NULL,
     "... to the second one; the resident hears too, and is asked about the reserve contact.", 0.0001, 720},
    {"requests.reserve_days", SECONDS, "7", NULL, "... days until the reserve contact gets it.", 0.0001, 60},
    {"requests.taken_reminder_days", SECONDS, "7", NULL,
     "Days of silence after which the one who took a request is reminded.", 0.0001, 60},
    {"requests.open_days", NUMBER, "180", NULL, "A request is open at most this long.", 7, 365},
    {"requests.kept_days", NUMBER, "30", NULL, "A closed request is deleted after this long.", 1, 180},
    {"requests.open_most", NUMBER, "3", NULL, "Requests that one chat may have open.", 1, 10},
    {"requests.code_days", NUMBER, "7", NULL, "A coordinator's one-time code is good for this long.", 1, 60},

    {"bridge.silence_seconds", SECONDS, "10", NULL,
     "The bridge answers by itself when the core has accepted nothing for this long.", 0.1, 600},
    {"bridge.repeat_first_seconds", SECONDS, "5", NULL,
     "A message not accepted is sent again after this time.", 0.05, 3600},
    {"bridge.repeat_most_seconds", SECONDS, "300", NULL, "Longest time between two such repeats.", 0.05,
     86400},
    {"bridge.offline_pause_seconds", SECONDS, "600", NULL,
     "Least time between two offline answers to one chat.", 1, 86400},
    {"bridge.window", NUMBER, "200", NULL, "Most messages under way to the core at a time.", 1, 500},
    {"bridge.late_seconds", SECONDS, "600", NULL,
     "A message older than this when it is first sent is marked late.", 1, 86400},

    {"console.network", TEXT, "console", NULL, "Name of the network, which several consoles must not share.",
     0, 0},
    {"console.journal", TEXT, STATE "console.journal", "build/console.journal", "The console's journal.", 0,
     0},
    {"console.key_file", TEXT, STATE "console.key", "build/console.key",
     "Key that hides addresses in chat tokens; made on first start. Belongs to the backup.", 0, 0},
    {"console.address", TEXT, "terminal", NULL, "The address that the console's only chat has.", 0, 0},
    {"console.language", TEXT, "", NULL,
     "Language that the console says its user has: nb, nn or en; empty: unknown.", 0, 0},

    {"matrix.homeserver", TEXT, "", NULL,
     "Address of the bot's homeserver, for example https://matrix.example.org.", 0, 0},
    {"matrix.user", TEXT, "", NULL,
     "The bot's full user id, @bot:example.org; needed to sign in with a password.", 0, 0},
    {"matrix.token_file", TEXT, "", NULL,
     "File whose first line is an access token of the bot; others may not read it. Either this or a "
     "password.",
     0, 0},
    {"matrix.password_file", TEXT, "", NULL,
     "File whose first line is the bot's password; others may not read it.", 0, 0},
    {"matrix.session_file", TEXT, STATE_MATRIX "matrix.session", "build/matrix.session",
     "Where a sign-in with a password is kept (token and device); made when needed.", 0, 0},
    {"matrix.journal", TEXT, STATE_MATRIX "matrix.journal", "build/matrix.journal", "The bridge's journal.",
     0, 0},
    {"matrix.key_file", TEXT, STATE_MATRIX "matrix.key", "build/matrix.key",
     "Key that hides addresses in chat tokens; made on first start. Belongs to the backup.", 0, 0},
    {"matrix.allowed_servers", TEXT, "", NULL,
     "Servers whose people may invite the bot, with blanks between; empty: all.", 0, 0},
    {"matrix.poll_seconds", NUMBER, "30", NULL, "How long the server may wait for a message in one request.",
     1, 300},

    {"telegram.token_file", TEXT, "/etc/selvhjelpsbot/telegram-token", "build/telegram-token",
     "File whose first line is the bot's token from @BotFather; others may not read it.", 0, 0},
    {"telegram.api_base", TEXT, "https://api.telegram.org", NULL,
     "The Bot API server; one of your own on this machine may be http://127.0.0.1:8081.", 0, 0},
    {"telegram.journal", TEXT, STATE_TELEGRAM "telegram.journal", "build/telegram.journal",
     "The bridge's journal.", 0, 0},
    {"telegram.key_file", TEXT, STATE_TELEGRAM "telegram.key", "build/telegram.key",
     "Key that hides addresses in chat tokens; made on first start. Belongs to the backup.", 0, 0},
    {"telegram.poll_seconds", NUMBER, "50", NULL,
     "How long the server may wait for a message in one request.", 1, 50},
};

enum { COUNT = sizeof table / sizeof table[0], LONGEST = 1024 };

struct settings {
    char *values[COUNT];
};

static bool in_checkout(void)
{
    return file_exists("intents") && file_exists("replies") && file_exists("bot/place/places.tsv");
}

struct settings *settings_new(void)
{
    struct settings *settings = mem_new(1, sizeof *settings);
    bool checkout = in_checkout();
    for (int i = 0; i < COUNT; i++)
        settings->values[i] = mem_strdup(checkout && table[i].checkout ? table[i].checkout
                                                                       : table[i].installed);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    for (int i = 0; i < COUNT; i++)
        free(settings->values[i]);
    free(settings);
}

static int find(const char *key)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(table[i].key, key) == 0)
            return i;
    return -1;
}

/* Appends to `err` what is wrong with a value; 0 when nothing is. */
static int check_value(const struct setting *setting, const char *value, const char *where, int line,
                       struct err *err)
{
    if (strlen(value) >= LONGEST)
        return err_at(err, where, line, "the value of %s is longer than %d bytes", setting->key, LONGEST - 1);
    if (setting->kind == TEXT)
        return 0;
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !(number >= setting->least && number <= setting->most))
        return err_at(err, where, line, "%s must be a number from %g to %g, not \"%.40s\"", setting->key,
                      setting->least, setting->most, value);
    if (setting->kind == NUMBER && number != (double)(long)number)
        return err_at(err, where, line, "%s must be a whole number, not \"%.40s\"", setting->key, value);
    return 0;
}

static int assign(struct settings *settings, const char *key, const char *value, const char *where, int line,
                  struct err *err)
{
    int i = find(key);
    if (i < 0)
        return err_at(err, where, line,
                      "there is no setting \"%.80s\"; the settings file in deploy/ lists them all", key);
    if (check_value(&table[i], value, where, line, err))
        return -1;
    free(settings->values[i]);
    settings->values[i] = mem_strdup(value);
    return 0;
}

struct loading {
    struct settings *settings;
    const char *path;
    struct err *err;
};

static void take_pair(void *user, const char *section, const char *name, const char *value, int line)
{
    struct loading *loading = user;
    char key[256];
    snprintf(key, sizeof key, "%s.%s", section, name);
    assign(loading->settings, key, value, loading->path, line, loading->err);
}

int settings_load(struct settings *settings, const char *path, struct err *err)
{
    unsigned before = err->count;
    struct loading loading = {settings, path, err};
    inifile_read(path, take_pair, &loading, err);
    return err->count == before ? 0 : -1;
}

int settings_set(struct settings *settings, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return err_add(err, "-o %.80s: write it as section.key=value", assignment);
    char key[256];
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    return assign(settings, key, equals + 1, "-o", 0, err);
}

const char *settings_text(const struct settings *settings, const char *key)
{
    int i = find(key);
    if (i < 0)
        BUG("no setting %s", key);
    return settings->values[i];
}

int settings_int(const struct settings *settings, const char *key)
{
    return (int)strtod(settings_text(settings, key), NULL); /* read as check_value reads it */
}

int64_t settings_ms(const struct settings *settings, const char *key)
{
    return (int64_t)(strtod(settings_text(settings, key), NULL) * 1000.0);
}

int settings_secret(const struct settings *settings, const char *key, char *out, size_t size, struct err *err)
{
    out[0] = '\0';
    const char *path = settings_text(settings, key);
    if (!*path)
        return 0;
    struct buf text = BUF_INIT(4096);
    int rc = file_read(path, &text, err);
    size_t len = strcspn(buf_str(&text), "\r\n");
    if (rc == 0 && (len == 0 || len >= size))
        rc = err_at(err, path, 1, "%s: the first line must hold the secret (1 to %zu bytes)", key, size - 1);
    if (rc == 0) {
        memcpy(out, buf_str(&text), len);
        out[len] = '\0';
    }
    if (text.data)
        sodium_memzero(text.data, text.cap);
    buf_free(&text);
    return rc;
}

void settings_print_defaults(FILE *out)
{
    char section[64] = "";
    fprintf(out,
            "; Settings of selvhjelpsbot: every key with its default. Lines that start with ; are comments.\n"
            "; A key can also be given on the command line: -o section.key=value\n");
    for (int i = 0; i < COUNT; i++) {
        const char *dot = strchr(table[i].key, '.');
        size_t len = (size_t)(dot - table[i].key);
        if (strncmp(section, table[i].key, len) || section[len]) {
            snprintf(section, sizeof section, "%.*s", (int)len, table[i].key);
            fprintf(out, "\n[%s]\n", section);
        }
        fprintf(out, "; %s\n;%s = %s\n", table[i].help, dot + 1, table[i].installed);
    }
}
