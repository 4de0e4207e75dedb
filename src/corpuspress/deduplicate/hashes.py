"""Shingle hashes of whole batches: fold.py and shingles.py once more, on arrays.

A run of values is hashed as a polynomial modulo 2**64, taken from prefix sums, and mixed with the
finaliser of splitmix64 (Steele, Lea, Flood 2014): characters to words, then words to shingles. A hash
depends on nothing but the tokens of its shingle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import is_normalized, normalize

import numpy as np
import numpy.typing as npt

from .fold import ALONE, END, EXPANDS, NOTHING, SPACE, fold_character, look_up

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_BATCH_CHARACTERS = 1 << 16  # arrays of this length stay in the cache of a core
_KEPT = 1 << 22  # powers for longer runs, one text of many megabytes, are not kept for the next batch
_BASE = 0x9E6C63D0876A9A47  # odd, so that it has an inverse modulo 2**64


class Hashed(NamedTuple):
    """The shingles of some texts.

    `values` has the hash of each shingle in the order of the text, repeats included; those of text i
    are `values[starts[i]:starts[i + 1]]`. `digests` has 16 bytes for each text: equal for two texts
    when their tokens are equal.
    """

    values: Hashes
    starts: Places
    digests: list[bytes]


def hash_shingles(texts: Sequence[str], words: int, *, digests: bool = True) -> Hashed:
    """The shingles of each text, `words` words long (see `shingles.shingles`); without `digests` that list is empty."""
    batches = [_hash_batch(texts[first:end], words, digests) for first, end in _batches(texts)]
    counts = np.concatenate([np.diff(batch.starts) for batch in batches]) if batches else np.zeros(0, np.int64)
    values = np.concatenate([batch.values for batch in batches]) if batches else np.zeros(0, np.uint64)
    return Hashed(values, _cumulated(counts), [digest for batch in batches for digest in batch.digests])


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = size = 0
    for row, text in enumerate(texts):
        if size and size + len(text) > _BATCH_CHARACTERS:
            yield first, row
            first, size = row, 0
        size += len(text) + 1
    if first < len(texts):
        yield first, len(texts)


def _hash_batch(texts: Sequence[str], words: int, digests: bool) -> Hashed:
    folded = _folded(texts)
    ends = np.flatnonzero(folded == END)
    mixed = bool((folded >= ALONE).any())
    first, last = _tokens(folded, mixed)
    hashed = _hash_runs(folded, first, last)
    tokens = np.searchsorted(first, ends)  # tokens up to the end of each text
    counts = np.diff(tokens, prepend=0)
    stops = np.repeat(tokens, counts)
    starts = np.arange(len(first))
    if mixed:
        weights = np.where(folded[first] >= ALONE, words, words + 3)
        cumulated = _cumulated(weights)
        reach = np.searchsorted(cumulated, cumulated[:-1] + words * (words + 3))
    else:
        reach = starts + words
    whole = reach <= stops
    short = _without(whole, tokens, counts)
    whole[short] = True
    reach = np.minimum(reach, stops)
    kept = starts[whole]
    shingles = _hash_runs(hashed, kept, reach[whole])
    counts = np.diff(np.searchsorted(kept, tokens), prepend=0)
    return Hashed(shingles, _cumulated(counts), _digests(folded, ends, texts) if digests else [])


def distinct(values: Hashes) -> Hashes:
    """The values in rising order, without repeats."""
    # np.unique builds a hash table first, which takes six times as long here.
    values = np.sort(values)
    some: Hashes = values[np.append(True, values[1:] != values[:-1])[: len(values)]]
    return some


def _without(whole: npt.NDArray[np.bool_], tokens: Places, counts: Places) -> Places:
    """The first token of each text that has tokens and no whole shingle."""
    found = np.diff(_cumulated(whole)[tokens], prepend=0)
    short: Places = (tokens - counts)[(found == 0) & (counts > 0)]
    return short


def _folded(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    """The folded characters of all texts: each text ends with END, one SPACE parts two words."""
    joined = chr(END).join([*map(_plain, texts), ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    folded = look_up(codes)
    if (folded == EXPANDS).any():
        folded = _expanded(codes, folded)
    folded = folded[folded != NOTHING]
    # The last space of a run stays, unless the text ends there; a first one is left to the callers.
    surplus = folded[:-1] == SPACE
    surplus &= folded[1:] <= SPACE
    folded = folded[np.append(~surplus, True)]
    if (folded >= ALONE).any():
        beside = (folded[:-1] == SPACE) & (folded[1:] >= ALONE)
        beside[1:] |= (folded[1:-1] == SPACE) & (folded[:-2] >= ALONE)
        folded = folded[np.append(~beside, True)]
    # typed here: numpy's indexing gives Any
    result: npt.NDArray[np.uint32] = folded
    return result


def _expanded(codes: npt.NDArray[np.uint32], folded: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The folded characters with those of each EXPANDS in its place."""
    parts, first = [], 0
    for at in np.flatnonzero(folded == EXPANDS).tolist():
        parts += [folded[first:at], _expansion(int(codes[at]))]
        first = at + 1
    return np.concatenate([*parts, folded[first:]])


