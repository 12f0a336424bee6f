#!/usr/bin/env bash
# The day's checkpoint by itself: over a Vietnamese midnight as files, QR code and messages to those who
# asked for it, once a day however often gong is started again.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=$work/site
query() { sqlite3 "$site/ledger.db" "$1"; }
run "$bin/gong" init "$site"
"$bin/gong" season write "$work/season" --quiet
gong boundary import "$work/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
cp policies/*.yaml "$site/policies/"
gong contract import "$work/season/contracts.csv" --quiet
person=$(sqlite3 "$site/people.db" "SELECT id FROM person WHERE language = 'vi' LIMIT 1")
cat >"$site/subscribers.yaml" <<Y
gong_subscribers: 1
subscribers:
  province: {channel: mail, to: duty@drill.invalid, wants: [checkpoints], language: en}
  auditor: {channel: sms, to: $person, wants: [checkpoints, alarms]}
  others: {channel: mail, to: others@drill.invalid, wants: [alerts, payouts, alarms]}
Y

# it_is TIME: what the clock of the sealer says from now on. faketime runs the program as a child, which looks into
# the file where it is not told a time itself: the program is asked to end, not its nurse.
it_is() {
    printf '%+d\n' $(($(date -ud "$1" +%s) - $(date +%s))) >"$work/clock.new"
    mv "$work/clock.new" "$work/clock"
}
sealer() {
    it_is "$1"
    FAKETIME_TIMESTAMP_FILE=$work/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 faketime now env -u FAKETIME \
        "$bin/gong-ledger" seal --every 1 --site "$site" --quiet >"$work/seal.log" 2>&1 &
    started+=($!)
}
all_sealed() { [ "$(query "SELECT max(size) = (SELECT max(seq) FROM entry) FROM checkpoint")" = 1 ]; }
seal_ends() {
    local pid=${started[-1]}
    kill "$(pgrep -P "$pid" || echo "$pid")" 2>/dev/null
    wait "$pid" 2>/dev/null
}
sealer '2026-03-01 16:20'
check "the first day is sealed at once" soon test -f "$site/daily/checkpoint-2026-03-01.txt"
it_is '2026-03-01 17:00:01'
check "and the next when it begins in Việt Nam" soon test -f "$site/daily/checkpoint-2026-03-02.txt"
told_twice() { [ "$(query "SELECT count(*) FROM entry WHERE kind = 'daily'")" = 2 ]; }
soon told_twice
seal_ends
check "each day has its entry" same "$(query "SELECT group_concat(text ->> 'date', ' ') FROM entry WHERE kind = 'daily'")" "2026-03-01 2026-03-02"
check "the note of a day is signed over what its entry says" same \
    "$(sed -n 2p "$site/daily/checkpoint-2026-03-02.txt")" "$(query "SELECT text ->> 'size' FROM entry WHERE kind = 'daily' ORDER BY seq DESC LIMIT 1")"
check "and is a checkpoint that was kept" same "$(query "SELECT count(*) FROM checkpoint WHERE note = CAST(readfile('$site/daily/checkpoint-2026-03-02.txt') AS TEXT)")" 1
check "the QR code and the SMS lie beside it" test -s "$site/daily/checkpoint-2026-03-02.svg" -a -s "$site/daily/checkpoint-2026-03-02.sms"
check "two people are told of each day, and nobody else" same \
    "$(query "SELECT channel, count(*) FROM outbox WHERE key LIKE 'checkpoint/%' GROUP BY channel ORDER BY channel" | tr '\n' ' ')" "mail|2 sms|2 "
check "none of them goes before a warning or an answer" same \
    "$(query "SELECT group_concat(DISTINCT lane) FROM outbox WHERE key LIKE 'checkpoint/%'")" 2
check "the log of access is told as well" test "$(query "SELECT count(*) FROM entry WHERE kind = 'access'")" -ge 1

sealer '2026-03-02 03:00'
run gong notify drain
check "they are handed out" same "$code" 0
check "the sealer is at work again: what was handed out is sealed" soon all_sealed
seal_ends
check "started again on the same day it tells nobody again" same "$(query "SELECT count(*) FROM outbox")" 4
check "by mail, in the words of a drill" grep -qF "[DRILL] $(cat "$site/daily/checkpoint-2026-03-02.sms")" "$site/out/mail.jsonl"
check "and by SMS, with size and root" grep -qF "$(cat "$site/daily/checkpoint-2026-03-02.sms")" "$site/out/sms.jsonl"
run gong ledger verify
check "the ledger verifies" same "$code" 0

# Where the day's files cannot be written the ledger is sealed and published all the same.
echo "no folder" >"$work/file"
gong hold --policy other --why "because of the drill" --quiet
"$bin/gong-ledger" seal --every 1 --daily "$work/file/daily" --publish "$work/mirror" --site "$site" --quiet >"$work/seal.log" 2>&1 &
started+=($!)
soon grep -q "the checkpoint of the day was not told" "$work/seal.log"
check "a day's checkpoint that cannot be written is said" same $? 0
entries=$(query "SELECT count(*) FROM entry")
check "and the ledger is sealed and published all the same" soon sh -c "[ \"\$(sed -n 2p '$work/mirror/checkpoint')\" -ge $entries ]"
kill "${started[-1]}" && wait "${started[-1]}" 2>/dev/null

# gong up does it; and without anybody who wants it, only the files are written.
rm "$site/subscribers.yaml"
"$bin/gong" up --site "$site" --quiet >"$work/up.log" 2>&1 &
started+=($!)
today=$(TZ=UTC-7 date +%F)
check "gong up writes the day's checkpoint" soon test -s "$site/daily/checkpoint-$today.svg"
kill "${started[-1]}" && wait "${started[-1]}" 2>/dev/null
check "without an entry where nobody wants a message" same "$(query "SELECT count(*) FROM entry WHERE kind = 'daily'")" 2
run gong ledger verify
check "and the ledger verifies" same "$code" 0
finish
