"""What stands in one text twice: the headline, the summary, whole paragraphs. The first stays.

Only texts that are mostly running prose are looked at: verse lives by repetition. Short lines (a
speaker's name, a refrain, "- section -") go only inside a longer passage that is there twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, islice, repeat
from operator import contains, itemgetter

import numpy as np

from ..census import Census, rounded
from ..model import Edit, Line
from .batch import Flags, Ints, Lines
from .title import LONG, is_prose, is_running, with_site, words

TITLE_WORDS = 4
SUMMARY_WORDS = 8
PARAGRAPH_WORDS = 20
PASSAGE = 60  # characters of the shortest paragraph that counts as one
HEAD = 6  # lines, of those that are not blank
NEAR = 20  # the same
MOST = 0.4  # share of the characters: a text that says more than that twice is built that way

_SPREAD = 0x9E3779B97F4A7C15 - (1 << 64)  # so that few sums of multiples are equal
_FIRST = itemgetter(0)
_QUOTES = str.maketrans("‘’‚“”„«»", '\'\'\'"""""')
_ENDS = ("...", "…", "]")
"""What a line that was cut off ends with: quick to look for."""
_CUT_OFF = re.compile(r"\s*(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")
_CODE = re.compile(r"[<>{}=|\\]")
_COMMAND = re.compile(r"\W*[$#]")


def propose(lines: Sequence[Line], titles: Sequence[int | None], seen: Ints | None = None) -> Iterator[Edit]:
    """Removals of repeats; `titles[d]` is the number of the title line of document d.

    `seen` tells of each document how it stood in the last round of a cleaning, -1 before the first, and is kept up to
    date: a document that stands as it did has no repeats left.
    """
    lines = Lines.of(lines)
    filled = lines.where(np.flatnonzero(_filled(lines)))
    if seen is not None:
        filled = _fresh(filled, titles, seen)
    titled = np.flatnonzero(filled.titled(titles))
    title_of = dict(zip(filled.documents[titled].tolist(), titled.tolist(), strict=True))
    twins = _twins(filled, title_of)
    # Most documents repeat nothing.
    documents = sorted(twins.keys() | _topped(filled, titled))
    begins, ends = (np.searchsorted(filled.documents, documents, side).tolist() for side in ("left", "right"))
    for document, begin, end in zip(documents, begins, ends, strict=True):
        title = title_of[document] - begin if document in title_of else None
        own = {at - begin: twin - begin for at, twin in twins.get(document, {}).items()}
        yield from _of_document(filled[begin:end], own, title)


def _of_document(full: Sequence[Line], twins: dict[int, int], title: int | None) -> Iterator[Edit]:
    """Removals from one document; places are positions in it."""
    tops = _tops([line.text for line in full], title)
    # Short lines alone never go: the cheap questions first, and the dearest last.
    if not tops and not any(len(full[at].text) > 15 or not full[at].text.isascii() for at in twins):
        return
    found = list(_twins_gone(full, twins, title)) if twins else []
    found += (
        _removal(full[at], rule, said.format(full[other].number))
        for at, rule, other, said in tops
        if at not in twins and at != title
    )
    if found and _is_prose(full):
        yield from found


def _fresh(lines: Lines, titles: Sequence[int | None], seen: Ints) -> Lines:
    """The lines of documents that do not stand as they did.

    Lines go or change, and none comes: where none has changed, as many lines are the same lines.
    """
    documents = lines.documents[lines.starts]
    numbers = np.array([-1 if number is None else number for number in titles], np.int64)
    states = (lines.sizes << 32) + numbers[documents]
    fresh = (states != seen[documents]) | (lines.sums(lines.origins < 0) > 0)
    seen[documents] = states
    return lines.where(np.repeat(fresh, lines.sizes))


def _filled(lines: Lines) -> Flags:
    """Which lines are not empty: white space alone counts as text."""
    filled = lines.length > 0
    blank = np.flatnonzero(~filled)
    filled[blank] = lines.where(blank).texts.astype(np.bool_)
    return np.asarray(filled)


