#!/usr/bin/env bash
# The lives of two small sites, a drill and one in earnest: operators and people do what they may in an order that
# nobody chose, programs are ended in the middle of it, and after each step the ledger is honest: `gong ledger
# verify` never calls it tampered with. The steps are drawn by a seed: LIFE_SEED=N draws others, LIFE_STEPS=N so many.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
seed=${LIFE_SEED:-21} steps=${LIFE_STEPS:-40}
echo "# LIFE_SEED=$seed LIFE_STEPS=$steps"
echo "$seed" >"$work/dice"
# roll N: 0 to N - 1, in subshells too. any WORD...: one of them. one SQL: one of the rows; "" of none.
roll() {
    local state
    read -r state <"$work/dice"
    state=$(((state * 1103515245 + 12345) & 0x7fffffff))
    echo "$state" >"$work/dice"
    echo $(((state >> 12) % $1))
}
any() { shift "$(roll $#)" && echo "$1"; }
one() {
    local rows
    mapfile -t rows < <(sqlite3 "$site/${2:-ledger}.db" "SELECT $1 ORDER BY 1")
    [ ${#rows[@]} -gt 0 ] && echo "${rows[$(roll ${#rows[@]})]}"
}
set_to() { sed -i "s|^$1: .*|$1: $2|" "$site/gong.yaml"; }
drought=dak-nong-coffee-drought

by() { [ ${#persons[@]} -eq 0 ] || as "$(any "$@")"; }
now() { [ $kind = live ] || date -ud "@$((day + $(roll 80000)))" +--now=%Y-%m-%dT%H:%M:%SZ; }
hours() { date -ud "@$day" +%Y%m%d%H; }
long=$(printf 'Lý do được ghi lại rất dài ở đây, %.0s' {1..20})
letters() { printf '%s' "${long:0:$((12 + $(roll 380)))}"; }

# What may be done; each ends as it ends.
do_gauge() { printf 'id,at,mm\n%s,2024-09-0%s,%s\n' "$(any A B C)" $((1 + $(roll 4))) "$(any 0 1 2 3 2.5 x -5)" >"$site/gauges/$(any a b c d).csv"; }
do_empty() { : >"$site/gauges/$(any a b e).csv"; }
do_junk() { head -c $(roll 300) /dev/urandom >"$site/$(any gauges/z.csv storms/z.atcf warnings/z.xml)"; }
do_storm() { printf 'WP, 12, %s, 03, OFCL, %3d, %dN, %dE, 60, 980, TS\n' "$(hours)" 0 $((150 + $(roll 60))) 1100 "$(hours)" 24 $((160 + $(roll 60))) 1080 >"$site/storms/$(any a b).atcf"; }
do_bulletin() { sed "s|<identifier>.*</identifier>|<identifier>test-$(($(roll 4)))</identifier>|" tests/golden/cap-alert.xml >"$site/warnings/$(any 1 2).xml"; }
do_take_away() { rm -f "$site/$(any gauges/a.csv gauges/b.csv storms/a.atcf warnings/1.xml)"; }
do_list() {
    printf 'station,name,lat,lon\n%s,Trạm %s (diễn tập),22.%s,105.8\n' "$(any A B D)" "$(($(roll 9)))" "$(($(roll 9)))" >"$work/list.csv"
    gong ingest stations --source gauges --code station --name name --latitude lat --longitude lon "$work/list.csv"
}
do_ingest() { gong ingest run --source "$(any gauges gauges storms warnings demo-daily demo-forecast demo-observed)" $(now); }
do_ingest_all() { gong ingest run $(now); }
do_trigger() { gong trigger run $(now); }
do_drain() { gong notify drain; }
reads_of() { # what a process is no more is past any number
    local name count
    [[ $(cat "/proc/$1/status" 2>/dev/null) == *"State:	"[RSDT]* ]] || { echo 999999 && return; }
    while read -r name count; do
        [ "$name" = syscr: ] && echo "$count" && return
    done <"/proc/$1/io"
    echo 999999
}
do_stop() {
    "$bin/gong" "$(any ingest trigger)" run $(now) --site "$site" &
    local pid=$! most=$(roll 1500)
    # Ended when it has made so many reads, unless it has ended by itself.
    while [ "$(reads_of $pid)" -lt "$most" ]; do :; done
    kill -9 $pid
    wait $pid
}
do_hold() { gong hold --policy "$(any $drought day other)" --why "$(letters)" $(by officer-1 approver-1 auditor-1); }
do_release() { gong release "$(one "seq FROM hold WHERE released = 0")" --why "$(letters)" $(by insurer-1 approver-1); }
do_dispute() { gong dispute open "$(one "contract FROM payout")" --days "$((1 + $(roll 20)))" --why "$(letters)" $(by officer-1 auditor-1); }
do_answer() {
    gong receipt show "$(one "decision FROM dispute")" --json >"$work/receipt.json"
    gong dispute answer "$(one "seq FROM dispute")" --receipt "$work/receipt.json" --why "$(letters)" $(by officer-1 insurer-1)
}
do_close() { gong dispute close "$(one "seq FROM dispute")" --outcome "$(any upheld rejected)" --why "$(letters)" $(by approver-1 insurer-1); }
do_clear() { gong trigger clear "$(any day $drought)" "$(one "commune FROM alert_state")" --why "$(letters)" $(by officer-1 approver-1); }
do_rule() { gong pay rule "$(any budget auto)" --policy $drought --vnd "$(any 0 5000000 600000000)" $(by approver-1 insurer-1); }
do_confirm() {
    echo "letter $(($(roll 3)))" >"$work/letter"
    gong pay confirm --policy $drought --period 2024 --file "$work/letter" $(by officer-1)
}
do_approve() {
    local policy
    policy=$(one "DISTINCT policy FROM payout")
    gong pay plan --policy "$policy" --period 2024 --json >"$work/plan" && gong pay approve --policy "$policy" --period 2024 --hash "$(jq -r .hash "$work/plan")" $(by approver-1 insurer-1)
}
do_retry() { gong pay retry "$(one "id FROM outbox WHERE channel = 'pay' AND state IN (2, 4)")" $(by approver-1); }
do_settle() { gong pay settle --reference "$(one "reference FROM intent")" --as "$(any paid paid rejected returned)" --evidence "$(letters)" $(by approver-1); }
do_people() {
    [ ${#persons[@]} -gt 0 ] || { people officer-1 approver-1 insurer-1 auditor-1 && persons=(all); }
}
do_scope() {
    local person=officer-$((2 + $(roll 5)))
    [ ${#persons[@]} -gt 0 ] && "$bin/gong" role key "$person" --out "$work/people" && gong role add "$person" --role officer --"$(any policies provinces)" "$(any day,$drought former-bac-kan)" --public "$work/people/$person.pub" $(as operator-1)
}
do_retire() { gong role retire "officer-$((2 + $(roll 5)))" $(by operator-1 auditor-1); }
do_propose() {
    sed "s/^version: 1/version: $((2 + $(roll 9)))/; s/2024-12-31/2040-12-31/; s/^id: .*/id: new-$(($(roll 3)))/; /^  calendar:/,\$d" policies/$drought.yaml >"$work/new.yaml"
    gong policy propose "$work/new.yaml" --why "$(letters)" --no-past "the site is new, it has no readings yet" $(by officer-1 insurer-1 officer-2)
}
do_sign() { gong policy sign "new-$(($(roll 3)))" $(by officer-1 approver-1 insurer-1); }
do_reject() { gong policy reject "new-$(($(roll 3)))" --why "$(letters)" $(by officer-1 approver-1); }
do_forget() { gong people erase "$(one "id FROM person" people)" --why "$(letters)" $(by officer-1); }
do_change() { gong people change "$(one "id FROM person" people)" --language "$(any vi en)" --why "$(letters)" $(by officer-1); }
do_seal() { gong ledger seal; }
do_prune() { gong ingest prune $(now); }
do_replay() { gong replay; }
do_settings() { set_to "$(any pay_approvals hold_share_pct)" "$(any 1 2)"; }
do_caps() { set_to "$(any pay_event_vnd_max pay_day_vnd_max)" "$(any 0 500000000 200000000)"; }
do_driver() { set_to pay_driver "$(any $drivers)"; }
do_back() { day=$((day + ($(roll 5) - 1) * 86400)); }
do_restore() {
    gong backup "$work/backup" --quiet && rm -rf "$work/again" && "$bin/gong" restore "$work/backup" --site "$work/again" && rm -rf "$site" && mv "$work/again" "$site" && mkdir -p "$site"/{gauges,storms,warnings}
}
all=$(compgen -A function do_)

begin() {
    rm -rf "$work/people" "$work/backup"
    kind=$1 site=$work/$1 persons=() drivers="none file"
    "$bin/gong" init "$site" --mode $kind --quiet
    square_set square "$(square 00001 105.99 17.99 106.01 18.01)"
    "$bin/gong" season write "$site/season" --quiet
    gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name --zone zone --quiet
    all_sources_and YYYY-MM-DD day start
    mkdir -p "$site"/{gauges,storms,warnings}
    day_policy day
    cp policies/*.yaml "$site/policies/"
    [ $kind = drill ] || {
        drivers="csv csv iso20022 none"
        people officer-1 officer-2 approver-1 insurer-1 auditor-1 && persons=(all)
        for line in "pay_approvals: 2" "pay_batch_s: 3600" "pay_driver: csv" "bank_account: 970436:9990001112223" "bank_debtor: Quỹ bảo hiểm (diễn tập)"; do set_to "${line%%:*}" "${line#*: }"; done
        in_force 2023-12-01 policies/*.yaml
    }
    gong contract import "$site/season/contracts.csv" $(by officer-1) --quiet
    gong ingest run --source demo-daily --quiet
    [ "$kind" = drill ] || gong trigger run --quiet
    day=$(date -ud 2024-09-03 +%s)
}

life() {
    local well=0 said= step what did
    for ((step = 1; step <= steps; step++)); do
        what=$(any $all do_ingest do_ingest_all do_trigger do_trigger do_drain do_gauge do_people do_approve do_settle)
        "$what" >"$work/said" 2>&1 </dev/null
        did=$?
        echo "$step $what $did $(tail -1 "$work/said" | cut -c1-160)" >>"$work/life"
        run gong ledger verify
        [ "$code" -eq 0 ] || { said="step $step, $what: $(tail -1 "$out")" && break; }
        [ $did -eq 0 ] && well=$((well + 1))
    done
    [ -z "$said" ] || sed 's/^/# /' "$work/life"
    check "a ledger ($kind) that nobody changed is never called tampered with: $steps steps, $well of them done" same "$said" ""
    check "much of what was tried was done" test $((well * 4)) -gt "$steps"
}
for one_life in drill live; do
    begin $one_life >/dev/null 2>&1
    life
done
check "there was money in it" test "$(sqlite3 "$site/ledger.db" "SELECT count(*) FROM payout")" -gt 100
[ -z "${LIFE_LOG:-}" ] || cp "$work/life" "$LIFE_LOG"
finish
