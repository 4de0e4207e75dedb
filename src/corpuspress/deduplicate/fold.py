"""What two copies of a text may differ in and still be the same: fold a text to its tokens.

Folding takes the compatible form of each character (width, ligatures, superscripts), drops case, drops
full stops, commas, apostrophes and invisible characters (`U.S.` is `US`, `1,000` is `1000`, straight
quotes are curly quotes), and lets everything else that is neither letter, digit nor mark part words.
In scripts that write no spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) each character is
a token of its own.

This module holds the plain definition, character by character; hashes.py carries it out on whole
batches with `look_up`.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar
from unicodedata import category, is_normalized, normalize

import numpy as np
import numpy.typing as npt

_Entry = TypeVar("_Entry", np.uint8, np.uint32)

NOTHING, END, EXPANDS, WIDE, _UNKNOWN, SPACE = 0, 1, 2, 3, 4, 32
"""What `look_up` gives for no letter: dropped, end of a text, several characters, no single byte, parts words.

One more stands in its tables alone: not yet known.
"""
ALONE = 1 << 31
"""Flag in what `look_up` gives: the character is a token of its own."""
CODE_POINTS = 0x40000
"""All beyond are tags, private or unassigned; they part words."""

_DROPPED = frozenset(".,'`\u00b4\u2018\u2019\u201b\u02bc\u02b9\u2032")
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3021, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),  # Burmese
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),  # Han
)


def tokens(text: str) -> list[str]:
    """The tokens of a text, folded.

    >>> tokens("“Don’t panic,” the U.S. envoy said—twice.")
    ['dont', 'panic', 'the', 'us', 'envoy', 'said', 'twice']
    >>> tokens("iPhone 15 发布")
    ['iphone', '15', '发', '布']
    """
    found: list[str] = []
    word = ""
    for character in map(fold_character, normalize("NFC", text)):
        for part in character:
            kind = kind_of(part)
            if kind == "letter":
                word += part
            elif kind != "nothing":
                found += [word] if word else []
                found += [part] if kind == "alone" else []
                word = ""
    return [*found, word] if word else found


def fold_character(character: str) -> str:
    """One character without case and in its compatible form; often itself, sometimes several.

    >>> fold_character("Ａ"), fold_character("ß"), fold_character("ﬁ")
    ('a', 'ss', 'fi')
    """
    if character in _DROPPED or ord(character) >= 0x20000:
        return character
    return normalize("NFKC", normalize("NFKC", character).casefold())


def kind_of(character: str) -> str:
    """What a folded character does: `letter`, `alone` (a token of its own), `nothing`, or `space` (parts words)."""
    code = ord(character)
    if code >= CODE_POINTS:
        return "space"
    group = category(character)
    if character in _DROPPED or group == "Cf":
        return "nothing"
    if code >= 0x20000 or group[0] in "LNM":
        return "alone" if any(first <= code <= last for first, last in _WITHOUT_SPACES) else "letter"
    return "space"


def canonical(text: str) -> str:
    """The folded text: its tokens, with a space between two words, and none beside a character alone.

    >>> canonical("GPT 模型: v 4")
    'gpt模型v 4'
    """
    result = ""
    for token in tokens(text):
        both_words = result and kind_of(result[-1]) == kind_of(token[0]) == "letter"
        result += " " + token if both_words else token
    return result


def look_up(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """For each code point what it folds to (with ALONE where it is), or NOTHING, END, EXPANDS, SPACE."""
    return _taken(codes, _tables()[0])


def look_up_bytes(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """As `look_up`, in a quarter of the memory; WIDE where a byte is too small.

    Code points that take part in normalisation are WIDE: the others need no NFC before.
    """
    return _taken(codes, _tables()[1])


def _taken(codes: npt.NDArray[np.uint32], table: npt.NDArray[_Entry]) -> npt.NDArray[_Entry]:
    folded = table.take(codes, mode="clip")
    if (unknown := folded == _UNKNOWN).any():
        wide, narrow = _tables()
        for page in np.unique(codes[unknown] >> 8).tolist():
            own = slice(page << 8, (page + 1) << 8)
            wide[own] = [_entry(chr(code)) for code in range(own.start, own.stop)]
            alone = [inert(chr(code)) for code in range(own.start, own.stop)]
            narrow[own] = np.where((wide[own] < 256) & alone, wide[own], WIDE)
        folded = table.take(codes, mode="clip")
    return folded


@cache
def _tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    # Filled page by page as texts ask for it: all at once would cost a quarter of a second at every start.
    wide, narrow = np.full(CODE_POINTS, _UNKNOWN, np.uint32), np.full(CODE_POINTS, _UNKNOWN, np.uint8)
    wide[0x20000:] = np.arange(0x20000, CODE_POINTS, dtype=np.uint32) | ALONE
    narrow[0x20000:] = WIDE
    wide[-1] = narrow[-1] = SPACE
    return wide, narrow


def inert(character: str) -> bool:
    """Whether NFC leaves a character as it is, and all that stand before it: no mark, no second letter of Hangul."""
    return is_normalized("NFC", character) and category(character)[0] != "M" and not "\u1100" <= character <= "\u11ff"


def _entry(character: str) -> int:
    if ord(character) == END:
        return END
    folded = fold_character(character)
    if len(folded) != 1:
        return NOTHING if all(kind_of(part) == "nothing" for part in folded) else EXPANDS
    kind = kind_of(folded)
    if kind in {"letter", "alone"}:
        return ord(folded) | (ALONE if kind == "alone" else 0)
    return NOTHING if kind == "nothing" else SPACE
