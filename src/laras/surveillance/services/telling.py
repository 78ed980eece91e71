"""At the laboratory: what the released results of an order say of diseases, told to the health office of the residence.

What is told is a state and not a change: the whole of one order as it holds now, with a revision. So it does not matter how often,
how late or in which order messages arrive, and an amended or withdrawn result takes back what it said by itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from laras.basics.periods import age_on
from laras.bench import queries as bench
from laras.bench.queries import Reported
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.network import queries as network
from laras.orders import queries as orders
from laras.people import queries as people
from laras.reports import queries as reports
from laras.surveillance.events import FindingsTold
from laras.surveillance.models import Reporting, Statement
from laras.surveillance.rules.cases import strength, sunday, which_cases
from laras.surveillance.shipped import definitions
from laras.surveillance.types import Definitions, Finding, Match

AT_ONCE = 400
"""Orders in one message."""


@dataclass(slots=True)
class Places:
    """Where areas lie and which office answers for them; asked once for each area of a run."""

    paths: dict[UUID, tuple[UUID | None, UUID | None]] = field(default_factory=dict)

    def learn(self, area_ids: Collection[UUID]) -> None:
        """Ask for all areas of a part of the run at once."""
        new = set(area_ids) - self.paths.keys()
        if not new:
            return
        responsible = network.responsible_for_many(new)
        for area_id, path in network.paths_of(new).items():
            district = next((step.area_id for step in path if step.code.count(".") == 1), None)
            offices = (row for row in responsible[area_id] if row.organisation.owner.kind != "laboratory")
            office = next(offices, None)
            self.paths[area_id] = (district, office.organisation_id if office else None)

    def of(self, area_id: UUID) -> tuple[UUID | None, UUID | None]:
        """The kabkota of an area, and the nearest health office that has it under its jurisdiction."""
        self.learn((area_id,))
        return self.paths[area_id]


@dataclass(frozen=True, slots=True)
class Told:
    """What one order says now. ``persons``: result -> who, of those found to be cases; it travels and is not kept here."""

    order_id: UUID
    office: UUID | None
    rows: tuple[dict[str, Any], ...]
    persons: dict[str, dict[str, Any]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(journal.canonical([str(self.office), list(self.rows)])).hexdigest()


@use_case
def note_reporting(actor: Actor, *, owner_id: UUID, at: datetime) -> None:
    """The laboratory released something in this week: what it did not find in it are true zeros."""
    actor.require("surveillance.manage", owner_id)
    zone = ZoneInfo(Owner.objects.values_list("zone", flat=True).get(pk=owner_id))
    row = Reporting(owner_id=owner_id, week=sunday(at.astimezone(zone).date()), first_at=at)
    Reporting.objects.bulk_create([row], ignore_conflicts=True)


@use_case
def tell(actor: Actor, *, owner_id: UUID, order_ids: Collection[UUID], cause: UUID | None = None) -> int:
    """Compare what these orders say now with what was told of them, and tell the difference; answers how many changed.

    Nothing happens for orders that speak of no disease, nor where all was told before.
    """
    actor.require("surveillance.manage", owner_id)
    scope = Scope.of(owner_id)
    wanted = list(dict.fromkeys(order_ids))
    before = {row.order_id: row for row in Statement.objects.within(scope).filter(order_id__in=wanted)}
    now = {told.order_id: told for told in says(owner_id, definitions(), order_ids=wanted)}
    rows: list[tuple[Statement, Told, UUID | None]] = []
    for order_id in wanted:
        told = now.get(order_id) or Told(order_id, None, (), {})
        known = before.get(order_id)
        if known is None and not told.rows:
            continue
        if known is not None and known.digest == told.digest:
            continue
        office_before = known.office_id if known is not None and known.rows_told else None
        revision = known.revision + 1 if known is not None else 1
        row = known or Statement(owner_id=owner_id, order_id=order_id)
        row.revision, row.digest, row.told_at = revision, told.digest, clock.now()
        row.office_id, row.rows_told = told.office or office_before, list(told.rows)
        rows.append((row, told, office_before))
    fresh = [row for row, _told, _office in rows if row.order_id not in before]
    Statement.objects.bulk_create(fresh, batch_size=300)
    older = [row for row, _told, _office in rows if row.order_id in before]
    Statement.objects.within(scope).bulk_update(
        older, ["revision", "digest", "told_at", "office", "rows_told"], batch_size=100
    )
    _send(actor, owner_id, rows, cause)
    return len(rows)


def tell_confirmed(actor: Actor, *, since: datetime) -> int:
    """For the nightly rounds: what was taken back since then and stands again without a new report. Answers how many."""
    rows = Statement.objects.within(Scope.everything()).filter(rows_told=[], told_at__gte=since)
    taken_back: dict[UUID, list[UUID]] = defaultdict(list)
    for owner_id, order_id in rows.values_list("owner_id", "order_id"):
        taken_back[owner_id].append(order_id)
    return sum(tell(actor, owner_id=owner_id, order_ids=orders) for owner_id, orders in taken_back.items())


def _send(
    actor: Actor, owner_id: UUID, rows: Iterable[tuple[Statement, Told, UUID | None]], cause: UUID | None
) -> None:
    messages: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row, told, office_before in rows:
        said = {"order": row.order_id, "revision": row.revision, "rows": list(told.rows), "persons": told.persons}
        if told.office is not None and told.rows:
            messages[told.office].append(said)
        if office_before is not None and (office_before != told.office or not told.rows):
            messages[office_before].append({**said, "rows": [], "persons": {}})
    for office, statements in messages.items():
        for part in _parts(statements):
            journal.record(
                actor,
                owner=owner_id,
                event=FindingsTold(orders=len(part)),
                subject=part[0]["order"] if len(part) == 1 else None,
                recipient=office,
                sealed={"statements": part},
                cause=cause,
            )


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def says(
    owner_id: UUID, known: Definitions, *, order_ids: Collection[UUID] | None = None, places: Places | None = None
) -> Iterator[Told]:
    """What the orders of a laboratory say now by these definitions, order by order; ``order_ids`` None means all of them.

    An order that came by referral says nothing here: the laboratory that sent it knows the person, and tells it
    when the result is back. Counted is what stands in a valid report, or was released by the laboratory that performed it.
    """
    scope = Scope.of(owner_id)
    found = bench.reported_values(scope, known.tests, order_ids=order_ids)
    places = places or Places()
    home: list[tuple[Owner, UUID | None]] = []
    # Hand over a few hundred orders at a time: who and where is asked for all of them at once.
    grouped = ((key, list(rows)) for key, rows in groupby(found, key=lambda row: row.order))
    while part := [pair for _n, pair in zip(range(AT_ONCE), grouped)]:  # noqa: B905
        reported = reports.standing(scope, [order_id for order_id, _rows in part])
        kept = {
            order_id: [row for row in rows if row.source != "referral" and _is_out(scope, row, reported.get(order_id))]
            for order_id, rows in part
        }
        kept = {order_id: rows for order_id, rows in kept.items() if rows}
        if not kept:
            continue
        if not home:
            version = network.organisation_at(owner_id)
            home.append((Owner.objects.get(pk=owner_id), version.area_id if version else None))
        yield from _told(home[0][0], kept, known, places, home[0][1])


def _is_out(scope: Scope, row: Reported, report: reports.Standing | None) -> bool:
    """Whether the value left a laboratory and was not taken back.

    One that was opened again after the release and found to be right needs no new report: the valid one says it.
    """
    if row.order_status == "cancelled":
        return False
    if row.external:
        return True
    if report is None or row.validated_at is None:
        return False
    if row.validated_at > report.released_at and not bench.unchanged_since(scope, row, report.released_at):
        return False
    return report.told is None or f"{row.sample_number}/{row.test}" in report.told


def _told(
    owner: Owner, kept: dict[UUID, list[Reported]], known: Definitions, places: Places, home: UUID | None
) -> Iterator[Told]:
    scope, zone = Scope.of(owner.id), ZoneInfo(owner.zone)
    heads = [rows[0] for rows in kept.values()]
    patients = people.resolve_many(scope, {row.patient for row in heads if row.patient})
    sites = orders.sites_by_id(scope, {row.site for row in heads if row.site})
    lived_in = {row.residence_id for row in patients.values()} | {row.area_id for row in sites.values()} | {home}
    places.learn({area_id for area_id in lived_in if area_id is not None})
    for order_id, rows in kept.items():
        patient = patients.get(rows[0].patient) if rows[0].patient else None
        site = sites.get(rows[0].site) if rows[0].site else None
        own = patient.residence_id if patient else site.area_id if site else None
        area = own or home
        if area is None or (patient is None and site is None):
            continue
        district, office = places.of(area)
        matches = {match: row for row in rows for match in which_cases([_finding(row)], known)}
        said, persons = [], {}
        for match, row in matches.items():
            day = row.taken_at.astimezone(zone).date()
            said.append(
                {
                    "result": row.result, "test": row.test, "disease": match.disease,
                    "classification": match.classification, "positive": _positive(match, known),
                    "definition": match.definition, "day": day, "area": area, "district": district,
                    "by_residence": own is not None,
                    "person": (patient.token_nik or patient.token_name or str(patient.id)) if patient else str(site.id),
                    "sex": patient.sex if patient else "", "age": _age(patient, day),
                }
            )  # fmt: skip
            if match.classification:
                persons[str(row.result)] = _who(patient, site)
        if said:
            said.sort(key=lambda one: (str(one["result"]), one["disease"]))
            plain = [{name: _plain(value) for name, value in one.items()} for one in said]
            yield Told(order_id, office, tuple(plain), persons)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _positive(match: Match, known: Definitions) -> bool:
    return bool(match.classification) and strength(match.classification) >= strength(
        known.diseases[match.disease].least
    )


def _age(patient: Any, day: date) -> int | None:
    if patient is None or patient.birth_date is None or patient.birth_date > day:
        return None
    return min(age_on(patient.birth_date, day).years, 150)


def _who(patient: Any, site: Any) -> dict[str, Any]:
    if patient is None:
        return {"name": site.name, "birth_date": None, "address": site.address, "phone": ""}
    born = patient.birth_date.isoformat() if patient.birth_date else None
    return {"name": patient.full_name, "birth_date": born, "address": patient.address, "phone": patient.phone}


def _finding(row: Reported) -> Finding:
    return Finding(
        key=row.result,
        test=row.test,
        kind=row.kind,
        number=row.number,
        until=row.until,
        operator=row.operator,
        answer=row.answer,
        text=row.text,
        meets_limit=row.meets_limit,
        purpose=row.purpose,
    )
