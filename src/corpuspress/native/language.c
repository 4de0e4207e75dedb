#include "core.h"

/* As in language_model.py, which says what they mean. */
enum { ID_BITS = 12, ROW_BITS = 17, SPACE = 2, CODE_POINTS = 1 << 17, SLOTS = 1 << 17, COLUMNS = 56, BLOCK = 29 };
enum { ID = (1 << ID_BITS) - 1, OTHER = 1 << 12, LATIN = 1 << 13, UPPER = 1 << 14, CAPITAL = 1 << 15 };

VECTOR(uint16_t, 16) Eight;

typedef struct {
    const uint16_t *characters;
    const int32_t *unigram_rows;
    const uint32_t *displacements;
    const uint64_t *entries;
    uint64_t multiplier;
} Model;

/* A text on its way through the model: what is left of it, the last two characters, and what was counted. */
typedef struct {
    const uint32_t *codes;
    int64_t count, at;
    int foreign;
    uint32_t before, last;
    int64_t upper, letters, candidates[3];
} Text;

static uint32_t class_of(const Model *model, uint32_t code) {
    return model->characters[code < CODE_POINTS ? code : CODE_POINTS - 1];
}

/* A text at its start. Of one that is mainly in another script, langdetect leaves out the Latin letters. */
static Text opened(const Model *model, const uint32_t *codes, int64_t count) {
    const uint32_t space = class_of(model, ' ');
    int64_t latin = 0, other = 0;
    for (int64_t at = 0; at < count; at++) {
        const uint32_t class = class_of(model, codes[at]);
        latin += (class & LATIN) > 0;
        other += (class & OTHER) > 0;
    }
    return (Text){.codes = codes, .count = count, .foreign = latin * 2 < other, .before = space, .last = space};
}

/* The row of an n-gram of two or three characters, 0 where the model does not know it. */
static int32_t row_of(const Model *model, uint64_t key) {
    const uint64_t mixed = key * model->multiplier;
    const uint64_t slot = ((mixed >> 20) + model->displacements[mixed >> 50]) & (SLOTS - 1);
    const uint64_t entry = model->entries[slot];
    return entry >> ROW_BITS == key ? (int32_t)(entry & ((1 << ROW_BITS) - 1)) : 0;
}

/* The rows of the n-grams of one, two and three characters that end at this character, 0 where there is none.
   An n-gram spans no space; a capital after a capital ends none (langdetect skips acronyms). */
static void read_one(const Model *model, Text *text, uint32_t class, int32_t *rows) {
    const int ends = !(class & text->last & CAPITAL);
    const int letter = ends && (class & ID) != SPACE, after_letter = ends && (text->last & ID) != SPACE;
    const uint64_t pair = (uint64_t)(text->last & ID) << ID_BITS | (class & ID);
    rows[0] = letter ? model->unigram_rows[class & ID] : 0;
    rows[1] = letter || after_letter ? row_of(model, pair) : 0;
    rows[2] = after_letter ? row_of(model, (uint64_t)(text->before & ID) << (2 * ID_BITS) | pair) : 0;
    text->candidates[0] += letter;
    text->candidates[1] += letter || after_letter;
    text->candidates[2] += after_letter;
    text->upper += (class & UPPER) > 0;
    text->letters += (class & ID) > SPACE;
    text->before = text->last;
    text->last = class;
}

/* The rows of the next characters, three for each of at most BLOCK; how many rows, 0 at the end. A space ends a text. */
static int read_block(const Model *model, Text *text, int32_t *rows) {
    int found = 0;
    for (; text->at <= text->count && found < 3 * BLOCK; text->at++) {
        const uint32_t class = class_of(model, text->at < text->count ? text->codes[text->at] : ' ');
        if (text->foreign && class & LATIN) continue;
        read_one(model, text, class, rows + found);
        found += 3;
    }
    return found;
}

/* See language_model.score: `weights` has COLUMNS for each row, the results `languages` for each text. Text `i` is
   codes[starts[i]] up to codes[starts[i + 1]]. */
