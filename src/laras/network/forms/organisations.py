"""Forms of the directory: filters, one organisation, its end, what it is responsible for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm, ReasonField
from laras.network import queries, rules
from laras.network.forms.fields import (
    AreaField,
    DegreesField,
    InstitutionField,
    NumberChoice,
    OrganisationField,
    province_choices,
    search_field,
)
from laras.network.models import INSTITUTION_LABELS, KIND_LABELS

_TIERS = [(str(tier), str(tier)) for tier in rules.TIERS]


class LaboratoryFilters(LarasForm):
    """What the directory is narrowed to; all of it in the address."""

    search = search_field(_("Cari"))
    tier = forms.ChoiceField(label=_("Tingkat"), required=False, choices=[("", _("Semua")), *_TIERS])
    province = forms.ChoiceField(label=_("Provinsi"), required=False, choices=province_choices)
    kind = forms.ChoiceField(
        label=_("Jenis"), required=False, choices=[("", _("Semua laboratorium")), *KIND_LABELS.items()]
    )

    def given(self) -> dict[str, Any]:
        """The filters for ``queries.organisations``; what is not valid filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        kind = data.get("kind") or None
        province = queries.find_area(data["province"]) if data.get("province") else None
        return {
            # Offices are shown when asked for by their kind.
            "owner_kind": None if kind else "laboratory",
            "kind": kind,
            "tier": int(data["tier"]) if data.get("tier") else None,
            "area_id": province.area_id if province else None,
            "search": data.get("search") or "",
        }


def _regions() -> list[tuple[str, str]]:
    return [("", "–"), *((str(region.id), f"{region.name} ({region.seat})") for region in queries.regions())]


