/* What lines look like, in whole numbers. Documents are read one by one; what is held is that of one document. */
#include <stdlib.h>

#include "line_words.h"

#define MARKS 16 /* what is told of the rules that hit a line: COMMENTS, RELATED, ..., OPENS last */
#define NO_MEMORY (-1)

static inline int64_t within(int64_t value, int64_t bound) { return most(-bound, least(value, bound)); }

/* What may be divided by. */
static inline int64_t some(int64_t value) { return most(value, 1); }

/* The quotient by a number above 0, rounded down, also below 0. */
static inline int64_t floored(int64_t value, int64_t by) { return value / by - (value % by < 0); }

static inline int64_t share(int64_t part, int64_t whole) { return 100 * part / some(whole); }

/* See characters.word_keys. The texts are in UTF-8, where each begins and its characters as in Utf8. Returns how many
 * have a word, up to the first that has none. */
EXPORT int64_t cp_word_keys(const uint8_t *text, int64_t size, const int64_t *begins, const int64_t *lengths,
                            int64_t texts, const uint8_t *classes, const uint32_t *fold, uint64_t *keys) {
    const struct alphabet alphabet = alphabet_of(classes, fold);
    struct reader reader = {.end = text + size, .alphabet = &alphabet};
    for (int64_t at = 0; at < texts; at++) {
        struct counts counts = {0};
        struct word words[WORDS], rest[WORDS];
        begin(&reader, text + begins[at], lengths[at]);
        if (!next_words(&reader, &counts, words)) return at;
        while (next_words(&reader, &counts, rest)) continue;
        keys[at] = words[0].key;
    }
    return texts;
}

/* ---- tallies ----------------------------------------------------------------------------------- */

struct entry {
    uint64_t key;
    uint32_t times;       /* of a word: in lines of prose; of a line: all */
    uint8_t titles, stop; /* of a word: in the first line, 2 for more; whether it is a function word */
    int8_t weight, tone;
};

/* Different keys, numbered as they come, from 1 on; `slots` lead from their hash to their number. */
struct tally {
    struct entry *entries;
    uint32_t *slots;
    int64_t count;
    int bits, room; /* 2**bits slots are in use, a quarter as many entries at most; there is memory for 2**room slots */
};

#define FEW 13 /* bits of the slots at first: no more are needed for most documents */

/* Where the number of a key is, or 0 for it to be put. */
static inline uint32_t *slot_of(const struct tally *tally, uint64_t key) {
    const uint64_t last = (UINT64_C(1) << tally->bits) - 1;
    uint64_t at = key * GOLD >> (64 - tally->bits);
    tally->entries[0].key = key; /* an empty slot ends the search as well */
    while (tally->entries[tally->slots[at]].key != key) at = (at + 1) & last;
    return tally->slots + at;
}

/* Makes slots for the entries there are. */
static bool laid_out(struct tally *tally, int bits) {
    if (bits > 31) return false;
    if (bits > tally->room) {
        struct entry *entries = realloc(tally->entries, sizeof *entries * ((UINT64_C(1) << (bits - 2)) + 2));
        if (entries) tally->entries = entries;
        uint32_t *slots = realloc(tally->slots, sizeof *slots << bits);
        if (slots) tally->slots = slots;
        if (!entries || !slots) return false;
        tally->room = bits;
    }
    tally->bits = bits;
    memset(tally->slots, 0, sizeof *tally->slots << bits);
    for (int64_t at = 1; at <= tally->count; at++) *slot_of(tally, tally->entries[at].key) = (uint32_t)at;
    return true;
}

static bool emptied(struct tally *tally) {
    tally->count = 0;
    return laid_out(tally, FEW);
}

/* Makes room for so many keys more, false without memory. */
static inline bool has_room(struct tally *tally, int64_t more) {
    while (4 * (tally->count + more) > INT64_C(1) << tally->bits)
        if (!laid_out(tally, tally->bits + 1)) return false;
    return true;
}

/* The number of a key. There is room. */
static inline uint32_t number_of(struct tally *tally, uint64_t key) {
    /* Whether a word is new is anyone's guess, so that the processor is not to guess. */
    uint32_t *slot = slot_of(tally, key);
    const bool is_new = !*slot;
    tally->entries[tally->count + 1] = (struct entry){.key = key};
    tally->count += is_new;
    *slot += (uint32_t)tally->count & -(uint32_t)is_new;
    return *slot;
}

