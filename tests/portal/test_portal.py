"""The first page of each role, the menu, the bell and the box that opens anything by its number."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from laras.catalogue.services import load_shipped_catalogue
from laras.core import clock
from laras.core.actor import actor_of
from laras.core.models import Reach
from laras.core.rights import ROLES
from laras.core.scope import Scope
from laras.orders import charges
from laras.orders import services as orders
from laras.portal import homes
from laras.portal.menu import BELL, MENU
from laras.resources.models import Capability

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    load_shipped_catalogue()
    return make_owner("NTB-01", zone="Asia/Makassar")


@pytest.fixture
def counter(lab, make_user):
    return make_user("dewi", lab, "receptionist", "receiver")


def order(owner, user, *codes, **more):
    actor = actor_of(user, "web")
    person = {"full_name": "Sari Contoh", "sex": "P", "birth_date": date(1990, 4, 23), "no_nik_reason": "absent"}
    made = orders.register_order(actor, owner=owner, codes=list(codes), new_patient=person | more)
    orders.receive_samples(actor, owner_id=owner.id, sample_ids=[sample.id for sample in made.samples])
    return made


def test_every_entry_of_menu_and_bell_leads_somewhere():
    for entry in MENU:
        assert reverse(entry.url)
    for address, _right, _words, _tone in BELL:
        assert reverse(address)


def test_every_role_has_a_home():
    assert {role.home for role in ROLES.values()} == set(homes.HOMES) == set(homes.ORDER)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_first_page_of_each_role_with_and_without_work(role, lab, counter, make_owner, make_user, sign_in):
    Capability.rows.create(owner=lab, test_code="HB", method="", tat_hours=4)
    place = lab if role not in ("officer", "network_manager") else make_owner("DK-1", kind="office", tier=None)
    Reach.objects.create(office=place, reached=lab, way="jurisdiction")
    user = make_user(f"u-{role.replace('_', '-')}", place, role)
    client = sign_in(user)
    assert client.get("/").status_code == 200
    order(lab, counter, "HB", "GDP")
    page = client.get("/")
    assert page.status_code == 200
    text = page.content.decode()
    menu = text[text.index('id="menu"') : text.index("</nav>")]
    for entry in MENU:
        mine = not entry.rights or set(entry.rights) & (ROLES[role].rights | ROLES[role].reach)
        shown = f'href="{reverse(entry.url)}"' in menu
        assert shown == bool(mine and (place.kind == "laboratory" or not entry.laboratory_only)), entry.label


def test_a_laboratory_that_offers_nothing_yet_tells_who_can_mend_it(lab, make_user, sign_in):
    hint = "belum punya daftar kemampuan"
    manager = sign_in(make_user("dewi", lab, "head"))
    assert hint in manager.get("/").content.decode()
    assert hint not in sign_in(make_user("made", lab, "analyst")).get("/").content.decode()
    Capability.rows.create(owner=lab, test_code="HB", method="", tat_hours=4)
    assert hint not in manager.get("/").content.decode()


def test_an_office_sees_numbers_and_no_names(lab, counter, make_owner, make_user, sign_in):
    office = make_owner("DK-1", kind="office", tier=None)
    Reach.objects.create(office=office, reached=lab, way="jurisdiction")
    made = order(lab, counter, "HB")
    text = sign_in(make_user("petugas", office, "officer")).get("/").content.decode()
    assert lab.name in text
    assert "Sari Contoh" not in text
    assert made.number not in text


def test_a_number_opens_its_thing(lab, counter, sign_in):
    made = order(lab, counter, "HB")
    client = sign_in(counter)
    for text in (made.number, made.number.lower(), made.samples[0].number):
        answer = client.post("/cari/", {"q": text})
        assert answer.status_code == 302
        assert answer["Location"] == reverse("orders:detail", args=[made.id])


def test_what_is_searched_never_stands_in_the_address(lab, counter, sign_in):
    order(lab, counter, "HB")
    client = sign_in(counter)
    answer = client.post("/cari/", {"q": "Sari"})
    assert answer["Location"] == reverse("portal:find")
    assert "Sari Contoh" in client.get(answer["Location"]).content.decode()


def test_another_laboratorys_number_finds_nothing(lab, counter, make_owner, make_user, sign_in):
    made = order(lab, counter, "HB")
    stranger = make_user("lain", make_owner("LAIN"), "receptionist")
    client = sign_in(stranger)
    for text in (made.number, "Sari Contoh"):
        page = client.post("/cari/", {"q": text}, follow=True).content.decode()
        assert "Tidak ada yang cocok" in page
        assert str(made.id) not in page


@pytest.mark.parametrize(
    "text", ["", " ", "'; drop table orders_order; --", "<script>alert(1)</script>", "x" * 500, "\x00", "%"]
)
def test_odd_searches_answer_calmly(lab, counter, sign_in, text):
    page = sign_in(counter).post("/cari/", {"q": text}, follow=True)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_the_first_page_costs_the_same_with_much_work(lab, counter, make_user, sign_in, django_assert_max_num_queries):
    Capability.rows.create(owner=lab, test_code="HB", method="", tat_hours=4)
    client = sign_in(make_user("made", lab, "analyst"))
    client.get("/")
    counts = []
    for n in (2, 8):
        for k in range(n):
            order(lab, counter, "HB", full_name=f"Orang {n} {k}", birth_date=date(1980, 1 + k, 13 + n))
        with django_assert_max_num_queries(40) as queries:
            assert client.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_unknown_address_answers_people_and_programs_in_their_own_way(client):
    program = client.get("/api/v1/nothing")
    assert (program.status_code, program["Content-Type"]) == (404, "application/problem+json")
    person = client.get("/tidak-ada/")
    assert person.status_code == 404
    assert "Halaman tidak ditemukan" in person.content.decode()


def test_the_cashier_sees_prices_by_payer(lab, counter, make_user, sign_in):
    Capability.rows.create(owner=lab, test_code="HB", method="", tat_hours=4, price=25000)
    Capability.rows.create(owner=lab, test_code="GDP", method="", tat_hours=4, price=30000)
    order(lab, counter, "HB", "GDP")
    text = sign_in(make_user("kas", lab, "cashier")).get("/").content.decode()
    assert "Rp55.000" in text
    assert "Umum" in text
    assert "belum dicatat" in text, "nothing may look as if payments were kept"


def test_money_counts_of_the_day_leave_out_what_was_cancelled_and_other_days(lab, counter):
    Capability.rows.create(owner=lab, test_code="HB", method="", tat_hours=4, price=25000)
    scope, actor, today = Scope.of(lab.id), actor_of(counter, "web"), clock.today(lab.zone)
    order(lab, counter, "HB")
    gone = order(lab, counter, "HB", full_name="Lain Contoh")
    orders.cancel_order(actor, owner_id=lab.id, order_id=gone.id, reason="Salah orang")
    (total,) = charges.totals_by_payer(scope, today)
    assert (total.payer, total.orders, total.amount) == ("self", 1, 25000)
    assert charges.totals_by_payer(scope, today - timedelta(days=1)) == []


def test_a_network_manager_begins_from_the_first_page(lab, make_owner, make_user, sign_in):
    office = make_owner("DK-1", kind="office", tier=None)
    new = reverse("network:create")
    assert new in sign_in(make_user("jejaring", office, "network_manager")).get("/").content.decode()
    # Who may not is offered nothing that would refuse.
    assert new not in sign_in(make_user("petugas3", office, "officer")).get("/").content.decode()


def test_an_office_takes_its_week_away_as_a_file(lab, counter, make_owner, make_user, sign_in):
    office = make_owner("DK-2", kind="office", tier=None)
    Reach.objects.create(office=office, reached=lab, way="jurisdiction")
    order(lab, counter, "HB")
    answer = sign_in(make_user("petugas2", office, "officer")).get(reverse("portal:week"))
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "code,name,tier,registered,reported,waiting_over_3_days"
    assert lines[1].startswith(f"{lab.code},")
    assert lines[1].endswith(",1,0,0")
    assert "Sari Contoh" not in answer.content.decode()


def test_the_ministry_sees_provinces(lab, counter, make_owner, make_user, sign_in):
    ministry = make_owner("KK", kind="ministry", tier=None)
    Reach.objects.create(office=ministry, reached=lab, way="jurisdiction")
    order(lab, counter, "HB")
    text = sign_in(make_user("menteri", ministry, "officer")).get("/").content.decode()
    assert "Menurut provinsi" in text
    assert "Wilayah belum tercatat" in text  # this laboratory stands in no area
