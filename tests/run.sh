#!/usr/bin/env bash
# Runs the tests of a build: run.sh BUILD unit|e2e|all, as many side by side as there are cores (JOBS=1: one
# after another). Each test prints TAP lines; what fails is shown whole. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=$1 which=${2:-all}
export GONG_BIN=$PWD/$build
jobs=${JOBS:-$(nproc)}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Reports one run from its TAP lines; a run that ends badly without a "not ok" is one failure.
report() {
    local name=$1 code=$2 log=$3 seconds=$4 ok bad
    ok=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then
        echo "$name ran no test" >>"$log"
        bad=1
    fi
    echo "$ok $bad" >>"$results/counts"
    if [ "$bad" -gt 0 ]; then
        echo "FAILED $name (exit $code)"
        sed 's/^/    /' "$log"
    else
        echo "ok     $name ($ok; $seconds s)"
        grep -E '^(SKIP|# seed)' "$log" | sed 's/^/       /'
    fi
}

# one NAME COMMAND...: runs a test; its report is printed as one piece.
one() {
    local name=$1 log begun=$SECONDS
    shift
    log=$(mktemp -p "$results")
    CMOCKA_MESSAGE_OUTPUT=TAP "$@" >"$log" 2>&1 </dev/null
    local code=$?
    (
        flock 9
        report "$name" "$code" "$log" $((SECONDS - begun))
    ) 9>"$results/lock"
}

# later NAME COMMAND...: runs it beside the others, when one of the places is free.
later() {
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    one "$@" &
}

if [ "$which" != unit ]; then
    for script in tests/e2e/*.sh; do
        case $script in */lib.sh | */servers.sh | */same.sh) continue ;; esac
        later "$script" bash "$script"
    done
fi
if [ "$which" != e2e ]; then
    for source in tests/*/test_*.c; do
        later "${source%.c}" "$build/${source%.c}"
    done
    for source in tests/fuzz/fuzz_*.c; do
        target=$(basename "${source%.c}")
        later "tests/fuzz/$target" "$build/tests/fuzz/$target" "tests/fuzz/seeds/${target#fuzz_}"
    done
fi
wait
echo
awk '{ passed += $1; failed += $2 } END { print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 || !passed }' "$results/counts"
