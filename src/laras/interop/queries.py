"""Reading what analyzers sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.core import clock
from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.interop import devices, matching
from laras.interop.models import Instrument, Message, OwnProfile, Reading
from laras.interop.rules.profiles import Profile, read_profile


def instruments(scope: Scope) -> list[Instrument]:
    """Those that send now, by name."""
    rows = Instrument.objects.within(scope).filter(removed_at__isnull=True)
    return list(rows.select_related("owner").order_by("name", "id"))


def get_instrument(scope: Scope, instrument_id: UUID) -> Instrument:
    """Raises NotFound."""
    found: Instrument = get_or_404(Instrument.objects.within(scope), id=instrument_id)
    return found


def own_profiles(scope: Scope) -> list[OwnProfile]:
    """The latest version of each profile that a laboratory keeps for itself, by label."""
    rows = OwnProfile.objects.within(scope)
    latest = rows.filter(owner=OuterRef("owner"), name=OuterRef("name")).order_by("-version").values("version")[:1]
    return list(rows.filter(version=Subquery(latest)).order_by("label", "id"))


def own_profile(scope: Scope, name: str) -> OwnProfile:
    """The latest version. Raises NotFound."""
    row = OwnProfile.objects.within(scope).filter(name=name).order_by("-version").first()
    if row is None:
        raise NotFound(_("Profil alat “%(name)s” tidak ada.") % {"name": name})
    return row


def own_names(scope: Scope, name: str) -> bool:
    return OwnProfile.objects.within(scope).filter(name=name).exists()


def find_profile(owner_id: UUID | None, name: str) -> Profile:
    """The profile by which a laboratory reads: shipped, from a file (``.toml``), or the latest version of its own.

    Raises NotFound, Refused or ``OSError``.
    """
    if owner_id is None or name.endswith(".toml") or name in devices.shipped_names():
        return devices.find(name)
    row = OwnProfile.objects.within(Scope.of(owner_id)).filter(name=name).order_by("-version").first()
    if row is None:
        return devices.find(name)  # names the shipped ones, or knows it by another way of writing
    return _read(row.id, row.content)


@lru_cache(maxsize=256)
def _read(_version: UUID, content: str) -> Profile:
    return read_profile(json.loads(content))


def profile_choices(scope: Scope) -> list[tuple[str, str, str]]:
    """(name, label, protocol) of all profiles that an instrument here can be given: its own, then the shipped."""
    own = [(row.name, row.label, row.protocol) for row in own_profiles(scope)]
    return own + [(one.name, one.label, one.protocol) for one in map(devices.shipped, devices.shipped_names())]


def last_messages(
    scope: Scope, names: Sequence[str], *, instrument_id: UUID | None = None, limit: int = 20
) -> list[Message]:
    """The latest whole messages that were read with one of these profiles, with their bytes, newest first."""
    rows = Message.objects.within(scope).filter(profile__in=names, status__in=("received", "read", "refused"))
    if instrument_id is not None:
        rows = rows.filter(instrument=instrument_id)
    return list(rows.order_by("-received_at", "-id")[:limit])


def messages(scope: Scope, *, statuses: Sequence[str] = (), unclaimed: bool = False) -> QuerySet[Message]:
    """Messages of the scope, newest first, without their bytes. ``unclaimed``: only those of no laboratory yet."""
    rows = Message.objects.within(scope).defer("raw").select_related("owner")
    if statuses:
        rows = rows.filter(status__in=statuses)
    if unclaimed:
        rows = rows.filter(owner__isnull=True)
    counted = rows.annotate(
        count_readings=Count("readings"), count_waiting=Count("readings", filter=Q(readings__status="waiting"))
    )
    return counted.order_by("-received_at", "-id")


def get_message(scope: Scope, message_id: UUID) -> Message:
    """Raises NotFound."""
    found: Message = get_or_404(Message.objects.within(scope), id=message_id)
    return found


def unread(limit: int) -> dict[UUID, list[UUID]]:
    """Owner -> messages that wait to be read, oldest first; for the reader, over all laboratories."""
    rows = Message.objects.within(Scope.everything()).filter(status="received", owner__isnull=False)
    found: dict[UUID, list[UUID]] = {}
    for owner_id, key in rows.order_by("received_at", "id").values_list("owner_id", "id")[:limit]:
        found.setdefault(owner_id, []).append(key)
    return found


def waiting_readings(scope: Scope, *, limit: int = 200) -> list[Reading]:
    """Readings that wait for an analyst, the newest message first, in the order of the message."""
    rows = Reading.objects.within(scope).filter(status="waiting")
    rows = rows.select_related("message__instrument", "result__sample").defer("message__raw")
    return list(rows.order_by("-message_id", "position")[:limit])


def count_waiting(scope: Scope, *, instrument_id: UUID | None = None) -> int:
    rows = Reading.objects.within(scope).filter(status="waiting")
    return (rows.filter(message__instrument=instrument_id) if instrument_id is not None else rows).count()


@dataclass(frozen=True, slots=True)
class Sent:
    """What an instrument sent: when last, and how many values of it wait."""

    last: datetime | None
    waiting: int


def sent_by_instrument(scope: Scope) -> dict[UUID, Sent]:
    """Instrument -> what it sent, for those that send now."""
    rows = (
        Message.objects.within(scope).filter(instrument=OuterRef("id")).order_by("-received_at").values("received_at")
    )
    standing = Instrument.objects.within(scope).filter(removed_at__isnull=True).annotate(last=Subquery(rows[:1]))
    waits = Reading.objects.within(scope).filter(status="waiting", message__instrument__isnull=False).order_by()
    waiting = dict(waits.values_list("message__instrument").annotate(number=Count("id")))
    return {key: Sent(last, waiting.get(key, 0)) for key, last in standing.values_list("id", "last")}


def recent_messages(scope: Scope, instrument_id: UUID, *, limit: int) -> list[Message]:
    """The latest messages of an instrument, newest first, without their bytes, with their counts."""
    rows = Message.objects.within(scope).filter(instrument=instrument_id).order_by("-received_at", "-id")
    return list(messages(scope).filter(id__in=list(rows.values_list("id", flat=True)[:limit])))


def get_reading(scope: Scope, reading_id: UUID) -> Reading:
    """Raises NotFound."""
    found: Reading = get_or_404(Reading.objects.within(scope), id=reading_id)
    return found


def unreadable(scope: Scope, *, limit: int = 40) -> list[Message]:
    """Messages that could not be read or did not come whole, newest first, without their bytes."""
    rows = Message.objects.within(scope).filter(status__in=("refused", "broken")).select_related("instrument")
    return list(rows.defer("raw").order_by("-received_at", "-id")[:limit])


def waiting_tests(owner_id: UUID, numbers: Sequence[str]) -> dict[str, list[str]]:
    """Number of a sample, as it was asked for -> the tests on it that wait for a value."""
    wanted = {said for one in numbers for said in (one, one.upper())}
    targets = matching.by_number(bench_queries.targets_on_samples(Scope.of(owner_id), wanted))
    return {
        number: [one.test_code for one in targets.get(number.upper(), ()) if one.status in matching.OPEN]
        for number in numbers
    }


def local_now(owner_id: UUID) -> datetime:
    """Now, in the organisation's clock."""
    zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
    return clock.now().astimezone(ZoneInfo(zone))


def readings_of(scope: Scope, message_id: UUID) -> list[Reading]:
    return list(Reading.objects.within(scope).filter(message_id=message_id).order_by("position"))


def counts(scope: Scope) -> dict[str, Any]:
    """Status -> how many messages."""
    rows = Message.objects.within(scope).order_by().values_list("status").annotate(number=Count("id"))
    return dict(rows)
