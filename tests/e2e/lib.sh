# What the end-to-end tests share: source it. Prints TAP lines; `finish` ends with 1 if one failed.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
bin=${GONG_BIN:-$PWD/build/release}
work=$(mktemp -d)
out=$work/out
tests=0 failures=0
started=()

# Ends what the test started (by pid) and removes its folder.
cleanup() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null; done
    [ -n "${KEEP:-}" ] && echo "# kept: $work" || rm -rf "$work"
}
trap cleanup EXIT

# check TEXT COMMAND...: one test; it passes when the command succeeds. On failure the last output is
# shown.
check() {
    local text=$1
    shift
    tests=$((tests + 1))
    if "$@" >"$work/check" 2>&1 </dev/null; then
        echo "ok $tests - $text"
    else
        echo "not ok $tests - $text"
        sed 's/^/# /' "$work/check" | head -5
        [ -f "$out" ] && sed 's/^/# | /' "$out" | tail -20
        failures=$((failures + 1))
    fi
}

# run COMMAND...: keeps what it printed in $out and its exit code in $code.
run() {
    "$@" >"$out" 2>&1 </dev/null
    code=$?
}

# gong VERB...: the program under test, on $site when it is set.
gong() { "$bin/gong" "$@" ${site:+--site "$site"}; }

# demo_season: the weather, communes and contracts of the demo season, for $site.
demo_season() {
    "$bin/gong" season write "$site/season" --quiet &&
        gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet &&
        gong contract import "$site/season/contracts.csv" --quiet
} >/dev/null

# square CODE WEST SOUTH EAST NORTH: a commune of four corners. square_set SET SQUARES...: a set of such, imported.
square() {
    printf '{"type": "Feature", "properties": {"code": "%s", "name": "Ô vuông (diễn tập)"}, "geometry": {"type": "Polygon", "coordinates": [[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}}' \
        "$1" "$2" "$3" "$4" "$3" "$4" "$5" "$2" "$5" "$2" "$3"
}
square_set() {
    (
        IFS=,
        printf '{"type": "FeatureCollection", "features": [%s]}' "${*:2}" >"$work/$1.geojson"
    )
    gong boundary import "$work/$1.geojson" --set "$1" --code code --name name --quiet
}

# square_site [SET]: a new $site with this set ("square"), one commune of a fiftieth of a degree about 106 E, 18 N.
square_site() {
    "$bin/gong" init "$work/site" --quiet
    site=$work/site
    square_set "${1:-square}" "$(square 00001 105.99 17.99 106.01 18.01)"
}

# sources.yaml of a site begun: gauges in tables of the folder gauges/. gauges_from TIME_FORMAT INTERVAL STAMP;
# what is added to the file goes on with that source.
gauges_from() {
    cat >"$site/sources.yaml" <<END
sources:
  gauges:
    title: T
    licence: L
    format: stations
    kind: observation
    url: gauges/
    stations: {format: csv, code: id, time: at, time_format: $1}
    variables: [{reads: mm, means: rain, unit: mm, interval: $2, stamp: $3}]
END
}

# all_sources_and TIME_FORMAT INTERVAL STAMP: the sources that ship, these gauges, which are late after three hours,
# and a storm's track in storms/ and official warnings in warnings/.
all_sources_and() {
    gauges_from "$@"
    sed '/^sources:/d' "$site/sources.yaml" >"$work/gauges.yaml"
    cat data/sources.yaml "$work/gauges.yaml" - >"$site/sources.yaml" <<'Y'
    late_after: 3 h
  storms:
    title: a track (diễn tập)
    licence: L
    format: tracks
    kind: forecast
    url: storms/
    tracks: {format: atcf, agency: OFCL, wind_average: 10 min}
  warnings:
    title: warnings (diễn tập)
    licence: L
    format: cap
    kind: observation
    url: warnings/
Y
}

