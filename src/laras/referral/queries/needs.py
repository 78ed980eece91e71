"""What needs a referral, and who may be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from laras.bench import queries as bench
from laras.bench.types import ResultView
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.network import queries as network
from laras.orders import queries as orders
from laras.referral import rules
from laras.referral.messages import reason_text
from laras.referral.models import Incoming, Outgoing, OutgoingItem
from laras.referral.queries.journeys import upstream
from laras.referral.queries.records import URGENCY_RANK
from laras.referral.types import (
    CandidateReason,
    ReferralCandidate,
)
from laras.resources import queries as resources


@dataclass(frozen=True, slots=True)
class RefusedBefore:
    """One test that a laboratory sent back: under which referral of ours, and why."""

    referral_id: UUID
    number: str
    laboratory: str
    test_code: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Need:
    """The results of one order that this laboratory does not do, with whom to ask, best first. ``nearest``: whom to ask
    for which tests when they are not all sent to one laboratory."""

    order_id: UUID
    order_number: str
    subject: str
    urgency: str
    since: datetime
    results: tuple[ResultView, ...]
    candidates: tuple[ReferralCandidate, ...]
    refusals: tuple[RefusedBefore, ...] = ()
    nearest: tuple[tuple[ReferralCandidate, tuple[str, ...]], ...] = ()

    @property
    def refused_before(self) -> tuple[str, ...]:
        """Names of the laboratories that refused some of it."""
        return tuple(sorted({one.laboratory for one in self.refusals}))

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.test_code for row in self.results))


def needs(scope: Scope, owner_id: UUID, *, limit: int = 100) -> list[Need]:
    """Results that wait to be referred, by order: urgent first, then the oldest. Candidates are looked up once for
    each test, however many orders ask for it.
    """
    rows = list(
        bench.open_results(scope, "to_refer")
        .annotate(rank=URGENCY_RANK)
        .order_by("rank", "opened_at", "order_id", "id")
        .select_related("order", "order__patient", "order__site", "sample", "requested")[:limit]
    )
    grouped: dict[UUID, list[ResultView]] = defaultdict(list)
    heads = {}
    for row, view in zip(rows, bench.views(scope, rows), strict=True):
        grouped[row.order_id].append(view)
        heads[row.order_id] = row.order
    search = CandidateSearch(owner_id)
    search.look_up(row.test_code for row in rows)
    refused = _refused_before(scope, [row.id for row in rows])
    on_the_way = _on_the_way(scope, list(heads))
    found = []
    for order_id, views in grouped.items():
        order = heads[order_id]
        excluded = on_the_way.get(order_id, frozenset())
        found.append(
            Need(
                order_id=order_id,
                order_number=order.number,
                subject=orders.subject_of(order),
                urgency=order.urgency,
                since=min(view.opened_at for view in views),
                results=tuple(views),
                candidates=tuple(search.of([view.test_code for view in views], excluded)),
                nearest=tuple(search.nearest([view.test_code for view in views], excluded)),
                refusals=tuple(one for view in views for one in refused.get(view.id, ())),
            )
        )
    return found


def _refused_before(scope: Scope, result_ids: Sequence[UUID]) -> dict[UUID, list[RefusedBefore]]:
    """Result -> who refused it and why, oldest first."""
    found: dict[UUID, list[RefusedBefore]] = defaultdict(list)
    rows = OutgoingItem.objects.within(scope).filter(result_id__in=result_ids, status="refused")
    for row in rows.select_related("referral__recipient").order_by("referral__sent_at", "id"):
        sent = row.referral
        found[row.result_id].append(
            RefusedBefore(sent.id, sent.number, sent.recipient.name, row.test_code, row.refusal, row.note)
        )
    return found


def _on_the_way(scope: Scope, order_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Order -> codes of the laboratories through which it came: asking them would go in a circle."""
    rows = Incoming.objects.within(scope).filter(order_id__in=order_ids).select_related("sender")
    return {row.order_id: rules.visited(upstream(row)) | {row.sender.code} for row in rows}


