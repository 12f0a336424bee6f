#!/usr/bin/env bash
# gong demo [DIR [--store URL]]: the main job as a drill, from an empty folder to a checked ledger, by the same
# commands that a user would type. Nothing leaves this machine.
set -euo pipefail
bin=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
case ${1:-} in
-h | --help)
    printf 'Usage: gong demo [DIR [--store URL]]\n\nRuns a whole drill in a new folder (else ./gong-drill): season, ingest, decisions,\n'
    printf 'alerts and payouts to files, explanation, receipt, verification, replay.\n--store: its ledger and register in a PostgreSQL.\n\nExample:\n  gong demo /tmp/drill\n'
    exit 0 ;;
-*) echo "gong demo: unknown option $1; see gong demo --help" >&2; exit 2 ;;
esac
store=()
if [ "${2:-}" = --store ] && [ $# -eq 3 ]; then
    store=(--store "$3")
    set -- "$1"
fi
[ $# -le 1 ] || { echo "gong demo: one folder at most; see gong demo --help" >&2; exit 2; }
command -v jq >/dev/null || { echo "gong demo: jq is not installed; apt-get install jq" >&2; exit 4; }
site=${1:-gong-drill}
# The usual folder is made anew each time; it is ours only if a demo made it.
if [ $# -eq 0 ] && [ -f "$site/season/made-by-gong-demo" ]; then rm -rf -- "$site"; fi
[ ! -e "$site" ] || [ -z "$(ls -A -- "$site")" ] ||
    { echo "gong demo: $site is there and not empty; name a folder that is new: gong demo DIR" >&2; exit 6; }
for policies in "$bin/../share/gong/policies" "$bin/../../policies"; do
    [ ! -d "$policies" ] || break
done

gong() { "$bin/gong" "$@" --site "$site"; }
steps=9 step=0 started=$SECONDS
say() { step=$((step + 1)); printf '\n[%d/%d] %s\n' $step $steps "$1"; }
money() { sed -E ':a;s/^([0-9]+)([0-9]{3})/\1.\2/;ta' <<<"$1"; }

echo "gong demo · DIỄN TẬP / DRILL: invented weather, invented people; nothing leaves this machine"
say "a new site: $site"
"$bin/gong" init "$site" --mode drill "${store[@]}" --quiet
sed -i 's/^clock: .*/clock: data/' "$site/gong.yaml"

say "the season: Typhoon Yagi over former Bắc Kạn, a dry season over former Đắk Nông"
"$bin/gong" season write "$site/season"
touch "$site/season/made-by-gong-demo"

say "communes, contracts, policies"
gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone
cp "$policies"/*.yaml "$site/policies/"
gong contract import "$site/season/contracts.csv"
gong policy check "$site"/policies/*.yaml

say "weather in: fetch, decode, mean over every commune"
for source in demo-daily demo-forecast demo-observed; do gong ingest run --source $source; done

say "decide: every policy, every commune, every run"
gong trigger run

say "hand out: SMS and payments, to files"
gong notify drain

say "what was decided and done · DIỄN TẬP / DRILL"
gong status --json >"$site/run/demo-status.json"
gong ledger export --kind decision >"$site/run/demo-decisions.jsonl"
printf '  %-26s %6s %6s %10s   %s\n' policy yes no "not known" "(communes; an alert: any run)"
for file in "$site"/policies/*.yaml; do
    policy=$(basename "$file" .yaml)
    # The strongest answer that a commune had: yes, else not known, else no.
    jq -rs --arg policy "$policy" '
        [.[] | select(.policy == $policy)] | group_by(.commune)
        | map([.[].answer] | if any(. == "yes") then "yes" elif any(. == "unknown") then "unknown" else "no" end)
        | [(map(select(. == "yes")) | length), (map(select(. == "no")) | length), (map(select(. == "unknown")) | length)]
        | @tsv' "$site/run/demo-decisions.jsonl" | while read -r yes no unknown; do
        printf '  %-26s %6d %6d %10d\n' "$policy" "$yes" "$no" "$unknown"
    done
done
touch "$site/out/sms.jsonl" "$site/out/pay.jsonl"
printf '  alerts by sms:       %6d\n' "$(jq -c 'select(.kind == "alert")' "$site/out/sms.jsonl" | wc -l)"
printf '  other sms:           %6d   (payouts told)\n' "$(jq -c 'select(.kind != "alert")' "$site/out/sms.jsonl" | wc -l)"
printf '  payouts by pay:      %6d\n' "$(wc -l <"$site/out/pay.jsonl")"
printf '  paid (DRILL):        %s đồng\n' "$(money "$(jq -r .amount_vnd "$site/out/pay.jsonl" | awk '{sum += $1} END {printf "%d", sum}')")"

say "why: one farmer, in Vietnamese and in English; and the receipt"
payout=$(gong ledger export --kind payout | jq -sc 'map(select(.policy == "bac-kan-excess-rain")) | .[0] // empty')
contract=$(jq -r .contract <<<"$payout")
gong explain --contract "$contract" --lang vi
gong explain --contract "$contract" --lang en
gong ledger seal --quiet
gong receipt show "$contract" --json >"$site/run/receipt.json"
echo "receipt of $contract: $site/run/receipt.json, checked as on another machine:"
"$bin/gong" receipt verify "$site/run/receipt.json" --key "$site/keys/log.vkey" --raw "$site/archive"

say "check: the chain of the ledger, and every decision again from the raw files"
gong ledger verify
gong replay 2>"$site/run/demo-replay.log" || { cat "$site/run/demo-replay.log" >&2; exit 5; }

cat <<END

DIỄN TẬP / DRILL done in $((SECONDS - started)) s. Everything is in $site. What next:
  $bin/gong status --site $site
  $bin/gong explain --commune $(jq -rs '[.[] | select(.answer == "unknown")][0].commune' "$site/run/demo-decisions.jsonl") --policy dak-nong-coffee-drought --site $site
  $bin/gong policy explain $site/policies/bac-kan-heavy-rain.yaml
  head -1 $site/out/sms.jsonl
END
