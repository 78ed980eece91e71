"""Who works in a laboratory, and in which rooms: what is so from a day on, and what was so before."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core.models import ScopedModel
from laras.resources.labels import BIOSAFETY, EMPLOYMENTS, PROFESSIONS, ROOM_FUNCTIONS, YES_NO


class Staff(ScopedModel):
    """One who works in a laboratory during ``[valid_from, valid_until)`` in days; any change begins a new row.

    Not an account of this system: most who are counted never sign in. ``code`` is the laboratory's own (NIP); a licence without a
    last day does not end (STR), or nobody has said so.
    """

    name = models.CharField(max_length=120)
    code = models.CharField(max_length=30, blank=True)
    profession = models.CharField(max_length=16)
    qualification = models.CharField(max_length=60, blank=True)
    employment = models.CharField(max_length=10, blank=True)
    position = models.CharField(max_length=120, blank=True)
    str_number = models.CharField(max_length=60, blank=True)
    str_until = models.DateField(null=True)
    sip_number = models.CharField(max_length=60, blank=True)
    sip_until = models.DateField(null=True)
    training = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    privacy: ClassVar = {
        "personal": ["name", "code", "str_number", "sip_number"],
        "internal": [
            "profession", "qualification", "employment", "position", "str_until", "sip_until", "training", "valid_from",
            "valid_until",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_staff"
        constraints = [
            models.CheckConstraint(condition=Q(profession__in=list(PROFESSIONS)), name="resources_staff_profession"),
            models.CheckConstraint(condition=Q(employment__in=["", *EMPLOYMENTS]), name="resources_staff_employment"),
            models.CheckConstraint(condition=~Q(name=""), name="resources_staff_named"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="resources_staff_period",
            ),
            models.UniqueConstraint(
                fields=["owner", "code"],
                condition=Q(valid_until__isnull=True) & ~Q(code=""),
                name="resources_staff_code_now",
            ),
        ]
        indexes = [models.Index(fields=["owner", "profession", "valid_from"], name="resources_staff_of")]

    @property
    def profession_label(self) -> str:
        return str(PROFESSIONS[self.profession])

    @property
    def employment_label(self) -> str:
        return str(EMPLOYMENTS.get(self.employment, ""))


class Room(ScopedModel):
    """A room of a laboratory during ``[valid_from, valid_until)`` in days. ``power_hours``: electricity, hours a day.

    What nobody has said is empty, which is not the same as ``no``.
    """

    building = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=120)
    function = models.CharField(max_length=16)
    area_m2 = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    biosafety = models.CharField(max_length=8, blank=True)
    power_hours = models.PositiveSmallIntegerField(null=True)
    generator = models.CharField(max_length=3, blank=True)
    water = models.CharField(max_length=3, blank=True)
    internet = models.CharField(max_length=3, blank=True)
    cold_chain = models.CharField(max_length=3, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    privacy: ClassVar = {
        "internal": [
            "building", "name", "function", "area_m2", "biosafety", "power_hours", "generator", "water", "internet",
            "cold_chain", "valid_from", "valid_until",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_room"
        constraints = [
            models.CheckConstraint(condition=Q(function__in=list(ROOM_FUNCTIONS)), name="resources_room_function"),
            models.CheckConstraint(condition=Q(biosafety__in=["", *BIOSAFETY]), name="resources_room_biosafety"),
            models.CheckConstraint(
                condition=Q(power_hours__isnull=True) | Q(power_hours__lte=24), name="resources_room_power"
            ),
            models.CheckConstraint(condition=Q(area_m2__isnull=True) | Q(area_m2__gt=0), name="resources_room_area"),
            models.CheckConstraint(
                condition=Q(generator__in=["", *YES_NO])
                & Q(water__in=["", *YES_NO])
                & Q(internet__in=["", *YES_NO])
                & Q(cold_chain__in=["", *YES_NO]),
                name="resources_room_utilities",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="resources_room_period"
            ),
            models.UniqueConstraint(
                fields=["owner", "building", "name"],
                condition=Q(valid_until__isnull=True),
                name="resources_room_name_now",
            ),
        ]

    @property
    def function_label(self) -> str:
        return str(ROOM_FUNCTIONS[self.function])

    @property
    def biosafety_label(self) -> str:
        return str(BIOSAFETY.get(self.biosafety, ""))

    @property
    def generator_label(self) -> str:
        return str(YES_NO.get(self.generator, ""))

    @property
    def water_label(self) -> str:
        return str(YES_NO.get(self.water, ""))

    @property
    def internet_label(self) -> str:
        return str(YES_NO.get(self.internet, ""))

    @property
    def cold_chain_label(self) -> str:
        return str(YES_NO.get(self.cold_chain, ""))