class CandidateSearch:
    """Looks up candidates, each test once; one search serves a whole page."""

    def __init__(self, owner_id: UUID) -> None:
        self.owner_id = owner_id
        self._by_test: dict[str, list[ReferralCandidate]] = {}
        self._above: list[ReferralCandidate] | None = None

    def look_up(self, tests: Iterable[str]) -> None:
        """Read who does these tests; as many queries for one as for many."""
        fresh = [test for test in dict.fromkeys(tests) if test not in self._by_test]
        if not fresh:
            return
        for test, rows in resources.laboratories_for_tests(fresh, self.owner_id).items():
            self._by_test[test] = [
                ReferralCandidate(
                    owner_id=row.owner_id,
                    code=row.code,
                    name=row.name,
                    tier=row.tier,
                    tests=(),
                    missing=(),
                    tat_hours=row.tat_hours,
                    price=row.price,
                    accredited=row.accredited,
                    distance_km=row.distance_km,
                    is_supervisor=row.is_supervisor,
                    reasons=tuple(CandidateReason(r.code, r.value, "") for r in row.reasons),
                )
                for row in rows
            ]

    def of(self, tests: Iterable[str], excluded: frozenset[str] = frozenset()) -> list[ReferralCandidate]:
        """Who does all or some of the tests, and the supervising laboratories that could pass them on."""
        wanted = list(dict.fromkeys(tests))
        self.look_up(wanted)
        found = rules.join_candidates(wanted, self._by_test, excluded)
        if wanted and all(self._by_test[test] for test in wanted):
            # Somebody does each of them, so a laboratory above us can pass them on to where we have no way ourselves.
            found = rules.with_supervisors(wanted, found, self._supervisors(), excluded)
        return [self._worded(row, len(wanted)) for row in found]

    def nearest(
        self, tests: Iterable[str], excluded: frozenset[str]
    ) -> list[tuple[ReferralCandidate, tuple[str, ...]]]:
        """Each test with whom to ask for it alone, joined by laboratory; empty when that is one laboratory for all."""
        wanted = list(dict.fromkeys(tests))
        self.look_up(wanted)
        split = rules.nearest_for_each(wanted, self._by_test, excluded)
        return split if len(split) > 1 else []

    def _supervisors(self) -> list[ReferralCandidate]:
        if self._above is None:
            chain = network.supervisor_chain(self.owner_id)
            labs = Owner.objects.filter(id__in=chain, kind="laboratory", closed=False).exclude(id=self.owner_id)
            by_id = {row.id: row for row in labs}
            self._above = [
                ReferralCandidate(
                    owner_id=lab.id,
                    code=lab.code,
                    name=lab.name,
                    tier=lab.tier,
                    tests=(),
                    missing=(),
                    tat_hours=0,
                    price=None,
                    accredited=False,
                    distance_km=None,
                    is_supervisor=True,
                    reasons=(CandidateReason("passes_on", None, ""), CandidateReason("supervisor", lab.tier, "")),
                    passes_on=True,
                )
                for key in chain
                if (lab := by_id.get(key)) is not None
            ]
        return self._above

    @staticmethod
    def _worded(row: ReferralCandidate, total: int) -> ReferralCandidate:
        return replace(row, reasons=tuple(replace(r, text=reason_text(r, total)) for r in row.reasons))


def candidates_for(scope: Scope, owner_id: UUID, result_ids: Iterable[UUID]) -> list[ReferralCandidate]:
    """Who may be asked for these results of one order. Raises NotFound for a result that is not in the scope."""
    views = bench.views_by_id(scope, result_ids)
    wanted = list(dict.fromkeys(result_ids))
    for key in wanted:
        if key not in views:
            get_or_404(Outgoing.objects.within(scope).none(), id=key)
    on_the_way = _on_the_way(scope, [view.order_id for view in views.values()])
    excluded = frozenset().union(*on_the_way.values()) if on_the_way else frozenset()
    return CandidateSearch(owner_id).of([views[key].test_code for key in wanted], excluded)
