"""Every form and every call of the counter (patients, senders, orders, samples) against what nobody should send.

Whatever stands in a field: an answer in words, nothing half saved, nothing else of what was typed lost, nothing unprintable kept.
"""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils.html import escape

from laras.basics.nik import build_nik
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.orders import services
from laras.people import services as people
from tests.orders.conftest import NEW
from tests.orders.test_api import BODY, SITE, Caller

SPACE = Scope.everything()
MARKUP = "<script>alert('x')</script>"
HOSTILE = {
    "nul": "a\x00b",
    "direction": "a\u202eb",
    "long": "x" * 10_001,
    "sql": "'); DROP TABLE people_patient; --",
    "html": MARKUP,
    "blank": " \t\n ",
}
DAYS = {"future": "2999-12-31", "no day": "1990-13-45", "other digits": "\uff11\uff12\u0663"}
HEAD = {"payer": "self", "urgency": "routine", "purpose": "diagnosis", "requester": "dr. Uji", "note": "demam 3 hari"}
PERSON = {
    "is_new": "1", "full_name": "Sri Rahayu", "sex": "P", "birth_date": "1985-12-31", "no_nik_reason": "newborn",
    "mother_name": "Ibu Rahayu", "mother_nik": "", "phone": "0812-3456-7890", "address": "Jalan Melati 3", "passport_number": "",
    "description": "", "mrn": "", "privacy_note": "", "residence_id": "",
}  # fmt: skip
PATIENT = {**PERSON, "no_nik_reason": "absent", "nik": ""}
PLACE = {
    **HEAD, "purpose": "quality", "kind": "environment", "site_name": "Depot Segar", "site_kind": "depot", "site_address": "Jalan 1",
    "site_latitude": "-8,583069", "site_longitude": "116,320251", "matrix": "", "standard": "AM-PMK2-2023", "codes": "ECOLI PH",
    "points": "Kran", "in_situ_ph": "7,2", "site": "", "client": "", "collected_at": "", "collector": "Made",
}  # fmt: skip
CLIENT = {
    "name": "Klinik Baru", "kind": "facility", "code": "K-77", "contact_name": "Bu Ayu", "phone": "0370-123456", "email": "a@b.example",
    "address": "Jalan 2", "area_id": "", "organisation_id": "", "note": "lewat belakang",
}  # fmt: skip

# name of the form -> (address, of what, what a sensible person types)
FORMS = {
    "new patient": ("people:register", None, PATIENT),
    "patient corrected": ("people:edit", "patient", PATIENT),
    "consent": ("people:give_consent", "patient", {"purpose": "examination", "relation": "self", "given_by": "Ibu"}),
    "number of another system": ("people:add_identifier", "patient", {"system": "BPJS", "value": "0001"}),
    "erasure": ("people:erase", "patient", {"erase-reason": "diminta pasien"}),
    "merge": ("people:merge", "patient", {"other": "", "reason": "orang yang sama", "from_phone": "other"}),
    "order": ("orders:register", None, {**HEAD, **PERSON, "codes": "HB PLT", "patient": "", "client": "", "collected_at": ""}),
    "order of a site": ("orders:register_site", None, PLACE),
    "receipt": ("orders:receiving", None, {"scan": "", "condition": "Baik", "temperature": "4,5", "id": ""}),
    "collection": ("orders:collect", None, {"id": "", "collected_at": "2026-01-02T10:00", "collector": "Putu", "place": "Poli"}),
    "refusal": ("orders:refuse", "sample", {"reason": "late", "note": "lewat 2 jam", "replacement": "on"}),
    "hand-over": ("orders:hand_over", "sample", {"action": "stored", "to": "Made", "place": "Kulkas 2", "note": "rak 3"}),
    "disposal": ("orders:dispose", "sample", {"note": "Autoklaf"}),
    "cancellation": ("orders:cancel", "order", {"reason": "pasien membatalkan"}),
    "line cancelled": ("orders:cancel_line", "order", {"line": "", "reason": "salah pilih"}),
    "tests added": ("orders:add", "order", {"codes": "CHOL"}),
    "new client": ("partners:register", None, CLIENT),
    "client corrected": ("partners:edit", "client", CLIENT),
    "client moved": ("partners:move", "client", {"move": "close", "move-reason": "pindah"}),
    "doctor": ("partners:add_practitioner", "client", {"name": "dr. Sehat", "registration_number": "STR-1", "phone": "0811111111"}),
    "agreement": (
        "partners:draft_agreement",
        "client",
        {"number": "PKS-1", "title": "Rujukan", "valid_from": "2026-01-13", "valid_until": "2026-12-31", "scope_text": "semua"},
    ),
}  # fmt: skip


