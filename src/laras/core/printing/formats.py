"""Numbers, dates and times as Indonesian documents write them. Pure; zones have no summer time."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

ZONES = {"WIB": 7, "WITA": 8, "WIT": 9}
_MONTHS = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_LONG_MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip


def number_text(value: int | float | Decimal | str, decimals: int | None = None) -> str:
    """``1234.5`` as ``1.234,5``. `decimals` None keeps the digits that were given.

    A text that is not a plain number (``>300``, ``Negatif``) comes back with only its number rewritten or as
    it is. No rounding happens when `decimals` is None.
    """
    text = str(value).strip()
    operator = ""
    while text[:1] in ("<", ">", "≤", "≥", "±"):
        operator, text = operator + text[0], text[1:].strip()
    try:
        number = Decimal(text)
    except ArithmeticError:
        return str(value).strip()
    if not number.is_finite():
        return str(value).strip()
    written = f"{number:,.{decimals}f}" if decimals is not None else f"{number:,f}"
    return operator + written.translate(str.maketrans(",.", ".,"))


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment in the laboratory's zone. Raises ValueError for a naive moment or an unknown zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    if zone not in ZONES:
        raise ValueError(f"unknown zone {zone!r}")
    return moment.astimezone(timezone(timedelta(hours=ZONES[zone])))


def moment_text(moment: datetime | None, zone: str, *, language: str = "id", with_zone: bool = True) -> str:
    """``22 Nov 2026 14.05 WIB``; empty for None."""
    if moment is None:
        return ""
    local = in_zone(moment, zone)
    clock = f"{local:%H.%M}" if language != "en" else f"{local:%H:%M}"
    return f"{date_text(local.date(), language=language)} {clock}" + (f" {zone}" if with_zone else "")


def date_text(day: date | None, *, language: str = "id", long: bool = False) -> str:
    """``22 Nov 2026`` or, long, ``22 November 2026``; empty for None."""
    if day is None:
        return ""
    months = (_LONG_MONTHS if long else _MONTHS)["en" if language == "en" else "id"]
    return f"{day.day} {months[day.month - 1]} {day.year}"
