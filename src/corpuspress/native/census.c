#include "stretches.h"

/* The kinds of census/hashes.py; below them in an entry stands the code point in lower case. */
#define KIND 24
enum { OTHER = 1, LETTER, WHITE };
#define LONGEST 500

/* What is hashed of a text, and how far it got: `inked` is up to the last character that is not white, `before` the
 * last character in lower case. */
struct Plain {
    uint8_t bytes[4 * LONGEST + STRETCH + 4]; /* a stretch and a character behind what is checked */
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

/* As `add` of the first characters of a text of so many bytes, as far as they are of ASCII and none is left out or a
 * number, and no more than a stretch; returns how many. */
static inline int64_t add_stretch(struct Plain *plain, const uint8_t *text, int64_t left) {
    uint8_t *const bytes = plain->bytes + plain->size;
    uint64_t letters = 0, spaces = 0, others = UINT64_C(1) << (STRETCH - 1);
    for (int at = 0; at < STRETCH; at += 16) {
        const Sixteen signs = sixteen_bytes(text + at), lower = signs | (within_range(signs, 'A', 'Z') & 0x20);
        letters |= gathered(within_range(lower, 'a', 'z')) << at;
        spaces |= gathered((Sixteen)(signs == ' ')) << at;
        others |= gathered(signs | within_range(signs, 0, ' ' - 1) | within_range(signs, '0', '9')) << at;
        memcpy(bytes + at, &lower, sizeof lower);
    }
    others |= spaces & (spaces << 1 | (!plain->size || plain->before == ' '));
    const int64_t count = lowest(others) < left ? lowest(others) : left;
    if (!count) return 0;
    plain->size += count;
    plain->before = bytes[count - 1];
    /* No space follows another one here. */
    if (plain->before != ' ') plain->inked = plain->size;
    else if (count > 1) plain->inked = plain->size - 1;
    plain->letters |= (letters & below(count)) != 0;
    return count;
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
    const uint8_t *const last = data + starts[texts];
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        struct Plain plain;
        plain.size = plain.inked = plain.before = plain.letters = plain.in_number = 0;
        hashes[text] = 0;
        if (is_too_long(data + starts[text], end - starts[text])) continue;
        /* What is no UTF-8 may have more characters than were counted. */
        for (int64_t at = starts[text]; at < end && plain.size <= 4 * LONGEST;) {
            if (data[at] < 0x80 && !plain.in_number) {
                uint8_t room[READ];
                at += add_stretch(&plain, readable(data + at, last, room), end - at);
                if (at == end) break;
            }
            const uint32_t code = code_at(data, &at, end);
            const uint32_t entry = code < CODES ? table[code] : OTHER << KIND | code;
            if (entry == UNKNOWN) {
                *missing = code;
                return text;
            }
            add(&plain, entry);
        }
        if (plain.letters) hashes[text] = hashed(plain.bytes, plain.inked);
    }
    return texts;
}
