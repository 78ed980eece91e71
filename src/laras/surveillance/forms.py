"""Forms of surveillance. The names of the fields are those of the services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core import sheets
from laras.core.forms import DropInput, LarasForm, MomentField, NumberField
from laras.surveillance.queries.breakdown import AGES, UNKNOWN, Place
from laras.surveillance.shipped import diseases
from laras.surveillance.states import DESIGNS, OUTBREAK, RISKS
from laras.surveillance.words import age_group, disease_name


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


class BreakdownForm(LarasForm):
    """Which part of a disease's cases is shown; what is empty means all."""

    kelamin = forms.ChoiceField(
        label=_("Jenis kelamin"),
        required=False,
        choices=[("", _("Semua")), ("L", _("Laki-laki")), ("P", _("Perempuan"))],
    )
    umur = forms.ChoiceField(label=_("Umur"), required=False)
    wilayah = forms.RegexField(
        r"^[0-9]{2}(\.[0-9]{2}){0,2}$", label=_("Tempat tinggal"), required=False, widget=forms.Select
    )
    per = forms.ChoiceField(label=_("Per"), required=False, choices=[("", _("Minggu")), ("hari", _("Hari"))])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        groups = [(key, age_group(key)) for key in (*AGES, UNKNOWN)]
        self.fields["umur"].choices = [("", _("Semua")), *groups]  # type: ignore[attr-defined]

    def offer(self, places: Iterable[Place], asked: tuple[str, str] | None) -> None:
        """The areas that have cases, and the one asked for."""
        known = {one.code: one.name for one in sorted(places, key=lambda one: one.name)}
        if asked is not None:
            known.setdefault(*asked)
        self.fields["wilayah"].widget.choices = [("", _("Semua")), *known.items()]  # type: ignore[attr-defined]


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


class PopulationForm(LarasForm):
    at_risk = NumberField(label=_("Jumlah orang"), decimals=0, min_value=0, max_value=100_000_000,
                          help_text=_("Misalnya semua murid dan guru yang makan. 0 mencabut angkanya."))  # fmt: skip
    who = forms.CharField(label=_("Siapa mereka"), max_length=200, required=False, help_text=_("Tanpa nama orang."))

    def clean_at_risk(self) -> int:
        return int(self.cleaned_data["at_risk"])


class StudyForm(LarasForm):
    design = forms.ChoiceField(label=_("Rancangan"), choices=list(DESIGNS.items()), widget=forms.RadioSelect)
    meal = forms.CharField(label=_("Jamuan"), max_length=160, help_text=_("Misalnya: makan siang bersama di aula."))
    served_at = MomentField(label=_("Waktu makan"), required=False)
    case_definition = _long(_("Siapa disebut sakit"), 500, _("Gejala, dan dalam berapa jam sesudah makan."))
    foods = forms.CharField(
        label=_("Makanan dan minuman"), max_length=3000, help_text=_("Satu per baris."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip


class DinersUpload(LarasForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class DinersAccept(LarasForm):
    """The previewed file comes back with the second press; the server reads and checks it anew."""

    sheet = forms.CharField(max_length=sheets.MAX_BYTES, strip=False, widget=forms.HiddenInput)


class NoticeSettingsForm(LarasForm):
    emails = forms.CharField(
        label=_("Alamat surel"), required=False, max_length=3000, help_text=_("Satu per baris. Kosong: tanpa surel."),
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "email", "spellcheck": "false"}),
    )  # fmt: skip
    webhook = forms.CharField(label=_("Alamat webhook"), required=False, max_length=300,
                              help_text=_("Dipakai gerbang pesan. Kosong: tanpa webhook."))  # fmt: skip
    quiet_from = NumberField(label=_("Jam tenang mulai"), decimals=0, min_value=0, max_value=23, required=False,
                             help_text=_("Jam 0 sampai 23, waktu setempat. Kosong: tidak ada jam tenang."))  # fmt: skip
    quiet_until = NumberField(label=_("Jam tenang sampai"), decimals=0, min_value=0, max_value=23, required=False)
    escalate_hours = NumberField(label=_("Teruskan ke dinas di atas sesudah (jam)"), decimals=0, min_value=0, max_value=168,
                                 help_text=_("Bila tidak ada yang menanggapi sinyal. 0: tidak diteruskan."))  # fmt: skip
    new_key = forms.BooleanField(label=_("Buat kunci webhook baru"), required=False,
                                 help_text=_("Kunci lama berhenti berlaku."))  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        ends = [data.get("quiet_from"), data.get("quiet_until")]
        if (ends[0] is None) != (ends[1] is None) and not self.errors:
            self.add_error("quiet_until", _("Isi keduanya, atau kosongkan keduanya."))
        return data
