"""``laras detect`` and ``laras scan`` as scripts call them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from laras.core.errors import Refused
from laras.surveillance.commands import detect, scan_command
from laras.surveillance.rules import CRITERIA, ears, farrington_flexible
from laras.surveillance.shipped import klb_table

START = date(2020, 1, 5)


def weekly(
    weeks: int = 320, series: tuple[str, ...] = ("Kab. A;campak", "Kab. B;campak"), seed: int = 11
) -> list[list[str]]:
    generator = np.random.default_rng(seed)
    return [
        [name, str(START + timedelta(weeks=week)), str(generator.poisson(4 + 3 * place))]
        for place, name in enumerate(series)
        for week in range(weeks)
    ]


def write(path: Path, rows: list[list[str]], heading: str = "series,date,observed") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading.split(","))
        writer.writerows(rows)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(detect, [str(argument) for argument in arguments])


def answered(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.output)))


def refused(result: Result) -> list[tuple[int | None, str, str]]:
    assert isinstance(result.exception, Refused), result.output
    return [(problem.row, problem.field, str(problem.message)) for problem in result.exception.problems]


def test_a_row_for_every_time_point(tmp_path: Path) -> None:
    rows = weekly()
    found = answered(
        run(
            write(tmp_path / "s.csv", rows),
            "--method",
            "farrington-flexible",
            "--param",
            "b=4",
            "--param",
            "limit54=3,5",
        )
    )
    assert list(found[0]) == ["series", "date", "observed", "expected", "upperbound", "score", "alarm"]
    assert [[row["series"], row["date"], row["observed"]] for row in found] == rows
    counts = np.array([float(row[2]) for row in rows]).reshape(2, -1)
    computed = farrington_flexible(counts, b=4, limit54=(3, 5))
    for place, row in enumerate(found):
        series, time = divmod(place, 320)
        if time < 4 * 52 + 3:
            assert row["expected"] == row["upperbound"] == row["score"] == row["alarm"] == ""
        else:
            assert float(row["upperbound"]) == computed.upperbound[series, time]
            assert row["alarm"] == str(int(computed.alarm[series, time]))


def test_rows_in_any_order_and_series_of_different_length(tmp_path: Path) -> None:
    rows = weekly(40)[:-10]
    found = answered(run(write(tmp_path / "s.csv", rows[::-1]), "--method", "ears-c1", "--out", tmp_path / "out.csv"))
    assert found == []
    with (tmp_path / "out.csv").open() as file:
        written = list(csv.DictReader(file))
    assert len(written) == 70
    assert [row["date"] for row in written if row["series"] == rows[0][0]] == [row[1] for row in rows[:40]]
    counts = np.array([[float(row[2]) for row in rows[:40]]])
    bounds = [float(row["upperbound"] or "nan") for row in written if row["series"] == rows[0][0]]
    np.testing.assert_allclose(bounds, ears(counts).upperbound[0])


@pytest.mark.parametrize(
    "method",
    [
        "ears-c1",
        "ears-c2",
        "ears-c3",
        "farrington",
        "farrington-flexible",
        "cusum",
        "glr-nb",
        "historical-limits",
        "klb",
    ],
)
def test_every_method_answers(tmp_path: Path, method: str) -> None:
    found = answered(run(write(tmp_path / "s.csv", weekly()), "--method", method))
    assert len(found) == 640
    assert {row["alarm"] for row in found} <= {"", "0", "1"}
    assert {"0"} <= {row["alarm"] for row in found}
    assert found[0]["alarm"] == ""
    assert not any(row["upperbound"] == "nan" for row in found)


def test_by_dates_and_only_some_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", weekly())
    found = answered(run(path, "--method", "farrington-flexible", "--calendar", "dates", "--param", "range=319:320"))
    assert [at for at, row in enumerate(found) if row["alarm"]] == [318, 319, 638, 639]


def test_an_empty_count_is_no_report(tmp_path: Path) -> None:
    rows = weekly(60, ("a",))
    rows[50][2] = ""
    found = answered(run(write(tmp_path / "s.csv", rows), "--method", "ears-c1"))
    assert found[50]["observed"] == found[50]["alarm"] == ""
    assert found[57]["upperbound"] == ""  # the baseline has a gap
    assert found[58]["upperbound"] != ""


def broken(change) -> list[list[str]]:
    rows = weekly(60)
    change(rows)
    return rows


@pytest.mark.parametrize(
    ("change", "row", "field", "words"),
    [
        (lambda rows: rows.__delitem__(30), 32, "date", "hilang"),
        (lambda rows: rows.insert(31, list(rows[30])), 33, "date", "sudah ada"),
        (lambda rows: rows[5].__setitem__(2, "-3"), 7, "observed", "negatif"),
        (lambda rows: rows[5].__setitem__(2, "3.5"), 7, "observed", "bulat"),
        (lambda rows: rows[5].__setitem__(2, "tiga"), 7, "observed", "bukan bilangan"),
        (lambda rows: rows[5].__setitem__(2, "inf"), 7, "observed", "bukan bilangan"),
        (lambda rows: rows[5].__setitem__(1, "05/01/2020"), 7, "date", "ISO"),
        (lambda rows: rows[5].__setitem__(0, ""), 7, "series", "kosong"),
        (lambda rows: rows[5].append("x"), 7, "observed", "kolom"),
        (lambda rows: rows[9].__setitem__(1, str(START + timedelta(weeks=9, days=2))), 11, "date", "bergeser"),
        (lambda rows: rows.clear(), None, "series", "tidak ada baris"),
    ],
)
def test_faults_name_row_and_field(tmp_path: Path, change, row, field, words) -> None:
    problems = refused(run(write(tmp_path / "s.csv", broken(change)), "--method", "ears-c1"))
    assert problems[0][:2] == (row, field)
    assert words in problems[0][2]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--param", "sigma=2"], "sigma"),
        (["--param", "b=lima"], "b"),
        (["--param", "b"], "b"),
        (["--param", "b=4", "--param", "b=5"], "b"),
        (["--param", "alpha=3"], "alpha"),
        (["--param", "range=0:4"], "range"),
        (["--param", "range=1:9999"], "range"),
        (["--param", "population_offset=true"], "population"),
        (["--frequency", "365"], "frequency"),
    ],
)
def test_faults_of_parameters_name_them(tmp_path: Path, arguments: list[str], field: str) -> None:
    problems = refused(run(write(tmp_path / "s.csv", weekly()), "--method", "farrington-flexible", *arguments))
    assert problems[0][1] == field


def test_a_heading_without_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", [], "series,week,observed")
    assert refused(run(path, "--method", "klb"))[0][:2] == (1, "date")


def test_the_legal_criteria_say_what_they_cannot_tell(tmp_path: Path) -> None:
    rows = [
        ["a", str(START + timedelta(weeks=week)), str(count), str(count // 5)]
        for week, count in enumerate([4, 9, 20, 41])
    ]
    found = answered(run(write(tmp_path / "s.csv", rows, "series,date,observed,deaths"), "--method", "klb"))
    assert [row["double_previous_period"] for row in found] == ["not evaluable", "yes", "yes", "yes"]
    assert [row["three_consecutive_increases"] for row in found] == ["not evaluable"] * 3 + ["yes"]
    assert {row["proportional_rate_double"] for row in found} == {"not evaluable"}
    assert [row["cfr_up_50pct"] for row in found] == ["not evaluable", "yes", "yes", "no"]
    assert [(row["score"], row["alarm"]) for row in found] == [("", ""), ("2", "1"), ("2", "1"), ("2", "1")]


def test_the_table_of_criteria_is_that_of_the_rules() -> None:
    table = klb_table()
    assert tuple(row["key"] for row in table) == CRITERIA
    assert [row["number"] for row in table] == list("1234567")
    assert all(row["source"] and row["status"] for row in table)


class TestScan:
    def files(self, tmp_path: Path) -> list[str]:
        generator = np.random.default_rng(2)
        areas = [f"35.{place:02}" for place in range(12)]
        coordinates = [
            [area, str(-7 - place // 4 * 0.3), str(110 + place % 4 * 0.3)] for place, area in enumerate(areas)
        ]
        population = [[area, "50000"] for area in areas]
        cases = [
            [
                area,
                str(START + timedelta(weeks=week)),
                str(generator.poisson(4) + (15 if place in (0, 1) and week > 7 else 0)),
            ]
            for place, area in enumerate(areas)
            for week in range(10)
        ]
        return [
            str(write(tmp_path / "c.csv", cases, "area,date,cases")),
            "--population",
            str(write(tmp_path / "p.csv", population, "area,population")),
            "--coords",
            str(write(tmp_path / "k.csv", coordinates, "area,latitude,longitude")),
        ]

    def test_the_cluster(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(
            scan_command, [*self.files(tmp_path), "--replicates", "99", "--seed", "3", "--json"]
        )
        assert result.exit_code == 0, result.output
        answer = json.loads(result.output)
        best = answer["clusters"][0]
        assert sorted(best["areas"]) == ["35.00", "35.01"]
        assert (best["start"], best["end"], best["duration"]) == ("2020-03-01", "2020-03-08", 2)
        assert best["p_value"] == 0.01
        assert best["observed"] > best["expected"]

    def test_as_a_table(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(scan_command, [*self.files(tmp_path), "--replicates", "9"], env={"COLUMNS": "200"})
        first = result.output.splitlines()[1].split()
        assert first[:2] == ["2020-03-01", "2020-03-08"]
        assert first[6] == "0.1"

    @pytest.mark.parametrize(
        ("name", "line", "field"),
        [
            ("c.csv", "36.01,2020-01-05,4", "area"),
            ("c.csv", "35.00,2020-01-05,4", "date"),
            ("c.csv", "35.00,2021-01-05,4", "date"),
            ("p.csv", "35.77,0", "population"),
            ("p.csv", "35.77,100", "area"),
            ("k.csv", "35.77,x,3", "latitude"),
        ],
    )
    def test_faults(self, tmp_path: Path, name: str, line: str, field: str) -> None:
        arguments = self.files(tmp_path)
        with (tmp_path / name).open("a") as file:
            file.write(line + "\n")
        assert refused(CliRunner().invoke(scan_command, arguments))[0][1] == field
