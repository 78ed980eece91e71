"""Whole rupiah. Inside the program an amount is an `int`; sen do not exist and floats never carry money."""

import re

Rupiah = int

_AMOUNT = re.compile(r"(-?)(?:Rp)?([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?:00|-))?", re.IGNORECASE)


def format_rupiah(amount: Rupiah) -> str:
    """`1234567` -> `Rp1.234.567`; a debt is `-Rp5.000`. No blank, as the spelling rules have it."""
    _refuse_non_int(amount)
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{format_count(abs(amount))}"


def format_count(number: int) -> str:
    """`1234567` -> `1.234.567`."""
    _refuse_non_int(number)
    return f"{number:,}".replace(",", ".")


def read_rupiah(text: str) -> Rupiah:
    """Read what people type in a field of money: `1234567`, `1.234.567`, `Rp 5.000,00`, `Rp5.000,-`.

    Raises ValueError for anything else, for sen other than 00 too: an amount is never rounded by guess.
    """
    found = _AMOUNT.fullmatch("".join(text.split()))
    if not found:
        raise ValueError(f"not an amount in whole rupiah: {text!r}")
    amount = int(found[2].replace(".", ""))
    return -amount if found[1] else amount


def spell_rupiah(amount: Rupiah) -> str:
    """`1500` -> `seribu lima ratus rupiah`, the words that receipts must show. Up to 999 quintillion."""
    _refuse_non_int(amount)
    from lokal import terbilang  # slow to load, and few processes ever write a receipt

    return terbilang(amount, currency=True)


def share_out(amount: Rupiah, weights: list[int]) -> list[Rupiah]:
    """Split an amount by weights. The parts add up to it; the largest remainders get the odd rupiah."""
    _refuse_non_int(amount)
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be zero or more and not all zero")
    parts = [amount * weight // total for weight in weights]
    rest = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return parts


def _refuse_non_int(amount: int) -> None:
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError(f"money is a whole number of rupiah, not {type(amount).__name__}")
