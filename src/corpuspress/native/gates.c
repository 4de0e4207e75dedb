#include "stretches.h"

#define BLOCK 64   /* bytes that are looked at together */
#define BUCKETS 16 /* bits; as in gates.py */
#define END '\n'   /* as in literals.py */

/* A character of UTF-8 and its size. What is no UTF-8 counts as one byte each. */
static int64_t decoded(const uint8_t *text, int64_t left, uint32_t *code) {
    const int64_t size = text[0] < 0xC0 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    *code = text[0];
    if (size == 1 || size > left) return 1;
    *code &= 0x7Fu >> size;
    for (int64_t at = 1; at < size; at++) *code = *code << 6 | (text[at] & 0x3F);
    return size;
}

/* `text` in UTF-8 with lower[c] for each character c below `known`. `folded` has room for twice the size.
   Returns the number of bytes in it. */
EXPORT int64_t cp_folded(const uint8_t *text, int64_t size, const uint32_t *lower, int64_t known, uint8_t *folded) {
    const uint8_t *const end = text + size;
    uint8_t *to = folded;
    while (text < end) {
        if (end - text >= 16) {
            /* What is behind the first character that is not of ASCII is overwritten. */
            const Sixteen signs = sixteen_bytes(text), digits = within_range(signs, '0', '9');
            const Sixteen small = (signs & ~digits) | (digits & '0') | (within_range(signs, 'A', 'Z') & 0x20);
            memcpy(to, &small, sizeof small);
            const uint64_t others = gathered(signs);
            const int64_t size = others ? lowest(others) : 16;
            text += size;
            to += size;
            if (!others) continue;
        }
        uint32_t code;
        text += decoded(text, end - text, &code);
        to += put_code(code < known ? lower[code] : code, to);
    }
    return to - folded;
}

/* The same of lines, line `i` from begins[i] up to ends[i], each with END behind it, which stands nowhere else. They lie
   in `folded` from at[i] up to until[i]; there is room for END and for eight bytes behind the last. Returns the number
   of bytes. */
EXPORT int64_t cp_folded_lines(
    const uint8_t *text, const int64_t *begins, const int64_t *ends, int64_t lines, const uint32_t *lower,
    int64_t known, uint8_t *folded, int64_t *at, int64_t *until
) {
    int64_t size = 0;
    for (int64_t line = 0; line < lines; line++) {
        at[line] = size;
        size += cp_folded(text + begins[line], ends[line] - begins[line], lower, known, folded + size);
        until[line] = size;
        for (uint8_t *place = folded + at[line]; (place = memchr(place, END, (size_t)(folded + size - place)));)
            *place = ' ';
        folded[size++] = END;
    }
    memset(folded + size, 0, sizeof(uint64_t));
    return size;
}

/* A key: up to eight bytes as a number, the first one highest. `parent` is the longest other key that it begins with,
   -1 where there is none; owners[since] up to owners[until] of its Keys are the needs that it meets. */
typedef struct {
    uint64_t bytes, mask;
    int64_t parent, since, until;
} Key;

/* Sorted keys, those of one group together, of which the first one or the one behind them is first[group]: what stands
   at the beginning is grouped by its first two bytes, what stands anywhere by its first four. */
typedef struct {
    const Key *keys;
    const int32_t *first;
    const int64_t *owners;
} Keys;

/* Sets `parent` of keys that are sorted by their bytes, then by their width. Returns how many there are. */
EXPORT int64_t cp_parents(Key *keys, int64_t count) {
    for (int64_t key = 0; key < count; key++) {
        int64_t at = key - 1;
        while (at >= 0 && (keys[key].bytes & keys[at].mask) != keys[at].bytes) at = keys[at].parent;
        keys[key].parent = at;
    }
    return count;
}

/* One of the needs, from `first` up to `until`, of one way to match `pattern`. No line of more than `longest`
   characters will do, nor a key that begins more than `reach` characters from the end. */
typedef struct {
    int64_t first, until, pattern, longest, reach;
} Need;

/* What is looked for, and a stretch of text that is searched. It holds at least `length` characters; `found` are the
   `count` patterns so far. In `met` (by need) and `done` (by pattern) `number` stands for yes, any other for no. */
typedef struct {
    const Need *needs;
    int64_t *met, *done, *found;
    int64_t number, begin, length, count;
} Search;

/* A need is met by a key at `place`. */
static void meet(Search *own, int64_t number, int64_t place) {
    const Need *need = own->needs + number;
    const int64_t left = own->length - (place - own->begin); /* as if all characters before it were of one byte */
    if (own->length > need->longest || left > need->reach) return;
    own->met[number] = own->number;
    for (int64_t at = need->first; at < need->until; at++) {
        if (own->met[at] != own->number) return;
    }
    if (own->done[need->pattern] == own->number) return;
    own->done[need->pattern] = own->number;
    own->found[own->count++] = need->pattern;
}

/* Meets the needs of all keys that some bytes begin with. What begins with a key sorts behind it and before all other
   keys: the last one that is not behind the bytes is such a key, or begins with all of them. */
static void look_up(Search *own, const Keys *keys, uint32_t group, uint64_t bytes, int64_t place) {
    int64_t low = keys->first[group], high = keys->first[group + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (keys->keys[middle].bytes <= bytes) low = middle + 1;
        else high = middle;
    }
    const Key *key;
    for (int64_t at = low - 1; at >= 0; at = key->parent) {
        key = keys->keys + at;
        if ((bytes & key->mask) != key->bytes) continue;
        for (int64_t owner = key->since; owner < key->until; owner++) meet(own, keys->owners[owner], place);
    }
}

