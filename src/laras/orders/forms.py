"""Forms of orders. They read what was typed; what it must say is checked by the services, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.catalogue.words import term
from laras.core import sheets
from laras.core.errors import DomainError, Forbidden, NotFound
from laras.core.forms import DayField, DropInput, LarasForm, MomentField, NumberField
from laras.orders.models import PAYERS, PURPOSES, REFUSAL_REASONS, SUBJECT_KINDS, URGENCIES
from laras.orders.rules import IN_SITU
from laras.orders.services import SessionInput
from laras.orders.states import ORDER
from laras.orders.words import IN_SITU_LABELS, matrix_label


def _text(label: Any, longest: int, **options: Any) -> forms.CharField:
    # Longer than the column on purpose: the service refuses with its own words and nothing typed is cut.
    attrs = {"autocomplete": "off", "maxlength": longest + 200, **options.pop("attrs", {})}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs), **options)


class CodesField(forms.CharField):
    """Codes of tests and panels, kept in one text so that a draft keeps them too. Answers a list."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Pemeriksaan"))
        options.setdefault("required", False)
        options.setdefault("max_length", 6000)
        super().__init__(**options)

    def clean(self, value: Any) -> list[str]:
        return [code for code in re.split(r"[\s,;]+", super().clean(value)) if code]


