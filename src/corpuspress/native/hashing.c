#include "core.h"

#define STEP UINT64_C(0x9E3779B97F4A7C15) /* of splitmix64 */

/* See hashing.hashed. Text `i` is data[starts[i]] up to data[starts[i + 1]]. */
EXPORT int64_t cp_hashed(const uint8_t *data, const int64_t *starts, int64_t texts, uint64_t *hashes) {
    for (int64_t text = 0; text < texts; text++) {
        const uint8_t *from = data + starts[text];
        const uint64_t size = (uint64_t)(starts[text + 1] - starts[text]);
        uint64_t sum = STEP * size, place = STEP;
        for (uint64_t at = 0; at < size; at += 8, place += STEP) {
            const uint64_t left = size - at;
            sum += mixed((left < 8 ? bytes_at(from + at, (int64_t)left) : bytes_at(from + at, 8)) + place);
        }
        hashes[text] = mixed(sum);
    }
    return texts;
}
