#!/usr/bin/env bash
# A month of backfill (8 files a day, 240 in all), killed ten times with SIGKILL at random moments,
# ends complete; no byte of a file that was verified is asked for again (counted in the server's log),
# and of one that was on its way only what had not come. Replay: SEED=n.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "# seed $seed"

free_ports port
size=120000 kills=10
www=$work/www
mkdir -p "$www"
for day in $(seq -w 30); do
    for hour in 00 03 06 09 12 15 18 21; do
        { echo "$day $hour"; head -c $((size - 6)) /dev/urandom; } >"$www/x202409$day$hour.nc"
    done
done
start_nginx "server { listen 127.0.0.1:$port; root $www; limit_rate 800k; }"
wait_port "$port" || exit 1
site=
run gong init "$work/site" --quiet
site=$work/site
cat >"$site/sources.yaml" <<END
sources:
  month:
    title: A month
    licence: none
    kind: observation
    boundary_set: none
    variables: [{reads: tp, means: rain, interval: 3 h, stamp: start}]
    url: http://127.0.0.1:$port/x{YYYY}{MM}{DD}{hh}.nc
    every: 3 h
    from: 2024-01-01
    at_once: 4
END
backfill=("$bin/gong-ingest" backfill --source month --from 2024-09-01 --to 2024-09-30
    --now 2024-10-02T00:00:00Z --site "$site" --json)

query() { sqlite3 -cmd '.timeout 5000' "$site/ledger.db" "$1"; }
log=$work/nginx/access.log
# Files of which a part has come, as the rest is asked for. (A note that is being written has such a name, too.)
parts() { find "$site/archive/incoming" -name '*.part' ! -name '*.json.*' -size +0 ! -size "${size}c" -printf '[bytes=%s-]\n' 2>/dev/null; }
half_there() { [ -n "$(parts)" ] || ! kill -0 "$pid" 2>/dev/null; }
bad=0 most=0
for kill in $(seq $kills); do
    before=$(wc -l <"$log")
    "${backfill[@]}" >"$out" 2>&1 </dev/null &
    pid=$!
    # Until some more files are in, and then a random moment. A part of what is left, so that a machine that
    # stands still between two looks leaves some for the kills to come.
    have=$(query 'SELECT count(*) FROM raw')
    target=$((have + 1 + RANDOM % ((240 - have) / (kills - kill + 2) + 1)))
    while kill -0 "$pid" 2>/dev/null && [ "$(query 'SELECT count(*) FROM raw')" -lt "$target" ]; do sleep 0.02; done
    sleep "0.0$((RANDOM % 90 + 10))"
    [ -n "$(cat "$work"/come.* 2>/dev/null)" ] || soon half_there # once at least
    kill -9 "$pid" 2>/dev/null && most=$((most + 1))
    wait "$pid" 2>/dev/null
    # What is in the ledger now may not be asked for in any later line of the log: the server has written
    # the lines of what it has sent.
    query "SELECT replace(url, 'http://127.0.0.1:$port', '') FROM raw" | sort >"$work/known.$kill"
    all_logged
    wc -l <"$log" >"$work/line.$kill"
    # And of a file that was on its way, only what had not come.
    parts >"$work/come.$kill"
done
run "${backfill[@]}"
check "the last run ends well" [ $code -eq 0 ]
check "it was killed $kills times while it ran" [ "$most" -eq $kills ]
check "all 240 files are in the ledger" [ "$(query 'SELECT count(DISTINCT url) FROM raw')" = 240 ]
for kill in $(seq $kills); do
    again=$(tail -n "+$(($(cat "$work/line.$kill") + 1))" "$log" | awk '{print $NF}' | sort -u | comm -12 - "$work/known.$kill" | wc -l)
    bad=$((bad + again))
