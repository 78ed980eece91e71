"""What every use case checks: texts, moments, clients; and the rows it locks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.errors import NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.orders import rules
from laras.orders.models import (
    Order,
    Sample,
)
from laras.partners import queries as partners_queries

GUARDS: list[Callable[[str, UUID, Sequence[UUID]], str | None]] = []
"""Filled by floors above when their apps start.

Asked before requested tests lose their sample or are cancelled, with the act (``refuse``, ``cancel_line``,
``cancel_order``), the organisation and the requested tests; answers why not, or None.
"""


AHEAD = timedelta(minutes=5)
"""So much a clock at the bedside may go before ours."""


OLDEST = timedelta(days=366)


def refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(_("Ada isian yang perlu diperbaiki."), problems=problems)


def checked_text(problems: list[Problem], field: str, text: str, longest: int) -> str:
    cleaned = rules.clean_text(str(text))
    if len(cleaned) > longest:
        problems.append(Problem(field, _("Paling panjang %(n)d huruf.") % {"n": longest}))
        return cleaned[:longest]
    if not rules.is_printable(cleaned):
        problems.append(Problem(field, _("Ada huruf yang tidak dapat dicetak; ketik ulang bagian ini.")))
        return ""
    return cleaned


def required_text(field: str, text: str, longest: int, message: str) -> str:
    problems: list[Problem] = []
    cleaned = checked_text(problems, field, text, longest)
    if not cleaned and not problems:
        problems.append(Problem(field, message))
    refuse(problems)
    return cleaned


def checked_moment(owner: Owner, problems: list[Problem], field: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(owner.zone))
    now = clock.now()
    if moment > now + AHEAD:
        problems.append(Problem(field, _("Waktu ini belum tiba; periksa tanggal dan jamnya.")))
        return None
    if moment < now - OLDEST:
        problems.append(Problem(field, _("Waktu ini lebih dari setahun yang lalu; periksa tahunnya.")))
        return None
    return min(moment, now)


def check_client(owner_id: UUID, client_id: UUID, problems: list[Problem]) -> None:
    client = partners_queries.clients_by_id(Scope.of(owner_id), [client_id]).get(client_id)
    if client is None:
        problems.append(Problem("client", _("Pengirim ini tidak ada di laboratorium ini.")))
    elif client.status != "active":
        problems.append(Problem("client", _("Pengirim ini sudah ditutup; pilih yang lain.")))


def ask_guards(act: str, owner_id: UUID, requested: Sequence[UUID]) -> None:
    for guard in GUARDS:
        objection = guard(act, owner_id, requested)
        if objection:
            raise Refused(objection, code="guarded")


def lock_samples(owner_id: UUID, sample_ids: Sequence[UUID]) -> list[Sample]:
    """The samples with their orders, locked in one sequence whoever asks. Raises NotFound when one is not here."""
    wanted = list(dict.fromkeys(sample_ids))
    rows = (
        Sample.objects.within(Scope.of(owner_id))
        .select_related("order")
        .select_for_update(of=("self",))
        .filter(id__in=wanted)
        .order_by("id")
    )
    found = list(rows)
    if len(found) != len(wanted) or not found:
        raise NotFound()
    return found


def lock_order(owner_id: UUID, order_id: UUID) -> Order:
    order: Order = get_or_404(Order.objects.within(Scope.of(owner_id)).select_for_update(), id=order_id)
    return order


def owner_of(owner_id: UUID) -> Owner:
    return Owner.objects.get(pk=owner_id)
