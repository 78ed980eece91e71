"""What people type about reagents; the names of the fields are those of the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm, NumberField, ReasonField


def _quantity(label: Any, **more: Any) -> NumberField:
    return NumberField(label=label, decimals=3, min_value=0, max_value=999_999_999, **more)


class ItemForm(LarasForm):
    name = forms.CharField(label=_("Nama reagen"), max_length=120, help_text=_("Misalnya Reagen glukosa GOD-PAP."))
    unit = forms.CharField(label=_("Satuan"), max_length=20, help_text=_("Misalnya tes, mL, kotak."))
    minimum = _quantity(_("Stok minimum"), required=False, help_text=_("Di bawah ini daftar menandainya."))
    per_test = _quantity(_("Pemakaian per tes"), required=False, help_text=_("Dalam satuan di atas."))
    days_open = NumberField(
        label=_("Hari pakai setelah dibuka"), decimals=0, min_value=0, max_value=3660, required=False,
        help_text=_("Menurut pabrik; kosong bila sama dengan kedaluwarsa."),
    )  # fmt: skip
    test_codes = forms.MultipleChoiceField(
        label=_("Pemeriksaan yang memerlukannya"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Dihentikan sementara ketika reagen ini habis, dan aktif lagi ketika stok datang."),
    )

    def __init__(self, *args: Any, tests: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["test_codes"].choices = tests

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        days = self.cleaned_data["days_open"]
        return self.cleaned_data | {
            "minimum": self.cleaned_data["minimum"] or 0,
            "days_open": None if days is None else int(days),
        }


class ReceiveForm(LarasForm):
    number = forms.CharField(label=_("Nomor lot"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    quantity = _quantity(_("Jumlah diterima"))
    expires_on = DayField(label=_("Kedaluwarsa"))


class LotForm(LarasForm):
    lot_id = forms.TypedChoiceField(label=_("Lot"), coerce=UUID)

    def __init__(self, *args: Any, lots: Sequence[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_lots = bool(lots)
        self.fields["lot_id"].choices = lots


class UseForm(LotForm):
    quantity = _quantity(_("Jumlah"), required=False)
    tests = NumberField(
        label=_("Atau banyaknya tes"), decimals=0, min_value=1, max_value=100_000, required=False,
        help_text=_("Dihitung dengan pemakaian per tes."),
    )  # fmt: skip
    test_code = forms.ChoiceField(label=_("Pemeriksaan"), required=False)
    run = forms.CharField(label=_("Run"), max_length=80, required=False, help_text=_("Misalnya run pagi, kontrol."))

    def __init__(self, *args: Any, tests: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["test_code"].choices = [("", "–"), *tests]


class OpenForm(LotForm):
    opened_on = DayField(label=_("Dibuka tanggal"))


class CorrectForm(LotForm):
    counted = _quantity(_("Jumlah menurut hitungan fisik"))
    reason = ReasonField(max_length=240)


class DiscardForm(LotForm):
    reason = ReasonField(max_length=240)


class RetireForm(LarasForm):
    reason = ReasonField(max_length=240)
