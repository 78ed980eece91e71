"""Shipped rows of this module: the law on keeping records and the words people consent to."""

import csv
import hashlib
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources

from django.conf import settings

from laras.people.rules import RetentionRule


@dataclass(frozen=True, slots=True)
class ConsentText:
    """Words that somebody agreed to. `digest` is the SHA-256 (hex) of title and text: the words can be proved later."""

    purpose: str
    version: str
    valid_from: date
    title: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()


def _rows(name: str) -> list[dict[str, str]]:
    with (resources.files("laras.people") / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _shipped_retention() -> RetentionRule:
    row = next(row for row in _rows("retention.csv") if row["key"] == "people.patient")
    return RetentionRule(row["key"], row["name"], int(row["years"]), row["source"], row["status"])


def retention_rule() -> RetentionRule:
    """How long records stay. The setting `LARAS_PATIENT_RETENTION_YEARS` replaces the shipped number of years."""
    years = getattr(settings, "LARAS_PATIENT_RETENTION_YEARS", None)
    rule = _shipped_retention()
    return rule if years is None else replace(rule, years=int(years), status="set here")


@cache
def consent_texts() -> tuple[ConsentText, ...]:
    """All versions, oldest first."""
    texts = [
        ConsentText(row["purpose"], row["version"], date.fromisoformat(row["valid_from"]), row["title"], row["text"])
        for row in _rows("consent_texts.csv")
    ]
    return tuple(sorted(texts, key=lambda text: (text.purpose, text.valid_from)))


def consent_text(purpose: str, day: date) -> ConsentText | None:
    """The words in force on a day; None for an unknown purpose."""
    return next(
        (text for text in reversed(consent_texts()) if text.purpose == purpose and text.valid_from <= day), None
    )


def consent_purposes(day: date) -> list[ConsentText]:
    """The words in force of every purpose, in the order in which they are asked."""
    purposes = ("examination", "electronic_delivery", "national_exchange", "leftover_specimen")
    return [text for text in (consent_text(purpose, day) for purpose in purposes) if text]
