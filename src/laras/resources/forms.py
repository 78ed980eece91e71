"""Forms of what a laboratory can do and has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.core import clock, sheets
from laras.core.forms import DayField, DropInput, LarasForm, NumberField, ReasonField, RupiahField
from laras.resources.labels import (
    BIOSAFETY,
    CONDITIONS,
    EMPLOYMENTS,
    FUNDS,
    MAP_FIGURES,
    MAP_POINTS,
    PERMIT_GROUPS,
    PROFESSIONS,
    ROOM_FUNCTIONS,
    SHEET_COLUMNS,
    SHEET_KINDS,
    STATES,
    YES_NO,
)
from laras.resources.rules import quarter_of
from laras.resources.shipped import permit_kinds
from laras.resources.states import CAPABILITY
from laras.resources.words import quarter_in_words


class CapabilityFilters(LarasForm):
    search = forms.CharField(
        label=_("Pemeriksaan"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    discipline = forms.ChoiceField(
        label=_("Kelompok"), required=False, choices=[("", _("Semua")), *DISCIPLINE_LABELS.items()]
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Semua")), *CAPABILITY.choices])


class CapabilityForm(LarasForm):
    """The names of the fields are those of the service."""

    method = forms.CharField(label=_("Metode"), max_length=120, required=False)
    tat_hours = NumberField(
        label=_("Waktu hasil"), decimals=0, min_value=1, max_value=8784, help_text=_("Jam sejak sampel diterima.")
    )
    capacity_per_day = NumberField(
        label=_("Kapasitas per hari"),
        decimals=0,
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=_("Banyak pemeriksaan."),
    )
    price = RupiahField(label=_("Tarif"), required=False, help_text=_("Kosong berarti tidak diumumkan."))
    accredited = forms.BooleanField(label=_("Masuk lingkup akreditasi"), required=False)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        capacity = data["capacity_per_day"]
        return {
            "method": data["method"],
            "tat_hours": int(data["tat_hours"]),
            "capacity_per_day": None if capacity is None else int(capacity),
            "price": data["price"],
            "accredited": data["accredited"],
        }


class NewCapabilityForm(CapabilityForm):
    test_code = forms.CharField(
        label=_("Pemeriksaan"), max_length=40, help_text=_("Ketik nama atau kode lalu pilih dari daftar.")
    )
    field_order = ("test_code", "method", "tat_hours")


class PauseForm(LarasForm):
    reason = ReasonField(max_length=200, help_text=_("Dibaca semua laboratorium yang mencari pemeriksaan ini."))


class RemoveForm(LarasForm):
    reason = ReasonField(max_length=200, help_text=_("Tercatat di riwayat laboratorium."))


class FindForm(LarasForm):
    test = forms.CharField(
        label=_("Pemeriksaan"), required=False, max_length=40, help_text=_("Ketik nama atau kode lalu pilih.")
    )


class EquipmentFilters(LarasForm):
    category = forms.ChoiceField(label=_("Kelompok"), required=False, choices=[("", _("Semua"))])
    state = forms.ChoiceField(label=_("Pemenuhan"), required=False, choices=[("", _("Semua")), *STATES.items()])
    on = DayField(label=_("Keadaan pada"), required=False)

    def offer(self, categories: Iterable[str]) -> None:
        """The categories are those of the standard in force on the day."""
        self.fields["category"].choices = [("", _("Semua")), *((one, one) for one in dict.fromkeys(categories))]
        self.full_clean()


class EquipmentForm(LarasForm):
    """The names of the fields are those of the service."""

    item_code = forms.ChoiceField(label=_("Alat menurut standar"), required=False)
    name = forms.CharField(
        label=_("Nama alat"), max_length=200, help_text=_("Seperti tertulis pada alat atau di ASPAK.")
    )
    functioning = NumberField(label=_("Berfungsi"), decimals=0, min_value=0, max_value=999_999)
    total = NumberField(
        label=_("Jumlah"), decimals=0, min_value=0, max_value=999_999, required=False,
        help_text=_("Kosong berarti semuanya berfungsi."),
    )  # fmt: skip
    condition = forms.ChoiceField(label=_("Keadaan"), required=False, choices=[("", "–"), *CONDITIONS.items()])
    year = forms.IntegerField(
        label=_("Tahun pengadaan"), required=False, min_value=1950, max_value=2100, localize=False
    )
    source_of_funds = forms.ChoiceField(label=_("Sumber dana"), required=False, choices=[("", "–"), *FUNDS.items()])
    maker = forms.CharField(label=_("Merek"), max_length=120, required=False)
    serial = forms.CharField(label=_("Nomor seri"), max_length=60, required=False)
    calibration_due = DayField(label=_("Kalibrasi berikutnya"), required=False)

    def offer(self, items: Mapping[str, str]) -> None:
        """``items``: code -> name of the standard in force."""
        self.fields["item_code"].choices = [
            ("", _("Di luar standar, atau belum dicocokkan")),
            *((code, f"{code} {name}") for code, name in items.items()),
        ]

    def values(self) -> dict[str, Any]:
        data = {name: value for name, value in self.cleaned_data.items() if name != "item_code"}
        for name in ("functioning", "total"):
            data[name] = None if data[name] is None else int(data[name])
        return data


class MatchForm(LarasForm):
    NONE = "-"
    item_code = forms.ChoiceField(label=_("Alat menurut standar"))

    def offer(self, items: Mapping[str, str], first: Iterable[str]) -> None:
        """``items``: code -> name; ``first``: codes of what the name may mean."""
        near = [code for code in first if code in items]
        rest = [(code, f"{code} {name}") for code, name in items.items() if code not in near]
        groups: list[Any] = [("", "–")]
        if near:
            groups.append((_("Mungkin"), [(code, f"{code} {items[code]}") for code in near]))
        groups += [(self.NONE, _("Di luar standar")), (_("Semua alat"), rest)]
        self.fields["item_code"].choices = groups


class OverviewFilters(LarasForm):
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    reported = forms.ChoiceField(
        label=_("Laporan"),
        required=False,
        choices=[("", _("Semua")), ("yes", _("Sudah melapor")), ("no", _("Belum melapor"))],
    )
    area = forms.CharField(label=_("Kode wilayah"), required=False, max_length=13)
    on = DayField(label=_("Keadaan pada"), required=False)


class MapFilters(LarasForm):
    figure = forms.ChoiceField(label=_("Warna wilayah"), required=False, choices=list(MAP_FIGURES.items()))
    by = forms.ChoiceField(
        label=_("Wilayah per"), required=False, choices=[("1", _("Provinsi")), ("2", _("Kabupaten/kota"))]
    )
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    points = forms.ChoiceField(label=_("Titik menurut"), required=False)
    test = forms.CharField(label=_("Kode pemeriksaan"), required=False, max_length=40)
    # Where the map stands and whose supervision is drawn: chosen on the map and in the table, kept while filtering.
    area = forms.CharField(required=False, max_length=13, widget=forms.HiddenInput)
    lab = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, national: bool = True, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if not national:
            del self.fields["by"]
        # The first is what holds without a wish.
        none = ("no", _("Tanpa titik"))
        # Suggested while typing, like where who does a test is looked for.
        self.fields["test"].widget.attrs |= {
            "list": "test-options", "autocomplete": "off", "hx-get": reverse("resources:test_options"),
            "hx-trigger": "input changed delay:250ms", "hx-target": "#test-options", "hx-push-url": "false",
        }  # fmt: skip
        self.fields["points"].choices = [*MAP_POINTS.items(), none] if not national else [none, *MAP_POINTS.items()]


class ReportingFilters(LarasForm):
    show = forms.ChoiceField(
        label=_("Tampilkan"),
        required=False,
        choices=[("", _("Yang terlambat melapor")), ("never", _("Yang belum pernah melapor")), ("all", _("Semua"))],
    )
    since = DayField(label=_("Belum melapor sejak"), required=False)
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    area = forms.CharField(label=_("Kode wilayah"), required=False, max_length=13)


def _kinds() -> list[Any]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in permit_kinds().values():
        groups.setdefault(kind.group, []).append((kind.code, kind.name))
    return [(PERMIT_GROUPS[group], kinds) for group, kinds in groups.items()]


class PaperForm(LarasForm):
    """What stands on a permit; the names of the fields are those of the service."""

    about = forms.CharField(
        label=_("Untuk"), max_length=120, required=False, help_text=_("Misalnya gedung atau alat yang diizinkan.")
    )
    number = forms.CharField(label=_("Nomor izin"), max_length=80, required=False)
    office = forms.CharField(label=_("Instansi penerbit"), max_length=120, required=False)
    valid_from = DayField(label=_("Berlaku sejak"), required=False)
    valid_until = DayField(
        label=_("Berlaku sampai"), required=False, help_text=_("Hari terakhir berlakunya. Kosong bila tidak berakhir.")
    )


class NewPermitForm(PaperForm):
    kind = forms.ChoiceField(label=_("Jenis izin"))
    field_order = ("kind", "about", "number")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = [("", "–"), *_kinds()]
        self.fields["number"].help_text = _("Kosong bila izin ini masih diurus.")


class AlterPermitForm(PaperForm):
    reason = ReasonField(max_length=300)


class StepForm(LarasForm):
    day = DayField(label=_("Selesai pada"), required=False, help_text=_("Kosong berarti hari ini."))
    document = forms.CharField(label=_("Nomor surat atau berkas"), max_length=120, required=False)
    note = forms.CharField(label=_("Catatan"), max_length=300, required=False)


class ReturnForm(LarasForm):
    step = forms.ChoiceField(label=_("Kembali ke langkah"))
    reason = ReasonField(max_length=300)

    def offer(self, steps: Iterable[tuple[str, str]]) -> None:
        self.fields["step"].choices = list(steps)


class MovePermitForm(LarasForm):
    move = forms.ChoiceField(
        label=_("Menjadi"),
        choices=[("refuse", _("Ditolak")), ("resume", _("Diurus lagi")), ("end", _("Tidak dipakai lagi"))],
    )
    reason = ReasonField(max_length=300)

    def offer(self, moves: Iterable[str]) -> None:
        kept = set(moves)
        self.fields["move"].choices = [one for one in self.fields["move"].choices if one[0] in kept]


class EndingFilters(LarasForm):
    LAPSED = "lewat"
    quarter = forms.ChoiceField(label=_("Berakhir dalam"), required=False)
    group = forms.ChoiceField(label=_("Jenis izin"), required=False, choices=[("", _("Semua")), *PERMIT_GROUPS.items()])
    renewal = forms.ChoiceField(
        label=_("Perpanjangan"),
        required=False,
        choices=[("", _("Semua")), ("no", _("Belum diurus")), ("yes", _("Sedang diurus"))],
    )
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    area = forms.CharField(label=_("Kode wilayah"), required=False, max_length=13)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        now = quarter_of(clock.today())
        near = [now.moved(by) for by in range(-4, 9)]
        self.fields["quarter"].choices = [
            ("", _("Triwulan ini")),
            (self.LAPSED, _("Sudah lewat")),
            *((str(one), quarter_in_words(one)) for one in near),
        ]


class GoalFilters(LarasForm):
    goal = forms.ChoiceField(
        label=_("Menuju"),
        required=False,
        choices=[("", _("Standar tingkatnya")), ("next", _("Standar tingkat berikutnya"))],
    )


class NeedFilters(GoalFilters):
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    area = forms.CharField(label=_("Kode wilayah"), required=False, max_length=13)


class PriceFilters(LarasForm):
    category = forms.ChoiceField(label=_("Kelompok"), required=False, choices=[("", _("Semua"))])
    state = forms.ChoiceField(
        label=_("Harga"),
        required=False,
        choices=[("", _("Semua")), ("none", _("Belum ada")), ("example", _("Harga contoh"))],
    )

    def offer(self, categories: Iterable[str]) -> None:
        """The categories are those of the standard in force."""
        self.fields["category"].choices = [("", _("Semua")), *((one, one) for one in dict.fromkeys(categories))]
        self.full_clean()


class PriceForm(LarasForm):
    """The names of the fields are those of the service."""

    price = RupiahField(label=_("Harga satuan"), min_value=1)
    lead_weeks = NumberField(
        label=_("Waktu tunggu"), decimals=0, min_value=0, max_value=520, required=False,
        help_text=_("Minggu sejak dipesan sampai dapat dipakai."),
    )  # fmt: skip
    fund = forms.ChoiceField(
        label=_("Sumber dana"), required=False, choices=[("", _("Menurut tingkat laboratorium")), *FUNDS.items()]
    )
    source = forms.CharField(
        label=_("Sumber harga"),
        max_length=200,
        help_text=_("Misalnya e-katalog, SHS, atau penawaran dengan tanggalnya."),
    )

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["lead_weeks"] = None if data["lead_weeks"] is None else int(data["lead_weeks"])
        return data


class PriceUploadForm(LarasForm):
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )


class AcceptPricesForm(LarasForm):
    """The previewed file comes back with the second press; the server reads and checks it anew."""

    sheet = forms.CharField(max_length=sheets.MAX_BYTES, strip=False)


class SheetUploadForm(LarasForm):
    kind = forms.ChoiceField(label=_("Isi berkas"), choices=list(SHEET_KINDS.items()))
    day = DayField(label=_("Keadaan pada"), required=False, help_text=_("Untuk alat; kosong berarti hari ini."))
    file = forms.FileField(
        label=_("Berkas CSV atau Excel"), widget=DropInput(attrs={"accept": ".csv,.txt,text/csv,.xlsx,.xls,.ods"})
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > sheets.MAX_BYTES:
            raise forms.ValidationError(_("Berkas terlalu besar (paling besar 8 MB)."))
        return given


class SheetForm(LarasForm):
    """The previewed file comes back with what a person said of its headings: pairs of ``heading`` and ``column``."""

    kind = forms.ChoiceField(choices=list(SHEET_KINDS.items()))
    day = DayField(required=False)
    sheet = forms.CharField(max_length=sheets.MAX_BYTES, strip=False)

    def columns(self) -> dict[str, str]:
        """Heading -> our column, empty for one that is not used."""
        pairs = zip(self.data.getlist("heading"), self.data.getlist("column"), strict=False)  # type: ignore[attr-defined]
        known = SHEET_COLUMNS[self.cleaned_data["kind"]]
        return {heading: column if column in known else "" for heading, column in pairs if heading}


def _optional(known: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("", "–"), *known.items()]


class StaffForm(LarasForm):
    """The names of the fields are those of the service."""

    name = forms.CharField(label=_("Nama"), max_length=120)
    code = forms.CharField(label=_("NIP atau nomor pegawai"), max_length=30, required=False)
    profession = forms.ChoiceField(label=_("Profesi"), choices=[("", _("Pilih")), *PROFESSIONS.items()])
    qualification = forms.CharField(label=_("Pendidikan"), max_length=60, required=False)
    employment = forms.ChoiceField(label=_("Kepegawaian"), required=False, choices=_optional(EMPLOYMENTS))
    position = forms.CharField(label=_("Jabatan"), max_length=120, required=False)
    str_number = forms.CharField(label=_("Nomor STR"), max_length=60, required=False)
    str_until = DayField(label=_("STR berlaku sampai"), required=False, help_text=_("Kosong: seumur hidup."))
    sip_number = forms.CharField(label=_("Nomor SIP"), max_length=60, required=False)
    sip_until = DayField(label=_("SIP berlaku sampai"), required=False)
    training = forms.CharField(
        label=_("Pelatihan"), max_length=300, required=False, help_text=_("Nama dan tahun, dipisah titik koma.")
    )

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class RoomForm(LarasForm):
    """The names of the fields are those of the service."""

    building = forms.CharField(label=_("Gedung"), max_length=80, required=False)
    name = forms.CharField(label=_("Ruang"), max_length=120)
    function = forms.ChoiceField(label=_("Fungsi"), choices=[("", _("Pilih")), *ROOM_FUNCTIONS.items()])
    area_m2 = NumberField(label=_("Luas (m²)"), decimals=2, required=False, max_value=100_000)
    biosafety = forms.ChoiceField(
        label=_("Tingkat keselamatan hayati"), required=False, choices=_optional(BIOSAFETY)
    )  # fmt: skip
    power_hours = forms.IntegerField(label=_("Listrik (jam sehari)"), required=False, min_value=0, max_value=24)
    generator = forms.ChoiceField(label=_("Genset"), required=False, choices=_optional(YES_NO))
    water = forms.ChoiceField(label=_("Air bersih"), required=False, choices=_optional(YES_NO))
    internet = forms.ChoiceField(label=_("Internet"), required=False, choices=_optional(YES_NO))
    cold_chain = forms.ChoiceField(label=_("Rantai dingin"), required=False, choices=_optional(YES_NO))

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class LicenceFilters(LarasForm):
    tier = forms.ChoiceField(
        label=_("Tingkat"), required=False, choices=[("", _("Semua")), *((str(n), str(n)) for n in range(1, 6))]
    )
    area = forms.CharField(label=_("Kode wilayah"), required=False, max_length=13)
    profession = forms.ChoiceField(
        label=_("Profesi"), required=False, choices=[("", _("Semua")), *PROFESSIONS.items()]
    )  # fmt: skip
    days = forms.ChoiceField(
        label=_("Berakhir dalam"),
        required=False,
        choices=[("", _("90 hari")), ("0", _("sudah berakhir")), ("30", _("30 hari")), ("365", _("setahun"))],
    )
