#!/usr/bin/env bash
# A source that goes silent is an alarm: late, stale, missing and back become ledger entries and are
# told, once each, also when the first telling fails; and a watcher outside sees whether gong-ingest is
# alive, also while a server keeps it waiting.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"

free_ports port hole
mkdir -p "$work/www"
start_nginx "server { listen 127.0.0.1:$port; root $work/www;
    location /alarm { if (!-f $work/listening) { return 503; } return 204; }
    location /beat { return 204; }
}"
# Takes connections and never says a word.
python3 -c "import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $hole)); s.listen(50); time.sleep(36000)" &
started+=($!)
wait_port "$port" && wait_port "$hole" || exit 1

site=
run gong init "$work/site" --quiet
site=$work/site
sed -i '/^ *#* *\(alarm_url\|heartbeat_url\|poll_s\|fetch_timeout_s\):/d' "$site/gong.yaml"
cat >>"$site/gong.yaml" <<END
alarm_url: http://127.0.0.1:$port/alarm
heartbeat_url: http://127.0.0.1:$port/beat
poll_s: 1
fetch_timeout_s: 30
END
gauges_from "YYYY-MM-DD hh:mm" "1 h" end
cat >>"$site/sources.yaml" <<END
    late_after: 3 h
    stale_after: 6 h
  runs:
    title: T
    licence: L
    kind: observation
    boundary_set: none
    variables: [{reads: tp, means: rain, interval: day, stamp: start}]
    url: http://127.0.0.1:$port/x{YYYY}{MM}{DD}{hh}.nc
    every: 6 h
    from: 2024-09-01
    missing_after: 1 days
END
cat >"$site/subscribers.yaml" <<END
gong_subscribers: 1
subscribers:
  duty: {channel: mail, to: duty@drill.invalid, wants: [alarms]}
  phone: {channel: sms, to: P-duty, wants: [alarms]}
  insurer: {channel: mail, to: insurer@drill.invalid, wants: [payouts]}
END
mkdir -p "$site/gauges"
echo 'here' >"$work/www/x2024090106.nc"
step() { run gong ingest run --quiet --now "$1"; }
entries() { gong ledger export | jq -c 'select(.kind == "silence") | [.source, .state, .steps, .newest]' | tail -1; }
count() { gong ledger export | grep -c '"kind":"silence"'; }
told() { served '^204.*/alarm'; }

printf 'id,at,mm\nA,2024-09-01 00:00,1.5\n' >"$site/gauges/a.csv"
step 2024-09-01T01:00:00Z
check "a source that keeps its schedule says nothing" [ "$(count)" = 0 ]
step 2024-09-01T03:00:00Z
check "three hours old is not late" [ "$(count)" = 0 ]
step 2024-09-01T03:00:01Z
check "a second more is late" same "$(entries)" '["gauges","late",null,"2024-09-01T00:00:00Z"]'
check "it is written down for the operator" [ "$(jq -r .state "$site/out/alarms.jsonl")" = late ]
check "subscribers are told by mail and by SMS, and who did not ask is not" same \
    "$(sqlite3 "$site/ledger.db" "SELECT channel || ' ' || person || ': ' || (body ->> '$.text.vi') FROM outbox ORDER BY id")" \
    "mail duty: [DIỄN TẬP] gong: nguồn gauges: trễ, số liệu 2024-09-01T00:00:00Z.
sms P-duty: [DIỄN TẬP] gong: nguồn gauges: trễ, số liệu 2024-09-01T00:00:00Z."
check "nobody took it yet" [ "$(told)" = 0 ]
check "it was tried" [ "$(served '^503.*/alarm')" -ge 1 ]
touch "$work/listening"
step 2024-09-01T03:10:00Z
check "the next run tells it" [ "$(told)" = 1 ]
step 2024-09-01T03:20:00Z
check "once" [ "$(told)" = 1 ]
check "late is said once" [ "$(count)" = 1 ]
printf 'id,at,mm\nA,2034-09-01 00:00,1.5\n' >"$site/gauges/year.csv"
step 2024-09-01T06:00:01Z
check "one row with a wrong year does not make it fresh for ten: six hours old is stale" same "$(entries)" '["gauges","stale",null,"2024-09-01T00:00:00Z"]'
run gong status
check "the operator's screen says so" has 'STALE since 2024-09-01T06:00:01Z: nobody should decide by it'
run gong status --json
check "and for programs" [ "$(jq -r '.sources[] | select(.source == "gauges") | .silence' "$out")" = stale ]
printf 'id,at,mm\nA,2024-09-01 06:00,0\n' >"$site/gauges/b.csv"
step 2024-09-01T06:10:00Z
check "data come again: back" same "$(entries)" '["gauges","back",null,"2024-09-01T06:00:00Z"]'
step 2024-09-02T00:00:00Z
check "a step is missing a day after its time, no sooner" \
    [ "$(gong ledger export | grep -c '"state":"missing"')" = 1 ]
