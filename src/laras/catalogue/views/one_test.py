"""One test: its ranges, critical values, limits and answers, and what a laboratory changes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import services
from laras.catalogue.forms import (
    ChangeForm,
    ChooseForm,
    CriticalForm,
    RangeForm,
)
from laras.catalogue.labels import (
    CONDITION_LABELS,
    DISCIPLINE_LABELS,
    KIND_LABELS,
    SEX_LABELS,
    STATUS_LABELS,
    SUBJECT_LABELS,
    age_span,
)
from laras.catalogue.models import LAYER_LABELS
from laras.catalogue.rules import format_range
from laras.catalogue.types import Catalogue, RangeInfo, TestInfo
from laras.catalogue.views.shared import (
    Line,
    critical_line,
    do_once,
    limit_line,
    may_manage,
    test_of,
)
from laras.catalogue.words import figures, is_english, name_of, term
from laras.core.web import page

ALL = "*"
"""In place of a key: every example of this kind."""


def _range_line(row: RangeInfo, test: TestInfo, answers: dict[str, str]) -> Line:
    who = [str(SEX_LABELS[row.sex])] if row.sex else []
    who.append(str(age_span(row.age_from, row.age_until)))
    if row.condition:
        who.append(str(CONDITION_LABELS.get(row.condition, row.condition)))
    if row.normal:
        bounds = ", ".join(answers.get(code, code) for code in row.normal)
    else:
        bounds = figures(format_range(row, decimals=test.decimals))
    unit = test.unit if row.ucum == test.ucum else row.ucum
    return Line(row.key, ", ".join(who), bounds, unit, row.judges, row.provenance)


def _described(line: Line) -> str:
    return f"{line.who}: {line.bounds} {line.unit} ({term(line.provenance.source)})"


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
    waiting = [line for line in lines["range"] if not line.judges]
    if len(waiting) > 1:
        every = ngettext("Semua contoh rentang (%(n)s baris)", "Semua contoh rentang (%(n)s baris)", len(waiting))
        choices["adopt"].insert(0, (f"range|{ALL}", every % {"n": len(waiting)}))
    if test.provenance.layer == "laboratory":
        choices["withdraw"].append((f"test|{test.code}", _("Cara kerja pemeriksaan ini: %s") % name_of(test)))
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
    english = is_english()
    answers = {row.code: row.text_en if english and row.text_en else row.text for row in catalogue.answers(test.code)}
    return {
        "range": [_range_line(row, test, answers) for row in catalogue.ranges(test.code)],
        "critical": [critical_line(row, test) for row in catalogue.criticals(test.code)],
        "limit": [
            limit_line(
                catalogue,
                row,
                name=term(catalogue.standards[row.standard].name),
                url=reverse("catalogue:standard", args=[row.standard]),
                who=term(catalogue.standards[row.standard].regulation),
            )
            for row in catalogue.limits_of_test(test.code)
        ],
    }


def _test_page(request: HttpRequest, code: str, bound: tuple[str, BaseForm] | None = None) -> HttpResponse:
    catalogue, test = test_of(request, code)
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
        "answers": [
            (row, row.text_en if is_english() and row.text_en else row.text) for row in catalogue.answers(code)
        ],
        "panels": [(panel, name_of(panel)) for panel in catalogue.panels.values() if code in panel.members],
        "waiting_ranges": any(line.judges for line in lines["range"])
        and not all(line.judges for line in lines["range"]),
        "may_manage": may_manage(request),
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


def _act(
    request: HttpRequest, code: str, name: str, form: BaseForm, work: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    address = reverse("catalogue:test", args=[code])
    return do_once(request, form, work, address) or _test_page(request, code, (name, form))


def _chosen(request: HttpRequest, code: str, name: str) -> ChooseForm:
    catalogue, test = test_of(request, code)
    offered = _forms(catalogue, test, _lines(catalogue, test))[name].fields["row"].choices
    return ChooseForm(request.POST, prefix=name, choices=list(offered))


@require_POST
@page("catalogue.manage")
def adopt(request: HttpRequest, code: str) -> HttpResponse:
    form = _chosen(request, code, "adopt")

    def work(values: dict[str, Any]) -> Any:
        kind, _bar, key = values["row"].partition("|")
        if (kind, key) == ("range", ALL):
            return services.adopt_ranges(request.actor, owner_id=request.owner.id, test=code, reason=values["reason"])
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
    return do_once(request, form, work, address) or _test_page(request, code, ("withdraw", form))


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
    _catalogue_now, now = test_of(request, code)
    form = ChangeForm(request.POST, prefix="change")

    def work(values: dict[str, Any]) -> Any:
        reason = values["reason"]
        changes = {n: v for n, v in values.items() if n != "reason" and v != getattr(now, n)}
        return services.change_test(request.actor, owner_id=request.owner.id, code=code, changes=changes, reason=reason)

    return _act(request, code, "change", form, work)
