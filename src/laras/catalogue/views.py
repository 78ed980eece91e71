"""Screens of the catalogue. Everybody who works here reads it; ``catalogue.manage`` changes the own layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries, services
from laras.catalogue.forms import (
    AdoptStandardForm,
    ChangeForm,
    ChooseForm,
    CriticalForm,
    FilterForm,
    PanelFilterForm,
    RangeForm,
    TestForm,
)
from laras.catalogue.labels import (
    CONDITION_LABELS,
    DISCIPLINE_LABELS,
    KIND_LABELS,
    MATRIX_LABELS,
    POPULATION_LABELS,
    SEX_LABELS,
    STATUS_LABELS,
    SUBJECT_LABELS,
    age_span,
)
from laras.catalogue.models import LAYER_LABELS
from laras.catalogue.rules import format_limit, format_range
from laras.catalogue.types import Catalogue, CriticalInfo, LimitInfo, Provenance, RangeInfo, TestInfo, UnknownCode
from laras.catalogue.words import critical_text, name_of
from laras.core.errors import NotFound
from laras.core.ids import shipped_id
from laras.core.web import page, refusals, submit_once

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the catalogue as a table shows it."""

    key: str
    who: str
    bounds: str
    unit: str
    judges: bool
    provenance: Provenance
    url: str = ""
    name: str = ""
    note: str = ""

    @property
    def status(self) -> str:
        return str(STATUS_LABELS.get(self.provenance.status, self.provenance.status))

    @property
    def layer(self) -> str:
        return str(LAYER_LABELS.get(self.provenance.layer, self.provenance.layer))


def _catalogue(request: HttpRequest) -> Catalogue:
    return queries.effective(request.owner.id)


def _test(request: HttpRequest, code: str) -> tuple[Catalogue, TestInfo]:
    catalogue = _catalogue(request)
    try:
        return catalogue, catalogue.test(code)
    except UnknownCode as unknown:
        raise NotFound(_("Pemeriksaan ini tidak ada di katalog.")) from unknown


def _may_manage(request: HttpRequest) -> bool:
    return request.actor.can("catalogue.manage", request.owner.id)


@require_safe
@page(anyone=True)
def tests(request: HttpRequest) -> HttpResponse:
    """The list, by name, code or LOINC, group, subject and tier."""
    catalogue = _catalogue(request)
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
        "may_manage": _may_manage(request),
        "tab": "tests",
    }
    return render(request, "catalogue/_tests.html" if request.htmx else "catalogue/tests.html", context)


@require_safe
@page(anyone=True)
def panels(request: HttpRequest) -> HttpResponse:
    catalogue = _catalogue(request)
    form = PanelFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    words = (wanted.get("q") or "").casefold().split()
    rows = [
        (panel, name_of(panel), [catalogue.tests[code] for code in panel.members if code in catalogue.tests])
        for panel in catalogue.panels.values()
        if wanted.get("subject") in (None, "", panel.subject)
        and all(word in f"{panel.code} {panel.name} {panel.name_en}".casefold() for word in words)
    ]
    context = {"form": form, "rows": rows, "whole": len(catalogue.panels), "tab": "panels"}
    return render(request, "catalogue/_panels.html" if request.htmx else "catalogue/panels.html", context)


@require_safe
@page(anyone=True)
def standards(request: HttpRequest) -> HttpResponse:
    catalogue = _catalogue(request)
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


def _limit_line(catalogue: Catalogue, row: LimitInfo, *, name: str, url: str, who: str) -> Line:
    return Line(
        key=row.key,
        who=who,
        bounds=format_limit(row) or _("dilaporkan saja"),
        unit=row.unit,
        judges=row.judges,
        provenance=row.provenance,
        url=url,
        name=name,
        note=row.method,
    )


