"""Every method against the outcome of the R package `surveillance` on simulated series (``oracles/make.R``)."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from laras.surveillance.rules import Calendar
from laras.surveillance.rules.methods import METHODS
from laras.surveillance.rules.series import Detection

ORACLES = Path(__file__).parent / "oracles"
FREQUENCIES = {"weekly": 52, "monthly": 12, "daily": 365}
# R takes this transformation from a table with steps; here the integral itself is computed.
TOLERANCES = {"cusum-negbin": 1e-3}
BEYOND_THE_TABLE = {("cusum-negbin", "large")}
# Nothing to compare with: all counts before are 0. R says 0, or what its last step happened to reach.
NO_ANSWER = {("cusum", "zero"), ("glr-nb-window", "zero")}


@cache
def table(name: str) -> tuple[list[str], tuple[date, ...], np.ndarray]:
    with (ORACLES / f"{name}.csv").open() as file:
        heading, *rows = csv.reader(file)
    days = tuple(date.fromisoformat(row[0]) for row in rows)
    return heading[1:], days, np.array([[float(cell) for cell in row[1:]] for row in rows]).T


def parameter_sets() -> list[dict[str, str]]:
    with (ORACLES / "parameters.csv").open() as file:
        return list(csv.DictReader(file))


def computed(line: dict[str, str]) -> Detection:
    method = METHODS[line["method"]]
    _names, days, counts = table(line["data"])
    given = dict(part.split("=") for part in line["parameters"].split(";") if part)
    more: dict[str, object] = dict(method.fixed)
    if asked := given.pop("range", ""):
        first, last = asked.split(":")
        more["at"] = range(int(first) - 1, int(last))
    if method.frequency:
        more["frequency"] = FREQUENCIES[line["data"]]
    if line["calendar"] == "dates":
        more["calendar"] = Calendar(days)
    if "population_offset" in given:
        population = table("population")[2]
        more["population"] = population[np.arange(len(counts)) % len(population)]
    return method.run(counts, **more, **{name: method.parameters[name](text) for name, text in given.items()})


@cache
def expected(file: str) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    with (ORACLES / file).open() as opened:
        for row in csv.DictReader(opened):
            found[row["set"]].append(row)
    return found


@pytest.mark.parametrize("line", parameter_sets(), ids=lambda line: line["set"])
def test_agrees_with_r(line: dict[str, str]) -> None:
    left_out = NO_ANSWER | BEYOND_THE_TABLE
    rows = [row for row in expected(line["file"])[line["set"]] if (line["set"], row["series"]) not in left_out]
    assert len(rows) > 15
    found = computed(line)
    names = table(line["data"])[0]
    series = np.array([names.index(row["series"]) for row in rows])
    place = np.searchsorted(found.at, [int(row["t"]) - 1 for row in rows])

    def column(name: str) -> np.ndarray:
        return np.array([float(row[name] or "nan") for row in rows])

    tolerance = TOLERANCES.get(line["set"], 1e-6)
    np.testing.assert_allclose(found.upperbound[series, place], column("upperbound"), rtol=tolerance, atol=1e-12)
    for name in ("expected", "score", "dispersion"):
        if rows[0].get(name):
            ours = getattr(found, name)[series, place]
            np.testing.assert_allclose(ours, column(name), rtol=tolerance, atol=1e-12, err_msg=name)
    # No alarm is an answer too: only where R has none (NA) is there none here.
    alarm = np.where(found.evaluated[series, place], found.alarm[series, place].astype(float), np.nan)
    np.testing.assert_array_equal(alarm, column("alarm"))
    if rows[0].get("trend"):
        with_trend = column("trend")
        known = ~np.isnan(with_trend)
        np.testing.assert_array_equal(found.trend[series, place][known], with_trend[known])


@pytest.mark.parametrize(("name", "series"), sorted(NO_ANSWER))
def test_no_answer_where_all_before_is_zero(name: str, series: str) -> None:
    line = next(line for line in parameter_sets() if line["set"] == name)
    found, place = computed(line), table(line["data"])[0].index(series)
    assert np.isnan(found.upperbound[place]).all()
    assert not found.evaluated[place].any()
    assert not found.alarm[place].any()
    assert found.evaluated.any()


def test_the_oracles_hold_alarms_and_gaps() -> None:
    """An oracle without alarms, without missing bounds or without kept trends would prove little."""
    rows = [row for line in parameter_sets() for row in expected(line["file"])[line["set"]]]
    assert sum(row["alarm"] == "1" for row in rows) > 500
    assert sum(row["alarm"] == "" for row in rows) > 10
    assert sum(row["upperbound"] == "" for row in rows) > 300
    assert sum(row.get("trend") == "1" for row in rows) > 300