def _twins(lines: Lines, title_of: dict[int, int]) -> dict[int, dict[int, int]]:
    """For each document with lines that stood before, whatever their case: for each of these the first.

    It is the title also where only quotation marks differ. All are places among `lines`, as those in `title_of`.
    """
    found: dict[int, dict[int, int]] = {}
    first: dict[tuple[int, str], int] = {}
    places = _alike(lines, title_of)
    documents, keys = lines.documents[places].tolist(), map(str.lower, lines.texts[places].tolist())
    title, said = -1, ""
    for at, document, key in zip(places.tolist(), documents, keys, strict=True):
        twin = first.setdefault((document, key), at)
        if at == title_of.get(document):
            title, said = at, key
        elif title == title_of.get(document) and len(key) == len(said) and _is_quoted(key, said):
            twin = title
        if twin != at:
            found.setdefault(document, {})[at] = twin
    return found


def _is_quoted(one: str, other: str) -> bool:
    return one.translate(_QUOTES) == other.translate(_QUOTES)


def _alike(lines: Lines, title_of: dict[int, int]) -> Ints:
    """Which lines another of their document may equal: as long as one that begins alike, or as long as the title."""
    titled = np.fromiter(title_of.values(), np.int64, len(title_of))
    length, texts = lines.length, lines.texts.tolist()
    # The Turkish capital I with a dot alone is longer in lower case.
    if any(map(contains, texts, repeat("İ"))):
        length = length + np.array([text.count("İ") for text in texts])
    code = (lines.documents << 40) + length
    places = np.flatnonzero(_shared(code))
    begins = map(ord, map(_FIRST, map(str.lower, map(_FIRST, lines.texts[places].tolist()))))
    begun = _shared(code[places] * _SPREAD + np.fromiter(begins, np.int64, len(places)))
    of_title = np.full(1 + lines.documents.max(initial=0), -1, np.int64)
    of_title[lines.documents[titled]] = code[titled]
    return np.asarray(places[begun | (of_title[lines.documents[places]] == code[places])])


def _shared(codes: Ints) -> Flags:
    """Which are there more than once."""
    order = np.argsort(codes, kind="stable")
    same = codes[order[1:]] == codes[order[:-1]]
    result = np.zeros(len(codes), np.bool_)
    result[order[1:][same]] = result[order[:-1][same]] = True
    return result


def _topped(lines: Lines, titled: Ints) -> set[int]:
    """The documents that may have a line at the top that another says in full, or better, as `_tops` finds them."""
    heads = lines.starts[:, None] + np.arange(HEAD)
    places = heads[np.arange(HEAD) < lines.sizes[:, None]]
    texts = lines.texts[places].tolist()
    cut = list(compress(lines.documents[places].tolist(), map(str.endswith, texts, repeat(_ENDS))))
    firsts = lines.starts[np.searchsorted(lines.starts, titled, "right") - 1]
    firsts, titled = firsts[firsts < titled], titled[firsts < titled]
    begun = map(str.startswith, lines.texts[firsts].tolist(), lines.texts[titled].tolist())
    return {*cut, *compress(lines.documents[titled].tolist(), begun)}


def passages(lines: Sequence[Line], titles: Sequence[int | None], census: Census | None, least: int) -> Iterator[Edit]:
    """Removals of paragraphs that stand in at least `least` sources; none when that is 0 or no census is at hand.

    The census rounds its counts down to one digit, so `least` is taken like that as well.
    """
    if census is None or least < 1:
        return
    least, lines = int(rounded(np.array([least]))[0]), Lines.of(lines)
    some = np.flatnonzero(census.lookup(lines.hashes) >= least)
    for at, said in zip(some.tolist(), census.evidence(lines.hashes[some]), strict=True):
        line = lines[at]
        if len(line.text) >= PASSAGE and line.number != titles[line.document]:
            yield _removal(line, "passage", said)


def _twins_gone(full: Sequence[Line], twins: dict[int, int], title: int | None) -> Iterator[Edit]:
    rules: dict[int, str] = {}
    often = Counter(twins.values())
    for run in _runs(twins):
        rules.update(_of_run(run, twins, full, often))
    for position, twin in twins.items():
        if (
            twin == title
            and words(full[position].text) >= TITLE_WORDS
            and (position < HEAD or _stands_alone(position, twins, full))
        ):
            rules[position] = "title-repeat"
    if sum(len(full[at].text) for at in rules) > MOST * sum(len(line.text) for line in full):
        rules = {at: rule for at, rule in rules.items() if rule == "title-repeat"}
    for position, rule in sorted(rules.items()):
        yield _removal(full[position], rule, f"same as line {full[twins[position]].number}")


