"""Screens of patients, as a browser without scripts sees them; the parts that htmx asks for too."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from laras.basics.nik import build_nik
from laras.core import clock
from laras.core.scope import Scope
from laras.people import queries, services, views

pytestmark = pytest.mark.django_db

BORN = date(1985, 1, 12)


def nik_of(serial=1):
    return build_nik(district="33.22.01", birth_date=BORN, sex="P", serial=serial)


@pytest.fixture(autouse=True)
def no_floors_above(monkeypatch):
    """The pages of this module alone; what others add to them is theirs to test."""
    monkeypatch.setattr(views.patient, "PATIENT_PANELS", [])


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def desk(sign_in, make_user, lab):
    return sign_in(make_user("desk", lab, "receptionist", "head", "administrator"))


@pytest.fixture
def clerk(make_actor, lab):
    return make_actor("clerk", lab, "receptionist", "head")


@pytest.fixture
def patient(clerk, lab):
    return services.register_patient(
        clerk, owner_id=lab.id, full_name="Sulastri Wahyuni", sex="P", birth_date=BORN, nik=nik_of()
    )


def typed(**more):
    return {
        "full_name": "Kartini Rahayu",
        "sex": "P",
        "birth_date": "1985-01-12",
        "nik": nik_of(2),
        "form_key": "k1",
    } | more


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_registering_a_patient(desk, lab):
    page = desk.get(reverse("people:register"))
    assert page.status_code == 200
    answer = desk.post(reverse("people:register"), typed())
    made = queries.all_patients(Scope.of(lab.id)).get()
    assert answer.status_code == 303
    assert answer["Location"] == reverse("people:patient", args=[made.id])
    shown = text_of(desk.get(answer["Location"]))
    assert "Kartini Rahayu" in shown
    assert made.mrn in shown
    assert "Pasien tersimpan" in shown


def test_a_button_pressed_twice_makes_one_patient(desk, lab):
    first = desk.post(reverse("people:register"), typed())
    second = desk.post(reverse("people:register"), typed())
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert queries.all_patients(Scope.of(lab.id)).count() == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"full_name": ""}, "Wajib diisi"),
        ({"full_name": "x" * 200}, "Terlalu panjang"),
        ({"sex": ""}, "Pilih salah satu"),
        ({"birth_date": "2999-01-01"}, "masa depan"),
        ({"birth_date": "kemarin"}, "birth_date"),
        ({"nik": "12"}, "16 angka"),
        ({"nik": ""}, "pilih alasan"),
        ({"nik": "", "no_nik_reason": "foreign"}, "paspor"),
        ({"birth_date": "1985-01-13"}, "berbeda dari NIK"),
        ({"residence_id": "00000000-0000-7000-8000-000000000000"}, "wilayah"),
        ({"residence_id": "bukan"}, "residence_id"),
    ],
)
def test_bad_input_stays_on_the_page_with_what_was_typed(desk, lab, more, message):
    answer = desk.post(reverse("people:register"), typed(address="Jalan <Mawar> 7", **more))
    shown = text_of(answer)
    assert answer.status_code == 422
    assert message in shown
    assert "Jalan &lt;Mawar&gt; 7" in shown
    assert not queries.all_patients(Scope.of(lab.id), status="").exists()


def test_a_difference_from_the_nik_passes_with_a_tick(desk, lab):
    answer = desk.post(reverse("people:register"), typed(birth_date="1985-01-13"))
    assert 'name="nik_checked"' in text_of(answer)
    answer = desk.post(reverse("people:register"), typed(birth_date="1985-01-13", nik_checked="on"))
    assert answer.status_code == 303
    assert queries.all_patients(Scope.of(lab.id)).get().nik_differs


def test_the_nik_of_another_points_to_them(desk, patient):
    answer = desk.post(reverse("people:register"), typed(nik=patient.nik))
    assert answer.status_code == 422
    assert reverse("people:patient", args=[patient.id]) in text_of(answer)


def test_a_possible_duplicate_is_shown_before_saving(desk, patient, lab):
    same = typed(full_name="SULASTRI WAHJOENI", nik="", no_nik_reason="absent")
    answer = desk.post(reverse("people:register"), same)
    shown = text_of(answer)
    assert answer.status_code == 422
    assert "Mungkin sudah terdaftar" in shown
    assert reverse("people:patient", args=[patient.id]) in shown
    assert 'name="duplicates_checked"' in shown
    assert desk.post(reverse("people:register"), same | {"duplicates_checked": "on"}).status_code == 303
    assert queries.all_patients(Scope.of(lab.id)).count() == 2


def test_names_are_escaped_everywhere(desk, clerk, lab):
    name = "<script>alert(1)</script>'\"; DROP TABLE people_patient;--"
    made = services.register_patient(
        clerk, owner_id=lab.id, full_name=name, sex="P", birth_date=BORN, nik=nik_of(3), address=name
    )
    desk.post(reverse("people:patients"), {"q": "script"})
    for answer in (
        desk.get(reverse("people:patient", args=[made.id])),
        desk.get(reverse("people:edit", args=[made.id])),
        desk.get(reverse("people:patients")),
        desk.post(reverse("people:lookup"), {"q": "script"}),
        desk.post(reverse("people:check_nik"), {"nik": made.nik}),
    ):
        assert "<script>alert" not in answer.content.decode()
        assert "&lt;script&gt;alert" in answer.content.decode()


def test_editing_guards_against_another_edit(desk, patient, clerk, lab):
    address = reverse("people:edit", args=[patient.id])
    assert 'value="Sulastri Wahyuni"' in text_of(desk.get(address))
    body = typed(full_name="Sulastri W.", nik=patient.nik, mrn=patient.mrn, version="1")
    assert desk.post(address, body).status_code == 303
    assert queries.get_patient(Scope.of(lab.id), patient.id).full_name == "Sulastri W."
    answer = desk.post(address, body | {"form_key": "k2", "full_name": "Sulastri Z."})
    assert answer.status_code == 422
    assert "diubah orang lain" in text_of(answer)


def test_the_search_stays_out_of_the_address(desk, patient):
    answer = desk.post(reverse("people:patients"), {"q": "wahyuni"})
    assert answer["Location"] == reverse("people:patients")
    assert "Sulastri Wahyuni" in text_of(desk.get(answer["Location"]))
    part = desk.post(reverse("people:patients"), {"q": "tidak ada"}, headers={"HX-Request": "true"})
    assert "<html" not in text_of(part)
    assert "Tidak ditemukan" in text_of(part)


def test_the_list_pages(desk, clerk, lab, monkeypatch):
    monkeypatch.setattr(views.finding, "PAGE_SIZE", 2)
    for serial in range(3):
        services.register_patient(
            clerk, owner_id=lab.id, full_name=f"Sri {serial}", sex="P", birth_date=BORN, nik=nik_of(10 + serial)
        )
    desk.post(reverse("people:patients"), {"q": "sri"})
    first = text_of(desk.get(reverse("people:patients")))
    assert "Sri 1" in first
    assert "Sri 2" not in first
    after = re.search(r"\?after=([0-9a-f-]{36})", first)[1]
    assert "Sri 2" in text_of(desk.get(reverse("people:patients"), {"after": after}))
    assert desk.get(reverse("people:patients"), {"after": "x"}).status_code == 404


def test_lookup_offers_choices_and_merged_ones_lead_to_the_kept(desk, patient, clerk, lab):
    other = services.register_patient(
        clerk, owner_id=lab.id, full_name="Lastri", sex="P", birth_date=BORN, nik="", no_nik_reason="absent"
    )
    services.merge_patients(clerk, owner_id=lab.id, kept_id=patient.id, other_id=other.id, reason="sama")
    for q in ("sulas", patient.nik, other.mrn):
        shown = text_of(desk.post(reverse("people:lookup"), {"q": q, "field": "pasien"}))
        assert f'name="pasien" value="{patient.id}"' in shown
        assert str(other.id) not in shown
    assert "Tidak ada pasien" in text_of(desk.post(reverse("people:lookup"), {"q": "zz"}))
    assert desk.get(reverse("people:lookup")).status_code == 405


def test_the_nik_is_read_while_it_is_typed(desk, patient):
    check = reverse("people:check_nik")
    fresh = text_of(desk.post(check, {"nik": nik_of(7)}))
    assert "Perempuan" in fresh
    assert 'value="1985-01-12"' in fresh
    assert "hx-swap-oob" in fresh
    kept = text_of(desk.post(check, {"nik": nik_of(7), "birth_date": "1985-01-13", "sex": "P"}))
    assert "hx-swap-oob" not in kept
    assert "NIK ini sudah terdaftar" in text_of(desk.post(check, {"nik": patient.nik}))
    own = text_of(desk.post(check, {"nik": patient.nik, "patient": str(patient.id)}))
    assert "NIK ini sudah terdaftar" not in own
    assert "provinsi" in text_of(desk.post(check, {"nik": "0022011201850001"}))
    assert "pemekaran" in text_of(desk.post(check, {"nik": "9199011201850001"}))
    assert "notice" not in text_of(desk.post(check, {"nik": "33"}))


def test_merging_side_by_side_and_back(desk, patient, clerk, lab):
    other = services.register_patient(
        clerk, owner_id=lab.id, full_name="Sulastri W", sex="P", birth_date=BORN, nik="",
        no_nik_reason="absent", phone="081234567890",
    )  # fmt: skip
    address = reverse("people:merge", args=[patient.id])
    assert "Cari pasien lain" in text_of(desk.get(address))
    sent = desk.post(address, {"q": "sulastri", "other": str(other.id)})
    assert sent["Location"] == f"{address}?other={other.id}"
    page = text_of(desk.get(sent["Location"]))
    assert "Sulastri W<" in page
    # The telephone number is known of one only and is proposed from that one.
    assert re.search(r'name="from_phone" value="other" checked', page)
    body = {"other": str(other.id), "from_phone": "other", "from_full_name": "kept", "form_key": "m1"}
    refused = desk.post(address, body | {"reason": ""})
    assert refused.status_code == 422
    assert "Tuliskan alasan" in text_of(refused)
    done = desk.post(address, body | {"reason": "orang yang sama", "form_key": "m2"})
    assert done["Location"] == reverse("people:patient", args=[patient.id])
    scope = Scope.of(lab.id)
    assert queries.get_patient(scope, patient.id).phone == "+6281234567890"
    assert "Sudah digabung" in text_of(desk.get(reverse("people:patient", args=[other.id])))
    merge = queries.merges_of(scope, patient.id)[0]
    undo = reverse("people:undo_merge", args=[merge.id])
    assert desk.post(undo, {"undo-reason": "", "form_key": "u1"}).status_code == 422
    assert desk.post(undo, {"undo-reason": "dua orang", "form_key": "u2"}).status_code == 303
    assert queries.get_patient(scope, patient.id).phone == ""
    assert queries.get_patient(scope, other.id).status == "active"


def test_consent_on_the_page(desk, patient, lab):
    give = reverse("people:give_consent", args=[patient.id])
    assert desk.post(give, {"purpose": "examination", "relation": "self", "form_key": "c1"}).status_code == 303
    assert queries.has_consent(Scope.of(lab.id), patient.id, "examination")
    refused = desk.post(give, {"purpose": "national_exchange", "relation": "parent", "form_key": "c2"})
    assert refused.status_code == 422
    consent = queries.consents_of(Scope.of(lab.id), patient.id)[0]
    withdraw = reverse("people:withdraw_consent", args=[consent.id])
    assert desk.post(withdraw, {"form_key": "c3"}).status_code == 303
    assert not queries.has_consent(Scope.of(lab.id), patient.id, "examination")
    assert "Dicabut" in text_of(desk.get(reverse("people:patient", args=[patient.id])))


def test_erasure_on_the_page_names_the_law(desk, patient, monkeypatch):
    erase = reverse("people:erase", args=[patient.id])
    monkeypatch.setattr(services.erasing, "RETENTION_SOURCES", [lambda owner, ids: clock.now()])
    answer = desk.post(erase, {"erase-reason": "diminta pasien", "form_key": "e1"})
    assert answer.status_code == 422
    assert "Permenkes 24/2022" in text_of(answer)
    monkeypatch.setattr(services.erasing, "RETENTION_SOURCES", [lambda owner, ids: None])
    answer = desk.post(erase, {"erase-reason": "diminta pasien", "form_key": "e2"})
    assert answer.status_code == 303
    assert "Sulastri" not in text_of(desk.get(answer["Location"]))


def test_floors_above_add_sections(desk, patient, monkeypatch):
    from django.utils.html import format_html

    seen = []

    def panel(request, shown, ids):
        seen.append((shown.id, ids))
        return format_html("<section>{}</section>", "permintaan & hasil")

    monkeypatch.setattr(views.patient, "PATIENT_PANELS", [panel, lambda *_given: ""])
    assert "<section>permintaan &amp; hasil</section>" in text_of(
        desk.get(reverse("people:patient", args=[patient.id]))
    )
    assert seen == [(patient.id, [patient.id])]


def test_other_laboratories_and_lacking_rights(patient, sign_in, make_user, make_owner, lab):
    other = make_owner("LAB-B")
    stranger = sign_in(make_user("stranger", other, "receptionist", "head", "administrator"))
    for name in ("patient", "edit", "merge"):
        assert stranger.get(reverse(f"people:{name}", args=[patient.id])).status_code == 404
    for name in ("give_consent", "add_identifier", "erase"):
        body = {"purpose": "examination", "system": "a", "value": "b", "erase-reason": "x", "form_key": name}
        assert stranger.post(reverse(f"people:{name}", args=[patient.id]), body).status_code == 404
    assert "Sulastri" not in text_of(stranger.post(reverse("people:lookup"), {"q": "sulastri"}))
    reader = sign_in(make_user("reader", lab, "cashier"))
    assert reader.get(reverse("people:patient", args=[patient.id])).status_code == 200
    for name in ("register", "check_nik"):
        assert reader.post(reverse(f"people:{name}"), typed()).status_code == 403
    for name in ("edit", "merge", "erase", "give_consent"):
        assert reader.post(reverse(f"people:{name}", args=[patient.id]), {}).status_code == 403
    assert queries.all_patients(Scope.of(lab.id)).count() == 1


def test_an_ended_session_sends_to_the_sign_in(client, patient):
    answer = client.get(reverse("people:patient", args=[patient.id]))
    assert answer.status_code == 302
    assert client.post(reverse("people:register"), typed()).status_code == 401


def test_the_numbers_of_the_scan_box(desk, patient, rf, lab):
    request = rf.get("/")
    request.scope = Scope.of(lab.id)
    assert views.find_number(request, patient.nik).url == reverse("people:patient", args=[patient.id])
    assert views.find_number(request, patient.mrn.lower()).url == reverse("people:patient", args=[patient.id])
    assert views.find_number(request, "3322015201859999") is None
    assert views.find_number(request, "") is None


def test_pages_ask_the_same_number_of_questions_however_many_rows(desk, clerk, lab, django_assert_max_num_queries):
    for serial in range(25):
        services.register_patient(
            clerk, owner_id=lab.id, full_name=f"Sri {serial:02d}", sex="P", birth_date=BORN, nik=nik_of(100 + serial)
        )
    with django_assert_max_num_queries(8):
        desk.get(reverse("people:patients"))
    with django_assert_max_num_queries(8):
        desk.post(reverse("people:lookup"), {"q": "sri"})


def test_the_clock_of_the_laboratory_says_what_day_it_is(desk, lab):
    lab.zone = "Asia/Jayapura"
    lab.save()
    # In the afternoon of Greenwich a new day has begun in the east.
    moment = (clock.now() + timedelta(days=1)).replace(hour=15, minute=30)
    born = (moment + timedelta(days=1)).date().isoformat()
    with clock.at(moment):
        answer = desk.post(
            reverse("people:register"),
            typed(nik="", no_nik_reason="newborn", mother_name="Sulastri", birth_date=born),
        )
    assert answer.status_code == 303


def test_a_reason_why_the_nik_is_missing_is_no_value(desk, patient, clerk, lab):
    """The one with the NIK is proposed, whichever of the two is kept; what is sure goes before an estimate."""
    unsure = services.register_patient(
        clerk, owner_id=lab.id, full_name="Sulastri", sex="U", birth_date=BORN, birth_date_estimated=True,
        nik="", no_nik_reason="absent", duplicates_checked=True,
    )  # fmt: skip
    for kept, other, side in ((unsure, patient, "other"), (patient, unsure, "kept")):
        page = text_of(desk.get(reverse("people:merge", args=[kept.id]) + f"?other={other.id}"))
        for group in ("nik", "sex", "birth_date"):
            assert re.search(rf'name="from_{group}" value="{side}" checked', page), (group, side)


def test_after_a_merge_the_history_says_whose_line_it_is(desk, patient, clerk, lab):
    other = services.register_patient(
        clerk, owner_id=lab.id, full_name="Sulastri W", sex="P", birth_date=BORN, nik="", no_nik_reason="absent",
    )  # fmt: skip
    address = reverse("people:patient", args=[patient.id])
    assert f'<span class="where">{patient.mrn}</span>' not in text_of(desk.get(address))
    services.merge_patients(clerk, owner_id=lab.id, kept_id=patient.id, other_id=other.id, reason="sama")
    page = text_of(desk.get(address))
    for mrn in (patient.mrn, other.mrn):
        assert f'Pasien didaftarkan <span class="where">{mrn}</span>' in page


def test_a_refused_dialog_keeps_what_was_typed_and_names_its_field(desk, patient, clerk, lab):
    give = reverse("people:give_consent", args=[patient.id])
    page = text_of(desk.post(give, {"purpose": "examination", "relation": "parent", "form_key": "d1"}))
    assert '<option value="parent" selected>' in page
    assert page.count('class="error-summary"') == 1
    assert 'href="#examination_given_by"' in page
    assert 'id="examination_given_by"' in page
    services.give_consent(clerk, owner_id=lab.id, patient_id=patient.id, purpose="examination")
    consent = queries.consents_of(Scope.of(lab.id), patient.id)[0]
    page = text_of(
        desk.post(reverse("people:withdraw_consent", args=[consent.id]), {"reason": "panjang " * 50, "form_key": "d2"})
    )
    assert f'href="#{consent.id}_reason"' in page
    assert "panjang panjang" in page
    other = services.register_patient(
        clerk, owner_id=lab.id, full_name="Sulastri W", sex="P", birth_date=BORN, nik="", no_nik_reason="absent",
    )  # fmt: skip
    merge = services.merge_patients(clerk, owner_id=lab.id, kept_id=patient.id, other_id=other.id, reason="sama")
    page = text_of(
        desk.post(reverse("people:undo_merge", args=[merge.id]), {"undo-reason": "terlalu " * 50, "form_key": "d3"})
    )
    assert f'href="#{merge.id}_undo-reason"' in page
    assert "terlalu terlalu" in page


def test_the_reason_without_nik_is_in_sight_when_it_is_asked_for(desk):
    address = reverse("people:register")
    assert '<details class="field">' in text_of(desk.get(address))
    page = text_of(desk.post(address, typed(nik="", no_nik_reason="", form_key="w1")))
    assert "pilih alasan" in page
    assert '<details class="field" open>' in page
