"""``/api/v1/``: signals, events and notices of a health office. Counts only; names stay with the team of an event, on its page."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from laras.core.api import Page, caller, page_of
from laras.core.scope import Scope
from laras.surveillance import queries, services
from laras.surveillance.models import Notice, Outbreak, Signal

router = Router(tags=["surveillance"])

READ = "surveillance.read"
Limit = Annotated[int, Query(ge=1, le=200)]
Disease = Annotated[str, Query(max_length=24)]
SignalStatus = Literal["new", "watched", "joined", "dismissed", "withdrawn"]
OutbreakStatus = Literal["alert", "verified", "declared", "ended", "closed", "refuted"]


class SignalOut(Schema):
    """More cases of a disease in a week (its Sunday) than usual. ``by``: ``method``, ``threshold``, ``new_disease``."""

    id: UUID
    office: str
    disease: str
    week: date
    observed: int
    expected: float | None
    upperbound: float | None
    by: list[str]
    status: SignalStatus
    outbreak: UUID | None


class OutbreakOut(Schema):
    """An event that is or was looked into; by law perhaps a KLB. ``cases`` of all classifications."""

    id: UUID
    office: str
    number: str
    disease: str
    since: date
    status: OutbreakStatus
    risk: str
    cases: int
    at_risk: int | None
    opened_at: datetime
    verified_at: datetime | None
    declared_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None


class NoticeOut(Schema):
    """What the office was told; ``about`` is a signal, or the event of a declared KLB. The webhook carries the same id."""

    id: UUID
    kind: Literal["signal", "escalated", "declared"]
    about: UUID
    office: str
    disease: str
    week: date
    cases: int
    created_at: datetime
    acknowledged_at: datetime | None


def _signal(row: Signal) -> SignalOut:
    return SignalOut(
        id=row.id, office=row.owner.code, disease=row.disease, week=row.week, observed=row.observed,
        expected=row.expected, upperbound=row.upperbound, by=row.by, status=row.status, outbreak=row.outbreak_id,
    )  # fmt: skip


def _outbreak(row: Outbreak, cases: int) -> OutbreakOut:
    return OutbreakOut(
        id=row.id, office=row.owner.code, number=row.number, disease=row.disease, since=row.since, status=row.status,
        risk=row.risk, cases=cases, at_risk=row.at_risk, opened_at=row.opened_at,
        verified_at=row.verified_at, declared_at=row.declared_at, ended_at=row.ended_at, closed_at=row.closed_at,
    )  # fmt: skip


def _notice(row: Notice) -> NoticeOut:
    return NoticeOut(
        id=row.id, kind=row.kind, about=row.about, office=row.office.code, disease=row.disease, week=row.week,
        cases=row.observed, created_at=row.created_at, acknowledged_at=row.acknowledged_at,
    )  # fmt: skip


def _reach(request: HttpRequest) -> Scope:
    actor, owner, _scope = caller(request)
    actor.require(READ, owner.id)
    return Scope.reach(owner.id)


@router.get("/signals", response={200: Page[SignalOut]}, summary="List signals of the office and of those it reaches")
def list_signals(
    request: HttpRequest, status: SignalStatus | None = None, disease: Disease = "", after: UUID | None = None,
    limit: Limit = 50,
) -> Page[SignalOut]:  # fmt: skip
    rows = queries.signals(_reach(request), status=status or "", disease=disease)
    page, following = page_of(rows, after=str(after) if after else None, limit=limit)
    return Page[SignalOut](items=[_signal(row) for row in page], next=following)


@router.get("/signals/{signal_id}", response={200: SignalOut}, summary="One signal")
def get_signal(request: HttpRequest, signal_id: UUID) -> SignalOut:
    return _signal(queries.get_signal(_reach(request), signal_id))


@router.get(
    "/outbreaks", response={200: Page[OutbreakOut]}, summary="List events of the office and of those it reaches"
)
def list_outbreaks(
    request: HttpRequest, status: OutbreakStatus | None = None, after: UUID | None = None, limit: Limit = 50
) -> Page[OutbreakOut]:
    rows = queries.outbreaks(_reach(request), status=status or "")
    page, following = page_of(rows, after=str(after) if after else None, limit=limit)
    return Page[OutbreakOut](items=[_outbreak(row, row.standing) for row in page], next=following)


@router.get("/outbreaks/{outbreak_id}", response={200: OutbreakOut}, summary="One event")
def get_outbreak(request: HttpRequest, outbreak_id: UUID) -> OutbreakOut:
    row = queries.get_outbreak(_reach(request), outbreak_id)
    return _outbreak(row, len(queries.cases_of(row)))


@router.get("/notices", response={200: Page[NoticeOut]}, summary="List what the office was told")
def list_notices(
    request: HttpRequest, waiting: bool = False, after: UUID | None = None, limit: Limit = 50
) -> Page[NoticeOut]:
    actor, owner, scope = caller(request)
    actor.require(READ, owner.id)
    page, following = page_of(
        queries.notices(scope, waiting_only=waiting), after=str(after) if after else None, limit=limit
    )
    return Page[NoticeOut](items=[_notice(row) for row in page], next=following)


@router.post("/notices/{notice_id}/acknowledge", response={200: NoticeOut}, summary="Say that a notice was seen")
def acknowledge_notice(request: HttpRequest, notice_id: UUID) -> NoticeOut:
    actor, owner, scope = caller(request)
    services.acknowledge(actor, owner_id=owner.id, notice_id=notice_id)
    return _notice(queries.notices(scope).get(id=notice_id))
