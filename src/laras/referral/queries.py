"""Reading referrals: what needs one, what went out, what comes in, and the way of a specimen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from laras.bench import queries as bench
from laras.bench.types import ResultView
from laras.core import clock
from laras.core.errors import Refused
from laras.core.models import ExternalIdentifier, JournalHead, Owner
from laras.core.scope import Scope, get_or_404
from laras.network import queries as network
from laras.orders import queries as orders
from laras.referral import codec, rules
from laras.referral.messages import reason_text
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.types import (
    Announcement,
    CandidateReason,
    Contradiction,
    Journey,
    JourneyStep,
    ReferralCandidate,
)
from laras.resources import queries as resources

OUTGOING_ENTITY = "referral.outgoing"
INCOMING_ENTITY = "referral.incoming"
SAMPLE_ENTITY = "orders.sample"
"""How ``core.ExternalIdentifier`` names our things."""

URGENCY_RANK = Case(
    When(urgency="outbreak", then=Value(0)),
    When(urgency="urgent", then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)

# --- Both ends
# --------------------------------------------------------------------------------------------------------


def outgoing(scope: Scope, *, statuses: Collection[str] = (), recipient_id: UUID | None = None) -> QuerySet[Outgoing]:
    """Referrals that the scope's organisations sent."""
    rows = Outgoing.objects.within(scope).select_related("recipient", "order", "owner")
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return rows.filter(recipient_id=recipient_id) if recipient_id else rows


def incoming(scope: Scope, *, statuses: Collection[str] = (), sender_id: UUID | None = None) -> QuerySet[Incoming]:
    """Referrals that were announced to the scope's organisations."""
    rows = Incoming.objects.within(scope).select_related("sender", "order", "owner")
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return rows.filter(sender_id=sender_id) if sender_id else rows


def get_outgoing(scope: Scope, referral_id: UUID | str) -> Outgoing:
    """Raises NotFound."""
    row: Outgoing = get_or_404(outgoing(scope), id=referral_id)
    return row


def get_incoming(scope: Scope, referral_id: UUID | str) -> Incoming:
    """Raises NotFound."""
    row: Incoming = get_or_404(incoming(scope), id=referral_id)
    return row


