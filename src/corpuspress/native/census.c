#include "core.h"

/* The kinds of cleaning/fold.py; below them in an entry stands the code point in lower case. */
#define KIND 24
enum { OTHER = 1, LETTER, WHITE };
#define LONGEST 500

struct Plain {
    uint8_t bytes[4 * LONGEST];
    int64_t size, inked; /* `inked`: up to the last character that is not white */
};

static inline void put(struct Plain *plain, uint32_t code) {
    uint8_t *to = plain->bytes + plain->size;
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        plain->size += 1;
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    for (int at = more; at; at--, code >>= 6) to[at] = (uint8_t)(0x80 | (code & 0x3F));
    to[0] = (uint8_t)(0xFF00 >> (more + 1) | code);
    plain->size += 1 + more;
}

/* See fold.fold. Text `i` is data[starts[i]] up to data[starts[i + 1]], in UTF-8; its hash is 0 if it is not counted.
 * Begins with text `first`; returns the number of texts, or that of one with a code point that `table` does not have
 * yet, which it leaves in `missing`. */
EXPORT int64_t cp_census_hashes(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                         int64_t first, int64_t *missing, uint64_t *hashes) {
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        struct Plain plain;
        plain.size = plain.inked = 0;
        int64_t length = 0;
        int letters = 0, in_number = 0;
        uint32_t before = 0;
        for (int64_t at = starts[text]; at < end && length <= LONGEST;) {
            const uint32_t code = code_at(data, &at, end);
            const uint32_t entry = code < CODES ? table[code] : OTHER << KIND | code;
            if (entry == UNKNOWN) {
                *missing = code;
                return text;
            }
            if (++length > LONGEST) break;
            const uint32_t kind = entry >> KIND, lower = entry & ((1u << KIND) - 1);
            const int digit = lower >= '0' && lower <= '9';
            const int again = lower == ' ' && before == ' ';
            before = lower;
            letters |= kind == LETTER;
            if ((kind == WHITE && !plain.size) || again) continue;
            if (in_number && (digit || lower == '.' || lower == ',' || lower == ':')) continue;
            in_number = digit;
            put(&plain, digit ? '0' : lower);
            if (kind != WHITE) plain.inked = plain.size;
        }
        hashes[text] = letters && length <= LONGEST ? hashed(plain.bytes, plain.inked) : 0;
    }
    return texts;
}
