from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from laras.core.scope import Scope
from laras.orders import services
from laras.orders.models import Order, RequestedTest, Sample
from laras.orders.views import ORDER_PANELS, TEST_STATES

SPACE = Scope.everything()


@pytest.fixture
def desk(sign_in, make_user, lab):
    """The browser of somebody who does everything at the counter."""
    return sign_in(make_user("ratna", lab, "receptionist", "receiver", "sampler"))


@pytest.fixture(autouse=True)
def no_panels(monkeypatch):
    monkeypatch.setattr("laras.orders.views.orders.ORDER_PANELS", [])
    monkeypatch.setattr("laras.orders.views.orders.TEST_STATES", [])


FORM = {"payer": "self", "urgency": "routine", "purpose": "diagnosis", "form_key": "k1"}
PERSON = {"is_new": "1", "full_name": "Siti Aminah", "sex": "P", "birth_date": "1990-04-12", "no_nik_reason": "absent"}


def url(name, *args):
    return reverse(f"orders:{name}", args=args)


# --- Registering ------------------------------------------------------------------------------------------------------


def test_the_page_opens_with_what_is_often_used(desk, order):
    page = desk.get(url("register")).content.decode()
    assert 'data-add="HB"' in page
    assert 'role="combobox"' in page


def test_a_patient_on_file(desk, patient, lab):
    answer = desk.post(url("register"), {**FORM, "patient": patient.id, "codes": "HB gdp, DL"})
    made = Order.objects.within(SPACE).get()
    assert answer.status_code == 303
    assert answer["Location"] == url("detail", made.id) + "?baru=1"
    page = desk.get(answer["Location"]).content.decode()
    assert made.number in page
    assert "Cetak label" in page
    assert "Daftar lagi" in page


def test_a_second_press_makes_one_order(desk, patient):
    first = desk.post(url("register"), {**FORM, "patient": patient.id, "codes": "HB"})
    again = desk.post(url("register"), {**FORM, "patient": patient.id, "codes": "HB"})
    assert first["Location"] == again["Location"]
    assert Order.objects.within(SPACE).count() == 1


def test_a_new_patient(desk):
    answer = desk.post(url("register"), {**FORM, **PERSON, "codes": "HB", "requester": "dr. Uji", "note": "demam"})
    assert answer.status_code == 303, answer.content.decode()
    made = Order.objects.within(SPACE).select_related("patient").get()
    assert made.patient.full_name == "Siti Aminah"


