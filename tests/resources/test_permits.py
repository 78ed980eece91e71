from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction

from laras.core import clock
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.network.services import rebuild_reach
from laras.resources import queries, services
from laras.resources.commands import resources as command
from laras.resources.models import Permit
from tests.network.conftest import SYSTEM

NOW = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
TODAY = NOW.date()
SLO = "wastewater_slo"


@pytest.fixture(autouse=True)
def _day(db):
    with clock.at(NOW):
        yield


@pytest.fixture
def lab(network):
    return network["tier2"]


@pytest.fixture
def head(lab, make_actor):
    return make_actor("kepala", lab.owner, "head")


@pytest.fixture
def visit(sign_in, make_user, network, with_context):
    def enter(where, role):
        return sign_in(make_user(f"{where}-{role}", network[where].owner, role))

    return enter


def paper(number="SLO-1", start="2021-12-01", end="2026-12-01", **more):
    values = {"number": number, "valid_from": start and date.fromisoformat(start)}
    return values | {"valid_until": end and date.fromisoformat(end)} | more


def record(lab, kind=SLO, actor=SYSTEM, **more):
    return services.record_permit(actor, owner_id=lab.pk, kind=kind, values=paper(**more))


def address(lab, *parts):
    return "/".join(["/kemampuan", str(lab.pk), "izin", *map(str, parts), ""])


# --- Use cases --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"end": "2021-11-30"}, "valid_until"),
        ({"start": None}, "valid_from"),
        ({"start": "2030-01-01", "end": None}, "valid_from"),
        ({"number": " "}, "number"),
        ({"about": "x" * 121}, "about"),
        ({"kind": "sim"}, "kind"),
    ],
)
def test_a_permit_that_cannot_be_is_refused_by_field(lab, wrong, field):
    with pytest.raises(Refused) as refused:
        record(lab, **wrong)
    assert [one.field for one in refused.value.problems] == [field]
    assert not queries.permits(Scope.of(lab.pk)).exists()


def test_the_database_knows_it_too(lab):
    row = record(lab)
    mine = Permit.objects.within(Scope.of(lab.pk))
    for wrong in ({"valid_until": row.valid_from - timedelta(days=1)}, {"number": ""}, {"status": "process"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(**wrong)
    with pytest.raises(Refused):
        record(lab)


def test_a_renewal_goes_its_way_and_takes_the_place_of_what_it_renews(lab, head):
    old = record(lab, actor=head)
    new = services.begin_permit(head, owner_id=lab.pk, kind=SLO, renews_id=old.id, day=TODAY - timedelta(days=40))
    assert (new.step, new.office) == ("trial", "Dinas lingkungan hidup")
    with pytest.raises(Conflict):
        services.begin_permit(head, owner_id=lab.pk, kind=SLO, renews_id=old.id)
    for day, field in ((TODAY - timedelta(days=41), "day"), (TODAY + timedelta(days=1), "day")):
        with pytest.raises(Refused) as refused:
            services.take_step(head, owner_id=lab.pk, permit_id=new.id, day=day)
        assert [one.field for one in refused.value.problems] == [field]
    of = {"owner_id": lab.pk, "permit_id": new.id}
    services.take_step(head, **of, day=TODAY - timedelta(days=30), document="LAP/1")
    assert services.take_step(head, **of).step == "verification"
    with pytest.raises(Conflict):
        services.take_step(head, **of)
    with pytest.raises(Refused):
        services.return_permit(head, **of, step="verification", reason="Kurang lengkap")
    assert services.return_permit(head, **of, step="application", reason="Kurang lengkap").step == "application"
    with pytest.raises(Refused):
        services.issue_permit(head, **of, values=paper("SLO-1"))
    issued = services.issue_permit(head, **of, values=paper("SLO-2", "2026-12-02", "2031-12-01"))
    assert (issued.status, issued.step, issued.number) == ("issued", "", "SLO-2")
    old.refresh_from_db()
    assert old.status == "ended"
    done = [(one.step, one.returned, one.document) for one in queries.steps_done(Scope.of(lab.pk), new.id)]
    assert done == [
        ("trial", False, "LAP/1"),
        ("application", False, ""),
        ("application", True, ""),
        ("application", False, "SLO-2"),
    ]
    names = JournalEntry.objects.within(Scope.of(lab.pk)).filter(event__startswith="resources.permit")
    assert [one.event.rpartition("_")[2] for one in names.order_by("sequence")] == [
        "recorded", "begun", "taken", "taken", "returned", "issued", "moved",
    ]  # fmt: skip


def test_refused_taken_up_again_corrected_and_ended(lab, head, network, make_actor):
    row = services.begin_permit(head, owner_id=lab.pk, kind="radiation", about="Sinar-X")
    of = {"owner_id": lab.pk, "permit_id": row.id}
    assert services.move_permit(head, **of, move="refuse", reason="Belum ada petugas proteksi").status == "refused"
    with pytest.raises(MoveRefused):
        services.issue_permit(head, **of, values=paper())
    assert services.move_permit(head, **of, move="resume", reason="Petugas ada").status == "process"
    assert (
        services.alter_permit(head, **of, values={"about": "Sinar-X gigi"}, reason="Salah tulis").about
        == "Sinar-X gigi"
    )
    services.issue_permit(head, **of, values=paper("B-1", "2026-01-01", None))
    with pytest.raises(Refused):
        services.alter_permit(head, **of, values={"number": ""}, reason="Salah tulis")
    with pytest.raises(Refused):
        services.alter_permit(head, **of, values={"number": "B-2"}, reason=" ")
    assert services.move_permit(head, **of, move="end", reason="Alat dijual").status == "ended"
    for stranger in (make_actor("lain", network["tier3"].owner, "head"), make_actor("analis", lab.owner, "analyst")):
        with pytest.raises(Forbidden):
            services.move_permit(stranger, **of, move="end", reason="x")
    with pytest.raises(NotFound):
        services.take_step(SYSTEM, owner_id=network["tier3"].pk, permit_id=row.id)


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_head_leads_a_permit_to_its_end_on_pages(visit, lab):
    client = visit("tier2", "head")
    assert "Belum dilaporkan" in client.get(address(lab)).content.decode()
    wrong = client.post(
        address(lab, "tambah"), {"kind": SLO, "number": "S-1", "valid_from": "2022-01-02", "valid_until": "2022-01-01"}
    )
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"valid_until"})
    here = client.post(address(lab, "tambah"), {"kind": SLO, "form_key": "a"}).headers["Location"]
    page = client.get(here)
    assert (page.status_code, page.context["now"].code) == (200, "trial")
    assert client.post(f"{here}langkah/", {"document": "L-1", "form_key": "b"}).status_code == 303
    bad = client.post(f"{here}langkah/", {"day": "2020-01-01", "form_key": "c"})
    assert (bad.status_code, set(bad.context["step_form"].errors)) == (422, {"day"})
    assert client.post(f"{here}kembali/", {"step": "trial", "reason": "Ulangi", "form_key": "d"}).status_code == 303
    given = {"number": "S-2", "valid_from": "2026-01-01", "valid_until": "2026-12-31", "form_key": "e"}
    assert client.post(f"{here}terbit/", given).status_code == 303
    assert client.get(f"{here}ubah/").status_code == 200
    edit = {**given, "number": "S-3", "office": "DLH", "reason": "Salah ketik", "form_key": "f"}
    assert client.post(f"{here}ubah/", edit).status_code == 303
    renewal = client.post(f"{here}perpanjang/", {"form_key": "g"}).headers["Location"]
    assert "Perpanjangan sedang diurus" in client.get(here).content.decode()
    assert client.post(f"{renewal}status/", {"move": "refuse", "reason": "Ditolak", "form_key": "h"}).status_code == 303
    shown = client.get(address(lab)).content.decode()
    assert "S-3" in shown
    assert "Ditolak" in shown


