"""Forms of areas: filters, a succession, the region of a province."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm
from laras.network import queries, rules
from laras.network.forms.fields import AreaField, search_field
from laras.network.models import LEVEL_LABELS, AreaVersion
from laras.network.services import Successor


class AreaFilters(LarasForm):
    search = search_field(_("Nama atau kode"))
    level = forms.ChoiceField(
        label=_("Jenjang"),
        required=False,
        choices=[("", _("Semua")), *((rules.LEVEL_NAMES[n], label) for n, label in LEVEL_LABELS.items())],
    )


# --- Succession -------------------------------------------------------------------------------------
class SuccessionForm(LarasForm):
    """What every succession says: the day, the decision, and the codes that it gives to what lies below."""

    kind = ""
    on = DayField(label=_("Berlaku mulai"), help_text=_("Menurut keputusannya."))
    source = forms.CharField(
        label=_("Keputusan"), max_length=80, help_text=_("Peraturan yang menjadi dasar, misalnya UU 29/2022.")
    )
    moved = forms.CharField(
        label=_("Kode baru wilayah di bawahnya"),
        required=False,
        max_length=400_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Satu per baris: kode lama, kode baru, lalu nama baru bila berganti. Boleh ditempel dari lembar kerja. "
            "Yang tidak disebut mengikuti induknya."
        ),
    )
    field_order = ("on", "source")

    def __init__(self, *given: Any, area: AreaVersion, **options: Any) -> None:
        self.area = area
        super().__init__(*given, **options)

    def clean_moved(self) -> tuple[dict[str, str], dict[str, str]]:
        codes: dict[str, str] = {}
        names: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["moved"].splitlines(), 1):
            parts = line.replace(";", " ").replace("\t", " ").split(maxsplit=2)
            if not parts:
                continue
            if len(parts) < 2:
                raise forms.ValidationError(_("Baris %(row)d: tulis kode lama lalu kode baru."), params={"row": number})
            if parts[0] in codes:
                raise forms.ValidationError(
                    _("Baris %(row)d: kode %(code)s sudah disebut."), params={"row": number, "code": parts[0]}
                )
            codes[parts[0]] = parts[1]
            if len(parts) == 3:
                names[parts[0]] = parts[2]
        return codes, names

    def successors(self) -> list[Successor]:
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """What the service wants, without actor and office."""
        codes, names = self.cleaned_data["moved"]
        return {
            "predecessor_id": self.area.area_id,
            "kind": self.kind,
            "on": self.cleaned_data["on"],
            "source": self.cleaned_data["source"],
            "successors": self.successors(),
            "codes": codes,
            "names": names,
        }


class SplitForm(SuccessionForm):
    kind = "split"
    successors_text = forms.CharField(
        label=_("Wilayah baru"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Satu per baris: kode, lalu nama. Misalnya 93 Papua Selatan."),
    )
    ends = forms.BooleanField(
        label=_("Wilayah lama berakhir"), required=False, help_text=_("Kosong berarti wilayah lama tetap ada.")
    )
    field_order = ("on", "source", "successors_text", "ends", "moved")

    def clean_successors_text(self) -> list[tuple[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["successors_text"].splitlines(), 1):
            parts = line.replace(";", " ").replace("\t", " ").split(maxsplit=1)
            if not parts:
                continue
            if len(parts) < 2:
                raise forms.ValidationError(_("Baris %(row)d: tulis kode lalu nama."), params={"row": number})
            found.append((parts[0], parts[1]))
        return found

    def successors(self) -> list[Successor]:
        fresh = [Successor(code, name) for code, name in self.cleaned_data["successors_text"]]
        if self.cleaned_data["ends"]:
            return fresh
        return [Successor(self.area.code, self.area.name, self.area.area_id), *fresh]


class MergeForm(SuccessionForm):
    kind = "merge"
    successors_id = AreaField(
        label=_("Digabung ke"), max_length=13, help_text=_("Kode wilayah setingkat yang menerimanya.")
    )
    field_order = ("on", "source", "successors_id", "moved")

    def successors(self) -> list[Successor]:
        return [Successor("", "", self.cleaned_data["successors_id"])]


class RenameForm(SuccessionForm):
    kind = "rename"
    name = forms.CharField(label=_("Nama"), max_length=100)
    code = forms.CharField(label=_("Kode"), max_length=13)
    field_order = ("on", "source", "name", "code", "moved")

    def successors(self) -> list[Successor]:
        return [Successor(self.cleaned_data["code"], self.cleaned_data["name"], self.area.area_id)]


class TransferForm(SuccessionForm):
    kind = "transfer"
    parent_id = AreaField(label=_("Induk baru"), max_length=13, help_text=_("Kode wilayah yang memuatnya kelak."))
    code = forms.CharField(label=_("Kode baru"), max_length=13, help_text=_("Berawalan kode induk baru."))
    field_order = ("on", "source", "parent_id", "code", "moved")

    def successors(self) -> list[Successor]:
        data = self.cleaned_data
        return [Successor(data["code"], self.area.name, self.area.area_id, data["parent_id"])]


SUCCESSION_FORMS: dict[str, type[SuccessionForm]] = {
    form.kind: form for form in (SplitForm, MergeForm, RenameForm, TransferForm)
}


# --- Regions ----------------------------------------------------------------------------------------
class ProvinceRegionForm(LarasForm):
    """The names of the fields are those of the service."""

    province_id = forms.TypedChoiceField(
        label=_("Provinsi"), coerce=UUID, choices=lambda: queries.areas(level=1).values_list("area_id", "name")
    )
    region_id = forms.TypedChoiceField(
        label=_("Regional"),
        coerce=UUID,
        choices=lambda: [(region.id, f"{region.name} ({region.seat})") for region in queries.regions()],
    )
    on = DayField(label=_("Berlaku mulai"), required=False, help_text=_("Kosong berarti hari ini."))
    source = forms.CharField(label=_("Keputusan"), max_length=80, help_text=_("Peraturan yang menjadi dasar."))
