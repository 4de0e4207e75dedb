#include "core.h"

/* The partition of a hash whose lowest forty bits are any: a multiplication is cheaper than a remainder. */
static inline int64_t partition_of(int64_t hash, int64_t partitions) {
    return (int64_t)(((uint64_t)hash >> 8 & UINT32_MAX) * (uint64_t)partitions >> 32);
}

/* Adds to ends[p + 1] how many hashes of partition p the rows have that are ranked. Row `i` has hashes[starts[i]] up to
 * hashes[starts[i + 1]], and a rank below 0 where it is left out. Returns how many those hashes are. */
EXPORT int64_t cp_weighed(const int64_t *hashes, const int32_t *starts, const int32_t *ranks, int64_t rows,
                          int64_t partitions, int64_t *ends) {
    int64_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        if (ranks[row] < 0) continue;
        for (int64_t at = starts[row]; at < starts[row + 1]; at++) ends[partition_of(hashes[at], partitions) + 1]++;
        count += starts[row + 1] - starts[row];
    }
    return count;
}

/* Puts the same hashes where their partitions begin, at firsts[p], which moves behind them, with the rank of the row
 * beside each; sampled[i] becomes how many of row i are below `bound`. Returns the number of ranked rows. */
EXPORT int64_t cp_scattered(const int64_t *hashes, const int32_t *starts, const int32_t *ranks, int64_t rows,
                            int64_t partitions, int64_t bound, int64_t *firsts, int64_t *values, int32_t *owners,
                            int32_t *sampled) {
    int64_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        if (ranks[row] < 0) continue;
        count++;
        for (int64_t at = starts[row]; at < starts[row + 1]; at++) {
            const int64_t to = firsts[partition_of(hashes[at], partitions)]++;
            values[to] = hashes[at];
            owners[to] = ranks[row];
            sampled[row] += hashes[at] < bound;
        }
    }
    return count;
}

static inline int64_t pairs_of(int64_t entries, int64_t links) {
    const int64_t few = entries < links ? entries : links;
    return few * (few - 1) / 2 + (entries - few) * links;
}

#define FOLLOWED (UINT32_C(1) << 31) /* the mark of an entry after which another one has its hash */

/* Chains the hashes that are the same: before[i] becomes the one before hash i, from 1 on, or 0, and holds the mark
 * FOLLOWED. `slots` are zeros, a power of two of them and more than there are hashes. Returns the number of hashes. */
EXPORT int64_t cp_chained(const int64_t *hashes, int64_t count, uint32_t *slots, int64_t size, uint32_t *before) {
    const uint64_t last = (uint64_t)size - 1;
    for (int64_t at = 0; at < count; at++) {
        uint64_t slot = mixed((uint64_t)hashes[at]) & last;
        while (slots[slot] && hashes[slots[slot] - 1] != hashes[at]) slot = (slot + 1) & last;
        if ((before[at] = slots[slot])) before[slots[slot] - 1] |= FOLLOWED;
        slots[slot] = (uint32_t)(at + 1);
    }
    return count;
}

/* Pairs each entry with the best of its hash, `links` of them at the most: (better rank << 32) | worse rank. `before`
 * chains the hashes, `best` has room for `links`; no row has a hash twice. Returns the number of pairs; crowded[0]
 * becomes how many hashes have so many entries that not all were paired. */
EXPORT int64_t cp_linked(const int32_t *ranks, int64_t count, int64_t links, const uint32_t *before, int32_t *best,
                         int64_t *pairs, int64_t *crowded) {
    int64_t found = 0;
    *crowded = 0;
    for (int64_t at = 0; at < count; at++) {
        if (!before[at] || before[at] & FOLLOWED) continue;
        int64_t entries = 0;
        for (int64_t one = at + 1; one; one = before[one - 1] & ~FOLLOWED, entries++) {
            const int32_t rank = ranks[one - 1];
            int64_t to = entries < links ? entries : links;
            if (to == links && rank >= best[links - 1]) continue;
            for (to -= to == links; to && best[to - 1] > rank; to--) best[to] = best[to - 1];
            best[to] = rank;
        }
        *crowded += entries > links + 1;
        for (int64_t one = at + 1; one; one = before[one - 1] & ~FOLLOWED) {
            const int32_t rank = ranks[one - 1];
            for (int64_t link = 0; link < links && link < entries && best[link] < rank; link++) {
                pairs[found++] = (int64_t)best[link] << 32 | rank;
            }
        }
    }
    return found;
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
