"""Two patients who are one person, and the way back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.people.events import PatientMerged, PatientMergeUndone
from laras.people.models import Patient, PatientMerge
from laras.people.services.correcting import checked_reason, lock_active, save_changes
from laras.people.services.registering import latest_day
from laras.people.states import PATIENT

MERGE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("full_name",),
    "sex": ("sex",),
    "birth_date": ("birth_date", "birth_date_estimated"),
    "nik": ("nik", "no_nik_reason"),
    "passport_number": ("passport_number",),
    "mother": ("mother_nik", "mother_name"),
    "description": ("description",),
    "phone": ("phone",),
    "address": ("address", "residence_id"),
    "privacy_note": ("privacy_note",),
}
"""What a merge may take over from the other patient, in groups that only make sense together."""


@use_case
def merge_patients(
    actor: Actor,
    *,
    owner_id: UUID,
    kept_id: UUID,
    other_id: UUID,
    take: Iterable[str] = (),
    reason: str,
) -> PatientMerge:
    """Keep one of two patients who are one person; the other points to it from now on.

    `take` names groups of `MERGE_GROUPS` whose values come from the other. Orders stay with the patient for whom they
    were made; readers follow the pointer (`queries.resolve`, `queries.identity_ids`).
    """
    actor.require("people.merge", owner_id)
    reason = checked_reason(reason)
    taken = set(take)
    if kept_id == other_id:
        raise Refused(_("Pilih dua pasien yang berbeda."), problems=[Problem("other", _("Ini pasien yang sama."))])
    if taken - set(MERGE_GROUPS):
        raise Refused(_("Ada bagian data yang tidak dikenal."), problems=[Problem("take", _("Pilih dari daftar."))])
    # Locked in one order whoever asks, so that two merges of the same pair cannot wait for each other.
    locked = {key: lock_active(owner_id, key) for key in sorted((kept_id, other_id))}
    kept, other = locked[kept_id], locked[other_id]
    other.status = PATIENT.move(other.status, "merge")
    other.merged_into = kept
    other.version += 1
    other.updated_at = clock.now()
    other.save(update_fields=["status", "merged_into", "version", "updated_at"])
    columns = [name for group in sorted(taken) for name in MERGE_GROUPS[group]]
    changed = {
        name: (getattr(kept, name), getattr(other, name))
        for name in columns
        if getattr(kept, name) != getattr(other, name)
    }
    if changed:
        for name, (_before, after) in changed.items():
            setattr(kept, name, after)
        save_changes(kept, latest_day(), changed)
    merge = PatientMerge.rows.create(
        owner_id=owner_id,
        kept=kept,
        other=other,
        changed={name: [_plain(before), _plain(after)] for name, (before, after) in changed.items()},
        reason=reason,
        merged_at=clock.now(),
        merged_by=actor.person_id,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=PatientMerged(patient=other.id, kept=kept.id, merge=merge.id, fields=tuple(sorted(changed))),
        subject=kept.id,
        sealed={"reason": reason, "changed": merge.changed},
    )
    return merge


@use_case
def undo_merge(actor: Actor, *, owner_id: UUID, merge_id: UUID, reason: str) -> PatientMerge:
    """Make two patients of one again. What the merge changed on the kept one gets its old value back.

    A group of fields that was corrected after the merge keeps the correction. Merges are undone last first.
    """
    actor.require("people.merge", owner_id)
    reason = checked_reason(reason)
    scope = Scope.of(owner_id)
    merge: PatientMerge = get_or_404(PatientMerge.objects.within(scope).select_for_update(), id=merge_id)
    if merge.undone_at is not None:
        raise Conflict(_("Penggabungan ini sudah dibatalkan."))
    later = PatientMerge.objects.within(scope).filter(undone_at__isnull=True, id__gt=merge.id)
    later = later.filter(Q(kept_id=merge.kept_id) | Q(other_id=merge.kept_id))
    if later.exists():
        raise Refused(_("Batalkan dulu penggabungan sesudahnya atas pasien yang sama."), code="later_merge")
    kept = lock_active(owner_id, merge.kept_id)
    other: Patient = get_or_404(Patient.objects.within(scope).select_for_update(), id=merge.other_id)
    restored = _untouched(kept, merge.changed)
    for name, value in restored.items():
        setattr(kept, name, value)
    if restored:
        save_changes(kept, latest_day(), restored)
    other.status = PATIENT.move(other.status, "undo_merge")
    other.merged_into = None
    other.version += 1
    other.updated_at = clock.now()
    numbers = {name: getattr(other, name) for name in ("nik", "passport_number") if getattr(other, name)}
    taken = Patient.objects.within(scope).filter(status="active")
    if any(taken.filter(**{name: value}).exists() for name, value in numbers.items()):
        raise Refused(_("Nomor identitas pasien yang digabung kini dipakai pasien lain. Perbaiki itu dulu."))
    other.save(update_fields=["status", "merged_into", "version", "updated_at"])
    merge.undone_at, merge.undone_by, merge.undo_reason = clock.now(), actor.person_id, reason
    merge.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=PatientMergeUndone(patient=other.id, kept=kept.id, merge=merge.id),
        subject=kept.id,
        sealed={"reason": reason},
    )
    return merge


def _untouched(kept: Patient, changed: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The old values of those groups that nobody corrected since the merge."""
    back: dict[str, Any] = {}
    for columns in MERGE_GROUPS.values():
        mine = [name for name in columns if name in changed]
        if all(_plain(getattr(kept, name)) == changed[name][1] for name in mine):
            back |= {
                name: Patient._meta.get_field(name.removesuffix("_id")).to_python(changed[name][0]) for name in mine
            }
    return back


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
