/* ASCII, of which most text is made: up to 63 characters at once, a bit for each, the first one lowest. Nobody knows
 * how long the next word is, so that a branch for each character costs more than all that is told of them here. */
#ifndef CORPUSPRESS_STRETCHES_H
#define CORPUSPRESS_STRETCHES_H

#include "ascii.h"

#define STRETCH 64

/* Sixteen characters, or a flag for each in its highest bit. */
VECTOR(uint8_t, 16) Sixteen;

static inline Sixteen sixteen_bytes(const uint8_t *text) { return *(const Sixteen *)text; }

/* Which characters come from `first` up to `last`. */
static inline Sixteen within_range(Sixteen signs, uint8_t first, uint8_t last) {
    return (Sixteen)(signs - first <= (Sixteen){0} + (uint8_t)(last - first));
}

/* Times this, the lowest bits of eight bytes stand together in the highest one, that of the first byte lowest. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TOGETHER UINT64_C(0x8040201008040201)
#else
#define TOGETHER UINT64_C(0x0102040810204080)
#endif

/* The flags as bits. */
static inline uint64_t gathered(Sixteen flags) {
#ifdef __SSE2__
    typedef char Signs __attribute__((vector_size(16)));
    return (uint32_t)__builtin_ia32_pmovmskb128((Signs)flags);
#else
    typedef uint64_t Halves __attribute__((vector_size(16)));
    const Halves halves = (Halves)(flags >> 7);
    return halves[0] * TOGETHER >> 56 | halves[1] * TOGETHER >> 56 << 8;
#endif
}

/* The places of the lowest and the highest bit that is set, of which there is one. */
static inline int64_t lowest(uint64_t bits) { return __builtin_ctzll(bits); }
static inline int64_t highest(uint64_t bits) { return 63 - __builtin_clzll(bits); }

/* The lowest `count` bits, fewer than 64. */
static inline uint64_t below(int64_t count) { return (UINT64_C(1) << count) - 1; }

/* How many bits are set. */
static inline int64_t ones(uint64_t bits) {
    bits -= bits >> 1 & EACH * 0x55;
    bits = (bits & EACH * 0x33) + (bits >> 2 & EACH * 0x33);
    return (int64_t)(((bits + (bits >> 4)) & EACH * 0x0F) * EACH >> 56);
}

#define READ (STRETCH + 16) /* bytes that are read of a stretch and of a word that begins in it */

/* Text of which READ bytes can be read: this, or if fewer are left a copy in `room`. */
static inline const uint8_t *readable(const uint8_t *text, const uint8_t *end, uint8_t room[READ]) {
    if (end - text >= READ) return text;
    memset(room, 0, READ);
    return memcpy(room, text, (size_t)(end - text));
}

#endif
