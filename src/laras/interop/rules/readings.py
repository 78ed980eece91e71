"""From the records of a message to readings: what was measured on which specimen, said without guessing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final

from laras.basics.units import UnitError, convert
from laras.catalogue.rules import ValueProblem, is_loinc, parse_value
from laras.interop.rules.profiles import Path, Profile
from laras.interop.rules.records import Segment
from laras.interop.types import Kind, Reading, Trouble

CLOCK_TOLERANCE: Final = timedelta(minutes=15)
"""So much may the clock of a device be ahead of ours."""
_EASTERNMOST: Final = timezone(timedelta(hours=9))
"""Where the laboratory is not known, its clock is at most that of Jayapura."""
FINAL: Final = frozenset({"", "F", "C", "N"})
"""States of a result that may become a value: final, corrected, and what says nothing (LIS02-A2 10.1.9, HL7 table 0085)."""
_MOMENT: Final = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(?:\.\d{1,6})?)?)?([+-]\d{4})?$")

# What opens a group ends everything below it. In ORU^R01 the specimen (SPM) follows its results, in OUL^R22 it leads them.
_BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    "P": ("O", "R"),
    "O": ("R",),
    "PID": ("OBR", "SPM", "SAC", "ORC", "OBX"),
    "SPM": ("OBR", "SAC", "OBX"),
    "OBR": ("OBX",),
}
_RESULTS: Final = frozenset({"R", "OBX"})
_COMMENTS: Final[Mapping[str, int]] = {"C": 4, "NTE": 3}
_NOT_VALUES: Final = frozenset({"ED", "RP"})
"""Types of HL7 that carry pictures and pointers (table 0125)."""


def read_readings(
    records: Iterable[Segment],
    profile: Profile,
    loinc: Mapping[str, str],
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> list[Reading]:
    """The readings of one message in its order; combined tests stand behind their parts.

    ``loinc``: code of a test -> its LOINC code, as the laboratory's catalogue has them. With ``now`` (aware) a moment that
    lies after it is a trouble; ``zone`` is that of the device. A reading with a ``trouble`` must not become a result.
    """
    reader = _Reader(profile, loinc, now, zone or _EASTERNMOST)
    found = list(reader.read(records))
    return found + list(_combine(found, profile, loinc))


@dataclass(slots=True)
class _Reader:
    profile: Profile
    loinc: Mapping[str, str]
    now: datetime | None
    zone: tzinfo

    def read(self, records: Iterable[Segment]) -> Iterator[Reading]:
        around: dict[str, Segment] = {}
        reading: Reading | None = None
        for record in records:
            if reading is not None and record.name in _COMMENTS:
                said = record.text(_COMMENTS[record.name]).strip()
                reading = replace(reading, comment=" · ".join(filter(None, (reading.comment, said))))
                continue
            if reading is not None:
                yield reading
                reading = None
            header = around.get("MSH")
            led = record.name == "OBR" and header is not None and header.text(9, 1) == "ORU"
            for name in (*_BELOW.get(record.name, ()), *(("SPM",) if led else ())):
                around.pop(name, None)
            around[record.name] = record
            if record.name in _RESULTS:
                reading = self.reading(record, around)
        if reading is not None:
            yield reading

    def at(self, paths: Sequence[Path], around: Mapping[str, Segment]) -> str:
        """The first of these places that holds a text, as it stands there."""
        for path in paths:
            record = around.get(path.name)
            text = record.text(path.field, path.component) if record is not None else ""
            if text.strip():
                return text
        return ""

    def reading(self, record: Segment, around: Mapping[str, Segment]) -> Reading | None:
        """None for what the profile passes over."""
        profile = self.profile
        code = self.at(profile.test, around).strip()
        if profile.cut:
            code = code.partition(profile.cut)[0].strip()
        if record.name == "OBX" and record.text(2).strip() in _NOT_VALUES:
            return None
        if profile.ignores(code) or any(not self.at((path,), around).strip() for path in profile.require):
            return None
        rule = profile.codes.get(code)
        test, known = self.test_of(code, around)
        raw = self.at(profile.value, around)
        operator, value, flag = self.value_of(raw)
        unit = self.at(profile.unit, around).strip()
        unit = profile.units.get(unit, unit) or (rule.unit if rule else "")
        measured, trouble = self.moment_of(self.at(profile.measured_at, around).strip(), record)
        if not code:
            trouble = Trouble("no_code", record.place, record.name)
        elif record.name == "R" and "O" not in around:
            trouble = Trouble("no_order", record.place, record.name)
        return Reading(
            specimen_id=self.at(profile.specimen, around).strip(),
            test_code=test,
            loinc=self.loinc.get(test, "") if known else (code if self.says_loinc(around) and is_loinc(code) else ""),
            raw=raw,
            operator=operator,
            value=value,
            unit=unit,
            flag=self.at(profile.flag, around).strip() or flag,
            measured_at=measured,
            kind=self.kind_of(around),
            device_code=code,
            others=rule.others if rule else (),
            answer=rule.answer(raw) if rule else "",
            status=self.at(profile.result_status, around).strip(),
            known=known,
            record=record.place,
            trouble=trouble,
        )

    def says_loinc(self, around: Mapping[str, Segment]) -> bool:
        coding = self.profile.coding
        return coding is not None and self.at((coding,), around).strip() == "LN"

    def test_of(self, code: str, around: Mapping[str, Segment]) -> tuple[str, bool]:
        """(code of the catalogue, True), or (the device's own, False)."""
        rule = self.profile.codes.get(code)
        if rule is not None:
            return rule.test, True
        if self.says_loinc(around):
            found = [test for test, loinc in self.loinc.items() if loinc == code]
            if len(found) == 1:  # two tests with one LOINC code differ in method: a person says which
                return found[0], True
        if self.profile.catalogue_codes and code.upper() in self.loinc:
            return code.upper(), True
        return code, False

    def value_of(self, raw: str) -> tuple[str, Decimal | None, str]:
        """(operator, number, flag) that stand in a text; no number where there is none or more than one reading."""
        if not raw.strip() or raw.strip() in self.profile.missing:
            return "", None, ""
        try:
            read = parse_value(raw, decimal_mark=self.profile.decimal_mark)
        except ValueProblem:
            return "", None, ""
        if read.kind in ("number", "not_detected"):
            return read.operator, read.number, read.flag
        return "", None, ""

    def kind_of(self, around: Mapping[str, Segment]) -> Kind:
        for rule in self.profile.kinds:
            if rule.fits(self.at((rule.path,), around)):
                return rule.kind
        return "patient"

    def moment_of(self, text: str, record: Segment) -> tuple[str, Trouble | None]:
        """ISO 8601 with the precision that was sent, and what is wrong with it."""
        if not text:
            return "", None
        match = _MOMENT.match(text)
        try:
            if match is None:
                raise ValueError(text)
            year, month, day, hour, minute, second, offset = match.groups()
            if hour is None:
                moment = datetime(int(year), int(month), int(day))
                said = moment.date().isoformat()
            else:
                moment = datetime(*map(int, (year, month, day, hour, minute, second or 0)))  # type: ignore[arg-type]
                said = moment.isoformat(timespec="seconds" if second else "minutes")
            if offset:
                moment = moment.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo)
                said += f"{offset[:3]}:{offset[3:]}"
        except ValueError:
            return "", Trouble("moment", record.place, record.name, given={"written": text})
        if self.now is not None:
            when = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            if when.astimezone(UTC) > self.now + CLOCK_TOLERANCE:
                return said, Trouble("future", record.place, record.name, given={"written": said})
        return said, None


