"""Partners of the demo: somebody of a clinic and of a hotel who sign in, and the visits that they asked for."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from laras.core import clock
from laras.core.actor import Actor, actor_of
from laras.core.models import Owner, User
from laras.core.scope import Scope
from laras.demo import plan
from laras.demo.network import ACTOR, Staff
from laras.partners import accounts, bookings
from laras.partners.models import Client
from laras.partners.types import BookingInput


def welcome(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """Accounts for the printed partners, each with a visit that was made, one to come and one to be answered."""
    chance = random.Random(plan.SEED + 2)
    password = make_password(plan.PASSWORD)
    now = clock.now()
    for login in plan.PARTNER_LOGINS:
        owner, people = owners[login.lab], staff[login.lab]
        client = Client.objects.within(Scope.of(owner.id)).get(code=login.client)
        name = f"{chance.choice(plan.FIRST_WOMEN)} {chance.choice(plan.LAST)}"
        with clock.at(now - timedelta(days=4)):
            account, _temporary = accounts.create_account(
                ACTOR, owner_id=owner.id, client_id=client.id, username=login.username, name=name
            )
        User.objects.filter(pk=account.user_id).update(password=password, must_change_password=False)
        actor = actor_of(User.objects.select_related("person").get(pk=account.user_id), "web")
        with clock.at(now - timedelta(days=3)):
            made = _ask(actor, client, login, name, days=1)
            _confirm(people, owner, made, days=1)
        with clock.at(now - timedelta(days=2)):
            bookings.complete_booking(people.receiver, owner_id=owner.id, booking_id=made)
        _confirm(people, owner, _ask(actor, client, login, name, days=1), days=1)
        _ask(actor, client, login, name, days=4)


def _ask(actor: Actor, client: Client, login: plan.PartnerLogin, name: str, days: int) -> UUID:
    wanted = BookingInput(
        kind=login.visit,
        what=login.what,
        place=f"Jalan Contoh No. {days + 2}",
        wanted_on=clock.today() + timedelta(days=days),
        wanted_part="morning",
        contact_name=name,
        phone="0812-5555-0101",
    )
    return bookings.request_booking(actor, owner_id=client.owner_id, client_id=client.id, booking=wanted).id


def _confirm(people: Staff, owner: Owner, booking_id: UUID, days: int) -> None:
    zone = ZoneInfo(owner.zone)
    planned = datetime.combine(clock.today(owner.zone) + timedelta(days=days), time(9), zone)
    bookings.confirm_booking(
        people.receptionist,
        owner_id=owner.id,
        booking_id=booking_id,
        planned_at=planned,
        answer="Petugas datang pagi.",
    )
