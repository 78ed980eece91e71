"""What senders write above the columns of their sheets."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core.models import ScopedModel
from laras.resources.labels import SHEET_COLUMNS


class SheetColumn(ScopedModel):
    """That an organisation means our ``column`` by a ``heading`` (as written) in its sheets of a ``kind``."""

    kind = models.CharField(max_length=10)
    heading = models.CharField(max_length=120)
    column = models.CharField(max_length=24)

    privacy: ClassVar = {"internal": ["kind", "heading", "column"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_sheet_column"
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "heading"], name="resources_sheet_column_once"),
            models.CheckConstraint(condition=Q(kind__in=list(SHEET_COLUMNS)), name="resources_sheet_column_kind_known"),
            models.CheckConstraint(condition=~Q(heading="") & ~Q(column=""), name="resources_sheet_column_said"),
        ]
