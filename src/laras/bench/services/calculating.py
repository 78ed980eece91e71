"""Values that formulas make of others, entered by a person. When one of those others changes they are held (``holds``)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import calculating
from laras.bench.models import Hold
from laras.bench.reference import formulas
from laras.bench.services import holds, rows
from laras.bench.services.entering import Batch
from laras.bench.services.holds import RECALCULATE
from laras.bench.types import BatchReport, Entry, RowProblem
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case


@use_case
def enter_calculated(actor: Actor, *, owner_id: UUID, result_ids: Sequence[UUID]) -> BatchReport:
    """Enter what the formulas say, as this person's values; what cannot be reckoned is named with the reason.

    The kept note says of which values it was made. Raises NotFound, with nothing saved, when a result is not this
    laboratory's, and Forbidden.
    """
    actor.require("bench.enter", owner_id)
    owner, scope = Owner.objects.get(pk=owner_id), Scope.of(owner_id)
    locked = rows.lock(owner_id, result_ids)
    found = calculating.proposals(scope, owner, list(locked.values()))
    # The values that it is made of stand still until this is written.
    rows.lock(owner_id, {key for one in found.values() for key in one.inputs})
    entries, problems = [], []
    for place, result_id in enumerate(dict.fromkeys(result_ids), start=1):
        one = found.get(result_id)
        if one is None or not one.raw:
            message = one.why if one else calculating.no_formula()
            problems.append(RowProblem(place, result_id, message, "not_calculated", "raw"))
            continue
        entries.append(
            Entry(
                result_id,
                one.raw,
                note=one.made_of[:240],
                method=calculating.method_of(formulas()[locked[result_id].test_code]),
                decimal_mark=calculating.MARK,
            )
        )
    work = Batch(actor, owner_id, entries, why="calculated")
    work.read(strict=False)
    work.save()
    report = work.report()
    _lift(actor, owner_id, report.done)
    return BatchReport(report.done, report.unchanged, (*report.problems, *problems))


def _lift(actor: Actor, owner_id: UUID, result_ids: Sequence[UUID]) -> None:
    standing = Hold.objects.within(Scope.of(owner_id)).filter(
        result_id__in=list(result_ids), kind=RECALCULATE, lifted_at__isnull=True
    )
    for hold in standing.select_for_update():
        holds.take_off(actor, hold, _("Sudah dihitung ulang."))
