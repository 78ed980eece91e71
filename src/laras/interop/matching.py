"""Which waiting result a reading belongs to, and what would be entered there; else why it waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from laras.basics.units import UnitError
from laras.bench.types import Target
from laras.catalogue.types import Catalogue
from laras.interop.rules.readings import FINAL, to_unit
from laras.interop.types import Reading
from laras.interop.words import say

OPEN: Final = ("waiting",)
"""Statuses of a result into which an instrument enters by itself. What has a value already is a person's to decide."""


@dataclass(frozen=True, slots=True)
class Match:
    """``result_id`` is where the reading belongs (None: nowhere yet); ``raw`` and ``conversion`` what would be entered.
    ``why`` says why it waits; ``keep`` that it is no patient's result and waits for nobody."""

    result_id: UUID | None = None
    seen: int = 0
    raw: str = ""
    conversion: str = ""
    why: str = ""
    keep: bool = False


def match(reading: Reading, on_samples: Mapping[str, Sequence[Target]], catalogue: Catalogue) -> Match:
    """``on_samples``: number of a sample -> the results on it."""
    if reading.trouble is not None:
        return Match(why=say(reading.trouble))
    if reading.kind != "patient":
        return Match(keep=True)
    if reading.part:
        return Match(keep=True, why=_("Bagian dari %(test)s") % {"test": reading.part})
    if not reading.specimen_id:
        return Match(why=_("Tanpa nomor sampel"))
    targets = on_samples.get(reading.specimen_id.upper(), ())
    if not targets:
        return Match(why=_("Tidak ada pekerjaan pada sampel %(number)s") % {"number": reading.specimen_id})
    if not reading.known:
        return Match(why=_("Kode alat “%(code)s” belum dipetakan dalam profil") % {"code": reading.device_code})
    meant = [one for one in targets if one.test_code in (reading.test_code, *reading.others)]
    if not meant:
        return Match(why=_("%(test)s tidak diminta pada sampel ini") % {"test": reading.test_code})
    waiting = [one for one in meant if one.status in OPEN]
    if len(waiting) > 1:
        names = ", ".join(one.test_code for one in waiting)
        return Match(why=_("Dapat berarti beberapa pemeriksaan: %(tests)s") % {"tests": names})
    if not waiting:
        return Match(result_id=meant[0].result_id, why=_status_says(meant[0]))
    return _value(reading, waiting[0], catalogue)


def _status_says(target: Target) -> str:
    if target.status == "cancelled":
        return _("Hasil %(test)s sudah dibatalkan") % {"test": target.test_code}
    if target.status in ("to_refer", "referred"):
        return _("%(test)s sedang dirujuk") % {"test": target.test_code}
    return _("%(test)s sudah mempunyai nilai") % {"test": target.test_code}


def _value(reading: Reading, target: Target, catalogue: Catalogue) -> Match:
    found = Match(result_id=target.result_id, seen=target.entries)
    raw, conversion, why = entered_as(reading, target.test_code, catalogue)
    if not why and reading.status.upper() not in FINAL:
        why = _("Alat menyebut hasil ini belum final (%(status)s)") % {"status": reading.status}
    return Match(found.result_id, found.seen, raw, conversion, why)


def entered_as(reading: Reading, test_code: str, catalogue: Catalogue) -> tuple[str, str, str]:
    """(text to enter, conversion in words, why it cannot be entered) for this test."""
    test = catalogue.test(test_code)
    if test.kind == "coded":
        raw = reading.answer or reading.raw.strip()
        return raw, "", "" if raw else _("Tidak ada nilai")
    if not test.is_numeric:
        return reading.raw, "", "" if reading.raw.strip() else _("Tidak ada nilai")
    if test.kind == "titre":
        return reading.raw, "", "" if reading.raw.strip() else _("Tidak ada nilai")
    if reading.value is None:
        return (
            "",
            "",
            _("Tidak ada angka dalam “%(raw)s”") % {"raw": reading.raw} if reading.raw else _("Tidak ada nilai"),
        )
    try:
        done = to_unit(reading, test.ucum)
    except UnitError:
        return (
            "",
            "",
            _("Satuan %(unit)s tidak dapat diubah ke %(into)s")
            % {"unit": reading.unit or _("(tidak disebut)"), "into": test.ucum or _("(tanpa satuan)")},
        )
    if not done.shown:
        return reading.raw, "", ""
    return f"{reading.operator}{done.value:f}", done.shown, ""


def numbers_in(readings: Iterable[Reading]) -> set[str]:
    """The numbers by which samples are looked for: as printed on labels, in capitals, and as sent."""
    found = {one.specimen_id for one in readings if one.specimen_id and one.kind == "patient"}
    return {said for one in found for said in (one, one.upper())}


def by_number(targets: Iterable[Target]) -> dict[str, list[Target]]:
    """Number (capitals) -> results. A number that two samples have (one as its own, one as the sender's) names neither."""
    found: dict[str, list[Target]] = {}
    samples: dict[str, set[str]] = {}
    for target in targets:
        for number in {target.sample_number.upper(), target.external_number.upper()} - {""}:
            found.setdefault(number, []).append(target)
            samples.setdefault(number, set()).add(target.sample_number)
    return {number: rows for number, rows in found.items() if len(samples[number]) == 1}
