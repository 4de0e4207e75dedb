#include "core.h"

/* The kinds of describe/words.py; the last two stand inside words. */
enum { NONE = 1, APOSTROPHE, ALONE, MARK, LETTER };

#define BLOCK 4096 /* characters looked at together */

/* The number of words that begin in a block, which has the kinds of two characters before it. Without branches, as
 * nobody can foresee where words begin. */
static int64_t words_in(const uint8_t *kinds, int64_t count) {
    int32_t begun = 0;
    for (int64_t at = 2; at < count; at++) {
        const uint8_t inside = (kinds[at - 1] >= MARK) | ((kinds[at - 1] == APOSTROPHE) & (kinds[at - 2] >= MARK));
        begun += (uint8_t)((kinds[at] == ALONE) | ((kinds[at] == LETTER) & (inside ^ 1)));
    }
    return begun;
}

/* The number of characters, of words and of lines of each text, see words.count. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8. Begins with text `first`; returns the number of texts, or that of one with a code
 * point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_counted(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                          int64_t first, int64_t *missing, int64_t *characters, int64_t *words, int64_t *lines) {
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        uint8_t kinds[2 + BLOCK] = {NONE, NONE};
        int64_t length = 0, begun = 0, breaks = 0;
        for (int64_t at = starts[text]; at < end;) {
            int64_t count = 2;
            for (; at < end && count < 2 + BLOCK; count++) {
                const uint32_t code = code_at(data, &at, end);
                const uint32_t kind = code < CODES ? table[code] : NONE;
                if (kind == UNKNOWN) {
                    *missing = code;
                    return text;
                }
                kinds[count] = (uint8_t)kind;
                breaks += code == '\n';
            }
            begun += words_in(kinds, count);
            length += count - 2;
            memcpy(kinds, kinds + count - 2, 2);
        }
        characters[text] = length, words[text] = begun, lines[text] = length ? breaks + 1 : 0;
    }
    return texts;
}