def test_others_read_a_permit_or_see_nothing(visit, lab, network):
    row = record(lab)
    analyst = visit("tier2", "analyst")
    assert analyst.get(address(lab, row.id)).status_code == 200
    assert analyst.post(address(lab, row.id, "perpanjang")).status_code == 403
    assert visit("tier4", "analyst").get(address(lab, row.id)).status_code == 404
    assert visit("tier2", "head").get(address(network["tier1"], row.id)).status_code == 404
    assert visit("tier2", "receptionist").get("/kemampuan/izin/").status_code == 403


def test_an_office_sees_what_ends_in_a_quarter_and_what_is_done_about_it(visit, lab, network):
    rebuild_reach()
    ends = record(lab, number="SLO-1", end="2026-12-31")
    record(lab, number="SLO-2", end="2027-01-01")
    record(lab, kind="operation", number="OPS-1", end="2026-10-01")
    record(network["tier3"], number="SLO-3", end="2026-11-01")
    record(lab, kind="slf", number="SLF-1", end=None)
    services.begin_permit(SYSTEM, owner_id=lab.pk, kind=SLO, renews_id=ends.id)
    client = visit("province_office", "officer")

    def numbers(**asked):
        return [one.permit.number for one in client.get("/kemampuan/izin/", asked).context["page"]]

    assert numbers() == ["OPS-1", "SLO-3", "SLO-1"]
    assert numbers(group="wastewater") == ["SLO-3", "SLO-1"]
    assert numbers(group="wastewater", renewal="yes") == ["SLO-1"]
    assert numbers(group="wastewater", tier="3") == ["SLO-3"]
    assert numbers(quarter="2027-Q1") == ["SLO-2"]
    assert numbers(quarter="lewat") == ["OPS-1", "SLO-3"]
    assert numbers(area="99") == []
    assert client.get("/kemampuan/izin/", headers={"HX-Request": "true"}).status_code == 200
    answer = client.get("/kemampuan/izin/", {"group": "wastewater", "format": "csv"})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(one["lab"], one["number"], one["valid_until"], one["renewal_step"]) for one in lines] == [
        ("LAB-3", "SLO-3", "2026-11-01", ""),
        ("LAB-2", "SLO-1", "2026-12-31", "Uji coba IPAL dan pemantauan mutu air limbah"),
    ]
    assert client.get("/kemampuan/izin/", {"format": "xlsx"}).content[:2] == b"PK"
    own = visit("tier2", "analyst").get("/kemampuan/izin/").context["page"]
    assert [one.permit.number for one in own] == ["OPS-1", "SLO-1"]


def test_the_command_tells_the_same(lab):
    record(lab, end="2026-12-31")
    run = CliRunner().invoke(command, ["permits", "--kind", "wastewater", "--json"])
    (line,) = json.loads(run.output)
    assert (line["lab"], line["number"], line["valid_until"]) == ("LAB-2", "SLO-1", "2026-12-31")
    assert json.loads(CliRunner().invoke(command, ["permits", "--ending", "2027-Q1", "--json"]).output) == []
    assert CliRunner().invoke(command, ["permits", "--ending", "2027"]).exit_code == 2
