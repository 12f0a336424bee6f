#!/usr/bin/env bash
# Who else is told: mail to officers (aiosmtpd), a signed webhook, kept state by MQTT (mosquitto, which
# is killed and comes back empty), a request to an operator; from the decisions of the demo season to
# these parts. In a drill the same goes into files. No drill reaches such parts: for these the same messages,
# whose people are invented and whose every text says DIỄN TẬP, are marked as in earnest by hand.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/servers.sh"
site=$work/drill
run "$bin/gong" init "$site"
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"
free_ports smtp hook broker
cat >"$site/subscribers.yaml" <<YAML
gong_subscribers: 1
subscribers:
  bac-kan-officers:
    channel: mail
    to: duty@drill.invalid
    wants: [alerts, payouts, alarms]
    zones: [former-bac-kan]
  insurer:
    channel: webhook
    to: http://127.0.0.1:$hook/gong
    secret: hook-insurer
    language: en
    wants: [alerts, payouts]
  screens:
    channel: mqtt
    to: gong/drill
    wants: [alerts]
  operator-1:
    channel: telco
    to: desk@operator.invalid
    wants: [alerts]
    policies: [bac-kan-heavy-rain]
YAML
cp policies/*.yaml "$site/policies/"
demo_season
gong ingest run >/dev/null 2>&1
gong trigger run >/dev/null 2>&1
gong notify status --json >"$work/status"
waiting() { jq -r ".$1.ready" "$work/status"; }
for channel in mail webhook mqtt telco; do
    check "$channel has messages" [ "$(waiting $channel)" -gt 0 ]
done
cp -r "$site" "$work/file"
site=$work/file
run gong notify drain
check "a drill writes them into files" [ $code -eq 0 ]
for channel in mail webhook mqtt telco; do
    check "out/$channel.jsonl has each once" same "$(jq -r .key "$site/out/$channel.jsonl" | sort -u | wc -l)" "$(waiting $channel)"
done
check "and every text says DIỄN TẬP or DRILL" same \
    "$(jq -r '.body | select(.text) | .text[]' "$site"/out/{mail,webhook,telco}.jsonl | grep -c '^\[DI\|^\[DR')" \
    "$(jq -r '.body | select(.text) | .key // 1' "$site"/out/{mail,webhook,telco}.jsonl | wc -l)"

# An alert that a person clears: all who heard of it hear that too.
read -r commune other <<<"$(sqlite3 "$site/ledger.db" "SELECT group_concat(commune, ' ') FROM (SELECT commune FROM alert_state
    WHERE policy = 'bac-kan-heavy-rain' ORDER BY commune LIMIT 2)")"
sqlite3 "$site/ledger.db" "UPDATE alert_state SET is_on = 1, level = 4 WHERE policy = 'bac-kan-heavy-rain'
    AND commune IN ('$commune', '$other')"
gong cap publish --json >/dev/null 2>&1
declare -A before
for channel in mail webhook mqtt telco; do before[$channel]=$(wc -l <"$site/out/$channel.jsonl"); done
run gong trigger clear bac-kan-heavy-rain "$commune" --by drill --why "the rain is over"
check "an alert is cleared by hand" has "bac-kan-heavy-rain in commune $commune: off"
run gong notify drain
for channel in mail webhook mqtt telco; do
    tail -n "+$((before[$channel] + 1))" "$site/out/$channel.jsonl" >"$work/cleared.$channel"
    check "$channel hears of it, once" same "$(wc -l <"$work/cleared.$channel")" 1
done
for channel in mail webhook telco; do
    check "$channel: that it is over in this commune only" same \
        "$(jq -c '[.body.communes[] | [.commune, .level]]' "$work/cleared.$channel")" "[[\"$commune\",0]]"
done
check "in words" same "$(jq -r '.body.title.vi' "$work/cleared.mail" | grep -c 'DIỄN TẬP.*1 xã hết cảnh báo')" 1
check "a screen keeps the other commune, which is still on" same \
    "$(jq -c '[.body.alerts[].commune]' "$work/cleared.mqtt")" "[\"$other\"]"
run gong ledger verify
check "the alert that was put on by hand, which no entry says, is found" has "is not what the table of alerts says"
sqlite3 "$site/ledger.db" "UPDATE alert_state SET is_on = 0, level = 0 WHERE policy = 'bac-kan-heavy-rain' AND commune = '$other'"
run gong ledger verify
check "without it the ledger verifies" has "ledger verify: ok"

# In earnest: real parts on the loopback.
site=$work/drill
decided=$(sqlite3 "$site/ledger.db" "SELECT max(id) FROM outbox")
sqlite3 "$site/ledger.db" "UPDATE outbox SET body = replace(body, '\"drill\":true', '\"drill\":false')"
sed -i -e 's/^mode: .*/mode: live/; s/^clock: .*/clock: system/; s/^\(sms\|pay\)_driver: .*/\1_driver: none/' \
    -e 's/^mail_driver: .*/mail_driver: smtp/; s/^webhook_driver: .*/webhook_driver: http/' \
    -e 's/^mqtt_driver: .*/mqtt_driver: mqtt/; s/^telco_driver: .*/telco_driver: smtp/' \
    -e "s|^mail_url: .*|mail_url: smtp://127.0.0.1:$smtp|; s/^mqtt_port: .*/mqtt_port: $broker/" \
    -e 's/^mqtt_again_s: .*/mqtt_again_s: 1/; s/^webhook_within: .*/webhook_within: yes/' \
    -e 's/^retry_first_ms: .*/retry_first_ms: 100/' "$site/gong.yaml"
