"""What people type about rounds of sampling: a plan, a point, what was found at a point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from laras.catalogue.words import term
from laras.core.forms import DayField, DropInput, LarasForm, MomentField, NumberField, ReasonField
from laras.orders.forms import CodesField
from laras.orders.models import PAYERS, PURPOSES, SUBJECT_KINDS, Bottle
from laras.orders.rules import IN_SITU
from laras.orders.services import PlanInput, Taken
from laras.orders.types import SiteInput
from laras.orders.words import FREQUENCY_LABELS, IN_SITU_LABELS, matrix_label


def _text(label: Any, longest: int, **more: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", "maxlength": longest + 100, **more.pop("attrs", {})}
    return forms.CharField(
        label=label, required=more.pop("required", False), widget=forms.TextInput(attrs=attrs), **more
    )


class DaysField(forms.CharField):
    """Days one by one, each on a line or after a comma. Answers a tuple of dates."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found, read = [], DayField(required=True)
        for part in text.replace(",", "\n").replace(";", "\n").split("\n"):
            if part.strip():
                try:
                    found.append(read.clean(part.strip()))
                except forms.ValidationError as error:
                    message = _("“%(text)s” bukan tanggal; tulis misalnya 24-11-2026.") % {"text": part.strip()[:20]}
                    raise forms.ValidationError(message) from error
        return tuple(found)


