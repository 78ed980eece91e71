"""Surveys of vectors with their sums by area and month, and pools for the laboratory."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.words import name_of
from laras.core import clock
from laras.core.exports import as_file
from laras.core.forms import DayField, LarasForm, NumberField, ReasonField
from laras.core.web import page, submit_once
from laras.network import queries as network
from laras.orders import queries, services, vectors
from laras.orders.forms import placed
from laras.orders.round_forms import site_choices
from laras.orders.services import PoolInput, SurveyInput
from laras.orders.states import SURVEY_KINDS
from laras.orders.types import SiteInput
from laras.orders.views.registering import address_of

SPECIES = (
    "Aedes aegypti", "Aedes albopictus", "Anopheles aconitus", "Anopheles barbirostris", "Anopheles maculatus",
    "Anopheles sundaicus", "Anopheles vagus", "Culex quinquefasciatus", "Culex tritaeniorhynchus", "Mansonia uniformis",
)  # fmt: skip
"""Offered while somebody types; any other may be written."""
SEXES = {"b": "F", "f": "F", "betina": "F", "j": "M", "m": "M", "jantan": "M", "": "U", "?": "U", "u": "U"}
HEADING = (
    "bulan", "kode_wilayah", "wilayah", "survei", "rumah", "rumah_positif", "kontainer", "kontainer_positif", "HI", "CI", "BI",
    "ABJ", "tertangkap", "orang_jam", "orang_malam", "MHD", "MBR",
)  # fmt: skip


def _number(label: Any, **more: Any) -> NumberField:
    return NumberField(label=label, decimals=0, min_value=0, max_value=1_000_000, required=False, **more)


def _text(label: Any, longest: int, required: bool = False, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest + 60, required=required, **more)


class AreaField(forms.CharField):
    """An administrative area by its code (``52.71.01``); answers its id."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Kode wilayah"))
        options.setdefault(
            "help_text", gettext_lazy("Kode Kemendagri desa, kecamatan, atau kabupaten, misalnya 52.71.01.")
        )
        super().__init__(required=False, max_length=20, **options)

    def clean(self, value: Any) -> Any:
        code = super().clean(value).strip()
        if not code:
            return None
        found = network.areas_by_codes([code]).get(code)
        if found is None:
            raise forms.ValidationError(_("Kode wilayah ini tidak dikenal; lihat halaman Wilayah."))
        return found.area_id


class SurveyForm(LarasForm):
    day = DayField(label=gettext_lazy("Hari survei"))
    place = _text(gettext_lazy("Tempat"), 160, True, help_text=gettext_lazy("Misalnya RW 03 Kelurahan Contoh."))
    area = AreaField()
    species = forms.CharField(
        label=gettext_lazy("Spesies"), max_length=140, required=False, widget=forms.TextInput(attrs={"list": "species"})
    )
    surveyor = _text(gettext_lazy("Petugas"), 120)
    note = _text(gettext_lazy("Catatan"), 240)

    def survey(self, kind: str) -> SurveyInput:
        """As the service takes it."""
        values = dict(self.cleaned_data)
        area = values.pop("area")
        whole = {
            name: int(value or 0)
            for name, value in values.items()
            if isinstance(self.fields[name], NumberField) and name != "hours"
        }
        if "hours" in values:
            whole["hours"] = values["hours"] or Decimal(0)  # type: ignore[assignment]
        return SurveyInput(kind=kind, area_id=area, **{**values, **whole})


class LarvaeForm(SurveyForm):
    houses = _number(gettext_lazy("Rumah diperiksa"))
    houses_positive = _number(gettext_lazy("Rumah positif jentik"))
    containers = _number(gettext_lazy("Kontainer diperiksa"))
    containers_positive = _number(gettext_lazy("Kontainer positif jentik"))
    field_order = ("day", "place", "area", "houses", "houses_positive", "containers", "containers_positive", "species")


class CatchForm(SurveyForm):
    collectors = _number(gettext_lazy("Penangkap (orang)"))
    hours = NumberField(
        label=gettext_lazy("Lama tiap penangkap (jam)"), decimals=2, min_value=0, max_value=240, required=False
    )
    nights = _number(gettext_lazy("Malam"), help_text=gettext_lazy("Untuk MBR; kosongkan bila hanya beberapa jam."))
    caught = _number(gettext_lazy("Nyamuk tertangkap"))
    field_order = ("day", "place", "area", "collectors", "hours", "nights", "caught", "species")


FORMS: dict[str, type[SurveyForm]] = {"larvae": LarvaeForm, "catch": CatchForm}


class PeriodForm(LarasForm):
    dari = DayField(label=gettext_lazy("Dari"), required=False)
    sampai = DayField(label=gettext_lazy("Sampai"), required=False)

    def period(self, today: date) -> tuple[date, date]:
        """The last year when nothing, or nonsense, is said."""
        given = self.cleaned_data if self.is_valid() else {}
        end = given.get("sampai") or today
        start = given.get("dari") or end - timedelta(days=365)
        return (start, end) if start <= end else (end, start)


@require_safe
@page("orders.read")
def surveys(request: HttpRequest) -> HttpResponse:
    """Sums by area and month, then the surveys; ``?format=csv`` gives the sums."""
    form = PeriodForm(request.GET)
    start, end = form.period(clock.today(request.owner.zone))
    sums = vectors.sums(request.scope, start, end)
    if request.GET.get("format") in ("csv", "xlsx"):
        return as_file(f"vektor-{start}-{end}", HEADING, map(_row, sums), request.GET["format"])
    rights = ("orders.register", "orders.collect")
    context = {
        "form": form,
        "sums": sums,
        "rows": [
            (row, SURVEY_KINDS[row.kind], vectors.larvae_of(row), vectors.catch_of(row))
            for row in vectors.surveys(request.scope, start, end, limit=200)
        ],
        "may_note": any(request.actor.can(right, request.owner.id) for right in rights),
        "may_register": request.actor.can("orders.register", request.owner.id),
        "may_read": request.actor.can("bench.read", request.owner.id),
    }
    return render(request, "orders/surveys.html", context)


