#!/usr/bin/env bash
# Gate: the arrows between rooms point down, headers make no circle, and every header is used.
set -euo pipefail
cd "$(dirname "$0")/.."
declare -A may=(
    [core]="core"
    [ledger]="ledger core"
    [policies]="policies ledger core"
    [ingest]="ingest ledger core"
    [triggers]="triggers policies ledger core"
    [notify]="notify ledger core"
    [data]="data core"
)
bad=0
pairs=$(git ls-files -co --exclude-standard '*.c' '*.h' | xargs grep -Ho '^#include "[^"]*"' |
    sed 's/:#include "\(.*\)"/ \1/')
while read -r file header; do
    from=${file%%/*} to=${header%%/*}
    [ "$from" = tests ] && continue
    case " ${may[$from]:-} " in
    *" $to "*) ;;
    *) echo "$file includes $header: room $from may not use room $to"; bad=1 ;;
    esac
    case $header in */*) ;; *) echo "$file: spell \"$header\" from the root"; bad=1 ;; esac
done <<<"$pairs"
if ! grep '\.h ' <<<"$pairs" | grep '\.h$' | tsort >/dev/null; then
    echo "headers include one another in a circle (see above)"; bad=1
fi
for header in $(git ls-files -co --exclude-standard '*.h'); do
    grep -q " $header\$" <<<"$pairs" || { echo "$header is included by nobody"; bad=1; }
done
[ $bad -eq 0 ] && echo "gate: arrows ok"
exit $bad
