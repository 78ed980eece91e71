"""What laboratories have, and when they said so."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.resources.labels import CONDITIONS, FUNDS, REPORT_KINDS, REPORT_WAYS


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


class Report(ScopedModel):
    """That a laboratory said what its register holds on ``day``; the same content said again is a report too.

    ``way``: :data:`labels.REPORT_WAYS`. ``change`` stands for what was known before reports were kept: the register changed
    on that day. ``items`` is how many items were said, ``changed`` how many of them changed the register.
    """

    kind = models.CharField(max_length=10)
    way = models.CharField(max_length=10)
    day = models.DateField()
    recorded_at = models.DateTimeField(null=True, default=clock.now)
    recorded_by = models.UUIDField(null=True)
    items = models.PositiveIntegerField(null=True)
    changed = models.PositiveIntegerField(null=True)

    privacy: ClassVar = {"internal": ["kind", "way", "day", "recorded_at", "recorded_by", "items", "changed"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_report"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(REPORT_KINDS)), name="resources_report_kind_known"),
            models.CheckConstraint(condition=Q(way__in=list(REPORT_WAYS)), name="resources_report_way_known"),
            models.CheckConstraint(
                condition=Q(way="change") | Q(recorded_at__isnull=False), name="resources_report_recorded"
            ),
        ]
        indexes = [models.Index(fields=["owner", "kind", "day"], name="resources_report_day")]

    @property
    def way_label(self) -> str:
        return str(REPORT_WAYS[self.way])
