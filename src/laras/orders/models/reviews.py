"""What was agreed with a customer before samples of a site are accepted, and whether a laboratory insists on it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core import clock
from laras.core.models import ScopedModel
from laras.orders.models.field import SamplingPlan
from laras.orders.models.ordering import Order
from laras.orders.states import REVIEW_OUTCOMES, REVIEW_WAYS


class RequestReview(ScopedModel):
    """One review (kaji ulang permintaan) of an order, or of a plan for all orders that come of it; the newest counts.

    ``answers``: item of the checklist -> ``yes``, ``no`` or ``na``; ``notes`` beside them.
    """

    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="reviews")
    plan = models.ForeignKey(SamplingPlan, models.CASCADE, null=True, related_name="reviews")
    answers = models.JSONField(default=dict)
    notes = models.JSONField(default=dict, blank=True)
    outcome = models.CharField(max_length=12, choices=list(REVIEW_OUTCOMES.items()))
    note = models.CharField(max_length=500, blank=True)
    agreed_with = models.CharField(max_length=120)
    way = models.CharField(max_length=12, choices=list(REVIEW_WAYS.items()))
    reviewed_at = models.DateTimeField(default=clock.now)
    reviewed_by = models.UUIDField(null=True)
    reviewer = models.CharField(max_length=120)

    privacy: ClassVar = {
        "internal": ["order", "plan", "answers", "notes", "outcome", "note", "way", "reviewed_at", "reviewed_by"],
        "personal": ["agreed_with", "reviewer"],
    }

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_request_review"
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, plan__isnull=True) | Q(order__isnull=True, plan__isnull=False),
                name="orders_review_of_one",
            ),
            models.CheckConstraint(condition=Q(outcome__in=list(REVIEW_OUTCOMES)), name="orders_review_outcome_known"),
            models.CheckConstraint(condition=Q(way__in=list(REVIEW_WAYS)), name="orders_review_way_known"),
            models.CheckConstraint(condition=Q(outcome="agreed") | ~Q(note=""), name="orders_review_changed_why"),
        ]


class SitePolicy(ScopedModel):
    """How a laboratory takes in samples of sites; without a row nothing is insisted on."""

    review_required = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.UUIDField(null=True)

    privacy: ClassVar = {"internal": ["review_required", "changed_at", "changed_by"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "orders_site_policy"
        constraints = [models.UniqueConstraint(fields=["owner"], name="orders_site_policy_once")]
