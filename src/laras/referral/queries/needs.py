"""What needs a referral, and who may be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from laras.bench import queries as bench
from laras.bench.types import ResultView
from laras.core.scope import Scope, get_or_404
from laras.orders import queries as orders
from laras.referral import rules
from laras.referral.models import Incoming, Outgoing, OutgoingItem
from laras.referral.queries.journeys import upstream
from laras.referral.queries.records import URGENCY_RANK
from laras.referral.queries.routing import Router, Wanted
from laras.referral.types import ReferralCandidate


@dataclass(frozen=True, slots=True)
class RefusedBefore:
    """One test that a laboratory sent back: under which referral of ours, and why."""

    referral_id: UUID
    number: str
    code: str
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
    def offered(self) -> tuple[ReferralCandidate, ...]:
        """Who may be asked."""
        return tuple(one for one in self.candidates if one.offered)

    @property
    def not_offered(self) -> tuple[ReferralCandidate, ...]:
        """Who does it and cannot be asked, with the reason."""
        return tuple(one for one in self.candidates if not one.offered)

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.test_code for row in self.results))


def needs(scope: Scope, owner_id: UUID, *, limit: int = 100) -> list[Need]:
    """Results that wait to be referred, by order: urgent first, then the oldest. The directory is read once for all
    their tests.
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
    router = Router(owner_id, [row.test_code for row in rows])
    refused = _refused_before(scope, [row.id for row in rows])
    on_the_way = _on_the_way(scope, list(heads))
    found = []
    for order_id, views in grouped.items():
        order = heads[order_id]
        before = tuple(one for view in views for one in refused.get(view.id, ()))
        wanted = wanted_of(views)
        how = {
            "excluded": on_the_way.get(order_id, frozenset()),
            "refused_before": frozenset(one.code for one in before),
            "outbreak": order.urgency == "outbreak",
            "payer": order.payer,
        }
        found.append(
            Need(
                order_id=order_id,
                order_number=order.number,
                subject=orders.subject_of(order),
                urgency=order.urgency,
                since=min(view.opened_at for view in views),
                results=tuple(views),
                candidates=tuple(router.rank(wanted, **how)),
                nearest=tuple(router.nearest(wanted, **how)),
                refusals=before,
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
            RefusedBefore(
                sent.id, sent.number, sent.recipient.code, sent.recipient.name, row.test_code, row.refusal, row.note
            )
        )
    return found


def _on_the_way(scope: Scope, order_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Order -> codes of the laboratories through which it came: asking them would go in a circle."""
    rows = Incoming.objects.within(scope).filter(order_id__in=order_ids).select_related("sender")
    return {row.order_id: rules.visited(upstream(row)) | {row.sender.code} for row in rows}


def wanted_of(views: Iterable[ResultView]) -> list[Wanted]:
    """What these results ask of another laboratory; a specimen without a time of collection counts from its receipt."""
    return [Wanted(one.test_code, one.specimen, one.collected_at or one.received_at or one.opened_at) for one in views]


def candidates_for(scope: Scope, owner_id: UUID, result_ids: Iterable[UUID]) -> list[ReferralCandidate]:
    """Who may be asked for these results of one order. Raises NotFound for a result that is not in the scope."""
    views = bench.views_by_id(scope, result_ids)
    wanted = list(dict.fromkeys(result_ids))
    for key in wanted:
        if key not in views:
            get_or_404(Outgoing.objects.within(scope).none(), id=key)
    return candidates_for_views(scope, owner_id, [views[key] for key in wanted])


def candidates_for_views(
    scope: Scope, owner_id: UUID, views: Sequence[ResultView], *, chosen: UUID | None = None
) -> list[ReferralCandidate]:
    """:func:`candidates_for` of results that were read already; with the ``chosen`` laboratory wherever it stands."""
    on_the_way = _on_the_way(scope, [view.order_id for view in views])
    excluded = frozenset().union(*on_the_way.values()) if on_the_way else frozenset()
    router = Router(owner_id, [view.test_code for view in views])
    before = _refused_before(scope, [view.id for view in views])
    payer = orders.order_head(scope, views[0].order_id).payer if views and router.asks_for_payer else ""
    return router.rank(
        wanted_of(views),
        chosen=chosen,
        payer=payer,
        excluded=excluded,
        refused_before=frozenset(one.code for rows in before.values() for one in rows),
        outbreak=any(view.urgency == "outbreak" for view in views),
    )
