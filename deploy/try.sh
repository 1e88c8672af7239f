#!/bin/bash
# A private broker on a free loopback port, the core and a bridge: what `make run` starts.
#   try.sh BUILD                                  chat in this terminal, until end of input
#   try.sh BUILD telegram SETTING=VALUE …         chat in Telegram, until Ctrl-C (telegram.token_file=…)
#   try.sh BUILD matrix SETTING=VALUE …           chat in Matrix (matrix.homeserver=…, matrix.token_file=…)
# Ends them all and leaves nothing behind. Logs are shown only when something fails.
set -u
build=${1:-build} network=${2:-console}
shift $(($# < 2 ? $# : 2))
chosen=() # settings with a value
for setting; do
    [ -z "${setting#*=}" ] || chosen+=("$setting")
done
folder=$(mktemp -d "${TMPDIR:-/tmp}/selvhjelpsbot.XXXXXX")
broker_pid= core_pid= bridge_pid=
end() {
    [ -n "$bridge_pid" ] && kill "$bridge_pid" 2>/dev/null && wait "$bridge_pid" 2>/dev/null
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

is_set() {
    [[ " ${chosen[*]} " == *" $1="* ]]
}

case $network in
console) ;;
telegram)
    is_set telegram.token_file ||
        fail "make run NETWORK=telegram TOKEN_FILE=file: the file's first line is the token from @BotFather (README, Telegram)" /dev/null
    ;;
matrix)
    is_set matrix.homeserver && { is_set matrix.token_file || { is_set matrix.user && is_set matrix.password_file; }; } ||
        fail "make run NETWORK=matrix HOMESERVER=https://… TOKEN_FILE=file, or with MATRIX_USER=@bot:… PASSWORD_FILE=file (README, Matrix)" /dev/null
    ;;
*) fail "there is no network \"$network\"; there are console, telegram and matrix" /dev/null ;;
esac

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

chat_in_terminal() {
    "$build/selvhjelpsbot-console" "${options[@]}" 2>"$folder/console.log"
    local status=$?
    [ "$status" -eq 0 ] || fail "the console ended with status $status:" "$folder/console.log"
}

# Until the bridge ends, or Ctrl-C ends all.
chat_in_network() {
    local setting said status
    options+=(-o "$network.journal=$folder/bridge.journal" -o "$network.key_file=$folder/bridge.key")
    [ "$network" = telegram ] || options+=(-o "matrix.session_file=$folder/session")
    for setting in "${chosen[@]}"; do
        options+=(-o "$setting")
    done
    said=$("$build/selvhjelpsbot-$network" -n "${options[@]}" 2>"$folder/bridge.log") ||
        fail "the bridge does not start:" "$folder/bridge.log"
    "$build/selvhjelpsbot-$network" "${options[@]}" 2>"$folder/bridge.log" </dev/null &
    bridge_pid=$!
    invite_to_write "$said"
    echo "Lag en kode til en koordinator i et annet vindu, og skriv «koble KODE» til roboten:"
    echo "  $build/selvhjelpsctl -o broker.port=$port coordinator invite link-bergen"
    echo "Avslutt med Ctrl-C. Da slettes alt som er skrevet."
    wait "$bridge_pid"
    status=$?
    bridge_pid=
    [ "$status" -eq 0 ] || fail "the bridge ended with status $status:" "$folder/bridge.log"
}

# The name stands at the end of what -n said; a bot that signs in with a password has it in its settings.
invite_to_write() {
    local name=${1##* }
    case $network in
    telegram) echo "Skriv til $name i Telegram: https://t.me/${name#@}" ;;
    matrix)
        [[ $name == @* ]] || name=$(printf '%s\n' "${chosen[@]}" | sed -n 's/^matrix\.user=//p')
        echo "Skriv til $name i Matrix (uten kryptering): https://matrix.to/#/$name"
        ;;
    esac
}

if [ "$network" = console ]; then chat_in_terminal; else chat_in_network; fi
if ! kill -0 "$core_pid" 2>/dev/null; then
    core_pid=
    fail "the core has died:" "$folder/core.log"
fi
exit 0
