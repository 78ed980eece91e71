"""Which offices count, and who is above them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count as Number
from django.db.models import Exists, OuterRef

from laras.core.models import Owner, Reach
from laras.core.scope import Scope
from laras.surveillance.models import Count


def offices_over(owner_id: UUID) -> list[UUID]:
    """The office itself and those that reach it: their series hold its counts too."""
    above = Reach.objects.filter(reached_id=owner_id).exclude(office__kind="laboratory")
    return list(dict.fromkeys([owner_id, *above.order_by("office__code").values_list("office_id", flat=True)]))


def office_above(owner_id: UUID) -> UUID | None:
    """The nearest office that reaches this one: of those, the one that reaches the fewest. None at the top."""
    above = [one for one in offices_over(owner_id) if one != owner_id]
    reached = Reach.objects.filter(office_id__in=above).values_list("office_id")
    sizes = dict(reached.annotate(size=Number("reached_id", distinct=True)))
    return min(above, key=lambda one: sizes[one], default=None)


def counting_offices() -> list[UUID]:
    """Every office that holds counts, and those above it. Walks the offices, each by its index."""
    counts = Count.objects.within(Scope.everything()).filter(owner_id=OuterRef("pk"))
    own = Owner.objects.exclude(kind="laboratory").filter(Exists(counts), closed=False).order_by("code")
    found: dict[UUID, None] = {}
    for owner_id in own.values_list("id", flat=True):
        found.update(dict.fromkeys(offices_over(owner_id)))
    return list(found)
