"""Reading orders, samples and custody. Every function takes the scope first; rows of others are not found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from laras.basics.names import prefix_range
from laras.catalogue import queries as catalogue_queries
from laras.core import clock
from laras.core.errors import Refused
from laras.core.models import Owner
from laras.core.numbering import check_character
from laras.core.queries import zone_of
from laras.core.scope import Scope, get_or_404
from laras.orders import rules
from laras.orders.models import (
    Custody,
    Order,
    OrderLine,
    Participation,
    ProgrammeSession,
    QualityMate,
    RequestedTest,
    Sample,
    Site,
)
from laras.orders.rules import holding
from laras.orders.rules.holding import Holding
from laras.orders.types import FieldReading, Found, Watcher
from laras.people import queries as people_queries

PAGE = 50
AT_ONCE = 400
"""Ids in one question; SQLite takes no more than some thousand."""
URGENCY_RANK = Case(
    When(order__urgency="outbreak", then=Value(0)),
    When(order__urgency="urgent", then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


# --- Lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list is narrowed to; empty means everything. ``text`` is a number, or a patient's name or NIK."""

    status: str = ""
    urgency: str = ""
    subject_kind: str = ""
    payer: str = ""
    client_id: UUID | None = None
    patient_id: UUID | None = None
    day_from: date | None = None
    day_until: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of a list. ``tests`` are the names of the lines that stand, ``samples`` status -> how many."""

    order: Order
    subject: str
    tests: tuple[str, ...] = ()
    samples: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """``next`` is the cursor of the following page, empty at the end."""

    rows: list[OrderRow]
    next: str = ""


def subject_of(order: Order) -> str:
    """Who or what an order is about, in one line (personal). Read with ``patient`` and ``site`` joined."""
    if order.patient_id:
        return order.patient.full_name
    if order.site_id:
        return order.site.name
    return order.subject_label


def list_orders(scope: Scope, wanted: OrderFilter | None = None, *, after: str = "", limit: int = PAGE) -> OrderPage:
    """Orders, newest first, a page by key: page 5,000 costs what page 1 costs. Three queries, one more for a name."""
    found, following = order_page(scope, wanted or OrderFilter(), after=after, limit=limit)
    ids = [order.id for order in found]
    tests: dict[UUID, list[str]] = {key: [] for key in ids}
    lines = OrderLine.objects.within(scope).filter(order_id__in=ids, cancelled=False).order_by("order_id", "position")
    for order_id, name in lines.values_list("order_id", "name"):
        tests[order_id].append(name)
    samples: dict[UUID, dict[str, int]] = {key: {} for key in ids}
    # Ordered, and counted here: else SQLite walks all samples of the laboratory along another index.
    states = Sample.objects.within(scope).filter(order_id__in=ids).order_by("order_id", "position")
    for order_id, status in states.values_list("order_id", "status"):
        samples[order_id][status] = samples[order_id].get(status, 0) + 1
    page = [OrderRow(order, subject_of(order), tuple(tests[order.id]), samples[order.id]) for order in found]
    return OrderPage(page, following)


def order_page(scope: Scope, wanted: OrderFilter, *, after: str = "", limit: int = PAGE) -> tuple[list[Order], str]:
    """One page of orders with patient, site and client, and the cursor of the next, empty at the end. One query."""
    rows = _filtered(scope, wanted)
    if after:
        moment, key = _read_cursor(after)
        # The first condition is the index's; the second only cuts the rows of that very moment.
        rows = rows.filter(registered_at__lte=moment).exclude(registered_at=moment, id__gte=key)
    found = list(rows.select_related("patient", "site", "client").order_by("-registered_at", "-id")[: limit + 1])
    if len(found) <= limit:
        return found, ""
    last = found[limit - 1]
    return found[:limit], f"{last.registered_at.isoformat()}~{last.id}"


def _read_cursor(after: str) -> tuple[datetime, UUID]:
    moment, _tilde, key = after.replace(" ", "+").partition("~")
    try:
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or not 1970 <= read.year <= 2200:
            raise ValueError(moment)
        return read, UUID(key)
    except ValueError as error:
        raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error


def _filtered(scope: Scope, wanted: OrderFilter) -> QuerySet[Order]:
    rows = Order.objects.within(scope)
    for name in ("status", "urgency", "subject_kind", "payer", "client_id"):
        if given := getattr(wanted, name):
            rows = rows.filter(**{name: given})
    if wanted.patient_id:
        rows = rows.filter(patient_id__in=people_queries.identity_ids(scope, wanted.patient_id))
    if wanted.day_from or wanted.day_until:
        zone = zone_of(scope)
        if wanted.day_from:
            rows = rows.filter(registered_at__gte=datetime.combine(_in_range(wanted.day_from), time(), zone))
        if wanted.day_until:
            following = _in_range(wanted.day_until) + timedelta(days=1)
            rows = rows.filter(registered_at__lt=datetime.combine(following, time(), zone))
    text = _printable(wanted.text)
    if text:
        rows = _with_text(scope, rows, text)
    return rows


def _with_text(scope: Scope, rows: QuerySet[Order], text: str) -> QuerySet[Order]:
    found = find_by_number(scope, text)
    if found:
        return rows.filter(id__in={item.order_id for item in found})
    if any(letter.isdigit() for letter in text) and "-" in text:
        low, high = prefix_range(text.upper())
        return rows.filter(number__gte=low, number__lt=high)
    patients = people_queries.search(scope, text, limit=200).patients
    sites = Site.objects.within(scope).filter(name__istartswith=text).values_list("id", flat=True)[:200]
    return rows.filter(Q(patient_id__in=[patient.id for patient in patients]) | Q(site_id__in=list(sites)))


def _in_range(day: date) -> date:
    """Days of which a moment in UTC exists; before and after them there are no orders."""
    return min(max(day, date(1970, 1, 1)), date(2200, 1, 1))


def _printable(text: str) -> str:
    """Without control characters, which no name or number has and PostgreSQL refuses to compare with."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


