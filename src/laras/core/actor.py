"""Who acts: a person, through an account, on a device, with the rights held now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from laras.core import clock, wall
from laras.core.errors import Forbidden
from laras.core.rights import ROLES
from laras.core.scope import Scope

SYSTEM_RIGHTS = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Actor:
    """``grants``: organisation -> rights held there; ``reach``: organisation -> rights held over all it reaches."""

    person_id: UUID | None
    user_id: UUID | None
    device: str
    name: str = ""
    grants: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    reach: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    roles: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    system: bool = False

    def can(self, right: str, owner_id: UUID) -> bool:
        """Whether the right is held at this organisation, directly or from an office that reaches it."""
        if self.system or right in self.grants.get(owner_id, ()):
            return True
        offices = [office for office, rights in self.reach.items() if right in rights]
        if not offices:
            return False
        from laras.core.models import Reach

        return Reach.objects.filter(office_id__in=offices, reached_id=owner_id).exists()

    def require(self, right: str, owner_id: UUID) -> None:
        """Raise :class:`Forbidden` unless :meth:`can`; the open unit of work may touch this organisation's rows."""
        if not self.can(right, owner_id):
            raise Forbidden(right=right)
        wall.open_to(Scope.of(owner_id))

    def scope(self, right: str) -> Scope:
        """The scope in which the right is held."""
        if self.system:
            return Scope.everything()
        return Scope.of(*(o for o, rights in self.grants.items() if right in rights)) | Scope.reach(
            *(o for o, rights in self.reach.items() if right in rights)
        )

    def needs_second_factor(self) -> bool:
        return any(ROLES[role].second_factor for held in self.roles.values() for role in held if role in ROLES)

    def narrowed(self, rights: Iterable[str]) -> Actor:
        """The same actor with only these rights, as a token gives; ``orders`` stands for all of ``orders.*``."""
        wanted = set(rights)

        def keep(held: frozenset[str]) -> frozenset[str]:
            return frozenset(r for r in held if r in wanted or r.partition(".")[0] in wanted)

        return Actor(
            self.person_id,
            self.user_id,
            self.device,
            self.name,
            {o: keep(r) for o, r in self.grants.items()},
            {o: keep(r) for o, r in self.reach.items()},
            self.roles,
        )


def system_actor(device: str) -> Actor:
    """The system itself at work: jobs (``job:...``), handlers and commands. Holds every right; never two eyes."""
    return Actor(None, None, device, name="Sistem", system=True)


def actor_of(user: object, device: str, *, only_owner: UUID | None = None) -> Actor:
    """The actor behind an account, with what its assignments give at this moment. One query."""
    from laras.core.models import RoleAssignment

    now = clock.now()
    rows = RoleAssignment.objects.filter(user_id=user.pk, valid_from__lte=now).values_list(  # type: ignore[attr-defined]
        "owner_id", "role", "valid_until"
    )
    grants: dict[UUID, frozenset[str]] = {}
    reach: dict[UUID, frozenset[str]] = {}
    roles: dict[UUID, tuple[str, ...]] = {}
    for owner_id, name, until in rows:
        role = ROLES.get(name)
        if role is None or (until and until <= now) or (only_owner and owner_id != only_owner):
            continue
        grants[owner_id] = grants.get(owner_id, frozenset()) | role.rights
        if role.reach:
            reach[owner_id] = reach.get(owner_id, frozenset()) | role.reach
        roles[owner_id] = (*roles.get(owner_id, ()), name)
    person = user.person  # type: ignore[attr-defined]
    return Actor(person.pk, user.pk, device, str(person), grants, reach, roles)  # type: ignore[attr-defined]