@pytest.mark.parametrize(
    ("change", "needle"),
    [
        ({"codes": ""}, "Pilih paling sedikit satu"),
        ({"codes": "HB XYZ"}, "XYZ"),
        ({"codes": "ECOLI"}, "bukan pemeriksaan untuk subjek ini"),
        ({"full_name": ""}, "id_full_name_error"),
        ({"nik": "123"}, "id_nik_error"),
        ({"birth_date": "2190-01-01"}, "id_birth_date_error"),
        ({"birth_date": "kemarin"}, "id_birth_date_error"),
        ({"payer": "siapa"}, "id_payer_error"),
        ({"payer": "institution"}, "id_client_error"),
        ({"client": "bukan"}, "id_client_error"),
        ({"requester": "x" * 121}, "id_requester_error"),
        ({"note": "x" * 501}, "id_note_error"),
        ({"collected": "on"}, "id_collected_at_error"),
        ({"collected_at": "2190-01-01T10:00"}, "id_collected_at_error"),
        ({"collected_at": "besok"}, "id_collected_at_error"),
        ({"is_new": ""}, "Pilih pasien, atau isi data pasien baru"),
        ({"is_new": "", "patient": "bukan"}, "id_patient_error"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(desk, change, needle):
    typed = {**FORM, **PERSON, "codes": "HB PLT", "requester": "dr. <b>Uji</b>", "note": "demam 3 hari", **change}
    answer = desk.post(url("register"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert needle in page
    assert not Order.objects.within(SPACE).exists()
    assert "<b>Uji</b>" not in page
    if "note" not in change:
        assert "demam 3 hari" in page
    if "codes" not in change:
        assert 'value="HB PLT"' in page
    if "full_name" not in change and typed["is_new"]:
        assert "Siti Aminah" in page


def test_somebody_on_file_is_offered(desk, patient):
    answer = desk.post(url("register"), {**FORM, **PERSON, "codes": "HB"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'data-use-patient="{patient.id}"' in page
    assert "duplicates_checked" in page


def test_another_laboratorys_patient_is_not_found(desk, make_actor, other):
    from laras.people import services as people
    from tests.orders.conftest import NEW

    foreign = people.register_patient(make_actor("asing", other, "receptionist"), owner_id=other.id, **NEW)
    answer = desk.post(url("register"), {**FORM, "patient": foreign.id, "codes": "HB"})
    assert answer.status_code == 404
    assert "Siti" not in desk.post(url("patient_card"), {"patient": foreign.id}).content.decode()
    assert 'data-value="' not in desk.post(url("find_patient"), {"q": "siti"}).content.decode()


def test_search_of_patients(desk, patient, order):
    found = desk.post(url("find_patient"), {"q": "aminah"}).content.decode()
    assert f'data-value="{patient.id}" data-auto' in found
    none = desk.post(url("find_patient"), {"q": "Budi"}).content.decode()
    assert "data-new data-auto" in none
    assert 'data-name="Budi"' in none
    nik = desk.post(url("find_patient"), {"q": "5201015204900001"}).content.decode()
    assert 'data-nik="5201015204900001"' in nik
    assert desk.post(url("find_patient"), {"q": "<script>"}).content.decode().count("<script>") == 0
    card = desk.post(url("patient_card"), {"patient": patient.id}).content.decode()
    assert order.number in card


def test_search_of_tests_knows_its_lane(desk):
    assert (
        'data-value="HB" data-name="Hemoglobin" data-auto' in desk.post(url("find_tests"), {"q": "hb"}).content.decode()
    )
    assert 'data-value="ECOLI"' not in desk.post(url("find_tests"), {"q": "ecoli"}).content.decode()
    assert 'data-value="ECOLI"' in desk.post(url("find_tests"), {"q": "ecoli", "kind": "environment"}).content.decode()
    assert "Tidak ada" in desk.post(url("find_tests"), {"q": "<b>zzz"}).content.decode()


def test_the_plan_follows(desk):
    page = desk.post(url("plan"), {"codes": "DL hb GDP ECOLI ENTAH"}).content.decode()
    assert "Rp80.000" in page  # DL 60.000 + GDP 20.000; HB is inside DL
    assert "sudah termasuk panel" in page
    assert "bukan untuk subjek ini" in page
    assert "tidak ada di katalog" in page
    assert (
        "Rp100.000"
        in desk.post(url("plan"), {"codes": "ECOLI", "kind": "environment", "points": "a\nb"}).content.decode()
    )
    assert "muncul di sini" in desk.post(url("plan"), {"codes": ""}).content.decode()


# --- Sites --------------------------------------------------------------------------------------------------------------

SITE = {
    **FORM, "purpose": "quality", "kind": "environment", "site_name": "Depot Segar", "site_latitude": "-8,583069",
    "site_longitude": "116,320251", "standard": "AM-PMK2-2023", "codes": "ECOLI PH", "in_situ_ph": "7,2",
}  # fmt: skip


def test_an_environmental_order(desk, lab):
    assert desk.get(url("register_site")).status_code == 200
    answer = desk.post(url("register_site"), {**SITE, "points": "Kran\nTandon"})
    assert answer.status_code == 303, answer.content.decode()
    made = Order.objects.within(SPACE).get()
    page = desk.get(url("detail", made.id)).content.decode()
    for text in ("Depot Segar", "Air minum", "7,2", "Kran", "Tandon", "−8,583069"):
        assert text in page
    again = desk.post(
        url("register_site"), {**FORM, "form_key": "k2", "kind": "environment", "site": made.site_id, "codes": "PH"}
    )
    assert again.status_code == 303
    found = desk.post(url("find_sites"), {"q": "segar"}).content.decode()
    assert f'data-value="{made.site_id}"' in found


@pytest.mark.parametrize(
    ("change", "needle"),
    [
        ({"site_latitude": "116,32", "site_longitude": "-8,58"}, "tertukar"),
        ({"site_latitude": "48", "site_longitude": "2"}, "di luar Indonesia"),
        ({"site_latitude": "utara"}, "id_site_latitude_error"),
        ({"site_name": ""}, "id_site_name_error"),
        ({"codes": "HB"}, "bukan pemeriksaan untuk subjek ini"),
        ({"in_situ_ph": "tujuh"}, "id_in_situ_ph_error"),
        ({"standard": "X"}, "id_standard_error"),
        ({"matrix": "udara_ambien"}, "id_standard_error"),
        ({"kind": "person"}, "id_kind_error"),
        ({"points": "a\na"}, "id_points_error"),
        ({"site": "bukan"}, "id_site_error"),
    ],
)
def test_site_errors_stand_at_their_field(desk, change, needle):
    answer = desk.post(url("register_site"), {**SITE, **change})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert needle in page
    assert not Order.objects.within(SPACE).exists()
    if "in_situ_ph" not in change:
        assert 'value="7,2"' in page


def test_a_standard_brings_its_parameters(desk):
    found = desk.post(url("standard_codes"), {"standard": "AM-PMK2-2023"}).content.decode()
    assert found == "AM19"
    assert desk.post(url("standard_codes"), {"standard": "X"}).content == b""


# --- The list and one order -----------------------------------------------------------------------------------------------


def test_list_and_filters(desk, order, patient):
    page = desk.get(url("list")).content.decode()
    assert order.number in page
    assert "Siti Aminah" in page
    for query, there in (
        ({"status": "registered"}, True),
        ({"status": "cancelled"}, False),
        ({"urgency": "urgent"}, True),
        ({"q": order.number.lower()}, True),
        ({"q": "NTB-99-1"}, False),
        ({"pasien": patient.id}, True),
        ({"pasien": uuid4()}, False),
        ({"day_from": "2190-01-01"}, False),
    ):
        assert (order.number in desk.get(url("list"), query).content.decode()) is there, query
    for nonsense in ({"status": "x"}, {"day_from": "kemarin"}, {"client": "x"}, {"pasien": "x"}, {"q": "\x00"}):
        assert desk.get(url("list"), nonsense).status_code == 200
    assert desk.get(url("list"), {"after": "omong kosong"}).status_code == 422
    part = desk.get(url("list"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_pages_ask_as_much_for_many_as_for_few(desk, counter, lab, patient):
    def count(address):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address).status_code == 200
        return len(caught)

    addresses = [url("list"), url("receiving"), url("collecting"), url("register")]
    made = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB", "UL"])
    for address in addresses:
        desk.get(address)
    few = [count(address) for address in addresses]
    one = count(url("detail", made.id))
    for _ in range(6):
        big = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["DL", "GDP", "UL", "CHOL"])
    assert [count(address) for address in addresses] == few
    assert count(url("detail", big.id)) == one <= 18


def test_the_page_of_an_order_takes_sections_of_the_floors_above(desk, order, monkeypatch):
    from django.utils.safestring import mark_safe

    assert isinstance(ORDER_PANELS, list)
    assert isinstance(TEST_STATES, list)
    monkeypatch.setattr("laras.orders.views.orders.ORDER_PANELS", [lambda request, detail: mark_safe("<i>panel</i>")])
    monkeypatch.setattr(
        "laras.orders.views.orders.TEST_STATES",
        [lambda request, detail: {detail.requested[0].id: mark_safe("<i>keadaan</i>")}],
    )
    page = desk.get(url("detail", order.id)).content.decode()
    assert "<i>panel</i>" in page
    assert page.count("<i>keadaan</i>") == 1
    assert str(order.requested[1].id) not in page


def test_names_never_become_markup(desk, counter, lab):
    from tests.orders.conftest import NEW

    nasty = "<img src=x onerror=alert(1)> \"'"
    made = services.register_order(
        counter, owner=lab, new_patient={**NEW, "full_name": nasty}, codes=["HB"], note=nasty, requester=nasty
    )
    for address in (
        url("detail", made.id),
        url("list"),
        url("receiving"),
        url("collecting"),
        url("request_form", made.id),
    ):
        assert "<img src=x" not in desk.get(address).content.decode(), address


def test_cancelling_from_the_page(desk, order):
    bad = desk.post(url("cancel", order.id), {"reason": " ", "form_key": "a"})
    assert bad.status_code == 422
    assert "Tulis alasan pembatalan" in bad.content.decode()
    good = desk.post(url("cancel", order.id), {"reason": "Salah orang", "form_key": "b"})
    assert good.status_code == 303
    page = desk.get(url("detail", order.id)).content.decode()
    assert "Salah orang" in page
    assert "Tambah pemeriksaan" not in page


def test_cancelling_and_adding_tests_from_the_page(desk, order):
    line = order.lines[0]
    assert desk.post(url("cancel_line", order.id), {"line": line.id, "reason": "x", "form_key": "a"}).status_code == 303
    assert desk.post(url("cancel_line", order.id), {"line": "bukan", "reason": "x", "form_key": "b"}).status_code == 404
    assert desk.post(url("add", order.id), {"codes": "CHOL", "form_key": "c"}).status_code == 303
    assert desk.post(url("add", order.id), {"codes": "XYZ", "form_key": "d"}).status_code == 422
    codes = set(RequestedTest.objects.within(SPACE).filter(cancelled=False).values_list("test_code", flat=True))
    assert "CHOL" in codes
    assert "HB" not in codes


def test_labels_and_the_form_on_paper(desk, order):
    for query in ({}, {"ukuran": "70x40"}, {"lembar": "a4-24", "lewati": "3"}):
        answer = desk.get(url("labels", order.id), query)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    for query in (
        {"ukuran": "x"},
        {"lembar": "x"},
        {"lembar": "a4-24", "lewati": "99"},
        {"lembar": "a4-24", "lewati": "x"},
    ):
        assert desk.get(url("labels", order.id), query).status_code == 422
    page = desk.get(url("request_form", order.id)).content.decode()
    assert order.number in page
    assert "Hemoglobin" in page


# --- Samples ----------------------------------------------------------------------------------------------------------


def test_a_scan_of_what_cannot_be_received_names_it(desk, order):
    htmx = {"HX-Request": "true"}
    sample = order.samples[0]
    for other in order.samples[1:]:
        desk.post(url("receiving"), {"scan": other.number}, headers=htmx)
    desk.post(url("refuse", sample.id), {"reason": "hemolysed", "form_key": "r1"})
    said = desk.post(url("receiving"), {"scan": sample.number}, headers=htmx).content.decode()
    assert f"{sample.number} tidak diterima: statusnya “Ditolak”" in said
    # Everything of the order is here or refused: nobody is asked to scan its labels one by one.
    said = desk.post(url("receiving"), {"scan": order.number}, headers=htmx).content.decode()
    assert "yang masih menunggu diterima" in said


def test_a_scan_receives_at_once(desk, order):
    sample = order.samples[0]
    htmx = {"HX-Request": "true"}
    page = desk.post(
        url("receiving"), {"scan": sample.number.lower(), "condition": "Baik", "temperature": "4,5"}, headers=htmx
    )
    assert "Diterima: " in page.content.decode()
    got = Sample.objects.within(SPACE).get(id=sample.id)
    assert (got.status, str(got.temperature)) == ("received", "4.5")
    again = desk.post(url("receiving"), {"scan": sample.number}, headers=htmx).content.decode()
    assert "sudah diterima sebelumnya" in again
    unknown = desk.post(url("receiving"), {"scan": "<b>tidak ada"}, headers=htmx).content.decode()
    assert "tidak dikenal" in unknown
    assert "<b>tidak ada" not in unknown
    several = desk.post(url("receiving"), {"scan": order.number}, headers=htmx).content.decode()
    assert "satu per satu" in several


def test_what_is_ticked_is_received_together(desk, order):
    ids = [sample.id for sample in order.samples]
    answer = desk.post(url("receiving"), {"id": ids, "condition": "Baik"})
    assert answer.status_code == 302
    assert set(Sample.objects.within(SPACE).values_list("status", flat=True)) == {"received"}
    assert "3 sampel diterima" in desk.get(url("receiving")).content.decode()


@pytest.mark.parametrize(
    "body", [{"id": ["bukan"]}, {"scan": "x" * 61}, {"temperature": "panas", "scan": "1"}, {}, {"id": [str(uuid4())]}]
)
def test_bad_receipts_are_told(desk, order, body):
    answer = desk.post(url("receiving"), body, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert Sample.objects.within(SPACE).filter(status="expected").count() == 3
    assert any(
        word in answer.content.decode()
        for word in ("Pindai label", "Paling", "Tulis angka", "paling", "Tidak", "tidak")
    )


def test_refusing_with_a_reason(desk, order):
    address = url("refuse", order.samples[0].id)
    assert desk.get(address).status_code == 200
    assert desk.post(address, {"reason": "malas"}).status_code == 422
    assert "Jelaskan" in desk.post(address, {"reason": "other"}).content.decode()
    done = desk.post(address + "?dari=penerimaan", {"reason": "clotted", "replacement": "on", "form_key": "z"})
    assert done["Location"] == url("receiving")
    assert Sample.objects.within(SPACE).count() == 4


def test_collecting_on_the_phone(desk, order):
    page = desk.get(url("collecting")).content.decode()
    assert all(sample.number in page for sample in order.samples)
    desk.post(url("collect"), {"id": [s.id for s in order.samples[:2]], "form_key": "a"})
    assert Sample.objects.within(SPACE).filter(status="collected").count() == 2
    back = desk.post(url("collect"), {"id": [order.samples[2].id], "order": order.id, "form_key": "b"})
    assert back["Location"] == url("detail", order.id)
    none = desk.post(url("collect"), {"id": ["x"], "order": "https://contoh.test", "form_key": "c"})
    assert none["Location"] == url("collecting")


def test_one_sample_from_the_orders_page(desk, order):
    sample = order.samples[0]
    assert desk.post(url("receive_one", sample.id), {"form_key": "a"}).status_code == 303
    assert desk.post(url("hand_over", sample.id), {"action": "handed", "form_key": "b"}).status_code == 422
    assert (
        desk.post(url("hand_over", sample.id), {"action": "stored", "place": "Kulkas 2", "form_key": "c"}).status_code
        == 303
    )
    assert desk.post(url("dispose", sample.id), {"form_key": "d"}).status_code == 422
    assert desk.post(url("dispose", sample.id), {"note": "Autoklaf", "form_key": "e"}).status_code == 303
    page = desk.get(url("detail", order.id)).content.decode()
    for text in ("Kulkas 2", "Dimusnahkan", "diterima"):
        assert text in page


# --- Who may ----------------------------------------------------------------------------------------------------------

GETS = ["list", "register", "register_site", "receiving", "collecting"]
OF_ORDER = ["detail", "labels", "request_form"]
POSTS = ["cancel", "cancel_line", "add"]
OF_SAMPLE = ["receive_one", "refuse", "hand_over", "dispose"]


def test_without_any_right(sign_in, make_user, lab, order):
    blind = sign_in(make_user("kurir", lab, "courier"))
    for name in GETS:
        assert blind.get(url(name)).status_code == 403, name
    for name in OF_ORDER:
        assert blind.get(url(name, order.id)).status_code == 403, name
    for name in POSTS:
        assert blind.post(url(name, order.id), {"reason": "x"}).status_code == 403, name
    for name in OF_SAMPLE:
        assert blind.post(url(name, order.samples[0].id), {}).status_code == 403, name
    for name in (
        "find_patient",
        "patient_card",
        "find_tests",
        "find_clients",
        "find_sites",
        "plan",
        "standard_codes",
        "collect",
    ):
        assert blind.post(url(name), {"q": "siti"}).status_code == 403, name


def test_of_another_laboratory(sign_in, make_user, other, order):
    foreign = sign_in(make_user("asing", other, "receptionist", "receiver", "sampler"))
    for name in OF_ORDER:
        assert foreign.get(url(name, order.id)).status_code == 404, name
    for name in POSTS:
        assert (
            foreign.post(url(name, order.id), {"reason": "x", "codes": "HB", "line": order.lines[0].id}).status_code
            == 404
        )
    for name in OF_SAMPLE:
        body = {"reason": "late", "action": "stored", "place": "x", "note": "x"}
        assert foreign.post(url(name, order.samples[0].id), body).status_code == 404, name
    assert foreign.post(url("collect"), {"id": [order.samples[0].id]}).status_code == 404
    assert order.number not in foreign.get(url("list")).content.decode()
    assert set(Sample.objects.within(SPACE).values_list("status", flat=True)) == {"expected"}


def test_signed_out(client, order):
    assert client.get(url("list")).status_code == 302
    lost = client.post(url("register"), {"codes": "HB"})
    assert lost.status_code == 401
    assert client.post(url("find_patient"), {"q": "siti"}, headers={"HX-Request": "true"}).status_code == 401
