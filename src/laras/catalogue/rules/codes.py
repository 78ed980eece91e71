"""Codes that carry their own check."""

from __future__ import annotations

import re

_LOINC = re.compile(r"^(\d{1,7})-(\d)$")


def loinc_check_digit(body: str) -> int:
    """The check digit of the digits before the hyphen, by the mod 10 rule of the LOINC Users' Guide: the
    digits in odd places from the right are read as one number and doubled; its digits and those in even
    places are summed; the check digit makes that sum a multiple of ten. Raises ``ValueError`` if ``body`` is
    not digits."""
    if not body.isascii() or not body.isdigit():
        raise ValueError(f"{body!r} is not a run of digits")
    doubled = str(2 * int(body[::-1][0::2]))
    total = sum(int(digit) for digit in doubled + body[::-1][1::2])
    return -total % 10


def is_loinc(code: str) -> bool:
    """Whether ``code`` has the form of a LOINC code and its check digit is right."""
    match = _LOINC.match(code)
    return match is not None and loinc_check_digit(match[1]) == int(match[2])
