"""Surveys of vectors, and the pools in which vectors are tested."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.orders.models.ordering import Sample
from laras.orders.states import SURVEY_KINDS, VECTOR_SEXES


class EntomologySurvey(ScopedModel):
    """One survey on one day at one place: larvae in houses and containers, or a catch. A wrong one is voided with a reason."""

    kind = models.CharField(max_length=8, choices=list(SURVEY_KINDS.items()))
    day = models.DateField()
    area = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=160)
    species = models.CharField(max_length=80, blank=True)
    houses = models.PositiveIntegerField(default=0)
    houses_positive = models.PositiveIntegerField(default=0)
    containers = models.PositiveIntegerField(default=0)
    containers_positive = models.PositiveIntegerField(default=0)
    collectors = models.PositiveIntegerField(default=0)
    hours = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    nights = models.PositiveIntegerField(default=0)
    caught = models.PositiveIntegerField(default=0)
    surveyor = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=240, blank=True)
    noted_at = models.DateTimeField(default=clock.now)
    noted_by = models.UUIDField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "kind", "day", "area", "place", "species", "houses", "houses_positive", "containers", "containers_positive",
            "collectors", "hours", "nights", "caught", "note", "noted_at", "noted_by", "voided_at", "void_reason",
        ],
        "personal": ["surveyor"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_entomology_survey"
        indexes = [models.Index(fields=["owner", "-day"], name="orders_survey_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(SURVEY_KINDS)), name="orders_survey_kind_known"),
            models.CheckConstraint(
                condition=Q(houses_positive__lte=F("houses")) & Q(containers_positive__lte=F("containers")),
                name="orders_survey_part_of_whole",
            ),
            models.CheckConstraint(
                condition=Q(kind="larvae", houses__gte=1) | Q(kind="catch", collectors__gte=1, hours__gt=0),
                name="orders_survey_of_something",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | ~Q(void_reason=""), name="orders_survey_void_why"
            ),
        ]


class VectorPool(ScopedModel):
    """The specimens of one sample that are ground and tested together."""

    sample = models.OneToOneField(Sample, models.CASCADE, related_name="pool")
    day = models.DateField()
    species = models.CharField(max_length=80)
    sex = models.CharField(max_length=1, choices=list(VECTOR_SEXES.items()), default="U")
    specimens = models.PositiveIntegerField()
    trap = models.CharField(max_length=80, blank=True)

    privacy: ClassVar = {"internal": ["sample", "day", "species", "sex", "specimens", "trap"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_vector_pool"
        indexes = [models.Index(fields=["owner", "-day"], name="orders_pool_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(specimens__gte=1), name="orders_pool_of_some"),
            models.CheckConstraint(condition=Q(sex__in=list(VECTOR_SEXES)), name="orders_pool_sex_known"),
        ]
