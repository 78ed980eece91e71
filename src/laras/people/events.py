"""What happened to people. Personal values are never fields: they are sealed beside the entry."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class PatientRegistered(Event):
    """Sealed: the registration as stored."""

    name: ClassVar[str] = "people.patient_registered"
    patient: UUID
    no_nik_reason: str


@dataclass(frozen=True)
class PatientUpdated(Event):
    """Sealed: `before` and `after` of the changed fields, which `fields` names."""

    name: ClassVar[str] = "people.patient_updated"
    patient: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PatientMerged(Event):
    """`patient` is from now on found under `kept`. Sealed: the reason and what changed on the kept one."""

    name: ClassVar[str] = "people.patient_merged"
    patient: UUID
    kept: UUID
    merge: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PatientMergeUndone(Event):
    """Sealed: the reason."""

    name: ClassVar[str] = "people.patient_merge_undone"
    patient: UUID
    kept: UUID
    merge: UUID


@dataclass(frozen=True)
class ConsentGiven(Event):
    """Sealed: who gave it. `text_digest` is the SHA-256 (hex) of the words that were agreed to."""

    name: ClassVar[str] = "people.consent_given"
    patient: UUID
    consent: UUID
    purpose: str
    text_version: str
    text_digest: str


@dataclass(frozen=True)
class ConsentWithdrawn(Event):
    """Sealed: the reason."""

    name: ClassVar[str] = "people.consent_withdrawn"
    patient: UUID
    consent: UUID
    purpose: str


@dataclass(frozen=True)
class PatientErased(Event):
    """Personal values are gone from the row and from the sealed values of its entries. `rule` stood no longer."""

    name: ClassVar[str] = "people.patient_erased"
    patient: UUID
    rule: str


@dataclass(frozen=True)
class MatchingKeyRotated(Event):
    name: ClassVar[str] = "people.matching_key_rotated"
    generation: int
    patients: int
