#ifndef GONG_TESTS_BENCH_PAST_SERIES_H
#define GONG_TESTS_BENCH_PAST_SERIES_H

#include <stddef.h>

enum { BENCH_DAYS = 9131, BENCH_COMMUNES = 11162 };

// series_daily_11162.f32 of the workload (days from 2001) as a series file in bench_folder(): its
// first `days`; more communes than it has are its own again. Heap path, mem_free.
char *bench_series(const char *name, size_t communes, size_t days);

#endif
