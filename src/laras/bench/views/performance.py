"""How well tests measure here, and the rule by which conformity is stated."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from laras.bench import queries, services
from laras.catalogue import queries as catalogues
from laras.catalogue.labels import MATRIX_LABELS
from laras.catalogue.words import name_of
from laras.core.forms import LarasForm, NumberField
from laras.core.web import page, refusals, submit_once

RULES = {
    "simple": gettext_lazy("Penerimaan sederhana: nilai dibandingkan langsung dengan batas"),
    "guard": gettext_lazy("Pita pengaman: nilai memenuhi hanya bila nilai ± U tetap di dalam batas"),
}


def _figure(label: Any, help_text: Any = "") -> NumberField:
    return NumberField(label=label, required=False, help_text=help_text)


class PerformanceForm(LarasForm):
    test_code = forms.ChoiceField(label=gettext_lazy("Pemeriksaan"))
    matrix = forms.ChoiceField(label=gettext_lazy("Matriks"), required=False)
    lod = _figure(gettext_lazy("Batas deteksi (LOD)"), gettext_lazy("Dalam satuan pemeriksaan."))
    loq = _figure(gettext_lazy("Batas kuantitasi (LOQ)"))
    u_value = _figure(gettext_lazy("Ketidakpastian diperluas (U)"))
    u_kind = forms.ChoiceField(
        label=gettext_lazy("U dalam"),
        choices=[("absolute", gettext_lazy("satuan pemeriksaan")), ("percent", gettext_lazy("persen dari nilai"))],
    )
    k = NumberField(label=gettext_lazy("Faktor cakupan (k)"), required=False, initial="2", decimals=2)
    rpd_max = _figure(gettext_lazy("Selisih relatif duplikat paling besar (%)"))
    recovery_low = _figure(gettext_lazy("Perolehan kembali spike, paling kecil (%)"))
    recovery_high = _figure(gettext_lazy("Perolehan kembali spike, paling besar (%)"))
    source = forms.CharField(
        label=gettext_lazy("Sumber"),
        max_length=240,
        help_text=gettext_lazy("Misalnya laporan validasi metode dan tanggalnya."),
    )

    def __init__(self, *args: Any, tests: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["test_code"].choices = tests
        self.fields["matrix"].choices = [("", _("Semua matriks")), *MATRIX_LABELS.items()]

    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        given = self.cleaned_data
        names = ("lod", "loq", "u_value", "k", "rpd_max", "recovery_low", "recovery_high")
        return {
            **{name: given[name] for name in ("test_code", "matrix", "u_kind", "source")},
            "figures": {name: given[name] for name in names},
        }


class RuleForm(LarasForm):
    rule = forms.ChoiceField(
        label=gettext_lazy("Aturan keputusan"), choices=list(RULES.items()), widget=forms.RadioSelect
    )


def _form(request: HttpRequest, data: Any = None) -> PerformanceForm:
    tests = [
        (test.code, f"{name_of(test)} ({test.code}, {test.unit})")
        for test in catalogues.effective(request.owner.id).tests.values()
        if test.subject != "person" and test.is_numeric
    ]
    return PerformanceForm(data, tests=tests, auto_id="kinerja-%s")


@require_safe
@page("bench.read")
def performance(request: HttpRequest) -> HttpResponse:
    """What the laboratory said of its tests."""
    return _page(request)


def _page(request: HttpRequest, **bound: forms.Form) -> HttpResponse:
    may = request.actor.can("catalogue.manage", request.owner.id)
    tests = catalogues.effective(request.owner.id).tests
    rule = queries.measuring(request.scope).rule
    made: dict[str, forms.Form] = {}
    if may:
        made = {"performance": _form(request), "rule": RuleForm(initial={"rule": rule}, auto_id="aturan-%s")} | bound
    context = {
        "rows": [
            (row, tests.get(row.test_code), name_of(tests[row.test_code]) if row.test_code in tests else row.test_code,
             MATRIX_LABELS.get(row.matrix, row.matrix))
            for row in queries.performances(request.scope)
        ],
        "rule": RULES.get(rule, ""),
        "forms": made,
        "may_manage": may,
    }  # fmt: skip
    return render(request, "bench/performance.html", context, status=422 if bound else 200)


@require_POST
@page("catalogue.manage")
def set_performance(request: HttpRequest) -> HttpResponse:
    form = _form(request, request.POST)

    def work() -> str:
        services.set_performance(request.actor, owner_id=request.owner.id, **form.values())
        messages.success(request, _("Kinerja metode tersimpan; berlaku untuk nilai yang diisi mulai sekarang."))
        return reverse("bench:performance")

    if form.is_valid():
        with refusals(form):
            return submit_once(request, work)
    return _page(request, performance=form)


@require_POST
@page("catalogue.manage")
def choose_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST, auto_id="aturan-%s")

    def work() -> str:
        services.choose_decision_rule(request.actor, owner_id=request.owner.id, rule=form.cleaned_data["rule"])
        messages.success(request, _("Aturan keputusan tersimpan; LHU menyebutkannya."))
        return reverse("bench:performance")

    if form.is_valid():
        with refusals(form):
            return submit_once(request, work)
    return _page(request, rule=form)
