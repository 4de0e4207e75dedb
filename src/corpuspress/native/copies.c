#include "core.h"

/* Which of some hashes stand there twice or more: sets twice[i] to 1. `slots` are zeros, a power of two of them and
 * more than there are hashes. Returns the number of hashes. */
EXPORT int64_t cp_repeated(const int64_t *hashes, int64_t count, uint32_t *slots, int64_t size, uint8_t *twice) {
    const uint64_t last = (uint64_t)size - 1;
    for (int64_t at = 0; at < count; at++) {
        uint64_t slot = mixed((uint64_t)hashes[at]) & last;
        while (slots[slot] && hashes[slots[slot] - 1] != hashes[at]) slot = (slot + 1) & last;
        if (slots[slot]) {
            twice[at] = twice[slots[slot] - 1] = 1;
        } else {
            slots[slot] = (uint32_t)(at + 1);
        }
    }
    return count;
}

/* The hash of each line of so many characters, and the text it stands in, of the texts for which `wanted` is not 0.
 * Text `i` is data[starts[i]] up to data[starts[i + 1]], in UTF-8. Returns the number of those lines, which take
 * `shortest` bytes each. */
EXPORT int64_t cp_paragraphs(const uint8_t *data, const int64_t *starts, int64_t texts, const uint8_t *wanted,
                             int64_t shortest, uint64_t *hashes, int64_t *owners) {
    int64_t count = 0;
    for (int64_t text = 0; text < texts; text++) {
        const int64_t end = wanted[text] ? starts[text + 1] : 0;
        for (int64_t at = starts[text]; at < end;) {
            const uint8_t *line = data + at, *feed = memchr(line, '\n', (size_t)(end - at));
            const int64_t size = feed ? feed - line : end - at;
            if (size >= shortest && characters_in(line, size) >= shortest) {
                hashes[count] = hashed(line, size) >> 1;
                owners[count++] = text;
            }
            at += size + 1;
        }
    }
    return count;
}
