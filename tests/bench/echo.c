/* The yardstick: the least that a libmosquitto program can do with a message. MQTT 5, QoS 1, the library's
 * own loop; subscribes to in/+/+ and publishes each payload again at out/<network>/<chat>. Nothing is read,
 * kept or made safe.
 *
 *     echo PORT ROOT        (ends on SIGTERM; prints "ready" once it is subscribed) */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 1000 };

static const char *root;

static void on_connect(struct mosquitto *mosq, void *user, int reason, int flags,
                       const mosquitto_property *props)
{
    char topic[256];
    (void)user;
    (void)flags;
    (void)props;
    if (reason) {
        fprintf(stderr, "echo: the broker refuses the connection: %s\n", mosquitto_reason_string(reason));
        exit(1);
    }
    snprintf(topic, sizeof topic, "%s/in/+/+", root);
    mosquitto_subscribe_v5(mosq, NULL, topic, 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *mosq, void *user, int mid, int count, const int *granted,
                         const mosquitto_property *props)
{
    (void)mosq;
    (void)user;
    (void)mid;
    (void)count;
    (void)granted;
    (void)props;
    puts("ready");
    fflush(stdout);
}

static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *props)
{
    char topic[1024];
    (void)user;
    (void)props;
    /* <root>/in/<network>/<chat> → <root>/out/<network>/<chat> */
    snprintf(topic, sizeof topic, "%s/out%s", root, message->topic + strlen(root) + strlen("/in"));
    mosquitto_publish_v5(mosq, NULL, topic, message->payloadlen, message->payload, 1, false, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "use: echo PORT ROOT\n");
        return 64;
    }
    root = argv[2];
    mosquitto_lib_init();
    struct mosquitto *mosq = mosquitto_new("bench-echo", true, NULL);
    /* the same options as the core's, so that neither is held back by a window */
    mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(mosq, MOSQ_OPT_RECEIVE_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(mosq, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_v5_callback_set(mosq, on_connect);
    mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
    mosquitto_message_v5_callback_set(mosq, on_message);
    if (mosquitto_connect(mosq, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 30))
        return 1;
    return mosquitto_loop_forever(mosq, -1, 1) ? 1 : 0;
}
