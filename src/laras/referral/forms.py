"""Forms of referral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.core.forms import DropInput, LarasForm, NumberField, ReasonField
from laras.referral.messages import DAY_ORDERS, FINDING_LABELS, REFUSAL_LABELS, TEMPERATURE_LABELS, WEEKDAYS
from laras.referral.models import IncomingItem
from laras.referral.queries import Need
from laras.referral.services import Refusal
from laras.referral.states import INCOMING, OUTGOING

KEEP = [("", _("Terima")), *REFUSAL_LABELS.items()]


class SendForm(LarasForm):
    """One order's results and the laboratory to which they go. ``results`` are chosen with checkboxes of the row."""

    recipient = forms.ChoiceField(label=_("Laboratorium tujuan"))
    results = forms.MultipleChoiceField(
        label=_("Pemeriksaan"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Centang paling sedikit satu pemeriksaan yang dikirim.")},
    )
    courier = forms.CharField(label=_("Kurir"), max_length=120, required=False)
    packaging = forms.CharField(label=_("Kemasan"), max_length=120, required=False)
    temperature = forms.CharField(label=_("Suhu pengiriman"), max_length=40, required=False)
    reason = forms.CharField(
        label=_("Alasan merujuk"),
        max_length=240,
        required=False,
        help_text=_("Wajib bila bukan usulan pertama dan bukan pembina."),
    )

    def __init__(self, need: Need, data: Any = None) -> None:
        key = need.order_id.hex[-12:]
        super().__init__(data, auto_id=f"rujuk_{key}_%s")
        self.fields["recipient"].choices = [(str(one.owner_id), _named(one)) for one in need.offered]
        self.fields["results"].choices = [
            (str(view.id), f"{view.screen.name} · {view.sample_number}") for view in need.results
        ]
        self.fields["results"].initial = [str(view.id) for view in need.results]


PARTLY = ("some_tests", "some_and_passes_on", "passes_on")


def _named(one: Any) -> str:
    tier = _("tingkat %(tier)d") % {"tier": one.tier} if one.tier else ""
    first = one.reasons[0].text if one.reasons and one.reasons[0].code in PARTLY else ""
    return " · ".join(str(part) for part in (one.name, tier, first) if part)


class CancelForm(LarasForm):
    reason = ReasonField(label=_("Alasan pembatalan"), max_length=240)


class RefuseForm(LarasForm):
    reason = forms.ChoiceField(label=_("Alasan penolakan"), choices=[("", "—"), *REFUSAL_LABELS.items()])
    note = forms.CharField(
        label=_("Keterangan"), max_length=240, required=False, help_text=_("Wajib untuk alasan lain.")
    )


class AcceptForm(LarasForm):
    """What is decided about an announced referral: each item taken or refused, the person, the state of the samples."""

    received = forms.BooleanField(label=_("Sampel sudah di sini"), required=False, initial=True)
    condition = forms.CharField(label=_("Keadaan sampel"), max_length=120, required=False)
    temperature = NumberField(label=_("Suhu saat tiba"), decimals=1, min_value=-90, max_value=60, required=False)
    note = forms.CharField(label=_("Catatan untuk pengirim"), max_length=240, required=False)

    def __init__(
        self,
        items: Sequence[IncomingItem],
        *,
        names: Mapping[UUID, str],
        unknown: frozenset[UUID],
        people: Sequence[tuple[str, str]] = (),
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.items = list(items)
        self.names = names
        for item in items:
            name = names[item.id]
            self.fields[f"decide_{item.id.hex}"] = forms.ChoiceField(
                label=_("Keputusan untuk %(name)s") % {"name": name}, choices=KEEP, required=False
            )
            self.fields[f"note_{item.id.hex}"] = forms.CharField(
                label=_("Keterangan untuk %(name)s") % {"name": name}, max_length=240, required=False
            )
            if item.id in unknown:
                self.fields[f"code_{item.id.hex}"] = forms.CharField(
                    label=_("Kode kami untuk %(name)s") % {"name": name}, max_length=60, required=False
                )
        if people:
            self.fields["patient"] = forms.ChoiceField(
                label=_("Pasien"),
                choices=[*people, ("new", _("Orang lain: daftarkan sebagai pasien baru"))],
                widget=forms.RadioSelect,
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for item in self.items:
            note = f"note_{item.id.hex}"
            if data.get(f"decide_{item.id.hex}") == "other" and note not in self.errors and not data.get(note):
                self.add_error(note, _("Jelaskan alasan lainnya."))
        return data

    def rows(self) -> list[dict[str, Any]]:
        """Items with their bound fields, for the table."""
        found = []
        for item in self.items:
            code = f"code_{item.id.hex}"
            found.append(
                {
                    "item": item,
                    "name": self.names[item.id],
                    "decide": self[f"decide_{item.id.hex}"],
                    "note": self[f"note_{item.id.hex}"],
                    "code": self[code] if code in self.fields else None,
                }
            )
        return found

    def decided(self) -> dict[str, Any]:
        """The keywords of ``services.accept_incoming``."""
        values = self.cleaned_data
        refusals, tests = {}, {}
        for item in self.items:
            reason = values.get(f"decide_{item.id.hex}", "")
            if reason:
                refusals[item.id] = Refusal(reason, values.get(f"note_{item.id.hex}", ""))
            elif values.get(f"code_{item.id.hex}"):
                tests[item.id] = values[f"code_{item.id.hex}"].strip().upper()
        patient = values.get("patient", "")
        return {
            "refusals": refusals,
            "tests": tests,
            "patient_id": UUID(patient) if patient not in ("", "new") else None,
            "duplicates_checked": patient == "new",
            "received": values["received"],
            "condition": values["condition"],
            "temperature": values["temperature"],
            "note": values["note"],
        }


class PickupForm(LarasForm):
    weekday = forms.TypedChoiceField(label=_("Hari"), coerce=int, choices=list(enumerate(WEEKDAYS)))
    at = forms.TimeField(
        label=_("Jam"),
        input_formats=["%H.%M", "%H:%M"],
        help_text=_("Misalnya 13.30"),
        error_messages={"invalid": _("Tulis jam, misalnya 13.30.")},
    )
    courier = forms.CharField(label=_("Kurir"), max_length=120, required=False)


class OpenBoxForm(LarasForm):
    recipient = forms.ChoiceField(label=_("Laboratorium tujuan"))
    temperature = forms.ChoiceField(label=_("Kelas suhu"), choices=list(TEMPERATURE_LABELS.items()), initial="cold")
    packaging = forms.CharField(label=_("Kemasan"), max_length=120, required=False)

    def __init__(self, destinations: Sequence[tuple[UUID, str, int]], data: Any = None) -> None:
        super().__init__(data)
        words = _("%(lab)s (%(n)d rujukan menunggu)")
        self.fields["recipient"].choices = [
            ("", "—"), *((str(key), words % {"lab": name, "n": number}) for key, name, number in destinations),
        ]  # fmt: skip


class PackForm(LarasForm):
    scan = forms.CharField(
        label=_("Pindai label sampel atau nomor rujukan"),
        max_length=60,
        error_messages={"required": _("Pindai label sampel atau nomor rujukan.")},
    )


class HandOverForm(LarasForm):
    courier = forms.CharField(label=_("Diserahkan kepada"), max_length=120)
    place = forms.CharField(label=_("Tempat"), max_length=120, required=False)
    tracking = forms.CharField(label=_("Nomor resi"), max_length=80, required=False)


class ArriveForm(LarasForm):
    celsius = NumberField(label=_("Suhu saat dibuka"), decimals=1, min_value=-90, max_value=60, required=False)
    place = forms.CharField(label=_("Tempat"), max_length=120, required=False)


class LogForm(LarasForm):
    """The file of a temperature logger."""

    file = forms.FileField(
        label=_("Berkas CSV dari alat pencatat suhu"),
        widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={"required": _("Pilih berkas CSV."), "empty": _("Berkas kosong.")},
    )
    order = forms.ChoiceField(label=_("Urutan tanggal"), choices=list(DAY_ORDERS.items()), required=False)


class FindingForm(LarasForm):
    scan = forms.CharField(
        label=_("Pindai label sampel pengirim"),
        max_length=60,
        error_messages={"required": _("Pindai label sampel pengirim.")},
    )
    finding = forms.ChoiceField(
        label=_("Temuan"), choices=[one for one in FINDING_LABELS.items() if one[0] != "extra"], initial="present"
    )
    note = forms.CharField(label=_("Keterangan"), max_length=240, required=False)


class ScanForm(LarasForm):
    scan = forms.CharField(
        label=_("Pindai nomor kotak, nomor rujukan, atau label sampel pengirim"), max_length=60, required=False
    )


class SentFilter(LarasForm):
    q = forms.CharField(label=_("Nomor rujukan"), max_length=48, required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *OUTGOING.choices])


class ReceivedFilter(LarasForm):
    q = forms.CharField(label=_("Nomor rujukan atau label sampel pengirim"), max_length=60, required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *INCOMING.choices])
