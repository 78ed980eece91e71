"""Consent: given for a purpose in words of one version, and withdrawn."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.people.events import ConsentGiven, ConsentWithdrawn
from laras.people.messages import RELATIONS
from laras.people.models import Consent
from laras.people.reference import consent_text
from laras.people.rules import clean_text, printable
from laras.people.services.correcting import checked_reason, lock_active
from laras.people.states import CONSENT

EARLIEST_CONSENT = datetime(1990, 1, 1, tzinfo=UTC)


@use_case
def give_consent(
    actor: Actor,
    *,
    owner_id: UUID,
    patient_id: UUID,
    purpose: str,
    given_by: str = "",
    relation: str = "self",
    given_at: datetime | None = None,
) -> Consent:
    """Record that a person (or who stands for them) agreed to a purpose, in the words in force on that day.

    Giving again what stands in the same words changes nothing; newer words replace the standing consent.
    """
    actor.require("people.write", owner_id)
    patient = lock_active(owner_id, patient_id)
    moment = given_at or clock.now()
    giver = clean_text(given_by) or (patient.full_name if relation == "self" else "")
    problems = []
    text = None
    if not EARLIEST_CONSENT <= moment <= clock.now():
        problems.append(Problem("given_at", _("Waktu persetujuan tidak boleh di masa depan atau terlalu lama lalu.")))
    else:
        text = consent_text(purpose, _local_day(owner_id, moment))
        if text is None:
            problems.append(Problem("purpose", _("Pilih keperluan yang naskahnya berlaku pada hari itu.")))
    if relation not in RELATIONS:
        problems.append(Problem("relation", _("Pilih hubungan dari daftar.")))
    if not (1 <= len(giver) <= 150 and printable(giver)):
        problems.append(Problem("given_by", _("Isi nama pemberi persetujuan, paling panjang 150 huruf.")))
    if problems or text is None:
        raise Refused(_("Persetujuan belum lengkap."), problems=problems)
    standing = (
        Consent.objects.within(Scope.of(owner_id))
        .select_for_update()
        .filter(patient=patient, purpose=purpose, status="given")
        .first()
    )
    if standing is not None:
        if standing.text_digest == text.digest:
            return standing
        _withdraw(actor, standing, _("Diganti dengan naskah versi %(version)s") % {"version": text.version})
    consent = Consent.rows.create(
        owner_id=owner_id,
        patient=patient,
        purpose=purpose,
        text_version=text.version,
        text_digest=text.digest,
        given_by=giver,
        relation=relation,
        given_at=moment,
        recorded_by=actor.person_id,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=ConsentGiven(
            patient=patient.id,
            consent=consent.id,
            purpose=purpose,
            text_version=text.version,
            text_digest=text.digest,
        ),
        subject=patient.id,
        sealed={"given_by": giver, "relation": relation},
        occurred_at=moment,
    )
    return consent


@use_case
def withdraw_consent(actor: Actor, *, owner_id: UUID, consent_id: UUID, reason: str = "") -> Consent:
    """Record that a consent stands no longer. A reason may be told and is not asked for by law."""
    actor.require("people.write", owner_id)
    rows = Consent.objects.within(Scope.of(owner_id)).select_for_update()
    consent: Consent = get_or_404(rows, id=consent_id)
    _withdraw(actor, consent, checked_reason(reason) if reason.strip() else "")
    return consent


def _withdraw(actor: Actor, consent: Consent, reason: str) -> None:
    consent.status = CONSENT.move(consent.status, "withdraw")
    consent.withdrawn_at, consent.withdrawal_recorded_by = clock.now(), actor.person_id
    consent.withdrawal_reason = reason
    consent.save(update_fields=["status", "withdrawn_at", "withdrawal_recorded_by", "withdrawal_reason"])
    journal.record(
        actor,
        owner=consent.owner_id,
        event=ConsentWithdrawn(patient=consent.patient_id, consent=consent.id, purpose=consent.purpose),
        subject=consent.patient_id,
        sealed={"reason": reason},
    )


def _local_day(owner_id: UUID, moment: datetime) -> date:
    zone = Owner.objects.values_list("zone", flat=True).get(pk=owner_id)
    return moment.astimezone(ZoneInfo(zone)).date()
