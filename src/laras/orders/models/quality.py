"""Samples that watch over samples: blanks, duplicates and spikes, each an order of its own kind, linked to what they watch."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core.models import ScopedModel
from laras.orders.models.ordering import Sample
from laras.orders.states import QUALITY_ROLES


class QualitySample(ScopedModel):
    """A sample taken or made to check others. ``added``: test -> amount that was added to a spike, plain decimal text."""

    sample = models.OneToOneField(Sample, models.CASCADE, related_name="quality")
    role = models.CharField(max_length=16, choices=list(QUALITY_ROLES.items()))
    added = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {"internal": ["sample", "role", "added", "note"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_quality_sample"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=list(QUALITY_ROLES)), name="orders_quality_role_known")
        ]


class QualityMate(ScopedModel):
    """One of the samples that a quality sample watches over."""

    quality = models.ForeignKey(QualitySample, models.CASCADE, related_name="mates", db_index=False)
    sample = models.ForeignKey(Sample, models.CASCADE, related_name="watched_by")

    privacy: ClassVar = {"internal": ["quality", "sample"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_quality_mate"
        constraints = [models.UniqueConstraint(fields=["quality", "sample"], name="orders_quality_mate_once")]
