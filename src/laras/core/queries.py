"""Reads of accounts, roles, tokens and the audit trail, for the screens of an administrator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.db.models import Q

from laras.basics.names import search_key
from laras.core import clock
from laras.core.models import ApiToken, JournalEntry, Owner, RoleAssignment, Sealed, StaffPerson, User
from laras.core.rights import ROLES
from laras.core.scope import Scope, get_or_404

OFFICE_ROLES = frozenset(name for name, role in ROLES.items() if role.home == "office")
ANYWHERE_ROLES = frozenset({"administrator"})


DEFAULT_ZONE = ZoneInfo("Asia/Jakarta")
FRESH_SECONDS = 60.0
_zones: dict[UUID, tuple[float, ZoneInfo]] = {}


def zone_of(scope: Scope) -> ZoneInfo:
    """The calendar of a list: its organisation's; of many, that of the west.

    Lists and counts of one page ask it again and again: it is kept for a minute in each process.
    """
    if len(scope.owners) != 1 or scope.offices or scope.unlimited:
        return DEFAULT_ZONE
    (owner_id,) = scope.owners
    until, zone = _zones.get(owner_id, (0.0, None))
    if zone is None or until < monotonic():
        found = Owner.objects.filter(id=owner_id).values_list("zone", flat=True).first()
        zone = ZoneInfo(found) if found else DEFAULT_ZONE
        if len(_zones) > 20_000:
            _zones.clear()
        _zones[owner_id] = (monotonic() + FRESH_SECONDS, zone)
    return zone


def roles_for(kind: str) -> list[str]:
    """The roles that an organisation of this kind can give: an office does not pipette, a laboratory does not supervise."""
    if kind == "laboratory":
        return [name for name in ROLES if name not in OFFICE_ROLES]
    return [name for name in ROLES if name in OFFICE_ROLES or name in ANYWHERE_ROLES]


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role held at an organisation; ``current`` when it holds now."""

    assignment_id: UUID
    owner_id: UUID
    role: str
    label: str
    valid_from: datetime
    valid_until: datetime | None
    current: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as an administrator of one organisation sees it: the roles are those of that organisation only."""

    id: UUID
    username: str
    email: str
    person_id: UUID
    name: str
    title: str
    registration_number: str
    staff_number: str
    is_active: bool
    must_change_password: bool
    last_login: datetime | None
    second_factor: bool
    needs_second_factor: bool
    roles: tuple[HeldRole, ...] = field(default=())

    @property
    def current_roles(self) -> tuple[HeldRole, ...]:
        return tuple(role for role in self.roles if role.current)

    @property
    def display_name(self) -> str:
        return f"{self.name}, {self.title}" if self.title else self.name

    @property
    def state(self) -> str:
        """``off``, ``none`` (no role here now), ``new`` (never signed in with an own password) or ``on``."""
        if not self.is_active:
            return "off"
        if not self.current_roles:
            return "none"
        return "new" if self.must_change_password else "on"


def _held(row: RoleAssignment, now: datetime) -> HeldRole:
    current = row.valid_from <= now and (row.valid_until is None or row.valid_until > now)
    label = str(ROLES[row.role].label) if row.role in ROLES else row.role
    return HeldRole(row.id, row.owner_id, row.role, label, row.valid_from, row.valid_until, current)


def _accounts(users: list[User], assignments: list[RoleAssignment]) -> list[Account]:
    now = clock.now()
    by_user: dict[UUID, list[HeldRole]] = {}
    for row in assignments:
        by_user.setdefault(row.user_id, []).append(_held(row, now))
    protected = set(
        Authenticator.objects.filter(user_id__in=[u.pk for u in users], type=Authenticator.Type.TOTP).values_list(
            "user_id", flat=True
        )
    )
    return [
        Account(
            id=user.pk,
            username=user.username,
            email=user.email,
            person_id=user.person_id,
            name=user.person.name,
            title=user.person.title,
            registration_number=user.person.registration_number,
            staff_number=user.person.staff_number,
            is_active=user.is_active,
            must_change_password=user.must_change_password,
            last_login=user.last_login,
            second_factor=user.pk in protected,
            needs_second_factor=any(
                held.current and held.role in ROLES and ROLES[held.role].second_factor
                for held in by_user.get(user.pk, ())
            ),
            roles=tuple(by_user.get(user.pk, ())),
        )
        for user in users
    ]


def accounts(scope: Scope, *, text: str = "", role: str = "", state: str = "") -> list[Account]:
    """Accounts that hold or held a role in the scope, by name. ``state``: ``on``, ``new``, ``none`` or ``off``."""
    assignments = list(RoleAssignment.objects.filter(scope.condition()).order_by("valid_from", "id"))
    ids = {row.user_id for row in assignments}
    users = list(User.objects.filter(pk__in=ids).select_related("person").order_by("person__name", "username"))
    found = _accounts(users, assignments)
    if text:
        wanted = text.casefold().strip()
        found = [a for a in found if wanted in a.name.casefold() or wanted in a.username.casefold()]
    if role:
        found = [a for a in found if any(held.role == role for held in a.current_roles)]
    if state:
        found = [a for a in found if a.state == state]
    return found


def account(scope: Scope, user_id: UUID) -> Account:
    """One account of the scope; :class:`NotFound` for anybody who never held a role there."""
    assignments = list(RoleAssignment.objects.filter(scope.condition(), user_id=user_id).order_by("valid_from", "id"))
    user = get_or_404(
        User.objects.select_related("person").filter(pk__in={row.user_id for row in assignments}), pk=user_id
    )
    return _accounts([user], assignments)[0]


def persons_like(scope: Scope, name: str) -> list[StaffPerson]:
    """Persons known in the scope whose name shares its words with ``name``: perhaps the same human being."""
    words = set(search_key(name).split())
    if not words:
        return []
    known = StaffPerson.objects.filter(
        users__assignments__in=RoleAssignment.objects.filter(scope.condition())
    ).distinct()
    found = []
    for person in known.order_by("name"):
        theirs = set(search_key(person.name).split())
        if words <= theirs or theirs <= words:
            found.append(person)
    return found


def home_of(user_id: UUID) -> UUID | None:
    """The organisation that keeps an account: the one that gave it its first role. Only it resets and deactivates."""
    return (
        RoleAssignment.objects.filter(user_id=user_id)
        .order_by("valid_from", "id")
        .values_list("owner_id", flat=True)
        .first()
    )


def second_factor_on(user_id: UUID) -> bool:
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its secret, which nobody can read again."""

    id: UUID
    label: str
    rights: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= clock.now() else "on"


