"""What happens at the bench. Values, flags and reasons in words are sealed beside the entry, never in these fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class ResultsOpened(Event):
    """The sample is here: its tests stand on the worklist, or wait to be referred."""

    name: ClassVar[str] = "bench.results_opened"
    order: UUID
    sample: UUID
    waiting: int
    to_refer: int


@dataclass(frozen=True)
class TestsBegun(Event):
    """Tests on samples of sites began; ``late``: those whose holding time was over."""

    __test__ = False  # the name begins with "Test": pytest must not collect it
    name: ClassVar[str] = "bench.tests_begun"
    order: UUID
    begun_at: str
    results: tuple[tuple[UUID, str], ...]
    late: tuple[UUID, ...]
    reason: str


@dataclass(frozen=True)
class PerformanceSet(Event):
    """``figures`` as plain decimal text by name; what is absent was left empty."""

    name: ClassVar[str] = "bench.performance_set"
    test_code: str
    matrix: str
    figures: dict[str, str]
    source: str


@dataclass(frozen=True)
class DecisionRuleChosen(Event):
    name: ClassVar[str] = "bench.decision_rule_chosen"
    rule: str


@dataclass(frozen=True)
class _OnResult(Event):
    result: UUID
    order: UUID
    test_code: str
    revision: int


@dataclass(frozen=True)
class ResultEntered(_OnResult):
    """``why`` as in ``ResultValue.reason``, or ``field`` for a reading at the site."""

    name: ClassVar[str] = "bench.result_entered"
    sequence: int
    why: str


@dataclass(frozen=True)
class ResultCommented(_OnResult):
    name: ClassVar[str] = "bench.result_commented"


@dataclass(frozen=True)
class ResultVerified(_OnResult):
    name: ClassVar[str] = "bench.result_verified"
    sequence: int


@dataclass(frozen=True)
class ResultVerifiedByRule(_OnResult):
    """A rule of the laboratory verified it: which version (``HB v2``), and who answers for the rule."""

    name: ClassVar[str] = "bench.result_verified_by_rule"
    sequence: int
    rule: UUID
    rule_version: str
    switched_on_by: UUID


@dataclass(frozen=True)
class AutoRuleDrafted(Event):
    """``asks``: its conditions, as they will hold."""

    name: ClassVar[str] = "bench.auto_rule_drafted"
    rule: UUID
    rule_version: str
    asks: dict[str, str]


@dataclass(frozen=True)
class AutoRuleSwitchedOn(Event):
    """``total`` and ``passed``: what it did with the results of the last ``days`` when it was tried."""

    name: ClassVar[str] = "bench.auto_rule_switched_on"
    rule: UUID
    rule_version: str
    replaces: str
    days: int
    total: int
    passed: int


@dataclass(frozen=True)
class AutoRuleSwitchedOff(Event):
    name: ClassVar[str] = "bench.auto_rule_switched_off"
    rule: UUID
    rule_version: str


@dataclass(frozen=True)
class ResultValidated(_OnResult):
    name: ClassVar[str] = "bench.result_validated"
    sequence: int


@dataclass(frozen=True)
class ResultReturned(_OnResult):
    name: ClassVar[str] = "bench.result_returned"


@dataclass(frozen=True)
class ResultRepeated(_OnResult):
    name: ClassVar[str] = "bench.result_repeated"


@dataclass(frozen=True)
class ResultResumed(_OnResult):
    """What was validated as provisional is taken up again."""

    name: ClassVar[str] = "bench.result_resumed"


@dataclass(frozen=True)
class ResultAmended(_OnResult):
    """A validated result was taken back. ``revision`` is the new one, whose value is still to be entered."""

    name: ClassVar[str] = "bench.result_amended"


@dataclass(frozen=True)
class ResultCancelled(_OnResult):
    name: ClassVar[str] = "bench.result_cancelled"


@dataclass(frozen=True)
class ResultSetAside(_OnResult):
    name: ClassVar[str] = "bench.result_set_aside"


@dataclass(frozen=True)
class ResultTakenBack(_OnResult):
    name: ClassVar[str] = "bench.result_taken_back"


@dataclass(frozen=True)
class ResultReferred(_OnResult):
    name: ClassVar[str] = "bench.result_referred"
    performer: UUID | None


@dataclass(frozen=True)
class ReferralReturned(_OnResult):
    """The laboratory asked cannot do it: the result waits to be referred again."""

    name: ClassVar[str] = "bench.referral_returned"


@dataclass(frozen=True)
class ExternalResultReceived(_OnResult):
    """Another laboratory's validated result stands in ours. ``changed``: it replaces one that we already had."""

    name: ClassVar[str] = "bench.external_result_received"
    sequence: int
    performer: UUID
    performer_revision: int
    changed: bool


@dataclass(frozen=True)
class CriticalOpened(_OnResult):
    name: ClassVar[str] = "bench.critical_opened"
    call: UUID
    due_at: str


@dataclass(frozen=True)
class CriticalCalled(_OnResult):
    name: ClassVar[str] = "bench.critical_called"
    call: UUID
    in_time: bool


@dataclass(frozen=True)
class CriticalWithdrawn(_OnResult):
    """A newer value took the place of the critical one before anybody was called."""

    name: ClassVar[str] = "bench.critical_withdrawn"
    call: UUID


@dataclass(frozen=True)
class HoldPlaced(Event):
    name: ClassVar[str] = "bench.hold_placed"
    hold: UUID
    order: UUID
    result: UUID | None
    kind: str
    key: str


@dataclass(frozen=True)
class HoldLifted(Event):
    name: ClassVar[str] = "bench.hold_lifted"
    hold: UUID
    order: UUID
    result: UUID | None
    kind: str
    key: str
