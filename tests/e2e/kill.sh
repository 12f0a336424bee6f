#!/usr/bin/env bash
# kill -9 of every process of a site, 300 times at random moments, while the demo season is worked on:
# afterwards no alert is lost, no payout made twice, the ledger verifies and the replay is identical.
# SEED=n replays the choices; KILLS=n sets how many.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
kills=${KILLS:-300}
RANDOM=$((seed % 32768))
echo "# seed $seed"

# A drill site with the season in it, all waits short.
season_site() {
    run "$bin/gong" init "$site" ${GONG_TEST_STORE:+--store "$GONG_TEST_STORE" --store-schema "$(basename "$site")"}
    sed -i -e 's/^clock: .*/clock: data/' -e 's/^poll_s: .*/poll_s: 1/' -e 's/^lease_s: .*/lease_s: 1/' \
        "$site/gong.yaml"
    cp policies/*.yaml "$site/policies/"
    season >/dev/null
    gong boundary import "$site/season/boundary.geojson" --set pilots --code code --name full_name \
        --zone zone --quiet >/dev/null
    gong contract import "$site/season/contracts.csv" --quiet >/dev/null
}
season() { "$bin/gong" season write "$site/season" --quiet; }
keys() { jq -r .key "$site/out/$1.jsonl" | sort; }

# Undisturbed: what must come out.
site=$work/calm
season_site
run gong ingest run
run gong trigger run
run gong notify drain
check "the undisturbed season is handed out" [ $code -eq 0 ]
sms=$(keys sms) pay=$(keys pay)
check "it has payouts and alerts" [ "$(wc -l <<<"$pay")" -gt 100 -a "$(wc -l <<<"$sms")" -gt 100 ]

# Every process below gong up, itself included (only what this test has started), in `alive`, and in `title`
# what each was started as: one look at all processes, as this is done before each blow.
declare -a alive
declare -A title
family() {
    local pid parent state words i
    local -A below=()
    title=() alive=("$1")
    while read -r pid parent state words; do
        [ "${state:0:1}" = Z ] && continue # ended already
        below[$parent]+="$pid "
        title[$pid]=$words
    done < <(ps -e -o pid=,ppid=,stat=,args=)
    for ((i = 0; i < ${#alive[@]}; i++)); do alive+=(${below[${alive[$i]}]:-}); done
}
up=
start_up() {
    "$bin/gong-up" --site "$site" --quiet >>"$work/up.log" 2>&1 </dev/null &
    up=$!
    started+=("$up")
}
# "/usr/bin/gong-notify work --site ..." is "gong-notify work".
name_of() {
    local program=${1%% *} words=${1%% --site*}
    echo "${program##*/}${words#"$program"}"
}

# The weather comes in by and by, so that there is work at every moment.
site=$work/stormy
season_site
mv "$site/season" "$work/sky"
mkdir -p "$site"/season/{forecast,observed,daily}
mapfile -t sky < <(cd "$work/sky" && find daily forecast observed -type f | sort)
come=0
let_come() {
    while [ $come -lt ${#sky[@]} ] && [ $((come * kills)) -lt $((${#sky[@]} * $1 * 3 / 2)) ]; do
        mv "$work/sky/${sky[$come]}" "$site/season/${sky[$come]}"
        come=$((come + 1))
    done
}
progress() {
    [ -f "$site/out/$1.jsonl" ] && wc -l <"$site/out/$1.jsonl" || echo 0
}
# A gong up that finds the lock of the one before it, of which a child is just ending, ends itself: it is started again,
# as whoever keeps it up does.
stay_up() { kill -0 "$up" 2>/dev/null || start_up; }
# All that belongs to it runs; what was handed out and sealed so far is something.
names=(gong-up "gong-ingest watch" "gong-trigger watch" "gong-notify dispatch" "gong-notify work" "gong-ledger seal --every 60")
is_whole() {
    local pid name all=
    stay_up
    family "$up"
    for pid in "${alive[@]}"; do all+=$(name_of "${title[$pid]:-}")$'\n'; done
    for name in "${names[@]}"; do [[ $all == *"$name"* ]] || return 1; done
}
is_at_work() { [ "$(progress sms)" -gt 0 ] && [ "$(progress pay)" -gt 0 ] && [ "$(sed -n 2p "$site/checkpoint")" -gt 0 ]; }
declare -A killed=()
start_up
# Rounds, so that there are quiet moments between the blows, as in life: the work gets on.
for ((n = 1; n <= kills; n++)); do
    sleep "0.0$((RANDOM % 90 + 10))"
    let_come "$n"
    stay_up
    [ $((n % 20)) -eq 0 ] && soon is_whole && sleep 1
    [ $n -eq $((kills * 9 / 10)) ] && soon is_at_work # with all the weather there: however slow the machine is
    [ $((n % 50)) -eq 0 ] && echo "# after $n kills: $come files came, $(progress sms) messages, $(progress pay) payouts"
    family "$up"
    victim=${alive[$((RANDOM % ${#alive[@]}))]}
    name=$(name_of "${title[$victim]:-}")
    kill -9 "$victim" 2>/dev/null || { n=$((n - 1)); continue; }
    killed[${name:-gone}]=$((${killed[${name:-gone}]:-0} + 1))
    if [ "$victim" = "$up" ]; then
        wait "$up" 2>/dev/null
        start_up
    fi
done
for name in "${!killed[@]}"; do echo "# killed ${killed[$name]} x $name"; done
done_kills=0
for name in "${!killed[@]}"; do done_kills=$((done_kills + killed[$name])); done
check "work was done between the blows" [ "$(progress sms)" -gt 0 -a "$(progress pay)" -gt 0 ]
check "$kills kills were done" same "$done_kills" "$kills"
check "what was written was sealed meanwhile" [ "$(sed -n 2p "$site/checkpoint")" -gt 0 ]
for name in "${names[@]}"; do
    check "$name was among them" grep -qF "$name" <(printf '%s\n' "${!killed[@]}")
done
soon is_whole
family "$up"
kill -TERM "$up"
wait "$up"
check "gong up stops cleanly on SIGTERM" [ $? -eq 0 ]
# Of those that end with their parent some may be ending still; one that has ended, which nobody collects, is none.
none_behind() { [ -z "$(ps -o stat= -p "$(IFS=, && echo "${alive[*]}")" | grep -v '^Z')" ]; }
check "and leaves no process behind" soon none_behind
# Those of a gong up that was killed are asked to end by the kernel, and finish what is in hand: one that goes on is one too many.
none_of_site() { ! pgrep -f "$site"; }
check "nor does one that was killed" soon none_of_site

# Restart: the rest is done.
run gong ingest run
check "ingest goes on" [ $code -eq 0 ]
run gong trigger run
check "deciding goes on" [ $code -eq 0 ]
run gong notify drain
check "handing out goes on" [ $code -eq 0 ]
check "every payout once, none twice, none lost" same "$(keys pay)" "$pay"
check "every message once, none twice, none lost" same "$(keys sms)" "$sms"
check "every line is whole JSON" jq -e . "$site/out/sms.jsonl" "$site/out/pay.jsonl"
run gong ledger verify
check "ledger verify: ok" has "ledger verify: ok"
run gong replay
check "replay: identical" has "replay: identical"
run gong status --json
check "every payout is recorded as paid" same \
    "$(jq -c '[.payouts[] | select(.state != "paid")]' "$out")" "[]"
check "nothing waits, nothing is dead" same \
    "$(jq -c '[.outbox[] | .ready + .leased + .unknown + .dead + .expired] | add' "$out")" 0
finish
