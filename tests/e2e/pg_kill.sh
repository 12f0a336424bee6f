#!/usr/bin/env bash
# kill.sh on a real PostgreSQL. KILLS=300 for the long run.
exec "$(dirname "$0")/../ledger/on_pg.sh" -- env KILLS="${KILLS:-100}" bash "$(dirname "$0")/kill.sh"
