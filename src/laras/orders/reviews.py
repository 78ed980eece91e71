"""Reading reviews of requests: the checklist, the newest review of an order, and which samples wait for one."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import UUID

from laras.catalogue.words import is_english
from laras.core.scope import Scope
from laras.orders.models import Order, RequestReview, SitePolicy, Stop
from laras.orders.rules.holding import OF

COUNTS = ("agreed", "changed")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist. ``status`` and ``source`` as in the catalogue."""

    code: str
    text: str
    text_en: str
    status: str
    source: str

    @property
    def here(self) -> str:
        """In the language of the screen."""
        return self.text_en if is_english() else self.text


@cache
def items() -> tuple[Item, ...]:
    """The shipped checklist, in its order."""
    text = files("laras.orders").joinpath("data", "review_items.csv").read_text(encoding="utf-8")
    return tuple(Item(**row) for row in csv.DictReader(text.splitlines()))


def required(owner_id: UUID) -> bool:
    """Whether this laboratory accepts samples of sites only after a review."""
    return SitePolicy.objects.within(Scope.of(owner_id)).filter(review_required=True).exists()


def is_asked_of(order: Order) -> bool:
    """Samples of sites are reviewed; what another laboratory referred was agreed when the referral was accepted."""
    return order.subject_kind in OF and order.source != "referral"


def newest(scope: Scope, *, order_id: UUID | None = None, plan_id: UUID | None = None) -> RequestReview | None:
    """Of an order itself, or of a plan."""
    rows = RequestReview.objects.within(scope)
    rows = rows.filter(order_id=order_id) if order_id else rows.filter(plan_id=plan_id)
    return rows.order_by("-reviewed_at", "-id").first()  # type: ignore[no-any-return]


def review_of(scope: Scope, order_id: UUID) -> RequestReview | None:
    """What counts for an order: its own newest review, else that of the plan it came of. At most three queries."""
    own = newest(scope, order_id=order_id)
    if own is not None:
        return own
    plan = Stop.objects.within(scope).filter(order_id=order_id).values_list("visit__plan_id", flat=True).first()
    return newest(scope, plan_id=plan) if plan else None


def unreviewed(scope: Scope, orders: Iterable[Order]) -> list[Order]:
    """Those of these orders that still need a review that agreed. Three queries however many there are."""
    asked = {order.id: order for order in orders if is_asked_of(order)}
    if not asked:
        return []
    plans = dict(Stop.objects.within(scope).filter(order_id__in=asked).values_list("order_id", "visit__plan_id"))
    rows = RequestReview.objects.within(scope).order_by("reviewed_at", "id")
    of_order = dict(rows.filter(order_id__in=asked).values_list("order_id", "outcome"))
    of_plan = dict(rows.filter(plan_id__in=set(plans.values())).values_list("plan_id", "outcome"))
    return [order for key, order in asked.items() if of_order.get(key, of_plan.get(plans.get(key))) not in COUNTS]
