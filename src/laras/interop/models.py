"""Instruments, the bytes they sent, and the readings in them."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import Owner, ScopedModel
from laras.interop.rules.profiles import PROTOCOLS
from laras.interop.states import MESSAGE, READING
from laras.interop.types import KINDS


class Instrument(ScopedModel):
    """A device that sends to ``address`` (``host:port`` on which Laras listens) and is read with ``profile``.

    ``operator`` is the account of the analyst who runs it. With one, readings that fit a waiting result are entered as
    that person's values, to be verified by another; without one they wait for an analyst.
    """

    name = models.CharField(max_length=80)
    protocol = models.CharField(max_length=8)
    address = models.CharField(max_length=60)
    profile = models.CharField(max_length=40)
    operator = models.UUIDField(null=True)
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": ["name", "protocol", "address", "profile", "operator", "added_at", "removed_at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "interop_instrument"
        constraints = [
            models.CheckConstraint(condition=Q(protocol__in=PROTOCOLS), name="interop_instrument_protocol_known"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(removed_at__isnull=True), name="interop_instrument_name_once"
            ),
            models.UniqueConstraint(
                fields=["address"], condition=Q(removed_at__isnull=True), name="interop_instrument_address_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OwnProfile(ScopedModel):
    """One version of a profile that a laboratory keeps for itself; the latest of a name is read with. Never changed.

    ``content`` is the whole profile as :func:`laras.interop.rules.profiles.read_profile` takes it, as JSON text: the order of
    answers matters, and PostgreSQL's jsonb keeps none. ``based_on`` is the shipped profile that it was made from.
    """

    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    label = models.CharField(max_length=80)
    protocol = models.CharField(max_length=8)
    based_on = models.CharField(max_length=40)
    content = models.TextField()
    saved_by = models.UUIDField(null=True)
    saved_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["name", "version", "label", "protocol", "based_on", "content", "saved_by", "saved_at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "interop_own_profile"
        constraints = [
            models.CheckConstraint(condition=Q(protocol__in=PROTOCOLS), name="interop_own_profile_protocol_known"),
            models.CheckConstraint(condition=Q(version__gte=1), name="interop_own_profile_version_counts"),
            models.UniqueConstraint(fields=["owner", "name", "version"], name="interop_own_profile_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def table(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found


class Message(ScopedModel):
    """One message as it came. ``raw`` are the bytes of the line, ``digest`` is SHA-256 of the records without frames.

    ``owner`` is empty while nobody has said whose line it is (``laras listen`` without ``--lab`` where there are several
    laboratories): then no laboratory sees it. The same content again within a day on the same line is a repeat: it is
    acknowledged and counted in ``repeats``. ``trouble`` says why it could not be read, in the words of the reader.
    """

    owner = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False, null=True)
    instrument = models.ForeignKey(Instrument, models.PROTECT, null=True, related_name="+", db_index=False)
    line = models.CharField(max_length=80)
    peer = models.CharField(max_length=60, blank=True)
    protocol = models.CharField(max_length=8)
    profile = models.CharField(max_length=200)
    received_at = models.DateTimeField(default=clock.now)
    raw = models.BinaryField()
    digest = models.CharField(max_length=64)
    repeats = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=12, choices=MESSAGE.choices, default=MESSAGE.initial)
    trouble = models.CharField(max_length=400, blank=True)
    read_at = models.DateTimeField(null=True)
    discarded_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": [
            "instrument", "line", "peer", "protocol", "profile", "received_at", "digest", "repeats", "status", "read_at",
            "discarded_by",
        ],
        # Names, specimens and values as the device wrote them.
        "health": ["raw", "trouble"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "interop_message"
        constraints = [
            MESSAGE.constraint("interop_message"),
            models.CheckConstraint(condition=Q(protocol__in=PROTOCOLS), name="interop_message_protocol_known"),
            models.CheckConstraint(
                condition=~Q(status__in=["read", "refused"]) | Q(read_at__isnull=False),
                name="interop_message_read_when",
            ),
        ]
        indexes = [
            models.Index(fields=["digest", "received_at"], name="interop_message_repeats"),
            models.Index(fields=["owner", "-received_at"], name="interop_message_recent"),
            models.Index(
                fields=["instrument", "-received_at"],
                condition=Q(instrument__isnull=False),
                name="interop_message_by_device",
            ),
            models.Index(
                fields=["owner", "received_at"], condition=Q(status="received"), name="interop_message_unread"
            ),
        ]


class Reading(ScopedModel):
    """One value in a message; see :class:`laras.interop.types.Reading` for the fields.

    ``value`` is the number as text, so that no digit is lost. ``result`` is the bench's result that it belongs to: while
    the reading waits, the one it would go to. ``why`` says why it waits or was discarded, ``conversion`` what was done to
    its unit.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="readings", db_index=False)
    position = models.PositiveIntegerField()
    specimen_id = models.CharField(max_length=80, blank=True)
    test_code = models.CharField(max_length=80, blank=True)
    device_code = models.CharField(max_length=120, blank=True)
    loinc = models.CharField(max_length=12, blank=True)
    raw = models.TextField(blank=True)
    operator = models.CharField(max_length=2, blank=True)
    value = models.CharField(max_length=64, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    flag = models.CharField(max_length=40, blank=True)
    measured_at = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=12)
    answer = models.CharField(max_length=60, blank=True)
    comment = models.TextField(blank=True)
    conversion = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=READING.choices, default=READING.initial)
    why = models.CharField(max_length=400, blank=True)
    result = models.ForeignKey("bench.Result", models.PROTECT, null=True, related_name="+")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "message", "position", "specimen_id", "test_code", "device_code", "loinc", "unit", "measured_at", "kind",
            "status", "result", "decided_by", "decided_at",
        ],
        "health": ["raw", "operator", "value", "flag", "answer", "comment", "conversion", "why"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "interop_reading"
        constraints = [
            READING.constraint("interop_reading"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="interop_reading_kind_known"),
            models.CheckConstraint(
                condition=~Q(status="entered") | Q(result__isnull=False, decided_by__isnull=False),
                name="interop_reading_entered_where",
            ),
            models.CheckConstraint(
                condition=~Q(status="discarded") | (~Q(why="") & Q(decided_by__isnull=False)),
                name="interop_reading_discarded_why",
            ),
            # A control is never a patient's result.
            models.CheckConstraint(
                condition=~Q(status="entered") | Q(kind="patient"), name="interop_reading_entered_of_patients"
            ),
            models.UniqueConstraint(fields=["message", "position"], name="interop_reading_once"),
        ]
        indexes = [
            models.Index(fields=["owner", "message"], condition=Q(status="waiting"), name="interop_reading_waiting")
        ]
