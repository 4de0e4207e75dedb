import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from corpuspress.cleaning import line_model
from corpuspress.cleaning import network as module
from corpuspress.cleaning.network import DISTANCES, EXACT, LIMIT, UNIT, evaluate, network


def layer(weights: list[list[float]], bias: list[float], shift: int = 0) -> dict[str, object]:
    return {"weights": [value for row in weights for value in row], "bias": bias, "shift": shift}


def plain(first: dict[str, object], around: dict[str, object], whole: dict[str, object]) -> dict[str, object]:
    """Two questions, one activation; what it ends with is the result."""
    layers = [first, *[around] * len(DISTANCES), whole, layer([[1, 0]], [0]), layer([[1]], [0])]
    return {"columns": ["a", "b"], "questions": [0, 3, 1, -2], "layers": layers}


def scores(data: dict[str, object], values: dict[str, list[int]], sizes: list[int]) -> list[int]:
    end = np.cumsum(sizes)
    columns = {name: np.array(column) for name, column in values.items()}
    return evaluate(network(data), columns, np.repeat(end - sizes, sizes), np.repeat(end - 1, sizes)).tolist()


NOTHING = layer([[0, 0, 0]], [0])
NO_WHOLE = layer([[0, 0]], [0])


def test_a_question_asks_whether_a_value_is_above_its_border() -> None:
    data = plain(layer([[10, 100]], [1]), NOTHING, NO_WHOLE)
    assert scores(data, {"a": [3, 4, 3, 4], "b": [-2, -2, 0, 0]}, [4]) == [1, 11, 101, 111]


def test_activations_are_rounded_down_and_have_bounds() -> None:
    data = plain(layer([[7, -9]], [0], 1), NOTHING, NO_WHOLE)
    assert scores(data, {"a": [4, 0], "b": [-9, 0]}, [2]) == [3, 0]
    data = plain(layer([[5000, 0]], [0]), NOTHING, NO_WHOLE)
    assert scores(data, {"a": [4], "b": [0]}, [1]) == [LIMIT]


def test_a_line_sees_thirty_one_lines_to_either_side_and_no_other_document() -> None:
    data = plain(layer([[1, 0]], [0]), layer([[1, 0, 1]], [0]), NO_WHOLE)
    reach = sum(DISTANCES)
    assert reach == 31
    values = [4 if place == 50 else 0 for place in range(100)]
    seen = np.flatnonzero(scores(data, {"a": values, "b": [-9] * 100}, [100]))
    assert seen.min() == 50 - reach
    assert seen.max() == 50 + reach
    seen = np.flatnonzero(scores(data, {"a": values, "b": [-9] * 100}, [45, 8, 47]))
    assert (seen.min(), seen.max()) == (45, 52)


def test_the_whole_document_is_seen_by_mean_and_maximum() -> None:
    data = plain(layer([[8, 0]], [0]), NOTHING, layer([[1, 100]], [0]))
    assert scores(data, {"a": [4, 0, 0, 4], "b": [0, 0, 0, 0]}, [3, 1]) == [810, 802, 802, 816]


def test_more_lines_than_are_answered_at_a_time() -> None:
    data = plain(layer([[1, 0]], [0]), layer([[1, 0, 0]], [0]), NO_WHOLE)
    values = [4 * (place % 3 == 0) for place in range(5000)]
    whole = scores(data, {"a": values, "b": [0] * 5000}, [5000])
    assert whole[100:4900] == scores(data, {"a": values[:4900], "b": [0] * 4900}, [4900])[100:]


def test_values_beyond_two_bytes_are_the_largest_and_smallest_there_are() -> None:
    data = plain(layer([[10, 100]], [0]), NOTHING, NO_WHOLE)
    assert scores(data, {"a": [70_000, 3, -70_000], "b": [0, -(2**40), 2**40]}, [3]) == [110, 0, 100]


def test_no_score_depends_on_how_many_lines_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    data = plain(layer([[8, 3]], [1]), layer([[1, 2, -1]], [1]), layer([[1, 1]], [0]))
    pick = np.random.default_rng(1)
    sizes = [1, 40, 3, 200, 1, 77]
    values = {name: pick.integers(-9, 9, sum(sizes)).tolist() for name in "ab"}
    whole = scores(data, values, sizes)
    monkeypatch.setattr(module, "PART", 7)
    monkeypatch.setattr(module, "WHOLE", 50)
    assert scores(data, values, sizes) == whole
    ends = np.cumsum(sizes)
    assert whole == [
        score
        for begin, end in zip(ends - sizes, ends, strict=True)
        for score in scores(data, {name: column[begin:end] for name, column in values.items()}, [end - begin])
    ]


def test_a_sum_that_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="exact"):
        network(plain(layer([[1, 0]], [0]), layer([[EXACT, 0, 0]], [0]), NO_WHOLE))


def test_sums_are_the_same_in_any_order() -> None:
    """What makes a decision the same on every machine: no partial sum needs more than 24 bits."""
    net = line_model.load().network
    pick = np.random.default_rng(1)
    for weights, bias, _ in (*net.around, net.whole, net.hidden, net.last):
        inputs = pick.integers(0, LIMIT + 1, (weights.shape[1], 50)).astype(np.float32)
        exact = weights.astype(np.int64) @ inputs.astype(np.int64) + bias.astype(np.int64)
        order = pick.permutation(weights.shape[1])
        assert (weights @ inputs + bias == exact).all()
        assert (weights[:, order] @ inputs[order] + bias == exact).all()
    assert UNIT == 64


def test_two_threads_leave_the_threads_of_numpy_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts() -> list[int]:
        return [library["num_threads"] for library in module._threads().info() if library["user_api"] == "blas"]

    def slowly(_: object, matrix: np.ndarray, *__: object) -> list[int]:
        seen = counts()
        time.sleep(matrix[0, 0] / 1000)
        return seen

    before = counts()
    monkeypatch.setattr(module, "_evaluated", slowly)
    net, line = network(plain(NO_WHOLE, NOTHING, NO_WHOLE)), np.zeros(1, np.int64)
    with ThreadPoolExecutor(2) as pool:
        # The second begins while the first runs, and ends after it.
        found = list(pool.map(lambda wait: evaluate(net, {"a": line + wait, "b": line}, line, line), [100, 300]))
    after = counts()
    module._threads().limit(limits=max(before, default=1), user_api="blas")
    assert after == before
    assert [set(seen.tolist()) for seen in found] == [{1.0} if before else set()] * 2