def newest(rows: QuerySet[Outgoing], *, after: str, limit: int) -> tuple[list[Outgoing], str]:
    """One page of sent referrals, newest first, and the cursor of the next (empty at the end).

    Raises Refused for a cursor that is none.
    """
    if after:
        moment, _tilde, key = after.replace(" ", "+").partition("~")
        try:
            at, last = datetime.fromisoformat(moment), UUID(key)
            if at.tzinfo is None:
                raise ValueError(moment)
        except ValueError as error:
            raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error
        rows = rows.filter(created_at__lte=at).exclude(created_at=at, id__gte=last)
    found = list(rows.order_by("-created_at", "-id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, f"{found[-1].created_at.isoformat()}~{found[-1].id}" if more else ""


def items_of_outgoing(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[OutgoingItem]]:
    """Referral -> its items with their samples, in the order in which they were sent; one query."""
    found: dict[UUID, list[OutgoingItem]] = defaultdict(list)
    rows = OutgoingItem.objects.within(scope).filter(referral_id__in=list(ids)).select_related("sample", "result")
    for row in rows.order_by("referral_id", "id"):
        found[row.referral_id].append(row)
    return found


def items_of_incoming(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[IncomingItem]]:
    """Referral -> its items with our requested tests; one query."""
    found: dict[UUID, list[IncomingItem]] = defaultdict(list)
    rows = IncomingItem.objects.within(scope).filter(referral_id__in=list(ids)).select_related("requested__sample")
    for row in rows.order_by("referral_id", "id"):
        found[row.referral_id].append(row)
    return found


def announcement_of(row: Incoming) -> Announcement | None:
    """What the sender wrote, without the person's identity once the referral is decided; None when it never came."""
    return codec.read(Announcement, row.body) if row.body else None


def incoming_of_order(scope: Scope, order_id: UUID) -> Incoming | None:
    """The referral from which this order was made."""
    return incoming(scope).filter(order_id=order_id).first()


def to_decide(scope: Scope) -> QuerySet[Incoming]:
    """Announced referrals: outbreak and urgent ones first, then those that wait longest."""
    return incoming(scope, statuses=("announced",)).annotate(rank=URGENCY_RANK).order_by("rank", "announced_at", "id")


def find_by_number(scope: Scope, text: str) -> list[Incoming]:
    """Incoming referrals by what is scanned: the referral's number, or the sender's number on a sample."""
    text = text.strip().upper()
    if not text or len(text) > 60 or not text.isprintable():
        return []
    by_sample = IncomingItem.objects.within(scope).filter(sample_number=text).values_list("referral_id", flat=True)
    rows = incoming(scope).filter(Q(number=text) | Q(id__in=list(by_sample[:20])))
    return list(rows.order_by("-announced_at")[:20])


def identifiers_of(entity: str, ids: Iterable[UUID]) -> dict[UUID, list[ExternalIdentifier]]:
    """How other systems (SATUSEHAT: ``referral-number``, ``specimen-acsn``) call these things."""
    found: dict[UUID, list[ExternalIdentifier]] = defaultdict(list)
    for row in ExternalIdentifier.objects.filter(entity=entity, entity_id__in=list(ids)).order_by("system", "value"):
        found[row.entity_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits: for the home page and the menu."""

    to_refer: int = 0
    to_decide: int = 0
    urgent_to_decide: int = 0
    unanswered: int = 0
    under_way: int = 0


def counts(scope: Scope) -> Counts:
    """Three queries."""
    came = Incoming.objects.within(scope).filter(status="announced")
    decide = came.aggregate(all=Count("id"), urgent=Count("id", filter=~Q(urgency="routine")))
    went = Outgoing.objects.within(scope).filter(status__in=("sent", "cancelling", "accepted"))
    sent = went.aggregate(
        waiting=Count("id", filter=Q(status__in=("sent", "cancelling"))),
        under_way=Count("id", filter=Q(status="accepted")),
    )
    return Counts(
        to_refer=bench.open_results(scope, "to_refer").count(),
        to_decide=decide["all"],
        urgent_to_decide=decide["urgent"],
        unanswered=sent["waiting"],
        under_way=sent["under_way"],
    )


# --- What needs a referral, and who may be asked
# ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Need:
    """The results of one order that this laboratory does not do, with whom to ask, best first."""

    order_id: UUID
    order_number: str
    subject: str
    urgency: str
    since: datetime
    results: tuple[ResultView, ...]
    candidates: tuple[ReferralCandidate, ...]
    refused_before: tuple[str, ...] = ()

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
                refused_before=tuple(sorted({lab for view in views for lab in refused.get(view.id, ())})),
            )
        )
    return found


def _refused_before(scope: Scope, result_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Result -> laboratories that refused it."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = OutgoingItem.objects.within(scope).filter(result_id__in=result_ids, status="refused")
    for result_id, name in rows.values_list("result_id", "referral__recipient__name"):
        found[result_id].append(name)
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
            known = {row.owner_id for row in found if row.complete}
            for row in self._supervisors():
                if row.owner_id not in known and row.code not in excluded:
                    found = [one for one in found if one.owner_id != row.owner_id]
                    found.append(replace(row, tests=tuple(wanted)))
        return [self._worded(row, len(wanted)) for row in found]

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


# --- Journey
# ----------------------------------------------------------------------------------------------------------


def upstream(row: Incoming) -> tuple[JourneyStep, ...]:
    """What happened before the specimen reached us, as the sender told it."""
    steps = (row.body or {}).get("journey", [])
    return tuple(codec.read(JourneyStep, step) for step in steps)


def first_step(owner: Owner, order: Any, row: Incoming | None) -> JourneyStep:
    """How it began here: registered at the origin, or received from another laboratory."""
    if row is None:
        return JourneyStep("registered", order.registered_at, owner.code, owner.name, owner.tier, order.number)
    at = row.decided_at or row.announced_at
    return JourneyStep("received", at, owner.code, owner.name, owner.tier, order.number)


def sent_step(owner: Owner, row: Outgoing) -> JourneyStep:
    to = row.recipient
    return JourneyStep(
        "sent", row.sent_at, owner.code, owner.name, owner.tier, row.number, "", to.code, to.name, to.tier
    )


def steps_from_here(
    owner: Owner, order: Any, row: Incoming | None, item: IncomingItem | None, sent: Sequence[OutgoingItem]
) -> tuple[JourneyStep, ...]:
    """What happened to one test at our laboratory and beyond it. ``sent``: our referrals of it, oldest first."""
    if row is not None and item is not None and item.requested_id is None:
        # Decided without becoming work of ours.
        what = {"refused": "refused", "cancelled": "withdrawn"}.get(item.status)
        at = row.decided_at
        if what is None or at is None:
            return ()
        note = item.refusal if item.refusal != "other" else item.note
        return (JourneyStep(what, at, owner.code, owner.name, owner.tier, "", note),)  # type: ignore[arg-type]
    steps = [first_step(owner, order, row)]
    for one in sent:
        steps.append(sent_step(owner, one.referral))
        steps += [codec.read(JourneyStep, step) for step in one.journey]
    if item is not None and item.status == "refused" and item.answered_at is not None:
        note = item.refusal if item.refusal != "other" else item.note
        steps.append(JourneyStep("refused", item.answered_at, owner.code, owner.name, owner.tier, order.number, note))
    elif item is not None and item.reported and item.answered_at is not None:
        own = item.reported.get("performer") == str(owner.id)
        steps.append(
            JourneyStep(
                "reported" if own else "returned",
                item.answered_at,
                owner.code,
                owner.name,
                owner.tier,
                item.reported.get("report", "") if own else "",
            )
        )
    return rules.in_order(steps)


def sent_items(scope: Scope, order_id: UUID) -> dict[UUID, list[OutgoingItem]]:
    """Requested test -> our referrals of it, oldest first."""
    rows = (
        OutgoingItem.objects.within(scope)
        .filter(referral__order_id=order_id)
        .annotate(requested=F("result__requested_id"))
        .select_related("referral__recipient", "sample")
        .order_by("referral__sent_at", "id")
    )
    found: dict[UUID, list[OutgoingItem]] = defaultdict(list)
    for row in rows:
        found[row.requested].append(row)
    return found


def journey(scope: Scope, order_id: UUID) -> list[Journey]:
    """The specimen's way, one line for all tests that went the same way; empty when the order never left this
    laboratory and came from none. Raises NotFound.
    """
    order = orders.order_head(scope, order_id)
    inside = Scope.of(order.owner_id)
    row = incoming_of_order(inside, order.id)
    sent = sent_items(inside, order.id)
    lines: dict[tuple[JourneyStep, ...], list[tuple[str, str, bool]]] = defaultdict(list)
    before = upstream(row) if row is not None else ()
    if row is not None:
        for item in items_of_incoming(inside, [row.id])[row.id]:
            mine = sent.get(item.requested_id, []) if item.requested_id else []
            steps = rules.in_order([*before, *steps_from_here(order.owner, order, row, item, mine)])
            lines[steps].append((item.test_code, item.sample_number, False))
    else:
        for mine in sent.values():
            steps = steps_from_here(order.owner, order, None, None, mine)
            last = mine[-1]
            lines[steps].append((last.test_code, last.sample.number, last.status == "resulted"))
    reported = row is None and order.status == "reported"
    found = []
    for steps, tests in lines.items():
        arrived = row is None and all(back for _test, _sample, back in tests)
        found.append(
            Journey(
                tests=tuple(test for test, _sample, _back in tests),
                samples=tuple(dict.fromkeys(sample for _test, sample, _back in tests)),
                steps=steps,
                where=rules.whereabouts(steps, arrived=arrived, reported_at_origin=reported and arrived),
            )
        )
    return found


def journey_of_incoming(row: Incoming) -> list[Journey]:
    """The way of a referral that is not (or never became) an order of ours."""
    if row.order_id is not None:
        return journey(Scope.of(row.owner_id), row.order_id)
    before = upstream(row)
    if not before:
        return []
    items = items_of_incoming(Scope.of(row.owner_id), [row.id])[row.id]
    lines: dict[tuple[JourneyStep, ...], list[IncomingItem]] = defaultdict(list)
    for item in items:
        lines[rules.in_order([*before, *steps_from_here(row.owner, None, row, item, [])])].append(item)
    return [
        Journey(
            tests=tuple(item.test_code for item in same),
            samples=tuple(dict.fromkeys(item.sample_number for item in same)),
            steps=steps,
            where=rules.whereabouts(steps),
        )
        for steps, same in lines.items()
    ]


# --- Ageing
# -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ageing:
    """An open referral and how long it waits. ``kind``: ``unanswered``, ``unfinished`` (ours), ``undecided``,
    ``owed`` (to others).
    """

    kind: str
    id: UUID
    number: str
    partner: str
    status: str
    urgency: str
    since: datetime
    days: int
    overdue: bool
    tests: tuple[str, ...]


def ageing(scope: Scope) -> list[Ageing]:
    """What was sent and not answered, accepted and not completed, announced and not decided, accepted and not
    reported: the longest wait first.
    """
    now = clock.now()
    found: list[Ageing] = []
    went = list(outgoing(scope, statuses=("sent", "cancelling", "accepted")))
    items = items_of_outgoing(scope, [row.id for row in went])
    promised = _promised({row.recipient_id for row in went if row.status == "accepted"})
    for row in went:
        answered = row.status == "accepted"
        since = (row.answered_at or row.sent_at) if answered else row.sent_at
        open_tests = tuple(i.test_code for i in items[row.id] if i.status in rules.OPEN_ITEM)
        hours = [promised[key] for test in open_tests if (key := (row.recipient_id, test)) in promised]
        days = rules.days_waiting(since, now)
        found.append(
            Ageing(
                kind="unfinished" if answered else "unanswered",
                id=row.id,
                number=row.number,
                partner=row.recipient.name,
                status=row.status,
                urgency=row.order.urgency,
                since=since,
                days=days,
                overdue=rules.overdue(days, answered=answered, tat_hours=max(hours, default=None)),
                tests=open_tests,
            )
        )
    came = list(incoming(scope, statuses=("announced", "accepted")))
    owed = items_of_incoming(scope, [row.id for row in came])
    for entry in came:
        decided = entry.status == "accepted"
        since = (entry.decided_at or entry.announced_at) if decided else entry.announced_at
        days = rules.days_waiting(since, now)
        found.append(
            Ageing(
                kind="owed" if decided else "undecided",
                id=entry.id,
                number=entry.number,
                partner=entry.sender.name,
                status=entry.status,
                urgency=entry.urgency,
                since=since,
                days=days,
                overdue=not decided and days >= rules.UNANSWERED_DAYS,
                tests=tuple(i.test_code for i in owed[entry.id] if i.status in rules.OPEN_ITEM),
            )
        )
    return sorted(found, key=lambda one: (one.since, one.number))


def _promised(recipients: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """(laboratory, test) -> hours in which it is promised; one query."""
    if not recipients:
        return {}
    rows = resources.capabilities().filter(owner_id__in=list(recipients)).order_by("-tat_hours")
    return {(owner, test): hours for owner, test, hours in rows.values_list("owner_id", "test_code", "tat_hours")}


# --- Do both ends say the same?
# ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """``referrals`` compared; ``under_way``: those with a message that the other end has not yet acted on."""

    referrals: int
    under_way: int
    contradictions: tuple[Contradiction, ...]


_SAME = {
    "sent": {"announced"},
    "accepted": {"accepted"},
    "refused": {"refused"},
    "completed": {"completed"},
    "cancelled": {"withdrawn"},
}


def check(*, batch: int = 2000) -> Checked:
    """Compare the two ends of every referral whose two organisations live in this database.

    Runs over all organisations, for the operator of the installation. What is still on its way is no contradiction.
    """
    everything = Scope.everything()
    here = set(JournalHead.objects.values_list("owner_id", flat=True))
    ends = {
        (row.sender_id, row.remote): row
        for row in Incoming.objects.within(everything).select_related("sender", "owner").iterator(chunk_size=batch)
    }
    items = _end_items(everything)
    seen, under_way, wrong = 0, 0, []
    for row in Outgoing.objects.within(everything).select_related("recipient", "owner").iterator(chunk_size=batch):
        seen += 1
        other = ends.pop((row.owner_id, row.id), None)
        if other is None or other.owner_id != row.recipient_id:
            under_way += 1
            continue
        if other.message_revision < row.message_revision or row.answer_revision < other.answer_revision:
            under_way += 1
            continue
        wrong += _contradictions(row, other, *items(row.id, other.id))
    for other in ends.values():
        if other.sender_id in here:
            wrong.append(_said(other, "unknown", "", other.status))
    return Checked(seen, under_way, tuple(wrong))


def _end_items(scope: Scope) -> Any:
    mine: dict[UUID, dict[UUID, tuple[str, int]]] = defaultdict(dict)
    theirs: dict[UUID, dict[UUID, tuple[str, int]]] = defaultdict(dict)
    for key, item, status, revision in OutgoingItem.objects.within(scope).values_list(
        "referral_id", "id", "status", "result_revision"
    ):
        mine[key][item] = (status, revision)
    for key, item, status, revision in IncomingItem.objects.within(scope).values_list(
        "referral_id", "remote_item", "status", "reported_revision"
    ):
        theirs[key][item] = (status, revision)
    return lambda sender, receiver: (mine[sender], theirs[receiver])


def _contradictions(
    row: Outgoing,
    other: Incoming,
    mine: dict[UUID, tuple[str, int]],
    theirs: dict[UUID, tuple[str, int]],
) -> list[Contradiction]:
    wrong = []
    if other.status not in _SAME.get(row.status, set()):
        wrong.append(_said(other, "status", row.status, other.status))
    if row.answer_revision > other.answer_revision or other.message_revision > row.message_revision:
        wrong.append(
            _said(
                other,
                "revision",
                f"{row.message_revision}/{row.answer_revision}",
                f"{other.message_revision}/{other.answer_revision}",
            )
        )
    if other.status == "withdrawn":
        return wrong
    for key in mine.keys() | theirs.keys():
        if mine.get(key) != theirs.get(key):
            wrong.append(_said(other, f"item {key}", _item_text(mine.get(key)), _item_text(theirs.get(key))))
    return wrong


def _item_text(item: tuple[str, int] | None) -> str:
    return "-" if item is None else f"{item[0]} r{item[1]}"


def _said(other: Incoming, what: str, sender: str, receiver: str) -> Contradiction:
    return Contradiction(other.sender.code, other.owner.code, other.number, what, sender, receiver)


# --- What other modules ask
# -------------------------------------------------------------------------------------------


def objection_to(act: str, owner_id: UUID, requested_ids: Sequence[UUID]) -> str | None:
    """Why these requested tests may not be cancelled or lose their sample: another laboratory is at work on them.

    Registered in ``orders.services.GUARDS``.
    """
    rows = OutgoingItem.objects.within(Scope.of(owner_id)).filter(
        result__requested_id__in=list(requested_ids), status__in=list(rules.OPEN_ITEM)
    )
    found = rows.values_list("referral__number", "referral__recipient__name").first()
    if found is None:
        return None
    return _("Sedang dirujuk ke %(lab)s (%(number)s). Batalkan rujukannya lebih dulu.") % {
        "lab": found[1],
        "number": found[0],
    }
