"""Shingle hashes of whole batches: fold.py and shingles.py once more, on arrays.

A run of values is hashed as a polynomial modulo 2**64, taken from prefix sums, and mixed with the
finaliser of splitmix64 (Steele, Lea, Flood 2014): characters to words, then words to shingles. A hash
depends on nothing but the tokens of its shingle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import is_normalized, normalize

import numpy as np
import numpy.typing as npt

from ..hashing import Hashes, mixed
from .fold import ALONE, END, EXPANDS, NOTHING, SPACE, WIDE, fold_character, inert, look_up, look_up_bytes

Places = npt.NDArray[np.int64]
Folded = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]

_BATCH_CHARACTERS = 1 << 17  # longer arrays leave the caches of a core, for shorter ones the calls cost more
_KEPT = 1 << 22  # powers for longer runs, one text of many megabytes, are not kept for the next batch
_BASE = 0x9E6C63D0876A9A47  # odd, so that it has an inverse modulo 2**64

BORROWED = np.arange(0x80, 0xE0, dtype=np.uint8)
"""No character folds to one of these."""
_DROPPED = ord(".")  # it folds to NOTHING; a zero in a text does not
_FEW = 1 / 16  # share of bytes beyond the first of a character up to which looking up the others alone is quicker


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
    room = np.empty(0, np.uint64)
    batches = []
    for first, end in _batches(texts):
        folded = _folded(texts[first:end])
        if len(room) <= len(folded):
            room = np.empty(len(folded) + len(folded) // 4 + 1, np.uint64)
        batches.append(_hash_batch(texts[first:end], folded, words, digests, room))
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


def _hash_batch(texts: Sequence[str], folded: Folded, words: int, digests: bool, room: Hashes) -> Hashed:
    ends = np.flatnonzero(folded == END)
    both = folded.dtype != np.uint8 and bool((folded >= ALONE).any())
    first, last = _tokens(folded, both)
    hashed = _hash_runs(folded, first, last, room)
    tokens = np.searchsorted(first, ends)  # tokens up to the end of each text
    if both:
        weights = np.where(folded[first] >= ALONE, words, words + 3)
        shingles, counts = _weighed_shingles(hashed, tokens, weights, words * (words + 3), room)
    else:
        shingles, counts = _shingles(hashed, tokens, words, room)
    return Hashed(shingles, _cumulated(counts), _digests(hashed, tokens, texts) if digests else [])


def _shingles(hashed: Hashes, tokens: Places, words: int, room: Hashes) -> tuple[Hashes, Places]:
    """The shingles of texts of words alone, and how many each text has; `tokens` are those up to the end of each."""
    counts = _steps(tokens)
    some = tokens[counts > 0]
    starts = some - counts[counts > 0]
    runs = np.zeros(len(hashed), np.uint64)
    windows = _hash_windows(hashed, words)
    runs[: len(windows)] = windows
    whole = np.ones(len(hashed), bool)
    whole[np.maximum(some[:, None] - np.arange(1, words), starts[:, None])] = False
    short = some - starts < words
    if short.any():
        runs[starts[short]] = _hash_runs(hashed, starts[short], some[short], room)
        whole[starts[short]] = True
    return runs[whole], np.minimum(counts, np.maximum(counts - words + 1, 1))


def _weighed_shingles(
    hashed: Hashes, tokens: Places, weights: Places, enough: int, room: Hashes
) -> tuple[Hashes, Places]:
    """As `_shingles`, where tokens differ in weight: a shingle is the shortest run that weighs `enough`."""
    counts = _steps(tokens)
    stops = np.repeat(tokens, counts)
    cumulated = _cumulated(weights)
    reach = np.searchsorted(cumulated, cumulated[:-1] + enough)
    whole = reach <= stops
    kept = np.flatnonzero(whole)
    # A text without a whole shingle is its own only one.
    short = (_steps(np.searchsorted(kept, tokens)) == 0) & (counts > 0)
    if short.any():
        whole[(tokens - counts)[short]] = True
        kept = np.flatnonzero(whole)
    return _hash_runs(hashed, kept, np.minimum(reach[kept], stops[kept]), room), _steps(np.searchsorted(kept, tokens))


def distinct(values: Hashes) -> Hashes:
    """The values in rising order, without repeats."""
    # np.unique builds a hash table first, which takes six times as long here.
    values = np.sort(values)
    new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return values[new]


def _folded(texts: Sequence[str]) -> Folded:
    """The folded characters of all texts, SPACE wherever words part; each text ends with END.

    Bytes, where each character fits in one.
    """
    texts = [text.replace(chr(END), " ") if chr(END) in text else text for text in texts]
    # Encoded one by one: a text that has been in UTF-8 before is only copied.
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    data = bytearray(bytes([END]).join([*encoded, b""]))
    more = len(data) - len(texts) - sum(map(len, texts))
    folded = _folded_bytes(data) if more < _FEW * len(data) else None
    if folded is None:
        texts = [text if is_normalized("NFC", text) else normalize("NFC", text) for text in texts]
        folded = _folded_codes(chr(END).join([*texts, ""]))
    return folded


def _folded_bytes(text: bytearray) -> Folded | None:
    """The folded characters of a text in UTF-8, which is used up; None for one that needs NFC, or has too many letters.

    Only what is not ASCII is looked up, and put in the first of its bytes. A letter that needs more than a byte takes
    one of BORROWED meanwhile.
    """
    values = np.frombuffer(text, np.uint8)
    high = np.flatnonzero(values >= 0x80)
    leads = high[values[high] >= 0xC0]
    codes = _codes(values[high].tobytes().decode("utf-8", "surrogatepass"))
    found = look_up_bytes(codes)
    if (found == EXPANDS).any():
        for character in _expanding(codes, found):
            text = text.replace(character.encode(), fold_character(character).encode())
        return _folded_bytes(text)
    wide, which = np.unique(codes[found == WIDE], return_inverse=True)
    if len(wide) > len(BORROWED) or not all(map(inert, map(chr, wide.tolist()))):
        return None
    values[high] = _DROPPED
    found[found == NOTHING] = _DROPPED
    found[found == WIDE] = BORROWED[which]
    values[leads] = found
    folded = np.frombuffer(text.translate(*_ascii()), np.uint8)
    if not len(wide):
        return folded
    letters = np.arange(256, dtype=np.uint32)
    letters[BORROWED[: len(wide)]] = look_up(wide)
    return letters.take(folded)


@cache
def _ascii() -> tuple[bytes, bytes]:
    """What `bytes.translate` takes to fold a text in ASCII, and leaves other bytes alone."""
    table = np.arange(256, dtype=np.uint8)
    table[:128] = look_up_bytes(np.arange(128, dtype=np.uint32))
    return table.tobytes(), np.flatnonzero(table == NOTHING).astype(np.uint8).tobytes()


def _folded_codes(text: str) -> Folded:
    """The folded characters of a text in NFC."""
    codes = _codes(text)
    folded = look_up(codes)
    if (folded == EXPANDS).any():
        for character in _expanding(codes, folded):
            text = text.replace(character, fold_character(character))
        return _folded_codes(text)
    some: Folded = folded[folded != NOTHING]
    return some


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _expanding(codes: npt.NDArray[np.uint32], folded: Folded) -> list[str]:
    """The distinct characters that fold to several."""
    return list(map(chr, np.unique(codes[folded == EXPANDS]).tolist()))


def _tokens(folded: Folded, both: bool) -> tuple[Places, Places]:
    """First character of each token, and the one after its last; `both`: some characters are tokens of their own."""
    letter = folded > SPACE
    if not both:
        edges = np.flatnonzero(np.append(letter[:1], letter[1:] != letter[:-1]))
        return edges[::2], edges[1::2]
    alone = folded >= ALONE
    letter &= ~alone
    opens, closes = letter.copy(), letter.copy()
    opens[1:] &= ~letter[:-1]
    closes[:-1] &= ~letter[1:]
    return np.flatnonzero(opens | alone), np.flatnonzero(closes | alone) + 1


def _hash_runs(values: npt.NDArray[np.unsignedinteger], first: Places, last: Places, room: Hashes) -> Hashes:
    """A hash of each run `values[first:last]`."""
    powers, inverses = (
        _powers(1 << max(17, len(values).bit_length())) if len(values) < _KEPT else _made(len(values) + 1)
    )
    sums = room[: len(values) + 1]
    sums[0] = 0
    np.multiply(values, powers[: len(values)], out=sums[1:])
    np.cumsum(sums, out=sums)
    return mixed((sums[last] - sums[first]) * inverses[first])


def _hash_windows(values: Hashes, size: int) -> Hashes:
    """As `_hash_runs`, of each run of `size` values."""
    sums = values[size - 1 :].copy()
    for at in reversed(range(size - 1)):
        sums *= np.uint64(_BASE)
        sums += values[at : at + len(sums)]
    return mixed(sums)


def _made(count: int) -> tuple[Hashes, Hashes]:
    return _powers_of(_BASE, count), _powers_of(pow(_BASE, -1, 1 << 64), count)


_powers = lru_cache(maxsize=4)(_made)


def _powers_of(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return powers.cumprod(dtype=np.uint64)


def _digests(hashed: Hashes, tokens: Places, texts: Sequence[str]) -> list[bytes]:
    """The digest of each text, from the hashes of its tokens."""
    data = hashed.astype("<u8", copy=False).view(np.uint8).data
    found, first = [], 0
    for end, text in zip((8 * tokens).tolist(), texts, strict=True):
        if first < end:
            found.append(_digest(data[first:end]))
        else:
            # Nothing to fold: such texts are copies only when they are equal.
            raw = text.encode("utf-8", "surrogatepass")
            found.append(_digest(b"unfolded" + raw))
        first = end
    return found


def _digest(data: bytes | memoryview) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def _steps(values: Places) -> Places:
    """The first value, and what each other has more than the one before."""
    steps = values.copy()
    steps[1:] -= values[:-1]
    return steps


def _cumulated(counts: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Places:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