@pytest.fixture
def desk(sign_in, make_user, lab, monkeypatch):
    for name in ("orders.ORDER_PANELS", "orders.TEST_STATES"):
        monkeypatch.setattr(f"laras.orders.views.{name}", [])
    # Somebody who may everything here, so that no right hides a fault.
    return sign_in(make_user("ratna", lab, "receptionist", "receiver", "sampler", "head"))


@pytest.fixture
def things(order, patient, clinic):
    return {"order": order.id, "sample": order.samples[0].id, "patient": patient.id, "client": clinic.id, None: None}


def written() -> int:
    return JournalEntry.rows.count()


def unprintable() -> list[str]:
    """Texts on file that hold what nobody can see."""
    found = []
    for model in (m for name in ("people", "orders", "partners") for m in apps.get_app_config(name).get_models()):
        texts = [f.attname for f in model._meta.get_fields() if isinstance(f, models.CharField) and not f.is_relation]
        for row in model.objects.within(SPACE).values(*texts) if texts else []:
            found += [
                f"{model.__name__}.{name}: {value!r}"
                for name, value in row.items()
                if value and any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in value)
            ]
    return found


@pytest.mark.parametrize("form", FORMS)
def test_a_form_bears_everything(desk, things, form):
    name, kind, sensible = FORMS[form]
    address = reverse(name, args=[things[kind]] if kind else [])
    for field in sensible:
        dated = any(word in field for word in ("date", "_at", "valid_"))
        for what, text in (HOSTILE | DAYS if dated else HOSTILE).items():
            typed = {**sensible, field: text, "form_key": f"{field}{what}"}
            before = written()
            answer = desk.post(address, typed)
            said = f"{form}, {field} = {what}: {answer.status_code}"
            assert answer.status_code in (200, 302, 303, 404, 409, 422), said
            page = answer.content.decode()
            assert MARKUP not in page, said
            if answer.status_code >= 400:
                assert written() == before, said
            if answer.status_code == 422 and name.endswith(("register", "register_site", "edit")):
                kept = [
                    v
                    for k, v in sensible.items()
                    if k in ("full_name", "address", "note", "site_name", "name") and k != field
                ]
                assert all(escape(value) in page for value in kept), said
    assert unprintable() == []


