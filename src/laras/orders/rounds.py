"""Reading rounds of sampling: plans, what is due in a week, visits with their points and bottles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q

from laras.core.scope import Scope, get_or_404
from laras.orders.models import Bottle, PlanPoint, SamplingPlan, Stop, Visit
from laras.orders.rules import field as rules

LOOK_BACK = timedelta(days=62)
"""A visit that nobody prepared is called late for two months; after that it is history."""


@dataclass(frozen=True, slots=True)
class Due:
    """A round to be made: ``visit`` once it was prepared. ``points`` of the plan now, or of the visit; ``answered`` of them."""

    plan: SamplingPlan
    day: date
    visit: Visit | None
    points: int
    answered: int
    late: bool


def plans(scope: Scope) -> list[SamplingPlan]:
    """All plans, open ones first, with ``open_points``. One query."""
    rows = SamplingPlan.objects.within(scope).select_related("client")
    counted = rows.annotate(open_points=Count("points", filter=Q(points__retired_at__isnull=True)))
    return list(counted.order_by("closed_at", "name"))


def get_plan(scope: Scope, plan_id: UUID) -> SamplingPlan:
    """Raises NotFound."""
    plan: SamplingPlan = get_or_404(SamplingPlan.objects.within(scope).select_related("client", "owner"), id=plan_id)
    return plan


def points_of(scope: Scope, plan_id: UUID) -> list[PlanPoint]:
    """The points that are visited now, in their order."""
    rows = PlanPoint.objects.within(scope).filter(plan_id=plan_id, retired_at__isnull=True)
    return list(rows.select_related("site").order_by("position"))


def visits_of(scope: Scope, plan_id: UUID, *, limit: int = 40) -> list[Visit]:
    """Newest first, with ``stops_made`` and ``stops_all``."""
    rows = Visit.objects.within(scope).filter(plan_id=plan_id)
    counted = rows.annotate(stops_all=Count("stops"), stops_made=Count("stops", filter=~Q(stops__status="waiting")))
    return list(counted.order_by("-day")[:limit])


def due(scope: Scope, start: date, end: date, today: date) -> list[Due]:
    """Whose turn it is from ``start`` to ``end``; before them what is still open from earlier. Three queries."""
    since = start - LOOK_BACK
    open_plans = {row.id: row for row in plans(scope)}
    rows = Visit.objects.within(scope).filter(Q(day__range=(since, end)) | Q(status="prepared", day__lte=end))
    counted = rows.annotate(stops_all=Count("stops"), stops_made=Count("stops", filter=~Q(stops__status="waiting")))
    visits = {(row.plan_id, row.day): row for row in counted}
    found = []
    for (plan_id, day), visit in visits.items():
        open_ = visit.status == "prepared"
        if open_ or start <= day:
            plan = open_plans[plan_id]
            found.append(Due(plan, day, visit, visit.stops_all, visit.stops_made, open_ and day < today))
    for plan in open_plans.values():
        if plan.closed_at is not None:
            continue
        named = [date.fromisoformat(day) for day in plan.days]
        days = rules.due_days(plan.first_day, plan.frequency, start=since, end=end, until=plan.until, named=named)
        missing = [day for day in days if (plan.id, day) not in visits]
        # Of rounds that were never prepared the newest earlier one is told: the others are over with it.
        earlier = [day for day in missing if day < start][-1:]
        if earlier and any(plan_id == plan.id and day > earlier[0] for plan_id, day in visits):
            earlier = []
        for day in (*earlier, *(day for day in missing if day >= start)):
            found.append(Due(plan, day, None, plan.open_points, 0, day < today))
    return sorted(found, key=lambda one: (not one.late, one.day, one.plan.name))


@dataclass(frozen=True, slots=True)
class StopDetail:
    """A point of a visit with its bottles."""

    stop: Stop
    bottles: list[Bottle]


def get_visit(scope: Scope, visit_id: UUID) -> Visit:
    """With its plan and client. Raises NotFound."""
    rows = Visit.objects.within(scope).select_related("plan", "plan__client", "owner")
    visit: Visit = get_or_404(rows, id=visit_id)
    return visit


def stops_of(scope: Scope, visit_id: UUID) -> list[StopDetail]:
    """The points of a visit in their order. Two queries."""
    rows = Stop.objects.within(scope).filter(visit_id=visit_id)
    stops = list(rows.select_related("point", "point__site", "order").order_by("position"))
    return _with_bottles(scope, stops)


def get_stop(scope: Scope, stop_id: UUID) -> StopDetail:
    """Raises NotFound."""
    rows = Stop.objects.within(scope).select_related(
        "visit", "visit__plan", "visit__plan__client", "point", "point__site", "order", "photo"
    )
    return _with_bottles(scope, [get_or_404(rows, id=stop_id)])[0]


def stop_of_order(scope: Scope, order_id: UUID) -> Stop | None:
    """The stop that became this order, if any."""
    rows = Stop.objects.within(scope).select_related("visit", "visit__plan", "photo")
    return rows.filter(order_id=order_id).first()  # type: ignore[no-any-return]


def _with_bottles(scope: Scope, stops: Sequence[Stop]) -> list[StopDetail]:
    rows = Bottle.objects.within(scope).filter(stop_id__in=[stop.id for stop in stops]).order_by("position")
    of: dict[UUID, list[Bottle]] = {}
    for bottle in rows:
        of.setdefault(bottle.stop_id, []).append(bottle)
    return [StopDetail(stop, of.get(stop.id, [])) for stop in stops]


def last_instruments(scope: Scope, *, stops: int = 60) -> dict[str, list[str]]:
    """Reading -> the instruments last used for it, newest first: what the next point is offered."""
    rows = Stop.objects.within(scope).filter(status="taken").order_by("-recorded_at")
    found: dict[str, dict[str, None]] = {}
    for used in rows.values_list("instruments", flat=True)[:stops]:
        for key, name in used.items():
            found.setdefault(key, {})[name] = None
    return {key: list(names) for key, names in found.items()}