def tokens(scope: Scope, *, user_id: UUID) -> list[TokenRow]:
    """The tokens of one account in the scope, newest first."""
    rows = ApiToken.objects.filter(scope.condition(), user_id=user_id).order_by("-created_at")
    return [TokenRow(t.id, t.label, tuple(t.rights), t.created_at, t.expires_at, t.revoked_at) for t in rows]


# --- Audit trail --------------------------------------------------------------------------------------------------------

AUDIT_PAGE = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the journal as the audit page shows it; ``sealed``: ``""``, ``kept`` or ``erased``."""

    entry_id: UUID
    epoch: int
    sequence: int
    event: str
    occurred_at: datetime
    recorded_at: datetime
    person_id: UUID | None
    person: str
    device: str
    subject: UUID | None
    recipient: str
    payload: dict[str, Any]
    sealed: str
    digest: str


def audit(
    scope: Scope,
    *,
    event: str = "",
    person_id: UUID | None = None,
    subject: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    zone: str = "Asia/Jakarta",
    before: int | None = None,
    limit: int = AUDIT_PAGE,
) -> tuple[list[AuditLine], int | None]:
    """Newest entries of the scope's journals and the sequence to go on ``before``.

    ``event`` is a whole name or a module (``orders``); days are calendar days in ``zone``.
    """
    rows = JournalEntry.objects.within(scope).order_by("-epoch", "-sequence")
    if event:
        rows = rows.filter(Q(event=event) | Q(event__startswith=f"{event}."))
    if person_id:
        rows = rows.filter(person=person_id)
    if subject:
        rows = rows.filter(subject=subject)
    place = ZoneInfo(zone)
    if since:
        rows = rows.filter(recorded_at__gte=datetime.combine(since, time(), place))
    if until:
        rows = rows.filter(recorded_at__lt=datetime.combine(until + timedelta(days=1), time(), place))
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    found = list(rows[: limit + 1])
    following = found[limit - 1].sequence if len(found) > limit else None
    found = found[:limit]
    people = {p.pk: str(p) for p in StaffPerson.objects.filter(pk__in={row.person for row in found if row.person})}
    receivers = dict(
        Owner.objects.filter(pk__in={row.recipient_id for row in found if row.recipient_id}).values_list("pk", "name")
    )
    boxes = dict(Sealed.objects.filter(entry_id__in=[row.pk for row in found]).values_list("entry_id", "erased_at"))
    lines = []
    for row in found:
        payload = json.loads(bytes(row.payload))
        payload.pop("sealed", None)
        sealed = "" if row.pk not in boxes else "erased" if boxes[row.pk] else "kept"
        lines.append(
            AuditLine(
                row.pk,
                row.epoch,
                row.sequence,
                row.event,
                row.occurred_at,
                row.recorded_at,
                row.person,
                people.get(row.person, ""),
                row.device,
                row.subject,
                receivers.get(row.recipient_id, ""),
                payload,
                sealed,
                bytes(row.digest).hex(),
            )
        )
    return lines, following


def audit_people(scope: Scope) -> list[StaffPerson]:
    """Persons who hold or held a role in the scope, for the filter."""
    return list(
        StaffPerson.objects.filter(users__assignments__in=RoleAssignment.objects.filter(scope.condition()))
        .distinct()
        .order_by("name")
    )
