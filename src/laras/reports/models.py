"""Issued reports. What was issued is kept: its content, its bytes, their digests."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from laras.core.models import Attachment, ScopedModel
from laras.reports.states import REPORT


class Report(ScopedModel):
    """One version of a laboratory report (LHU).

    ``content`` is the canonical JSON of the document at release and never changes; ``pdf`` the issued bytes, made from it
    once, by the jobs or at the first request. ``token`` opens the public page of the QR code.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="reports")
    number = models.CharField(max_length=48)
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=REPORT.choices, default=REPORT.initial)
    interim = models.BooleanField(default=False)
    released_at = models.DateTimeField()
    released_by = models.UUIDField(null=True)
    content = models.BinaryField()
    content_digest = models.CharField(max_length=64)
    pdf = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+")
    pdf_digest = models.CharField(max_length=64, blank=True)
    signed = models.BooleanField(default=False)
    token = models.CharField(max_length=43, unique=True)
    amends = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    change_note = models.CharField(max_length=500, blank=True)

    privacy: ClassVar = {
        "internal": [
            "order", "number", "version", "status", "interim", "released_at", "released_by", "content_digest", "pdf",
            "pdf_digest", "signed", "token", "amends",
        ],
        "health": ["content", "change_note"],
    }  # fmt: skip

    class Meta(ScopedModel.Meta):
        abstract = False
        db_table = "reports_report"
        constraints = [
            models.UniqueConstraint(fields=["owner", "number", "version"], name="reports_report_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(status="released"), name="reports_report_one_valid"),
            REPORT.constraint("reports_report"),
            models.CheckConstraint(
                condition=Q(version=1, amends__isnull=True) | Q(version__gt=1, amends__isnull=False),
                name="reports_report_versions_follow",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-released_at"], name="reports_report_recent"),
            models.Index(fields=["owner", "status", "-released_at"], name="reports_report_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"
