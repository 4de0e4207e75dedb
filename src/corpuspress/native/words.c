#include "core.h"

/* The kinds of describe/words.py; the last two stand inside words. */
enum { NONE = 1, APOSTROPHE, ALONE, MARK, LETTER };

/* The number of words of each text, see words.count. Text `i` is data[starts[i]] up to data[starts[i + 1]], in UTF-8.
 * Returns the number of texts; ~code at a code point that `table` does not have yet. */
EXPORT int64_t cp_words(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                        int64_t *counts) {
    for (int64_t text = 0; text < texts; text++) {
        int64_t count = 0;
        uint32_t last = NONE, before = NONE; /* the kind of the last character, and of the one before it */
        for (int64_t at = starts[text]; at < starts[text + 1];) {
            const uint32_t code = code_at(data, &at, starts[text + 1]);
            const uint32_t kind = code < CODES ? table[code] : NONE;
            if (kind == UNKNOWN) return ~(int64_t)code;
            /* Without branches, as nobody can foresee where words begin. */
            const int inside = (last >= MARK) | ((last == APOSTROPHE) & (before >= MARK));
            count += (kind == ALONE) | ((kind == LETTER) & !inside);
            before = last, last = kind;
        }
        counts[text] = count;
    }
    return texts;
}
