"""``laras user`` and ``laras token``: accounts from the command line, for the first administrator and for scripts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from laras.core import clock, services
from laras.core.actor import actor_of, system_actor
from laras.core.errors import NotFound
from laras.core.models import ApiToken, Owner, RoleAssignment, User
from laras.core.output import json_option, say
from laras.core.rights import ROLES


def _owner(code: str) -> Owner:
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        raise NotFound(f"lembaga {code} tidak dikenal")
    return owner


@click.group()
def user() -> None:
    """Accounts and their roles."""


@user.command("add")
@click.argument("username")
@click.option("--name", required=True, help="Full name of the person.")
@click.option("--title", default="", help="Degree or title printed behind the name.")
@click.option("--lab", "code", required=True, help="Code of the organisation.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
def add(username: str, name: str, title: str, code: str, roles: tuple[str, ...]) -> None:
    """Create an account for a new person with roles at an organisation; prints its temporary password once."""
    account = services.create_user(
        system_actor("cli"), owner_id=_owner(code).id, username=username, name=name, title=title, roles=roles
    )
    click.echo(f"{username}: {', '.join(roles)} di {code}")
    click.echo(f"kata sandi sementara (harus diganti saat masuk pertama): {account.password}")


@user.command("list")
@click.option("--lab", "code", help="Only accounts with a role at this organisation.")
@json_option
def list_users(code: str | None, as_json: bool) -> None:
    """Accounts with their roles that hold now."""
    rows = RoleAssignment.objects.filter(valid_until__isnull=True).select_related("user__person", "owner")
    if code:
        rows = rows.filter(owner=_owner(code))
    say(
        [
            {
                "username": row.user.username,
                "person": row.user.person.name,
                "organisation": row.owner.code,
                "role": row.role,
                "active": row.user.is_active,
            }
            for row in rows.order_by("user__username", "owner__code", "role")
        ],
        as_json,
    )


@click.group()
def token() -> None:
    """API tokens. A token is shown once; only its digest is kept."""


@token.command("add")
@click.argument("username")
@click.option("--lab", "code", required=True, help="The organisation it works for.")
@click.option("--right", "rights", multiple=True, help="module or module.verb; default: all the account has.")
@click.option("--label", default="cli")
@click.option("--days", type=click.IntRange(1, 365), default=365, show_default=True, help="Expires after so many days.")
@json_option
def add_token(username: str, code: str, rights: tuple[str, ...], label: str, days: int, as_json: bool) -> None:
    """Make a token for an account at an organisation."""
    account = User.objects.select_related("person").filter(username=username, is_active=True).first()
    if account is None:
        raise NotFound(f"akun {username} tidak dikenal atau tidak aktif")
    owner = _owner(code)
    actor = actor_of(account, "cli")
    held = actor.grants.get(owner.id, frozenset())
    chosen = [r for r in sorted(held) if not rights or r in rights or r.partition(".")[0] in rights]
    token_id, secret = services.create_token(
        actor,
        owner_id=owner.id,
        label=label,
        rights=chosen,
        expires_at=clock.now() + timedelta(days=days) - timedelta(minutes=1),
    )
    say({"id": str(token_id), "token": secret}, as_json)


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """End a token at once."""
    row = ApiToken.objects.filter(pk=token_id).first()
    if row is None:
        raise NotFound("tidak ada token dengan id itu")
    services.revoke_token(system_actor("cli"), owner_id=row.owner_id, token_id=token_id)
    click.echo("dicabut")
