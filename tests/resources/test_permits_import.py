from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from laras.core.errors import Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.resources import queries, services
from laras.resources.commands import resources as command
from laras.resources.shipped import permit_kinds, permit_kinds_named
from tests.network.conftest import SYSTEM

HEAD = "lab_code,kind,number,valid_from,valid_until,about,office\n"
GOOD = f"{HEAD}LAB-2,SLF,SLF-1,2024-01-05,05/01/2029,Gedung A,\nLAB-3,wastewater_slo,SLO-1,2025-02-01,,,Dinas LH\n"


def take(text, actor=SYSTEM, **more):
    return services.accept_permits(actor, content=text.encode(), **more)


def held(lab):
    return {row.number: row for row in queries.permits(Scope.of(lab.pk))}


def journaled(lab, event):
    return JournalEntry.objects.within(Scope.of(lab.pk)).filter(event=event).count()


@pytest.mark.pure
def test_a_kind_is_known_by_code_name_or_words_of_one_kind_alone():
    for kind in permit_kinds().values():
        assert permit_kinds_named(kind.code) == permit_kinds_named(f" {kind.name.upper()} ") == [kind.code]
    assert permit_kinds_named("SLO IPAL") == ["wastewater_slo"]
    assert permit_kinds_named("UKL-UPL") == ["environment"]
    assert permit_kinds_named("ipal") == ["wastewater_approval", "wastewater_slo"]
    assert permit_kinds_named("izin mendirikan kapal") == permit_kinds_named(" ") == []


def test_a_sheet_records_corrects_and_leaves_what_it_says_already(network):
    second, third = network["tier2"], network["tier3"]
    plan = take(GOOD)
    assert (plan.rows, plan.laboratories, plan.new, plan.changed, plan.same) == (2, 2, 2, 0, 0)
    row = held(second)["SLF-1"]
    assert (row.kind, row.status, row.valid_until, row.about) == ("slf", "issued", date(2029, 1, 5), "Gedung A")
    assert (row.office, held(third)["SLO-1"].office) == (permit_kinds()["slf"].office, "Dinas LH")
    again = take(GOOD)
    assert (again.new, again.changed, again.same) == (0, 0, 2)
    assert journaled(second, "resources.permit_altered") == 0
    # An empty cell says nothing; another day corrects, and the number is the same in other letters.
    plan = take(f"{HEAD}LAB-2,slf,slf-1,,2030-01-05,,\n")
    assert (plan.new, plan.changed) == (0, 1)
    (row,) = held(second).values()
    assert (row.valid_from, row.valid_until, row.about) == (date(2024, 1, 5), date(2030, 1, 5), "Gedung A")
    assert journaled(second, "resources.permit_altered") == 1
    # What has ended stays so.
    services.move_permit(SYSTEM, owner_id=second.pk, permit_id=row.id, move="end", reason="Pindah gedung")
    assert take(GOOD).same == 2
    assert [one.status for one in held(second).values()] == ["ended"]


def test_what_is_wrong_is_named_by_row_and_field_and_nothing_is_saved(network, make_actor):
    lab = network["tier2"]
    bad = (
        f"{HEAD}LAB-2,SLF,A,2024-01-05,2024-01-04,,\nLAB-9,SLF,B,2024-01-05,,,\nLAB-2,IPAL,C,2024-01-05,,,\n"
        "LAB-2,SLF,,2024-01-05,,,\nLAB-2,SLF,E,kemarin,,,\nLAB-2,SLF,F,,,,\nLAB-2,PBG,G,2024-01-05,,,\n"
        f"LAB-2,PBG,g,2024-01-05,,,\nLAB-2,SLF,H,2024-01-05,,{'x' * 121},\nLAB-2,SLF,I,2024-01-05,,,\n"
    )
    plan = services.plan_permits(SYSTEM, content=bad.encode())
    assert [(one.row, one.field) for one in plan.problems] == [
        (2, "valid_until"), (3, "lab_code"), (4, "kind"), (5, "number"), (6, "valid_from"), (7, "valid_from"), (9, "number"),
        (10, "about"),
    ]  # fmt: skip
    assert "wastewater_slo" in plan.problems[2].message
    with pytest.raises(Refused) as refused:
        take(bad)
    assert refused.value.problems == plan.problems
    services.begin_permit(SYSTEM, owner_id=lab.pk, kind="slf")
    assert set(held(lab)) == {""}
    head = make_actor("kepala", lab.owner, "head")
    with pytest.raises(Refused) as refused:
        take(GOOD, head)
    assert [(one.row, one.field) for one in refused.value.problems] == [(3, "lab_code")]
    assert take(GOOD.rsplit("LAB-3", 1)[0], head).new == 1


def test_the_command_takes_own_headings_and_tries_before_it_saves(network, tmp_path):
    sheet, columns = tmp_path / "izin.csv", tmp_path / "peta.json"
    sheet.write_text(
        "Kode lab;Jenis;Perizinan;Mulai berlaku;Berakhir\nLAB-2;Izin operasional laboratorium;OPS/1;1/2/2024;31/1/2029\n"
    )
    columns.write_text(json.dumps({"columns": {"Perizinan": "number"}}))

    def run(*more):
        return CliRunner().invoke(command, ["import", str(sheet), "--kind", "permits", "--json", *more])

    missing = run()
    assert (missing.exit_code, json.loads(missing.output)["problems"][0]["field"]) == (1, "number")
    tried = json.loads(run("--map", str(columns), "--dry-run").output)
    assert (tried["saved"], tried["new"], held(network["tier2"])) == (False, 1, {})
    assert json.loads(run("--map", str(columns)).output)["saved"] is True
    assert held(network["tier2"])["OPS/1"].kind == "operation"
    assert run("--at", "2025-01-01").exit_code == 2
    columns.write_text(json.dumps({"columns": {"Perizinan": "nomer"}}))
    assert json.loads(run("--map", str(columns)).output)["problems"][0]["field"] == "map"
