"""Printed numbers: labels for people and scanners, never identity.

``NTB-01-261122-0042-7``: code of the laboratory, day (yymmdd, the laboratory's own calendar), serial of that day and a check
character by ISO 7064 MOD 37,36, which catches every single error and every swap of neighbours. Samples of an order
carry its number with a letter: ``NTB-01-261122-0042A-K``.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection

from laras.core import statements

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over the letters and digits of ``text``; hyphens do not count."""
    remainder = 36
    for character in text.upper():
        if character == "-":
            continue
        remainder = (remainder + ALPHABET.index(character)) % 36 or 36
        remainder = remainder * 2 % 37
    return ALPHABET[(37 - remainder) % 36]


def is_whole(number: str) -> bool:
    """Whether a typed or scanned number ends in its right check character."""
    body, _, check = number.strip().upper().rpartition("-")
    try:
        return bool(body) and check_character(body) == check
    except ValueError:
        return False


def format_number(code: str, day: date, serial: int, part: str = "", series: str = "") -> str:
    """The printed form; ``series`` tells reports (``L``) and referrals (``R``) from orders (none)."""
    body = f"{code}-{day:%y%m%d}-{series}{serial:04d}{part}"
    return f"{body}-{check_character(body)}"


def sample_letter(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = ALPHABET[10 + rest] + letters
    return letters


def next_serials(owner_id: UUID, series: str, day: date, count: int = 1) -> int:
    """Take ``count`` serials of the day and answer the first; inside the caller's transaction, so that none is lost.

    One statement on both databases; two registrations at once queue on the row.
    """
    from laras.core.models import Counter

    with connection.cursor() as cursor:
        adapt = connection.ops.adapt_datefield_value
        owner = owner_id.hex if connection.vendor == "sqlite" else owner_id
        statements.execute(
            cursor,
            f"INSERT INTO {Counter._meta.db_table} (owner_id, series, day, value) VALUES (%s, %s, %s, %s) "
            f"ON CONFLICT (owner_id, series, day) DO UPDATE SET value = {Counter._meta.db_table}.value + excluded.value "
            "RETURNING value",
            [owner, series, adapt(day), count],
        )
        last = cursor.fetchone()[0]
    return int(last) - count + 1
