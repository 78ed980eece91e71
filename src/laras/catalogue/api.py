"""`/api/v1/catalogue/`: tests, panels, standards, and the laboratory's own layer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from laras.catalogue import queries, services
from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.catalogue.models import ReferenceRelease
from laras.catalogue.rules import format_limit, format_range
from laras.catalogue.types import (
    Catalogue,
    LimitInfo,
    PanelInfo,
    Provenance,
    StandardInfo,
    TestInfo,
    UnknownCode,
)
from laras.core.api import Page, caller, idempotent
from laras.core.errors import NotFound
from laras.core.ids import shipped_id

router = Router(tags=["catalogue"])

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200)]
Number = Annotated[Decimal, Field(max_digits=20, decimal_places=8)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=200)]


class Origin(Schema):
    """Which layer and release set the row, and what it is worth (`status`, `source`)."""

    layer: str
    release: str
    status: str
    source: str
    reason: str


class TestOut(Schema):
    code: str
    name: str
    name_en: str
    discipline: str
    subject: str
    kind: str
    loinc: str
    local_code: str
    ucum: str
    unit: str
    decimals: int | None
    specimen: str
    specimen_snomed: str
    container: str
    method: str
    tier: int
    volume: str
    stability: str
    tat_hours: int
    in_situ: bool
    origin: Origin


class RangeOut(Schema):
    """`judges` false: an example that flags nothing until it is adopted. Ages are days since birth."""

    key: str
    sex: str
    age_from: int
    age_until: int | None
    condition: str
    ucum: str
    low: Decimal | None
    high: Decimal | None
    low_open: bool
    high_open: bool
    normal: list[str]
    text: str
    judges: bool
    origin: Origin


class CriticalValueOut(Schema):
    key: str
    population: str
    ucum: str
    low: Decimal | None
    high: Decimal | None
    inclusive: bool
    practice: str
    judges: bool
    origin: Origin


class LimitOut(Schema):
    key: str
    standard: str
    test: str
    kind: str
    group: str
    label: str
    ucum: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    text: str
    method: str
    judges: bool
    origin: Origin


class AnswerOut(Schema):
    code: str
    text: str
    text_en: str
    meaning: str
    loinc: str
    snomed: str


class TestDetail(TestOut):
    ranges: list[RangeOut]
    criticals: list[CriticalValueOut]
    limits: list[LimitOut]
    answers: list[AnswerOut]


class PanelOut(Schema):
    code: str
    name: str
    name_en: str
    discipline: str
    subject: str
    loinc: str
    standard: str
    members: list[str]
    origin: Origin


class StandardOut(Schema):
    code: str
    matrix: str
    name: str
    regulation: str
    version: str
    replaced_by: str
    origin: Origin


class StandardDetail(StandardOut):
    limits: list[LimitOut]


class ReleaseOut(Schema):
    id: UUID
    version: str
    number: int
    published_at: datetime
    reason: str
    changes: list[str]


class ReleaseMade(Schema):
    id: UUID
    version: str
    digest: str


class AdoptionIn(Schema):
    """`key` as listed (`HB/adult@a`, `AM-KHUSUS/CRT`), the code of a test for all its `ranges` that do not judge yet, of a
    standard, or of a practice (`a`)."""

    kind: Literal["critical", "range", "ranges", "limit", "standard", "practice"]
    key: Annotated[str, Field(min_length=1, max_length=120)]
    reason: Reason


class CriticalIn(Schema):
    test: Text
    population: Literal["all", "adult", "child", "neonate"] = "all"
    low: Number | None = None
    high: Number | None = None
    inclusive: bool = False
    reason: Reason


class RangeIn(Schema):
    test: Text
    sex: Literal["", "male", "female"] = ""
    age_from: Annotated[int, Field(ge=0, le=60000)] = 0
    age_until: Annotated[int, Field(ge=1, le=60000)] | None = None
    low: Number | None = None
    high: Number | None = None
    low_open: bool = False
    high_open: bool = False
    normal: Annotated[list[Text], Field(max_length=40)] = []
    reason: Reason


class OwnTestIn(Schema):
    """A test of your own; `code` is kept as `<your code>:<code>`."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_en: Text = ""
    discipline: Text
    subject: Literal["person", "environment", "food", "vector", "equipment"] = "person"
    kind: Literal["quantity", "count", "titre", "coded", "text"] = "quantity"
    loinc: Annotated[str, Field(max_length=12)] = ""
    ucum: Annotated[str, Field(max_length=60)] = ""
    unit: Annotated[str, Field(max_length=60)] = ""
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    answers: Annotated[str, Field(max_length=40)] = ""
    specimen: Text = ""
    container: Text = ""
    method: Text = ""
    tier: Annotated[int, Field(ge=1, le=5)] = 1
    volume: Text = ""
    stability: Text = ""
    tat_hours: Annotated[int, Field(ge=1, le=9999)] = 24
    reason: Reason


