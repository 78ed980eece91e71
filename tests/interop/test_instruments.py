"""Instruments and profiles on their pages: added, changed, read again; a profile of the laboratory's own, tried before it holds."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.bench.models import Result
from laras.core.actor import system_actor
from laras.core.errors import Conflict, Forbidden, NotFound, Refused
from laras.core.models import User
from laras.core.scope import Scope
from laras.interop import devices, queries, services
from laras.interop.listener import read_stored
from laras.interop.models import Instrument, OwnProfile
from laras.interop.rules import editing
from laras.interop.rules.editing import CodeRow
from laras.interop.rules.profiles import read_profile
from tests.interop.captures import CBC, sysmex_records
from tests.interop.test_storing import number_of, readings

UNITS = {"10*3/uL": "10*3/uL", "10*6/uL": "10*6/uL"}


@pytest.fixture
def head(make_actor, lab):
    return make_actor("kepala", lab, "head")


@pytest.fixture
def head_page(sign_in, head):
    return sign_in(User.objects.get(id=head.user_id))


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def save(actor, lab, **changes):
    given = {
        "based_on": "sysmex-xn",
        "label": "XN ruang A",
        "rows": [CodeRow("HGB", "HB")],
        "units": UNITS,
        "checked": True,
    }
    return services.save_profile(actor, owner_id=lab.id, **{**given, **changes})


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", devices.shipped_names())
def test_a_shipped_profile_that_is_saved_unchanged_reads_as_before(name):
    base = devices.shipped_content(name)
    content = editing.compose(
        base, name=name, label=base["label"], rows=editing.rows_of(base), units=base.get("units", {}),
        missing=base.get("missing", []), ignore=base.get("ignore", []), checked=True,
    )  # fmt: skip
    made, shipped = read_profile(content), devices.shipped(name)
    assert made.codes == shipped.codes
    assert (made.kinds, made.combined, made.units, made.specimen) == (
        shipped.kinds, shipped.combined, shipped.units, shipped.specimen,
    )  # fmt: skip
    assert editing.changed(base, content) == []


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["HB", "WBC", "HB, WBC"])), max_size=8))
@settings(max_examples=30, deadline=None)
def test_what_changed_is_what_differs_and_a_code_in_two_rows_is_named(pairs):
    rows = [CodeRow(device, tests) for device, tests in pairs]
    base = {"codes": {"A": "HB", "Z": "PLT"}}
    content = editing.compose(base, name="x", label="x", rows=rows, units={}, missing=[], ignore=[], checked=False)
    last = dict(pairs)
    expected = {code for code in last if code != "A"} | {"Z"} | ({"A"} if last.get("A") != "HB" else set())
    assert set(editing.changed(base, content)) == expected
    assert len(editing.twice(rows)) == len(pairs) - len(last)


# --- The services -----------------------------------------------------------------------------------------------------


def test_an_own_profile_reads_the_next_message_and_keeps_its_versions(lab, head, make_results, arrive, analyst):
    results = make_results("HB", "WBC")
    first = save(head, lab)
    assert (first.name, first.version, first.based_on) == ("xn-ruang-a", 1, "sysmex-xn")
    row = services.add_instrument(
        head, owner_id=lab.id, name="XN-550", protocol="astm", address="127.0.0.1:15001", profile=first.name,
        operator=analyst.user_id,
    )  # fmt: skip
    arrive(sysmex_records(number_of(results)), row, profile=row.profile)
    read_stored()
    assert readings(lab.id)["HB"].status == "entered"
    # The code that this profile does not know waits, with the reason.
    assert "belum dipetakan" in readings(lab.id)["WBC"].why
    second = save(head, lab, name=first.name, seen=1, rows=[CodeRow("HGB", "HB"), CodeRow("WBC", "WBC")])
    assert second.version == 2
    with pytest.raises(Conflict):
        save(head, lab, name=first.name, seen=1)
    assert queries.find_profile(lab.id, first.name).codes["WBC"].test == "WBC"
    assert OwnProfile.objects.within(Scope.of(lab.id)).filter(name=first.name).count() == 2
    assert (
        services.read_again(analyst, owner_id=lab.id, instrument_id=row.id) == 2
    )  # WBC, and RBC that nobody asked for
    waits = readings(lab.id)["WBC"]
    assert (waits.status, waits.why, waits.result_id) == ("waiting", "", results["WBC"].id)  # a person accepts
    services.assign_readings(analyst, owner_id=lab.id, reading_ids=[waits.id])
    assert Result.objects.within(Scope.of(lab.id)).get(test_code="WBC").raw == "8.13"


def test_unchecked_codes_wait_for_a_person_whoever_runs_the_instrument(lab, head, make_results, arrive, analyst):
    results = make_results("HB")
    own = save(head, lab, checked=False)
    row = services.add_instrument(
        head, owner_id=lab.id, name="XN-550", protocol="astm", address="127.0.0.1:15001", profile=own.name,
        operator=analyst.user_id,
    )  # fmt: skip
    arrive(sysmex_records(number_of(results), CBC[2:]), row, profile=row.profile)
    read_stored()
    assert readings(lab.id)["HB"].status == "waiting"
    assert "belum diperiksa" in readings(lab.id)["HB"].why


def test_messages_that_the_wrong_profile_refused_are_read_after_it_was_changed(
    lab, head, make_results, arrive, analyst
):
    results = make_results("HB")
    row = services.add_instrument(
        head, owner_id=lab.id, name="XN-550", protocol="astm", address="127.0.0.1:15001", profile="sysmex-xn"
    )
    arrive(sysmex_records(number_of(results), CBC[2:]), row, profile="hilang")
    read_stored()
    assert [one.status for one in queries.unreadable(Scope.of(lab.id))] == ["refused"]
    services.read_again(analyst, owner_id=lab.id, instrument_id=row.id)
    read_stored()
    assert queries.unreadable(Scope.of(lab.id)) == []
    assert readings(lab.id)["HB"].result_id == results["HB"].id


def test_each_place_that_is_wrong_is_named_by_row_and_field(lab, head):
    rows = [
        CodeRow("HCT", "TIDAKADA"),
        CodeRow("RBC", "RBC", "satuan?"),
        CodeRow("RBC2", "RBC"),
        CodeRow("", "HB"),
        CodeRow("RBC2", "RBC"),
    ]
    with pytest.raises(Refused) as refused:
        save(head, lab, rows=rows, units={"g%": "bukan"}, label=" ")
    found = {(one.row, one.field) for one in refused.value.problems}
    assert found >= {(1, "tests"), (2, "unit"), (4, "device"), (5, "device"), (None, "units"), (None, "label")}
    assert not OwnProfile.objects.within(Scope.of(lab.id)).exists()
    save(head, lab)
    with pytest.raises(Refused) as again:
        save(head, lab)
    assert [one.field for one in again.value.problems] == ["label"]
    with pytest.raises(Refused):
        save(head, lab, label="Sysmex XN")  # the name of a shipped one
    with pytest.raises(NotFound):
        save(head, lab, based_on="tidak-ada", label="Lain")


def test_rights_and_other_laboratories(lab, other, head, analyst, instrument):
    with pytest.raises(Forbidden):
        save(analyst, lab)
    with pytest.raises(Forbidden):
        services.change_instrument(
            analyst, owner_id=lab.id, instrument_id=instrument.id, name="A1", profile="sysmex-xn"
        )
    with pytest.raises(Forbidden):
        services.read_again(head, owner_id=lab.id, instrument_id=instrument.id)
    own = save(system_actor("cli"), other)
    # Another laboratory's profile is not there.
    for wrong in (own.name, "/etc/passwd.toml", "generic-hl7"):
        with pytest.raises(Refused) as refused:
            services.change_instrument(head, owner_id=lab.id, instrument_id=instrument.id, name="A1", profile=wrong)
        assert [one.field for one in refused.value.problems] == ["profile"]
    with pytest.raises(NotFound):
        services.change_instrument(
            system_actor("cli"), owner_id=other.id, instrument_id=instrument.id, name="A1", profile="sysmex-xn"
        )


# --- The pages --------------------------------------------------------------------------------------------------------


def test_an_instrument_is_added_changed_and_ended(head_page, lab, analyst):
    page = reverse("interop:instruments")
    assert "Belum ada alat" in text(head_page.get(page))
    given = {"name": "XN-550", "protocol": "astm", "address": "127.0.0.1:x", "profile": "mindray-bc", "operator": ""}
    answer = head_page.post(page, given)
    assert answer.status_code == 422
    assert "Tulis alamat dan porta" in text(answer)
    assert "Profil ini bukan untuk astm" in text(answer)
    answer = head_page.post(page, {**given, "address": "127.0.0.1:15001", "profile": "sysmex-xn"}, follow=True)
    assert "paling lama seperempat menit" in text(answer)
    assert "tanpa petugas" in text(answer)
    row = Instrument.objects.within(Scope.of(lab.id)).get()
    one = reverse("interop:instrument", args=[row.id])
    answer = head_page.post(
        one, {"name": "XN-550 A", "profile": "generic-astm", "operator": str(analyst.user_id)}, follow=True
    )
    assert "Perubahan alat disimpan" in text(answer)
    row.refresh_from_db()
    assert (row.name, row.profile, row.operator) == ("XN-550 A", "generic-astm", analyst.user_id)
    assert "XN-550 A" in text(head_page.get(page))
    answer = head_page.post(reverse("interop:remove_instrument", args=[row.id]), follow=True)
    assert "Belum ada alat" in text(answer)
    assert "Dihentikan" in text(head_page.get(one))


def filled(answer) -> dict[str, str]:
    """What the editor's form holds, as a browser would send it."""
    html = answer.content.decode()
    found = dict(re.findall(r'<input[^>]*name="(kode-[^"]+)"[^>]*?(?:value="([^"]*)")?[^>]*>', html))
    found |= dict(re.findall(r'<input[^>]*name="(kode-[^"]+)" value="([^"]*)"', html))
    return found


