r"""The rule tables: what a site's furniture says, as rows with a name, a reason, and evidence.

One file a language under `rules/`, `any.toml` for what is the same in all. A row::

    [[rule]]
    name = "reply-form"          kebab-case; other languages than English carry their code in front
    family = "comments"          one of FAMILIES
    reason = "The heading of a site's comment form."
    where = "anywhere"           head: at most PROSE long lines before it, or among the first EDGE lines;
                                 tail: the same from the end; anywhere
    match = "line"               line: the pattern matches the whole line, which goes; start, end: it matches
                                 at the start or end of the line, and only that part goes
    strength = "strong"          strong: enough to remove; edge: enough unless the line reads like main text;
                                 cue: evidence only; keep: such a line stays, whatever others say
    fact = "byline"              optional: the column that the match (or its group `fact`) feeds; groups
                                 named as columns feed several
    opens = true                 optional: the lines after it are the more suspect
    max_length = 200             optional: longest line in characters that a whole-line rule is tried on
    pattern = '''(?i)leave a (?:reply|comment)'''      for Python's `re` and for RE2
    removes = ["Leave a reply"]  lines that it matches, at least one
    keeps = ["Leave a reply on the table, the note said."]    lines that stay, at least one

Matching is on the line without the white space around it; `\d` means 0 to 9, as RE2 has it.
All faults of all tables are reported together. A recipe may add tables of the user's own; `of` puts them
behind those of the package.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import RecipeError
from ..recipe import Repair, RuleTable
from ..utf8 import Utf8
from .batch import Flags, Ints, Lines
from .gates import Gate, gate
from .matching import Hits, Matcher, Pattern, compiled, name_of

FAMILIES = (
    "comments", "related", "share", "newsletter", "end-mark", "advertisement", "rights", "credit", "byline",
    "dateline", "privacy", "navigation", "analytics", "protected",
)  # fmt: skip
CHOICES = {
    "family": FAMILIES,
    "where": ("head", "tail", "anywhere"),
    "match": ("line", "start", "end"),
    "strength": ("strong", "edge", "cue", "keep"),
    "fact": ("", "byline", "published", "place", "agency", "credit", "rights"),
}
GATES, TABLES = "gates.json", "tables.json"
"""What `gates` and `tables` find, stored by scripts/compile_rules.py: it only saves start-up time."""
EDGE = 8
"""The first and the last lines of a document that are its head and tail in any case."""
PROSE = 2
"""As many long lines may stand between a line and the edge."""
LONG = 160
"""Characters from which a line counts as long."""
LONGEST = 200
"""Default of `max_length`."""
TAKEN = (
    "the package has a rule of this name; choose another, and name the package's under `boilerplate.without` where "
    "yours is to replace it"
)


ENGINE = frozenset(
    (
        *("line-model", "recurring-line", "inside-line"),
        *("title-repeat", "summary-repeat", "paragraph-repeat"),
        *("blank-line", "invisible", "spaces", "join-wrapped"),
        *("cut-character", "stray-byte"),
        *("fix-encoding", "fix-text", "fix-line-breaks", "normalize"),
        *(item.name.replace("_", "-") for item in fields(Repair) if item.name not in ("enabled", "normalization")),
    )
)
"""The names that edits carry which no rule of a table made."""
RESERVED = "edits that no rule made carry this name in the audit; choose another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a rule table; `language` is the name of its file."""

    name: str
    family: str
    reason: str
    pattern: str
    removes: tuple[str, ...]
    keeps: tuple[str, ...]
    where: str = "anywhere"
    match: str = "line"
    strength: str = "strong"
    fact: str = ""
    opens: bool = False
    max_length: int = LONGEST
    language: str = ""


@cache
def load() -> tuple[Rule, ...]:
    """The rules of this package, by file name and then as they stand there."""
    stored = _stored(TABLES)
    if stored["digest"] != _digest(_files()):
        return parse(_texts())
    return tuple(map(_rule, stored["rules"]))


