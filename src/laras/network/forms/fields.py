"""Fields that read codes of areas, organisations and institutions, and degrees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.network import queries, sheet


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


class InstitutionField(forms.CharField):
    """An institution by its code; answers its id."""

    def clean(self, given: Any) -> UUID | None:
        text = super().clean(given)
        if not text:
            return None
        found = queries.find_institution(text)
        if found is None:
            raise forms.ValidationError(_("Tidak ada institusi dengan kode ini."))
        return found.pk


def search_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )


def province_choices() -> list[tuple[str, Any]]:
    return [("", _("Semua")), *queries.areas(level=1).values_list("code", "name")]
