"""Permits of laboratories, as the processes that they are."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from laras.core.models import ScopedModel
from laras.resources.shipped import permit_kinds
from laras.resources.states import PERMIT
from laras.resources.types import PermitKind


class Permit(ScopedModel):
    """One permit of a laboratory: first on its way (``step`` since ``step_since``), then issued for a period in days.

    ``valid_until`` is the last day on which it holds; without one it does not end. ``renews`` is the permit whose place it
    takes when it is issued.
    """

    kind = models.CharField(max_length=24)
    about = models.CharField(max_length=120, blank=True)
    number = models.CharField(max_length=80, blank=True)
    office = models.CharField(max_length=120)
    status = models.CharField(max_length=8)
    step = models.CharField(max_length=24, blank=True)
    step_since = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    renews = models.ForeignKey("self", models.PROTECT, null=True, related_name="renewals", db_index=False)

    privacy: ClassVar = {
        "internal": [
            "kind", "about", "number", "office", "status", "step", "step_since", "valid_from", "valid_until", "renews",
        ]
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_permit"
        constraints = [
            PERMIT.constraint("resources_permit"),
            models.CheckConstraint(condition=Q(kind__in=sorted(permit_kinds())), name="resources_permit_kind_known"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__isnull=False, valid_until__gte=F("valid_from")),
                name="resources_permit_period",
            ),
            models.CheckConstraint(
                condition=~Q(status="issued") | (~Q(number="") & Q(valid_from__isnull=False)),
                name="resources_permit_issued_with_number",
            ),
            models.CheckConstraint(
                condition=~Q(status="process") | (~Q(step="") & Q(step_since__isnull=False)),
                name="resources_permit_process_has_step",
            ),
            models.CheckConstraint(condition=~Q(renews=F("id")), name="resources_permit_renews_another"),
            models.UniqueConstraint(
                fields=["renews"], condition=Q(status="process"), name="resources_permit_one_renewal"
            ),
        ]
        indexes = [models.Index(fields=["owner", "valid_until"], name="resources_permit_end")]

    @property
    def known(self) -> PermitKind:
        return permit_kinds()[self.kind]

    @property
    def step_name(self) -> str:
        """What it waits for; empty unless it is being sought."""
        return self.known.steps[self.known.place(self.step)].name if self.status == "process" else ""


class PermitStepDone(ScopedModel):
    """That a step of a permit was done on a day, by what document; or (``returned``) that the office sent it back to it."""

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="done", db_index=False)
    step = models.CharField(max_length=24)
    day = models.DateField()
    document = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    returned = models.BooleanField(default=False)

    privacy: ClassVar = {"internal": ["permit", "step", "day", "document", "note", "returned"]}

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "resources_permit_step"
        constraints = [
            models.CheckConstraint(condition=Q(returned=False) | ~Q(note=""), name="resources_permit_returned_why")
        ]
        indexes = [models.Index(fields=["permit", "day"], name="resources_permit_step_day")]
