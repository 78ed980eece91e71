"""One area followed another: first a plan that changes nothing, then the same plan recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.bulk import Rows
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.unit import unit, use_case
from laras.network import queries, rules
from laras.network.events import AreaSucceeded
from laras.network.models import SUCCESSION_LABELS, Area, AreaSuccession, AreaVersion, OrganisationVersion
from laras.network.rules import tidy
from laras.network.services.authority import require_network
from laras.network.services.organisations import move_quietly
from laras.network.services.reach import rebuild_reach

_NAME_LENGTH = 100
_SOURCE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Successor:
    """One area of the new state. ``area_id`` names an existing area (which goes on, perhaps under a new code);
    without it a new area is made. ``parent_id`` is not needed for a province, nor for one that keeps its parent."""

    code: str
    name: str
    area_id: UUID | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SuccessionPlan:
    """What recording the succession would do. Nothing can be recorded while there are problems.

    ``successors`` carry their ids (``created``: those made anew). ``moves``: every area below that gets a new version.
    ``ended``: the areas that are no more from that day on.
    """

    before: AreaVersion
    kind: str
    on: date
    successors: tuple[Successor, ...]
    created: frozenset[UUID]
    moves: tuple[rules.Move, ...]
    ended: bool
    problems: tuple[Problem, ...]

    def moved_by_level(self) -> dict[int, int]:
        """Level -> how many areas below get a new version."""
        found: dict[int, int] = {}
        for move in self.moves:
            level = rules.level_of_code(move.new_code)
            found[level] = found.get(level, 0) + 1
        return found


def plan_succession(
    actor: Actor,
    *,
    office_id: UUID | None,
    predecessor_id: UUID,
    kind: str,
    on: date,
    successors: Iterable[Successor],
    codes: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    source: str,
) -> SuccessionPlan:
    """What :func:`succeed_area` would do, and what stands in its way. Changes nothing."""
    require_network(actor, office_id, [rules.Claim(area=predecessor_id)], on)
    before = queries.version_at(predecessor_id, on)
    if before is None:
        raise NotFound(_("Wilayah ini tidak berlaku pada tanggal itu."))
    problems = _shape_problems(predecessor_id, kind, list(successors := tuple(successors)), source)
    if problems:
        return SuccessionPlan(before, kind, on, successors, frozenset(), (), False, tuple(problems))

    planned, created, problems = _followers(actor, office_id, before, kind, on, successors)
    ended = predecessor_id not in {one.area_id for one in planned}
    moves: list[rules.Move] = []
    if not problems:
        called = {code: name for code, given in (names or {}).items() if (name := tidy(given))}
        moves, issues = _moves(before, planned, on, codes or {}, called)
        problems = [_issue_problem(issue) for issue in issues]
        problems += _move_problems(actor, office_id, moves, planned, created, on)
    return SuccessionPlan(before, kind, on, planned, created, tuple(moves), ended, tuple(problems))


@use_case
def succeed_area(
    actor: Actor,
    *,
    office_id: UUID,
    predecessor_id: UUID,
    kind: str,
    on: date,
    successors: Iterable[Successor],
    codes: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    source: str,
) -> list[UUID]:
    """Record that from day ``on`` the area is followed by ``successors``; answers their ids.

    ``split``: the area may go on (named among the successors by its id) or end. ``merge``: it ends in one successor.
    ``rename``: it goes on with another code or name. ``transfer``: it goes on under another parent. What lies below
    follows by itself (:func:`laras.network.rules.moves_of`); ``codes`` and ``names`` say what the decision gives
    otherwise, by old code. Nothing is deleted: the versions before keep the old codes and names, and reports of the
    time before are made on them. ``source``: the regulation.
    """
    plan = plan_succession(
        actor,
        office_id=office_id,
        predecessor_id=predecessor_id,
        kind=kind,
        on=on,
        successors=successors,
        codes=codes,
        names=names,
        source=source,
    )
    if plan.problems:
        raise Refused(_("Perubahan wilayah belum lengkap."), problems=list(plan.problems))
    source = tidy(source)
    _write(plan, predecessor_id, source)
    result = [one.area_id for one in plan.successors if one.area_id is not None]
    recoded = {move.old_code: move.new_code for move in plan.moves if move.old_code != move.new_code}
    own = next((one.code for one in plan.successors if one.area_id == predecessor_id), None)
    if own is not None and own != plan.before.code:
        recoded[plan.before.code] = own
    journal.record(
        actor,
        owner=office_id,
        event=AreaSucceeded(kind, on, predecessor_id, result, recoded, source),
        subject=predecessor_id,
    )
    if on <= clock.today():
        # Who reaches whom follows the areas; changes of a later day are taken up by the nightly round.
        rebuild_reach()
    return result


def standing_in(area_id: UUID) -> list[OrganisationVersion]:
    """The latest state of every open organisation that stands, or will stand, in this very area, by code."""
    rows = OrganisationVersion.objects.filter(
        area_id=area_id, valid_until__isnull=True, organisation__owner__closed=False
    )
    return list(rows.select_related("organisation__owner").order_by("organisation__owner__code"))


def follow_merges(actor: Actor, *, office_id: UUID, predecessor_id: UUID) -> int:
    """Organisations that stand in an area which merged stand in its successor from that day on; answers how many.

    A consequence of :func:`succeed_area`, in the same transaction but each in a unit of its own, since each has its
    own journal. Safe to repeat. After a split people decide: the preview names who stands there.
    """
    merge = AreaSuccession.objects.filter(predecessor_id=predecessor_id, kind="merge").order_by("-date").first()
    if merge is None:
        return 0
    require_network(actor, office_id, [rules.Claim(area=merge.successor_id)], merge.date)
    rows = standing_in(predecessor_id)
    for row in rows:
        with unit():
            move_quietly(
                actor,
                organisation_id=row.organisation_id,
                area_id=merge.successor_id,
                valid_from=max(merge.date, row.valid_from),
                reason=merge.source,
            )
    if rows and merge.date <= clock.today():
        rebuild_reach()
    return len(rows)


# --- Checks -----------------------------------------------------------------------------------------
def _shape_problems(predecessor_id: UUID, kind: str, followers: list[Successor], source: str) -> list[Problem]:
    problems = []
    if kind not in SUCCESSION_LABELS:
        problems.append(Problem("kind", _("Jenis perubahan tidak dikenal.")))
    if not tidy(source):
        problems.append(Problem("source", _("Sebutkan peraturan yang menjadi dasar.")))
    elif len(tidy(source)) > _SOURCE_LENGTH:
        problems.append(Problem("source", _("Paling banyak %(length)d huruf.") % {"length": _SOURCE_LENGTH}))
    if kind == "split" and len(followers) < 2:
        problems.append(Problem("successors", _("Pemekaran menghasilkan sedikitnya dua wilayah.")))
    if kind == "split" and any(one.area_id not in (None, predecessor_id) for one in followers):
        problems.append(Problem("successors", _("Pemekaran hanya membuat wilayah baru.")))
    if kind == "merge" and (len(followers) != 1 or followers[0].area_id in (None, predecessor_id)):
        problems.append(Problem("successors", _("Penggabungan menunjuk satu wilayah lain yang sudah ada.")))
    if kind in ("rename", "transfer") and [one.area_id for one in followers] != [predecessor_id]:
        problems.append(Problem("successors", _("Perubahan ini hanya menyangkut wilayah itu sendiri.")))
    return problems


def _followers(
    actor: Actor, office_id: UUID | None, before: AreaVersion, kind: str, on: date, given: tuple[Successor, ...]
) -> tuple[tuple[Successor, ...], frozenset[UUID], list[Problem]]:
    """The successors with their ids, parents and tidy codes, which of them are new, and what is wrong with them."""
    level = rules.level_of_code(before.code)
    problems: list[Problem] = []
    planned: list[Successor] = []
    created: set[UUID] = set()
    seen: set[str] = set()
    parents: dict[UUID | None, str] = {None: ""}

    def problem(field: str, message: str, row: int) -> None:
        problems.append(Problem(field, message, row if len(given) > 1 else None))

    for row, one in enumerate(given, 1):
        if kind == "merge":
            target = queries.version_at(one.area_id, on) if one.area_id else None
            if target is None or rules.level_of_code(target.code) != level:
                problem("successors", _("Wilayah tujuan tidak berlaku pada tanggal itu, atau tidak setingkat."), row)
                continue
            # What the area merges into may belong to another office.
            require_network(actor, office_id, [rules.Claim(area=target.area_id)], on)
            planned.append(Successor(target.code, target.name, target.area_id, target.parent_id))
            continue
        name = tidy(one.name)
        if not name or len(name) > _NAME_LENGTH:
            problem("name", _("Nama wilayah wajib diisi, paling banyak 100 huruf."), row)
        try:
            code = rules.normalise_area_code(one.code)
        except ValueError:
            problem("code", _("“%(code)s” bukan kode wilayah.") % {"code": one.code[:40]}, row)
            continue
        parent = one.parent_id or before.parent_id
        if rules.level_of_code(code) != level:
            problem("code", _("Kode %(code)s bukan kode setingkat.") % {"code": code}, row)
        elif code in seen or _holder(code) not in (None, one.area_id):
            problem("code", _("Kode %(code)s sudah dipakai wilayah lain.") % {"code": code}, row)
        elif level > 1:
            if parent not in parents:
                above = queries.version_at(parent, on) if parent else None
                parents[parent] = above.code if above else ""
                if parent != before.parent_id:
                    require_network(actor, office_id, [rules.Claim(area=parent)], on)
            if rules.parent_code(code) != parents[parent]:
                problem(
                    "code",
                    _("Kode %(code)s tidak berawalan kode induknya (%(parent)s).")
                    % {"code": code, "parent": parents[parent] or "–"},
                    row,
                )
        seen.add(code)
        own = one.area_id or new_id()
        if one.area_id is None:
            created.add(own)
        planned.append(replace(one, code=code, name=name, area_id=own, parent_id=parent if level > 1 else None))
    if kind in ("rename", "transfer") and planned and not problems:
        only = planned[0]
        if (only.code, only.name, only.parent_id) == (before.code, before.name, before.parent_id):
            problems.append(Problem("code", _("Kode, nama, dan induknya sama dengan yang sekarang.")))
        elif kind == "transfer" and only.parent_id == before.parent_id:
            problems.append(Problem("parent_id", _("Induknya sama dengan yang sekarang.")))
    if not problems:
        touched = [before.area_id, *(one.area_id for one in planned if one.area_id not in created and kind != "merge")]
        problems += _later_changes(touched, on)
    return tuple(planned), frozenset(created), problems


def _holder(code: str) -> UUID | None:
    """The area whose latest version has this code."""
    return AreaVersion.objects.filter(code=code, valid_until__isnull=True).values_list("area_id", flat=True).first()


def _later_changes(areas: Iterable[UUID | None], on: date) -> list[Problem]:
    rows = AreaVersion.objects.filter(area_id__in=set(areas), valid_from__gte=on).order_by("valid_from")
    first = rows.first()
    if first is None:
        return []
    message = _("%(name)s sudah berubah mulai %(day)s. Pilih tanggal sesudahnya.") % {
        "name": f"{first.code} {first.name}",
        "day": first.valid_from,
    }
    return [Problem("on", message)]


def _moves(
    before: AreaVersion, planned: tuple[Successor, ...], on: date, codes: Mapping[str, str], names: Mapping[str, str]
) -> tuple[list[rules.Move], list[rules.Issue]]:
    fields = ("area_id", "code", "name", "parent_id")
    root = rules.AreaNow(before.area_id, before.code, before.name, before.parent_id)
    below = [rules.AreaNow(*row) for row in queries.areas_below(before.area_id, on).values_list(*fields)]
    inside = {area.id for area in below} | {root.id}
    taken: dict[str, rules.Key] = {}
    latest = AreaVersion.objects.filter(valid_until__isnull=True)
    prefixes = {one.code for one in planned if one.area_id != before.area_id}
    wanted = {code for text in codes.values() if (code := _normal(text))}
    # Beside the followers' own subtrees, codes that the decision names, with what they would lie in.
    wanted |= {parent for code in list(wanted) if (parent := rules.parent_code(code))}
    if wanted or prefixes:
        for prefix in prefixes:
            found = latest.filter(code__startswith=f"{prefix}.").values_list("code", "area_id")
            taken |= {code: area for code, area in found if area not in inside}
        listed = sorted(wanted)
        for start in range(0, len(listed), 500):
            found = latest.filter(code__in=listed[start : start + 500]).values_list("code", "area_id")
            taken |= {code: area for code, area in found if area not in inside}
    followers = [rules.Follower(one.area_id, one.code) for one in planned if one.area_id is not None]
    return rules.moves_of(root, below, followers, codes=codes, names=names, taken=taken)


def _normal(text: str) -> str:
    try:
        return rules.normalise_area_code(text)
    except ValueError:
        return ""


def _move_problems(
    actor: Actor,
    office_id: UUID | None,
    moves: list[rules.Move],
    planned: tuple[Successor, ...],
    created: frozenset[UUID],
    on: date,
) -> list[Problem]:
    problems = []
    for move in moves:
        if not move.new_name or len(move.new_name) > _NAME_LENGTH:
            problems.append(
                Problem("names", _("%(code)s: nama paling banyak 100 huruf.") % {"code": move.old_code}, None)
            )
    # What moves out of the successors goes to a place for which this office must decide as well.
    kept = {one.area_id for one in planned} | {move.area for move in moves} | created
    others = {move.parent for move in moves} - kept
    for other in others:
        require_network(actor, office_id, [rules.Claim(area=other)], on)
    moved = [move.area for move in moves]
    for start in range(0, len(moved), 500):
        problems += _later_changes(moved[start : start + 500], on)  # type: ignore[arg-type]
        if problems:
            break
    return problems


def _issue_problem(issue: rules.Issue) -> Problem:
    texts = {
        "not_code": _("“%(value)s” bukan kode wilayah."),
        "not_below": _("%(code)s tidak berada di wilayah yang berubah."),
        "level": _("%(code)s: kode %(value)s bukan kode setingkat."),
        "parent_unknown": _("%(code)s: tidak ada wilayah yang memuat kode %(value)s."),
        "taken": _("%(code)s: kode %(value)s sudah dipakai wilayah lain."),
        "unassigned": _("%(code)s belum diberi tempat: tulis kode barunya."),
        "full": _("%(code)s: tidak ada nomor kosong di %(value)s; tulis kode barunya."),
    }
    return Problem("codes", texts[issue.why] % {"code": issue.code[:40], "value": issue.value[:40]})


# --- Writing ----------------------------------------------------------------------------------------
def _write(plan: SuccessionPlan, predecessor_id: UUID, source: str) -> None:
    """All versions that end, then all that begin: codes may change hands within one succession."""
    on, before = plan.on, plan.before
    going = {one.area_id: one for one in plan.successors if plan.kind != "merge" and one.area_id not in plan.created}
    ending = {predecessor_id, *(key for key in going if key), *(move.area for move in plan.moves)}
    old: dict[UUID, AreaVersion] = {}
    listed = sorted(ending, key=str)
    for start in range(0, len(listed), 500):
        rows = AreaVersion.objects.select_for_update().filter(
            area_id__in=listed[start : start + 500], valid_until__isnull=True
        )
        old |= {version.area_id: version for version in rows}
        rows.update(valid_until=on)
    Area.objects.bulk_create(
        [Area(id=own, level=rules.level_of_code(before.code)) for own in sorted(plan.created, key=str)]
    )
    fresh = Rows(AreaVersion)

    def add(area: UUID, model: AreaVersion, code: str, name: str, parent: UUID | None, *, same: bool) -> None:
        fresh.add(
            id=new_id(),
            area_id=area,
            code=code,
            name=name,
            parent_id=parent,
            valid_from=on,
            # The point of the old one is the best that is known of a new one; its extent and people are not.
            lat=model.lat,
            lon=model.lon,
            zone=model.zone,
            area_km2=model.area_km2 if same else None,
            population=model.population if same else None,
            postal_code=model.postal_code,
            source=source,
            status="entered",
        )

    for one in plan.successors:
        if one.area_id is not None and plan.kind != "merge":
            model = old.get(one.area_id, before)
            # A split takes land and people away; a new name does not.
            add(one.area_id, model, one.code, one.name, one.parent_id, same=plan.kind in ("rename", "transfer"))
    for move in plan.moves:
        area: UUID = move.area  # type: ignore[assignment]
        add(area, old[area], move.new_code, move.new_name, move.parent, same=True)  # type: ignore[arg-type]
    fresh.write()
    AreaSuccession.objects.bulk_create(
        [
            AreaSuccession(
                predecessor_id=predecessor_id,
                successor_id=one.area_id,
                kind=plan.kind,
                date=on,
                source=source,
                status="entered",
            )
            for one in plan.successors
            if one.area_id != predecessor_id or plan.kind in ("rename", "transfer")
        ]
    )
