"""Hygiene inspections: scored once, joined with the orders of their samples, concluded by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import inspections, queries
from laras.orders.events import InspectionConcluded, InspectionNoted, InspectionOrderJoined
from laras.orders.models import Inspection, InspectionOrder, Site
from laras.orders.rules.inspections import ANSWERS, score
from laras.orders.services.checks import check_client, checked_text, refuse
from laras.orders.services.registering import register_site
from laras.orders.states import INSPECTION_OUTCOMES
from laras.orders.types import SiteInput

NOTE = ("orders.register", "orders.collect")


@use_case
def note_inspection(
    actor: Actor,
    *,
    owner: Owner,
    day: date,
    answers: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
    site_id: UUID | None = None,
    new_site: SiteInput | None = None,
    client_id: UUID | None = None,
    inspector: str = "",
    met: str = "",
    finding: str = "",
) -> Inspection:
    """Score a visit by the checklist as it is now; every item is answered yes, no or not applicable. Raises Refused."""
    actor.require(next((right for right in NOTE if actor.can(right, owner.id)), NOTE[0]), owner.id)
    problems: list[Problem] = []
    today = clock.today(owner.zone)
    if day > today or day.year < 2000:
        problems.append(Problem("day", _("Periksa tanggalnya.")))
    if (site_id is None) == (new_site is None):
        problems.append(Problem("site", _("Pilih lokasi, atau isi lokasi baru.")))
    if client_id is not None:
        check_client(owner.id, client_id, problems)
    known = inspections.items()
    lines = []
    for item in known:
        answer = answers.get(item.code, "")
        if answer not in ANSWERS:
            problems.append(Problem(f"answer_{item.code}", _("Jawab butir ini.")))
        note = checked_text(problems, f"note_{item.code}", (notes or {}).get(item.code, ""), 240)
        kept = {name: value for name, value in asdict(item).items() if name in ("code", "section", "text", "points")}
        lines.append({**kept, "answer": answer, "note": note})
    said = checked_text(problems, "finding", finding, 1000)
    who = checked_text(problems, "inspector", inspector, 120) or actor.name[:120]
    spoke = checked_text(problems, "met", met, 120)
    refuse(problems)
    found = score(known, answers)
    if new_site is not None:
        site = register_site(actor, owner_id=owner.id, site=new_site, client_id=client_id)
    else:
        site = get_or_404(Site.objects.within(Scope.of(owner.id)), id=site_id)
    row = Inspection(
        owner_id=owner.id, number=format_number(owner.code, today, next_serials(owner.id, "inspection", today), series="H"),
        site=site, client_id=client_id, day=day, inspector=who, met=spoke, lines=lines, reached=found.reached,
        possible=found.possible, finding=said, noted_by=actor.person_id,
    )  # fmt: skip
    row.save(force_insert=True)
    event = InspectionNoted(row.id, row.number, day, found.reached, found.possible)
    journal.record(actor, owner=owner.id, event=event, subject=row.id)
    return row


@use_case
def join_order(actor: Actor, *, owner_id: UUID, inspection_id: UUID, number: str) -> InspectionOrder:
    """The order with this number holds samples of the inspection. Raises Refused (``number``)."""
    actor.require(next((right for right in NOTE if actor.can(right, owner_id)), NOTE[0]), owner_id)
    scope = Scope.of(owner_id)
    row = _open(owner_id, inspection_id)
    found = queries.find_by_number(scope, number)
    if not found:
        message = _("Nomor ini tidak dikenal di laboratorium ini.")
        raise Refused(message, problems=[Problem("number", message)])
    order_id = found[0].order_id
    if InspectionOrder.objects.within(scope).filter(order_id=order_id).exists():
        message = _("Permintaan ini sudah termasuk dalam satu inspeksi.")
        raise Refused(message, problems=[Problem("number", message)])
    joined = InspectionOrder(owner_id=owner_id, inspection=row, order_id=order_id)
    joined.save(force_insert=True)
    journal.record(actor, owner=owner_id, event=InspectionOrderJoined(row.id, order_id), subject=row.id)
    return joined


@use_case
def conclude_inspection(
    actor: Actor, *, owner_id: UUID, inspection_id: UUID, outcome: str, conclusion: str
) -> Inspection:
    """A person says what follows; no score does. The letter is printed from it."""
    actor.require("orders.register", owner_id)
    problems: list[Problem] = []
    if outcome not in INSPECTION_OUTCOMES or outcome == "open":
        problems.append(Problem("outcome", _("Pilih kesimpulannya.")))
    said = checked_text(problems, "conclusion", conclusion, 1000)
    if not said:
        problems.append(
            Problem("conclusion", _("Tulis dasar kesimpulannya, misalnya peraturan dan hasil laboratoriumnya."))
        )
    refuse(problems)
    row = _open(owner_id, inspection_id)
    row.outcome, row.conclusion = outcome, said
    row.concluded_at, row.concluded_by = clock.now(), actor.person_id
    row.save(update_fields=["outcome", "conclusion", "concluded_at", "concluded_by"])
    journal.record(actor, owner=owner_id, event=InspectionConcluded(row.id, outcome), subject=row.id)
    return row


def _open(owner_id: UUID, inspection_id: UUID) -> Inspection:
    row = Inspection.objects.within(Scope.of(owner_id)).select_for_update().filter(id=inspection_id).first()
    if row is None:
        raise NotFound()
    if row.outcome != "open":
        raise Refused(_("Inspeksi ini sudah disimpulkan."), code="concluded")
    return row  # type: ignore[no-any-return]
