"""Forms of the bench: filters in the address, reasons, calls, one value."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.bench.types import Narrowing
from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.core.forms import LarasForm, MomentField, NumberField

URGENCIES = [("", _("Semua")), ("outbreak", _("KLB")), ("urgent", _("Cito")), ("routine", _("Biasa"))]


class NarrowingForm(LarasForm):
    """What a list is narrowed to; the choices are what is really waiting."""

    number = forms.CharField(label=_("Nomor sampel atau permintaan"), max_length=60, required=False)
    test = forms.ChoiceField(label=_("Pemeriksaan"), required=False)
    discipline = forms.ChoiceField(label=_("Bidang"), required=False)
    urgency = forms.ChoiceField(label=_("Kesegeraan"), choices=URGENCIES, required=False)

    def __init__(self, data: Any, *, waiting: list[tuple[str, str, int]], names: dict[str, str]) -> None:
        super().__init__(data)
        tests: dict[str, int] = {}
        disciplines: dict[str, int] = {}
        for code, discipline, number in waiting:
            tests[code] = tests.get(code, 0) + number
            disciplines[discipline] = disciplines.get(discipline, 0) + number
        everything = [("", _("Semua"))]
        self.fields["test"].choices = everything + [
            (code, f"{names.get(code, code)} ({number})") for code, number in _keep(tests, data.get("test"))
        ]
        self.fields["discipline"].choices = everything + [
            (code, f"{DISCIPLINE_LABELS.get(code, code)} ({number})")
            for code, number in _keep(disciplines, data.get("discipline"))
            if code
        ]

    def narrowing(self) -> Narrowing:
        """What is asked; a part that makes no sense narrows nothing."""
        self.is_valid()
        given = self.cleaned_data
        return Narrowing(
            test_code=given.get("test", ""),
            discipline=given.get("discipline", ""),
            urgency=given.get("urgency", ""),
            number=given.get("number", ""),
        )


def _keep(found: dict[str, int], chosen: str | None) -> list[tuple[str, int]]:
    """What waits, and what is chosen now even when none of it waits any more."""
    if chosen and chosen not in found and len(chosen) <= 60:
        found = {**found, chosen: 0}
    return list(found.items())


class ReasonForm(LarasForm):
    reason = forms.CharField(
        label=_("Alasan"),
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Tersimpan di jejak audit."),
    )


class ValidateForm(LarasForm):
    comment = forms.CharField(
        label=_("Komentar untuk LHU"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    uncalled_reason = forms.CharField(
        label=_("Mengapa nilai kritis belum dilaporkan"),
        max_length=240,
        required=False,
        help_text=_("Hanya bila memang tidak ada yang dapat dihubungi. Kewajiban melapor tetap berjalan."),
    )


class EntryForm(LarasForm):
    """One value, with all that may be said of it."""

    raw = forms.CharField(label=_("Nilai"), max_length=2000, strip=False)
    reason = forms.ChoiceField(
        label=_("Alasan"),
        required=False,
        choices=[
            ("", _("Biasa")),
            ("correction", _("Koreksi")),
            ("repeat", _("Ulangan")),
            ("dilution", _("Pengenceran")),
        ],
    )
    note = forms.CharField(label=_("Catatan nilai"), max_length=240, required=False)
    comment = forms.CharField(label=_("Komentar untuk LHU"), max_length=500, required=False)
    method = forms.CharField(label=_("Metode"), max_length=160, required=False)
    instrument = forms.CharField(label=_("Alat"), max_length=80, required=False)
    reagent_lot = forms.CharField(label=_("Lot reagen"), max_length=60, required=False)
    late_reason = forms.CharField(
        label=_("Mengapa tetap diuji"),
        max_length=240,
        required=False,
        help_text=_("Sampel ini melewati waktu simpan. Alasannya tercetak di LHU."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)


class BeginForm(LarasForm):
    begun_at = MomentField(label=_("Mulai diuji"), required=False, help_text=_("Kosongkan bila baru saja."))
    reason = forms.CharField(
        label=_("Mengapa tetap diuji"),
        max_length=240,
        required=False,
        help_text=_("Wajib bila waktu simpan sudah lewat. Tercetak di LHU."),
    )


class CallForm(LarasForm):
    receiver = forms.CharField(label=_("Dilaporkan kepada"), max_length=120)
    receiver_role = forms.CharField(label=_("Sebagai"), max_length=80, required=False)
    called_at = MomentField(label=_("Waktu melapor"), required=False, help_text=_("Kosongkan bila baru saja."))
    read_back = forms.BooleanField(label=_("Penerima membacakan ulang nilainya dengan benar"), required=False)
    note = forms.CharField(label=_("Catatan"), max_length=240, required=False)


class HoldForm(LarasForm):
    reason = forms.CharField(label=_("Mengapa ditahan"), max_length=240, widget=forms.Textarea(attrs={"rows": 3}))
    whole_order = forms.BooleanField(label=_("Tahan seluruh permintaan, bukan hanya hasil ini"), required=False)


class AutoRuleForm(LarasForm):
    """A draft of a rule that verifies; what no rule lets pass stands beside the form."""

    test_code = forms.ChoiceField(
        label=_("Pemeriksaan"), required=False, help_text=_("Kosong: semua yang tidak punya aturan sendiri.")
    )
    within = forms.ChoiceField(
        label=_("Nilai harus"),
        choices=[("reference", _("dalam rujukan atau baku mutu")), ("limits", _("dalam batas sendiri"))],
    )
    low = NumberField(label=_("Batas bawah"), required=False)
    high = NumberField(label=_("Batas atas"), required=False)
    delta_percent = NumberField(label=_("Perubahan paling banyak"), required=False)
    delta_days = forms.IntegerField(label=_("Terhadap hasil paling lama"), min_value=1, max_value=3650, required=False)
    sex = forms.ChoiceField(
        label=_("Jenis kelamin"),
        required=False,
        choices=[("", _("Semua")), ("L", _("Laki-laki")), ("P", _("Perempuan"))],
    )
    age_from = forms.IntegerField(label=_("Umur dari"), min_value=0, max_value=150, required=False)
    age_to = forms.IntegerField(label=_("sampai"), min_value=0, max_value=150, required=False)
    exempt = forms.MultipleChoiceField(
        label=_("Pengirim yang dikecualikan"),
        required=False,
        help_text=_("Hasilnya selalu dilihat orang."),
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )

    def __init__(self, data: Any, *, tests: list[tuple[str, str]], senders: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["test_code"].choices = [("", _("Semua pemeriksaan")), *tests]
        self.fields["exempt"].choices = senders


class TrialForm(LarasForm):
    days = forms.IntegerField(label=_("Hasil berapa hari terakhir"), min_value=1, max_value=90, initial=30)
