"""What laboratories can do and what they have, and the standard it is held against."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core import clock
from laras.core.ids import new_id
from laras.core.models import ScopedModel
from laras.resources.labels import CONDITIONS, FUNDS, STANDARD_STATUS
from laras.resources.states import CAPABILITY


class Capability(ScopedModel):
    """One test by one method at one laboratory.

    Open directory data for reading (queries ask within ``Scope.everything()``, since every laboratory looks for the
    others' abilities); written by its owner only. ``price`` in whole rupiah, ``tat_hours`` from receipt to release.
    ``reason`` says why it is paused and is empty while it is active.
    """

    test_code = models.CharField(max_length=40)
    method = models.CharField(max_length=120, blank=True)
    tat_hours = models.PositiveIntegerField()
    capacity_per_day = models.PositiveIntegerField(null=True)
    price = models.PositiveBigIntegerField(null=True)
    accredited = models.BooleanField(default=False)
    status = models.CharField(max_length=8, default="active")
    reason = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "open": [
            "test_code", "method", "tat_hours", "capacity_per_day", "price", "accredited", "status", "reason",
            "changed_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_capability"
        constraints = [
            CAPABILITY.constraint("resources_capability"),
            models.CheckConstraint(
                condition=Q(status="active", reason="") | (Q(status="paused") & ~Q(reason="")),
                name="resources_capability_paused_with_reason",
            ),
            models.CheckConstraint(condition=Q(tat_hours__gte=1), name="resources_capability_tat_positive"),
            models.UniqueConstraint(fields=["owner", "test_code", "method"], name="resources_capability_once"),
        ]
        indexes = [models.Index(fields=["test_code", "status"], name="resources_capability_test")]


class Standard(models.Model):
    """A version of what laboratories of each tier must have. Never changed once it is in: old scores stay reproducible.

    Open reference data, readable by everybody who is signed in, and therefore global, as its items are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    valid_from = models.DateField()
    source = models.CharField(max_length=200)
    status = models.CharField(max_length=8)
    note = models.CharField(max_length=400, blank=True)

    privacy: ClassVar = {"open": ["id", "version", "title", "valid_from", "source", "status", "note"]}

    class Meta:
        db_table = "resources_standard"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=STANDARD_STATUS), name="resources_standard_status_known"),
            models.CheckConstraint(condition=~Q(source=""), name="resources_standard_source_named"),
        ]

    def __str__(self) -> str:
        return self.version


class StandardItem(models.Model):
    """One item of a standard with the minimum for each column; ``aliases`` are other names, ASPAK's among them.

    ``code`` stays the same in later versions for the same thing; the register of laboratories names it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="items", db_index=False)
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=24)
    position = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    tier1 = models.PositiveSmallIntegerField()
    tier2 = models.PositiveSmallIntegerField()
    tier3 = models.PositiveSmallIntegerField()
    tier4 = models.PositiveSmallIntegerField()
    tier5_biology = models.PositiveSmallIntegerField()
    tier5_environment = models.PositiveSmallIntegerField()
    aliases = models.JSONField(default=list)

    privacy: ClassVar = {
        "open": [
            "id", "standard", "kind", "code", "position", "category", "name", "tier1", "tier2", "tier3", "tier4",
            "tier5_biology", "tier5_environment", "aliases",
        ]
    }  # fmt: skip

    class Meta:
        db_table = "resources_standard_item"
        constraints = [
            models.UniqueConstraint(fields=["standard", "kind", "code"], name="resources_standard_item_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["equipment", "staff", "rooms"]), name="resources_standard_item_kind_known"
            ),
        ]


class Equipment(ScopedModel):
    """Equipment of a laboratory: one unit, or several that are alike, during ``[valid_from, valid_until)`` in days.

    ``item_code`` names the item of the standard; empty while nobody has said which one is meant, or when it is none of
    them (``outside``). ``name`` is what the laboratory wrote. A row with nothing that functions says that the
    laboratory has looked and has none; without any row nothing is known.
    """

    item_code = models.CharField(max_length=24, blank=True)
    outside = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    functioning = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    condition = models.CharField(max_length=12, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    source_of_funds = models.CharField(max_length=16, blank=True)
    maker = models.CharField(max_length=120, blank=True)
    serial = models.CharField(max_length=60, blank=True)
    calibration_due = models.DateField(null=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    privacy: ClassVar = {
        "internal": [
            "item_code", "outside", "name", "functioning", "total", "condition", "year", "source_of_funds", "maker",
            "serial", "calibration_due", "valid_from", "valid_until",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_equipment"
        constraints = [
            models.CheckConstraint(condition=Q(functioning__lte=F("total")), name="resources_equipment_functioning"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="resources_equipment_period",
            ),
            models.CheckConstraint(
                condition=Q(condition__in=["", *CONDITIONS]), name="resources_equipment_condition_known"
            ),
            models.CheckConstraint(
                condition=Q(source_of_funds__in=["", *FUNDS]), name="resources_equipment_funds_known"
            ),
            models.CheckConstraint(
                condition=Q(outside=False) | Q(item_code=""), name="resources_equipment_outside_has_no_item"
            ),
            models.UniqueConstraint(
                fields=["owner", "maker", "item_code", "name", "serial"],
                condition=Q(valid_until__isnull=True) & ~Q(serial=""),
                name="resources_equipment_serial_now",
            ),
        ]
        indexes = [models.Index(fields=["owner", "item_code", "valid_from"], name="resources_equipment_item")]

    @property
    def condition_label(self) -> str:
        return str(CONDITIONS.get(self.condition, ""))
