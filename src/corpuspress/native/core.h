/* What all C files share. Functions for Python begin with `cp_`, return int64_t and take arrays by address. */
#ifndef CORPUSPRESS_CORE_H
#define CORPUSPRESS_CORE_H

#include <stdint.h>
#include <string.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* Vectors of numbers that stand in a row in memory: gcc and clang know them on every machine. */
#define VECTOR(TYPE, BYTES) typedef TYPE __attribute__((vector_size(BYTES), aligned(sizeof(TYPE)), may_alias))

#define GOLD UINT64_C(0x9E3779B97F4A7C15) /* the step of splitmix64 */

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mixed(uint64_t value) {
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

/* Eight bytes as a number, the first one lowest, whatever the byte order of the machine. In one expression, which
 * compilers take for what it is: one load, where the order is that of the machine. */
static inline uint64_t eight_bytes(const uint8_t *data) {
    return (uint64_t)data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16 | (uint64_t)data[3] << 24 |
           (uint64_t)data[4] << 32 | (uint64_t)data[5] << 40 | (uint64_t)data[6] << 48 | (uint64_t)data[7] << 56;
}

/* As `eight_bytes`, of fewer. */
static inline uint64_t few_bytes(const uint8_t *data, int64_t count) {
    uint64_t value = 0;
    for (int64_t at = 0; at < count; at++) value |= (uint64_t)data[at] << (8 * at);
    return value;
}

/* The hash of a text, see hashing.hashed. */
static inline uint64_t hashed(const uint8_t *text, int64_t size) {
    uint64_t sum = GOLD * (uint64_t)size, place = GOLD;
    int64_t at = 0;
    for (; at + 8 <= size; at += 8, place += GOLD) sum += mixed(eight_bytes(text + at) + place);
    if (at < size) sum += mixed(few_bytes(text + at, size - at) + place);
    return mixed(sum);
}

/* The code point at data[*at]; `*at` moves behind it. What is no UTF-8, or reaches beyond `end`, gives anything. */
static inline uint32_t code_at(const uint8_t *data, int64_t *at, int64_t end) {
    const uint32_t lead = data[(*at)++];
    if (lead < 0x80) return lead;
    int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    uint32_t code = lead & (0x3Fu >> more);
    for (; more && *at < end; more--) code = code << 6 | (data[(*at)++] & 0x3Fu);
    return code;
}

/* Puts a code point into UTF-8; its size. */
static inline int64_t put_code(uint32_t code, uint8_t *to) {
    const int64_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int64_t at = size - 1; at > 0; at--, code >>= 6) to[at] = (uint8_t)(0x80 | (code & 0x3F));
    to[0] = (uint8_t)(size == 1 ? code : (0xF00u >> size & 0xFF) | code);
    return size;
}

/* Whether a byte of UTF-8 is not the first of its character. */
static inline int goes_on(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* The number of characters of a text in UTF-8: counted by so few that a byte holds their number, which compilers make
 * wide; 240 are 15 times 16. */
static inline int64_t characters_in(const uint8_t *text, int64_t size) {
    int64_t count = 0;
    for (int64_t at = 0; at < size;) {
        uint8_t some = 0;
        for (const int64_t stop = size - at < 240 ? size : at + 240; at < stop; at++) some += !goes_on(text[at]);
        count += some;
    }
    return count;
}

/* Tables of entries for code points, made by codes.Table, leave out all from here on: private and unassigned ones. */
#define CODES 0x3FFFF
#define UNKNOWN 0 /* the entry of a code point that the table does not have yet */

#endif
