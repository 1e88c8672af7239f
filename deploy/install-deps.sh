#!/bin/sh
# Installs the Debian packages that the given purposes need and that are missing: install-deps.sh build run test
# Says what it does on stderr; does nothing (and asks for nothing) when all are there.
set -eu
list=$(dirname "$0")/debian-packages.txt
missing=
for purpose; do
    while read -r for_what package command; do
        [ "$for_what" = "$purpose" ] || continue
        [ -z "$command" ] || ! command -v "$command" >/dev/null || continue
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done <"$list"
done
[ -n "$missing" ] || exit 0
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "install these as root first: apt-get install$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "installing:$missing" >&2
log=$(mktemp)
if ! { $as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing; } \
    </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "the packages could not be installed; is the network there?" >&2
    exit 1
fi
rm -f "$log"
