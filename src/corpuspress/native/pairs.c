#include "ascii.h"

enum { LAST = 0x10000 };

/* The next code point of UTF-8 that need not be valid: whatever it is, at least one byte is read, and none from `end`
   on. Those from LAST on are LAST. */
static uint32_t next_code(const uint8_t *data, int64_t *at, int64_t end) {
    const uint32_t first = data[(*at)++];
    if (first < 0x80) return first;
    const int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    uint32_t code = first & (0x3F >> more);
    for (int left = more; left > 0 && *at < end; left--) code = code << 6 | (data[(*at)++] & 0x3F);
    return more < 3 ? code : LAST;
}

/* See pairs.marks: `kinds` has an entry for each code point up to LAST, below `count`; `pairs` has the marks of a
   character of the kind of its row before one of the kind of its column, `ascii` those of two characters of ASCII, the
   second one times 256. Text `i` is data[starts[i]] up to data[starts[i + 1]]; its edges are as line feeds. */
EXPORT int64_t cp_marks(
    const uint8_t *data, const int64_t *starts, int64_t texts, const uint16_t *kinds, const uint8_t *pairs,
    const uint8_t *ascii, int64_t count, uint8_t *marks
) {
    for (int64_t text = 0; text < texts; text++) {
        const int64_t start = starts[text], end = starts[text + 1];
        int64_t before = kinds['\n'];
        uint8_t found = 0;
        for (int64_t at = start; at < end;) {
            uint64_t eight = at > start && end - at >= 7 ? eight_bytes(data + at - 1) : TOLD;
            if (are_ascii(eight)) {
                for (int left = 7; left; left--, eight >>= 8) found |= ascii[eight & 0xFFFF];
                at += 7;
                before = kinds[data[at - 1]];
                continue;
            }
            const int64_t kind = kinds[data[at] < 0x80 ? data[at++] : next_code(data, &at, end)];
            found |= pairs[before * count + kind];
            before = kind;
        }
        marks[text] = found | pairs[before * count + kinds['\n']];
    }
    return texts;
}
