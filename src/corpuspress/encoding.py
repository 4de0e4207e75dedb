"""Encodings by name: what a label means, and text to bytes again.

The name of an encoding says how the bytes come back: a codec of Python, with three additions. `-sig`
stands for a byte order mark in front, as in Python's own `utf-8-sig`; `+c1` after a Windows code page
says that bytes which the page leaves open stand for the control characters of their number, as the
Encoding Standard of the web has it (https://encoding.spec.whatwg.org). `+lossy` says that single bytes
could not be read in a text that is plainly in this encoding; U+FFFD stands for them, and they do not
come back.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import cache

from .model import Edit, split

# The longer mark first: that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")

# The web reads these labels as the larger encoding on the right; so do we, or rare letters are lost.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "windows-874": "cp874",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "utf-8-sig": "utf-8",
}
_NOT_TEXT = {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}


@cache
def codec_of(label: str) -> str | None:
    """The codec of a label as the web understands it; None when there is no such encoding of text."""
    label = label.strip().lower().removeprefix("x-")
    try:
        found = codecs.lookup(_LARGER.get(label, label))
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name.replace("_", "-") in _NOT_TEXT:
        return None
    return _LARGER.get(found.name, found.name)


def strictly(data: bytes, codec: str) -> str | None:
    """The text, or None where a byte does not fit."""
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


@cache
def with_controls(codec: str) -> str | None:
    """The 256 characters of a Windows code page, its open bytes 80 to 9F read as controls; else None.

    U+FFFE marks the other open bytes, as `codecs.charmap_decode` wants it.
    """
    if not re.fullmatch(r"cp(?:125[0-8]|874)", codec):
        return None
    single = (bytes([byte]).decode(codec, "replace") for byte in range(256))
    return "".join(
        char if char != "\ufffd" else chr(byte) if 0x80 <= byte < 0xA0 else "\ufffe" for byte, char in enumerate(single)
    )


_PLACE = re.compile(r"([0-9A-F]{2}) at (\d+)")


def encode(text: str, encoding: str, edits: Sequence[Edit] = ()) -> bytes | None:
    """The bytes of a source again, from its decoded text, encoding and edits (those of decoding count).

    None where the encoding does not allow it. Some encodings write one text in several ways (ISO-2022,
    Shift_JIS, Big5), so compare with the digest of the source.
    """
    mark, codec = b"", encoding
    if encoding.endswith("-sig"):
        codec = encoding.removesuffix("-sig")
        mark = next(mark for mark, name in MARKS if name == codec)
    if encoding.endswith("+lossy"):
        return None
    try:
        if encoding.endswith("+c1"):
            table = codecs.charmap_build(str(with_controls(encoding.removesuffix("+c1"))))
            return codecs.charmap_encode(text, "strict", table)[0]
        return mark + _with_strays(text, edits).encode(codec, "surrogateescape" if codec == "utf-8" else "strict")
    except (UnicodeEncodeError, LookupError):
        return None


def _with_strays(text: str, edits: Sequence[Edit]) -> str:
    edits = [edit for edit in edits if edit.step == "decode"]
    if not edits:
        return text
    starts = _line_starts(text)
    chars = list(text)
    for edit in edits:
        for byte, place in _PLACE.findall(edit.evidence):
            chars[starts[edit.line - 1] + int(place) - 1] = chr(0xDC00 + int(byte, 16))
    return "".join(chars)


def _line_starts(text: str) -> list[int]:
    starts, position = [], 0
    for line in split(text)[0]:
        starts.append(position)
        position += len(line.text)
        position += 2 if text.startswith("\r\n", position) else 1
    return starts
