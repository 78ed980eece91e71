from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
import xlsxwriter
from click.testing import CliRunner
from django.apps import apps
from django.db import IntegrityError, transaction

from laras.core import clock
from laras.core.errors import Conflict, Forbidden, NotFound, Refused
from laras.core.models import JournalEntry, Owner
from laras.core.scope import Scope
from laras.network import services as network_services
from laras.resources import queries, services, shipped
from laras.resources.commands import resources as command
from laras.resources.models import Equipment, Report, Standard
from laras.resources.types import StandardInfo
from tests.network.conftest import SYSTEM

HEAD = "lab_code,item,functioning\n"
NOW = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
BSC = "Biosafety Cabinet Class II Type A2"


@pytest.fixture(autouse=True)
def _standard(db):
    services.load_shipped_standards()
    with clock.at(NOW):
        yield


@pytest.fixture
def lab(network):
    return network["tier2"]


@pytest.fixture
def head(lab, make_actor):
    return make_actor("kepala", lab.owner, "head")


def take(text: str, actor=SYSTEM, **more):
    return services.accept_equipment(actor, content=text.encode(), **more)


def score(lab, **more):
    (found,) = queries.scores(
        Scope.of(lab.pk), queries.laboratories(owner_ids=[lab.pk]), queries.standard(more.pop("version", "")), **more
    )
    return found.total


def registered(lab):
    return [(row.item_code, row.name, row.functioning, row.total) for row in queries.equipment(Scope.of(lab.pk))]


def entries(lab) -> int:
    return JournalEntry.objects.within(Scope.of(lab.pk)).filter(event__startswith="resources.").count()


# --- Import -----------------------------------------------------------------------------------------------------------


def test_names_codes_and_aliases_are_taken_and_the_rest_is_kept_and_listed(lab):
    plan = take(
        f"{HEAD}LAB-2,Inkubator,2\nLAB-2,B-05,0\nLAB-2,Microbiological Incubator,1\nLAB-2,{BSC},1\nLAB-2,Kulkas,3\n"
    )
    assert [(one.row, one.written, one.ambiguous, len(one.candidates)) for one in plan.unmatched] == [
        (5, BSC, True, 2),
        (6, "Kulkas", False, 0),
    ]
    assert sorted(registered(lab)) == [
        ("", BSC, 1, 1),
        ("", "Kulkas", 3, 3),
        ("B-04", "Inkubator", 2, 2),
        ("B-04", "Microbiological Incubator", 1, 1),
        ("B-05", "B-05", 0, 0),
    ]
    assert entries(lab) == 1
    # The same sheet again changes nothing; a sheet that names one item leaves the others alone.
    again = take(f"{HEAD}LAB-2,Inkubator,2\nLAB-2,Microbiological Incubator,1\n")
    assert (again.changed, again.same, entries(lab)) == (0, 1, 1)


def test_the_same_content_is_a_report_too_and_one_sheet_twice_is_one(lab, head):
    def told():
        rows, _names = zip(*queries.reports_of(Scope.of(lab.pk)), strict=True)
        return [(row.day.isoformat(), row.way, row.items, row.changed, row.recorded_by) for row in rows]

    sheet = f"{HEAD}LAB-2,Inkubator,2\nLAB-2,B-05,0\n"
    with clock.at(NOW - timedelta(days=90)):
        take(sheet)
        with pytest.raises(Refused):
            services.confirm_equipment(SYSTEM, owner_id=Owner.objects.get(code="LAB-1").pk)
    assert take(sheet, head).changed == 0
    take(sheet, head)
    assert told() == [
        ("2026-11-16", "import", 2, 0, head.person_id),
        ("2026-08-18", "import", 2, 2, None),
    ]
    services.confirm_equipment(head, owner_id=lab.pk)
    assert told()[0] == ("2026-11-16", "confirmed", 2, 0, head.person_id)
    assert entries(lab) == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.within(Scope.of(lab.pk)).update(recorded_at=None)


