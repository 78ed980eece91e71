"""What people type about values of instruments, about instruments and about their profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import LarasForm

Choice = tuple[Any, Any]


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


class InstrumentForm(LarasForm):
    """The choices are given by the view: profiles of this laboratory, accounts that may enter results here."""

    name = forms.CharField(label=_("Nama alat"), max_length=80, help_text=_("Seperti pada hasil, misalnya XN-550."))
    profile = forms.ChoiceField(label=_("Profil"), help_text=_("Menentukan cara pesan alat dibaca."))
    operator = forms.TypedChoiceField(
        label=_("Petugas alat"),
        coerce=UUID,
        empty_value=None,
        required=False,
        help_text=_("Nilai yang cocok masuk sebagai nilai orang ini. Kosong: semua nilai menunggu analis."),
    )

    def __init__(self, *args: Any, profiles: Sequence[Choice], operators: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = [("", ""), *profiles]
        self.fields["operator"].choices = [("", _("Tidak ada: nilai menunggu analis")), *operators]


class NewInstrumentForm(InstrumentForm):
    protocol = forms.ChoiceField(label=_("Protokol"), choices=[("astm", "ASTM"), ("hl7", "HL7 (MLLP)")])
    address = forms.CharField(
        label=_("Alamat yang didengarkan"),
        max_length=60,
        help_text=_("Alamat dan porta komputer ini yang dituju alat, misalnya 192.168.1.10:5001."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    field_order = ("name", "protocol", "address", "profile", "operator")


class LinesField(forms.CharField):
    """One thing a line; empty lines do not count."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]


class UnitsField(LinesField):
    """``instrument's unit = UCUM``, one a line."""

    def clean(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for place, line in enumerate(super().clean(value), start=1):
            written, equals, ucum = line.rpartition("=")
            if not equals or not written.strip() or not ucum.strip():
                message = _("Baris %(n)d “%(line)s”: tulis satuan alat = satuan UCUM, misalnya g/dl = g/dL.")
                raise forms.ValidationError(message % {"n": place, "line": line[:40]})
            found[written.strip()] = ucum.strip()
        return found


class ProfileForm(LarasForm):
    label = forms.CharField(label=_("Nama profil"), max_length=80)
    units = UnitsField(
        label=_("Satuan alat"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "code"}),
        help_text=_("Satu per baris: satuan alat = satuan UCUM."),
    )
    missing = LinesField(
        label=_("Tanda “tidak ada hasil”"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
        help_text=_("Satu per baris, seperti dikirim alat, misalnya ----."),
    )
    ignore = LinesField(
        label=_("Kode yang dilewati"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
        help_text=_("Satu per baris: pesan dan kurva yang bukan hasil. * berarti apa saja."),
    )
    checked = forms.BooleanField(
        label=_("Kode sudah dicocokkan dengan daftar kode pada alat"),
        required=False,
        help_text=_("Tanpa ini semua nilai menunggu diterima analis, juga bila alat mempunyai petugas."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class CodeForm(LarasForm):
    device = forms.CharField(
        label=_("Kode alat"),
        max_length=120,
        required=False,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )
    tests = forms.CharField(
        label=_("Kode pemeriksaan"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "code", "list": "pemeriksaan"}
        ),
    )
    unit = forms.CharField(
        label=_("Satuan bila alat tidak mengirim"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )


CodeForms = forms.formset_factory(CodeForm, extra=3, max_num=300, absolute_max=320, validate_max=True)
