"""The catalogue's pages: what is shown, who may change, what a refusal keeps."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from laras.catalogue import queries
from laras.catalogue.models import ReferenceRelease

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def reader(sign_in, make_user, lab):
    return sign_in(make_user("baca", lab, "analyst"))


@pytest.fixture
def manager(sign_in, make_user, lab):
    return sign_in(make_user("mutu", lab, "quality_manager"))


def _page(name: str, *args: str) -> str:
    return reverse(f"catalogue:{name}", args=args)


def _own(lab) -> int:
    return ReferenceRelease.objects.filter(publisher__owner=lab).count()


def test_the_list_is_searched_and_filtered_in_the_address(reader):
    whole = reader.get(_page("tests"))
    assert whole.status_code == 200
    assert "Hemoglobin" in whole.content.decode()
    found = reader.get(_page("tests"), {"q": "asam urat"}).content.decode()
    assert _page("test", "AU") in found
    assert _page("test", "HB") not in found
    water = reader.get(_page("tests"), {"subject": "environment", "discipline": "air_mikrobiologi"}).content.decode()
    assert _page("test", "ECOLI") in water
    assert _page("test", "PH") not in water
    tier = reader.get(_page("tests"), {"tier": "5"}).content.decode()
    assert _page("test", "PCRPOLIO") in tier
    assert _page("test", "HB") not in tier
    assert "Tidak ada pemeriksaan yang cocok" in reader.get(_page("tests"), {"q": "zzz"}).content.decode()
    odd = reader.get(_page("tests"), {"tier": "9", "page": "x", "subject": "<b>", "q": "'\"<script>"})
    assert odd.status_code == 200
    assert "<script>'" not in odd.content.decode()
    part = reader.get(_page("tests"), {"q": "hb"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_a_test_shows_ranges_criticals_limits_answers_and_their_sources(reader):
    page = reader.get(_page("test", "HB")).content.decode()
    assert "13,2 - 17,3" in page
    assert "contoh, belum berlaku" in page
    assert "Praktik laboratorium rumah sakit yang dipublikasikan" in page
    assert "mulai 18 tahun" in page
    assert "718-7" in page
    assert 'id="kritis"' not in page, "readers are offered no change"
    water = reader.get(_page("test", "TDS")).content.decode()
    assert "Permenkes 2/2023" in water
    assert "&lt; 300" in water
    assert "Scanty" in reader.get(_page("test", "BTA")).content.decode()


def test_every_test_panel_and_standard_has_a_page_that_opens(reader, lab):
    catalogue = queries.effective(lab.id)
    codes = list(catalogue.tests)[::17]
    for code in codes:
        assert reader.get(_page("test", code)).status_code == 200, code
    for code in catalogue.standards:
        assert reader.get(_page("standard", code)).status_code == 200, code
    panels = reader.get(_page("panels")).content.decode()
    assert all(f'id="{code}"' in panels for code in catalogue.panels)
    assert reader.get(_page("panels"), {"q": "lipid"}).content.decode().count("<tr id=") == 1
    assert reader.get(_page("standards")).status_code == 200
    assert "Belum ada perubahan" in reader.get(_page("releases")).content.decode()
    for name in ("test", "standard"):
        assert reader.get(_page(name, "TIDAK-ADA")).status_code == 404


def test_pages_read_the_catalogue_from_memory(reader):
    reader.get(_page("tests"))
    for name, args in (
        ("tests", ()),
        ("test", ("HB",)),
        ("panels", ()),
        ("standards", ()),
        ("standard", ("AM-PMK2-2023",)),
    ):
        with CaptureQueriesContext(connection) as seen:
            reader.get(_page(name, *args))
        own = [query["sql"] for query in seen if "catalogue_reference" in query["sql"]]
        assert len(own) <= 1, own  # at most the count that says whether anything was published
    with CaptureQueriesContext(connection) as seen:
        reader.get(_page("releases"))
    assert len([query for query in seen if "catalogue_reference" in query["sql"]]) <= 3


def test_adopting_an_example_makes_it_judge_and_leaves_a_trace(manager, lab):
    page = manager.get(_page("test", "HB")).content.decode()
    assert 'value="critical|HB/adult@a"' in page
    answer = manager.post(
        _page("adopt", "HB"),
        {"adopt-row": "critical|HB/adult@a", "adopt-reason": "Rapat mutu 3", "form_key": "k1"},
    )
    assert (answer.status_code, answer.url) == (303, _page("test", "HB"))
    again = manager.post(
        _page("adopt", "HB"),
        {"adopt-row": "critical|HB/adult@a", "adopt-reason": "Rapat mutu 3", "form_key": "k1"},
    )
    assert again.status_code == 303
    assert _own(lab) == 1
    page = manager.get(_page("test", "HB")).content.decode()
    assert "LAB-A/1" in page
    assert "Rapat mutu 3" in page
    assert "critical:HB/adult" in manager.get(_page("releases")).content.decode()


def test_own_values_are_published_and_withdrawn(manager, lab):
    sent = {
        "critical-population": "all",
        "critical-low": "2,5",
        "critical-high": "6,5",
        "critical-reason": "Klinisi setuju",
    }
    assert manager.post(_page("set_critical", "K"), sent).status_code == 303
    sent = {
        "range-sex": "", "range-age_from": "0", "range-age_from_unit": "y", "range-age_until": "",
        "range-age_until_unit": "y", "range-low": "95", "range-high": "110", "range-reason": "Studi lokal",
    }  # fmt: skip
    assert manager.post(_page("set_range", "CL"), sent).status_code == 303
    catalogue = queries.effective(lab.id)
    assert [str(row.low) for row in catalogue.criticals("K") if row.judges] == ["2.5"]
    assert [str(row.high) for row in catalogue.ranges("CL")] == ["110"]
    sent = {"withdraw-row": "critical|K/all", "withdraw-reason": "Salah ketik"}
    assert manager.post(_page("withdraw", "K"), sent).status_code == 303
    assert not any(row.judges for row in queries.effective(lab.id).criticals("K"))


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("set_critical", {"critical-population": "all", "critical-reason": "alasan"}, "Isi paling sedikit satu batas"),
        (
            "set_critical",
            {"critical-population": "all", "critical-low": "9", "critical-high": "2", "critical-reason": "alasan"},
            "batas bawah di atas",
        ),
        ("set_critical", {"critical-population": "semua", "critical-low": "abc", "critical-reason": ""}, "Tulis angka"),
        (
            "set_critical",
            {"critical-population": "all", "critical-low": "1.234", "critical-reason": "alasan"},
            "Tidak jelas",
        ),
        (
            "set_range",
            {
                "range-age_from": "20",
                "range-age_from_unit": "y",
                "range-age_until_unit": "y",
                "range-low": "1",
                "range-reason": "alasan",
            },
            "bertumpang tindih",
        ),
        (
            "set_range",
            {
                "range-age_from": "20",
                "range-age_from_unit": "y",
                "range-age_until": "2",
                "range-age_until_unit": "y",
                "range-low": "1",
                "range-reason": "alasan",
            },
            "sesudah umur awal",
        ),
        ("adopt", {"adopt-row": "critical|HB/adult@nobody", "adopt-reason": "alasan"}, ""),
        ("change_test", {"change-method": "x" * 300, "change-tat_hours": "0", "change-reason": "alasan"}, ""),
        (
            "change_test",
            {
                "change-method": "Fotometri",
                "change-decimals": "1",
                "change-container": "Tabung EDTA (tutup ungu)",
                "change-volume": "3 mL",
                "change-stability": "2 jam pada suhu ruang",
                "change-tat_hours": "4",
                "change-reason": "sama saja",
            },
            "Tidak ada yang diubah",
        ),
    ],
)
def test_wrong_input_is_shown_again_with_what_was_typed_and_changes_nothing(manager, lab, name, sent, said):
    answer = manager.post(_page(name, "HB"), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "error-summary" in page
    if "reason" in str(sent) and "alasan" in sent.values():
        assert "alasan" in page
    assert _own(lab) == 0


def test_a_whole_practice_is_adopted_on_the_page_of_critical_values(manager, lab):
    page = manager.get(_page("criticals")).content.decode()
    assert "Belum ada nilai kritis yang berlaku" in page
    bad = manager.post(_page("adopt_practice"), {"practice-row": "zzz", "practice-reason": "Kesepakatan klinisi"})
    assert bad.status_code == 422
    assert "Kesepakatan klinisi" in bad.content.decode()
    sent = {"practice-row": "a", "practice-reason": "Kesepakatan klinisi"}
    assert manager.post(_page("adopt_practice"), sent).url == _page("criticals")
    assert "Belum ada nilai kritis" not in manager.get(_page("criticals")).content.decode()
    rows = [row for found in queries.effective(lab.id).criticals_by_test.values() for row in found]
    judging = {(row.test, row.population) for row in rows if row.judges}
    assert judging == {(row.test, row.population) for row in rows if row.practice == "a"}
    assert len(judging) > 20
    assert _own(lab) == 1


def test_a_standard_is_adopted_as_a_whole(manager, lab):
    code = "SUNGAI2-PP22-2021"
    assert "Sebagian belum menilai" in manager.get(_page("standard", code)).content.decode()
    assert manager.post(_page("adopt_standard", code), {"adopt-reason": ""}).status_code == 422
    assert manager.post(_page("adopt_standard", code), {"adopt-reason": "Naskah dibaca"}).status_code == 303
    assert all(row.judges for row in queries.effective(lab.id).limits(code).values())
    assert "Sebagian belum menilai" not in manager.get(_page("standard", code)).content.decode()


def test_a_test_of_ones_own(manager, lab):
    sent = {
        "code": "xyz", "name": "Uji <b>baru</b>", "discipline": "kimia_klinik", "subject": "person",
        "kind": "quantity", "ucum": "mg/dL", "unit": "mg/dL", "tier": "2", "tat_hours": "6", "reason": "Alat baru",
    }  # fmt: skip
    bad = manager.post(_page("add_test"), {**sent, "ucum": "sendok"})
    assert bad.status_code == 422
    assert "bukan UCUM" in bad.content.decode()
    made = manager.post(_page("add_test"), sent)
    assert made.url == _page("test", "LAB-A:XYZ")
    page = manager.get(made.url).content.decode()
    assert "<b>baru" not in page
    gone = manager.post(
        _page("withdraw", "LAB-A:XYZ"), {"withdraw-row": "test|LAB-A:XYZ", "withdraw-reason": "tidak jadi"}
    )
    assert gone.url == _page("tests")
    assert manager.get(made.url).status_code == 404


def test_without_the_right_nothing_changes_and_strangers_see_their_own(reader, sign_in, make_user, make_owner, lab):
    for name in ("adopt", "set_critical", "set_range", "change_test", "withdraw"):
        assert reader.post(_page(name, "HB"), {}).status_code == 403
        assert reader.get(_page(name, "HB")).status_code == 405
    assert reader.post(_page("adopt_standard", "SUNGAI2-PP22-2021"), {}).status_code == 403
    assert reader.post(_page("adopt_practice"), {}).status_code == 403
    assert "Adopsi satu praktik" not in reader.get(_page("criticals")).content.decode()
    assert reader.get(_page("add_test")).status_code == 403
    assert _own(lab) == 0
    other = make_owner("LAB-B")
    manager = sign_in(make_user("mutu-b", other, "quality_manager"))
    sent = {"critical-population": "all", "critical-low": "2", "critical-reason": "milik lab b"}
    assert manager.post(_page("set_critical", "K"), sent).status_code == 303
    assert (_own(lab), _own(other)) == (0, 1)
    assert not any(row.judges for row in queries.effective(lab.id).criticals("K"))


def test_the_door_is_closed_to_those_who_did_not_sign_in(client):
    assert client.get(_page("tests")).status_code == 302
    assert client.post(_page("adopt", "HB"), {}).status_code == 401
