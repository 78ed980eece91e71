"""Forms of the pages on accounts, roles, tokens and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DayField, LarasForm, ReasonField
from laras.core.models import StaffPerson
from laras.core.queries import roles_for
from laras.core.rights import RIGHTS, ROLES

NEW_PERSON = "new"


def role_choices(kind: str) -> list[tuple[str, str]]:
    # Somebody of a client gets the account on the client's page, which says whom it speaks for.
    return [(name, str(ROLES[name].label)) for name in roles_for(kind) if name != "partner"]


class AccountFilterForm(LarasForm):
    q = forms.CharField(
        label=_("Nama"), required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )
    role = forms.ChoiceField(label=_("Peran"), required=False)
    state = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("Semua")),
            ("on", _("Aktif")),
            ("new", _("Belum ganti kata sandi")),
            ("none", _("Tanpa peran")),
            ("off", _("Nonaktif")),
        ],
    )

    def __init__(self, *args: object, kind: str, **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = [("", _("Semua")), *role_choices(kind)]


class NewAccountForm(LarasForm):
    """``same`` holds persons of this organisation with such a name: perhaps the same human being."""

    name = forms.CharField(label=_("Nama lengkap"), max_length=120, help_text=_("Tanpa gelar."))
    title = forms.CharField(
        label=_("Gelar"), max_length=80, required=False, help_text=_("Misalnya S.Tr.Kes atau Sp.PK.")
    )
    registration_number = forms.CharField(
        label=_("Nomor STR"), max_length=40, required=False, help_text=_("Dicetak pada LHU bagi yang menandatangani.")
    )
    staff_number = forms.CharField(label=_("NIP atau nomor pegawai"), max_length=30, required=False)
    username = forms.CharField(
        label=_("Nama pengguna"), max_length=60, help_text=_("Huruf kecil, angka, titik; dipakai untuk masuk.")
    )
    email = forms.EmailField(label=_("Surel"), required=False)
    roles = forms.MultipleChoiceField(label=_("Peran"), widget=forms.CheckboxSelectMultiple)
    person_id = forms.ChoiceField(label=_("Apakah ini orang yang sama?"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, kind: str, same: Iterable[StaffPerson] = (), **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["roles"].choices = role_choices(kind)
        same = list(same)
        if same:
            self.fields["person_id"] = forms.ChoiceField(
                label=_("Apakah ini orang yang sama?"),
                help_text=_(
                    "Orang yang sama dengan dua akun tetap satu orang: ia tidak dapat memverifikasi pekerjaannya sendiri."
                ),
                widget=forms.RadioSelect,
                choices=[
                    *((str(person.pk), _("Ya: %(name)s") % {"name": person}) for person in same),
                    (NEW_PERSON, _("Bukan, orang lain yang namanya mirip")),
                ],
            )
            self.order_fields(["person_id"])


class InviteForm(LarasForm):
    username = forms.CharField(
        label=_("Nama pengguna"), max_length=60, help_text=_("Persis seperti yang dipakai orang itu untuk masuk.")
    )
    role = forms.ChoiceField(label=_("Peran"))

    def __init__(self, *args: object, kind: str, **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = role_choices(kind)


class RoleForm(LarasForm):
    role = forms.ChoiceField(label=_("Peran"))

    def __init__(self, *args: object, kind: str, held: Iterable[str] = (), **options: object) -> None:
        super().__init__(*args, **options)
        held = set(held)
        self.fields["role"].choices = [choice for choice in role_choices(kind) if choice[0] not in held]


class ReasonForm(LarasForm):
    reason = ReasonField(min_length=3)


class PersonForm(LarasForm):
    name = forms.CharField(label=_("Nama lengkap"), max_length=120)
    title = forms.CharField(label=_("Gelar"), max_length=80, required=False)
    registration_number = forms.CharField(label=_("Nomor STR"), max_length=40, required=False)
    staff_number = forms.CharField(label=_("NIP atau nomor pegawai"), max_length=30, required=False)


class TokenForm(LarasForm):
    label = forms.CharField(
        label=_("Dipakai oleh"), max_length=80, help_text=_("Program atau alat mana, supaya mudah dicabut nanti.")
    )
    expires_on = DayField(label=_("Berlaku sampai"))
    rights = forms.MultipleChoiceField(
        label=_("Yang boleh dilakukan"), widget=forms.CheckboxSelectMultiple, help_text=_("Pilih sesedikit mungkin.")
    )

    def __init__(self, *args: object, held: Iterable[str], today: date, **options: object) -> None:
        options.setdefault("initial", {"expires_on": today + timedelta(days=90)})
        super().__init__(*args, **options)
        held = set(held)
        self.fields["rights"].choices = [(name, text) for name, text in RIGHTS.items() if name in held]


class AuditFilterForm(LarasForm):
    event = forms.ChoiceField(label=_("Kejadian"), required=False)
    person = forms.ChoiceField(label=_("Orang"), required=False)
    since = DayField(label=_("Sejak"), required=False)
    until = DayField(label=_("Sampai"), required=False)

    def __init__(
        self, *args: object, events: Iterable[tuple[str, str]], people: Iterable[StaffPerson], **options: object
    ) -> None:
        super().__init__(*args, **options)
        self.fields["event"].choices = [("", _("Semua")), *events]
        self.fields["person"].choices = [("", _("Semua")), *((str(p.pk), str(p)) for p in people)]
