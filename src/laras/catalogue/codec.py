"""Between the catalogue's dataclasses and the plain bodies that releases keep: one row, one kind, one key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final, get_type_hints

from laras.catalogue.types import (
    CodedAnswer,
    CriticalInfo,
    HandlingInfo,
    ItemInfo,
    LimitInfo,
    PanelInfo,
    ProgrammeInfo,
    Provenance,
    RangeInfo,
    RowKind,
    StandardInfo,
    TestInfo,
)
from laras.core.ids import shipped_id

Info = (
    TestInfo
    | PanelInfo
    | RangeInfo
    | CriticalInfo
    | StandardInfo
    | LimitInfo
    | CodedAnswer
    | ProgrammeInfo
    | ItemInfo
    | HandlingInfo
)

CLASSES: Final[dict[RowKind, type[Info]]] = {
    "test": TestInfo,
    "panel": PanelInfo,
    "range": RangeInfo,
    "critical": CriticalInfo,
    "standard": StandardInfo,
    "limit": LimitInfo,
    "answer": CodedAnswer,
    "programme": ProgrammeInfo,
    "item": ItemInfo,
    "handling": HandlingInfo,
}
# Set from the row itself or its release, never kept in the body.
_DERIVED: Final = frozenset({"id", "key", "provenance"})


@dataclass(frozen=True, slots=True)
class Row:
    """A row on its way into or out of a release."""

    kind: RowKind
    key: str
    body: Mapping[str, Any]
    status: str
    source: str
    reason: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class _Shape:
    cls: type[Info]
    names: frozenset[str]
    required: frozenset[str]
    decimals: frozenset[str]
    tuples: frozenset[str]
    has_key: bool
    identified: bool
    defaults: Mapping[str, Any] = field(default_factory=dict)


def _shape(cls: type[Info]) -> _Shape:
    hints = get_type_hints(cls)
    own = [f for f in fields(cls) if f.name not in _DERIVED]
    return _Shape(
        cls=cls,
        names=frozenset(f.name for f in own),
        required=frozenset(f.name for f in own if f.default is MISSING and f.default_factory is MISSING),
        decimals=frozenset(f.name for f in own if hints[f.name] == Decimal | None),
        tuples=frozenset(f.name for f in own if hints[f.name] == tuple[str, ...]),
        has_key="key" in hints,
        identified="id" in hints,
        defaults={f.name: f.default for f in own if f.default is not MISSING},
    )


_SHAPES: Final = {kind: _shape(cls) for kind, cls in CLASSES.items()}


def key_of(kind: RowKind, body: Mapping[str, Any]) -> str:
    """The key under which layers override each other; for ranges, critical values and limits it is part of
    the row."""
    if kind in ("test", "panel", "standard", "programme"):
        return str(body["code"])
    if kind == "answer":
        return f"{body['answers']}/{body['code']}"
    if kind == "limit":
        return f"{body['standard']}/{body['test']}"
    if kind == "item":
        given = (body.get(name) for name in ("when", "sex", "age_from"))
        return "/".join([body["programme"], body["order"], *(str(part) for part in given if part)])
    if kind == "handling":
        return f"{body['test']}/{body.get('matrix') or '*'}/{body['preservation']}"
    if kind == "critical":
        practice = f"@{body['practice']}" if body.get("practice") else ""
        return f"{body['test']}/{body.get('population', 'all')}{practice}"
    until = body.get("age_until")
    condition = f"/{body['condition']}" if body.get("condition") else ""
    return (
        f"{body['test']}/{body.get('sex') or 'all'}/{body.get('age_from', 0)}-"
        f"{'' if until is None else until}{condition}"
    )


def to_body(info: Info) -> dict[str, Any]:
    """Only what differs from the defaults; numbers as text. Raises ``ValueError`` for unusable numbers."""
    shape = _SHAPES[kind_of(info)]
    body: dict[str, Any] = {}
    for name in sorted(shape.names):
        value = getattr(info, name)
        if name in shape.defaults and value == shape.defaults[name]:
            continue
        if isinstance(value, Decimal):
            value = _text(value)
        elif isinstance(value, tuple):
            value = list(value)
        body[name] = value
    return body


def _text(number: Decimal) -> str:
    """Raises ``ValueError`` for what no table of limits holds: infinities and numbers of thousands of
    digits."""
    if not number.is_finite() or len(number.as_tuple().digits) > 30 or abs(number.adjusted()) > 30:
        raise ValueError(f"{number} is not a usable number")
    return f"{number:f}"


def kind_of(info: Info) -> RowKind:
    for kind, cls in CLASSES.items():
        if isinstance(info, cls):
            return kind
    raise TypeError(type(info).__name__)


def from_row(row: Row, provenance: Provenance) -> Info:
    """Raises ``ValueError`` for a body that does not have the kind's shape."""
    shape = _SHAPES[row.kind]
    unknown = set(row.body) - shape.names
    if unknown:
        raise ValueError(f"{row.kind} {row.key}: unknown fields {sorted(unknown)}")
    missing = shape.required - set(row.body)
    if missing:
        raise ValueError(f"{row.kind} {row.key}: fields {sorted(missing)} are missing")
    values: dict[str, Any] = dict(row.body)
    for name in shape.decimals & values.keys():
        values[name] = _number(row, values[name])
    for name in shape.tuples & values.keys():
        values[name] = tuple(values[name])
    if shape.has_key:
        values["key"] = row.key
    if shape.identified:
        values["id"] = shipped_id(f"catalogue.{row.kind}", row.key)
    return shape.cls(**values, provenance=provenance)


def _number(row: Row, value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(value) if isinstance(value, str) and len(value) <= 64 else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise ValueError(f"{row.kind} {row.key}: {value!r} is not a number written as text")
    return number


def digest_of(rows: Iterable[Row]) -> str:
    """SHA-256 over the rows in the order of kind and key: equal content, equal digest on every
    installation."""
    plain = sorted(
        [row.kind, row.key, dict(row.body), row.status, row.source, row.reason, row.withdrawn] for row in rows
    )
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
