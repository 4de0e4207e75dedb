#include <stddef.h>

#include "core.h"

#define WIDTH 48 /* network.WIDTH */
#define LIMIT 1023 /* network.LIMIT */
#define PAIRS (WIDTH / 2)
#define CHUNK 64 /* columns whose values are compared at a time */

#define INLINE static inline __attribute__((always_inline)) /* also where a function is for certain processors */

VECTOR(int16_t, 32) Sums;
VECTOR(int32_t, 16) Pairs;     /* each number is a pair of two bytes each, or a sum */
VECTOR(int32_t, 32) WidePairs; /* for processors with AVX2 */

typedef int16_t Activations[WIDTH];

/* See network.Layer. A pair of weights is one number here. */
typedef struct {
    const int32_t *weights;
    const int32_t *bias;
    int64_t shift;
} Layer;

/* Of each two pairs the sum of the products of their firsts and their seconds. */
static inline Pairs products(Pairs ones, Pairs others) {
#ifdef __SSE2__
    typedef short Shorts __attribute__((vector_size(16)));
    return (Pairs)__builtin_ia32_pmaddwd128((Shorts)ones, (Shorts)others);
#else
    return (ones << 16 >> 16) * (others << 16 >> 16) + (ones >> 16) * (others >> 16);
#endif
}

/* A function that adds to the sums of the outputs the products of runs of activations, NULL for all 0, with vectors of
   some type. */
#define MULTIPLY(NAME, PART, PRODUCTS)                                                                    \
    static void NAME(const int32_t *weights, const int16_t *const *inputs, int64_t runs, int32_t *sums) { \
        PART total[WIDTH * sizeof *sums / sizeof(PART)];                                                  \
        memcpy(total, sums, sizeof total);                                                                \
        for (int64_t run = 0; run < runs; run++) {                                                        \
            const int32_t *own = weights + run * PAIRS * WIDTH;                                           \
            for (int64_t pair = 0; inputs[run] && pair < PAIRS; pair++, own += WIDTH) {                   \
                int32_t both;                                                                             \
                memcpy(&both, inputs[run] + 2 * pair, sizeof both);                                       \
                for (uint64_t at = 0; at < sizeof total / sizeof(PART); at++)                             \
                    total[at] += PRODUCTS(((const PART *)own)[at], (PART){0} + both);                     \
            }                                                                                             \
        }                                                                                                 \
        memcpy(sums, total, sizeof total);                                                                \
    }

MULTIPLY(multiply, Pairs, products)

#ifdef __x86_64__
__attribute__((target("avx2"))) static inline WidePairs wide_products(WidePairs ones, WidePairs others) {
    typedef short Shorts __attribute__((vector_size(32)));
    return (WidePairs)__builtin_ia32_pmaddwd256((Shorts)ones, (Shorts)others);
}

__attribute__((target("avx2"))) MULTIPLY(multiply_widely, WidePairs, wide_products)
#endif

INLINE int16_t active(int32_t sum, int64_t shift) {
    sum >>= shift;
    return (int16_t)(sum < 0 ? 0 : sum > LIMIT ? LIMIT : sum);
}

static inline void add(int16_t *state, const int16_t *more) {
    for (int64_t at = 0; at < WIDTH; at++) {
        const int16_t sum = (int16_t)(state[at] + more[at]);
        state[at] = sum > LIMIT ? LIMIT : sum;
    }
}

/* What a layer makes of as many runs of activations as it has. */
static void activate(const Layer *layer, const int16_t *const *inputs, int64_t runs, int16_t *result) {
    int32_t sums[WIDTH];
    memcpy(sums, layer->bias, sizeof sums);
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        multiply_widely(layer->weights, inputs, runs, sums);
    else
#endif
        multiply(layer->weights, inputs, runs, sums);
    for (int64_t at = 0; at < WIDTH; at++) result[at] = active(sums[at], layer->shift);
}

/* Of each of `count` columns: how many of its `depth` borders the value is above. */
INLINE void compare(
    const int16_t *values, int64_t count, const int16_t *borders, int64_t columns, int64_t depth, int16_t *above
) {
    for (int64_t at = 0; at < count; at++) above[at] = 0;
    for (int64_t border = 0; border < depth; border++, borders += columns)
        for (int64_t at = 0; at < count; at++) above[at] += values[at] > borders[at];
}

