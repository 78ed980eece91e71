"""Who speaks for a client, and the visits that clients ask for."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from laras.core import clock, journal
from laras.core.actor import actor_of
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import RoleAssignment, Sealed, User
from laras.core.rights import ROLES
from laras.core.scope import Scope
from laras.core.states import MoveRefused
from laras.partners import accounts, bookings, queries, services
from laras.partners.models import Booking, PartnerAccount
from laras.partners.types import BookingInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A", zone="Asia/Makassar")


@pytest.fixture
def other(make_owner):
    return make_owner("LAB-B")


@pytest.fixture
def head(make_actor, lab):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def desk(make_actor, lab):
    return make_actor("loket", lab, "receptionist")


@pytest.fixture
def clinic(desk, lab):
    return services.register_client(desk, owner_id=lab.id, name="Klinik Melati", kind="facility")


@pytest.fixture
def hotel(desk, lab):
    return services.register_client(desk, owner_id=lab.id, name="Hotel Seruni", kind="company")


@pytest.fixture
def partner(head, lab, clinic):
    """The actor of a new account that speaks for the clinic."""
    row, _password = accounts.create_account(
        head, owner_id=lab.id, client_id=clinic.id, username="klinik.melati", name="Rina Contoh"
    )
    return actor_of(row.user, "web")


def visit(**more):
    given = BookingInput(
        kind="pickup",
        what="6 tabung darah",
        place="Jalan Contoh 1",
        wanted_on=clock.today("Asia/Makassar") + timedelta(days=1),
        contact_name="Rina",
        phone="0812-3456-7890",
    )
    return replace(given, **more)


def events_of(scope, subject):
    return [line.event for line in journal.history(scope, subject)]


# --- Accounts -----------------------------------------------------------------------------------------------------------


def test_the_role_of_a_partner_gives_one_right_and_no_reach():
    assert ROLES["partner"].rights == {"portal.partner"}
    assert not ROLES["partner"].reach
    assert [name for name, role in ROLES.items() if "portal.partner" in role.rights] == ["partner"]


def test_a_new_account_speaks_for_its_client_and_must_change_its_password(head, lab, clinic, hotel):
    row, password = accounts.create_account(
        head, owner_id=lab.id, client_id=clinic.id, username="klinik.melati", name="Rina Contoh", email="r@contoh.id"
    )
    user = User.objects.get(username="klinik.melati")
    assert row.user_id == user.pk
    assert user.check_password(password)
    assert user.must_change_password
    assert actor_of(user, "web").grants == {lab.id: frozenset({"portal.partner"})}
    assert queries.clients_of_user(Scope.of(lab.id), user.pk) == [clinic]
    assert "partners.account_opened" in events_of(Scope.of(lab.id), clinic.id)
    opened = next(line for line in journal.history(Scope.of(lab.id), clinic.id) if "opened" in line.event)
    assert opened.person_id == head.person_id
    assert "Rina" not in str(opened.payload)


def test_an_account_of_another_organisation_is_connected_once(head, lab, clinic, hotel, make_owner, make_user):
    puskesmas = make_owner("PKM", tier=1)
    user = make_user("dewi", puskesmas, "receptionist")
    first = accounts.invite_account(head, owner_id=lab.id, client_id=clinic.id, username="dewi")
    again = accounts.invite_account(head, owner_id=lab.id, client_id=clinic.id, username=" Dewi ")
    assert first.id == again.id
    accounts.invite_account(head, owner_id=lab.id, client_id=hotel.id, username="dewi")
    assert queries.clients_of_user(Scope.of(lab.id), user.pk) == [hotel, clinic]
    assert RoleAssignment.objects.filter(user=user, owner=lab, role="partner").count() == 1
    assert "receptionist" in actor_of(user, "web").roles[puskesmas.id]
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerAccount.rows.create(owner=lab, client=clinic, user=user)


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"head", "administrator"}))
def test_only_head_and_administrator_manage_accounts(role, lab, clinic, partner, make_actor):
    someone = make_actor(f"x-{role.replace('_', '-')}", lab, role)
    row = queries.accounts_of(Scope.of(lab.id), clinic.id)[0]
    with pytest.raises(Forbidden):
        accounts.create_account(someone, owner_id=lab.id, client_id=clinic.id, username="baru.satu", name="Baru")
    with pytest.raises(Forbidden):
        accounts.invite_account(someone, owner_id=lab.id, client_id=clinic.id, username="klinik.melati")
    with pytest.raises(Forbidden):
        accounts.end_account(someone, owner_id=lab.id, account_id=row.id, reason="Tidak lagi")
    assert not User.objects.filter(username="baru.satu").exists()


def test_the_head_gains_nothing_else_by_it(head, lab, clinic, make_actor, make_user):
    """Giving the role of a partner is not managing users: neither other roles nor oneself nor other laboratories."""
    from laras.core import services as core

    accounts.create_account(head, owner_id=lab.id, client_id=clinic.id, username="klinik.satu", name="Satu")
    user = User.objects.get(username="klinik.satu")
    with pytest.raises(Forbidden):
        core.assign_role(head, owner_id=lab.id, user_id=user.pk, role="analyst")
    with pytest.raises(Forbidden, match="diri sendiri"):
        accounts.invite_account(head, owner_id=lab.id, client_id=clinic.id, username="kepala")


def test_another_laboratorys_client_or_account_is_not_found(lab, other, clinic, partner, make_actor):
    stranger = make_actor("kepala-b", other, "head")
    row = queries.accounts_of(Scope.of(lab.id), clinic.id)[0]
    with pytest.raises(NotFound):
        accounts.create_account(stranger, owner_id=other.id, client_id=clinic.id, username="baru.dua", name="Baru")
    with pytest.raises(NotFound):
        accounts.end_account(stranger, owner_id=other.id, account_id=row.id, reason="Tidak lagi")
    with pytest.raises(Forbidden):
        accounts.end_account(stranger, owner_id=lab.id, account_id=row.id, reason="Tidak lagi")
    assert queries.clients_of_user(Scope.of(other.id), partner.user_id) == []
    assert not User.objects.filter(username="baru.dua").exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [({"username": "A"}, "username"), ({"username": "kepala"}, "username"), ({"name": " "}, "name"),
     ({"email": "bukan"}, "email")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(head, lab, clinic, more, field):
    given = {"username": "klinik.x", "name": "Rina"} | more
    with pytest.raises(Refused) as caught:
        accounts.create_account(head, owner_id=lab.id, client_id=clinic.id, **given)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert not PartnerAccount.objects.within(Scope.of(lab.id)).exists()


def test_ending_takes_the_client_and_with_the_last_one_the_role(head, lab, clinic, hotel, partner):
    scope = Scope.of(lab.id)
    accounts.invite_account(head, owner_id=lab.id, client_id=hotel.id, username="klinik.melati")
    row = queries.accounts_of(scope, clinic.id)[0]
    with pytest.raises(Refused):
        accounts.end_account(head, owner_id=lab.id, account_id=row.id, reason=" ")
    accounts.end_account(head, owner_id=lab.id, account_id=row.id, reason="Pindah kerja")
    assert queries.clients_of_user(scope, partner.user_id) == [hotel]
    user = User.objects.get(pk=partner.user_id)
    assert actor_of(user, "web").can("portal.partner", lab.id)
    last = queries.accounts_of(scope, hotel.id)[0]
    accounts.end_account(head, owner_id=lab.id, account_id=last.id, reason="Pindah kerja")
    accounts.end_account(head, owner_id=lab.id, account_id=last.id, reason="Sekali lagi")  # safe to repeat
    assert queries.clients_of_user(scope, partner.user_id) == []
    assert not actor_of(user, "web").can("portal.partner", lab.id)
    assert events_of(scope, hotel.id).count("partners.account_ended") == 1
    # Ended is not for ever: the same account may be connected again.
    accounts.invite_account(head, owner_id=lab.id, client_id=clinic.id, username="klinik.melati")
    assert queries.clients_of_user(scope, partner.user_id) == [clinic]


def test_a_closed_client_gets_no_account(head, desk, lab, clinic):
    services.close_client(desk, owner_id=lab.id, client_id=clinic.id)
    with pytest.raises(Refused, match="ditutup"):
        accounts.create_account(head, owner_id=lab.id, client_id=clinic.id, username="klinik.x", name="Rina")


# --- Visits -------------------------------------------------------------------------------------------------------------


def test_a_visit_from_asking_to_done(partner, desk, lab, clinic):
    scope = Scope.of(lab.id)
    row = bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit())
    assert (row.status, row.phone, row.requested_by) == ("requested", "+6281234567890", partner.person_id)
    assert row.number.startswith("LAB-A-")
    assert queries.bookings_waiting(scope) == {"requested": 1, "confirmed": 0}
    planned = clock.now() + timedelta(days=1)
    bookings.confirm_booking(desk, owner_id=lab.id, booking_id=row.id, planned_at=planned, answer="Pak Made datang")
    bookings.confirm_booking(
        desk, owner_id=lab.id, booking_id=row.id, planned_at=planned + timedelta(hours=2), answer="Pak Made datang"
    )
    row = queries.get_booking(scope, row.id)
    assert (row.status, row.planned_at, row.answer) == ("confirmed", planned + timedelta(hours=2), "Pak Made datang")
    bookings.complete_booking(desk, owner_id=lab.id, booking_id=row.id)
    row = queries.get_booking(scope, row.id)
    assert (row.status, row.answer) == ("done", "Pak Made datang")
    assert events_of(scope, row.id).count("partners.booking_moved") == 3
    entries = list(journal.history(scope, row.id))
    assert all("Rina" not in str(line.payload) and "Jalan" not in str(line.payload) for line in entries)
    assert Sealed.objects.filter(entry__subject=row.id).count() == 4
    with pytest.raises(MoveRefused):
        bookings.withdraw_booking(partner, owner_id=lab.id, booking_id=row.id)


def test_declined_with_a_reason_only_and_withdrawn_by_the_partner(partner, desk, lab, clinic):
    first = bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit())
    with pytest.raises(Refused):
        bookings.decline_booking(desk, owner_id=lab.id, booking_id=first.id, answer="  ")
    bookings.decline_booking(desk, owner_id=lab.id, booking_id=first.id, answer="Kendaraan rusak")
    second = bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit(kind="sampling"))
    assert first.number != second.number
    bookings.withdraw_booking(partner, owner_id=lab.id, booking_id=second.id)
    assert set(Booking.rows.values_list("status", flat=True)) == {"declined", "withdrawn"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"what": ""}, "what"),
        ({"what": "x" * 301}, "what"),
        ({"what": "a\u202eb"}, "what"),
        ({"place": " "}, "place"),
        ({"wanted_on": None}, "wanted_on"),
        ({"wanted_on": "yesterday"}, "wanted_on"),
        ({"wanted_on": "next year"}, "wanted_on"),
        ({"wanted_part": "night"}, "wanted_part"),
        ({"contact_name": ""}, "contact_name"),
        ({"phone": "telepon"}, "phone"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_a_visit_that_cannot_be_made_is_refused_at_its_field(partner, lab, clinic, more, field):
    days = {"yesterday": -1, "next year": 365}
    if more.get("wanted_on") in days:
        more = {"wanted_on": clock.today("Asia/Makassar") + timedelta(days=days[more["wanted_on"]])}
    with pytest.raises(Refused) as caught:
        bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit(**more))
    assert [problem.field for problem in caught.value.problems] == [field]
    assert not Booking.rows.exists()


def test_nobody_asks_or_withdraws_for_a_client_of_somebody_else(partner, head, desk, lab, other, clinic, hotel):
    with pytest.raises(NotFound):
        bookings.request_booking(partner, owner_id=lab.id, client_id=hotel.id, booking=visit())
    with pytest.raises(NotFound):
        bookings.request_booking(partner, owner_id=lab.id, client_id=uuid4(), booking=visit())
    with pytest.raises(Forbidden):
        bookings.request_booking(partner, owner_id=other.id, client_id=clinic.id, booking=visit())
    with pytest.raises(Forbidden):
        bookings.request_booking(desk, owner_id=lab.id, client_id=clinic.id, booking=visit())
    row, _password = accounts.create_account(
        head, owner_id=lab.id, client_id=hotel.id, username="hotel.seruni", name="Made Contoh"
    )
    theirs = bookings.request_booking(actor_of(row.user, "web"), owner_id=lab.id, client_id=hotel.id, booking=visit())
    with pytest.raises(NotFound):
        bookings.withdraw_booking(partner, owner_id=lab.id, booking_id=theirs.id)
    with pytest.raises(NotFound):
        queries.get_booking(Scope.of(lab.id), theirs.id, client_ids=[clinic.id])


def test_who_may_answer(partner, lab, other, clinic, make_actor):
    row = bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit())
    later = clock.now() + timedelta(days=1)
    for refused in (partner, make_actor("kasir", lab, "cashier"), make_actor("loket-b", other, "receptionist")):
        with pytest.raises(Forbidden):
            bookings.confirm_booking(refused, owner_id=lab.id, booking_id=row.id, planned_at=later)
        with pytest.raises(Forbidden):
            bookings.decline_booking(refused, owner_id=lab.id, booking_id=row.id, answer="Tidak bisa")
        with pytest.raises(Forbidden):
            bookings.complete_booking(refused, owner_id=lab.id, booking_id=row.id)
    stranger = make_actor("sampler-b", other, "sampler")
    with pytest.raises(NotFound):
        bookings.confirm_booking(stranger, owner_id=other.id, booking_id=row.id, planned_at=later)
    sampler = make_actor("sampler", lab, "sampler")
    for moment in (None, clock.now() - timedelta(days=2), clock.now() + timedelta(days=400)):
        with pytest.raises(Refused):
            bookings.confirm_booking(sampler, owner_id=lab.id, booking_id=row.id, planned_at=moment)
    assert bookings.confirm_booking(sampler, owner_id=lab.id, booking_id=row.id, planned_at=later).status == "confirmed"


def test_an_unanswered_flood_is_stopped(partner, lab, clinic, monkeypatch):
    monkeypatch.setattr(bookings, "OPEN_AT_ONCE", 2)
    for _n in range(2):
        bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit())
    with pytest.raises(Refused, match="belum dijawab"):
        bookings.request_booking(partner, owner_id=lab.id, client_id=clinic.id, booking=visit())
    assert Booking.rows.count() == 2
