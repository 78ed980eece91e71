"""Rules of ordering: which samples a set of tests needs, where Indonesia is, how printed numbers are read. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from laras.catalogue.types import Catalogue, PanelInfo, TestInfo
from laras.orders.types import SamplePlan

MAX_CODES = 120
MAX_POINTS = 20
LATITUDES = (Decimal(-12), Decimal(7))
LONGITUDES = (Decimal(94), Decimal(142))
TEMPERATURES = (Decimal(-90), Decimal(60))
"""Of a sample at its arrival, in degrees Celsius."""

SUBJECTS_OF_KIND: Mapping[str, frozenset[str] | None] = {
    "person": frozenset({"person"}),
    "environment": frozenset({"environment"}),
    # Kitchen water and swabs of equipment belong to a food inspection.
    "food": frozenset({"food", "environment"}),
    "vector": frozenset({"vector"}),
    "equipment": frozenset({"equipment"}),
    "proficiency": None,
    "control": None,
}
"""Which tests fit which subject of an order; None: all of them, since anything can be a control."""


@dataclass(frozen=True, slots=True)
class InSitu:
    """A reading taken at the site. ``low`` and ``high`` are what an instrument can show at all, not a limit;
    ``test`` is the test of the shipped catalogue that the reading answers, if any."""

    key: str
    unit: str
    low: Decimal
    high: Decimal
    test: str = ""


IN_SITU: Mapping[str, InSitu] = {
    row.key: row
    for row in (
        InSitu("temperature", "°C", Decimal(-5), Decimal(100), "SUHU"),
        InSitu("air_temperature", "°C", Decimal(-5), Decimal(60), "RU-SUHU"),
        InSitu("ph", "", Decimal(0), Decimal(14), "PH"),
        InSitu("residual_chlorine", "mg/L", Decimal(0), Decimal(20), "CL2"),
        InSitu("dissolved_oxygen", "mg/L", Decimal(0), Decimal(30), "DO"),
        InSitu("turbidity", "NTU", Decimal(0), Decimal(10000)),
        InSitu("conductivity", "µS/cm", Decimal(0), Decimal(200000), "DHL"),
        InSitu("humidity", "%", Decimal(0), Decimal(100), "RU-RH"),
    )
}
ANSWERED = frozenset(row.test for row in IN_SITU.values() if row.test)
"""Tests whose result a reading at the site can be."""


def clean_text(text: str) -> str:
    """As typed, without blanks at the ends and with single blanks inside; characters keep their composed form."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_printable(text: str) -> bool:
    """No control, format, surrogate or unassigned characters."""
    return not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in text)


# --- What is ordered --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line to be: a test or a panel with the tests that are made for it."""

    code: str
    name: str
    is_panel: bool
    tests: tuple[str, ...]


def choose(catalogue: Catalogue, codes: Iterable[str]) -> tuple[Chosen, ...]:
    """The lines for the codes, in their order. Raises ``UnknownCode``.

    A test that an ordered panel contains is not charged a second time, a panel whose tests earlier panels contain
    neither, and every test stands in one line only.
    """
    wanted = tuple(dict.fromkeys(codes))
    in_panels = {member for code in wanted if code not in catalogue.tests for member in catalogue.panel(code).members}
    taken: set[str] = set()
    lines: list[Chosen] = []
    for code in wanted:
        entry: TestInfo | PanelInfo
        if code in catalogue.tests:
            if code in in_panels:
                continue
            entry = catalogue.test(code)
            tests: tuple[str, ...] = (code,)
        else:
            entry = catalogue.panel(code)
            tests = tuple(member for member in entry.members if member not in taken)
            for member in tests:
                catalogue.test(member)
            if not tests:
                continue
        taken.update(tests)
        lines.append(Chosen(entry.code, entry.name, isinstance(entry, PanelInfo), tests))
    return tuple(lines)


def fits(entry: TestInfo | PanelInfo, kind: str) -> bool:
    """Whether the test can be made on such a subject."""
    allowed = SUBJECTS_OF_KIND[kind]
    return allowed is None or entry.subject in allowed


def medium_of(specimen: str) -> str:
    """The first word: ``Air, di tempat`` and ``Air (mikrobiologi)`` are both water."""
    return re.split(r"[\s,(]", specimen.casefold(), maxsplit=1)[0]


