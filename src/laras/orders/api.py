"""``/api/v1/``: orders, sites, samples and their custody, labels."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from laras.core import journal
from laras.core.api import Page, caller, idempotent
from laras.orders import labels, queries, services
from laras.orders.models import Custody, Order, OrderLine, RequestedTest, Sample, Site
from laras.orders.schemas import (
    CodesIn,
    CollectIn,
    CustodyItems,
    CustodyOut,
    FoundOut,
    HandOverIn,
    HistoryOut,
    LineOut,
    NoteIn,
    OrderDetailOut,
    OrderIn,
    OrderOut,
    OrderStatus,
    ReasonIn,
    ReceiveIn,
    RefusedOut,
    RefuseIn,
    RequestedOut,
    SampleOut,
    SiteIn,
    SiteOrderIn,
    SiteOut,
)
from laras.orders.types import SiteInput

router = Router(tags=["orders"])

Limit = Annotated[int, Query(ge=1, le=200)]


def _values(row: Any, schema: type[Schema]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema.model_fields}


def _order(order: Order) -> OrderOut:
    return OrderOut.model_construct(**_values(order, OrderOut))


def _sample(row: Sample) -> SampleOut:
    return SampleOut.model_construct(**_values(row, SampleOut))


def _site(row: Site) -> SiteOut:
    return SiteOut.model_construct(**_values(row, SiteOut))


def _detail(
    order: Order, lines: list[OrderLine], samples: list[Sample], requested: list[RequestedTest], total: int
) -> OrderDetailOut:
    return OrderDetailOut.model_construct(
        **_values(order, OrderOut),
        total=total,
        lines=[LineOut.model_construct(**_values(row, LineOut)) for row in lines],
        samples=[_sample(row) for row in samples],
        tests=[RequestedOut.model_construct(**_values(row, RequestedOut)) for row in requested],
    )


def _made(made: services.Registered) -> OrderDetailOut:
    return _detail(made.order, made.lines, made.samples, made.requested, made.total)


def _read(detail: queries.OrderDetail) -> OrderDetailOut:
    return _detail(detail.order, detail.lines, detail.samples, detail.requested, detail.total)


# --- Orders -----------------------------------------------------------------------------------------------------------


@router.post("/orders", response={201: OrderDetailOut}, summary="Register an order")
@idempotent
def create_order(request: HttpRequest, payload: OrderIn) -> tuple[int, OrderDetailOut]:
    """Patient, order, priced lines, samples with their numbers and requested tests, all or nothing. Samples follow from the
    catalogue: one for each specimen and container. A new patient's problems are named ``patient.<field>``."""
    actor, owner, _scope = caller(request)
    values = payload.model_dump(exclude={"patient"})
    new = None
    if payload.patient is not None:
        new = payload.patient.model_dump(exclude={"identifiers"})
        new["identifiers"] = [(row.system, row.value) for row in payload.patient.identifiers]
    return 201, _made(services.register_order(actor, owner=owner, new_patient=new, source="api", **values))


@router.post("/site-orders", response={201: OrderDetailOut}, summary="Register an order of a site")
@idempotent
def create_site_order(request: HttpRequest, payload: SiteOrderIn) -> tuple[int, OrderDetailOut]:
    """Water, air, food, swabs, vectors. Coordinates must lie in Indonesia; swapped ones are named."""
    actor, owner, _scope = caller(request)
    values = payload.model_dump(exclude={"site"})
    new = SiteInput(**payload.site.model_dump()) if payload.site else None
    return 201, _made(services.register_site_order(actor, owner=owner, new_site=new, source="api", **values))