CALLS = {
    "patient": ("/patients", BODY["patient"]),
    "lookalikes": ("/patients/duplicates", {"full_name": "Siti", "sex": "P", "birth_date": "1990-04-12"}),
    "identifier": ("/patients/{patient}/identifiers", {"system": "BPJS", "value": "1"}),
    "merge": ("/patients/{patient}/merges", {"other_id": "{patient}", "take": ["phone"], "reason": "sama"}),
    "consent": ("/patients/{patient}/consents", {"purpose": "examination", "given_by": "Ibu", "given_at": None}),
    "order": ("/orders", {**BODY, "requester": "dr. Uji", "note": "demam", "client_id": None, "collected_at": None}),
    "order of a site": ("/site-orders", {**SITE, "points": ["Kran"], "matrix": "air_minum", "note": "x"}),
    "site": ("/sites", {**SITE["site"], "kind": "sumur", "address": "Jalan 1", "area_id": None}),
    "tests": ("/orders/{order}/tests", {"codes": ["CHOL"]}),
    "cancellation": ("/orders/{order}/cancel", {"reason": "batal"}),
    "collection": ("/samples/collect", {"sample_ids": ["{sample}"], "collected_at": None, "collector": "Putu"}),
    "receipt": ("/samples/receive", {"sample_ids": ["{sample}"], "condition": "Baik", "temperature": "4.5"}),
    "hand-over": ("/samples/hand-over", {"sample_ids": ["{sample}"], "action": "stored", "to": "Made", "place": "Kulkas"}),
    "refusal": ("/samples/{sample}/refuse", {"reason": "late", "note": "x", "replacement": False}),
    "client": ("/clients", {"name": "Klinik B", "kind": "facility", "phone": "0370-1", "note": "x"}),
}  # fmt: skip
WRONG = [None, 5, True, [], {}, [None], *HOSTILE.values(), *DAYS.values(), "00000000-0000-7000-8000-000000000000"]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_bears_everything(client, make_user, lab, things, call):
    api = Caller(
        client,
        make_user("mesin", lab, "receptionist", "receiver", "sampler", "head"),
        lab,
        ["orders", "people", "partners"],
    )
    path, sensible = CALLS[call]
    ids = {name: str(value) for name, value in things.items() if name}

    def filled(value):
        if isinstance(value, str) and value.startswith("{"):
            return value.format(**ids)
        return [filled(item) for item in value] if isinstance(value, list) else value

    sensible = {name: filled(value) for name, value in sensible.items()}
    for field in [*sensible, None]:
        for wrong in WRONG:
            body = wrong if field is None else {**sensible, field: wrong}
            before = written()
            answer = api.post(path.format(**ids), body)
            said = f"{call}, {field} = {str(wrong)[:30]!r}: {answer.status_code} {answer.content[:300]!r}"
            assert answer.status_code in (200, 201, 400, 404, 409, 422), said
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json", said
                assert written() == before, said
    assert unprintable() == []


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("31-12-1985", date(1985, 12, 31)),
        ("05/04/1990", date(1990, 4, 5)),
        ("13.01.1990", date(1990, 1, 13)),
        ("1990-01-13", date(1990, 1, 13)),
        ("12/31/1985", None),
        ("1990-31-12", None),
        ("29-02-2023", None),
    ],
)
def test_days_are_never_read_the_american_way(desk, typed, born):
    answer = desk.post(reverse("people:register"), {**PATIENT, "birth_date": typed, "form_key": "k"})
    rows = apps.get_model("people.Patient").objects.within(SPACE)
    assert answer.status_code == (303 if born else 422)
    assert list(rows.values_list("birth_date", flat=True)) == ([born] if born else [])


def test_ids_of_another_laboratory_in_a_body(desk, make_actor, lab, other, order, patient, stranger):
    theirs = people.register_patient(stranger, owner_id=other.id, **{**NEW, "full_name": "Orang Lain"})
    made = services.register_order(stranger, owner=other, patient_id=theirs.id, codes=["HB", "GDP"])
    post = lambda name, *args, **body: desk.post(reverse(name, args=args), {"form_key": name, **body})  # noqa: E731
    before = written()
    assert post("orders:register", patient=theirs.id, codes="HB", **HEAD).status_code == 404
    assert post("orders:collect", id=[made.samples[0].id]).status_code == 404
    assert post("orders:collect", id=[order.samples[0].id, made.samples[0].id]).status_code == 404
    received = post("orders:receiving", id=[order.samples[0].id, made.samples[0].id], condition="Baik")
    assert received.status_code == 422
    assert post("orders:receiving", scan=made.samples[0].number, condition="Baik").status_code in (302, 422)
    assert post("orders:cancel_line", order.id, line=made.lines[0].id, reason="salah").status_code == 404
    assert post("people:merge", patient.id, other=theirs.id, reason="sama").status_code == 404
    card = post("orders:patient_card", patient=theirs.id)
    assert (card.status_code, "Orang Lain" in card.content.decode()) == (200, False)
    assert "Orang Lain" not in post("orders:find_patient", q="orang lain").content.decode().replace("“orang lain”", "")
    assert written() == before


def test_the_nik_of_another_keeps_the_order_and_offers_the_person(desk, counter, lab):
    nik = build_nik(district="52.01.01", birth_date=date(1985, 12, 31), sex="P", serial=3)
    people.register_patient(
        counter, owner_id=lab.id, full_name="Baiq Lain", sex="P", birth_date=date(1985, 12, 31), nik=nik
    )
    before = written()
    answer = desk.post(reverse("orders:register"), {**HEAD, **PERSON, "nik": nik, "codes": "HB PLT", "form_key": "k"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Baiq Lain" in page
    assert "data-use-patient" in page
    assert 'value="HB PLT"' in page
    assert "demam 3 hari" in page
    assert written() == before
