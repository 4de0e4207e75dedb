#include "ascii.h"

/* The kinds of describe/words.py; the last two stand inside words. */
enum { NONE = 1, APOSTROPHE, ALONE, MARK, LETTER };

/* The last eight characters or more: which stand inside words, and which are apostrophes. */
struct Behind {
    uint64_t inside, apostrophes;
};

/* How many words begin in eight characters of ASCII. */
static inline int64_t words_of_eight(uint64_t eight, struct Behind *behind) {
    const uint64_t inside = letters(eight) | digits(eight), apostrophes = equal(eight, '\'');
    const uint64_t after = inside << 8 | behind->inside >> 56, beyond = inside << 16 | behind->inside >> 48;
    const uint64_t joined = (apostrophes << 8 | behind->apostrophes >> 56) & beyond;
    behind->inside = inside, behind->apostrophes = apostrophes;
    return count(inside & ~(after | joined));
}

/* The same for one character of this kind. */
static inline int64_t words_of_one(uint32_t kind, struct Behind *behind) {
    /* Without branches, as nobody can foresee where words begin. */
    const uint64_t joined = behind->apostrophes & behind->inside << 8;
    const int64_t begun = (kind == ALONE) | ((kind == LETTER) & !((behind->inside | joined) >> 63));
    behind->inside = behind->inside >> 8 | (uint64_t)(kind >= MARK) << 63;
    behind->apostrophes = behind->apostrophes >> 8 | (uint64_t)(kind == APOSTROPHE) << 63;
    return begun;
}

/* The number of characters, of words and of lines of each text, see words.count. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8. Begins with text `first`; returns the number of texts, or that of one with a code
 * point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_counted(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                          int64_t first, int64_t *missing, int64_t *characters, int64_t *words, int64_t *lines) {
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        int64_t length = 0, begun = 0, breaks = 0;
        struct Behind behind = {0, 0};
        for (int64_t at = starts[text]; at < end;) {
            const uint64_t eight = end - at < 8 ? TOLD : eight_bytes(data + at);
            if (are_ascii(eight)) {
                begun += words_of_eight(eight, &behind);
                breaks += count(equal(eight, '\n'));
                length += 8, at += 8;
                continue;
            }
            for (const int64_t stop = end - at < 8 ? end : at + 8; at < stop; length++) {
                const uint32_t code = code_at(data, &at, end);
                const uint32_t kind = code < CODES ? table[code] : NONE;
                if (kind == UNKNOWN) {
                    *missing = code;
                    return text;
                }
                begun += words_of_one(kind, &behind);
                breaks += code == '\n';
            }
        }
        characters[text] = length, words[text] = begun, lines[text] = length ? breaks + 1 : 0;
    }
    return texts;
}
