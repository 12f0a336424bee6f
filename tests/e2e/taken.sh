#!/usr/bin/env bash
# A decoder that a file has taken over: however it ends, that is the end of its own file alone, which is
# refused or waits, is told and kept; those behind it are read, in that run and in the next.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

square_site
cat >"$site/sources.yaml" <<END
sources:
  rain:
    title: T
    licence: L
    url: rain/
    boundary_set: square
    kind: observation
    variables: [{reads: rain, means: rain, interval: day, stamp: start}]
END
taken=$work/taken
mkdir "$taken" "$site/rain"
cp "$bin"/gong "$bin"/gong-ingest "$bin"/gong-plain "$taken" && cp "$bin/gong-decode" "$taken/gong-decode.real" && cp "$bin/tests/tools/takenover" "$taken/gong-decode"
day() { # NAME DAY [MM]
    ncgen -o "$site/rain/$1.nc" - <<END
netcdf day { dimensions: time = 1; lat = 2; lon = 2;
 variables:
  double time(time); time:units = "days since $2"; float lat(lat); lat:units = "degrees_north";
  float lon(lon); lon:units = "degrees_east"; float rain(time, lat, lon); rain:units = "mm";
 data: time = 0; lat = 17.9, 18.1; lon = 105.9, 106.1; rain = ${3:-5}, 5, 5, 5; }
END
}
query() { sqlite3 "$site/ledger.db" "$1"; }
states() { query "SELECT state || ' ' || count(*) FROM raw GROUP BY state ORDER BY state" | paste -sd,; }

# These may be the machine's: how it is confined, its command line, memory, a kill from outside.
waits='exit 2,exit 5,exit 7,exit 65,signal 9,signal 15'
refused='exit 0,exit 1,exit 3,exit 4,exit 6,exit 64,exit 66,exit 130,exit 255,signal 6,signal 11,signal 31'
count=0
while read -r end; do
    count=$((count + 1))
    printf '%s\n' "$end" >"$site/rain/a_$(printf '%02d' $count).nc"
done < <(printf '%s,%s\n' "$waits" "$refused" | tr , '\n')
day z 2024-09-06
run "$taken/gong" ingest run --site "$site" --now 2024-09-08
check "18 files end their decoder, each in a way of its own" same "$count" 18
check "the one behind them is read" same "$(query 'SELECT count(*) FROM reading')" 1
check "six wait, twelve are refused" same "$(states)" '0 6,1 1,2 12'
check "each is told" same "$(grep -c 'rain/a_' "$out")" 18
check "which is to be tried again, no fault of the ledger" same $code 7
check "all are kept" same "$(sha256sum "$site"/rain/*.nc | while read -r hash _; do ls "$site/archive/${hash:0:2}/$hash"; done | wc -l)" 19
day zz 2024-09-07
run "$taken/gong" ingest run --site "$site" --now 2024-09-09
check "the next run goes on as well" same "$(query 'SELECT count(*) FROM reading')" 2
check "and asks again for what waits" same "$(states)" '0 6,1 2,2 12'
# Nobody is told how a child ends whose starter ignores them: gong does not.
run env --ignore-signal=CHLD "$bin/gong" ingest run --site "$site" --now 2024-09-09
check "by the real decoder each is read for what it is, also when children are ignored" same "$(states)" '1 2,2 18'
check "and the run ends as their refusal has it" same $code 3
wanted=(observation all all all all file file usual rain rain none mm day start none none)
by_hand() { env --ignore-signal=CHLD bash -c '"$0" -- "$@" <&3 2>&1 | cat >&2; exit "${PIPESTATUS[0]}"' "$@"; }
for program in gong-decode gong-plain; do
    run by_hand "$bin/$program" "${wanted[@]}" 3<"$site/rain/z.nc"
    check "$program by hand reads a file, too" same $code 0
    run by_hand "$bin/$program" "${wanted[@]}" 3<"$site/rain/a_01.nc"
    check "and refuses one" same $code 3
done

