#!/usr/bin/env bash
# Every program and verb: --help with an example, unknown words refused by name, exit codes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
bin=${GONG_BIN:-$PWD/build/release}
n=0 bad=0
out=$(mktemp) folder=$(mktemp -d)
trap 'rm -rf "$out" "$folder"' EXIT

# check TEXT COMMAND...: the command succeeds.
check() {
    local text=$1
    shift
    n=$((n + 1))
    if "$@" >/dev/null 2>&1; then
        echo "ok $n - $text"
    else
        echo "not ok $n - $text"
        sed 's/^/# /' "$out" | head -20
        bad=1
    fi
}
run() { "$@" >"$out" 2>&1 </dev/null; code=$?; }

for program in "$bin"/gong-*; do
    name=$(basename "$program")
    [ "$name" = gong-decode ] || [ "$name" = gong-demo ] && continue
    run "$program" --help
    check "$name --help exits 0" [ $code -eq 0 ]
    verbs=$(grep -q "^Usage:" "$out" || grep -oE "^  $name [a-z-]+" "$out" | awk '{print $2}')
    [ -n "$verbs" ] || check "$name --help has an example" grep -q 'Example:' "$out"
    for verb in $verbs; do
        run "$program" "$verb" --help
        check "$name $verb --help has usage and example" grep -qzE 'Usage:.*Example:' "$out"
        check "$name $verb --help names the standard options" grep -qzE -- '--json.*--now.*--quiet.*--site' "$out"
        run "$program" "$verb" --no-such-option
        check "$name $verb refuses an unknown option with exit 2" [ $code -eq 2 ]
    done
    if [ -n "$verbs" ]; then
        first=$(head -1 <<<"$verbs")
        run "$program" "${first}x"
        check "$name names the nearest verb" grep -q "did you mean \"$first\"" "$out"
        check "an unknown verb of $name is usage" [ $code -eq 2 ]
    fi
done

run "$bin/gong" statsu
check "gong names the nearest command" grep -q 'did you mean "status"' "$out"
run "$bin/gong" status --site "$folder/none"
check "no site: exit 4" [ $code -eq 4 ]
check "no site: one sentence that says what to do" grep -q 'no gong site.*gong init' "$out"
check "no site: one line" [ "$(wc -l <"$out")" -eq 1 ]
run "$bin/gong" init "$folder/site"
check "gong init makes a site" [ $code -eq 0 ]
run "$bin/gong" init "$folder/site"
check "a second init is refused" [ $code -ne 0 ]
for part in keys run archive out; do
    check "$part is for the owner only" [ "$(stat -c %a "$folder/site/$part")" = 700 ]
done
chmod 755 "$folder/site/run"
run "$bin/gong" notify drain --site "$folder/site"
check "no dispatcher serves where others may enter: exit 6" [ $code -eq 6 ]
check "and it says what to do" grep -q 'run is open to others (mode 755).*chmod 700' "$out"
chmod 700 "$folder/site/run"
for file in ledger.db people.db map.db; do
    check "$file is for the owner only" [ "$(stat -c %a "$folder/site/$file")" = 600 ]
done
run "$bin/gong" status --site "$folder/site" --json
check "status --json is one JSON object" jq -e 'type == "object"' "$out"
run "$bin/gong" ledger verify --site "$folder/site"
check "an empty ledger verifies" [ $code -eq 0 ]
run "$bin/gong" status --site "$folder/site" --now 2024-09-07
check "--now is taken on a drill site" [ $code -eq 0 ]
printf 'mode: live\n' >"$folder/site/gong.yaml"
run "$bin/gong" trigger run --site "$folder/site" --now 2024-09-07
check "--now is refused on a live site with exit 6" [ $code -eq 6 ]
printf 'credit: 1,5\n' >"$folder/site/gong.yaml"
run "$bin/gong" status --site "$folder/site"
check "a wrong setting is refused with file:line:column" grep -q 'gong.yaml:1:9: ' "$out"
check "a wrong setting: exit 3" [ $code -eq 3 ]

