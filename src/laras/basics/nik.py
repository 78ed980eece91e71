"""NIK (Nomor Induk Kependudukan), the 16 digits of a resident: area, date of birth with sex, serial.

Structure: `PP KK CC DDMMYY SSSS`. The area is the one of the *day of issue* and the number is kept for
life, so codes from before a province or district was split are normal: only the province digits are
checked, against every code ever in use. What looks odd but may be true is a warning, never a refusal. The
century of the year is not in the number; every century that gives a real date not after `today` is a
candidate.

Source: PP 37/2007 on population administration (from memory); province codes of Kemendagri.
Kemendagri.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

NikSex = Literal["L", "P"]
RefusalReason = Literal["length", "province", "date", "serial"]
WarningReason = Literal["regency_unknown", "very_old"]
MismatchReason = Literal["birth_date", "sex"]

# The 38 provinces of today. New Papuan provinces carry 93 to 96; people born there mostly keep 91 and 92.
_PROVINCES_NOW = (
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96"
)
# 54 was Timor Timur until 1999: holders of such a number still live.
_PROVINCES_ONCE = "54"
PROVINCE_CODES: frozenset[str] = frozenset((_PROVINCES_NOW + " " + _PROVINCES_ONCE).split())

WOMAN_DAY_OFFSET = 40
"""Added to the day of birth of a woman (1 to 31 becomes 41 to 71)."""

_SEPARATORS = re.compile(r"[\s.\-]")
_SIXTEEN = re.compile(r"[0-9]{16}")
_OLDEST_YEARS = 115


@dataclass(frozen=True, slots=True)
class NikRefusal:
    """Why the text is no NIK. `reason` is one word that screens turn into a sentence."""

    reason: RefusalReason
    given: str


@dataclass(frozen=True, slots=True)
class NikFacts:
    """What a NIK says of its holder.

    `birth_dates` holds one or two dates, newest first, none after the day of reading. `province`, `regency`
    and `district` are the dotted Kemendagri codes at the day of issue (`"33"`, `"33.01"`, `"33.01.04"`).
    """

    nik: str
    province: str
    regency: str
    district: str
    sex: NikSex
    birth_dates: tuple[date, ...]
    serial: str
    warnings: tuple[WarningReason, ...] = ()

    @property
    def birth_date(self) -> date:
        """The newest possible date of birth: a suggestion, since 1926 and 2026 are written alike."""
        return self.birth_dates[0]


def clean_nik(text: str) -> str:
    """The text without the blanks, dots and hyphens people type between the groups."""
    return _SEPARATORS.sub("", text)


def read_nik(text: str, *, today: date, known_regencies: Collection[str] = ()) -> NikFacts | NikRefusal:
    """Read a NIK as of `today`.

    `known_regencies` are dotted codes (`"33.01"`) of today's districts; an unknown one is a warning only,
    since it may be from before a split. Empty means: do not look.
    """
    digits = clean_nik(text)
    if not _SIXTEEN.fullmatch(digits):
        return NikRefusal("length", text)
    province, regency, district = digits[:2], digits[2:4], digits[4:6]
    if province not in PROVINCE_CODES:
        return NikRefusal("province", text)
    day, month, two_digit_year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    sex: NikSex = "L"
    if day > WOMAN_DAY_OFFSET:
        sex, day = "P", day - WOMAN_DAY_OFFSET
    dates = _possible_dates(day, month, two_digit_year, today)
    if not dates:
        return NikRefusal("date", text)
    serial = digits[12:]
    if serial == "0000":
        return NikRefusal("serial", text)
    warnings: list[WarningReason] = []
    if known_regencies and f"{province}.{regency}" not in known_regencies:
        warnings.append("regency_unknown")
    if today.year - dates[0].year > _OLDEST_YEARS:
        warnings.append("very_old")
    return NikFacts(
        nik=digits,
        province=province,
        regency=f"{province}.{regency}",
        district=f"{province}.{regency}.{district}",
        sex=sex,
        birth_dates=dates,
        serial=serial,
        warnings=tuple(warnings),
    )


def _possible_dates(day: int, month: int, two_digit_year: int, today: date) -> tuple[date, ...]:
    found = []
    for century in (2000, 1900):
        try:
            born = date(century + two_digit_year, month, day)
        except ValueError:
            continue
        if born <= today:
            found.append(born)
    return tuple(found)


def compare_with_nik(
    facts: NikFacts, *, birth_date: date | None, birth_date_estimated: bool = False, sex: str = ""
) -> tuple[MismatchReason, ...]:
    """What was written down and differs from the NIK: to be shown, not to be corrected silently.

    An estimated date is compared by nothing but its year, within two years; an unknown sex agrees with both.
    """
    problems: list[MismatchReason] = []
    if birth_date is not None:
        if birth_date_estimated:
            agrees = any(abs(birth_date.year - known.year) <= 2 for known in facts.birth_dates)
        else:
            agrees = birth_date in facts.birth_dates
        if not agrees:
            problems.append("birth_date")
    if sex in ("L", "P") and sex != facts.sex:
        problems.append("sex")
    return tuple(problems)


def build_nik(*, district: str, birth_date: date, sex: NikSex, serial: int) -> str:
    """Compose the 16 digits, for invented people. `district` with or without dots; serial 1 to 9999."""
    area = district.replace(".", "")
    if len(area) != 6 or not area.isdecimal():
        raise ValueError(f"a district code has six digits: {district!r}")
    if not 1 <= serial <= 9999:
        raise ValueError(f"serial must be 1 to 9999: {serial}")
    day = birth_date.day + (WOMAN_DAY_OFFSET if sex == "P" else 0)
    return f"{area}{day:02d}{birth_date.month:02d}{birth_date.year % 100:02d}{serial:04d}"


def mask_nik(nik: str) -> str:
    """Province and district stay, the rest but the last two is hidden: `3301••••••••••07`."""
    if len(nik) < 8:
        return "•" * len(nik)
    return nik[:4] + "•" * (len(nik) - 6) + nik[-2:]
