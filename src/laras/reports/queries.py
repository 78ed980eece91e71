"""Reading reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from laras.core import clock
from laras.core.errors import NotFound
from laras.core.scope import Scope, get_or_404
from laras.reports.assembly import from_content
from laras.reports.models import Report
from laras.reports.types import LhuDocument


def reports(
    scope: Scope,
    *,
    order_id: UUID | None = None,
    status: str = "",
    number: str = "",
    day_from: date | None = None,
    day_until: date | None = None,
) -> QuerySet[Report]:
    """Reports of the scope without their content, for lists."""
    rows = Report.objects.within(scope).defer("content")
    if order_id:
        rows = rows.filter(order_id=order_id)
    if status:
        rows = rows.filter(status=status)
    if number:
        rows = rows.filter(number__istartswith=number.strip())
    if day_from:
        rows = rows.filter(released_at__date__gte=day_from)
    if day_until:
        rows = rows.filter(released_at__date__lte=day_until)
    return rows


def latest(scope: Scope, limit: int = 50, before: datetime | None = None) -> list[Report]:
    """The newest reports with their orders' subjects joined."""
    rows = reports(scope).select_related("order", "order__patient", "order__site")
    if before:
        rows = rows.filter(released_at__lt=before)
    return list(rows.order_by("-released_at")[:limit])


def get_report(scope: Scope, report_id: UUID | str) -> Report:
    """One report with its order. Raises NotFound."""
    report: Report = get_or_404(Report.objects.within(scope).select_related("order", "pdf"), id=report_id)
    return report


def versions(scope: Scope, order_id: UUID) -> list[Report]:
    """All versions of an order's report, newest first."""
    return list(reports(scope, order_id=order_id).order_by("-version"))


def current(scope: Scope, order_id: UUID) -> Report | None:
    """The version that is valid now, if any."""
    return Report.objects.within(scope).filter(order_id=order_id, status="released").first()


def document(report: Report) -> LhuDocument:
    """What the report says, from the content kept at release."""
    return from_content(json.loads(bytes(report.content)))


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What the page behind the QR code may say: nothing of anybody's health."""

    laboratory: str
    number: str
    version: int
    status: str
    interim: bool
    released_at: datetime
    zone: str
    pdf_digest: str
    content_digest: str
    newest_version: int


def public_facts(token: str) -> PublicFacts:
    """By the unguessable token only. Raises NotFound."""
    if len(token) != 43:
        raise NotFound()
    rows = Report.objects.within(Scope.everything()).select_related("owner").defer("content")
    report = rows.filter(token=token).first()
    if report is None:
        raise NotFound()
    newest = (
        Report.objects.within(Scope.of(report.owner_id))
        .filter(order_id=report.order_id)
        .order_by("-version")
        .values_list("version", flat=True)
        .first()
    )
    return PublicFacts(
        laboratory=report.owner.name,
        number=report.number,
        version=report.version,
        status=report.status,
        interim=report.interim,
        released_at=report.released_at,
        zone=report.owner.zone,
        pdf_digest=report.pdf_digest,
        content_digest=report.content_digest,
        newest_version=newest or report.version,
    )


def counts_for_home(scope: Scope) -> dict[str, int]:
    """``released_today`` (the last 24 hours)."""
    since = clock.now() - timedelta(hours=24)
    return {"released_today": Report.objects.within(scope).filter(released_at__gte=since).count()}


def page(rows: QuerySet[Report], *, after: str, limit: int) -> tuple[list[Report], str]:
    """One page of a list, newest first, with orders' subjects joined, and the cursor of the next (empty at the end)."""
    if after:
        moment, _tilde, key = after.replace(" ", "+").partition("~")
        try:
            at, last = datetime.fromisoformat(moment), UUID(key)
        except ValueError as error:
            raise NotFound() from error
        rows = rows.filter(released_at__lte=at).exclude(released_at=at, id__gte=last)
    joined = rows.select_related("order", "order__patient", "order__site")
    found = list(joined.order_by("-released_at", "-id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, f"{found[-1].released_at.isoformat()}~{found[-1].id}" if more else ""
