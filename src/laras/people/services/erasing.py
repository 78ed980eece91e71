"""Erasing the personal values of a patient, unless the law on keeping records stands against it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.models import ExternalIdentifier
from laras.core.scope import Scope
from laras.core.templatetags.ui import day
from laras.core.unit import use_case
from laras.people.events import PatientErased
from laras.people.models import Consent, Patient, PatientMerge
from laras.people.queries import ENTITY, identity_ids
from laras.people.reference import retention_rule
from laras.people.rules import kept_until, may_erase
from laras.people.services.correcting import checked_reason, lock_active
from laras.people.states import PATIENT

RETENTION_SOURCES: list[Callable[[UUID, Sequence[UUID]], datetime | None]] = []
"""Filled by floors above: given an organisation and a person's patient ids, when they were last served, or None."""


_ERASED_TEXTS = (
    "nik", "no_nik_reason", "passport_number", "mother_nik", "mother_name", "description", "phone", "address",
    "privacy_note", "search_name", "search_tail", "sound_key", "token_nik", "token_name",
)  # fmt: skip


@use_case
def erase_patient(actor: Actor, *, owner_id: UUID, patient_id: UUID, reason: str) -> Patient:
    """Replace the personal values of a patient, and of all merged into it, and erase their sealed values.

    The rows and the journal's chain stay. Refused while the law on keeping records stands against it, which is named.
    """
    actor.require("people.erase", owner_id)
    reason = checked_reason(reason)
    patient = lock_active(owner_id, patient_id)
    scope = Scope.of(owner_id)
    ids = identity_ids(scope, patient.id)
    rule = retention_rule()
    served = _last_service(owner_id, ids)
    if not may_erase(rule, last_service=served, today=clock.today()):
        assert served is not None
        raise Refused(
            _("Belum boleh dihapus: %(rule)s (%(source)s). Data ini disimpan sampai %(day)s.")
            % {
                "rule": rule.name,
                "source": rule.source,
                "day": day(kept_until(rule, served)),
            },
            code="retention",
        )
    for row in Patient.objects.within(scope).select_for_update().filter(id__in=ids):
        row.status = PATIENT.move(row.status, "erase")
        row.full_name, row.sex, row.birth_date, row.birth_date_estimated = _("(dihapus)"), "U", None, False
        row.mrn, row.residence_id, row.nik_differs = f"-{row.id.hex[-24:]}", None, False
        for name in _ERASED_TEXTS:
            setattr(row, name, "")
        row.version += 1
        row.updated_at = clock.now()
        row.save()
        journal.erase(actor, owner_id=owner_id, subject=row.id, reason=rule.key)
        journal.record(actor, owner=owner_id, event=PatientErased(row.id, rule.key), subject=row.id)
    PatientMerge.objects.within(scope).filter(Q(kept_id__in=ids) | Q(other_id__in=ids)).update(
        changed={}, reason="", undo_reason=""
    )
    Consent.objects.within(scope).filter(patient_id__in=ids).update(given_by="", withdrawal_reason="")
    ExternalIdentifier.objects.filter(entity=ENTITY, entity_id__in=ids).delete()
    patient.refresh_from_db()
    return patient


def _last_service(owner_id: UUID, ids: Sequence[UUID]) -> datetime | None:
    if RETENTION_SOURCES:
        return max((moment for ask in RETENTION_SOURCES if (moment := ask(owner_id, ids))), default=None)
    # Nobody above can say whether the person was served: take it that they were, when they were last seen here.
    rows = Patient.objects.within(Scope.of(owner_id)).filter(id__in=ids)
    newest: datetime | None = rows.aggregate(last=Max("updated_at"))["last"]
    return newest
