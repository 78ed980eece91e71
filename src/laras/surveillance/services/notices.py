"""Telling offices of signals and declared outbreaks, and noticing that nobody answered.

A notice is a row of the office first: the screen shows it whatever becomes of mail and webhook, which jobs send after the commit.
It holds disease, week, office and count of a whole office, never a name or a smaller place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.surveillance import jobs, queries
from laras.surveillance.events import (
    NoticeAcknowledged,
    NoticeSettingsChanged,
    NoticesSent,
    SignalEscalated,
    WebhookKeyRead,
)
from laras.surveillance.models import Notice, NoticeSettings, Outbreak, Signal
from laras.surveillance.rules.notices import not_before
from laras.surveillance.states import TRIAGE

MANAGE = "surveillance.manage"
MOST_ADDRESSES = 20
SENT_WITHIN = timedelta(days=7)
"""What could not be sent for so long is not sent any more; the screen still shows it."""


# --- Telling ----------------------------------------------------------------------------------------------------------


def tell_of_signals(owner_id: UUID, signals: Sequence[Signal]) -> None:
    """Notices of new signals at their own office, in the open unit. A signal of which it was told comes once more to life."""
    rows = [(one.id, owner_id, one.disease, one.week, one.observed) for one in signals]
    _tell(owner_id, "signal", rows)


def _tell(owner_id: UUID, kind: str, rows: Sequence[tuple[UUID, UUID, str, date, int]]) -> None:
    if not rows:
        return
    asked = queries.notice_settings(owner_id)
    now, scope = clock.now(), Scope.of(owner_id)
    # A declared outbreak is told at night too: it is rare, and others have to act at once.
    due = now if kind == "declared" else not_before(now, _quiet(asked), ZoneInfo(Owner.objects.get(pk=owner_id).zone))
    told = Notice.objects.within(scope).filter(kind=kind, about__in=[row[0] for row in rows])
    told.update(
        acknowledged_at=None, acknowledged_by=None, escalated_at=None, mailed_at=None, posted_at=None, due_at=due
    )
    known = set(told.values_list("about", flat=True))
    Notice.objects.bulk_create(
        Notice(
            owner_id=owner_id, kind=kind, about=about, office_id=office_id, disease=disease, week=week, observed=observed,
            created_at=now, due_at=due,
        )
        for about, office_id, disease, week, observed in rows if about not in known
    )  # fmt: skip
    for channel in channels(asked):
        jobs.send_notices.using(run_after=due).enqueue(str(owner_id), channel)
    if kind != "declared" and asked.escalate_hours:
        jobs.escalate.using(run_after=due + timedelta(hours=asked.escalate_hours)).enqueue(str(owner_id))


def _quiet(asked: NoticeSettings) -> tuple[int, int] | None:
    if asked.quiet_from is None or asked.quiet_until is None:
        return None
    return (asked.quiet_from, asked.quiet_until)


def channels(asked: NoticeSettings) -> list[str]:
    """Ways that the office asked for and the installation has."""
    found = ["email"] if asked.emails and settings.EMAIL_HOST else []
    return [*found, "webhook"] if asked.webhook and host_allowed(asked.webhook) else found


def host_allowed(url: str) -> bool:
    """The operator names the hosts to which this installation may speak, so that a page cannot make it call others."""
    parts = urlsplit(url)
    return parts.scheme in ("https", "http") and parts.netloc.lower() in settings.LARAS_WEBHOOK_HOSTS


@use_case
def tell_of_declared(actor: Actor, *, owner_id: UUID, outbreak_id: UUID) -> int:
    """Notices of a declared KLB at every office above. Safe to run twice; answers how many offices."""
    actor.require(MANAGE, owner_id)
    row: Outbreak = get_or_404(Outbreak.objects.within(Scope.of(owner_id)), id=outbreak_id)
    if row.declared_at is None:
        return 0
    above = [one for one in queries.offices_over(owner_id) if one != owner_id]
    line = (row.id, owner_id, row.disease, row.since, len(queries.cases_of(row)))
    told = 0
    for office_id in above:
        if not Notice.objects.within(Scope.of(office_id)).filter(kind="declared", about=row.id).exists():
            _tell(office_id, "declared", [line])
            told += 1
    return told


@use_case
def escalate(actor: Actor, *, owner_id: UUID) -> int:
    """Tell the office above of signals that nobody of this office answered in time; answers how many. Safe to run twice."""
    actor.require(MANAGE, owner_id)
    asked, above = queries.notice_settings(owner_id), queries.office_above(owner_id)
    if above is None or not asked.escalate_hours:
        return 0
    late = clock.now() - timedelta(hours=asked.escalate_hours)
    rows = queries.notices(Scope.of(owner_id), waiting_only=True).select_for_update(of=("self",))
    silent = [
        row for row in rows.filter(kind__in=("signal", "escalated"), due_at__lte=late, escalated_at__isnull=True)
        if _still_open(row)
    ]  # fmt: skip
    for row in silent:
        row.escalated_at = clock.now()
        row.save(update_fields=["escalated_at"])
        event = SignalEscalated(row.about, row.disease, above)
        journal.record(actor, owner=owner_id, event=event, subject=row.about)
    _tell(above, "escalated", [(one.about, one.office_id, one.disease, one.week, one.observed) for one in silent])
    return len(silent)


def _still_open(row: Notice) -> bool:
    """Nobody decided on the signal where it arose, and nobody there acknowledged it since."""
    there = Scope.of(row.office_id)
    if not Signal.objects.within(there).filter(id=row.about, status="new").exists():
        return False
    seen = Notice.objects.within(there).filter(kind="signal", about=row.about, acknowledged_at__isnull=False)
    return row.kind == "signal" or not seen.exists()


# --- Acknowledging ----------------------------------------------------------------------------------------------------


@use_case
def acknowledge(actor: Actor, *, owner_id: UUID, notice_id: UUID) -> Notice:
    """Somebody of the office has seen it: nothing is escalated from here. Pressing again changes nothing."""
    actor.require(TRIAGE, owner_id)
    rows = Notice.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    row: Notice = get_or_404(rows, id=notice_id)
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = clock.now(), actor.person_id
        row.save(update_fields=["acknowledged_at", "acknowledged_by"])
        journal.record(
            actor, owner=owner_id, event=NoticeAcknowledged(row.id, row.kind, row.disease), subject=row.about
        )
    return row


def settle(owner_id: UUID, signal_id: UUID, person_id: UUID | None) -> None:
    """A decision on a signal answers its notice too, in the unit and by the journal's entry of that decision."""
    rows = Notice.objects.within(Scope.of(owner_id)).filter(about=signal_id, acknowledged_at__isnull=True)
    rows.update(acknowledged_at=clock.now(), acknowledged_by=person_id)