def _stands_alone(position: int, twins: dict[int, int], full: Sequence[Line]) -> bool:
    """Whether a repeated title stands between paragraphs, neither in a poem that it is taken from nor as a heading
    of a text that names its headings at the top."""
    around = [*full[position - 1 : position], *full[position + 1 : position + 2]]
    said = [twin for twin in twins.values() if twin < HEAD]
    return all(is_prose(line.text) for line in around) and len(said) == 1


def _of_run(run: range, twins: dict[int, int], full: Sequence[Line], often: Counter[int]) -> dict[int, str]:
    """The lines to remove of a passage that stands in the same order further up."""
    counts = [0 if _is_code(full[position].text) else words(full[position].text) for position in run]
    near = run[0] - twins[run[0]] <= NEAR or twins[run[0]] < HEAD or len(run) > 1
    long = [at for at, count in enumerate(counts) if count >= PARAGRAPH_WORDS]
    # Lists of short lines are what two sections may have in common.
    if long and min(counts) > 0 and near and sum(counts[at] for at in long) >= 0.6 * sum(counts):
        # What ends a passage may belong to what follows, as the name of the next speaker does.
        return dict.fromkeys(run[: long[-1] + 1], "paragraph-repeat")
    rules = {}
    for position, count in zip(run, counts, strict=True):
        if count >= SUMMARY_WORDS and not full[position].text.endswith((":", "?", "：", "？", "؟")):
            if twins[position] == position - 1:
                rules[position] = "paragraph-repeat"
            elif twins[position] < HEAD and often[twins[position]] == 1 and is_prose(full[position].text):
                # A heading is also in the list of contents; what stands there three times is a refrain.
                rules[position] = "summary-repeat"
    return rules


def _runs(twins: dict[int, int]) -> Iterator[range]:
    """Stretches of positions whose twins follow one another as they do."""
    start = last = -1
    for position, twin in twins.items():
        if start >= 0 and position == last + 1 and twin == twins[last] + 1:
            last = position
            continue
        if start >= 0:
            yield range(start, last + 1)
        start = last = position
    if start >= 0:
        yield range(start, last + 1)


def _tops(texts: Sequence[str], title: int | None) -> list[tuple[int, str, int, str]]:
    """Lines at the top that another says in full, or better: position, rule, position of the other, evidence."""
    found = []
    if title and with_site(texts[0], texts[title]):
        found.append((0, "title-repeat", title, "line {} with the name of the site"))
    for position, text in enumerate(texts[:HEAD]):
        if not text.endswith(_ENDS):
            continue
        key = text.lower()
        stem = _CUT_OFF.sub("", key)
        if len(stem) < len(key) and words(stem) >= SUMMARY_WORDS:
            later = ((other, texts[other].lower()) for other in range(position + 1, len(texts)))
            whole = (other for other, said in later if said.startswith(stem) and said != key)
            found += [(position, "summary-repeat", other, "the beginning of line {}") for other in islice(whole, 1)]
    return found


def _is_code(text: str) -> bool:
    return bool(_CODE.search(text) or _COMMAND.match(text))


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether running text has half of the words; the long lines, of which few often tell, are counted first."""
    texts = sorted((line.text for line in lines), key=len, reverse=True)
    # Other lines have fewer words than LONG, and none has more words than characters.
    most = [min(len(text), LONG) for text in texts]
    prose, other, rest = 0, 0, sum(most)
    for text, own in zip(texts, most, strict=True):
        count = words(text)
        running = is_running(text, count)
        prose, other, rest = prose + count * running, other + count * (not running), rest - own
        if prose >= other + rest:
            return True
    return prose >= other


def _removal(line: Line, rule: str, evidence: str) -> Edit:
    return Edit("repeats", rule, line.number, line.text, evidence=evidence, document=line.document)
