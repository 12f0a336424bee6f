#!/usr/bin/env bash
# make install into a staging folder, then the installed gong runs from there: nothing of the
# source tree is needed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
bin=${GONG_BIN:-$PWD/build/release}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
n=0 bad=0
check() {
    local text=$1
    shift
    n=$((n + 1))
    if "$@" >"$stage/out" 2>&1 </dev/null; then
        echo "ok $n - $text"
    else
        echo "not ok $n - $text"
        sed 's/^/# /' "$stage/out" | head -20
        bad=1
    fi
}
check "make install with DESTDIR and PREFIX" \
    make --no-print-directory MODE="$(basename "$bin")" DESTDIR="$stage/root" PREFIX=/opt/gong install
installed=$stage/root/opt/gong
check "nothing is written outside the prefix" \
    test -z "$(find "$stage/root" -type f -not -path "$installed/*")"
for program in "$bin"/gong "$bin"/gong-*; do
    case $program in *.d | *.o) continue ;; esac
    check "$(basename "$program") is installed" test -x "$installed/bin/$(basename "$program")"
done
cd "$stage" || exit
check "the installed gong makes a site" "$installed/bin/gong" init "$stage/site"
check "with the sources that were installed" test -s "$stage/site/sources.yaml"
check "the installed demo runs" "$installed/bin/gong" demo "$stage/demo"
check "and its ledger verifies" "$installed/bin/gong" ledger verify --site "$stage/demo"
exit $bad