# --- One order ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """Everything of one order, in five queries however much it is."""

    order: Order
    lines: list[OrderLine]
    samples: list[Sample]
    requested: list[RequestedTest]
    custody: list[Custody]

    @property
    def subject(self) -> str:
        return subject_of(self.order)

    @property
    def total(self) -> int:
        """Whole rupiah of the lines that stand."""
        return sum(line.price for line in self.lines if not line.cancelled)

    def tests_of(self, sample: Sample) -> list[RequestedTest]:
        return [row for row in self.requested if row.sample_id == sample.id]

    def custody_of(self, sample: Sample) -> list[Custody]:
        return [row for row in self.custody if row.sample_id == sample.id]


def get_order(scope: Scope, order_id: UUID | str) -> OrderDetail:
    """The whole order. Raises NotFound."""
    rows = Order.objects.within(scope).select_related("patient", "site", "client", "owner")
    order = get_or_404(rows, id=order_id)
    inside = Scope.of(order.owner_id)
    samples = list(Sample.objects.within(inside).filter(order_id=order.id).order_by("position"))
    links = Custody.objects.within(inside).filter(sample_id__in=[row.id for row in samples]).order_by("at", "id")
    return OrderDetail(
        order=order,
        lines=list(OrderLine.objects.within(inside).filter(order_id=order.id).order_by("position")),
        samples=samples,
        requested=list(RequestedTest.objects.within(inside).filter(order_id=order.id).order_by("position")),
        custody=list(links),
    )


def order_head(scope: Scope, order_id: UUID | str) -> Order:
    """The order itself, with its patient, site and client. Raises NotFound."""
    order: Order = get_or_404(
        Order.objects.within(scope).select_related("patient", "site", "client", "owner"), id=order_id
    )
    return order


def get_sample(scope: Scope, sample_id: UUID | str) -> Sample:
    """A sample with its order and whom it is of. Raises NotFound."""
    sample: Sample = get_or_404(_with_subject(Sample.objects.within(scope)), id=sample_id)
    return sample


def samples_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Sample]:
    """Several samples with their orders; unknown ids are left out."""
    return {row.id: row for row in _with_subject(Sample.objects.within(scope)).filter(id__in=list(ids))}


