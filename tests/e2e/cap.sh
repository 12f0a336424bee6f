#!/usr/bin/env bash
# Alerts as CAP: those of a drill are published signed, as static files with an Atom feed; a web server
# hands them out; another site reads, verifies and quotes them. Each file is checked by xmllint and the
# OASIS schema, by xmlsec1, and by our own check.
source "$(dirname "$0")/lib.sh"
site=$work/site
schema=../shared/specs/cap/CAP-v1.2.xsd
"$bin/gong" demo "$site" >"$work/demo" 2>&1
check "a drill with alerts" test -s "$site/out/sms.jsonl"

run gong cap publish
check "without cap.yaml nothing is published" same $code 4
check "and it says what is missing" has "what the alerts of each policy are called"
cp data/cap.yaml "$site/"
/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$site/out/cap" 0 >"$work/server" 2>&1 &
started+=($!)
run gong cap publish --json
check "published" same "$(jq -c '[.published > 10, .known, .unnamed]' "$out")" '[true,0,0]'
count=$(jq .published "$out")
unnamed=0
for policy in $(grep -l '^kind: alert' policies/*.yaml policies/products/*.yaml); do
    grep -qx "$(basename "$policy" .yaml):" data/cap.yaml || unnamed=$((unnamed + 1))
done
check "each alert that comes with gong has its words" same "$(grep -cx '[a-z0-9-]*:' data/cap.yaml) $unnamed" "14 0"
rm -rf "$site/out/cap" "$site/out/cap.jsonl"
sed -i "s|^  event_vi: .*|  event_vi: \"aa$(printf 'ư%.0s' $(seq 38))ạạạ\"|" "$site/cap.yaml"
run gong cap publish --json
check "a long name is cut at a letter in the headline" same "$(jq -c .published "$out")" "$count"
check "and whole as the event" same "$(grep -l 'ưạạạ</event>' "$site"/out/cap/vn-gong-*.xml | wc -l)" "$count"
check "in UTF-8 all the same" iconv -f UTF-8 -t UTF-8 -o /dev/null "$site"/out/cap/vn-gong-*.xml "$site"/out/cap/feed.xml
cp data/cap.yaml "$site/"
rm -rf "$site/out/cap" "$site/out/cap.jsonl"

# --- what is wrong with one alert holds up no other
one="(SELECT body ->> 'commune' FROM outbox WHERE channel = 'sms' AND body ->> 'kind' = 'alert' ORDER BY id LIMIT 1)"
cp -r "$site" "$work/few"
site=$work/few
sqlite3 "$site/ledger.db" "UPDATE outbox SET body = json_remove(body, '\$.actions') WHERE channel = 'sms' AND body ->> 'kind' = 'alert' AND body ->> 'commune' = $one"
run gong cap publish --json
check "alerts that do not say what to do are published with all others" same "$code $(grep '^{"known' "$out" | jq -c '[.published, .refused]')" "0 [$count,0]"
silent=$(grep -L '<instruction>' "$site"/out/cap/vn-gong-*.xml | wc -l)
check "they are counted" same "$(grep '^{"known' "$out" | jq -c '[.no_instruction, .no_instruction > 0]')" "[$silent,true]"
check "and told" has "$silent alerts published as CAP without an instruction"
check "they ask for nothing that nobody says how to do" same "$(grep -L '<responseType>' "$site"/out/cap/vn-gong-*.xml | wc -l)" "$silent"
check "which is valid" gong cap check --ours --quiet $(grep -L '<instruction>' "$site"/out/cap/vn-gong-*.xml)
rm -rf "$site/out/cap" "$site/out/cap.jsonl"
printf '  instruction_vi: Tránh xa suối.\n  instruction_en: Keep away from streams.\n' >>"$site/cap.yaml"
run gong cap publish --json
check "cap.yaml says it where the policy does not" same "$(jq -c '[.published, .no_instruction]' "$out") $(grep -l '<instruction>Keep away from streams.<' "$site"/out/cap/vn-gong-*.xml | wc -l)" "[$count,0] $silent"
rm -rf "$site/out/cap" "$site/out/cap.jsonl"
sqlite3 "$site/ledger.db" "UPDATE outbox SET body = replace(body, '\"bac-kan-heavy-rain\"', '\"another-rain\"') WHERE channel = 'sms' AND body ->> 'kind' = 'alert' AND body ->> 'commune' = $one"
printf 'another-rain:\n  event_vi: Mưa\n' >>"$site/cap.yaml"
run gong cap publish --json
check "a policy without its words is refused" same "$code $(grep '^{"known' "$out" | jq -c .refused)" "3 $silent"
check "and said so" has "event_en"
check "all others are published" same "$(ls "$site"/out/cap/vn-gong-*.xml | wc -l)" "$((count - silent))"
check "with the feed" test -s "$site/out/cap/feed.xml"
site=$work/site

# --- an identifier is given out once
run gong cap publish --quiet
mv "$site/out/cap.jsonl" "$work/journal"
run gong cap publish --json
check "files without their line in the journal are those of before" same "$(jq -c '[.published, .known]' "$out")" "[$count,0]"
mv "$work/journal" "$site/out/cap.jsonl"
file=$(ls "$site"/out/cap/vn-gong-*.xml | head -1)
echo >>"$file"
rm "$site/out/cap.jsonl"
run gong cap publish
check "a name that was given out is given to no other text" same $code 6
check "and that is said" has "$(basename "$file") is published and says something else: an identifier is given out once"
rm -rf "$site/out/cap" "$site/out/cap.jsonl"

# --- signed
mkdir -p "$site/out/cap"
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=gong drill" -days 30 \
    -keyout "$site/keys/cap-key.pem" -out "$site/keys/cap-cert.pem" 2>/dev/null
kill "${started[0]}" && wait "${started[0]}" 2>/dev/null
/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory "$site/out/cap" 0 >"$work/second_server" 2>&1 &
started=($!)
soon grep -q ' port [0-9]' "$work/second_server"
port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$work/second_server")
sed -i "s|^cap_url: .*|cap_url: http://127.0.0.1:$port|; s|^cap_sign: .*|cap_sign: yes|" "$site/gong.yaml"
run gong cap publish --json
check "all of them again, signed" same "$(jq .published "$out")" "$count"
run gong cap publish --json
check "a second time there is nothing new" same "$(jq -c '[.published, .known]' "$out")" "[0,$count]"
bad=0
for file in "$site"/out/cap/vn-gong-*.xml; do
    xmllint --noout --schema $schema "$file" 2>/dev/null || bad=$((bad + 1))
    xmlsec1 --verify --trusted-pem "$site/keys/cap-cert.pem" "$file" >/dev/null 2>&1 || bad=$((bad + 1))
    "$bin/gong" cap check --ours --quiet "$file" >/dev/null || bad=$((bad + 1))
done
check "each is valid by schema, signature and our own check" same $bad 0
check "each says Exercise" same "$(grep -l '<status>Exercise</status>' "$site"/out/cap/vn-gong-*.xml | wc -l)" "$count"
check "each says in both languages what the policy tells people to do" same \
    "$(grep -l '<instruction>Chuẩn bị: tránh xa suối' $(grep -l '<instruction>Prepare: keep away' "$site"/out/cap/vn-gong-*.xml) | wc -l)" "$count"
check "the feed's ids are the files' addresses" same \
    "$(grep -o "<id>http://127.0.0.1:$port/vn-gong[^<]*" "$site/out/cap/feed.xml" | sort -u | wc -l)" "$count"

# --- by itself, though somebody's feed of official alerts, which is read too, lets every alert wait
cat >"$work/stall.py" <<'END'
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
here = "http://127.0.0.1:%d" % server.getsockname()[1]
print(here, flush=True)
feed = "".join("<entry><id>%s/%d</id><title>e</title></entry>" % (here, i) for i in range(20))
feed = '<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>t</title>%s</feed>' % feed
held = []
while True:
    peer = server.accept()[0]
    if b"/feed.xml" in peer.recv(4096):
        peer.sendall(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(feed), feed)).encode())
        peer.close()
    else:
        held.append(peer)
        print("held", flush=True)
END
/usr/bin/python3 "$work/stall.py" >"$work/stall" &
started+=($!)
soon test -s "$work/stall"
sed -i "s|^cap_relay_url: .*|cap_relay_url: $(head -1 "$work/stall")/feed.xml|; s|^cap_relay_s: .*|cap_relay_s: 30|" "$site/gong.yaml"
rm -rf "$site/out/cap" "$site/out/cap.jsonl"
"$bin/gong-up" --site "$site" --quiet >"$work/up.log" 2>&1 </dev/null &
up=$!
started+=($up)
all_out() { test -s "$site/out/cap/feed.xml" && same "$(ls "$site"/out/cap/vn-gong-*.xml 2>/dev/null | wc -l)" "$count"; } >/dev/null
soon all_out
# Who reads that feed gives up after a while: published is meant before that, and a machine that stands still
# may want another try. Where ours waits for the feed no try is enough.
given_up() { grep -c 'left for the next time' "$work/up.log"; }
is_held() { [ "$(grep -c held "$work/stall")" -gt "$held" ]; }
held=0 beside=no
[ "$(given_up)" = 0 ] || held=$(grep -c held "$work/stall")
for try in 1 2 3 4; do
    before=$(given_up)
    soon is_held
    rm -rf "$site/out/cap" "$site/out/cap.jsonl"
    soon all_out
    [ "$(given_up)" = "$before" ] && beside=yes && break
    held=$(grep -c held "$work/stall")
done
check "it publishes while who reads somebody's feed waits still" same "$beside" yes
kill -TERM $up
wait $up
check "and by then gong up has published ours by itself" same "$(ls "$site"/out/cap/vn-gong-*.xml | wc -l)" "$count"
check "with the feed, as Exercise" same "$(grep -l '<status>Exercise</status>' "$site"/out/cap/vn-gong-*.xml | wc -l) $(grep -c '<entry>' "$site/out/cap/feed.xml" | grep -vc '^0$')" "$count 1"

sed -i "s|^cap_relay_url: .*|cap_relay_url: none|" "$site/gong.yaml"

# --- cleared by a person: the last word on a thread names every other that stands, none that has ended.
# over THREAD WANTED: clears that alert; $over is the file that says so.
over() {
    local policy=${1%/*} commune=${1#*/}
    sqlite3 "$site/ledger.db" "UPDATE alert_state SET is_on = 1, level = 4, told_level = 4 WHERE policy = '$policy' AND commune = '$commune'"
    run gong trigger clear "$policy" "$commune" --by drill --why "the rain is over"
    check "an alert is cleared by hand" has "$policy in commune $commune: off"
    ls "$site"/out/cap/*.xml >"$work/sheets"
    run gong cap publish --json
    check "who reads CAP hears of it, once" same "$(jq .published "$out")" 1
    over=$(ls "$site"/out/cap/*.xml | grep -vxFf "$work/sheets")
    count=$((count + 1))
}
# named THREAD JQ: how those of a thread that JQ selects are referred to.
named() {
    jq -rs --arg t "$1" "map(select(.thread == \$t)) | $2 | map(\"gong@localhost.invalid,\(.identifier),\(.sent)\") | join(\" \")" "$site/out/cap.jsonl"
}
mapfile -t threads < <(jq -rs 'group_by(.thread) | map(select(length == 2 and (last.key | startswith("cap/alert"))))[] | .[0].thread' "$site/out/cap.jsonl")
wanted=$(named "${threads[0]}" .)
over "${threads[0]}"
check "as an update of what stands" grep -q "<msgType>Update</msgType>" "$over"
check "that names both" same "$(sed -n 's|.*<references>\(.*\)</references>.*|\1|p' "$over")" "$wanted"
check "with nothing left to do" same "$(grep -c "<instruction>" "$over")" 0
check "and is all clear" grep -q "<responseType>AllClear</responseType>" "$over"
check "which is valid too" xmllint --noout --schema $schema "$over"
ended=$(named "${threads[1]}" .[:1])
jq -cS --arg id "$(cut -d, -f2 <<<"$ended")" 'if .identifier == $id then .expires = "2024-09-01T00:00:00+07:00" else . end' \
    "$site/out/cap.jsonl" >"$work/journal" && mv "$work/journal" "$site/out/cap.jsonl"
wanted=$(named "${threads[1]}" .[1:])
over "${threads[1]}"
check "one that has ended is named no more" same "$(sed -n 's|.*<references>\(.*\)</references>.*|\1|p' "$over")" "$wanted"

# --- corrected: the same run came anew and says more, which people are told by a message of its own
thread=${threads[2]}
sqlite3 "$site/ledger.db" "
    CREATE TEMP TABLE again AS SELECT * FROM outbox WHERE channel = 'sms' AND body ->> 'kind' = 'alert'
        AND body ->> 'policy' || '/' || (body ->> 'commune') = '$thread' ORDER BY id DESC LIMIT 1;
    UPDATE again SET id = (SELECT max(id) + 1 FROM outbox),
        cause = (SELECT max(seq) FROM decision WHERE seq <> (SELECT cause FROM again)),
        key = key || '/again', body = replace(replace(body, 'Chuẩn bị: ', 'Làm ngay: '), '\"step\":\"prepare\"', '\"step\":\"now\"');
    INSERT INTO outbox SELECT * FROM again"
ls "$site"/out/cap/*.xml >"$work/sheets"
wanted=$(named "$thread" .)
run gong cap publish --json
check "who reads CAP is told too" same "$(jq .published "$out")" 1
again=$(ls "$site"/out/cap/*.xml | grep -vxFf "$work/sheets")
check "as an update of what stands" same "$(sed -n 's|.*<references>\(.*\)</references>.*|\1|p' "$again")" "$wanted"
check "in its own words" grep -q "<instruction>Làm ngay: tránh xa" "$again"
check "what is to be done now is not called preparing" same "$(grep -o '<responseType>[A-Za-z]*' "$again" | sort -u)" "<responseType>Execute"
check "which is valid too" xmllint --noout --schema $schema "$again"
run gong cap publish --json
check "once" same "$(jq .published "$out")" 0

# --- withdrawn
identifier=$(basename "$(ls "$site"/out/cap/vn-gong-*.xml | grep -vF "$(cut -d, -f2 <<<"$ended")" | head -1)" .xml)
run gong cap withdraw "$identifier" --why "sent by mistake"
check "an alert is withdrawn" same $code 0
cancel=$(grep -l '<msgType>Cancel</msgType>' "$site"/out/cap/*.xml)
check "by a Cancel that names it" grep -q "<references>.*,$identifier,.*</references>" "$cancel"
check "which is valid too" xmllint --noout --schema $schema "$cancel"
run gong cap withdraw nothing --why "sent by mistake"
check "what was not published is not withdrawn" same $code 4

# --- quoted by others
other=$work/other
"$bin/gong" init "$other" --mode drill --quiet
now=2024-09-09T01:00:00Z
run "$bin/gong" cap relay "http://127.0.0.1:$port/feed.xml" --certificate "$site/keys/cap-cert.pem" --site "$other" --now $now --json
check "another site reads the newest of each thread" same "$(grep -v '^{' "$out" | jq -c 'map(.identifier) | sort')" \
    "$(jq -cs 'group_by(.thread) | map(last.identifier) | sort' "$site/out/cap.jsonl")"
check "verified" same "$(grep -v '^{' "$out" | jq -r '.[].seal' | sort -u)" signed
check "and quotes them with source and time" same \
    "$(grep -v '^{' "$out" | jq -r '.[-1].quote.vi' | sed 's/«.*//')" "[Diễn tập của nguồn] Nguồn: gong, phát lúc 07:00 09/09/2024: "
victim=$(ls "$site"/out/cap/vn-gong-*.xml | tail -1)
sed -i 's/may fall/will fall/' "$victim"
run "$bin/gong" cap relay "http://127.0.0.1:$port/feed.xml" --certificate "$site/keys/cap-cert.pem" --site "$other" --now $now
check "one that was changed is refused" same $code 1
check "and said so" has "is signed by somebody else, or was changed"
finish
