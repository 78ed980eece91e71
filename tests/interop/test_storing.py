"""Stored messages and what becomes of them: values of a person, or a reason why they wait."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from click.testing import CliRunner

from laras.bench import services as bench
from laras.bench.models import Result, ResultValue
from laras.core import journal
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.interop import devices, queries, services
from laras.interop.commands import analyzer
from laras.interop.listener import ACTOR, read_stored
from laras.interop.models import Message, Reading
from laras.interop.rules.framing import Captured
from laras.interop.services import Arrived
from tests.interop import captures
from tests.interop.captures import CBC, sysmex_records


def number_of(results) -> str:
    return next(iter(results.values())).sample.number


def message(lab_id, status=None) -> Message:
    rows = Message.objects.within(Scope.of(lab_id))
    return (rows.filter(status=status) if status else rows).get()


def readings(lab_id) -> dict[str, Reading]:
    return {row.test_code: row for row in Reading.objects.within(Scope.of(lab_id))}


# --- Stored -----------------------------------------------------------------------------------------------------------


def test_the_bytes_are_kept_as_they_came(lab, arrive):
    stream = captures.session(sysmex_records())
    arrive(stream)
    stored = message(lab.id)
    assert bytes(stored.raw) == stream[1:-1]
    assert (stored.status, stored.repeats) == ("received", 0)


def test_a_repeat_is_stored_once_and_counted(lab, arrive, later):
    first = arrive(sysmex_records())
    assert arrive(sysmex_records()) == first
    both = captures.session(sysmex_records())
    assert arrive(both + both) == first * 2
    assert message(lab.id).repeats == 3
    # On other frames the same records are the same message; other records are another.
    assert arrive(captures.session(sysmex_records(), longest=17)) == first
    assert arrive(sysmex_records("LAIN")) != first
    with later(days=2):
        assert arrive(sysmex_records()) != first


def test_a_repeat_within_one_flush_is_seen_too(lab, arrive):
    stream = captures.session(sysmex_records())
    ids = arrive(stream + stream)
    assert len(set(ids)) == 1
    assert message(lab.id).repeats == 1


def test_a_broken_message_is_kept_and_never_read(lab, arrive):
    arrive(captures.session(sysmex_records())[:150])
    stored = message(lab.id)
    assert stored.status == "broken"
    assert "terputus" in stored.trouble
    assert read_stored() == 0
    # The whole message that follows is not its repeat.
    arrive(sysmex_records())
    assert Message.objects.within(Scope.of(lab.id)).count() == 2


def test_without_a_laboratory_nobody_sees_it_until_one_claims_it(lab, other, arrive):
    arrive(sysmex_records(), owner=None)
    assert queries.messages(Scope.of(lab.id) | Scope.of(other.id)).count() == 0
    assert read_stored() == 0
    assert services.claim_messages(system_actor("cli"), owner_id=lab.id) == 1
    assert read_stored() == 1
    assert queries.messages(Scope.of(lab.id)).get().status == "read"
    assert queries.messages(Scope.of(other.id)).count() == 0


# --- Read -------------------------------------------------------------------------------------------------------------


def test_values_enter_as_those_of_the_operator_and_another_verifies(
    lab, make_results, arrive, instrument, analyst, second
):
    results = make_results("WBC", "RBC", "HB")
    arrive(sysmex_records(number_of(results).lower()), instrument)
    assert read_stored() == 1
    found = {row.test_code: row for row in Result.objects.within(Scope.of(lab.id))}
    assert {row.status for row in found.values()} == {"entered"}
    hb = found["HB"]
    assert (hb.raw, hb.number, hb.unit, hb.instrument) == ("13.2", Decimal("13.2"), "g/dL", "XN-550")
    assert hb.entered_by == analyst.person_id
    assert {row.status for row in readings(lab.id).values()} == {"entered"}
    with pytest.raises(Refused):
        bench.verify_result(analyst_who_verifies(analyst, lab), owner_id=lab.id, result_id=hb.id)
    assert bench.verify_result(second, owner_id=lab.id, result_id=hb.id).status == "verified"


def analyst_who_verifies(analyst, lab):
    from dataclasses import replace

    return replace(analyst, grants={lab.id: analyst.grants[lab.id] | {"bench.verify"}})


def test_the_journal_vouches_for_the_bytes(lab, make_results, arrive, instrument):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), CBC[2:]), instrument)
    read_stored()
    stored = message(lab.id)
    events = {entry.event: json.loads(bytes(entry.payload)) for entry in JournalEntry.objects.within(Scope.of(lab.id))}
    assert events["interop.message_read"]["digest"] == stored.digest
    assert events["interop.reading_entered"]["result"] == str(results["HB"].id)
    assert "13.2" not in json.dumps(events), "values are sealed"
    assert journal.history(Scope.of(lab.id), stored.id)


def test_units_are_converted_with_the_conversion_shown(lab, make_results, arrive, instrument):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), [("HGB", ">132", "g/L")]), instrument)
    read_stored()
    value = ResultValue.objects.within(Scope.of(lab.id)).get()
    assert (value.raw, value.operator, value.number) == (">13.2", ">", Decimal("13.2"))
    assert ">132 g/L = >13.2 g/dL" in value.note
    reading = readings(lab.id)["HB"]
    assert (reading.raw, reading.value, reading.unit) == (">132", "132", "g/L")
    assert reading.conversion == ">132 g/L = >13.2 g/dL"


def test_text_stays_as_sent_when_nothing_is_converted(lab, make_results, arrive, instrument):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), [("HGB", "17.0 H", "g/dL")]), instrument)
    read_stored()
    value = ResultValue.objects.within(Scope.of(lab.id)).get()
    assert (value.raw, value.number) == ("17.0 H", Decimal("17.0"))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("HGB", "", "g/dL"), "Tidak ada nilai"),
        (("HGB", "----", "g/dL"), "Tidak ada angka"),
        (("HGB", "13.2", "mmol/L"), "mmol/L tidak dapat diubah ke g/dL"),
        (("HGB", "13.2", ""), "(tidak disebut) tidak dapat diubah"),
        (("PLT", "250", "10*3/uL"), "PLT tidak diminta"),
        (("IG#", "0.1", "10*3/uL"), "belum dipetakan"),
        (("HGB", "-1.0", "g/dL"), "negatif"),
    ],
)
def test_what_does_not_fit_waits_with_its_reason(lab, make_results, arrive, instrument, row, why):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), [row]), instrument)
    read_stored()
    (reading,) = readings(lab.id).values()
    assert reading.status == "waiting"
    assert why in reading.why
    assert Result.objects.within(Scope.of(lab.id)).get().status == "waiting"


def test_unknown_and_cancelled_samples_wait(lab, make_results, arrive, instrument):
    results = make_results("HB")
    bench.cancel_result(ACTOR, owner_id=lab.id, result_id=results["HB"].id, reason="uji")
    arrive(sysmex_records(number_of(results), CBC[2:]), instrument)
    arrive(sysmex_records("TIDAK-ADA", CBC[2:]), instrument)
    read_stored()
    whys = sorted(row.why for row in Reading.objects.within(Scope.of(lab.id)))
    assert "sudah dibatalkan" in whys[0]
    assert "Tidak ada pekerjaan pada sampel TIDAK-ADA" in whys[1]


def test_a_second_value_is_a_persons_to_decide(lab, make_results, arrive, instrument):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), CBC[2:]), instrument)
    read_stored()
    arrive(sysmex_records(number_of(results), [("HGB", "9.9", "g/dL")]), instrument)
    read_stored()
    assert Result.objects.within(Scope.of(lab.id)).get().raw == "13.2"
    waiting = queries.waiting_readings(Scope.of(lab.id))
    assert [(row.raw, row.why) for row in waiting] == [("9.9", "HB sudah mempunyai nilai")]


def test_controls_and_moments_ahead_never_become_results(lab, make_results, arrive, instrument):
    results = make_results("HB")
    control = [record.replace("|||||||N|", "|||||||Q|") for record in sysmex_records(number_of(results), CBC[2:])]
    ahead = [record.replace("20261116", "20271116") for record in sysmex_records(number_of(results), CBC[2:])]
    arrive(control, instrument)
    arrive(ahead, instrument)
    read_stored()
    assert sorted(row.status for row in Reading.objects.within(Scope.of(lab.id))) == ["kept", "waiting"]
    assert Result.objects.within(Scope.of(lab.id)).get().status == "waiting"


def test_glucose_goes_to_the_one_that_was_ordered(lab, make_results, arrive, instrument):
    results = make_results("GDP")
    records = [record.replace("NTB-01-261116-0003-1A", number_of(results)) for record in captures.cobas_records()]
    arrive(records, instrument, profile="cobas-c311")
    read_stored()
    rows = {row.device_code: row for row in Reading.objects.within(Scope.of(lab.id))}
    # Millimoles need the substance: they wait for a person, at the result they would go to.
    assert rows["717"].result_id == results["GDP"].id
    assert "mmol/L tidak dapat diubah ke mg/dL" in rows["717"].why


def test_values_by_a_profile_from_memory_wait_for_an_analyst(lab, make_results, arrive, instrument, monkeypatch):
    known = devices.find("sysmex-xn")
    monkeypatch.setattr(devices, "find", lambda name: replace(known, status="memory"))
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), CBC[2:]), instrument)
    read_stored()
    hb = readings(lab.id)["HB"]
    assert (hb.status, hb.result_id) == ("waiting", results["HB"].id)
    assert "belum diperiksa" in hb.why
    assert Result.objects.within(Scope.of(lab.id)).get().status == "waiting"


def test_two_results_of_a_device_make_one_coded_answer(lab, make_results, arrive, instrument):
    results = make_results("TCMTB")
    records = captures.genexpert_records("MTB DETECTED LOW", "Rif Resistance NOT DETECTED", number_of(results))
    arrive(records, instrument, profile="genexpert")
    read_stored()
    assert Result.objects.within(Scope.of(lab.id)).get().answer == "RS"
    assert sorted(row.status for row in Reading.objects.within(Scope.of(lab.id))) == ["entered", "kept", "kept"]


def test_a_message_that_cannot_be_read_waits_and_the_others_are_read(lab, arrive, instrument):
    arrive(captures.mindray_bc().replace(b"\r", b"\n"), instrument, protocol="hl7", profile="mindray-bc")
    arrive(sysmex_records(), instrument)
    arrive(sysmex_records("X"), instrument, profile="hilang.toml")
    assert read_stored() == 3
    refused = Message.objects.within(Scope.of(lab.id)).filter(status="refused").order_by("received_at", "id")
    assert "pemisah antarsegmen salah" in refused[0].trouble
    assert "hilang.toml" in refused[1].trouble
    assert bytes(refused[0].raw).startswith(b"MSH")


def test_without_an_operator_everything_waits_for_an_analyst(lab, make_results, arrive, analyst):
    results = make_results("HB")
    arrive(sysmex_records(number_of(results), CBC[2:]))
    read_stored()
    (reading,) = readings(lab.id).values()
    assert (reading.status, reading.why, reading.result_id) == ("waiting", "", results["HB"].id)
    services.assign_readings(analyst, owner_id=lab.id, reading_ids=[reading.id])
    result = Result.objects.within(Scope.of(lab.id)).get()
    assert (result.raw, result.entered_by) == ("13.2", analyst.person_id)


# --- Decided by a person ----------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(lab, make_results, arrive):
    """A reading of an unknown sample, and the open results it may go to."""
    results = make_results("HB", "PLT")
    arrive(sysmex_records("SALAH-TEMPEL", CBC[2:]))
    read_stored()
    return readings(lab.id)["HB"], results


def test_an_analyst_assigns_it_to_a_result(lab, waiting, analyst):
    reading, results = waiting
    services.assign_readings(analyst, owner_id=lab.id, reading_ids=[reading.id], result_id=results["HB"].id)
    stored = readings(lab.id)["HB"]
    assert (stored.status, stored.result_id, stored.decided_by) == ("entered", results["HB"].id, analyst.person_id)
    assert Result.objects.within(Scope.of(lab.id)).get(test_code="HB").raw == "13.2"
    with pytest.raises(Refused):
        services.assign_readings(analyst, owner_id=lab.id, reading_ids=[reading.id], result_id=results["HB"].id)


def test_not_where_its_unit_does_not_belong(lab, waiting, analyst):
    reading, results = waiting
    with pytest.raises(Refused, match="g/dL tidak dapat diubah"):
        services.assign_readings(analyst, owner_id=lab.id, reading_ids=[reading.id], result_id=results["PLT"].id)
    with pytest.raises(Refused, match="Pilih dahulu"):
        services.assign_readings(analyst, owner_id=lab.id, reading_ids=[reading.id])
    assert readings(lab.id)["HB"].status == "waiting"


def test_setting_aside_needs_a_reason(lab, waiting, analyst):
    reading, _results = waiting
    with pytest.raises(Refused, match="alasannya"):
        services.discard_readings(analyst, owner_id=lab.id, reading_ids=[reading.id], reason=" ")
    services.discard_readings(analyst, owner_id=lab.id, reading_ids=[reading.id], reason="salah tempel label")
    stored = readings(lab.id)["HB"]
    assert (stored.status, stored.why, stored.decided_by) == ("discarded", "salah tempel label", analyst.person_id)


def test_another_laboratory_and_a_person_without_the_right_change_nothing(lab, other, waiting, make_actor, counter):
    reading, results = waiting
    stranger = make_actor("asing", other, "analyst")
    for owner_id, actor, refusal in (
        (other.id, stranger, NotFound),
        (lab.id, stranger, Forbidden),
        (lab.id, counter, Forbidden),
    ):
        with pytest.raises(refusal):
            services.assign_readings(actor, owner_id=owner_id, reading_ids=[reading.id], result_id=results["HB"].id)
        with pytest.raises(refusal):
            services.discard_readings(actor, owner_id=owner_id, reading_ids=[reading.id], reason="coba saja")
    assert readings(lab.id)["HB"].status == "waiting"


def test_the_system_has_no_eyes(lab, waiting):
    reading, results = waiting
    with pytest.raises(Forbidden):
        services.assign_readings(ACTOR, owner_id=lab.id, reading_ids=[reading.id], result_id=results["HB"].id)


def test_a_refused_message_is_set_aside_with_a_reason(lab, arrive, analyst):
    (key,) = arrive(sysmex_records()[:-1])
    services.discard_message(analyst, owner_id=lab.id, message_id=key, reason="kabel lepas")
    assert message(lab.id).status == "discarded"


# --- Instruments and commands -----------------------------------------------------------------------------------------


def test_an_instrument_is_checked_at_the_door(lab, instrument, counter):
    with pytest.raises(Refused) as caught:
        services.add_instrument(
            system_actor("cli"), owner_id=lab.id, name="XN-550", protocol="hl7", address="127.0.0.1:15000",
            profile="sysmex-xn", operator=counter.user_id,
        )  # fmt: skip
    assert sorted(problem.field for problem in caught.value.problems) == ["address", "name", "operator", "profile"]
    services.remove_instrument(system_actor("cli"), owner_id=lab.id, instrument_id=instrument.id)
    assert queries.instruments(Scope.of(lab.id)) == []


def test_the_inbox_lists_states_and_no_health_data(lab, other, arrive, instrument):
    arrive(sysmex_records(), instrument)
    arrive(sysmex_records(), instrument)
    arrive(captures.session(sysmex_records("LAIN"))[:100], instrument)
    read_stored()
    rows = json.loads(CliRunner().invoke(analyzer, ["inbox", "--lab", lab.code, "--json"]).stdout)
    assert sorted((row["status"], row["repeats"], row["readings"], row["waiting"]) for row in rows) == [
        ("broken", 0, 0, 0), ("read", 1, 3, 3),
    ]  # fmt: skip
    assert "8.13" not in json.dumps(rows)
    assert json.loads(CliRunner().invoke(analyzer, ["inbox", "--lab", other.code, "--json"]).stdout) == []
    whole = next(row for row in rows if row["status"] == "read")
    raw = CliRunner().invoke(analyzer, ["raw", whole["id"], "--lab", lab.code]).stdout_bytes
    assert raw == captures.session(sysmex_records())[1:-1]
    assert CliRunner().invoke(analyzer, ["raw", whole["id"], "--lab", other.code]).exit_code == 1


def test_long_texts_of_a_device_wait_instead_of_failing(lab, arrive):
    arrive(sysmex_records("9" * 300, CBC[2:]))
    assert read_stored() == 1
    assert "terlalu panjang" in readings(lab.id)["HB"].why


def test_queries_do_not_grow_with_the_messages(lab, make_results, arrive, instrument, django_assert_max_num_queries):
    make_results("HB")
    counts = []
    for size in (2, 20):
        for n in range(size):
            arrive(sysmex_records(f"A-{size}-{n}"), instrument)
        with django_assert_max_num_queries(200) as found:
            read_stored()
        counts.append(len(found))
    assert counts[1] <= counts[0] + 18, "one update for each message is all that may grow"


def test_arrivals_of_several_laboratories_in_one_flush(lab, other):
    records = "\r".join(sysmex_records()).encode() + b"\r"
    arrived = [
        Arrived(Captured(records, records), f"astm {owner.code}", "astm", "sysmex-xn", owner.id)
        for owner in (lab, other)
    ]
    services.store_messages(ACTOR, arrived=arrived)
    assert [queries.messages(Scope.of(owner.id)).count() for owner in (lab, other)] == [1, 1]
