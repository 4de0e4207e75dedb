"""The recipe: every option of a build, each with its default, what it means and what it risks.

A recipe is frozen, comes from a TOML file whose tables are the sections below, and is part of the
manifest of every release. docs/recipe.md is generated from here.
"""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from .errors import RecipeError


def option(default: Any, meaning: str, risk: str = "", **limits: Any) -> Any:
    """A field of a recipe section.

    `limits` are `choices`, which closes the set of values, and `least` and `most` for numbers; a number
    is not negative, and a fraction is a share, from 0 to 1.
    """
    known = {"choices": (), "least": 0, "most": 1 if isinstance(default, float) else None}
    return field(default=default, metadata={"meaning": meaning, "risk": risk, **known, **limits})


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The text of a rule table of the user's own; the path only names it in messages."""

    text: str
    path: str = field(default="", compare=False)

    @classmethod
    def read(cls, path: str | Path, folder: Path = Path()) -> RuleTable:
        """The table in a file; a relative path starts in `folder`. Raises OSError, ValueError (no UTF-8)."""
        text = (folder / path).read_text(encoding="utf-8")
        # No text without a line break is taken for a table where a path may stand as well.
        return cls(text if "\n" in text else text + "\n", str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What counts as a source."""

    pattern: str = option(
        r"(?P<ordinal>\d+)_(?P<provenance>[0-9A-Fa-f]{8,64})\.txt",
        "regular expression that a whole file name must match; the group `provenance` is required",
        "a loose pattern takes files that are no sources",
    )
    max_bytes: int = option(
        10_000_000,
        "a larger source is rejected as `too-large`",
        "a worker needs some sixty times the largest source",
        least=1,
    )
    text_column: str = option("text", "column of JSON lines or Parquet inputs that holds the text")
    provenance_column: str = option("provenance", "column of JSON lines or Parquet inputs that holds the hash")
    name_column: str = option("", "column that names a row; empty: the row number names it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decode:
    """How bytes become text."""

    detect: bool = option(
        True,
        "guess the encoding of bytes that are not UTF-8",
        "a wrong guess gives wrong letters; the guess is on record",
    )
    fallback: str = option("cp1252", "encoding taken where nothing can be told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Which repairs of ftfy run, line by line; the names are ftfy's own."""

    enabled: bool = option(True, "undo earlier wrong decodings and other damage with ftfy")
    fix_encoding: bool = option(True, "undo mojibake", "a rare true sequence may be taken for damage")
    restore_byte_a0: bool = option(True, "let a space stand for byte A0 when that mends a sequence")
    replace_lossy_sequences: bool = option(True, "mend sequences that lost a byte, as far as can be told")
    decode_inconsistent_utf8: bool = option(True, "mend damage that touches only part of a line")
    fix_c1_controls: bool = option(True, "read C1 control characters as Windows-1252")
    unescape_html: bool = option(True, "turn HTML entities into characters, unless the line holds a `<`")
    remove_terminal_escapes: bool = option(True, "drop ANSI colour codes")
    fix_latin_ligatures: bool = option(True, "write ligatures such as U+FB01 as letters")
    fix_character_width: bool = option(
        False, "make full-width and half-width characters normal", "changes ordinary Chinese punctuation"
    )
    uncurl_quotes: bool = option(False, "make curly quotes straight", "loses typography")
    fix_surrogates: bool = option(True, "join surrogate pairs")
    remove_control_chars: bool = option(True, "drop control characters that show nothing")
    normalization: str = option(
        "NFC", "Unicode normal form", "NFKC loses distinctions", choices=("NFC", "NFKC", "none")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Spaces and blank lines."""

    spaces: bool = option(
        True,
        "trim lines, make each run of horizontal white space one space, drop invisible characters",
        "columns aligned by spaces collapse, no-break spaces of French become plain",
    )
    blank_lines: int = option(1, "how many blank lines may follow one another; none stay at either end")
    join_wrapped: bool = option(
        False, "join lines that were hard-wrapped at a fixed width", "verse of even length may be joined"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Boilerplate:
    """What is removed as text of the page."""

    enabled: bool = option(True, "remove boilerplate")
    strictness: str = option(
        "careful",
        "how much suspicion a line needs to go",
        "`thorough` removes more furniture and loses more article lines",
        choices=("careful", "thorough"),
    )
    model: bool = option(True, "let the line model have its say beside the rules")
    rules: tuple[RuleTable, ...] = option(
        (),
        "TOML files with rules of your own, in rows as the package's tables have them; a relative path starts where "
        "the recipe lies; the manifest records what they say",
        "a rule acts in every source, whatever its site",
    )
    without: tuple[str, ...] = option((), "names of rules that must not act")
    max_share: float = option(
        0.5,
        "when rules would take a larger share of a document's words than this, keep it whole and flag it",
        "a low share keeps pages that are mostly furniture",
    )
    repeats: bool = option(True, "remove a repeated headline, summary or paragraph; the first stays")
    census_sources: int = option(
        3, "a line is recurring when it stands in at least this many sources", "small values touch refrains"
    )
    passages: int = option(
        0,
        "remove paragraphs (60 to 500 characters) that stand in at least so many sources (rounded down to one digit)",
        "standing explanations and quotations go; copies of a text count as well",
    )
    not_articles: bool = option(True, "reject sources that are no article: bot walls, error pages, empty shells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How the language is told."""

    detector: str = option(
        "exact",
        "`exact` scores langdetect's own model exactly; `langdetect` runs the library, seeded",
        "`langdetect` is some fifty times slower",
        choices=("exact", "langdetect"),
    )
    keep: tuple[str, ...] = option((), "languages to keep; others are rejected as `language`; empty: all")
    shares: bool = option(False, "add the column `languages`: the share of each language by lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicate:
    """When two documents are held to be copies."""

    enabled: bool = option(True, "fold copies into one")
    shingle_words: int = option(
        5, "words in a shingle; scripts without spaces use as many characters and three more", least=1
    )
    similarity: float = option(0.5, "Jaccard index from which two documents are near copies")
    containment: float = option(
        0.7,
        "share of the smaller document's shingles from which it is a copy of the larger",
        "from 0.65 down, pages with the same picture gallery, and articles that mostly quote, are taken for copies",
    )
    contained_share: float = option(
        0.1,
        "smallest size of a contained document as a share of the larger one's shingles",
        "small values let a round-up eat the short notices that it quotes",
    )
    keep_published: bool = option(
        True, "documents of the last release stay keepers", "false: a better copy may take the place of a published id"
    )
    prefer: tuple[str, ...] = option((), "sites, best first, whose copy is kept (needs `site` in the sidecar)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """What a release looks like on disk."""

    title: str = option("Corpus", "title on the card")
    license: str = option("other", "licence identifier for the card's header, as the Hub lists them")
    row_group_rows: int = option(10_000, "rows of a row group", least=1)
    shard_bytes: int = option(64_000_000, "text bytes after which a new shard begins", least=1)
    splits: tuple[str, ...] = option(
        (),
        'splits with their shares, such as "train 0.9", "validation 0.05", "test 0.05"; copies of a document stand '
        "in its split; empty: all in `train`",
        "other shares move documents; without `deduplicate`, copies land on both sides",
    )
    compression_level: int = option(3, "zstd level of the Parquet files", least=1, most=22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What must hold before a release is published; the build fails with exit code 3 otherwise."""

    min_documents: int = option(0, "fewest documents")
    max_rejected_share: float = option(1.0, "largest share of sources that may be rejected")
    max_removed_share: float = option(1.0, "largest share of all characters that cleaning may remove")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All options of a build."""

    read: Read = field(default_factory=Read)
    decode: Decode = field(default_factory=Decode)
    repair: Repair = field(default_factory=Repair)
    layout: Layout = field(default_factory=Layout)
    boilerplate: Boilerplate = field(default_factory=Boilerplate)
    language: Language = field(default_factory=Language)
    deduplicate: Deduplicate = field(default_factory=Deduplicate)
    publish: Publish = field(default_factory=Publish)
    gates: Gates = field(default_factory=Gates)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], path: str = "recipe", folder: Path = Path()) -> Recipe:
        """A recipe from nested tables; all faults are reported together in one RecipeError.

        Paths of rule tables start in `folder`; the text of a table may stand for its path, as in a manifest.
        """
        faults: list[str] = []
        hints = get_type_hints(cls)
        data = _with_tables(data, folder, faults)
        sections = {
            name: _section(hints[name], table, name, faults)
            for name, table in data.items()
            if _known(name, list(hints), "table", faults)
        }
        if faults:
            raise RecipeError(
                path, expected="known options with valid values", found="; ".join(faults), cure="see docs/recipe.md"
            )
        recipe = cls(**sections)
        _check_pattern(recipe.read.pattern, path)
        _check_encoding(recipe.decode.fallback, path)
        return recipe

    @classmethod
    def from_toml(cls, path: str | Path) -> Recipe:
        """A recipe from a TOML file. Raises RecipeError when it cannot be read or holds a fault."""
        try:
            data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RecipeError(
                path, expected="a TOML file", found=str(error), cure="see examples/corpus.toml"
            ) from error
        return cls.from_dict(data, str(path), Path(path).parent)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, every option with its value; `from_dict` takes them back."""
        sections = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {
            name: {item.name: _plain(getattr(section, item.name)) for item in dataclasses.fields(section)}
            for name, section in sections.items()
        }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [item.text if isinstance(item, RuleTable) else item for item in value]
    return value


def _with_tables(data: Mapping[str, Any], folder: Path, faults: list[str]) -> Mapping[str, Any]:
    """The same with rule tables in the place of their paths and texts."""
    section = data.get("boilerplate")
    if not isinstance(section, Mapping) or not isinstance(section.get("rules"), list):
        return data
    found = []
    for item in section["rules"]:
        try:
            text = isinstance(item, str) and _is_table(item)
            found.append(RuleTable(item) if text else RuleTable.read(item, folder) if isinstance(item, str) else item)
        except (OSError, ValueError) as error:
            name = item if item.isprintable() else f"{item!r} (TOML reads a backslash only in single quotes as one)"
            faults.append(f"`boilerplate.rules`: {name}: {getattr(error, 'strerror', None) or error}")
    return {**data, "boilerplate": {**section, "rules": found}}


def _is_table(item: str) -> bool:
    r"""Whether a string is the text of a rule table, not its path.

    >>> [_is_table(item) for item in ("[[rule]]\nname = 'a'\n", "# none\n", "\n", "own/post.toml", "own\new.toml")]
    [True, True, True, False, False]
    """
    first = item.lstrip().partition("\n")[0]
    # A path may hold a line break that was meant as a backslash; what `read` gives ends with one.
    return "\n" in item and (not first or "[[rule]]" in item or first[0] in "[#" or "=" in first)


def _known(name: str, names: list[str], kind: str, faults: list[str]) -> bool:
    if name in names:
        return True
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    faults.append(f"unknown {kind} `{name}`" + (f" (did you mean `{near[0]}`?)" if near else ""))
    return False


def _section(kind: type, table: Any, name: str, faults: list[str]) -> Any:
    if not isinstance(table, Mapping):
        faults.append(f"`{name}` must be a table")
        return kind()
    fields = {item.name: item for item in dataclasses.fields(kind)}
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        if not _known(key, list(fields), f"option in `{name}`", faults):
            continue
        fault = _fault(value, hints[key], fields[key].metadata)
        if fault:
            faults.append(f"`{name}.{key}` {fault}")
        values[key] = tuple(value) if isinstance(value, list) else value
    return kind() if faults else kind(**values)


def _fault(value: Any, hint: Any, told: Mapping[str, Any]) -> str:
    if get_origin(hint) is tuple:
        ok = isinstance(value, (list, tuple)) and all(isinstance(item, get_args(hint)[0]) for item in value)
        kind = "paths" if get_args(hint)[0] is RuleTable else get_args(hint)[0].__name__
        return "" if ok else f"must be a list of {kind}, not {value!r}"
    assert not isinstance(hint, UnionType)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        return f"must be {hint.__name__}, not {value!r}"
    if told["choices"] and value not in told["choices"]:
        return f"must be one of {', '.join(told['choices'])}, not {value!r}"
    if hint in (int, float) and value < told["least"]:
        return f"must be at least {told['least']}, not {value!r}"
    if hint in (int, float) and told["most"] is not None and value > told["most"]:
        return f"must be at most {told['most']}, not {value!r}"
    return ""


def _check_pattern(pattern: str, path: str) -> None:
    try:
        groups = re.compile(pattern).groupindex
        found = "" if "provenance" in groups else f"`{pattern}` without it"
    except re.error as error:
        found = str(error)
    if found:
        raise RecipeError(
            path,
            expected="`read.pattern` to be a regular expression with a group `provenance`",
            found=found,
            cure="write it as (?P<provenance>...)",
        )


def _check_encoding(name: str, path: str) -> None:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise RecipeError(
            path, expected="`decode.fallback` to be an encoding", found=repr(name), cure='take one such as "cp1252"'
        ) from error
