/* The characters and words of a line. */
#ifndef CORPUSPRESS_LINE_WORDS_H
#define CORPUSPRESS_LINE_WORDS_H

#include <stdbool.h>

#include "core.h"

/* Classes of characters, as in cleaning/characters.py. */
enum {
    LOWER = 1, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK,
    TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON, CLASSES
};

#define CODE_POINTS 0x110000
#define PRIME UINT64_C(0x100000001B3)
#define GOLD UINT64_C(0x9E3779B97F4A7C15)
#define LONGEST 32 /* letters of a word whose places tell in its hash */

static inline int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }
static inline int64_t most(int64_t one, int64_t other) { return one > other ? one : other; }

/* A line while it is read. */
struct reader {
    const uint8_t *next, *end; /* in the text of all lines: the next character, and the end */
    const uint8_t *classes;
    const uint32_t *fold;
    int64_t left;              /* characters of the line from the one at hand on */
    uint32_t code;             /* the character at hand; 0 and a BREAK at the end of the line */
    uint8_t kind, last, ahead; /* its class, and those of the one before it and the one before that */
};

/* The next character of a text in the UTF-8 of Python, which may hold surrogates. */
static inline uint32_t decoded(struct reader *reader) {
    const uint8_t lead = *reader->next++;
    if (lead < 0x80) return lead;
    uint32_t code = lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
    for (int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3; more > 0 && reader->next < reader->end; more--)
        code = code << 6 | (*reader->next++ & 0x3F);
    /* There is a byte for every character that is left, so that nothing reads beyond the end. */
    reader->left = least(reader->left, reader->end - reader->next + 1);
    return code < CODE_POINTS ? code : 0;
}

/* Takes the next character in hand, if one is left. */
static inline void look(struct reader *reader) {
    reader->code = reader->left > 0 ? decoded(reader) : 0;
    reader->kind = reader->left > 0 ? reader->classes[reader->code] : BREAK;
}

static inline void advance(struct reader *reader) {
    reader->ahead = reader->last;
    reader->last = reader->kind;
    reader->left--;
    look(reader);
}

/* Takes the first character of the next line in hand. */
static inline void begin(struct reader *reader, int64_t length) {
    reader->left = most(least(length, reader->end - reader->next), 0);
    reader->last = reader->ahead = BREAK;
    look(reader);
}

/* Passes over what stands between a line that was read and the next one. */
static inline void end(struct reader *reader) { reader->next += reader->next < reader->end; }

struct word {
    uint64_t key;
    int64_t length;
    bool capital, shouted;
};

static inline bool is_letter(uint8_t kind) { return kind >= LOWER && kind <= CASELESS; }

/* A run of letters: each counts by its place, from LONGEST on they count alike. */
static inline struct word run_of_letters(struct reader *reader, int64_t *seen) {
    const int64_t left = reader->left;
    const bool capital = reader->kind == UPPER;
    uint64_t key = 0, power = PRIME;
    int64_t small = 0, large = 0;
    do {
        key += reader->fold[reader->code] * power;
        if (left - reader->left < LONGEST - 1) power *= PRIME;
        small += reader->kind == LOWER;
        large += reader->kind == UPPER;
        advance(reader);
    } while (is_letter(reader->kind));
    const int64_t length = left - reader->left;
    seen[LOWER] += small;
    seen[UPPER] += large;
    seen[CASELESS] += length - small - large;
    return (struct word){key, length, capital, large == length && length > 1};
}

/* A character of a script without spaces, with the one that follows where that is one, too. */
static inline struct word pair(struct reader *reader, int64_t *seen) {
    uint64_t key = reader->code * GOLD;
    advance(reader);
    if (reader->kind == DENSE) key += reader->code * PRIME;
    seen[DENSE]++;
    return (struct word){key, 2, false, false};
}

/* The next word, if there is one; counts the characters of each class on the way. */
static inline bool next_word(struct reader *reader, int64_t *seen, struct word *word) {
    for (; reader->left > 0; advance(reader)) {
        if (is_letter(reader->kind)) return *word = run_of_letters(reader, seen), true;
        if (reader->kind == DENSE) return *word = pair(reader, seen), true;
        seen[reader->kind]++;
    }
    return false;
}

#endif
