"""Results with every value that was ever entered for them, holds, and calls of critical values."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from laras.bench.states import AUTO_RULE, RESULT
from laras.core import clock
from laras.core.models import Owner, ScopedModel

OPERATORS = ["", "<", "<=", ">", ">="]
FLAGS = ["", "N", "L", "H", "LL", "HH", "A"]
VALUE_KINDS = ["", "number", "span", "titre", "not_detected", "text", "coded"]


class Result(ScopedModel):
    """The work on one requested test and its present value.

    The value's columns repeat the newest :class:`ResultValue`, so that a list of a thousand results is one query; while
    nothing valid is entered (``kind`` empty) they are empty. ``entries`` counts the values ever entered, ``revision``
    the amendments after validation. ``abnormal`` says that a person must look at this one by itself.

    Two eyes are two persons: the database itself refuses a verifier or validator who entered the present value
    (constraints) or any value before it (triggers, migration 0002). ``provisional``: the work goes on and another value
    will come, as of a culture that is still read; validated, it may be reported, and its order is not finished.
    A result of another laboratory (``performer`` set)
    was verified and validated there; ``journey`` is the way it went, a list of objects that referral writes.
    """

    requested = models.OneToOneField("orders.RequestedTest", models.PROTECT, related_name="result")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="results")
    sample = models.ForeignKey("orders.Sample", models.PROTECT, related_name="results")
    test_code = models.CharField(max_length=60)
    discipline = models.CharField(max_length=40, blank=True)
    urgency = models.CharField(max_length=12, default="routine")
    status = models.CharField(max_length=12, choices=RESULT.choices, default=RESULT.initial)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(null=True)

    raw = models.CharField(max_length=2000, blank=True)
    kind = models.CharField(max_length=12, blank=True)
    operator = models.CharField(max_length=2, blank=True)
    number = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    until = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    unit = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=60, blank=True)
    text = models.TextField(blank=True)
    flag = models.CharField(max_length=2, blank=True)
    critical = models.BooleanField(default=False)
    abnormal = models.BooleanField(default=False)
    reference = models.CharField(max_length=160, blank=True)
    judgement = models.CharField(max_length=400, blank=True)
    basis = models.CharField(max_length=400, blank=True)
    meets_limit = models.BooleanField(null=True)
    limit_text = models.CharField(max_length=160, blank=True)
    limit_basis = models.CharField(max_length=160, blank=True)
    delta = models.CharField(max_length=240, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    # With a default in the database: the version before this one goes on writing while it is being replaced.
    provisional = models.BooleanField(default=False, db_default=False)
    revision = models.PositiveSmallIntegerField(default=0)
    entries = models.PositiveSmallIntegerField(default=0)

    method = models.CharField(max_length=160, blank=True)
    instrument = models.CharField(max_length=80, blank=True)
    reagent_lot = models.CharField(max_length=60, blank=True)
    run = models.UUIDField(null=True)
    control_state = models.CharField(max_length=12, blank=True)
    performer = models.ForeignKey(Owner, models.PROTECT, null=True, related_name="+")
    performer_name = models.CharField(max_length=200, blank=True)
    performer_report = models.CharField(max_length=60, blank=True)
    performer_revision = models.IntegerField(null=True)
    journey = models.JSONField(default=list, blank=True)

    entered_by = models.UUIDField(null=True)
    entered_at = models.DateTimeField(null=True)
    verified_by = models.UUIDField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_by_rule = models.ForeignKey("bench.AutoRule", models.PROTECT, null=True, related_name="+", db_index=False)
    auto_stopped = models.CharField(max_length=120, blank=True, db_default="", default="")
    device_flag = models.CharField(max_length=40, blank=True, db_default="", default="")
    validated_by = models.UUIDField(null=True)
    validated_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "requested", "order", "sample", "test_code", "discipline", "urgency", "status", "opened_at", "due_at",
            "unit", "reference", "basis", "limit_text", "limit_basis", "revision", "entries", "method", "instrument",
            "reagent_lot", "run", "control_state", "performer", "performer_name", "performer_report",
            "performer_revision", "journey", "entered_by", "entered_at", "verified_by", "verified_at", "validated_by",
            "validated_at", "return_reason", "verified_by_rule", "auto_stopped", "provisional",
        ],
        "health": [
            "raw", "kind", "operator", "number", "until", "answer", "text", "flag", "critical", "abnormal", "judgement",
            "meets_limit", "delta", "comment", "device_flag",
        ],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_result"
        constraints = [
            RESULT.constraint("bench_result"),
            models.CheckConstraint(condition=Q(operator__in=OPERATORS), name="bench_result_operator_known"),
            models.CheckConstraint(condition=Q(flag__in=FLAGS), name="bench_result_flag_known"),
            models.CheckConstraint(condition=Q(kind__in=VALUE_KINDS), name="bench_result_kind_known"),
            # What is on its way to a report has a value; nothing missing passes as one.
            models.CheckConstraint(
                condition=~Q(status__in=["entered", "verified", "validated"]) | ~Q(kind=""),
                name="bench_result_has_its_value",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["entered", "verified", "validated"])
                | Q(performer__isnull=False)
                | Q(entered_by__isnull=False, entered_at__isnull=False),
                name="bench_result_entered_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["verified", "validated"])
                | Q(performer__isnull=False)
                | Q(verified_by__isnull=False, verified_by_rule__isnull=True, verified_at__isnull=False)
                | Q(verified_by__isnull=True, verified_by_rule__isnull=False, verified_at__isnull=False),
                name="bench_result_verified_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="validated")
                | Q(performer__isnull=False)
                | Q(validated_by__isnull=False, validated_at__isnull=False),
                name="bench_result_validated_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("entered_by")),
                name="bench_result_two_eyes_verify",
            ),
            models.CheckConstraint(
                condition=Q(validated_by__isnull=True) | ~Q(validated_by=F("entered_by")),
                name="bench_result_two_eyes_validate",
            ),
        ]
        indexes = [
            # The worklists: only what is not finished, so they stay small beside a million old results.
            models.Index(
                fields=["owner", "status", "test_code", "opened_at"],
                condition=Q(status__in=["waiting", "to_refer", "referred", "entered", "verified"]),
                name="bench_result_open",
            ),
            models.Index(fields=["owner", "id"], name="bench_result_in_order"),
        ]


class AutoRule(ScopedModel):
    """One version of a laboratory's rule that verifies results of a test, or of every test without a rule of its own (empty
    ``test_code``). Only a draft changes; what is switched on is replaced by a newer version and stays as it was.

    ``tried_*`` say what it would have done with the results of the last days when it was tried, without which it is not
    switched on.
    """

    test_code = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=AUTO_RULE.choices, default=AUTO_RULE.initial)
    within = models.CharField(max_length=12, default="reference")
    low = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    high = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    unit = models.CharField(max_length=40, blank=True)
    delta_percent = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    delta_days = models.PositiveIntegerField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    age_from = models.PositiveSmallIntegerField(null=True)
    age_to = models.PositiveSmallIntegerField(null=True)
    exempt = models.JSONField(default=list)
    made_by = models.UUIDField()
    made_at = models.DateTimeField(default=clock.now)
    tried_at = models.DateTimeField(null=True)
    tried_days = models.PositiveSmallIntegerField(null=True)
    tried_total = models.PositiveIntegerField(null=True)
    tried_passed = models.PositiveIntegerField(null=True)
    switched_on_by = models.UUIDField(null=True)
    switched_on_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        "internal": [
            "test_code", "number", "status", "within", "low", "high", "unit", "delta_percent", "delta_days", "sex",
            "age_from", "age_to", "exempt", "made_by", "made_at", "tried_at", "tried_days", "tried_total",
            "tried_passed", "switched_on_by", "switched_on_at", "ended_by", "ended_at",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_auto_rule"
        constraints = [
            AUTO_RULE.constraint("bench_auto_rule"),
            models.CheckConstraint(condition=Q(within__in=["reference", "limits"]), name="bench_auto_rule_within"),
            models.CheckConstraint(
                condition=Q(within="reference", low__isnull=True, high__isnull=True)
                | (Q(within="limits") & ~Q(test_code="") & (Q(low__isnull=False) | Q(high__isnull=False))),
                name="bench_auto_rule_limits_of_a_test",
            ),
            models.CheckConstraint(
                condition=~Q(status="on")
                | Q(switched_on_by__isnull=False, switched_on_at__isnull=False, tried_at__isnull=False),
                name="bench_auto_rule_tried_before_on",
            ),
            models.UniqueConstraint(fields=["owner", "test_code", "number"], name="bench_auto_rule_number_once"),
            models.UniqueConstraint(
                fields=["owner", "test_code"], condition=Q(status="on"), name="bench_auto_rule_one_on"
            ),
        ]

    @property
    def label(self) -> str:
        """``HB v2``, ``* v1`` for every test; the same in each language."""
        return f"{self.test_code or '*'} v{self.number}"


class ResultValue(ScopedModel):
    """One value as it was entered: repeats, dilutions and amendments add rows and change none."""

    result = models.ForeignKey(Result, models.CASCADE, related_name="values")
    sequence = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=12, default="first")
    note = models.CharField(max_length=240, blank=True)
    revision = models.PositiveSmallIntegerField(default=0)
    raw = models.CharField(max_length=2000)
    kind = models.CharField(max_length=12, blank=True)
    operator = models.CharField(max_length=2, blank=True)
    number = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    until = models.DecimalField(max_digits=24, decimal_places=9, null=True)
    unit = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=60, blank=True)
    text = models.TextField(blank=True)
    flag = models.CharField(max_length=2, blank=True)
    instrument = models.CharField(max_length=80, blank=True)
    reagent_lot = models.CharField(max_length=60, blank=True)
    entered_by = models.UUIDField(null=True)
    entered_at = models.DateTimeField(default=clock.now)

    privacy: ClassVar = {
        "internal": [
            "result", "sequence", "reason", "revision", "unit", "instrument", "reagent_lot", "entered_by", "entered_at",
        ],
        "health": ["raw", "kind", "operator", "number", "until", "answer", "text", "flag", "note"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_result_value"
        constraints = [
            models.UniqueConstraint(fields=["result", "sequence"], name="bench_result_value_sequence_once"),
            models.CheckConstraint(condition=Q(kind__in=VALUE_KINDS[1:]), name="bench_result_value_kind_known"),
            models.CheckConstraint(condition=Q(operator__in=OPERATORS), name="bench_result_value_operator_known"),
            models.CheckConstraint(condition=Q(flag__in=FLAGS), name="bench_result_value_flag_known"),
            models.CheckConstraint(
                condition=Q(reason__in=["first", "correction", "repeat", "dilution", "amendment", "referral"]),
                name="bench_result_value_reason_known",
            ),
        ]


class Hold(ScopedModel):
    """Something that keeps an order or a result from being released; ``key`` is the placer's own reference."""

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="holds")
    result = models.ForeignKey(Result, models.CASCADE, null=True, related_name="holds")
    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=240)
    placed_by = models.UUIDField(null=True)
    placed_at = models.DateTimeField(default=clock.now)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "order", "result", "kind", "key", "reason", "placed_by", "placed_at", "lifted_by", "lifted_at",
            "lift_reason",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_hold"
        constraints = [
            models.UniqueConstraint(
                fields=["result", "kind", "key"],
                condition=Q(lifted_at__isnull=True, result__isnull=False),
                name="bench_hold_on_result_once",
            ),
            models.UniqueConstraint(
                fields=["order", "kind", "key"],
                condition=Q(lifted_at__isnull=True, result__isnull=True),
                name="bench_hold_on_order_once",
            ),
        ]


