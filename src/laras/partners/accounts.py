"""Who speaks for a client: people of a clinic, a puskesmas or a hotel who sign in and see what it ordered here.

They are ordinary accounts with the role ``partner`` at this laboratory, which gives ``portal.partner`` and nothing else; a
:class:`~laras.partners.models.PartnerAccount` says for which client they speak. Both are needed: the role without a
client shows nothing, a client without the role opens no page.
"""

from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core import queries as core
from laras.core import services as accounts
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.partners import queries
from laras.partners.events import AccountEnded, AccountOpened
from laras.partners.models import Client, PartnerAccount
from laras.partners.rules import clean_text, printable

ROLE = "partner"
MANAGE = "partners.manage_accounts"


def _giving_the_role(actor: Actor, owner_id: UUID) -> Actor:
    """The same person with the right to give roles here, used for the role ``partner`` alone.

    The head of a laboratory manages its partners but not its staff; who may open a client's orders to somebody may give
    the role that opens nothing else.
    """
    held = actor.grants.get(owner_id, frozenset()) | {accounts.MANAGE}
    return replace(actor, grants={**actor.grants, owner_id: held})


def _active_client(owner_id: UUID, client_id: UUID) -> Client:
    client: Client = get_or_404(Client.objects.within(Scope.of(owner_id)).select_for_update(), id=client_id)
    if client.status != "active":
        raise Refused(_("Pengirim ini sudah ditutup. Buka kembali sebelum memberi akun."))
    return client


@use_case
def create_account(
    actor: Actor, *, owner_id: UUID, client_id: UUID, username: str, name: str, email: str = ""
) -> tuple[PartnerAccount, str]:
    """Make an account for a person of the client; answers it and its temporary password, shown once and kept nowhere.

    Needs ``partners.manage_accounts``. Raises Refused with the fields to mend (``username``, ``name``, ``email``).
    """
    actor.require(MANAGE, owner_id)
    client = _active_client(owner_id, client_id)
    made = accounts.create_user(
        _giving_the_role(actor, owner_id),
        owner_id=owner_id,
        username=username,
        name=name,
        email=email,
        roles=[ROLE],
    )
    return _open(actor, client, made.user_id), made.password


@use_case
def invite_account(actor: Actor, *, owner_id: UUID, client_id: UUID, username: str) -> PartnerAccount:
    """Let an account that exists speak for the client, named by its exact username. One that does already is answered.

    Needs ``partners.manage_accounts``. Raises Refused for an unknown name, Forbidden for the own account.
    """
    actor.require(MANAGE, owner_id)
    client = _active_client(owner_id, client_id)
    given = accounts.invite_account(_giving_the_role(actor, owner_id), owner_id=owner_id, username=username, role=ROLE)
    held = PartnerAccount.objects.within(Scope.of(owner_id)).filter(
        client=client, user_id=given.user_id, valid_until__isnull=True
    )
    return held.first() or _open(actor, client, given.user_id)


def _open(actor: Actor, client: Client, user_id: UUID) -> PartnerAccount:
    row = PartnerAccount(owner_id=client.owner_id, client=client, user_id=user_id, valid_from=clock.now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(_("Akun ini sudah dihubungkan.")) from error
    journal.record(
        actor,
        owner=client.owner_id,
        event=AccountOpened(client=client.id, account=row.id, user=user_id),
        subject=client.id,
    )
    return row


@use_case
def end_account(actor: Actor, *, owner_id: UUID, account_id: UUID, reason: str) -> PartnerAccount:
    """The account no longer speaks for the client, from now on; with its last client here it loses the role too.

    Needs ``partners.manage_accounts``. One that ended is answered as it is.
    """
    actor.require(MANAGE, owner_id)
    scope = Scope.of(owner_id)
    row: PartnerAccount = get_or_404(PartnerAccount.objects.within(scope).select_for_update(), id=account_id)
    if row.valid_until is not None:
        return row
    reason = clean_text(reason)
    if not (3 <= len(reason) <= 300 and printable(reason)):
        text = _("Tulis alasannya, 3 sampai 300 huruf.")
        raise Refused(text, problems=[Problem("reason", text)])
    row.valid_until = max(clock.now(), row.valid_from)
    row.save(update_fields=["valid_until"])
    journal.record(
        actor,
        owner=owner_id,
        event=AccountEnded(client=row.client_id, account=row.id, user=row.user_id, reason=reason),
        subject=row.client_id,
    )
    if not queries.clients_of_user(scope, row.user_id):
        for held in core.account(scope, row.user_id).current_roles:
            if held.role == ROLE:
                accounts.end_role(
                    _giving_the_role(actor, owner_id),
                    owner_id=owner_id,
                    assignment_id=held.assignment_id,
                    reason=reason,
                )
    return row
