"""Which item of the standard a written name means. Certain, or a person is asked: nothing is guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from laras.resources.types import Item


@dataclass(frozen=True, slots=True)
class Match:
    """``code`` of the one item that is meant, or none: then ``candidates`` are the codes of what it may mean.

    ``ambiguous``: the name itself belongs to several items; otherwise the candidates only look like it.
    """

    code: str = ""
    candidates: tuple[str, ...] = ()
    ambiguous: bool = False


def key_of(text: str) -> str:
    """A name without capitals, spaces and signs: ``Rak & Bak`` and ``rak/bak`` are written alike by other people."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


@dataclass(slots=True)
class Matcher:
    """Finds items by code, name or alias. ``chosen``: what a person decided before, written name -> code, goes first.

    A name that is an item's own goes before an alias of another; an alias of two items is ambiguous. Raises
    :class:`ValueError` when ``chosen`` names a code that no item has.
    """

    items: Iterable[Item]
    chosen: Mapping[str, str] = field(default_factory=dict)
    _by_own: dict[str, set[str]] = field(init=False, default_factory=dict)
    _by_alias: dict[str, set[str]] = field(init=False, default_factory=dict)
    _decided: dict[str, str] = field(init=False, default_factory=dict)
    _known: dict[str, Match] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        codes = {}
        for item in self.items:
            codes[key_of(item.code)] = item.code
            for name in (item.code, item.name):
                self._by_own.setdefault(key_of(name), set()).add(item.code)
            for alias in item.aliases:
                self._by_alias.setdefault(key_of(alias), set()).add(item.code)
        for written, code in self.chosen.items():
            # A person may decide with the code or with the item's full name.
            found = self._by_own.get(key_of(code), set())
            if len(found) != 1:
                raise ValueError(code)
            self._decided[key_of(written)] = next(iter(found))

    def find(self, written: str) -> Match:
        """What a written name means; the same name is looked up once."""
        key = key_of(written)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look(key)
        return known

    def _look(self, key: str) -> Match:
        if not key:
            return Match()
        if key in self._decided:
            return Match(self._decided[key])
        for table in (self._by_own, self._by_alias):
            codes = table.get(key)
            if codes:
                found = tuple(sorted(codes))
                return Match(found[0]) if len(found) == 1 else Match("", found, True)
        near = difflib.get_close_matches(key, [*self._by_own, *self._by_alias], n=3, cutoff=0.75)
        alike = {code for one in near for code in self._by_own.get(one, set()) | self._by_alias.get(one, set())}
        return Match("", tuple(sorted(alike)))
