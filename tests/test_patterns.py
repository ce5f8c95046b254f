"""No text makes a regular expression of ours take more than steps in proportion to its length.

Python's matcher goes back and tries other ways when one fails. That is harmless as long as there
is one way only: after each character at most one place of the pattern can take the next one. This
is read off the patterns themselves, all of every module, so that no clever text is needed.

A pattern that is looked for anywhere in a text has a second rule, since each character may be a
beginning: what a repeat has read in vain holds no other beginning.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import custom_components.air_state as package

_parser: Any = importlib.import_module("re._parser")
_compiler: Any = importlib.import_module("re._compiler")

FOLDER = Path(package.__file__).parent
SOURCES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.py")}
SHORT = 256  # so often is a repeat a constant, not a text's length
LETTERS = [*map(chr, range(0x180)), "ſ", "\u0663", "\u2028", "\u212a", "漢"]  # noqa: RUF001
ANCHORED = {"match", "fullmatch"}
ANYWHERE = {"search", "sub", "subn", "split", "findall", "finditer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a pattern: the places where it begins and ends, and whether it may be nothing."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True

    def then(self, other: Part) -> Part:
        return Part(
            first=self.first | other.first if self.empty else self.first,
            last=other.last | self.last if other.empty else other.last,
            empty=self.empty and other.empty,
        )

    def either(self, other: Part) -> Part:
        return Part(
            first=self.first | other.first,
            last=self.last | other.last,
            empty=self.empty or other.empty,
        )


@dataclass(slots=True)
class Places:
    """The places of a pattern that take a character each, and which may follow which."""

    pattern: re.Pattern[str]
    takes: list[frozenset[str]] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)
    repeats: list[tuple[range, bool]] = field(default_factory=list)  # and whether without end
    settled: list[tuple[frozenset[int], range]] = field(default_factory=list)
    asserts: bool = False
    doubled: set[int] = field(default_factory=set)  # what a repeat within a repeat reaches twice
    whole: Part = Part()

    def read(self) -> Places:
        self.whole = self._sequence(_parser.parse(self.pattern.pattern, self.pattern.flags))
        return self

    def _sequence(self, nodes: Any) -> Part:  # noqa: ANN401 - the parser has no types
        found = Part()
        for node in nodes:
            part = self._one(nodes, *node)
            self._join(found, part)
            found = found.then(part)
        return found

    def _join(self, before: Part, after: Part) -> None:
        for place in before.last:
            self.doubled |= self.follow[place] & after.first
            self.follow[place] |= after.first

    def _one(self, nodes: Any, kind: Any, value: Any) -> Part:  # noqa: ANN401
        match str(kind), value:
            case "SUBPATTERN", (_, _, _, inner):
                return self._sequence(inner)
            case "BRANCH", (_, [one, *others]):
                found = self._sequence(one)
                for other in others:
                    found = found.either(self._sequence(other))
                return found
            case "MAX_REPEAT" | "POSSESSIVE_REPEAT", (least, most, inner):
                return self._repeat(str(kind), least, most, inner)
            case "AT", _:
                self.asserts = True
                return Part()
            case "ASSERT" | "ASSERT_NOT", (_, inner):
                aside = Places(self.pattern)
                part = aside._sequence(inner)
                assert not any(endless for _, endless in aside.repeats), self.pattern.pattern
                self.asserts |= not part.empty or str(kind) == "ASSERT_NOT"
                return Part()
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY", _:
                alone = _parser.SubPattern(nodes.state, [(kind, value)])
                takes = _compiler.compile(alone, self.pattern.flags).fullmatch
                self.takes.append(frozenset(filter(takes, LETTERS)))
                self.follow.append(set())
                only = frozenset({len(self.takes) - 1})
                return Part(first=only, last=only, empty=False)
        pytest.fail(f"{self.pattern.pattern}: no rule is known for {kind}")

    def _repeat(self, kind: str, least: int, most: int, inner: Any) -> Part:  # noqa: ANN401
        start = len(self.takes)
        part = self._sequence(inner)
        within = range(start, len(self.takes))
        assert not part.empty, f"{self.pattern.pattern}: what is repeated may be nothing"
        if most > 1:
            self._join(part, part)
            self.repeats.append((within, most > SHORT))
        if kind == "POSSESSIVE_REPEAT":  # what it can take nothing after it gets
            self.settled.append((part.first, within))
        return Part(first=part.first, last=part.last, empty=least == 0)

    def two_ways(self) -> Iterator[tuple[int, int]]:
        """Yield places that can take the same character after a place that is repeated."""
        yield from ((place, place) for place in self.doubled)
        repeated = {place for within, _ in self.repeats for place in within}
        for place in repeated:
            for one, two in combinations(sorted(self.follow[place]), 2):
                if self.takes[one] & self.takes[two] and not self._settled(one, two):
                    yield one, two

    def _settled(self, one: int, two: int) -> bool:
        return any(
            (one in first) != (two in first) and not (one in within and two in within)
            for first, within in self.settled
        )

    def read_again(self) -> Iterator[range]:
        """Yield repeats that may read a beginning and then fail."""
        beginning = frozenset[str]().union(*(self.takes[place] for place in self.whole.first))
        for within, endless in self.repeats:
            if endless and (self.asserts or not self._never_fails(within)):
                held = frozenset[str]().union(*(self.takes[place] for place in within))
                if held & beginning:
                    yield within

    def _never_fails(self, within: range) -> bool:
        reached, new = set[int](), set(within)
        while new:
            reached |= new
            new = {after for place in new for after in self.follow[place]} - reached
        return reached <= self.whole.last


def patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns of all modules by module and name."""
    found: dict[str, re.Pattern[str]] = {}
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(each.name)).items():
            if isinstance(value, re.Pattern):
                found[f"{each.name.removeprefix(package.__name__)}.{name}"] = value
    return found


