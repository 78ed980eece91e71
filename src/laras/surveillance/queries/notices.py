"""What an office is told, and where."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from laras.core import clock
from laras.core.scope import Scope
from laras.surveillance.models import Notice, NoticeSettings


def notices(scope: Scope, *, waiting_only: bool = False) -> QuerySet[Notice]:
    """The newest first; ``waiting_only``: those that nobody has acknowledged."""
    rows: QuerySet[Notice] = (
        Notice.objects.within(scope).select_related("office", "owner").order_by("-created_at", "id")
    )
    return rows.filter(acknowledged_at__isnull=True) if waiting_only else rows


def notices_waiting(owner_id: UUID) -> int:
    return notices(Scope.of(owner_id), waiting_only=True).order_by().count()


def notice_settings(owner_id: UUID) -> NoticeSettings:
    """What the office said, or what holds until it does (not saved)."""
    row = NoticeSettings.objects.within(Scope.of(owner_id)).select_related("owner").first()
    return row or NoticeSettings(owner_id=owner_id, changed_at=clock.now())
