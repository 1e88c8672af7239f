#!/bin/bash
# A private broker on a free loopback port, the core and the console, in one terminal: what `make run` starts.
# Ends them all at end of input and leaves nothing behind. Logs are shown only when something fails.
set -u
build=${1:-build}
folder=$(mktemp -d "${TMPDIR:-/tmp}/selvhjelpsbot.XXXXXX")
broker_pid= core_pid=
end() {
    [ -n "$core_pid" ] && kill "$core_pid" 2>/dev/null && wait "$core_pid" 2>/dev/null
    [ -n "$broker_pid" ] && kill "$broker_pid" 2>/dev/null && wait "$broker_pid" 2>/dev/null
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "$1" >&2
    [ -s "$2" ] && tail -n 20 "$2" >&2
    exit 1
}

mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
start_broker() {
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 10000\n' \
        "$1" >"$folder/mosquitto.conf"
    "$mosquitto" -c "$folder/mosquitto.conf" >"$folder/broker.log" 2>&1 </dev/null &
    broker_pid=$!
    for _ in $(seq 50); do
        kill -0 "$broker_pid" 2>/dev/null || break
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            # the port answers, but is it ours? another program on it would have ended our broker by now
            sleep 0.05
            kill -0 "$broker_pid" 2>/dev/null && return 0
        fi
        sleep 0.1
    done
    kill "$broker_pid" 2>/dev/null
    wait "$broker_pid" 2>/dev/null
    broker_pid=
    return 1
}

port=
for _ in $(seq 20); do
    try=$((20000 + RANDOM % 30000))
    if start_broker "$try"; then
        port=$try
        break
    fi
done
[ -n "$port" ] || fail "the broker does not start:" "$folder/broker.log"

options=(-o "broker.port=$port" -o "core.database=$folder/core.db" -o "console.journal=$folder/console.journal"
         -o "console.key_file=$folder/console.key"
         -o core.messages_a_minute=0) # many lines may be pasted or piped in here
"$build/selvhjelpsbot" "${options[@]}" >"$folder/core.log" 2>&1 </dev/null &
core_pid=$!
for _ in $(seq 100); do
    grep -q 'connected to the broker' "$folder/core.log" && break
    kill -0 "$core_pid" 2>/dev/null || fail "the core does not start:" "$folder/core.log"
    sleep 0.05
done
"$build/selvhjelpsbot-console" "${options[@]}" 2>"$folder/console.log"
status=$?
[ "$status" -eq 0 ] || fail "the console ended with status $status:" "$folder/console.log"
if ! kill -0 "$core_pid" 2>/dev/null; then
    core_pid=
    fail "the core has died:" "$folder/core.log"
fi
exit 0
