"""The study of foods of an event: what the meal was, who ate what (with names for the team), and what that says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.core import clock, exports, sheets
from laras.core.errors import Conflict, Problem, Refused
from laras.core.web import page, refusals, submit_once
from laras.surveillance import forms, queries, services, words
from laras.surveillance.diners_sheet import LAYOUT, DinerInput, read_diner
from laras.surveillance.models import Diner, Outbreak, Study
from laras.surveillance.states import DESIGNS, HANDLE, OPEN, OUTBREAK
from laras.surveillance.views.overview import READ, reach_of

ON_A_PAGE = 25
BLANK = 5
SHOWN = 200
CELLS = {"name": "nama", "sex": "jenis_kelamin", "age": "umur", "ill": "sakit", "onset": "mulai_sakit"}
"""Field of the grid -> column of the sheet that holds the same."""


@require_safe
@page(READ)
def study(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """What each food says, without names; ``?format=csv`` or ``xlsx`` the same as a file."""
    outbreak = queries.get_outbreak(reach_of(request), outbreak_id)
    found = queries.study_of(outbreak)
    if found is not None and request.GET.get("format") in ("csv", "xlsx"):
        return _file(outbreak, found, request.GET["format"])
    return _study_page(request, outbreak, found, None)


def _study_page(
    request: HttpRequest, outbreak: Outbreak, found: Study | None, form: forms.StudyForm | None
) -> HttpResponse:
    own = outbreak.owner_id == request.owner.id
    may_change = own and request.actor.can(HANDLE, outbreak.owner_id) and outbreak.status in OPEN
    persons = queries.answers_of(found) if found is not None else []
    cohort = found is None or found.design == "cohort"
    ill = sum(one.ill for one in persons)
    lines = queries.food_lines(found.foods, persons, cohort=cohort) if found is not None else []
    context = {
        "row": outbreak,
        "name": words.disease_name(outbreak.disease),
        "study": found,
        "design": DESIGNS[found.design] if found is not None else "",
        "cohort": cohort,
        "persons": len(persons),
        "ill": ill,
        "well": len(persons) - ill,
        "rate": queries.proportion(ill, len(persons)) if cohort else None,
        "incubation_words": words.incubation_words(queries.incubation(found.served_at, persons)) if found else None,
        "lines": lines,
        "suspect": next((line for line in lines if line.suspect), None),
        "inexact": any(line.ratio is not None and not line.ratio.exact for line in lines),
        "may_change": may_change,
        "names_allowed": own and queries.may_see_names(request.actor, outbreak),
        "form": form or forms.StudyForm(initial=_initial(found)),
        "upload": forms.DinersUpload(),
        "OUTBREAK": OUTBREAK,
    }
    return render(request, "surveillance/study.html", context, status=422 if form is not None else 200)


def _initial(found: Study | None) -> dict[str, Any]:
    if found is None:
        return {"design": "cohort"}
    return {
        "design": found.design, "meal": found.meal, "served_at": found.served_at,
        "case_definition": found.case_definition, "foods": "\n".join(name for _key, name in found.foods),
    }  # fmt: skip


def _file(outbreak: Outbreak, found: Study, form: str) -> HttpResponse:
    heading = (
        "food", "eaten_ill", "eaten_total", "eaten_rate", "not_eaten_ill", "not_eaten_total", "not_eaten_rate", "unknown",
        "measure", "ratio", "low95", "high95", "exact", "fisher_p",
    )  # fmt: skip
    cohort = found.design == "cohort"
    rows = []
    for line in queries.lines_of(found):
        table, ratio = line.table, line.ratio
        rows.append(
            (
                line.name, table.eaten_ill, table.eaten, _short(line.rate_eaten and line.rate_eaten.value),
                table.not_eaten_ill, table.not_eaten, _short(line.rate_not_eaten and line.rate_not_eaten.value),
                line.unknown, "relative_risk" if cohort else "odds_ratio", *(
                    (_short(ratio.value), _short(ratio.low), _short(ratio.high), int(ratio.exact)) if ratio else (None,) * 4
                ), _short(line.pvalue),
            )
        )  # fmt: skip
    return exports.as_file(f"makanan-{outbreak.number}", heading, rows, form)


def _short(value: float | None) -> float | str | None:
    """Six digits; what is infinite is written so, since a workbook has no number for it."""
    if value is None:
        return None
    return "inf" if value == float("inf") else float(f"{value:.6g}")


@require_POST
@page(HANDLE)
def describe(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """The meal, its foods, and who counts as ill."""
    outbreak = queries.get_outbreak(request.scope, outbreak_id)
    form = forms.StudyForm(request.POST)
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                data = {**form.cleaned_data, "foods": form.cleaned_data["foods"].splitlines()}
                services.describe_study(request.actor, owner_id=request.owner.id, outbreak_id=outbreak_id, **data)
                messages.success(request, _("Studi makanan disimpan."))
                return reverse("surveillance:study", args=[outbreak_id])

            return submit_once(request, work)
    return _study_page(request, outbreak, queries.study_of(outbreak), form)


# --- The grid ---------------------------------------------------------------------------------------------------------


@require_POST
@page(HANDLE)
def diners(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """A part of the list with names, to fill in; a POST because the look itself is written down."""
    outbreak = queries.get_outbreak(request.scope, outbreak_id)
    rows = services.open_diners(request.actor, owner_id=request.owner.id, outbreak_id=outbreak_id)
    return _grid(request, outbreak, queries.get_study(outbreak), rows, _whole(request.POST.get("from")))


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0


def _grid(
    request: HttpRequest, outbreak: Outbreak, found: Study, rows: list[Diner], start: int,
    *, typed: list[dict[str, Any]] | None = None, problems: list[Problem] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    start = min(start, len(rows)) // ON_A_PAGE * ON_A_PAGE
    part = rows[start : start + ON_A_PAGE]
    if typed is None:
        typed = [_cells_of(one) for one in part]
        if start + ON_A_PAGE >= len(rows):
            typed += [{"number": "", "eaten": {}} for _blank in range(BLANK if part else 2 * BLANK)]
    lines = [
        {
            **line,
            "at": at,
            "label": line["number"] or _("baru %(n)d") % {"n": at + 1},
            "foods": [(key, name, line["eaten"].get(key, "")) for key, name in found.foods],
        }
        for at, line in enumerate(typed)
    ]
    context = {
        "row": outbreak,
        "study": found,
        "lines": lines,
        "start": start,
        "first": start + 1,
        "last": start + len(part),
        "total": len(rows),
        "parts": [(at, at + 1, min(at + ON_A_PAGE, len(rows))) for at in range(0, len(rows) + 1, ON_A_PAGE)],
        "problems": problems or [],
    }  # fmt: skip
    return render(request, "surveillance/diners.html", context, status=status)


def _cells_of(one: Diner) -> dict[str, Any]:
    said = {True: "ya", False: "tidak"}
    return {
        "number": one.number, "name": one.name, "sex": one.sex, "age": "" if one.age is None else str(one.age),
        "ill": said[one.ill],
        "onset": timezone.localtime(one.onset_at).strftime("%Y-%m-%dT%H:%M") if one.onset_at else "",
        "eaten": {key: said[eaten] for key, eaten in one.foods.items()},
    }  # fmt: skip


@require_POST
@page(HANDLE)
def save_diners(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """What was typed into the grid: whole, or not at all; a row whose name was emptied leaves the list."""
    outbreak = queries.get_outbreak(request.scope, outbreak_id)
    found = queries.get_study(outbreak)
    typed = _typed(request.POST, [key for key, _name in found.foods])
    given, removed, problems = _read(request, found, typed)
    told = ""
    if not problems:

        def work() -> str:
            services.save_diners(
                request.actor, owner_id=request.owner.id, outbreak_id=outbreak_id,
                revision=_whole(request.POST.get("revision")), diners=given, removed=removed,
            )  # fmt: skip
            messages.success(request, _("Daftar disimpan."))
            return reverse("surveillance:study", args=[outbreak_id])

        try:
            return submit_once(request, work)
        except (Refused, Conflict) as error:
            told = str(error.message)
    if told:
        problems = [Problem("", told)]
    rows = services.open_diners(request.actor, owner_id=request.owner.id, outbreak_id=outbreak_id)
    start = _whole(request.POST.get("from"))
    return _grid(request, outbreak, found, rows, start, typed=typed, problems=problems, status=422)


def _typed(post: Mapping[str, Any], keys: list[str]) -> list[dict[str, Any]]:
    lines = []
    for at in range(min(_whole(post.get("rows")), ON_A_PAGE + 2 * BLANK)):
        line: dict[str, Any] = {name: post.get(f"{name}-{at}", "").strip() for name in ("number", *CELLS)}
        line["eaten"] = {key: post.get(f"{key}-{at}", "").strip() for key in keys}
        lines.append(line)
    return lines


def _read(
    request: HttpRequest, found: Study, typed: list[dict[str, Any]]
) -> tuple[list[DinerInput], list[int], list[Problem]]:
    zone, now, names = ZoneInfo(request.owner.zone), clock.now(), dict(found.foods)
    given, removed, problems = [], [], []
    for at, line in enumerate(typed):
        number = _whole(str(line["number"])) or None
        if not line["name"]:
            if number is not None:
                removed.append(number)
            elif any(line[name] for name in CELLS) or any(line["eaten"].values()):
                problems.append(Problem("nama", _("Wajib diisi, paling panjang %(n)d huruf.") % {"n": 160}, at + 1))
            continue
        cells = {column: line[name] for name, column in CELLS.items()}
        diner, wrong = read_diner(cells, line["eaten"], names=names, zone=zone, now=now, row=at + 1, number=number)
        problems += wrong
        if diner is not None:
            given.append(diner)
    return given, removed, problems


# --- A sheet ----------------------------------------------------------------------------------------------------------


@require_POST
@page(HANDLE)
def upload_diners(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """What a sheet would do: nothing is kept yet."""
    outbreak = queries.get_outbreak(request.scope, outbreak_id)
    form = forms.DinersUpload(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Pilih berkas lebih dulu."))
        return _study_page(request, outbreak, queries.study_of(outbreak), None)
    content = form.cleaned_data["file"].read()
    return _preview(request, outbreak, content, sheets.as_text(content, LAYOUT))


def _preview(request: HttpRequest, outbreak: Outbreak, content: bytes, sheet: str) -> HttpResponse:
    plan = services.plan_diners(request.actor, owner_id=request.owner.id, outbreak_id=outbreak.id, content=content)
    people = sorted(
        [(one, True) for one in plan.new] + [(one, False) for one in plan.known], key=lambda one: one[0].row
    )
    context = {
        "row": outbreak,
        "plan": plan,
        "problems": plan.sheet.problems[:SHOWN],
        "hidden_problems": max(0, len(plan.sheet.problems) - SHOWN),
        "people": people[:SHOWN],
        "hidden_people": max(0, len(people) - SHOWN),
        "count": len(people),
        "ill": sum(one.ill for one, _new in people),
        "accept": forms.DinersAccept(initial={"sheet": sheet}),
    }
    return render(request, "surveillance/diners_preview.html", context, status=422 if plan.sheet.problems else 200)


@require_POST
@page(HANDLE)
def accept_diners(request: HttpRequest, outbreak_id: UUID) -> HttpResponse:
    """Take the previewed sheet, all of it."""
    outbreak = queries.get_outbreak(request.scope, outbreak_id)
    form = forms.DinersAccept(request.POST)
    if not form.is_valid():
        messages.error(request, _("Pilih berkas lebih dulu."))
        return _study_page(request, outbreak, queries.study_of(outbreak), None)
    content = form.cleaned_data["sheet"].encode()

    def work() -> str:
        plan = services.import_diners(
            request.actor, owner_id=request.owner.id, outbreak_id=outbreak_id, content=content
        )
        messages.success(
            request,
            _("%(new)d orang ditambah, %(known)d diperbarui.") % {"new": len(plan.new), "known": len(plan.known)},
        )
        return reverse("surveillance:study", args=[outbreak_id])

    try:
        return submit_once(request, work)
    except Refused as error:
        messages.error(request, str(error.message))
        return _preview(request, outbreak, content, form.cleaned_data["sheet"])
