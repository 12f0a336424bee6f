#!/usr/bin/env bash
# Who works at a site holds a lock: one that is held for a moment, and a disk that has none.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
"$bin/gong" init "$work/site" --quiet
site=$work/site
without() { run "$bin/tests/tools/without" locks "$bin/gong" "$@"; }
no_locks() { has "cannot lock" && has "No locks available"; }

# --- a disk without locks: nobody is said to be at work who is not ----------------------------------------
without up --site "$site"
check "without locks gong up says so" no_locks
check "and does not start" [ $code -eq 6 ]
without notify dispatch --site "$site"
check "nor does a dispatcher" no_locks
without site move --to sqlite --site "$site"
check "nor is the site moved" no_locks
without init "$work/other"
check "nor is another made" no_locks

# --- a gong up that was killed has its lock until the system is done with it --------------------------------
exec {held}>"$site/run/up.lock"
flock "$held"
"$bin/gong" up --site "$site" --quiet >"$work/up.log" 2>&1 {held}>&- &
up=$!
started+=($up)
opened() { ! kill -0 $up || [[ $(ls -l "/proc/$up/fd") == */run/up.lock* ]]; }
soon opened
exec {held}>&-
is_up() { ! kill -0 $up || grep -qx $up "$site/run/up.lock"; }
soon is_up
check "one that comes meanwhile waits for it, and starts" kill -0 $up
kill -0 $up && run gong up # which goes on for good where nobody is
check "another one beside it does not" has "gong up runs at this site already"
kill -TERM $up
wait $up
check "and it ends when it is told to" [ $? -eq 0 ]
finish
