#!/usr/bin/env bash
# Every tamper that tests/ledger/test_tamper.c makes (each column of each entry, entries taken out, put
# in, exchanged, tails cut: about 14,000) is found by a verifier that shares no code with gong.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
mkdir "$work/out.d"
mkfifo "$work/out.d/rows"
GONG_TAMPER_FOLDER=$work/out.d "$bin/tests/ledger/test_tamper" >"$work/log" 2>&1 &
started+=($!)
bash tests/tools/verify_rows.sh 1000 <"$work/out.d/rows" >"$work/verdicts"
wait "${started[0]}"
check "the states were all written" [ $? -eq 0 ]
published=$work/out.d/published
run bash tests/tools/verify_log.sh "$published" "$published/key"
check "jq, sha256sum and openssl: the ledger is that of its signed checkpoint" has "log: ok (1000 entries"
check "the state that nobody touched is good" grep -qx "good untouched" "$work/verdicts"
total=$(grep -vc " untouched" "$work/verdicts")
check "at least 12,000 tampers were made" [ "$total" -ge 12000 ]
check "each is found, $total of $total" same "$(grep -c '^bad ' "$work/verdicts")" "$total"
sed 's/[0-9][0-9]*: .*//; s/^bad //' "$work/verdicts" | sort | uniq -c | sed 's/^/# found: /'
finish
