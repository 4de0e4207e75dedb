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

/* Which characters come at or behind `first` in ASCII. */
static inline uint64_t from(uint64_t eight, uint8_t first) { return (eight + EACH * (0x80u - first)) & TOLD; }

static inline uint64_t between(uint64_t eight, uint8_t first, uint8_t last) {
    return from(eight, first) & ~from(eight, (uint8_t)(last + 1));
}

static inline uint64_t equal(uint64_t eight, uint8_t to) { return TOLD & ~((eight ^ EACH * to) + EACH * 0x7F); }

static inline uint64_t letters(uint64_t eight) { return between(eight | EACH * 0x20, 'a', 'z'); }

static inline uint64_t digits(uint64_t eight) { return between(eight, '0', '9'); }

static inline uint64_t in_lower_case(uint64_t eight) { return eight | between(eight, 'A', 'Z') >> 2; }

static inline int64_t count(uint64_t told) { return (int64_t)((told >> 7) * EACH >> 56); }

#endif
