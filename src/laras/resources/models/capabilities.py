"""What laboratories can do."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
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
