"""Forms of the catalogue. Numbers are read as people write them here; ages as a number and its unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.catalogue.labels import DISCIPLINE_LABELS, KIND_LABELS, POPULATION_LABELS, SEX_LABELS, SUBJECT_LABELS
from laras.catalogue.rules import age_in_days
from laras.core.forms import LarasForm, NumberField, ReasonField

_AGE_UNITS = [("d", _("hari")), ("m", _("bulan")), ("y", _("tahun"))]
_BOUND = {"min_value": -(10**9), "max_value": 10**9}


class FilterForm(LarasForm):
    q = forms.CharField(
        label=_("Cari"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    discipline = forms.ChoiceField(
        label=_("Kelompok"), required=False, choices=[("", _("Semua")), *DISCIPLINE_LABELS.items()]
    )
    subject = forms.ChoiceField(label=_("Subjek"), required=False, choices=[("", _("Semua")), *SUBJECT_LABELS.items()])
    tier = forms.ChoiceField(
        label=_("Dikerjakan mulai tingkat"),
        required=False,
        choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))],
    )


class SearchForm(LarasForm):
    q = forms.CharField(
        label=_("Cari"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )


class PanelFilterForm(SearchForm):
    subject = forms.ChoiceField(label=_("Subjek"), required=False, choices=[("", _("Semua")), *SUBJECT_LABELS.items()])


class ChooseForm(LarasForm):
    """One of some rows (``kind|key``), and why."""

    row = forms.ChoiceField(label=_("Yang mana"), widget=forms.RadioSelect)
    reason = ReasonField()

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["row"].choices = list(choices)
        if len(choices) == 1:
            self.initial.setdefault("row", choices[0][0])


class AdoptStandardForm(LarasForm):
    reason = ReasonField(help_text=_("Misalnya: naskah peraturan dibaca dan dicocokkan pada tanggal …"))


class AdoptHandlingForm(LarasForm):
    group = forms.ChoiceField(label=_("Kelompok botol"), required=False)
    reason = ReasonField(help_text=_("Misalnya: dicocokkan dengan metode yang dipakai pada tanggal …"))

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["group"].choices = [("", _("Semua kelompok")), *groups]


class HandlingForm(LarasForm):
    """How this laboratory keeps the sample for a test until it begins."""

    test = forms.ChoiceField(label=_("Pemeriksaan"))
    matrix = forms.ChoiceField(label=_("Matriks"), required=False)
    group = forms.CharField(label=_("Kelompok botol"), max_length=60)
    container = forms.CharField(label=_("Wadah"), max_length=80)
    preservation = forms.CharField(
        label=_("Pengawetan"),
        max_length=100,
        help_text=_("Misalnya Didinginkan, gelap. Tulis sama bila dalam satu botol."),
    )
    volume = forms.CharField(label=_("Volume"), max_length=20, required=False)
    hours = forms.IntegerField(label=_("Waktu simpan (jam)"), min_value=1, max_value=99_999)
    reason = ReasonField()

    def __init__(
        self, *args: Any, tests: Sequence[tuple[str, str]], matrices: Sequence[tuple[str, Any]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["test"].choices = tests
        self.fields["matrix"].choices = [("", _("Semua matriks")), *matrices]


class CriticalForm(LarasForm):
    population = forms.ChoiceField(label=_("Untuk siapa"), choices=list(POPULATION_LABELS.items()))
    low = NumberField(label=_("Kritis bila kurang dari"), required=False, **_BOUND)
    high = NumberField(label=_("Kritis bila lebih dari"), required=False, **_BOUND)
    inclusive = forms.BooleanField(label=_("Nilai batasnya sendiri juga kritis"), required=False)
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and values.get("low") is None and values.get("high") is None:
            self.add_error("low", _("Isi paling sedikit satu batas."))
        return values


class RangeForm(LarasForm):
    sex = forms.ChoiceField(label=_("Jenis kelamin"), required=False, choices=list(SEX_LABELS.items()))
    age_from = forms.IntegerField(label=_("Mulai umur"), min_value=0, max_value=40000, initial=0)
    age_from_unit = forms.ChoiceField(label=_("Satuan umur awal"), choices=_AGE_UNITS, initial="y")
    age_until = forms.IntegerField(
        label=_("Sampai di bawah umur (kosong: seterusnya)"), min_value=1, max_value=40000, required=False
    )
    age_until_unit = forms.ChoiceField(label=_("Satuan umur akhir"), choices=_AGE_UNITS, initial="y")
    low = NumberField(label=_("Batas bawah"), required=False, **_BOUND)
    high = NumberField(label=_("Batas atas"), required=False, **_BOUND)
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        values["age_from"] = age_in_days(f"{values['age_from']}{values.pop('age_from_unit')}")
        unit = values.pop("age_until_unit")
        if values["age_until"] is not None:
            values["age_until"] = age_in_days(f"{values['age_until']}{unit}")
            if values["age_until"] <= values["age_from"]:
                self.add_error("age_until", _("Umur akhir harus sesudah umur awal."))
        if values["age_from"] > 60000 or (values.get("age_until") or 0) > 60000:
            self.add_error("age_from", _("Umur terlalu besar."))
        if values.get("low") is None and values.get("high") is None:
            self.add_error("low", _("Isi paling sedikit satu batas."))
        return values


class ChangeForm(LarasForm):
    """How this laboratory does the test; only what differs is published."""

    method = forms.CharField(label=_("Metode"), max_length=200, required=False)
    decimals = forms.IntegerField(label=_("Angka di belakang koma"), min_value=0, max_value=6, required=False)
    container = forms.CharField(label=_("Wadah"), max_length=200, required=False)
    volume = forms.CharField(label=_("Volume"), max_length=200, required=False)
    stability = forms.CharField(label=_("Stabilitas"), max_length=200, required=False)
    tat_hours = forms.IntegerField(label=_("Waktu selesai (jam)"), min_value=1, max_value=9999)
    reason = ReasonField()


class TestForm(LarasForm):
    """A test of this laboratory itself."""

    __test__ = False

    code = forms.CharField(label=_("Kode"), max_length=24, help_text=_("Diberi awalan kode laboratorium."))
    name = forms.CharField(label=_("Nama"), max_length=200)
    name_en = forms.CharField(label=_("Nama Inggris"), max_length=200, required=False)
    discipline = forms.ChoiceField(label=_("Kelompok"), choices=list(DISCIPLINE_LABELS.items()))
    subject = forms.ChoiceField(label=_("Subjek"), choices=list(SUBJECT_LABELS.items()))
    kind = forms.ChoiceField(label=_("Jenis hasil"), choices=list(KIND_LABELS.items()))
    answers = forms.ChoiceField(label=_("Daftar jawaban"), required=False)
    loinc = forms.CharField(label=_("LOINC"), max_length=12, required=False)
    ucum = forms.CharField(
        label=_("Satuan (UCUM)"), max_length=60, required=False, help_text=_("Misalnya mg/dL atau 10*3/uL.")
    )
    unit = forms.CharField(label=_("Satuan yang ditampilkan"), max_length=60, required=False)
    decimals = forms.IntegerField(label=_("Angka di belakang koma"), min_value=0, max_value=6, required=False)
    specimen = forms.CharField(label=_("Spesimen"), max_length=200, required=False)
    container = forms.CharField(label=_("Wadah"), max_length=200, required=False)
    method = forms.CharField(label=_("Metode"), max_length=200, required=False)
    tier = forms.TypedChoiceField(
        label=_("Dikerjakan mulai tingkat"), coerce=int, choices=[(n, str(n)) for n in range(1, 6)]
    )
    tat_hours = forms.IntegerField(label=_("Waktu selesai (jam)"), min_value=1, max_value=9999, initial=24)
    reason = ReasonField()

    def __init__(self, *args: Any, sets: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["answers"].choices = [("", _("Tidak ada")), *sets]
