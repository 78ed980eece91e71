"""The portal of partners: own orders and reports only, no unreleased values, each opening in the journal."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.layers import decode, merge
from laras.catalogue.shipped import shipped_rows
from laras.core import clock, journal
from laras.core.actor import actor_of
from laras.core.api import forget_tokens, new_token, token_digest
from laras.core.errors import NotFound, Refused
from laras.core.models import ApiToken, User
from laras.core.scope import Scope
from laras.orders import for_partners as orders
from laras.orders import services as order_services
from laras.partners import accounts, bookings
from laras.partners import queries as partners
from laras.partners import services as partner_services
from laras.partners.types import BookingInput
from laras.people import services as people
from laras.portal import partner
from laras.reports import for_partners as reports
from laras.reports import services as report_services
from tests.reports.conftest import Lab

pytestmark = pytest.mark.django_db

SECRET_VALUE = "13,7"  # of a result: it must stand on no page of a partner


@pytest.fixture(scope="module")
def shipped():
    return merge([decode("shipped", "laras/test", "shipped", "laras", shipped_rows())])


@pytest.fixture(autouse=True)
def catalogue(shipped, monkeypatch):
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: shipped)
    return shipped


@pytest.fixture
def make_lab(make_owner, make_actor):
    def make(code: str) -> Lab:
        owner, name = make_owner(code, zone="Asia/Makassar"), code.lower()
        return Lab(
            owner,
            make_actor(f"{name}-loket", owner, "receptionist", "receiver", "sampler"),
            make_actor(f"{name}-analis", owner, "analyst"),
            make_actor(f"{name}-verifikator", owner, "verifier"),
            make_actor(f"{name}-validator", owner, "validator"),
        )

    return make


@pytest.fixture
def lab(make_lab):
    return make_lab("NTB-01")


@pytest.fixture
def head(lab, make_actor):
    return make_actor("kepala", lab.owner, "head")


def client_of(lab, name):
    return partner_services.register_client(lab.counter, owner_id=lab.id, name=name, kind="facility")


@pytest.fixture
def clinic(lab):
    return client_of(lab, "Klinik Melati")


@pytest.fixture
def hotel(lab):
    return client_of(lab, "Hotel Seruni")


def speak_for(lab, head, client, username):
    row, _password = accounts.create_account(
        head, owner_id=lab.id, client_id=client.id, username=username, name=f"Orang {username}"
    )
    User.objects.filter(pk=row.user_id).update(must_change_password=False)
    return User.objects.get(pk=row.user_id)


@pytest.fixture
def rina(lab, head, clinic):
    return speak_for(lab, head, clinic, "rina")


@pytest.fixture
def made(lab, head, hotel):
    return speak_for(lab, head, hotel, "made")


def person(name):
    return {"full_name": name, "birth_date": date(1980, 1, 1 + len(name) % 28)}


@pytest.fixture
def orders_of_both(lab, clinic, hotel):
    """``open``, ``done`` (with its report) and ``refused`` of the clinic; ``theirs`` (with a report) of the hotel."""
    found = {}
    found["done"] = lab.order("HB", client_id=clinic.id, person=person("Sari Melati"))
    lab.perform(found["done"], "HB", SECRET_VALUE)
    found["report"] = lab.release(found["done"]).id
    found["open"] = lab.order("HB", client_id=clinic.id, person=person("Ayu Terbuka"))
    lab.perform(found["open"], "HB", SECRET_VALUE)  # validated, not released
    found["refused"] = lab.order("PLT", client_id=clinic.id, person=person("Wayan Ditolak"))
    sample = order_services.refuse_sample(
        lab.counter, owner_id=lab.id, sample_id=orders.order_of(lab.scope, [clinic.id], found["refused"]).samples[0].id,
        reason="hemolysed", note="mohon ulang", replacement=True,
    )[0]  # fmt: skip
    found["sample"] = sample.number
    found["theirs"] = lab.order("HB", client_id=hotel.id, person=person("Made Rahasia"))
    lab.perform(found["theirs"], "HB", "12,1")
    found["their_report"] = lab.release(found["theirs"]).id
    found["nobody"] = lab.order("HB", person=person("Tanpa Pengirim"))
    return found


def text_of(answer):
    return answer.content.decode()


# --- What may be read ---------------------------------------------------------------------------------------------------


def test_the_home_shows_where_things_are_and_what_is_wrong(rina, orders_of_both, sign_in):
    text = text_of(sign_in(rina).get("/"))
    assert "Beranda mitra" in text
    assert "Sampel ditolak, mohon dikirim ulang" in text
    assert "Lisis: mohon ulang" in text
    assert orders_of_both["sample"] in text
    for name in ("Sari Melati", "Ayu Terbuka", "Wayan Ditolak"):
        assert name in text
    for name in ("Made Rahasia", "Tanpa Pengirim", SECRET_VALUE):
        assert name not in text
    assert reverse("portal:partner_report", args=[orders_of_both["report"]]) in text


def test_the_list_holds_own_orders_only_and_filters_them(rina, orders_of_both, clinic, sign_in, lab):
    client = sign_in(rina)
    address = reverse("portal:partner_orders")
    text = text_of(client.get(address))
    assert "Sari Melati" in text
    assert "Made Rahasia" not in text
    assert "Tanpa Pengirim" not in text
    text = text_of(client.get(address, {"status": "reported"}))
    assert "Sari Melati" in text
    assert "Ayu Terbuka" not in text
    number = orders.order_of(lab.scope, [clinic.id], orders_of_both["open"]).order.number
    assert "Ayu Terbuka" in (text := text_of(client.get(address, {"q": number.lower()})))
    assert "Sari Melati" not in text
    assert "Wayan Ditolak" in text_of(client.get(address, {"q": orders_of_both["sample"]}))
    theirs = orders.orders_of(lab.scope, [], None)
    assert theirs == ([], "")
    assert "Tidak ada permintaan yang cocok" in text_of(client.get(address, {"q": "NTB-99"}))
    assert "<html" not in text_of(client.get(address, headers={"HX-Request": "true"}))
    assert client.get(address, {"after": "bukan"}).status_code == 422


def test_pages_follow_each_other_without_gap_or_double(lab, clinic, orders_of_both):
    seen, after = [], ""
    while True:
        rows, after = orders.orders_of(lab.scope, [clinic.id], after=after, limit=1)
        seen += [row.order.id for row in rows]
        if not after:
            break
    assert seen == [orders_of_both[name] for name in ("refused", "open", "done")]


def test_the_order_shows_its_way_and_no_values(rina, orders_of_both, sign_in):
    client = sign_in(rina)
    page = text_of(client.get(reverse("portal:partner_order", args=[orders_of_both["open"]])))
    assert "Ayu Terbuka" in page
    assert "1 sampel di laboratorium" in page
    assert "Belum ada LHU" in page
    assert SECRET_VALUE not in page
    page = text_of(client.get(reverse("portal:partner_order", args=[orders_of_both["refused"]])))
    assert "Lisis: mohon ulang" in page
    assert "1 sampel belum diambil" in page
    page = text_of(client.get(reverse("portal:partner_order", args=[orders_of_both["done"]])))
    assert reverse("portal:partner_report", args=[orders_of_both["report"]]) in page
    assert SECRET_VALUE not in page


def test_another_clients_and_another_laboratorys_things_are_not_found(
    rina, orders_of_both, sign_in, lab, make_lab, make_actor, clinic
):
    other = make_lab("NTB-02")
    far = client_of(other, "Klinik Jauh")
    order = other.done({"HB": "11,1"}, client_id=far.id)
    report = other.release(order)
    client = sign_in(rina)
    for target in (orders_of_both["theirs"], orders_of_both["nobody"], order, uuid4()):
        assert client.get(reverse("portal:partner_order", args=[target])).status_code == 404
    for target in (orders_of_both["their_report"], report.id, uuid4()):
        assert client.get(reverse("portal:partner_report", args=[target])).status_code == 404
        with pytest.raises(NotFound):
            reports.hand_over(actor_of(rina, "web"), owner_id=lab.id, client_ids=[clinic.id], report_id=target)
    # The same person at two laboratories: each shows its own.
    accounts.invite_account(
        make_actor("kepala-b", other.owner, "head"), owner_id=other.id, client_id=far.id, username="rina"
    )
    assert client.get(reverse("portal:partner_order", args=[order])).status_code == 404
    client.post(reverse("core:switch_owner"), {"owner": str(other.id)})
    assert client.get(reverse("portal:partner_order", args=[order])).status_code == 200
    assert client.get(reverse("portal:partner_order", args=[orders_of_both["done"]])).status_code == 404


def test_the_pages_of_the_laboratory_stay_shut(rina, orders_of_both, sign_in):
    client = sign_in(rina)
    for address in (
        "/permintaan/", f"/permintaan/{orders_of_both['done']}/", "/pasien/", "/lhu/", f"/lhu/{orders_of_both['report']}/",
        "/meja-kerja/", "/rujukan/", "/pengirim/", "/kunjungan/", "/pengguna/",
    ):  # fmt: skip
        assert client.get(address).status_code == 403, address


def test_who_speaks_for_nobody_sees_nothing(lab, orders_of_both, make_user, sign_in):
    client = sign_in(make_user("tanpa", lab.owner, "partner"))
    assert "belum dihubungkan" in text_of(client.get("/"))
    assert "Sari Melati" not in text_of(client.get(reverse("portal:partner_orders")))
    assert client.get(reverse("portal:partner_order", args=[orders_of_both["done"]])).status_code == 404
    assert client.get(reverse("portal:partner_report", args=[orders_of_both["report"]])).status_code == 404
    assert client.get(reverse("portal:partner_book")).status_code == 422


def test_an_ended_account_sees_nothing_more(lab, head, clinic, rina, orders_of_both, sign_in):
    client = sign_in(rina)
    row = partners.accounts_of(lab.scope, clinic.id)[0]
    accounts.end_account(head, owner_id=lab.id, account_id=row.id, reason="Pindah kerja")
    assert client.get(reverse("portal:partner_order", args=[orders_of_both["done"]])).status_code == 403


def test_the_box_above_finds_own_people_by_name_and_number(rina, orders_of_both, clinic, lab, sign_in):
    client = sign_in(rina)
    assert "Sari Melati" in text_of(client.post("/cari/", {"q": "sari"}, follow=True))
    assert "Made Rahasia" not in text_of(client.post("/cari/", {"q": "made"}, follow=True))
    number = orders.order_of(lab.scope, [clinic.id], orders_of_both["open"]).order.number
    answer = client.post("/cari/", {"q": number})
    assert answer["Location"] == reverse("portal:partner_order", args=[orders_of_both["open"]])
    theirs = orders.get_order(lab.scope, orders_of_both["theirs"]).order.number
    page = text_of(client.post("/cari/", {"q": theirs}, follow=True))
    assert str(orders_of_both["theirs"]) not in page


def test_a_home_costs_the_same_with_many_orders(lab, rina, clinic, sign_in, django_assert_max_num_queries):
    client, counts = sign_in(rina), []
    for many in (2, 6):
        for n in range(many):
            lab.order("HB", client_id=clinic.id, person=person(f"Orang {many} {'x' * n}"))
        client.get("/")
        with django_assert_max_num_queries(30) as seen:
            assert client.get("/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Reports ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr(report_services, "_draw", lambda document: b"%PDF-1.7 contoh")


def handed(lab, order_id):
    return [line for line in journal.history(lab.scope, order_id) if line.event == "reports.report_handed_over"]


def test_each_opening_of_a_report_is_noted(lab, rina, clinic, orders_of_both, drawn, sign_in, make_user):
    client = sign_in(rina)
    address = reverse("portal:partner_report", args=[orders_of_both["report"]])
    answer = client.get(address)
    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "private, no-store"
    client.get(address)
    lines = handed(lab, orders_of_both["done"])
    assert len(lines) == 2
    assert lines[0].person_id == rina.person_id
    assert lines[0].payload["client"] == str(clinic.id)
    issued = next(line for line in journal.history(lab.scope, orders_of_both["done"]) if "issued" in line.event)
    assert lines[0].payload["pdf_digest"] == issued.payload["pdf_digest"]
    # The laboratory reads it on the order's page.
    page = text_of(sign_in(make_user("loket", lab.owner, "receptionist")).get(f"/permintaan/{orders_of_both['done']}/"))
    assert "dibuka mitra" in page


def test_only_what_holds_is_handed_over(lab, rina, clinic, orders_of_both, drawn, sign_in):
    client, order_id = sign_in(rina), orders_of_both["done"]
    report_services.withdraw_report(
        lab.doctor, owner_id=lab.id, report_id=orders_of_both["report"], reason="Sampel tertukar"
    )
    address = reverse("portal:partner_report", args=[orders_of_both["report"]])
    assert client.get(address).status_code == 422
    page = text_of(client.get(reverse("portal:partner_order", args=[order_id])))
    assert "Ditarik" in page
    assert address not in page
    assert address not in text_of(client.get(reverse("portal:partner_reports")))
    assert handed(lab, order_id) == []


def test_a_consent_taken_back_keeps_the_report_at_the_laboratory(lab, rina, clinic, orders_of_both, drawn, sign_in):
    client, order_id = sign_in(rina), orders_of_both["done"]
    patient = orders.order_of(lab.scope, [clinic.id], order_id).order.patient
    consent = people.give_consent(
        lab.counter, owner_id=lab.id, patient_id=patient.id, purpose="electronic_delivery", given_by="Sari"
    )
    address = reverse("portal:partner_report", args=[orders_of_both["report"]])
    assert client.get(address).status_code == 200
    people.withdraw_consent(lab.counter, owner_id=lab.id, consent_id=consent.id, reason="Tidak mau lagi")
    assert client.get(address).status_code == 422
    assert "Pasien mencabut" in text_of(client.get(reverse("portal:partner_order", args=[order_id])))
    with pytest.raises(Refused):
        reports.hand_over(
            actor_of(rina, "web"), owner_id=lab.id, client_ids=[clinic.id], report_id=orders_of_both["report"]
        )
    assert len(handed(lab, order_id)) == 1


# --- Prices and visits --------------------------------------------------------------------------------------------------


def test_the_price_list(lab, rina, sign_in):
    lab.can("HB", "GDP")
    address = reverse("portal:partner_prices")
    page = text_of(sign_in(rina).get(address))
    assert "Hemoglobin" in page
    assert "Rp10.000" in page
    page = text_of(sign_in(rina).get(address, {"q": "gluk"}))
    assert "Glukosa puasa" in page
    assert "Hemoglobin" not in page
    assert [row.offer.test_code for row in partner.price_list(lab.id, text="gdp")] == ["GDP"]
    assert partner.price_list(lab.id, subject="environment") == []


def typed(clinic, **more):
    day = clock.today("Asia/Makassar") + timedelta(days=2)
    return {
        "client_id": str(clinic.id), "kind": "pickup", "what": "6 tabung", "place": "Jalan Contoh 1",
        "wanted_on": day.isoformat(), "wanted_part": "morning", "contact_name": "Rina", "phone": "081234567890",
        "note": "", "form_key": "k1",
    } | more  # fmt: skip


def test_a_visit_is_asked_for_and_answered(lab, rina, clinic, sign_in, make_user):
    client = sign_in(rina)
    book = reverse("portal:partner_book")
    wrong = client.post(book, typed(clinic, wanted_on="2020-01-01", what="<b>botol</b>", form_key="k0"))
    assert wrong.status_code == 422
    assert "sudah lewat" in text_of(wrong)
    assert "&lt;b&gt;botol&lt;/b&gt;" in text_of(wrong)
    assert client.post(book, typed(clinic)).status_code == 303
    assert client.post(book, typed(clinic)).status_code == 303  # pressed twice
    row = partners.bookings(lab.scope).get()
    assert row.number in text_of(client.get(reverse("portal:partner_bookings")))
    desk = sign_in(make_user("loket", lab.owner, "receptionist"))
    assert row.number in text_of(desk.get(reverse("portal:bookings")))
    page = text_of(desk.get(reverse("portal:booking", args=[row.id])))
    assert "6 tabung" in page
    planned = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT09:00")
    confirm = reverse("portal:confirm_booking", args=[row.id])
    assert desk.post(confirm, {"planned_at": "kapan", "answer": "", "form_key": "c0"}).status_code == 422
    assert desk.post(confirm, {"planned_at": planned, "answer": "Pak Made", "form_key": "c1"}).status_code == 303
    decline = reverse("portal:decline_booking", args=[row.id])
    assert desk.post(decline, {"answer": " ", "form_key": "d0"}).status_code == 422
    assert desk.post("/cari/", {"q": row.number})["Location"] == reverse("portal:booking", args=[row.id])
    client = sign_in(rina)
    text = text_of(client.get("/"))
    assert "Dijadwalkan" in text
    assert "Pak Made" in text
    withdraw = reverse("portal:partner_withdraw", args=[row.id])
    shown = client.get(reverse("portal:partner_bookings")).content.decode()
    # One press too many is not enough: the button of the row asks first.
    assert shown.index("<dialog") < shown.index(withdraw)
    assert client.post(withdraw, {"form_key": "w1"}).status_code == 303
    assert partners.bookings(lab.scope).get().status == "withdrawn"


def test_visits_of_others_are_not_found(lab, rina, made, hotel, sign_in):
    day = clock.today("Asia/Makassar")
    row = bookings.request_booking(
        actor_of(made, "web"), owner_id=lab.id, client_id=hotel.id,
        booking=BookingInput("sampling", "air", "Pantai", day, "any", "Made", "08123456789"),
    )  # fmt: skip
    client = sign_in(rina)
    assert client.post(reverse("portal:partner_withdraw", args=[row.id]), {"form_key": "w"}).status_code == 404
    assert row.number not in text_of(client.get(reverse("portal:partner_bookings")))
    assert client.post(reverse("portal:partner_book"), typed(hotel)).status_code == 422
    assert partners.bookings(lab.scope).get().status == "requested"


# --- Accounts, on the client's page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["head", "administrator"])
def test_an_account_is_made_shown_once_and_taken_away(lab, clinic, make_user, sign_in, role):
    boss = sign_in(make_user("bos", lab.owner, role))
    place = reverse("portal:client_accounts", args=[clinic.id])
    assert place in text_of(boss.get(reverse("partners:client", args=[clinic.id])))
    wrong = boss.post(reverse("portal:account_new", args=[clinic.id]), {"name": "X", "username": "!", "form_key": "n0"})
    assert wrong.status_code == 422
    body = {"name": "Sari Contoh", "username": "sari.klinik", "email": "", "form_key": "n1"}
    assert boss.post(reverse("portal:account_new", args=[clinic.id]), body)["Location"] == place
    text = text_of(boss.get(place))
    assert "sari.klinik" in text
    assert "tidak ditampilkan lagi" in text
    assert "tidak ditampilkan lagi" not in text_of(boss.get(place))
    invite = reverse("portal:account_invite", args=[clinic.id])
    assert boss.post(invite, {"username": "siapa", "form_key": "i0"}).status_code == 422
    row = partners.accounts_of(lab.scope, clinic.id)[0]
    end = reverse("portal:account_end", args=[row.id])
    assert boss.post(end, {"reason": "", "form_key": "e0"}).status_code == 422
    assert boss.post(end, {"reason": "Pindah kerja", "form_key": "e1"}).status_code == 303
    assert partners.clients_of_user(lab.scope, row.user_id) == []


def test_who_may_not_manage_sees_no_accounts(lab, clinic, rina, make_user, sign_in):
    desk = sign_in(make_user("loket", lab.owner, "receptionist"))
    assert "Akun mitra" not in re_words(text_of(desk.get(reverse("partners:client", args=[clinic.id]))))
    assert desk.get(reverse("portal:client_accounts", args=[clinic.id])).status_code == 403


def re_words(text):
    """The page without its history, which names what happened to everybody who may read the client."""
    return text.partition("Riwayat")[0]


# --- API ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(client):
    forget_tokens()

    def call(user, owner, method, path, body=None, key="k"):
        token = new_token()
        ApiToken.objects.create(
            user=user, owner=owner, label="uji", digest=token_digest(token), rights=["portal.partner", "partners"]
        )
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        return client.generic(
            method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=headers
        )

    yield call
    forget_tokens()


def test_the_api_of_a_partner(lab, rina, clinic, hotel, orders_of_both, drawn, api, head):
    def get(path):
        return api(rina, lab.owner, "GET", path)

    listed = get("/partner/orders").json()["items"]
    assert {row["subject"] for row in listed} == {"Sari Melati", "Ayu Terbuka", "Wayan Ditolak"}
    assert SECRET_VALUE not in get("/partner/orders").content.decode()
    one = get(f"/partner/orders/{orders_of_both['refused']}").json()
    assert [place["tone"] for place in one["places"]] == ["danger", "waiting"]
    assert get(f"/partner/orders/{orders_of_both['theirs']}").status_code == 404
    assert [row["id"] for row in get("/partner/reports").json()["items"]] == [str(orders_of_both["report"])]
    assert get(f"/partner/reports/{orders_of_both['report']}/pdf").content.startswith(b"%PDF")
    assert len(handed(lab, orders_of_both["done"])) == 1
    assert get(f"/partner/reports/{orders_of_both['their_report']}/pdf").status_code == 404
    assert {row["code"] for row in get("/partner/prices").json()} == {"HB", "PLT"}
    body = typed(clinic)
    del body["form_key"]
    for _twice in range(2):
        answer = api(rina, lab.owner, "POST", "/partner/bookings", body, key="visit")
        assert answer.status_code == 201
    assert len(get("/partner/bookings").json()["items"]) == 1
    assert (
        api(rina, lab.owner, "POST", "/partner/bookings", body | {"client_id": str(hotel.id)}, "x").status_code == 404
    )
    booking = answer.json()["id"]
    assert api(rina, lab.owner, "POST", f"/bookings/{booking}/decline", {"answer": "tidak"}).status_code == 403
    assert api(rina, lab.owner, "GET", "/orders").status_code == 403
    boss = User.objects.get(pk=head.user_id)
    found = api(boss, lab.owner, "GET", f"/clients/{clinic.id}/accounts").json()
    assert [row["username"] for row in found] == ["rina"]


def test_a_token_without_the_right_sees_nothing(lab, rina, orders_of_both, client):
    forget_tokens()
    token = new_token()
    ApiToken.objects.create(user=rina, owner=lab.owner, label="uji", digest=token_digest(token), rights=["orders.read"])
    answer = client.get("/api/v1/partner/orders", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


# --- Where samples are, in words ------------------------------------------------------------------------------------------


def test_a_referred_sample_is_where_the_referral_says(lab, rina, clinic, make_lab, sign_in):
    from laras.bench import queries as bench
    from laras.referral import services as referral
    from laras.resources.models import Capability

    above = make_lab("LAB-UP")
    above.can("CHOL")
    lab.can("HB")
    made = order_services.register_order(
        lab.counter, owner=lab.owner, codes=["CHOL"], client_id=clinic.id,
        new_patient={"full_name": "Irfan Jauh", "sex": "L", "birth_date": date(1975, 5, 5), "no_nik_reason": "absent"},
    )  # fmt: skip
    order_services.receive_samples(lab.counter, owner_id=lab.id, sample_ids=[row.id for row in made.samples])
    assert not Capability.rows.filter(owner=lab.owner, test_code="CHOL").exists()
    views = [row.id for row in bench.results_of(lab.scope, made.id) if row.status == "to_refer"]
    referral.send_referral(lab.counter, owner_id=lab.id, recipient_id=above.id, result_ids=views)
    lines, _next = partner.order_lines(Scope.of(lab.id), lab.owner, [clinic.id])
    assert [place.text for place in lines[0].places] == ["Dikirim ke Lab LAB-UP, belum diterima di sana"]
    page = text_of(sign_in(rina).get(reverse("portal:partner_order", args=[made.id])))
    assert "Dikirim ke Lab LAB-UP, belum diterima di sana" in page
    assert "Perjalanan ke laboratorium rujukan" in page