run gong channel check
check "the webhook's key is not there" has "keys/hook-insurer"
secret="whsec_$(head -c 32 /dev/urandom | base64)"
echo "$secret" >"$site/keys/hook-insurer"
chmod 600 "$site/keys/hook-insurer"
run gong channel check mail mqtt
check "gong channel check: nobody is there" [ $code -eq 1 ]
run gong channel check telco
check "a form needs somebody who signs" has "telco_signatory is empty"
sed -i 's/^telco_signatory: .*/telco_signatory: Trực ban (diễn tập)/; s/^telco_phone: .*/telco_phone: "84900000009"/' "$site/gong.yaml"
/usr/bin/python3 -m aiosmtpd -n -l "127.0.0.1:$smtp" -c aiosmtpd.handlers.Mailbox "$work/box" >"$work/smtp.log" 2>&1 &
started+=($!)
/usr/bin/python3 tests/tools/hook.py "$hook" "$work/hook.jsonl" "$secret" 2 >"$work/hook.log" 2>&1 &
started+=($!)
printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$broker" >"$work/broker.conf"
broker_start() {
    PATH=$PATH:/usr/sbin mosquitto -c "$work/broker.conf" >>"$work/broker.log" 2>&1 &
    broker_pid=$!
    started+=($broker_pid)
    wait_port "$broker"
}
broker_start
wait_port "$smtp"
wait_port "$hook"
run gong channel check
check "gong channel check: all are open" [ $code -eq 0 ]
run gong notify drain
check "all is handed out" [ $code -eq 0 ]
check "nothing of theirs waits, is dead or in doubt" same \
    "$(gong notify status --json | jq -c '[.mail, .webhook, .mqtt, .telco | .ready + .leased + .unknown + .dead] | add')" 0
cat >"$work/read.py" <<'PY'
import email.header as h, json, mailbox, sys
for m in mailbox.Maildir(sys.argv[1]):
    print(json.dumps({"to": m["To"], "id": m["Message-ID"], "subject": str(h.make_header(h.decode_header(m["Subject"]))),
                      "text": m.get_payload(decode=True).decode()}))
PY
/usr/bin/python3 "$work/read.py" "$work/box" >"$work/mails"
check "every mail came, each once" same \
    "$(jq -r .id "$work/mails" | sort -u | wc -l) $(wc -l <"$work/mails")" \
    "$(($(waiting mail) + $(waiting telco))) $(($(waiting mail) + $(waiting telco)))"
check "officers hear of their own zone only" [ "$(jq -r 'select(.to == "<duty@drill.invalid>").subject' "$work/mails" | grep -c 'Đắk Nông')" = 0 ]
check "a mail says what, where and that it is a drill" grep -q 'DIỄN TẬP. Cảnh báo mưa rất to, vùng Bắc Kạn cũ: [0-9]* xã có cảnh báo' <(jq -r .subject "$work/mails")
check "and names communes with the words of the policy" grep -q 'Mưa rất to ở' <(jq -r .text "$work/mails")
check "payouts too" grep -q 'hợp đồng được chi trả' <(jq -r .subject "$work/mails")
check "the webhook was called, each event once, in spite of two 503" same \
    "$(jq -r .id "$work/hook.jsonl" | sort -u | wc -l) $(wc -l <"$work/hook.jsonl")" "$(waiting webhook) $(waiting webhook)"
