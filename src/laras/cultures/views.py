"""The bench of microbiology: plates of the day, one culture with its isolates, tables that judge, the antibiogram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.bench import queries as bench
from laras.bench.states import RESULT
from laras.catalogue.queries import effective
from laras.core import clock, exports, journal
from laras.core.errors import Problem, Refused
from laras.core.scope import get_or_404
from laras.core.web import page, refusals, submit_once
from laras.cultures import forms, queries, rules, services, shipped, words
from laras.cultures.models import Culture, Isolate, Susceptibility
from laras.cultures.services import MANAGE, DrugInput, ReadingInput
from laras.cultures.states import CULTURE, DECIDE, READ, RUNNING

SEE = "bench.read"
DENSITY = "MALDENS"
BLANK_DRUGS = 3
Forms = dict[str, django_forms.Form]


# --- Lists --------------------------------------------------------------------------------------------------------------


@page(READ)
def worklist(request: HttpRequest) -> HttpResponse:
    """Plates to be read today, or all that run; POST saves what was seen of them, all rows or none."""
    today = clock.today(request.owner.zone)
    everything = request.GET.get("semua") == "1"
    rows = queries.running(request.scope) if everything else queries.to_read(request.scope, today)
    names = _test_names(request)
    form = forms.NarrowingForm(request.GET or None, tests=[(code, names[code]) for code in shipped.protocols()])
    if form.is_valid():
        rows = queries.narrowed(rows, test=form.cleaned_data["test"], number=form.cleaned_data["number"])
    lines = queries.lines(request.scope, rows, request.owner.zone, today, limit=services.MOST)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        readings = [one for line in lines if (one := _typed(request, line.culture.id)) is not None]
        try:
            if not readings:
                raise Refused(_("Isi dahulu apa yang terlihat pada satu biakan atau lebih."))

            def work() -> str:
                services.record_readings(request.actor, owner_id=request.owner.id, readings=readings)
                return request.get_full_path()

            answer = submit_once(request, work)
            messages.success(request, _("%(n)d bacaan disimpan.") % {"n": len(readings)})
            return answer
        except Refused as error:
            wrong = {one.field: one.message for one in error.problems} or {"": str(error)}
    context = {
        "lines": [_work_row(request, line, names, wrong) for line in lines],
        "wrong": wrong,
        "filter_form": form,
        "everything": everything,
        "due": queries.count_to_read(request.scope, today),
        "running": queries.running(request.scope).count(),
        "outcomes": [("", "–"), *words.OUTCOMES.items()],
        "grams": [("", "–"), *words.GRAMS.items()],
        "CULTURE": CULTURE,
        "today": today,
    }
    return render(request, "cultures/worklist.html", context, status=422 if wrong else 200)


def _typed(request: HttpRequest, key: UUID) -> ReadingInput | None:
    given = {name: request.POST.get(f"{name}-{key}", "").strip() for name in ("outcome", "gram", "quantity", "note")}
    return ReadingInput(key, **given) if any(given.values()) else None


def _work_row(
    request: HttpRequest, line: queries.WorkLine, names: dict[str, str], wrong: dict[str, str]
) -> dict[str, Any]:
    key = line.culture.id
    typed = {name: request.POST.get(f"{name}-{key}", "") for name in ("outcome", "gram", "quantity", "note")}
    return {
        "line": line,
        "culture": line.culture,
        "name": names.get(line.culture.test_code, line.culture.test_code),
        "last": line.last and (words.OUTCOMES[line.last.outcome], words.OUTCOME_TONES[line.last.outcome]),
        "gram": words.GRAMS.get(line.last.gram, "") if line.last else "",
        "typed": typed,
        "wrong": [text for field, text in wrong.items() if field.endswith(str(key))],
    }


@page(READ)
def plant(request: HttpRequest) -> HttpResponse:
    """Results that wait for a culture; POST inoculates the chosen ones."""
    rows = queries.to_inoculate(request.scope)
    form = forms.InoculateForm(request.POST or None)
    chosen = [one.id for one in rows if str(one.id) in request.POST.getlist("id")]
    if request.method == "POST" and form.is_valid():
        with refusals(form):

            def work() -> str:
                services.inoculate(request.actor, owner_id=request.owner.id, result_ids=chosen, **form.values())
                return reverse("cultures:plant")

            answer = submit_once(request, work)
            messages.success(request, _("%(n)d biakan ditanam.") % {"n": len(chosen)})
            return answer
    known = shipped.protocols()
    context = {
        "rows": [(one, known[one.test_code], str(one.id) in request.POST.getlist("id")) for one in rows],
        "form": form,
    }
    return render(request, "cultures/plant.html", context, status=422 if form.errors else 200)


@page(READ)
def densities(request: HttpRequest) -> HttpResponse:
    """Malaria densities that wait: parasites and leukocytes counted become the value per µL."""
    keys = list(
        bench.open_results(request.scope, "waiting").filter(test_code=DENSITY).order_by("opened_at", "id")
        .values_list("id", flat=True)[:50]
    )  # fmt: skip
    found = bench.views_by_id(request.scope, keys)
    posted = request.POST.get("result", "")
    rows, invalid = [], False
    for key in (key for key in keys if key in found):
        mine = request.method == "POST" and posted == str(key)
        form = forms.DensityForm(request.POST if mine else None, auto_id=f"{key}-%s")
        if mine and form.is_valid():
            counted = {name: int(value) for name, value in form.cleaned_data.items()}
            with refusals(form):

                def work(key: UUID = key, counted: dict[str, int] = counted) -> str:
                    services.enter_density(request.actor, owner_id=request.owner.id, result_id=key, **counted)
                    return reverse("cultures:densities")

                answer = submit_once(request, work)
                messages.success(request, _("Kepadatan parasit diisi; menunggu verifikasi."))
                return answer
        invalid = invalid or bool(form.errors)
        rows.append((found[key], form))
    return render(request, "cultures/densities.html", {"rows": rows}, status=422 if invalid else 200)


def _test_names(request: HttpRequest) -> dict[str, str]:
    known = effective(request.owner.id).tests
    return {code: known[code].name if code in known else code for code in shipped.protocols()}


# --- One culture --------------------------------------------------------------------------------------------------------


@require_safe
@page(SEE)
def culture(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    return _culture_page(request, queries.get_culture(request.scope, culture_id), {})


def _culture_page(
    request: HttpRequest,
    row: Culture,
    posted: Forms,
    *,
    drugs: Sequence[dict[str, str]] = (),
    isolate: UUID | None = None,
) -> HttpResponse:
    """``posted``: the form that was refused, by its name; ``drugs`` the refused rows of an isolate."""
    whole = queries.whole(request.scope, row)
    works = request.actor.can(READ, request.owner.id) and row.status in RUNNING
    zone, today = request.owner.zone, clock.today(request.owner.zone)
    begun = queries.local_day(row.inoculated_at, zone)
    known = _test_names(request)
    context = {
        "row": row,
        "name": known.get(row.test_code, row.test_code),
        "subject": row.order.patient.full_name if row.order.patient else row.order.subject_label,
        "whole": whole,
        "day": rules.day_of(begun, today),
        "until": row.read_days[-1],
        "readings": [
            (one, words.OUTCOMES[one.outcome], words.OUTCOME_TONES[one.outcome], words.GRAMS.get(one.gram, ""))
            for one in whole.readings
        ],
        "isolates": [_isolate_shown(request, one, works, posted, drugs, isolate) for one in whole.isolates],
        "dropped": whole.dropped,
        "works": works,
        "decides": request.actor.can(DECIDE, request.owner.id) and row.status in RUNNING,
        "forms": _forms(row, whole) | posted if works or posted else {},
        "reopens": row.status == "final" and request.actor.can(READ, request.owner.id)
        and whole.result.status in ("waiting", "entered"),
        "why": posted.get("reopen") or forms.WhyForm(auto_id="buka-%s"),
        "can_finish": CULTURE.can(row.status, "finish"),
        "can_pick": CULTURE.can(row.status, "pick"),
        "organisms": forms.organism_choices(),
        "antibiotics": sorted((one.name, code) for code, one in shipped.antibiotics().items()),
        "methods": words.METHODS.items(),
        "history": journal.history(request.scope, row.order_id),
        "CULTURE": CULTURE,
        "RESULT": RESULT,
    }  # fmt: skip
    return render(request, "cultures/culture.html", context, status=422 if posted or drugs else 200)


def _forms(row: Culture, whole: queries.Whole) -> Forms:
    last = whole.readings[-1] if whole.readings else None
    start = {"outcome": "growth" if row.grown else "none"}
    picked = {"gram": last.gram, "quantity": last.quantity} if last else {}
    return {
        "read": forms.ReadForm(initial=start, auto_id="baca-%s"),
        "subculture": forms.SubcultureForm(auto_id="sub-%s"),
        "pick": forms.PickForm(initial=picked, auto_id="ambil-%s"),
        "finish": forms.FinishForm(initial={"conclusion": row.conclusion}, auto_id="selesai-%s"),
        "cancel": forms.WhyForm(auto_id="batal-%s"),
    }


def _isolate_shown(
    request: HttpRequest, view: queries.IsolateView, works: bool, posted: Forms, drugs: Sequence[dict[str, str]],
    refused: UUID | None,
) -> dict[str, Any]:  # fmt: skip
    one = view.isolate
    start = {
        "organism": one.organism_name if one.organism else "", "other": "" if one.organism else one.organism_name,
        "significance": one.significance, "quantity": one.quantity, "identification": one.identification,
    }  # fmt: skip
    asked = list(drugs) if refused == one.id else []
    if works and one.identified_at and not asked:
        asked = _offered(request, view)
    return {
        "isolate": one,
        "dialogs": {"identify": f"identifikasi-{one.number}", "drop": f"gugur-{one.number}"},
        "gram": words.GRAMS.get(one.gram, ""),
        "significance": words.SIGNIFICANCES.get(one.significance, ""),
        "tone": words.SIGNIFICANCE_TONES.get(one.significance, "waiting"),
        "tested": [_drug_shown(row, row.antibiotic in view.shown) for row in view.tested],
        "identify": posted.get(f"identify-{one.id}") or forms.IdentifyForm(initial=start, auto_id=f"{one.id}-%s"),
        "drop": posted.get(f"drop-{one.id}") or forms.WhyForm(auto_id=f"gugur-{one.id}-%s"),
        "asked": asked,
    }


def _drug_shown(row: Susceptibility, shown: bool) -> dict[str, Any]:
    return {
        "row": row,
        "dialog": f"ahli-{row.id}",
        "name": shipped.antibiotics()[row.antibiotic].name,
        "method": words.METHODS[row.method],
        "unit": rules.unit_of(row.method),
        "category": row.category,
        "label": words.CATEGORIES.get(row.category, ""),
        "tone": words.CATEGORY_TONES.get(row.category, "neutral"),
        "why": "" if row.category else words.WHY_NOT[row.reason],
        "shown": shown,
        "form": forms.OverrideForm(initial={"category": row.override}, auto_id=f"ahli-{row.id}-%s"),
    }


def _offered(request: HttpRequest, view: queries.IsolateView) -> list[dict[str, str]]:
    """Rows to fill: the panel of the isolate's group that is not tested yet, and some empty ones."""
    group = queries.group_of(view.isolate.organism)
    tested = {row.antibiotic for row in view.tested}
    lines = [line.antibiotic for line in queries.panel(request.scope) if line.group in ("", group)]
    wanted = [code for code in dict.fromkeys(lines) if code not in tested]
    method = view.tested[-1].method if view.tested else "disk"
    names = [shipped.antibiotics()[code].name for code in wanted] + [""] * BLANK_DRUGS
    return [{"antibiotic": name, "method": method, "raw": "", "wrong": ""} for name in names]


