#include "stretches.h"

/* The kinds of describe/words.py; the last two stand inside words. */
enum { NONE = 1, APOSTROPHE, ALONE, MARK, LETTER };

/* What stands before a character: whether the last two stand inside words, the last one highest, and whether that is an
 * apostrophe. */
struct Behind {
    uint64_t inside, apostrophe;
};

struct Counts {
    int64_t characters, words, lines;
};

/* Counts the first characters of a text of so many bytes, as far as they are of ASCII; how many they are. */
static inline int64_t count_stretch(const uint8_t *text, int64_t left, struct Behind *behind, struct Counts *counts) {
    uint64_t inside = 0, apostrophes = 0, breaks = 0, others = UINT64_C(1) << (STRETCH - 2);
    for (int at = 0; at < STRETCH; at += 16) {
        const Sixteen signs = sixteen_bytes(text + at);
        inside |= gathered(within_range(signs | 0x20, 'a', 'z') | within_range(signs, '0', '9')) << at;
        apostrophes |= gathered((Sixteen)(signs == '\'')) << at;
        breaks |= gathered((Sixteen)(signs == '\n')) << at;
        others |= gathered(signs) << at;
    }
    const int64_t size = lowest(others) < left ? lowest(others) : left;
    const uint64_t beyond = inside << 2 | behind->inside, after = inside << 1 | behind->inside >> 1;
    const uint64_t joined = (apostrophes << 1 | behind->apostrophe) & beyond;
    counts->characters += size;
    counts->words += ones(inside & ~(after | joined) & below(size));
    counts->lines += ones(breaks & below(size));
    behind->inside = beyond >> size & 3;
    behind->apostrophe = (apostrophes << 1 | behind->apostrophe) >> size & 1;
    return size;
}

/* Counts one character of this kind. */
static inline void count_one(uint32_t kind, struct Behind *behind, struct Counts *counts) {
    /* Without branches, as nobody can foresee where words begin. */
    const uint64_t joined = behind->apostrophe & behind->inside;
    counts->words += (kind == ALONE) | ((kind == LETTER) & !(behind->inside >> 1 | joined));
    counts->characters++;
    behind->inside = behind->inside >> 1 | (uint64_t)(kind >= MARK) << 1;
    behind->apostrophe = kind == APOSTROPHE;
}

/* The number of characters, of words and of lines of each text, see words.count. Text `i` is data[starts[i]] up to
 * data[starts[i + 1]], in UTF-8. Begins with text `first`; returns the number of texts, or that of one with a code
 * point that `table` does not have yet, which it leaves in `missing`. */
EXPORT int64_t cp_counted(const uint8_t *data, const int64_t *starts, int64_t texts, const uint32_t *table,
                          int64_t first, int64_t *missing, int64_t *characters, int64_t *words, int64_t *lines) {
    const uint8_t *const last = data + starts[texts];
    for (int64_t text = first; text < texts; text++) {
        const int64_t end = starts[text + 1];
        struct Behind behind = {0, 0};
        struct Counts counts = {0, 0, 0};
        for (int64_t at = starts[text]; at < end;) {
            if (data[at] < 0x80) {
                uint8_t room[READ];
                at += count_stretch(readable(data + at, last, room), end - at, &behind, &counts);
                continue;
            }
            const uint32_t code = code_at(data, &at, end);
            const uint32_t kind = code < CODES ? table[code] : NONE;
            if (kind == UNKNOWN) {
                *missing = code;
                return text;
            }
            count_one(kind, &behind, &counts);
        }
        characters[text] = counts.characters, words[text] = counts.words;
        lines[text] = counts.characters ? counts.lines + 1 : 0;
    }
    return texts;
}
