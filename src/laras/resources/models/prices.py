"""What equipment costs, by the table of an office."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.resources.labels import FUNDS, PRICE_STATUS
from laras.resources.rules import MAX_PRICE


class Price(ScopedModel):
    """What one unit of an item costs, in whole rupiah, as an office (or a laboratory) reckons with.

    Open planning data for reading: an office without a price of its own reckons with that of the office above (queries ask
    within ``Scope.everything()``). Written by its owner only.
    """

    item_code = models.CharField(max_length=24)
    price = models.PositiveBigIntegerField()
    lead_weeks = models.PositiveSmallIntegerField(null=True)
    fund = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=200)
    status = models.CharField(max_length=8)
    changed_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "open": ["item_code", "price", "lead_weeks", "fund", "source", "status", "changed_at"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_price"
        constraints = [
            models.UniqueConstraint(fields=["owner", "item_code"], name="resources_price_once"),
            models.CheckConstraint(condition=Q(price__range=(1, MAX_PRICE)), name="resources_price_is_one"),
            models.CheckConstraint(condition=~Q(source=""), name="resources_price_source_named"),
            models.CheckConstraint(condition=Q(status__in=list(PRICE_STATUS)), name="resources_price_status_known"),
            models.CheckConstraint(condition=Q(fund__in=["", *FUNDS]), name="resources_price_fund_known"),
        ]
