"""What happened to messages of analyzers. Values go sealed beside the entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from laras.core.journal import Event
from laras.core.words import name_events


@dataclass(frozen=True)
class InstrumentAdded(Event):
    name: ClassVar[str] = "interop.instrument_added"
    instrument: UUID
    label: str
    protocol: str
    address: str
    profile: str
    operator: UUID | None


@dataclass(frozen=True)
class InstrumentRemoved(Event):
    name: ClassVar[str] = "interop.instrument_removed"
    instrument: UUID


@dataclass(frozen=True)
class InstrumentChanged(Event):
    name: ClassVar[str] = "interop.instrument_changed"
    instrument: UUID
    label: str
    profile: str
    operator: UUID | None


@dataclass(frozen=True)
class ProfileSaved(Event):
    """``digest`` is SHA-256 of its content; ``changed`` are the instrument's codes that mean something else than before."""

    name: ClassVar[str] = "interop.profile_saved"
    profile: str
    edition: int
    digest: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class MessagesReread(Event):
    """Values that waited were read once more, after the profile of their instrument changed."""

    name: ClassVar[str] = "interop.messages_reread"
    instrument: UUID
    profile: str
    readings: int


@dataclass(frozen=True)
class MessagesClaimed(Event):
    """Messages that came while no laboratory was named are this one's."""

    name: ClassVar[str] = "interop.messages_claimed"
    messages: int


@dataclass(frozen=True)
class MessageRead(Event):
    """``digest`` is SHA-256 of its records, so that the entry vouches for the stored bytes."""

    name: ClassVar[str] = "interop.message_read"
    message: UUID
    digest: str
    profile: str
    readings: int


@dataclass(frozen=True)
class MessageRefused(Event):
    name: ClassVar[str] = "interop.message_refused"
    message: UUID
    digest: str
    code: str


@dataclass(frozen=True)
class MessageDiscarded(Event):
    name: ClassVar[str] = "interop.message_discarded"
    message: UUID
    reason: str


@dataclass(frozen=True)
class ReadingEntered(Event):
    """The value itself is in the entry of the bench."""

    name: ClassVar[str] = "interop.reading_entered"
    reading: UUID
    message: UUID
    result: UUID


@dataclass(frozen=True)
class ReadingDiscarded(Event):
    name: ClassVar[str] = "interop.reading_discarded"
    reading: UUID
    message: UUID
    reason: str


name_events(
    {
        InstrumentAdded.name: _("Alat ditambahkan: %(label)s"),
        InstrumentRemoved.name: _("Alat dihentikan"),
        InstrumentChanged.name: _("Alat diubah: %(label)s"),
        ProfileSaved.name: _("Profil alat disimpan: %(profile)s versi %(edition)s"),
        MessagesReread.name: _("Nilai alat yang menunggu dibaca ulang: %(readings)s"),
        MessagesClaimed.name: _("%(messages)s pesan alat diambil laboratorium ini"),
        MessageRead.name: _("Pesan alat dibaca: %(readings)s nilai"),
        MessageRefused.name: _("Pesan alat tidak dapat dibaca"),
        MessageDiscarded.name: _("Pesan alat disisihkan"),
        ReadingEntered.name: _("Nilai dari alat masuk sebagai hasil"),
        ReadingDiscarded.name: _("Nilai dari alat disisihkan"),
    }
)
