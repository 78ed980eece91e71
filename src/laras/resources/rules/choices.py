"""A word of a fixed list as people write it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def plain(text: str) -> str:
    """Small letters, digits and plus signs only (BSL-2 is not BSL-2+): two spellings of one word are the same text."""
    return re.sub(r"[^a-z0-9+]", "", text.casefold())


def read_choice(text: str, names: Mapping[str, Iterable[str]]) -> str:
    """The code that is meant; ``names``: code -> what it may be called, besides the code itself.

    A text within brackets belongs to no name ("… (ATLM)") and is a name itself. Raises :class:`KeyError` when none is meant, or more
    than one.
    """
    wanted = plain(text)
    if not wanted:
        raise KeyError(text)
    found = {code for code, called in names.items() if wanted in {plain(code), *_spellings(called)}}
    if len(found) != 1:
        raise KeyError(text)
    return found.pop()


def _spellings(called: Iterable[str]) -> Iterable[str]:
    for name in called:
        yield plain(name)
        yield plain(re.sub(r"\(.*?\)", "", name))
        yield from (plain(inner) for inner in re.findall(r"\((.*?)\)", name))