class HeadForm(LarasForm):
    """What every order says beside its subject and its tests."""

    codes = CodesField()
    urgency = forms.ChoiceField(label=_("Urgensi"), choices=list(URGENCIES.items()), initial="routine")
    payer = forms.ChoiceField(label=_("Penjamin"), choices=list(PAYERS.items()), initial="self")
    purpose = forms.ChoiceField(label=_("Tujuan"), choices=list(PURPOSES.items()), initial="diagnosis")
    client = forms.UUIDField(label=_("Pengirim / pelanggan"), required=False)
    requester = _text(_("Dokter / petugas yang meminta"), 120, attrs={"list": "requesters"})
    note = _text(_("Catatan klinis"), 500)
    collected = forms.BooleanField(label=_("Sampel sudah diambil"), required=False)
    collected_at = MomentField(label=_("Waktu pengambilan"), required=False)
    collector = _text(_("Pengambil sampel"), 120)

    def head(self) -> dict[str, Any]:
        """What the services take."""
        values = self.cleaned_data
        taken = values["collected"] or values["collected_at"]
        return {
            "codes": values["codes"],
            "client_id": values["client"],
            **{name: values[name] for name in ("urgency", "payer", "purpose", "requester", "note")},
            "collected_at": values["collected_at"] if taken else None,
            "collector": values["collector"] if taken else "",
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("collected") and not values.get("collected_at") and "collected_at" not in self.errors:
            self.add_error("collected_at", _("Isi kapan sampel diambil."))
        return values


class OrderForm(HeadForm):
    """An order for a person. ``patient`` is one on file; empty with a new one in the form beside it."""

    patient = forms.UUIDField(label=_("Pasien"), required=False)
    programme = forms.CharField(label=_("Program"), required=False, max_length=60)
    is_new = forms.BooleanField(label=_("Pasien baru"), required=False)

    def head(self) -> dict[str, Any]:
        return {**super().head(), "programme": self.cleaned_data["programme"]}


class SessionForm(LarasForm):
    """What is said of all people of a file."""

    programme = forms.ChoiceField(label=_("Program"))
    name = _text(_("Nama kegiatan"), 120, help_text=_("Misalnya Posyandu Melati, SMPN 3, Kloter 12."))
    place = _text(_("Tempat"), 120)
    day = DayField(label=_("Hari kegiatan"))
    client = forms.ChoiceField(label=_("Pengirim / pelanggan"), required=False)
    payer = forms.ChoiceField(
        label=_("Penjamin"), required=False, choices=[("", _("Menurut program")), *PAYERS.items()]
    )
    said = _text(
        _("Berlaku bagi semua"),
        200,
        help_text=_("Kata program yang berlaku bagi semua orang, misalnya Kelas 7; boleh kosong."),
    )
    day_first = forms.BooleanField(label=_("Tanggal di berkas ini ditulis hari/bulan/tahun"), required=False)
    again = forms.BooleanField(label=_("Daftar ini pernah didaftarkan; ini kegiatan baru"), required=False)

    def __init__(
        self, *args: Any, programmes: list[tuple[str, str]], clients: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["programme"].choices = programmes
        self.fields["client"].choices = [("", "—"), *clients]

    def session(self) -> SessionInput:
        """What the services take."""
        values = self.cleaned_data
        return SessionInput(
            programme=values["programme"],
            name=values["name"],
            place=values["place"],
            day=values["day"],
            client_id=UUID(values["client"]) if values["client"] else None,
            payer=values["payer"],
            said=tuple(word.strip() for word in re.split(r"[;,]", values["said"]) if word.strip()),
            day_first=values["day_first"],
            again=values["again"],
        )

    def initial_again(self) -> dict[str, Any]:
        """What was said, for the hidden fields of the next press."""
        return {name: self.cleaned_data[name] for name in SessionForm.base_fields}


class UploadForm(SessionForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class AcceptSessionForm(SessionForm):
    """The previewed file comes back with the second press; the server reads and checks it anew."""

    sheet = forms.CharField(max_length=sheets.MAX_BYTES, strip=False)

    @property
    def hidden(self) -> list[str]:
        return [self[name].as_hidden() for name in self.fields]


class MonthForm(LarasForm):
    """A month of a programme; any day of the month stands for it."""

    program = forms.ChoiceField(label=_("Program"), required=False)
    bulan = DayField(label=_("Bulan (hari mana saja di dalamnya)"), required=False)

    def __init__(self, *args: Any, programmes: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["program"].choices = programmes


class SiteOrderForm(HeadForm):
    """Water, air, food, swabs, vectors: a site on file (``site``), or a new one from the fields below."""

    kind = forms.ChoiceField(
        label=_("Jalur"), choices=[(key, SUBJECT_KINDS[key]) for key in ("environment", "food", "vector")]
    )
    site = forms.UUIDField(label=_("Lokasi"), required=False)
    site_name = _text(_("Nama lokasi baru"), 160)
    site_kind = _text(_("Jenis lokasi"), 40)
    site_address = _text(_("Alamat"), 240)
    site_latitude = NumberField(label=_("Lintang (derajat desimal)"), required=False)
    site_longitude = NumberField(label=_("Bujur (derajat desimal)"), required=False)
    matrix = forms.ChoiceField(label=_("Matriks"), required=False)
    standard = forms.ChoiceField(label=_("Baku mutu"), required=False)
    points = forms.CharField(
        label=_("Titik pengambilan"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Satu titik per baris; tiap titik mendapat sampelnya sendiri."),
    )

    def __init__(self, *args: Any, standards: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        matrices = dict.fromkeys(row.matrix for row in standards.values())
        self.fields["matrix"].choices = [("", "—"), *((key, matrix_label(key)) for key in matrices)]
        self.fields["standard"].choices = [
            ("", _("— tanpa baku mutu")),
            *((row.code, f"{term(row.name)} · {term(row.regulation)}") for row in standards.values()),
        ]
        self.fields["note"].label = _("Catatan")
        self.fields["requester"].label = _("Yang meminta")
        self.fields["purpose"].initial = "quality"
        for key in IN_SITU:
            self.fields[f"in_situ_{key}"] = _text(IN_SITU_LABELS[key], 20, attrs={"inputmode": "decimal"})

    @property
    def in_situ_fields(self) -> list[tuple[forms.BoundField, str]]:
        """Each reading's field with its unit."""
        return [(self[f"in_situ_{key}"], kind.unit) for key, kind in IN_SITU.items()]

    def site_values(self) -> dict[str, Any]:
        names = ("name", "kind", "address", "latitude", "longitude")
        return {name: self.cleaned_data[f"site_{name}"] for name in names}

    def readings(self) -> dict[str, str]:
        return {key: self.cleaned_data[f"in_situ_{key}"] for key in IN_SITU}


class FilterForm(LarasForm):
    """The list's filters. Names and NIK stay out of addresses: a person's orders are reached from the patient."""

    q = forms.CharField(
        label=_("Nomor"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Permintaan / sampel")}
        ),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *ORDER.choices])
    urgency = forms.ChoiceField(label=_("Urgensi"), required=False, choices=[("", _("Semua")), *URGENCIES.items()])
    subject_kind = forms.ChoiceField(
        label=_("Jalur"), required=False, choices=[("", _("Semua")), *SUBJECT_KINDS.items()]
    )
    payer = forms.ChoiceField(label=_("Penjamin"), required=False, choices=[("", _("Semua")), *PAYERS.items()])
    client = forms.ChoiceField(label=_("Pengirim"), required=False)
    day_from = DayField(label=_("Dari"), required=False)
    day_until = DayField(label=_("Sampai"), required=False)

    def __init__(self, *args: Any, clients: list[tuple[str, str]] = (), **options: Any) -> None:  # type: ignore[assignment]
        super().__init__(*args, **options)
        self.fields["client"].choices = [("", _("Semua")), *clients]


class ReceiveForm(LarasForm):
    """The counter where samples arrive: a scan, or what was ticked."""

    scan = forms.CharField(
        label=_("Pindai atau ketik nomor sampel"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-no-draft": True}),
    )
    condition = _text(_("Keadaan"), 120, initial=_("Baik"))
    temperature = NumberField(label=_("Suhu tiba"), required=False, decimals=1)


class RefuseForm(LarasForm):
    reason = forms.ChoiceField(
        label=_("Alasan penolakan"), choices=list(REFUSAL_REASONS.items()), widget=forms.RadioSelect
    )
    note = _text(_("Keterangan"), 240, help_text=_("Wajib untuk alasan lain."))
    replacement = forms.BooleanField(
        label=_("Minta sampel pengganti; pemeriksaannya menunggu"), required=False, initial=True
    )


class HandOverForm(LarasForm):
    action = forms.ChoiceField(
        label=_("Tindakan"),
        choices=[
            ("handed", _("Diserahkan kepada")),
            ("stored", _("Disimpan di")),
            ("sent", _("Dikirim ke")),
            ("returned", _("Dikembalikan kepada")),
        ],
    )
    to = _text(_("Kepada siapa"), 120)
    place = _text(_("Tempat"), 120)
    note = _text(_("Keterangan"), 240)


class DisposeForm(LarasForm):
    note = _text(_("Alasan dan cara pemusnahan"), 240)

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if not note.strip():
            raise forms.ValidationError(_("Tulis alasan dan cara pemusnahannya."))
        return note


class CollectForm(LarasForm):
    collected_at = MomentField(label=_("Waktu pengambilan"), required=False)
    collector = _text(_("Pengambil sampel"), 120)
    place = _text(_("Tempat"), 120)


class CancelForm(LarasForm):
    reason = forms.CharField(label=_("Alasan"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AddForm(LarasForm):
    codes = CodesField()


@contextmanager
def placed(form: forms.BaseForm, **parts: forms.BaseForm) -> Iterator[None]:
    """As ``core.web.refusals``, for a page of several forms: ``patient.nik`` goes to field ``nik`` of ``patient=``.

    A dotted field of no such part goes to the field with an underscore (``site.latitude`` to ``site_latitude``).
    """
    try:
        yield
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        for problem in error.problems:
            part, dot, name = problem.field.partition(".")
            target, field = (parts[part], name) if dot and part in parts else (form, problem.field.replace(".", "_"))
            # One message for a field is enough: a second press finds the next.
            target.add_error(field if field in target.fields else None, str(problem.message))
        if not error.problems:
            form.add_error(None, str(error.message))
