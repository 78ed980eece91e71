"""What moves when an area is split, merged, renamed or given to another parent: the whole subtree with its codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from laras.network.rules.areas import Key, level_of_code, normalise_area_code, parent_code


@dataclass(frozen=True, slots=True)
class AreaNow:
    """One area below the one that changes, as it is valid before the change."""

    id: Key
    code: str
    name: str
    parent: Key | None


@dataclass(frozen=True, slots=True)
class Follower:
    """One area of the new state, at the level of the one that changes."""

    id: Key
    code: str


@dataclass(frozen=True, slots=True)
class Move:
    """One area below that gets a new version: another code, name or parent."""

    area: Key
    old_code: str
    new_code: str
    old_name: str
    new_name: str
    parent: Key


@dataclass(frozen=True, slots=True)
class Issue:
    """Why the plan cannot be carried out as it was given: ``code`` of the area concerned, ``value`` as it was written.

    ``why``: ``not_code``, ``not_below`` (the code named is no area below), ``level``, ``parent_unknown``,
    ``taken``, ``unassigned`` (its parent ends and nobody said where it goes), ``full`` (no free number).
    """

    why: str
    code: str
    value: str = ""


def moves_of(
    root: AreaNow,
    below: Sequence[AreaNow],
    followers: Sequence[Follower],
    *,
    codes: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    taken: Mapping[str, Key] | None = None,
) -> tuple[list[Move], list[Issue]]:
    """The new code, name and parent of every area below ``root``, and what stands in the way.

    ``codes`` and ``names``: old code -> what the decision gives; a new code says by its beginning where the area goes.
    Without one an area stays with its parent and takes over the beginning of the parent's new code; its own number is
    kept while it is free there and counted on otherwise (as in Papua in 2022, a decision may number anew). When the
    parent ends in a single follower, the area goes there. ``taken``: codes in use outside the subtree -> their area.
    """
    given, issues = _given(root, below, codes or {}, names or {})
    called = dict(_normal_keys(names or {}))
    at: dict[str, Key] = dict(taken or {})
    code_of: dict[Key, str] = {}
    for follower in followers:
        at[follower.code] = follower.id
        code_of[follower.id] = follower.code
    only = followers[0].code if len(followers) == 1 else None
    old_code = {root.id: root.code, **{area.id: area.code for area in below}}

    moves: list[Move] = []
    for _level, rows in groupby(sorted(below, key=lambda a: (level_of_code(a.code), a.code)), _level_of):
        waiting: list[tuple[AreaNow, str]] = []
        placed: list[tuple[AreaNow, str]] = []
        for area in rows:
            if area.code in given:
                placed.append((area, given[area.code]))
                continue
            above = code_of.get(area.parent)
            if above is None and area.parent == root.id:
                above = only
            if above is None:
                # Below one that has an issue of its own nothing can be said.
                if area.parent == root.id:
                    issues.append(Issue("unassigned", area.code))
            elif above == old_code.get(area.parent):
                placed.append((area, area.code))
            else:
                waiting.append((area, above))
        for area, code in placed:
            if at.get(parent_code(code) or "") is None:
                issues.append(Issue("parent_unknown", area.code, code))
            elif code in at:
                issues.append(Issue("taken", area.code, code))
            else:
                at[code], code_of[area.id] = area.id, code
        for area, above in waiting:
            free = _free(above, area.code.rpartition(".")[2], at)
            if free is None:
                issues.append(Issue("full", area.code, above))
            else:
                at[free], code_of[area.id] = area.id, free

    for area in below:
        if area.id not in code_of:
            continue
        code, name = code_of[area.id], called.get(area.code, area.name)
        parent = at[parent_code(code) or ""]
        if (code, name, parent) != (area.code, area.name, area.parent):
            moves.append(Move(area.id, area.code, code, area.name, name, parent))
    return moves, issues


def _level_of(area: AreaNow) -> int:
    return level_of_code(area.code)


def _normal_keys(written: Mapping[str, str]) -> list[tuple[str, str]]:
    found = []
    for text, value in written.items():
        try:
            found.append((normalise_area_code(text), value))
        except ValueError:
            continue
    return found


def _given(
    root: AreaNow, below: Sequence[AreaNow], codes: Mapping[str, str], names: Mapping[str, str]
) -> tuple[dict[str, str], list[Issue]]:
    known = {area.code for area in below}
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for text in dict.fromkeys([*codes, *names]):
        try:
            old = normalise_area_code(text)
        except ValueError:
            issues.append(Issue("not_code", text, text))
            continue
        if old not in known:
            issues.append(Issue("not_below", old, text))
            continue
        if text not in codes:
            continue
        try:
            new = normalise_area_code(codes[text])
        except ValueError:
            issues.append(Issue("not_code", old, codes[text]))
            continue
        if level_of_code(new) != level_of_code(old):
            issues.append(Issue("level", old, new))
        else:
            found[old] = new
    return found, issues


def _free(above: str, number: str, at: Mapping[str, Key]) -> str | None:
    """``above`` with this number, or the next free one of its kind; ``None`` when there is none."""
    first = int(number)
    if len(number) == 4:  # kelurahan begin with 1, desa with 2, desa adat with 3
        last = first // 1000 * 1000 + 999
    else:  # cities are numbered from 71
        last = 99 if first > 70 or above.count(".") else 70
    for candidate in range(first, last + 1):
        code = f"{above}.{candidate:0{len(number)}d}"
        if code not in at:
            return code
    return None
