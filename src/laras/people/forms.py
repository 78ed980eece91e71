"""Forms of patients. They read what was typed; what it must say is checked by the rules, in one place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm
from laras.people.messages import RELATIONS
from laras.people.models import NO_NIK_LABELS, SEX_LABELS, Patient
from laras.people.rules import MAX_LENGTH, clean_input
from laras.people.services import INPUT_FIELDS
from laras.people.types import PatientInput


def _text(name: str, label: str, **options: Any) -> forms.CharField:
    # Longer than the column on purpose: the rules refuse with their own words and nothing typed is cut.
    widget = forms.TextInput(attrs={"maxlength": MAX_LENGTH.get(name, 40) + 200, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget, strip=False, **options)


class PatientForm(LarasForm):
    """Registering and correcting. `version` is there when correcting."""

    nik = _text("nik", _("NIK"))
    full_name = _text("full_name", _("Nama lengkap"))
    sex = forms.ChoiceField(
        label=_("Jenis kelamin"), choices=list(SEX_LABELS.items()), widget=forms.RadioSelect, required=False
    )
    birth_date = DayField(label=_("Tanggal lahir"), required=False)
    birth_date_estimated = forms.BooleanField(label=_("Perkiraan"), required=False)
    no_nik_reason = forms.ChoiceField(
        label=_("Alasan tanpa NIK"), choices=[("", "—"), *NO_NIK_LABELS.items()], required=False
    )
    passport_number = _text("passport_number", _("Nomor paspor"))
    mother_nik = _text("mother_nik", _("NIK ibu"))
    mother_name = _text("mother_name", _("Nama ibu"))
    description = _text("description", _("Ciri-ciri"))
    phone = _text("phone", _("Telepon"))
    address = _text("address", _("Alamat"))
    residence_id = forms.UUIDField(label=_("Wilayah tempat tinggal"), required=False, widget=forms.HiddenInput)
    mrn = _text("mrn", _("Nomor rekam medis"), help_text=_("Kosongkan untuk nomor otomatis."))
    privacy_note = _text("privacy_note", _("Catatan privasi"))
    nik_checked = forms.BooleanField(label=_("Sudah dicocokkan dengan KTP; datanya memang berbeda"), required=False)
    duplicates_checked = forms.BooleanField(label=_("Sudah diperiksa; ini orang lain"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, patient: Patient) -> "PatientForm":
        """The form filled with what is on file."""
        values = {name: getattr(patient, name) for name in INPUT_FIELDS}
        return cls(
            initial=values
            | {
                "residence_id": patient.residence_id,
                "version": patient.version,
                "nik_checked": patient.nik_differs,
            }
        )

    def clean(self) -> dict[str, Any]:
        # Kept apart: an error that the rules add later takes the value out of `cleaned_data`.
        self.read = dict(self.cleaned_data)
        return self.cleaned_data

    def as_read(self) -> PatientInput | None:
        """The registration as far as every field could be read, whatever the rules then said."""
        if not self.is_bound or not all(name in self.read for name in INPUT_FIELDS):
            return None
        return clean_input(PatientInput(**{name: self.read[name] for name in INPUT_FIELDS}))

    def typed(self) -> dict[str, Any]:
        """What the services take: the fields of a registration and the two checks."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class SearchForm(LarasForm):
    """One box for everything a patient is known by."""

    q = forms.CharField(
        label=_("Cari pasien"),
        required=False,
        max_length=150,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Nama, NIK, RM, telepon")}
        ),
    )


class MergeForm(LarasForm):
    """Which values come from the other patient, and why the two are one."""

    reason = forms.CharField(
        label=_("Alasan"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ConsentForm(LarasForm):
    purpose = forms.CharField(widget=forms.HiddenInput, required=False)
    relation = forms.ChoiceField(label=_("Diberikan oleh"), choices=list(RELATIONS.items()), required=False)
    given_by = forms.CharField(
        label=_("Nama pemberi persetujuan"),
        required=False,
        help_text=_("Kosongkan bila pasien sendiri."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class IdentifierForm(LarasForm):
    system = forms.CharField(label=_("Sistem"), required=False, help_text=_("Misalnya BPJS atau IHS SATUSEHAT."))
    value = forms.CharField(label=_("Nomor"), required=False)


class ReasonForm(LarasForm):
    reason = forms.CharField(label=_("Alasan"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
