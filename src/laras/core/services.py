"""Accounts, roles and tokens: every change of who may do what, journaled at the organisation where it holds.

Three rules keep an administrator inside the own organisation. Roles are given and ended only where ``core.manage_users`` is
held. Nobody gives a role to themselves (to any account of the same person). And what gives power over an account as
a whole (password, second factor, deactivation) belongs to the organisation that keeps the account, the one that gave it
its first role; otherwise a laboratory could take over an account that also works elsewhere.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.utils.translation import gettext as _

from laras.core import clock, events, journal
from laras.core.actor import Actor
from laras.core.api import new_token, token_digest
from laras.core.errors import Forbidden, NotFound, Problem, Refused
from laras.core.models import ApiToken, Owner, RoleAssignment, StaffPerson, User
from laras.core.queries import home_of, roles_for
from laras.core.rights import RIGHTS, ROLES
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case

MANAGE = "core.manage_users"
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,59}")
TOKEN_LIFE = timedelta(days=366)
TOKENS_AT_ONCE = 20
# No letters or digits that are mistaken for one another when read out.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def temporary_password() -> str:
    """Four groups of four, about 79 bits: easy to dictate, good until the first sign-in."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _i in range(4)) for _j in range(4))


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A fresh account and its temporary password, which is shown once and kept nowhere."""

    user_id: UUID
    password: str


def _text(problems: list[Problem], name: str, given: str, limit: int, *, required: bool = False) -> str:
    text = " ".join(given.split())
    if "\x00" in text:
        problems.append(Problem(name, _("Tulis tanpa karakter kendali.")))
    elif required and not text:
        problems.append(Problem(name, _("Wajib diisi.")))
    elif len(text) > limit:
        problems.append(Problem(name, _("Paling panjang %(n)d karakter.") % {"n": limit}))
    return text


def _reason(reason: str) -> str:
    text = reason.strip()
    if not 3 <= len(text) <= 500:
        raise Refused(
            _("Alasan wajib diisi."), problems=[Problem("reason", _("Tulis alasannya, 3 sampai 500 karakter."))]
        )
    return text


def _owner(owner_id: UUID) -> Owner:
    return get_or_404(Owner.objects.all(), pk=owner_id)


def _user_here(owner_id: UUID, user_id: UUID) -> User:
    """An account that holds or held a role at the organisation."""
    rows = User.objects.select_related("person").filter(assignments__owner_id=owner_id).distinct()
    return get_or_404(rows, pk=user_id)


def _not_self(actor: Actor, person_id: UUID) -> None:
    if actor.person_id is not None and actor.person_id == person_id:
        raise Forbidden(_("Peran untuk diri sendiri harus diberikan administrator lain."), right=MANAGE)


def _kept_here(actor: Actor, user: User) -> UUID:
    """The organisation that keeps the account; refused unless the actor administers it."""
    home = home_of(user.pk)
    if home is None:
        raise NotFound()
    if not actor.can(MANAGE, home):
        raise Forbidden(
            _("Akun ini dibuat oleh lembaga lain; hanya administratornya yang dapat mengubahnya."), right=MANAGE
        )
    return home


def _check_role(owner: Owner, role: str) -> None:
    if role not in roles_for(owner.kind):
        raise Refused(
            _("Peran ini tidak ada di lembaga jenis ini."),
            problems=[Problem("role", _("Pilih peran yang ada di lembaga ini."))],
        )


def _current(owner_id: UUID) -> Q:
    now = clock.now()
    return Q(owner_id=owner_id, valid_from__lte=now) & (Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def _keep_an_administrator(owner_id: UUID, *, without_user: UUID) -> None:
    others = RoleAssignment.objects.filter(_current(owner_id), role="administrator", user__is_active=True).exclude(
        user_id=without_user
    )
    if not others.exists():
        raise Refused(_("Ini administrator terakhir lembaga ini. Beri dahulu peran itu kepada orang lain."))


@use_case
def create_user(
    actor: Actor,
    *,
    owner_id: UUID,
    username: str,
    name: str = "",
    roles: Sequence[str],
    title: str = "",
    registration_number: str = "",
    staff_number: str = "",
    email: str = "",
    person_id: UUID | None = None,
    password: str | None = None,
) -> NewAccount:
    """Make an account with its first roles, for a new person or (``person_id``) for one already known here.

    A human being with two accounts is one person: two eyes are two persons. The password is temporary, must be changed at the first
    sign-in, and is answered once. Raises :class:`Refused` with the fields to mend.
    """
    actor.require(MANAGE, owner_id)
    owner = _owner(owner_id)
    problems: list[Problem] = []
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        problems.append(Problem("username", _("3 sampai 60 huruf kecil, angka, titik, garis bawah atau tanda hubung.")))
    elif User.objects.filter(username=username).exists():
        problems.append(Problem("username", _("Nama pengguna ini sudah dipakai.")))
    if not roles:
        problems.append(Problem("roles", _("Pilih paling sedikit satu peran.")))
    if len(email) > 254 or (email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email)):
        problems.append(Problem("email", _("Alamat surel tidak dapat dibaca.")))
    if person_id is None:
        name = _text(problems, "name", name, 120, required=True)
    title = _text(problems, "title", title, 80)
    registration_number = _text(problems, "registration_number", registration_number, 40)
    staff_number = _text(problems, "staff_number", staff_number, 30)
    allowed = roles_for(owner.kind)
    if any(role not in allowed for role in roles):
        problems.append(Problem("roles", _("Pilih peran yang ada di lembaga ini.")))
    if problems:
        raise Refused(_("Akun belum dibuat."), problems=problems)
    if person_id is None:
        person = StaffPerson.objects.create(
            name=name, title=title, registration_number=registration_number, staff_number=staff_number
        )
    else:
        person = get_or_404(StaffPerson.objects.filter(users__assignments__owner_id=owner_id).distinct(), pk=person_id)
        _not_self(actor, person.pk)
    secret = password or temporary_password()
    user = User.objects.create_user(username, secret, person=person, email=email, must_change_password=True)
    journal.record(
        actor,
        owner=owner_id,
        event=events.UserCreated(user=user.pk, person=person.pk, new_person=person_id is None),
        subject=user.pk,
        sealed={"username": username, "name": person.name, "title": person.title, "email": email},
    )
    for role in dict.fromkeys(roles):
        _assign(actor, owner_id, user, role)
    return NewAccount(user.pk, secret)


def _assign(actor: Actor, owner_id: UUID, user: User, role: str) -> RoleAssignment:
    row = RoleAssignment.objects.create(user=user, owner_id=owner_id, role=role, valid_from=clock.now())
    journal.record(
        actor,
        owner=owner_id,
        event=events.RoleAssigned(user=user.pk, assignment=row.pk, role=role),
        subject=user.pk,
    )
    return row


@use_case
def assign_role(actor: Actor, *, owner_id: UUID, user_id: UUID, role: str) -> RoleAssignment:
    """Give a role at the organisation to an account that works or worked there. A role held now is answered again."""
    actor.require(MANAGE, owner_id)
    _check_role(_owner(owner_id), role)
    return _assign_once(actor, owner_id, _user_here(owner_id, user_id), role)


@use_case
def invite_account(actor: Actor, *, owner_id: UUID, username: str, role: str) -> RoleAssignment:
    """Give a role here to an account kept by another organisation, named by its exact username."""
    actor.require(MANAGE, owner_id)
    _check_role(_owner(owner_id), role)
    user = User.objects.select_related("person").filter(username=username.strip().lower(), is_active=True).first()
    if user is None:
        raise Refused(
            _("Tidak ada akun aktif dengan nama itu."),
            problems=[Problem("username", _("Tidak ada akun aktif dengan nama pengguna ini."))],
        )
    return _assign_once(actor, owner_id, user, role)


def _assign_once(actor: Actor, owner_id: UUID, user: User, role: str) -> RoleAssignment:
    _not_self(actor, user.person_id)
    User.objects.select_for_update().filter(pk=user.pk).first()  # two administrators at once: one row
    held = RoleAssignment.objects.filter(_current(owner_id), user=user, role=role).first()
    if held:
        return held
    return _assign(actor, owner_id, user, role)


@use_case
def end_role(actor: Actor, *, owner_id: UUID, assignment_id: UUID, reason: str) -> None:
    """End a role now. The last administrator of an organisation keeps the role. An ended one stays ended."""
    actor.require(MANAGE, owner_id)
    reason = _reason(reason)
    row = get_or_404(RoleAssignment.objects.select_for_update().filter(owner_id=owner_id), pk=assignment_id)
    now = clock.now()
    if row.valid_until is not None and row.valid_until <= now:
        return
    if row.role == "administrator":
        _keep_an_administrator(owner_id, without_user=row.user_id)
    row.valid_until = max(now, row.valid_from)
    row.save(update_fields=["valid_until"])
    journal.record(
        actor,
        owner=owner_id,
        event=events.RoleEnded(user=row.user_id, assignment=row.pk, role=row.role, reason=reason),
        subject=row.user_id,
    )


@use_case
def change_person(
    actor: Actor,
    *,
    owner_id: UUID,
    user_id: UUID,
    name: str,
    title: str = "",
    registration_number: str = "",
    staff_number: str = "",
) -> None:
    """Correct name, title and numbers of the person behind an account kept by this organisation."""
    actor.require(MANAGE, owner_id)
    user = _user_here(owner_id, user_id)
    home = _kept_here(actor, user)
    problems: list[Problem] = []
    wanted = {
        "name": _text(problems, "name", name, 120, required=True),
        "title": _text(problems, "title", title, 80),
        "registration_number": _text(problems, "registration_number", registration_number, 40),
        "staff_number": _text(problems, "staff_number", staff_number, 30),
    }
    if problems:
        raise Refused(_("Data petugas belum diubah."), problems=problems)
    person = StaffPerson.objects.select_for_update().get(pk=user.person_id)
    before = {field: getattr(person, field) for field in wanted}
    changed = tuple(sorted(field for field in wanted if before[field] != wanted[field]))
    if not changed:
        return
    for field in changed:
        setattr(person, field, wanted[field])
    person.save(update_fields=list(changed))
    journal.record(
        actor,
        owner=home,
        event=events.PersonChanged(user=user.pk, person=person.pk, fields=changed),
        subject=user.pk,
        sealed={"before": {f: before[f] for f in changed}, "after": {f: wanted[f] for f in changed}},
    )


@use_case
def deactivate_user(actor: Actor, *, owner_id: UUID, user_id: UUID, reason: str) -> None:
    """Close an account: it can no longer sign in anywhere, its tokens die, its roles and traces stay."""
    actor.require(MANAGE, owner_id)
    reason = _reason(reason)
    user = _user_here(owner_id, user_id)
    home = _kept_here(actor, user)
    if actor.user_id == user.pk:
        raise Refused(_("Akun sendiri tidak dapat dinonaktifkan."))
    if not user.is_active:
        return
    administered = RoleAssignment.objects.filter(user=user, role="administrator", valid_until__isnull=True)
    for place in administered.values_list("owner_id", flat=True):
        _keep_an_administrator(place, without_user=user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())
    journal.record(actor, owner=home, event=events.UserDeactivated(user=user.pk, reason=reason), subject=user.pk)


@use_case
def reactivate_user(actor: Actor, *, owner_id: UUID, user_id: UUID, reason: str) -> None:
    """Open a closed account again; its tokens stay dead."""
    actor.require(MANAGE, owner_id)
    reason = _reason(reason)
    user = _user_here(owner_id, user_id)
    home = _kept_here(actor, user)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    journal.record(actor, owner=home, event=events.UserReactivated(user=user.pk, reason=reason), subject=user.pk)


@use_case
def reset_password(actor: Actor, *, owner_id: UUID, user_id: UUID, reason: str) -> str:
    """A temporary password, answered once; every session of the account ends and it must be changed at sign-in."""
    actor.require(MANAGE, owner_id)
    reason = _reason(reason)
    user = _user_here(owner_id, user_id)
    home = _kept_here(actor, user)
    if actor.user_id == user.pk:
        raise Refused(_("Ganti kata sandi sendiri lewat menu Anda."))
    secret = temporary_password()
    user.set_password(secret)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    journal.record(actor, owner=home, event=events.PasswordReset(user=user.pk, reason=reason), subject=user.pk)
    return secret


@use_case
def change_own_password(actor: Actor, *, user: User, password: str) -> None:
    """The own choice of a password, checked before; it needs no right. Every other session of the account ends.

    An account without any role belongs to no organisation yet, and no journal can say so.
    """
    if actor.user_id != user.pk:
        raise Forbidden()
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    home = home_of(user.pk)
    if home is not None:
        journal.record(actor, owner=home, event=events.PasswordChanged(user=user.pk), subject=user.pk)


@use_case
def reset_second_factor(actor: Actor, *, owner_id: UUID, user_id: UUID, reason: str) -> None:
    """Forget the phone and its recovery codes; every session ends, and a role that needs a second factor asks for a new one."""
    actor.require(MANAGE, owner_id)
    reason = _reason(reason)
    user = _user_here(owner_id, user_id)
    home = _kept_here(actor, user)
    if actor.person_id is not None and actor.person_id == user.person_id:
        raise Forbidden(_("Administrator lain yang harus menghapusnya untuk Anda."), right=MANAGE)
    Authenticator.objects.filter(user=user).delete()
    # The phone may be lost with an open session on it.
    user.sessions_ended += 1
    user.save(update_fields=["sessions_ended"])
    journal.record(actor, owner=home, event=events.SecondFactorReset(user=user.pk, reason=reason), subject=user.pk)


# --- Tokens -------------------------------------------------------------------------------------------------------------


@use_case
def create_token(
    actor: Actor, *, owner_id: UUID, label: str, rights: Sequence[str], expires_at: datetime | None
) -> tuple[UUID, str]:
    """A key for a program that acts as the own account at this organisation; answers its id and the key, once.

    Only rights held here now can be handed on, and the key never gains one that the account loses. It lives at most a year.
    """
    if actor.user_id is None:
        raise Forbidden()
    held = actor.grants.get(owner_id)
    if held is None:
        raise NotFound()
    problems: list[Problem] = []
    label = _text(problems, "label", label, 80, required=True)
    wanted = sorted(set(rights))
    if not wanted:
        problems.append(Problem("rights", _("Pilih paling sedikit satu hak.")))
    if any(right not in RIGHTS or right not in held for right in wanted):
        problems.append(Problem("rights", _("Hanya hak yang Anda miliki di lembaga ini.")))
    now = clock.now()
    if expires_at is None or not now < expires_at <= now + TOKEN_LIFE:
        problems.append(Problem("expires_on", _("Pilih tanggal dalam satu tahun ke depan.")))
    living = ApiToken.objects.filter(user_id=actor.user_id, revoked_at__isnull=True, expires_at__gt=now).count()
    if living >= TOKENS_AT_ONCE:
        problems.append(Problem("label", _("Cabut dahulu token yang tidak dipakai lagi.")))
    if problems:
        raise Refused(_("Token belum dibuat."), problems=problems)
    key = new_token()
    row = ApiToken.objects.create(
        user_id=actor.user_id,
        owner_id=owner_id,
        label=label,
        digest=token_digest(key),
        rights=wanted,
        created_at=now,
        expires_at=expires_at,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=events.TokenCreated(user=actor.user_id, token=row.pk, rights=tuple(wanted), expires_at=expires_at),
        subject=actor.user_id,
    )
    return row.pk, key


@use_case
def revoke_token(actor: Actor, *, owner_id: UUID, token_id: UUID) -> None:
    """End a token now: the own one, or as administrator anybody's at this organisation."""
    rows = ApiToken.objects.select_for_update().filter(Scope.of(owner_id).condition())
    if not actor.can(MANAGE, owner_id):
        rows = rows.filter(user_id=actor.user_id)
    row = get_or_404(rows, pk=token_id)
    if row.revoked_at:
        return
    row.revoked_at = clock.now()
    row.save(update_fields=["revoked_at"])
    journal.record(
        actor, owner=owner_id, event=events.TokenRevoked(user=row.user_id, token=row.pk), subject=row.user_id
    )


def role_labels() -> dict[str, str]:
    """Role -> its name on screens."""
    return {name: str(role.label) for name, role in ROLES.items()}