done
check "no file that was verified was asked for again" [ "$bad" -eq 0 ]
right=0
for file in "$www"/*.nc; do
    hash=$(sha256sum "$file" | cut -c1-64)
    cmp -s "$file" "$site/archive/${hash:0:2}/$hash" && right=$((right + 1))
done
check "every file is in the archive, byte for byte" [ "$right" -eq 240 ]
check "nothing else is there" [ "$(find "$site/archive" -type f ! -path '*/incoming/*' | wc -l)" = 240 ]
total=$(awk '$1 == 200 || $1 == 206 {n += $2} END {print n}' "$log")
resumed=$(grep -c '^206' "$log")
echo "# $total bytes sent for $((240 * size)), $resumed files gone on with, after $kills kills"
# How much was sent twice is the machine's: what was in the sockets when the blow came.
anew=0
for kill in $(seq $kills); do
    anew=$((anew + $(tail -n "+$(($(cat "$work/line.$kill") + 1))" "$log" | awk '{print $3}' | sort -u | comm -13 - <(sort -u "$work/come.$kill") | wc -l)))
done
check "each of $(cat "$work"/come.* | wc -l) files that were on their way was gone on with where it had come to" same "$anew" 0
check "files that were half there were gone on with" [ "$resumed" -ge 1 ]
sleep 2
run "${backfill[@]}"
check "once more: all known, nothing asked" has '"failed":0,"fetched":0,"known":240'
check "nothing half is left" [ -z "$(ls -A "$site/archive/incoming")" ]

# --- a correction, whose fetcher is killed when the bytes are in the archive and the ledger does not know it yet
cat >"$site/sources.yaml" <<END
sources:
  hours:
    title: Gauges by the hour
    licence: none
    format: stations
    kind: observation
    stations: {format: csv, code: id, time: at, time_format: YYYY-MM-DD}
    variables: [{reads: mm, means: rain, unit: mm, interval: day, stamp: start}]
    url: http://127.0.0.1:$port/h{DD}{hh}.csv
    every: 1 h
    from: 2024-09-30
    recheck: 1 day
END
hour() { gong ingest fetch --source hours --quiet --now "2024-09-30T$1:00Z" >"$out" 2>&1; }
said() { printf 'id,at,mm\nA,2024-09-%s,%s\n' "$1" "$3" >"$www/h30$2.csv"; }
of_first() { query "SELECT lower(hex(hash)) FROM origin WHERE url LIKE '%/h3000.csv' ORDER BY id" | cut -c1-6 | paste -sd' '; }
# killed TEXT HH:MM: what comes of the first hour at that time, when nothing else is due, and the next run, when
# nobody asks for it any more.
killed() {
    local hash asked before
    hash=$(sha256sum "$www/h3000.csv" | cut -c1-64) before=$(of_first)
    sqlite3 "$site/ledger.db" <"$work/hold" >"$work/held" 2>&1 &
    local holder=$!
    exec 9>"$work/hold"
    echo "BEGIN IMMEDIATE; SELECT 'held';" >&9
    check "$1: nothing can be committed" soon grep -q held "$work/held"
    "$bin/gong-ingest" fetch --source hours --now "2024-09-30T$2:00Z" --site "$site" --quiet >/dev/null 2>&1 </dev/null 9>&- &
    local pid=$!
    noted() { grep -q "$hash" "$site"/archive/incoming/*.json; }
    check "$1: it came whole" soon noted
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    exec 9>&-
    wait "$holder"
    check "$1: the ledger does not know it" same "$(of_first)" "$before"
    touch -d '1 minute ago' "$site"/archive/incoming/*
    asked=$(wc -l <"$log")
    run gong ingest fetch --source hours --now 2024-10-02T06:00:00Z
    check "$1: the next run takes it in" same "$(of_first)" "$before ${hash:0:6}"
    check "$1: and asks for nothing of it" [ "$(tail -n "+$((asked + 1))" "$log" | grep -c /h3000.csv)" = 0 ]
    check "$1: nothing is left behind" [ -z "$(find "$site/archive/incoming" -type f -size +0)" ]
}
mkfifo "$work/hold"
said 01 00 5 && said 02 01 1 && said 03 02 2
hour 00:30 && hour 01:10
said 01 00 7.5 # of another size: nginx marks a file by its second and size
killed "figures that were corrected" 01:35
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]
finish
