"""What happened to accounts, roles and tokens. Names and usernames are sealed; an account is its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from laras.core.journal import Event
from laras.core.rights import ROLES
from laras.core.words import name_events


@dataclass(frozen=True)
class UserCreated(Event):
    name: ClassVar[str] = "core.user_created"

    user: UUID
    person: UUID
    new_person: bool


@dataclass(frozen=True)
class RoleAssigned(Event):
    name: ClassVar[str] = "core.role_assigned"

    user: UUID
    assignment: UUID
    role: str


@dataclass(frozen=True)
class RoleEnded(Event):
    name: ClassVar[str] = "core.role_ended"

    user: UUID
    assignment: UUID
    role: str
    reason: str


@dataclass(frozen=True)
class UserDeactivated(Event):
    name: ClassVar[str] = "core.user_deactivated"

    user: UUID
    reason: str


@dataclass(frozen=True)
class UserReactivated(Event):
    name: ClassVar[str] = "core.user_reactivated"

    user: UUID
    reason: str


@dataclass(frozen=True)
class PersonChanged(Event):
    name: ClassVar[str] = "core.person_changed"

    user: UUID
    person: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PasswordReset(Event):
    name: ClassVar[str] = "core.password_reset"

    user: UUID
    reason: str


@dataclass(frozen=True)
class PasswordChanged(Event):
    name: ClassVar[str] = "core.password_changed"

    user: UUID


@dataclass(frozen=True)
class SecondFactorReset(Event):
    name: ClassVar[str] = "core.second_factor_reset"

    user: UUID
    reason: str


@dataclass(frozen=True)
class TokenCreated(Event):
    name: ClassVar[str] = "core.token_created"

    user: UUID
    token: UUID
    rights: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True)
class TokenRevoked(Event):
    name: ClassVar[str] = "core.token_revoked"

    user: UUID
    token: UUID


def _role(payload: Mapping[str, Any], bare: str, full: str) -> str:
    """The sentence with the role's name on screens; without, when the payload names none (in a filter)."""
    role = payload.get("role")
    if not role:
        return str(bare)
    return str(full) % {"role": ROLES[role].label if role in ROLES else role}


name_events(
    {
        UserCreated.name: _("Akun dibuat"),
        RoleAssigned.name: lambda payload: _role(payload, _("Peran diberikan"), _("Peran diberikan: %(role)s")),
        RoleEnded.name: lambda payload: _role(payload, _("Peran diakhiri"), _("Peran diakhiri: %(role)s")),
        UserDeactivated.name: _("Akun dinonaktifkan"),
        UserReactivated.name: _("Akun diaktifkan lagi"),
        PersonChanged.name: _("Data petugas diubah"),
        PasswordReset.name: _("Kata sandi sementara dibuat"),
        PasswordChanged.name: _("Kata sandi sendiri diganti"),
        SecondFactorReset.name: _("Masuk dua langkah dihapus"),
        TokenCreated.name: _("Token API dibuat"),
        TokenRevoked.name: _("Token API dicabut"),
        "core.values_erased": _("Data pribadi dihapus"),
    },
    tones={UserDeactivated.name: "waiting", "core.values_erased": "danger"},
)
