#!/usr/bin/env bash
# The bus beyond one program: a worker in Python, workers over TCP with keys, keys for another channel,
# dead letters and their replay, a test message, gong channel check, a mix of drivers that is refused.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

site=$work/site
run "$bin/gong" init "$site"
run gong keys make early --channel sms
check "a key where nobody listens says so" [ $code -eq 0 ] && has "nobody can connect yet: bus_listen is empty"
run gong keys drop early
check "keys drop says what it did" [ $code -eq 0 ] && has "early is let in no more for sms; 0 are left"
run gong keys drop early
check "who has no key cannot lose it" [ $code -eq 4 ] && has "there is no worker early"
free_ports port
sed -i -e 's/^clock: .*/clock: data/' -e 's/^lease_s: .*/lease_s: 300/' \
    -e "s|^bus_listen:.*|bus_listen: tcp://127.0.0.1:$port|" "$site/gong.yaml"
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run >/dev/null 2>&1
gong trigger run >/dev/null 2>&1
count() { gong notify status --json | jq -r ".$1.$2"; }
sms=$(count sms ready) pay=$(count pay ready)
check "there are messages and payments to hand out" [ "$sms" -gt 100 -a "$pay" -gt 100 ]
run gong notify status
check "what waits for longest is shown, with its number" grep -qE "oldest: message [0-9]+ \\(pay/.*\\), [0-9]+ (min|h), ready" "$out"
check "and that nobody hands it out" has "no dispatcher works in this folder"

# Keys.
run gong keys list
check "nobody is let in at first" has "nobody is let in by TCP"
run gong keys make hanoi --channel fax
check "a key is for a channel" has "the channel that the key is for"
run gong keys make hanoi --channel sms
cp "$out" "$work/made"
check "a key for sms is made" [ $code -eq 0 -a "$(stat -c %a "$site/keys/hanoi.worker")" = 600 ]
run gong keys make hanoi --channel sms
check "a name is used once" has "there is a worker hanoi already"
check "a key says where it opens" grep -q "^it connects to tcp://127.0.0.1:$port\$" "$work/made"
run gong keys make bank --channel pay
run gong keys list --json
check "the list names both, and no secret" same \
    "$(jq -c 'map([.channel, .name, (keys | join(" "))])' "$out")" \
    '[["sms","hanoi","channel name public"],["pay","bank","channel name public"]]'

# The dispatcher, a Python worker on the Unix socket and one over TCP.
"$bin/gong" notify dispatch --site "$site" 2>"$work/dispatch.log" >/dev/null </dev/null &
started+=($!)
python=()
worker() {
    /usr/bin/python3 notify/worker.py "$@" 2>>"$work/python.log" </dev/null &
    started+=($!)
    python+=($!)
}
is_dispatched() { [[ $(gong notify status) != *"no dispatcher"* ]]; }
check "once there is one, that is not said any more" soon is_dispatched
# The first is slow, and stops for a while with a message in hand: whichever came first could else be the only one.
worker --channel sms --connect "ipc://$site/run/notify.sock" --out "$work/one.jsonl" --credit 1
check "a worker on the Unix socket is at work" soon test -s "$work/one.jsonl"
kill -STOP "${python[0]}"
worker --channel sms --connect "tcp://127.0.0.1:$port" --key "$site/keys/hanoi.worker" \
    --out "$work/two.jsonl"
check "and one by TCP" soon test -s "$work/two.jsonl"
kill -CONT "${python[0]}"
worker --channel pay --connect "tcp://127.0.0.1:$port" --key "$site/keys/hanoi.worker" \
    --out "$work/thief.jsonl"
is_drained() { [ "$(gong notify status --json | jq ".$1 | .ready + .leased + .unknown")" = 0 ]; }
drained() { soon is_drained "$1"; } # CHANNEL: nothing of it is ready or in hand
check "two Python workers take every message" drained sms
check "each message once" same \
    "$(cat "$work"/{one,two}.jsonl | jq -r .key | sort | uniq -d | wc -l) $(cat "$work"/{one,two}.jsonl | wc -l)" "0 $sms"