def _row(one: vectors.Sum) -> list[str | int | float | None]:
    def plain(value: Decimal | None) -> float | None:
        return None if value is None else round(float(value), 4)

    found, catch = one.larvae, one.catch
    code = network.latest_codes([one.area_id]).get(one.area_id, "") if one.area_id else ""
    return [
        f"{one.month:%Y-%m}", code, one.area, one.surveys, found.houses, found.houses_positive, found.containers,
        found.containers_positive, plain(found.house_index), plain(found.container_index), plain(found.breteau_index),
        plain(found.larva_free), catch.caught, float(catch.person_hours), catch.person_nights, plain(catch.man_hour_density),
        plain(catch.man_biting_rate),
    ]  # fmt: skip


@page("orders.register", "orders.collect")
def new_survey(request: HttpRequest, kind: str) -> HttpResponse:
    form = FORMS[kind](request.POST or None, initial={"day": clock.today(request.owner.zone)})
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.note_survey(request.actor, owner=request.owner, survey=form.survey(kind))
            messages.success(request, _("Survei tersimpan."))
            return reverse("orders:surveys")

        with placed(form):
            return submit_once(request, work)
    context = {
        "title": SURVEY_KINDS[kind],
        "form": form,
        "species": SPECIES,
        "back": reverse("orders:surveys"),
        "draft": kind,
    }
    return render(request, "orders/vector_form.html", context, status=422 if form.errors else 200)


class VoidForm(LarasForm):
    reason = ReasonField(label=gettext_lazy("Mengapa dibatalkan"), max_length=240)


@page("orders.register", "orders.collect")
def void(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    row = vectors.get_survey(request.scope, survey_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.void_survey(
                request.actor, owner_id=request.owner.id, survey_id=survey_id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Survei dibatalkan dan tidak dihitung lagi."))
            return reverse("orders:surveys")

        with placed(form):
            return submit_once(request, work)
    context = {
        "title": _("Batalkan survei"), "lead": row.place, "form": form, "submit": _("Batalkan survei"),
        "back": reverse("orders:surveys"),
    }  # fmt: skip
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


class PoolForm(LarasForm):
    """Pools of one place and day, a line each."""

    day = DayField(label=gettext_lazy("Hari penangkapan"))
    site_id = forms.TypedChoiceField(label=gettext_lazy("Lokasi"), required=False, coerce=UUID, empty_value=None)
    site_name = _text(
        gettext_lazy("Nama lokasi baru"), 160, help_text=gettext_lazy("Kosongkan bila lokasinya dipilih di atas.")
    )
    area = AreaField()
    trap = _text(gettext_lazy("Perangkap atau cara menangkap"), 80)
    codes = forms.MultipleChoiceField(label=gettext_lazy("Pemeriksaan"), widget=forms.CheckboxSelectMultiple)
    pools = forms.CharField(
        label=gettext_lazy("Pool"), max_length=6000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Satu pool per baris: spesies; B, J, atau ?; jumlah ekor. Misalnya Aedes aegypti; B; 25."),
    )  # fmt: skip

    def __init__(self, *args: Any, sites: list[tuple[UUID, str]], tests: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["site_id"].choices = [("", _("— lokasi baru")), *sites]
        self.fields["codes"].choices = tests

    def clean_pools(self) -> list[PoolInput]:
        found = []
        for number, line in enumerate(self.cleaned_data["pools"].splitlines(), start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split(";")]
            if len(parts) != 3 or parts[1].lower() not in SEXES or not (parts[2].isascii() and parts[2].isdigit()):
                raise forms.ValidationError(_("Baris %(n)d: tulis spesies; B, J, atau ?; jumlah ekor.") % {"n": number})
            found.append(PoolInput(parts[0], SEXES[parts[1].lower()], int(parts[2][:6])))
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("site_id") and not values.get("site_name", "").strip():
            self.add_error("site_id", _("Pilih lokasi, atau isi lokasi baru."))
        return values


@page("orders.register")
def new_pools(request: HttpRequest) -> HttpResponse:
    catalogue = catalogue_queries.effective(request.owner.id)
    tests = [
        (test.code, name_of(test))
        for test in catalogue.tests.values()
        if test.subject == "vector" and test.kind == "coded"
    ]
    form = PoolForm(
        request.POST or None,
        sites=site_choices(queries.sites(request.scope, limit=300)),
        tests=tests,
        initial={"day": clock.today(request.owner.zone)},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        new = SiteInput(values["site_name"], area_id=values["area"]) if values["site_name"].strip() else None

        def work() -> str:
            made = services.register_pools(
                request.actor, owner=request.owner, pools=values["pools"], codes=values["codes"], day=values["day"],
                site_id=None if new else values["site_id"], new_site=new, trap=values["trap"],
            )  # fmt: skip
            messages.success(request, _("Permintaan %(number)s tersimpan.") % {"number": made.number})
            return address_of(made.id) + "?baru=1"

        with placed(form):
            return submit_once(request, work)
    context = {
        "title": _("Pool vektor"),
        "form": form,
        "species": SPECIES,
        "back": reverse("orders:surveys"),
        "draft": "pool",
    }
    return render(request, "orders/vector_form.html", context, status=422 if form.errors else 200)