/* ---- documents --------------------------------------------------------------------------------- */

/* What is summed over lines. A flag is 1 or 0; of those up to FLAGS it is asked where the nearest line that has it is,
 * and of those up to RUNS how many lines in a row have it, or have it not. */
enum {
    PROSE, TINY, RUNS,                                    /* reads like sentences; has hardly a word */
    CUE = RUNS, COMMENTS, RELATED, OPENS, REFRAIN, FLAGS, /* a rule hits it, or one of these; it comes back */
    DATED = FLAGS, LONG,                                  /* short, with a digit; long enough for a tone */
    TONE, SMALL,                                          /* that of its words; words without a capital */
    WORTH, MASS,                                          /* up to 1,000: of any line, and of prose alone */
    STOPS, ALL_WORDS, ALL_LETTERS, ALL_CASELESS, ALL_DENSE, AMOUNTS
};

struct line {
    const uint8_t *marks;
    uint64_t key;          /* of all its words */
    int64_t words_until;   /* the end of its words in those of the document */
    struct counts counts;
    int64_t length, letters, worth, opening, ending;
    int64_t keys, words, spaced; /* all words; as people count; those of scripts with spaces */
    int64_t longest, lexis, lexis_low, tone;
    int64_t often, core, rich, core_rich, titled, twins;
    int64_t capital_share, stop_share, core_share;
    int64_t amount[AMOUNTS], above[AMOUNTS]; /* of the line, and of all lines above it in the document */
    int64_t first[RUNS], last[RUNS];         /* lines of the run of equal flags around it */
    int8_t since[FLAGS], until[FLAGS];       /* lines up and down to the nearest one with a flag */
};

/* Known words: see characters.Tables. There are 2**bits rows. */
struct tables {
    const uint64_t (*words)[2];
    int bits;
};

/* A document, and room for the next ones. `lines` has one more, for the sums over all. `words` has twice the number
 * of each word in `tally`, plus 1 for a rich one, which has five letters. */
struct document {
    struct line *lines;
    int64_t count, room;
    uint32_t *words;
    int64_t words_count, words_room;
    struct tally tally;
};

/* Looks up what is known of the words of a document. */
static void look_up(struct tally *tally, const struct tables *tables) {
    for (struct entry *entry = tally->entries + 1; entry <= tally->entries + tally->count; entry++) {
        const uint64_t hash = entry->key * GOLD;
        const uint64_t *row = tables->words[hash >> (64 - tables->bits)];
        const uint64_t *other = tables->words[hash << tables->bits >> (64 - tables->bits)];
        /* Without branches, as nobody can foresee which words are known. */
        const uint64_t in_row = -(uint64_t)(row[0] == entry->key), in_other = -(uint64_t)(other[0] == entry->key);
        const uint64_t known = (row[1] & in_row) | (other[1] & in_other);
        entry->weight = (int8_t)(known & 0xFF);
        entry->tone = (int8_t)(known >> 8 & 0xFF);
        entry->stop = (uint8_t)(known >> 16);
    }
}

/* Makes room for so many words more, false without memory. */
static bool has_words(struct document *document, int64_t more) {
    if (document->words_room - document->words_count < more) {
        const int64_t room = most(2 * document->words_room, 1024);
        uint32_t *words = realloc(document->words, sizeof *words * (size_t)room);
        if (!words) return false;
        document->words = words;
        document->words_room = room;
    }
    return has_room(&document->tally, more);
}

/* Counts the characters and words of a line; false without memory. */
static bool read_line(struct document *document, struct line *line, const uint8_t *text, struct reader reader) {
    struct word words[WORDS];
    begin(&reader, text, line->length);
    line->opening = line->length ? reader.kind : 0;
    for (int64_t count; (count = next_words(&reader, &line->counts, words)) > 0; line->keys += count) {
        if (!has_words(document, count)) return false;
        for (int64_t at = 0; at < count; at++) {
            const struct word word = words[at];
            document->words[document->words_count++] =
                number_of(&document->tally, word.key) << 1 | (word.length >= 5);
            line->key += word.key * (word.key >> 7);
            line->longest = most(line->longest, word.length);
        }
    }
    /* A full stop; one before a closing quote or bracket; else the class of the last character plus 2. */
    const bool closed = (reader.last == QUOTE || reader.last == BRACKET) && reader.ahead == TERMINAL;
    line->ending = reader.last == TERMINAL ? 1 : closed ? 2 : reader.last + 2;
    line->words_until = document->words_count;
    return true;
}

