"""Pages of institutions: who organisations belong to by law, which is neither their region nor their place."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.core.web import page
from laras.network import forms, queries, services
from laras.network.models import INSTITUTION_LABELS, Institution
from laras.network.views._common import MANAGE_NETWORK, PER_PAGE, posted, saved


def _institution(institution_id: UUID) -> Institution:
    row = queries.institution(institution_id)
    if row is None:
        raise NotFound(_("Institusi tidak ditemukan."))
    return row


@page(anyone=True)
def institutions(request: HttpRequest) -> HttpResponse:
    form = forms.InstitutionFilters(request.GET)
    shown = Paginator(queries.institutions(**form.given()), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "rows": [{"row": row, "kind": INSTITUTION_LABELS[row.kind]} for row in shown.object_list],
        "may_manage": request.actor.can(MANAGE_NETWORK, request.owner.id),
    }
    template = "network/_institutions.html" if request.htmx else "network/institutions.html"
    return render(request, template, context)


@page(anyone=True)
def institution(request: HttpRequest, institution_id: UUID) -> HttpResponse:
    row = _institution(institution_id)
    held = Paginator(queries.organisations(institution_id=institution_id), PER_PAGE).get_page(request.GET.get("page"))
    may_manage = request.actor.can(MANAGE_NETWORK, request.owner.id)
    context = {
        "row": row,
        "kind": INSTITUTION_LABELS[row.kind],
        "page": held,
        "found": queries.organisation_rows(held.object_list),
        "may_manage": may_manage,
        "lines": journal.history(Scope.of(request.owner.id), institution_id) if may_manage else [],
    }
    return render(request, "network/institution.html", context)


@page(MANAGE_NETWORK)
def create_institution(request: HttpRequest) -> HttpResponse:
    form = forms.NewInstitutionForm(posted(request))

    def write() -> str:
        made = services.create_institution(request.actor, office_id=request.owner.id, **form.cleaned_data)
        return reverse("network:institution", args=[made.pk])

    if answer := saved(request, form, write, _("Institusi dicatat.")):
        return answer
    context = {"title": _("Institusi baru"), "form": form, "submit": _("Simpan"), "draft": "institusi-baru",
               "lead": _("Pemilik lembaga menurut hukum: pemerintah daerah, kementerian, yayasan, atau badan usaha."),
               "back": reverse("network:institutions")}  # fmt: skip
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@page(MANAGE_NETWORK)
def alter_institution(request: HttpRequest, institution_id: UUID) -> HttpResponse:
    row = _institution(institution_id)
    back = reverse("network:institution", args=[institution_id])
    form = forms.AlterInstitutionForm(posted(request), initial={"name": row.name, "kind": row.kind})

    def write() -> str:
        services.alter_institution(
            request.actor, office_id=request.owner.id, institution_id=institution_id, **form.cleaned_data
        )
        return back

    if answer := saved(request, form, write, _("Institusi disimpan.")):
        return answer
    title = _("Ubah %(name)s") % {"name": row.name}
    context = {"title": title, "form": form, "submit": _("Simpan"), "back": back}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)
