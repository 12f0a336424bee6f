#!/usr/bin/env bash
# kill.sh on a real PostgreSQL.
exec "$(dirname "$0")/../ledger/on_pg.sh" -- bash "$(dirname "$0")/kill.sh"
