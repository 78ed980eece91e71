"""Pages of organisations: the list, one of them, its making, altering, closing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import clock, journal
from laras.core.endings import what_would_end
from laras.core.errors import Forbidden, NotFound
from laras.core.scope import Scope
from laras.core.web import page, refusals
from laras.network import forms, queries, rules, services
from laras.network.models import KIND_LABELS
from laras.network.views._common import MANAGE_NETWORK, MANAGE_ORGANISATION, PER_PAGE, period_state, posted, saved
from laras.network.views.jurisdictions import claim_lines


@page(anyone=True)
def laboratories(request: HttpRequest) -> HttpResponse:
    form = forms.LaboratoryFilters(request.GET)
    rows = queries.organisations(**form.given())
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    found = [{"row": row, "kind": KIND_LABELS[row.kind]} for row in queries.organisation_rows(shown.object_list)]
    context = {
        "form": form,
        "page": shown,
        "found": found,
        "may_manage": request.actor.can(MANAGE_NETWORK, request.owner.id),
    }
    template = "network/_laboratories.html" if request.htmx else "network/laboratories.html"
    return render(request, template, context)


@page(anyone=True)
def organisation(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    return _organisation_page(request, organisation_id)


def _organisation_page(
    request: HttpRequest, organisation_id: UUID, reopen_form: forms.ReopenForm | None = None
) -> HttpResponse:
    versions = queries.organisation_history(organisation_id)
    if not versions:
        raise NotFound(_("Lembaga tidak ditemukan."))
    today = clock.today()
    # Before its first day an organisation shows what it will be.
    now = next((v for v in versions if today in rules.Period(v.valid_from, v.valid_until)), versions[-1])
    told = queries.organisation_rows(versions)
    row = next(one for one in told if one.valid_from == now.valid_from)
    below = Paginator(queries.organisations(supervisor_id=organisation_id), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "row": row,
        "area": queries.area_label(row.area_id),
        "kind": KIND_LABELS[row.kind],
        "versions": [
            {"row": one, "kind": KIND_LABELS[one.kind], "state": period_state(one.valid_from, one.valid_until)}
            for one in told
        ],
        "chain": queries.organisation_rows_of(queries.supervisor_chain(organisation_id)),
        "below": below,
        "below_rows": queries.organisation_rows(below.object_list),
        "jurisdictions": claim_lines(queries.jurisdiction_history(organisation_id)),
        "successions": [
            {
                "row": one,
                "other": one.successor if one.predecessor_id == organisation_id else one.predecessor,
                "came_from": one.successor_id == organisation_id,
            }
            for one in queries.successions_of_organisation(organisation_id)
        ],
        "may_restructure": services.may_restructure(request.actor, request.owner.id, organisation_id),
        "reopen_form": reopen_form or forms.ReopenForm(),
        "may_alter": _may_alter(request, organisation_id),
        "lines": journal.history(Scope.of(organisation_id), organisation_id)
        if request.actor.can("core.read_audit", organisation_id)
        else [],
    }
    return render(request, "network/organisation.html", context, status=422 if reopen_form else 200)


def _may_alter(request: HttpRequest, organisation_id: UUID) -> bool:
    if request.actor.can(MANAGE_ORGANISATION, organisation_id):
        return True
    return services.may_restructure(request.actor, request.owner.id, organisation_id)


@page(anyone=True)
def alter(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = queries.organisation_row(organisation_id) or next(
        iter(queries.organisation_rows(queries.organisation_history(organisation_id))), None
    )
    if row is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    if not _may_alter(request, organisation_id):
        raise Forbidden(right=MANAGE_ORGANISATION)
    structural = services.may_restructure(request.actor, request.owner.id, organisation_id)
    kind = forms.AlterStructureForm if structural else forms.AlterDescriptionForm
    initial = {
        "name": row.name,
        "address": row.address,
        "phone": row.phone,
        "lat": _degrees(row.lat),
        "lon": _degrees(row.lon),
        "accreditation_number": row.accreditation_number,
        "kind": row.kind,
        "tier": row.tier,
        "area_id": row.area,
        "supervisor_id": row.supervisor,
        "institution_id": row.institution_code,
        "region_id": next((str(r.id) for r in queries.regions() if r.number == row.region), ""),
    }
    form = kind(posted(request), initial=initial)
    address = reverse("network:organisation", args=[organisation_id])

    def write() -> str:
        services.alter_organisation(
            request.actor,
            organisation_id=organisation_id,
            changes=form.values(),
            valid_from=form.cleaned_data["valid_from"],
            office_id=request.owner.id,
            reason=form.cleaned_data["reason"],
        )
        return address

    if answer := saved(request, form, write, _("Data lembaga disimpan.")):
        return answer
    context = {"form": form, "row": row, "structural": structural, "back": address}
    return render(request, "network/organisation_form.html", context, status=422 if form.errors else 200)


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")


@page(MANAGE_NETWORK)
def create(request: HttpRequest) -> HttpResponse:
    form = forms.NewOrganisationForm(posted(request), initial={"kind": "puskesmas", "tier": 1})

    def write() -> str:
        made = services.create_organisation(
            request.actor,
            office_id=request.owner.id,
            code=form.cleaned_data["code"],
            valid_from=form.cleaned_data["valid_from"],
            **form.values(),
        )
        return reverse("network:organisation", args=[made.pk])

    if answer := saved(request, form, write, _("Lembaga dicatat.")):
        return answer
    context = {"form": form, "row": None, "structural": True, "back": reverse("network:laboratories")}
    return render(request, "network/organisation_form.html", context, status=422 if form.errors else 200)


@page(MANAGE_NETWORK)
def close(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = next(iter(queries.organisation_rows(queries.organisation_history(organisation_id)[:1])), None)
    if row is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    if not services.may_restructure(request.actor, request.owner.id, organisation_id):
        raise Forbidden(_("Lembaga ini berada di luar wilayah kewenangan Anda."), right=MANAGE_NETWORK)
    back = reverse("network:organisation", args=[organisation_id])
    below = queries.organisations(supervisor_id=organisation_id)
    form = forms.CloseForm(posted(request))
    if not below.exists():
        del form.fields["hand_over"]
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            # Several journals, therefore not the one unit of a form's key; a second press finds it closed.
            services.close_handing_over(
                request.actor, organisation_id=organisation_id, office_id=request.owner.id, **form.cleaned_data
            )
            messages.success(request, _("Lembaga ditutup."))
            return HttpResponseRedirect(back, status=303)
    context = {
        "form": form,
        "row": row,
        "back": back,
        "below": below.count(),
        "below_rows": queries.organisation_rows(below[:10]),
        "ending": what_would_end(organisation_id),
    }
    return render(request, "network/close.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE_NETWORK)
def reopen(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    form = forms.ReopenForm(request.POST)

    def write() -> str:
        services.reopen_organisation(
            request.actor,
            organisation_id=organisation_id,
            office_id=request.owner.id,
            reason=form.cleaned_data["reason"],
        )
        return reverse("network:organisation", args=[organisation_id])

    if answer := saved(request, form, write, _("Penutupan dibatalkan; peran yang berakhir karenanya berlaku lagi.")):
        return answer
    return _organisation_page(request, organisation_id, form)
