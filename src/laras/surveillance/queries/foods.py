"""Studies of foods: the list, and what it says of each food."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Protocol

from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.surveillance.models import Diner, Outbreak, Study
from laras.surveillance.rules.foods import Estimate, Table, fisher, odds_ratio, proportion, relative_risk


class Answers(Protocol):
    """What a comparison needs of a person."""

    ill: bool
    foods: dict[str, bool]


@dataclass(frozen=True, slots=True)
class FoodLine:
    """One food. ``ratio`` is the relative risk of a cohort, the odds ratio of cases and controls; rates are of a cohort only.

    ``unknown``: persons who did not say. ``ill_who_ate``: share of the ill with an answer who had eaten it.
    """

    key: str
    name: str
    table: Table
    unknown: int
    rate_eaten: Estimate | None
    rate_not_eaten: Estimate | None
    ratio: Estimate | None
    pvalue: float | None
    ill_who_ate: Estimate | None
    well_who_ate: Estimate | None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Incubation:
    """Hours from the meal to the first symptoms."""

    shortest: float
    middle: float
    longest: float
    persons: int


def attack_rate(outbreak: Outbreak, cases: int) -> Estimate | None:
    """Of the population at risk; None when nobody said how large it is, or when more fell ill since than it has."""
    return proportion(cases, outbreak.at_risk) if outbreak.at_risk and cases <= outbreak.at_risk else None


def study_of(outbreak: Outbreak) -> Study | None:
    rows = Study.objects.within(Scope.of(outbreak.owner_id)).select_related("owner")
    return rows.filter(outbreak=outbreak).first()


def get_study(outbreak: Outbreak) -> Study:
    """Raises NotFound when the event has none."""
    study = study_of(outbreak)
    if study is None:
        raise NotFound
    return study


def diners_of(study: Study) -> list[Diner]:
    """The list by number: personal. For a person by :func:`laras.surveillance.services.open_diners`, which journals the look."""
    return list(Diner.objects.within(Scope.of(study.owner_id)).filter(study=study).order_by("number"))


def answers_of(study: Study) -> list[Diner]:
    """Who fell ill, when, and ate what, without names."""
    rows = Diner.objects.within(Scope.of(study.owner_id)).filter(study=study)
    return list(rows.only("ill", "onset_at", "foods", "study_id", "owner_id").order_by("number"))


def food_lines(foods: Sequence[Sequence[str]], persons: Sequence[Answers], *, cohort: bool) -> list[FoodLine]:
    """Each food against illness, the strongest first. The suspect is the food whose interval lies highest above 1, if any does."""
    lines = []
    for key, name in foods:
        told = [one for one in persons if key in one.foods]
        table = Table(
            eaten_ill=sum(one.foods[key] and one.ill for one in told),
            eaten_well=sum(one.foods[key] and not one.ill for one in told),
            not_eaten_ill=sum(not one.foods[key] and one.ill for one in told),
            not_eaten_well=sum(not one.foods[key] and not one.ill for one in told),
        )
        lines.append(
            FoodLine(
                key, name, table, len(persons) - len(told),
                proportion(table.eaten_ill, table.eaten) if cohort else None,
                proportion(table.not_eaten_ill, table.not_eaten) if cohort else None,
                relative_risk(table) if cohort else odds_ratio(table),
                fisher(table),
                proportion(table.eaten_ill, table.ill),
                proportion(table.eaten_well, table.well),
            )
        )  # fmt: skip
    lines.sort(
        key=lambda line: (-(line.ratio.low if line.ratio else -1.0), -(line.ratio.value if line.ratio else -1.0))
    )
    if lines and lines[0].ratio is not None and lines[0].ratio.low > 1.0:
        lines[0] = replace(lines[0], suspect=True)
    return lines


def lines_of(study: Study) -> list[FoodLine]:
    """What the answers of a study say of each of its foods."""
    return food_lines(study.foods, answers_of(study), cohort=study.design == "cohort")


def suspect_of(study: Study | None) -> FoodLine | None:
    """The food that stands out, if one does."""
    return next((line for line in lines_of(study) if line.suspect), None) if study is not None else None


def incubation(served_at: datetime | None, persons: Sequence[Diner]) -> Incubation | None:
    """None without the hour of the meal or of anybody's symptoms; symptoms from before the meal are not of it."""
    if served_at is None:
        return None
    hours = [
        (one.onset_at - served_at).total_seconds() / 3600
        for one in persons
        if one.onset_at is not None and one.onset_at >= served_at
    ]
    return Incubation(min(hours), median(hours), max(hours), len(hours)) if hours else None
