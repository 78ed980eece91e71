"""The person of a result on the day of its sample, as rules want to know him: below queries and judging, which both ask."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from laras.basics.periods import age_on
from laras.bench import rules
from laras.bench.models import Result


def person_of(result: Result, zone: str) -> rules.Person:
    """Sex, and age on the day the sample was taken (in the laboratory's zone), as judging wants them."""
    patient = result.order.patient
    if patient is None:
        return rules.Person()
    return rules.Person(patient.sex, rules.age_at(patient.birth_date, day_of(result, zone)))


def years_of(result: Result, zone: str) -> int | None:
    """Whole years on the day the sample was taken; None when it is no person or the birth is not known."""
    born = result.order.patient.birth_date if result.order.patient else None
    day = day_of(result, zone)
    return age_on(born, day).years if born and born <= day else None


def day_of(result: Result, zone: str) -> date:
    taken = result.sample.collected_at or result.sample.received_at or result.order.registered_at
    return taken.astimezone(ZoneInfo(zone)).date()
