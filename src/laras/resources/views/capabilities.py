"""Pages of what laboratories can do: everybody reads, the head of the laboratory writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.catalogue.queries import effective
from laras.catalogue.types import TestInfo
from laras.catalogue.words import name_of
from laras.core import journal
from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.core.web import page, refusals, submit_once
from laras.network import queries as network
from laras.network.types import OrganisationRow
from laras.resources import forms, queries, services
from laras.resources.states import CAPABILITY
from laras.resources.types import Offer
from laras.resources.words import reason_in_words

RIGHT = services.RIGHT
PER_PAGE = 50


def _laboratory(organisation_id: UUID) -> OrganisationRow:
    row = network.organisation_row(organisation_id)
    if row is None or row.owner_kind != "laboratory":
        raise NotFound(_("Laboratorium tidak ditemukan."))
    return row


def _line(offer: Offer, tests: Any) -> dict[str, Any]:
    test = tests.get(offer.test_code)
    return {
        "offer": offer,
        "name": name_of(test) if test else offer.test_code,
        "discipline": test.discipline if test else "",
        "group": DISCIPLINE_LABELS.get(test.discipline, "") if test else "",
    }


def _by_name(rows: Any, tests: Any) -> list[Any]:
    def name(row: Any) -> tuple[str, str]:
        test = tests.get(row.test_code)
        return (name_of(test) if test else row.test_code).casefold(), row.method

    return sorted(rows, key=name)


def _posted(request: HttpRequest) -> Any:
    """What was sent; an empty form that was sent is still one to check."""
    return request.POST if request.method == "POST" else None


@page(anyone=True)
def own(request: HttpRequest) -> HttpResponse:
    """The laboratory worked in now; an office looks for who does a test instead."""
    if request.owner.kind == "laboratory":
        return redirect("resources:laboratory", organisation_id=request.owner.id)
    return redirect("resources:find")


@page(anyone=True)
def laboratory(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = _laboratory(organisation_id)
    form = forms.CapabilityFilters(request.GET)
    form.is_valid()
    data = form.cleaned_data
    rows = queries.capabilities(owner_id=organisation_id, status=data.get("status") or None)
    total = queries.capabilities(owner_id=organisation_id).count()
    rows = queries.narrowed(
        rows, organisation_id, discipline=data.get("discipline") or "", search=data.get("search") or ""
    )
    tests = effective(organisation_id).tests
    # By name, which only the catalogue knows; what a laboratory can do is some hundred rows.
    shown = Paginator(_by_name(rows, tests), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "row": row,
        "form": form,
        "page": shown,
        "lines": [_line(queries.offer(one), tests) for one in shown.object_list],
        "total": total,
        "machine": CAPABILITY,
        "may_write": request.actor.can(RIGHT, organisation_id),
        "may_see_equipment": request.actor.can("resources.read", organisation_id),
    }
    template = "resources/_capabilities.html" if request.htmx else "resources/laboratory.html"
    return render(request, template, context)


@page(anyone=True)
def capability(request: HttpRequest, organisation_id: UUID, capability_id: UUID) -> HttpResponse:
    return _capability_page(request, organisation_id, capability_id)


def _capability_page(
    request: HttpRequest,
    organisation_id: UUID,
    capability_id: UUID,
    *,
    pause_form: forms.PauseForm | None = None,
    remove_form: forms.RemoveForm | None = None,
) -> HttpResponse:
    row = _laboratory(organisation_id)
    offer = queries.capability(organisation_id, capability_id)
    may_write = request.actor.can(RIGHT, organisation_id)
    context = {
        "row": row,
        **_line(offer, effective(organisation_id).tests),
        "machine": CAPABILITY,
        "may_write": may_write,
        "pause_form": pause_form or forms.PauseForm(),
        "remove_form": remove_form or forms.RemoveForm(prefix="remove"),
        "lines": journal.history(Scope.of(organisation_id), capability_id) if may_write else [],
    }
    refused = pause_form is not None or remove_form is not None
    return render(request, "resources/capability.html", context, status=422 if refused else 200)


@page(RIGHT)
def add(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = _laboratory(organisation_id)
    request.actor.require(RIGHT, organisation_id)
    form = forms.NewCapabilityForm(_posted(request), initial={"tat_hours": 24})
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.add_capability(
                request.actor,
                owner_id=organisation_id,
                test_code=form.cleaned_data["test_code"],
                **form.values(),
            )
            messages.success(request, _("Pemeriksaan ditambahkan."))
            return reverse("resources:laboratory", args=[organisation_id])

        with refusals(form):
            return submit_once(request, work)
    context = {"row": row, "form": form, "back": reverse("resources:laboratory", args=[organisation_id])}
    return render(request, "resources/capability_form.html", context, status=422 if form.errors else 200)


@page(RIGHT)
def alter(request: HttpRequest, organisation_id: UUID, capability_id: UUID) -> HttpResponse:
    row = _laboratory(organisation_id)
    request.actor.require(RIGHT, organisation_id)
    offer = queries.capability(organisation_id, capability_id)
    back = reverse("resources:capability", args=[organisation_id, capability_id])
    initial = {name: getattr(offer, name) for name in services.FIELDS}
    form = forms.CapabilityForm(_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.alter_capability(
                request.actor, owner_id=organisation_id, capability_id=capability_id, changes=form.values()
            )
            messages.success(request, _("Data pemeriksaan disimpan."))
            return back

        with refusals(form):
            return submit_once(request, work)
    context = {
        "row": row,
        "form": form,
        "back": back,
        "line": _line(offer, effective(organisation_id).tests),
    }
    return render(request, "resources/capability_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(RIGHT)
def pause(request: HttpRequest, organisation_id: UUID, capability_id: UUID) -> HttpResponse:
    form = forms.PauseForm(request.POST)
    if form.is_valid():

        def work() -> str:
            services.pause_capability(
                request.actor,
                owner_id=organisation_id,
                capability_id=capability_id,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Pemeriksaan dihentikan sementara."))
            return reverse("resources:capability", args=[organisation_id, capability_id])

        with refusals(form):
            return submit_once(request, work)
    request.actor.require(RIGHT, organisation_id)
    return _capability_page(request, organisation_id, capability_id, pause_form=form)


@require_POST
@page(RIGHT)
def resume(request: HttpRequest, organisation_id: UUID, capability_id: UUID) -> HttpResponse:
    def work() -> str:
        services.resume_capability(request.actor, owner_id=organisation_id, capability_id=capability_id)
        messages.success(request, _("Pemeriksaan aktif lagi."))
        return reverse("resources:capability", args=[organisation_id, capability_id])

    return submit_once(request, work)


@require_POST
@page(RIGHT)
def remove(request: HttpRequest, organisation_id: UUID, capability_id: UUID) -> HttpResponse:
    form = forms.RemoveForm(request.POST, prefix="remove")
    if form.is_valid():

        def work() -> str:
            services.remove_capability(
                request.actor,
                owner_id=organisation_id,
                capability_id=capability_id,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Pemeriksaan dihapus dari daftar."))
            return reverse("resources:laboratory", args=[organisation_id])

        with refusals(form):
            return submit_once(request, work)
    request.actor.require(RIGHT, organisation_id)
    return _capability_page(request, organisation_id, capability_id, remove_form=form)


@page(anyone=True)
def find(request: HttpRequest) -> HttpResponse:
    """Who does a test, in the order in which this organisation should ask."""
    form = forms.FindForm(request.GET)
    form.is_valid()
    text = (form.cleaned_data.get("test") or "").strip()
    catalogue = effective(request.owner.id)
    test = catalogue.tests.get(text)
    matches: list[TestInfo] = []
    if text and test is None:
        matches = [one for one in catalogue.search(text, limit=20) if isinstance(one, TestInfo)]
        if len(matches) == 1:
            test, matches = matches[0], []
    candidates = queries.laboratories_for(test.code, request.owner.id) if test else []
    context = {
        "form": form,
        "text": text,
        "test": test,
        "matches": matches,
        "candidates": [{"one": one, "why": [reason_in_words(reason) for reason in one.reasons]} for one in candidates],
        "own": bool(test and queries.can_do(request.owner.id, [test.code])),
    }
    return render(request, "resources/find.html", context)


@page(anyone=True)
def test_options(request: HttpRequest) -> HttpResponse:
    """Options of a datalist: tests of the catalogue that contain what was typed."""
    text = (request.GET.get("test") or request.GET.get("test_code") or "")[:100]
    found = effective(request.owner.id).search(text, limit=15) if len(text.strip()) >= 2 else ()
    options = [one for one in found if isinstance(one, TestInfo)]
    return render(request, "resources/_test_options.html", {"options": options})
