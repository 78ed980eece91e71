"""Cultures with their media, readings and isolates, what isolates are susceptible to, and the tables that judge it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.cultures.states import CULTURE
from laras.cultures.types import CATEGORIES, GRAMS, KINDS, METHODS, OUTCOMES, SHOWN, SIGNIFICANCES


def known(name: str, field: str, words: tuple[str, ...], *, empty: bool = False) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [*words, *([""] if empty else [])]}), name=name)


def person() -> models.UUIDField:
    return models.UUIDField(null=True)


def amount(**more: Any) -> models.DecimalField:
    return models.DecimalField(max_digits=20, decimal_places=6, **more)


class Culture(ScopedModel):
    """One culture of one requested test. ``read_days`` are the days after inoculation on which it is read.

    ``next_read_on`` is the day of the next reading, empty when the plan is through. ``site`` is what breakpoints may name.
    """

    result = models.ForeignKey("bench.Result", models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    sample = models.ForeignKey("orders.Sample", models.PROTECT, related_name="+")
    test_code = models.CharField(max_length=60)
    site = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, choices=CULTURE.choices, default=CULTURE.initial)
    read_days = models.JSONField(default=list)
    next_read_on = models.DateField(null=True)
    grown = models.BooleanField(default=False)
    inoculated_at = models.DateTimeField(default=clock.now)
    inoculated_by = person()
    conclusion = models.CharField(max_length=240, blank=True)
    finished_at = models.DateTimeField(null=True)
    finished_by = person()
    cancel_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "result", "order", "sample", "test_code", "site", "status", "read_days", "next_read_on", "inoculated_at",
            "inoculated_by", "finished_at", "finished_by", "cancel_reason",
        ],
        "health": ["grown", "conclusion"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_culture"
        constraints = [
            CULTURE.constraint("cultures_culture"),
            models.UniqueConstraint(
                fields=["result"], condition=~Q(status="cancelled"), name="cultures_culture_of_result_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="final") | Q(finished_at__isnull=False, finished_by__isnull=False),
                name="cultures_culture_finished_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancel_reason=""), name="cultures_culture_cancelled_why"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "status", "next_read_on"], name="cultures_culture_to_read"),
            models.Index(fields=["owner", "inoculated_at"], name="cultures_culture_by_time"),
        ]


class Medium(ScopedModel):
    """A plate, tube or bottle. ``subculture``: taken from another one later."""

    culture = models.ForeignKey(Culture, models.CASCADE, related_name="media")
    name = models.CharField(max_length=60)
    conditions = models.CharField(max_length=60, blank=True)
    subculture = models.BooleanField(default=False)
    at = models.DateTimeField(default=clock.now)
    by = person()

    privacy: ClassVar = {"internal": ["culture", "name", "conditions", "subculture", "at", "by"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_medium"


class Reading(ScopedModel):
    """What somebody saw on a day after inoculation. Never changed: a better look is another reading."""

    culture = models.ForeignKey(Culture, models.CASCADE, related_name="readings")
    sequence = models.PositiveSmallIntegerField()
    day = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12)
    gram = models.CharField(max_length=8, blank=True)
    quantity = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=240, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = person()

    privacy: ClassVar = {
        "internal": ["culture", "sequence", "day", "at", "by"],
        "health": ["outcome", "gram", "quantity", "note"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_reading"
        constraints = [
            models.UniqueConstraint(fields=["culture", "sequence"], name="cultures_reading_sequence_once"),
            known("cultures_reading_outcome_known", "outcome", OUTCOMES),
            known("cultures_reading_gram_known", "gram", GRAMS, empty=True),
        ]


class Isolate(ScopedModel):
    """A colony that was picked, numbered in its culture. ``significance`` is a person's, empty until decided.

    ``organism`` is a code of the shipped list, or empty beside an ``organism_name`` that the list does not have.
    ``quantity`` is what was written; ``operator`` and ``count`` (CFU/mL) what could be read of it.
    """

    culture = models.ForeignKey(Culture, models.CASCADE, related_name="isolates")
    number = models.PositiveSmallIntegerField()
    colony = models.CharField(max_length=160, blank=True)
    gram = models.CharField(max_length=8, blank=True)
    quantity = models.CharField(max_length=60, blank=True)
    operator = models.CharField(max_length=2, blank=True)
    count = amount(null=True)
    picked_at = models.DateTimeField(default=clock.now)
    picked_by = person()
    organism = models.CharField(max_length=24, blank=True)
    organism_name = models.CharField(max_length=120, blank=True)
    identification = models.CharField(max_length=120, blank=True)
    identified_at = models.DateTimeField(null=True)
    identified_by = person()
    significance = models.CharField(max_length=12, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = person()
    dropped_at = models.DateTimeField(null=True)
    dropped_by = person()
    drop_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "culture", "number", "picked_at", "picked_by", "identification", "identified_at", "identified_by",
            "decided_at", "decided_by", "dropped_at", "dropped_by", "drop_reason",
        ],
        "health": [
            "colony", "gram", "quantity", "operator", "count", "organism", "organism_name", "significance",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_isolate"
        constraints = [
            models.UniqueConstraint(fields=["culture", "number"], name="cultures_isolate_number_once"),
            known("cultures_isolate_gram_known", "gram", GRAMS, empty=True),
            known("cultures_isolate_significance_known", "significance", SIGNIFICANCES, empty=True),
            models.CheckConstraint(
                condition=Q(identified_at__isnull=True) | ~Q(organism_name=""), name="cultures_isolate_has_its_name"
            ),
            models.CheckConstraint(
                condition=Q(significance="") | Q(decided_by__isnull=False), name="cultures_isolate_decided_by_whom"
            ),
            models.CheckConstraint(
                condition=Q(dropped_at__isnull=True) | ~Q(drop_reason=""), name="cultures_isolate_dropped_why"
            ),
        ]


class BreakpointTable(ScopedModel):
    """A table of breakpoints that the laboratory entered or imported. Never changed: a newer one is another row."""

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    source = models.CharField(max_length=240)
    valid_from = models.DateField()
    example = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=clock.now)
    imported_by = person()
    retired_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "name", "version", "source", "valid_from", "example", "digest", "imported_at", "imported_by", "retired_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_breakpoint_table"
        constraints = [
            models.UniqueConstraint(fields=["owner", "name", "version"], name="cultures_breakpoint_table_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class BreakpointRow(ScopedModel):
    """A row as :class:`laras.cultures.types.Breakpoint`; ``number`` is its row in the file."""

    table = models.ForeignKey(BreakpointTable, models.CASCADE, related_name="rows_of")
    number = models.PositiveIntegerField()
    antibiotic = models.CharField(max_length=12)
    kind = models.CharField(max_length=9)
    organism = models.CharField(max_length=24, blank=True)
    group = models.CharField(max_length=24, blank=True)
    site = models.CharField(max_length=40, blank=True)
    s = amount(null=True)
    r = amount(null=True)
    strict = models.BooleanField(default=False)
    between = models.CharField(max_length=3, default="I")

    privacy: ClassVar = {
        "internal": [
            "table", "number", "antibiotic", "kind", "organism", "group", "site", "s", "r", "strict", "between",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_breakpoint_row"
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="cultures_breakpoint_row_once"),
            known("cultures_breakpoint_row_kind_known", "kind", KINDS),
            known("cultures_breakpoint_row_between_known", "between", ("I", "SDD")),
        ]


class Susceptibility(ScopedModel):
    """An antibiotic tested on an isolate. A newer value of the same supersedes it, and it stays.

    ``judged`` is what ``table`` and ``row`` made of it, or empty with ``reason``. ``override`` is an expert's, with a reason;
    what counts is ``category``.
    """

    isolate = models.ForeignKey(Isolate, models.CASCADE, related_name="tested")
    antibiotic = models.CharField(max_length=12)
    method = models.CharField(max_length=10)
    raw = models.CharField(max_length=20)
    operator = models.CharField(max_length=2, blank=True)
    value = amount()
    judged = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=16, blank=True)
    table = models.ForeignKey(BreakpointTable, models.PROTECT, null=True, related_name="+")
    row = models.PositiveIntegerField(null=True)
    organism = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = person()
    override = models.CharField(max_length=3, blank=True)
    override_reason = models.CharField(max_length=240, blank=True)
    override_at = models.DateTimeField(null=True)
    override_by = person()
    superseded_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "isolate", "antibiotic", "method", "table", "row", "at", "by", "override_at", "override_by",
            "superseded_at", "reason",
        ],
        "health": ["raw", "operator", "value", "judged", "organism", "override", "override_reason"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_susceptibility"
        constraints = [
            models.UniqueConstraint(
                fields=["isolate", "antibiotic"],
                condition=Q(superseded_at__isnull=True),
                name="cultures_susceptibility_stands_once",
            ),
            known("cultures_susceptibility_method_known", "method", METHODS),
            known("cultures_susceptibility_judged_known", "judged", CATEGORIES, empty=True),
            known("cultures_susceptibility_override_known", "override", CATEGORIES, empty=True),
            models.CheckConstraint(
                condition=~Q(judged="") | ~Q(reason=""), name="cultures_susceptibility_judged_or_why_not"
            ),
            models.CheckConstraint(
                condition=Q(judged="") | Q(table__isnull=False, row__isnull=False),
                name="cultures_susceptibility_judged_by_what",
            ),
            models.CheckConstraint(
                condition=Q(override="") | (~Q(override_reason="") & Q(override_by__isnull=False)),
                name="cultures_susceptibility_override_why",
            ),
        ]

    @property
    def category(self) -> str:
        return self.override or self.judged


class PanelRow(ScopedModel):
    """An antibiotic of the laboratory's panel and when the report shows it (:class:`laras.cultures.types.PanelLine`)."""

    antibiotic = models.CharField(max_length=12)
    group = models.CharField(max_length=24, blank=True)
    shown = models.CharField(max_length=7, default="always")
    after = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)

    privacy: ClassVar = {"internal": ["antibiotic", "group", "shown", "after", "position"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_panel_row"
        constraints = [
            models.UniqueConstraint(fields=["owner", "group", "antibiotic"], name="cultures_panel_row_once"),
            known("cultures_panel_row_shown_known", "shown", SHOWN),
        ]


class Statement(ScopedModel):
    """What was entered at the bench as the value number ``entries`` of the result: the text, and what it is made of."""

    culture = models.ForeignKey(Culture, models.CASCADE, related_name="statements")
    result = models.ForeignKey("bench.Result", models.PROTECT, related_name="+")
    entries = models.PositiveSmallIntegerField()
    provisional = models.BooleanField()
    heading = models.CharField(max_length=2000)
    body = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now)
    by = person()

    privacy: ClassVar = {
        "internal": ["culture", "result", "entries", "provisional", "at", "by"],
        "health": ["heading", "body"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "cultures_statement"
        constraints = [models.UniqueConstraint(fields=["result", "entries"], name="cultures_statement_of_value_once")]
