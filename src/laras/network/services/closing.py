"""The end of an organisation: its last day, who takes over from it, and back again when it was a mistake."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import clock, endings, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import unit, use_case
from laras.network import queries
from laras.network.events import OrganisationClosed, OrganisationReopened
from laras.network.models import OrganisationSuccession, OrganisationVersion
from laras.network.rules import tidy
from laras.network.services.authority import claim_of, require_network
from laras.network.services.organisations import alter_quietly, last_version
from laras.network.services.reach import rebuild_reach


@use_case
def close_organisation(
    actor: Actor,
    *,
    organisation_id: UUID,
    office_id: UUID | None = None,
    reason: str,
    closed_on: date | None = None,
    successor_id: UUID | None = None,
) -> None:
    """Close an organisation from a day on (today, at the latest). Its rows, journal and versions stay; every role and
    every key of a program there ends, so that nobody works in its name any more.

    Refused while it supervises others: :func:`hand_over` gives them to the successor first. ``successor_id``: the
    open organisation of the same kind of owner that takes over. ``reason``: the decision.
    """
    last = last_version(organisation_id)
    require_network(actor, office_id, [claim_of(last.kind, last.tier, last.area_id)])
    owner, day, reason = last.organisation.owner, closed_on or clock.today(), tidy(reason)
    if owner.closed:
        return
    problems = []
    if not reason:
        problems.append(Problem("reason", _("Alasan wajib diisi.")))
    if day > clock.today():
        problems.append(Problem("closed_on", _("Catat penutupan pada harinya, atau sesudahnya.")))
    elif day < last.valid_from:
        problems.append(
            Problem("closed_on", _("Versi terakhirnya baru berlaku mulai %(day)s.") % {"day": last.valid_from})
        )
    if successor_id is not None:
        problems += _successor_problems(last, successor_id)
    if problems:
        raise Refused(problems[0].message, problems=problems)
    if _supervised(organisation_id).exists():
        raise Refused(_("Masih ada lembaga yang dibinanya. Tunjuk pembina lain lebih dahulu."))
    owner.closed = True
    owner.save(update_fields=["closed"])
    last.organisation.closed_on = day
    last.organisation.save(update_fields=["closed_on"])
    if successor_id is not None:
        OrganisationSuccession.objects.get_or_create(
            predecessor_id=organisation_id,
            successor_id=successor_id,
            defaults={"date": day, "basis": reason[:120]},
        )
    told = _("Lembaga ditutup: %(reason)s") % {"reason": reason}
    ended = endings.end_access(actor, owner_id=organisation_id, reason=told[:300])
    journal.record(
        actor,
        owner=organisation_id,
        event=OrganisationClosed(day, reason[:300], successor_id, ended),
        subject=organisation_id,
    )
    rebuild_reach()


def close_handing_over(
    actor: Actor,
    *,
    organisation_id: UUID,
    office_id: UUID | None = None,
    reason: str,
    closed_on: date | None = None,
    successor_id: UUID | None = None,
    hand_over: bool = False,
) -> None:
    """:func:`close_organisation`, with all that it supervises given to the successor first when ``hand_over`` says so:
    all of it happens, or nothing."""
    with transaction.atomic():
        if hand_over and successor_id is not None and not last_version(organisation_id).organisation.owner.closed:
            _hand_over(actor, organisation_id, successor_id, office_id, reason)
        close_organisation(
            actor,
            organisation_id=organisation_id,
            office_id=office_id,
            reason=reason,
            closed_on=closed_on,
            successor_id=successor_id,
        )


def hand_over(
    actor: Actor, *, organisation_id: UUID, successor_id: UUID, office_id: UUID | None = None, reason: str
) -> int:
    """Give all that the organisation supervises to another supervisor, from today on; answers how many. All or nobody."""
    with transaction.atomic():
        moved = _hand_over(actor, organisation_id, successor_id, office_id, reason)
        rebuild_reach()
    return moved


def _hand_over(actor: Actor, organisation_id: UUID, successor_id: UUID, office_id: UUID | None, reason: str) -> int:
    """Each of them is its own unit of work, since each has its own journal; the transaction around holds them together."""
    last = queries.organisation_at(organisation_id)
    if last is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    found = _successor_problems(last, successor_id)
    if found:
        raise Refused(found[0].message, problems=found)
    # The rights over all of them, before the first is written.
    rows = list(_supervised(organisation_id))
    require_network(actor, office_id, [claim_of(row.kind, row.tier, row.area_id) for row in (last, *rows)])
    above: dict[UUID, UUID | None] = {row.organisation_id: successor_id for row in rows}
    if successor_id in above:
        # The one that takes over was below: it goes to where its predecessor hung, and goes first.
        del above[successor_id]
        above = {successor_id: last.supervisor_id, **above}
    for below, supervisor in above.items():
        with unit():
            alter_quietly(
                actor,
                organisation_id=below,
                changes={"supervisor_id": supervisor},
                office_id=office_id,
                reason=reason,
            )
    return len(above)


@use_case
def reopen_organisation(actor: Actor, *, organisation_id: UUID, office_id: UUID | None = None, reason: str) -> None:
    """Take a closing back. The journal keeps both; who took over is forgotten, and the roles that the closing ended are
    given back. What was handed over stays with the successor; keys of programs stay dead."""
    last = last_version(organisation_id)
    require_network(actor, office_id, [claim_of(last.kind, last.tier, last.area_id)])
    owner, reason = last.organisation.owner, tidy(reason)
    if not owner.closed:
        return
    if not reason:
        raise Refused(_("Alasan wajib diisi."), problems=[Problem("reason", _("Alasan wajib diisi."))])
    if last.supervisor_id is not None and last.supervisor.owner.closed:  # type: ignore[union-attr]
        raise Refused(_("Pembinanya sudah tutup. Buka pembinanya lebih dahulu."))
    owner.closed = False
    owner.save(update_fields=["closed"])
    last.organisation.closed_on = None
    last.organisation.save(update_fields=["closed_on"])
    OrganisationSuccession.objects.filter(predecessor_id=organisation_id).delete()
    event = OrganisationReopened(clock.today(), reason[:300])
    journal.record(actor, owner=organisation_id, event=event, subject=organisation_id)
    endings.give_back(actor, owner_id=organisation_id, assignments=_ended_by_closing(organisation_id))
    rebuild_reach()


def _ended_by_closing(organisation_id: UUID) -> list[UUID]:
    """The assignments that the last closing ended, as its entry in the journal says."""
    lines = journal.history(Scope.of(organisation_id), organisation_id, limit=10_000)
    closings = [line for line in lines if line.event == OrganisationClosed.name]
    return [UUID(key) for key in closings[-1].payload.get("roles", [])] if closings else []


def _supervised(organisation_id: UUID):  # type: ignore[no-untyped-def]
    rows = OrganisationVersion.objects.filter(
        supervisor_id=organisation_id, valid_until__isnull=True, organisation__owner__closed=False
    )
    return rows.order_by("organisation__owner__code")


def _successor_problems(last: OrganisationVersion, successor_id: UUID) -> list[Problem]:
    successor = queries.organisation_at(successor_id)
    if successor_id == last.organisation_id:
        return [Problem("successor_id", _("Lembaga tidak menggantikan dirinya sendiri."))]
    if successor is None or successor.organisation.owner.closed:
        return [Problem("successor_id", _("Lembaga penerus tidak dikenal atau sudah tutup."))]
    if successor.organisation.owner.kind != last.organisation.owner.kind:
        return [Problem("successor_id", _("Laboratorium digantikan laboratorium, dinas digantikan dinas."))]
    return []
