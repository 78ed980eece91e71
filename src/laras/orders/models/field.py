"""Rounds of sampling: plans with their points, the visits made from them, and the bottles that a visit fills."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.orders.models.ordering import Order, Site
from laras.orders.rules.field import FREQUENCIES
from laras.orders.states import PAYERS, PURPOSES, STOP, SUBJECT_KINDS, VISIT

KINDS = ("environment", "food", "vector")


class SamplingPlan(ScopedModel):
    """What is taken where and how often. ``codes`` are tests and panels; ``days`` are ISO days beside the frequency."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=[(key, SUBJECT_KINDS[key]) for key in KINDS])
    client = models.ForeignKey("partners.Client", models.PROTECT, null=True, related_name="+")
    matrix = models.CharField(max_length=40, blank=True)
    standard = models.CharField(max_length=80, blank=True)
    codes = models.JSONField(default=list)
    frequency = models.CharField(max_length=12)
    first_day = models.DateField()
    until = models.DateField(null=True)
    days = models.JSONField(default=list, blank=True)
    sampler = models.CharField(max_length=120, blank=True)
    payer = models.CharField(max_length=16, choices=list(PAYERS.items()), default="programme")
    purpose = models.CharField(max_length=16, choices=list(PURPOSES.items()), default="surveillance")
    note = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "name", "kind", "client", "matrix", "standard", "codes", "frequency", "first_day", "until", "days", "payer",
            "purpose", "note", "made_at", "made_by", "closed_at", "close_reason",
        ],
        "personal": ["sampler"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_sampling_plan"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="orders_plan_kind_known"),
            models.CheckConstraint(condition=Q(frequency__in=list(FREQUENCIES)), name="orders_plan_frequency_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("first_day")), name="orders_plan_ends_later"
            ),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(closed_at__isnull=True), name="orders_plan_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlanPoint(ScopedModel):
    """A place of a plan: a site, and where within it (``name``, empty for the site itself)."""

    plan = models.ForeignKey(SamplingPlan, models.CASCADE, related_name="points", db_index=False)
    position = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    name = models.CharField(max_length=160, blank=True)
    retired_at = models.DateTimeField(null=True)

    privacy: ClassVar = {"internal": ["plan", "position", "site", "name", "retired_at"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_plan_point"
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="orders_point_position_once"),
            models.UniqueConstraint(
                fields=["plan", "site", "name"], condition=Q(retired_at__isnull=True), name="orders_point_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.site_id)


class Visit(ScopedModel):
    """One round of a plan. ``day`` is the day on which it was due; ``number`` its printed label."""

    plan = models.ForeignKey(SamplingPlan, models.PROTECT, related_name="visits", db_index=False)
    number = models.CharField(max_length=48)
    day = models.DateField()
    status = models.CharField(max_length=12, choices=VISIT.choices, default=VISIT.initial)
    prepared_at = models.DateTimeField(default=clock.now)
    prepared_by = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": ["plan", "number", "day", "status", "prepared_at", "prepared_by", "finished_at", "reason"]
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_visit"
        constraints = [
            VISIT.constraint("orders_visit"),
            models.UniqueConstraint(fields=["plan", "day"], name="orders_visit_day_once"),
            models.UniqueConstraint(fields=["owner", "number"], name="orders_visit_number_once"),
            models.CheckConstraint(condition=~Q(status="skipped") | ~Q(reason=""), name="orders_visit_skipped_why"),
        ]
        indexes = [models.Index(fields=["owner", "-day"], name="orders_visit_by_day")]

    def __str__(self) -> str:
        return self.number


class Stop(ScopedModel):
    """A point on a visit: taken (then it has its order) or not taken, and why. ``instruments``: reading -> what measured it."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="stops", db_index=False)
    point = models.ForeignKey(PlanPoint, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=STOP.choices, default=STOP.initial)
    order = models.OneToOneField(Order, models.PROTECT, null=True, related_name="stop")
    arrived_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=240, blank=True)
    instruments = models.JSONField(default=dict, blank=True)
    photo = models.ForeignKey("core.Attachment", models.PROTECT, null=True, related_name="+")

    privacy: ClassVar = {
        "internal": [
            "visit", "point", "position", "status", "order", "arrived_at", "recorded_at", "recorded_by", "reason",
            "instruments", "photo",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_stop"
        constraints = [
            STOP.constraint("orders_stop"),
            models.UniqueConstraint(fields=["visit", "position"], name="orders_stop_position_once"),
            models.UniqueConstraint(fields=["visit", "point"], name="orders_stop_point_once"),
            models.CheckConstraint(
                condition=(Q(status="taken") & Q(order__isnull=False)) | (~Q(status="taken") & Q(order__isnull=True)),
                name="orders_stop_taken_has_order",
            ),
            models.CheckConstraint(condition=~Q(status="missed") | ~Q(reason=""), name="orders_stop_missed_why"),
        ]


class Bottle(ScopedModel):
    """A container that a stop fills, with its own printed number before anything is ordered. ``missed``: why it was not."""

    stop = models.ForeignKey(Stop, models.CASCADE, related_name="bottles", db_index=False)
    number = models.CharField(max_length=48)
    position = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=60, blank=True)
    specimen = models.CharField(max_length=60)
    container = models.CharField(max_length=80, blank=True)
    preservation = models.CharField(max_length=120, blank=True)
    volume = models.CharField(max_length=40, blank=True)
    codes = models.JSONField(default=list)
    taken_at = models.DateTimeField(null=True)
    missed = models.CharField(max_length=160, blank=True)

    privacy: ClassVar = {
        "internal": [
            "stop", "number", "position", "group", "specimen", "container", "preservation", "volume", "codes", "taken_at",
            "missed",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_bottle"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="orders_bottle_number_once"),
            models.UniqueConstraint(fields=["stop", "position"], name="orders_bottle_position_once"),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True) | Q(missed=""), name="orders_bottle_one_or_other"
            ),
        ]

    def __str__(self) -> str:
        return self.number
