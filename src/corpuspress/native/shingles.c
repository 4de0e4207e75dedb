#include "stretches.h"

/* Entries of deduplicate/fold.py, beside letters, which stand for themselves. */
#define NOTHING 1u
#define SPACE 32u
#define UNSTABLE (1u << 29)
#define SEVERAL (1u << 30)
#define ALONE (1u << 31)

/* A sequence of numbers hashed as a polynomial modulo 2**64, mixed at the end: number `i` times BASE**i. */
#define BASE UINT64_C(0x9E6C63D0876A9A47)
#define INVERSE UINT64_C(0x71603AE2E846EF77) /* of BASE modulo 2**64 */

/* By what the letters of words are multiplied, by their places, and what takes that back. */
struct powers {
    uint64_t of[STRETCH], inverse[STRETCH];
};

static inline struct powers all_powers(void) {
    struct powers powers = {{1}, {1}};
    for (int place = 1; place < STRETCH; place++) {
        powers.of[place] = powers.of[place - 1] * BASE;
        powers.inverse[place] = powers.inverse[place - 1] * INVERSE;
    }
    return powers;
}

/* The sums of the bytes before each place of a stretch: that of a word is the difference of two. */
static inline void add_up(const uint8_t *text, const struct powers *powers, uint64_t sums[STRETCH + 1]) {
    sums[0] = 0;
    for (int at = 0; at < STRETCH; at += 8)
        for (int more = at; more < at + 8; more++) sums[more + 1] = sums[more] + text[more] * powers->of[more];
}

/* The sum of a word, as of small letters; `capitals` are those of its letters that are none. */
static inline uint64_t sum_of(const uint64_t *sums, int64_t first, int64_t length, uint64_t capitals,
                              const struct powers *powers) {
    uint64_t sum = (sums[first + length] - sums[first]) * powers->inverse[first];
    /* Nearly all have none but the first. */
    sum += 0x20 * (capitals & 1);
    for (capitals &= ~UINT64_C(1); capitals; capitals &= capitals - 1) sum += 0x20 * powers->of[lowest(capitals)];
    return sum;
}

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

/* Takes the tokens that stand whole at the beginning of a text, as far as it is ASCII; returns their size, and that of
 * what stands between them. No word is under way. What is dropped behind a word makes no difference to it; a word that
 * goes on behind it is left, as is what is longer than a stretch. */
static inline int64_t take_ascii(struct Tokens *tokens, const uint8_t *text, int64_t left,
                                 const struct powers *powers) {
    uint64_t letters = 0, capitals = 0, dropped = 0, others = UINT64_C(1) << (STRETCH - 1);
    for (int at = 0; at < STRETCH; at += 16) {
        const Sixteen signs = sixteen_bytes(text + at), latin = within_range(signs | 0x20, 'a', 'z');
        letters |= gathered(latin | within_range(signs, '0', '9')) << at;
        capitals |= gathered(within_range(signs, 'A', 'Z')) << at;
        dropped |= gathered((Sixteen)((signs == '.') | (signs == ',') | (signs == '\'') | (signs == '`'))) << at;
        others |= gathered(signs) << at;
    }
    /* One more at the first dropped sign behind a word goes on to what stands behind the last of them. */
    others |= (dropped + (dropped & letters << 1)) & ~dropped & letters;
    int64_t size = lowest(others);
    if (size < left) {
        const uint64_t gaps = ~(letters | dropped) & below(size);
        size = gaps ? highest(gaps) + 1 : 0;
    } else {
        size = left;
    }
    letters &= below(size);
    if (!letters) return size;
    uint64_t sums[STRETCH + 1];
    add_up(text, powers, sums);
    for (uint64_t rest = letters; rest; rest &= rest + (rest & -rest)) {
        const int64_t first = lowest(rest), length = lowest(~(rest >> first));
        add(tokens, mixed(sum_of(sums, first, length, capitals >> first & below(length), powers)), 0);
    }
    return size;
}

/* The hash of each token of each text, and whether it is a character alone. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8, its tokens are hashes[firsts[i]] up to hashes[firsts[i + 1]]; unstable[i] says
 * whether NFC might change it. No more than `room` tokens are written. Begins with text `first`; returns the number
 * of texts, or that of one with a code point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_tokens(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                         int64_t first, int64_t *missing, int64_t room, uint64_t *hashes, uint8_t *alone,
                         int64_t *firsts, uint8_t *unstable) {
    const struct powers powers = all_powers();
    const uint8_t *const last = data + starts[texts];
    if (!first) firsts[0] = 0;
    for (int64_t text = first; text < texts; text++) {
        struct Tokens tokens = {hashes, alone, room, firsts[text], 0, 0, 1};
        const int64_t end = starts[text + 1];
        uint32_t seen = 0;
        for (int64_t at = starts[text]; at < end;) {
            if (data[at] < 0x80 && !tokens.letters) {
                uint8_t copy[READ];
                const uint8_t *own = readable(data + at, last, copy);
                const int64_t size = take_ascii(&tokens, own, end - at, &powers);
                at += size;
                if (size) continue;
            }
            const uint32_t code = code_at(data, &at, end);
            uint32_t entry = code < CODES ? table[code] : SPACE;
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

/* The hash of each shingle of words alone, of which there are `words` or more: all shingles are so long. */
static int64_t shingles_of_words(const uint64_t *tokens, int64_t count, int64_t words, uint64_t *shingles) {
    uint64_t sum = tokens[0], power = 1;
    for (int64_t at = 1; at < words; at++) power *= BASE, sum += tokens[at] * power;
    shingles[0] = mixed(sum);
    for (int64_t at = words; at < count; at++) {
        sum = (sum - tokens[at - words]) * INVERSE + tokens[at] * power;
        shingles[at - words + 1] = mixed(sum);
    }
    return count - words + 1;
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
        if (end - first >= words && !memchr(alone + first, 1, (size_t)(end - first))) {
            firsts[text + 1] = count += shingles_of_words(tokens + first, end - first, words, shingles + count);
            continue;
        }
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

/* The same for hashes of 63 bits: few of them are near their places as soon as they are parted by their first bits. */
static void sort_hashes(uint64_t *values, int64_t count, uint64_t *aside) {
    enum { FEW = 1024, PARTS = 512, BITS = 9 };
    if (count > FEW) {
        sort(values, count, aside);
        return;
    }
    uint16_t ends[PARTS + 1] = {0};
    for (int64_t at = 0; at < count; at++) ends[(values[at] >> (63 - BITS)) + 1]++;
    for (int part = 0; part < PARTS; part++) ends[part + 1] += ends[part];
    for (int64_t at = 0; at < count; at++) aside[ends[values[at] >> (63 - BITS)]++] = values[at];
    for (int64_t at = 0; at < count; at++) {
        int64_t place = at;
        for (; place && values[place - 1] > aside[at]; place--) values[place] = values[place - 1];
        values[place] = aside[at];
    }
}

/* Sorts hashes and takes out repeats; how many are left. */
static int64_t distinct(uint64_t *values, int64_t count, uint64_t *aside) {
    int64_t kept = 0;
    sort_hashes(values, count, aside);
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
