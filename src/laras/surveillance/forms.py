"""Forms of surveillance. The names of the fields are those of the services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import LarasForm, NumberField
from laras.surveillance.shipped import diseases
from laras.surveillance.states import OUTBREAK, RISKS
from laras.surveillance.words import disease_name


def _long(label: Any, longest: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, help_text=help_text, widget=forms.Textarea(attrs={"rows": 3})
    )


class TriageForm(LarasForm):
    move = forms.ChoiceField(
        label=_("Keputusan"),
        choices=[("watch", _("Pantau dulu")), ("dismiss", _("Bukan kejadian"))],
        widget=forms.RadioSelect,
    )
    reason = _long(_("Alasan"), 500)

    def offer(self, moves: Iterable[str]) -> None:
        words = {
            "watch": _("Pantau dulu"), "dismiss": _("Bukan kejadian"), "reopen": _("Buka lagi"),
        }  # fmt: skip
        self.fields["move"].choices = [(move, words[move]) for move in moves if move in words]  # type: ignore[attr-defined]


class JoinForm(LarasForm):
    outbreak_id = forms.ChoiceField(label=_("Kejadian"), required=False)
    title = forms.CharField(
        label=_("Judul kejadian baru"), max_length=160, required=False,
        help_text=_("Tanpa nama orang. Kosong: nama penyakit dan minggunya."),
    )  # fmt: skip
    reason = _long(_("Alasan"), 500)

    def offer(self, outbreaks: Iterable[Any]) -> None:
        known = [(str(one.id), f"{one.number} · {one.title}") for one in outbreaks]
        self.fields["outbreak_id"].choices = [("", _("Kejadian baru")), *known]  # type: ignore[attr-defined]


class VerifyForm(LarasForm):
    verification = _long(
        _("Bagaimana diverifikasi"), 1000, _("Siapa mendatangi apa, dan apa yang ditemukan. Tanpa nama pasien.")
    )


class RiskForm(LarasForm):
    risk = forms.ChoiceField(label=_("Risiko"), choices=list(RISKS.items()), widget=forms.RadioSelect)
    note = _long(_("Dasar penilaian"), 1000)


class DeclareForm(LarasForm):
    decree = forms.CharField(label=_("Nomor keputusan"), max_length=120)


class ConclusionForm(LarasForm):
    conclusion = _long(_("Kesimpulan"), 2000)


class MemberForm(LarasForm):
    person_id = forms.ChoiceField(label=_("Petugas"))

    def offer(self, persons: Iterable[Any]) -> None:
        self.fields["person_id"].choices = [(str(one.id), str(one)) for one in persons]  # type: ignore[attr-defined]


class EventFilters(LarasForm):
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *OUTBREAK.choices])


class ThresholdForm(LarasForm):
    disease = forms.ChoiceField(label=_("Penyakit"))
    cases = NumberField(label=_("Kasus seminggu"), decimals=0, min_value=0, max_value=100_000,
                        help_text=_("0 mencabut ambang."))  # fmt: skip
    reason = _long(_("Dasar"), 300)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["disease"].choices = [(code, disease_name(one)) for code, one in diseases().items()]  # type: ignore[attr-defined]