def plan_samples(tests: Iterable[TestInfo]) -> tuple[SamplePlan, ...]:
    """The containers that the tests need: one for each specimen and container.

    What is measured at the site needs no container of its own when something of the same medium is taken anyway.
    """
    tests = tuple(tests)
    groups: dict[tuple[str, str], list[TestInfo]] = {}
    for test in tests:
        if not test.in_situ:
            groups.setdefault((test.specimen, test.container), []).append(test)
    taken = list(groups)
    for test in tests:
        if test.in_situ:
            medium = medium_of(test.specimen)
            key = next((key for key in taken if medium_of(key[0]) == medium), (test.specimen, test.container))
            groups.setdefault(key, []).append(test)
    return tuple(
        SamplePlan(
            specimen or "-",
            container,
            tuple(test.code for test in rows),
            next((test.volume for test in rows if test.volume), ""),
        )
        for (specimen, container), rows in groups.items()
    )


# --- Places and readings ----------------------------------------------------------------------------------------------


def coordinates_problem(latitude: Decimal | None, longitude: Decimal | None) -> str:
    """Empty, or one word: ``half`` (one of the two is missing), ``swapped``, ``outside`` (not in Indonesia)."""
    if latitude is None and longitude is None:
        return ""
    if latitude is None or longitude is None:
        return "half"
    if LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]:
        return ""
    if LATITUDES[0] <= longitude <= LATITUDES[1] and LONGITUDES[0] <= latitude <= LONGITUDES[1]:
        return "swapped"
    return "outside"


def read_decimal(text: str) -> Decimal | None:
    """``7,2`` and ``7.2`` are the same number; None for anything that is no plain number."""
    text = text.strip().replace(",", ".")
    if not re.fullmatch(r"[-+]?[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def read_in_situ(readings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Readings as plain decimal text by key, and what is wrong: ``unknown``, ``no_number`` or ``impossible``."""
    kept: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for key, text in readings.items():
        kind = IN_SITU.get(key)
        if kind is None:
            wrong[key] = "unknown"
            continue
        if not str(text).strip():
            continue
        number = read_decimal(str(text))
        if number is None:
            wrong[key] = "no_number"
        elif not kind.low <= number <= kind.high:
            wrong[key] = "impossible"
        else:
            kept[key] = f"{number:f}"
    return kept, wrong


def in_form_order(in_situ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Readings in the order of the form, which PostgreSQL does not keep; unknown ones last."""
    places = {key: place for place, key in enumerate(IN_SITU)}
    return sorted(in_situ.items(), key=lambda reading: places.get(reading[0], len(places)))


def readings_as_results(in_situ: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
    """Test code -> reading, of the tests asked for (``codes``, one for each sample) that a reading answers.

    A test asked for at several points gets none: nobody wrote at which of them the reading was taken.
    """
    asked = Counter(codes)
    return {
        kind.test: in_situ[key]
        for key, kind in IN_SITU.items()
        if kind.test and in_situ.get(key) and asked[kind.test] == 1
    }


# --- Printed numbers --------------------------------------------------------------------------------------------------

_BARE = re.compile(r"[^0-9A-Z]")
_SHORT = re.compile(r"([0-9]{1,4})([A-Z]{0,2})")
_DAY_FIRST = re.compile(r"([0-9]{6})([0-9]{4,6})([A-Z]{0,2})")


def number_candidates(text: str, owner_codes: Sequence[str], today: date) -> list[tuple[str, str]]:
    """(body, check) of the printed numbers that somebody may have meant; the check is empty when it was left out.

    Case, hyphens and blanks do not matter: ``ntb-01 261122 0042 7`` and ``NTB012611220042`` mean the same; ``42`` and
    ``42A`` are today's. The check character is a digit or a letter, so an end can often be read with it and without.
    """
    bare = _BARE.sub("", text.upper())
    if not bare or len(bare) > 40:
        return []
    found: dict[tuple[str, str], None] = {}
    for code in owner_codes:
        prefix = _BARE.sub("", code.upper())
        rest = bare[len(prefix) :] if prefix and bare.startswith(prefix) else bare
        short = _SHORT.fullmatch(rest)
        if short:
            found[f"{code}-{today:%y%m%d}-{int(short[1]):04d}{short[2]}", ""] = None
        for body, check in ((rest[:-1], rest[-1:]), (rest, "")):
            whole = _DAY_FIRST.fullmatch(body)
            if whole:
                found[f"{code}-{whole[1]}-{whole[2]}{whole[3]}", check] = None
    return list(found)
