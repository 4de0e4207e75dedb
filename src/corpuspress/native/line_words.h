/* The characters and words of a line. */
#ifndef CORPUSPRESS_LINE_WORDS_H
#define CORPUSPRESS_LINE_WORDS_H

#include <stdbool.h>

#include "stretches.h"

/* Classes of characters, as in cleaning/characters.py. */
enum {
    LOWER = 1, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK,
    TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON, CLASSES
};

#define CODE_POINTS 0x110000
#define PRIME UINT64_C(0x100000001B3)
#define EIGHTS UINT64_C(0xBF58476D1CE4E5B9) /* by this, each eight letters of ASCII */
#define LONGEST 32 /* letters of a word whose places tell in its hash */
#define WORDS 128  /* that are read at once */

static inline int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }
static inline int64_t most(int64_t one, int64_t other) { return one > other ? one : other; }

static inline bool is_letter(uint8_t kind) { return kind >= LOWER && kind <= CASELESS; }

/* What is looked up of characters, and by what the letters of words are multiplied, by their places: those of ASCII,
 * so that eight of them are one number, and others. */
struct alphabet {
    const uint8_t *classes;
    const uint32_t *fold;
    uint64_t ascii[LONGEST], others[LONGEST];
};

static inline struct alphabet alphabet_of(const uint8_t *classes, const uint32_t *fold) {
    struct alphabet alphabet = {classes, fold, {EIGHTS}, {PRIME}};
    for (int place = 1; place < LONGEST; place++) {
        alphabet.ascii[place] = place % 8 ? alphabet.ascii[place - 1] << 8 : alphabet.ascii[place - 8] * EIGHTS;
        alphabet.others[place] = alphabet.others[place - 1] * PRIME;
    }
    return alphabet;
}

/* A line while it is read. */
struct reader {
    const uint8_t *next, *end; /* in the text of all lines: the next character, and the end */
    const struct alphabet *alphabet;
    int64_t left;              /* characters of the line from the one at hand on */
    uint32_t code;             /* the character at hand; 0 and a BREAK at the end of the line */
    uint8_t kind, last, ahead; /* its class, and those of the one before it and the one before that */
};

/* The next character of a text in the UTF-8 of Python, which may hold surrogates. */
static inline uint32_t decoded(struct reader *reader) {
    if (*reader->next < 0x80) return *reader->next++;
    int64_t size = 0;
    const uint32_t code = code_at(reader->next, &size, reader->end - reader->next);
    reader->next += size;
    /* There is a byte for every character that is left, so that nothing reads beyond the end. */
    reader->left = least(reader->left, reader->end - reader->next + 1);
    return code < CODE_POINTS ? code : 0;
}

/* Takes the next character in hand, if one is left. */
static inline void look(struct reader *reader) {
    reader->code = reader->left > 0 ? decoded(reader) : 0;
    reader->kind = reader->left > 0 ? reader->alphabet->classes[reader->code] : BREAK;
}

static inline void advance(struct reader *reader) {
    reader->ahead = reader->last;
    reader->last = reader->kind;
    reader->left--;
    look(reader);
}

/* Takes the first character of a line in hand. */
static inline void begin(struct reader *reader, const uint8_t *text, int64_t length) {
    reader->next = text;
    reader->left = most(least(length, reader->end - reader->next), 0);
    reader->last = reader->ahead = BREAK;
    look(reader);
}

struct word {
    uint64_t key;
    int64_t length;
};

/* What is counted of a line. */
struct counts {
    int64_t seen[CLASSES];    /* characters of each class */
    int64_t capital, shouted; /* words with a capital first, and of two or more capitals alone */
};

/* A run of letters: each counts by its place, from LONGEST on they count alike. */
static inline struct word run_of_letters(struct reader *reader, struct counts *counts) {
    const struct alphabet *alphabet = reader->alphabet;
    const int64_t left = reader->left;
    const bool capital = reader->kind == UPPER;
    uint64_t key = 0;
    int64_t small = 0, large = 0;
    do {
        const uint32_t letter = alphabet->fold[reader->code];
        const uint64_t *powers = letter < 0x80 ? alphabet->ascii : alphabet->others;
        key += letter * powers[least(left - reader->left, LONGEST - 1)];
        small += reader->kind == LOWER;
        large += reader->kind == UPPER;
        advance(reader);
    } while (is_letter(reader->kind));
    const int64_t length = left - reader->left;
    counts->seen[LOWER] += small;
    counts->seen[UPPER] += large;
    counts->seen[CASELESS] += length - small - large;
    counts->capital += capital;
    counts->shouted += large == length && length > 1;
    return (struct word){key, length};
}

/* A character of a script without spaces, with the one that follows where that is one, too. */
static inline struct word pair(struct reader *reader, struct counts *counts) {
    uint64_t key = reader->code * GOLD;
    advance(reader);
    if (reader->kind == DENSE) key += reader->code * PRIME;
    counts->seen[DENSE]++;
    return (struct word){key, 2};
}

