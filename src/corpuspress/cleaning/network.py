"""A small network over the lines of a document, in whole numbers.

Its input are yes-or-no questions to the columns of a line (value > border). One layer turns the answers
into a few dozen activations; five more let each line see lines at growing distances on either side
(dilated convolutions: van den Oord et al. 2016, "WaveNet"), with what they found added to what was known
(He et al. 2016, "Deep Residual Learning"); one looks at the whole document, by mean and maximum.

Activations and weights are whole numbers of two bytes, sums of four: whatever the order in which a machine
adds them up, the result is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native
from .characters import Ints

Shorts = npt.NDArray[np.int16]
UNIT = 64
"""Activations and the result are kept in 1/64."""
LIMIT = 1023
"""The largest activation, in 1/64."""
WIDTH = 48
"""Activations of a line in memory; those that a layer does not have are 0."""
ANSWERED, EXACT = 2**15, 2**24
"""What the sums of the first layer and of the others stay below: weights of the others then fit two bytes."""
DISTANCES = (1, 2, 4, 8, 16)
"""How far each layer looks, in lines."""
GLOBAL = 2
"""After so many layers the whole document is looked at."""


class Layer(NamedTuple):
    """Sums of products are divided by 2**`shift`, rounded down.

    `weights`: for each pair of inputs those of every output (pairs by WIDTH by 2); `bias` (WIDTH).
    """

    weights: Shorts
    bias: npt.NDArray[np.int32]
    shift: int


class First(NamedTuple):
    """The first layer, as a table: which questions to a column are answered with yes depends on how many are.

    `borders`: those of each column, rising, the largest number where it has fewer (borders by columns); `sums`: what
    a column adds for a value above so many of its borders (columns by borders + 1 by WIDTH); `bias` (WIDTH).
    """

    borders: Shorts
    sums: Shorts
    bias: Shorts
    shift: int


class Network(NamedTuple):
    """The columns of its input, and the layers in their order."""

    columns: tuple[str, ...]
    first: First
    around: tuple[Layer, ...]
    whole: Layer
    hidden: Layer
    last: Layer


def network(data: Mapping[str, Any]) -> Network:
    """A network from its plain form. Raises ValueError when it is too wide, or a sum might not be exact."""
    columns = tuple(data["columns"])
    first, *around, whole, hidden, last = data["layers"]
    return Network(
        columns,
        _first(first, np.array(data["questions"], np.int64).reshape(-1, 2), len(columns)),
        tuple(_layer(layer, 3) for layer in around),
        _layer(whole, 2),
        _layer(hidden, 2),
        _layer(last, 1),
    )


def _first(data: Mapping[str, Any], questions: Ints, columns: int) -> First:
    weights, bias = _numbers(data, 1, ANSWERED)
    order = np.lexsort(questions.T[::-1])
    column, border = questions[order].T
    place = np.arange(len(order)) - np.searchsorted(column, column)
    depth = int(place.max(initial=-1)) + 1
    borders = np.full((depth, columns), 2**15 - 1, np.int16)
    borders[place, column] = border
    sums = np.zeros((columns, depth + 1, WIDTH), np.int16)
    sums[column, place + 1, : len(bias)] = weights.T[order]
    np.cumsum(sums, axis=1, out=sums)
    return First(borders, _aligned(sums), _padded(bias).astype(np.int16), int(data["shift"]))


def _layer(data: Mapping[str, Any], runs: int) -> Layer:
    """A layer whose inputs are so many runs of activations."""
    weights, bias = _numbers(data, LIMIT, EXACT)
    own = weights.reshape(len(bias), runs, -1)
    padded = np.zeros((WIDTH, runs, WIDTH), np.int16)
    padded[: len(bias), :, : own.shape[2]] = own
    pairs = padded.reshape(WIDTH, -1, 2).transpose(1, 0, 2)
    return Layer(_aligned(pairs), _padded(bias).astype(np.int32), int(data["shift"]))


def _numbers(data: Mapping[str, Any], highest: int, limit: int) -> tuple[Ints, Ints]:
    """Weights (outputs by inputs) and bias (outputs) of a layer whose inputs are at most `highest`."""
    bias = np.array(data["bias"], np.int64)
    weights = np.array(data["weights"], np.int64).reshape(len(bias), -1)
    if len(bias) > WIDTH or not 0 <= data["shift"] < 32:
        raise ValueError(f"a layer has {len(bias)} activations and shift {data['shift']}, not up to {WIDTH} and 31")
    most = (np.abs(weights).sum(axis=1) * highest + np.abs(bias)).max()
    if most >= limit:
        raise ValueError(f"a sum of a layer may reach {most}, and is exact only below {limit}")
    return weights, bias


def _aligned(numbers: Shorts) -> Shorts:
    """A copy at a multiple of 64 bytes: what is read of it at once is never in two lines of the processor's cache."""
    room = np.empty(numbers.size + 32, np.int16)
    begin = -room.ctypes.data % 64 // numbers.itemsize
    copy = room[begin : begin + numbers.size].reshape(numbers.shape)
    copy[:] = numbers
    return copy


def _padded(bias: Ints) -> Ints:
    return np.pad(bias, (0, WIDTH - len(bias)))


def evaluate(net: Network, matrix: Shorts, first: Ints, last: Ints) -> Ints:
    """The logit of each line in 1/64.

    `matrix` has a row a line, with the columns of the network in their order; `first` and `last` are the line range
    of each line's document.
    """
    count = len(matrix)
    if (matrix.shape, first.shape, last.shape) != ((count, len(net.columns)), (count,), (count,)):
        raise ValueError(
            f"expected {len(net.columns)} columns and two ends a line, found {matrix.shape}, {first.shape}"
        )
    own = np.empty((count, WIDTH), np.int16)
    _answer(matrix, *matrix.shape, net.first.borders, len(net.first.borders), *net.first[1:], own)
    state, ahead = own.copy(), np.empty_like(own)
    for number, (distance, layer) in enumerate(zip(DISTANCES, net.around, strict=True)):
        if number == GLOBAL:
            _look_at_whole(state, count, last, *net.whole)
        _look_around(state, count, first, last, distance, *layer, ahead)
        state, ahead = ahead, state
    logits = np.empty(count, np.int64)
    _end(state, own, count, *net.hidden, *net.last, logits)
    return logits


_LAYER = (np.int16, np.int32, int)
_answer = native.function("cp_answer", np.int16, int, int, np.int16, int, np.int16, np.int16, int, np.int16)
_look_around = native.function("cp_look_around", np.int16, int, np.int64, np.int64, int, *_LAYER, np.int16)
_look_at_whole = native.function("cp_look_at_whole", np.int16, int, np.int64, *_LAYER)
_end = native.function("cp_end", np.int16, np.int16, int, *_LAYER, *_LAYER, np.int64)