def orders_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Order]:
    """Several orders with patient, site and client; unknown ids are left out."""
    rows = Order.objects.within(scope).select_related("patient", "site", "client").filter(id__in=list(ids))
    return {row.id: row for row in rows}


def standing_tests(scope: Scope) -> QuerySet[RequestedTest]:
    """Requested tests that were not cancelled; narrowed by the caller."""
    return RequestedTest.objects.within(scope).filter(cancelled=False)


def requested_of(
    scope: Scope, *, order_id: UUID | None = None, sample_ids: Sequence[UUID] = (), ids: Sequence[UUID] = ()
) -> list[RequestedTest]:
    """Requested tests that stand, of an order, of samples or by id, with sample and order joined."""
    rows = standing_tests(scope).select_related("order", "sample")
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    if sample_ids:
        rows = rows.filter(sample_id__in=list(sample_ids))
    if ids:
        rows = rows.filter(id__in=list(ids))
    return list(rows.order_by("order_id", "position"))


def _with_subject(rows: QuerySet[Sample]) -> QuerySet[Sample]:
    return rows.select_related("order", "order__patient", "order__site")


def field_readings(scope: Scope, order_id: UUID) -> dict[UUID, FieldReading]:
    """Requested test -> the reading at the site that is its result; two queries.

    None of a referred order, whose readings another laboratory took; none on a sample that replaces a refused one,
    which was taken at another hour; none that nobody signed with his account.
    """
    order = order_head(scope, order_id)
    if not order.in_situ or order.source == "referral" or order.registered_by is None:
        return {}
    asked = requested_of(scope, order_id=order_id)
    answered = rules.readings_as_results(order.in_situ, [row.test_code for row in asked])
    return {
        row.id: FieldReading(
            text=answered[row.test_code],
            noted_by=order.registered_by,
            taken_by=row.sample.collector,
            taken_at=row.sample.collected_at,
            place=", ".join(part for part in (subject_of(order), row.sample.description) if part),
        )
        for row in asked
        if row.test_code in answered and row.sample.replaces_id is None
    }


# --- Queues ---------------------------------------------------------------------------------------------------------


def to_collect(scope: Scope, *, limit: int = 200) -> list[Sample]:
    """Samples not yet taken: outbreak and urgent ones first, then those that wait longest."""
    rows = _with_subject(Sample.objects.within(scope).filter(status="expected")).select_related("order__client")
    return list(rows.order_by(URGENCY_RANK, "order__registered_at", "position")[:limit])


