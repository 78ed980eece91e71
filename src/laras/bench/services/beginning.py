"""When tests on samples of sites begin, and the answer that is owed when a sample waited too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from laras.bench import queries
from laras.bench.events import TestsBegun
from laras.bench.models import Beginning, Result
from laras.bench.services import rows
from laras.catalogue import queries as catalogues
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.orders.rules.holding import Holding

AHEAD = timedelta(minutes=5)


@use_case
def begin_tests(
    actor: Actor, *, owner_id: UUID, result_ids: Sequence[UUID], begun_at: datetime | None = None, reason: str = ""
) -> list[Beginning]:
    """Note that these tests began, now or at ``begun_at`` (not ahead, not before the sample was taken).

    What began before stays as it was. Raises Refused at ``reason`` when a holding time that judges was over and nobody says
    why; then nothing is noted.
    """
    actor.require("bench.enter", owner_id)
    who = rows.person_of(actor)
    why = rows.short(reason, "reason", 240)
    now = clock.now()
    if begun_at is not None and begun_at > now + AHEAD:
        message = _("Waktu ini belum tiba; periksa tanggal dan jamnya.")
        raise Refused(message, problems=[Problem("begun_at", message)])
    moment = min(begun_at or now, now)
    found = rows.lock(owner_id, result_ids)
    catalogue = catalogues.effective(owner_id)
    known = queries.begun_among(Scope.of(owner_id), found)
    made: list[tuple[Result, Beginning]] = []
    late: list[str] = []
    for row in found.values():
        taken = row.sample.collected_at
        if row.id in known or row.status != "waiting" or taken is None:
            continue
        if moment < taken:
            message = _("Sampel %(number)s belum diambil pada waktu itu.") % {"number": row.sample.number}
            raise Refused(message, problems=[Problem("begun_at", message)])
        one = beginning_row(row, queries.clock_of(catalogue, row), moment, who, why)
        if one.late and not why:
            late.append(f"{row.sample.number} {row.test_code}")
        made.append((row, one))
    if late:
        message = ngettext(
            "%(n)d pemeriksaan sudah melewati waktu simpan (%(which)s); tulis mengapa tetap diuji.",
            "%(n)d pemeriksaan sudah melewati waktu simpan (%(which)s); tulis mengapa tetap diuji.",
            len(late),
        ) % {"n": len(late), "which": ", ".join(late[:4]) + (" …" if len(late) > 4 else "")}
        raise Refused(message, code="holding_over", problems=[Problem("reason", message)])
    keep(actor, owner_id, made)
    return [one for _row, one in made]


def beginning_row(row: Result, held: Holding | None, moment: datetime, who: UUID | None, why: str) -> Beginning:
    """The row to be; ``why`` is kept only where it was owed."""
    late = held is not None and held.late(moment)
    judged = held if held is not None and held.judges else None
    return Beginning(
        owner_id=row.owner_id,
        result_id=row.id,
        begun_at=moment,
        begun_by=who,
        taken_at=row.sample.collected_at or moment,
        hours=judged.hours if judged else None,
        basis=judged.basis[:200] if judged else "",
        late=late,
        reason=why if late else "",
    )


def keep(actor: Actor, owner_id: UUID, made: Sequence[tuple[Result, Beginning]]) -> None:
    """Store what began and tell the journal of each order."""
    if not made:
        return
    bulk.insert([one for _row, one in made])
    orders: dict[UUID, list[tuple[Result, Beginning]]] = {}
    for row, one in made:
        orders.setdefault(row.order_id, []).append((row, one))
    for order_id, group in orders.items():
        event = TestsBegun(
            order=order_id,
            begun_at=group[0][1].begun_at.isoformat(),
            results=tuple((row.id, row.test_code) for row, _one in group),
            late=tuple(row.id for row, one in group if one.late),
            reason=next((one.reason for _row, one in group if one.reason), ""),
        )
        journal.record(actor, owner=owner_id, event=event, subject=order_id)
