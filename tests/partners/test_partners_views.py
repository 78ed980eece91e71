"""Screens of senders and clients."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from laras.core import clock
from laras.core.scope import Scope
from laras.partners import queries, services, views

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def puskesmas(make_owner):
    return make_owner("PKM-B", tier=1, name="Puskesmas Melati")


@pytest.fixture
def desk(sign_in, make_user, lab):
    return sign_in(make_user("desk", lab, "receptionist"))


@pytest.fixture
def clerk(make_actor, lab):
    return make_actor("clerk", lab, "receptionist")


@pytest.fixture
def clinic(clerk, lab):
    return services.register_client(clerk, owner_id=lab.id, name="Klinik Melati", kind="facility")


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def typed(**more):
    return {"name": "Klinik Mawar", "kind": "facility", "form_key": "k1"} | more


def test_noting_a_client(desk, lab, puskesmas):
    assert "Puskesmas Melati" in text_of(desk.get(reverse("partners:register")))
    answer = desk.post(reverse("partners:register"), typed(organisation_id=str(puskesmas.id)))
    made = queries.all_clients(Scope.of(lab.id)).get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("partners:client", args=[made.id]))
    assert made.organisation_id == puskesmas.id
    shown = text_of(desk.get(answer["Location"]))
    assert "Klinik Mawar" in shown
    assert "Puskesmas Melati" in shown
    assert desk.post(reverse("partners:register"), typed())["Location"] == answer["Location"]
    assert queries.all_clients(Scope.of(lab.id)).count() == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": ""}, "Wajib diisi"),
        ({"name": "x" * 300}, "Terlalu panjang"),
        ({"kind": ""}, "Pilih salah satu"),
        ({"kind": "friend"}, "kind"),
        ({"email": "x"}, "surel"),
        ({"phone": "telepon"}, "telepon"),
        ({"area_id": "bukan"}, "area_id"),
        ({"organisation_id": "bukan"}, "organisation_id"),
    ],
)
def test_bad_input_stays_on_the_page_with_what_was_typed(desk, lab, more, message):
    answer = desk.post(reverse("partners:register"), typed(note="<b>catatan</b>", **more))
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "&lt;b&gt;catatan&lt;/b&gt;" in text_of(answer)
    assert not queries.all_clients(Scope.of(lab.id), status="").exists()


def test_editing_guards_against_another_edit(desk, clinic):
    address = reverse("partners:edit", args=[clinic.id])
    assert 'value="Klinik Melati"' in text_of(desk.get(address))
    body = typed(name="Klinik Melur", code=clinic.code, version="1")
    assert desk.post(address, body).status_code == 303
    answer = desk.post(address, body | {"form_key": "k2", "name": "Klinik Lain"})
    assert answer.status_code == 422
    assert "diubah orang lain" in text_of(answer)


def test_listing_and_looking_up(desk, clinic, clerk, lab, monkeypatch):
    services.register_client(clerk, owner_id=lab.id, name="<b>Klinik</b> Anggrek", kind="company")
    listing = text_of(desk.get(reverse("partners:clients")))
    assert "Klinik Melati" in listing
    assert "&lt;b&gt;Klinik" in listing
    assert "Klinik Melati" not in text_of(desk.get(reverse("partners:clients"), {"kind": "company"}))
    assert "Tidak ditemukan" in text_of(desk.get(reverse("partners:clients"), {"q": "zz"}))
    assert desk.get(reverse("partners:clients"), {"status": "odd"}).status_code == 200
    part = text_of(desk.get(reverse("partners:clients"), {"q": "klinik m"}, headers={"HX-Request": "true"}))
    assert "<html" not in part
    found = text_of(desk.post(reverse("partners:lookup"), {"client_q": "klinik", "field": "sender"}))
    assert f'name="sender" value="{clinic.id}"' in found
    monkeypatch.setattr(views, "PAGE_SIZE", 1)
    first = text_of(desk.get(reverse("partners:clients")))
    after = re.search(r"\?after=([0-9a-f-]{36})", first)[1]
    assert "Klinik Melati" in text_of(desk.get(reverse("partners:clients"), {"after": after}))


def test_doctors_and_agreements_on_the_page(desk, clinic, lab):
    scope = Scope.of(lab.id)
    address = reverse("partners:client", args=[clinic.id])
    add = reverse("partners:add_practitioner", args=[clinic.id])
    assert desk.post(add, {"name": "", "form_key": "d0"}).status_code == 422
    assert desk.post(add, {"name": "dr. Budi", "form_key": "d1"}).status_code == 303
    doctor = queries.practitioners_of(scope, clinic.id)[0]
    retire = reverse("partners:retire_practitioner", args=[doctor.id])
    assert desk.post(retire, {"active": "0", "form_key": "d2"}).status_code == 303
    assert queries.practitioners_of(scope, clinic.id) == []
    today = clock.today()
    draft = reverse("partners:draft_agreement", args=[clinic.id])
    body = {"number": "PKS/1", "title": "Rujukan", "valid_from": (today - timedelta(days=300)).isoformat()}
    wrong = body | {"valid_until": "1999-01-01", "form_key": "a0"}
    assert desk.post(draft, wrong).status_code == 422
    body["valid_until"] = (today + timedelta(days=20)).isoformat()
    assert desk.post(draft, body | {"form_key": "a1"}).status_code == 303
    agreement = queries.agreements_of(scope, clinic.id)[0]
    sign = reverse("partners:sign_agreement", args=[agreement.id])
    assert desk.post(sign, {"form_key": "a2"}).status_code == 303
    assert "Berakhir dalam 20 hari" in text_of(desk.get(address))
    assert "PKS/1" in text_of(desk.get(reverse("partners:clients")))
    assert desk.post(sign, {"form_key": "a3"}).status_code == 422
    end = reverse("partners:end_agreement", args=[agreement.id])
    assert desk.post(end, {"end-reason": "", "form_key": "a4"}).status_code == 422
    assert desk.post(end, {"end-reason": "sepakat", "form_key": "a5"}).status_code == 303
    assert "Diakhiri" in text_of(desk.get(address))


def test_closing_and_reopening(desk, clinic, lab):
    move = reverse("partners:move", args=[clinic.id])
    assert desk.post(move, {"move": "close", "form_key": "m1"}).status_code == 303
    assert queries.get_client(Scope.of(lab.id), clinic.id).status == "closed"
    assert desk.post(move, {"move": "close", "form_key": "m2"}).status_code == 422
    assert desk.post(move, {"move": "reopen", "form_key": "m3"}).status_code == 303


def test_other_laboratories_and_lacking_rights(clinic, sign_in, make_user, puskesmas, lab):
    stranger = sign_in(make_user("stranger", puskesmas, "receptionist"))
    for name in ("client", "edit"):
        assert stranger.get(reverse(f"partners:{name}", args=[clinic.id])).status_code == 404
    body = {"name": "x", "number": "1", "title": "x", "valid_from": "2026-01-01"}
    for name in ("move", "add_practitioner", "draft_agreement"):
        answer = stranger.post(reverse(f"partners:{name}", args=[clinic.id]), body | {"form_key": name})
        assert answer.status_code == 404
    assert "Melati" not in text_of(stranger.post(reverse("partners:lookup"), {"client_q": "klinik"}))
    reader = sign_in(make_user("reader", lab, "cashier"))
    assert reader.get(reverse("partners:client", args=[clinic.id])).status_code == 200
    assert reader.post(reverse("partners:register"), typed()).status_code == 403
    assert reader.get(reverse("partners:edit", args=[clinic.id])).status_code == 403


def test_floors_above_add_sections(desk, clinic, monkeypatch):
    from django.utils.html import format_html

    monkeypatch.setattr(views, "CLIENT_PANELS", [lambda request, shown: format_html("<i>{}</i>", shown.code)])
    assert f"<i>{clinic.code}</i>" in text_of(desk.get(reverse("partners:client", args=[clinic.id])))