def _deed(
    request: HttpRequest, row: Culture, name: str, form: django_forms.Form, work: Callable[[], Any], said: str
) -> HttpResponse:
    if form.is_valid():
        with refusals(form):

            def once() -> str:
                work()
                return reverse("cultures:culture", args=[row.id])

            answer = submit_once(request, once)
            messages.success(request, said)
            return answer
    return _culture_page(request, row, {name: form})


@require_POST
@page(READ)
def read(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.ReadForm(request.POST, auto_id="baca-%s")

    def work() -> None:
        try:
            services.record_readings(
                request.actor, owner_id=request.owner.id, readings=[ReadingInput(row.id, **form.cleaned_data)]
            )
        except Refused as error:
            # The fields of a form of one culture have no key behind them.
            problems = [Problem(one.field.partition("-")[0], one.message) for one in error.problems]
            raise Refused(error.message, problems=problems, code=error.code) from error

    return _deed(request, row, "read", form, work, _("Bacaan disimpan."))


@require_POST
@page(READ)
def subculture(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.SubcultureForm(request.POST, auto_id="sub-%s")

    def work() -> None:
        services.subculture(request.actor, owner_id=request.owner.id, culture_id=row.id, **form.cleaned_data)

    return _deed(request, row, "subculture", form, work, _("Subkultur dicatat."))


@require_POST
@page(READ)
def pick(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.PickForm(request.POST, auto_id="ambil-%s")

    def work() -> None:
        services.pick_isolate(request.actor, owner_id=request.owner.id, culture_id=row.id, **form.cleaned_data)

    return _deed(request, row, "pick", form, work, _("Isolat dicatat."))


@require_POST
@page(READ)
def interim(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.LarasForm(request.POST)

    def work() -> None:
        services.report_interim(request.actor, owner_id=request.owner.id, culture_id=row.id)

    return _deed(request, row, "interim", form, work, _("Hasil sementara diisi; menunggu verifikasi orang kedua."))


@require_POST
@page(READ)
def finish(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.FinishForm(request.POST, auto_id="selesai-%s")

    def work() -> None:
        services.finish_culture(request.actor, owner_id=request.owner.id, culture_id=row.id, **form.cleaned_data)

    return _deed(request, row, "finish", form, work, _("Hasil akhir diisi; menunggu verifikasi orang kedua."))


@require_POST
@page(READ)
def reopen(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.WhyForm(request.POST, auto_id="buka-%s")

    def work() -> None:
        services.reopen_culture(request.actor, owner_id=request.owner.id, culture_id=row.id, **form.cleaned_data)

    return _deed(request, row, "reopen", form, work, _("Biakan dibuka lagi."))


@require_POST
@page(READ)
def cancel(request: HttpRequest, culture_id: UUID) -> HttpResponse:
    row = queries.get_culture(request.scope, culture_id)
    form = forms.WhyForm(request.POST, auto_id="batal-%s")

    def work() -> None:
        services.cancel_culture(request.actor, owner_id=request.owner.id, culture_id=row.id, **form.cleaned_data)

    return _deed(request, row, "cancel", form, work, _("Biakan dibatalkan; pemeriksaannya dapat ditanam lagi."))


# --- Isolates -----------------------------------------------------------------------------------------------------------


def _isolate(request: HttpRequest, isolate_id: UUID) -> tuple[Isolate, Culture]:
    row: Isolate = get_or_404(Isolate.objects.within(request.scope), id=isolate_id)
    return row, queries.get_culture(request.scope, row.culture_id)


@require_POST
@page(READ)
def identify(request: HttpRequest, isolate_id: UUID) -> HttpResponse:
    row, of = _isolate(request, isolate_id)
    form = forms.IdentifyForm(request.POST, auto_id=f"{row.id}-%s")

    def work() -> None:
        services.identify_isolate(request.actor, owner_id=request.owner.id, isolate_id=row.id, **form.cleaned_data)

    return _deed(request, of, f"identify-{row.id}", form, work, _("Identifikasi disimpan."))


@require_POST
@page(READ)
def drop(request: HttpRequest, isolate_id: UUID) -> HttpResponse:
    row, of = _isolate(request, isolate_id)
    form = forms.WhyForm(request.POST, auto_id=f"gugur-{row.id}-%s")

    def work() -> None:
        services.drop_isolate(request.actor, owner_id=request.owner.id, isolate_id=row.id, **form.cleaned_data)

    return _deed(request, of, f"drop-{row.id}", form, work, _("Isolat digugurkan; catatannya tetap ada."))


@require_POST
@page(READ)
def susceptibility(request: HttpRequest, isolate_id: UUID) -> HttpResponse:
    """The filled rows of an isolate's table, all or none; each wrong row keeps what was typed and says why."""
    row, of = _isolate(request, isolate_id)
    names = ("antibiotic", "method", "raw")
    typed = [
        dict(zip(names, (part.strip() for part in line), strict=True))
        for line in zip(*(request.POST.getlist(name) for name in names), strict=False)
    ]
    filled = [(at, one) for at, one in enumerate(typed) if one["raw"]]
    drugs, problems = [], {}
    for at, one in filled:
        code = shipped.find_antibiotic(one["antibiotic"])
        if not code:
            problems[at] = _("Antibiotik ini tidak ada di daftar.")
        drugs.append(DrugInput(code, one["method"], one["raw"]))
    said = "" if filled else _("Isi dahulu satu zona atau MIC.")
    if not problems and filled:
        try:

            def work() -> str:
                services.enter_susceptibility(request.actor, owner_id=request.owner.id, isolate_id=row.id, drugs=drugs)
                return reverse("cultures:culture", args=[of.id])

            answer = submit_once(request, work)
            messages.success(request, _("Uji kepekaan disimpan."))
            return answer
        except Refused as error:
            said = str(error)
            by_field = {one.field: one.message for one in error.problems}
            for (at, _one), drug in zip(filled, drugs, strict=True):
                if text := by_field.get(f"raw-{drug.antibiotic}", ""):
                    problems[at] = text
    for at, one in enumerate(typed):
        one["wrong"] = str(problems.get(at, ""))
    messages.warning(request, said or _("Sebagian baris belum benar; sebabnya ada di barisnya."))
    return _culture_page(request, of, {}, drugs=typed or [{"antibiotic": "", "method": "disk", "raw": "", "wrong": said}],
                         isolate=row.id)  # fmt: skip


@require_POST
@page(DECIDE)
def override(request: HttpRequest, tested_id: UUID) -> HttpResponse:
    row: Susceptibility = get_or_404(Susceptibility.objects.within(request.scope), id=tested_id)
    _one, of = _isolate(request, row.isolate_id)
    form = forms.OverrideForm(request.POST, auto_id=f"ahli-{row.id}-%s")

    def work() -> None:
        services.override_susceptibility(
            request.actor, owner_id=request.owner.id, susceptibility_id=row.id, **form.cleaned_data
        )

    return _deed(request, of, f"override-{row.id}", form, work, _("Interpretasi ahli disimpan."))


# --- Tables and panel ---------------------------------------------------------------------------------------------------


@page(SEE)
def tables(request: HttpRequest) -> HttpResponse:
    """Tables of breakpoints; POST imports one, all rows or none."""
    manages = request.actor.can(MANAGE, request.owner.id)
    form = forms.TableForm(request.POST or None, request.FILES or None) if manages else None
    problems: Sequence[Problem] = ()
    if request.method == "POST":
        request.actor.require(MANAGE, request.owner.id)
        assert form is not None
        if form.is_valid():
            given = dict(form.cleaned_data)
            content = given.pop("file").read()
            try:
                with refusals(form):

                    def work() -> str:
                        made = services.import_breakpoints(
                            request.actor, owner_id=request.owner.id, content=content, **given
                        )
                        return reverse("cultures:table", args=[made.id])

                    try:
                        return submit_once(request, work)
                    except Refused as error:
                        problems = [one for one in error.problems if one.row or one.field not in form.fields]
                        raise Refused(
                            error.message,
                            problems=[one for one in error.problems if one not in problems],
                            code=error.code,
                        ) from error
            except Refused as error:
                form.add_error(None, str(error))
    today = clock.today(request.owner.zone)
    rows = queries.tables(request.scope)
    context = {
        "rows": rows,
        "judging": queries.table_on(request.scope, today),
        "form": form,
        "problems": problems,
        "today": today,
    }
    return render(request, "cultures/tables.html", context, status=422 if form and form.errors else 200)


@page(SEE)
def table(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """The rows of one table; POST retires it."""
    row = queries.get_table(request.scope, table_id)
    manages = request.actor.can(MANAGE, request.owner.id) and row.retired_at is None
    form = forms.WhyForm(request.POST or None) if manages else None
    if request.method == "POST":
        request.actor.require(MANAGE, request.owner.id)
        if form is None:
            raise Refused(_("Tabel ini sudah tidak dipakai."))
        if form.is_valid():
            with refusals(form):

                def work() -> str:
                    services.retire_breakpoints(
                        request.actor, owner_id=request.owner.id, table_id=row.id, **form.cleaned_data
                    )
                    return reverse("cultures:tables")

                return submit_once(request, work)
    lines = [
        (one, _drug_name(one.antibiotic), words.KINDS[one.kind], _whose(one))
        for one in queries.rows_of_table(request.scope, row)
    ]
    return render(
        request,
        "cultures/table.html",
        {"row": row, "lines": lines, "form": form},
        status=422 if form and form.errors else 200,
    )


def _drug_name(code: str) -> str:
    known = shipped.antibiotics().get(code)
    return known.name if known else code


def _whose(one: Any) -> str:
    if one.organism:
        known = shipped.organisms().get(one.organism)
        return known.name if known else one.organism
    return one.group or _("semua")


@page(SEE)
def panel(request: HttpRequest) -> HttpResponse:
    """The laboratory's panel; POST replaces it from a file."""
    form = (
        forms.PanelForm(request.POST or None, request.FILES or None)
        if request.actor.can(MANAGE, request.owner.id)
        else None
    )
    problems: Sequence[Problem] = ()
    if request.method == "POST":
        request.actor.require(MANAGE, request.owner.id)
        assert form is not None
        if form.is_valid():
            content = form.cleaned_data["file"].read()

            def work() -> str:
                services.replace_panel(request.actor, owner_id=request.owner.id, content=content)
                return reverse("cultures:panel")

            try:
                answer = submit_once(request, work)
                messages.success(request, _("Panel diganti."))
                return answer
            except Refused as error:
                problems = error.problems
                form.add_error(None, str(error))
    lines = [
        (one, _drug_name(one.antibiotic), words.SHOWN[one.shown], [_drug_name(code) for code in one.after])
        for one in queries.panel(request.scope)
    ]
    context = {"lines": lines, "form": form, "problems": problems}
    return render(request, "cultures/panel.html", context, status=422 if form and form.errors else 200)


# --- Antibiogram --------------------------------------------------------------------------------------------------------


@require_safe
@page(SEE)
def antibiogram(request: HttpRequest) -> HttpResponse:
    """Share of susceptible first isolates by species and antibiotic; ``?format=csv`` or ``xlsx`` the same as a file."""
    today = clock.today(request.owner.zone)
    form = forms.PeriodForm(request.GET or None)
    given = form.cleaned_data if form.is_valid() else {}
    until: date = given.get("until") or today
    since: date = given.get("since") or min(until, today) - timedelta(days=364)
    isolates = queries.first_isolates(request.scope, since, until, request.owner.zone)
    lines = rules.antibiogram(isolates)
    used = sorted({code for line in lines for code in line.cells}, key=_drug_name)
    if request.GET.get("format") in ("csv", "xlsx"):
        heading = (
            "organism",
            "name",
            "first_isolates",
            "antibiotic",
            "tested",
            "susceptible",
            "percent_s",
            "fewer_than_30",
        )
        rows = [
            (line.organism, shipped.organisms()[line.organism].name, line.isolates, code, cell.tested, cell.susceptible,
             int(cell.percent), int(cell.few))
            for line in lines
            for code, cell in line.cells.items()
        ]  # fmt: skip
        return exports.as_file(f"antibiogram-{since}-{until}", heading, rows, request.GET["format"])
    context = {
        "form": form if form.data else forms.PeriodForm(initial={"since": since, "until": until}),
        "since": since,
        "until": until,
        "drugs": [(code, _drug_name(code)) for code in used],
        "lines": [
            (line, shipped.organisms()[line.organism].name, [line.cells.get(code) for code in used]) for line in lines
        ],
        "isolates": len(isolates),
        "few": rules.FEW,
    }
    return render(request, "cultures/antibiogram.html", context)