static bool is_prose(const struct line *line) {
    if (line->ending <= 2 && line->worth >= 70 && line->words >= 8) return true;
    return line->worth >= 160 && line->words >= 16 && line->counts.seen[SEPARATOR] * 8 < line->words;
}

/* What follows from the characters of a line and the number of its words. */
static void measure(struct line *line) {
    const int64_t *seen = line->counts.seen;
    line->letters = seen[LOWER] + seen[UPPER] + seen[CASELESS];
    line->worth = line->letters + seen[DENSE] * 5 / 2 + seen[DIGIT] + seen[SPACE];
    line->spaced = line->keys - seen[DENSE];
    line->words = line->spaced + seen[DENSE] / 2;
    line->amount[PROSE] = is_prose(line);
}

/* What follows from the sums over the words of a line. */
static void weigh(struct line *line) {
    const int64_t *seen = line->counts.seen;
    int64_t *amount = line->amount;
    line->capital_share = share(line->counts.capital, line->spaced);
    line->stop_share = share(amount[STOPS], line->words);
    line->core_share = share(line->core, line->keys);
    amount[TINY] = line->words <= 4 && !amount[PROSE];
    amount[DATED] = seen[DIGIT] > 0 && line->words <= 8 && !amount[PROSE];
    amount[LONG] = line->worth > 60;
    amount[TONE] = amount[LONG] ? floored(10 * line->tone, some(line->words)) : 0;
    amount[SMALL] = line->spaced - line->counts.capital;
    amount[WORTH] = least(line->worth, 1000);
    amount[MASS] = amount[PROSE] ? amount[WORTH] : 0;
    amount[ALL_WORDS] = line->words;
    amount[ALL_LETTERS] = line->letters + seen[DENSE];
    amount[ALL_CASELESS] = seen[CASELESS];
    amount[ALL_DENSE] = seen[DENSE];
    for (int mark = 0; mark < MARKS; mark++) amount[CUE] |= line->marks[mark];
    amount[COMMENTS] = line->marks[0];
    amount[RELATED] = line->marks[1];
    amount[OPENS] = line->marks[MARKS - 1];
}

/* Counts the words of the last line that was read where they are compared with those of others. */
static void count_words(struct document *document, int64_t from, bool is_prose, bool is_title) {
    if (!is_prose && !is_title) return;
    for (int64_t word = from; word < document->words_count; word++) {
        struct entry *entry = document->tally.entries + (document->words[word] >> 1);
        entry->times += is_prose;
        entry->titles += is_title && entry->titles < 2;
    }
}

/* What the words of a line say, and which it has in common with prose, and with the first line; itself apart. */
static void sum_up(const struct document *document, struct line *line, int64_t from) {
    const uint32_t own = line->amount[PROSE] != 0, own_title = line == document->lines;
    const struct entry *entries = document->tally.entries;
    int64_t lexis = 0, lexis_low = 0, tone = 0, stops = 0, core = 0, often = 0, rich = 0, core_rich = 0, titled = 0;
    for (int64_t word = from; word < line->words_until; word++) {
        const struct entry *entry = entries + (document->words[word] >> 1);
        const bool is_rich = document->words[word] & 1, is_core = entry->times > own;
        stops += entry->stop;
        lexis += entry->weight;
        lexis_low = least(lexis_low, entry->weight);
        tone += entry->tone;
        core += is_core;
        often += least(entry->times - own, 9);
        rich += is_rich;
        core_rich += is_core & is_rich;
        titled += entry->titles > own_title;
    }
    line->amount[STOPS] = stops;
    line->lexis = lexis, line->lexis_low = lexis_low, line->tone = tone;
    line->core = core, line->often = often, line->rich = rich, line->core_rich = core_rich, line->titled = titled;
}