step 2024-09-03T00:00:00Z
check "then the others, in one entry; the one that came is not among them" \
    same "$(gong ledger export | jq -c 'select(.state == "missing") | [.steps, .first, .last]' | tail -1)" \
    '[3,"2024-09-01T12:00:00Z","2024-09-02T00:00:00Z"]'
check "every alarm is in the operator's file" [ "$(wc -l <"$site/out/alarms.jsonl")" = "$(count)" ]
check "and was posted" [ "$(told)" = "$(count)" ]
run gong ledger verify
check "the ledger is whole" [ $code -eq 0 ]

run gong ingest heartbeat
check "no sign of life yet: exit 4" [ $code -eq 4 ]
sed -i "s|url: http://127.0.0.1:$port/x|url: http://127.0.0.1:$hole/x|; s/from: 2024-09-01/from: 2026-01-01/" "$site/sources.yaml"
"$bin/gong-ingest" watch --site "$site" >"$work/watch" 2>&1 &
watcher=$!
started+=($watcher)
asked() { [ "$(served '^204.*/beat')" -ge 2 ]; }
told_stale() { grep -q '"source":"gauges","state":"stale"' "$site/out/alarms.jsonl"; }
check "a watcher outside was asked too" soon asked
check "the stale source was told meanwhile" soon told_stale
last_beat() { jq -c .at "$site/run/heartbeat.json"; }
beat=$(last_beat)
is_newer() { [ "$(last_beat)" != "$beat" ]; }
check "it gives new signs of life while a server keeps it waiting" soon is_newer
run gong ingest heartbeat --max-age '60 s'
check "and is called alive" [ $code -eq 0 ]
check "it says how each source fares" has '"source":"gauges"'
kill -9 "$watcher"
wait "$watcher" 2>/dev/null
is_dead() { run gong ingest heartbeat --max-age '2 s'; [ $code -eq 4 ]; }
check "dead: exit 4" soon is_dead
check "and since when" has 'was last alive at'

# --- a feed of warnings is silent when it does not answer, not when there is nothing to warn of
site=
run gong init "$work/feed" --quiet
site=$work/feed
cat >"$site/sources.yaml" <<END
sources:
  warnings:
    title: T
    licence: L
    format: cap
    kind: observation
    url: http://127.0.0.1:$port/feed.xml
    every: 1 h
    late_after: 1 days
END
feed() { echo '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>none</title><updated>2024-09-01T00:00:00Z</updated></feed>' >"$work/www/feed.xml"; }
feed
for day in 01 02 03 04; do step 2024-09-${day}T00:00:00Z; done
check "a feed in which nothing is new for three days is not late" [ "$(count)" = 0 ]
rm "$work/www/feed.xml"
step 2024-09-04T12:00:00Z
check "nor one that fails for half a day" [ "$(count)" = 0 ]
step 2024-09-05T00:00:01Z
check "one that did not answer for a day is, since its last answer" same "$(entries)" '["warnings","late",null,"2024-09-04T00:00:00Z"]'
echo '<html><body>Maintenance</body></html>' >"$work/www/feed.xml"
step 2024-09-06T00:00:00Z
check "a page in its place is no answer" [ "$(count)" = 1 ]
feed
step 2024-09-07T00:00:00Z
check "then it is back" same "$(entries)" '["warnings","back",null,"2024-09-07T00:00:00Z"]'
finish
