"""The tokens by which laboratories recognise a person without a name, and changing the key under them."""

from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.people import matching
from laras.people.events import MatchingKeyRotated
from laras.people.models import Patient
from laras.people.queries import identity_of
from laras.people.rules import tokens_of

BATCH = 1000
SHORTEST_KEY = 32
"""Characters of a key that is brought along: fewer could be guessed, and NIK are few."""


@use_case
def renew_tokens(actor: Actor, *, owner_id: UUID) -> int:
    """Make the matching tokens of one organisation again under the key in force; answers how many were old."""
    actor.require("core.manage_system", owner_id)
    generation, key = matching.current_key()
    rows = Patient.objects.within(Scope.of(owner_id)).exclude(status="erased")
    old = rows.exclude(token_generation=generation)
    count = 0
    while batch := list(old.order_by("id")[:BATCH]):
        for row in batch:
            row.token_nik, row.token_name = tokens_of(key, identity_of(row))
            row.token_generation = generation
        rows.bulk_update(batch, ["token_nik", "token_name", "token_generation"])
        count += len(batch)
    if count:
        journal.record(actor, owner=owner_id, event=MatchingKeyRotated(generation=generation, patients=count))
    return count


def rotate_matching_key(actor: Actor, *, key: str | None = None) -> int:
    """Put another matching key in force and renew every organisation's tokens; answers how many patients.

    `key` is one that other installations use too (at least 32 characters); without it a new one is made. Raises Refused for a
    weak key and for the one in force.
    """
    owners = list(Owner.objects.order_by("code"))
    for owner in owners:
        actor.require("core.manage_system", owner.id)
    if key is not None and len(key) < SHORTEST_KEY:
        raise Refused(_("Kunci pencocokan paling sedikit %(n)d huruf.") % {"n": SHORTEST_KEY})
    if key is not None and key.encode() == matching.current_key()[1]:
        raise Refused(_("Kunci pencocokan ini sudah berlaku."))
    matching.make_next_key(key)
    return renew_all_tokens(actor)


def renew_all_tokens(actor: Actor) -> int:
    """Renew every organisation's tokens that an older key made; answers how many patients."""
    return sum(renew_tokens(actor, owner_id=owner.id) for owner in Owner.objects.order_by("code"))