def _standard_page(request: HttpRequest, code: str, form: AdoptStandardForm | None = None) -> HttpResponse:
    catalogue = _catalogue(request)
    try:
        row, limits = catalogue.standard(code), catalogue.limits(code)
    except UnknownCode as unknown:
        raise NotFound(_("Baku mutu ini tidak ada di katalog.")) from unknown
    lines = [
        _limit_line(
            catalogue,
            limit,
            name=limit.label or catalogue.test(limit.test).name,
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
        "may_manage": _may_manage(request),
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
    done = _work(
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
    catalogue = _catalogue(request)
    rows = []
    practices: dict[str, str] = {}
    for code, found in catalogue.criticals_by_test.items():
        test = catalogue.test(code)
        for row in found:
            if row.practice:
                practices.setdefault(row.practice, row.provenance.source)
            line = _critical_line(row, test)
            rows.append(replace(line, name=name_of(test), url=reverse("catalogue:test", args=[code])))
    rows.sort(key=lambda line: (not line.judges, line.name, line.who))
    choices = sorted(practices.items())
    context = {
        "lines": rows,
        "in_force": sum(line.judges for line in rows),
        "may_manage": _may_manage(request),
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
        {row.practice for rows in _catalogue(request).criticals_by_test.values() for row in rows if row.practice}
    )
    form = ChooseForm(request.POST, prefix="practice", choices=[(name, name) for name in practices])
    done = _work(
        request,
        form,
        lambda values: services.adopt_criticals(
            request.actor, owner_id=request.owner.id, practice=values["row"], reason=values["reason"]
        ),
        reverse("catalogue:criticals"),
    )
    return done or _criticals_page(request, form)


# --- One test -------------------------------------------------------------------------------------------------------


def _range_line(row: RangeInfo, test: TestInfo, answers: dict[str, str]) -> Line:
    who = [str(SEX_LABELS[row.sex])] if row.sex else []
    who.append(str(age_span(row.age_from, row.age_until)))
    if row.condition:
        who.append(str(CONDITION_LABELS.get(row.condition, row.condition)))
    if row.normal:
        bounds = ", ".join(answers.get(code, code) for code in row.normal)
    else:
        bounds = format_range(row, decimals=test.decimals)
    unit = test.unit if row.ucum == test.ucum else row.ucum
    return Line(row.key, ", ".join(who), bounds, unit, row.judges, row.provenance)


def _critical_line(row: CriticalInfo, test: TestInfo) -> Line:
    who = str(POPULATION_LABELS.get(row.population, row.population))
    unit = test.unit if row.ucum == test.ucum else row.ucum
    return Line(row.key, who, critical_text(row), unit, row.judges, row.provenance)


def _described(line: Line) -> str:
    return f"{line.who}: {line.bounds} {line.unit} ({line.provenance.source})"


def _forms(catalogue: Catalogue, test: TestInfo, lines: dict[str, list[Line]]) -> dict[str, BaseForm]:
    """The forms of the page, unbound."""
    choices = {
        "adopt": [
            (f"{kind}|{line.key}", _described(line))
            for kind in ("range", "critical", "limit")
            for line in lines[kind]
            if not line.judges
        ],
        "withdraw": [
            (f"{kind}|{line.key}", _described(line))
            for kind in ("range", "critical", "limit")
            for line in lines[kind]
            if line.provenance.layer == "laboratory"
        ],
    }
    if test.provenance.layer == "laboratory":
        choices["withdraw"].append((f"test|{test.code}", _("Cara kerja pemeriksaan ini: %s") % test.name))
    return {
        "adopt": ChooseForm(prefix="adopt", choices=choices["adopt"]),
        "withdraw": ChooseForm(prefix="withdraw", choices=choices["withdraw"]),
        "critical": CriticalForm(prefix="critical"),
        "range": RangeForm(prefix="range"),
        "change": ChangeForm(
            prefix="change", initial={name: getattr(test, name) for name in ChangeForm.base_fields if name != "reason"}
        ),
    }


def _lines(catalogue: Catalogue, test: TestInfo) -> dict[str, list[Line]]:
    answers = {answer.code: answer.text for answer in catalogue.answers(test.code)}
    return {
        "range": [_range_line(row, test, answers) for row in catalogue.ranges(test.code)],
        "critical": [_critical_line(row, test) for row in catalogue.criticals(test.code)],
        "limit": [
            _limit_line(
                catalogue,
                row,
                name=catalogue.standards[row.standard].name,
                url=reverse("catalogue:standard", args=[row.standard]),
                who=catalogue.standards[row.standard].regulation,
            )
            for row in catalogue.limits_of_test(test.code)
        ],
    }


def _test_page(request: HttpRequest, code: str, bound: tuple[str, BaseForm] | None = None) -> HttpResponse:
    catalogue, test = _test(request, code)
    lines = _lines(catalogue, test)
    forms = _forms(catalogue, test, lines)
    if bound is not None:
        forms[bound[0]] = bound[1]
    context = {
        "test": test,
        "name": name_of(test),
        "discipline": DISCIPLINE_LABELS.get(test.discipline, test.discipline),
        "subject": SUBJECT_LABELS[test.subject],
        "kind": KIND_LABELS[test.kind],
        "status": STATUS_LABELS[test.provenance.status],
        "layer": LAYER_LABELS[test.provenance.layer],
        "ranges": lines["range"],
        "criticals": lines["critical"],
        "limits": lines["limit"],
        "answers": catalogue.answers(code),
        "panels": [panel for panel in catalogue.panels.values() if code in panel.members],
        "may_manage": _may_manage(request),
        "may_adopt": bool(forms["adopt"].fields["row"].choices),
        "may_withdraw": bool(forms["withdraw"].fields["row"].choices),
        "forms": forms,
        "tab": "tests",
    }
    return render(request, "catalogue/test.html", context, status=422 if bound is not None else 200)


@require_safe
@page(anyone=True)
def test(request: HttpRequest, code: str) -> HttpResponse:
    """Ranges, critical values, limits and answers of one test: who set them, what they are worth, which judge."""
    return _test_page(request, code)


test.__test__ = False  # type: ignore[attr-defined]  # a view, not a test of pytest


def _work(
    request: HttpRequest, form: BaseForm, work: Callable[[dict[str, Any]], Any], address: str
) -> HttpResponse | None:
    """Do the work of a valid form once; None when it must be shown again."""
    if not form.is_valid():
        return None
    with refusals(form):

        def run() -> str:
            release = work(form.cleaned_data)
            messages.success(request, _("Berlaku mulai sekarang (rilis %s).") % release.version)
            return address

        return submit_once(request, run)
    return None


def _act(
    request: HttpRequest, code: str, name: str, form: BaseForm, work: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    address = reverse("catalogue:test", args=[code])
    return _work(request, form, work, address) or _test_page(request, code, (name, form))


def _chosen(request: HttpRequest, code: str, name: str) -> ChooseForm:
    catalogue, test = _test(request, code)
    offered = _forms(catalogue, test, _lines(catalogue, test))[name].fields["row"].choices
    return ChooseForm(request.POST, prefix=name, choices=list(offered))


@require_POST
@page("catalogue.manage")
def adopt(request: HttpRequest, code: str) -> HttpResponse:
    form = _chosen(request, code, "adopt")

    def work(values: dict[str, Any]) -> Any:
        kind, _bar, key = values["row"].partition("|")
        service = {
            "range": services.adopt_range,
            "critical": services.adopt_critical,
            "limit": services.adopt_limit,
        }[kind]
        return service(request.actor, owner_id=request.owner.id, key=key, reason=values["reason"])

    return _act(request, code, "adopt", form, work)


@require_POST
@page("catalogue.manage")
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    form = _chosen(request, code, "withdraw")

    def work(values: dict[str, Any]) -> Any:
        kind, _bar, key = values["row"].partition("|")
        return services.withdraw(request.actor, owner_id=request.owner.id, kind=kind, key=key, reason=values["reason"])

    # A withdrawn test of the own laboratory has no page any more.
    own = ":" in code and request.POST.get("withdraw-row") == f"test|{code}"
    address = reverse("catalogue:tests") if own else reverse("catalogue:test", args=[code])
    return _work(request, form, work, address) or _test_page(request, code, ("withdraw", form))


@require_POST
@page("catalogue.manage")
def set_critical(request: HttpRequest, code: str) -> HttpResponse:
    form = CriticalForm(request.POST, prefix="critical")
    return _act(
        request,
        code,
        "critical",
        form,
        lambda values: services.set_critical(request.actor, owner_id=request.owner.id, test=code, **values),
    )


@require_POST
@page("catalogue.manage")
def set_range(request: HttpRequest, code: str) -> HttpResponse:
    form = RangeForm(request.POST, prefix="range")
    return _act(
        request,
        code,
        "range",
        form,
        lambda values: services.set_range(request.actor, owner_id=request.owner.id, test=code, **values),
    )


@require_POST
@page("catalogue.manage")
def change_test(request: HttpRequest, code: str) -> HttpResponse:
    _catalogue_now, now = _test(request, code)
    form = ChangeForm(request.POST, prefix="change")

    def work(values: dict[str, Any]) -> Any:
        reason = values["reason"]
        changes = {n: v for n, v in values.items() if n != "reason" and v != getattr(now, n)}
        return services.change_test(request.actor, owner_id=request.owner.id, code=code, changes=changes, reason=reason)

    return _act(request, code, "change", form, work)


@page("catalogue.manage")
def add_test(request: HttpRequest) -> HttpResponse:
    catalogue = _catalogue(request)
    sets = [
        (name, f"{name}: {', '.join(answer.text for answer in answers[:4])}{' …' if len(answers) > 4 else ''}")
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
