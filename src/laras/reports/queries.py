"""Reading reports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from laras.basics.names import prefix_range
from laras.bench import queries as bench
from laras.core import clock
from laras.core.errors import NotFound, Refused
from laras.core.models import Owner
from laras.core.queries import zone_of
from laras.core.scope import Scope, get_or_404
from laras.orders import queries as orders
from laras.reports.assembly import from_content
from laras.reports.models import Report
from laras.reports.types import LhuDocument


def reports(
    scope: Scope,
    *,
    order_id: UUID | None = None,
    status: str = "",
    number: str = "",
    released_from: datetime | None = None,
    released_until: datetime | None = None,
) -> QuerySet[Report]:
    """Reports of the scope without their content, for lists. ``number``: its beginning, any case; ``released_until`` is
    not included."""
    rows = Report.objects.within(scope).defer("content")
    if order_id:
        rows = rows.filter(order_id=order_id)
    if status:
        rows = rows.filter(status=status)
    if number.strip():
        low, high = prefix_range(number.strip().upper())
        rows = rows.filter(number__gte=low, number__lt=high)
    if released_from:
        rows = rows.filter(released_at__gte=released_from)
    if released_until:
        rows = rows.filter(released_at__lt=released_until)
    return rows


def latest(scope: Scope, limit: int = 50, before: datetime | None = None) -> list[Report]:
    """The newest reports with their orders' subjects joined."""
    rows = reports(scope, released_until=before).select_related("order", "order__patient", "order__site")
    return list(rows.order_by("-released_at", "-id")[:limit])


def get_report(scope: Scope, report_id: UUID | str) -> Report:
    """One report with its order. Raises NotFound."""
    report: Report = get_or_404(Report.objects.within(scope).select_related("order", "pdf"), id=report_id)
    return report


def versions(scope: Scope, order_id: UUID) -> list[Report]:
    """All versions of an order's report, newest first."""
    return list(reports(scope, order_id=order_id).order_by("-version"))


def current(scope: Scope, order_id: UUID) -> Report | None:
    """The version that is valid now, if any; without its content."""
    return reports(scope, order_id=order_id, status="released").first()


def newest(scope: Scope, order_id: UUID) -> Report | None:
    """The newest version with its content, whether it is valid or withdrawn."""
    return Report.objects.within(scope).filter(order_id=order_id).order_by("-version").first()


def not_issued(scope: Scope, *, since: datetime) -> QuerySet[Report]:
    """Reports released since a moment whose bytes were not made yet, oldest first."""
    return reports(scope, released_from=since).filter(pdf__isnull=True).order_by("released_at", "id")


def owners_releasing(*, since: datetime) -> list[UUID]:
    """Organisations that released something since a moment; walks the owners, each by its index."""
    recent = Report.objects.within(Scope.everything()).filter(owner_id=OuterRef("pk"), released_at__gte=since)
    return list(Owner.objects.filter(Exists(recent)).order_by("code").values_list("id", flat=True))


@dataclass(frozen=True, slots=True)
class ReadyOrder:
    """An order whose requested tests are all validated and whose report is not out (or must be replaced).

    ``held``: why it cannot be released now; ``calls``: critical values that nobody was told of; ``before``: its newest
    version, if any: interim, withdrawn, or valid while a result of it was corrected.
    """

    order: Any
    subject: str
    validated_at: datetime | None
    held: tuple[str, ...] = ()
    calls: int = 0
    before: Report | None = None

    @property
    def by_itself(self) -> bool:
        """It must be looked at alone: it is held, or a version went out that it may take back."""
        return bool(self.held) or (self.before is not None and not self.before.interim)


