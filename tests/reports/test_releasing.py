"""Releasing: what leaves, what must not, what a second version says, and who wins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.catalogue import queries as catalogue_queries
from laras.core import journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry, StaffPerson
from laras.core.printing.formats import moment_text
from laras.orders import queries as orders
from laras.orders import services as order_services
from laras.orders.models import Sample
from laras.orders.types import SiteInput
from laras.reports import queries, services
from laras.reports.models import Report

from .conftest import MORNING, PERSON


def told(lab, event):
    rows = JournalEntry.objects.within(lab.scope).filter(event=event).order_by("sequence")
    return [json.loads(bytes(row.payload)) for row in rows]


def status(lab, order_id):
    return orders.order_head(lab.scope, order_id).status


def test_a_complete_report_leaves_with_its_number_and_digest(lab, now):
    order_id = lab.done()
    report = lab.release(order_id, comments=["Sesuai klinis.", " "])
    assert report.number.startswith("NTB-01-260901-L0001-")
    assert (report.version, report.status, report.interim) == (1, "released", False)
    assert report.released_by == lab.doctor.person_id
    assert status(lab, order_id) == "reported"
    kept = queries.get_report(lab.scope, report.id)
    assert hashlib.sha256(bytes(kept.content)).hexdigest() == report.content_digest
    document = queries.document(kept)
    assert [(row.test, row.result, row.unit) for row in document.rows] == [
        ("Hemoglobin", "13,5", "g/dL"),
        ("Trombosit", "250", "10³/µL"),
    ]
    assert document.patient.name == "Siti Aminah"
    assert document.comments == ("Sesuai klinis.",)
    assert document.awaited == ()
    assert document.verification_url.endswith(f"/lhu/cek/{report.token}/")
    assert [(signer.role, signer.at) for signer in document.signers][2:] == [
        ("validator", MORNING),
        ("releaser", MORNING),
    ]
    (entry,) = told(lab, "reports.report_released")
    assert entry["content_digest"] == report.content_digest
    assert entry["number"] == report.number
    assert "Siti" not in json.dumps(entry)
    assert journal.verify(lab.owner).whole


def test_who_validated_is_not_who_released(lab, make_actor, now):
    order_id = lab.done()
    now.forward(hours=2)
    other = make_actor("doktor-dua", lab.owner, "validator")
    document = queries.document(lab.release(order_id, other))
    named = {signer.role: (signer.name, signer.at) for signer in document.signers}
    assert named["validator"] == (str(StaffPerson.objects.get(id=lab.doctor.person_id)), MORNING)
    assert named["releaser"] == (str(StaffPerson.objects.get(id=other.person_id)), now.moment)
    assert named["validator"][0] != named["releaser"][0]


def test_numbers_run_by_day_of_the_laboratorys_zone(lab, other, now):
    first, second = lab.release(lab.done()), lab.release(lab.done())
    assert [r.number[:19] for r in (first, second)] == ["NTB-01-260901-L0001", "NTB-01-260901-L0002"]
    assert other.release(other.done()).number.startswith("NTB-02-260901-L0001-")
    order_id = lab.done()
    # 23.30 WITA is still the same day here, 16.30 the day before in UTC.
    now.forward(hours=15)
    assert lab.release(order_id).number.startswith("NTB-01-260901-L0003-")
    order_id = lab.done()
    now.forward(hours=1)
    assert lab.release(order_id).number.startswith("NTB-01-260902-L0001-")


def test_without_the_right_nothing_leaves(lab, other):
    order_id = lab.done()
    for actor in (lab.analyst, lab.verifier, lab.counter, other.doctor):
        with pytest.raises(Forbidden):
            lab.release(order_id, actor)
    with pytest.raises(NotFound):
        services.release_report(other.doctor, owner_id=other.id, order_id=order_id)
    assert not Report.rows.exists()


def test_an_unfinished_order_is_refused_by_name(lab):
    order_id = lab.order("HB", "PLT")
    with pytest.raises(Refused, match="Hemoglobin, Trombosit"):
        lab.release(order_id)
    with pytest.raises(Refused):
        lab.release(order_id, interim=True)
    lab.perform(order_id, "HB", "13,5")
    with pytest.raises(Refused) as refused:
        lab.release(order_id)
    assert "Trombosit" in str(refused.value)
    assert "Hemoglobin" not in str(refused.value)
    assert not Report.rows.exists()
    assert status(lab, order_id) == "working"


@pytest.mark.parametrize("text", ["x" * 501, "a\x00b", "a\u202eb"])
def test_texts_that_cannot_be_printed_are_refused_at_their_field(lab, text):
    order_id = lab.done()
    with pytest.raises(Refused) as refused:
        lab.release(order_id, comments=[text])
    assert [p.field for p in refused.value.problems] == ["comments"]
    with pytest.raises(Refused) as refused:
        lab.release(order_id, reason=text)
    assert [p.field for p in refused.value.problems] == ["reason"]
    assert not Report.rows.exists()


def test_interim_then_final(lab, now):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    first = lab.release(order_id, interim=True)
    assert first.interim
    assert status(lab, order_id) == "working"
    document = queries.document(first)
    assert document.awaited == ("Trombosit",)
    assert not any("Menunggu" in text for text in document.comments)
    with pytest.raises(Conflict, match="tidak ada yang berubah"):
        lab.release(order_id, interim=True)
    now.forward(hours=1)
    lab.perform(order_id, "PLT", "250")
    final = lab.release(order_id)  # completes only: no reason is asked
    first.refresh_from_db()
    assert (first.status, final.status, final.interim) == ("superseded", "released", False)
    assert (final.number, final.version, final.amends_id) == (first.number, 2, first.id)
    document = queries.document(final)
    assert document.amends.reason == "Hasil yang ditunggu sudah lengkap."
    assert document.amends.changes == ()
    assert not any(row.amended for row in document.rows)
    assert status(lab, order_id) == "reported"


def test_an_interim_result_that_changed_needs_a_reason(lab, now):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    lab.release(order_id, interim=True)
    now.forward(hours=1)
    lab.amend(order_id, "HB", "12,5")
    lab.perform(order_id, "PLT", "250")
    with pytest.raises(Refused) as refused:
        lab.release(order_id)
    assert [p.field for p in refused.value.problems] == ["reason"]
    document = queries.document(lab.release(order_id, reason="Salah salin"))
    assert [(c.what, c.before, c.after) for c in document.amends.changes] == [("Hemoglobin", "13,5 g/dL", "12,5 g/dL")]


def test_a_corrected_result_makes_a_second_version(lab, now):
    order_id = lab.done()
    first = lab.release(order_id, comments=["Puasa."])
    bytes_then = bytes(Report.rows.get(id=first.id).content)
    now.forward(hours=2)
    lab.amend(order_id, "HB", "11,5")
    # The order is open again as soon as the correction began.
    assert status(lab, order_id) == "working"
    with pytest.raises(Refused, match="apa yang berubah"):
        lab.release(order_id, reason="  ")
    assert Report.rows.count() == 1
    second = lab.release(order_id, reason="Salah salin angka")
    first.refresh_from_db()
    assert (first.status, second.version, second.number) == ("superseded", 2, first.number)
    document = queries.document(second)
    assert {row.test: row.amended for row in document.rows} == {"Hemoglobin": True, "Trombosit": False}
    assert [(c.what, c.before, c.after) for c in document.amends.changes] == [("Hemoglobin", "13,5 g/dL", "11,5 g/dL")]
    assert document.amends.reason == "Salah salin angka"
    assert document.comments == ("Puasa.",)
    assert document.amends.issued_at == first.released_at
    assert bytes(first.content) == bytes_then
    assert status(lab, order_id) == "reported"
    released = told(lab, "reports.report_released")
    assert [(e["report_version"], e["amends"]) for e in released] == [(1, None), (2, str(first.id))]
    assert "Salah salin angka" not in json.dumps(released)
    assert journal.verify(lab.owner).whole


def test_an_amendment_needs_its_own_right(lab, make_actor, now):
    order_id = lab.done()
    lab.release(order_id)
    now.forward(hours=1)
    lab.amend(order_id, "HB", "11,5")
    only_release = lab.doctor.narrowed(["reports.release", "reports.read"])
    with pytest.raises(Forbidden):
        lab.release(order_id, only_release, reason="Salah salin")
    assert lab.release(order_id, reason="Salah salin").version == 2


def test_nothing_changed_makes_no_version(lab, make_actor, now):
    order_id = lab.done()
    lab.release(order_id, comments=["Puasa."])
    now.forward(minutes=1)
    another = make_actor("doktor-dua", lab.owner, "validator")
    for actor in (lab.doctor, another):
        with pytest.raises(Conflict):
            lab.release(order_id, actor, reason="Sekali lagi")
    assert Report.rows.count() == 1
    # Another comment is another report.
    assert lab.release(order_id, comments=["Tidak puasa."], reason="Catatan keliru").version == 2
    # So is a value that was examined again, even if it came out the same.
    now.forward(minutes=1)
    lab.amend(order_id, "HB", "13,5")
    again = lab.release(order_id, reason="Diperiksa ulang, hasil sama")
    assert (again.version, queries.document(again).amends.changes) == (3, ())
    assert status(lab, order_id) == "reported"


def test_the_database_lets_one_of_two_validators_win(lab, monkeypatch):
    order_id = lab.done()
    first = lab.release(order_id)
    # The second read before the first had committed: only the constraint stands between them.
    monkeypatch.setattr(queries, "newest", lambda scope, order_id: None)
    with pytest.raises(Conflict, match="orang lain"):
        lab.release(order_id)
    assert list(Report.rows.values_list("id", flat=True)) == [first.id]
    assert len(told(lab, "reports.report_released")) == 1


def test_a_hold_blocks_and_lifting_frees(lab):
    order_id = lab.done()
    hold = bench.place_hold(lab.doctor, owner_id=lab.id, order_id=order_id, kind="payment", reason="Belum lunas")
    for interim in (False, True):
        with pytest.raises(Refused, match="Belum lunas"):
            lab.release(order_id, interim=interim)
    bench.lift_hold(lab.doctor, owner_id=lab.id, hold_id=hold.id, reason="Lunas")
    assert lab.release(order_id).version == 1


def test_a_held_result_stays_out_of_an_interim_report(lab):
    order_id = lab.done()
    held = lab.results(order_id)["PLT"].id
    bench.place_hold(lab.doctor, owner_id=lab.id, result_id=held, kind="quality", reason="Kontrol gagal")
    with pytest.raises(Refused, match="Kontrol gagal"):
        lab.release(order_id)
    report = lab.release(order_id, interim=True)
    document = queries.document(report)
    assert report.interim
    assert [row.test for row in document.rows] == ["Hemoglobin"]
    assert document.awaited == ("Trombosit",)
    assert status(lab, order_id) == "working"


def test_withdrawing(lab, other, now):
    order_id = lab.done()
    report = lab.release(order_id)
    with pytest.raises(Refused):
        services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=report.id, reason="  ")
    with pytest.raises(Forbidden):
        services.withdraw_report(lab.verifier, owner_id=lab.id, report_id=report.id, reason="Pasien tertukar")
    with pytest.raises(NotFound):
        services.withdraw_report(other.doctor, owner_id=other.id, report_id=report.id, reason="Pasien tertukar")
    gone = services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=report.id, reason="Pasien tertukar")
    assert (gone.status, status(lab, order_id)) == ("withdrawn", "working")
    (entry,) = told(lab, "reports.report_withdrawn")
    assert "tertukar" not in json.dumps(entry)
    with pytest.raises(MoveRefused):
        services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=report.id, reason="Lagi")
    # What follows keeps the number, names a reason and leaves the withdrawn one withdrawn.
    now.forward(hours=1)
    with pytest.raises(Refused):
        lab.release(order_id)
    second = lab.release(order_id, reason="Identitas dibetulkan")
    report.refresh_from_db()
    assert (second.number, second.version, report.status) == (report.number, 2, "withdrawn")
    assert queries.public_facts(report.token).newest_version == 2


def test_an_interim_report_can_be_withdrawn(lab):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    report = lab.release(order_id, interim=True)
    services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=report.id, reason="Salah pasien")
    assert status(lab, order_id) == "working"


def test_a_change_told_late_does_not_reopen_what_was_released_since(lab, now):
    order_id = lab.done()
    report = lab.release(order_id)
    early = report.released_at - timedelta(hours=1)
    assert not services.reopen_order(lab.doctor, owner_id=lab.id, order_id=order_id, changed_at=early)
    assert status(lab, order_id) == "reported"
    assert services.reopen_order(lab.doctor, owner_id=lab.id, order_id=order_id, changed_at=report.released_at)
    assert not services.reopen_order(lab.doctor, owner_id=lab.id, order_id=order_id, changed_at=report.released_at)
    assert status(lab, order_id) == "working"


def test_an_open_critical_call_is_named_on_the_report(lab, shipped, monkeypatch):
    adopted = {
        code: tuple(
            replace(row, provenance=replace(row.provenance, status="adopted")) for row in rows if row.practice == "a"
        )
        for code, rows in shipped.criticals_by_test.items()
    }
    critical = replace(shipped, criticals_by_test=MappingProxyType(adopted))
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: critical)
    order_id = lab.done({"K": "7,1"})
    (row,) = queries.ready_orders(lab.scope)
    assert row.calls == 1
    (note,) = queries.document(lab.release(order_id)).critical_notes
    assert (note.test, note.result, note.told_at) == ("Kalium", "7,1 mmol/L", None)


# --- Several at once --------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_is_finished_and_not_out(lab, other, now):
    assert queries.ready_orders(lab.scope) == []
    unfinished = lab.order("HB", "PLT")
    lab.perform(unfinished, "HB", "13,5")
    routine = lab.done()
    now.forward(minutes=5)
    urgent = lab.done(urgency="urgent")
    held = lab.done()
    bench.place_hold(lab.doctor, owner_id=lab.id, order_id=held, kind="payment", reason="Belum lunas")
    other.done()
    rows = queries.ready_orders(lab.scope)
    assert [row.order.id for row in rows] == [urgent, routine, held]
    assert [row.by_itself for row in rows] == [False, False, True]
    assert rows[2].held == ("Belum lunas",)
    assert rows[0].subject == "Siti Aminah"
    lab.release(routine)
    assert routine not in {row.order.id for row in queries.ready_orders(lab.scope)}
    now.forward(minutes=5)
    lab.amend(routine, "HB", "11,5")
    (row,) = [row for row in queries.ready_orders(lab.scope) if row.order.id == routine]
    assert row.by_itself
    assert row.before.version == 1


def test_a_sample_that_did_not_arrive_keeps_its_order_out_of_the_queue(lab):
    lab.can("HB", "GDP")
    made = order_services.register_order(lab.counter, owner=lab.owner, codes=["HB", "GDP"], new_patient=PERSON)
    here = next(s for s in made.samples if any(r.test_code == "HB" and r.sample_id == s.id for r in made.requested))
    order_services.receive_samples(lab.counter, owner_id=lab.id, sample_ids=[here.id])
    lab.perform(made.id, "HB", "13,5")
    assert Sample.rows.filter(order_id=made.id, status="expected").exists()
    assert queries.ready_orders(lab.scope) == []


def test_the_queue_costs_the_same_however_long_it_is(lab, django_assert_num_queries):
    lab.done()
    with django_assert_num_queries(5):
        assert len(queries.ready_orders(lab.scope)) == 1
    for _ in range(3):
        lab.done()
    with django_assert_num_queries(5):
        assert len(queries.ready_orders(lab.scope)) == 4


def test_several_are_released_each_by_itself(lab, other):
    good, good_too, unfinished, foreign = lab.done(), lab.done(), lab.order("HB"), other.done()
    outcomes = services.release_many(lab.doctor, owner_id=lab.id, order_ids=[good, unfinished, foreign, good_too, good])
    assert [outcome.report is not None for outcome in outcomes] == [True, False, False, True]
    assert "Hemoglobin" in outcomes[1].problem
    assert status(lab, good) == status(lab, good_too) == "reported"
    assert status(other, foreign) == "working"
    again = services.release_many(lab.doctor, owner_id=lab.id, order_ids=[good, good_too])
    assert all(outcome.report is None for outcome in again)
    assert Report.rows.count() == 2
    with pytest.raises(Forbidden):
        services.release_many(lab.verifier, owner_id=lab.id, order_ids=[good])


def test_the_same_test_on_two_points_is_told_apart(lab, now):
    lab.can("PH")
    made = order_services.register_site_order(
        lab.counter,
        owner=lab.owner,
        new_site=SiteInput(name="Depot Contoh"),
        standard="AM-PMK2-2023",
        codes=["PH"],
        points=["Keran 1", "Keran 2"],
    )
    order_services.receive_samples(lab.counter, owner_id=lab.id, sample_ids=[s.id for s in made.samples])

    def perform(*values):
        views = sorted(bench_queries.results_of(lab.scope, made.id), key=lambda view: view.sample_number)
        for view, raw in zip(views, values, strict=True):
            if raw:
                bench.enter_result(lab.analyst, owner_id=lab.id, result_id=view.id, raw=raw)
                bench.verify_result(lab.verifier, owner_id=lab.id, result_id=view.id)
                bench.validate_result(lab.doctor, owner_id=lab.id, result_id=view.id)
        return views

    views = perform("7,1", "9,5")
    first = queries.document(lab.release(made.id))
    assert first.kind == "environment"
    assert [row.section.partition(" · ")[2] for row in first.rows] == ["Keran 1", "Keran 2"]
    assert len({row.key for row in first.rows}) == 2
    now.forward(hours=1)
    bench.amend_result(lab.doctor, owner_id=lab.id, result_id=views[1].id, reason="Salah salin")
    perform("", "7,2")
    second = queries.document(lab.release(made.id, reason="Salah salin"))
    assert [row.amended for row in second.rows] == [False, True]
    assert [(change.before, change.after) for change in second.amends.changes] == [("9,5 pH", "7,2 pH")]


def test_a_reading_at_the_site_is_told_once(lab):
    """As the result of the test that was asked for, by whom it was measured; the rest as measured at the site."""
    lab.can("ECOLI")
    made = order_services.register_site_order(
        lab.counter,
        owner=lab.owner,
        new_site=SiteInput(name="Depot Contoh"),
        standard="AM-PMK2-2023",
        codes=["ECOLI", "PH"],
        in_situ={"ph": "7,2", "residual_chlorine": "0,3", "turbidity": "1,5"},
        collected_at=MORNING,
        collector="Komang",
    )
    order_services.receive_samples(lab.counter, owner_id=lab.id, sample_ids=[s.id for s in made.samples])
    lab.perform(made.id, "ECOLI", "0")
    ph = lab.results(made.id)["PH"].id
    bench.verify_result(lab.verifier, owner_id=lab.id, result_id=ph)
    bench.validate_result(lab.doctor, owner_id=lab.id, result_id=ph)
    told = queries.document(lab.release(made.id))
    row = next(row for row in told.rows if row.test == "pH air")
    assert (row.result, row.complies, row.note) == (
        "7,2",
        True,
        f"Diukur di lapangan oleh Komang · {moment_text(MORNING, 'WITA')} · Depot Contoh",
    )
    assert told.site.in_situ == ("Sisa khlor: 0,3 mg/L", "Kekeruhan: 1,5 NTU")
    # Who typed the reading at the counter is not printed as the one who examined it.
    analysts = [signer.name for signer in told.signers if signer.role == "analyst"]
    assert len(analysts) == 1
    assert analysts[0].lower().endswith("analis")


def test_a_release_costs_the_same_for_two_results_and_for_five(lab):
    few, many = lab.done(), lab.done({"HB": "13,5", "PLT": "250", "K": "4,1", "NA": "140", "CHOL": "180"})
    lab.release(lab.done())  # the first release of the day makes its counter
    counts = []
    for order_id in (few, many):
        with CaptureQueriesContext(connection) as asked:
            lab.release(order_id)
        counts.append(len(asked))
    # Two samples instead of one change nothing either.
    # Six of them are asked after the commit: surveillance looks whether this speaks of a disease; one more notes on our own
    # referrals of the order when its result went out.
    assert counts[0] == counts[1] <= 49
