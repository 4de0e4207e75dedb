#include "core.h"

/* Entries of deduplicate/fold.py, beside letters, which stand for themselves. */
#define NOTHING 1u
#define SPACE 32u
#define UNSTABLE (1u << 29)
#define SEVERAL (1u << 30)
#define ALONE (1u << 31)

/* A sequence of numbers hashed as a polynomial modulo 2**64, mixed at the end: number `i` times BASE**i. */
#define BASE UINT64_C(0x9E6C63D0876A9A47)
#define INVERSE UINT64_C(0x71603AE2E846EF77) /* of BASE modulo 2**64 */

struct Tokens {
    uint64_t *hashes;
    uint8_t *alone;
    int64_t room, count, letters; /* `letters` of the word that is not yet at its end */
    uint64_t sum, power;          /* of that word */
};

static inline void add(struct Tokens *tokens, uint64_t hash, uint8_t alone) {
    if (tokens->count < tokens->room) {
        tokens->hashes[tokens->count] = hash;
        tokens->alone[tokens->count] = alone;
    }
    tokens->count++;
}

static inline void add_letter(struct Tokens *tokens, uint32_t letter) {
    tokens->sum += letter * tokens->power;
    tokens->power *= BASE;
    tokens->letters++;
}

static inline void end_word(struct Tokens *tokens) {
    if (!tokens->letters) return;
    add(tokens, mixed(tokens->sum), 0);
    tokens->letters = 0, tokens->sum = 0, tokens->power = 1;
}

static inline void take(struct Tokens *tokens, uint32_t entry) {
    if (entry == NOTHING) return;
    if (entry > SPACE && entry < ALONE) {
        add_letter(tokens, entry);
        return;
    }
    end_word(tokens);
    if (entry >= ALONE) add(tokens, mixed(entry), 1);
}

/* The hash of each token of each text, and whether it is a character alone. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8, its tokens are hashes[firsts[i]] up to hashes[firsts[i + 1]]; unstable[i] says
 * whether NFC might change it. No more than `room` tokens are written. Begins with text `first`; returns the number
 * of texts, or that of one with a code point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_tokens(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                         int64_t first, int64_t *missing, int64_t room, uint64_t *hashes, uint8_t *alone,
                         int64_t *firsts, uint8_t *unstable) {
    if (!first) firsts[0] = 0;
    for (int64_t text = first; text < texts; text++) {
        struct Tokens tokens = {hashes, alone, room, firsts[text], 0, 0, 1};
        const int64_t end = starts[text + 1];
        uint32_t entry, seen = 0;
        for (int64_t at = starts[text]; at < end;) {
            /* Letters of ASCII need no look at anything else, and most of a text is made of them. */
            for (; at < end && data[at] < 0x80 && (entry = table[data[at]]) > SPACE; at++) add_letter(&tokens, entry);
            if (at == end) break;
            const uint32_t code = code_at(data, &at, end);
            entry = code < CODES ? table[code] : SPACE;
            if (entry == UNKNOWN) {
                *missing = code;
                return text;
            }
            seen |= entry;
            entry &= ~UNSTABLE;
            if (entry >= SEVERAL && entry < ALONE) {
                for (const uint32_t *part = table + (entry - SEVERAL); *part; part++) take(&tokens, *part);
            } else {
                take(&tokens, entry);
            }
        }
        end_word(&tokens);
        firsts[text + 1] = tokens.count;
        unstable[text] = (seen & UNSTABLE) != 0;
    }
    return texts;
}

/* The hash of each shingle of each text, in the order of the text: from each token on the shortest run that weighs
 * enough, or all of a text that has none. Text `i` has tokens[starts[i]] up to tokens[starts[i + 1]], and as many
 * shingles or fewer, from shingles[firsts[i]] on. Returns the number of all. */
EXPORT int64_t cp_shingles(const uint64_t *tokens, const uint8_t *alone, const int64_t *starts, int64_t texts,
                           int64_t words, uint64_t *shingles, int64_t *firsts) {
    const int64_t weights[] = {words + 3, words}, enough = words * (words + 3);
    int64_t count = 0;
    firsts[0] = 0;
    for (int64_t text = 0; text < texts; text++) {
        const int64_t first = starts[text], end = starts[text + 1];
        uint64_t sum = 0, power = 1;
        for (int64_t from = first, reach = first, weight = 0; from < end; from++) {
            for (; reach < end && weight < enough; reach++) {
                sum += tokens[reach] * power, power *= BASE;
                weight += weights[alone[reach] != 0];
            }
            if (weight < enough && from > first) break;
            shingles[count++] = mixed(sum);
            sum = (sum - tokens[from]) * INVERSE, power *= INVERSE;
            weight -= weights[alone[from] != 0];
        }
        firsts[text + 1] = count;
    }
    return count;
}

/* Sorts numbers by merging ever longer runs; `aside` has room for as many. */
static void sort(uint64_t *values, int64_t count, uint64_t *aside) {
    for (int64_t run = 1; run < count; run *= 2) {
        for (int64_t first = 0; first < count; first += 2 * run) {
            const int64_t middle = first + run < count ? first + run : count;
            const int64_t end = middle + run < count ? middle + run : count;
            int64_t left = first, right = middle;
            for (int64_t at = first; at < end; at++) {
                const int takes_left = right == end || (left < middle && values[left] <= values[right]);
                aside[at] = values[takes_left ? left++ : right++];
            }
        }
        memcpy(values, aside, (size_t)count * sizeof *values);
    }
}

/* Sorts numbers and takes out repeats; how many are left. */
static int64_t distinct(uint64_t *values, int64_t count, uint64_t *aside) {
    int64_t kept = 0;
    sort(values, count, aside);
    for (int64_t at = 0; at < count; at++) {
        if (!kept || values[at] != values[kept - 1]) values[kept++] = values[at];
    }
    return kept;
}

/* The sample of the shingles of each text, in rising order: those below `bound`, without their last bit; the lowest
 * where they are fewer than `fewest`. Text `i` has shingles[starts[i]] up to shingles[starts[i + 1]], its sample
 * begins at sample[firsts[i]]; there is room for all shingles twice. Returns the size of all samples. */
EXPORT int64_t cp_sampled(const uint64_t *shingles, const int64_t *starts, int64_t texts, int64_t bound,
                          int64_t fewest, uint64_t *sample, int64_t *firsts) {
    int64_t count = 0;
    firsts[0] = 0;
    for (int64_t text = 0; text < texts; text++) {
        const int64_t first = starts[text], end = starts[text + 1];
        uint64_t *own = sample + count;
        int64_t size = 0;
        for (int64_t at = first; at < end; at++) {
            own[size] = shingles[at] >> 1;
            size += own[size] < (uint64_t)bound;
        }
        size = distinct(own, size, own + size);
        if (size < fewest) {
            for (int64_t at = first; at < end; at++) own[at - first] = shingles[at] >> 1;
            size = distinct(own, end - first, own + (end - first));
            if (size > fewest) size = fewest;
        }
        firsts[text + 1] = count += size;
    }
    return count;
}
