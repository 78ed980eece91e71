"""Reports as a client of the laboratory may have them: of its own orders, released, and each hand-over in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.actor import Actor, system_actor
from laras.core.errors import Refused
from laras.core.journal import Event
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.people import queries as people
from laras.reports import services
from laras.reports.models import Report

PARTNER = "portal.partner"
# Who takes these back does not want the result to leave the laboratory by this way.
CONSENTS = ("examination", "electronic_delivery")


@dataclass(frozen=True)
class ReportHandedOver(Event):
    """A partner opened the released bytes; ``pdf_digest`` is their SHA-256."""

    name: ClassVar[str] = "reports.report_handed_over"
    report: UUID
    order: UUID
    client: UUID
    number: str
    report_version: int
    pdf_digest: str


def reports_of(
    scope: Scope, client_ids: Collection[UUID], *, order_id: UUID | None = None, valid_only: bool = False
) -> QuerySet[Report]:
    """Reports of these clients' orders without their content, withdrawn and replaced ones too unless ``valid_only``."""
    rows = Report.objects.within(scope).defer("content").filter(order__client_id__in=list(client_ids))
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    return rows.filter(status="released") if valid_only else rows


def report_of(scope: Scope, client_ids: Collection[UUID], report_id: UUID | str) -> Report:
    """One report of these clients' orders. Raises NotFound."""
    rows = reports_of(scope, client_ids).select_related("order", "order__patient", "order__site")
    report: Report = get_or_404(rows, id=report_id)
    return report


def withheld(scope: Scope, order: Any) -> bool:
    """Whether the patient took back the consent to be examined or to have results sent electronically."""
    if not order.patient_id:
        return False
    newest: dict[str, str] = {}
    for row in people.consents_of(scope, people.resolve(scope, order.patient_id).id):
        newest.setdefault(row.purpose, row.status)
    return any(newest.get(purpose) == "withdrawn" for purpose in CONSENTS)


def hand_over(actor: Actor, *, owner_id: UUID, client_ids: Collection[UUID], report_id: UUID) -> tuple[Report, bytes]:
    """The issued bytes of a valid report for a partner who speaks for ``client_ids``; noted in the journal before they leave.

    Needs ``portal.partner``. Raises NotFound for another client's report, Refused for one that no longer holds or whose
    patient took the consent back.
    """
    actor.require(PARTNER, owner_id)
    scope = Scope.of(owner_id)
    report = report_of(scope, client_ids, report_id)
    if report.status != "released":
        raise Refused(_("LHU ini sudah tidak berlaku. Buka versi terbaru di halaman permintaannya."))
    if withheld(scope, report.order):
        raise Refused(
            _("Pasien mencabut persetujuannya. LHU ini hanya dapat diambil di laboratorium, oleh yang berhak.")
        )
    # The laboratory draws and signs what it released; that somebody outside asked first changes nothing about that.
    content = services.issue_pdf(system_actor("job:partner"), owner_id=owner_id, report_id=report.id)
    _note(actor, owner_id=owner_id, report=report, digest=hashlib.sha256(content).hexdigest())
    return report, content


@use_case
def _note(actor: Actor, *, owner_id: UUID, report: Report, digest: str) -> None:
    journal.record(
        actor,
        owner=owner_id,
        event=ReportHandedOver(
            report=report.id,
            order=report.order_id,
            client=report.order.client_id,
            number=report.number,
            report_version=report.version,
            pdf_digest=digest,
        ),
        subject=report.order_id,
    )
