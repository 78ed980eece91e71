"""The pages of a health office: what they say, what they open, what a file of them holds."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from django.test import Client
from python_calamine import CalamineWorkbook

from laras.cli.main import laras
from laras.core import clock
from laras.core.actor import system_actor
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.surveillance import charts, queries, services
from laras.surveillance.models import Case, Outbreak, Signal
from laras.surveillance.queries.overview import Week
from tests.product import world as worlds
from tests.surveillance import network

pytestmark = pytest.mark.either
SYSTEM = system_actor("job:test")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


@pytest.fixture
def cluster(world):
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=2, reason="Keputusan kepala dinas"
    )
    for n in range(3):
        world.lab.tested(world.lab.person(full_name=f"Anak {'ABC'[n]}"), "CAMIGM", "Positif")
    for office in (world.city, world.province):
        services.judge(SYSTEM, owner_id=office.id)
    return Signal.objects.within(world.city.scope).get()


@pytest.mark.django_db
def test_what_is_unusual_stands_first(world, cluster):
    client = browser(world.city.user)
    page = client.get("/surveilans/").content.decode()
    assert "Campak: 3 kasus pada M46 2026" in page
    assert page.index("Campak: 3 kasus") < page.index("Kelengkapan laporan")
    assert "Labkesmas LAB-L" not in page, "a laboratory of another city is not awaited here"
    assert client.get("/surveilans/?minggu=2026-M45").status_code == 200
    assert client.get("/surveilans/?minggu=apa").status_code == 200
    home = client.get("/").content.decode()
    assert "Campak: 3 kasus" in home


@pytest.mark.django_db
def test_a_result_shows_before_the_jobs_have_judged_it(world, cluster):
    client = browser(world.city.user)
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert "M46 2026 (15–21 Nov): 4 kasus" in client.get("/surveilans/penyakit/CAMPAK/").content.decode()
    lines = client.get("/surveilans/?format=csv").content.decode().splitlines()
    assert any(line.startswith("CAMPAK,Campak,2026-M46,4,") for line in lines)


@pytest.mark.django_db
def test_the_province_sees_the_city_s_signal_and_decides_nothing_there(world, cluster):
    client = browser(world.province.user)
    page = client.get("/surveilans/").content.decode()
    assert world.city.owner.name in page
    one = client.get(f"/surveilans/sinyal/{cluster.id}/")
    assert one.status_code == 200
    assert "Jadikan kejadian" not in one.content.decode()
    assert client.post(f"/surveilans/sinyal/{cluster.id}/kejadian/", {"reason": "x"}).status_code == 404
    assert browser(world.elsewhere.user).get(f"/surveilans/sinyal/{cluster.id}/").status_code == 404


@pytest.mark.django_db
def test_the_series_says_the_same_in_chart_table_and_files(world, cluster):
    client = browser(world.city.user)
    page = client.get("/surveilans/penyakit/CAMPAK/").content.decode()
    assert "M46 2026 (15–21 Nov): 3 kasus" in page
    lines = client.get("/surveilans/penyakit/CAMPAK/?format=csv").content.decode().splitlines()
    assert (
        lines[0]
        == "week,first_day,observed,expected,upperbound,alarm,tested,positive,nowcast,nowcast_lower,nowcast_upper"
    )
    assert lines[-1].startswith("2026-M46,2026-11-15,3,")
    book = client.get("/surveilans/penyakit/CAMPAK/?format=xlsx").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[-1][0] == "2026-M46"
    assert rows[-1][2] == 3
    assert client.get("/surveilans/penyakit/ADA/").status_code == 404
    assert client.get("/surveilans/penyakit/KOLERA/").status_code == 200


@pytest.mark.django_db
def test_from_a_signal_to_a_closed_klb_by_the_pages(world, cluster):
    officer, head = browser(world.city.user), browser(world.city.head_user)
    refused = officer.post(f"/surveilans/sinyal/{cluster.id}/kejadian/", {"reason": ""})
    assert refused.status_code == 422
    answer = officer.post(
        f"/surveilans/sinyal/{cluster.id}/kejadian/", {"reason": "Satu sekolah", "title": "Campak SD"}
    )
    assert answer.status_code == 303
    event = Outbreak.objects.within(world.city.scope).get()
    place = f"/surveilans/kejadian/{event.id}/"
    assert officer.post(f"{place}verifikasi/", {"verification": "Didatangi puskesmas"}).status_code == 303
    assert officer.post(f"{place}risiko/", {"risk": "high", "note": "Cakupan rendah"}).status_code == 303
    assert officer.post(f"{place}tetapkan/", {"decree": "SK 1"}).status_code == 403
    assert head.post(f"{place}tetapkan/", {"decree": "SK 440/1"}).status_code == 303
    w1 = officer.post(f"{place}w1/")
    assert w1.content.startswith(b"%PDF")
    assert head.post(f"{place}akhiri/").status_code == 303
    assert officer.post(f"{place}tutup/", {"conclusion": "Dua masa inkubasi tanpa kasus"}).status_code == 303
    event.refresh_from_db()
    assert (event.status, event.decree) == ("closed", "SK 440/1")
    page = officer.get(place).content.decode()
    assert "Selesai" in page
    assert "Tutup kejadian" not in page
    assert officer.get(f"{place}laporan/").content.startswith(b"%PDF")
    assert officer.get("/surveilans/kejadian/?status=closed").content.decode().count("Campak SD") == 1


@pytest.mark.django_db
def test_names_stand_on_no_page_until_a_member_asks(world, cluster):
    event = services.join_signal(
        world.city.officer, owner_id=world.city.id, signal_id=cluster.id, reason="Satu sekolah"
    )
    place = f"/surveilans/kejadian/{event.id}/"
    officer = browser(world.city.user)
    assert "Anak A" not in officer.get(place).content.decode()
    assert b"Anak" not in officer.get(f"{place}kasus/").content
    assert len(officer.get(f"{place}kasus/").content.decode().splitlines()) == 4
    looks = JournalEntry.objects.within(world.city.scope).filter(event="surveillance.line_list_read")
    assert not looks.exists()
    assert "Anak A" in officer.post(f"{place}nama/").content.decode()
    assert looks.count() == 1
    assert browser(world.city.head_user).post(f"{place}nama/").status_code == 403
    assert browser(world.province.user).post(f"{place}nama/").status_code == 404


@pytest.mark.django_db
def test_the_bulletin_of_a_week(world, cluster):
    client = browser(world.city.user)
    assert client.get("/surveilans/buletin/2026-M46/").content.startswith(b"%PDF")
    lines = client.get("/surveilans/buletin/2026-M46/?format=csv").content.decode().splitlines()
    assert lines[0] == "letter,disease,cases,tested,positive,expected,upperbound,signal"
    assert lines[1].startswith("J,Campak,3,3,3,")
    for week in ("2026-M60", "2027-M10", "apa"):
        assert client.get(f"/surveilans/buletin/{week}/").status_code == 404


@pytest.mark.django_db
def test_a_threshold_by_its_page(world):
    client = browser(world.city.user)
    assert client.get("/surveilans/definisi/").status_code == 200
    wrong = client.post("/surveilans/definisi/ambang/", {"disease": "CAMPAK", "cases": "1", "reason": ""})
    assert wrong.status_code == 422
    client.post("/surveilans/definisi/ambang/", {"disease": "CAMPAK", "cases": "1", "reason": "SK kepala dinas"})
    assert "SK kepala dinas" in client.get("/surveilans/definisi/").content.decode()


# --- Scripts ----------------------------------------------------------------------------------------------------------


def call(*arguments: str, code: int = 0):
    answer = CliRunner().invoke(laras, ["surveillance", *arguments])
    assert answer.exit_code == code, answer.output
    return answer


@pytest.mark.django_db
def test_a_recount_by_a_script_shows_the_difference(world, tmp_path, monkeypatch):
    monkeypatch.setattr("laras.surveillance.handlers.on_results", lambda delivery: None)
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    said = json.loads(call("recount", "--dry-run", "--json").stdout)
    assert said["differences"] == [
        {"disease": "CAMPAK", "classification": "confirmed", "before": 0, "after": 1, "difference": 1}
    ]
    assert not Case.objects.within(world.city.scope).exists()
    call("recount", "--laboratory", "LAB-K")
    assert Case.objects.within(world.city.scope).count() == 1
    assert json.loads(call("recount", "--dry-run", "--json").stdout)["differences"] == []
    assert call("recount", "--laboratory", "TIDAK-ADA", code=1)
    assert call("recount", "--definitions", __file__, code=2)


@pytest.mark.django_db
def test_counts_from_a_file_are_judged_at_once(world, cluster, tmp_path):
    file = tmp_path / "rekap.csv"
    file.write_text("disease,area,week,cases\nCAMPAK,73.71,2026-M30,1\n")
    assert json.loads(call("import", str(file), "--office", "DK-K", "--source", "Rekap", "--json").stdout)["rows"] == 1
    assert call("import", str(file), "--office", "LAB-K", "--source", "Rekap", code=1)
    found = json.loads(call("judge", "--office", "DK-K", "--json").stdout)
    assert [(row["disease"], row["observed"]) for row in found] == [("CAMPAK", 3)]


# --- Charts -----------------------------------------------------------------------------------------------------------


def test_a_chart_leaves_out_what_is_not_known():
    weeks = [
        Week(worlds.MONDAY.date() - timedelta(days=1), observed=3, expected=1.0, upperbound=2.0, alarm=True),
        Week(worlds.MONDAY.date() + timedelta(days=6)),
        Week(worlds.MONDAY.date() + timedelta(days=13), observed=0),
    ]
    chart = charts.series_chart(weeks, week_label=str, title=str)
    assert ([bar.kind for bar in chart.bars], len(chart.unknown)) == (["alarm", "plain"], 1)
    assert (len(chart.signals), len(chart.bounds), len(chart.expected)) == (1, 1, 1)
    assert charts.series_chart([], week_label=str, title=str).bars == []


@pytest.mark.parametrize("most", [0, 1, 3, 7, 12, 99, 1234])
def test_an_axis_has_a_few_round_steps(most):
    steps = charts.steps(most)
    assert steps[0] == 0
    assert steps[-1] >= most
    assert 3 <= len(steps) <= 7
    assert all(isinstance(step, int) for step in steps)


@pytest.mark.django_db
def test_the_overview_asks_the_same_however_many_diseases(world, cluster, django_assert_max_num_queries):
    with clock.at(worlds.MONDAY), django_assert_max_num_queries(5):
        rows = queries.overview(world.city.id, last=cluster.week)
    assert rows[0].disease.code == "CAMPAK"


@pytest.mark.django_db
def test_what_is_still_to_come_of_the_last_weeks(world, cluster):
    """Thirty weeks of four cases: half known in their own week's Monday, half a week later."""
    client = browser(world.city.user)
    page = client.get("/surveilans/penyakit/CAMPAK/").content.decode()
    assert "belum dapat diperkirakan: dibutuhkan 8 minggu lengkap" in page
    assert "Perkiraan akhir</th>" not in page
    one = Case.objects.within(world.city.scope).filter(disease="CAMPAK").first()
    today = worlds.MONDAY
    now = one.week
    for back in range(30):
        week = now - timedelta(weeks=back)
        for n in range(6):
            known = today - timedelta(weeks=back) + timedelta(weeks=1 if n >= 3 else 0)
            if known > today or back == 0:
                continue
            Case.objects.bulk_create(
                [
                    Case(
                        owner_id=world.city.id, disease="CAMPAK", person=f"p{back}-{n}", classification="confirmed",
                        day=week + timedelta(days=1), last_day=week + timedelta(days=1), week=week, area_id=one.area_id,
                        district_id=one.district_id, laboratory_id=world.lab.id, sex="LP"[n % 2], age=n * 9,
                        counted_at=known,
                    )
                ]
            )  # fmt: skip
    found = queries.lateness(world.city.scope, "CAMPAK", today=today.date(), zone=ZoneInfo("Asia/Makassar"))
    assert found.reason == ""
    running = found.of(now)
    assert running.known == 3
    assert running.share == pytest.approx(0.5, abs=0.02)
    assert 5 < running.expected < 7
    assert running.lower <= 6 <= running.upper
    page = client.get("/surveilans/penyakit/CAMPAK/").content.decode()
    assert "Perkiraan akhir</th>" in page
    assert 'class="coming"' in page
    last = client.get("/surveilans/penyakit/CAMPAK/?format=csv").content.decode().splitlines()[-1].split(",")
    assert float(last[-3]) == pytest.approx(running.expected, abs=0.01)


