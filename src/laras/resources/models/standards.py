"""What laboratories of each tier must have."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core.ids import new_id
from laras.resources.labels import STANDARD_STATUS


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
