"""The study of what was eaten: entered in the grid, by a sheet, and what it says on the page and on paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from laras.core.actor import system_actor
from laras.core.errors import Conflict, Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.surveillance import documents, queries, services
from laras.surveillance.diners_sheet import DinerInput, read_moment
from laras.surveillance.models import Signal
from tests.surveillance.test_pages import browser

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("job:test")
FOODS = ["Nasi kuning", "Ayam suwir", "Es teh"]
# Two of three who ate the chicken fell ill, one of ten who did not; the rice was eaten by all.
SHEET = "Nama;L/P;Umur;Sakit;Mulai sakit;Jam sakit;Nasi kuning;Ayam suwir;Es teh\n" + "".join(
    f"Murid {n};{'LP'[n % 2]};{7 + n % 5};{'ya' if ill else 'tidak'};{'13-11-2026' if ill else ''};{f'{14 + n % 6}.30' if ill else ''};"
    f"ya;{'ya' if n < 18 else 'tidak'};{['ya', 'tidak', ''][n % 3]}\n"
    for n in range(28)
    for ill in [n in (*range(12), 20)]
)


@pytest.fixture
def event(world):
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="KERPANG", cases=1, reason="Keputusan kepala dinas"
    )
    for _n in range(2):
        world.lab.tested(world.lab.person(), "USAP-DUBUR", "Positif", purpose="outbreak")
    services.judge(SYSTEM, owner_id=world.city.id)
    signal = Signal.objects.within(world.city.scope).get()
    return services.join_signal(world.city.officer, owner_id=world.city.id, signal_id=signal.id, reason="Satu sekolah")


@pytest.fixture
def mine(world, event):
    return {"owner_id": world.city.id, "outbreak_id": event.id}


@pytest.fixture
def study(world, mine):
    return services.describe_study(
        world.city.officer, **mine, design="cohort", meal="Makan siang di aula", case_definition="Mual atau muntah dalam 24 jam",
        foods=FOODS, served_at=datetime(2026, 11, 13, 4, tzinfo=UTC),
    )  # fmt: skip


def lines_of(event):
    study = queries.get_study(event)
    return queries.food_lines(study.foods, queries.answers_of(study), cohort=study.design == "cohort")


def test_a_sheet_finds_the_guilty_food(world, event, mine, study):
    plan = services.plan_diners(world.city.officer, **mine, content=SHEET.encode())
    assert (len(plan.new), len(plan.known), plan.sheet.problems) == (28, 0, ())
    assert queries.answers_of(study) == [], "a preview keeps nothing"
    services.import_diners(world.city.officer, **mine, content=SHEET.encode())
    first, *others = lines_of(event)
    assert (first.name, first.suspect) == ("Ayam suwir", True)
    table = first.table
    assert (table.eaten_ill, table.eaten_well, table.not_eaten_ill, table.not_eaten_well) == (12, 6, 1, 9)
    assert first.ratio.value == pytest.approx((12 / 18) / (1 / 10))
    assert first.ratio.low > 1
    assert not any(line.suspect for line in others)
    rice = next(line for line in others if line.name == "Nasi kuning")
    assert (rice.ratio, rice.pvalue) == (None, None), "a food that all ate says nothing"
    assert {line.name: line.unknown for line in others}["Es teh"] == 9
    hours = queries.incubation(queries.get_study(event).served_at, queries.answers_of(study))
    # Served at 12.00 in the city's zone; the first fell ill at 14.30, the last at 19.30.
    assert (hours.shortest, hours.longest, hours.persons) == (2.5, 7.5, 13)
    # The same sheet again changes nobody; a correction changes one; a new column is a new food.
    again = services.import_diners(world.city.officer, **mine, content=SHEET.encode())
    assert (len(again.new), len(again.known)) == (0, 28)
    more = "nama;jk;umur;sakit;Kerupuk\nMURID 0;L;7;ya;tidak\n"
    services.import_diners(world.city.officer, **mine, content=more.encode())
    last = queries.get_study(event)
    assert [name for _key, name in last.foods] == [*FOODS, "Kerupuk"]
    changed = queries.diners_of(last)[0]
    assert (len(changed.foods), changed.onset_at is not None) == (4, True), "what the sheet does not hold stays"
    saved = JournalEntry.objects.within(world.city.scope).filter(event="surveillance.diners_saved").order_by("sequence")
    assert b'"added":28' in bytes(saved[0].payload)
    assert len(saved) == 2, "a sheet that changes nothing is no change"
    assert all(b"Murid" not in bytes(one.payload) for one in saved)


FAULTS = (
    (";L;7;ya;;;ya;ya;", "nama", "Wajib diisi"),
    ("A;X;7;ya;;;ya;ya;", "jenis_kelamin", "L atau P"),
    ("A;L;7 th;ya;;;ya;ya;", "umur", "0 sampai 120"),
    ("A;L;7;mungkin;;;ya;ya;", "sakit", "ya atau tidak"),
    ("A;L;7;ya;13-11-2026;;ya;ya;", "mulai_sakit", "tanggal dan jam"),
    ("A;L;7;ya;31-12-2026;10.00;ya;ya;", "mulai_sakit", "belum terjadi"),
    ("A;L;7;tidak;13-11-2026;10.00;ya;ya;", "mulai_sakit", "tidak sakit"),
    ("A;L;7;ya;;;ya;sedikit;", "Ayam suwir", "kosongkan bila tidak ingat"),
    ("Murid 1;P;8;ya;;;ya;ya;", "nama", "sudah ada di baris 3"),
    ("A;L;7;ya;;;ya;ya;ya;ya", "file", "di luar kolom"),
)


@pytest.mark.either
def test_a_sheet_says_its_faults_by_row_and_column_and_is_refused_whole(world, event, mine, study):
    for line, column, words in FAULTS:
        content = (SHEET + line + "\n").encode()
        (problem,) = services.plan_diners(world.city.officer, **mine, content=content).sheet.problems
        assert (problem.row, problem.field) == (30, column)
        assert words in problem.message
    with pytest.raises(Refused):
        services.import_diners(world.city.officer, **mine, content=content)
    assert queries.answers_of(study) == []


@pytest.mark.either
def test_a_sheet_without_its_columns(world, mine, study):
    for content, words in (
        (b"nama;Ayam suwir\nA;ya\n", "“sakit” tidak ada"),
        (b"nama;sakit;Ayam suwir;ayam  SUWIR\nA;ya;ya;ya\n", "dua kali"),
        (b"nama;sakit\n", "tidak berisi"),
        (b"\x00\x01\x02", "bukan CSV"),
    ):
        (problem,) = services.plan_diners(world.city.officer, **mine, content=content).sheet.problems
        assert words in problem.message


def test_only_the_team_reads_and_writes_names_and_looks_are_journaled(world, event, mine, study):
    services.save_diners(world.city.officer, **mine, revision=study.revision, diners=[DinerInput("Anak A", True)])
    for stranger in (world.city.head, world.province.officer):
        with pytest.raises(Forbidden):
            services.open_diners(stranger, **mine)
        with pytest.raises(Forbidden):
            services.import_diners(stranger, **mine, content=SHEET.encode())
    with pytest.raises(NotFound):
        services.open_diners(world.elsewhere.officer, owner_id=world.elsewhere.id, outbreak_id=event.id)
    assert [row.name for row in services.open_diners(world.city.officer, **mine)] == ["Anak A"]
    looks = JournalEntry.objects.within(world.city.scope).filter(event="surveillance.diners_read")
    assert [entry.person for entry in looks] == [world.city.officer.person_id]


def test_two_who_write_at_once_notice(world, event, mine, study):
    services.save_diners(world.city.officer, **mine, revision=study.revision, diners=[DinerInput("Anak A", True)])
    with pytest.raises(Conflict):
        services.save_diners(world.city.officer, **mine, revision=study.revision, diners=[DinerInput("Anak B", True)])
    later = queries.get_study(event)
    services.save_diners(world.city.officer, **mine, revision=later.revision, diners=[], removed=[1])
    assert queries.diners_of(study) == []


@pytest.mark.either
def test_foods_with_answers_stay(world, event, mine, study):
    services.save_diners(
        world.city.officer, **mine, revision=1, diners=[DinerInput("Anak A", True, foods={"f2": True, "f9": True})]
    )
    assert queries.diners_of(study)[0].foods == {"f2": True}, "a food that is not of the study is no answer"
    same = {"design": "case_control", "meal": "Makan siang", "case_definition": "Muntah"}
    with pytest.raises(Refused, match="Ayam suwir"):
        services.describe_study(world.city.officer, **mine, **same, foods=["Nasi kuning"])
    for wrong in ([], ["Teh", "teh "], ["Sakit"], ["x" * 81], [f"Kue {n}" for n in range(31)]):
        with pytest.raises(Refused):
            services.describe_study(world.city.officer, **mine, **same, foods=wrong)
    changed = services.describe_study(world.city.officer, **mine, **same, foods=["Ayam suwir", "Kerupuk"])
    assert changed.foods == [["f2", "Ayam suwir"], ["f4", "Kerupuk"]]
    with pytest.raises(Forbidden):
        services.describe_study(world.province.officer, **mine, **same, foods=FOODS)


@pytest.mark.either
def test_attack_rate_of_the_event(world, event, mine):
    for number, who in ((1, "Murid"), (10, " "), (200_000_000, "Semua")):
        with pytest.raises(Refused):
            services.set_population(world.city.officer, **mine, at_risk=number, who=who)
    services.set_population(world.city.officer, **mine, at_risk=40, who="Murid kelas 1 sampai 6")
    page = browser(world.city.user).get(f"/surveilans/kejadian/{event.id}/").content.decode()
    assert "5,0 %" in page  # 2 of 40
    assert "0,6 % – 16,9 %" in page  # binom.test(2, 40)
    services.set_population(world.city.officer, **mine, at_risk=0, who="")
    assert "Angka serangan" not in browser(world.city.user).get(f"/surveilans/kejadian/{event.id}/").content.decode()


@pytest.mark.either
def test_the_pages_from_the_meal_to_the_report(world, event):
    officer, place = browser(world.city.user), f"/surveilans/kejadian/{event.id}/makanan/"
    assert "Belum ada studi makanan" in officer.get(place).content.decode()
    meal = {"design": "cohort", "meal": "Makan siang", "case_definition": "Muntah", "foods": "Nasi kuning\nAyam suwir"}
    assert officer.post(f"{place}atur/", {**meal, "foods": ""}).status_code == 422
    assert officer.post(f"{place}atur/", {**meal, "served_at": "2026-11-13T12:00"}).status_code == 303
    grid = officer.post(f"{place}daftar/").content.decode()
    assert grid.count('name="name-') == 10
    row = {"rows": 10, "from": 0, "revision": 1, "name-0": "Anak A", "sex-0": "P", "age-0": "8", "ill-0": "ya",
           "onset-0": "2026-11-13T16:30", "f2-0": "ya", "name-1": "Anak B", "ill-1": ""}  # fmt: skip
    refused = officer.post(f"{place}simpan/", row)
    assert refused.status_code == 422
    assert "Tulis ya atau tidak" in refused.content.decode()
    assert 'value="Anak A"' in refused.content.decode(), "what was typed stays"
    assert officer.post(f"{place}simpan/", {**row, "ill-1": "tidak", "f2-1": "tidak"}).status_code == 303
    late = officer.post(f"{place}simpan/", {**row, "ill-1": "tidak"})
    assert "diubah orang lain" in late.content.decode()
    page = officer.get(place).content.decode()
    assert "Anak A" not in page, "the analysis names nobody"
    assert "4,5 jam" in page
    sheet = "nama;sakit;Ayam suwir\n" + "".join(
        f"M{n};{'ya' if n < 9 else 'tidak'};{'ya' if n < 10 else 'tidak'}\n" for n in range(20)
    )
    preview = officer.post(f"{place}berkas/", {"file": SimpleUploadedFile("a.csv", sheet.encode())})
    assert preview.status_code == 200
    assert "Simpan 20 orang" in preview.content.decode()
    assert officer.post(f"{place}terima/", {"sheet": sheet}).status_code == 303
    assert "Paling dicurigai" in officer.get(place).content.decode()
    lines = officer.get(f"{place}?format=csv").content.decode().splitlines()
    assert lines[1].startswith("Ayam suwir,10,11,0.909091,0,11,0")
    assert documents.event_report_pdf(event).startswith(b"%PDF")
    assert "Ayam suwir" in str(documents._food_parts(event))
    assert "Anak A" not in str(documents._food_parts(event))
    province = browser(world.province.user)
    assert province.get(place).status_code == 200
    assert province.post(f"{place}daftar/").status_code in (403, 404)
    assert browser(world.elsewhere.user).get(place).status_code == 404


@pytest.mark.either
def test_moments_as_people_write_them():
    for text in ("2026-11-13T16:30", "13/11/2026 16.30", "13-11-2026 16:30"):
        assert read_moment(text, UTC) == datetime(2026, 11, 13, 16, 30, tzinfo=UTC)
    for wrong in ("13-11-2026", "16.30", "13-11-2026 25.00", "kemarin 10.00"):
        with pytest.raises(ValueError):
            read_moment(wrong, UTC)
