"""Reagents of a laboratory: items, their lots, and the stock book in which every change stands."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel


def quantity(**more: Any) -> models.DecimalField:
    """In the unit of the item, thousandths kept."""
    return models.DecimalField(max_digits=12, decimal_places=3, **more)


class Item(ScopedModel):
    """What is interchangeable at the bench: lots of several makers stand under one item when either will do.

    ``test_codes`` are the tests that cannot be done without it. ``per_test`` is what one test uses, ``days_open`` how many
    days an opened lot serves, both as the maker says and empty when he says nothing.
    """

    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=20)
    minimum = quantity(default=0)
    per_test = quantity(null=True)
    days_open = models.PositiveIntegerField(null=True)
    test_codes = models.JSONField(default=list)
    added_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": ["name", "unit", "minimum", "per_test", "days_open", "test_codes", "added_at", "retired_at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "stores_item"
        constraints = [
            models.CheckConstraint(condition=Q(minimum__gte=0), name="stores_item_minimum_counts"),
            models.CheckConstraint(
                condition=Q(per_test__isnull=True) | Q(per_test__gt=0), name="stores_item_per_test_counts"
            ),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(retired_at__isnull=True), name="stores_item_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Lot(ScopedModel):
    """One lot of an item. ``quantity`` is what the book adds up to, and never below nothing."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=60)
    expires_on = models.DateField()
    opened_on = models.DateField(null=True)
    quantity = quantity()

    privacy: ClassVar = {"internal": ["item", "number", "expires_on", "opened_on", "quantity"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "stores_lot"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stores_lot_never_below_nothing"),
            models.UniqueConstraint(fields=["item", "number"], name="stores_lot_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Movement(ScopedModel):
    """One line of the stock book: ``amount`` with its sign, ``after`` what the lot held then. Never changed.

    ``used`` may name the run and the test; ``corrected`` and ``discarded`` carry a reason.
    """

    KINDS = ("received", "used", "corrected", "discarded")

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=9)
    amount = quantity()
    after = quantity()
    test_code = models.CharField(max_length=40, blank=True)
    run = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=240, blank=True)
    by = models.ForeignKey("core.StaffPerson", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["lot", "kind", "amount", "after", "test_code", "run", "reason", "by", "at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "stores_movement"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="received", amount__gt=0)
                | Q(kind__in=("used", "discarded"), amount__lt=0)
                | (Q(kind="corrected") & ~Q(amount=0)),
                name="stores_movement_sign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("received", "used")) | ~Q(reason=""), name="stores_movement_reason"
            ),
            models.CheckConstraint(condition=Q(after__gte=0), name="stores_movement_never_below_nothing"),
        ]
        indexes = [models.Index(fields=["lot", "-at"], name="stores_movement_book")]


class Pause(ScopedModel):
    """A capability that was paused because a reagent ran out, so that only this is lifted when stock comes.

    When a person offers the test again in spite of it, the row stays until stock comes: that decision is not undone.
    """

    capability_id = models.UUIDField()

    privacy: ClassVar = {"internal": ["capability_id"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "stores_pause"
        constraints = [models.UniqueConstraint(fields=["owner", "capability_id"], name="stores_pause_once")]
