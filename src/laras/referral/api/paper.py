"""Laboratories without a system: what they do, and what came back from them on paper."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from laras.core.api import Page, caller, idempotent, page_of
from laras.referral import queries, services
from laras.referral.api.shapes import Limit, OutgoingOut, outgoing_out
from laras.referral.models import PaperAnswer
from laras.referral.rules.paper import SCANS
from laras.referral.types import PaperLine

router = Router(tags=["referral"])


class PaperDecisionIn(Schema):
    """What was said of a referral without a value. ``at``: when, by the paper; nothing means now."""

    outcome: Literal["accepted", "refused", "cancelled"]
    at: datetime | None = None
    remote_number: str = ""
    reason: str = ""
    note: str = ""


class PaperLineIn(Schema):
    """A value as printed; ``flag`` one of N L H LL HH A AA. ``withdrawn``: the report of its value was taken back."""

    item: UUID
    outcome: Literal["resulted", "withdrawn"] = "resulted"
    raw: Annotated[str, Field(max_length=2000)] = ""
    unit: str = ""
    flag: str = ""
    reference: str = ""
    method: str = ""
    comment: str = ""
    interim: bool = False


class PaperResultsIn(Schema):
    """``scan``: the scanned report (PDF, JPEG or PNG), base64; kept byte for byte."""

    lines: Annotated[list[PaperLineIn], Field(min_length=1, max_length=500)]
    scan: str
    report: str = ""
    at: datetime | None = None
    note: str = ""


class PaperAnswerOut(Schema):
    """``digest``: SHA-256 of the scan. ``revision``: the count of answers of this referral, once it took effect."""

    id: UUID
    referral_id: UUID
    referral_number: str
    recipient_code: str
    status: str
    said_at: datetime
    report: str
    digest: str
    entered_at: datetime
    decided_at: datetime | None
    return_reason: str
    revision: int | None
    lines: list[PaperLineIn]


class PaperAnswersOut(Schema):
    """One for each referral that the report speaks of."""

    answers: list[PaperAnswerOut]


class PaperReturnIn(Schema):
    reason: str


class PaperPartnerOut(Schema):
    partner_id: UUID
    code: str
    name: str
    note: str
    since: datetime


def _out(row: PaperAnswer) -> PaperAnswerOut:
    lines = [line for line in queries.lines_of(row) if line.outcome in ("resulted", "withdrawn")]
    return PaperAnswerOut(
        id=row.id,
        referral_id=row.referral_id,
        referral_number=row.referral.number,
        recipient_code=row.referral.recipient.code,
        status=row.status,
        said_at=row.said_at,
        report=row.report,
        digest=row.digest,
        entered_at=row.entered_at,
        decided_at=row.decided_at,
        return_reason=row.return_reason,
        revision=row.revision,
        lines=[
            PaperLineIn(
                item=line.item,
                outcome="withdrawn" if line.outcome == "withdrawn" else "resulted",
                raw=line.raw,
                unit=line.unit,
                flag=line.flag,
                reference=line.reference,
                method=line.method,
                comment=line.comment,
                interim=line.interim,
            )
            for line in lines
        ],
    )


@router.get(
    "/referrals/paper/partners",
    response={200: list[PaperPartnerOut]},
    summary="Laboratories that are referred to on paper",
)
def list_paper_partners(request: HttpRequest) -> list[PaperPartnerOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [
        PaperPartnerOut(
            partner_id=row.partner_id, code=row.partner.code, name=row.partner.name, note=row.note, since=row.since
        )
        for row in queries.paper_partners(scope)
    ]


@router.post(
    "/referrals/outgoing/{referral_id}/paper-decision",
    response={200: OutgoingOut},
    summary="A laboratory without a system took a referral in, refused it, or gave it back",
)
def note_paper_decision(request: HttpRequest, referral_id: UUID, payload: PaperDecisionIn) -> OutgoingOut:
    actor, owner, scope = caller(request)
    services.note_paper_decision(actor, owner_id=owner.id, referral_id=referral_id, **payload.dict())
    row = queries.get_outgoing(scope, referral_id)
    return outgoing_out(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.post(
    "/referrals/paper/results",
    response={201: PaperAnswersOut},
    summary="Values of a scanned report; a second person must take them over",
)
@idempotent
def enter_paper_results(request: HttpRequest, payload: PaperResultsIn) -> tuple[int, PaperAnswersOut]:
    actor, owner, scope = caller(request)
    try:
        scan = base64.b64decode(payload.scan, validate=True)
    except (binascii.Error, ValueError):
        # Without its bytes there is nothing to look at; the service says so, after it asked for the right.
        scan = b""
    answers = services.enter_paper_results(
        actor,
        owner_id=owner.id,
        lines=[PaperLine(**line.dict()) for line in payload.lines],
        scan=scan,
        report=payload.report,
        at=payload.at,
        note=payload.note,
    )
    return 201, PaperAnswersOut(answers=[_out(queries.get_paper_answer(scope, one.id)) for one in answers])


@router.get("/referrals/paper/answers", response={200: Page[PaperAnswerOut]}, summary="What was entered from paper")
def list_paper_answers(
    request: HttpRequest, waiting: bool = False, after: str = "", limit: Limit = 50
) -> Page[PaperAnswerOut]:
    """``waiting``: only those that a second person has to look at."""
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    found, cursor = page_of(queries.paper_answers(scope, waiting=waiting), after=after or None, limit=limit)
    return Page[PaperAnswerOut](items=[_out(row) for row in found], next=cursor)


@router.post(
    "/referrals/paper/answers/{answer_id}/take",
    response={200: PaperAnswerOut},
    summary="The second person found the values as the paper says them",
)
def take_paper_answer(request: HttpRequest, answer_id: UUID) -> PaperAnswerOut:
    actor, owner, scope = caller(request)
    services.take_paper_answer(actor, owner_id=owner.id, answer_id=answer_id)
    return _out(queries.get_paper_answer(scope, answer_id))


@router.post(
    "/referrals/paper/answers/{answer_id}/return",
    response={200: PaperAnswerOut},
    summary="The values are not what the paper says",
)
def return_paper_answer(request: HttpRequest, answer_id: UUID, payload: PaperReturnIn) -> PaperAnswerOut:
    actor, owner, scope = caller(request)
    services.return_paper_answer(actor, owner_id=owner.id, answer_id=answer_id, reason=payload.reason)
    return _out(queries.get_paper_answer(scope, answer_id))


@router.get(
    "/referrals/paper/answers/{answer_id}/scan",
    summary="The scan as it came",
    openapi_extra={
        "responses": {
            200: {
                "description": "PDF, JPEG or PNG",
                "content": {
                    kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(SCANS.values())
                },
            }
        }
    },
)
def read_paper_scan(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    row = queries.get_paper_answer(scope, answer_id)
    return HttpResponse(services.kept_scan(row), content_type=row.media_type)