@router.get("/orders", response={200: Page[OrderOut]}, summary="List orders, newest first")
def list_orders(
    request: HttpRequest,
    q: str = "",
    status: OrderStatus = "",
    urgency: Literal["", "routine", "urgent", "outbreak"] = "",
    payer: Literal["", "self", "bpjs", "programme", "institution", "free"] = "",
    client_id: UUID | None = None,
    patient_id: UUID | None = None,
    day_from: date | None = None,
    day_until: date | None = None,
    after: str = "",
    limit: Limit = 50,
) -> Page[OrderOut]:
    """``q`` is a number of an order or sample (hyphens and case do not matter), or a patient's name, NIK or record number.
    Days are the laboratory's own."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    wanted = queries.OrderFilter(
        status=status, urgency=urgency, payer=payer, client_id=client_id, patient_id=patient_id,
        day_from=day_from, day_until=day_until, text=q,
    )  # fmt: skip
    rows, cursor = queries.order_page(scope, wanted, after=after, limit=limit)
    return Page(items=[_order(row) for row in rows], next=cursor or None)


@router.get("/orders/{order_id}", response={200: OrderDetailOut}, summary="One order")
def read_order(request: HttpRequest, order_id: UUID) -> OrderDetailOut:
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    return _read(queries.get_order(scope, order_id))


@router.get("/orders/{order_id}/history", response={200: list[HistoryOut]}, summary="What happened to it")
def order_history(request: HttpRequest, order_id: UUID) -> list[HistoryOut]:
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    order = queries.order_head(scope, order_id)
    return [HistoryOut.model_construct(**_values(line, HistoryOut)) for line in journal.history(scope, order.id)]


@router.get("/orders/{order_id}/custody", response={200: list[CustodyOut]}, summary="Who had its samples")
def order_custody(request: HttpRequest, order_id: UUID) -> list[CustodyOut]:
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    return [_custody(row) for row in queries.get_order(scope, order_id).custody]


@router.get(
    "/orders/{order_id}/labels",
    response={200: bytes},
    summary="Labels of its samples",
    openapi_extra={
        "responses": {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}
    },
)
def order_labels(
    request: HttpRequest,
    order_id: UUID,
    stock: Literal["50x25", "40x20", "60x30", "70x40"] = "50x25",
    sheet: Literal["", "a4-65", "a4-44", "a4-24", "a4-21"] = "",
    skip: Annotated[int, Query(ge=0, le=64)] = 0,
) -> HttpResponse:
    """PDF for a label printer (``stock`` in mm), or an A4 ``sheet`` whose first ``skip`` places are used up."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    detail = queries.get_order(scope, order_id)
    pdf = labels.print_labels(detail, stock=stock, sheet=sheet, skip=skip)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="label-{detail.order.number}.pdf"'
    return response