class CriticalCall(ScopedModel):
    """The duty to tell somebody of a critical value until ``due_at``, and how it was done.

    Withdrawn when a newer value took the place of the critical one before anybody was called.
    """

    result = models.ForeignKey(Result, models.CASCADE, related_name="critical_calls")
    value = models.ForeignKey(ResultValue, models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    called_by = models.UUIDField(null=True)
    receiver = models.CharField(max_length=120, blank=True)
    receiver_role = models.CharField(max_length=80, blank=True)
    read_back = models.BooleanField(default=False)
    note = models.CharField(max_length=240, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": [
            "result", "value", "opened_at", "due_at", "called_at", "called_by", "read_back", "note", "withdrawn_at",
            "withdrawn_reason",
        ],
        "personal": ["receiver", "receiver_role"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_critical_call"
        constraints = [
            models.UniqueConstraint(fields=["value"], name="bench_critical_call_once"),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True) | (~Q(receiver="") & Q(read_back=True)),
                name="bench_critical_call_read_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(called_at__isnull=True, withdrawn_at__isnull=True),
                name="bench_critical_call_open",
            )
        ]


class Beginning(ScopedModel):
    """When the test on an environmental, food or vector sample began, against the holding time that held then.

    ``hours`` and ``basis`` are of a time that judged; without one nothing was judged. ``reason``: why it was made although
    the time was over, which stands on the report.
    """

    result = models.OneToOneField(Result, models.CASCADE, related_name="beginning")
    begun_at = models.DateTimeField()
    begun_by = models.UUIDField(null=True)
    taken_at = models.DateTimeField()
    hours = models.PositiveIntegerField(null=True)
    basis = models.CharField(max_length=200, blank=True)
    late = models.BooleanField(default=False)
    reason = models.CharField(max_length=240, blank=True)

    privacy: ClassVar = {
        "internal": ["result", "begun_at", "begun_by", "taken_at", "hours", "basis", "late", "reason"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_beginning"
        constraints = [
            models.CheckConstraint(condition=Q(late=False) | ~Q(reason=""), name="bench_beginning_late_why"),
            models.CheckConstraint(
                condition=Q(late=False) | Q(hours__isnull=False), name="bench_beginning_late_of_what"
            ),
        ]


def _figure(**more: Any) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=9, null=True, **more)


class TestPerformance(ScopedModel):
    """How well the laboratory measures a test in a matrix (empty: any), in the unit of the test; what is empty judges nothing."""

    __test__ = False  # the name begins with "Test": pytest must not collect it

    test_code = models.CharField(max_length=60)
    matrix = models.CharField(max_length=40, blank=True)
    lod = _figure()
    loq = _figure()
    u_kind = models.CharField(max_length=10, default="absolute")
    u_value = _figure()
    k = models.DecimalField(max_digits=4, decimal_places=2, default=2)
    rpd_max = _figure()
    recovery_low = _figure()
    recovery_high = _figure()
    source = models.CharField(max_length=240)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.UUIDField(null=True)

    privacy: ClassVar = {
        "internal": [
            "test_code", "matrix", "lod", "loq", "u_kind", "u_value", "k", "rpd_max", "recovery_low", "recovery_high",
            "source", "set_at", "set_by",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_test_performance"
        constraints = [
            models.UniqueConstraint(fields=["owner", "test_code", "matrix"], name="bench_performance_once"),
            models.CheckConstraint(condition=Q(u_kind__in=["absolute", "percent"]), name="bench_performance_u_kind"),
            models.CheckConstraint(condition=Q(k__gt=0), name="bench_performance_k_counts"),
            models.CheckConstraint(
                condition=(Q(lod__isnull=True) | Q(lod__gt=0)) & (Q(u_value__isnull=True) | Q(u_value__gt=0)),
                name="bench_performance_counts",
            ),
        ]


class DecisionRule(ScopedModel):
    """How the laboratory states conformity: ``simple`` or ``guard``; without a row it chose none and reports say nothing of it."""

    rule = models.CharField(max_length=8)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.UUIDField(null=True)

    privacy: ClassVar = {"internal": ["rule", "changed_at", "changed_by"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_decision_rule"
        constraints = [
            models.UniqueConstraint(fields=["owner"], name="bench_decision_rule_once"),
            models.CheckConstraint(condition=Q(rule__in=["simple", "guard"]), name="bench_decision_rule_known"),
        ]


class Measured(ScopedModel):
    """What held for the present value of a result when it was entered: detection limit, U and the rule that judged."""

    result = models.OneToOneField(Result, models.CASCADE, related_name="measured")
    lod = _figure()
    expanded = _figure()
    k = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    rule = models.CharField(max_length=8, blank=True)

    privacy: ClassVar = {"internal": ["result", "lod", "k", "rule"], "health": ["expanded"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "bench_measured"
