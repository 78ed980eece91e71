"""Forms of the import: the file, and the press that accepts it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DropInput, LarasForm
from laras.network import sheet


class SheetForm(LarasForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class AcceptForm(forms.Form):
    """The previewed sheet comes back with the second press; the server reads and checks it anew."""

    sheet = forms.CharField(widget=forms.HiddenInput, max_length=sheet.MAX_BYTES, strip=False)
    # What earlier presses of the same import did; only told, never trusted.
    created = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    changed = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class BoundariesForm(LarasForm):
    """Names of the fields are those of the service."""

    level = forms.ChoiceField(label=_("Tingkat wilayah"), choices=[("2", _("Kabupaten/kota")), ("1", _("Provinsi"))])
    source = forms.CharField(
        label=_("Asal batas"), max_length=200, help_text=_("Lembaga, nama peta, tahun; tercetak di bawah peta.")
    )
    file = forms.FileField(
        label=_("Berkas GeoJSON, TopoJSON, atau shapefile dalam ZIP"),
        widget=DropInput(attrs={"accept": ".json,.geojson,.topojson,.zip,application/json,application/zip"}),
    )