EXPORT int64_t cp_language_scores(
    const uint32_t *codes, const int64_t *starts, int64_t texts, const uint16_t *characters,
    const int32_t *unigram_rows, int64_t multiplier, const uint32_t *displacements, const uint64_t *entries,
    const uint16_t *weights, int64_t languages, int64_t *sums, int64_t *own, int64_t *found, int64_t *candidates,
    int64_t *capitals
) {
    const Model model = {characters, unigram_rows, displacements, entries, (uint64_t)multiplier};
    if (languages > COLUMNS) return -1;
    for (int64_t at = 0; at < texts; at++) {
        Text text = opened(&model, codes + starts[at], starts[at + 1] - starts[at]);
        int64_t whole[3][COLUMNS] = {{0}}, known = 0, best = 0, *const sum = sums + at * languages;
        int32_t rows[3 * BLOCK];
        for (int count; (count = read_block(&model, &text, rows)) > 0;) {
            /* Of so few characters, the sums stay below 1 << 16: eight of them are one addition. */
            for (int place = 0; place < count; place++) known += rows[place] > 0;
            for (int size = 0; size < 3; size++) {
                Eight sums[COLUMNS / 8] = {{0}};
                for (int place = size; place < count; place += 3) {
                    const Eight *row = (const Eight *)(weights + (int64_t)rows[place] * COLUMNS);
                    for (int k = 0; k < COLUMNS / 8; k++) sums[k] += row[k];
                }
                uint16_t part[COLUMNS];
                memcpy(part, sums, sizeof part);
                for (int column = 0; column < COLUMNS; column++) whole[size][column] += part[column];
            }
        }
        for (int64_t language = 0; language < languages; language++) {
            sum[language] = whole[0][language] + whole[1][language] + whole[2][language];
            if (sum[language] > sum[best]) best = language;
        }
        for (int size = 0; size < 3; size++) {
            own[at * 3 + size] = whole[size][best];
            candidates[at * 3 + size] = text.candidates[size];
        }
        found[at] = known;
        capitals[at] = text.upper * 6 > text.letters * 5;
    }
    return texts;
}

/* See language_model.rows_in_order: the rows of one text, three for each character and for the space behind it, as
   far as the model knows them; how many they are. */
EXPORT int64_t cp_language_rows(
    const uint32_t *codes, int64_t count, const uint16_t *characters, const int32_t *unigram_rows, int64_t multiplier,
    const uint32_t *displacements, const uint64_t *entries, int64_t *known
) {
    const Model model = {characters, unigram_rows, displacements, entries, (uint64_t)multiplier};
    Text text = opened(&model, codes, count);
    int64_t found = 0;
    int32_t rows[3 * BLOCK];
    for (int size; (size = read_block(&model, &text, rows)) > 0;)
        for (int place = 0; place < size; place++)
            if (rows[place]) known[found++] = rows[place];
    return found;
}

/* How many bytes the first characters of a text take, so many or all. */
static int64_t bytes_of(const uint8_t *text, int64_t size, int64_t characters) {
    int64_t at = 0;
    for (; size - at >= 16 && characters >= 16; at += 16) characters -= characters_in(text + at, 16);
    for (; at < size && (characters || goes_on(text[at])); at++) characters -= !goes_on(text[at]);
    return at;
}

/* See language.excerpts: puts them into `excerpts` one behind the other, each with its end, and the characters of each
 * text into `lengths`; returns how many bytes they are. Text `i` is data[starts[i]] up to data[starts[i + 1]], in
 * UTF-8. There is room for all texts, and a space for each window, of which there are two or more. */
EXPORT int64_t cp_excerpts(
    const uint8_t *data, const int64_t *starts, int64_t texts, int64_t windows, int64_t width, int64_t longest,
    uint8_t *excerpts, int64_t *ends, int64_t *lengths
) {
    int64_t filled = 0;
    for (int64_t at = 0; at < texts; at++) {
        const uint8_t *text = data + starts[at];
        const int64_t size = starts[at + 1] - starts[at], length = characters_in(text, size);
        /* A text that is taken whole is its first and only window. */
        const int64_t parts = length > longest ? windows : 1, wide = length > longest ? width : length;
        int64_t begin = 0, passed = 0;
        for (int64_t part = 0; part < parts; part++) {
            const int64_t start = (length - wide) * part / (windows - 1);
            begin += bytes_of(text + begin, size - begin, start - passed);
            const int64_t taken = bytes_of(text + begin, size - begin, wide);
            if (part) excerpts[filled++] = ' ';
            memcpy(excerpts + filled, text + begin, (size_t)taken);
            begin += taken, filled += taken, passed = start + wide;
        }
        ends[at] = filled, lengths[at] = length;
    }
    return filled;
}