check "the body came whole" jq -e '.body.text.vi' "$work/one.jsonl"
check "a key for sms gets no payment" [ ! -s "$work/thief.jsonl" -a "$(count pay ready)" = "$pay" ]
check "and the dispatcher says so" soon grep -qF 'with a key for \"sms\" wanted channel \"pay\"' "$work/dispatch.log"
# A worker whose own site is in earnest gets what is of a drill, and does none of it.
"$bin/gong" init "$work/live" --mode live --quiet
sed -i 's/^pay_driver: .*/pay_driver: csv/' "$work/live/gong.yaml"
"$bin/gong" notify work --channel pay --connect "tcp://127.0.0.1:$port" --key "$site/keys/bank.worker" \
    --site "$work/live" 2>"$work/live.log" </dev/null &
live=$!
started+=($live)
check "a worker of a live site does not pay what is of a drill" \
    soon grep -qF "channel pay is down: it is of a drill, and this worker's site is live" "$work/dispatch.log"
kill "$live"
wait "$live"
check "nothing is lost, nothing is paid" same \
    "$(gong notify status --json | jq -c '.pay | [.ready + .leased, .dead]') $(ls "$work/live/out/cash")" "[$pay,0] "
"$bin/gong" notify work --channel pay --connect "tcp://127.0.0.1:$port" --key "$site/keys/bank.worker" \
    --site "$site" 2>>"$work/work.log" </dev/null &
started+=($!)
check "a worker with the key for pay makes every payment" drained pay
check "each once" same "$(jq -r .key "$site/out/pay.jsonl" | sort -u | wc -l)" "$pay"
kill -TERM "${python[@]}"
for pid in "${python[@]}"; do wait "$pid"; done
check "Python workers end cleanly" [ ! -s "$work/python.log" ]

# Somebody who follows the ledger, is away, and comes back.
run gong keys make auditor --channel feed-auditor
check "a key to follow the ledger" [ $code -eq 0 ]
entries() { sqlite3 "$site/ledger.db" 'SELECT count(*) FROM entry'; }
is_followed() { [ "$(sqlite3 "$site/ledger.db" "SELECT place FROM reader WHERE name = 'feed-auditor'")" = "$(entries)" ]; }
follow() { # until all entries were acknowledged
    worker --channel feed-auditor --connect "tcp://127.0.0.1:$port" --key "$site/keys/auditor.worker" \
        --out "$work/feed.jsonl" --credit 500
    soon is_followed
    kill -TERM "${python[-1]}"
    wait "${python[-1]}"
}
follow
check "it got every entry, in order" same \
    "$(jq -r .body.seq "$work/feed.jsonl" | sha256sum)" "$(seq "$(entries)" | sha256sum)"
before=$(entries)
gong notify send-test --channel sms --person P-00000 >/dev/null
follow
check "and then only what is new: that one is to be sent, and what" same "$(entries) $(wc -l <"$work/feed.jsonl")" "$((before + 2)) $((before + 2))"

