"""Agreeing on a request before its samples are accepted, and whether a laboratory insists on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import reviews
from laras.orders.events import RequestReviewed, SitePolicyChanged
from laras.orders.models import Order, RequestReview, Sample, SamplingPlan, SitePolicy
from laras.orders.services.checks import checked_text, refuse
from laras.orders.states import REVIEW_ANSWERS, REVIEW_OUTCOMES, REVIEW_WAYS

REVIEW = ("orders.register", "orders.receive_sample")
INSIST = "catalogue.manage"


@use_case
def review_request(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID | None = None,
    plan_id: UUID | None = None,
    answers: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
    outcome: str = "",
    note: str = "",
    agreed_with: str = "",
    way: str = "",
) -> RequestReview:
    """Note what was agreed of one order, or of a plan for all orders that come of it. The newest review counts.

    Every item is answered; where one is answered no the outcome is another one than agreed, with a note. Raises Refused.
    """
    actor.require(next((right for right in REVIEW if actor.can(right, owner_id)), REVIEW[0]), owner_id)
    scope = Scope.of(owner_id)
    if (order_id is None) == (plan_id is None):
        raise Refused(_("Pilih permintaan atau rencana."), problems=[Problem("order", _("Pilih satu."))])
    problems: list[Problem] = []
    if order_id is not None:
        order = get_or_404(Order.objects.within(scope), id=order_id)
        if not reviews.is_asked_of(order):
            raise Refused(_("Kaji ulang hanya untuk permintaan lingkungan, pangan, dan vektor."), code="not_of_a_site")
    else:
        get_or_404(SamplingPlan.objects.within(scope), id=plan_id)
    given: dict[str, str] = {}
    said: dict[str, str] = {}
    for item in reviews.items():
        answer = answers.get(item.code, "")
        if answer not in REVIEW_ANSWERS:
            problems.append(Problem(f"answer_{item.code}", _("Jawab butir ini.")))
        given[item.code] = answer
        if text := checked_text(problems, f"note_{item.code}", (notes or {}).get(item.code, ""), 240):
            said[item.code] = text
    if outcome not in REVIEW_OUTCOMES:
        problems.append(Problem("outcome", _("Pilih kesimpulannya.")))
    elif outcome == "agreed" and "no" in given.values():
        problems.append(Problem("outcome", _("Ada butir yang dijawab tidak: pilih kesimpulan lain dan jelaskan.")))
    note = checked_text(problems, "note", note, 500)
    if outcome in ("changed", "declined") and not note:
        problems.append(Problem("note", _("Tulis apa yang berubah, atau mengapa tidak diterima.")))
    agreed_with = checked_text(problems, "agreed_with", agreed_with, 120)
    if not agreed_with:
        problems.append(Problem("agreed_with", _("Tulis nama wakil pelanggan.")))
    if way not in REVIEW_WAYS:
        problems.append(Problem("way", _("Pilih dari daftar.")))
    refuse(problems)
    row = RequestReview(
        owner_id=owner_id, order_id=order_id, plan_id=plan_id, answers=given, notes=said, outcome=outcome, note=note,
        agreed_with=agreed_with, way=way, reviewed_by=actor.person_id, reviewer=actor.name[:120],
    )  # fmt: skip
    row.save(force_insert=True)
    event = RequestReviewed(order_id, plan_id, outcome, way, tuple(given.items()))
    sealed = {"agreed_with": agreed_with, **({"note": note} if note else {})}
    journal.record(actor, owner=owner_id, event=event, subject=order_id or plan_id, sealed=sealed)
    return row


@use_case
def insist_on_review(actor: Actor, *, owner_id: UUID, required: bool) -> None:
    """Switch on or off that samples of sites are accepted only after a review. Nothing to change: nothing is written."""
    actor.require(INSIST, owner_id)
    row = SitePolicy.objects.within(Scope.of(owner_id)).select_for_update().first()
    if (row.review_required if row else False) == required:
        return
    row = row or SitePolicy(owner_id=owner_id)
    row.review_required, row.changed_at, row.changed_by = required, clock.now(), actor.person_id
    row.save()
    journal.record(actor, owner=owner_id, event=SitePolicyChanged(required), subject=row.id)


def check_reviewed(owner_id: UUID, samples: Sequence[Sample]) -> None:
    """Refuse the receipt of samples whose order nobody reviewed, where the laboratory insists on it."""
    orders = {sample.order_id: sample.order for sample in samples}
    if not any(reviews.is_asked_of(order) for order in orders.values()) or not reviews.required(owner_id):
        return
    missing = reviews.unreviewed(Scope.of(owner_id), orders.values())
    if missing:
        numbers = ", ".join(order.number for order in missing[:5])
        raise Refused(
            _("Belum dikaji ulang atau tidak disepakati: %(numbers)s. Isi kaji ulang permintaannya dulu.")
            % {"numbers": numbers},
            code="not_reviewed",
            problems=[Problem("samples", _("Buka permintaannya, lalu Kaji ulang."))],
        )
