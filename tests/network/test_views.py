from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.core.models import Owner
from laras.network import queries
from tests.network.test_import import GOOD, HEADING

pytestmark = pytest.mark.usefixtures("with_context")

HERE = "/jejaring/"


@pytest.fixture
def visit(sign_in, make_user, network):
    """``visit("city_office", "network_manager")`` -> a browser of a person with this role there."""

    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def upload(client, text, name="lab.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(f"{HERE}impor/", {"file": SimpleUploadedFile(name, content)})


PAGES = ["", "wilayah/", "wilayah/73/", "wilayah/73.71.11/", "wilayah/91.01.01/", "wilayah/?search=kota&level=kabkota"]


@pytest.mark.parametrize("role", ["receptionist", "sampler", "analyst", "cashier", "courier", "officer"])
def test_the_directory_is_open_to_everybody_who_is_signed_in(visit, network, role):
    client = visit("tier2", role)
    for address in [*PAGES, f"lembaga/{network['tier3'].pk}/", f"lembaga/{network['ministry'].pk}/"]:
        answer = client.get(HERE + address, follow=True)
        assert answer.status_code == 200, address
        assert "network:create" not in answer.content.decode()


@pytest.mark.parametrize("address", [*PAGES, "baru/", "impor/"])
def test_nobody_else_comes_in(client, db, address):
    assert client.get(HERE + address).status_code == 302


def test_filters_in_the_address(visit):
    client = visit("tier2", "analyst")

    def names(query):
        return [one["row"].code for one in client.get(f"{HERE}?{query}").context["found"]]

    assert names("") == ["LAB-1", "LAB-2", "LAB-3", "LAB-4", "LAB-5"]
    assert names("tier=2") == ["LAB-2"]
    assert names("province=73&tier=4") == ["LAB-4"]
    assert names("province=31") == ["LAB-5"]
    assert names("kind=puskesmas") == ["LAB-1"]
    assert names("kind=dinkes_kabkota") == ["DINKES-7371"]
    assert names("search=LAB-3") == ["LAB-3"]
    # What is not a filter filters nothing.
    assert len(names("tier=x&province=zz&kind=warung&page=zz")) == 5
    assert names("search=%27%3B--%3Cscript%3E") == []


def test_queries_do_not_grow_with_rows(visit, make_organisation, network):
    client = visit("tier2", "analyst")
    pages = [HERE, f"{HERE}lembaga/{network['tier2'].pk}/", f"{HERE}wilayah/73.71/"]

    def asked() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries_of_page:
                client.get(page)
            counts.append(len(queries_of_page))
        return counts

    before = asked()
    for n in range(6):
        make_organisation(f"PKM-{n}", kind="puskesmas", tier=1, area="73.71.01", supervisor=network["tier2"])
    assert asked() == before


def test_a_part_of_the_page_for_htmx(visit):
    answer = visit("tier2", "analyst").get(f"{HERE}?tier=2", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "LAB-2" in answer.content.decode()


def test_an_old_code_leads_to_the_new_address(visit):
    client = visit("tier2", "analyst")
    assert client.get(f"{HERE}wilayah/91.01/").headers["Location"] == f"{HERE}wilayah/93.01/"
    page = client.get(f"{HERE}wilayah/93.01/").content.decode()
    assert "91.01" in page
    assert "Papua Selatan" in page
    for wrong in ("99.99", "abc", "%00", "..%2f"):
        assert client.get(f"{HERE}wilayah/{wrong}/").status_code == 404


def test_a_name_with_markup_is_text(visit, make_organisation):
    lab = make_organisation("XSS", name="<script>alert(1)</script>")
    page = visit("tier2", "analyst").get(f"{HERE}lembaga/{lab.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


# --- Writing ----------------------------------------------------------------------------------------
def test_a_head_changes_the_description_only(visit, network):
    client, lab = visit("tier2", "head"), network["tier2"]
    address = f"{HERE}lembaga/{lab.pk}/ubah/"
    form = client.get(address)
    assert "tier" not in form.context["form"].fields
    answer = client.post(address, {"name": "Labkesda Baru", "phone": "0411", "tier": 5, "lat": "-5,15", "lon": "119,4"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HERE}lembaga/{lab.pk}/")
    row = queries.organisation_row(lab.pk)
    assert (row.name, row.phone, row.tier, row.lat) == ("Labkesda Baru", "0411", 2, -5.15)
    assert "Labkesda Baru" in client.get(f"{HERE}lembaga/{lab.pk}/").content.decode()


def test_wrong_input_is_said_at_its_field_and_kept(visit, network):
    client, lab = visit("tier2", "head"), network["tier2"]
    answer = client.post(f"{HERE}lembaga/{lab.pk}/ubah/", {"name": " ", "lat": "lima", "lon": "119", "phone": "0411"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "lat"}
    assert 'value="lima"' in answer.content.decode()
    answer = client.post(f"{HERE}lembaga/{lab.pk}/ubah/", {"name": "Ada", "lat": "-5,3", "lon": "23,5"})
    assert set(answer.context["form"].errors) == {"lat"}
    assert len(queries.organisation_history(lab.pk)) == 1


@pytest.mark.parametrize("role", ["analyst", "receptionist", "validator"])
def test_others_do_not_open_the_form(visit, network, role):
    client = visit("tier2", role)
    assert client.get(f"{HERE}lembaga/{network['tier2'].pk}/ubah/").status_code == 403
    assert client.post(f"{HERE}lembaga/{network['tier2'].pk}/ubah/", {"name": "X"}).status_code == 403
    assert client.get(f"{HERE}baru/").status_code == 403
    assert client.get(f"{HERE}impor/").status_code == 403


def test_another_laboratory_is_refused_and_an_unknown_one_not_found(visit, network):
    client = visit("tier2", "head")
    assert client.post(f"{HERE}lembaga/{network['tier3'].pk}/ubah/", {"name": "X"}).status_code == 403
    unknown = "00000000-0000-7000-8000-000000000000"
    assert client.get(f"{HERE}lembaga/{unknown}/").status_code == 404
    assert client.get(f"{HERE}lembaga/{unknown}/ubah/").status_code == 404


def test_a_manager_creates_and_restructures(visit, network):
    client = visit("province_office", "network_manager")
    assert client.get(f"{HERE}baru/").status_code == 200
    values = {
        "code": "PKM-B",
        "name": "Puskesmas Uji",
        "kind": "puskesmas",
        "tier": "1",
        "area_id": "73.71.01",
        "supervisor_id": "LAB-2",
        "form_key": "k",
    }
    answer = client.post(f"{HERE}baru/", values)
    made = queries.find_organisation("PKM-B")
    assert answer.headers["Location"] == f"{HERE}lembaga/{made.pk}/"
    # Twice pressed: led to the same place, nothing made twice.
    assert client.post(f"{HERE}baru/", values).headers["Location"] == f"{HERE}lembaga/{made.pk}/"
    again = client.post(f"{HERE}baru/", {**values, "form_key": "k2", "area_id": "99", "supervisor_id": "TIDAK"})
    assert set(again.context["form"].errors) == {"area_id", "supervisor_id"}
    page = client.get(f"{HERE}lembaga/{made.pk}/ubah/")
    assert page.context["form"].initial["area_id"] == "73.71.01"
    answer = client.post(
        f"{HERE}lembaga/{made.pk}/ubah/",
        {**values, "supervisor_id": "LAB-1", "form_key": "k3", "reason": "Pembina terdekat"},
    )
    assert answer.status_code == 303
    assert queries.organisation_row(made.pk).supervisor == "LAB-1"
    answer = client.post(
        f"{HERE}lembaga/{network['tier2'].pk}/ubah/",
        {"name": "Lab", "kind": "labkesda_kabkota", "tier": "2", "area_id": "73.71", "supervisor_id": "LAB-1"},
    )
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"supervisor_id"})


def test_a_manager_gets_the_button_inside_the_jurisdiction_only(visit, network, make_organisation):
    hospital = make_organisation("RS-1", kind="rumah_sakit", tier=None, area="73.71")
    client = visit("city_office", "network_manager")
    for organisation, allowed in ((network["tier2"], True), (hospital, True), (network["tier3"], False)):
        page = client.get(f"{HERE}lembaga/{organisation.pk}/")
        assert page.context["may_alter"] == allowed
        assert client.get(f"{HERE}lembaga/{organisation.pk}/ubah/").status_code == (200 if allowed else 403)


def test_area_options(visit):
    client = visit("tier2", "analyst")
    page = client.get(f"{HERE}wilayah/pilihan/?area_id=parep").content.decode()
    assert 'value="73.72"' in page
    assert "Sulawesi Selatan" in page
    assert client.get(f"{HERE}wilayah/pilihan/?area_id=pa").content.decode().strip() == ""


# --- Import -----------------------------------------------------------------------------------------
def test_preview_then_accept(visit, network):
    client = visit("province_office", "network_manager")
    before = Owner.objects.count()
    preview = upload(client, GOOD.encode("utf-16"))
    assert preview.status_code == 200
    assert (preview.context["plan"].created, Owner.objects.count()) == (4, before)
    sheet = preview.context["accept"].initial["sheet"]
    done = client.post(f"{HERE}impor/terima/", {"sheet": sheet}, follow=True)
    assert done.redirect_chain == [(HERE, 302)]
    assert "4 baru" in done.content.decode()
    assert Owner.objects.count() == before + 4
    again = client.post(f"{HERE}impor/terima/", {"sheet": sheet}, follow=True)
    assert "4 tetap" in again.content.decode()


def test_problems_are_shown_by_row_and_nothing_can_be_accepted(visit):
    client = visit("province_office", "network_manager")
    text = f"{HEADING}\nA,,9,puskesmas,99,,,TIDAK\n"
    page = upload(client, text)
    assert page.status_code == 422
    shown = page.content.decode()
    assert "Tingkat “9”" in shown
    assert "Terima dan simpan" not in shown
    before = Owner.objects.count()
    assert client.post(f"{HERE}impor/terima/", {"sheet": text}).status_code == 422
    assert Owner.objects.count() == before


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", b"code,name\n", b" "])
def test_what_is_no_sheet_is_answered(visit, content):
    page = upload(visit("province_office", "network_manager"), content)
    assert page.status_code == 422


def test_empty_forms_are_answered(visit):
    client = visit("province_office", "network_manager")
    assert client.post(f"{HERE}impor/").status_code == 422
    assert client.post(f"{HERE}impor/terima/").status_code == 302
    assert client.get(f"{HERE}impor/terima/").status_code == 302
