"""What two copies of a text may differ in and still be the same: fold a text to its tokens.

Folding takes the compatible form of each character (width, ligatures, superscripts), drops case, drops
full stops, commas, apostrophes and invisible characters (`U.S.` is `US`, `1,000` is `1000`, straight
quotes are curly quotes), and lets everything else that is neither letter, digit nor mark part words.
In scripts that write no spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) each character is
a token of its own.

This module holds the plain definition, character by character; hashes.py has it carried out in C, with `table`.
"""

from __future__ import annotations

from functools import cache
from unicodedata import category, is_normalized, normalize

from ..codes import CODES, Table

NOTHING, SPACE, UNSTABLE, SEVERAL, ALONE = 1, 32, 1 << 29, 1 << 30, 1 << 31
"""What `table` says of a character: dropped, parts words, NFC might change it, folds to several, a token of its own."""
_ROOM = 1 << 14  # thrice what all characters need that fold to several

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
    if code >= CODES:
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


@cache
def table() -> Table:
    """For each code point what cp_tokens wants to know of it.

    That is what it folds to, with ALONE where this is a token of its own, or NOTHING, SPACE, or SEVERAL and where in
    the table they stand; and UNSTABLE.
    """
    return Table(lambda page: [*map(_entry, page)], _ROOM)


def _entry(character: str) -> int:
    parts = [part for part in map(_part, fold_character(character)) if part != NOTHING]
    entry = SEVERAL | table().keep(parts) if len(parts) > 1 else parts[0] if parts else NOTHING
    return entry if inert(character) else entry | UNSTABLE


def _part(character: str) -> int:
    letter = ord(character)
    return {"letter": letter, "alone": ALONE | letter, "nothing": NOTHING, "space": SPACE}[kind_of(character)]


def inert(character: str) -> bool:
    """Whether NFC leaves a character as it is, and all that stand before it: no mark, no second letter of Hangul."""
    return is_normalized("NFC", character) and category(character)[0] != "M" and not "\u1100" <= character <= "\u11ff"