/* How often each line stands in the document; false without memory. */
static bool compare_lines(struct document *document) {
    struct tally *tally = &document->tally;
    struct line *lines = document->lines;
    if (!emptied(tally)) return false;
    for (int64_t at = 0; at < document->count; at++) {
        if (!has_room(tally, 1)) return false;
        lines[at].twins = number_of(tally, lines[at].key);
        tally->entries[lines[at].twins].times++;
    }
    for (int64_t at = 0; at < document->count; at++) {
        lines[at].twins = lines[at].keys ? tally->entries[lines[at].twins].times : 0;
        /* Buttons and labels come back with every comment, every teaser; what stands between them is no article. */
        lines[at].amount[REFRAIN] = lines[at].twins >= 3 && lines[at].worth < 60;
    }
    return true;
}

#define NONE 99

/* Lines to the nearest one with a flag, from that line of which this is the next and from which it is so far. */
static int8_t one_farther(bool flag, int8_t far) { return flag ? 1 : far < NONE - 1 ? far + 1 : far; }

/* Sums, distances and runs: what a line has to do with the lines above and below. */
static void relate(struct line *lines, int64_t count) {
    for (int64_t at = 0; at < count; at++) {
        struct line *line = lines + at, *above = at ? line - 1 : NULL;
        for (int what = 0; what < AMOUNTS; what++) line[1].above[what] = line->above[what] + line->amount[what];
        for (int flag = 0; flag < FLAGS; flag++)
            line->since[flag] = above ? one_farther(above->amount[flag], above->since[flag]) : NONE;
        for (int flag = 0; flag < RUNS; flag++)
            line->first[flag] = above && above->amount[flag] == line->amount[flag] ? above->first[flag] : at;
    }
    for (int64_t at = count - 1; at >= 0; at--) {
        struct line *line = lines + at, *below = at < count - 1 ? line + 1 : NULL;
        for (int flag = 0; flag < FLAGS; flag++)
            line->until[flag] = below ? one_farther(below->amount[flag], below->until[flag]) : NONE;
        for (int flag = 0; flag < RUNS; flag++)
            line->last[flag] = below && below->amount[flag] == line->amount[flag] ? below->last[flag] : at;
    }
}

/* The lines of the run of flags around a line; below 0 for a flag that PROSE has, or TINY has not. */
static inline int64_t run_of(const struct line *line, int flag) {
    const int64_t size = line->last[flag] - line->first[flag] + 1;
    return line->amount[flag] == (flag == PROSE) ? -size : size;
}

struct block {
    int64_t first, last;
};

/* The lines of the largest sum, where prose counts for them and all else against them; of equal ones those that end
 * first, and of these those that begin first. */
static struct block block_of(const struct line *lines, int64_t count) {
    struct block found = {0, 0};
    int64_t sum = 0, lowest = 0, highest = INT64_MIN, first = 0;
    for (int64_t at = 0; at < count; at++) {
        if (sum < lowest) lowest = sum, first = at;
        sum += lines[at].amount[PROSE] ? least(lines[at].worth, 400) : -40;
        if (sum - lowest > highest) highest = sum - lowest, found = (struct block){first, at};
    }
    return found;
}

/* ---- columns ----------------------------------------------------------------------------------- */

#define COLUMN(name, value) name "\n"
static const char NAMES[] =
#include "line_columns.h"
    ;
#undef COLUMN

#define COLUMN(name, value) +1
enum { COLUMNS = 0
#include "line_columns.h"
};
#undef COLUMN

/* The names of the columns in their order, each with a line feed. Returns their bytes, and gives those there is room
 * for. */
EXPORT int64_t cp_line_column_names(uint8_t *names, int64_t room) {
    const int64_t size = sizeof NAMES - 1;
    memcpy(names, NAMES, (size_t)least(size, room));
    return size;
}

static inline int64_t around(const struct line *lines, int64_t count, int64_t at, int what, int64_t before,
                           int64_t after) {
    const int64_t low = most(at - before, 0), stop = most(least(at + after, count - 1) + 1, low);
    return lines[stop].above[what] - lines[low].above[what];
}