@router.get(
    "/orders/{order_id}/labels.zpl",
    response={200: str},
    summary="Labels for a thermal printer",
    openapi_extra={"responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}},
)
def order_labels_zpl(
    request: HttpRequest, order_id: UUID, stock: Literal["50x25", "40x20", "60x30", "70x40"] = "50x25"
) -> HttpResponse:
    """ZPL II in UTF-8, to be sent to the printer's port 9100."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    detail = queries.get_order(scope, order_id)
    return HttpResponse(labels.zpl(detail, stock=stock), content_type="text/plain; charset=utf-8")


@router.post("/orders/{order_id}/tests", response={201: OrderDetailOut}, summary="Add tests")
@idempotent
def add_tests(request: HttpRequest, order_id: UUID, payload: CodesIn) -> tuple[int, OrderDetailOut]:
    """What is asked for already is left out; refused when nothing is left or the report was released."""
    actor, owner, scope = caller(request)
    services.add_tests(actor, owner_id=owner.id, order_id=order_id, codes=payload.codes)
    return 201, _read(queries.get_order(scope, order_id))


@router.post("/orders/{order_id}/cancel", response={200: OrderDetailOut}, summary="Cancel an order")
def cancel_order(request: HttpRequest, order_id: UUID, payload: ReasonIn) -> OrderDetailOut:
    actor, owner, scope = caller(request)
    services.cancel_order(actor, owner_id=owner.id, order_id=order_id, reason=payload.reason)
    return _read(queries.get_order(scope, order_id))


@router.post("/orders/{order_id}/lines/{line_id}/cancel", response={200: OrderDetailOut}, summary="Cancel one line")
def cancel_line(request: HttpRequest, order_id: UUID, line_id: UUID, payload: ReasonIn) -> OrderDetailOut:
    actor, owner, scope = caller(request)
    services.cancel_line(actor, owner_id=owner.id, order_id=order_id, line_id=line_id, reason=payload.reason)
    return _read(queries.get_order(scope, order_id))


@router.get("/numbers", response={200: list[FoundOut]}, summary="What a printed number stands for")
def find_number(request: HttpRequest, number: str) -> list[FoundOut]:
    """Orders and samples, by our number or another laboratory's. Case, hyphens and a missing check character do not
    matter."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    return [FoundOut.model_construct(**_values(row, FoundOut)) for row in queries.find_by_number(scope, number)]


# --- Sites ------------------------------------------------------------------------------------------------------------


@router.get("/sites", response={200: list[SiteOut]}, summary="Places of sampling")
def list_sites(request: HttpRequest, q: str = "", limit: Limit = 50) -> list[SiteOut]:
    """By a part of the name; the newest without one."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    return [_site(row) for row in queries.sites(scope, q, limit=limit)]


@router.post("/sites", response={201: SiteOut}, summary="Put a place on file")
@idempotent
def create_site(request: HttpRequest, payload: SiteIn) -> tuple[int, SiteOut]:
    actor, owner, _scope = caller(request)
    return 201, _site(services.register_site(actor, owner_id=owner.id, site=SiteInput(**payload.model_dump())))


# --- Samples ----------------------------------------------------------------------------------------------------------


@router.get("/samples", response={200: list[SampleOut]}, summary="Samples that wait")
def list_samples(
    request: HttpRequest, queue: Literal["to_collect", "to_receive"] = "to_receive", limit: Limit = 200
) -> list[SampleOut]:
    """Outbreak and urgent ones first, then those that wait longest."""
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    read = queries.to_collect if queue == "to_collect" else queries.to_receive
    return [_sample(row) for row in read(scope, limit=limit)]


@router.post("/samples/collect", response={200: list[SampleOut]}, summary="Note that samples were taken")
def collect_samples(request: HttpRequest, payload: CollectIn) -> list[SampleOut]:
    actor, owner, _scope = caller(request)
    return [_sample(row) for row in services.collect_samples(actor, owner_id=owner.id, **payload.model_dump())]


@router.post("/samples/receive", response={200: list[SampleOut]}, summary="Accept samples")
def receive_samples(request: HttpRequest, payload: ReceiveIn) -> list[SampleOut]:
    """All or none: a sample that was refused or received already keeps the others out."""
    actor, owner, _scope = caller(request)
    return [_sample(row) for row in services.receive_samples(actor, owner_id=owner.id, **payload.model_dump())]


@router.post("/samples/hand-over", response={201: CustodyItems}, summary="Hand samples over")
@idempotent
def hand_over(request: HttpRequest, payload: HandOverIn) -> tuple[int, CustodyItems]:
    """One link of the chain of custody for each sample."""
    actor, owner, _scope = caller(request)
    links = services.hand_over(actor, owner_id=owner.id, **payload.model_dump())
    return 201, CustodyItems.model_construct(items=[_custody(row) for row in links])


# Below the fixed names, which would else be read as an id.
@router.get("/samples/{sample_id}", response={200: SampleOut}, summary="One sample")
def read_sample(request: HttpRequest, sample_id: UUID) -> SampleOut:
    actor, owner, scope = caller(request)
    actor.require("orders.read", owner.id)
    return _sample(queries.get_sample(scope, sample_id))


@router.post("/samples/{sample_id}/refuse", response={200: RefusedOut}, summary="Refuse a sample")
def refuse_sample(request: HttpRequest, sample_id: UUID, payload: RefuseIn) -> RefusedOut:
    """With ``replacement`` the tests wait for a new sample; without one they are cancelled."""
    actor, owner, _scope = caller(request)
    sample, new = services.refuse_sample(actor, owner_id=owner.id, sample_id=sample_id, **payload.model_dump())
    return RefusedOut.model_construct(sample=_sample(sample), replacement=_sample(new) if new else None)


@router.post("/samples/{sample_id}/dispose", response={200: SampleOut}, summary="Destroy a sample")
def dispose_sample(request: HttpRequest, sample_id: UUID, payload: NoteIn) -> SampleOut:
    actor, owner, _scope = caller(request)
    return _sample(services.dispose_sample(actor, owner_id=owner.id, sample_id=sample_id, note=payload.note))


def _custody(row: Custody) -> CustodyOut:
    return CustodyOut.model_construct(**_values(row, CustodyOut))