def _files() -> list[Traversable]:
    return sorted((item for item in _folder().iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)


def _texts() -> dict[str, str]:
    return {item.name: item.read_text(encoding="utf-8") for item in _files()}


def _digest(tables: Sequence[Traversable]) -> str:
    """Of all names and bytes, whatever the line breaks; no more than one table at once is in memory."""
    digest = hashlib.sha256()
    for item in tables:
        data = item.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{item.name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _stored(name: str) -> dict[str, Any]:
    # `read_text` decodes piece by piece, in four times the time.
    found: dict[str, Any] = json.loads(_folder().joinpath(name).read_bytes().decode())
    return found


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(**{**row, "removes": tuple(row["removes"]), "keeps": tuple(row["keeps"])})


def _folder() -> Traversable:
    return files(__package__).joinpath("rules")


def parse(tables: Mapping[str, str]) -> tuple[Rule, ...]:
    """Rules from the text of TOML files, keyed by file name. Raises RecipeError with all faults."""
    faults: list[str] = []
    named = [(name, rule) for name, text in tables.items() for rule in _table(name, text, faults)]
    return _sound("cleaning/rules", named, faults, "see the head of cleaning/rules.py")


def _sound(path: str, named: Sequence[tuple[str, Rule]], faults: Sequence[str], cure: str) -> tuple[Rule, ...]:
    """The rules, each given with the name of its table, when nothing is wrong with them or was before."""
    faults = [*faults, *_twice(named)]
    if faults:
        raise RecipeError(path, expected="sound rule tables", found="; ".join(faults), cure=cure)
    return tuple(rule for _, rule in named)


def _twice(named: Sequence[tuple[str, Rule]]) -> Iterator[str]:
    """Which names stand twice."""
    seen: set[str] = set()
    for table, rule in named:
        if rule.name in seen:
            yield f"{table}: rule `{rule.name}` stands there twice or in another table too"
        seen.add(rule.name)


def own(tables: Sequence[RuleTable]) -> tuple[Rule, ...]:
    """The rules of a recipe's own tables. Raises RecipeError with all faults of rows, patterns and evidence."""
    faults: list[str] = []
    rules: list[tuple[str, Rule]] = []
    taken = {**dict.fromkeys(ENGINE, RESERVED), **dict.fromkeys((rule.name for rule in load()), TAKEN)}
    for number, table in enumerate(tables, 1):
        name = table.path or f"table {number}"
        found = list(_table(name, table.text, faults))
        faults += [f"{name}: `{rule.name}`: {fault}" for rule in found for fault in _evidence_faults(rule)]
        faults += [f"{name}: `{rule.name}`: {taken[rule.name]}" for rule in found if rule.name in taken]
        rules += [(name, rule) for rule in found]
    return _sound("boilerplate.rules", rules, faults, "mend the rows; docs/cleaning.md says what a row holds")


def _table(name: str, text: str, faults: list[str]) -> Iterator[Rule]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{name}: {error}")
        return
    faults += [f"{name}: unknown table `{key}`" for key in table if key != "rule"]
    rows = table.get("rule", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        faults.append(f"{name}: each rule must begin with [[rule]]")
        return
    for number, row in enumerate(rows, 1):
        found = list(_faults(row))
        if not found:
            yield _rule({**row, "language": name.removesuffix(".toml")})
        faults += [f"{name}: rule {number} (`{row.get('name', '')}`): {fault}" for fault in found]


def _faults(row: Mapping[str, Any]) -> Iterator[str]:
    kinds = {"max_length": int, "opens": bool, "removes": list, "keeps": list}
    known = [name for name in Rule.__dataclass_fields__ if name != "language"]
    for key in sorted(set(row) - set(known)):
        near = difflib.get_close_matches(key, known, 1)
        yield f"unknown key `{key}`" + (f" (did you mean `{near[0]}`?)" if near else "")
    for key in ("name", "family", "reason", "pattern"):
        if not row.get(key):
            yield f"`{key}` is missing"
    for key in ("removes", "keeps"):
        lines = row.get(key) if isinstance(row.get(key), list) else []
        if not lines or not all(isinstance(text, str) and text.strip() for text in lines):
            yield f"`{key}` must be a list of at least one line"
    for key, value in row.items():
        if key in known and not isinstance(value, kinds.get(key, str)):
            yield f"`{key}` must be {kinds.get(key, str).__name__}, not {value!r}"
        elif key in CHOICES and value not in CHOICES[key]:
            yield f"`{key}` must be one of {', '.join(filter(None, CHOICES[key]))}, not {value!r}"
    if isinstance(name := row.get("name", "a"), str) and not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        yield f"`{name}` is not kebab-case"


def check(rules: Sequence[Rule]) -> list[str]:
    """What is wrong with patterns and their evidence; the tests want this empty for the shipped tables."""
    return [f"{rule.language}.toml: `{rule.name}`: {fault}" for rule in rules for fault in _evidence_faults(rule)]


def _evidence_faults(rule: Rule) -> Iterator[str]:
    try:
        find = compiled(_pattern(rule))
    except (re.error, OverflowError, RecursionError) as error:
        yield f"Python cannot read the pattern: {error}"
        return
    try:
        pc.match_substring_regex(pa.array([""]), rule.pattern)
    except pa.ArrowInvalid as error:
        yield f"RE2 cannot read the pattern: {error}"
    if find("") is not None:
        yield "the pattern matches an empty line"
    for text in rule.removes:
        if find(text.strip()) is None or (rule.match == "line" and len(text.strip()) > rule.max_length):
            yield f"does not remove {text!r}"
    for text in rule.keeps:
        if find(text.strip()) is not None:
            yield f"does not keep {text!r}"


def _pattern(rule: Rule) -> Pattern:
    return Pattern(_plain_digits(rule.pattern), rule.match, rule.max_length if rule.match == "line" else 0)


def _plain_digits(pattern: str) -> str:
    r"""The pattern with `\d` meaning 0 to 9, as RE2 has it.

    >>> _plain_digits(r"\d+[\d,]")
    '[0-9]+[0-9,]'
    """
    if r"\d" not in pattern:
        return pattern
    parts = re.split(r"(\\.|\[(?!\])|\])", pattern)
    inside, result = False, []
    for part in parts:
        inside = part == "[" or (inside and part != "]")
        result.append(("0-9" if inside else "[0-9]") if part == r"\d" else part)
    return "".join(result)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The rules that a recipe knows, those of the package first.

    `matcher` holds their patterns in the same order; `kept` are the lines that some rule names under `keeps`: no
    rule and no model removes them, and the longest has `longest_kept` characters. `places` is the position of each
    rule by its name; `takes` says which may take a whole line.
    """

    rules: tuple[Rule, ...]
    matcher: Matcher
    kept: frozenset[str]
    longest_kept: int
    places: Mapping[str, int]
    takes: Flags

    def match(self, texts: Sequence[str], trimmed: Utf8 | None = None) -> Hits:
        """Which rule (its position in `rules`) matches which text, and where; `trimmed` as in Matcher.match."""
        return self.matcher.match(texts, trimmed)


@lru_cache(maxsize=4)
def known(tables: tuple[RuleTable, ...]) -> tuple[Rule, ...]:
    """The rules of the package and of a recipe's own tables. Raises RecipeError as `own`."""
    return (*load(), *own(tables))


@lru_cache(maxsize=4)
def of(tables: tuple[RuleTable, ...]) -> Rules:
    """The rules that are `known`, ready to be matched. Raises RecipeError as `own`."""
    rules = known(tables)
    gates = {name: Gate(ways, reach) for name, (reach, ways) in _stored(GATES).items()}
    kept = frozenset(text.strip() for rule in rules if rule.strength != "keep" for text in rule.keeps)
    takes = np.array([rule.match == "line" and rule.strength in ("strong", "edge") for rule in rules], np.bool_)
    places = {rule.name: place for place, rule in enumerate(rules)}
    return Rules(rules, Matcher([_pattern(rule) for rule in rules], gates), kept, max(map(len, kept)), places, takes)


def gates() -> str:
    """The content of the file GATES for the rules as they are."""
    found = {name_of(pattern): gate(pattern.text, pattern.match) for pattern in map(_pattern, load())}
    rows = ((name, [gate.reach, gate.ways]) for name, gate in sorted(found.items()))
    return "{\n" + ",\n".join(f"{_json(name)}: {_json(row)}" for name, row in rows) + "\n}\n"


def tables() -> str:
    """The content of the file TABLES for the tables as they are: their rules, and a digest of their text."""
    rows = ",\n".join(map(_json, to_dicts(parse(_texts()))))
    return f'{{"digest": {_json(_digest(_files()))}, "rules": [\n{rows}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def match(texts: Sequence[str]) -> Hits:
    """Which rule of the package (its position in `load()`) matches which text, and where."""
    return of(()).match(texts)


def facts_of(known: Rules, rule: int, text: str) -> dict[str, str]:
    """What a matching line says, by column: its groups that are named as columns, else the group `fact`, else all."""
    found, column = known.matcher.found(rule, text), known.rules[rule].fact
    if found is None or not column:
        return {}
    named = {name: value.strip() for name, value in found.groupdict().items() if value and value.strip()}
    return {(name if name in CHOICES["fact"] else column): value for name, value in named.items()} or {
        column: found.group().strip()
    }


def places(lines: Lines, at: Ints) -> tuple[Flags, Flags]:
    """Which of the lines at some places stand in the head, and which in the tail, of their document.

    Blank lines do not count.
    """
    document = np.searchsorted(lines.starts, at, "right") - 1
    begin = lines.starts[document]
    end = begin + lines.sizes[document]
    # How many lines of a kind there are before each place.
    filled, prose = (np.append(0, np.cumsum(kind)) for kind in (lines.length > 0, lines.length >= LONG))
    head = (filled[at] - filled[begin] < EDGE) | (prose[at] - prose[begin] <= PROSE)
    tail = (filled[end] - filled[at + 1] < EDGE) | (prose[end] - prose[at + 1] <= PROSE)
    return head, tail


def nearest(names: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """What is wrong with names that should be names of rules: one sentence for each unknown one."""
    known = [rule.name for rule in rules]
    return [
        f"unknown rule `{name}`" + (f" (did you mean `{near[0]}`?)" if near else "")
        for name in names
        if name not in known
        for near in [difflib.get_close_matches(name, known, 1, 0.5)]
    ]


def to_dicts(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules as plain values, for JSON."""
    return [{key: list(value) if isinstance(value, tuple) else value for key, value in asdict(rule).items()}
            for rule in rules]  # fmt: skip


def listing(rules: Sequence[Rule]) -> str:
    """The rules with their evidence, for people."""
    rows = []
    for rule in rules:
        fact = f", feeds {rule.fact}" if rule.fact else ""
        rows.append(f"{rule.name}  ({rule.language}, {rule.family}, {rule.strength}, {rule.where}, {rule.match}{fact})")
        rows.append(f"    {rule.reason}")
        rows.append(f"    pattern  {rule.pattern}")
        rows += [f"    removes  {text}" for text in rule.removes]
        rows += [f"    keeps    {text}" for text in rule.keeps]
    return "\n".join(rows)