def ready_orders(scope: Scope, *, limit: int = 100) -> list[ReadyOrder]:
    """What waits for its release: outbreak and urgent first, then what was validated first. Six queries."""
    found = bench.finished_orders(scope, limit=limit)
    ids = [order_id for order_id, _validated in found]
    heads = orders.orders_by_id(scope, ids)
    held: dict[UUID, list[str]] = {}
    for hold in bench.holds_of(scope, ids):
        held.setdefault(hold.order_id, []).append(hold.reason)
    calls: dict[UUID, int] = {}
    for order_id in bench.open_calls(scope).filter(result__order_id__in=ids).values_list("result__order_id", flat=True):
        calls[order_id] = calls.get(order_id, 0) + 1
    before = {row.order_id: row for row in reports(scope).filter(order_id__in=ids).order_by("version")}
    return [
        ReadyOrder(
            order=heads[order_id],
            subject=orders.subject_of(heads[order_id]),
            validated_at=validated_at,
            held=tuple(dict.fromkeys(held.get(order_id, ()))),
            calls=calls.get(order_id, 0),
            before=before.get(order_id),
        )
        for order_id, validated_at in found
        if order_id in heads
    ]


def content(report: Report) -> dict[str, Any]:
    """The content kept at release, as JSON values."""
    kept: dict[str, Any] = json.loads(bytes(report.content))
    return kept


def document(report: Report) -> LhuDocument:
    """What the report says, from the content kept at release."""
    return from_content(content(report))


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
    in_correction: bool
    """A result on it was opened again; what holds will be the next version."""


def public_facts(token: str) -> PublicFacts:
    """By the unguessable token only. Raises NotFound."""
    if len(token) != 43:
        raise NotFound()
    rows = Report.objects.within(Scope.everything()).select_related("owner", "order").defer("content")
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
        in_correction=report.status == "released" and not report.interim and report.order.status != "reported",
    )


def counts_for_home(scope: Scope) -> dict[str, int]:
    """``released_today``: since midnight of the organisation's zone; of several organisations, of the west."""
    there = zone_of(scope)
    midnight = datetime.combine(clock.now().astimezone(there).date(), time(), there)
    return {"released_today": Report.objects.within(scope).filter(released_at__gte=midnight).count()}


def page(rows: QuerySet[Report], *, after: str, limit: int, joined: bool = True) -> tuple[list[Report], str]:
    """One page of a list, newest first, and the cursor of the next (empty at the end); ``joined``: with orders' subjects.

    Raises Refused for a cursor that is none.
    """
    if after:
        moment, _tilde, key = after.replace(" ", "+").partition("~")
        try:
            at, last = datetime.fromisoformat(moment), UUID(key)
            if at.tzinfo is None:
                raise ValueError(moment)
        except ValueError as error:
            raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error
        rows = rows.filter(released_at__lte=at).exclude(released_at=at, id__gte=last)
    if joined:
        rows = rows.select_related("order", "order__patient", "order__site")
    found = list(rows.order_by("-released_at", "-id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, f"{found[-1].released_at.isoformat()}~{found[-1].id}" if more else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The report of an order that is valid now. ``told`` are the keys of its lines (sample number/test), of an interim
    report only: a whole one tells everything that was validated before it."""

    order_id: UUID
    report_id: UUID
    released_at: datetime
    told: frozenset[str] | None = None


def standing(scope: Scope, order_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Order -> its valid report; those without one are left out."""
    rows = Report.objects.within(scope).filter(order_id__in=list(order_ids), status="released")
    found = {}
    for order_id, report_id, at, interim in rows.values_list("order_id", "id", "released_at", "interim"):
        told = None
        if interim:
            kept = Report.objects.within(scope).filter(id=report_id).first()
            told = frozenset(row["key"] for row in content(kept)["rows"]) if kept else frozenset()
        found[order_id] = Standing(order_id, report_id, at, told)
    return found


def days_released(scope: Scope) -> list[tuple[date, datetime, datetime]]:
    """Each day (UTC) on which something was released, with the first and the last moment of it, in order."""
    rows = Report.objects.within(scope).annotate(on=TruncDate("released_at", tzinfo=UTC)).order_by().values("on")
    found = rows.annotate(first=Min("released_at"), last=Max("released_at")).order_by("on")
    return list(found.values_list("on", "first", "last"))