def test_what_was_known_before_reports_were_kept_stays_known(lab):
    with clock.at(NOW - timedelta(days=90)):
        take(f"{HEAD}LAB-2,Inkubator,2\nLAB-2,B-05,0\n")
    row = queries.equipment(Scope.of(lab.pk)).get(item_code="B-05")
    services.remove_equipment(SYSTEM, owner_id=lab.pk, equipment_id=row.id)
    Report.objects.within(Scope.of(lab.pk)).delete()
    import_module("laras.resources.migrations.0004_known_reports").keep_known(apps, None)
    found = [(row.day.isoformat(), row.way, row.recorded_at) for row, _who in queries.reports_of(Scope.of(lab.pk))]
    assert found == [("2026-11-16", "change", None), ("2026-08-18", "change", None)]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("LAB-2,Inkubator,-1", "functioning"),
        ("LAB-2,Inkubator,1.5", "functioning"),
        ('LAB-2,Inkubator,"1,5"', "functioning"),
        ("LAB-2,Inkubator,", "functioning"),
        ("LAB-2,,1", "item"),
        ("TIDAK-ADA,Inkubator,1", "lab_code"),
        ("DINKES-73,Inkubator,1", "lab_code"),
        ("LAB-2,Inkubator,2,1", "functioning"),
        ("LAB-2,Inkubator,1,1,remuk", "condition"),
        ("LAB-2,Inkubator,1,1,baik,1066", "year"),
        ("LAB-2,Inkubator,1,1,baik,2020,arisan", "source_of_funds"),
        ("LAB-2,Inkubator,1,1,baik,2020,APBD,SN-1", "serial"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_field_and_nothing_is_half_saved(lab, row, field):
    heading = "lab_code,item,functioning,total,condition,year,source_of_funds,serial\n"
    with pytest.raises(Refused) as refused:
        take(f"{heading}LAB-2,Inkubator,1,1,baik,2020,APBD,SN-1\n{row}\n")
    assert [(one.row, one.field) for one in refused.value.problems] == [(3, field)]
    assert registered(lab) == []


@pytest.mark.parametrize("merged", [True, False])
def test_a_title_above_the_headings_is_named(lab, merged):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    if merged:
        page.merge_range(0, 0, 0, 2, "Daftar alat")
    else:
        page.write(0, 0, "Daftar alat")
    page.write_row(1, 0, ["Kode lab", "Nama alat", "Berfungsi"])
    page.write_row(2, 0, ["LAB-2", "Inkubator", 1])
    book.close()
    (problem,) = services.plan_equipment(SYSTEM, content=out.getvalue()).problems
    assert (problem.row, problem.field) == (None if merged else 1, "file")
    assert ("sel yang digabung (mulai A1)" if merged else "baris 2") in problem.message


def test_a_map_says_how_a_sender_writes(lab):
    mapping = services.SheetMap({"Faskes": "lab_code", "Sarana": "item", "OK": "functioning"}, {BSC: "B-05"})
    plan = take(f"Faskes,Sarana,OK\nLAB-2,{BSC},1\n", mapping=mapping)
    assert plan.unmatched == ()
    assert registered(lab) == [("B-05", BSC, 1, 1)]
    for wrong in (services.SheetMap({"x": "lain"}), services.SheetMap(items={"x": "Z-99"})):
        assert [one.field for one in services.plan_equipment(SYSTEM, content=b"x", mapping=wrong).problems] == ["map"]


def test_only_who_keeps_the_register_of_that_laboratory(lab, network, head, make_actor):
    assert take(f"{HEAD}LAB-2,Inkubator,1\n", head).changed == 1
    with pytest.raises(Refused) as refused:
        take(f"{HEAD}LAB-2,Inkubator,2\nLAB-3,Inkubator,1\n", head)
    assert [(one.row, one.field) for one in refused.value.problems] == [(3, "lab_code")]
    analyst = make_actor("analis", lab.owner, "analyst")
    with pytest.raises(Refused):
        take(f"{HEAD}LAB-2,Inkubator,3\n", analyst)
    with pytest.raises(Forbidden):
        services.declare_rest_absent(analyst, owner_id=lab.pk)
    assert registered(lab) == [("B-04", "Inkubator", 1, 1)]


# --- Scores -----------------------------------------------------------------------------------------------------------


def test_not_reported_is_apart_from_absent_and_the_sums_are_whole(lab):
    empty = score(lab)
    assert (empty.required, empty.met, empty.not_reported, empty.percent_of_reported) == (81, 0, 81, None)
    take(f"{HEAD}LAB-2,Inkubator,2\nLAB-2,B-05,0\nLAB-2,B-02,1\n")  # two, one and two are asked
    found = score(lab)
    assert (found.met, found.short, found.absent, found.not_reported) == (1, 1, 1, 78)
    assert (found.percent, found.percent_of_reported) == (round(100 / 81, 2), round(100 / 3, 2))
    lines = queries.lines(Scope.of(lab.pk), queries.laboratories(owner_ids=[lab.pk])[0], queries.standard())
    assert len(lines) == 81
    assert [(line.item.code, line.state, line.missing, len(line.rows)) for line in lines if line.rows] == [
        ("B-02", "short", 1, 1),
        ("B-04", "met", 0, 1),
        ("B-05", "absent", 1, 1),
    ]


def test_the_past_keeps_its_score(lab):
    take(f"{HEAD}LAB-2,Inkubator,2\n", valid_from=date(2025, 1, 10))
    take(f"{HEAD}LAB-2,Inkubator,0\n", valid_from=date(2026, 3, 1))
    states = {
        day: score(lab, on=date.fromisoformat(day)) for day in ("2024-12-31", "2025-01-10", "2026-02-28", "2026-03-01")
    }
    assert [(one.met, one.absent, one.not_reported) for one in states.values()] == [
        (0, 0, 81),
        (1, 0, 80),
        (1, 0, 80),
        (0, 1, 80),
    ]
    with pytest.raises(Refused) as refused:  # older than what is known
        take(f"{HEAD}LAB-2,Inkubator,1\n", valid_from=date(2026, 2, 1))
    assert refused.value.problems[0].field == "valid_from"
    with pytest.raises(Refused):
        take(f"{HEAD}LAB-2,Inkubator,1\n", valid_from=date(2027, 1, 1))


def test_an_old_version_of_the_standard_stays(lab, network):
    take(f"{HEAD}LAB-2,Inkubator,2\n")
    (old,) = shipped.read_standards()
    items = tuple(item for item in old.items if item.code in {"B-04", "B-05"})
    info = StandardInfo("UJI-2026", "Standar uji", date(2026, 1, 1), "Peraturan uji", "entered", "", items)
    with pytest.raises(Refused):
        services.publish_standard(SYSTEM, owner_id=lab.pk, info=info)
    services.publish_standard(SYSTEM, owner_id=network["ministry"].pk, info=info)
    with pytest.raises(Conflict):
        services.publish_standard(SYSTEM, owner_id=network["ministry"].pk, info=info)
    assert (score(lab).required, score(lab).met) == (2, 1)
    assert score(lab, version="KMK-1801-2024").required == 81
    assert queries.standard(on=date(2025, 12, 31)).version == "KMK-1801-2024"
    with pytest.raises(Refused):
        queries.standard(on=date(2023, 1, 1))
    assert Standard.objects.count() == 2
    assert services.load_shipped_standards() == 0


def test_tier_five_without_a_side_has_no_figures(network):
    lab = network["tier5"]
    (found,) = queries.scores(Scope.of(lab.pk), queries.laboratories(owner_ids=[lab.pk]), queries.standard())
    assert (found.total, found.by_category) == (None, {})


# --- By hand ----------------------------------------------------------------------------------------------------------


def test_a_head_keeps_the_register(lab, head):
    values = {"name": "Inkubator", "functioning": 1, "total": 2, "condition": "minor", "year": 2019}
    row = services.record_equipment(head, owner_id=lab.pk, item_code="B-04", values=values)
    changed = services.record_equipment(
        head, owner_id=lab.pk, item_code="B-04", values={**values, "functioning": 2}, equipment_id=row.id
    )
    assert registered(lab) == [("B-04", "Inkubator", 2, 2)]
    same = services.record_equipment(
        head, owner_id=lab.pk, item_code="B-04", values={**values, "functioning": 2}, equipment_id=changed.id
    )
    assert (same.id, entries(lab)) == (changed.id, 2)
    with pytest.raises(NotFound):
        services.record_equipment(head, owner_id=lab.pk, item_code="B-04", values=values, equipment_id=row.id)
    with pytest.raises(Refused) as refused:
        services.record_equipment(
            head, owner_id=lab.pk, item_code="Z-1", values={"name": "", "functioning": -1, "total": 0, "condition": "?"}
        )
    assert {one.field for one in refused.value.problems} == {"name", "functioning", "condition", "item_code"}
    services.remove_equipment(head, owner_id=lab.pk, equipment_id=changed.id)
    assert (registered(lab), score(lab).not_reported) == ([], 81)


def test_a_person_decides_about_a_name_and_the_next_sheet_remembers(lab, head):
    take(f"{HEAD}LAB-2,{BSC},1\nLAB-2,Kulkas,1\n")
    waiting = {row.name: row.id for row in queries.unmatched(Scope.of(lab.pk))}
    services.match_equipment(head, owner_id=lab.pk, equipment_id=waiting[BSC], item_code="B-07")
    services.match_equipment(head, owner_id=lab.pk, equipment_id=waiting["Kulkas"], item_code="")
    with pytest.raises(Conflict):
        services.match_equipment(head, owner_id=lab.pk, equipment_id=waiting[BSC], item_code="B-08")
    plan = take(f"{HEAD}LAB-2,{BSC},2\nLAB-2,Kulkas,2\n")
    assert (plan.unmatched, plan.changed) == ((), 2)
    assert list(queries.unmatched(Scope.of(lab.pk))) == []
    assert sorted(registered(lab)) == [("", "Kulkas", 2, 2), ("B-07", BSC, 2, 2)]


def test_the_rest_is_absent(lab, head):
    take(f"{HEAD}LAB-2,Inkubator,2\n")
    assert services.declare_rest_absent(head, owner_id=lab.pk) == 80
    found = score(lab)
    assert (found.met, found.absent, found.not_reported) == (1, 80, 0)
    assert services.declare_rest_absent(head, owner_id=lab.pk) == 0


def test_the_database_holds_the_line(lab):
    for values in ({"functioning": 2, "total": 1}, {"condition": "remuk"}, {"valid_until": date(2026, 1, 1)}):
        row = {"name": "x", "functioning": 1, "total": 1, "valid_from": date(2026, 1, 1), **values}
        with pytest.raises(IntegrityError), transaction.atomic():
            Equipment.rows.create(owner_id=lab.pk, **row)


# --- Commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    def call(*arguments, **files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        words = [str(tmp_path / word) if word in files else word for word in arguments]
        return CliRunner().invoke(command, words, catch_exceptions=False)

    return call


def test_the_commands_say_all_in_json(lab, run):
    text = f"{HEAD}LAB-2,Inkubator,2\nLAB-2,{BSC},1\n"
    dry = run("import", "alat", "--kind", "equipment", "--dry-run", "--json", alat=text)
    assert (dry.exit_code, json.loads(dry.output)["saved"], registered(lab)) == (0, False, [])
    done = run("import", "alat", "--kind", "equipment", "--json", alat=text)
    answer = json.loads(done.output)
    assert (answer["saved"], answer["changed"]) == (True, 2)
    assert [(one["row"], one["ambiguous"], len(one["candidates"])) for one in answer["unmatched"]] == [(3, True, 2)]
    one = json.loads(run("score", "--lab", "LAB-2", "--json").output)
    assert (one["lab"], one["tier"], one["required"], one["met"], one["not_reported"]) == ("LAB-2", 2, 81, 1, 80)
    assert one["by_category"]["B. Mikrobiologi"]["met"] == 1
    assert sum(part["required"] for part in one["by_category"].values()) == 81
    assert json.loads(run("score", "--lab", "LAB-2", "--at", "2025-01-01", "--json").output)["met"] == 0
    everybody = json.loads(run("score", "--all", "--json").output)
    assert [row["lab"] for row in everybody] == ["LAB-1", "LAB-2", "LAB-3", "LAB-4", "LAB-5"]
    assert [row["lab"] for row in json.loads(run("score", "--area", "73.71.11", "--json").output)] == ["LAB-1"]
    assert json.loads(run("standard", "list", "--json").output)[0]["version"] == "KMK-1801-2024"
    bad = run("import", "alat", "--kind", "equipment", "--json", alat=f"{HEAD}LAB-2,Inkubator,-2\n")
    assert bad.exit_code == 1
    assert [(p["row"], p["field"]) for p in json.loads(bad.output)["problems"]] == [(2, "functioning")]
    named = run(
        "import",
        "alat",
        "--kind",
        "equipment",
        "--map",
        "peta",
        "--json",
        alat=text,
        peta=json.dumps({"items": {BSC: "B-07"}}),
    )
    assert json.loads(named.output)["unmatched"] == []


def test_gaps_say_how_many_more_must_function_and_keep_apart_what_nobody_reported(lab, run):
    take(f"{HEAD}LAB-2,Inkubator,0\n")
    own = json.loads(run("gaps", "--lab", "LAB-2", "--json").output)
    score = json.loads(run("score", "--lab", "LAB-2", "--json").output)
    assert own["items"] == score["required"] - score["met"]
    assert own["not_reported"] == score["not_reported"]
    (told,) = [row for row in own["gaps"] if row["name"] == "Inkubator"]
    assert (told["functioning"], told["state"]) == (0, "absent")
    assert {row["functioning"] for row in own["gaps"] if row is not told} == {None}
    assert all(row["missing"] == row["minimum"] for row in own["gaps"])
    assert own["missing"] == sum(row["minimum"] for row in own["gaps"])
    third = json.loads(run("gaps", "--lab", "LAB-2", "--to-tier", "3", "--json").output)
    assert (third["tier"], third["to_tier"]) == (2, 3)
    required = json.loads(run("score", "--lab", "LAB-3", "--json").output)["required"]
    assert third["items"] == required
    assert run("gaps", "--lab", "LAB-2", "--to-tier", "5", "--json").exit_code == 2
    fifth = run("gaps", "--lab", "LAB-2", "--to-tier", "5", "--fifth", "biology", "--json")
    assert json.loads(fifth.output)["to_tier"] == 5


def test_the_kind_of_a_laboratory_follows_from_its_tier(network):
    text = (
        "code,name,tier,kind,area_code,lat,lon,supervisor_code\nBIO,Balai uji,5,biologi,31,,,\n"
        "ENV,Balai uji,5,environment,31,,,\nDUA,Lab uji,2,,73.71,,,LAB-3\nX,Balai uji,5,,31,,,\n"
    )
    plan = network_services.plan_laboratories(SYSTEM, office_id=None, content=text.encode())
    assert [(one.row, one.field) for one in plan.problems] == [(5, "kind")]
    network_services.accept_laboratories(SYSTEM, office_id=None, content=text.rsplit("X,", 1)[0].encode())
    kinds = {lab.code: lab.kind for lab in queries.laboratories()}
    assert (kinds["BIO"], kinds["ENV"], kinds["DUA"]) == (
        "balai_besar_biologi",
        "balai_besar_kesling",
        "labkesda_kabkota",
    )


def test_silent_lists_who_wrote_nothing_since_a_day(lab, run):
    take(f"{HEAD}LAB-2,Inkubator,0\n", valid_from=date(2026, 3, 1))
    rows = {row["lab"]: row for row in json.loads(run("silent", "--since", "2026-03-02", "--json").output)}
    assert (rows["LAB-2"]["last"], rows["LAB-2"]["province"]) == ("2026-03-01", "73")
    assert rows["LAB-3"]["last"] is None
    later = json.loads(run("silent", "--since", "2026-03-01", "--json").output)
    assert "LAB-2" not in [row["lab"] for row in later]
