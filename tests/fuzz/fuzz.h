/* What every fuzz target has: libFuzzer's entry. tests/fuzz/replay.c calls the same with the seed files. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
