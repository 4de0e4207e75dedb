#include "ascii.h"

/* The kinds of cleaning/fold.py; below them in an entry stands the code point in lower case. */
#define KIND 24
enum { OTHER = 1, LETTER, WHITE };
#define LONGEST 500

/* What is hashed of a text, and how far it got: `inked` is up to the last character that is not white, `before` the
 * last character in lower case. */
struct Plain {
    uint8_t bytes[4 * LONGEST + 32];
    int64_t size, inked;
    uint32_t before;
    int letters, in_number;
};

static inline void add(struct Plain *plain, uint32_t entry) {
    const uint32_t kind = entry >> KIND, lower = entry & ((1u << KIND) - 1);
    const int digit = lower >= '0' && lower <= '9';
    const int again = lower == ' ' && plain->before == ' ';
    plain->before = lower;
    plain->letters |= kind == LETTER;
    if ((kind == WHITE && !plain->size) || again) return;
    if (plain->in_number && (digit || lower == '.' || lower == ',' || lower == ':')) return;
    plain->in_number = digit;
    plain->size += put_code(digit ? '0' : lower, plain->bytes + plain->size);
    if (kind != WHITE) plain->inked = plain->size;
}

/* As `add` of eight characters, where they are of ASCII and none is left out or a number; else returns 0. */
static inline int add_eight(struct Plain *plain, uint64_t eight) {
    if (!are_ascii(eight) || plain->in_number) return 0;
    const uint64_t spaces = equal(eight, ' ');
    const uint64_t spaced = spaces << 8 | (!plain->size || plain->before == ' ' ? 0x80 : 0);
    if ((TOLD & ~from(eight, ' ')) | digits(eight) | (spaces & spaced)) return 0;
    const uint64_t lower = in_lower_case(eight);
    for (int at = 0; at < 8; at++) plain->bytes[plain->size + at] = (uint8_t)(lower >> 8 * at);
    plain->size += 8;
    plain->inked = plain->size - (int64_t)(spaces >> 63);
    plain->before = (uint32_t)(lower >> 56);
    plain->letters |= letters(eight) != 0;
    return 1;
}

static int is_too_long(const uint8_t *text, int64_t size) {
    if (size <= LONGEST || size > 4 * LONGEST) return size > LONGEST;
    return characters_in(text, size) > LONGEST;
}

/* See fold.fold. Text `i` is data[starts[i]] up to data[starts[i + 1]], in UTF-8; its hash is 0 if it is not counted.
 * Begins with text `first`; returns the number of texts, or that of one with a code point that `table` does not have
 * yet, which it leaves in `missing`. */
EXPORT int64_t cp_census_hashes(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                         int64_t first, int64_t *missing, uint64_t *hashes) {
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        struct Plain plain;
        plain.size = plain.inked = plain.before = plain.letters = plain.in_number = 0;
        hashes[text] = 0;
        if (is_too_long(data + starts[text], end - starts[text])) continue;
        /* What is no UTF-8 may have more characters than were counted. */
        for (int64_t at = starts[text]; at < end && plain.size <= 4 * LONGEST;) {
            if (end - at >= 8 && add_eight(&plain, eight_bytes(data + at))) {
                at += 8;
                continue;
            }
            for (const int64_t stop = end - at < 8 ? end : at + 8; at < stop;) {
                const uint32_t code = code_at(data, &at, end);
                const uint32_t entry = code < CODES ? table[code] : OTHER << KIND | code;
                if (entry == UNKNOWN) {
                    *missing = code;
                    return text;
                }
                add(&plain, entry);
            }
        }
        if (plain.letters) hashes[text] = hashed(plain.bytes, plain.inked);
    }
    return texts;
}
