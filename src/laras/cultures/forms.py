"""What people type about cultures; the names of the fields are those of the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, DropInput, LarasForm, NumberField, ReasonField
from laras.cultures import shipped
from laras.cultures.types import CATEGORIES
from laras.cultures.words import CATEGORIES as CATEGORY_WORDS
from laras.cultures.words import GRAMS, OUTCOMES, SIGNIFICANCES

_GRAMS = [("", "–"), *GRAMS.items()]


def _listed(name: str) -> forms.TextInput:
    return forms.TextInput(attrs={"list": name, "autocomplete": "off", "spellcheck": "false"})


class NarrowingForm(LarasForm):
    number = forms.CharField(
        label=_("Nomor sampel atau permintaan"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    test = forms.ChoiceField(label=_("Biakan"), required=False)

    def __init__(self, *args: Any, tests: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["test"].choices = [("", _("Semua")), *tests]


class InoculateForm(LarasForm):
    media = forms.CharField(
        label=_("Media"),
        required=False,
        max_length=400,
        help_text=_("Pisahkan dengan koma; kosong: media baku biakan itu."),
    )
    conditions = forms.CharField(
        label=_("Inkubasi"), required=False, max_length=60, help_text=_("Misalnya 35 °C, CO2 5%.")
    )
    read_days = forms.CharField(
        label=_("Hari baca"),
        required=False,
        max_length=200,
        help_text=_("Misalnya 1, 2, 5; kosong: hari baku biakan itu."),
    )

    def values(self) -> dict[str, Any]:
        return self.cleaned_data | {"media": self.cleaned_data["media"].replace(";", ",").split(",")}


class ReadForm(LarasForm):
    outcome = forms.ChoiceField(label=_("Terlihat"), choices=[*OUTCOMES.items()])
    gram = forms.ChoiceField(label=_("Gram"), choices=_GRAMS, required=False)
    quantity = forms.CharField(
        label=_("Jumlah"), max_length=60, required=False, help_text=_("Misalnya >10^5, sedikit.")
    )
    note = forms.CharField(label=_("Catatan"), max_length=240, required=False)


class SubcultureForm(LarasForm):
    medium = forms.CharField(label=_("Media"), max_length=60)
    conditions = forms.CharField(label=_("Inkubasi"), max_length=60, required=False)


class PickForm(LarasForm):
    colony = forms.CharField(
        label=_("Koloni"), max_length=160, required=False, help_text=_("Misalnya merah muda, mukoid, 3 mm.")
    )
    gram = forms.ChoiceField(label=_("Gram"), choices=_GRAMS, required=False)
    quantity = forms.CharField(
        label=_("Jumlah"), max_length=60, required=False, help_text=_("Misalnya >10^5, sedikit.")
    )


class IdentifyForm(LarasForm):
    organism = forms.CharField(
        label=_("Organisme"), max_length=120, required=False, widget=_listed("organisme"),
        help_text=_("Nama atau kode dari daftar."),
    )  # fmt: skip
    other = forms.CharField(
        label=_("Nama lain"), max_length=120, required=False, help_text=_("Bila tidak ada di daftar.")
    )
    significance = forms.ChoiceField(
        label=_("Arti"), required=False, choices=[("", _("Belum diputuskan")), *SIGNIFICANCES.items()]
    )
    quantity = forms.CharField(label=_("Jumlah"), max_length=60, required=False)
    identification = forms.CharField(
        label=_("Cara identifikasi"), max_length=120, required=False, help_text=_("Misalnya API 20E, MALDI-TOF.")
    )


class OverrideForm(LarasForm):
    category = forms.ChoiceField(
        label=_("Interpretasi ahli"), required=False,
        choices=[("", _("Ikuti tabel")), *((one, CATEGORY_WORDS[one]) for one in CATEGORIES)],
    )  # fmt: skip
    reason = ReasonField(max_length=240)


class FinishForm(LarasForm):
    conclusion = forms.CharField(
        label=_("Kesimpulan"),
        max_length=240,
        required=False,
        help_text=_("Wajib bila tumbuh tanpa isolat, misalnya flora normal."),
    )


class WhyForm(LarasForm):
    reason = ReasonField(max_length=240)


class TableForm(LarasForm):
    name = forms.CharField(label=_("Nama tabel"), max_length=80, help_text=_("Misalnya nama standar yang dipakai."))
    version = forms.CharField(label=_("Versi"), max_length=40)
    source = forms.CharField(label=_("Sumber"), max_length=240, help_text=_("Dokumen dan edisinya."))
    valid_from = DayField(label=_("Berlaku sejak"))
    example = forms.BooleanField(label=_("Contoh: tidak menilai"), required=False)
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class PanelForm(LarasForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class PeriodForm(LarasForm):
    since = DayField(label=_("Dari"), required=False)
    until = DayField(label=_("Sampai"), required=False)


class DensityForm(LarasForm):
    parasites = NumberField(label=_("Parasit terhitung"), decimals=0, min_value=0, max_value=100_000)
    leukocytes = NumberField(
        label=_("Leukosit terhitung"), decimals=0, min_value=1, max_value=10_000, help_text=_("Biasanya 200 atau 500.")
    )
    per_ul = NumberField(
        label=_("Leukosit per µL"), decimals=0, min_value=100, max_value=1_000_000, initial=8000,
        help_text=_("Hitung leukosit pasien; 8.000 bila tidak diketahui."),
    )  # fmt: skip


def organism_choices() -> list[tuple[str, str]]:
    return sorted(((one.name, code) for code, one in shipped.organisms().items()), key=lambda one: one[0])
