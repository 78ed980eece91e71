"""Locking, emptying and storing rows of results: what every use case of the bench does to them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from laras.bench.models import Result
from laras.core.actor import Actor
from laras.core.errors import Forbidden, NotFound, Problem, Refused
from laras.core.scope import Scope

MOST_ROWS = 500
"""Of one batch."""

VALUE_FIELDS = (
    "raw", "kind", "operator", "number", "until", "unit", "answer", "text", "flag", "critical", "abnormal", "reference",
    "judgement", "basis", "meets_limit", "limit_text", "limit_basis", "delta", "provisional",
)  # fmt: skip
WORK_FIELDS = ("method", "instrument", "reagent_lot", "run", "control_state")
EYE_FIELDS = (
    "entered_by", "entered_at", "verified_by", "verified_at", "verified_by_rule", "validated_by", "validated_at",
)  # fmt: skip


def person_of(actor: Actor) -> UUID:
    """Values and signatures are a person's; the system has no eyes."""
    if actor.person_id is None:
        raise Forbidden(_("Hanya orang yang masuk dengan akunnya yang dapat melakukan ini."))
    return actor.person_id


def lock(owner_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Result]:
    """The results with order, patient and sample, locked until the end. One that is not there refuses them all."""
    wanted = set(ids)
    if len(wanted) > MOST_ROWS:
        raise Refused(_("Paling banyak %(most)s baris sekaligus.") % {"most": MOST_ROWS})
    rows = (
        Result.objects.within(Scope.of(owner_id))
        .select_for_update(of=("self",))
        .select_related("order", "order__patient", "sample")
        .filter(id__in=wanted)
        .order_by("id")
    )
    found = {row.id: row for row in rows}
    if wanted - found.keys():
        raise NotFound()
    return found


def lock_one(owner_id: UUID, result_id: UUID) -> Result:
    return lock(owner_id, [result_id])[result_id]


def store(rows: Sequence[Result], fields: Iterable[str]) -> None:
    """Write these columns of rows that differ from each other, in one statement however many they are."""
    if not rows:
        return
    columns = [Result._meta.get_field(name) for name in fields]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(column.column)} = %s" for column in columns)
    key = Result._meta.pk
    statement = f"UPDATE {quote(Result._meta.db_table)} SET {assignments} WHERE {quote(key.column)} = %s"
    values: list[list[Any]] = [
        [
            *(column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns),
            key.get_db_prep_save(row.pk, connection),
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def empty(result: Result) -> list[str]:
    """Take the value and the signatures off; answers the columns to store. The values themselves stay on record."""
    result.raw = result.kind = result.operator = result.unit = result.answer = result.text = result.flag = ""
    result.number = result.until = result.meets_limit = None
    result.critical = result.abnormal = result.provisional = False
    result.reference = result.judgement = result.basis = result.limit_text = result.limit_basis = result.delta = ""
    result.auto_stopped = result.device_flag = ""
    for name in EYE_FIELDS:
        setattr(result, name, None)
    return [*VALUE_FIELDS, *EYE_FIELDS, "auto_stopped", "device_flag"]


def facts(result: Result) -> dict[str, Any]:
    """What every event on a result says."""
    return {
        "result": result.id,
        "order": result.order_id,
        "test_code": result.test_code,
        "revision": result.revision,
    }


def sealed_value(result: Result) -> dict[str, Any]:
    """The value as it goes beside a journal entry."""
    return {
        "raw": result.raw,
        "operator": result.operator,
        "number": result.number,
        "until": result.until,
        "unit": result.unit,
        "answer": result.answer,
        "text": result.text,
        "flag": result.flag,
        "critical": result.critical,
        "judgement": result.judgement,
        "basis": result.basis,
        "meets_limit": result.meets_limit,
        "limit_basis": result.limit_basis,
        "delta": result.delta,
        "comment": result.comment,
        **({"provisional": True} if result.provisional else {}),
    }


def reason_of(text: str, field: str = "reason", longest: int = 240) -> str:
    """A reason in words, or :class:`Refused` at its field."""
    text = short(text, field, longest)
    if len(text) < 3:
        message = _("Sebutkan alasannya.")
        raise Refused(message, problems=[Problem(field, message)])
    return text


def short(text: str, field: str, longest: int) -> str:
    """A text for a column with single blanks, or :class:`Refused` at its field."""
    text = " ".join(text.split())
    if len(text) > longest:
        message = _("Paling panjang %(longest)s huruf.") % {"longest": longest}
        raise Refused(message, problems=[Problem(field, message)])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        message = _("Ada huruf yang tidak dapat disimpan; ketik ulang bagian ini.")
        raise Refused(message, problems=[Problem(field, message)])
    return text
