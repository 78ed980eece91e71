"""Signals and events: who decided what, when and why. Every move is journaled with its reason sealed beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner, RoleAssignment, StaffPerson
from laras.core.numbering import format_number, next_serials
from laras.core.rights import ROLES
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.surveillance import jobs
from laras.surveillance.events import (
    FirstReportMade,
    LineListRead,
    OutbreakMoved,
    OutbreakOpened,
    RiskAssessed,
    SignalMoved,
    TeamChanged,
)
from laras.surveillance.models import Case, Outbreak, Signal, TeamMember
from laras.surveillance.services.notices import settle
from laras.surveillance.shipped import diseases
from laras.surveillance.states import DECLARE, HANDLE, OPEN, OUTBREAK, RISKS, SIGNAL, TRIAGE

FIRST_REPORT = timedelta(hours=24)
"""W1: within so many hours of verification (Permenkes 1501/2010)."""


def required_text(field: str, text: str, longest: int) -> str:
    """Words that must be there. Raises Refused naming the field."""
    text = " ".join(text.split())
    if text and len(text) <= longest and text.isprintable():
        return text
    words = _("Wajib diisi, paling panjang %(n)d huruf.") % {"n": longest}
    raise Refused(words, problems=[Problem(field, words)])


# --- Signals ----------------------------------------------------------------------------------------------------------


def _locked_signal(owner_id: UUID, signal_id: UUID) -> Signal:
    row: Signal = get_or_404(Signal.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)), id=signal_id)
    return row


@use_case
def triage_signal(actor: Actor, *, owner_id: UUID, signal_id: UUID, move: str, reason: str) -> Signal:
    """``watch``, ``dismiss`` or ``reopen`` a signal, with the reason. Raises Refused without one, MoveRefused, NotFound."""
    actor.require(TRIAGE, owner_id)
    if move not in ("watch", "dismiss", "reopen"):
        raise Refused(_("Pilihan tidak dikenal."), problems=[Problem("move", move)])
    row = _locked_signal(owner_id, signal_id)
    _move_signal(actor, row, move, required_text("reason", reason, 500))
    return row


def _move_signal(actor: Actor, row: Signal, move: str, reason: str, outbreak: Outbreak | None = None) -> None:
    row.status = SIGNAL.move(row.status, move)
    row.triaged_at, row.triaged_by, row.reason = clock.now(), actor.person_id, reason
    row.outbreak = outbreak
    row.save(update_fields=["status", "triaged_at", "triaged_by", "reason", "outbreak"])
    settle(row.owner_id, row.id, actor.person_id)
    event = SignalMoved(row.id, row.disease, row.week.isoformat(), move, outbreak.id if outbreak is not None else None)
    journal.record(actor, owner=row.owner_id, event=event, subject=row.id, sealed={"reason": reason})


@use_case
def join_signal(
    actor: Actor, *, owner_id: UUID, signal_id: UUID, reason: str, outbreak_id: UUID | None = None, title: str = ""
) -> Outbreak:
    """Take a signal into an event: an open one of the same disease, or a new one that begins with the signal's week.

    The office's standing cases of the disease since the event began belong to it, and those that come later will. Raises
    Refused without a reason, for an event of another disease or one that is over.
    """
    actor.require(TRIAGE, owner_id)
    reason = required_text("reason", reason, 500)
    signal = _locked_signal(owner_id, signal_id)
    if outbreak_id is None:
        outbreak = _open(actor, owner_id, signal, title)
    else:
        outbreak = locked_outbreak(owner_id, outbreak_id)
        if outbreak.disease != signal.disease or outbreak.status not in OPEN:
            text = _("Pilih kejadian penyakit yang sama yang masih berjalan.")
            raise Refused(text, problems=[Problem("outbreak_id", text)])
        if signal.week < outbreak.since:
            outbreak.since = signal.week
            outbreak.save(update_fields=["since"])
    _move_signal(actor, signal, "join", reason, outbreak)
    cases = Case.objects.within(Scope.of(owner_id)).filter(
        disease=outbreak.disease, stands=True, day__gte=outbreak.since, outbreak__isnull=True
    )
    cases.update(outbreak=outbreak)
    return outbreak


def _open(actor: Actor, owner_id: UUID, signal: Signal, title: str) -> Outbreak:
    owner = Owner.objects.get(pk=owner_id)
    day = clock.now().astimezone(ZoneInfo(owner.zone)).date()
    known = diseases()[signal.disease]
    title = title.strip() or _("%(disease)s sejak %(day)s") % {
        "disease": known.name, "day": signal.week.strftime("%d-%m-%Y"),
    }  # fmt: skip
    outbreak = Outbreak(
        owner_id=owner_id,
        number=format_number(owner.code, day, next_serials(owner_id, "outbreak", day), series="K"),
        disease=signal.disease,
        title=required_text("title", title, 160),
        since=signal.week,
        opened_by=actor.person_id,
    )
    outbreak.save(force_insert=True)
    event = OutbreakOpened(outbreak.id, outbreak.number, outbreak.disease, outbreak.since.isoformat())
    journal.record(actor, owner=owner_id, event=event, subject=outbreak.id, sealed={"title": outbreak.title})
    if actor.person_id is not None:
        _add(actor, outbreak, actor.person_id)
    return outbreak


# --- Events -----------------------------------------------------------------------------------------------------------


def locked_outbreak(owner_id: UUID, outbreak_id: UUID) -> Outbreak:
    rows = Outbreak.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    row: Outbreak = get_or_404(rows, id=outbreak_id)
    return row


def _move(actor: Actor, row: Outbreak, move: str, changes: dict[str, Any], sealed: dict[str, Any] | None) -> Outbreak:
    row.status = OUTBREAK.move(row.status, move)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["status", *changes])
    event = OutbreakMoved(row.id, row.number, move, row.status)
    journal.record(actor, owner=row.owner_id, event=event, subject=row.id, sealed=sealed)
    return row


@use_case
def verify_outbreak(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, verification: str) -> Outbreak:
    """Say how it was found that the event is real. From here the 24 hours of the first report run."""
    actor.require(HANDLE, owner_id)
    words = required_text("verification", verification, 1000)
    changes = {"verified_at": clock.now(), "verified_by": actor.person_id, "verification": words}
    return _move(actor, locked_outbreak(owner_id, outbreak_id), "verify", changes, {"verification": words})


@use_case
def refute_outbreak(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, conclusion: str) -> Outbreak:
    """It was no event, and why."""
    actor.require(HANDLE, owner_id)
    words = required_text("conclusion", conclusion, 2000)
    changes = {"closed_at": clock.now(), "closed_by": actor.person_id, "conclusion": words}
    return _move(actor, locked_outbreak(owner_id, outbreak_id), "refute", changes, {"conclusion": words})


@use_case
def assess_risk(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, risk: str, note: str) -> Outbreak:
    """Assess the risk of an open event, again whenever it changes."""
    actor.require(HANDLE, owner_id)
    note = required_text("note", note, 1000)
    row = locked_outbreak(owner_id, outbreak_id)
    if risk not in RISKS:
        raise Refused(_("Tingkat risiko tidak dikenal."), problems=[Problem("risk", _("Pilih dari daftar."))])
    if row.status not in OPEN:
        raise Refused(_("Kejadian ini sudah selesai."))
    row.risk, row.risk_note, row.assessed_at, row.assessed_by = risk, note, clock.now(), actor.person_id
    row.save(update_fields=["risk", "risk_note", "assessed_at", "assessed_by"])
    event = RiskAssessed(row.id, row.number, risk)
    journal.record(actor, owner=owner_id, event=event, subject=row.id, sealed={"note": note})
    return row


@use_case
def declare_klb(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, decree: str) -> Outbreak:
    """The head of the office declares the KLB by a decree. Needs a verified event whose risk was assessed."""
    actor.require(DECLARE, owner_id)
    number = required_text("decree", decree, 120)
    row = locked_outbreak(owner_id, outbreak_id)
    if row.status == "verified" and not row.risk:
        raise Refused(_("Nilai dulu risikonya, lalu KLB dapat ditetapkan."))
    changes = {"declared_at": clock.now(), "declared_by": actor.person_id, "decree": number}
    jobs.tell_declared.enqueue(str(owner_id), str(outbreak_id))
    return _move(actor, row, "declare", changes, {"decree": number})


@use_case
def end_klb(actor: Actor, *, owner_id: UUID, outbreak_id: UUID) -> Outbreak:
    """The head of the office declares that the KLB is over."""
    actor.require(DECLARE, owner_id)
    changes = {"ended_at": clock.now(), "ended_by": actor.person_id}
    return _move(actor, locked_outbreak(owner_id, outbreak_id), "end", changes, None)


@use_case
def close_outbreak(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, conclusion: str) -> Outbreak:
    """Close an event with what was found and done; a declared KLB must be ended first."""
    actor.require(HANDLE, owner_id)
    words = required_text("conclusion", conclusion, 2000)
    changes = {"closed_at": clock.now(), "closed_by": actor.person_id, "conclusion": words}
    return _move(actor, locked_outbreak(owner_id, outbreak_id), "close", changes, {"conclusion": words})


# --- Who works on it --------------------------------------------------------------------------------------------------


def candidates(owner_id: UUID) -> list[StaffPerson]:
    """Persons of the office who may handle events, by name."""
    roles = [name for name, role in ROLES.items() if HANDLE in role.rights]
    now = clock.now()
    held = RoleAssignment.objects.filter(owner_id=owner_id, role__in=roles, valid_from__lte=now).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), user__is_active=True
    )
    return list(StaffPerson.objects.filter(users__assignments__in=held).distinct().order_by("name", "id"))


@use_case
def add_member(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, person_id: UUID) -> None:
    """Somebody joins the team, and may see names from now on. Only who handles events in this office can."""
    actor.require(HANDLE, owner_id)
    row = locked_outbreak(owner_id, outbreak_id)
    if person_id not in {person.id for person in candidates(owner_id)}:
        text = _("Pilih petugas dinas ini.")
        raise Refused(text, problems=[Problem("person_id", text)])
    _add(actor, row, person_id)


def _add(actor: Actor, row: Outbreak, person_id: UUID) -> None:
    _member, made = TeamMember.objects.within(Scope.of(row.owner_id)).get_or_create(
        owner_id=row.owner_id, outbreak=row, person_id=person_id
    )
    if made:
        event = TeamChanged(row.id, row.number, person_id, True)
        journal.record(actor, owner=row.owner_id, event=event, subject=row.id)


@use_case
def remove_member(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, person_id: UUID) -> None:
    """Somebody leaves the team. Somebody must remain."""
    actor.require(HANDLE, owner_id)
    row = locked_outbreak(owner_id, outbreak_id)
    members = TeamMember.objects.within(Scope.of(owner_id)).filter(outbreak=row)
    member = get_or_404(members, person_id=person_id)
    if members.count() == 1:
        raise Refused(_("Tim tidak boleh kosong. Tambahkan petugas lain lebih dulu."))
    member.delete()
    event = TeamChanged(row.id, row.number, person_id, False)
    journal.record(actor, owner=owner_id, event=event, subject=row.id)


@use_case
def read_line_list(actor: Actor, *, owner_id: UUID, outbreak_id: UUID) -> Any:
    """The cases of an event with names, for its team; the look is journaled. Raises Forbidden for others."""
    from laras.core.errors import Forbidden
    from laras.surveillance import queries

    actor.require(HANDLE, owner_id)
    outbreak = queries.get_outbreak(Scope.of(owner_id), outbreak_id)
    if not queries.may_see_names(actor, outbreak):
        raise Forbidden(_("Nama hanya untuk tim kejadian ini."), right=HANDLE)
    rows = queries.persons_of(outbreak)
    event = LineListRead(outbreak.id, outbreak.number, len(rows))
    journal.record(actor, owner=owner_id, event=event, subject=outbreak.id)
    return rows


@use_case
def note_first_report(actor: Actor, *, owner_id: UUID, outbreak_id: UUID) -> Outbreak:
    """The W1 report is drawn: the first time is kept, with whether it came within 24 hours of verification."""
    actor.require(HANDLE, owner_id)
    row = locked_outbreak(owner_id, outbreak_id)
    if row.verified_at is None:
        raise Refused(_("W1 dibuat setelah kejadian diverifikasi."))
    if row.first_report_at is None:
        row.first_report_at, row.first_report_by = clock.now(), actor.person_id
        row.save(update_fields=["first_report_at", "first_report_by"])
        event = FirstReportMade(row.id, row.number, row.first_report_at <= due(row))
        journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


def due(row: Outbreak) -> datetime:
    """Until when the first report must be made; of an event that is not verified yet, counted from its opening."""
    return (row.verified_at or row.opened_at) + FIRST_REPORT
