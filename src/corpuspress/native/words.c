#include "core.h"

/* The kinds of describe/words.py; the last two stand inside words. */
enum { NONE = 1, APOSTROPHE, ALONE, MARK, LETTER };

/* The number of characters, of words and of lines of each text, see words.count. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8. Begins with text `first`; returns the number of texts, or that of one with a code
 * point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_counted(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                          int64_t first, int64_t *missing, int64_t *characters, int64_t *words, int64_t *lines) {
    for (int64_t text = first; text < texts; text++) {
        int64_t length = 0, begun = 0, breaks = 0;
        uint32_t last = NONE, before = NONE; /* the kind of the last character, and of the one before it */
        for (int64_t at = starts[text]; at < starts[text + 1];) {
            const uint32_t code = code_at(data, &at, starts[text + 1]);
            const uint32_t kind = code < CODES ? table[code] : NONE;
            if (kind == UNKNOWN) {
                *missing = code;
                return text;
            }
            /* Without branches, as nobody can foresee where words begin. */
            const int inside = (last >= MARK) | ((last == APOSTROPHE) & (before >= MARK));
            begun += (kind == ALONE) | ((kind == LETTER) & !inside);
            breaks += code == '\n';
            length++;
            before = last, last = kind;
        }
        characters[text] = length, words[text] = begun, lines[text] = length ? breaks + 1 : 0;
    }
    return texts;
}
