#include "core.h"

/* What a character may be, as bits; in the order of signs.py. */
enum {
    SPACE = 1 << 0,    /* white space */
    STOP = 1 << 1,     /* ends a sentence before white space */
    CLOSING = 1 << 2,  /* may stand between the two */
    FULL = 1 << 3,     /* ends a sentence, white space or not */
    SHUT = 1 << 4,     /* may stand behind it */
    MARK = 1 << 5,     /* parts links, behind white space */
    OPENING = 1 << 6,  /* may stand before the first word of a sentence */
    SMALL = 1 << 7,    /* lower case */
    UPPER = 1 << 8,    /* upper case */
    LETTER = 1 << 9,   /* part of a word, and no digit */
    SIGN = 1 << 10,    /* letter or figure */
    CAPITAL = 1 << 11, /* upper case or digit */
    COMMA = 1 << 12,   /* ends a run of capitalised words */
    CASED = 1 << 13,   /* has two cases */
    BEFORE = 1 << 14,  /* stands before an abbreviation without being part of it */
    DOT = 1 << 15,     /* ends an abbreviation */
    LEADING = 1 << 16  /* a mark that a piece loses in front */
};

/* Whether what ends at `end` is an initial or the like: "J. ", "Mr. ", "(Sept. ". One looks back eight characters. */
static int is_short(const uint32_t *kinds, int64_t end) {
    const int64_t least = end > 8 ? end - 8 : 0;
    int64_t dot = end - 1;
    while (dot >= least && kinds[dot] & SPACE) dot--;
    if (dot < least || !(kinds[dot] & DOT)) return 0;
    int64_t first = dot;
    while (first > least && kinds[first - 1] & LETTER) first--;
    if (first == dot || dot - first > 4 || !(kinds[first] & UPPER)) return 0;
    return first == least || kinds[first - 1] & (BEFORE | DOT);
}

/* Whether a sentence that ends somewhere may end at `at`: it goes on with no small letter. */
static int is_end(const uint32_t *kinds, int64_t count, int64_t at) {
    int64_t next = at;
    while (next < count && next < at + 4 && kinds[next] & OPENING) next++;
    return !(next < count && next < at + 4 && kinds[next] & SMALL) && !is_short(kinds, at);
}

/* Writes where the sentences of a text end, its own end left out; returns how many there are. */
EXPORT int64_t cp_sentence_ends(const uint32_t *kinds, int64_t count, int64_t *ends) {
    int64_t found = 0;
    int stopped = 0, full = 0, shut = 0; /* what stands before `at`, white space apart */
    for (int64_t at = 0; at < count; at++) {
        const uint32_t kind = kinds[at], before = at ? kinds[at - 1] : 0;
        const int spaced = (before & SPACE) != 0;
        int ends_here = (kind & MARK) && spaced;
        if (!(kind & SPACE)) {
            ends_here |= stopped && spaced;
            ends_here |= full && (spaced || !(kind & (FULL | SHUT)) || (shut && kind & FULL));
        }
        if (ends_here && at && is_end(kinds, count, at)) ends[found++] = at;
        if (kind & SPACE) continue;
        stopped = kind & STOP || (stopped && !spaced && kind & CLOSING);
        full = kind & FULL || (full && !spaced && kind & SHUT);
        shut = full && !(kind & FULL);
    }
    return found;
}

/* See signs.Words. Writes where the words of a text begin and end, which begin with a capital or a figure, signs
   apart, and which end with a comma or the like; returns how many there are. */
EXPORT int64_t cp_words(const uint32_t *kinds, int64_t count, int64_t *begin, int64_t *end, uint8_t *capital,
                        uint8_t *parts) {
    int64_t found = 0;
    for (int64_t at = 0; at < count;) {
        uint32_t first = 0;
        const int64_t from = at;
        for (; at < count && !(kinds[at] & SPACE); at++) first = first & SIGN ? first : kinds[at];
        if (at > from) {
            begin[found] = from, end[found] = at;
            capital[found] = (first & SIGN) && (first & CAPITAL);
            parts[found] = (kinds[at - 1] & COMMA) != 0;
            found++;
        }
        at++;
    }
    return found;
}

/* Takes white space off both sides of stretches of a text, and marks off their beginnings. */
EXPORT int64_t cp_bare(const uint32_t *kinds, int64_t *begin, int64_t *end, int64_t stretches) {
    for (int64_t stretch = 0; stretch < stretches; stretch++) {
        int64_t from = begin[stretch], until = end[stretch];
        while (until > from && kinds[until - 1] & SPACE) until--;
        while (from < until && kinds[from] & SPACE) from++;
        while (from < until && kinds[from] & LEADING) from++;
        while (from < until && kinds[from] & SPACE) from++;
        begin[stretch] = from, end[stretch] = until;
    }
    return stretches;
}

/* Says which stretches of a text are no sentences: not ended like one, and mostly words with capitals or no letters
   that have two cases. */
EXPORT int64_t cp_no_sentences(const uint32_t *kinds, const int64_t *begin, const int64_t *end, int64_t stretches,
                               uint8_t *flags) {
    for (int64_t stretch = 0; stretch < stretches; stretch++) {
        const int64_t from = begin[stretch];
        int64_t last = end[stretch] - 1, words = 0, capitals = 0;
        uint32_t first = SIGN, all = 0; /* of each word the first letter or figure, of a space both */
        while (last >= from && kinds[last] & (CLOSING | SHUT)) last--;
        const int ended = last >= from && kinds[last] & (STOP | FULL);
        for (int64_t at = from; at < end[stretch]; at++) {
            const uint32_t kind = kinds[at];
            const int opens = at == from || kinds[at - 1] & SPACE;
            all |= kind;
            if (kind & SPACE) continue;
            words += opens;
            if (opens) first = 0;
            if (!(first & SIGN) && kind & SIGN) {
                first = kind;
                capitals += (kind & CAPITAL) != 0;
            }
        }
        flags[stretch] = !ended && (2 * capitals > words || !(all & CASED));
    }
    return stretches;
}
