#ifndef GONG_TESTS_FUZZ_FUZZ_H
#define GONG_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// What libFuzzer calls, and what tests/fuzz/replay.c calls with the seeds and mutations of them.
// Asserts say what is always true of the parser; returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
