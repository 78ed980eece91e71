"""Reading of capabilities: open directory data, so without a scope of the asker."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from laras.catalogue.queries import effective
from laras.core.scope import Scope, get_or_404
from laras.network import queries as network
from laras.network.rules import distance_km, tidy
from laras.resources import rules
from laras.resources.models import Capability
from laras.resources.types import Candidate, Offer


def capabilities(
    *, owner_id: UUID | None = None, test_code: str | None = None, status: str | None = None
) -> QuerySet[Capability]:
    """Capabilities of all laboratories or of one, by test and method."""
    rows = Capability.objects.within(Scope.everything() if owner_id is None else Scope.of(owner_id))
    if test_code:
        rows = rows.filter(test_code=test_code)
    if status:
        rows = rows.filter(status=status)
    return rows.order_by("test_code", "method")


def narrowed(
    rows: QuerySet[Capability], owner_id: UUID, *, discipline: str = "", search: str = ""
) -> QuerySet[Capability]:
    """Only tests of a discipline, or whose name, code or method contains the text; names are those of the
    laboratory's catalogue."""
    known = effective(owner_id).tests.values()
    if discipline:
        rows = rows.filter(test_code__in=[test.code for test in known if test.discipline == discipline])
    if search := tidy(search).casefold():
        named = [test.code for test in known if search in f"{test.name} {test.code}".casefold()]
        rows = rows.filter(Q(test_code__in=named) | Q(test_code__icontains=search) | Q(method__icontains=search))
    return rows


def offer(row: Capability) -> Offer:
    return Offer(
        row.id,
        row.owner_id,
        row.test_code,
        row.method,
        row.tat_hours,
        row.capacity_per_day,
        row.price,
        row.accredited,
        row.status,
        row.reason,
    )


def capabilities_of(owner_id: UUID) -> list[Offer]:
    """All that a laboratory can do, paused ones included."""
    return [offer(row) for row in capabilities(owner_id=owner_id)]


def capability(owner_id: UUID, capability_id: UUID) -> Offer:
    """One capability of that laboratory; :class:`~laras.core.errors.NotFound` for another's."""
    return offer(get_or_404(capabilities(owner_id=owner_id), id=capability_id))


def can_do(owner_id: UUID, test_codes: Iterable[str]) -> set[str]:
    """Which of the tests the laboratory does now; one query."""
    rows = capabilities(owner_id=owner_id, status="active").filter(test_code__in=set(test_codes))
    return set(rows.order_by().values_list("test_code", flat=True))


def laboratories_for(test_code: str, from_owner_id: UUID) -> list[Candidate]:
    """The laboratories that do the test now, in the order in which ``from_owner_id`` should ask them.

    Without the asking laboratory itself and closed ones; one row per laboratory and method. Five queries and one for
    each step of the chain of supervisors, however many laboratories there are.
    """
    return laboratories_for_tests([test_code], from_owner_id)[test_code]


def laboratories_for_tests(test_codes: Iterable[str], from_owner_id: UUID) -> dict[str, list[Candidate]]:
    """:func:`laboratories_for` of several tests; as many queries as for one. Every asked test is a key."""
    found: dict[str, list[Candidate]] = {test_code: [] for test_code in test_codes}
    rows = list(
        capabilities(status="active")
        .filter(test_code__in=list(found))
        .exclude(owner_id=from_owner_id)
        .filter(owner__closed=False)
        .select_related("owner")
    )
    if not rows:
        return found
    above = set(network.supervisor_chain(from_owner_id))
    places = network.positions({from_owner_id, *(row.owner_id for row in rows)})
    here = places.get(from_owner_id)
    origin = network.organisation_at(from_owner_id)
    for row in rows:
        there = places.get(row.owner_id)
        far = distance_km((here.lat, here.lon), (there.lat, there.lon)) if here and there else None
        found[row.test_code].append(
            Candidate(
                row.owner_id,
                row.owner.code,
                row.owner.name,
                row.owner.tier,
                row.method,
                row.tat_hours,
                row.price,
                row.accredited,
                None if far is None else round(far, 1),
                row.owner_id in above,
            )
        )
    tier = origin.tier if origin else None
    return {test_code: rules.referral_order(tier, candidates) for test_code, candidates in found.items()}


def offers_of_tests(test_codes: Iterable[str]) -> list[tuple[str, UUID, int, int | None, int | None, bool, str | None]]:
    """All that open laboratories offer of these tests, paused ones too: test, laboratory, hours, price, capacity a day,
    accredited, why it is paused (None: it is not). One query of plain values, since there may be thousands."""
    rows = (
        capabilities().filter(test_code__in=set(test_codes), owner__closed=False, owner__kind="laboratory").order_by()
    )
    fields = ("test_code", "owner_id", "tat_hours", "price", "capacity_per_day", "accredited", "status", "reason")
    return [(*row[:6], row[7] if row[6] == "paused" else None) for row in rows.values_list(*fields)]


def laboratories_counts(test_codes: Iterable[str]) -> dict[str, int]:
    """Test -> number of laboratories that do it now."""
    rows = capabilities(status="active").filter(test_code__in=set(test_codes), owner__closed=False)
    found: dict[str, set[UUID]] = {}
    for test_code, owner_id in rows.order_by().values_list("test_code", "owner_id"):
        found.setdefault(test_code, set()).add(owner_id)
    return {test_code: len(owners) for test_code, owners in found.items()}
