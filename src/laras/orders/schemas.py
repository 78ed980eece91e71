"""What the API of orders takes and answers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from laras.people.api import PatientIn

Payer = Literal["self", "bpjs", "programme", "institution", "free"]
Purpose = Literal["diagnosis", "follow_up", "screening", "surveillance", "outbreak", "quality", "slhs", "hajj", "other"]
Urgency = Literal["routine", "urgent", "outbreak"]
OrderStatus = Literal["", "registered", "working", "reported", "cancelled"]
Codes = Annotated[list[str], Field(min_length=1, max_length=120)]
SampleIds = Annotated[list[UUID], Field(min_length=1, max_length=200)]
Celsius = Annotated[Decimal, Field(ge=-90, le=60, decimal_places=2)]
Degrees = Annotated[Decimal, Field(ge=-180, le=180)]


class OrderIn(Schema):
    """``patient_id`` for a patient on file, or ``patient`` for a new one; neither for equipment, proficiency items and
    controls, which have a ``subject_label``. ``codes`` are tests and panels of the catalogue. ``collected_at`` says that
    all samples were taken."""

    patient_id: UUID | None = None
    patient: PatientIn | None = None
    subject_kind: Literal["person", "equipment", "proficiency", "control"] = "person"
    subject_label: str = ""
    codes: Codes
    client_id: UUID | None = None
    requester: str = ""
    payer: Payer = "self"
    purpose: Purpose = "diagnosis"
    urgency: Urgency = "routine"
    note: str = ""
    collected_at: AwareDatetime | None = None
    collector: str = ""


class SiteIn(Schema):
    """A place of sampling in Indonesia. Decimal degrees (WGS 84), south negative."""

    name: str
    kind: str = ""
    address: str = ""
    area_id: UUID | None = None
    latitude: Degrees | None = None
    longitude: Degrees | None = None


class SiteOrderIn(Schema):
    """``site_id`` for a site on file, or ``site`` for a new one. Each of ``points`` gets its own samples. ``in_situ`` holds
    readings as text: temperature, air_temperature, ph, residual_chlorine, dissolved_oxygen, turbidity, conductivity,
    humidity. ``standard`` is a set of limits of the catalogue."""

    kind: Literal["environment", "food", "vector"] = "environment"
    site_id: UUID | None = None
    site: SiteIn | None = None
    codes: Codes
    matrix: str = ""
    standard: str = ""
    points: Annotated[list[str], Field(max_length=20)] = []
    in_situ: dict[str, str] = {}
    client_id: UUID | None = None
    requester: str = ""
    payer: Payer = "self"
    purpose: Purpose = "quality"
    urgency: Urgency = "routine"
    note: str = ""
    collected_at: AwareDatetime | None = None
    collector: str = ""


class SiteOut(Schema):
    id: UUID
    name: str
    kind: str
    address: str
    area_id: UUID | None
    latitude: Decimal | None
    longitude: Decimal | None


class LineOut(Schema):
    id: UUID
    code: str
    name: str
    is_panel: bool
    price: int
    price_parts: dict[str, int]
    cancelled: bool


class SampleOut(Schema):
    id: UUID
    order_id: UUID
    number: str
    external_number: str
    specimen: str
    container: str
    description: str
    status: str
    collected_at: datetime | None
    collector: str
    received_at: datetime | None
    condition: str
    temperature: Decimal | None
    refusal: str
    refusal_note: str
    replaces_id: UUID | None


class RequestedOut(Schema):
    id: UUID
    sample_id: UUID
    line_id: UUID
    test_code: str
    cancelled: bool


class OrderOut(Schema):
    """``total`` in whole rupiah, without cancelled lines."""

    id: UUID
    number: str
    day: date
    status: str
    subject_kind: str
    subject_label: str
    patient_id: UUID | None
    site_id: UUID | None
    client_id: UUID | None
    requester: str
    payer: str
    purpose: str
    urgency: str
    note: str
    matrix: str
    standard: str
    in_situ: dict[str, str]
    source: str
    registered_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str


class OrderDetailOut(OrderOut):
    total: int
    lines: list[LineOut]
    samples: list[SampleOut]
    tests: list[RequestedOut]


class CustodyOut(Schema):
    id: UUID
    sample_id: UUID
    at: datetime
    action: str
    person_name: str
    place: str
    note: str


class CustodyItems(Schema):
    items: list[CustodyOut]


class CollectIn(Schema):
    sample_ids: SampleIds
    collected_at: AwareDatetime | None = None
    collector: str = ""
    place: str = ""
    note: str = ""


class ReceiveIn(Schema):
    sample_ids: SampleIds
    condition: str = ""
    temperature: Celsius | None = None
    place: str = ""
    note: str = ""


class RefuseIn(Schema):
    reason: Literal[
        "identity", "insufficient", "hemolysed", "lipemic", "clotted", "container", "damaged", "temperature", "late",
        "contaminated", "other",
    ]  # fmt: skip
    note: str = ""
    replacement: bool = False


class RefusedOut(Schema):
    sample: SampleOut
    replacement: SampleOut | None


class HandOverIn(Schema):
    sample_ids: SampleIds
    action: Literal["handed", "stored", "sent", "returned"] = "handed"
    to: str = ""
    place: str = ""
    note: str = ""


class ReasonIn(Schema):
    reason: str


class CodesIn(Schema):
    codes: Codes


class NoteIn(Schema):
    note: str = ""


class FoundOut(Schema):
    kind: Literal["order", "sample"]
    id: UUID
    order_id: UUID
    number: str
    external_number: str


class HistoryOut(Schema):
    event: str
    occurred_at: datetime
    person_id: UUID | None
    device: str
    payload: dict[str, Any]