/* Characters of a line that are neither letters nor digits nor white space. */
static inline int64_t marks_of(const struct line *line) {
    const int64_t *seen = line->counts.seen;
    return line->length - line->letters - seen[DENSE] - seen[DIGIT] - seen[SPACE];
}

#define SEEN(class) line->counts.seen[class]
#define NEAR(what, before, after) around(lines, count, at, what, before, after)
#define BESIDE(field, offset, outside) (at + (offset) >= 0 && at + (offset) < count ? line[offset].field : (outside))

/* The columns of all lines of a document, as the nearest whole numbers of 16 bits. */
static void fill(const struct line *lines, int64_t count, int16_t *matrix) {
    const int64_t *total = lines[count].above;
    const struct block block = block_of(lines, count);
    for (int64_t at = 0; at < count; at++) {
        const struct line *line = lines + at;
#define COLUMN(name, value) *matrix++ = (int16_t)most(INT16_MIN, least(value, INT16_MAX));
#include "line_columns.h"
#undef COLUMN
    }
}

/* Makes room for a document of so many lines; false without memory. */
static bool opened(struct document *document, int64_t count) {
    if (count > document->room) {
        struct line *lines = realloc(document->lines, sizeof *lines * (size_t)(count + 1));
        if (!lines) return false;
        document->lines = lines;
        document->room = count;
    }
    document->lines[count] = (struct line){0};
    document->count = count;
    document->words_count = 0;
    return emptied(&document->tally);
}

/* Reads the next document, of so many lines; false without memory. */
static bool read_document(struct document *document, int64_t count, const uint8_t *text, struct reader reader,
                          const struct tables *tables, const int64_t *begins, const int64_t *lengths,
                          const uint8_t *marks) {
    if (!opened(document, count)) return false;
    for (int64_t at = 0; at < count; at++) {
        struct line *line = document->lines + at;
        *line = (struct line){.length = lengths[at], .marks = marks + at * MARKS};
        const int64_t from = document->words_count;
        if (!read_line(document, line, text + begins[at], reader)) return false;
        measure(line);
        count_words(document, from, line->amount[PROSE], at == 0);
    }
    look_up(&document->tally, tables);
    for (int64_t at = 0; at < count; at++) {
        struct line *line = document->lines + at;
        sum_up(document, line, at ? line[-1].words_until : 0);
        weigh(line);
    }
    if (!compare_lines(document)) return false;
    relate(document->lines, count);
    return true;
}

/* See line_features.columns. The texts of the lines are in UTF-8, where each begins and its characters as in Utf8;
 * `documents` tell the lines of each from those of the next; `marks` has a row of MARKS a line, `matrix` one of
 * COLUMNS. Returns the number of lines, or NO_MEMORY. */
EXPORT int64_t cp_line_columns(const uint8_t *text, int64_t size, const int64_t *begins, const int64_t *lengths,
                               const int64_t *documents, int64_t lines, const uint8_t *marks,
                               const uint8_t *classes, const uint32_t *fold, const uint64_t *known,
                               int64_t known_count, int16_t *matrix, uint8_t *prose, int64_t *worth, int64_t *words) {
    const struct tables tables = {(const uint64_t (*)[2])known, (int)lowest((uint64_t)known_count)};
    const struct alphabet alphabet = alphabet_of(classes, fold);
    const struct reader reader = {.end = text + size, .alphabet = &alphabet};
    struct document document = {0};
    int64_t done = 0;
    for (int64_t stop = 1; done >= 0 && done < lines; stop++) {
        if (stop < lines && documents[stop] == documents[done]) continue;
        const bool fine = read_document(&document, stop - done, text, reader, &tables, begins + done, lengths + done,
                                        marks + done * MARKS);
        for (int64_t at = done; fine && at < stop; at++) {
            const struct line *line = document.lines + (at - done);
            prose[at] = line->amount[PROSE] != 0;
            worth[at] = line->worth;
            words[at] = line->words;
        }
        if (fine) fill(document.lines, document.count, matrix + done * COLUMNS);
        done = fine ? stop : NO_MEMORY;
    }
    free(document.lines);
    free(document.words);
    free(document.tally.entries);
    free(document.tally.slots);
    return done;
}
