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

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mixed(uint64_t value) {
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

/* Up to eight bytes as a number, the first one lowest, whatever the byte order of the machine. */
static inline uint64_t bytes_at(const uint8_t *data, int64_t count) {
    uint64_t value = 0;
    for (int64_t at = 0; at < count; at++) value |= (uint64_t)data[at] << (8 * at);
    return value;
}

#endif
