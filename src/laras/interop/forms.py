"""What an analyst says about a value that an instrument sent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import LarasForm


class AssignForm(LarasForm):
    number = forms.CharField(
        label=_("Nomor sampel"),
        max_length=80,
        help_text=_("Nomor pada label, atau nomor dari pengirim."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    test_code = forms.CharField(
        label=_("Kode pemeriksaan"),
        max_length=40,
        required=False,
        help_text=_("Hanya bila kode alat belum dipetakan."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class AsideForm(LarasForm):
    reason = forms.CharField(
        label=_("Alasan"),
        min_length=3,
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Tersimpan di jejak audit."),
    )
