/* Eight characters of ASCII at once, as the bytes of a number, the first one lowest. What is told of each character
 * stands in the highest bit of its byte, which ASCII leaves free. */
#ifndef CORPUSPRESS_ASCII_H
#define CORPUSPRESS_ASCII_H

#include "core.h"

#define EACH UINT64_C(0x0101010101010101)
#define TOLD (EACH << 7)

static inline int are_ascii(uint64_t eight) { return !(eight & TOLD); }

/* How many characters of ASCII come first. */
static inline int64_t ascii_before(uint64_t eight) {
    return are_ascii(eight) ? 8 : __builtin_ctzll(eight & TOLD) >> 3;
}

#endif