def _combine(found: list[Reading], profile: Profile, loinc: Mapping[str, str]) -> Iterator[Reading]:
    """Readings of tests that the device reports in parts; the parts are marked so that nothing is entered twice."""
    for rule in profile.combined:
        groups: dict[str, dict[str, int]] = {}
        for at, reading in enumerate(found):
            if reading.device_code in rule.parts:
                groups.setdefault(reading.specimen_id, {})[reading.device_code] = at
                found[at] = replace(reading, part=rule.test)
        for places in groups.values():
            parts = [found[at] for at in sorted(places.values())]
            answer = rule.answer({part.device_code: part.raw for part in parts})
            told = [part for part in parts if part.raw.strip()]
            yield replace(
                parts[-1],
                test_code=rule.test,
                loinc=loinc.get(rule.test, ""),
                raw="; ".join(f"{part.device_code}: {part.raw.strip()}" for part in told),
                operator="",
                value=None,
                unit="",
                device_code="+".join(part.device_code for part in parts),
                measured_at=max(part.measured_at for part in parts),
                answer=answer,
                known=rule.test in loinc,
                part="",
                trouble=next((part.trouble for part in parts if part.trouble), None),
            )


# --- Units ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conversion:
    """A number in another unit; ``shown`` says what was done (``130 g/L = 13.0 g/dL``), empty when nothing was."""

    value: Decimal
    shown: str = ""


def to_unit(reading: Reading, ucum: str) -> Conversion:
    """The number of a reading in the unit of the catalogue, exactly.

    Raises :class:`laras.basics.units.UnitError` (unknown, incompatible, inexact), and for a reading without a unit where
    one is needed: whether 0.57 is a share or a percentage is not for a program to say.
    """
    if reading.value is None:
        raise ValueError("no number to convert")
    if reading.unit == ucum:
        return Conversion(reading.value)
    if not reading.unit or not ucum:
        raise UnitError("incompatible", f"{reading.unit or '-'!r} / {ucum or '-'!r}")
    value = convert(reading.value, reading.unit, ucum)
    said = f"{reading.operator}{reading.value:f} {reading.unit} = {reading.operator}{value:f} {ucum}"
    return Conversion(value, said)
