"""From the first plate to the report: stages, what judges, interim and final words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from laras.bench import queries as bench
from laras.bench import services as bench_services
from laras.core import clock, journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.cultures import queries, services
from laras.cultures.models import Culture, Isolate, Susceptibility
from laras.cultures.services import DrugInput, ReadingInput
from laras.reports import queries as reports
from laras.reports import services as report_services

from .conftest import PANEL, TABLE

FIRST = date(2026, 1, 1)


@pytest.fixture
def table(manager, lab):
    return services.import_breakpoints(
        manager,
        owner_id=lab.id,
        name="Contoh",
        version="1",
        source="Rekaan uji",
        valid_from=FIRST,
        content=TABLE.encode(),
    )


@pytest.fixture
def eyes(second, doctor, lab):
    """Verify and validate the result of a culture."""

    def look(culture):
        bench_services.verify_result(second, owner_id=lab.id, result_id=culture.result_id)
        bench_services.validate_result(doctor, owner_id=lab.id, result_id=culture.result_id)

    return look


def fresh(row):
    return type(row).rows.get(id=row.id)


def read(actor, lab, culture, outcome="none", **more):
    return services.record_readings(actor, owner_id=lab.id, readings=[ReadingInput(culture.id, outcome, **more)])


# --- Days ---------------------------------------------------------------------------------------------------------------


def test_a_blood_culture_without_growth_is_read_five_days(make_results, analyst, lab, scope, later, frozen):
    result = make_results("KULDARAH")["KULDARAH"]
    assert [view.id for view in queries.to_inoculate(scope)] == [result.id]
    (culture,) = services.inoculate(analyst, owner_id=lab.id, result_ids=[result.id])
    assert queries.to_inoculate(scope) == []
    monday = frozen.date()
    assert culture.next_read_on == monday + timedelta(days=1)
    assert queries.count_to_read(scope, monday) == 0
    for day in (1, 2, 4):  # the third was missed: the next of the plan follows
        with later(days=day):
            assert queries.count_to_read(scope, monday + timedelta(days=day)) == 1
            read(analyst, lab, culture)
    with pytest.raises(Refused, match="hari ke-5"):
        services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    with later(days=5):
        read(analyst, lab, culture)
        assert fresh(culture).next_read_on is None
        assert queries.count_to_read(scope, monday) == 1  # through, and waits to be finished
        done = services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    view = bench.view(scope, result.id)
    assert (done.status, view.status, view.provisional) == ("final", "entered", False)
    assert view.text == "Tidak ada pertumbuhan setelah 5 hari."
    whole = queries.whole(scope, done)
    assert [(row.day, row.by) for row in whole.readings] == [(day, analyst.person_id) for day in (1, 2, 4, 5)]


def test_growth_once_seen_stays(grow, analyst, lab):
    culture = grow()
    assert (culture.status, culture.grown) == ("growth", True)
    read(analyst, lab, culture)
    assert fresh(culture).status == "growth"
    with pytest.raises(Refused) as refused:
        services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    assert [one.field for one in refused.value.problems] == ["conclusion"]
    done = services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id, conclusion="Flora normal.")
    assert done.status == "final"


def test_what_cannot_be_read_is_refused_whole(make_results, analyst, lab, scope):
    rows = make_results("KULURIN", "KULDARAH")
    one, two = services.inoculate(analyst, owner_id=lab.id, result_ids=[row.id for row in rows.values()])
    with pytest.raises(Refused) as refused:
        services.record_readings(
            analyst,
            owner_id=lab.id,
            readings=[ReadingInput(one.id, "growth"), ReadingInput(two.id, "none", gram="GNB", quantity="3")],
        )
    assert [one.field for one in refused.value.problems] == [f"gram-{two.id}", f"quantity-{two.id}"]
    assert queries.whole(scope, one).readings == []


def test_only_waiting_cultures_are_inoculated_once(make_results, analyst, lab, scope):
    rows = make_results("KULURIN", "HB")
    with pytest.raises(Refused, match="bukan biakan"):
        services.inoculate(analyst, owner_id=lab.id, result_ids=[rows["HB"].id])
    result = rows["KULURIN"].id
    with pytest.raises(Refused):
        services.inoculate(analyst, owner_id=lab.id, result_ids=[result], read_days="2 1")
    (culture,) = services.inoculate(analyst, owner_id=lab.id, result_ids=[result], media=["CLED"], read_days="1 3")
    assert (culture.read_days, [row.name for row in culture.media.within(scope)]) == ([1, 3], ["CLED"])
    with pytest.raises(Conflict):
        services.inoculate(analyst, owner_id=lab.id, result_ids=[result])
    services.cancel_culture(analyst, owner_id=lab.id, culture_id=culture.id, reason="cawan pecah")
    (again,) = services.inoculate(analyst, owner_id=lab.id, result_ids=[result])
    with pytest.raises(MoveRefused):
        read(analyst, lab, culture)
    with pytest.raises(IntegrityError), transaction.atomic():
        Culture.objects.within(scope).filter(id=culture.id).update(status="growth")
    assert again.status == "inoculated"


def test_rights_and_walls(make_results, analyst, doctor, lab, other, make_actor, named):
    culture, isolate = named()
    with pytest.raises(Forbidden):
        read(doctor, lab, culture)
    stranger = make_actor("lain", other, "analyst")
    with pytest.raises(NotFound):
        services.record_readings(stranger, owner_id=other.id, readings=[ReadingInput(culture.id, "none")])
    with pytest.raises(NotFound):
        services.identify_isolate(stranger, owner_id=other.id, isolate_id=isolate.id, organism="ECO")
    with pytest.raises(Forbidden):
        services.replace_panel(analyst, owner_id=lab.id, content=PANEL.encode())


# --- Isolates -----------------------------------------------------------------------------------------------------------


def test_isolates_are_numbered_named_and_decided(named, analyst, lab, scope):
    culture, one = named()
    assert (fresh(culture).status, one.organism_name, one.operator, one.count) == (
        "identified", "Escherichia coli", ">", 100_000,
    )  # fmt: skip
    two = services.pick_isolate(analyst, owner_id=lab.id, culture_id=culture.id, gram="GPC")
    assert (two.number, fresh(culture).status) == (2, "isolated")
    with pytest.raises(MoveRefused):
        services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    services.drop_isolate(analyst, owner_id=lab.id, isolate_id=two.id, reason="sama dengan isolat 1")
    three = services.pick_isolate(analyst, owner_id=lab.id, culture_id=culture.id)
    assert three.number == 3  # a number is not given again
    with pytest.raises(Refused) as refused:
        services.identify_isolate(analyst, owner_id=lab.id, isolate_id=three.id, organism="Kuman X")
    assert [p.field for p in refused.value.problems] == ["organism"]
    rare = services.identify_isolate(analyst, owner_id=lab.id, isolate_id=three.id, organism="", other="Kuman langka")
    assert (rare.organism, rare.organism_name) == ("", "Kuman langka")
    with pytest.raises(Refused, match="isolat 3"):
        services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    with pytest.raises(Refused):
        services.pick_isolate(analyst, owner_id=lab.id, culture_id=culture.id, quantity="banyak sekali")


# --- Susceptibility -----------------------------------------------------------------------------------------------------


def test_a_table_judges_and_stays_with_what_it_judged(table, named, enter_drugs, manager, analyst, lab, scope):
    culture, isolate = named()
    assert enter_drugs(isolate, CIP="20", GEN="18", AMK="17")
    assert fresh(culture).status == "tested"
    stands = {row.antibiotic: row for row in queries.tested_of(scope, [isolate.id])[isolate.id]}
    assert {code: (row.judged, row.reason, row.row) for code, row in stands.items()} == {
        "CIP": ("R", "", 2), "GEN": ("S", "", 4), "AMK": ("", "no_breakpoint", None),
    }  # fmt: skip
    newer = TABLE.replace("CIP;zona;;ENTERO;;26;21", "CIP;zona;;ENTERO;;19;15")
    services.import_breakpoints(
        manager,
        owner_id=lab.id,
        name="Contoh",
        version="2",
        source="Rekaan uji",
        valid_from=FIRST,
        content=newer.encode(),
    )
    assert fresh(stands["CIP"]).judged == "R"
    assert enter_drugs(isolate, CIP="20") == []  # the same value is no news
    (again,) = enter_drugs(isolate, CIP="21")
    assert (again.judged, again.table.version) == ("S", "2")
    assert fresh(stands["CIP"]).superseded_at
    # A table of the future judges nothing yet, a retired one nothing any more.
    assert queries.table_on(scope, date(2025, 1, 1)) is None
    services.retire_breakpoints(manager, owner_id=lab.id, table_id=again.table_id, reason="salah ketik")
    assert queries.table_on(scope, clock.today()).id == table.id


def test_another_name_judges_anew_and_takes_the_experts_word_back(
    table, named, enter_drugs, second, analyst, lab, scope
):
    _culture, isolate = named()
    (row,) = enter_drugs(isolate, AMP="6")
    assert row.reason == "no_breakpoint"
    with pytest.raises(Refused):
        services.override_susceptibility(second, owner_id=lab.id, susceptibility_id=row.id, category="R", reason="")
    with pytest.raises(Forbidden):
        services.override_susceptibility(
            analyst, owner_id=lab.id, susceptibility_id=row.id, category="R", reason="ahli"
        )
    said = services.override_susceptibility(
        second, owner_id=lab.id, susceptibility_id=row.id, category="R", reason="penghasil ESBL"
    )
    assert (said.judged, said.category) == ("", "R")
    services.identify_isolate(analyst, owner_id=lab.id, isolate_id=isolate.id, organism="KPN", significance="pathogen")
    now = fresh(row)
    assert (now.reason, now.category, now.organism) == ("intrinsic", "", "KPN")


def test_an_example_judges_nothing(named, enter_drugs, manager, lab):
    services.import_breakpoints(
        manager, owner_id=lab.id, name="Contoh", version="1", source="Rekaan", valid_from=FIRST, content=TABLE.encode(),
        example=True,
    )  # fmt: skip
    _culture, isolate = named()
    assert [(row.judged, row.reason) for row in enter_drugs(isolate, CIP="20")] == [("", "example")]


def test_wrong_values_name_their_cell(named, analyst, lab, scope):
    _culture, isolate = named()
    with pytest.raises(Refused) as refused:
        services.enter_susceptibility(
            analyst, owner_id=lab.id, isolate_id=isolate.id,
            drugs=[DrugInput("CIP", "disk", "besar"), DrugInput("GEN", "mic", "1.024"), DrugInput("AMK", "disk", "17")],
        )  # fmt: skip
    assert [one.field for one in refused.value.problems] == ["raw-CIP", "raw-GEN"]
    assert Susceptibility.objects.within(scope).count() == 0


def test_tables_are_versions(table, manager, lab):
    with pytest.raises(Conflict):
        services.import_breakpoints(
            manager, owner_id=lab.id, name="Contoh", version="1", source="x y", valid_from=FIRST, content=TABLE.encode()
        )
    with pytest.raises(Refused):
        services.import_breakpoints(
            manager, owner_id=lab.id, name="Lain", version="1", source="x y", valid_from=FIRST, content=b"bukan tabel"
        )


# --- What the report says -----------------------------------------------------------------------------------------------


def release(doctor, lab, culture, **more):
    return report_services.release_report(doctor, owner_id=lab.id, order_id=culture.order_id, **more)


def test_interim_then_final_and_the_report_says_what_changed(
    table, named, enter_drugs, grow, manager, analyst, doctor, eyes, lab, scope
):
    services.replace_panel(manager, owner_id=lab.id, content=PANEL.encode())
    culture = grow()
    services.report_interim(analyst, owner_id=lab.id, culture_id=culture.id)
    view = bench.view(scope, culture.result_id)
    assert (view.provisional, view.text) == (
        True, "Hasil sementara (hari ke-1): tumbuh batang Gram negatif; identifikasi menyusul.",
    )  # fmt: skip
    eyes(culture)
    state = bench.releasable(scope, culture.order_id)
    assert (state.ready, state.partly, bench.finished_orders(scope)) == (False, True, [])
    with pytest.raises(Refused, match="Kultur urin"):
        release(doctor, lab, culture)
    first = release(doctor, lab, culture, interim=True)
    assert first.interim
    assert reports.document(first).awaited == ("Kultur urin",)

    isolate = services.pick_isolate(analyst, owner_id=lab.id, culture_id=culture.id, gram="GNB", quantity=">10^5")
    services.identify_isolate(
        analyst, owner_id=lab.id, isolate_id=isolate.id, organism="Escherichia coli", significance="pathogen"
    )
    enter_drugs(isolate, CIP="20", GEN="18", MEM="30")
    services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    eyes(culture)
    assert bench.releasable(scope, culture.order_id).ready
    # The head need not amend and nobody owes a reason: what was provisional is replaced.
    second = release(doctor, lab, culture)
    document = reports.document(second)
    assert (second.version, second.interim, document.awaited) == (2, False, ())
    assert [(row.level, row.test, row.result, row.limit) for row in document.rows] == [
        (0, "Kultur urin", "Tumbuh Escherichia coli (>10^5).", ""),
        (1, "Isolat 1", "Escherichia coli", ""),
        (2, "Siprofloksasin", "R – Resistan", "20 mm"),
        (2, "Gentamisin", "S – Sensitif", "18 mm"),
    ]  # the cascade held meropenem back
    assert document.rows[0].amended
    assert [(one.what, one.after) for one in document.amends.changes] == [
        ("Kultur urin", "Tumbuh Escherichia coli (>10^5).")
    ]
    assert "Siprofloksasin R (20 mm)" in bench.view(scope, culture.result_id).text
    assert report_services.render_lhu(document).startswith(b"%PDF")


def test_a_final_value_is_amended_not_resumed(named, analyst, doctor, eyes, lab, scope):
    culture, _isolate = named()
    services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    with pytest.raises(MoveRefused):
        services.report_interim(analyst, owner_id=lab.id, culture_id=culture.id)
    eyes(culture)
    with pytest.raises(Refused, match="final"):
        bench_services.resume_result(analyst, owner_id=lab.id, result_id=culture.result_id)
    with pytest.raises(Refused, match="verifikasi"):
        services.reopen_culture(analyst, owner_id=lab.id, culture_id=culture.id, reason="salah baca")
    first = release(doctor, lab, culture)
    bench_services.amend_result(doctor, owner_id=lab.id, result_id=culture.result_id, reason="organisme keliru")
    services.reopen_culture(analyst, owner_id=lab.id, culture_id=culture.id, reason="organisme keliru")
    assert fresh(culture).status == "identified"
    (isolate,) = Isolate.objects.within(scope).filter(culture=culture)
    services.identify_isolate(analyst, owner_id=lab.id, isolate_id=isolate.id, organism="KPN", significance="pathogen")
    services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    eyes(culture)
    with pytest.raises(Refused):
        release(doctor, lab, culture)
    second = release(doctor, lab, culture, reason="Organisme diperbaiki")
    assert (first.version, second.version) == (1, 2)
    assert "Klebsiella pneumoniae" in reports.document(second).rows[0].result
    assert journal.verify(lab).whole


def test_who_entered_does_not_verify_and_nothing_new_is_not_entered_again(grow, analyst, second, lab, make_actor):
    culture = grow()
    services.report_interim(analyst, owner_id=lab.id, culture_id=culture.id)
    with pytest.raises(Refused, match="tidak ada yang berubah"):
        services.report_interim(analyst, owner_id=lab.id, culture_id=culture.id)
    both = make_actor("made2", lab, "analyst", "verifier", person=_person(analyst))
    with pytest.raises(Refused, match="orang lain"):
        bench_services.verify_result(both, owner_id=lab.id, result_id=culture.result_id)
    bench_services.verify_result(second, owner_id=lab.id, result_id=culture.result_id)
    with pytest.raises(MoveRefused):
        services.report_interim(analyst, owner_id=lab.id, culture_id=culture.id)


def _person(actor):
    from laras.core.models import StaffPerson

    return StaffPerson.objects.get(id=actor.person_id)


def test_the_antibiogram_takes_final_pathogens_of_persons_once(table, named, enter_drugs, analyst, lab, scope, patient):
    for organism, significance in (("ECO", "pathogen"), ("ECO", "pathogen"), ("KPN", "contaminant")):
        culture, isolate = named(organism, significance)
        if significance == "pathogen":
            enter_drugs(isolate, CIP="30")
        services.finish_culture(analyst, owner_id=lab.id, culture_id=culture.id)
    named()  # still running
    today = clock.today(lab.zone)
    found = queries.first_isolates(scope, today, today, lab.zone)
    assert [(one.organism, one.patient, one.categories) for one in found] == [("ECO", patient.id, {"CIP": "S"})] * 2
    assert queries.first_isolates(scope, today + timedelta(days=1), today + timedelta(days=1), lab.zone) == []
