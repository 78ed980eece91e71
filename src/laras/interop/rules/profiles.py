"""What a device does in its own way, as data: where it writes what, its codes, units, signs for "no result", its quirks.

A profile is a table (TOML or JSON). It is checked as a whole at the door: :func:`read_profile` answers a
:class:`Profile` or names everything that is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Final

from laras.basics.units import is_unit
from laras.interop.types import KINDS, Kind, Trouble

PROTOCOLS: Final = ("astm", "hl7")
STATUSES: Final = ("standard", "practice", "memory", "adopted", "ours")
ENCODINGS: Final = ("utf-8", "ascii", "latin-1", "cp1252", "gb18030")
SEPARATORS: Final = {"CR": "\r", "LF": "\n", "CRLF": "\r\n"}
_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9-]{1,39}$")
_PATH: Final = re.compile(r"^(?P<name>[A-Z][A-Z0-9]{0,2})\.(?P<field>[1-9]\d?)(?:\.(?P<component>[1-9]\d?))?$")


class WrongProfile(ValueError):
    """A profile that cannot be used. ``troubles`` names each place (``given["path"]``) and what is wrong there."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(", ".join(f"{one.given.get('path')}: {one.code}" for one in troubles))
        self.troubles = tuple(troubles)


@dataclass(frozen=True, slots=True)
class Path:
    """``O.3.1``: record or segment, field, component (0: the whole field)."""

    name: str
    field: int
    component: int = 0

    @classmethod
    def of(cls, text: str) -> Path:
        """Raises ``ValueError``."""
        match = _PATH.match(text)
        if match is None:
            raise ValueError(text)
        return cls(match["name"], int(match["field"]), int(match["component"] or 0))


@dataclass(frozen=True, slots=True)
class CodeRule:
    """What a device's code means. ``others``: tests that it may mean too (glucose at random, fasting, after a meal); which
    of them, the specimen says. ``unit`` (UCUM) holds where the device sends none; ``answers`` turns its words (with ``*``
    for anything) into codes of the catalogue's answers, the first that fits."""

    test: str
    others: tuple[str, ...] = ()
    unit: str = ""
    answers: tuple[tuple[str, str], ...] = ()

    def answer(self, raw: str) -> str:
        said = raw.strip().upper()
        return next((code for pattern, code in self.answers if fnmatchcase(said, pattern.upper())), "")


@dataclass(frozen=True, slots=True)
class Combined:
    """One coded test that a device reports in several parts (device codes); the first row of ``when`` that fits all the
    parts it names gives the answer."""

    test: str
    parts: tuple[str, ...]
    when: tuple[tuple[Mapping[str, str], str], ...]

    def answer(self, said: Mapping[str, str]) -> str:
        """The answer for the words of the parts, empty when no row fits: nothing is guessed."""
        for row, answer in self.when:
            if all(fnmatchcase(said.get(part, "").strip().upper(), word.upper()) for part, word in row.items()):
                return answer
        return ""


@dataclass(frozen=True, slots=True)
class KindRule:
    """A message or result is ``kind`` when what stands at ``path`` is ``equals``, or begins with ``prefix``."""

    path: Path
    kind: Kind
    equals: str = ""
    prefix: str = ""

    def fits(self, text: str) -> bool:
        text = text.strip().upper()
        return text == self.equals.upper() if self.equals else text.startswith(self.prefix.upper())


@dataclass(frozen=True, slots=True)
class Profile:
    """A device as data. Paths are tried in order; the first that holds a text counts."""

    name: str
    label: str
    protocol: str
    source: str = ""
    status: str = "ours"
    specimen: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    value: tuple[Path, ...] = ()
    unit: tuple[Path, ...] = ()
    flag: tuple[Path, ...] = ()
    measured_at: tuple[Path, ...] = ()
    result_status: tuple[Path, ...] = ()
    require: tuple[Path, ...] = ()
    """Results where one of these is empty belong to another result (curves, cycles) and are passed over."""
    coding: Path | None = None
    """Where a code says of which system it is; ``LN`` there makes it a LOINC code."""
    cut: str = ""
    """A code ends before this mark; what follows (a dilution) is not part of it."""
    catalogue_codes: bool = False
    """The device was given the codes of the catalogue: what ``codes`` does not name is taken as one."""
    decimal_mark: str = "."
    missing: frozenset[str] = frozenset()
    ignore: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, CodeRule] = field(default_factory=dict)
    kinds: tuple[KindRule, ...] = ()
    combined: tuple[Combined, ...] = ()
    asked: tuple[Path, ...] = ()
    """Where a query names its specimen (``Q.3.2``); without it queries are not answered."""
    order_test: str = "^^^{code}"
    """How a test is written in O.5 of the answer."""
    echo: bool = False
    """The answer writes the specimen as the query did, with rack and position."""
    encoding: str = "utf-8"
    separator: str = "\r"
    handshake: bool = True
    numbers: bool = True
    checksums: bool = True

    def ignores(self, code: str) -> bool:
        return any(fnmatchcase(code, pattern) for pattern in self.ignore)


