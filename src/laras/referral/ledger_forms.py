"""Forms of agreements between laboratories, and of what they owe each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm, ReasonField, RupiahField
from laras.orders.states import PAYERS
from laras.referral.messages import DEMAND_LABELS


class PricesField(forms.CharField):
    """Prices as lines ``CODE 25.000``; a code alone means the published price. Answers ``{code: rupiah or None}``."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def clean(self, value: Any) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        problems = []
        money = RupiahField(required=False)
        for number, line in enumerate(str(value or "").splitlines(), start=1):
            code, _space, price = line.replace(";", " ").replace("\t", " ").strip().partition(" ")
            if not code:
                continue
            code = code.upper()
            if code in found:
                problems.append(_("Baris %(line)d: %(code)s sudah ada di atas.") % {"line": number, "code": code})
                continue
            try:
                found[code] = money.clean(price.strip())
            except forms.ValidationError as error:
                problems.append(_("Baris %(line)d: %(why)s") % {"line": number, "why": error.messages[0]})
        if problems:
            raise forms.ValidationError(problems)
        return found


class AgreementForm(LarasForm):
    code = forms.CharField(
        label=_("Kode laboratorium"), max_length=24, help_text=_("Seperti di direktori jejaring, misalnya LKM-01.")
    )
    number = forms.CharField(label=_("Nomor perjanjian"), max_length=60)
    performs_here = forms.ChoiceField(
        label=_("Siapa yang mengerjakan"),
        choices=[("no", _("Mereka mengerjakan rujukan dari sini")), ("yes", _("Kami mengerjakan rujukan mereka"))],
        widget=forms.RadioSelect,
        initial="no",
    )
    valid_from = DayField(label=_("Berlaku dari"))
    valid_until = DayField(label=_("Sampai"), required=False)
    payer = forms.ChoiceField(
        label=_("Untuk penjamin"), choices=[("", _("Semua penjamin")), *PAYERS.items()], required=False
    )
    every = forms.ChoiceField(
        label=_("Pemeriksaan"),
        choices=[("yes", _("Semua pemeriksaan")), ("no", _("Hanya yang disebut di bawah"))],
        widget=forms.RadioSelect,
        initial="yes",
    )
    prices = PricesField(
        label=_("Harga yang disepakati"),
        required=False,
        help_text=_(
            "Satu baris satu pemeriksaan: kode lalu rupiah, misalnya GDP 25.000. Tanpa angka berarti tarif yang diumumkan."
        ),
    )
    terms = forms.CharField(
        label=_("Ketentuan"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def given(self) -> dict[str, Any]:
        """What ``services.propose_agreement`` takes."""
        values = dict(self.cleaned_data)
        values["performs_here"], values["every"] = values["performs_here"] == "yes", values["every"] == "yes"
        return values


class AnswerForm(LarasForm):
    note = forms.CharField(label=_("Catatan"), max_length=240, required=False)


class RefuseForm(LarasForm):
    note = ReasonField(label=_("Alasan tidak menyetujui"), max_length=240)


class EndForm(LarasForm):
    last_day = DayField(label=_("Hari terakhir berlaku"))
    reason = ReasonField(max_length=240)


class DemandForm(LarasForm):
    payer = forms.ChoiceField(label=_("Penjamin"), choices=list(PAYERS.items()))
    demand = forms.ChoiceField(label=_("Waktu merujuk"), choices=list(DEMAND_LABELS.items()), required=False)


class MonthForm(LarasForm):
    """The months that have entries; ``bulan`` is ``YYYY-MM``."""

    bulan = forms.ChoiceField(label=_("Bulan"), required=False)

    def __init__(self, months: Sequence[date], data: Any = None) -> None:
        super().__init__(data)
        self.fields["bulan"].choices = [(f"{one:%Y-%m}", month_words(one)) for one in months]


def month_words(month: date) -> str:
    return date_format(month, "F Y")


class SettleForm(LarasForm):
    settled_on = DayField(label=_("Tanggal lunas"))
    number = forms.CharField(label=_("Nomor bukti"), max_length=60, required=False)
    note = forms.CharField(label=_("Catatan"), max_length=240, required=False)


class ObjectionForm(LarasForm):
    text = ReasonField(label=_("Keberatan"), max_length=240)
