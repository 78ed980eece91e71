"""A culture from the plate to the final word through its pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from laras.bench import queries as bench
from laras.core import clock
from laras.core.models import User
from laras.cultures import queries

from .conftest import PANEL, TABLE

LIST = "/biakan/"


@pytest.fixture
def as_(client, sign_in):
    return lambda actor: sign_in(User.objects.get(id=actor.user_id))


def said(answer):
    return answer.content.decode()


def test_from_plate_to_final_word(as_, make_results, analyst, lab, scope, later, frozen):
    result = make_results("KULURIN")["KULURIN"]
    client = as_(analyst)
    assert result.sample.number in said(client.get(LIST + "tanam/"))
    client.post(LIST + "tanam/", {"id": [str(result.id)], "media": "CLED, Agar darah", "read_days": "1,2"})
    culture = queries.of_result(scope, [result.id])[result.id]
    assert "Tidak ada yang dibaca hari ini" in said(client.get(LIST))
    assert result.sample.number in said(client.get(LIST + "?semua=1"))
    place = reverse("cultures:culture", args=[culture.id])
    with later(days=1):
        client = as_(analyst)
        assert f"outcome-{culture.id}" in said(client.get(LIST))
        wrong = client.post(LIST, {f"outcome-{culture.id}": "none", f"gram-{culture.id}": "GNB"})
        assert (wrong.status_code, "Gram hanya diisi" in said(wrong)) == (422, True)
        client.post(LIST, {f"outcome-{culture.id}": "growth", f"gram-{culture.id}": "GNB"})
        assert client.post(place + "isolat/", {"colony": "merah muda", "quantity": "banyak"}).status_code == 422
        client.post(place + "isolat/", {"colony": "merah muda", "gram": "GNB", "quantity": ">10^5"})
        (isolate,) = queries.whole(scope, queries.get_culture(scope, culture.id)).isolates
        its = f"{LIST}isolat/{isolate.isolate.id}/"
        unknown = client.post(its + "identifikasi/", {"organism": "Entah", "significance": "pathogen"})
        assert (unknown.status_code, "tidak ada di daftar" in said(unknown)) == (422, True)
        named = {"organism": "Escherichia coli", "significance": "pathogen", "quantity": ">10^5"}
        assert client.post(its + "identifikasi/", named).status_code == 303
        drugs = {"antibiotic": ["Siprofloksasin", "Bukan obat", ""], "method": ["disk"] * 3, "raw": ["20", "7", ""]}
        wrong = client.post(its + "kepekaan/", drugs)
        assert (wrong.status_code, 'value="Bukan obat"' in said(wrong)) == (422, True)
        assert client.post(its + "kepekaan/", drugs | {"raw": ["20", "", ""]}).status_code == 303
        text = said(client.get(place))
        assert "belum ada tabel titik potong yang berlaku" in text
        assert "style=" not in text
        client.post(place + "sementara/")
        assert bench.view(scope, result.id).provisional
        assert client.post(place + "selesai/", {"conclusion": ""}).status_code == 303
        view = bench.view(scope, result.id)
        assert (view.provisional, view.text) == (
            False, "Tumbuh Escherichia coli (>10^5): Siprofloksasin tidak dinilai (20 mm).",
        )  # fmt: skip
        assert "Buka lagi" in said(client.get(place))
        assert place in said(client.get(reverse("orders:detail", args=[culture.order_id])))
        assert client.post(place + "buka/", {"reason": "salah baca"}).status_code == 303


def test_an_expert_overrides_and_an_analyst_does_not(as_, named, enter_drugs, analyst, second, scope):
    _culture, isolate = named()
    (row,) = enter_drugs(isolate, CIP="20")
    place = f"{LIST}kepekaan/{row.id}/"
    assert as_(analyst).post(place, {"category": "R", "reason": "ahli berkata"}).status_code == 403
    assert as_(second).post(place, {"category": "R", "reason": ""}).status_code == 422
    assert as_(second).post(place, {"category": "R", "reason": "ahli berkata"}).status_code == 303
    assert queries.tested_of(scope, [isolate.id])[isolate.id][0].category == "R"


def test_tables_and_panel_come_from_files(as_, manager, analyst, scope):
    client = as_(manager)
    place = LIST + "titik-potong/"
    assert "Belum ada tabel titik potong" in said(client.get(place))
    head = {"name": "Contoh", "version": "1", "source": "Rekaan uji", "valid_from": "2026-01-01"}

    def file(text):
        return SimpleUploadedFile("tabel.csv", text.encode())

    wrong = client.post(place, head | {"file": file("antibiotik;jenis;sensitif\nCIP;zona;besar\n")})
    assert (wrong.status_code, "baris 2, sensitif:" in said(wrong)) == (422, True)
    assert client.post(place, head | {"file": file(TABLE)}).status_code == 303
    (row,) = queries.tables(scope)
    assert "Klebsiella pneumoniae" in said(client.get(f"{place}{row.id}/"))
    assert client.post(place, head | {"file": file(TABLE)}).status_code == 422  # a version is not changed
    assert client.post(LIST + "panel/", {"file": file("antibiotik;tampil\nX;selalu\n")}).status_code == 422
    assert client.post(LIST + "panel/", {"file": file(PANEL)}).status_code == 303
    assert "Meropenem" in said(client.get(LIST + "panel/"))
    assert client.post(f"{place}{row.id}/", {"reason": "edisi baru"}).status_code == 303
    reader = as_(analyst)
    assert "Masukkan tabel" not in said(reader.get(place))
    assert reader.post(place, head).status_code == 403


def test_the_antibiogram_as_page_and_file(as_, named, enter_drugs, manager, analyst, lab, scope):
    from laras.cultures import services

    services.import_breakpoints(
        manager, owner_id=lab.id, name="Contoh", version="1", source="Rekaan uji",
        valid_from=clock.today() - timedelta(days=9), content=TABLE.encode(),
    )  # fmt: skip
    culture, isolate = named()
    enter_drugs(isolate, CIP="30", GEN="6")
    services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    client = as_(analyst)
    text = said(client.get(LIST + "antibiogram/"))
    assert "Escherichia coli" in text
    assert "100 % *" in text
    lines = said(client.get(LIST + "antibiogram/?format=csv")).splitlines()
    assert lines[1:] == ["ECO,Escherichia coli,1,CIP,1,1,100,1", "ECO,Escherichia coli,1,GEN,1,0,0,1"]
    assert "Belum ada isolat" in said(client.get(LIST + "antibiogram/?since=2020-01-01&until=2020-12-31"))


def test_malaria_density_is_reckoned_from_counts(as_, make_results, analyst, scope):
    result = make_results("MALDENS")["MALDENS"]
    client = as_(analyst)
    place = LIST + "kepadatan/"
    assert client.post(place, {"result": result.id, "parasites": "x"}).status_code == 422
    counted = {"result": result.id, "parasites": "120", "leukocytes": "200", "per_ul": "8.000"}
    assert client.post(place, counted).status_code == 303
    view = bench.view(scope, result.id)
    assert (view.number, bench.values_of(scope, result.id)[0].note) == (
        4800, "120 parasit per 200 leukosit; leukosit 8000/µL",
    )  # fmt: skip
    assert "Tidak ada kepadatan malaria" in said(client.get(place))


def test_another_laboratory_finds_nothing(as_, named, other, make_actor):
    culture, isolate = named()
    stranger = as_(make_actor("lain", other, "analyst", "verifier"))
    assert stranger.get(reverse("cultures:culture", args=[culture.id])).status_code == 404
    assert stranger.post(reverse("cultures:drop", args=[isolate.id]), {"reason": "iseng"}).status_code == 404
    assert stranger.post(reverse("cultures:read", args=[culture.id]), {"outcome": "none"}).status_code == 404