# Two versions of one file, and a moment without memory for the decoder of the first: the second's
# value stays. It ends once and is begun again; or always, and the second waits behind it.
versions() { # NAME DAY TIMES
    day "$1" "$2"
    gong ingest fetch --quiet
    for i in $(seq "$3"); do : >"$taken/moment.$(stat -c %s "$site/rain/$1.nc").$i"; done
    day "$1" "$2 00:00:00" 9
    gong ingest fetch --quiet
    run "$taken/gong" ingest run --site "$site" --now 2024-09-09
}
newest() { query "SELECT hex(raw) FROM reading WHERE valid_from = unixepoch('$1') ORDER BY revision" | paste -sd,; }
both() { # NAME: the raw files of its address, in the order in which they came
    query "SELECT hex(hash) FROM raw WHERE url LIKE '%/$1.nc' ORDER BY position" | paste -sd,
}
versions once 2024-09-01 1
check "two versions were fetched" same "$(query "SELECT count(*) FROM raw WHERE url LIKE '%/once.nc'")" 2
check "one whose decoder could not begin once is begun again" same $code 0
check "the second version's value stays" same "$(newest 2024-09-01)" "$(both once)"
versions thrice 2024-09-02 3
check "one whose decoder cannot begin waits, and its second version behind it" same "$(newest 2024-09-02)" ''
check "which is told" grep -q 'an earlier version of it, which came before it, waits' "$out"
run "$taken/gong" ingest run --site "$site" --now 2024-09-09
check "the next run reads both" same $code 0
check "in the order in which they came" same "$(newest 2024-09-02)" "$(both thrice)"

# Tables carry on what those before them said, whatever their address: they come in order, of figures and of gauges.
cat >>"$site/sources.yaml" <<END
  gauges:
    title: T
    licence: L
    format: stations
    url: gauges/
    kind: observation
    stations: {format: csv, code: id, time: at, time_format: YYYY-MM-DD}
    variables: [{reads: mm, means: rain, unit: mm, interval: day, stamp: start}]
  yields:
    title: T
    licence: L
    format: reports
    url: yields/
    boundary_set: square
    kind: observation
    reports: {code: commune, season: season, value: value}
    figures: [{reads: yield, means: yield, from: 01-01, to: 06-30, day: local00, unit: t/ha}]
END
cp "$bin/gong-points" "$taken/gong-points.real"
cat >"$taken/gong-points" <<'END'
#!/bin/sh
rm "$0.moment1" 2>/dev/null && exit 5
rm "$0.moment2" 2>/dev/null && exit 2
exec "$0.real" "$@"
END
chmod +x "$taken/gong-points"
mkdir "$site/yields" "$site/gauges"
# of SOURCE HEAD: two tables of other figures, of which the first cannot be read at first
of() {
    local table
    for table in first:5 second:6; do
        printf '%s,%s\n' "$2" "${table#*:}" | sed 's/;/\n/' >"$site/$1/${table%:*}.csv"
        gong ingest fetch --quiet
    done
    : >"$taken/gong-points.moment1"
    : >"$taken/gong-points.moment2"
    run "$taken/gong" ingest run --site "$site" --now 2024-09-09
    tables() { query "SELECT hex(raw) FROM reading WHERE source = '$1' ORDER BY revision" | paste -sd,; }
    check "$1: a table waits whose reader cannot begin, and the later one behind it" same "$(tables "$1")" ''
    check "$1: which is told by its name" grep -q 'second.csv: .*first.csv, which came before it, waits' "$out"
    run "$taken/gong" ingest run --site "$site" --now 2024-09-09
    check "$1: the next run reads both, in order" same "$(tables "$1")" \
        "$(query "SELECT hex(hash) FROM raw WHERE source = '$1' ORDER BY position" | paste -sd,)"
    check "$1: two of them" same "$(query "SELECT count(*) FROM raw WHERE source = '$1' AND state = 1")" 2
}
of yields 'commune,season,value;00001,2024'
of gauges 'id,at,mm;A,2024-09-02'
finish