/* Eight bytes as a number, the first one highest; written out, since compilers know it then for one instruction. */
static uint64_t eight_at(const uint8_t *data) {
    return (uint64_t)data[0] << 56 | (uint64_t)data[1] << 48 | (uint64_t)data[2] << 40 | (uint64_t)data[3] << 32 |
           (uint64_t)data[4] << 24 | (uint64_t)data[5] << 16 | (uint64_t)data[6] << 8 | (uint64_t)data[7];
}

/* Where the first word of a stretch begins, behind any of some signs of UTF-8; `leads` says which bytes begin one. */
static int64_t first_word(const uint8_t *data, int64_t begin, int64_t end, const uint8_t *leads, const uint8_t *signs,
                          int64_t count) {
    for (int64_t sign = 0; sign < count && begin < end && leads[data[begin]];) {
        uint32_t code;
        const int64_t size = decoded(signs + sign, count - sign, &code);
        const int same = size <= end - begin && !memcmp(data + begin, signs + sign, (size_t)size);
        begin += same ? size : 0;
        sign = same ? 0 : sign + size;
    }
    return begin;
}

/* What some bytes begin with. */
static uint32_t two_of(uint64_t bytes) { return (uint32_t)(bytes >> 48); }
static uint32_t bucket_of(uint64_t bytes) { return (uint32_t)(bytes >> 32) * UINT32_C(0x9E3779B1) >> (32 - BUCKETS); }

/* Whether a key may begin with the first four of some bytes. */
static int may_begin(const uint8_t *begins, uint64_t bytes) {
    const uint32_t bucket = bucket_of(bytes);
    return begins[bucket >> 3] >> (bucket & 7) & 1;
}

static void sort(int64_t *values, int64_t count) {
    for (int64_t at = 1; at < count; at++) {
        const int64_t value = values[at];
        int64_t to = at;
        for (; to > 0 && values[to - 1] > value; to--) values[to] = values[to - 1];
        values[to] = value;
    }
}

/* See gates.Index. Stretch `i` is data[begin[i]] up to data[end[i]], in order of their beginnings, and eight more bytes
   stand behind the last; `ends` (sorted) are places where a line may end inside of stretches.
   `anchored` keys stand at the beginning, or at the first word behind `signs`, `inner` keys anywhere. `begins` has a
   table for lines of up to each of `limits` characters, and one for longer ones: a bit of it is set for the first four
   bytes of each inner key that matters there. `met` and `done` are zeros, `found` has room for all patterns.
   Writes pairs of a stretch and a pattern, sorted, as far as there is `room`; returns how many there are. */
EXPORT int64_t cp_candidates(const Key *anchored, const int32_t *anchored_first, const int64_t *anchored_owners,
                             const Key *inner, const int32_t *inner_first, const int64_t *inner_owners,
                             const Need *needs, const uint8_t *begins, const int64_t *limits, int64_t limits_count,
                             const uint8_t *signs, int64_t signs_count, const uint8_t *data, const int64_t *begin,
                             const int64_t *end, const int64_t *length, int64_t stretches, const int64_t *ends,
                             int64_t ends_count, int64_t *met, int64_t *done, int64_t *found, int64_t *pairs,
                             int64_t room) {
    const Keys start = {anchored, anchored_first, anchored_owners}, inside = {inner, inner_first, inner_owners};
    Search own = {needs, met, done, found, 0, 0, 0, 0};
    int64_t total = 0, next = 0;
    uint8_t leads[256] = {0};
    for (int64_t sign = 0; sign < signs_count; sign++) leads[signs[sign]] = 1;
    for (int64_t stretch = 0; stretch < stretches; stretch++) {
        const int64_t from = begin[stretch], until = end[stretch];
        if (from >= until) continue;
        const int64_t word = first_word(data, from, until, leads, signs, signs_count);
        const uint8_t *table = begins;
        for (int64_t at = 0; at < limits_count && length[stretch] > limits[at]; at++) table += 1 << (BUCKETS - 3);
        own.number = stretch + 1, own.begin = from, own.length = length[stretch], own.count = 0;
        look_up(&own, &start, two_of(eight_at(data + from)), eight_at(data + from), until);
        if (word != from) look_up(&own, &start, two_of(eight_at(data + word)), eight_at(data + word), until);
        for (int64_t block = from; block < until; block += BLOCK) {
            /* A bit for each place where a key may begin: a branch would often be guessed wrong. */
            const int64_t count = until - block < BLOCK ? until - block : BLOCK;
            uint64_t some = 0;
            for (int64_t at = 0; at < count; at++)
                some |= (uint64_t)may_begin(table, eight_at(data + block + at)) << at;
            for (; some; some &= some - 1) {
                const int64_t place = block + lowest(some);
                const uint64_t bytes = eight_at(data + place);
                look_up(&own, &inside, bucket_of(bytes), bytes, place);
            }
        }
        while (next < ends_count && ends[next] <= from) next++;
        for (int64_t at = next; at < ends_count && ends[at] <= until; at++) {
            uint64_t bytes = (uint64_t)END << 56;
            for (int64_t place = ends[at] - 1; place >= from && place > ends[at] - 8; place--) {
                bytes = bytes >> 8 | (uint64_t)data[place] << 56;
                if (may_begin(table, bytes)) look_up(&own, &inside, bucket_of(bytes), bytes, place);
                if (place == from || place == word) look_up(&own, &start, two_of(bytes), bytes, until);
            }
        }
        sort(found, own.count);
        for (int64_t at = 0; at < own.count; at++, total++) {
            if (total < room) pairs[2 * total] = stretch, pairs[2 * total + 1] = found[at];
        }
    }
    return total;
}
