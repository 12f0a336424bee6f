#!/usr/bin/env bash
# kill -9 of PostgreSQL's own processes, at random moments in the middle of commits: the backend of a session
# (the server then ends all of them and recovers), the whole server (started again at once), and sessions that
# the server ends. Nothing that was acknowledged is lost, nothing is there in part, nothing is paid twice, and
# gong up goes on by itself. STRIKES=n sets how many in each part; SEED=n replays the choices.
set -uo pipefail
if [ -z "${GONG_TEST_STORE:-}" ]; then exec "$(dirname "$0")/../ledger/on_pg.sh" -- bash "$0"; fi
source "$(dirname "$0")/lib.sh"
store=$GONG_TEST_STORE
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
strikes=${STRIKES:-12}
RANDOM=$((seed % 32768))
echo "# seed $seed"

# --- blows
# The server belongs to whoever owns its data: it is not started as root.
owner=$(stat -c %U "$GONG_TEST_PG_DATA")
as_owner() { if [ "$(id -un)" = "$owner" ]; then "$@"; else setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@"; fi; }
start_server() {
    (cd / && as_owner "$GONG_TEST_PG_BIN/pg_ctl" -D "$GONG_TEST_PG_DATA" -l "$GONG_TEST_PG_DATA/../again.log" -w -t 300 start) >>"$work/server.log" 2>&1
}
postmaster() { head -1 "$GONG_TEST_PG_DATA/postmaster.pid"; }
# Sessions of gong's programs, by the titles that their backends have.
backends() { pgrep -P "$(postmaster)" -f '^postgres: gong postgres \[local\]'; }
kill_server() {
    local all
    mapfile -t all < <(postmaster; pgrep -P "$(postmaster)")
    kill -9 "${all[@]}" 2>/dev/null
    for victim in "${all[@]}"; do while kill -0 "$victim" 2>/dev/null; do sleep 0.01; done; done
}
declare -A struck=()
strike() { # KIND
    local victims victim
    case $1 in
    backend | session)
        mapfile -t victims < <(backends)
        [ ${#victims[@]} -gt 0 ] || return 1
        victim=${victims[$((RANDOM % ${#victims[@]}))]}
        kill -"$([ "$1" = backend ] && echo KILL || echo TERM)" "$victim" 2>/dev/null || return 1
        ;;
    server)
        kill_server
        start_server || return 1
        ;;
    esac
    struck[$1]=$((${struck[$1]:-0} + 1))
}
answers_now() { psql -qAtX "$store" -c "SELECT 1" >/dev/null 2>&1; }
answers() { soon answers_now; }
kinds=(backend server session)
tries_most=3000
blows() { # BETWEEN_MS: all strikes of one part; after each the server must answer again
    local n tries
    for ((n = 0; n < strikes; n++)); do
        sleep "$(printf '0.%03d' $((RANDOM % $1 + 20)))"
        [ -z "${each:-}" ] || $each "$n"
        for ((tries = 0; tries < tries_most; tries++)); do
            strike "${kinds[$((n % 3))]}" && break
            sleep 0.02
        done
        [ "$tries" -lt $tries_most ] || { echo "# nothing to strike: ${kinds[$((n % 3))]}, $tries_most times"; return 1; }
        answers || { echo "# the server did not come back"; return 1; }
    done
}

# --- commits that are cut off
site=$work/commits
"$bin/gong" init "$site" --store "$store" --store-schema commits --quiet
committers=()
for name in one two; do
    "$bin/tests/tools/committer" "$site" "$name" "$((seed % 1000))" >"$work/$name.said" 2>"$work/$name.err" </dev/null &
    committers+=($!)
    started+=($!)
done
check "the server is struck $strikes times while two programs commit, and comes back each time" blows 300
for name in "${!struck[@]}"; do echo "# struck: ${struck[$name]} x $name"; done
spoken=$(cat "$work"/{one,two}.said | wc -l)
go_on() { [ "$(cat "$work"/{one,two}.said | wc -l)" -gt "$spoken" ]; }
soon go_on
kill -TERM "${committers[@]}" 2>/dev/null
for i in 0 1; do
    wait "${committers[$i]}"
    check "committer $((i + 1)) went on by itself to the end" [ $? -eq 0 ]
done
cat "$work"/one.said "$work"/two.said >"$out"
cat "$work"/*.err >>"$out"
acked=$(cat "$work"/{one,two}.said | grep -c ^acked)
later=$(cat "$work"/{one,two}.said | grep -c ^later)
echo "# $acked batches acknowledged, $later told to try again: $(grep -h ^later "$work"/{one,two}.said | cut -d' ' -f3- | sed 's/(.*)/(...)/' | sort | uniq -c | tr -s ' ' | tr '\n' ';')"
check "commits were acknowledged between the blows" [ "$acked" -gt "$strikes" ]
check "and some were told to try again" [ "$later" -gt 0 ]
check "each of these in a sentence that says so" same "$(cat "$work"/{one,two}.said | grep ^later | grep -cv 'try again\|is PostgreSQL running')" 0
gong ledger export --kind test >"$work/there"
jq -r '"\(.by) \(.batch) \(.of) \(.place)"' "$work/there" | sort >"$work/there.lines"
for name in one two; do sed -n "s/^acked /$name /p" "$work/$name.said"; done |
    awk '{ for (i = 0; i < $3; i++) print $1, $2, $3, i }' | sort >"$work/acked.lines"
diff "$work/acked.lines" "$work/there.lines" >"$out"
check "what was acknowledged is there, whole and once, and nothing else" [ ! -s "$out" ]
run gong ledger verify
check "the ledger verifies" has "ledger verify: ok"

# --- a season under gong up
keys() { jq -r .key "$site/out/$1.jsonl" | sort; }
season_site() { # INIT_OPTION...
    "$bin/gong" init "$site" "$@" --quiet
    sed -i -e 's/^clock: .*/clock: data/' -e 's/^poll_s: .*/poll_s: 1/' -e 's/^lease_s: .*/lease_s: 1/' "$site/gong.yaml"
    cp policies/*.yaml "$site/policies/"
    demo_season
}
site=$work/calm
season_site >/dev/null # on files
for step in "ingest run" "trigger run" "notify drain"; do run gong $step; done
check "the undisturbed season is handed out" [ $code -eq 0 ]
sms=$(keys sms) pay=$(keys pay)
check "it has payouts and alerts" [ "$(wc -l <<<"$pay")" -gt 100 -a "$(wc -l <<<"$sms")" -gt 100 ]

site=$work/stormy
season_site --store "$store" --store-schema stormy >/dev/null
mv "$site/season" "$work/sky"
mkdir -p "$site"/season/{forecast,observed,daily}
mapfile -t sky < <(cd "$work/sky" && find daily forecast observed -type f | sort)
come=0
let_come() {
    while [ $come -lt ${#sky[@]} ] && [ $((come * strikes)) -lt $((${#sky[@]} * ($1 + 1) * 2)) ]; do
        mv "$work/sky/${sky[$come]}" "$site/season/${sky[$come]}"
        come=$((come + 1))
    done
}
"$bin/gong-up" --site "$site" >"$work/up.log" 2>&1 </dev/null &
up=$!
started+=("$up")
lines() { [ -f "$site/out/$1.jsonl" ] && wc -l <"$site/out/$1.jsonl" || echo 0; }
let_come 1
is_at_work() { [ "$(lines pay)" -gt 0 ]; }
soon is_at_work
struck=()
each=let_come
check "the server is struck $strikes times under gong up, and comes back each time" blows 900
for name in "${!struck[@]}"; do echo "# struck: ${struck[$name]} x $name"; done
let_come $((strikes * 2))
echo "# at the last blow: $(lines sms) messages, $(lines pay) payouts"
wanted() { [ "$(lines sms)" -ge "$(wc -l <<<"$sms")" ] && [ "$(lines pay)" -ge "$(wc -l <<<"$pay")" ]; }
soon wanted
# The line of the last payout is there before its answer is recorded.
open_payouts() { gong status --json | jq -c '[.payouts[] | select(.state != "paid")]'; }
for ((waited = 0; waited < 1200; waited++)); do [ "$(open_payouts)" = "[]" ] && break; sleep 0.5; done
check "gong up was never started again" kill -0 "$up"
kill -TERM "$up"
wait "$up"
check "it stops cleanly on SIGTERM" [ $? -eq 0 ]
echo "# answers had to wait for the store $(grep -c 'answers wait until the store takes them' "$work/up.log") times; after the last payout its states were looked at $((waited + 1)) times"
cp "$work/up.log" "$out"
check "it went on by itself until everything was handed out" wanted
check "every payout once, none twice, none lost" same "$(keys pay)" "$pay"
check "every message, none lost" same "$(keys sms | uniq)" "$sms"
check "a server that went is no damage" [ -z "$(grep -E 'cannot be used|ended with 5' "$work/up.log")" ]
check "no program was aborted" [ -z "$(grep -E 'Assertion|SIGABRT|signal 6' "$work/up.log")" ]
check "that the connection was lost was said" grep -qE "connection to the [a-z ]+ was lost|is PostgreSQL running" "$work/up.log"
run gong ledger verify
check "ledger verify: ok" has "ledger verify: ok"
run gong replay
check "replay: identical" has "replay: identical"
check "every payout is recorded as paid" same "$(open_payouts)" "[]"
check "no answer of a worker was lost: no payout had to be asked about" same \
    "$(psql -qAtX "$store" -c "SELECT count(*) FROM stormy_ledger.lapse AS l JOIN stormy_ledger.outbox AS o ON o.id = l.message WHERE o.channel = 'pay'")" 0

# --- a server that is not there
kill_server
for verb in "status" "ingest run" "trigger run" "notify drain" "ledger verify"; do
    run gong $verb
    check "gong $verb without a server ends with 7" [ $code -eq 7 ]
    check "and asks whether it runs" has "is PostgreSQL running?"
done
start_server
run gong ledger verify
check "when it is back, all is well" has "ledger verify: ok"
finish
