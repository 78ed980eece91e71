"""Hygiene inspections of hotels and food businesses (SLHS), with the orders whose samples were taken there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.orders.models.ordering import Order, Site
from laras.orders.states import INSPECTION_OUTCOMES


class Inspection(ScopedModel):
    """One inspection, kept with the checklist as it was asked: ``lines`` are objects ``code section text points answer note``."""

    number = models.CharField(max_length=48)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    client = models.ForeignKey("partners.Client", models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    inspector = models.CharField(max_length=120)
    met = models.CharField(max_length=120, blank=True)
    lines = models.JSONField(default=list)
    reached = models.PositiveIntegerField()
    possible = models.PositiveIntegerField()
    finding = models.CharField(max_length=1000, blank=True)
    outcome = models.CharField(max_length=12, choices=list(INSPECTION_OUTCOMES.items()), default="open")
    conclusion = models.CharField(max_length=1000, blank=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by = models.UUIDField(null=True)
    noted_at = models.DateTimeField(default=clock.now)
    noted_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": [
            "number", "site", "client", "day", "lines", "reached", "possible", "finding", "outcome", "conclusion",
            "concluded_at", "concluded_by", "noted_at", "noted_by",
        ],
        "personal": ["inspector", "met"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_inspection"
        indexes = [models.Index(fields=["owner", "-day"], name="orders_inspection_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "number"], name="orders_inspection_number_once"),
            models.CheckConstraint(condition=Q(reached__lte=models.F("possible")), name="orders_inspection_part"),
            models.CheckConstraint(
                condition=Q(outcome__in=list(INSPECTION_OUTCOMES)), name="orders_inspection_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome="open") | (~Q(conclusion="") & Q(concluded_at__isnull=False)),
                name="orders_inspection_concluded_why",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InspectionOrder(ScopedModel):
    """An order whose samples belong to an inspection: food, water, swabs of tools, rectal swabs of handlers."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="orders", db_index=False)
    order = models.OneToOneField(Order, models.PROTECT, related_name="inspected")

    privacy: ClassVar = {"internal": ["inspection", "order"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_inspection_order"
        indexes = [models.Index(fields=["inspection"], name="orders_inspection_orders")]
