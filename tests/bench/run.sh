#!/usr/bin/env bash
# Makes what the benchmarks need and is not there yet (reference programs out of ../shared/bench/c,
# workloads by its generators, fixed seeds: the first time some minutes and 2 to 3 GB), then runs
# them. run.sh BUILD [GROUP...]; BENCH_BUILD and BENCH_DATA say where the two are kept.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
shift
shared=../shared/bench
programs=(ncread inflate weights spmv ingest cold zmqfan sockfan startup roll rules backtest stream)
export BENCH_BUILD=${BENCH_BUILD:-$PWD/build/bench-references}
export BENCH_DATA=${BENCH_DATA:-$PWD/build/bench-data}
export GONG_BIN=$PWD/$build BENCH_SHARED=$PWD/$shared
export HDF5_USE_FILE_LOCKING=FALSE OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
[ -d "$shared" ] || { echo "$shared is missing: the references are there" >&2; exit 4; }
mkdir -p "$BENCH_BUILD" "$BENCH_DATA"
make -s --no-print-directory -C "$shared/c" BENCH_BUILD="$BENCH_BUILD" "${programs[@]/#/$BENCH_BUILD/}"
[ "$BENCH_BUILD/redis_fan" -nt "$shared/peers/redis_fan.c" ] ||
    cc -O2 -o "$BENCH_BUILD/redis_fan" "$shared/peers/redis_fan.c" -lhiredis
[ "$BENCH_BUILD/redis_rows" -nt tests/bench/peers/redis_rows.c ] ||
    cc -O2 -o "$BENCH_BUILD/redis_rows" tests/bench/peers/redis_rows.c -lhiredis
if [ ! -e "$BENCH_DATA/complete" ] && [ ! -e "$BENCH_DATA/series_daily_11162.f32" ]; then
    echo "making the workloads in $BENCH_DATA (some minutes, once)" >&2
    BENCH_DATA="$BENCH_DATA" "$shared/gen/make_data.sh" >&2
    touch "$BENCH_DATA/complete"
fi
exec "$build/tests/bench/bench" "$@"
