"""The lists: tests, panels, standards, critical values, and what this organisation changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries, services
from laras.catalogue.forms import (
    AdoptHandlingForm,
    AdoptStandardForm,
    ChooseForm,
    FilterForm,
    HandlingForm,
    PanelFilterForm,
    SearchForm,
    TestForm,
)
from laras.catalogue.labels import (
    DISCIPLINE_LABELS,
    MATRIX_LABELS,
    STATUS_LABELS,
)
from laras.catalogue.types import HandlingInfo, TestInfo, UnknownCode
from laras.catalogue.views.shared import (
    PAGE_SIZE,
    Line,
    catalogue_of,
    critical_line,
    do_once,
    limit_line,
    may_manage,
    parameter,
)
from laras.catalogue.words import name_of, term
from laras.core.errors import NotFound
from laras.core.forms import LarasForm
from laras.core.ids import shipped_id
from laras.core.web import page, refusals, submit_once


@require_safe
@page(anyone=True)
def tests(request: HttpRequest) -> HttpResponse:
    """The list, by name, code or LOINC, group, subject and tier."""
    catalogue = catalogue_of(request)
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    text = (wanted.get("q") or "").strip()
    rows = list(catalogue.tests.values())
    if text:
        rows = [row for row in catalogue.search(text, limit=len(rows) + 200) if isinstance(row, TestInfo)]
    rows = [
        row
        for row in rows
        if wanted.get("discipline") in (None, "", row.discipline)
        and wanted.get("subject") in (None, "", row.subject)
        and wanted.get("tier") in (None, "", str(row.tier))
    ]
    found = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": found,
        "rows": [(row, name_of(row), DISCIPLINE_LABELS.get(row.discipline, row.discipline)) for row in found],
        "whole": len(catalogue.tests),
        "may_manage": may_manage(request),
        "tab": "tests",
    }
    return render(request, "catalogue/_tests.html" if request.htmx else "catalogue/tests.html", context)


@require_safe
@page(anyone=True)
def panels(request: HttpRequest) -> HttpResponse:
    catalogue = catalogue_of(request)
    form = PanelFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    words = (wanted.get("q") or "").casefold().split()
    rows = [
        (panel, name_of(panel), [catalogue.tests[code] for code in panel.members if code in catalogue.tests])
        for panel in catalogue.panels.values()
        if wanted.get("subject") in (None, "", panel.subject)
        and all(word in f"{panel.code} {panel.name} {panel.name_en}".casefold() for word in words)
    ]
    found = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": found, "rows": list(found), "whole": len(catalogue.panels), "tab": "panels"}
    return render(request, "catalogue/_panels.html" if request.htmx else "catalogue/panels.html", context)


@require_safe
@page(anyone=True)
def standards(request: HttpRequest) -> HttpResponse:
    catalogue = catalogue_of(request)
    rows = []
    for row in catalogue.standards.values():
        limits = list(catalogue.limits(row.code).values())
        rows.append(
            {
                "row": row,
                "matrix": MATRIX_LABELS.get(row.matrix, row.matrix),
                "count": len(limits),
                "judging": sum(limit.judges for limit in limits),
                "status": STATUS_LABELS.get(row.provenance.status, ""),
            }
        )
    return render(request, "catalogue/standards.html", {"rows": rows, "tab": "standards"})


def _standard_page(request: HttpRequest, code: str, form: AdoptStandardForm | None = None) -> HttpResponse:
    catalogue = catalogue_of(request)
    try:
        row, limits = catalogue.standard(code), catalogue.limits(code)
    except UnknownCode as unknown:
        raise NotFound(_("Baku mutu ini tidak ada di katalog.")) from unknown
    lines = [
        limit_line(
            catalogue,
            limit,
            name=parameter(catalogue, limit),
            url=reverse("catalogue:test", args=[limit.test]),
            who=limit.group,
        )
        for limit in limits.values()
    ]
    waiting = [line for line in lines if not line.judges]
    context = {
        "row": row,
        "matrix": MATRIX_LABELS.get(row.matrix, row.matrix),
        "replaced_by": catalogue.standards.get(row.replaced_by),
        "lines": lines,
        "waiting": len(waiting),
        "may_manage": may_manage(request),
        "adopt_form": form or AdoptStandardForm(prefix="adopt"),
        "tab": "standards",
    }
    return render(request, "catalogue/standard.html", context, status=422 if form is not None else 200)


@require_safe
@page(anyone=True)
def standard(request: HttpRequest, code: str) -> HttpResponse:
    return _standard_page(request, code)


@require_POST
@page("catalogue.manage")
def adopt_standard(request: HttpRequest, code: str) -> HttpResponse:
    form = AdoptStandardForm(request.POST, prefix="adopt")
    done = do_once(
        request,
        form,
        lambda values: services.adopt_standard(
            request.actor, owner_id=request.owner.id, standard=code, reason=values["reason"]
        ),
        reverse("catalogue:standard", args=[code]),
    )
    return done or _standard_page(request, code, form)


@require_safe
@page(anyone=True)
def releases(request: HttpRequest) -> HttpResponse:
    """What this organisation changed on its own layer, and why."""
    rows = queries.own_releases(request.owner.id, limit=200)
    return render(request, "catalogue/releases.html", {"rows": rows, "tab": "releases"})


def _criticals_page(request: HttpRequest, form: ChooseForm | None = None) -> HttpResponse:
    catalogue = catalogue_of(request)
    rows = []
    practices: dict[str, str] = {}
    for code, found in catalogue.criticals_by_test.items():
        test = catalogue.test(code)
        for row in found:
            if row.practice:
                practices.setdefault(row.practice, term(row.provenance.source))
            line = critical_line(row, test)
            rows.append(replace(line, name=name_of(test), url=reverse("catalogue:test", args=[code])))
    rows.sort(key=lambda line: (not line.judges, line.name, line.who))
    in_force = sum(line.judges for line in rows)
    search = SearchForm(request.GET)
    words = (search.cleaned_data["q"] if search.is_valid() else "").casefold().split()
    rows = [line for line in rows if all(word in f"{line.name} {line.key}".casefold() for word in words)]
    found = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    choices = sorted(practices.items())
    context = {
        "search": search,
        "page": found,
        "lines": list(found),
        "in_force": in_force,
        "may_manage": may_manage(request),
        "form": form or ChooseForm(prefix="practice", choices=choices),
        "choices": choices,
        "tab": "criticals",
    }
    return render(request, "catalogue/criticals.html", context, status=422 if form is not None else 200)


@require_safe
@page(anyone=True)
def criticals(request: HttpRequest) -> HttpResponse:
    """All critical values of the laboratory on one page: those in force first, then the published examples."""
    return _criticals_page(request)


@require_POST
@page("catalogue.manage")
def adopt_practice(request: HttpRequest) -> HttpResponse:
    """Adopt all critical values of one published practice."""
    practices = sorted(
        {row.practice for rows in catalogue_of(request).criticals_by_test.values() for row in rows if row.practice}
    )
    form = ChooseForm(request.POST, prefix="practice", choices=[(name, name) for name in practices])
    done = do_once(
        request,
        form,
        lambda values: services.adopt_criticals(
            request.actor, owner_id=request.owner.id, practice=values["row"], reason=values["reason"]
        ),
        reverse("catalogue:criticals"),
    )
    return done or _criticals_page(request, form)


# --- Bottles and holding times ------------------------------------------------------------------------------------------


def _handling_forms(request: HttpRequest, name: str = "", form: LarasForm | None = None) -> dict[str, LarasForm]:
    catalogue = catalogue_of(request)
    rows = [row for found in catalogue.handling_by_test.values() for row in found]
    groups = dict.fromkeys(row.group for row in rows if row.group and not row.judges and row.hours is not None)
    tests = [
        (test.code, f"{name_of(test)} ({test.code})")
        for test in catalogue.tests.values()
        if test.subject != "person" and not test.in_situ
    ]
    post = request.POST if request.method == "POST" else None
    forms: dict[str, LarasForm] = {
        "adopt": AdoptHandlingForm(
            post if name == "adopt" else None, prefix="adopt", groups=[(group, term(group)) for group in groups]
        ),
        "set": HandlingForm(
            post if name == "set" else None, prefix="set", tests=tests, matrices=list(MATRIX_LABELS.items())
        ),
    }
    return forms


def _handling_page(request: HttpRequest, forms: dict[str, LarasForm] | None = None) -> HttpResponse:
    catalogue = catalogue_of(request)
    search = SearchForm(request.GET)
    words = (search.cleaned_data["q"] if search.is_valid() else "").casefold().split()
    lines = []
    for code, rows in catalogue.handling_by_test.items():
        test = catalogue.tests.get(code)
        if test is None:
            continue
        for row in rows:
            hay = f"{code} {name_of(test)} {row.group} {row.container} {row.preservation}".casefold()
            if all(word in hay for word in words):
                lines.append((row, name_of(test), str(MATRIX_LABELS.get(row.matrix, row.matrix)), Line.of(row)))
    lines.sort(key=lambda line: (line[0].group, line[1], line[0].position))
    found = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "search": search,
        "page": found,
        "lines": list(found),
        "in_force": sum(row.judges for rows in catalogue.handling_by_test.values() for row in rows),
        "may_manage": may_manage(request),
        "forms": forms or _handling_forms(request),
        "tab": "handling",
    }
    return render(request, "catalogue/handling.html", context, status=422 if forms is not None else 200)


@require_safe
@page(anyone=True)
def handling(request: HttpRequest) -> HttpResponse:
    """Bottles, preservation and holding times of tests: who set them, what they are worth, which count."""
    return _handling_page(request)


@require_POST
@page("catalogue.manage")
def adopt_handling(request: HttpRequest) -> HttpResponse:
    forms = _handling_forms(request, "adopt")
    work = lambda values: services.adopt_handling(request.actor, owner_id=request.owner.id, **values)  # noqa: E731
    return do_once(request, forms["adopt"], work, reverse("catalogue:handling")) or _handling_page(request, forms)


@require_POST
@page("catalogue.manage")
def set_handling(request: HttpRequest) -> HttpResponse:
    forms = _handling_forms(request, "set")

    def work(values: dict[str, Any]) -> Any:
        row = HandlingInfo(key="", **{name: value for name, value in values.items() if name != "reason"})
        return services.set_handling(request.actor, owner_id=request.owner.id, handling=row, reason=values["reason"])

    return do_once(request, forms["set"], work, reverse("catalogue:handling")) or _handling_page(request, forms)


@page("catalogue.manage")
def add_test(request: HttpRequest) -> HttpResponse:
    catalogue = catalogue_of(request)
    sets = [
        (name, f"{name}: {', '.join(term(answer.text) for answer in answers[:4])}{' …' if len(answers) > 4 else ''}")
        for name, answers in sorted(catalogue.answers_by_set.items())
    ]
    form = TestForm(request.POST or None, sets=sets)
    if request.method == "POST" and form.is_valid():
        with refusals(form):

            def run() -> str:
                values = dict(form.cleaned_data)
                reason = values.pop("reason")
                made = TestInfo(
                    id=shipped_id("catalogue.test", values["code"]),
                    **{**values, "name_en": values["name_en"] or values["name"]},
                )
                services.add_test(request.actor, owner_id=request.owner.id, test=made, reason=reason)
                messages.success(request, _("Pemeriksaan ditambahkan."))
                code = f"{request.owner.code}:{values['code'].removeprefix(request.owner.code + ':').strip().upper()}"
                return reverse("catalogue:test", args=[code])

            return submit_once(request, run)
    context = {
        "title": _("Pemeriksaan laboratorium sendiri"),
        "lead": _("Untuk pemeriksaan yang tidak ada di katalog bersama."),
        "form": form,
        "submit": _("Tambahkan"),
        "back": reverse("catalogue:tests"),
        "draft": "catalogue-test",
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)
