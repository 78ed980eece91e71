"""Calls of critical values: what nobody made yet, and what was told to whom."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from laras.bench.models import CriticalCall
from laras.bench.types import CallView
from laras.core.scope import Scope


def open_calls(scope: Scope) -> QuerySet[CriticalCall]:
    """Calls that nobody made yet."""
    return CriticalCall.objects.within(scope).filter(called_at__isnull=True, withdrawn_at__isnull=True)


def call_view(call: CriticalCall, names: dict[UUID | None, str]) -> CallView:
    return CallView(
        call.id,
        call.opened_at,
        call.due_at,
        call.called_at,
        names.get(call.called_by, ""),
        call.receiver,
        call.receiver_role,
        call.read_back,
        call.note,
    )
