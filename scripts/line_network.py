"""Train the network of the line model: answers of lines in, layers in whole numbers out. Needs torch.

The shape is that of corpuspress.cleaning.network. Weights are an average over the steps, and are rounded
at the end: activations are kept in 1/64, which is fine enough for the result not to suffer.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from corpuspress.cleaning.network import DISTANCES, GLOBAL, LIMIT, UNIT

WIDTH, EPOCHS, RATE, DECAY, WARM = 46, 12, 3e-3, 1e-3, 60
PORTION = 6000
"""Lines of a step, at least."""
FORGET = 0.2
"""Share of the activations that a step of the training leaves out."""
MEMORY = 0.99
"""How much of the average each step keeps."""


class Examples(NamedTuple):
    """Lines to learn from: `values` (columns by lines), `label`, `weight`, and the lines of each copy."""

    values: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    start: np.ndarray
    stop: np.ndarray


class Portion(NamedTuple):
    """Some copies as tensors: answers (lines by questions), label and weight, range of the copy of each line."""

    answers: torch.Tensor
    label: torch.Tensor
    weight: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    number: torch.Tensor


class Net(nn.Module):
    """The network in floating point."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.first = nn.Linear(questions, WIDTH)
        self.around = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DISTANCES])
        self.whole = nn.Linear(2 * WIDTH, WIDTH)
        self.hidden = nn.Linear(2 * WIDTH, WIDTH)
        self.last = nn.Linear(WIDTH, 1)

    def forward(self, some: Portion) -> torch.Tensor:
        own = _active(self.first(some.answers))
        state = own
        for number, (distance, layer) in enumerate(zip(DISTANCES, self.around, strict=True)):
            if number == GLOBAL:
                state = self._global(state, some)
            part = self._forgot(state)
            sides = [_shifted(part, offset, some) for offset in (-distance, distance)]
            state = _active(state + _active(layer(torch.cat([sides[0], part, sides[1]], 1))))
        hidden = _active(self.hidden(self._forgot(torch.cat([state, own], 1))))
        return self.last(hidden)[:, 0]

    def _global(self, state: torch.Tensor, some: Portion) -> torch.Tensor:
        count = int(some.number[-1]) + 1
        size = torch.bincount(some.number, minlength=count)[:, None]
        mean = torch.zeros(count, WIDTH).index_add(0, some.number, state) / size
        where = some.number[:, None].expand(-1, WIDTH)
        most = torch.zeros(count, WIDTH).scatter_reduce(0, where, state, "amax")
        return _active(state + _active(self.whole(torch.cat([mean, most], 1)))[some.number])

    def _forgot(self, state: torch.Tensor) -> torch.Tensor:
        return functional.dropout(state, FORGET, self.training)

    def plain(self) -> list[dict[str, Any]]:
        """The layers in whole numbers, in the order that `network` wants."""
        layers = [self.first, *self.around, self.whole, self.hidden, self.last]
        return [_rounded(layer, UNIT if index else 1) for index, layer in enumerate(layers)]


def _active(values: torch.Tensor) -> torch.Tensor:
    return values.clamp(0, LIMIT / UNIT)


def _shifted(state: torch.Tensor, offset: int, some: Portion) -> torch.Tensor:
    place = torch.arange(len(state)) + offset
    inside = (place >= some.first) & (place <= some.last)
    return state[torch.where(inside, place, 0)] * inside[:, None]


def _rounded(layer: nn.Linear, unit: int) -> dict[str, Any]:
    """A layer whose inputs are in 1/`unit` and whose outputs are in 1/UNIT."""
    weights = layer.weight.detach().double().numpy()
    # The finest step at which no weight needs more than seven bits and a sign; one more for the answers.
    shift = math.floor(math.log2(127 / np.abs(weights).max())) + (unit == 1)
    scale = 2.0**shift
    bias = np.rint(layer.bias.detach().double().numpy() * scale * unit)
    down = shift + int(math.log2(unit)) - int(math.log2(UNIT))
    return {
        "weights": np.rint(weights * scale).astype(int).ravel().tolist(),
        "bias": bias.astype(int).tolist(),
        "shift": down,
    }


def fit(rows: Examples, asked: np.ndarray, copies: np.ndarray, seed: int, name: str) -> list[dict[str, Any]]:
    """The layers of a network that has learnt the questions `asked` (column, border) from some copies.

    In one thread, so that sums are taken in one order and the same input gives the same weights.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    pick = np.random.default_rng(seed)
    net = Net(len(asked))
    mean = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    copies = np.array(copies)
    steps, step = EPOCHS * sum(1 for _ in portions(rows, copies)), 0
    for epoch in range(EPOCHS):
        pick.shuffle(copies)
        losses = []
        for some in portions(rows, copies):
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1.0, step / WARM) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
            optimizer.zero_grad()
            loss = _loss(net, tensors(rows, asked, some))
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            with torch.no_grad():
                keep = min(MEMORY, 1 - 1 / (step + 1))
                for old, new in zip(mean.parameters(), net.parameters(), strict=True):
                    old.mul_(keep).add_(new, alpha=1 - keep)
        print(f"{name}, epoch {epoch}: loss {np.mean(losses):.4f}", file=sys.stderr, flush=True)
    return mean.plain()


def _loss(net: Net, some: Portion) -> torch.Tensor:
    each = functional.binary_cross_entropy_with_logits(net(some), some.label, reduction="none")
    return (each * some.weight).sum() / some.weight.sum().clamp(min=1e-6)


def portions(rows: Examples, copies: np.ndarray) -> Iterator[np.ndarray]:
    """Copies, some at a time: as many as make PORTION lines."""
    total = np.cumsum((rows.stop - rows.start)[copies])
    cuts = np.flatnonzero(np.diff(total // PORTION)) + 1
    yield from np.split(copies, cuts)


def tensors(rows: Examples, asked: np.ndarray, copies: np.ndarray) -> Portion:
    place = np.concatenate([np.arange(rows.start[one], rows.stop[one]) for one in copies])
    size = (rows.stop - rows.start)[copies]
    end = np.cumsum(size)
    answers = rows.values[:, place][asked[:, 0]] > asked[:, 1][:, None].astype(np.int16)
    weight = np.where(rows.label[place] < 0, 0, rows.weight[place])
    floats = [answers.T.astype(np.float32), np.maximum(rows.label[place], 0).astype(np.float32),
              weight.astype(np.float32)]  # fmt: skip
    wholes = [np.repeat(end - size, size), np.repeat(end - 1, size), np.repeat(np.arange(len(copies)), size)]
    return Portion(*map(torch.from_numpy, [*floats, *wholes]))
