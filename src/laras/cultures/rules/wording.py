"""What a culture says on a report, in Indonesian: the language of the paper, whoever entered it."""

from __future__ import annotations

from collections.abc import Sequence

from laras.cultures.types import DrugSaid, IsolateSaid

LONGEST = 2000
INTERIM = "Hasil sementara"
GRAMS_SAID = {
    "GPC": "kokus Gram positif",
    "GNC": "kokus Gram negatif",
    "GPB": "batang Gram positif",
    "GNB": "batang Gram negatif",
    "YEAST": "sel ragi",
    "AFB": "batang tahan asam",
    "MIXED": "campuran bakteri Gram positif dan negatif",
}
SIGNIFICANCE_SAID = {"pathogen": "", "contaminant": "kemungkinan kontaminan", "flora": "flora normal"}
CATEGORY_SAID = {"S": "Sensitif", "SDD": "Sensitif, bergantung dosis", "I": "Intermediet", "R": "Resistan"}


def short_name(name: str) -> str:
    """*Escherichia coli* -> ``E. coli``; names of one word stay."""
    first, _blank, rest = name.partition(" ")
    return f"{first[0]}. {rest}" if rest and rest.replace(" ", "").isalpha() and rest.islower() else name


def interim_text(day: int, *, grown: bool, grams: Sequence[str], isolates: Sequence[IsolateSaid]) -> str:
    """What is known on a day of reading; always beginning with :data:`INTERIM`."""
    head = f"{INTERIM} (hari ke-{day}): "
    if not grown:
        return head + "belum ada pertumbuhan."
    named = [_isolate(one) for one in isolates if one.organism]
    if named:
        waiting = "" if all(one.drugs for one in isolates if one.significance == "pathogen") else _AWAITED
        return _fit(head + "tumbuh " + "; ".join(named) + "." + waiting)
    seen = [GRAMS_SAID[gram] for gram in dict.fromkeys(grams) if gram in GRAMS_SAID]
    return head + ("tumbuh " + " dan ".join(seen) if seen else "ada pertumbuhan") + "; identifikasi menyusul."


_AWAITED = " Uji kepekaan menyusul."


def final_heading(day: int, isolates: Sequence[IsolateSaid], conclusion: str) -> str:
    """The line of the culture itself, without its susceptibilities."""
    if not isolates:
        return conclusion or f"Tidak ada pertumbuhan setelah {day} hari."
    named = "; ".join(_head(one) for one in isolates)
    return f"Tumbuh {named}." + (f" {conclusion}" if conclusion else "")


def final_text(day: int, isolates: Sequence[IsolateSaid], conclusion: str, statement: int) -> str:
    """The whole result in one text of at most 2000 letters, as it travels to other laboratories.

    What does not fit is left to the table of the report; ``statement`` numbers what was said, so that two texts that were cut
    alike differ.
    """
    if not isolates:
        return final_heading(day, isolates, conclusion)
    whole = "Tumbuh " + "; ".join(_isolate(one) for one in isolates) + "."
    return _fit(whole + (f" {conclusion}" if conclusion else ""), f" … (rincian di LHU, pernyataan {statement})")


def _fit(text: str, tail: str = " …") -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - len(tail)] + tail


def _head(one: IsolateSaid) -> str:
    said = SIGNIFICANCE_SAID.get(one.significance, "")
    more = ", ".join(part for part in (one.quantity, said) if part)
    return one.organism + (f" ({more})" if more else "")


def _isolate(one: IsolateSaid) -> str:
    drugs = ", ".join(_drug(drug) for drug in one.drugs)
    return _head(one) + (f": {drugs}" if drugs else "")


def _drug(drug: DrugSaid) -> str:
    return f"{drug.name} {drug.category or 'tidak dinilai'} ({drug.measured})"
