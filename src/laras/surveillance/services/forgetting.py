"""A patient was erased at a laboratory: the offices that were told who it is forget the name too. The case stays counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.actor import Actor
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.orders import queries as orders
from laras.people import queries as people
from laras.surveillance.diners_sheet import bare
from laras.surveillance.events import PersonErased, PersonForgotten
from laras.surveillance.models import Diner, Evidence, Heard, Statement

MOST_ORDERS = 100_000


@use_case
def ask_to_forget(actor: Actor, *, owner_id: UUID, patient_id: UUID, cause: UUID | None = None) -> int:
    """At the laboratory: tell each office that holds something of this patient's orders; answers how many offices."""
    actor.require("surveillance.manage", owner_id)
    scope = Scope.of(owner_id)
    ids = people.identity_ids(scope, patient_id)
    found = [row.id for row in orders.orders_of_patients(scope, ids, limit=MOST_ORDERS)]
    told = Statement.objects.within(scope).filter(order_id__in=found, office__isnull=False)
    by_office: dict[UUID, list[str]] = defaultdict(list)
    for office, order in told.order_by("order_id").values_list("office_id", "order_id"):
        by_office[office].append(str(order))
    for office, numbers in by_office.items():
        event = PersonErased(orders=len(numbers))
        journal.record(
            actor,
            owner=owner_id,
            event=event,
            recipient=office,
            sealed={"orders": numbers},
            subject=patient_id,
            cause=cause,
        )
    return len(by_office)


@use_case
def forget(
    actor: Actor, *, owner_id: UUID, sender_id: UUID, order_ids: Collection[UUID], cause: UUID | None = None
) -> int:
    """At the office: empty name, day of birth, address and telephone of what this laboratory told of these orders, ended or not.

    A person of that name in the study of an event with one of these cases loses the name as well; what was eaten stays. Other
    laboratories' findings of the same person are theirs. Answers how many rows were emptied; twice does nothing more.
    """
    actor.require("surveillance.manage", owner_id)
    scope = Scope.of(owner_id)
    known = Heard.objects.within(scope).filter(laboratory_id=sender_id, order__in=list(order_ids))
    rows = Evidence.objects.within(scope).filter(
        laboratory_id=sender_id, order__in=list(known.values_list("order", flat=True))
    )
    named = rows.exclude(Q(name="") & Q(address="") & Q(phone="") & Q(birth_date__isnull=True))
    names: dict[UUID, set[str]] = defaultdict(set)
    for outbreak, name in named.exclude(name="").values_list("case__outbreak_id", "name"):
        if outbreak is not None:
            names[outbreak].add(bare(name))
    diners = [
        one
        for one in Diner.objects.within(scope).filter(study__outbreak_id__in=list(names)).select_related("study")
        if bare(one.name) in names[one.study.outbreak_id]
    ]
    for one in diners:
        one.name, one.sex, one.age = _("(dihapus)"), "", None
    Diner.objects.within(scope).bulk_update(diners, ["name", "sex", "age"], batch_size=200)
    emptied = named.update(name="", birth_date=None, address="", phone="")
    if emptied or diners:
        event = PersonForgotten(laboratory=sender_id, rows=emptied, diners=len(diners))
        journal.record(actor, owner=owner_id, event=event, cause=cause)
    return emptied + len(diners)