# What people would read, in each language, and how many SMS it is; a translation that was approved too.
printf 'mode: drill\n' >"$folder/site/gong.yaml"
cp -r policies/messages "$folder/site/messages"
printf 'policies:\n  bac-kan-heavy-rain: "(bản dịch diễn tập) {commune} {index} {issued} {next} {actions}"\n  bac-kan-heavy-rain/actions: "(việc cần làm)"\n' >>"$folder/site/messages/tay.yaml"
messages() { run "$bin/gong" policy messages policies/bac-kan-heavy-rain.yaml --site "$folder/site"; }
messages
check "a policy's messages are shown with their size" grep -qzE 'vi: Mưa rất to ở .*accents kept: UCS-2, [0-9]+ units, [4-9] parts.*accents off: GSM-7, [0-9]+ units, [2-4] parts' "$out"
check "what nobody approved is not sent, and that is said" grep -q '^tay: not approved yet; Vietnamese is sent' "$out"
sed -i 's/^approved_by: .*/approved_by: Sở NN (diễn tập)/' "$folder/site/messages/tay.yaml"
messages
check "what somebody approved is" grep -qzE 'tay: \(bản dịch diễn tập\) .*accents kept: UCS-2, [0-9]+ units, [2-5] parts' "$out"

# What is wrong with the words of a command is a matter of usage, whichever verb it is.
"$bin/gong" init "$folder/words" --quiet
while read -r words; do
    # shellcheck disable=SC2086
    run "$bin/gong" $words --site "$folder/words"
    check "gong $words: exit 2" [ $code -eq 2 ]
    check "and it says what to write" grep -qE "write|needed|go together|ask either|leave|must say" "$out"
done <<'WORDS'
notify work
notify work --channel sms --connect tcp://127.0.0.1:1
notify work --channel fax
notify dead --channel fax
notify send-test --channel fax --person p
channel check fax
notify send-test
reconcile
site move
hold --alerts --channel pay --why because-of-it --by p --key k
hold --channel fax --why because-of-it --by p --key k
boundary import nothing.geojson --set A/B --code code --name name
boundary import nothing.geojson
ingest backfill
ingest backfill --from 2024-09-01 --to 2024-09-02
ingest fetch http://127.0.0.1:1/x
ingest replay
keys make one
explain
policy annex policies/dak-nong-coffee-drought.yaml --as paper
policy explain policies/dak-nong-coffee-drought.yaml --lang xx
backtest policies/dak-nong-coffee-drought.yaml --series none.nc --set threshold
WORDS

# What is no text would end a program where it is kept.
for bad_text in $'bytes that are \xff\xfe none' $'a letter that is cut \xe1\xbb' $'a control\x7f character'; do
    for words in "--policy p --why" "--why because-of-it --policy"; do
        # shellcheck disable=SC2086
        run "$bin/gong" hold $words "$bad_text" --site "$folder/nowhere"
        check "$words: usage" [ "$code" = 2 ]
        check "$words: says why" grep -q "no text in UTF-8, or with a control character in it" "$out"
    done
done

for bad_site in $'/nowhere\xff' $'/a\x7fb'; do
    run env GONG_SITE="$folder$bad_site" "$bin/gong" status --json
    check "a site that the environment names, no text: usage" [ "$code" = 2 ]
    run env GONG_SITE="$folder$bad_site" "$bin/gong" status --json --site "$folder/nowhere"
    check "unless another is named" [ "$code" = 4 ]
done

# On a terminal a drill says that it is one, whatever is shown.
"$bin/gong" init "$folder/drill" --quiet
screen() { script -qec "$bin/gong $* --site $folder/drill" /dev/null </dev/null >"$out" 2>&1; }
for verb in "contract list" "trigger run" "pay plan --policy p --period t" "ledger verify" "replay" "status"; do
    screen "$verb"
    check "gong $verb: a drill, on the screen" grep -q "DIỄN TẬP / DRILL" "$out"
done
screen "ledger verify --quiet"
check "not with --quiet" [ "$(grep -c DRILL "$out")" = 0 ]
run "$bin/gong" ledger verify --site "$folder/drill"
check "and not into a file" [ "$(grep -c DRILL "$out")" = 0 ]
sed -i 's/^mode: .*/mode: live/; s/_driver: file/_driver: none/; s/^clock: .*/clock: system/' "$folder/drill/gong.yaml"
screen "ledger verify"
check "the ledger of a live site is shown" grep -q "ledger verify: ok" "$out"
check "and says nothing of the kind" [ "$(grep -c DRILL "$out")" = 0 ]
exit $bad
