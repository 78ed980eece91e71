"""Forms of the directory: filters, one organisation, the sheet of laboratories."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, DropInput, LarasForm, ReasonField
from laras.network import queries, rules, sheet
from laras.network.models import KIND_LABELS, LEVEL_LABELS

_TIERS = [(str(tier), str(tier)) for tier in rules.TIERS]


def _provinces() -> list[tuple[str, str]]:
    return [("", _("Semua")), *queries.areas(level=1).values_list("code", "name")]


class LaboratoryFilters(LarasForm):
    """What the directory is narrowed to; all of it in the address."""

    search = forms.CharField(
        label=_("Cari"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    tier = forms.ChoiceField(label=_("Tingkat"), required=False, choices=[("", _("Semua")), *_TIERS])
    province = forms.ChoiceField(label=_("Provinsi"), required=False, choices=_provinces)
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


class AreaFilters(LarasForm):
    search = forms.CharField(
        label=_("Nama atau kode"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    level = forms.ChoiceField(
        label=_("Jenjang"),
        required=False,
        choices=[("", _("Semua")), *((rules.LEVEL_NAMES[n], label) for n, label in LEVEL_LABELS.items())],
    )


class AreaField(forms.CharField):
    """An area by its code (old codes too); answers its id."""

    def clean(self, given: Any) -> UUID | None:
        text = super().clean(given)
        if not text:
            return None
        found = queries.find_area(sheet.read_area_code(text))
        if found is None:
            raise forms.ValidationError(_("Kode wilayah tidak dikenal. Cari menurut nama lalu pilih dari daftar."))
        return found.area_id


class OrganisationField(forms.CharField):
    """An organisation by its code; answers its id."""

    def clean(self, given: Any) -> UUID | None:
        text = super().clean(given)
        if not text:
            return None
        found = queries.find_organisation(text)
        if found is None:
            raise forms.ValidationError(_("Tidak ada lembaga dengan kode ini."))
        return found.pk  # type: ignore[no-any-return]


class DegreesField(forms.CharField):
    """Decimal degrees with point or comma; answers a float."""

    def clean(self, given: Any) -> float | None:
        text = super().clean(given)
        if not text:
            return None
        try:
            return sheet.read_degrees(text)
        except ValueError as error:
            raise forms.ValidationError(_("Tulis derajat desimal, misalnya -5,1391.")) from error


class NumberChoice(forms.TypedChoiceField):
    """A choice of numbers; empty is ``None``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, empty_value=None, required=False, **options)


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


class SheetForm(LarasForm):
    file = forms.FileField(label=_("Berkas CSV"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv"}))


class AcceptForm(forms.Form):
    """The previewed sheet comes back with the second press; the server reads and checks it anew."""

    sheet = forms.CharField(widget=forms.HiddenInput, max_length=sheet.MAX_BYTES, strip=False)