def test_a_profile_is_tried_on_what_came_before_it_is_saved(
    head_page, sign_in, analyst, lab, make_results, arrive, instrument
):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), [*CBC[2:], ("ANEH%", "1.5", "%")]), instrument)
    read_stored()
    page = reverse("interop:profile", args=["sysmex-xn"])
    answer = head_page.get(page)
    assert "1 kode yang diterima belum berarti apa-apa" in text(answer)
    codes = filled(answer)
    row = next(key for key, value in codes.items() if value == "ANEH%").removesuffix("-device")
    form = {**codes, "label": "XN ruang B", "units": "g/dL = g/dL\n% = %", "missing": "----", "ignore": "", "seen": "0"}
    wrong = head_page.post(page, {**form, f"{row}-tests": "BUKAN", "units": "g/dL"})
    assert wrong.status_code == 422
    assert "tulis satuan alat = satuan UCUM" in text(wrong)
    wrong = head_page.post(page, {**form, f"{row}-tests": "BUKAN"})
    assert "tidak ada dalam katalog" in text(wrong)
    tried = head_page.post(page, {**form, f"{row}-tests": "NEUT", "try": "1"})
    assert tried.status_code == 200
    assert "13.2" not in text(tried)  # values of patients are not for who only manages
    assert not OwnProfile.objects.within(Scope.of(lab.id)).exists()
    saved = head_page.post(page, {**form, f"{row}-tests": "NEUT", "checked": "on"}, follow=True)
    assert "Profil disimpan" in text(saved)
    assert queries.find_profile(lab.id, "xn-ruang-b").codes["ANEH%"].test == "NEUT"
    assert queries.find_profile(lab.id, "xn-ruang-b").status == "adopted"
    assert "Dicocokkan laboratorium" in text(head_page.get(reverse("interop:profiles")))
    reader = sign_in(User.objects.get(id=analyst.user_id))
    shown = reader.get(reverse("interop:profile", args=["xn-ruang-b"]))
    assert "Hemoglobin" in text(shown)
    assert "Simpan" not in text(shown)
    assert reader.post(reverse("interop:profile", args=["xn-ruang-b"]), form).status_code == 403


def test_who_enters_and_manages_sees_the_values_of_the_trial(sign_in, make_actor, lab, arrive, instrument):
    both = make_actor("dua", lab, "head", "analyst")
    page = sign_in(User.objects.get(id=both.user_id))
    arrive(sysmex_records("LAIN-9", CBC[2:]), instrument)
    read_stored()
    address = reverse("interop:profile", args=["sysmex-xn"])
    codes = filled(page.get(address))
    answer = page.post(
        address, {**codes, "label": "XN C", "units": "g/dL = g/dL", "missing": "", "ignore": "", "try": "1"}
    )
    assert "belum disimpan" in text(answer)
    assert "13.2" in text(answer)
    assert "LAIN-9" in text(answer)