# The channel's own driver, dead letters, a test message.
"$bin/gong" notify work --channel sms --site "$site" 2>>"$work/work.log" </dev/null &
sms_worker=$!
started+=($sms_worker)
person=$(jq -r .person "$work/one.jsonl" | head -1)
run gong notify send-test --channel sms --person "$person"
check "a test message is put into the outbox" has "waits in the outbox"
check "and its number is said" grep -qE "gong notify status [0-9]+$" "$out"
tested=$(grep -oE '[0-9]+$' "$out")
check "and goes out" drained sms
check "it says DIỄN TẬP" grep -qF 'DIỄN TẬP] gong: tin thử' "$site/out/sms.jsonl"
run gong notify send-test --channel pay --person "$person"
check "a payment is not tried" [ $code -eq 6 ]
run gong notify status "$tested"
check "what became of it is shown by its number" same "$code $(grep -c 'done after 1 attempt: file' "$out")" "0 1"
run gong notify status "$tested" --json
check "as JSON too" same "$(jq -c '.[0] | [.id, .state, .person]' "$out")" "[$tested,\"done\",\"$person\"]"
run gong notify status 999999
check "or that there is none" same "$code" 4
run gong notify send-test --channel sms --person P-nobody
check "nobody is told who is not there" has "there is no person P-nobody"
check "and nothing waits" same $code 4
run gong people access "$person"
check "who tried that person's number stands in the log" has "send_test            $person"
run gong notify send-test --channel mail --person nobody
check "nor who does not subscribe" has 'subscribers.yaml has no mail "nobody"'
run gong notify dead --channel fax
check "dead letters of a channel that is none" same $code 2
# Somebody who is forgotten before the message goes.
kill -STOP "$sms_worker"
id=$(gong notify send-test --channel sms --person "$person" --json | jq .id)
sqlite3 "$site/people.db" "UPDATE person SET id = 'P-gone' WHERE id = '$person'"
kill -CONT "$sms_worker"
check "for somebody who is not there" drained sms
run gong notify dead
check "there is a dead letter, with its reason" has "the register has no person $person"
run gong notify retry "$id" --json
check "it is sent again, and said as JSON" same "$(jq -c . "$out")" "[{\"id\":$id,\"state\":\"ready\"}]"
check "and tried once more" drained sms
run gong notify retry "$id"
check "it is sent again" has "goes out again"
check "and tried" drained sms
check "its attempts go on" same "$(gong notify dead --json | jq -c ".[] | select(.id == $id) | .attempts")" 3
run gong pay retry "$id"
check "a message is no payment" has "message $id is no payment; write gong notify retry"
check "and that is not permitted" same $code 6
check "who sent it again, and what, is an entry" same "$(gong ledger export --kind message_retry 2>/dev/null | tail -1 | jq -c '[.by, .messages]')" "[\"drill\",[$id]]"
run gong notify retry 999999
check "what is not there cannot be" [ $code -eq 4 ]
run gong notify retry "$(sqlite3 "$site/ledger.db" "SELECT min(id) FROM outbox WHERE channel = 'sms'")"
check "nor what is done" has "only what is dead can be sent again"
run gong channel check
check "gong channel check: both are open" [ $code -eq 0 ] && has "sms      open" && has "pay      open"
run gong channel check fax
check "a channel that is none is wrong usage" [ $code -eq 2 ] && has "there is no channel"
accesses() { sqlite3 "$site/people.db" "SELECT count(*) FROM access"; }
before=$(accesses)
run gong notify work --channel fax
check "a worker for it does not begin, nor is it noted as one who reads people" same "$code $(accesses)" "2 $before"
run gong ledger verify
check "ledger verify: ok" has "ledger verify: ok"

# Drivers of drills and of live sites do not mix.
sed -i 's/^mode: .*/mode: live/; s/^clock: .*/clock: system/' "$site/gong.yaml"
run gong notify status
check "a live site with a driver of drills is not opened" [ $code -eq 3 ] && has "it is for drills and reaches nobody"
# Nor does what was decided at a drill leave in earnest once its drivers are changed too.
sed -i 's/^\([a-z]*_driver\): .*/\1: none/; s/^pay_driver: .*/pay_driver: csv/' "$site/gong.yaml"
for verb in "notify status" "notify drain" "pay plan --policy P --period T" "trigger run" "status" "reconcile --bank x.xml"; do
    run gong $verb
    check "nor is the ledger of a drill made live: gong $verb" same "$code $(grep -c 'mode: live, but message 1 of this ledger is of a drill' "$out")" "3 1"
done
finish