class TestPatch(Schema):
    """How you do a test. Its code, unit of measure and kind stay what they are."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    method: Text | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    specimen: Text | None = None
    container: Text | None = None
    volume: Text | None = None
    stability: Text | None = None
    tat_hours: Annotated[int, Field(ge=1, le=9999)] | None = None
    reason: Reason


class WithdrawalIn(Schema):
    kind: Literal["test", "panel", "range", "critical", "standard", "limit", "answer", "programme", "item", "handling"]
    key: Annotated[str, Field(min_length=1, max_length=120)]
    reason: Reason


def _origin(provenance: Provenance) -> Origin:
    return Origin(**{name: getattr(provenance, name) for name in Origin.model_fields})


def _fields(schema: type[Schema], info: Any, **more: Any) -> dict[str, Any]:
    values = {name: getattr(info, name) for name in schema.model_fields if hasattr(info, name)}
    return {**values, "origin": _origin(info.provenance), **more}


def _test(test: TestInfo) -> TestOut:
    return TestOut(**_fields(TestOut, test))


def _limit(row: LimitInfo) -> LimitOut:
    return LimitOut(**_fields(LimitOut, row, text=format_limit(row)))


def _panel(row: PanelInfo) -> PanelOut:
    return PanelOut(**_fields(PanelOut, row, members=list(row.members)))


def _standard(row: StandardInfo) -> StandardOut:
    return StandardOut(**_fields(StandardOut, row))


def _made(release: ReferenceRelease) -> ReleaseMade:
    return ReleaseMade(id=release.id, version=release.version, digest=release.digest)


def _page(rows: Sequence[T], after: str, limit: int) -> tuple[Sequence[T], str | None]:
    """The catalogue lies in memory, so a page is a slice behind the code ``after``. Raises ``NotFound`` for
    a cursor that is none."""
    start = 0
    if after:
        codes = [row.code for row in rows]  # type: ignore[attr-defined]
        if after not in codes:
            raise NotFound()
        start = codes.index(after) + 1
    found = rows[start : start + limit]
    more = start + limit < len(rows)
    return found, found[-1].code if more and found else None  # type: ignore[attr-defined]


def _read(request: HttpRequest) -> Catalogue:
    _actor, owner, _scope = caller(request)
    return queries.effective(owner.id)


@router.get("/catalogue/tests", response={200: Page[TestOut]}, summary="Find tests")
def list_tests(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=100)] = "",
    discipline: str = "",
    subject: Literal["person", "environment", "food", "vector", "equipment", ""] = "",
    tier: Annotated[int | None, Query(ge=1, le=5)] = None,
    after: str = "",
    limit: Limit = 50,
) -> Page[TestOut]:
    """As they hold for your organisation. `q` searches codes, names and LOINC; `tier`: done from that tier
    or lower."""
    catalogue = _read(request)
    rows: list[TestInfo] = list(catalogue.tests.values())
    if q.strip():
        rows = [r for r in catalogue.search(q, limit=len(rows)) if isinstance(r, TestInfo)]
    rows = [
        row
        for row in rows
        if (not discipline or row.discipline == discipline)
        and (not subject or row.subject == subject)
        and (tier is None or row.tier <= tier)
    ]
    found, more = _page(rows, after, limit)
    return Page(items=[_test(row) for row in found], next=more)


@router.get("/catalogue/tests/{code}", response={200: TestDetail}, summary="One test")
def read_test(request: HttpRequest, code: str) -> TestDetail:
    catalogue = _read(request)
    try:
        test = catalogue.test(code)
    except UnknownCode as unknown:
        raise NotFound() from unknown
    return TestDetail(
        **_fields(TestOut, test),
        ranges=[
            RangeOut(**_fields(RangeOut, r, normal=list(r.normal), text=format_range(r)))
            for r in catalogue.ranges(code)
        ],
        criticals=[CriticalValueOut(**_fields(CriticalValueOut, r)) for r in catalogue.criticals(code)],
        limits=[_limit(r) for r in catalogue.limits_of_test(code)],
        answers=[
            AnswerOut(**{name: getattr(r, name) for name in AnswerOut.model_fields}) for r in catalogue.answers(code)
        ],
    )


@router.get("/catalogue/disciplines", response={200: dict[str, str]}, summary="Disciplines")
def list_disciplines(request: HttpRequest) -> dict[str, str]:
    return {code: str(label) for code, label in DISCIPLINE_LABELS.items()}


@router.get("/catalogue/panels", response={200: Page[PanelOut]}, summary="Panels")
def list_panels(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[PanelOut]:
    found, more = _page(list(_read(request).panels.values()), after, limit)
    return Page(items=[_panel(row) for row in found], next=more)


@router.get("/catalogue/standards", response={200: Page[StandardOut]}, summary="Standards")
def list_standards(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[StandardOut]:
    """Sets of limits: matrix, regulation and version."""
    found, more = _page(list(_read(request).standards.values()), after, limit)
    return Page(items=[_standard(row) for row in found], next=more)


@router.get("/catalogue/standards/{code}", response={200: StandardDetail}, summary="One standard")
def read_standard(request: HttpRequest, code: str) -> StandardDetail:
    catalogue = _read(request)
    try:
        row, limits = catalogue.standard(code), catalogue.limits(code)
    except UnknownCode as unknown:
        raise NotFound() from unknown
    return StandardDetail(**_fields(StandardOut, row), limits=[_limit(limit) for limit in limits.values()])


@router.get("/catalogue/releases", response={200: list[ReleaseOut]}, summary="Own releases")
def list_releases(request: HttpRequest) -> list[ReleaseOut]:
    """What your organisation published on its own layer, newest first."""
    _actor, owner, _scope = caller(request)
    return [
        ReleaseOut(**{**{n: getattr(r, n) for n in ReleaseOut.model_fields}, "changes": list(r.changes)})
        for r in queries.own_releases(owner.id)
    ]


@router.post("/catalogue/adoptions", response={201: ReleaseMade}, summary="Adopt")
@idempotent
def adopt(request: HttpRequest, payload: AdoptionIn) -> tuple[int, ReleaseMade]:
    """Let an example judge in your laboratory."""
    actor, owner, _scope = caller(request)
    actor.require("catalogue.manage", owner.id)
    work = {
        "critical": lambda: services.adopt_critical(actor, owner_id=owner.id, key=payload.key, reason=payload.reason),
        "range": lambda: services.adopt_range(actor, owner_id=owner.id, key=payload.key, reason=payload.reason),
        "ranges": lambda: services.adopt_ranges(actor, owner_id=owner.id, test=payload.key, reason=payload.reason),
        "limit": lambda: services.adopt_limit(actor, owner_id=owner.id, key=payload.key, reason=payload.reason),
        "standard": lambda: services.adopt_standard(
            actor, owner_id=owner.id, standard=payload.key, reason=payload.reason
        ),
        "practice": lambda: services.adopt_criticals(
            actor, owner_id=owner.id, practice=payload.key, reason=payload.reason
        ),
    }[payload.kind]
    return 201, _made(work())


@router.post("/catalogue/criticals", response={201: ReleaseMade}, summary="Own critical value")
@idempotent
def set_critical(request: HttpRequest, payload: CriticalIn) -> tuple[int, ReleaseMade]:
    """In the test's own unit. Replaces what held for the population before."""
    actor, owner, _scope = caller(request)
    actor.require("catalogue.manage", owner.id)
    return 201, _made(services.set_critical(actor, owner_id=owner.id, **payload.model_dump()))