# --- Sending ----------------------------------------------------------------------------------------------------------


def unsent(owner_id: UUID, channel: str) -> list[Notice]:
    """What is due on a channel and neither sent nor acknowledged."""
    field = {"email": "mailed_at", "webhook": "posted_at"}[channel]
    now = clock.now()
    rows = queries.notices(Scope.of(owner_id), waiting_only=True)
    return list(rows.filter(**{f"{field}__isnull": True}, due_at__lte=now, created_at__gte=now - SENT_WITHIN))


@use_case
def note_sent(actor: Actor, *, owner_id: UUID, channel: str, notice_ids: Collection[UUID]) -> None:
    """A server took these notices."""
    actor.require(MANAGE, owner_id)
    field = {"email": "mailed_at", "webhook": "posted_at"}[channel]
    rows = Notice.objects.within(Scope.of(owner_id)).filter(id__in=notice_ids)
    rows.update(**{field: clock.now()})
    journal.record(actor, owner=owner_id, event=NoticesSent(channel, len(notice_ids)))


# --- Settings ---------------------------------------------------------------------------------------------------------


@use_case
def set_notices(
    actor: Actor, *, owner_id: UUID, emails: Sequence[str], webhook: str, quiet: tuple[int, int] | None,
    escalate_hours: int, new_key: bool = False,
) -> NoticeSettings:  # fmt: skip
    """Say where an office is told. ``escalate_hours`` 0: never escalated. Raises Refused naming the field."""
    actor.require(MANAGE, owner_id)
    given = list(dict.fromkeys(one.strip() for one in emails if one.strip()))
    if len(given) > MOST_ADDRESSES:
        raise _refused("emails", _("Paling banyak %(n)d alamat.") % {"n": MOST_ADDRESSES})
    for number, one in enumerate(given, 1):
        try:
            validate_email(one)
        except ValidationError as error:
            raise _refused("emails", _("Baris %(n)d bukan alamat surel.") % {"n": number}) from error
    webhook = webhook.strip()
    if webhook and (len(webhook) > 300 or not host_allowed(webhook)):
        text = _("Alamat ini belum diizinkan administrator server (LARAS_WEBHOOK_HOSTS).")
        raise _refused("webhook", text)
    if quiet is not None and not all(0 <= hour <= 23 for hour in quiet):
        raise _refused("quiet_from", _("Isi jam 0 sampai 23."))
    if not 0 <= escalate_hours <= 168:
        raise _refused("escalate_hours", _("Isi 0 sampai 168 jam."))
    row = NoticeSettings.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)).first()
    row = row or NoticeSettings(owner_id=owner_id)
    row.emails, row.webhook, row.escalate_hours, row.changed_at = given, webhook, escalate_hours, clock.now()
    row.quiet_from, row.quiet_until = quiet or (None, None)
    row.key_number += new_key
    row.save()
    journal.record(
        actor, owner=owner_id, event=NoticeSettingsChanged(len(given), bool(webhook), row.key_number, escalate_hours),
        sealed={"emails": given, "webhook": webhook, "quiet": list(quiet or ())},
    )  # fmt: skip
    return row


def _refused(field: str, text: str) -> Refused:
    return Refused(text, problems=[Problem(field, text)])


def webhook_key(asked: NoticeSettings) -> str:
    """The key by which this office's webhook is signed: made from the installation's own secret, so it is stored nowhere."""
    return salted_hmac(
        "laras.surveillance.webhook", f"{asked.owner_id}:{asked.key_number}", algorithm="sha256"
    ).hexdigest()


@use_case
def read_webhook_key(actor: Actor, *, owner_id: UUID) -> str:
    """The key, to be typed into the gateway; the look is journaled."""
    actor.require(MANAGE, owner_id)
    asked = queries.notice_settings(owner_id)
    journal.record(actor, owner=owner_id, event=WebhookKeyRead(asked.key_number))
    return webhook_key(asked)


def owners_unsent(since: datetime) -> list[UUID]:
    """Offices with notices that no channel took yet."""
    rows = Notice.objects.within(Scope.everything()).filter(acknowledged_at__isnull=True, created_at__gte=since)
    return list(rows.order_by().values_list("owner_id", flat=True).distinct())
