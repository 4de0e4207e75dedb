"""A small network over the lines of a document, in whole numbers.

Its input are yes-or-no questions to the columns of a line (value > border). One layer turns the answers
into a few dozen activations; five more let each line see lines at growing distances on either side
(dilated convolutions: van den Oord et al. 2016, "WaveNet"), with what they found added to what was known
(He et al. 2016, "Deep Residual Learning"); one looks at the whole document, by mean and maximum.

Weights, activations and sums are whole numbers below 2**24, which float32 holds exactly: whatever the
order in which a machine adds them up, the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
PART = 1024
"""Lines whose answers are held at a time: they stay in the cache of the processor."""
WHOLE = 4096
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
                {name: values[name][part] for name in net.columns},
                *(ends[part] - part.start for ends in (first, last)),
            )
            for part in _parts(first, last)
        ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


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


def _evaluated(net: Network, values: Mapping[str, Ints], first: Ints, last: Ints) -> Ints:
    matrix = np.stack([np.clip(values[name], -32768, 32767).astype(np.int16) for name in net.columns])
    answers = np.empty((len(net.column), min(PART, len(first))), np.float32)
    own = np.concatenate([_answered(net, matrix[:, begin : begin + PART], answers)
                          for begin in range(0, len(first), PART)], axis=1)  # fmt: skip
    state = own
    for number, (distance, layer) in enumerate(zip(DISTANCES, net.around, strict=True)):
        if number == GLOBAL:
            state = _added(state, _whole(net.whole, state, first, last))
        sides = [_shifted(state, offset, first, last) for offset in (-distance, distance)]
        state = _added(state, _active(layer, [sides[0], state, sides[1]]))
    hidden = _active(net.hidden, [state, own])
    return np.asarray(_sums(net.last, [hidden])[0], np.int64)


def _answered(net: Network, part: npt.NDArray[np.int16], answers: Floats) -> Floats:
    own = answers[:, : part.shape[1]]
    own[...] = part[net.column] > net.border[:, None]
    return _active(net.first, [own])


def _active(layer: Layer, inputs: Sequence[Floats]) -> Floats:
    return np.clip(_sums(layer, inputs), 0, LIMIT)


def _sums(layer: Layer, inputs: Sequence[Floats]) -> Floats:
    whole = inputs[0] if len(inputs) == 1 else np.concatenate(inputs)
    total = layer.weights @ whole
    total += layer.bias
    total *= np.float32(0.5**layer.shift)
    return np.asarray(np.floor(total, out=total))


def _added(state: Floats, more: Floats) -> Floats:
    more += state
    return np.minimum(more, LIMIT, out=more)


def _shifted(state: Floats, offset: int, first: Ints, last: Ints) -> Floats:
    """The activations of the line `offset` further down in the same document, 0 outside of it."""
    place = np.arange(state.shape[1]) + offset
    outside = (place < first) | (place > last)
    moved = state.take(np.where(outside, 0, place), axis=1)
    moved[:, outside] = 0
    return moved


def _whole(layer: Layer, state: Floats, first: Ints, last: Ints) -> Floats:
    """What the whole document adds to each of its lines."""
    begin = np.flatnonzero(first == np.arange(len(first)))
    size = last[begin] - begin + 1
    mean = np.add.reduceat(state, begin, axis=1, dtype=np.float64) // size
    most = np.maximum.reduceat(state, begin, axis=1)
    return np.repeat(_active(layer, [mean.astype(np.float32), most]), size, axis=1)
