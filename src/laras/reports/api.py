"""``/api/v1/reports``: release, read and download laboratory reports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from laras.core.api import PROBLEMS, Page, caller, idempotent, page_of
from laras.reports import queries, services
from laras.reports.models import Report

router = Router(tags=["reports"])


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
    def of(cls, report: Report) -> ReportOut:
        return cls(**{name: getattr(report, name) for name in cls.model_fields})


class ReleaseIn(Schema):
    order_id: UUID
    interim: bool = False
    reason: str = Field("", max_length=500)
    comments: list[str] = Field(default_factory=list, max_length=10)


class WithdrawIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


@router.post("/reports", response={201: ReportOut, **PROBLEMS}, summary="Release the report of an order")
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


@router.get("/reports", response={200: Page[ReportOut], **PROBLEMS}, summary="Reports of this organisation")
def list_reports(
    request: HttpRequest, order_id: UUID | None = None, status: str = "", after: str | None = None, limit: int = 50
) -> Page[ReportOut]:
    actor, owner, scope = caller(request)
    actor.require("reports.read", owner.id)
    rows, cursor = page_of(queries.reports(scope, order_id=order_id, status=status), after=after, limit=limit)
    return Page(items=[ReportOut.of(row) for row in rows], next=cursor)


@router.get("/reports/{report_id}", response={200: ReportOut, **PROBLEMS}, summary="One report")
def get_report(request: HttpRequest, report_id: UUID) -> ReportOut:
    actor, owner, scope = caller(request)
    actor.require("reports.read", owner.id)
    return ReportOut.of(queries.get_report(scope, report_id))


@router.get(
    "/reports/{report_id}/pdf",
    response={200: None, **PROBLEMS},
    summary="The issued bytes",
    openapi_extra={"responses": {200: {"content": {"application/pdf": {}}}}},
)
def get_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    actor, owner, _scope = caller(request)
    return HttpResponse(
        services.issue_pdf(actor, owner_id=owner.id, report_id=report_id), content_type="application/pdf"
    )


@router.post("/reports/{report_id}/withdraw", response={200: ReportOut, **PROBLEMS}, summary="Withdraw a report")
def withdraw(request: HttpRequest, report_id: UUID, payload: WithdrawIn) -> ReportOut:
    actor, owner, _scope = caller(request)
    return ReportOut.of(services.withdraw_report(actor, owner_id=owner.id, report_id=report_id, reason=payload.reason))