@lru_cache(maxsize=1024)
def _expansion(code: int) -> npt.NDArray[np.uint32]:
    return look_up(np.frombuffer(fold_character(chr(code)).encode("utf-32-le"), np.uint32))


def _plain(text: str) -> str:
    if chr(END) in text:
        text = text.replace(chr(END), " ")
    return text if is_normalized("NFC", text) else normalize("NFC", text)


def _tokens(folded: npt.NDArray[np.uint32], mixed: bool) -> tuple[Places, Places]:
    """First character of each token, and the one after its last."""
    if not mixed:
        last = np.flatnonzero(folded <= SPACE)
        first = np.append(0, last[:-1] + 1)
    else:
        alone = folded >= ALONE
        letter = (folded > SPACE) & ~alone
        opens, closes = letter.copy(), letter.copy()
        opens[1:] &= ~letter[:-1]
        closes[:-1] &= ~letter[1:]
        first, last = np.flatnonzero(opens | alone), np.flatnonzero(closes | alone) + 1
    some = first < last
    return first[some], last[some]


def _hash_runs(values: npt.NDArray[np.unsignedinteger], first: Places, last: Places) -> Hashes:
    """A hash of each run `values[first:last]`."""
    powers, inverses = (
        _powers(1 << max(10, len(values).bit_length())) if len(values) < _KEPT else _made(len(values) + 1)
    )
    sums = np.zeros(len(values) + 1, np.uint64)
    np.multiply(values, powers[: len(values)], out=sums[1:])
    np.cumsum(sums, out=sums)
    return _mix((sums[last] - sums[first]) * inverses[first])


def _made(count: int) -> tuple[Hashes, Hashes]:
    return _powers_of(_BASE, count), _powers_of(pow(_BASE, -1, 1 << 64), count)


_powers = lru_cache(maxsize=4)(_made)


def _powers_of(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return powers.cumprod(dtype=np.uint64)


def _mix(values: Hashes) -> Hashes:
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _digests(folded: npt.NDArray[np.uint32], ends: Places, texts: Sequence[str]) -> list[bytes]:
    # The flag goes: a character and its class are one.
    codes = (folded & np.uint32(ALONE - 1)).astype("<u4")
    # What fits is hashed a byte a character: a quarter of the work.
    narrow, wide = codes.astype(np.uint8).data, codes.data.cast("B")
    large = np.zeros(len(ends), np.bool_)
    large[np.searchsorted(ends, np.flatnonzero(codes > 0xFF))] = True
    found, first = [], 0
    for end, text, is_large in zip(ends.tolist(), texts, large.tolist(), strict=True):
        first += bool(folded[first] == SPACE)
        if first < end:
            data = wide[4 * first : 4 * end] if is_large else narrow[first:end]
            found.append(hashlib.blake2b(data, digest_size=16, person=b"wide" if is_large else b"").digest())
        else:
            # Nothing to fold: such texts are copies only when they are equal.
            raw = text.encode("utf-8", "surrogatepass")
            found.append(hashlib.blake2b(raw, digest_size=16, person=b"unfolded").digest())
        first = end + 1
    return found


def _cumulated(counts: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Places:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
