"""What referral says to acts of the modules below."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core.scope import Scope
from laras.referral import rules
from laras.referral.models import OutgoingItem


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
