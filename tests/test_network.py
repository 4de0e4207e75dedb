import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from corpuspress.cleaning import line_model
from corpuspress.cleaning.network import ANSWERED, DISTANCES, EXACT, GLOBAL, LIMIT, WIDTH, evaluate, network


def layer(weights: list[list[int]], bias: list[int], shift: int = 0) -> dict[str, Any]:
    return {"weights": [value for row in weights for value in row], "bias": bias, "shift": shift}


def plain(first: dict[str, Any], around: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Two questions, one activation; what it ends with is the result."""
    layers = [first, *[around] * len(DISTANCES), whole, layer([[1, 0]], [0]), layer([[1]], [0])]
    return {"columns": ["a", "b"], "questions": [0, 3, 1, -2], "layers": layers}


def scores(data: dict[str, Any], rows: Any, sizes: list[int]) -> list[int]:
    each = np.array(sizes, np.int64)
    end = np.cumsum(each)
    matrix = np.array(rows, np.int16).reshape(-1, len(data["columns"]))
    return evaluate(network(data), matrix, np.repeat(end - each, each), np.repeat(end - 1, each)).tolist()


NOTHING = layer([[0, 0, 0]], [0])
NO_WHOLE = layer([[0, 0]], [0])


def test_a_question_asks_whether_a_value_is_above_its_border() -> None:
    data = plain(layer([[10, 100]], [1]), NOTHING, NO_WHOLE)
    assert scores(data, [(3, -2), (4, -2), (3, 0), (4, 0)], [4]) == [1, 11, 101, 111]


def test_nothing_is_above_the_largest_number() -> None:
    data = plain(layer([[10, 100]], [0]), NOTHING, NO_WHOLE)
    assert scores(data, [(2**15 - 1, 2**15 - 1), (-(2**15), -(2**15))], [2]) == [110, 0]
    assert scores(data | {"questions": [0, 2**15 - 1, 0, -(2**15)]}, [(2**15 - 1, 0), (-(2**15), 0)], [2]) == [100, 0]


def test_activations_are_rounded_down_and_have_bounds() -> None:
    data = plain(layer([[7, -9]], [0], 1), NOTHING, NO_WHOLE)
    assert scores(data, [(4, -9), (0, 0)], [2]) == [3, 0]
    data = plain(layer([[5000, 0]], [0]), NOTHING, NO_WHOLE)
    assert scores(data, [(4, 0)], [1]) == [LIMIT]


def test_a_line_sees_thirty_one_lines_to_either_side_and_no_other_document() -> None:
    data = plain(layer([[1, 0]], [0]), layer([[1, 0, 1]], [0]), NO_WHOLE)
    reach = sum(DISTANCES)
    assert reach == 31
    rows = [(4 if place == 50 else 0, -9) for place in range(100)]
    seen = np.flatnonzero(scores(data, rows, [100]))
    assert seen.min() == 50 - reach
    assert seen.max() == 50 + reach
    seen = np.flatnonzero(scores(data, rows, [45, 8, 47]))
    assert (seen.min(), seen.max()) == (45, 52)


def test_the_whole_document_is_seen_by_mean_and_maximum() -> None:
    data = plain(layer([[8, 0]], [0]), NOTHING, layer([[1, 100]], [0]))
    assert scores(data, [(4, 0), (0, 0), (0, 0), (4, 0)], [3, 1]) == [810, 802, 802, 816]


@pytest.mark.parametrize(
    ("first", "around"),
    [
        (layer([[1, 0]], [0]), layer([[EXACT, 0, 0]], [0])),
        (layer([[1, 0]], [0]), layer([[-EXACT // LIMIT - 1, 0, 0]], [0])),
        (layer([[1, 0]], [0]), layer([[1, 0, 0]], [EXACT - LIMIT])),
        (layer([[ANSWERED - 10, -5]], [-5]), NOTHING),
    ],
)
def test_a_sum_that_may_not_be_exact_is_refused(first: dict[str, Any], around: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exact only below"):
        network(plain(first, around, NO_WHOLE))


def test_the_largest_sums_are_exact() -> None:
    most = (EXACT - 1) // LIMIT
    data = plain(layer([[ANSWERED - 1, 0]], [0]), layer([[0, most, 0]], [0], 14), NO_WHOLE)
    assert scores(data, [(4, 0)], [1]) == [LIMIT]
    data = plain(layer([[LIMIT, 0]], [0]), layer([[0, -most, 0]], [EXACT - 1 - LIMIT * most], 14), NO_WHOLE)
    assert scores(data, [(4, 0), (0, 0)], [2]) == [LIMIT, 0]


@pytest.mark.parametrize("wrong", [layer([[1, 0]] * (WIDTH + 1), [0] * (WIDTH + 1)), layer([[1, 0]], [0], -1)])
def test_a_layer_that_c_has_no_room_for_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="activations and shift"):
        network(plain(wrong, NOTHING, NO_WHOLE))


def test_a_matrix_that_c_would_read_wrongly_is_refused() -> None:
    net = network(plain(NO_WHOLE, NOTHING, NO_WHOLE))
    ends = np.zeros(1, np.int64)
    for matrix, first, last in [
        (np.zeros((1, 3), np.int16), ends, ends),
        (np.zeros((2, 2), np.int16), ends, ends),
        (np.zeros((1, 2), np.int16), ends, ends[:0]),
    ]:
        with pytest.raises(ValueError, match="expected 2 columns"):
            evaluate(net, matrix, first, last)
    with pytest.raises(TypeError, match="contiguous array of int16"):
        evaluate(net, np.zeros((1, 2), np.int64), ends, ends)
    with pytest.raises(TypeError, match="contiguous array of int16"):
        evaluate(net, np.zeros((1, 4), np.int16)[:, ::2], ends, ends)


# -- the definition, in Python ---------------------------------------------------------------------


def sums(data: dict[str, Any], inputs: list[int]) -> list[int]:
    rows = np.array(data["weights"]).reshape(len(data["bias"]), len(inputs)).tolist()
    return [
        (sum(map(int.__mul__, row, inputs)) + bias) >> data["shift"]
        for row, bias in zip(rows, data["bias"], strict=True)
    ]


def active(data: dict[str, Any], inputs: list[int]) -> list[int]:
    return [min(max(total, 0), LIMIT) for total in sums(data, inputs)]


def added(state: list[int], more: list[int]) -> list[int]:
    return [min(one + other, LIMIT) for one, other in zip(state, more, strict=True)]


def plainly_evaluated(data: dict[str, Any], rows: list[list[int]]) -> list[int]:
    """The logits of the lines of one document."""
    asked = np.array(data["questions"]).reshape(-1, 2).tolist()
    first, *around, whole, hidden, last = data["layers"]
    own = [active(first, [int(row[column] > border) for column, border in asked]) for row in rows]
    none = [0] * len(first["bias"])
    state = own
    for number, (distance, some) in enumerate(zip(DISTANCES, around, strict=True)):
        if number == GLOBAL:
            columns = list(zip(*state, strict=True))
            found = active(whole, [sum(column) // len(state) for column in columns] + list(map(max, columns)))
            state = [added(line, found) for line in state]
        padded = [none] * distance + state + [none] * distance
        seen = zip(padded, state, padded[2 * distance :], strict=False)
        state = [added(line, active(some, above + line + below)) for above, line, below in seen]
    return [sums(last, active(hidden, both[0] + both[1]))[0] for both in zip(state, own, strict=True)]


def agree(data: dict[str, Any], rows: list[list[int]], sizes: list[int]) -> None:
    ends = np.cumsum(sizes).tolist()
    documents = [rows[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    assert scores(data, rows, sizes) == [score for own in documents for score in plainly_evaluated(data, own)]


@pytest.mark.parametrize("seed", range(12))
def test_any_network_is_that_of_the_plain_definition(seed: int) -> None:
    pick = np.random.default_rng(seed)
    width, deep, columns = pick.integers(1, [WIDTH + 1, WIDTH + 1, 150]).tolist()
    asked = np.stack([pick.integers(0, columns, 3 * columns), pick.integers(-9, 9, 3 * columns)], axis=1)

    def some(outputs: int, inputs: int) -> dict[str, Any]:
        weights = pick.integers(-90, 90, (outputs, inputs)).tolist()
        return layer(weights, pick.integers(-300, 3000, outputs).tolist(), int(pick.integers(2, 9)))

    layers = [some(width, len(asked)), *(some(width, 3 * width) for _ in DISTANCES)]
    layers += [some(width, 2 * width), some(deep, 2 * width), some(1, deep)]
    data = {
        "columns": [str(column) for column in range(columns)],
        "questions": asked.ravel().tolist(),
        "layers": layers,
    }
    sizes = [1, 40, 2, 1, 5]
    agree(data, pick.integers(-12, 12, (sum(sizes), columns)).tolist(), sizes)


def test_the_network_of_this_package_is_that_of_the_plain_definition() -> None:
    data = json.loads(files(line_model.__package__).joinpath("line_model.json").read_text(encoding="utf-8"))
    pick = np.random.default_rng(1)
    borders = np.array(data["questions"]).reshape(-1, 2)[:, 1]
    rows = pick.choice([*borders, -(2**15), 2**15 - 1], (60, len(data["columns"]))) + pick.integers(0, 2, (60, 1))
    agree(data, np.clip(rows, -(2**15), 2**15 - 1).tolist(), [33, 1, 26])


def test_a_network_may_ask_nothing_and_a_batch_hold_no_line() -> None:
    data = plain(layer([[]], [5]), NOTHING, NO_WHOLE) | {"questions": []}
    assert scores(data, [(1, 1), (2, 2)], [2]) == [5, 5]
    assert scores(data, [], []) == []
