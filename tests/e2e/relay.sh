#!/usr/bin/env bash
# Official alerts of others, passed on: WMO's own signed examples in a feed are read, verified and quoted
# with source and time, told once to officers by mail, webhook and MQTT, and taken back when a Cancel of
# the same sender names them. In earnest only what is Actual is told.
source "$(dirname "$0")/lib.sh"
serve() {
    /usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory "$1" 0 >"$work/served-$2" 2>&1 &
    started+=($!)
    soon grep -q ' port [0-9]' "$work/served-$2"
    port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$work/served-$2")
}
mkdir "$work/own"
serve ../shared theirs
theirs=http://127.0.0.1:$port
serve "$work/own" own
own=http://127.0.0.1:$port
# feed URL...: the newest first.
feed() {
    {
        echo '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>t</title>'
        printf '<entry><id>%s</id><title>e</title></entry>\n' "$@"
        echo '</feed>'
    } >"$work/own/feed.xml"
}
# cancel NAME SENDER STATUS REFERENCE: one that takes something back.
cancel() {
    cat >"$work/own/$1.xml" <<END
<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>$1</identifier><sender>$2</sender>
<sent>2024-05-19T18:00:00+04:00</sent><status>$3</status><msgType>Cancel</msgType><scope>Public</scope>
<references>$4</references></alert>
END
}
set_to() { sed -i "s|^$1: .*|$1: $2|" "$site/gong.yaml"; }
examples=$theirs/specs/cap/examples now=2024-05-19T14:00:00Z
winds=info@meteo.gov.sc,urn:oid:2.49.0.0.690.0.2024.5.19.13.18.0,2024-05-19T17:18:00+04:00
storms=meteo_togo@yahoo.fr,86d1b8c2-135b-4472-b1d7-8278d2997ce5,2024-06-06T15:15:00-00:00
subscribers() {
    cat >"$1/subscribers.yaml" <<'YAML'
gong_subscribers: 1
subscribers:
  officers: {channel: mail, to: duty@drill.invalid, wants: [bulletins]}
  insurer: {channel: webhook, to: "http://127.0.0.1:9/gong", secret: hook-insurer, language: en, wants: [bulletins]}
  screens: {channel: mqtt, to: gong/drill, wants: [bulletins]}
  farmers-union: {channel: mail, to: union@drill.invalid, wants: [alerts]}
YAML
}

# --- quoted
site=$work/site
"$bin/gong" init "$site" --mode drill --quiet
subscribers "$site"
feed $examples/tg_valid.xml $examples/sc_valid.xml $theirs/data/cap/dwd_20170223.xml $theirs/data/cap/earthquake_cap11.cap
run gong cap relay $own/feed.xml --now $now
check "CAP 1.1 is refused and said so" same $code 1
check "what ended years ago is over" has "2 quoted anew, 0 known, 1 over, 0 withdrawn, 0 not for the public, 1 refused"
check "the others are quoted with source and time first" has \
    "Nguồn: Seychelles Meteorological Authority, phát lúc 20:18 19/05/2024: «Moderate to strong south-easterly winds over Aldabra area» [Actual, not checked]"

# --- told, once
set_to cap_relay_url "$own/feed.xml"
run gong notify relay --once --now $now
check "what happens by itself hears them" same $code 0
check "as entries of the ledger" same "$(gong ledger export --kind bulletin 2>/dev/null | jq -c '[.source, .sender, .seal]' | sort | tr -d '\n')" \
    '["cap-relay","info@meteo.gov.sc","not checked"]["cap-relay","meteo_togo@yahoo.fr","not checked"]'
gong notify drain --quiet
mails() { jq -r 'select(.body.kind == "official") | .body.text.vi' "$site/out/mail.jsonl"; }
check "an officer gets both, who did not ask for them none" same "$(mails | wc -l) $(wc -l <"$site/out/mail.jsonl")" "2 2"
mails >"$out"
check "as a drill, in the words of the source, with where and until when" has \
    "[DIỄN TẬP] Nguồn: Seychelles Meteorological Authority, phát lúc 20:18 19/05/2024: «Moderate to strong south-easterly winds over Aldabra area». Nơi: "
check "and that it is not ours" has "gong chỉ chuyển lời của nguồn."
check "another program gets them whole" same \
    "$(jq -c 'select(.body.kind == "official") | .body.status' "$site/out/webhook.jsonl" | tr -d '\n')" '"Actual""Actual"'
screen() { jq -c "select(.body.topic == \"official\") | .body.bulletins | map(.by) | sort" "$site/out/mqtt.jsonl" | tail -1; }
check "a screen gets the list of what stands" same "$(screen)" '["METEO TOGO (ANAMET)","Seychelles Meteorological Authority"]'
run gong notify relay --once --now $now
check "a second time nobody is told anything" same "$(gong notify status --json | jq '[.mail, .webhook, .mqtt | .ready] | add')" 0