# day_policy ID: the site's only policy, an alert on 2 mm of the gauge A (gauges_from) on 2 September 2024.
day_policy() {
    mkdir -p "$site/policies" && rm -f "$site"/policies/*.yaml
    cat >"$site/policies/$1.yaml" <<END
gong: 1
id: $1
version: 1
kind: alert
title: {vi: Mưa (diễn tập), en: Rain (a drill)}
effective: {from: 2024-09-02, to: 2024-09-02}
boundary_set: square
area: all
source: gauges
station: A
watch: observation
variable: rain
period: {each: day, day: utc00}
index: {take: total}
rounding: 0.1 mm
minimum_coverage: any
trigger: {index: ">=", threshold: 2 mm}
persistence: 1
next_update: 12 h
message: {vi: "{commune} {index} {issued} {next}", en: "{commune} {index} {issued} {next}"}
cases:
  fire: [{name: wet, step: period, values: [2]}]
  not_fire: [{name: dry, step: period, values: [1.9]}]
END
}

# people NAME-N...: names people of a site with their roles, as its operator-1 founds it; their keys
# are in $work/people. as NAME-N: the options by which that person acts.
people() {
    local person founder=(--by operator-1 --key "$work/people/operator-1.key")
    mkdir -p "$work/people"
    for person in operator-1 "$@"; do
        gong role key "$person" --out "$work/people" --quiet &&
            gong role add "$person" --role "${person%-*}" --public "$work/people/$person.pub" "${founder[@]}" --quiet || return
    done
}
as() { echo "--by $1 --key $work/people/$1.key"; }

# in_force DATE FILE...: policies that were proposed and signed on that day, as all who must do it.
# A live site knows no other clock than the system's: here faketime is that.
in_force() {
    local day=$1 file id past
    shift
    for file in "$@"; do
        past=() # what is insured is tried on the past, or it is said why not
        grep -q "^kind: alert" "$file" || past=(--no-past "the site is new, it has no readings yet")
        id=$(sed -n 's/^id: //p' "$file")
        faketime "$day 03:00:00" "$bin/gong" policy propose "$file" --why "for the drill season" "${past[@]}" $(as officer-1) --site "$site" --quiet &&
            faketime "$day 04:00:00" "$bin/gong" policy sign "$id" $(as officer-2) --site "$site" --quiet &&
            faketime "$day 05:00:00" "$bin/gong" policy sign "$id" $(as approver-1) --site "$site" --quiet || return
        # an alert needs no insurer, and is in force by now
        grep -q "^kind: alert" "$file" ||
            faketime "$day 06:00:00" "$bin/gong" policy sign "$id" $(as insurer-1) --site "$site" --quiet || return
    done
}

# far_receipts POLICY...: of each answer that these policies gave, one settlement is bundled and decided
# again from its bundle alone; the last bundle is $work/far.tar, its receipt $work/far.json.
far_receipts() {
    local policy answer seq
    gong ledger seal --quiet
    gong ledger export --kind decision 2>/dev/null | jq -r '"\(.policy) \(.answer) \(.seq)"' | sort -u -k1,2 >"$work/kinds"
    while read -r policy answer seq; do
        [[ " $* " == *" $policy "* ]] || continue
        gong bundle "$seq" --out "$work/far.tar" --quiet
        run "$bin/gong" replay --bundle "$work/far.tar" --key "$site/keys/log.vkey"
        check "the bundle of one settlement ($policy, $answer): identical" has "replay: identical (1 decision"
    done <"$work/kinds"
    tar xOf "$work/far.tar" --wildcards '*/receipt.json' >"$work/far.json"
}

# far_lie NAME JQ WORDS: that receipt, changed, does not hold at another place, and that is said.
far_lie() {
    jq -c "$2" "$work/far.json" >"$work/lie.json"
    run "$bin/gong" receipt verify "$work/lie.json" --key "$site/keys/log.vkey" --raw "$site/archive"
    check "$1 is found" same "$code" 5
    check "and named" has "$3"
}

# cells_held ROWS: of each table of the ledger of $site up to so many rows are edited, cell by cell, taken out, put
# in and exchanged, and each of that is found, but what `gong ledger verify` itself says that it does not hold.
# What was made of each column, and found, is added to $work/cells. The site is left as it was, without triggers.
cells_held() {
    gong ledger verify --json | jq -r '.not_held[] | "\(.table).\(.column)"' >"$work/not-held"
    "$bin/tests/tools/edit_cells" "$site" "$1" >"$work/cells.one"
    check "everything was put back as it was" same $? 0
    awk '$2 < $3 {print $1}' "$work/cells.one" | while read -r column; do
        grep -qxF -e "$column" -e "${column%%.*}.*" "$work/not-held" || echo "$column"
    done >"$work/missed"
    check "no cell or row can be changed unseen, but those of which that is said" same "$(paste -sd' ' "$work/missed")" ""
    awk '{found += $2; made += $3} END {print "# tampers in tables: " made " made, " found " found"}' "$work/cells.one"
    cat "$work/cells.one" >>"$work/cells"
}

# free_ports NAME...: sets each to a port that nobody has, and that no other test gets until this one ends.
free_ports() {
    local holder
    exec {holder}< <(exec python3 tests/tools/ports.py $$ $#)
    started+=($!)
    read -r -u "$holder" "$@"
    exec {holder}<&-
}

has() { grep -qF -- "$1" "$out"; }

# same A B: the two texts are equal, or both are shown.
same() { [ "$1" = "$2" ] || { printf 'got:    %.300s\nwanted: %.300s\n' "$1" "$2"; return 1; }; }

# soon COMMAND...: waits until it succeeds. How long that takes is the machine's; it is given up, and said so,
# when it surely is no more a matter of that.
soon() {
    local end=$((SECONDS + 300))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "# waited for in vain: $*"; return 1; }
        sleep 0.05
    done
}

finish() { [ "$failures" -eq 0 ]; }