/* Words that are whole in a stretch of ASCII, and what stands between them. */
struct stretch {
    const uint8_t *text;
    int64_t size;
    uint64_t letters, capitals, spaces;
};

/* The first words of a text of which `left` characters are left of the line, or more bytes. */
static inline struct stretch stretch_of(const uint8_t *text, int64_t left, const uint8_t *classes) {
    struct stretch found = {text, 0, 0, 0, 0};
    uint64_t others = UINT64_C(1) << (STRETCH - 1);
    for (int at = 0; at < STRETCH; at += 16) {
        const Sixteen signs = sixteen_bytes(text + at);
        found.letters |= gathered(within_range(signs | 0x20, 'a', 'z')) << at;
        found.capitals |= gathered(within_range(signs, 'A', 'Z')) << at;
        found.spaces |= gathered((Sixteen)(signs == ' ')) << at;
        others |= gathered(signs) << at;
    }
    found.size = least(lowest(others), left);
    /* A word at the end may go on. */
    int64_t behind = found.size;
    const uint32_t next = behind < left ? code_at(text, &behind, READ) : 0;
    if (next && next < CODE_POINTS && is_letter(classes[next])) {
        const uint64_t gaps = ~found.letters & below(found.size);
        found.size = gaps ? highest(gaps) + 1 : 0;
    }
    found.letters &= below(found.size);
    found.capitals &= below(found.size);
    found.spaces &= below(found.size);
    return found;
}

/* The hash of a word of fewer than 16 letters; as many bytes can be read. */
static inline uint64_t key_of_few(const uint8_t *text, int64_t length) {
    const uint64_t low = (eight_bytes(text) | EACH * 0x20) & ~UINT64_C(0) >> (64 - 8 * least(length, 8));
    const uint64_t high = (eight_bytes(text + 8) | EACH * 0x20) & below(8 * most(length - 8, 0));
    return (low + high * EIGHTS) * EIGHTS;
}

/* The hash of any word of ASCII. */
static inline uint64_t key_of_many(const uint8_t *text, int64_t length, const uint64_t *powers) {
    uint64_t key = 0;
    for (int64_t at = 0; at < length; at++) key += (text[at] | 0x20) * powers[least(at, LONGEST - 1)];
    return key;
}

static inline int64_t words_of(const struct stretch *stretch, const struct alphabet *alphabet, struct word *words) {
    int64_t count = 0;
    for (uint64_t left = stretch->letters; left; left &= left + (left & -left), count++) {
        const int64_t first = lowest(left), length = lowest(~(left >> first));
        const uint8_t *text = stretch->text + first;
        words[count].key = length < 16 ? key_of_few(text, length) : key_of_many(text, length, alphabet->ascii);
        words[count].length = length;
    }
    return count;
}

static inline void count_stretch(const struct stretch *stretch, const uint8_t *classes, struct counts *counts) {
    const uint64_t letters = stretch->letters, capitals = stretch->capitals;
    const uint64_t firsts = capitals & ~(letters << 1);
    /* One more at the first of some capitals goes on to what stands behind the last of them. */
    const uint64_t ends = (capitals + firsts) & ~capitals & ~(firsts << 1) & ~letters;
    const int64_t large = ones(capitals);
    counts->seen[UPPER] += large;
    counts->seen[LOWER] += ones(letters) - large;
    counts->capital += ones(firsts);
    counts->shouted += ones(ends);
    counts->seen[classes[' ']] += ones(stretch->spaces);
    for (uint64_t left = ~letters & ~stretch->spaces & below(stretch->size); left; left &= left - 1)
        counts->seen[classes[stretch->text[lowest(left)]]]++;
}

/* Reads words as far as all is ASCII, from the character at hand on. Returns how many. */
static inline int64_t words_of_ascii(struct reader *reader, struct counts *counts, struct word *words) {
    uint8_t room[READ];
    const uint8_t *text = readable(reader->next - 1, reader->end, room), *classes = reader->alphabet->classes;
    const struct stretch stretch = stretch_of(text, reader->left, classes);
    if (!stretch.size) return 0;
    count_stretch(&stretch, classes, counts);
    reader->ahead = stretch.size > 1 ? classes[text[stretch.size - 2]] : reader->last;
    reader->last = classes[text[stretch.size - 1]];
    reader->left -= stretch.size;
    reader->next += stretch.size - 1;
    look(reader);
    return words_of(&stretch, reader->alphabet, words);
}

/* The next words. Returns how many, 0 at the end of the line. There is room for WORDS. */
static inline int64_t next_words(struct reader *reader, struct counts *counts, struct word *words) {
    int64_t count = 0;
    while (reader->left > 0 && count < WORDS - STRETCH / 2) {
        const int64_t left = reader->left;
        if (reader->code < 0x80) count += words_of_ascii(reader, counts, words + count);
        if (reader->left < left) continue;
        if (is_letter(reader->kind)) words[count++] = run_of_letters(reader, counts);
        else if (reader->kind == DENSE) words[count++] = pair(reader, counts);
        else counts->seen[reader->kind]++, advance(reader);
    }
    return count;
}

#endif
