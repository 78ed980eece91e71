"""Samples of sites against the clock: what must begin when, and noting that it began."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from laras.bench import queries, services
from laras.bench.forms import BeginForm
from laras.bench.views.shared import abilities
from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core import clock
from laras.core.web import page, refusals, submit_once

MOST = 200


@require_safe
@page("bench.read", "bench.enter")
def holding(request: HttpRequest) -> HttpResponse:
    """What waits for its test to begin, what ends first on top."""
    return _page(request, BeginForm())


def _page(request: HttpRequest, form: BeginForm) -> HttpResponse:
    now = clock.now()
    tests = catalogues.effective(request.owner.id).tests
    chosen = set(request.POST.getlist("id"))
    rows = [
        {
            "one": one,
            "key": (key := " ".join(str(row.id) for row in one.results)),
            "chosen": key in chosen,
            "tests": [
                name_of(tests[row.test_code]) if row.test_code in tests else row.test_code for row in one.results
            ],
            "left": abs(one.clock.left(now)),
            "over": one.clock.left(now) < timedelta(0),
            "soon": timedelta(0) <= one.clock.left(now) < timedelta(hours=6),
        }
        for one in queries.waiting_clocks(request.scope, request.owner.id)
    ]
    context = {
        "rows": rows,
        "form": form,
        "over": sum(bool(row["over"]) for row in rows),
        "soon": sum(bool(row["soon"]) for row in rows),
        "can": abilities(request),
    }
    return render(request, "bench/holding.html", context, status=422 if form.errors else 200)


@require_POST
@page("bench.enter")
def begin(request: HttpRequest) -> HttpResponse:
    """The ticked tests began."""
    form = BeginForm(request.POST)
    ids: list[UUID] = []
    for text in request.POST.getlist("id")[:MOST]:
        for part in text.split():
            try:
                ids.append(UUID(part))
            except ValueError:
                continue
    if form.is_valid():

        def work() -> str:
            if not ids:
                messages.warning(request, _("Centang sampel yang mulai diuji."))
                return reverse("bench:holding")
            made = services.begin_tests(request.actor, owner_id=request.owner.id, result_ids=ids, **form.cleaned_data)
            text = ngettext("%(n)d pemeriksaan dicatat mulai.", "%(n)d pemeriksaan dicatat mulai.", len(made))
            messages.success(request, text % {"n": len(made)})
            return reverse("bench:holding")

        with refusals(form):
            return submit_once(request, work)
    return _page(request, form)
