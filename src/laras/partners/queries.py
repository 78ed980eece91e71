"""Reading partners. Every function takes the scope first; another organisation's client is not found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from laras.basics.names import prefix_range, search_key
from laras.core import clock
from laras.core.models import ExternalIdentifier
from laras.core.scope import Scope, get_or_404
from laras.partners.models import Agreement, Booking, Client, PartnerAccount, Practitioner

ENTITY = "partners.client"
"""How `core.ExternalIdentifier` names a client."""


def all_clients(scope: Scope, *, kind: str = "", status: str = "active") -> QuerySet[Client]:
    """Clients of a kind and status; empty means every one."""
    rows = Client.objects.within(scope)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(status=status) if status else rows


def get_client(scope: Scope, client_id: UUID | str) -> Client:
    """Raises NotFound."""
    return get_or_404(Client.objects.within(scope).select_related("organisation", "area"), id=client_id)


def clients_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, Client]:
    """Several at once; unknown ids are left out."""
    return {row.id: row for row in Client.objects.within(scope).filter(id__in=list(ids))}


def client_of_organisation(scope: Scope, organisation_id: UUID) -> Client | None:
    """The active client that is this organisation of the network."""
    return Client.objects.within(scope).filter(organisation_id=organisation_id, status="active").first()


def agreed_with(organisation_id: UUID, day: date) -> set[UUID]:
    """The organisations that have a signed agreement with this one on that day. Says of others only what they agreed with
    the asker itself."""
    rows = Agreement.objects.within(Scope.everything()).filter(
        client__organisation_id=organisation_id, client__status="active", status="signed", valid_from__lte=day
    )
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
    return set(rows.order_by().values_list("owner_id", flat=True))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search. `after` asks for the next page and is empty at the end."""

    clients: list[Client]
    after: str = ""


def search(
    scope: Scope, text: str = "", *, kind: str = "", status: str = "active", limit: int = 50, after: str = ""
) -> Found:
    """Clients by code or the beginning of their name, in order of name."""
    rows = all_clients(scope, kind=kind, status=status)
    text = "".join(letter for letter in text if letter.isprintable()).strip()[:200]
    if text and not after:
        by_code = list(rows.filter(code=text.upper())[:1])
        if by_code:
            return Found(by_code)
    key = search_key(text)
    if text and not key:
        return Found([])
    if key:
        low, high = prefix_range(key)
        rows = rows.filter(search_name__gte=low, search_name__lt=high)
    if after:
        last = get_client(scope, after)
        rows = rows.filter(Q(search_name__gt=last.search_name) | Q(search_name=last.search_name, id__gt=last.id))
    found = list(rows.order_by("search_name", "id")[: limit + 1])
    if len(found) <= limit:
        return Found(found)
    return Found(found[:limit], str(found[limit - 1].id))


def practitioners_of(scope: Scope, client_id: UUID, *, active_only: bool = True) -> list[Practitioner]:
    """The doctors of a client in order of name."""
    rows = Practitioner.objects.within(scope).filter(client_id=client_id)
    if active_only:
        rows = rows.filter(active=True)
    return list(rows.order_by("-active", "search_name"))


def get_practitioner(scope: Scope, practitioner_id: UUID | str) -> Practitioner:
    """Raises NotFound."""
    return get_or_404(Practitioner.objects.within(scope).select_related("client"), id=practitioner_id)


def search_practitioners(scope: Scope, text: str, limit: int = 20) -> list[Practitioner]:
    """Active doctors of all clients by the beginning of their name."""
    key = search_key(text)
    if not key:
        return []
    low, high = prefix_range(key)
    rows = Practitioner.objects.within(scope).filter(active=True, search_name__gte=low, search_name__lt=high)
    return list(rows.select_related("client").order_by("search_name", "id")[:limit])


def agreements_of(scope: Scope, client_id: UUID) -> list[Agreement]:
    """All agreements with a client, the newest first."""
    return list(Agreement.objects.within(scope).filter(client_id=client_id).order_by("-valid_from", "-id"))


def get_agreement(scope: Scope, agreement_id: UUID | str) -> Agreement:
    """Raises NotFound."""
    return get_or_404(Agreement.objects.within(scope).select_related("client"), id=agreement_id)


def agreement_on(scope: Scope, client_id: UUID, day: date) -> Agreement | None:
    """The signed agreement that covers a day; of several the one that began last."""
    rows = Agreement.objects.within(scope).filter(client_id=client_id, status="signed", valid_from__lte=day)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
    return rows.order_by("-valid_from", "-id").first()


def agreements_ending(scope: Scope, day: date, *, within_days: int = 60) -> list[Agreement]:
    """Signed agreements that run out within so many days of `day`, soonest first."""
    rows = Agreement.objects.within(scope).filter(
        status="signed", valid_until__range=(day, day + timedelta(days=within_days))
    )
    return list(rows.select_related("client").order_by("valid_until"))


def identifiers_of(client: Client) -> list[ExternalIdentifier]:
    """How other systems call this client. Asks by a client that was found in scope."""
    return list(ExternalIdentifier.objects.filter(entity=ENTITY, entity_id=client.id).order_by("system", "value"))


# --- Accounts of partners, and the visits they ask for ------------------------------------------------------------------


def accounts_of(scope: Scope, client_id: UUID) -> list[PartnerAccount]:
    """Who speaks or spoke for a client, those of now first, with their persons joined."""
    rows = PartnerAccount.objects.within(scope).filter(client_id=client_id).select_related("user__person")
    return sorted(rows.order_by("-valid_from", "-id"), key=lambda row: row.valid_until is not None)


def get_account(scope: Scope, account_id: UUID | str) -> PartnerAccount:
    """Raises NotFound."""
    return get_or_404(PartnerAccount.objects.within(scope).select_related("client", "user__person"), id=account_id)


def clients_of_user(scope: Scope, user_id: UUID | None) -> list[Client]:
    """The clients for which an account speaks now, by name; none for nobody."""
    now = clock.now()
    held = PartnerAccount.objects.within(scope).filter(user_id=user_id, valid_from__lte=now)
    held = held.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
    rows = Client.objects.within(scope).filter(id__in=held.values("client_id")) if user_id else ()
    return sorted(rows, key=lambda row: (row.search_name, row.id))


def bookings(
    scope: Scope, *, client_ids: Iterable[UUID] | None = None, status: str = "", open_only: bool = False
) -> QuerySet[Booking]:
    """Visits that clients asked for, with their clients: of some clients only, or of all."""
    rows = Booking.objects.within(scope).select_related("client")
    if client_ids is not None:
        rows = rows.filter(client_id__in=list(client_ids))
    if open_only:
        rows = rows.filter(status__in=("requested", "confirmed"))
    return rows.filter(status=status) if status else rows


def get_booking(scope: Scope, booking_id: UUID | str, *, client_ids: Iterable[UUID] | None = None) -> Booking:
    """One visit, of some clients only or of any. Raises NotFound."""
    return get_or_404(bookings(scope, client_ids=client_ids), id=booking_id)


def bookings_waiting(scope: Scope) -> dict[str, int]:
    """``requested``: visits without an answer; ``confirmed``: scheduled and not done."""
    rows = bookings(scope, open_only=True).order_by().values_list("status")
    return {"requested": 0, "confirmed": 0} | dict(rows.annotate(n=Count("id")))
