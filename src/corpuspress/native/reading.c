#include "ascii.h"

enum { PLAIN = 1, LETTERS = 2 };

/* How many bytes the character at `data` takes, of `size` that are there; 0 where it is none of UTF-8: longer than need
   be, half of a surrogate pair, or beyond the last character. */
static int64_t width_of(const uint8_t *data, int64_t size) {
    const uint8_t first = data[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || size < 2 || !goes_on(data[1])) return 0;
    if (first < 0xE0) return 2;
    if (size < 3 || !goes_on(data[2])) return 0;
    if (first < 0xF0) return (first == 0xE0 && data[1] < 0xA0) || (first == 0xED && data[1] > 0x9F) ? 0 : 3;
    if (size < 4 || !goes_on(data[3]) || first > 0xF4) return 0;
    return (first == 0xF0 && data[1] < 0x90) || (first == 0xF4 && data[1] > 0x8F) ? 0 : 4;
}

/* Whether this is UTF-8 without U+2028 and U+2029, which break lines. */
static int is_plain(const uint8_t *data, int64_t size) {
    for (int64_t at = 0; at < size;) {
        if (data[at] < 0x80) {
            /* In most texts that are not all ASCII, most is. */
            at += size - at >= 8 ? ascii_before(eight_bytes(data + at)) : 1;
            continue;
        }
        const int64_t width = width_of(data + at, size - at);
        if (!width) return 0;
        if (width == 3 && data[at] == 0xE2 && data[at + 1] == 0x80 && (data[at + 2] & 0xFE) == 0xA8) return 0;
        at += width;
    }
    return 1;
}

/* How many line feeds there are; counted as in `characters_in`. */
static int64_t breaks_in(const uint8_t *data, int64_t size) {
    int64_t breaks = 0;
    for (int64_t at = 0; at < size;) {
        uint8_t some = 0;
        for (const int64_t stop = size - at < 240 ? size : at + 240; at < stop; at++) some += data[at] == '\n';
        breaks += some;
    }
    return breaks;
}

/* See decode.plain: text `i` is the sizes[i] bytes at texts[i]. */
EXPORT int64_t cp_plain(
    const uint8_t *const *texts, const int64_t *sizes, int64_t count, uint8_t *plain, int64_t *breaks
) {
    for (int64_t text = 0; text < count; text++) {
        const uint8_t *from = texts[text];
        const int64_t size = sizes[text];
        uint8_t controls = 0, letters = 0, high = 0;
        for (int64_t at = 0; at < size; at++) {
            const uint8_t byte = from[at];
            controls |= (byte < ' ') & (byte != '\t') & (byte != '\n');
            controls |= byte == 0x7F;
            letters |= (uint8_t)((byte | 0x20) - 'a') < 26;
            high |= byte;
        }
        const int is = !controls && (high < 0x80 || is_plain(from, size));
        plain[text] = (uint8_t)(is * (PLAIN | LETTERS * letters));
        breaks[text] = is ? breaks_in(from, size) : 0;
    }
    return count;
}

/* See parts.split_lines: how many lines each text has, none where its size is below 0. A line feed at the end is followed
   by an empty line. */
EXPORT int64_t cp_count_lines(const uint8_t *const *texts, const int64_t *sizes, int64_t count, int32_t *lines) {
    for (int64_t text = 0; text < count; text++)
        lines[text] = sizes[text] < 0 ? 0 : (int32_t)(breaks_in(texts[text], sizes[text]) + 1);
    return count;
}

/* The lines of all texts without their breaks; where each ends is put behind the 0 that `ends` begins with. */
EXPORT int64_t cp_split_lines(
    const uint8_t *const *texts, const int64_t *sizes, int64_t count, uint8_t *lines, int32_t *ends
) {
    int64_t size = 0, line = 0;
    ends[0] = 0;
    for (int64_t text = 0; text < count; text++) {
        for (int64_t at = 0, stop; at <= sizes[text]; at = stop + 1) {
            const uint8_t *from = texts[text] + at, *found = memchr(from, '\n', (size_t)(sizes[text] - at));
            stop = found ? found - texts[text] : sizes[text];
            memcpy(lines + size, from, (size_t)(stop - at));
            size += stop - at;
            ends[++line] = (int32_t)size;
        }
    }
    return line;
}

/* White space, as str.isspace knows it. */
static int is_white(uint32_t code) {
    if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r') || (code >= 0x1C && code <= 0x1F);
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* See Utf8.trimmed: text `i` is data[starts[i]] up to data[starts[i + 1]]. */
EXPORT int64_t cp_trimmed(
    const uint8_t *data, const int64_t *starts, int64_t texts, int64_t *begins, int64_t *ends, int64_t *lengths
) {
    for (int64_t text = 0; text < texts; text++) {
        int64_t begin = starts[text], end = starts[text + 1];
        for (int64_t at = begin; at < end && is_white(code_at(data, &at, end));) begin = at;
        for (int64_t last = end; last > begin; end = last) {
            do last--;
            while (last > begin && goes_on(data[last]));
            int64_t at = last;
            if (!is_white(code_at(data, &at, end))) break;
        }
        begins[text] = begin, ends[text] = end, lengths[text] = characters_in(data + begin, end - begin);
    }
    return texts;
}

/* See press._joined: line `i`, of document documents[i] (in rising order, below `count`), is the one at origins[i] of
   `data`, or if that is -1 the next one of `others`. `joined` has room for `room` bytes; document `d` ends in it at
   ends[d + 1]. Returns the bytes taken, -1 where they do not suffice or are too many for Arrow. */
EXPORT int64_t cp_joined(
    const uint8_t *data, const int64_t *starts, const uint8_t *others, const int64_t *others_starts,
    const int64_t *origins, const int64_t *documents, int64_t lines, int64_t count, uint8_t *joined, int64_t room,
    int32_t *ends
) {
    int64_t size = 0, other = 0, line = 0;
    ends[0] = 0;
    for (int64_t document = 0; document < count; document++) {
        for (int64_t begun = line; line < lines && documents[line] == document; line++) {
            const int64_t origin = origins[line], from = origin < 0 ? others_starts[other] : starts[origin];
            const int64_t length = (origin < 0 ? others_starts[++other] : starts[origin + 1]) - from;
            if (length >= room - size) return -1;
            if (line > begun) joined[size++] = '\n';
            memcpy(joined + size, (origin < 0 ? others : data) + from, (size_t)length);
            size += length;
        }
        if (size > INT32_MAX) return -1;
        ends[document + 1] = (int32_t)size;
    }
    return size;
}
