"""``/api/v1/reports``: release, read and download laboratory reports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from laras.core.api import PAGE_LIMIT, Page, caller, idempotent
from laras.reports import queries, services
from laras.reports.models import Report

router = Router(tags=["reports"])
Status = Literal["", "released", "superseded", "withdrawn"]


class ReportOut(Schema):
    id: UUID
    order_id: UUID
    number: str
    version: int
    status: str
    interim: bool
    released_at: datetime
    content_digest: str
    pdf_digest: str
    signed: bool
    amends_id: UUID | None

    @classmethod
    def of(cls, report: Report) -> "ReportOut":
        return cls(**{name: getattr(report, name) for name in cls.model_fields})


class ReleaseIn(Schema):
    """``comments`` left out keeps those of the version before."""

    order_id: UUID
    interim: bool = False
    reason: str = Field("", max_length=500)
    comments: list[Annotated[str, Field(max_length=500)]] | None = Field(None, max_length=10)


class WithdrawIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class ReadyOut(Schema):
    """An order that waits for its release. ``held``: why it cannot be released now; ``open_calls``: critical values that
    nobody was told of; ``version``: of the report that is out or was withdrawn, if any."""

    order_id: UUID
    order_number: str
    urgency: str
    registered_at: datetime
    validated_at: datetime | None
    held: list[str]
    open_calls: int
    version: int | None


class DocumentOut(Schema):
    """``content`` is what ``content_digest`` was computed from (canonical JSON: sorted keys, no spaces, UTF-8)."""

    id: UUID
    content_digest: str
    content: dict[str, Any]


@router.post("/reports", response={201: ReportOut}, summary="Release the report of an order")
@idempotent
def release(request: HttpRequest, payload: ReleaseIn) -> tuple[int, ReportOut]:
    actor, owner, _scope = caller(request)
    report = services.release_report(
        actor,
        owner_id=owner.id,
        order_id=payload.order_id,
        interim=payload.interim,
        reason=payload.reason,
        comments=payload.comments,
    )
    return 201, ReportOut.of(report)


@router.get("/reports", response={200: Page[ReportOut]}, summary="Reports of this organisation, newest first")
def list_reports(
    request: HttpRequest, order_id: UUID | None = None, status: Status = "", after: str | None = None, limit: int = 50
) -> Page[ReportOut]:
    actor, owner, scope = caller(request)
    actor.require("reports.read", owner.id)
    rows = queries.reports(scope, order_id=order_id, status=status)
    found, cursor = queries.page(rows, after=after or "", limit=max(1, min(limit, PAGE_LIMIT)), joined=False)
    return Page(items=[ReportOut.of(row) for row in found], next=cursor or None)


@router.get("/reports/ready", response={200: list[ReadyOut]}, summary="Orders that wait for their release")
def list_ready(request: HttpRequest, limit: Annotated[int, Field(ge=1, le=200)] = 100) -> list[ReadyOut]:
    actor, owner, scope = caller(request)
    actor.require("reports.release", owner.id)
    return [
        ReadyOut(
            order_id=row.order.id,
            order_number=row.order.number,
            urgency=row.order.urgency,
            registered_at=row.order.registered_at,
            validated_at=row.validated_at,
            held=list(row.held),
            open_calls=row.calls,
            version=row.before.version if row.before else None,
        )
        for row in queries.ready_orders(scope, limit=limit)
    ]


@router.get("/reports/{report_id}", response={200: ReportOut}, summary="One report")
def get_report(request: HttpRequest, report_id: UUID) -> ReportOut:
    actor, owner, scope = caller(request)
    actor.require("reports.read", owner.id)
    return ReportOut.of(queries.get_report(scope, report_id))


@router.get("/reports/{report_id}/content", response={200: DocumentOut}, summary="What the report says")
def get_content(request: HttpRequest, report_id: UUID) -> DocumentOut:
    actor, owner, scope = caller(request)
    actor.require("reports.read", owner.id)
    report = queries.get_report(scope, report_id)
    return DocumentOut(id=report.id, content_digest=report.content_digest, content=queries.content(report))


@router.get(
    "/reports/{report_id}/pdf",
    response={200: None},
    summary="The issued bytes",
    openapi_extra={"responses": {200: {"content": {"application/pdf": {}}}}},
)
def get_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    actor, owner, _scope = caller(request)
    return HttpResponse(
        services.issue_pdf(actor, owner_id=owner.id, report_id=report_id), content_type="application/pdf"
    )


@router.post("/reports/{report_id}/withdraw", response={200: ReportOut}, summary="Withdraw a report")
def withdraw(request: HttpRequest, report_id: UUID, payload: WithdrawIn) -> ReportOut:
    actor, owner, _scope = caller(request)
    return ReportOut.of(services.withdraw_report(actor, owner_id=owner.id, report_id=report_id, reason=payload.reason))
