#!/bin/bash
# Style and structure of the checkout: `make lint`. Prints each fault as file:line: what; exit status 1 when there is
# one. Checks by name: tests/lint/lint.sh includes headers … (default: all).
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/lint
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

mapfile -t bot_c < <(find bot -name '*.c' | sort)
mapfile -t bot_h < <(find bot -name '*.h' | sort)
mapfile -t test_c < <(find tests -name '*.c' | sort)
mapfile -t test_h < <(find tests -name '*.h' | sort)
flags=$(make -s --no-print-directory --eval 'lint-flags:;$(info $(CFLAGS_ALL))@:' lint-flags) || exit 1
flags="${flags//-D_FORTIFY_SOURCE=2/} -Itests/unit" # with it, sprintf is a macro, which clang will not poison

# (a) Who may include whom: the table in includes.txt.
check_includes()
{
    awk '
        FNR == NR { # the table
            sub(/#.*/, "")
            if (split($0, part, ":") < 2) next
            folder = part[1]
            n = split(part[2], names, " ")
            for (i = 1; i <= n; i++) may[folder, names[i]] = 1
            known[folder] = 1
            next
        }
        FNR == 1 {
            folder = FILENAME
            sub(/^bot\//, "", folder)
            if (!sub(/\/.*/, "", folder)) folder = "."
            if (!(folder in known)) printf "%s:1: the folder %s stands not in tests/lint/includes.txt\n", FILENAME, folder
        }
        /^[ \t]*#[ \t]*include[ \t]/ {
            system_header = $0 ~ /</
            header = $0
            sub(/^[^<"]*[<"]/, "", header)
            sub(/[>"].*/, "", header)
            if (folder == "." || (folder, "*") in may) next
            top = header
            sub(/\/.*/, "/", top)
            fits = (folder, header) in may || (!system_header && (folder, top) in may)
            if (system_header) fits = fits || ("libc", header) in may
            else fits = fits || top == folder "/"
            if (!fits) printf "%s:%d: %s/ may not include %s (tests/lint/includes.txt)\n", FILENAME, FNR, folder, header
        }
    ' $here/includes.txt "${bot_c[@]}" "${bot_h[@]}"
}

# Runs a compiler over files (NUL-separated on stdin) and prints the errors only, each file's together.
compile()
{
    xargs -0 -P2 -I{} bash -c 'out=$('"$*"' -fsyntax-only "$1" 2>&1) || printf "%s\n" "$out" | grep -E "^[^ ]+:[0-9]+:.*(error|warning):"' - {}
}

# (b) Each header compiles alone, without what banned.h would bring along.
check_headers()
{
    local alone="${flags//-include base\/banned.h/}"
    for compiler in gcc clang; do
        printf '%s\0' "${bot_h[@]}" "${test_h[@]}" | compile $compiler "$alone" -O0 -Wno-unused-function -x c
    done
}

# (c) Everything compiles with clang too, under the same warnings.
check_clang()
{
    printf '%s\0' "${bot_c[@]}" "${test_c[@]}" | compile clang "$flags"
}

# (d) Layout.
check_format()
{
    clang-format --dry-run -Werror "${bot_c[@]}" "${bot_h[@]}" "${test_c[@]}" "${test_h[@]}" 2>&1 |
        sed -n 's/^\([^ ]*:[0-9]*\):[0-9]*: error: .*/\1: clang-format would write this differently/p' | sort -u -t: -k1,1 -k2,2n
}

# (e) cppcheck; what is not asked, and why, stands in cppcheck.txt.
check_cppcheck()
{
    cppcheck --quiet -j2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=2 \
        --suppressions-list=$here/cppcheck.txt -Ibot -Itests/unit '-DVERSION="0"' --include=/usr/include/x86_64-linux-gnu/sys/queue.h --template='{file}:{line}: {severity}: {message} [{id}]' \
        bot tests/unit 2>&1
}

# (f) Long files and functions.
check_length()
{
    awk -f $here/functions.awk "${bot_c[@]}" "${bot_h[@]}" "${test_c[@]}" "${test_h[@]}"
    find bot tests deploy \( -name '*.py' -o -name '*.sh' \) -print0 |
        xargs -0 awk 'FNR == 1 { said = 0 } FNR <= 15 && /over 600 lines because/ { said = 1 }
                      FNR == 601 && !said { printf "%s:1: has more than 600 lines\n", FILENAME }'
}

# (g) The settings file that is shipped is the one that the program prints.
check_settings()
{
    local file=deploy/selvhjelpsbot.conf program=build/selvhjelpsctl
    if [ ! -e $file ] || [ ! -x $program ]; then
        echo "lint: SKIPPED settings: $file or $program is missing (make)" >&2
        return
    fi
    $program settings >"$work/settings" 2>"$work/settings.err" || { echo "$program:1: settings does not run: $(head -1 "$work/settings.err")"; return; }
    diff "$work/settings" $file | awk -v file=$file '/^[0-9]/ { sub(/.*[acd]/, ""); sub(/,.*/, ""); print file ":" $0 ": differs from what `selvhjelpsctl settings` prints" }'
}

# (h) Each reply stands in each language, and so does each small word.
# A help line's number stands in one place: where a text spells one out, helplines.ini must have the same.
check_numbers()
{
    grep -noE '[0-9]{3} [0-9]{2} [0-9]{3}|[0-9]{2}( [0-9]{2}){3}|116 [0-9]{3}' replies/*/*.md | while IFS=: read -r file line number; do
        grep -qx "nummer = $number" replies/helplines.ini ||
            echo "$file:$line: $number is not in replies/helplines.ini; mend the text or add the line there"
    done
}

# Each word that the dialogue puts on a button stands in the list that the texts are checked against.
check_labels()
{
    grep -noE '(offer_word|offer_both|offer_standing|notice_offer|offer_intent)\(.*"[a-z_]+"\)' bot/talk/*.c |
        sed -nE 's/^([^:]+:[0-9]+):.*"([a-z_]+)"\)$/\1 \2/p' | while read -r where word; do
        grep -q "\"$word\"" bot/talk/keys_used.c ||
            echo "$where: the button's word \"$word\" is not in bot/talk/keys_used.c"
    done
}

check_replies()
{
    local language
    check_labels
    check_numbers
    for language in nn en; do
        diff <(cd replies/nb && ls ./*.md) <(cd replies/$language && ls ./*.md) |
            sed -n "s,^< \./\(.*\),replies/$language/\1:1: is missing,p; s,^> \./\(.*\),replies/nb/\1:1: is missing,p"
        diff <(words nb) <(words $language) |
            sed -n "s,^< \(.*\),replies/$language/ord.ini:1: lacks \1,p; s,^> \(.*\),replies/nb/ord.ini:1: lacks \1,p"
    done
}

words() { awk '/^\[/ { section = $1 } /^[a-z]/ { sub(/ *=.*/, ""); print section, $0 }' "replies/$1/ord.ini" | sort; }

all="includes headers clang format cppcheck length settings replies"
failed=0
for check in ${*:-$all}; do
    before=$SECONDS
    check_"$check" >"$work/out"
    if [ -s "$work/out" ]; then
        cat "$work/out"
        failed=1
        echo "lint: $check: faults ($((SECONDS - before)) s)" >&2
    else
        echo "lint: $check: good ($((SECONDS - before)) s)" >&2
    fi
done
exit $failed
