"""``laras user`` and ``laras token``: accounts from the command line, for the first administrator and for scripts."""

from __future__ import annotations

import getpass
import sys
from datetime import timedelta

import click
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from laras.core import clock
from laras.core.api import new_token, token_digest
from laras.core.models import ApiToken, Owner, RoleAssignment, StaffPerson, User
from laras.core.output import json_option, say
from laras.core.rights import RIGHTS, ROLES


def _owner(code: str) -> Owner:
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        click.echo(f"laras: lembaga {code} tidak dikenal", err=True)
        sys.exit(1)
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
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(username: str, name: str, title: str, code: str, roles: tuple[str, ...], password_stdin: bool) -> None:
    """Create an account for a new person with roles at an organisation."""
    owner = _owner(code)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("Kata sandi: ")
    try:
        validate_password(password)
    except ValidationError as error:
        click.echo("laras: " + " ".join(error.messages), err=True)
        sys.exit(1)
    if User.objects.filter(username=username).exists():
        click.echo(f"laras: nama pengguna {username} sudah ada", err=True)
        sys.exit(1)
    with transaction.atomic():
        person = StaffPerson.objects.create(name=name, title=title)
        account = User.objects.create_user(username, password, person=person)
        for role in roles:
            RoleAssignment.objects.create(user=account, owner=owner, role=role)
    click.echo(f"{username}: {', '.join(roles)} di {owner.name}")


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
@click.option("--days", type=click.IntRange(1, 3650), help="Expires after so many days.")
@json_option
def add_token(username: str, code: str, rights: tuple[str, ...], label: str, days: int | None, as_json: bool) -> None:
    """Make a token for an account at an organisation."""
    known = set(RIGHTS) | {right.partition(".")[0] for right in RIGHTS}
    unknown = set(rights) - known
    account = User.objects.filter(username=username, is_active=True).first()
    if account is None or unknown:
        click.echo(
            f"laras: {'hak tidak dikenal: ' + ', '.join(unknown) if unknown else 'akun tidak dikenal'}", err=True
        )
        sys.exit(1)
    secret = new_token()
    row = ApiToken.objects.create(
        user=account,
        owner=_owner(code),
        label=label[:60],
        digest=token_digest(secret),
        rights=list(rights) or sorted({right.partition(".")[0] for right in RIGHTS}),
        expires_at=clock.now() + timedelta(days=days) if days else None,
    )
    say({"id": str(row.id), "token": secret}, as_json)


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke(token_id: str) -> None:
    """End a token at once."""
    changed = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=clock.now())
    click.echo("dicabut" if changed else "tidak ada token berlaku dengan id itu")
    sys.exit(0 if changed else 1)
