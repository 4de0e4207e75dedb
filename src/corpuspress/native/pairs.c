#include "ascii.h"

enum { LAST = 0x10000 };

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
            const uint32_t code = code_at(data, &at, end);
            const int64_t kind = kinds[code < LAST ? code : LAST];
            found |= pairs[before * count + kind];
            before = kind;
        }
        marks[text] = found | pairs[before * count + kinds['\n']];
    }
    return texts;
}
