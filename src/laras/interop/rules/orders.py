"""Host query: an instrument asks what is to be done on a specimen, and is told. Pure.

Source: CLSI LIS02-A2 (ASTM E1394-97), sections 8 (order record) and 10 (request information record). Q.3 names the patient and the
specimen (``patient^specimen``), several separated by the repeat mark; the answer is a message of its own whose O records carry the
report type ``Q`` (O.26), and whose terminator says ``F`` (processed) or ``I`` (no information).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from laras.interop.rules.profiles import Profile
from laras.interop.rules.records import Delimiters, Record

MOST_ASKED: Final = 100
"""Specimens in one query; a rack holds ten."""
TOLD: Final = Delimiters()


@dataclass(frozen=True, slots=True)
class Asked:
    """One specimen that was asked for: its number, and the repeat of the field in which it stood, as sent."""

    specimen: str
    written: str


def asks(records: Sequence[Record]) -> bool:
    """Whether a message asks for anything; ``A`` in Q.13 takes back the request before and wants no answer."""
    return any(record.name == "Q" and record.text(13).strip().upper() != "A" for record in records)


def queried(records: Sequence[Record], profile: Profile) -> list[Asked]:
    """The specimens that the Q records of a message ask for, each once, in their order. Empty where the profile answers no
    queries, and for a request of everything (``ALL``) or without a number: what nobody named is not told."""
    found: dict[str, Asked] = {}
    for record in records:
        if record.name != "Q" or record.text(13).strip().upper() == "A":
            continue
        for path in profile.asked:
            for place, written in enumerate(record.repeats(path.field), start=1):
                number = record.text(path.field, path.component, place).strip()
                if number and number.upper() != "ALL":
                    found.setdefault(number, Asked(number, written))
            if found:
                break
    return list(found.values())[:MOST_ASKED]


def device_codes(profile: Profile, tests: Sequence[str]) -> list[str]:
    """The instrument's codes of these tests, in its own order; a test that it does not know is left out."""
    wanted = set(tests)
    found = [code for code, rule in profile.codes.items() if wanted & {rule.test, *rule.others}]
    found += [code for one in profile.combined if one.test in wanted for code in one.parts[:1]]
    known = {
        test
        for code in found
        if code in profile.codes
        for test in (profile.codes[code].test, *profile.codes[code].others)
    }
    if profile.catalogue_codes:
        found += [test for test in tests if test not in known]
    return list(dict.fromkeys(found))


def reply(asked: Sequence[Asked], tests: Mapping[str, Sequence[str]], profile: Profile, *, at: str) -> list[str]:
    """The records (without CR) that answer a query. ``tests``: specimen -> codes of the instrument that are to be done;
    ``at``: ``YYYYMMDDHHMMSS`` in the laboratory's clock. Names of patients are not told."""
    records = ["H" + "|\\^&|||Laras|||||||P|LIS2-A2|" + at]
    told = 0
    for one in asked:
        codes = tests.get(one.specimen, ())
        if not codes:
            continue
        told += 1
        # The instrument's own writing goes back with its marks, where it expects rack and position beside the number.
        specimen = one.written if profile.echo else TOLD.escaped(one.specimen)
        written = TOLD.repeat.join(profile.order_test.replace("{code}", TOLD.escaped(code)) for code in codes)
        fields = [
            "O",
            "1",
            specimen,
            "",
            written,
            "R",
            *[""] * 5,
            "A" if profile.echo is False else "N",
            *[""] * 13,
            "Q",
        ]
        records += [f"P|{told}", "|".join(fields)]
    records.append("L|1|F" if told else "L|1|I")
    return records
