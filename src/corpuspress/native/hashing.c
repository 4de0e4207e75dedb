#include "core.h"

/* See hashing.hashed. Text `i` is data[starts[i]] up to data[starts[i + 1]]. */
EXPORT int64_t cp_hashed(const uint8_t *data, const int64_t *starts, int64_t texts, uint64_t *hashes) {
    for (int64_t text = 0; text < texts; text++) {
        hashes[text] = hashed(data + starts[text], starts[text + 1] - starts[text]);
    }
    return texts;
}