/* What the first layer makes of a line. `borders` (depth by columns), `sums` and `bias` are those of network.First. */
INLINE void answer(
    const int16_t *values, int64_t columns, const int16_t *borders, int64_t depth, const int16_t *sums,
    const int16_t *bias, int64_t shift, int16_t *result
) {
    Sums total[WIDTH / 16];
    memcpy(total, bias, sizeof total);
    for (int64_t from = 0; from < columns; from += CHUNK) {
        const int64_t count = columns - from < CHUNK ? columns - from : CHUNK;
        int16_t above[CHUNK];
        compare(values + from, count, borders + from, columns, depth, above);
        for (int64_t at = 0; at < count; at++) {
            const Sums *more = (const Sums *)(sums + ((from + at) * (depth + 1) + above[at]) * WIDTH);
            for (int64_t k = 0; k < WIDTH / 16; k++) total[k] += more[k];
        }
    }
    memcpy(result, total, sizeof total);
    for (int64_t at = 0; at < WIDTH; at++) result[at] = active(result[at], shift);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void answer_widely(
    const int16_t *values, int64_t columns, const int16_t *borders, int64_t depth, const int16_t *sums,
    const int16_t *bias, int64_t shift, int16_t *result
) {
    answer(values, columns, borders, depth, sums, bias, shift, result);
}
#endif

/* The first layer: the rows of `matrix` in, those of `own` out. */
EXPORT int64_t cp_answer(
    const int16_t *matrix, int64_t lines, int64_t columns, const int16_t *borders, int64_t depth,
    const int16_t *sums, const int16_t *bias, int64_t shift, Activations *own
) {
    for (int64_t line = 0; line < lines; line++, matrix += columns) {
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2"))
            answer_widely(matrix, columns, borders, depth, sums, bias, shift, own[line]);
        else
#endif
            answer(matrix, columns, borders, depth, sums, bias, shift, own[line]);
    }
    return lines;
}

/* A layer that sees each line and those `distance` above and below in its document, first[line] to last[line]: `state`
   and what was found out in `ahead`. */
EXPORT int64_t cp_look_around(
    const Activations *state, int64_t lines, const int64_t *first, const int64_t *last, int64_t distance,
    const int32_t *weights, const int32_t *bias, int64_t shift, Activations *ahead
) {
    const Layer layer = {weights, bias, shift};
    for (int64_t line = 0; line < lines; line++) {
        const int64_t above = line - distance, below = line + distance;
        const int16_t *inputs[] = {
            above >= 0 && above >= first[line] ? state[above] : NULL,
            state[line],
            below < lines && below <= last[line] ? state[below] : NULL,
        };
        activate(&layer, inputs, 3, ahead[line]);
        add(ahead[line], state[line]);
    }
    return lines;
}

/* The layer that sees mean and maximum of each document, and adds what it finds to each of its lines in `state`. */
EXPORT int64_t cp_look_at_whole(
    Activations *state, int64_t lines, const int64_t *last, const int32_t *weights, const int32_t *bias, int64_t shift
) {
    const Layer layer = {weights, bias, shift};
    for (int64_t begin = 0, end; begin < lines; begin = end) {
        end = last[begin] < begin || last[begin] >= lines ? begin + 1 : last[begin] + 1;
        int64_t sums[WIDTH] = {0};
        Activations mean, most = {0}, found;
        for (int64_t line = begin; line < end; line++)
            for (int64_t at = 0; at < WIDTH; at++) {
                sums[at] += state[line][at];
                most[at] = most[at] < state[line][at] ? state[line][at] : most[at];
            }
        for (int64_t at = 0; at < WIDTH; at++) mean[at] = (int16_t)(sums[at] / (end - begin));
        activate(&layer, (const int16_t *[]){mean, most}, 2, found);
        for (int64_t line = begin; line < end; line++) add(state[line], found);
    }
    return lines;
}

/* The last two layers. The last has one output: of its weights and bias only the first are looked at. */
EXPORT int64_t cp_end(
    const Activations *state, const Activations *own, int64_t lines, const int32_t *weights, const int32_t *bias,
    int64_t shift, const int16_t *last_weights, const int32_t *last_bias, int64_t last_shift, int64_t *logits
) {
    const Layer layer = {weights, bias, shift};
    for (int64_t line = 0; line < lines; line++) {
        Activations hidden;
        activate(&layer, (const int16_t *[]){state[line], own[line]}, 2, hidden);
        int32_t sum = *last_bias;
        for (int64_t pair = 0; pair < PAIRS; pair++) {
            const int16_t *two = last_weights + pair * 2 * WIDTH;
            sum += two[0] * hidden[2 * pair] + two[1] * hidden[2 * pair + 1];
        }
        logits[line] = sum >> last_shift;
    }
    return lines;
}