@router.post("/catalogue/ranges", response={201: ReleaseMade}, summary="Own reference range")
@idempotent
def set_range(request: HttpRequest, payload: RangeIn) -> tuple[int, ReleaseMade]:
    """Replaces the row of the same sex and age; one that overlaps with another is refused."""
    actor, owner, _scope = caller(request)
    actor.require("catalogue.manage", owner.id)
    return 201, _made(services.set_range(actor, owner_id=owner.id, **payload.model_dump()))


@router.post("/catalogue/tests", response={201: ReleaseMade}, summary="Own test")
@idempotent
def add_test(request: HttpRequest, payload: OwnTestIn) -> tuple[int, ReleaseMade]:
    actor, owner, _scope = caller(request)
    actor.require("catalogue.manage", owner.id)
    values = payload.model_dump(exclude={"reason"})
    test = TestInfo(id=shipped_id("catalogue.test", payload.code), **values)
    made = services.add_test(
        actor,
        owner_id=owner.id,
        test=replace(test, name_en=test.name_en or test.name),
        reason=payload.reason,
    )
    return 201, _made(made)


@router.patch("/catalogue/tests/{code}", response={200: ReleaseMade}, summary="Change a test")
def change_test(request: HttpRequest, code: str, payload: TestPatch) -> ReleaseMade:
    actor, owner, _scope = caller(request)
    actor.require("catalogue.manage", owner.id)
    sent = payload.model_dump(exclude_unset=True, exclude={"reason"})
    changes = {name: value for name, value in sent.items() if value is not None or name == "decimals"}
    return _made(services.change_test(actor, owner_id=owner.id, code=code, changes=changes, reason=payload.reason))


@router.post("/catalogue/withdrawals", response={201: ReleaseMade}, summary="Withdraw")
@idempotent
def withdraw(request: HttpRequest, payload: WithdrawalIn) -> tuple[int, ReleaseMade]:
    """Take back a row of your own layer; what the wider layers say holds again."""
    actor, owner, _scope = caller(request)
    return 201, _made(services.withdraw(actor, owner_id=owner.id, **payload.model_dump()))
