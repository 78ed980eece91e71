"""What the bench finds: plausible values, judged by the product's own rules."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from laras.bench import rules as bench_rules
from laras.catalogue import rules as catalogue_rules
from laras.catalogue.types import ParsedValue, TestInfo
from laras.demo.history.house import House
from laras.demo.history.subjects import Subject
from laras.surveillance.shipped import definitions

NOTHING = "Tidak ada kelainan"
USUAL, SELDOM = 0.88, 0.995
"""Shares of results without a finding; plague and diphtheria are not found in one test of eight."""
NOTIFIABLE = definitions().tests - {
    "NS1",
    "DENIGM",
    "MALMIK",
    "MALRDT",
    "TYPHIM",
    "IGMHAV",
    "PCRFLU",
    "COVAG",
    "PCRCOVID",
}


def draw(house: House, test: TestInfo, subject: Subject, standard: str, *, alarm: bool = False) -> ParsedValue:
    """A value that is mostly within the range, sometimes a little or far outside; ``alarm`` asks for a critical one."""
    chance = house.chance
    answers = house.catalogue.answers(test.code)
    if answers:
        usual = [a for a in answers if a.meaning == "normal"] or list(answers[:1])
        sound = SELDOM if test.code in NOTIFIABLE else USUAL
        answer = chance.choice(usual) if chance.random() < sound else chance.choice(list(answers))
        return ParsedValue(raw=answer.text, kind="coded", text=answer.code)
    if not test.is_numeric:
        return ParsedValue(raw=NOTHING, kind="text", text=NOTHING)
    low, high = _bounds(house, test, subject, standard)
    spread = (high - low) or abs(high) or 1.0
    figure = chance.gauss((low + high) / 2, spread / 4.2)
    if chance.random() < 0.03:
        figure = high + spread * chance.uniform(0.2, 1.6)
    if alarm:
        figure = _beyond(house, test, figure)
    if not test.signed:
        figure = max(figure, 0.0)
    places = test.decimals if test.decimals is not None else 1
    number = Decimal(f"{figure:.{places}f}")
    raw = f"{number:f}".replace(".", ",")
    if test.kind == "titre":
        return ParsedValue(raw=f"1/{raw}", kind="titre", number=number)
    return ParsedValue(raw=raw, kind="number", number=number)


def _beyond(house: House, test: TestInfo, figure: float) -> float:
    """Past a critical bound of the laboratory, where it has adopted any in the test's own unit."""
    for row in house.catalogue.criticals(test.code):
        if row.judges and row.ucum == test.ucum and row.population in ("all", "adult"):
            if row.high is not None:
                return float(row.high) * 1.15
            if row.low is not None:
                return float(row.low) * 0.85
    return figure


def _bounds(house: House, test: TestInfo, subject: Subject, standard: str) -> tuple[float, float]:
    if standard:
        limit = house.catalogue.limits(standard).get(test.code)
        if limit is not None and limit.kind == "air_temperature":
            return 26.5, 31.0
        if limit is not None and limit.high is not None:
            high = float(limit.high)
            return (float(limit.low) if limit.low is not None and limit.low >= 0 else 0.0, high * 0.8)
    days = (house.now.date() - subject.born).days if subject.born else None
    ranges = house.catalogue.ranges(test.code)
    row, _lacking = catalogue_rules.choose_range(ranges, sex=subject.sex, age_days=days)
    if row is None or row.high is None:  # a child's value lies near a grown person's
        row = next((other for other in ranges if other.high is not None), None)
    if row is None:
        return 1.0, 10.0
    low = float(row.low) if row.low is not None else 0.0
    return low, float(row.high) if row.high is not None else low * 2 + 1


def judge(house: House, test: TestInfo, value: ParsedValue, subject: Subject, standard: str, at: datetime) -> Any:
    """The verdict of the bench's rules at the moment of receiving."""
    if subject.patient is not None:
        day = at.astimezone(house.zone).date()
        person = bench_rules.Person(sex=subject.sex, age_days=bench_rules.age_at(subject.born, day))
        return bench_rules.judge_person(house.catalogue, test, value, person)
    air = Decimal(subject.in_situ.get("air_temperature", "29.0"))
    return bench_rules.judge_environment(house.catalogue, test, value, standard=standard, air_temperature=air)
