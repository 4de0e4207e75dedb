#include "core.h"

/* See hashing.hashed. Text `i` is data[starts[i]] up to data[starts[i + 1]]. */
EXPORT int64_t cp_hashed(const uint8_t *data, const int64_t *starts, int64_t texts, uint64_t *hashes) {
    for (int64_t text = 0; text < texts; text++) {
        hashes[text] = hashed(data + starts[text], starts[text + 1] - starts[text]);
    }
    return texts;
}

/* Two hashes of each sequence of numbers, 128 bits together: sums of the numbers, each mixed with its place. Sequence
 * `i` is values[starts[i]] up to values[starts[i + 1]]. */
EXPORT int64_t cp_hashed_twice(const uint64_t *values, const int64_t *starts, int64_t sequences, uint64_t *hashes) {
    const uint64_t other = UINT64_C(0xD1342543DE82EF95); /* as GOLD any odd number */
    for (int64_t at = 0; at < sequences; at++) {
        const uint64_t *own = values + starts[at], count = (uint64_t)(starts[at + 1] - starts[at]);
        uint64_t first = count, second = ~count;
        for (uint64_t place = 0; place < count; place++) {
            first += mixed(own[place] + GOLD * (place + 1));
            second += mixed(own[place] ^ other * (place + 1));
        }
        hashes[2 * at] = mixed(first), hashes[2 * at + 1] = mixed(second);
    }
    return sequences;
}
