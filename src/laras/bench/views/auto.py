"""Rules of automatic verification: what holds, drafts, and what a draft would have done with the results that are there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.bench import queries, services, words
from laras.bench.forms import AutoRuleForm, ReasonForm, TrialForm
from laras.bench.models import AutoRule
from laras.bench.states import AUTO_RULE
from laras.bench.views.shared import address_of_result
from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core import journal
from laras.core.web import page, refusals, submit_once
from laras.partners import queries as partners
from laras.resources import queries as resources

ENDED = 20
SENDERS = 200


@page("bench.verify", "bench.validate")
def auto_rules(request: HttpRequest) -> HttpResponse:
    """All rules; POST drafts one."""
    may = request.actor.can("bench.validate", request.owner.id)
    form = _form(request) if may else None
    if request.method == "POST":
        request.actor.require("bench.validate", request.owner.id)
        assert form is not None
        if form.is_valid():
            with refusals(form):

                def work() -> str:
                    asks = form.cleaned_data
                    asks["exempt"] = [UUID(key) for key in asks["exempt"]]
                    rule = services.draft_auto_rule(request.actor, owner_id=request.owner.id, **asks)
                    return reverse("bench:auto_rule", args=[rule.id])

                return submit_once(request, work)
    shown = [*queries.auto_rules(request.scope, "on", "draft"), *queries.auto_rules(request.scope, "off")[:ENDED]]
    shown.sort(key=lambda rule: ("on", "draft", "off").index(rule.status))
    context = {
        "rules": [(rule, _test(request, rule), asks_in_words(request, rule)) for rule in shown],
        "form": form,
        "AUTO_RULE": AUTO_RULE,
    }
    return render(request, "bench/auto_rules.html", context, status=422 if form and form.errors else 200)


def _form(request: HttpRequest) -> AutoRuleForm:
    tests = catalogues.effective(request.owner.id).tests
    mine = resources.can_do(request.owner.id, tests)
    senders = [(str(one.id), one.name) for one in partners.all_clients(request.scope).order_by("name")[:SENDERS]]
    names = sorted(((code, name_of(tests[code])) for code in mine), key=lambda pair: pair[1])
    return AutoRuleForm(request.POST or None, tests=names, senders=senders)


def _test(request: HttpRequest, rule: AutoRule) -> str:
    test = catalogues.effective(request.owner.id).tests.get(rule.test_code)
    return name_of(test) if test else rule.test_code or _("Semua pemeriksaan tanpa aturan sendiri")


def asks_in_words(request: HttpRequest, rule: AutoRule) -> list[str]:
    """What a rule asks, one sentence each."""
    return words.asks(rule, len(rule.exempt))


@page("bench.verify", "bench.validate")
def auto_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """One version; POST with ``act`` tries it (``coba``), switches it on (``berlakukan``) or off (``akhiri``)."""
    rule = queries.get_auto_rule(request.scope, rule_id)
    trying = TrialForm(request.POST if request.POST.get("act") == "coba" else None, initial={"days": 30})
    ending = ReasonForm(request.POST if request.POST.get("act") == "akhiri" else None, auto_id="akhiri-%s")
    trial = None
    key: dict[str, Any] = {"owner_id": request.owner.id, "rule_id": rule.id}
    act = request.POST.get("act", "")
    if act == "coba" and trying.is_valid():
        with refusals(trying):
            trial = services.try_auto_rule(request.actor, **key, **trying.cleaned_data)
            rule = queries.get_auto_rule(request.scope, rule_id)
    elif act == "berlakukan":
        services.switch_on_auto_rule(request.actor, **key)
        messages.success(request, _("Aturan berlaku untuk hasil yang diisi mulai sekarang."))
        return redirect(reverse("bench:auto_rule", args=[rule.id]))
    elif act == "akhiri" and ending.is_valid():
        with refusals(ending):
            services.switch_off_auto_rule(request.actor, **key, **ending.cleaned_data)
            messages.success(request, _("Aturan diakhiri. Hasil berikutnya menunggu verifikasi orang."))
            return redirect(reverse("bench:auto_rule", args=[rule.id]))
    context = {
        "rule": rule,
        "test": _test(request, rule),
        "asks": asks_in_words(request, rule),
        "persons": queries.names_of([rule.made_by, rule.switched_on_by, rule.ended_by]),
        "trial": trial,
        "stops": [(words.stopped([code]), n) for code, n in trial.stops] if trial else (),
        "examples": [
            (address_of_result(result_id), code, sample, words.stopped(why))
            for result_id, code, sample, why in (trial.examples if trial else ())
        ],
        "trying": trying,
        "ending": ending,
        "may": request.actor.can("bench.validate", request.owner.id),
        "moves": {move.name for move in AUTO_RULE.available(rule.status)},
        "lines": journal.history(request.scope, rule.id),
        "AUTO_RULE": AUTO_RULE,
    }
    return render(request, "bench/auto_rule.html", context, status=422 if trying.errors or ending.errors else 200)
