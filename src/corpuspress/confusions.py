"""Encodings that the detector takes for one another, told apart by what they write in the same bytes.

The detector of a web browser answers with the encodings of the web alone, and a single sign can sway it.
Each test here looks at the few bytes in which two encodings part, and at the letters around them.
"""

from __future__ import annotations

import re


def corrected(data: bytes, codec: str) -> str:
    """The codec that the bytes are more likely in than in the one that the detector named."""
    if codec in _FOR_MAC_CYRILLIC and _is_mac_cyrillic(data, mostly=codec == "cp1252"):
        return "mac-cyrillic"
    if codec in _MISTAKEN and _is_western(data, codec):
        codec = "cp1252"
    if codec == "cp1252" and _is_hungarian(data):
        return "cp1250"
    return "iso8859-15" if codec == "cp1252" and _is_latin_9(data) else codec


def count(data: bytes, wanted: bytes) -> int:
    """How many of the bytes are among those wanted."""
    return len(data) - len(data.translate(None, wanted))


_MISTAKEN = {"cp1250", "cp1251", "cp1254", "cp1257", "cp866", "cp874", "iso8859-2", "iso8859-4", "iso8859-13"}
# The pound sign before a digit, and the letters of western names; not those that stand for Hungarian ones.
_IN_PLACE = re.compile("£(?=\\d)|(?<=[A-Za-z])[ãåæèêïñø]|[ÃÅÆÈÊÑØ](?=[A-Za-z])")


def _is_western(data: bytes, codec: str) -> bool:
    """Whether the guess rests on a few bytes, under one in 200, each part of a word or a price in cp1252.

    A single pound sign or French name is enough to lead the detector astray in an English text.
    """
    text = data.decode("cp1252", "replace")
    other = data.decode(codec, "replace")
    parting = [place for place, (one, two) in enumerate(zip(text, other, strict=True)) if one != two]
    return len(parting) * 200 < len(data) and all(_IN_PLACE.match(text, place) for place in parting)


# What the detector answers for Cyrillic of the Macintosh, which it does not know.
_FOR_MAC_CYRILLIC = {"cp1251", "koi8-u", "cp1252"}


def _is_mac_cyrillic(data: bytes, *, mostly: bool) -> bool:
    """Whether byte DF stands within words: a small ya there, a capital one or another letter elsewhere.

    The other small letters have the numbers of cp1251, whose small ya is FF. `mostly` asks beside that
    for many bytes above 7F, as Latin text has not.
    """
    within = len(re.findall(rb"[\xe0-\xfe]\xdf", data))
    high = bytes(range(0x80, 0x100))
    return within > data.count(0xFF) and (not mostly or count(data, high) * 4 > len(data))


def _is_hungarian(data: bytes) -> bool:
    """Whether the long o and u of Hungarian, õ and û in cp1252, stand among its other vowels alone.

    Portuguese has ã and ç beside õ, Estonian ä, French à and è beside û.
    """
    if not count(data, b"\xf5\xfb") or count(data, "ãçäñàèêëîïôåæø".encode("cp1252")):
        return False
    return bool(count(data, "öü".encode("cp1252"))) and sum(vowel in data for vowel in b"\xe1\xe9\xed\xf3\xfa") > 1


_LATIN_9 = re.compile(
    rb"(?P<euro>(?<=\d)\xa4|(?<=\d\s)\xa4|\xa4(?=\s?\d)|(?<=\()\xa4(?=\)))"
    rb"|(?P<letter>(?<=[A-Za-z])[\xa6\xa8\xbc\xbd](?=[a-z])|[\xbc\xbd](?=u[fv]|il))"
    rb"|(?P<other>[\xa4\xa6\xa8\xb4\xb8\xbc-\xbe])"
)


def _is_latin_9(data: bytes) -> bool:
    """Whether the bytes in which ISO-8859-15 parts from cp1252 all make sense in the former only."""
    if count(data, bytes(range(0x80, 0xA0))) or not count(data, b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe"):
        return False
    return all(found.lastgroup != "other" for found in _LATIN_9.finditer(data))