PATTERNS = patterns()


def uses() -> Iterator[tuple[str, str]]:
    """Yield names of patterns with the methods that are called on them."""
    names = {name.rpartition(".")[2] for name in PATTERNS}
    for tree in SOURCES.values():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=method):
                    if name in names:
                        yield name, method


@pytest.mark.parametrize("name", PATTERNS)
def test_there_is_one_way_to_match_a_text(name: str) -> None:
    places = Places(PATTERNS[name]).read()

    assert not list(places.two_ways())


@pytest.mark.parametrize("name", sorted({name for name, method in uses() if method in ANYWHERE}))
def test_what_was_read_in_vain_is_not_read_again(name: str) -> None:
    for full, pattern in PATTERNS.items():
        if full.endswith(f".{name}"):
            assert not list(Places(pattern).read().read_again())


def test_all_patterns_are_seen() -> None:
    assert {method for _, method in uses()} <= ANCHORED | ANYWHERE | {"pattern"}
    compiled = sum(text.count("re.compile(") for text in map(ast.unparse, SOURCES.values()))
    assert compiled == len({id(pattern) for pattern in PATTERNS.values()})
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="re"):
                    pytest.fail(f"{path}: patterns are found by the name of the module")
                case ast.Attribute(value=ast.Name(id="re"), attr=what):
                    assert what in {"compile", "Match", "DOTALL", "ASCII", "IGNORECASE"}, path


@pytest.mark.parametrize(
    "bad",
    [
        r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)",  # held Home Assistant up for 35 s
        r"[a-z]([a-z-]{0,62})?(\.[a-z]([a-z-]{0,62})?)*",
        r"(a+)+b",
        r"(a|aa)+b",
        r"(a?){0,30}b",
        r"\s*//[^\n]*|(?:a|\w)+b",
        r"(?:a*a*)b",
        r"a(?=a*b)",
    ],
)
def test_a_pattern_with_two_ways_is_found(bad: str) -> None:
    with pytest.raises(AssertionError):
        assert not list(Places(re.compile(bad)).read().two_ways())


@pytest.mark.parametrize(
    "bad", [r"([0-9]+)(h|m|s)", r"<title[^>]*>([^<]+)</title>", r"'(?:\\.|[^'])*'", r"\b[0-9]+\b"]
)
def test_a_search_that_reads_again_is_found(bad: str) -> None:
    assert list(Places(re.compile(bad)).read().read_again())
