#!/usr/bin/env bash
# Installs the npm packages that a folder's lock file names into build/npm/NAME, once for each state
# of the lock file: npm.sh tests/NAME. Prints nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 to=build/npm/$(basename "$1")
cmp -s "$folder/package-lock.json" "$to/installed" && exit 0
mkdir -p "$to"
cp "$folder/package.json" "$folder/package-lock.json" "$to"
echo "installing npm packages for $folder"
npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
cp "$folder/package-lock.json" "$to/installed"
