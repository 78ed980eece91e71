"""What stands on the labels of samples: printed data only, taken from an order as it was read."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.errors import Problem, Refused
from laras.core.printing import moment_text
from laras.core.printing.labels import SHEETS, STOCKS, Label, label_pdf, label_sheet, label_zpl
from laras.orders.models import Sample
from laras.orders.queries import OrderDetail

DEFAULT_STOCK = "50x25"
SEXES = {"L": "L", "P": "P", "U": "?"}


def labels_of(detail: OrderDetail, samples: list[Sample] | None = None) -> list[Label]:
    """One label for each sample that can still be used; ``samples`` picks some."""
    order = detail.order
    zone = clock.ZONES.get(order.owner.zone, "WIB")
    usable = [s for s in (samples or detail.samples) if s.status not in ("cancelled", "disposed")]
    labels = []
    for sample in usable:
        codes = [row.test_code for row in detail.tests_of(sample) if not row.cancelled]
        labels.append(
            Label(
                code=sample.number,
                name=detail.subject,
                detail=_subject_facts(detail, sample),
                identity=order.patient.mrn if order.patient_id else "",
                specimen=sample.specimen,
                tests=" ".join(codes),
                collected=moment_text(sample.collected_at, zone, with_zone=False),
                laboratory=order.owner.code,
                urgent=order.urgency != "routine",
            )
        )
    if not labels:
        raise Refused(_("Tidak ada sampel yang perlu label di permintaan ini."), code="no_labels")
    return labels


def _subject_facts(detail: OrderDetail, sample: Sample) -> str:
    patient = detail.order.patient
    if patient is None:
        return sample.description
    age = age_text(patient.birth_date, detail.order.registered_at, detail.order.owner.zone)
    return " · ".join(part for part in (SEXES.get(patient.sex, ""), age) if part)


def age_text(born: date | None, at: datetime, zone: str) -> str:
    """Age on the day of the order: years, below two years months, below two months days."""
    if born is None:
        return ""
    day = at.astimezone(ZoneInfo(zone)).date()
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 24:
        return _("%(n)d th") % {"n": months // 12}
    if months >= 2:
        return _("%(n)d bln") % {"n": months}
    return _("%(n)d hr") % {"n": max(0, (day - born).days)}


def print_labels(detail: OrderDetail, *, stock: str = DEFAULT_STOCK, sheet: str = "", skip: int = 0) -> bytes:
    """PDF: one label a page for a label printer, or an A4 ``sheet`` whose first ``skip`` places are used up."""
    if sheet and sheet not in SHEETS:
        raise Refused(_("Lembar label ini tidak dikenal."), problems=[Problem("sheet", _("Pilih dari daftar."))])
    if not sheet and stock not in STOCKS:
        raise Refused(_("Ukuran label ini tidak dikenal."), problems=[Problem("stock", _("Pilih dari daftar."))])
    if sheet:
        places = SHEETS[sheet].columns * SHEETS[sheet].rows
        if not 0 <= skip < places:
            raise Refused(
                _("Lembar ini hanya memuat %(n)d label.") % {"n": places},
                problems=[Problem("skip", _("Isi antara 0 dan %(n)d.") % {"n": places - 1})],
            )
        return label_sheet(labels_of(detail), sheet=sheet, skip=skip)
    return label_pdf(labels_of(detail), stock=stock)


def zpl(detail: OrderDetail, *, stock: str = DEFAULT_STOCK) -> str:
    """The same for a thermal printer that speaks ZPL."""
    if stock not in STOCKS:
        raise Refused(_("Ukuran label ini tidak dikenal."), problems=[Problem("stock", _("Pilih dari daftar."))])
    return label_zpl(labels_of(detail), stock=stock)