# --- taken back
cancel stranger somebody@else.invalid Actual "$storms"
cancel exercise meteo_togo@yahoo.fr Exercise "$storms"
cancel back info@meteo.gov.sc Actual "$winds"
cancel unheard info@meteo.gov.sc Actual "info@meteo.gov.sc,never-heard,2024-05-19T10:00:00+04:00"
feed $own/unheard.xml $own/stranger.xml $own/exercise.xml $own/back.xml $examples/tg_valid.xml $examples/sc_valid.xml
run gong cap relay $own/feed.xml --now $now --json
check "what its sender took back is quoted no more" same "$(grep '^\[' "$out" | jq -c 'map(select(.stands) | .sender)')" '["meteo_togo@yahoo.fr"]'
check "an exercise of the source says so" has "[Diễn tập của nguồn] Nguồn: meteo_togo@yahoo.fr"
run gong notify relay --once --now $now
gong notify drain --quiet
mails >"$out"
check "who was told hears that" has \
    "[DIỄN TẬP] Nguồn: info@meteo.gov.sc, phát lúc 21:00 19/05/2024, rút lại tin đã phát. Số hiệu: back."
check "by its sender alone; nobody hears of the end of what was never told" same "$(grep -c 'rút lại' "$out") $(grep -c 'unheard\|somebody@else\|exercise' "$out")" "1 0"
check "a screen has what stands" same "$(screen)" '["METEO TOGO (ANAMET)"]'
mv "$work/own/feed.xml" "$work/own/gone.xml"
run gong notify relay --once --now 2034-05-19T14:00:00Z
check "the feed is gone" same $code 4
gong notify drain --quiet
check "what ended stands on no screen all the same" same "$(screen)" '[]'
mv "$work/own/gone.xml" "$work/own/feed.xml"
run gong ledger verify
check "the ledger verifies" same $code 0

# --- signed by whom
signed=$work/signed
site=$signed
"$bin/gong" init "$site" --mode drill --quiet
subscribers "$site"
{
    echo '-----BEGIN CERTIFICATE-----'
    tr -d '\n\r ' <../shared/specs/cap/examples/sc_valid.xml | sed 's|.*<[a-z:]*X509Certificate>||; s|</.*||' | fold -w 64
    echo
    echo '-----END CERTIFICATE-----'
} >"$site/keys/official.pem"
set_to cap_relay_url "$own/feed.xml"
set_to cap_relay_certificate keys/official.pem
feed $examples/tg_valid.xml $examples/sc_valid.xml $examples/sc_no_signature.xml
run gong notify relay --once --now $now
check "another's signature is refused" has "tg_valid.xml is signed by somebody else, or was changed"
gong notify drain --quiet
mails >"$out"
check "what is signed by the pinned certificate is told, what is not signed is not" same "$(wc -l <"$out") $(grep -c Seychelles "$out")" "1 1"

# --- in earnest
site=$work/live
"$bin/gong" init "$site" --mode live --quiet
subscribers "$site"
set_to cap_relay_url "$own/feed.xml"
today=$(date -u +%F)
tomorrow=$(date -u -d "$today + 1 day" +%F)
sed "s|<expires>2024-09-07|<expires>$tomorrow|; s|2024-09-04T19|${today}T00|" tests/golden/cap-alert.xml >"$work/own/drill.xml"
sed 's|>Exercise<|>Actual<|; s|\[DIỄN TẬP\] ||; s|\[DRILL\] ||; s|-0001<|-0002<|' "$work/own/drill.xml" >"$work/own/actual.xml"
feed $own/actual.xml $own/drill.xml "file://$work/own/drill.xml"
run gong notify relay --once
check "a feed of the web names no file of ours" has "drill.xml is not fetched: a feed of the web names no file"
check "in earnest both are heard" same "$(gong ledger export --kind bulletin 2>/dev/null | wc -l)" 2
check "and what is Actual is told" same \
    "$(sqlite3 "$site/ledger.db" "SELECT count(*), sum(body ->> 'status' = 'Actual'), sum(body LIKE '%DIỄN TẬP%') FROM outbox WHERE channel = 'mail'")" "1|1|0"
check "as long as it stands" same \
    "$(sqlite3 "$site/ledger.db" "SELECT datetime(expires, 'unixepoch', '+7 hours') FROM outbox WHERE channel = 'mail'")" "$tomorrow 19:00:00"
rm "$work/own/feed.xml"
run gong notify relay --once
check "that the feed is gone is said" has "feed.xml answered 404"

# --- asked no more
site=$work/unset
"$bin/gong" init "$site" --mode drill --quiet
subscribers "$site"
screen_count() { wc -l <"$site/out/mqtt.jsonl"; }
set_to cap_relay_url "$own/feed.xml"
feed $examples/tg_valid.xml
run gong notify relay --once --now $now
gong notify drain --quiet
check "an alert stands on screens" same "$(screen)" '["METEO TOGO (ANAMET)"]'
set_to cap_relay_url none
run gong notify relay --once --now $now
run gong notify tend --once --now $now
check "where no feed is asked any more" same $code 0
gong notify drain --quiet
check "none stands there" same "$(screen)" '[]'
lists=$(screen_count)
run gong notify tend --once --now $now
gong notify drain --quiet
check "which is said once" same "$(screen_count)" "$lists"
set_to cap_relay_url "$own/feed.xml"
run gong notify relay --once --now $now
gong notify drain --quiet
check "and where it is asked again, it is there again, told once" same "$(screen) $(mails | grep -c TOGO)" '["METEO TOGO (ANAMET)"] 1'
finish
