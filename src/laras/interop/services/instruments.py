"""Which instruments send to this laboratory."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import bulk, clock, journal
from laras.core.actor import Actor, actor_of
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import User
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.interop import queries
from laras.interop.events import (
    InstrumentAdded,
    InstrumentChanged,
    InstrumentRemoved,
)
from laras.interop.models import Instrument
from laras.interop.rules.profiles import PROTOCOLS


@use_case
def add_instrument(
    actor: Actor, *, owner_id: UUID, name: str, protocol: str, address: str, profile: str, operator: UUID | None = None
) -> Instrument:
    """An instrument that sends to ``address`` (``host:port``). ``operator``: the account whose values they are.

    Raises Refused (``name``, ``protocol``, ``address``, ``profile``, ``operator``).
    """
    actor.require("catalogue.manage", owner_id)
    name = " ".join(name.split())
    problems = _wrong(owner_id, name, protocol, profile, operator)
    if protocol not in PROTOCOLS:
        problems.append(Problem("protocol", _("Pilih astm atau hl7.")))
    if address_of(address) is None:
        problems.append(Problem("address", _("Tulis alamat dan porta, misalnya 127.0.0.1:5000.")))
    standing = Instrument.objects.within(Scope.everything()).filter(removed_at__isnull=True)
    if standing.filter(address=address).exists():
        problems.append(Problem("address", _("Alamat ini sudah dipakai alat lain.")))
    if problems:
        raise Refused(_("Alat tidak dapat ditambahkan."), problems=problems)
    row = bulk.new(
        Instrument, id=new_id(), owner_id=owner_id, name=name, protocol=protocol, address=address,
        profile=queries.find_profile(owner_id, profile).name, operator=operator, added_at=clock.now(),
    )  # fmt: skip
    bulk.insert([row])
    event = InstrumentAdded(
        instrument=row.id, label=name, protocol=protocol, address=address, profile=row.profile, operator=operator
    )
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def change_instrument(
    actor: Actor, *, owner_id: UUID, instrument_id: UUID, name: str, profile: str, operator: UUID | None = None
) -> Instrument:
    """Another name, profile or operator. What arrives from now on is read with the new profile.

    Raises Refused (``name``, ``profile``, ``operator``).
    """
    actor.require("catalogue.manage", owner_id)
    rows = Instrument.objects.within(Scope.of(owner_id)).filter(removed_at__isnull=True)
    row: Instrument = get_or_404(rows.select_for_update(), id=instrument_id)
    name = " ".join(name.split())
    problems = _wrong(owner_id, name, row.protocol, profile, operator, row.id)
    if problems:
        raise Refused(_("Alat tidak dapat diubah."), problems=problems)
    row.name, row.profile, row.operator = name, queries.find_profile(owner_id, profile).name, operator
    row.save(update_fields=["name", "profile", "operator"])
    event = InstrumentChanged(instrument=row.id, label=name, profile=row.profile, operator=operator)
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


def _wrong(
    owner_id: UUID, name: str, protocol: str, profile: str, operator: UUID | None, own_id: UUID | None = None
) -> list[Problem]:
    problems = []
    if not 2 <= len(name) <= 80:
        problems.append(Problem("name", _("Nama alat, 2 sampai 80 huruf.")))
    standing = Instrument.objects.within(Scope.of(owner_id)).filter(removed_at__isnull=True, name=name)
    if standing.exclude(id=own_id).exists():
        problems.append(Problem("name", _("Nama ini sudah dipakai alat lain.")))
    try:
        if profile.endswith(".toml"):  # a file of this machine, which no page may name
            raise NotFound(_("Profil alat “%(name)s” tidak ada.") % {"name": profile})
        if queries.find_profile(owner_id, profile).protocol != protocol:
            problems.append(Problem("profile", _("Profil ini bukan untuk %(protocol)s.") % {"protocol": protocol}))
    except NotFound as error:
        problems.append(Problem("profile", str(error)))
    if operator is not None:
        user = User.objects.select_related("person").filter(id=operator, is_active=True).first()
        if user is None or not actor_of(user, "web").can("bench.enter", owner_id):
            problems.append(Problem("operator", _("Akun ini tidak boleh memasukkan hasil di laboratorium ini.")))
    return problems


@use_case
def remove_instrument(actor: Actor, *, owner_id: UUID, instrument_id: UUID) -> None:
    """The instrument no longer sends; what it sent stays."""
    actor.require("catalogue.manage", owner_id)
    rows = Instrument.objects.within(Scope.of(owner_id)).filter(removed_at__isnull=True)
    row = get_or_404(rows.select_for_update(), id=instrument_id)
    row.removed_at = clock.now()
    row.save(update_fields=["removed_at"])
    journal.record(actor, owner=owner_id, event=InstrumentRemoved(instrument=row.id), subject=row.id)


def address_of(text: str) -> tuple[str, int] | None:
    """``host:port`` taken apart, None when it is not one."""
    host, _colon, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 65535:
        return None
    return host.strip("[]"), int(port)
