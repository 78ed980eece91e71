"""Forms of what a laboratory can do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.core.forms import LarasForm, NumberField, ReasonField, RupiahField
from laras.resources.states import CAPABILITY


class CapabilityFilters(LarasForm):
    search = forms.CharField(
        label=_("Pemeriksaan"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    discipline = forms.ChoiceField(
        label=_("Kelompok"), required=False, choices=[("", _("Semua")), *DISCIPLINE_LABELS.items()]
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *CAPABILITY.choices])


class CapabilityForm(LarasForm):
    """The names of the fields are those of the service."""

    method = forms.CharField(label=_("Metode"), max_length=120, required=False)
    tat_hours = NumberField(
        label=_("Waktu hasil"), decimals=0, min_value=1, max_value=8784, help_text=_("Jam sejak sampel diterima.")
    )
    capacity_per_day = NumberField(
        label=_("Kapasitas per hari"),
        decimals=0,
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=_("Banyak pemeriksaan."),
    )
    price = RupiahField(label=_("Tarif"), required=False, help_text=_("Kosong berarti tidak diumumkan."))
    accredited = forms.BooleanField(label=_("Masuk lingkup akreditasi"), required=False)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        capacity = data["capacity_per_day"]
        return {
            "method": data["method"],
            "tat_hours": int(data["tat_hours"]),
            "capacity_per_day": None if capacity is None else int(capacity),
            "price": data["price"],
            "accredited": data["accredited"],
        }


class NewCapabilityForm(CapabilityForm):
    test_code = forms.CharField(
        label=_("Pemeriksaan"), max_length=40, help_text=_("Ketik nama atau kode lalu pilih dari daftar.")
    )
    field_order = ("test_code", "method", "tat_hours")


class PauseForm(LarasForm):
    reason = ReasonField(max_length=200, help_text=_("Dibaca semua laboratorium yang mencari pemeriksaan ini."))


class RemoveForm(LarasForm):
    reason = ReasonField(max_length=200, help_text=_("Tercatat di riwayat laboratorium."))


class FindForm(LarasForm):
    test = forms.CharField(
        label=_("Pemeriksaan"), required=False, max_length=40, help_text=_("Ketik nama atau kode lalu pilih.")
    )
