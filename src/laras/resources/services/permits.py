"""Permits: what was issued, what is on its way and in which step, and what takes the place of what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.templatetags.ui import day as say_day
from laras.core.unit import use_case
from laras.network.rules import tidy
from laras.resources import events
from laras.resources.models import Permit, PermitStepDone
from laras.resources.services.equipment import MANAGE
from laras.resources.shipped import permit_kinds
from laras.resources.states import PERMIT

TEXTS = {"about": 120, "number": 80, "office": 120}
PAPER = ("about", "number", "office", "valid_from", "valid_until")


@use_case
def record_permit(actor: Actor, *, owner_id: UUID, kind: str, values: Mapping[str, Any]) -> Permit:
    """Write down a permit that was issued already. ``values``: :data:`PAPER`; number and first day are required."""
    actor.require(MANAGE, owner_id)
    found, problems = _paper(values)
    problems += _kind_problems(kind) + _missing(found) + _owner_problems(owner_id)
    if not problems and _like(owner_id, kind, found["number"]).exists():
        problems.append(Problem("number", _("Izin dengan nomor ini sudah dicatat.")))
    _refuse(problems)
    row = Permit(owner_id=owner_id, kind=kind, status="issued", **found | {"office": found["office"] or _giver(kind)})
    row.save(force_insert=True)
    event = events.PermitRecorded(kind, row.number, *_period(row))
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def begin_permit(
    actor: Actor, *, owner_id: UUID, kind: str, about: str = "", office: str = "", day: date | None = None,
    renews_id: UUID | None = None,
) -> Permit:  # fmt: skip
    """A permit is sought from a day on: it stands in the first step of its kind, perhaps in place of an issued one."""
    actor.require(MANAGE, owner_id)
    found, problems = _paper({"about": about, "office": office})
    problems += _kind_problems(kind) + _owner_problems(owner_id) + _day_problems("day", day)
    _refuse(problems)
    renewed = None
    if renews_id:
        renewed = _locked(owner_id, renews_id)
        if renewed.status != "issued" or renewed.kind != kind:
            raise Conflict(_("Hanya izin sejenis yang terbit dapat diperpanjang."))
        if renewed.renewals.within(Scope.of(owner_id)).filter(status="process").exists():  # type: ignore[attr-defined]
            raise Conflict(_("Perpanjangan izin ini sudah diurus."))
        found["about"] = found["about"] or renewed.about
    row = Permit(
        owner_id=owner_id,
        kind=kind,
        about=found["about"],
        office=found["office"] or _giver(kind),
        status=PERMIT.initial,
        step=permit_kinds()[kind].steps[0].code,
        step_since=day or clock.today(),
        renews=renewed,
    )
    row.save(force_insert=True)
    event = events.PermitBegun(kind, row.step, str(renewed.id) if renewed else "")
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def take_step(
    actor: Actor, *, owner_id: UUID, permit_id: UUID, day: date | None = None, document: str = "", note: str = ""
) -> Permit:
    """The present step is done; the next one begins. The last step ends with :func:`issue_permit` instead."""
    actor.require(MANAGE, owner_id)
    row = _in_process(owner_id, permit_id)
    day, document, note = day or clock.today(), tidy(document), tidy(note)
    problems = _day_problems("day", day) + _too_long({"document": (document, 120), "note": (note, 300)})
    if row.step_since and day < row.step_since:
        problems.append(Problem("day", _("Langkah ini baru dimulai pada %(day)s.") % {"day": say_day(row.step_since)}))
    _refuse(problems)
    steps = row.known.steps
    at = row.known.place(row.step)
    if at + 1 == len(steps):
        raise Conflict(_("Ini langkah terakhir. Catat izinnya bila sudah terbit."))
    PermitStepDone(owner_id=owner_id, permit=row, step=row.step, day=day, document=document, note=note).save(
        force_insert=True
    )
    event = events.PermitStepTaken(row.step, day.isoformat(), document)
    row.step, row.step_since = steps[at + 1].code, day
    row.save(update_fields=["step", "step_since"])
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def return_permit(actor: Actor, *, owner_id: UUID, permit_id: UUID, step: str, reason: str) -> Permit:
    """The office sends the papers back to an earlier step, and says why."""
    actor.require(MANAGE, owner_id)
    row = _in_process(owner_id, permit_id)
    reason = _reason(reason)
    earlier = [one.code for one in row.known.steps[: row.known.place(row.step)]]
    if step not in earlier:
        raise Refused(_("Pilih langkah sebelumnya."), problems=[Problem("step", _("Pilih langkah sebelumnya."))])
    today = clock.today()
    PermitStepDone(owner_id=owner_id, permit=row, step=step, day=today, note=reason, returned=True).save(
        force_insert=True
    )
    row.step, row.step_since = step, today
    row.save(update_fields=["step", "step_since"])
    journal.record(actor, owner=owner_id, event=events.PermitReturned(step, reason), subject=row.id)
    return row


@use_case
def issue_permit(actor: Actor, *, owner_id: UUID, permit_id: UUID, values: Mapping[str, Any]) -> Permit:
    """A permit was issued, from whichever step; what it renews is no longer used then. ``values``: as on its paper."""
    actor.require(MANAGE, owner_id)
    row = _locked(owner_id, permit_id)
    row.status = PERMIT.move(row.status, "issue")
    found, problems = _paper({"about": row.about, "office": row.office, **values})
    problems += _missing(found)
    if not problems and _like(owner_id, row.kind, found["number"]).exists():
        problems.append(Problem("number", _("Izin dengan nomor ini sudah dicatat.")))
    _refuse(problems)
    PermitStepDone(
        owner_id=owner_id, permit=row, step=row.step, day=clock.today(), document=found["number"]
    ).save(force_insert=True)  # fmt: skip
    for name in PAPER:
        setattr(row, name, found[name])
    row.office = row.office or _giver(row.kind)
    row.step, row.step_since = "", None
    row.save()
    journal.record(
        actor, owner=owner_id, event=events.PermitIssued(row.number, *_period(row)), subject=row.id
    )  # fmt: skip
    if row.renews_id:
        before = _locked(owner_id, row.renews_id)
        if before.status == "issued":
            before.status = PERMIT.move(before.status, "end")
            before.save(update_fields=["status"])
            ended = events.PermitMoved("end", _("Diganti %(number)s") % {"number": row.number})
            journal.record(actor, owner=owner_id, event=ended, subject=before.id)
    return row


@use_case
def alter_permit(
    actor: Actor, *, owner_id: UUID, permit_id: UUID, values: Mapping[str, Any], reason: str
) -> Permit:  # fmt: skip
    """Correct what was written of a permit: ``values`` of :data:`PAPER`."""
    actor.require(MANAGE, owner_id)
    row = _locked(owner_id, permit_id)
    found, problems = _paper({name: getattr(row, name) for name in PAPER} | dict(values))
    if row.status == "issued":
        problems += _missing(found)
    if not found["office"]:
        problems.append(Problem("office", _("Instansi penerbit wajib diisi.")))
    if not problems and found["number"] and _like(owner_id, row.kind, found["number"]).exclude(id=row.id).exists():
        problems.append(Problem("number", _("Izin dengan nomor ini sudah dicatat.")))
    _refuse(problems)
    reason = _reason(reason)
    changes = {name: found[name] for name in PAPER if getattr(row, name) != found[name]}
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}
    journal.record(actor, owner=owner_id, event=events.PermitAltered(plain, reason), subject=row.id)
    return row


@use_case
def move_permit(actor: Actor, *, owner_id: UUID, permit_id: UUID, move: str, reason: str) -> Permit:
    """``refuse`` (the office said no), ``resume`` (it is sought again) or ``end`` (no longer used, or written by mistake)."""
    actor.require(MANAGE, owner_id)
    if move not in ("refuse", "resume", "end"):
        raise Refused(_("Langkah ini tidak dikenal."))
    row = _locked(owner_id, permit_id)
    reason = _reason(reason)
    row.status = PERMIT.move(row.status, move)
    if move == "resume":
        renewal = Permit.objects.within(Scope.of(owner_id)).filter(renews_id=row.renews_id, status="process")
        if row.renews_id and renewal.exists():
            raise Conflict(_("Perpanjangan izin ini sudah diurus."))
        row.step, row.step_since = row.step or row.known.steps[0].code, clock.today()
    row.save(update_fields=["status", "step", "step_since"])
    journal.record(actor, owner=owner_id, event=events.PermitMoved(move, reason), subject=row.id)
    return row


# --- What is wrong ----------------------------------------------------------------------------------------------------


def _paper(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """What stands on the paper in its stored form, and what is wrong with it."""
    found: dict[str, Any] = {name: tidy(values.get(name) or "") for name in TEXTS}
    found |= {"valid_from": values.get("valid_from"), "valid_until": values.get("valid_until")}
    problems = _too_long({name: (found[name], most) for name, most in TEXTS.items()})
    begins, ends = found["valid_from"], found["valid_until"]
    if ends and not begins:
        problems.append(Problem("valid_from", _("Isi juga hari pertama berlakunya.")))
    elif ends and ends < begins:
        problems.append(Problem("valid_until", _("Izin berakhir sebelum mulai berlaku.")))
    problems += _day_problems("valid_from", begins, ahead=366)
    return found, problems


def _missing(found: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if not found["number"]:
        problems.append(Problem("number", _("Nomor izin wajib diisi.")))
    if not found["valid_from"] and not found["valid_until"]:
        problems.append(Problem("valid_from", _("Hari pertama berlakunya wajib diisi.")))
    return problems


def _too_long(texts: Mapping[str, tuple[str, int]]) -> list[Problem]:
    return [
        Problem(name, _("Paling banyak %(n)d huruf.") % {"n": most})
        for name, (text, most) in texts.items()
        if len(text) > most
    ]


def _day_problems(name: str, day: date | None, ahead: int = 0) -> list[Problem]:
    if day is None or (day - clock.today()).days <= ahead:
        return []
    message = _("Hari ini belum tiba.") if not ahead else _("Lebih dari setahun lagi: periksa tanggalnya.")
    return [Problem(name, message)]


def _kind_problems(kind: str) -> list[Problem]:
    return [] if kind in permit_kinds() else [Problem("kind", _("Pilih dari daftar."))]


def _owner_problems(owner_id: UUID) -> list[Problem]:
    if Owner.objects.filter(pk=owner_id, kind="laboratory", closed=False).exists():
        return []
    return [Problem("owner", _("Hanya laboratorium yang aktif mencatat izin."))]


def _reason(text: str) -> str:
    reason = tidy(text)
    if not 0 < len(reason) <= 300:
        raise Refused(_("Isi alasannya."), problems=[Problem("reason", _("Isi alasannya, paling banyak 300 huruf."))])
    return reason


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refused(_("Data izin belum benar."), problems=problems)


def _giver(kind: str) -> str:
    return permit_kinds()[kind].office


def _like(owner_id: UUID, kind: str, number: str) -> Any:
    return Permit.objects.within(Scope.of(owner_id)).filter(kind=kind, number__iexact=number).exclude(status="ended")


def _period(row: Permit) -> tuple[str, str]:
    return (
        row.valid_from.isoformat() if row.valid_from else "",
        row.valid_until.isoformat() if row.valid_until else "",
    )  # fmt: skip


def _locked(owner_id: UUID, permit_id: UUID) -> Permit:
    found: Permit = get_or_404(Permit.objects.within(Scope.of(owner_id)).select_for_update(), id=permit_id)
    return found


def _in_process(owner_id: UUID, permit_id: UUID) -> Permit:
    row = _locked(owner_id, permit_id)
    if row.status != "process":
        raise Conflict(_("Izin ini tidak sedang diurus."))
    return row