def to_receive(scope: Scope, *, limit: int = 200) -> list[Sample]:
    """Samples not yet here, as :func:`to_collect`; what was taken comes before what was only announced."""
    rows = _with_subject(Sample.objects.within(scope).filter(status__in=("collected", "expected")))
    taken = Case(When(status="collected", then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(
        rows.select_related("order__client").order_by(
            URGENCY_RANK, taken, "collected_at", "order__registered_at", "position"
        )[:limit]
    )


def holding_clocks(scope: Scope, owner_id: UUID, samples: Iterable[Sample]) -> dict[UUID, Holding]:
    """Sample -> the clock of its tests that ends first, of samples from sites that were taken. One query, none without any."""
    sites = {row.id: row for row in samples if row.collected_at is not None and row.order.subject_kind in holding.OF}
    if not sites:
        return {}
    catalogue = catalogue_queries.effective(owner_id)
    clocks: dict[UUID, list[Holding | None]] = {}
    asked = standing_tests(scope).filter(sample_id__in=sites).order_by("sample_id", "position")
    for sample_id, code in asked.values_list("sample_id", "test_code"):
        row = sites[sample_id]
        clocks.setdefault(sample_id, []).append(
            holding.holding_of(
                catalogue, code, matrix=row.order.matrix, preservation=row.preservation, taken_at=row.collected_at
            )
        )
    return {key: clock for key, rows in clocks.items() if (clock := holding.tightest(rows)) is not None}


def watchers_of(scope: Scope, sample_ids: Iterable[UUID]) -> list[Watcher]:
    """The quality samples that watch over these samples, one for each pair. One query."""
    rows = (
        QualityMate.objects.within(scope)
        .filter(sample_id__in=list(sample_ids))
        .select_related("quality__sample__order")
    )
    return [
        Watcher(
            row.sample_id, row.quality.sample_id, row.quality.role, dict(row.quality.added), row.quality.sample.number,
            row.quality.sample.order_id,
        )
        for row in rows.order_by("quality_id")
    ]  # fmt: skip


def watched_by(scope: Scope, sample_ids: Iterable[UUID]) -> list[Watcher]:
    """The other way round: the samples over which these quality samples watch. One query."""
    rows = QualityMate.objects.within(scope).filter(quality__sample_id__in=list(sample_ids))
    return [
        Watcher(
            row.sample_id,
            row.quality.sample_id,
            row.quality.role,
            dict(row.quality.added),
            row.sample.number,
            row.sample.order_id,
        )
        for row in rows.select_related("quality", "sample").order_by("sample__number")
    ]


def received_lately(scope: Scope, *, limit: int = 20) -> list[Sample]:
    """What came in during the last day, newest first."""
    since = clock.now() - timedelta(days=1)
    rows = _with_subject(Sample.objects.within(scope).filter(received_at__gte=since))
    return list(rows.order_by("-received_at")[:limit])


def counts_for_home(scope: Scope) -> dict[str, int]:
    """``registered_today`` and ``open_orders``; two queries."""
    midnight = datetime.combine(clock.now().astimezone(zone := zone_of(scope)).date(), time(), zone)
    orders = Order.objects.within(scope)
    return {
        "registered_today": orders.filter(registered_at__gte=midnight).count(),
        "open_orders": orders.filter(status__in=("registered", "working")).count(),
    }


def urgent_to_receive(scope: Scope) -> int:
    """Samples of urgent and outbreak orders that are not here yet."""
    waiting = Sample.objects.within(scope).filter(status__in=("expected", "collected"))
    # From the few samples to their orders: joined, SQLite walked through all orders of the laboratory.
    urgent = Order.objects.within(scope).filter(id__in=waiting.values("order_id")).exclude(urgency="routine")
    return waiting.filter(order_id__in=urgent.values("id")).count()


def samples_waiting(scope: Scope) -> dict[str, int]:
    """``to_collect`` and ``to_receive``; one query on an index, which every page's menu asks."""
    rows = Sample.objects.within(scope).filter(status__in=("expected", "collected"))
    return rows.aggregate(
        # Of the status and not of the key: so the index alone answers.
        to_collect=Count("status", filter=Q(status="expected")),
        to_receive=Count("status", filter=Q(status="collected")),
    )


def counts_by_owner(scope: Scope, *, since: datetime) -> dict[UUID, dict[str, int]]:
    """Organisation -> ``registered`` and ``reported`` since a moment, and of those ``waiting`` longer than three days.

    Numbers without names, for offices; one query on the index of recent orders.
    """
    slow = clock.now() - timedelta(days=3)
    rows = (
        Order.objects.within(scope)
        .filter(registered_at__gte=since)
        .order_by()
        .values_list("owner_id")
        .annotate(
            registered=Count("id", filter=~Q(status="cancelled")),
            reported=Count("id", filter=Q(status="reported")),
            waiting=Count("id", filter=Q(status__in=("registered", "working"), registered_at__lt=slow)),
        )
    )
    return {
        owner: {"registered": registered, "reported": reported, "waiting": waiting}
        for owner, registered, reported, waiting in rows
    }


# --- By number ------------------------------------------------------------------------------------------------------


def find_by_number(scope: Scope, text: str) -> list[Found]:
    """Orders and samples by a printed or scanned number, ours or another's (``external_number``), best first.

    Case, hyphens and a missing check character do not matter; ``42`` is today's order 42. A wrong check character finds
    nothing, so that a misread digit never opens another person's order.
    """
    text = _printable(text).upper()
    if not text or len(text) > 60:
        return []
    owners = list(Owner.objects.filter(id__in=scope.owners).values_list("code", "zone")) if scope.owners else []
    numbers = {text}
    if len(owners) <= 20:
        for code, zone in owners:
            for body, check in rules.number_candidates(text, [code], clock.today(zone)):
                right = check_character(body)
                if not check or check == right:
                    numbers.add(f"{body}-{right}")
    found = [
        Found("order", key, key, number)
        for key, number in Order.objects.within(scope).filter(number__in=numbers).values_list("id", "number")
    ]
    samples: dict[UUID, Found] = {}
    # Two questions, since SQLite answers their "or" by walking all samples of the laboratory.
    for condition in (Q(number__in=numbers), Q(external_number=text)):
        rows = Sample.objects.within(scope).filter(condition)
        for key, order_id, number, external in rows.values_list("id", "order_id", "number", "external_number")[:20]:
            samples[key] = Found("sample", key, order_id, number, external)
    return [*found, *samples.values()]


def find_sample(scope: Scope, text: str) -> Sample | None:
    """The one sample that a scan at the counter means: by its number, or by its order's when that has only one left."""
    found = find_by_number(scope, text)
    samples = [item.id for item in found if item.kind == "sample"]
    if not samples:
        orders = [item.id for item in found if item.kind == "order"]
        rows = Sample.objects.within(scope).filter(order_id__in=orders, status__in=("expected", "collected"))
        samples = list(rows.order_by("order_id", "position").values_list("id", flat=True)[:2])
    return get_sample(scope, samples[0]) if len(samples) == 1 else None


# --- For other pages ------------------------------------------------------------------------------------------------


def orders_of_patients(scope: Scope, patient_ids: Sequence[UUID], *, limit: int = 20) -> list[Order]:
    """The newest orders of a person under all of its records (``people.queries.identity_ids``)."""
    rows = Order.objects.within(scope).filter(patient_id__in=list(patient_ids))
    return list(rows.select_related("client").order_by("-registered_at")[:limit])


def last_served(owner_id: UUID, patient_ids: Sequence[UUID]) -> datetime | None:
    """When a person was last here; the law on keeping records counts from then."""
    rows = Order.objects.within(Scope.of(owner_id)).filter(patient_id__in=list(patient_ids))
    newest: datetime | None = rows.aggregate(last=Max("registered_at"))["last"]
    return newest


def frequent_codes(scope: Scope, *, subject_kind: str = "person", limit: int = 12) -> list[str]:
    """The tests and panels ordered most often in the last two hundred orders of this kind."""
    recent = Order.objects.within(scope).filter(subject_kind=subject_kind).order_by("-registered_at")
    ids = list(recent.values_list("id", flat=True)[:200])
    lines = OrderLine.objects.within(scope).filter(order_id__in=ids)
    rows = lines.values("code").annotate(n=Count("id")).order_by("-n", "code").values_list("code", flat=True)
    return list(rows[:limit])


def recent_requesters(scope: Scope, *, limit: int = 40) -> list[str]:
    """Names of doctors written on recent orders, for suggestions."""
    recent = Order.objects.within(scope).order_by("-registered_at").values_list("requester", flat=True)[:300]
    return list(dict.fromkeys(name for name in recent if name))[:limit]


def sites(scope: Scope, text: str = "", *, limit: int = 30) -> list[Site]:
    """Places whose name begins with or contains the text, newest first when there is none."""
    rows = Site.objects.within(scope).select_related("client")
    text = _printable(text)
    if text:
        return list(rows.filter(name__icontains=text[:160]).order_by("name")[:limit])
    return list(rows.order_by("-id")[:limit])


def sites_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Site]:
    """Several sites; unknown ids are left out."""
    return {row.id: row for row in Site.objects.within(scope).filter(id__in=list(ids))}


def get_site(scope: Scope, site_id: UUID | str) -> Site:
    """A place. Raises NotFound."""
    site: Site = get_or_404(Site.objects.within(scope).select_related("client", "area"), id=site_id)
    return site


# --- Programmes -------------------------------------------------------------------------------------------------------


def programme_history(
    scope: Scope, programme: str, patient_ids: Sequence[UUID] | None = None
) -> dict[UUID, dict[str, date]]:
    """Patient -> test -> the latest day on which the programme asked for it; None: everybody who ever took part.

    Records that were merged count as one person, under the record that was asked for or, for everybody, that is kept.
    """
    rows = standing_tests(scope).filter(order__participation__programme=programme).exclude(order__status="cancelled")
    rows = rows.values("order__patient_id", "test_code").annotate(day=Max("order__participation__day"))
    found: dict[UUID, dict[str, date]] = {}
    if patient_ids is None:
        answers = list(rows.values_list("order__patient_id", "test_code", "day"))
        kept = people_queries.resolve_many(scope, {patient for patient, _code, _day in answers})
        for patient, code, day in answers:
            _note(found, kept[patient].id if patient in kept else patient, code, day)
        return found
    wanted = list(patient_ids)
    for at in range(0, len(wanted), AT_ONCE):
        person_of = people_queries.persons(scope, wanted[at : at + AT_ONCE])
        asked_of: dict[UUID, list[UUID]] = {}
        for asked in wanted[at : at + AT_ONCE]:
            asked_of.setdefault(person_of.get(asked, asked), []).append(asked)
        records = list(person_of)
        answers = [
            row
            for start in range(0, len(records), AT_ONCE)
            for row in rows.filter(order__patient_id__in=records[start : start + AT_ONCE]).values_list(
                "order__patient_id", "test_code", "day"
            )
        ]
        for patient, code, day in answers:
            for asked in asked_of.get(person_of[patient], ()):
                _note(found, asked, code, day)
    return found


def _note(found: dict[UUID, dict[str, date]], patient: UUID, code: str, day: date) -> None:
    tests = found.setdefault(patient, {})
    tests[code] = max(day, tests.get(code, day))


def registered_on(scope: Scope, programme: str, day: date, patient_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Patient -> the order with which he takes part on that day already."""
    rows = Participation.objects.within(scope).filter(programme=programme, day=day).exclude(order__status="cancelled")
    wanted = set(patient_ids)
    pairs = rows.values_list("order__patient_id", "order__number") if wanted else []
    return {patient: number for patient, number in pairs if patient in wanted}


def sessions_of_digest(scope: Scope, programme: str, digest: str) -> list[ProgrammeSession]:
    """Sessions that were registered from the same list, the latest first."""
    rows = ProgrammeSession.objects.within(scope).filter(programme=programme, digest=digest)
    return list(rows.order_by("-day"))


def sessions(scope: Scope, *, limit: int = 50) -> list[ProgrammeSession]:
    """The latest sessions of programmes."""
    return list(ProgrammeSession.objects.within(scope).order_by("-day", "-registered_at")[:limit])


def get_session(scope: Scope, session_id: UUID | str) -> ProgrammeSession:
    """A session with its client. Raises NotFound."""
    session: ProgrammeSession = get_or_404(
        ProgrammeSession.objects.within(scope).select_related("client"), id=session_id
    )
    return session


def orders_of_session(scope: Scope, session_id: UUID, *, start: int = 0, limit: int = PAGE) -> list[OrderDetail]:
    """Orders of a session in the order of their numbers, from place ``start``; three questions however many they are."""
    rows = Order.objects.within(scope).filter(participation__session_id=session_id)
    orders = list(rows.select_related("patient", "site", "client", "owner").order_by("number")[start : start + limit])
    ids = [order.id for order in orders]
    samples: dict[UUID, list[Sample]] = {}
    for sample in Sample.objects.within(scope).filter(order_id__in=ids).order_by("position"):
        samples.setdefault(sample.order_id, []).append(sample)
    requested: dict[UUID, list[RequestedTest]] = {}
    for test in RequestedTest.objects.within(scope).filter(order_id__in=ids).order_by("position"):
        requested.setdefault(test.order_id, []).append(test)
    return [OrderDetail(order, [], samples.get(order.id, []), requested.get(order.id, []), []) for order in orders]


def participation_of(scope: Scope, order_id: UUID) -> Participation | None:
    """For which programme an order was made, if for one."""
    return Participation.objects.within(scope).select_related("session").filter(order_id=order_id).first()