class DescriptionForm(LarasForm):
    """What an organisation says of itself. The names of the fields are those of the service."""

    name = forms.CharField(label=_("Nama"), max_length=200)
    address = forms.CharField(label=_("Alamat"), max_length=300, required=False)
    phone = forms.CharField(label=_("Telepon"), max_length=40, required=False)
    lat = DegreesField(
        label=_("Lintang"), required=False, max_length=24, help_text=_("Selatan bertanda minus: -5,1391")
    )
    lon = DegreesField(label=_("Bujur"), required=False, max_length=24, help_text=_("Misalnya 119,4525"))
    accreditation_number = forms.CharField(label=_("Nomor akreditasi"), max_length=60, required=False)
    valid_from = DayField(label=_("Berlaku mulai"), required=False, help_text=_("Kosong berarti hari ini."))

    def values(self) -> dict[str, Any]:
        """The fields of a version, without the day and the reason."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("valid_from", "reason", "code")
        }


class StructureForm(DescriptionForm):
    """And what the network says of it."""

    kind = forms.ChoiceField(label=_("Jenis"), choices=list(KIND_LABELS.items()))
    tier = NumberChoice(label=_("Tingkat"), choices=[("", _("tanpa tingkat")), *_TIERS])
    area_id = AreaField(
        label=_("Wilayah tempat berdiri"),
        required=False,
        max_length=13,
        help_text=_("Ketik nama lalu pilih, atau tulis kodenya."),
    )
    supervisor_id = OrganisationField(
        label=_("Pembina"), required=False, max_length=24, help_text=_("Kode lembaga yang membina.")
    )
    institution_id = InstitutionField(
        label=_("Institusi"), required=False, max_length=24, help_text=_("Kode pemilik menurut hukum.")
    )
    region_id = forms.TypedChoiceField(
        label=_("Regional"),
        required=False,
        choices=_regions,
        coerce=UUID,
        empty_value=None,
        help_text=_("Regional 1 sampai 11."),
    )


class AlterDescriptionForm(DescriptionForm):
    reason = ReasonField(required=False, help_text=_("Tercatat di riwayat lembaga."))


class AlterStructureForm(StructureForm):
    reason = ReasonField(required=False, help_text=_("Tercatat di riwayat lembaga."))


class NewOrganisationForm(StructureForm):
    code = forms.CharField(label=_("Kode"), max_length=24, help_text=_("Tetap selamanya, tanpa spasi."))
    field_order = ("code", "name", "kind", "tier", "area_id", "supervisor_id")


class CloseForm(LarasForm):
    """The names of the fields are those of the service."""

    closed_on = DayField(label=_("Tutup mulai"), required=False, help_text=_("Kosong berarti hari ini."))
    successor_id = OrganisationField(
        label=_("Penerus"), required=False, max_length=24, help_text=_("Kode lembaga yang mengambil alih.")
    )
    hand_over = forms.BooleanField(
        label=_("Serahkan semua lembaga binaannya kepada penerus"), required=False, initial=True
    )
    reason = ReasonField(label=_("Alasan atau keputusan"), help_text=_("Tercatat di riwayat lembaga."))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        missing = not data.get("successor_id") and "successor_id" not in self.errors
        if data.get("hand_over") and missing:
            self.add_error("successor_id", _("Tulis penerusnya, atau lepas tanda pada penyerahan binaan."))
        return data


class ReopenForm(LarasForm):
    reason = ReasonField(help_text=_("Tercatat di riwayat lembaga."))


# --- Jurisdiction -----------------------------------------------------------------------------------
class JurisdictionForm(LarasForm):
    national = forms.BooleanField(label=_("Seluruh Indonesia"), required=False)
    regions = forms.MultipleChoiceField(
        label=_("Regional"), required=False, choices=lambda: _regions()[1:], widget=forms.CheckboxSelectMultiple
    )
    areas = forms.CharField(
        label=_("Wilayah"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Kode wilayah, satu per baris; nama di belakangnya boleh ada."),
    )
    valid_from = DayField(label=_("Berlaku mulai"), required=False, help_text=_("Kosong berarti hari ini."))
    basis = forms.CharField(
        label=_("Dasar hukum"), required=False, max_length=120, help_text=_("Misalnya Perda 7/2016.")
    )

    def clean_areas(self) -> list[UUID]:
        found: list[UUID] = []
        wrong: list[str] = []
        for line in self.cleaned_data["areas"].splitlines():
            if not line.strip():
                continue
            area = queries.find_area(line.split()[0])
            if area is None:
                wrong.append(line.split()[0][:40])
            else:
                found.append(area.area_id)
        if wrong:
            raise forms.ValidationError(_("Kode wilayah tidak dikenal: %(codes)s."), params={"codes": ", ".join(wrong)})
        return found

    def claims(self) -> list[rules.Claim]:
        data = self.cleaned_data
        return [
            *([rules.Claim(national=True)] if data["national"] else []),
            *(rules.Claim(region=UUID(region)) for region in data["regions"]),
            *(rules.Claim(area=area) for area in data["areas"]),
        ]


class JurisdictionFilters(LarasForm):
    """Who is responsible where, and where nobody is."""

    SHOWS = (
        ("", _("Yang bertanggung jawab")),
        ("kabkota", _("Kabupaten/kota tanpa dinas")),
        ("provinsi", _("Provinsi tanpa dinas")),
    )
    show = forms.ChoiceField(label=_("Tampilkan"), required=False, choices=SHOWS)
    search = search_field(_("Lembaga"))
    province = forms.ChoiceField(label=_("Provinsi"), required=False, choices=province_choices)
    on = DayField(label=_("Pada tanggal"), required=False)

    def given(self) -> dict[str, Any]:
        """What is valid of the filters: ``show``, ``search``, ``area_id``, ``on``."""
        self.is_valid()
        data = self.cleaned_data
        province = queries.find_area(data["province"]) if data.get("province") else None
        return {
            "show": data.get("show") or "",
            "search": data.get("search") or "",
            "area_id": province.area_id if province else None,
            "on": data.get("on"),
        }


# --- Institutions -----------------------------------------------------------------------------------
class InstitutionFilters(LarasForm):
    search = search_field(_("Cari"))
    kind = forms.ChoiceField(label=_("Jenis"), required=False, choices=[("", _("Semua")), *INSTITUTION_LABELS.items()])

    def given(self) -> dict[str, Any]:
        self.is_valid()
        return {"search": self.cleaned_data.get("search") or "", "kind": self.cleaned_data.get("kind") or None}


class InstitutionForm(LarasForm):
    name = forms.CharField(label=_("Nama"), max_length=200)
    kind = forms.ChoiceField(label=_("Jenis"), choices=list(INSTITUTION_LABELS.items()))


class NewInstitutionForm(InstitutionForm):
    code = forms.CharField(label=_("Kode"), max_length=24, help_text=_("Tetap selamanya, tanpa spasi."))
    field_order = ("code", "name", "kind")


class AlterInstitutionForm(InstitutionForm):
    reason = ReasonField(required=False, help_text=_("Tercatat di riwayat institusi."))
