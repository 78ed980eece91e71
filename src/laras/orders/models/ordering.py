"""Orders, what they ask for, the samples they rest on and who had those samples when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.orders.states import ORDER, PAYERS, PURPOSES, REFUSAL_REASONS, SAMPLE, SUBJECT_KINDS, URGENCIES

__all__ = [
    "PAYERS", "PURPOSES", "REFUSAL_REASONS", "SOURCES", "SUBJECT_KINDS", "URGENCIES", "Custody", "Order", "OrderLine",
    "Participation", "ProgrammeSession", "RequestedTest", "Sample", "Site",
]  # fmt: skip

SOURCES = ("counter", "api", "import", "referral", "demo")


class Site(ScopedModel):
    """A place where environmental, food or vector samples are taken."""

    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=240, blank=True)
    area = models.ForeignKey("network.Area", models.PROTECT, null=True, blank=True, related_name="+")
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    client = models.ForeignKey("partners.Client", models.PROTECT, null=True, blank=True, related_name="+")

    privacy: ClassVar = {"internal": ["name", "kind", "address", "area", "latitude", "longitude", "client"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_site"
        indexes = [models.Index(fields=["owner", "name"], name="orders_site_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-12, 7), longitude__range=(94, 142)),
                name="orders_site_in_indonesia",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Order(ScopedModel):
    """A request for tests on one subject. ``number`` is its printed label, ``day`` the laboratory's calendar day."""

    number = models.CharField(max_length=48)
    day = models.DateField()
    subject_kind = models.CharField(max_length=16, choices=list(SUBJECT_KINDS.items()))
    # The index of the patient's and of the client's orders begins with the key: a second one would only cost writes.
    patient = models.ForeignKey("people.Patient", models.PROTECT, null=True, related_name="+", db_index=False)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    subject_label = models.CharField(max_length=160, blank=True)
    client = models.ForeignKey("partners.Client", models.PROTECT, null=True, related_name="+", db_index=False)
    requester = models.CharField(max_length=120, blank=True)
    payer = models.CharField(max_length=16, choices=list(PAYERS.items()), default="self")
    purpose = models.CharField(max_length=16, choices=list(PURPOSES.items()), default="diagnosis")
    urgency = models.CharField(max_length=12, choices=list(URGENCIES.items()), default="routine")
    note = models.CharField(max_length=500, blank=True)
    matrix = models.CharField(max_length=40, blank=True)
    standard = models.CharField(max_length=80, blank=True)
    in_situ = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=12, default="counter")
    origin = models.UUIDField(null=True)
    registered_at = models.DateTimeField(default=clock.now)
    registered_by = models.UUIDField(null=True)
    status = models.CharField(max_length=12, choices=ORDER.choices, default=ORDER.initial)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "number", "day", "subject_kind", "patient", "site", "client", "payer", "purpose", "urgency", "matrix",
            "standard", "in_situ", "source", "origin", "registered_at", "registered_by", "status", "cancelled_at",
            "cancel_reason",
        ],
        "personal": ["subject_label", "requester"],
        "health": ["note"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_order"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="orders_order_number_once"),
            ORDER.constraint("orders_order"),
            models.CheckConstraint(condition=Q(urgency__in=list(URGENCIES)), name="orders_order_urgency_known"),
            models.CheckConstraint(condition=Q(payer__in=list(PAYERS)), name="orders_order_payer_known"),
            models.CheckConstraint(condition=Q(purpose__in=list(PURPOSES)), name="orders_order_purpose_known"),
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="orders_order_source_known"),
            # The subject is exactly what its kind says.
            models.CheckConstraint(
                condition=Q(subject_kind="person", patient__isnull=False)
                | Q(subject_kind__in=["environment", "food", "vector"], patient__isnull=True, site__isnull=False)
                | Q(subject_kind__in=["equipment", "proficiency", "control"], patient__isnull=True),
                name="orders_order_has_its_subject",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False), name="orders_order_cancelled_when"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-registered_at"], name="orders_order_recent"),
            models.Index(fields=["owner", "status", "-registered_at"], name="orders_order_by_status"),
            models.Index(fields=["owner", "urgency", "-registered_at"], name="orders_order_by_urgency"),
            models.Index(fields=["patient", "-registered_at"], name="orders_order_of_patient"),
            models.Index(fields=["client", "-registered_at"], name="orders_order_of_client"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(ScopedModel):
    """What was ordered and can be charged: a test or a panel, with the price as it was then (whole rupiah)."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    is_panel = models.BooleanField(default=False)
    price = models.PositiveIntegerField(default=0)
    price_parts = models.JSONField(default=dict)
    regime = models.CharField(max_length=12, blank=True)
    account = models.CharField(max_length=40, blank=True)
    agreement = models.UUIDField(null=True)
    cancelled = models.BooleanField(default=False)

    privacy: ClassVar = {
        "internal": [
            "order", "position", "code", "name", "is_panel", "price", "price_parts", "regime", "account", "agreement",
            "cancelled",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_line"
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="orders_line_position_once")]

    def __str__(self) -> str:
        return self.name


class Sample(ScopedModel):
    """One container with its label. ``number`` is the order's number with a letter."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="samples", db_index=False)
    number = models.CharField(max_length=48)
    position = models.PositiveSmallIntegerField()
    specimen = models.CharField(max_length=60)
    container = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=160, blank=True)
    status = models.CharField(max_length=12, choices=SAMPLE.choices, default=SAMPLE.initial)
    collected_at = models.DateTimeField(null=True)
    collector = models.CharField(max_length=120, blank=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.UUIDField(null=True)
    condition = models.CharField(max_length=120, blank=True)
    temperature = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    refusal = models.CharField(max_length=16, blank=True)
    refusal_note = models.CharField(max_length=240, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    external_number = models.CharField(max_length=60, blank=True)
    # How it is kept until the test begins, in the words of the catalogue; empty: nobody wrote it down.
    preservation = models.CharField(max_length=120, blank=True, default="", db_default="")

    privacy: ClassVar = {
        "internal": [
            "preservation", "order", "number", "position", "specimen", "container", "status", "collected_at", "received_at",
            "received_by", "condition", "temperature", "refusal", "refusal_note", "replaces", "external_number",
            "description",
        ],
        "personal": ["collector"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_sample"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="orders_sample_number_once"),
            models.UniqueConstraint(fields=["order", "position"], name="orders_sample_position_once"),
            SAMPLE.constraint("orders_sample"),
            models.CheckConstraint(
                condition=~Q(status="collected") | Q(collected_at__isnull=False), name="orders_sample_collected_when"
            ),
            models.CheckConstraint(
                condition=~Q(status="received") | Q(received_at__isnull=False), name="orders_sample_received_when"
            ),
            models.CheckConstraint(condition=~Q(status="refused") | ~Q(refusal=""), name="orders_sample_refused_why"),
        ]
        indexes = [
            # Not partial: SQLite does not see the values of parameters and would not use it.
            models.Index(fields=["owner", "status", "collected_at"], name="orders_sample_by_status"),
            models.Index(fields=["owner", "external_number"], name="orders_sample_external"),
            # Written when a sample comes in, not when it is registered; any comparison of the moment implies the condition.
            models.Index(
                fields=["owner", "-received_at"],
                condition=Q(received_at__isnull=False),
                name="orders_sample_received_lately",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RequestedTest(ScopedModel):
    """One test asked for on one sample; panels are already taken apart."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="requested")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="requested", db_index=False)
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="requested")
    test_code = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    cancelled = models.BooleanField(default=False)
    origin = models.UUIDField(null=True)

    privacy: ClassVar = {"internal": ["order", "line", "sample", "test_code", "position", "cancelled", "origin"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_requested_test"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "sample", "test_code"],
                condition=Q(cancelled=False),
                name="orders_requested_test_once",
            )
        ]


class ProgrammeSession(ScopedModel):
    """Many people of one programme registered together from a file: a posyandu, a school, a batch of pilgrims."""

    programme = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True)
    day = models.DateField()
    client = models.ForeignKey("partners.Client", models.PROTECT, null=True, related_name="+")
    said = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64)
    people = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField(default=0)
    registered_at = models.DateTimeField(default=clock.now)
    registered_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": [
            "programme", "name", "place", "day", "client", "said", "digest", "people", "skipped", "registered_at",
            "registered_by",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_programme_session"
        constraints = [
            # The same list of people on the same day is the same session, however often the file is sent.
            models.UniqueConstraint(
                fields=["owner", "programme", "day", "digest"], name="orders_programme_session_once"
            ),
            models.CheckConstraint(condition=Q(people__gte=1), name="orders_programme_session_of_people"),
        ]
        indexes = [models.Index(fields=["owner", "-day", "-registered_at"], name="orders_session_recent")]

    def __str__(self) -> str:
        return self.name


class Participation(ScopedModel):
    """An order that a programme asked for. ``day`` is the day of the service, from which intervals count."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="participation")
    programme = models.CharField(max_length=60)
    session = models.ForeignKey(ProgrammeSession, models.PROTECT, null=True, related_name="participations")
    day = models.DateField()

    privacy: ClassVar = {"internal": ["order", "programme", "session", "day"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_participation"
        indexes = [models.Index(fields=["owner", "programme", "-day"], name="orders_participation_recent")]


class Custody(ScopedModel):
    """One link of a sample's chain of custody: who had it, what happened, where and when."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="custody")
    at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=16)
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": ["sample", "at", "action", "person", "place", "note"],
        "personal": ["person_name"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_custody"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    action__in=["collected", "handed", "received", "refused", "stored", "sent", "returned", "disposed"]
                ),
                name="orders_custody_action_known",
            )
        ]
