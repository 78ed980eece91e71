"""What laboratories told, the cases and counts that follow from it, signals and events.

A laboratory keeps what it told of an order (:class:`Statement`). The health office of where the person lives keeps what it was
told (:class:`Evidence`) and what follows: cases, counts, bands, signals, events. Weeks are named by their Sunday.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core import clock
from laras.core.models import Owner, ScopedModel
from laras.surveillance.states import DESIGNS, ESCALATE_HOURS, NOTICES, OUTBREAK, RISKS, SIGNAL
from laras.surveillance.types import CLASSIFICATIONS


def _known(field: str = "classification") -> Q:
    return Q(**{f"{field}__in": CLASSIFICATIONS})


class Statement(ScopedModel):
    """What a laboratory told of one order last: its findings, and to which office. ``rows`` is empty when it took all back."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    office = models.ForeignKey(Owner, models.PROTECT, null=True, related_name="+", db_index=False)
    rows_told = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    told_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["order", "revision", "office", "digest", "told_at"],
        "health": ["rows_told"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_statement"
        constraints = [models.UniqueConstraint(fields=["owner", "order"], name="surveillance_statement_once")]


class Reporting(ScopedModel):
    """A laboratory released reports in this week: its zeros of that week are true zeros."""

    week = models.DateField()
    first_at = models.DateTimeField()

    privacy: ClassVar = {"internal": ["week", "first_at"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_reporting"
        constraints = [
            models.UniqueConstraint(fields=["owner", "week"], name="surveillance_reporting_once"),
        ]


class Book(ScopedModel):
    """One row of each office: whoever changes its cases and counts holds it, so that no two count at once.

    ``waiting`` are the diseases counted since the office was judged last; a job is under way while it is not empty.
    """

    waiting = models.JSONField(default=list)

    privacy: ClassVar = {"internal": ["waiting"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_book"
        constraints = [models.UniqueConstraint(fields=["owner"], name="surveillance_book_once")]


class Heard(ScopedModel):
    """Which statement of a laboratory about an order was taken last, so that an older one that comes late says nothing."""

    laboratory = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    order = models.UUIDField()
    revision = models.PositiveIntegerField()

    privacy: ClassVar = {"internal": ["laboratory", "order", "revision"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_heard"
        constraints = [models.UniqueConstraint(fields=["owner", "laboratory", "order"], name="surveillance_heard_once")]


class Outbreak(ScopedModel):
    """An event: cases that are looked into together, until they are refuted or it is closed; by law perhaps a KLB."""

    number = models.CharField(max_length=48)
    disease = models.CharField(max_length=24)
    title = models.CharField(max_length=160)
    since = models.DateField()
    status = models.CharField(max_length=12, choices=OUTBREAK.choices, default=OUTBREAK.initial)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.UUIDField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.UUIDField(null=True)
    verification = models.CharField(max_length=1000, blank=True)
    risk = models.CharField(max_length=12, blank=True)
    risk_note = models.CharField(max_length=1000, blank=True)
    assessed_at = models.DateTimeField(null=True)
    assessed_by = models.UUIDField(null=True)
    decree = models.CharField(max_length=120, blank=True)
    declared_at = models.DateTimeField(null=True)
    declared_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    conclusion = models.CharField(max_length=2000, blank=True)
    first_report_at = models.DateTimeField(null=True)
    first_report_by = models.UUIDField(null=True)
    at_risk = models.PositiveIntegerField(null=True)
    at_risk_who = models.CharField(max_length=200, blank=True)

    privacy: ClassVar = {
        "internal": [
            "number", "disease", "title", "since", "status", "opened_at", "opened_by", "verified_at", "verified_by",
            "risk", "assessed_at", "assessed_by", "decree", "declared_at", "declared_by", "ended_at", "ended_by",
            "closed_at", "closed_by", "first_report_at", "first_report_by", "at_risk", "at_risk_who",
        ],
        "health": ["verification", "risk_note", "conclusion"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_outbreak"
        constraints = [
            OUTBREAK.constraint("surveillance_outbreak"),
            models.UniqueConstraint(fields=["owner", "number"], name="surveillance_outbreak_number_once"),
            models.CheckConstraint(condition=Q(risk__in=["", *RISKS]), name="surveillance_outbreak_risk_known"),
            models.CheckConstraint(
                condition=Q(at_risk__isnull=True) | Q(at_risk__gte=1) & ~Q(at_risk_who=""),
                name="surveillance_outbreak_at_risk_who",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["verified", "declared", "ended"])
                | Q(verified_at__isnull=False) & ~Q(verification=""),
                name="surveillance_outbreak_verified_how",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["declared", "ended"])
                | Q(declared_at__isnull=False, assessed_at__isnull=False) & ~Q(decree="") & ~Q(risk=""),
                name="surveillance_outbreak_declared_by_decree",
            ),
            models.CheckConstraint(
                condition=~Q(status="ended") | Q(ended_at__isnull=False), name="surveillance_outbreak_ended_when"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["closed", "refuted"]) | Q(closed_at__isnull=False) & ~Q(conclusion=""),
                name="surveillance_outbreak_closed_why",
            ),
        ]
        indexes = [models.Index(fields=["owner", "status", "disease"], name="surveillance_outbreak_open")]

    def __str__(self) -> str:
        return self.number


class TeamMember(ScopedModel):
    """Somebody who works on an event and may see the names of its cases."""

    outbreak = models.ForeignKey(Outbreak, models.CASCADE, related_name="team", db_index=False)
    person = models.ForeignKey("core.StaffPerson", models.PROTECT, related_name="+", db_index=False)
    joined_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {"internal": ["outbreak", "person", "joined_at"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_team_member"
        constraints = [models.UniqueConstraint(fields=["outbreak", "person"], name="surveillance_team_once")]


class NoticeSettings(ScopedModel):
    """Where an office wants to be told beside its screen, when not, and how long it may stay silent. One row of each office.

    ``key_number`` makes the webhook's key, which is nowhere kept: see :func:`laras.surveillance.services.webhook_key`.
    """

    emails = models.JSONField(default=list)
    webhook = models.CharField(max_length=300, blank=True)
    key_number = models.PositiveIntegerField(default=1)
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_until = models.PositiveSmallIntegerField(null=True)
    escalate_hours = models.PositiveSmallIntegerField(default=ESCALATE_HOURS)
    changed_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["webhook", "key_number", "quiet_from", "quiet_until", "escalate_hours", "changed_at"],
        "personal": ["emails"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_notice_settings"
        constraints = [
            models.UniqueConstraint(fields=["owner"], name="surveillance_notice_settings_once"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__lte=23, quiet_until__lte=23),
                name="surveillance_notice_settings_quiet",
            ),
            models.CheckConstraint(condition=Q(escalate_hours__lte=168), name="surveillance_notice_settings_escalate"),
        ]


class Notice(ScopedModel):
    """Something that the office should know: its own signal, one that an office below left alone, or a KLB declared below.

    ``about`` is the signal or event, ``office`` whose it is. ``due_at`` is when mail and webhook may be told, after quiet hours.
    """

    kind = models.CharField(max_length=12, choices=NOTICES)
    about = models.UUIDField()
    office = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    disease = models.CharField(max_length=24)
    week = models.DateField()
    observed = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    escalated_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "kind", "about", "office", "disease", "week", "observed", "created_at", "due_at", "mailed_at", "posted_at",
            "acknowledged_at", "acknowledged_by", "escalated_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_notice"
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "about"], name="surveillance_notice_once"),
            models.CheckConstraint(condition=Q(kind__in=list(NOTICES)), name="surveillance_notice_kind_known"),
        ]
        indexes = [
            models.Index(
                fields=["owner", "created_at"],
                name="surveillance_notice_open",
                condition=Q(acknowledged_at__isnull=True),
            )
        ]


class Study(ScopedModel):
    """Who ate what at one meal of an event, and who fell ill: of all who were there (``cohort``), or of the ill and some well.

    ``foods``: ``[key, name]`` each; a key stays when its food is renamed. ``revision`` rises with every change of its persons, so
    that two who fill in the list at once notice.
    """

    outbreak = models.ForeignKey(Outbreak, models.PROTECT, related_name="+")
    design = models.CharField(max_length=12, choices=DESIGNS)
    meal = models.CharField(max_length=160)
    served_at = models.DateTimeField(null=True)
    case_definition = models.CharField(max_length=500)
    foods = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["outbreak", "design", "meal", "served_at", "case_definition", "foods", "revision", "changed_at"]
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_study"
        constraints = [
            models.UniqueConstraint(fields=["owner", "outbreak"], name="surveillance_study_once"),
            models.CheckConstraint(condition=Q(design__in=list(DESIGNS)), name="surveillance_study_design_known"),
        ]


class Diner(ScopedModel):
    """A person of a study. ``foods``: key -> whether it was eaten; a food that nobody remembers is absent."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="diners", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    sex = models.CharField(max_length=1, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    ill = models.BooleanField()
    onset_at = models.DateTimeField(null=True)
    foods = models.JSONField(default=dict)

    privacy: ClassVar = {
        "internal": ["study", "number"],
        "personal": ["name", "sex", "age"],
        "health": ["ill", "onset_at", "foods"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_diner"
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="surveillance_diner_number_once"),
            models.CheckConstraint(condition=~Q(name=""), name="surveillance_diner_named"),
            models.CheckConstraint(
                condition=Q(ill=True) | Q(onset_at__isnull=True), name="surveillance_diner_onset_of_the_ill"
            ),
        ]


class Case(ScopedModel):
    """One episode of one disease of one person (or place). ``day`` is of the first specimen that says so.

    One that no evidence bears any more is kept and does not ``stand``. ``person`` recognises, and does not name, somebody.
    """

    disease = models.CharField(max_length=24)
    person = models.CharField(max_length=64)
    classification = models.CharField(max_length=10)
    day = models.DateField()
    last_day = models.DateField()
    week = models.DateField()
    area = models.ForeignKey("network.Area", models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+", db_index=False)
    laboratory = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    sex = models.CharField(max_length=1, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    by_residence = models.BooleanField(default=True)
    stands = models.BooleanField(default=True)
    counted_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    outbreak = models.ForeignKey(Outbreak, models.PROTECT, null=True, related_name="cases")

    privacy: ClassVar = {
        "internal": [
            "disease", "day", "last_day", "week", "area", "district", "laboratory", "by_residence", "stands",
            "counted_at", "changed_at", "outbreak",
        ],
        "health": ["classification"],
        "personal": ["person", "sex", "age"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_case"
        constraints = [
            models.CheckConstraint(
                condition=_known() & ~Q(classification=""), name="surveillance_case_classification_known"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("day")), name="surveillance_case_days_in_order"),
            models.UniqueConstraint(
                fields=["owner", "disease", "person", "day"],
                condition=Q(stands=True),
                name="surveillance_case_episode_once",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "disease", "week"], name="surveillance_case_in_week"),
            models.Index(fields=["owner", "disease", "person"], name="surveillance_case_of_person"),
        ]


class Evidence(ScopedModel):
    """What one released result says of one disease, as its laboratory told it; ``classification`` empty: tested only.

    Never overwritten: a result that was corrected or taken back ends its row (``ended_at``) and, if need be, begins another.
    The name and address stay with those who were found to be cases, for the team of an event.
    """

    laboratory = models.ForeignKey(Owner, models.PROTECT, related_name="+", db_index=False)
    order = models.UUIDField()
    result = models.UUIDField()
    test = models.CharField(max_length=60)
    disease = models.CharField(max_length=24)
    classification = models.CharField(max_length=10, blank=True)
    positive = models.BooleanField(default=False)
    definition = models.CharField(max_length=60, blank=True)
    person = models.CharField(max_length=64)
    sex = models.CharField(max_length=1, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    day = models.DateField()
    week = models.DateField()
    area = models.ForeignKey("network.Area", models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+", db_index=False)
    by_residence = models.BooleanField(default=True)
    revision = models.PositiveIntegerField()
    heard_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="evidence")
    name = models.CharField(max_length=160, blank=True)
    birth_date = models.DateField(null=True)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    privacy: ClassVar = {
        "internal": [
            "laboratory", "order", "result", "test", "disease", "definition", "day", "week", "area", "district",
            "by_residence", "revision", "heard_at", "ended_at", "case",
        ],
        "health": ["classification", "positive"],
        "personal": ["person", "sex", "age", "name", "birth_date", "address", "phone"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_evidence"
        constraints = [
            models.CheckConstraint(condition=_known(), name="surveillance_evidence_classification_known"),
            models.CheckConstraint(
                condition=Q(positive=False) | ~Q(classification=""), name="surveillance_evidence_positive_by_finding"
            ),
            # However often a message arrives, a result speaks once.
            models.UniqueConstraint(
                fields=["owner", "result", "disease"],
                condition=Q(ended_at__isnull=True),
                name="surveillance_evidence_once",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "disease", "week"], name="surveillance_evidence_in_week"),
            models.Index(fields=["owner", "disease", "person"], name="surveillance_evidence_person"),
            models.Index(fields=["owner", "laboratory", "order"], name="surveillance_evidence_order"),
        ]


class Count(ScopedModel):
    """One disease, area and week: persons tested, persons positive, and new cases. Derived from evidence and cases, except
    those from before, which were ``imported`` (``source`` says from where).
    """

    disease = models.CharField(max_length=24)
    area = models.ForeignKey("network.Area", models.PROTECT, related_name="+", db_index=False)
    district = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+", db_index=False)
    week = models.DateField()
    imported = models.BooleanField(default=False)
    tested = models.PositiveIntegerField(default=0)
    positive = models.PositiveIntegerField(default=0)
    cases = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=120, blank=True)

    privacy: ClassVar = {
        "internal": ["disease", "area", "district", "week", "imported", "source"],
        "health": ["tested", "positive", "cases"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_count"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "disease", "week", "area", "imported"], name="surveillance_count_once"
            ),
            models.CheckConstraint(
                condition=Q(tested__gte=F("positive")), name="surveillance_count_positive_were_tested"
            ),
        ]
        indexes = [models.Index(fields=["owner", "week"], name="surveillance_count_of_week")]


class Band(ScopedModel):
    """What was to be expected of a disease in the whole area of an office in a week, and what came.

    ``observed`` null: no laboratory reported. Bounds are null where the method has no answer, never zero instead.
    """

    disease = models.CharField(max_length=24)
    week = models.DateField()
    observed = models.PositiveIntegerField(null=True)
    tested = models.PositiveIntegerField(null=True)
    positive = models.PositiveIntegerField(null=True)
    expected = models.FloatField(null=True)
    upperbound = models.FloatField(null=True)
    score = models.FloatField(null=True)
    alarm = models.BooleanField(default=False)
    evaluated = models.BooleanField(default=False)
    method = models.CharField(max_length=40)
    criteria = models.JSONField(default=list)
    judged_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": ["disease", "week", "method", "judged_at", "evaluated"],
        "health": ["observed", "tested", "positive", "expected", "upperbound", "score", "alarm", "criteria"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_band"
        constraints = [
            models.UniqueConstraint(fields=["owner", "disease", "week"], name="surveillance_band_once"),
            models.CheckConstraint(condition=Q(alarm=False) | Q(evaluated=True), name="surveillance_band_alarm_judged"),
        ]
        indexes = [models.Index(fields=["owner", "week"], name="surveillance_band_of_week")]


class Threshold(ScopedModel):
    """So many cases of a disease in a week are a signal here, because a person of the office said so and why."""

    disease = models.CharField(max_length=24)
    cases = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    adopted_at = models.DateTimeField(default=clock.now)
    adopted_by = models.UUIDField(null=True)

    privacy: ClassVar = {"internal": ["disease", "cases", "reason", "adopted_at", "adopted_by"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_threshold"
        constraints = [
            models.UniqueConstraint(fields=["owner", "disease"], name="surveillance_threshold_once"),
            models.CheckConstraint(condition=Q(cases__gte=1), name="surveillance_threshold_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="surveillance_threshold_with_reason"),
        ]


class Signal(ScopedModel):
    """A disease was unusual in a week: ``by`` names what said so (the method, ``threshold``, a legal criterion)."""

    disease = models.CharField(max_length=24)
    week = models.DateField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField(null=True)
    upperbound = models.FloatField(null=True)
    by = models.JSONField(default=list)
    status = models.CharField(max_length=12, choices=SIGNAL.choices, default=SIGNAL.initial)
    raised_at = models.DateTimeField(default=clock.now)
    triaged_at = models.DateTimeField(null=True)
    triaged_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    outbreak = models.ForeignKey(Outbreak, models.PROTECT, null=True, related_name="signals")

    privacy: ClassVar = {
        "internal": ["disease", "week", "status", "raised_at", "triaged_at", "triaged_by", "outbreak"],
        "health": ["observed", "expected", "upperbound", "by", "reason"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "surveillance_signal"
        constraints = [
            SIGNAL.constraint("surveillance_signal"),
            models.UniqueConstraint(fields=["owner", "disease", "week"], name="surveillance_signal_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["watched", "dismissed", "joined"])
                | Q(triaged_at__isnull=False, triaged_by__isnull=False) & ~Q(reason=""),
                name="surveillance_signal_triaged_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=Q(status="joined", outbreak__isnull=False) | ~Q(status="joined") & Q(outbreak__isnull=True),
                name="surveillance_signal_joined_to_what",
            ),
        ]
        indexes = [models.Index(fields=["owner", "status", "-week"], name="surveillance_signal_by_status")]
