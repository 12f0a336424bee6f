#!/usr/bin/env bash
# Runs the tests of a build: run.sh BUILD unit|e2e|all. Each test prints TAP lines; what fails is
# shown whole. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=$1 which=${2:-all}
export GONG_BIN=$PWD/$build
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Counts the TAP lines of one run; a run that ends badly without a "not ok" is one failure.
count() {
    local name=$1 code=$2 ok bad
    ok=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then
        echo "$name ran no test" >>"$log"
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        echo "FAILED $name (exit $code)"
        sed 's/^/    /' "$log"
    else
        echo "ok     $name ($ok)"
        grep -E '^(SKIP|# seed)' "$log" | sed 's/^/       /'
    fi
}

if [ "$which" != e2e ]; then
    for source in tests/*/test_*.c; do
        test=$build/${source%.c}
        CMOCKA_MESSAGE_OUTPUT=TAP "$test" >"$log" 2>&1 </dev/null
        count "${source%.c}" $?
    done
fi
if [ "$which" != e2e ]; then
    for source in tests/fuzz/fuzz_*.c; do
        target=$(basename "${source%.c}")
        "$build/tests/fuzz/$target" "tests/fuzz/seeds/${target#fuzz_}" >"$log" 2>&1 </dev/null
        count "tests/fuzz/$target" $?
    done
fi
if [ "$which" != unit ]; then
    for script in tests/e2e/*.sh; do
        case $script in */lib.sh | */servers.sh | */same.sh) continue ;; esac
        bash "$script" >"$log" 2>&1 </dev/null
        count "$script" $?
    done
fi
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
