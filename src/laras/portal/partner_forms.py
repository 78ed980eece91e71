"""Forms of the partner's pages and of the laboratory's answers. What they must say is checked by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm, MomentField
from laras.orders.states import ORDER, SUBJECT_KINDS
from laras.partners.states import BOOKING
from laras.partners.types import BookingInput

BOOKING_KINDS = [("pickup", _("Jemput sampel yang kami ambil")), ("sampling", _("Ambil sampel di tempat kami"))]
PARTS = [("any", _("Kapan saja")), ("morning", _("Pagi")), ("afternoon", _("Siang"))]
OFFERED = ("person", "environment", "food", "vector", "equipment")


def _line(label: Any, size: int, *, required: bool = True, **options: Any) -> forms.CharField:
    # Longer than the column on purpose: the services refuse with their own words and nothing typed is cut.
    widget = forms.TextInput(attrs={"maxlength": size + 200, "autocomplete": "off"})
    return forms.CharField(label=label, required=required, strip=False, widget=widget, **options)


class PartnerOrderFilter(LarasForm):
    """Names and NIK stay out of addresses: a person is looked for in the box above."""

    q = forms.CharField(
        label=_("Nomor"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Permintaan / sampel")}
        ),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *ORDER.choices])
    client = forms.ChoiceField(label=_("Lembaga"), required=False)
    day_from = DayField(label=_("Dari"), required=False)
    day_until = DayField(label=_("Sampai"), required=False)

    def __init__(self, *args: Any, clients: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        if len(clients) < 2:
            del self.fields["client"]
        else:
            self.fields["client"].choices = [("", _("Semua")), *((str(row.id), row.name) for row in clients)]


class PriceFilter(LarasForm):
    q = forms.CharField(
        label=_("Pemeriksaan"), required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )
    subject = forms.ChoiceField(
        label=_("Untuk"), required=False, choices=[("", _("Semua")), *((k, SUBJECT_KINDS[k]) for k in OFFERED)]
    )


class BookingForm(LarasForm):
    client_id = forms.ChoiceField(label=_("Lembaga"))
    kind = forms.ChoiceField(label=_("Keperluan"), choices=BOOKING_KINDS, widget=forms.RadioSelect)
    what = _line(_("Sampel"), 300, help_text=_("Apa dan berapa, misalnya 6 botol air kolam renang."))
    place = _line(_("Tempat"), 300)
    wanted_on = DayField(label=_("Tanggal"))
    wanted_part = forms.ChoiceField(label=_("Waktu"), choices=PARTS)
    contact_name = _line(_("Narahubung"), 150)
    phone = _line(_("Telepon narahubung"), 20)
    note = forms.CharField(label=_("Catatan"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, clients: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(row.id), row.name) for row in clients]
        self.fields["client_id"].choices = choices
        if len(choices) == 1:
            self.fields["client_id"].widget = forms.HiddenInput()
            self.fields["client_id"].initial = choices[0][0]

    def booking(self) -> BookingInput:
        """What the service takes."""
        return BookingInput(**{name: value for name, value in self.cleaned_data.items() if name != "client_id"})


class BookingFilter(LarasForm):
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Belum selesai")), ("all", _("Semua")), *BOOKING.choices]
    )


class ConfirmForm(LarasForm):
    planned_at = MomentField(label=_("Rencana datang"))
    answer = _line(_("Pesan untuk mitra"), 300, required=False)


class DeclineForm(LarasForm):
    answer = forms.CharField(
        label=_("Alasan"), strip=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Mitra membacanya."),
    )  # fmt: skip


class NewPartnerForm(LarasForm):
    name = _line(_("Nama lengkap"), 120, help_text=_("Orangnya, bukan lembaganya. Satu akun untuk satu orang."))
    username = _line(_("Nama pengguna"), 60, help_text=_("Huruf kecil, angka, titik; dipakai untuk masuk."))
    email = _line(_("Surel"), 254, required=False)


class InvitePartnerForm(LarasForm):
    username = _line(_("Nama pengguna"), 60, help_text=_("Persis seperti yang dipakai orang itu untuk masuk."))


class EndForm(LarasForm):
    reason = _line(_("Alasan"), 300)
