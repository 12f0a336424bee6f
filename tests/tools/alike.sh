# What the outside checks of tables share: source it with $db, $entries and $tmp set. Lines that the entries say and
# lines that a table has, each with the number of its entry first, must be the same.
sql() { sqlite3 -readonly -separator '|' "$db" "$1"; }
said() { jq -r "$1" "$entries"; }
hex='lower(hex('
bad=

# alike WHAT: $tmp/said and $tmp/has hold the same lines, each with the number of its entry first; else the
# smallest number of a line that one of them does not have is kept with WHAT.
alike() {
    local first
    first=$(sort "$tmp/said" >"$tmp/said.s"; sort "$tmp/has" >"$tmp/has.s"
        comm -3 "$tmp/said.s" "$tmp/has.s" | tr -d '\t' | sort -t'|' -n | sed -n 1p)
    [ -z "$first" ] || bad+="${first%%|*} is not what the table of $1 says: ${first#*|}"$'\n'
}
# one ENTRIES-JQ TABLE-SQL WHAT: of each entry a line, of each row a line.
one() {
    said "$1" >"$tmp/said"
    sql "$2" >"$tmp/has"
    alike "$3"
}
# newest ENTRIES-JQ TABLE-SQL FIELDS WHAT: rows that do not name their entry: the jq program is given all entries
# as a list, and a row has the number of the entry whose first FIELDS fields it repeats, 1 if there is none.
newest() {
    jq -rs "$1" "$entries" >"$tmp/said"
    sql "$2" | awk -F'|' -v said="$tmp/said" -v fields="$3" '
        function key(part, from, i, text) { for (i = from; i < from + fields; i++) text = text part[i] "|"; return text }
        BEGIN { while ((getline line <said) > 0) { split(line, part, "|"); seq[key(part, 2)] = part[1] } }
        { split($0, part, "|"); name = key(part, 1); print (name in seq ? seq[name] : 1) "|" $0 }' >"$tmp/has"
    alike "$4"
}
# the_end WHAT: exit 0, or 5 with the first entry that is not borne out.
the_end() {
    if [ -n "$bad" ]; then
        echo "WRONG: entry $(sed '/^$/d' <<<"$bad" | sort -n | sed -n 1p)"
        exit 5
    fi
    echo "$1: ok ($(wc -l <"$entries") entries)"
}
