"""The screens: who may see and do what, the grid with and without script, queues, dialogs that keep what was typed."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from laras.bench import queries, services
from laras.bench.models import CriticalCall, Hold, Result
from laras.bench.types import Entry
from laras.core.models import JournalEntry, User


def user_of(actor):
    return User.objects.get(id=actor.user_id)


@pytest.fixture
def as_(client, sign_in):
    """``as_(actor)`` -> a client signed in as that person."""
    return lambda actor: sign_in(user_of(actor))


WORKLIST = "/meja-kerja/"


def test_addresses():
    assert reverse("bench:worklist") == WORKLIST


def test_the_grid_shows_what_waits(make_results, analyst, as_):
    rows = make_results("HB", "ABO", urgency="urgent")
    page = as_(analyst).get(WORKLIST)
    html = page.content.decode()
    assert page.status_code == 200
    assert f'name="raw-{rows["HB"].id}"' in html
    assert "11,7 - 15,5" in html
    assert "Siti Aminah" in html
    assert "Cito" in html
    assert '<option value="O">' in html
    assert "style=" not in html
    assert " onclick" not in html


def test_filters_live_in_the_address(make_results, analyst, as_):
    rows = make_results("HB", "PLT")
    html = as_(analyst).get(WORKLIST, {"test": "PLT"}).content.decode()
    assert f"raw-{rows['PLT'].id}" in html
    assert f"raw-{rows['HB'].id}" not in html
    assert (
        as_(analyst).get(WORKLIST, {"test": "x" * 300, "page": "-3", "status": "%00", "urgency": "'"}).status_code
        == 200
    )


def test_the_grid_without_script_saves_and_names_the_rest_at_their_cells(make_results, analyst, as_):
    rows = make_results("HB", "PLT")
    client = as_(analyst)
    given = {
        f"raw-{rows['HB'].id}": "13",
        f"raw-{rows['PLT'].id}": "1.234",
        "instrument": "Alat A",
        "raw-bukan-id": "3",
    }
    page = client.post(WORKLIST, given)
    html = page.content.decode()
    assert page.status_code == 422
    assert 'value="1.234"' in html
    assert "dapat berarti" in html
    saved = Result.rows.get(id=rows["HB"].id)
    assert (saved.status, saved.instrument) == ("entered", "Alat A")
    page = client.post(WORKLIST, {f"raw-{rows['PLT'].id}": "250"})
    assert page.status_code == 302


def test_the_grid_with_script_gets_its_rows_back(make_results, analyst, as_):
    rows = make_results("HB", "PLT")
    client = as_(analyst)
    given = {f"raw-{rows['HB'].id}": "5", f"raw-{rows['PLT'].id}": "1.234", f"seen-{rows['HB'].id}": "0"}
    answer = client.post(WORKLIST, given, headers={"Accept": "application/json"})
    body = answer.json()
    assert answer.status_code == 422
    assert [(row["id"], row["flag"], row["critical"], row["entries"]) for row in body["saved"]] == [
        (str(rows["HB"].id), "LL", True, 1)
    ]
    assert [(row["id"], row["code"]) for row in body["problems"]] == [(str(rows["PLT"].id), "ambiguous")]
    assert "30 menit" in body["critical"]
    again = client.post(
        WORKLIST, {f"raw-{rows['HB'].id}": "5", f"seen-{rows['HB'].id}": "0"}, headers={"Accept": "application/json"}
    )
    assert again.status_code == 200
    assert JournalEntry.rows.filter(event="bench.result_entered").count() == 1
    empty = client.post(WORKLIST, {}, headers={"Accept": "application/json"})
    assert empty.status_code == 422
    assert empty.json()["message"]


def test_judging_saves_nothing(make_results, analyst, as_, other):
    rows = make_results("HB", "PLT")
    client = as_(analyst)
    before = JournalEntry.rows.count()
    answer = client.post(
        reverse("bench:judge"),
        json.dumps(
            {
                "rows": [
                    {"id": str(rows["HB"].id), "raw": "5"},
                    {"id": str(rows["PLT"].id), "raw": "1.234"},
                    {"id": str(other.id), "raw": "1"},
                ]
            }
        ),
        content_type="application/json",
    )
    first, second = answer.json()["rows"]
    assert (first["flag"], first["critical"], first["ok"]) == ("LL", True, True)
    assert second["ok"] is False
    assert "dapat berarti" in second["message"]
    assert (Result.rows.filter(status="entered").count(), JournalEntry.rows.count()) == (0, before)
    for bad in ("", "[]", '{"rows": [{"id": "x", "raw": 1}]}', '{"rows": 3}'):
        assert client.post(reverse("bench:judge"), bad, content_type="application/json").status_code == 400


def test_rights_at_the_door(make_results, counter, analyst, as_, client):
    row = make_results("HB")["HB"]
    assert as_(counter).get(WORKLIST).status_code == 200  # a receiver may look
    assert f"raw-{row.id}" not in as_(counter).get(WORKLIST).content.decode()
    assert as_(counter).post(WORKLIST, {f"raw-{row.id}": "13"}).status_code == 403
    for name in ("verification", "validation"):
        assert as_(analyst).get(reverse(f"bench:{name}")).status_code == 403
    row.refresh_from_db()
    assert row.status == "waiting"


def test_another_laboratorys_result_is_not_found(make_results, make_actor, other, as_):
    row = make_results("HB")["HB"]
    stranger = make_actor("orang", other, "analyst", "verifier", "validator")
    client = as_(stranger)
    assert client.get(reverse("bench:result", args=[row.id])).status_code == 404
    for act in ("isi", "verifikasi", "validasi", "kembalikan", "ulangi", "perbaiki", "tahan", "sisihkan", "kerjakan"):
        assert (
            client.post(reverse("bench:act", args=[row.id, act]), {"reason": "alasan", "raw": "1"}).status_code == 404
        )
    assert client.post(WORKLIST, {f"raw-{row.id}": "13"}).status_code == 404
    row.refresh_from_db()
    assert row.status == "waiting"


def test_from_entry_to_validation_on_the_screens(make_results, analyst, second, doctor, as_):
    row = make_results("HB")["HB"]
    address = reverse("bench:result", args=[row.id])
    as_(analyst).post(reverse("bench:act", args=[row.id, "isi"]), {"raw": "9,5", "comment": "lipemik"})
    assert "9,5" in as_(analyst).get(address).content.decode()
    queue = as_(second).get(reverse("bench:verification")).content.decode()
    assert reverse("bench:act", args=[row.id, "verifikasi"]) in queue
    # What is not normal goes one by one, also when the page is bypassed.
    as_(second).post(reverse("bench:verification"), {"id": f"{row.id}:1"})
    assert Result.rows.get().status == "entered"
    as_(second).post(reverse("bench:act", args=[row.id, "verifikasi"]), {"seen": "1"})
    page = as_(doctor).get(reverse("bench:validation")).content.decode()
    assert "Di bawah rujukan" in page
    as_(doctor).post(
        reverse("bench:act", args=[row.id, "validasi"]), {"seen": "1", "next": reverse("bench:validation")}
    )
    row.refresh_from_db()
    assert (row.status, row.comment) == ("validated", "lipemik")
    html = as_(doctor).get(address).content.decode()
    assert "Ratna" in html
    assert "divalidasi" in html


def test_who_entered_is_not_offered_the_verification(make_results, make_actor, lab, as_):
    one = make_actor("satu", lab, "analyst", "verifier")
    row = make_results("HB")["HB"]
    services.enter_result(one, owner_id=lab.id, result_id=row.id, raw="13")
    html = as_(one).get(reverse("bench:verification")).content.decode()
    assert "Anda yang mengisi" in html
    assert f'value="{row.id.hex}:1"' not in html
    # Also when the page is bypassed.
    as_(one).post(reverse("bench:verification"), {"id": f"{row.id}:1"})
    as_(one).post(reverse("bench:act", args=[row.id, "verifikasi"]), {})
    row.refresh_from_db()
    assert row.status == "entered"


def test_normal_results_are_validated_together(make_results, analyst, second, doctor, lab, as_):
    rows = make_results("HB", "HCT", "PLT")
    for code, raw in (("HB", "13"), ("HCT", "40"), ("PLT", "10000")):
        services.enter_result(analyst, owner_id=lab.id, result_id=rows[code].id, raw=raw)
    for row in rows.values():
        services.verify_result(second, owner_id=lab.id, result_id=row.id)
    html = as_(doctor).get(reverse("bench:validation"), {"tab": "normal"}).content.decode()
    assert html.count("data-select name") == 2
    as_(doctor).post(reverse("bench:validation"), {"id": [f"{row.id}:1" for row in rows.values()]})
    states = dict(Result.rows.values_list("test_code", "status"))
    assert states == {"HB": "validated", "HCT": "validated", "PLT": "verified"}


def test_a_return_without_a_reason_keeps_the_dialog_open(make_results, analyst, second, lab, as_):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    page = as_(second).post(reverse("bench:act", args=[row.id, "kembalikan"]), {"reason": ""})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode()
    as_(second).post(
        reverse("bench:act", args=[row.id, "kembalikan"]), {"reason": "tidak cocok", "next": "https://jahat.example/"}
    )
    row.refresh_from_db()
    assert (row.status, row.return_reason) == ("waiting", "tidak cocok")


def test_no_way_out_of_the_house(make_results, analyst, second, lab, as_):
    row = make_results("HB")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="13")
    page = as_(second).post(reverse("bench:act", args=[row.id, "verifikasi"]), {"next": "https://jahat.example/"})
    assert page["Location"] == reverse("bench:result", args=[row.id])


def test_a_refused_value_stays_in_its_form(make_results, analyst, as_):
    row = make_results("HB")["HB"]
    page = as_(analyst).post(reverse("bench:act", args=[row.id, "isi"]), {"raw": "1.234", "comment": "<b>tebal</b>"})
    html = page.content.decode()
    assert page.status_code == 422
    assert 'value="1.234"' in html
    assert "&lt;b&gt;tebal&lt;/b&gt;" in html


def test_a_critical_value_is_called_on_its_page(make_results, analyst, lab, as_):
    row = make_results("HB", requester="dr. Peminta")["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=row.id, raw="5")
    call = CriticalCall.rows.get()
    html = as_(analyst).get(reverse("bench:critical")).content.decode()
    assert 'data-due="2026-11-16T09:30:00+08:00"' in html
    assert "dr. Peminta" in html
    assert "dr. Peminta" in as_(analyst).get(reverse("bench:result", args=[row.id])).content.decode()
    wrong = as_(analyst).post(reverse("bench:call", args=[call.id]), {"receiver": "dr. Jaga"})
    assert wrong.status_code == 422
    assert "bacakan ulang" in wrong.content.decode()
    assert 'value="dr. Jaga"' in wrong.content.decode()
    done = as_(analyst).post(
        reverse("bench:call", args=[call.id]),
        {"receiver": "dr. Jaga", "read_back": "on", "called_at": "2026-11-16T09:00"},
    )
    assert done.status_code == 303
    call.refresh_from_db()
    assert (call.receiver, call.read_back) == ("dr. Jaga", True)
    assert "dr. Jaga" in as_(analyst).get(reverse("bench:critical")).content.decode()


def test_holds_are_placed_and_lifted(make_results, doctor, scope, as_):
    row = make_results("HB")["HB"]
    as_(doctor).post(
        reverse("bench:act", args=[row.id, "tahan"]), {"reason": "tunggu klarifikasi", "whole_order": "on"}
    )
    hold = Hold.rows.get()
    assert (hold.result_id, hold.order_id) == (None, row.order_id)
    assert "tunggu klarifikasi" in as_(doctor).get(reverse("bench:holds")).content.decode()
    assert as_(doctor).post(reverse("bench:lift", args=[hold.id]), {"reason": ""}).status_code == 422
    as_(doctor).post(reverse("bench:lift", args=[hold.id]), {"reason": "sudah jelas"})
    assert queries.open_holds(scope, row.order_id) == []


def test_pressing_twice_is_once(make_results, analyst, as_):
    row = make_results("HB")["HB"]
    given = {"raw": "13", "form_key": "abc"}
    for _again in range(2):
        as_(analyst).post(reverse("bench:act", args=[row.id, "isi"]), given)
    assert Result.rows.get().entries == 1


def test_pages_cost_the_same_however_much_waits(make_results, make_patient, analyst, second, doctor, lab, as_):
    def fill(prefix, number):
        for i in range(number):
            rows = make_results("HB", "HCT", "PLT", who=make_patient(f"Pasien {prefix}{chr(97 + i)}"))
            services.enter_result(analyst, owner_id=lab.id, result_id=rows["HB"].id, raw="9")
            services.enter_result(analyst, owner_id=lab.id, result_id=rows["HCT"].id, raw="30")
            services.verify_result(second, owner_id=lab.id, result_id=rows["HCT"].id)

    pages = [
        (analyst, WORKLIST), (analyst, WORKLIST + "?status=entered"), (second, reverse("bench:verification")),
        (doctor, reverse("bench:validation")), (doctor, reverse("bench:validation") + "?tab=normal"),
        (doctor, reverse("bench:critical")), (doctor, reverse("bench:holds")),
    ]  # fmt: skip

    def cost():
        found = []
        for actor, address in pages:
            client = as_(actor)
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    fill("A", 2)
    before = cost()
    fill("B", 5)
    assert cost() == before
    assert max(before) <= 30, before


def test_a_reloaded_refusal_leads_back(make_results, doctor, as_):
    row = make_results("HB")["HB"]
    client = as_(doctor)
    assert client.get(reverse("bench:act", args=[row.id, "kembalikan"]))["Location"] == reverse(
        "bench:result", args=[row.id]
    )
    assert client.get(reverse("bench:call", args=[row.id]))["Location"] == reverse("bench:critical")
    assert client.get(reverse("bench:lift", args=[row.id]))["Location"] == reverse("bench:holds")
    assert client.post(reverse("bench:act", args=[row.id, "terbang"])).status_code == 404


def test_the_screens_speak_english(make_results, make_patient, analyst, second, doctor, lab, as_):
    """Names of tests, judgements, answers and changes follow the reader; what is stored does not."""
    from laras.cli import translations

    translations.compile_all()
    rows = make_results("HCT", "HBSAG")
    child = make_results("WBC", who=make_patient("Anak Kecil", "L", date(2024, 1, 1)))["WBC"]
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["HCT"].id, raw="30")
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["HBSAG"].id, raw="Reactive")
    reader = as_(second)
    reader.cookies["laras_language"] = "en"
    html = reader.get(reverse("bench:verification"), {"tab": "look"}).content.decode()
    for said in ("Hematocrit", "Below the reference 35.0 - 47.0", "Reactive"):
        assert said in html, said
    for foreign in ("Hematokrit", "Di bawah", "Reaktif<"):
        assert foreign not in html, foreign
    assert "this age: not adopted" in reader.get(WORKLIST).content.decode()
    reader.cookies["laras_language"] = "id"
    html = reader.get(reverse("bench:verification"), {"tab": "look"}).content.decode()
    assert "Di bawah rujukan 35,0 - 47,0" in html
    # A value without a range for this person is looked at by itself.
    assert services.enter_result(analyst, owner_id=lab.id, result_id=child.id, raw="12").abnormal


def test_the_history_of_a_result_says_what_was_filled(make_results, analyst, as_):
    row = make_results("HBSAG")["HBSAG"]
    as_(analyst).post(reverse("bench:act", args=[row.id, "isi"]), {"raw": "nr"})
    html = as_(analyst).get(reverse("bench:result", args=[row.id])).content.decode()
    history = html.partition("nilai diisi (nilai pertama)")[2]
    assert "Non-reaktif" in history


def test_many_normal_results_are_looked_over_and_validated_in_one_action(
    make_results, make_patient, analyst, second, doctor, lab, as_
):
    """What changed since the page was opened is left out and named; what goes alone is counted with its reason."""
    opened = [make_results("HB", "HCT", who=make_patient(f"Pasien {n}")) for n in range(25)]
    rows = [row for one in opened for row in one.values()]
    values = {"HB": "13", "HCT": "40"}
    services.enter_many(analyst, owner_id=lab.id, entries=[Entry(row.id, values[row.test_code]) for row in rows])
    low = make_results("HB", who=make_patient("Rendah"))["HB"]
    services.enter_result(analyst, owner_id=lab.id, result_id=low.id, raw="9")
    services.verify_many(second, owner_id=lab.id, result_ids=[row.id for row in rows])
    services.verify_result(second, owner_id=lab.id, result_id=low.id)
    page = as_(doctor).get(reverse("bench:validation"), {"tab": "normal"})
    html = page.content.decode()
    shown = re.findall(r'name="id" value="([^"]+)" checked', html)
    assert len(shown) == 50
    weight = sum(map(len, re.findall(r'<tr><td class="pick">.*?</tr>', html, re.DOTALL)))
    assert len(page.content) + weight / 50 * 250 < 130_000, "three hundred of them"
    assert "di luar rujukan 1" in html
    services.return_result(second, owner_id=lab.id, result_id=rows[0].id, reason="periksa ulang")
    services.enter_result(analyst, owner_id=lab.id, result_id=rows[0].id, raw="13,5")
    services.verify_result(second, owner_id=lab.id, result_id=rows[0].id)
    answer = as_(doctor).post(reverse("bench:validation"), {"id": [*shown, f"{rows[0].id}"]}, follow=True)
    said = answer.content.decode()
    assert "49 hasil divalidasi" in said
    assert "sudah berganti" in said
    assert Result.rows.filter(status="validated").count() == 49
    assert Result.rows.get(id=rows[0].id).status == "verified"