def read_profile(data: Mapping[str, Any], *, tests: Collection[str] | None = None) -> Profile:
    """The profile in a table as TOML or JSON give it. ``tests``: the codes of the catalogue, where they are to be checked.

    Raises :class:`WrongProfile` with every place that is wrong.
    """
    return _Reader(tests).read(data)


_TOP: Final = {
    "name", "label", "protocol", "source", "status", "read", "line", "units", "codes", "kind", "combine", "missing", "ignore", "query",
}  # fmt: skip
_READ: Final = {
    "specimen", "test", "value", "unit", "flag", "measured_at", "status", "require", "coding", "cut",
    "catalogue_codes", "decimal_mark",
}  # fmt: skip
_QUERY: Final = {"specimen", "test", "echo"}
_LINE: Final = {"encoding", "separator", "handshake", "numbers", "checksums"}


class _Reader:
    def __init__(self, tests: Collection[str] | None) -> None:
        self.tests = tests
        self.troubles: list[Trouble] = []

    def read(self, data: Mapping[str, Any]) -> Profile:
        self.unknown("", data, _TOP)
        read = self.table(data, "read")
        line = self.table(data, "line")
        self.unknown("read", read, _READ)
        self.unknown("line", line, _LINE)
        query = self.table(data, "query")
        self.unknown("query", query, _QUERY)
        name = self.text(data, "name")
        if not _NAME.match(name):
            self.wrong("name", "profile_name", name=name)
        coding = self.paths(read, "read.coding", [read["coding"]] if "coding" in read else [])
        profile = Profile(
            name=name,
            label=self.text(data, "label"),
            protocol=self.choice(data, "protocol", PROTOCOLS, ""),
            source=self.text(data, "source", optional=True),
            status=self.choice(data, "status", STATUSES, "ours"),
            specimen=self.paths(read, "read.specimen"),
            test=self.paths(read, "read.test"),
            value=self.paths(read, "read.value"),
            unit=self.paths(read, "read.unit", optional=True),
            flag=self.paths(read, "read.flag", optional=True),
            measured_at=self.paths(read, "read.measured_at", optional=True),
            result_status=self.paths(read, "read.status", optional=True),
            require=self.paths(read, "read.require", optional=True),
            coding=coding[0] if coding else None,
            cut=self.text(read, "read.cut", optional=True),
            catalogue_codes=self.flag(read, "read.catalogue_codes", False),
            decimal_mark=self.choice(read, "read.decimal_mark", (".", ","), "."),
            missing=frozenset(self.words(data, "missing")),
            ignore=tuple(self.words(data, "ignore")),
            units=self.units(self.table(data, "units")),
            codes=self.codes(self.table(data, "codes")),
            kinds=tuple(self.kinds(data)),
            combined=tuple(self.combined(data)),
            asked=self.paths(query, "query.specimen", optional=True),
            order_test=self.order_test(query),
            echo=self.flag(query, "query.echo", False),
            encoding=self.choice(line, "line.encoding", ENCODINGS, "utf-8"),
            separator=SEPARATORS[self.choice(line, "line.separator", tuple(SEPARATORS), "CR") or "CR"],
            handshake=self.flag(line, "line.handshake", True),
            numbers=self.flag(line, "line.numbers", True),
            checksums=self.flag(line, "line.checksums", True),
        )
        if self.troubles:
            raise WrongProfile(self.troubles)
        return profile

    def wrong(self, path: str, code: str, **given: object) -> None:
        self.troubles.append(Trouble(code, given=MappingProxyType({"path": path, **given})))

    def unknown(self, path: str, table: Mapping[str, Any], known: Collection[str]) -> None:
        for key in table:
            if key not in known:
                self.wrong(f"{path}.{key}" if path else key, "profile_key", known=", ".join(sorted(known)))

    def table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = data.get(key, {})
        if isinstance(found, Mapping):
            return found
        self.wrong(key, "profile_table")
        return {}

    def rows(self, data: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
        found = data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
            self.wrong(key, "profile_rows")
            return []
        return [(f"{key}[{at}]", row) for at, row in enumerate(found, start=1)]

    def text(self, data: Mapping[str, Any], path: str, *, optional: bool = False) -> str:
        found = data.get(path.rpartition(".")[2], "")
        if not isinstance(found, str) or (not found.strip() and not optional):
            self.wrong(path, "profile_text")
            return ""
        return found.strip()

    def words(self, data: Mapping[str, Any], path: str) -> list[str]:
        found = data.get(path.rpartition(".")[2], [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            self.wrong(path, "profile_words")
            return []
        return found

    def choice(self, data: Mapping[str, Any], path: str, known: Sequence[str], otherwise: str) -> str:
        found = data.get(path.rpartition(".")[2], otherwise)
        if found not in known:
            self.wrong(path, "profile_choice", known=", ".join(known))
            return otherwise
        return str(found)

    def flag(self, data: Mapping[str, Any], path: str, otherwise: bool) -> bool:
        found = data.get(path.rpartition(".")[2], otherwise)
        if not isinstance(found, bool):
            self.wrong(path, "profile_flag")
            return otherwise
        return found

    def paths(
        self, data: Mapping[str, Any], path: str, given: Sequence[Any] | None = None, *, optional: bool = False
    ) -> tuple[Path, ...]:
        found = data.get(path.rpartition(".")[2], []) if given is None else given
        if isinstance(found, str):
            found = [found]
        if not isinstance(found, Sequence) or (not found and not optional and given is None):
            self.wrong(path, "profile_paths")
            return ()
        read = [self.path(path, one) for one in found]
        return tuple(one for one in read if one is not None)

    def path(self, path: str, given: object) -> Path | None:
        try:
            return Path.of(str(given))
        except ValueError:
            self.wrong(path, "profile_path", written=str(given))
            return None

    def order_test(self, query: Mapping[str, Any]) -> str:
        found = self.text(query, "query.test", optional=True) or "^^^{code}"
        if found.count("{code}") != 1:
            self.wrong("query.test", "profile_order")
        return found

    def unit(self, path: str, code: object) -> str:
        if not isinstance(code, str) or not is_unit(code):
            self.wrong(path, "profile_unit", written=str(code))
            return ""
        return code

    def known_test(self, path: str, code: str) -> str:
        if self.tests is not None and code not in self.tests:
            self.wrong(path, "profile_test", written=code)
        return code

    def units(self, table: Mapping[str, Any]) -> Mapping[str, str]:
        return MappingProxyType({name: self.unit(f"units.{name}", code) for name, code in table.items()})

    def codes(self, table: Mapping[str, Any]) -> Mapping[str, CodeRule]:
        read: dict[str, CodeRule] = {}
        for code, rule in table.items():
            path = f"codes.{code}"
            row = {"test": rule} if isinstance(rule, str | list) else rule
            if not isinstance(row, Mapping):
                self.wrong(path, "profile_table")
                continue
            self.unknown(path, row, ("test", "unit", "answers"))
            answers = row.get("answers", {})
            if not isinstance(answers, Mapping) or not all(isinstance(one, str) for one in answers.values()):
                self.wrong(f"{path}.answers", "profile_table")
                answers = {}
            meant = [row.get("test")] if isinstance(row.get("test"), str) else row.get("test")
            meant = self.words({"test": meant}, f"{path}.test") or [""]
            if not meant[0]:
                self.wrong(f"{path}.test", "profile_text")
            for one in filter(None, meant):
                self.known_test(f"{path}.test", one)
            read[code] = CodeRule(
                test=meant[0],
                others=tuple(meant[1:]),
                unit=self.unit(f"{path}.unit", row["unit"]) if "unit" in row else "",
                answers=tuple(answers.items()),
            )
        return MappingProxyType(read)

    def kinds(self, data: Mapping[str, Any]) -> Iterable[KindRule]:
        for path, row in self.rows(data, "kind"):
            self.unknown(path, row, ("path", "equals", "prefix", "is"))
            place = self.path(f"{path}.path", row.get("path"))
            kind = self.choice(row, f"{path}.is", KINDS, "")
            equals, prefix = row.get("equals", ""), row.get("prefix", "")
            if bool(equals) == bool(prefix) or not isinstance(equals, str) or not isinstance(prefix, str):
                self.wrong(path, "profile_kind")
            elif place is not None and kind:
                yield KindRule(place, kind, equals, prefix)  # type: ignore[arg-type]

    def combined(self, data: Mapping[str, Any]) -> Iterable[Combined]:
        for path, row in self.rows(data, "combine"):
            self.unknown(path, row, ("test", "parts", "when"))
            parts = tuple(self.words(row, f"{path}.parts"))
            when = []
            for place, one in self.rows(row, "when"):
                said = {key: word for key, word in one.items() if key != "answer"}
                if not said or not set(said) <= set(parts) or not all(isinstance(word, str) for word in one.values()):
                    self.wrong(f"{path}.{place}", "profile_combine", known=", ".join(parts))
                when.append((MappingProxyType(said), str(one.get("answer", ""))))
            test = self.known_test(f"{path}.test", self.text(row, f"{path}.test"))
            yield Combined(test, parts, tuple(when))
