#!/usr/bin/env bash
# Every tamper that tests/ledger/test_tamper.c makes (each column of each entry, entries taken out, put
# in, exchanged, tails cut: about 14,000) is found by a verifier that shares no code with gong, which names
# the first bad row; and so are an old backup and a fork, by the checkpoint that it kept.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
others=$work/out.d
mkdir "$others"
mkfifo "$others/rows"
GONG_TAMPER_FOLDER=$others "$bin/tests/ledger/test_tamper" >"$work/log" 2>&1 &
started+=($!)
published=$others/published
bash tests/tools/verify_rows.sh "$published/checkpoint" <"$others/rows" >"$work/verdicts"
wait "${started[0]}"
check "the states were all written" [ $? -eq 0 ]
run bash tests/tools/verify_log.sh "$published" "$published/key"
check "jq, sha256sum and openssl: the ledger is that of its signed checkpoint" has "log: ok (1000 entries"
check "the state that nobody touched is good" grep -qx "good untouched" "$work/verdicts"
total=$(grep -vc " untouched" "$work/verdicts")
check "at least 14,000 tampers were made" [ "$total" -ge 14000 ]
check "each is found, $total of $total" same "$(grep -c '^bad ' "$work/verdicts")" "$total"
sed -nE -e 's/^bad (.* [0-9]+): row ([0-9]+): .*/\1\t\2/p' \
    -e 's/^bad (.* [0-9]+): (a row has number|[0-9]+ rows, the|the root over) .*/\1\t0/p' "$work/verdicts" | sort >"$work/named"
check "and the first bad row of each is named" diff "$work/named" <(sort "$others/wanted")
sed 's/[0-9][0-9]*: .*//; s/^bad //' "$work/verdicts" | sort | uniq -c | sed 's/^/# found: /'

# Well made and well signed: found by who looks again.
run bash tests/tools/verify_log.sh "$others/seen" "$others/seen/key" "$work/kept"
check "the checkpoint of a good ledger is kept" cmp -s "$work/kept" "$others/seen/checkpoint"
forks=0
while IFS=$'\t' read -r fork words; do
    cp "$work/kept" "$work/kept.again"
    run bash tests/tools/verify_log.sh "$others/$fork" "$others/seen/key" "$work/kept.again"
    if [ -n "$words" ]; then
        check "$fork is found" same "$code $(grep -cF "WRONG: $words" "$out")" "5 1"
        check "and what was kept stays" cmp -s "$work/kept" "$work/kept.again"
    else
        check "$fork is good, and kept" cmp -s "$others/$fork/checkpoint" "$work/kept.again"
    fi
    forks=$((forks + 1))
done <"$others/forks"
check "six ledgers were looked at again" same $forks 6
finish
