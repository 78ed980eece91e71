"""Sessions of programmes: a list of people becomes orders, as a whole or not at all."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pytest
import xlsxwriter
from click.testing import CliRunner

from laras.core import clock, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.progress import Progress, Stopped
from laras.core.scope import Scope
from laras.orders import queries, services
from laras.orders.commands import orders as commands
from laras.orders.models import Order, Participation, ProgrammeSession, RequestedTest
from laras.orders.people_sheet import Unclear, read_birth_date, read_people
from laras.people import queries as people_queries

HEAD = "Nama;NIK;Tanggal lahir;L/P;Tanpa NIK;Keterangan;Nomor RM;Orang lain\n"
LIST = (
    HEAD
    + "Budi Santoso;;1960-03-02;L;belum punya;;;\n"
    + "Ni Luh Ayu;;13/4/1985;P;tidak dibawa;;;\n"
    + "Made Wirawan;;2 Mei 2000;L;belum punya;;;\n"
)


def session(programme="CKG", **more):
    return services.SessionInput(programme, name="Posyandu Melati", **more)


@pytest.fixture
def plan(counter, lab):
    return lambda text, given=None: services.plan_session(
        counter, owner=lab, session=given or session(), content=text if isinstance(text, bytes) else text.encode()
    )


@pytest.fixture
def accept(counter, lab):
    return lambda text, given=None, **more: services.accept_session(
        counter, owner=lab, session=given or session(), content=text.encode(), **more
    )


def where(plan):
    return {(problem.row, problem.field) for problem in plan.problems}


def rows_of(lab):
    return Order.objects.within(Scope.of(lab.id)).count()


# --- The sheet --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-04-03", date(1990, 4, 3)), ("3 April 1990", date(1990, 4, 3)), ("03-Agt-1990", date(1990, 8, 3)),
        ("13/04/1990", date(1990, 4, 13)), ("5.5.1990", date(1990, 5, 5)), ("1990-04-03 00:00:00", date(1990, 4, 3)),
    ],
)  # fmt: skip
def test_days_as_people_write_them(text, day):
    assert read_birth_date(text, day_first=False) == day


def test_a_day_of_two_readings_is_never_guessed():
    with pytest.raises(Unclear) as unclear:
        read_birth_date("03/04/1990", day_first=False)
    assert (unclear.value.one, unclear.value.other) == (date(1990, 4, 3), date(1990, 3, 4))
    assert read_birth_date("03/04/1990", day_first=True) == date(1990, 4, 3)
    for wrong in ("04/13/1990", "3/4/90", "31 Februari 1990", "3 Foo 1990", "kemarin", "12345"):
        with pytest.raises(ValueError, match=r".*"):
            read_birth_date(wrong, day_first=True)
    today = date(2026, 11, 23)
    text = HEAD + "Siti;3322014304900001;03/04/1990;P;;;;\nUmi;;03/04/1990;P;belum punya;;;\n"
    told = read_people(text.encode(), day_first=False, today=today)
    # The first one's NIK tells the third of April.
    assert told.people[0].given.birth_date == date(1990, 4, 3)
    assert [(problem.row, problem.field) for problem in told.problems] == [(3, "tanggal_lahir")]
    assert "1990-03-04" in str(told.problems[0].message)
    assert "hari/bulan/tahun" in str(told.problems[0].message)


def book(rows, merged="") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        page = made.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
        if merged:
            page.merge_range(merged, "Kelas 7")
    return out.getvalue()


def test_files_as_they_come(plan):
    wanted = [("Budi Santoso", date(1960, 3, 2)), ("Ni Luh Ayu", date(1985, 4, 13)), ("Made Wirawan", date(2000, 5, 2))]
    as_book = book([line.split(";") for line in LIST.splitlines()])
    digests = set()
    for content in (LIST.encode(), LIST.encode("utf-16"), LIST.replace(";", "\t").encode("utf-16-le"), as_book):
        found = plan(content)
        assert found.problems == ()
        assert [(row.person.given.full_name, row.person.given.birth_date) for row in found.rows] == wanted
        digests.add(found.digest)
    assert len(digests) == 1
    header = plan("Daftar hadir Posyandu;;\nNama;NIK;Tanggal lahir\nBudi;;1960-03-02\n")
    assert where(header) == {(None, "nama"), (None, "tanggal_lahir"), (None, "jenis_kelamin")}
    merged = plan(book([["Nama", "Tanggal lahir", "L/P", "Keterangan"], ["Budi", "1960-03-02", "L", ""]] * 2, "D2:D4"))
    assert "D2" in str(merged.problems[0].message)
    assert not merged.rows
    # Excel keeps fifteen digits of a number: such a NIK is not the person's.
    lost = plan(book([["Nama", "NIK", "Tanggal lahir", "L/P"], ["Siti", 3322014304900001, "1990-04-03", "P"]]))
    assert where(lost) == {(2, "nik")}
    assert "Teks" in str(lost.problems[0].message)


def test_each_fault_names_its_row_and_column(plan, patient):
    text = (
        HEAD
        + ";;1960-03-02;L;belum punya;;;\n"  # 2
        + "Ani;12345;1985-04-13;P;;;;\n"  # 3
        + "Beni;;kemarin;L;belum punya;;;\n"  # 4
        + "Cici;;1990-01-01;X;belum punya;;;\n"  # 5
        + "Dodi;;1990-01-02;L;;;;\n"  # 6: neither NIK nor why not
        + "Edi;;1990-01-03;L;lupa;;;\n"  # 7
        + "Fifi;;1990-01-04;P;belum punya;Kelas 99;;\n"  # 8
        + "Gani;3322014304900001;1990-04-03;L;;;;\n"  # 9: the NIK is a woman's
        + "Siti Aminah;;1990-04-12;P;belum punya;;;\n"  # 10: seems to be on file
        + "Hari;;1991-01-01;L;belum punya;;RM-99-999999;\n"  # 11
        + "Iwan;;1992-01-01;L;belum punya;;;\n"  # 12
        + "Iwan;;1992-01-01;L;belum punya;;;\n"  # 13
    )
    found = plan(text)
    assert where(found) == {
        (2, "nama"), (3, "nik"), (4, "tanggal_lahir"), (5, "jenis_kelamin"), (6, "nik"), (7, "tanpa_nik"), (7, "nik"),
        (8, "keterangan"), (9, "jenis_kelamin"), (10, "nomor_rm"), (11, "nomor_rm"), (13, "nama"),
    }  # fmt: skip
    assert patient.mrn in next(str(problem.message) for problem in found.problems if problem.row == 10)


# --- Accepting --------------------------------------------------------------------------------------------------------


def test_a_session_is_registered_as_a_whole(plan, accept, lab, patient, counter):
    text = LIST + f"Siti Aminah;;1990-04-12;P;belum punya;;{patient.mrn};\n"
    before = plan(text)
    assert (before.count("new"), before.count("known")) == (3, 1)
    assert rows_of(lab) == 0
    made = accept(text)
    scope = Scope.of(lab.id)
    details = queries.orders_of_session(scope, made.id)
    assert [detail.order.patient.full_name for detail in details] == [
        "Budi Santoso", "Ni Luh Ayu", "Made Wirawan", "Siti Aminah",
    ]  # fmt: skip
    assert details[3].order.patient_id == patient.id
    assert {detail.order.payer for detail in details} == {"programme"}
    budi, ayu = ({row.test_code for row in detail.requested} for detail in details[:2])
    assert {"GDPOC", "CHOL", "UREUM", "FOB"} <= budi
    assert "HPVDNA" not in budi
    assert "HPVDNA" in ayu
    assert "FOB" not in ayu
    serials = [int(detail.order.number.split("-")[3]) for detail in details]
    assert serials == list(range(serials[0], serials[0] + 4))
    # Counters go on behind: the next order of the counter has the next number.
    after = services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"])
    assert int(after.number.split("-")[3]) == serials[-1] + 1
    entry = journal.history(scope, made.id)[0]
    assert entry.event == "orders.programme_session_registered"
    assert (entry.payload["people"], entry.payload["known"]) == (4, 1)
    assert journal.verify(lab).whole
    assert "Budi" not in json.dumps(
        [line.payload for detail in details for line in journal.history(scope, detail.order.id)]
    )


def test_the_same_file_is_recognised(accept, plan, lab):
    made = accept(LIST)
    again = plan(LIST)
    assert "sudah diterima" in str(again.problems[0].message)
    assert made.name in str(again.problems[0].message)
    with pytest.raises(Refused):
        accept(LIST)
    tomorrow = clock.today(lab.zone) + timedelta(days=1)
    later = plan(LIST, session(day=tomorrow))
    assert next(problem.field for problem in later.problems) == "again"
    # People of that list are on file now: their record numbers have to be said.
    assert ProgrammeSession.objects.within(Scope.of(lab.id)).count() == 1
    assert rows_of(lab) == 3


def test_one_person_twice_on_one_day(accept, plan, lab):
    text = HEAD + "Siti;3322014304900001;1990-04-03;P;;;;\n"
    accept(text)
    found = plan(text + "Budi;;1960-03-02;L;belum punya;;;\n")
    assert where(found) == {(2, "nama")}
    number = Order.objects.within(Scope.of(lab.id)).get().number
    assert number in str(found.problems[0].message)


def test_stopped_in_the_middle_nothing_is_kept(accept, lab, counter):
    text = HEAD + "".join(
        f"Orang {chr(65 + n % 26)}{chr(65 + n // 26)};;19{60 + n % 40}-01-0{1 + n % 9};L;belum punya;;;\n"
        for n in range(90)
    )
    progress = Progress("1", "halaman")
    seen = []

    def tell(done, total):
        seen.append((done, total))
        if done >= 40:
            assert progress.read() == (0, 90)
            progress.stop()
        progress.tell(done, total)

    with pytest.raises(Stopped):
        accept(text, tell=tell)
    progress.forget()
    assert seen == [(0, 90), (40, 90)]
    assert progress.read() is None
    scope = Scope.of(lab.id)
    assert rows_of(lab) == 0
    assert people_queries.all_patients(scope).count() == 0
    assert not Participation.objects.within(scope).exists()
    assert not ProgrammeSession.objects.within(scope).exists()
    assert journal.verify(lab).entries == 0
    assert accept(text).people == 90


def test_rights_and_other_laboratories(counter, stranger, lab, other, receiver):
    content = LIST.encode()
    for actor in (stranger, receiver):
        with pytest.raises(Forbidden):
            services.plan_session(actor, owner=lab, session=session(), content=content)
    with pytest.raises(NotFound):
        services.plan_session(counter, owner=lab, session=session("TIDAKADA"), content=content)
    made = services.accept_session(counter, owner=lab, session=session(), content=content)
    with pytest.raises(NotFound):
        queries.get_session(Scope.of(other.id), made.id)


# --- Intervals --------------------------------------------------------------------------------------------------------


def test_not_earlier_than_and_who_is_due(counter, lab, patient, plan):
    scope = Scope.of(lab.id)
    first = services.propose(
        scope, lab, programme="PROLANIS-DM", sex="P", born=patient.birth_date, patient_id=patient.id
    )
    assert {"GDP", "HBA1C", "UREUM"} <= set(first.codes)
    assert not first.early
    made = services.register_order(
        counter, owner=lab, patient_id=patient.id, codes=first.codes, programme="PROLANIS-DM", payer="bpjs"
    )
    again = services.propose(
        scope, lab, programme="PROLANIS-DM", sex="P", born=patient.birth_date, patient_id=patient.id
    )
    assert again.codes == ()
    assert {row.item.order for row in again.early} == set(first.codes)
    # Of a list too: who has nothing to be made is left out and said.
    text = HEAD + f"Siti Aminah;;1990-04-12;P;belum punya;;{patient.mrn};\nBaru;;1960-01-01;L;belum punya;;;\n"
    found = plan(text, session("PROLANIS-DM", day=clock.today(lab.zone) + timedelta(days=1)))
    assert found.problems == ()
    assert [row.action for row in found.rows] == ["skip", "new"]
    today = clock.today(lab.zone)
    month = services.month_of(services.month_of(today)[1] + timedelta(days=1))
    ((who, items),) = services.due_in(scope, lab, "PROLANIS-DM", *month)
    assert who.id == patient.id
    assert {row.item.order for row in items} == {"GDP", "GD2PP"}
    assert services.due_in(scope, lab, "PROLANIS-DM", *services.month_of(today)) == []
    # What was cancelled counts for nothing.
    services.cancel_order(counter, owner_id=lab.id, order_id=made.id, reason="Salah pasien")
    assert services.due_in(scope, lab, "PROLANIS-DM", *month) == []


def test_an_order_for_a_programme_that_is_none(counter, lab, patient):
    with pytest.raises(Refused) as refused:
        services.register_order(counter, owner=lab, patient_id=patient.id, codes=["HB"], programme="X")
    assert [problem.field for problem in refused.value.problems] == ["programme"]


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command(lab, tmp_path):
    file = tmp_path / "peserta.csv"
    file.write_text(LIST, encoding="utf-8")
    arguments = ["import", str(file), "--programme", "CKG", "--lab", lab.code, "--json"]
    dry = CliRunner().invoke(commands, [*arguments, "--dry-run"])
    answer = json.loads(dry.stdout)
    assert dry.exit_code == 0
    assert (answer["saved"], answer["new"], answer["problems"]) == (False, 3, [])
    assert rows_of(lab) == 0
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["saved"] is True
    assert rows_of(lab) == 3
    assert RequestedTest.objects.within(Scope.of(lab.id)).filter(test_code="HPVDNA").count() == 1
    twice = CliRunner().invoke(commands, arguments)
    assert twice.exit_code == 1
    assert json.loads(twice.stdout)["problems"][0]["field"] == "file"
    assert CliRunner().invoke(commands, [*arguments[:3], "ENTAH", *arguments[4:]]).exit_code == 1
    file.write_text(HEAD + "Budi;;03/04/1990;L;belum punya;;;\n", encoding="utf-8")
    wrong = CliRunner().invoke(commands, arguments[:-1])
    assert wrong.exit_code == 1
    assert "baris 2, tanggal_lahir" in wrong.stderr
    listed = CliRunner().invoke(commands, ["due", "--programme", "CKG", "--lab", lab.code, "--json"])
    assert json.loads(listed.stdout) == []