class PlanForm(LarasForm):
    name = _text(_("Nama rencana"), 120, required=True, help_text=_("Misalnya Depot air minum Kecamatan Utara."))
    kind = forms.ChoiceField(
        label=_("Jalur"), choices=[(key, SUBJECT_KINDS[key]) for key in ("environment", "food", "vector")]
    )
    standard = forms.ChoiceField(label=_("Baku mutu"), required=False)
    codes = CodesField(
        label=_("Kode pemeriksaan atau panel"),
        help_text=_("Kosongkan untuk semua parameter baku mutu di atas. Pisahkan dengan spasi."),
    )
    client_id = forms.TypedChoiceField(label=_("Pelanggan"), required=False, coerce=UUID, empty_value=None)
    frequency = forms.ChoiceField(label=_("Seberapa sering"), choices=list(FREQUENCY_LABELS.items()), initial="monthly")
    first_day = DayField(label=_("Kunjungan pertama"))
    until = DayField(label=_("Sampai"), required=False)
    days = DaysField(
        label=_("Tanggal tambahan"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Satu tanggal per baris, di luar jadwal di atas."),
    )  # fmt: skip
    sampler = _text(_("Pengambil sampel"), 120)
    payer = forms.ChoiceField(label=_("Penjamin"), choices=list(PAYERS.items()), initial="programme")
    purpose = forms.ChoiceField(label=_("Tujuan"), choices=list(PURPOSES.items()), initial="surveillance")
    note = _text(_("Catatan untuk pengambil sampel"), 500)

    def __init__(
        self, *args: Any, standards: Mapping[str, Any], clients: Sequence[tuple[Any, str]], **options: Any
    ) -> None:
        plan: PlanInput | None = options.pop("plan", None)
        if plan is not None:
            options["initial"] = {
                **{name: getattr(plan, name) for name in PlanInput.__dataclass_fields__},
                "codes": " ".join(plan.codes),
                "days": "\n".join(day.isoformat() for day in plan.days),
            }
        super().__init__(*args, **options)
        self.fields["standard"].choices = [
            ("", _("— tanpa baku mutu")),
            *(
                (row.code, f"{term(row.name)} · {term(row.regulation)} · {matrix_label(row.matrix)}")
                for row in standards.values()
            ),
        ]
        self.fields["client_id"].choices = [("", "—"), *clients]

    def plan(self, codes_of_standard: Sequence[str]) -> PlanInput:
        """As the service takes it."""
        values = dict(self.cleaned_data)
        return PlanInput(**{**values, "codes": tuple(values["codes"] or codes_of_standard)})


class PointForm(LarasForm):
    """A point: a site on file, or a new one from the fields below."""

    site_id = forms.TypedChoiceField(label=_("Lokasi"), required=False, coerce=UUID, empty_value=None)
    site_name = _text(_("Nama lokasi baru"), 160, help_text=_("Kosongkan bila lokasinya dipilih di atas."))
    site_kind = _text(_("Jenis lokasi"), 40, help_text=_("Misalnya depot air, sumur, dapur."))
    site_address = _text(_("Alamat"), 240)
    site_latitude = NumberField(label=_("Lintang (derajat desimal)"), required=False)
    site_longitude = NumberField(label=_("Bujur (derajat desimal)"), required=False)
    name = _text(_("Titik di lokasi itu"), 160, help_text=_("Misalnya keran pengisian; boleh kosong."))

    def __init__(self, *args: Any, sites: Sequence[tuple[Any, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["site_id"].choices = [("", _("— lokasi baru")), *sites]

    def point(self) -> dict[str, Any]:
        values = self.cleaned_data
        new = None
        if values["site_name"].strip():
            parts = ("name", "kind", "address", "latitude", "longitude")
            new = SiteInput(**{part: values[f"site_{part}"] for part in parts})
        return {"name": values["name"], "site_id": values["site_id"], "new_site": new}


class PointSheetForm(LarasForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"),
        widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"}),
        help_text=_("Kolom: lokasi (wajib), titik, jenis, alamat, lintang, bujur, kode_wilayah."),
    )


class WeekForm(LarasForm):
    hari = DayField(label=_("Minggu yang memuat hari"), required=False)


class SkipForm(LarasForm):
    day = DayField(label=_("Hari kunjungan"))
    reason = ReasonField(label=_("Mengapa tidak dilakukan"), max_length=240)


class MissForm(LarasForm):
    reason = ReasonField(label=_("Mengapa tidak diambil"), max_length=240)


class StopForm(LarasForm):
    """What the sampler notes at a point. ``asked`` are the readings shown first."""

    arrived_at = MomentField(label=_("Tiba"), required=False)
    taken_at = MomentField(label=_("Sampel diambil"))
    collector = _text(_("Pengambil sampel"), 120)
    note = _text(_("Catatan"), 500, help_text=_("Cuaca, keadaan titik, siapa yang mendampingi."))
    photo = forms.FileField(
        label=_("Foto"),
        required=False,
        widget=DropInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )

    def __init__(
        self,
        *args: Any,
        bottles: Iterable[Bottle],
        asked: Sequence[str],
        used: Mapping[str, Sequence[str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.bottle_rows = list(bottles)
        self.asked = list(asked)
        self.used = used
        for key in IN_SITU:
            self.fields[f"in_situ_{key}"] = _text(IN_SITU_LABELS[key], 20, attrs={"inputmode": "decimal"})
            last = list(used.get(key, ()))
            self.fields[f"instrument_{key}"] = _text(
                _("Alat: %(what)s") % {"what": IN_SITU_LABELS[key]}, 80, initial=last[0] if last else "",
                attrs={"list": "instruments"},
            )  # fmt: skip
        for bottle in self.bottle_rows:
            self.fields[f"filled_{bottle.id}"] = forms.BooleanField(label=bottle.number, required=False, initial=True)
            self.fields[f"missed_{bottle.id}"] = _text(_("Bila tidak diisi, mengapa"), 160)

    def _readings(self, keys: Iterable[str]) -> list[tuple[forms.BoundField, forms.BoundField, str]]:
        return [(self[f"in_situ_{key}"], self[f"instrument_{key}"], IN_SITU[key].unit) for key in keys]

    @property
    def first_readings(self) -> list[tuple[forms.BoundField, forms.BoundField, str]]:
        return self._readings(self.asked)

    @property
    def other_readings(self) -> list[tuple[forms.BoundField, forms.BoundField, str]]:
        return self._readings(key for key in IN_SITU if key not in self.asked)

    @property
    def bottles(self) -> list[tuple[Bottle, forms.BoundField, forms.BoundField]]:
        return [(row, self[f"filled_{row.id}"], self[f"missed_{row.id}"]) for row in self.bottle_rows]

    @property
    def instruments(self) -> list[str]:
        """For suggestions, each once."""
        return list(dict.fromkeys(name for names in self.used.values() for name in names))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for bottle in self.bottle_rows:
            if values.get(f"filled_{bottle.id}") and values.get(f"missed_{bottle.id}", "").strip():
                self.add_error(f"missed_{bottle.id}", _("Hilangkan tanda pada botol ini, atau kosongkan alasannya."))
        return values

    def taken(self) -> Taken:
        """As the service takes it."""
        values = self.cleaned_data
        readings = {key: values[f"in_situ_{key}"] for key in IN_SITU}
        photo = values["photo"]
        return Taken(
            taken_at=values["taken_at"],
            arrived_at=values["arrived_at"],
            readings=readings,
            instruments={key: values[f"instrument_{key}"] for key in IN_SITU if readings[key].strip()},
            missed={row.id: values[f"missed_{row.id}"] for row in self.bottle_rows if not values[f"filled_{row.id}"]},
            collector=values["collector"],
            note=values["note"],
            photo=photo.read() if photo else None,
        )


def site_choices(sites: Iterable[Any]) -> list[tuple[UUID, str]]:
    return [(row.id, f"{row.name} · {row.address}" if row.address else row.name) for row in sites]
