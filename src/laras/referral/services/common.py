"""Locking, texts and identifiers that every use case of referral needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import unit
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import ExternalIdentifier
from laras.core.scope import Scope, get_or_404
from laras.referral.models import Incoming, Outgoing
from laras.referral.types import Identifier

REFERRAL_NUMBER = "http://sys-ids.kemkes.go.id/referral-number"
SPECIMEN_NUMBER = "http://sys-ids.kemkes.go.id/specimen-acsn"
"""SATUSEHAT's names of a referral and of a specimen that travels; kept beside our own numbers."""


def lock_outgoing(owner_id: UUID, referral_id: UUID) -> Outgoing:
    """The referral, locked until the end. Raises NotFound."""
    rows = Outgoing.objects.within(Scope.of(owner_id)).select_related("recipient", "owner", "order")
    row: Outgoing = get_or_404(rows.select_for_update(of=("self",)), id=referral_id)
    return row


def lock_incoming(owner_id: UUID, referral_id: UUID) -> Incoming:
    """The announced referral, locked until the end. Raises NotFound."""
    rows = Incoming.objects.within(Scope.of(owner_id)).select_related("sender", "owner", "order")
    row: Incoming = get_or_404(rows.select_for_update(of=("self",)), id=referral_id)
    return row


def lent(actor: Actor, owner_id: UUID, *rights: str) -> Actor:
    """The same person with the rights that this use case implies: who may take a referral in may register what it
    brings.
    """
    if actor.system:
        return actor
    held = actor.grants.get(owner_id, frozenset()) | frozenset(rights)
    return replace(actor, grants={**actor.grants, owner_id: held})


def short(text: str, field: str, longest: int) -> str:
    """A text for a column, or Refused at its field."""
    text = " ".join(str(text).split())
    if len(text) > longest:
        message = _("Paling panjang %(n)d huruf.") % {"n": longest}
        raise Refused(message, problems=[Problem(field, message)])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        message = _("Ada huruf yang tidak dapat disimpan.")
        raise Refused(message, problems=[Problem(field, message)])
    return text


def refused_at(field: str, message: str, *, code: str | None = None) -> Refused:
    return Refused(message, code=code, problems=[Problem(field, message)])


@contextmanager
def aside() -> Iterator[None]:
    """Work that may be refused without undoing what came before it in the same unit: rows and journal entries of it
    go.
    """
    pending = unit.current()
    mark = len(pending)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        del pending[mark:]
        raise


def keep_identifiers(owner_id: UUID, entity: str, entity_id: UUID, identifiers: Iterable[Identifier]) -> None:
    """Note how other systems call this thing; safe to repeat."""
    rows = [
        ExternalIdentifier(
            owner_id=owner_id, entity=entity, entity_id=entity_id, system=one.system[:120], value=one.value[:120]
        )
        for one in identifiers
        if one.system and one.value
    ]
    if rows:
        ExternalIdentifier.objects.bulk_create(rows, ignore_conflicts=True)


def without_identity(body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The announcement without whom it is of and what is the matter with them: needed only until it is decided."""
    if body is None:
        return None
    return {key: value for key, value in body.items() if key not in ("person", "place", "note", "subject_label")}