@pytest.mark.django_db
def test_a_disease_by_age_sex_day_and_place(world, cluster):
    place = "/surveilans/penyakit/CAMPAK/rincian/"
    client = browser(world.city.user)
    part = queries.Part
    kecamatan = worlds.area(f"{network.CITY}.01")
    lab = world.lab
    baby = lab.person(residence=f"{network.CITY}.01", birth_date=date(2026, 3, 1), sex="P")
    order, _report = lab.tested(baby, "CAMIGM", "Positif")
    last = date(2026, 11, 15)

    def found(scope=None, daily=False, **asked):
        return queries.breakdown(
            scope or world.city.scope, "CAMPAK", part(**asked), last=last + timedelta(days=daily), spans=4, daily=daily
        )

    assert found().total == 4
    assert found().by_age["0"]["P"] == 1
    assert sum(sum(row.values()) for row in found().by_age.values()) == 4
    assert (found(age="0").total, found(age="60+").total, found(sex="P", age="0").total) == (1, 0, 1)
    assert found(area_id=kecamatan).total == 1
    assert {one.code: one.cases for one in found().places} == {network.CITY: 3, f"{network.CITY}.01": 1}
    assert found(daily=True).points[-1].observed == 4
    assert found(scope=world.elsewhere.scope).total == 0
    assert found(scope=Scope.reach(world.province.id)).total == 4
    page = client.get(place, {"umur": "0", "wilayah": f"{network.CITY}.01", "per": "hari"})
    assert page.status_code == 200
    assert "1 kasus." in page.content.decode()
    lines = client.get(place, {"kelamin": "P", "format": "csv"}).content.decode().splitlines()
    assert lines[0] == "week,first_day,cases"
    assert client.get(place, {"wilayah": "99.99"}).status_code == 404
    assert client.get(place.replace("CAMPAK", "ADA")).status_code == 404
    lab.amend(order, "CAMIGM")
    assert found().total == 3, "what was taken back leaves the tables at once"


def test_a_rate_needs_people_and_cases():
    assert queries.Place(uuid4(), "1", "A", 5, 50_000).rate == 10
    assert queries.Place(uuid4(), "1", "A", 4, 50_000).rate is None
    assert queries.Place(uuid4(), "1", "A", 5, None).rate is None
