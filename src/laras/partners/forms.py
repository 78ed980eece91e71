"""Forms of clients. They read what was typed; what it must say is checked by the rules, in one place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm
from laras.core.models import Owner
from laras.partners.models import KIND_LABELS, Client
from laras.partners.rules import MAX_LENGTH
from laras.partners.services import CLIENT_FIELDS


def _text(name: str, label: str, **options: Any) -> forms.CharField:
    # Longer than the column on purpose: the rules refuse with their own words and nothing typed is cut.
    widget = forms.TextInput(attrs={"maxlength": MAX_LENGTH.get(name, 300) + 200, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget, strip=False, **options)


class OrganisationField(forms.ModelChoiceField):
    """Organisations of the network by name; answers the id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Owner.objects.none(), required=False, **options)

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return found.pk if found else None


class ClientForm(LarasForm):
    """Noting and correcting. `version` is there when correcting."""

    name = _text("name", _("Nama"))
    kind = forms.ChoiceField(label=_("Jenis"), choices=[("", "—"), *KIND_LABELS.items()], required=False)
    code = _text("code", _("Kode"), help_text=_("Kosongkan untuk kode otomatis."))
    organisation_id = OrganisationField(
        label=_("Lembaga di jejaring"), help_text=_("Bila pengirim ini lembaga yang memakai Laras juga.")
    )
    contact_name = _text("contact_name", _("Narahubung"))
    phone = _text("phone", _("Telepon"))
    email = _text("email", _("Surel"))
    address = _text("address", _("Alamat"))
    area_id = forms.UUIDField(label=_("Wilayah"), required=False, widget=forms.HiddenInput)
    note = _text("note", _("Catatan"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner_id: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Owner.objects.filter(closed=False).exclude(pk=owner_id).order_by("name")
        self.fields["organisation_id"].queryset = others  # type: ignore[attr-defined]

    @classmethod
    def of(cls, client: Client) -> "ClientForm":
        """The form filled with what is on file."""
        values = {name: getattr(client, name) for name in (*CLIENT_FIELDS, "area_id", "organisation_id", "version")}
        return cls(initial=values, owner_id=client.owner_id)

    def typed(self) -> dict[str, Any]:
        """What the services take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ClientFilter(LarasForm):
    q = forms.CharField(
        label=_("Cari pengirim"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Awal nama atau kode")}),
    )
    kind = forms.ChoiceField(label=_("Jenis"), choices=[("", _("Semua")), *KIND_LABELS.items()], required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("Aktif")), ("closed", _("Ditutup")), ("all", _("Semua"))],
        required=False,
    )


class PractitionerForm(LarasForm):
    name = _text("name", _("Nama"))
    registration_number = _text("registration_number", _("Nomor STR atau SIP"))
    phone = _text("phone", _("Telepon"))


class AgreementForm(LarasForm):
    number = _text("number", _("Nomor"))
    title = _text("title", _("Tentang"))
    valid_from = DayField(label=_("Berlaku dari"), required=False)
    valid_until = DayField(label=_("Sampai"), required=False)
    scope_text = forms.CharField(
        label=_("Lingkup"), required=False, widget=forms.Textarea(attrs={"rows": 3}), strip=False
    )


class ReasonForm(LarasForm):
    reason = forms.CharField(label=_("Alasan"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
