"""Writing of capabilities: by the laboratory itself only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.catalogue.queries import effective
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.network.rules import tidy
from laras.resources.events import (
    CapabilityAdded,
    CapabilityAltered,
    CapabilityPaused,
    CapabilityRemoved,
    CapabilityResumed,
)
from laras.resources.models import Capability
from laras.resources.states import CAPABILITY

RIGHT = "resources.manage_capability"
FIELDS = ("method", "tat_hours", "capacity_per_day", "price", "accredited")
_MAX_TAT_HOURS = 24 * 366
_MAX_CAPACITY = 100_000
_MAX_PRICE = 1_000_000_000


@use_case
def add_capability(
    actor: Actor,
    *,
    owner_id: UUID,
    test_code: str,
    method: str = "",
    tat_hours: int,
    capacity_per_day: int | None = None,
    price: int | None = None,
    accredited: bool = False,
) -> Capability:
    """Say that the laboratory does a test by a method. ``price`` in whole rupiah, ``tat_hours`` from receipt on.

    ``test_code`` is a code of the catalogue as it holds for this laboratory.
    """
    actor.require(RIGHT, owner_id)
    test_code = tidy(test_code)
    values = {
        "method": method,
        "tat_hours": tat_hours,
        "capacity_per_day": capacity_per_day,
        "price": price,
        "accredited": accredited,
    }
    values, problems = _checked(values)
    if not test_code or len(test_code) > 40:
        problems.insert(0, Problem("test_code", _("Kode pemeriksaan wajib diisi, paling banyak 40 huruf.")))
    elif test_code not in effective(owner_id).tests:
        problems.insert(0, Problem("test_code", _("Pemeriksaan ini tidak ada di katalog. Pilih dari daftar.")))
    if not Owner.objects.filter(pk=owner_id, kind="laboratory", closed=False).exists():
        problems.insert(0, Problem("owner", _("Hanya laboratorium yang aktif memiliki kemampuan pemeriksaan.")))
    if problems:
        raise Refused(_("Kemampuan pemeriksaan belum benar."), problems=problems)
    row = Capability(owner_id=owner_id, test_code=test_code, **values)
    _save_once(row)
    journal.record(actor, owner=owner_id, event=CapabilityAdded(test_code, row.method, values), subject=row.id)
    return row


@use_case
def alter_capability(actor: Actor, *, owner_id: UUID, capability_id: UUID, changes: Mapping[str, Any]) -> Capability:
    """Change method, turnaround, capacity, price or accreditation. Nothing to change: nothing is written."""
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, capability_id)
    before = {name: getattr(row, name) for name in FIELDS}
    values, problems = _checked({**before, **changes})
    if problems:
        raise Refused(_("Kemampuan pemeriksaan belum benar."), problems=problems)
    different = {name: value for name, value in values.items() if value != before[name]}
    if not different:
        return row
    for name, value in different.items():
        setattr(row, name, value)
    row.changed_at = clock.now()
    _save_once(row, fields=[*different, "changed_at"])
    journal.record(
        actor,
        owner=owner_id,
        event=CapabilityAltered(row.test_code, row.method, different),
        subject=row.id,
    )
    return row


@use_case
def pause_capability(actor: Actor, *, owner_id: UUID, capability_id: UUID, reason: str) -> Capability:
    """Stop offering the test for a while, with a reason that everybody reads."""
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, capability_id)
    why = _reason(reason)
    row.status = CAPABILITY.move(row.status, "pause")
    row.reason, row.changed_at = why, clock.now()
    row.save(update_fields=["status", "reason", "changed_at"])
    event = CapabilityPaused(row.test_code, row.method, why)
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def resume_capability(actor: Actor, *, owner_id: UUID, capability_id: UUID) -> Capability:
    """Offer the test again."""
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, capability_id)
    row.status = CAPABILITY.move(row.status, "resume")
    row.reason, row.changed_at = "", clock.now()
    row.save(update_fields=["status", "reason", "changed_at"])
    journal.record(actor, owner=owner_id, event=CapabilityResumed(row.test_code, row.method), subject=row.id)
    return row


@use_case
def remove_capability(actor: Actor, *, owner_id: UUID, capability_id: UUID, reason: str) -> None:
    """Take a capability out of the directory for good; the journal keeps that it was there, and why it went."""
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, capability_id)
    why = _reason(reason)
    event = CapabilityRemoved(row.test_code, row.method, why)
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    row.delete()


def _reason(text: str) -> str:
    why = tidy(text)
    if not why or len(why) > 200:
        message = _("Alasan wajib diisi, paling banyak 200 huruf.")
        raise Refused(message, problems=[Problem("reason", message)])
    return why


def _locked(owner_id: UUID, capability_id: UUID) -> Capability:
    rows = Capability.objects.within(Scope.of(owner_id)).select_for_update()
    found: Capability = get_or_404(rows, id=capability_id)
    return found


def _save_once(row: Capability, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            if fields is None:
                row.save(force_insert=True)
            else:
                row.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict(
            _("Pemeriksaan ini dengan metode yang sama sudah tercatat."),
            code="capability_exists",
            problems=[Problem("method", _("Pemeriksaan ini dengan metode yang sama sudah tercatat."))],
        ) from error


def _checked(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    result, problems = dict(values), []
    result["method"] = tidy(result["method"])
    result["accredited"] = bool(result["accredited"])
    if len(result["method"]) > 120:
        problems.append(Problem("method", _("Paling banyak 120 huruf.")))
    for name, least, most, optional, message in (
        ("tat_hours", 1, _MAX_TAT_HOURS, False, _("Waktu hasil ditulis dalam jam, 1 sampai 8.784.")),
        ("capacity_per_day", 1, _MAX_CAPACITY, True, _("Kapasitas per hari 1 sampai 100.000, atau dikosongkan.")),
        ("price", 0, _MAX_PRICE, True, _("Tarif dalam rupiah bulat, 0 sampai 1.000.000.000, atau dikosongkan.")),
    ):
        value = result[name]
        if value is None and optional:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            problems.append(Problem(name, message))
    return result, problems
