# Reports functions of more than 60 lines, by the brace in the first column (.clang-format sees to it), unless a
# comment right before says "over 60 lines because"; and files of more than 600 lines whose first 15 do not say
# "over 600 lines because".
FNR == 1 { end_file(); file = FILENAME; excused_file = excused = 0; open = 0 }
{ lines = FNR }
FNR <= 15 && /over 600 lines because/ { excused_file = 1 }
/over 60 lines because/ { excused = 1 }
/^[A-Za-z_].*\(/ && !/;$/ { head = FNR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{/ { open = FNR }
/^\}/ {
    if (open && FNR - open + 1 > 60 && !excused)
        printf "%s:%d: %s has %d lines; part it, or say before it why it is \"over 60 lines because …\"\n", FILENAME, head, name, FNR - open + 1
    open = excused = 0
}
END { end_file() }
function end_file() {
    if (file != "" && lines > 600 && !excused_file)
        printf "%s:1: has %d lines; part it, or say in its first lines why it is \"over 600 lines because …\"\n", file, lines
}
