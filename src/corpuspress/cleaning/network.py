"""A small network over the lines of a document, in whole numbers.

Its input are yes-or-no questions to the columns of a line (value > border). One layer turns the answers
into a few dozen activations; five more let each line see lines at growing distances on either side
(dilated convolutions: van den Oord et al. 2016, "WaveNet"), with what they found added to what was known
(He et al. 2016, "Deep Residual Learning"); one looks at the whole document, by mean and maximum.

Weights, activations and sums are whole numbers below 2**24, which float32 holds exactly: whatever the
order in which a machine adds them up, the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from .characters import Ints

Floats = npt.NDArray[np.float32]
UNIT = 64
"""Activations and the result are kept in 1/64."""
LIMIT = 1023
"""The largest activation, in 1/64."""
EXACT = 2**24
"""Below this float32 holds every whole number."""
DISTANCES = (1, 2, 4, 8, 16)
"""How far each layer looks, in lines."""
GLOBAL = 2
"""After so many layers the whole document is looked at."""
PART = 384
"""Lines whose answers are held at a time: up to twice as many, which stay in the cache of the processor; for far
fewer the product of the first layer takes twice as long a line."""
WHOLE = 2048
"""Lines whose activations are held at a time, for the same reason; more where a document is longer."""
_ALONE = Lock()


class Layer(NamedTuple):
    """`weights` (outputs by inputs) and `bias` (outputs by 1); sums are divided by 2**`shift`, rounded down."""

    weights: Floats
    bias: Floats
    shift: int


class Network(NamedTuple):
    """Questions to named columns (`column`, `border`: value > border), and the layers in their order."""

    columns: tuple[str, ...]
    column: Ints
    border: npt.NDArray[np.int16]
    first: Layer
    around: tuple[Layer, ...]
    whole: Layer
    hidden: Layer
    last: Layer


def network(data: Mapping[str, Any]) -> Network:
    """A network from its plain form. Raises ValueError when a sum might not be exact."""
    layers = [_layer(item, index > 0) for index, item in enumerate(data["layers"])]
    questions = np.array(data["questions"], np.int64).reshape(-1, 2)
    column, border = questions[:, 0], questions[:, 1].astype(np.int16)
    return Network(tuple(data["columns"]), column, border, layers[0], tuple(layers[1:-3]), *layers[-3:])


def _layer(data: Mapping[str, Any], active: bool) -> Layer:
    bias = np.array(data["bias"], np.float32)[:, None]
    weights = np.array(data["weights"], np.float32).reshape(len(bias), -1)
    most = np.abs(weights).sum(axis=1) * (LIMIT if active else 1) + np.abs(bias[:, 0])
    if most.max() >= EXACT:
        raise ValueError(f"a sum of a layer may reach {most.max():.0f}, and is exact only below {EXACT}")
    return Layer(weights, bias, int(data["shift"]))


def evaluate(net: Network, values: Mapping[str, Ints], first: Ints, last: Ints) -> Ints:
    """The logit of each line in 1/64; `first` and `last` are the line range of each line's document."""
    # Its sums are too small for several threads: those would spend most of their time waiting for each other.
    # The limit is one of the process: a second thread would take it for what was there, and put it back for good.
    with _ALONE, _threads().limit(limits=1, user_api="blas"):
        parts = [
            _evaluated(
                net,
                _small(np.array([values[name][part] for name in net.columns])),
                *(ends[part] - part.start for ends in (first, last)),
            )
            for part in _parts(first, last)
        ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _small(values: Ints) -> npt.NDArray[np.int16]:
    """The nearest of the numbers that two bytes hold; most lines hold no others."""
    small = values.astype(np.int16)
    return small if (small == values).all() else np.clip(values, -32768, 32767).astype(np.int16)


def _parts(first: Ints, last: Ints) -> Iterator[slice]:
    """Stretches of whole documents, short enough for their activations to stay in the cache of the processor."""
    begin = 0
    while begin < len(first):
        end = int(last[min(begin + WHOLE, len(first)) - 1]) + 1
        yield slice(begin, end)
        begin = end


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _evaluated(net: Network, matrix: npt.NDArray[np.int16], first: Ints, last: Ints) -> Ints:
    index = np.arange(len(first))
    begin = np.flatnonzero(first == index)
    size = last[begin] - begin + 1
    own = np.concatenate([_answered(net, part) for part in _evenly(matrix)], axis=1)
    # A line's own activations stand between those of the lines above and below, so that a layer is one product.
    seen = np.concatenate([own, own, own])
    above, state, below = np.split(seen, 3)
    for number, (distance, layer) in enumerate(zip(DISTANCES, net.around, strict=True)):
        if number == GLOBAL:
            _add(state, np.repeat(_whole(net.whole, state, begin, size), size, axis=1))
        inside = index[distance:] - first[distance:] >= distance
        above[:, :distance] = below[:, -distance:] = 0
        np.multiply(state[:, :-distance], inside, out=above[:, distance:])
        np.multiply(state[:, distance:], inside, out=below[:, :-distance])
        _add(state, _active(layer, seen))
    hidden = _active(net.hidden, np.concatenate([state, own]))
    return np.asarray(_sums(net.last, hidden)[0], np.int64)


def _evenly(matrix: npt.NDArray[np.int16]) -> list[npt.NDArray[np.int16]]:
    """The lines in parts of about the same size."""
    return np.array_split(matrix, max(1, matrix.shape[1] // PART), axis=1)


def _answered(net: Network, part: npt.NDArray[np.int16]) -> Floats:
    """What the first layer makes of the answers."""
    return _active(net.first, (part.take(net.column, axis=0) > net.border[:, None]).astype(np.float32))


def _active(layer: Layer, inputs: Floats) -> Floats:
    total = _sums(layer, inputs)
    return np.clip(total, 0, LIMIT, out=total)


def _sums(layer: Layer, inputs: Floats) -> Floats:
    total = layer.weights @ inputs
    total += layer.bias
    total *= np.float32(0.5**layer.shift)
    return np.asarray(np.floor(total, out=total))


def _add(state: Floats, more: Floats) -> None:
    state += more
    # Nothing is below 0, but `minimum` with one number takes five times as long.
    np.clip(state, 0, LIMIT, out=state)


def _whole(layer: Layer, state: Floats, begin: Ints, size: Ints) -> Floats:
    """What each whole document adds to its lines."""
    mean = np.add.reduceat(state, begin, axis=1, dtype=np.float64) // size
    most = np.maximum.reduceat(state, begin, axis=1)
    return _active(layer, np.concatenate([mean.astype(np.float32), most]))