check "in its language" jq -se 'any(.[]; .body.title.en | contains("alert in"))' "$work/hook.jsonl"
check "without names, phones or accounts" same "$(grep -c '8490000\|(diễn tập)' "$work/hook.jsonl")" 0
subscribed() { mosquitto_sub -h 127.0.0.1 -p "$broker" -t 'gong/drill/former-bac-kan/bac-kan-heavy-rain' -C 1 -W 300; }
subscribed >"$work/state"
check "who comes later finds the state of the province" jq -e '.kind == "state" and .drill == false and (.alerts | type == "array")' "$work/state"
jq -r 'select(.to == "<desk@operator.invalid>").text' "$work/mails" >"$work/forms"
check "the operator gets the form" grep -q '^MẪU SỐ 01: ĐỀ NGHỊ NHẮN TIN' "$work/forms"
check "with a text without accents" grep -q '^   DIEN TAP. Canh bao mua rat to, .* Goi 112' "$work/forms"
check "of 160 letters at most" grep -qE 'không dấu, 1?[0-9]{1,2}/160' "$work/forms"
check "and the communes" grep -q '1\. .*mã' "$work/forms"
check "from when to when, and who signs" same \
    "$(grep -cE '^3\. Hiệu lực: từ [0-9:]{5} [0-9/]{10} đến [0-9:]{5} [0-9/]{10}\. Sau đó không gửi nữa\.$' "$work/forms") $(grep -c '^Người ký: Trực ban (diễn tập)$' "$work/forms")" \
    "$(waiting telco) $(waiting telco)"
check "the text says its number, when it was issued and when the next one comes" same \
    "$(grep -cE '^   DIEN TAP\. .*(Tin so [0-9]+ luc [0-9h]+ [0-9/]+, tin sau truoc |het canh bao luc .*Tin so [0-9]+)' "$work/forms")" "$(waiting telco)"
# Each request is confirmed by telephone, or becomes an alarm.
run gong telco list --json
check "what left is to be confirmed" same "$code $(jq -c 'map(.state) | unique' "$out") $(jq length "$out")" "1 [\"asked\"] $(waiting telco)"
request=$(jq '.[0].request' "$out")
run gong telco confirm "$request"
check "a confirmation has a name" same $code 2
run gong telco confirm "$request" --by "Trực ca (diễn tập)"
check "one is confirmed" has "request $request is confirmed"
run gong telco confirm "$request" --by "Trực ca (diễn tập)"
check "once" has "is confirmed already"
run gong telco confirm 999999 --by "Trực ca (diễn tập)"
check "what did not leave cannot be" has "no request 999999 has left"
check "its name is in a file of its own, with the time" jq -e '.name == "Trực ca (diễn tập)" and .at' "$site/out/telco-confirmed.jsonl"
check "and not in the ledger" same "$(sqlite3 "$site/ledger.db" "SELECT count(*) FROM entry WHERE text LIKE '%Trực ca%'")" 0
run gong notify tend --once
check "nothing is late yet" same "$(gong telco list --json | jq -c 'map(.state) | unique')" '["asked","confirmed"]'
sqlite3 "$site/ledger.db" "UPDATE part SET at = at - 3600 WHERE channel = 'telco'" # an hour goes by
run gong notify tend --once
check "the others are overdue" same "$(gong telco list --json | jq -c 'map(.state) | unique')" '["confirmed","overdue"]'
run gong notify tend --once
check "told once each" same "$(gong notify status --json | jq .mail.ready)" "$(($(waiting telco) - 1))"
run gong notify drain
/usr/bin/python3 "$work/read.py" "$work/box" >"$work/mails"
check "officers get the alarm" grep -q 'nhà mạng operator-1 chưa xác nhận' <(jq -r .text "$work/mails")
request=$(gong telco list --json | jq '[.[] | select(.state == "overdue")][0].request')
run gong telco confirm "$request" --by "Trực ca (diễn tập)"
check "a late confirmation counts" same $code 0

kill -9 $broker_pid
wait $broker_pid 2>/dev/null
broker_start
"$bin/gong" notify work --channel mqtt --site "$site" 2>"$work/mqtt.log" </dev/null &
started+=($!)
subscribed >"$work/again"
check "a broker that lost everything is told again" cmp "$work/state" "$work/again"

# A subscriber who is gone, and one that is wrong.
sed -i 's/bac-kan-officers/other-officers/' "$site/subscribers.yaml"
sqlite3 "$site/ledger.db" "UPDATE outbox SET state = 0 WHERE id = (SELECT min(id) FROM outbox WHERE channel = 'mail')"
run gong notify drain
run gong notify dead --channel mail
check "who unsubscribed is told no more" has 'subscribers.yaml has no mail "bac-kan-officers"'
sed -i 's/to: duty@drill.invalid/to: "duty@drill.invalid>, x"/' "$site/subscribers.yaml"
run gong channel check mail
check "an address that could break out is refused with its place" grep -qE 'subscribers.yaml:[0-9]+:[0-9]+: ' "$out"
run gong ledger verify
check "that messages were marked by hand is found" has "is not what the outbox holds of its messages"
sqlite3 "$site/ledger.db" "UPDATE outbox SET body = replace(body, '\"drill\":false', '\"drill\":true') WHERE id <= $decided"
sed -i 's/^mode: .*/mode: drill/; s/^\([a-z]*_driver\): .*/\1: file/' "$site/gong.yaml"
run gong ledger verify
check "without that: ledger verify: ok" has "ledger verify: ok"
finish
