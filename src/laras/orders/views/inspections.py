"""Hygiene inspections: the checklist, what it came to, the orders of its samples, the letter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue.words import is_english
from laras.core import clock, journal
from laras.core.forms import DayField, LarasForm
from laras.core.web import page, submit_once
from laras.orders import documents, queries, services
from laras.orders import inspections as reading
from laras.orders.forms import placed
from laras.orders.round_forms import site_choices
from laras.orders.states import INSPECTION_OUTCOMES, ORDER, REVIEW_ANSWERS
from laras.orders.types import SiteInput
from laras.partners import queries as partners_queries


class InspectionForm(LarasForm):
    day = DayField(label=gettext_lazy("Hari inspeksi"))
    site_id = forms.TypedChoiceField(label=gettext_lazy("Lokasi"), required=False, coerce=UUID, empty_value=None)
    site_name = forms.CharField(
        label=gettext_lazy("Nama lokasi baru"), max_length=200, required=False,
        help_text=gettext_lazy("Kosongkan bila lokasinya dipilih di atas."),
    )  # fmt: skip
    site_address = forms.CharField(label=gettext_lazy("Alamat"), max_length=300, required=False)
    client_id = forms.TypedChoiceField(label=gettext_lazy("Pelanggan"), required=False, coerce=UUID, empty_value=None)
    inspector = forms.CharField(label=gettext_lazy("Petugas"), max_length=160, required=False)
    met = forms.CharField(label=gettext_lazy("Ditemui"), max_length=160, required=False)
    finding = forms.CharField(
        label=gettext_lazy("Temuan"), max_length=1200, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, sites: list[Any], clients: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["site_id"].choices = [("", _("— lokasi baru")), *sites]
        self.fields["client_id"].choices = [("", "—"), *clients]
        for item in reading.items():
            label = item.text_en if is_english() else item.text
            self.fields[f"answer_{item.code}"] = forms.ChoiceField(
                label=label, choices=list(REVIEW_ANSWERS.items()), widget=forms.RadioSelect, required=False
            )
            self.fields[f"note_{item.code}"] = forms.CharField(
                label=_("Catatan: %(item)s") % {"item": label}, max_length=300, required=False
            )

    @property
    def sections(self) -> list[tuple[str, list[tuple[forms.BoundField, forms.BoundField]]]]:
        found: dict[str, list[tuple[forms.BoundField, forms.BoundField]]] = {}
        for item in reading.items():
            name = item.section_en if is_english() else item.section
            found.setdefault(name, []).append((self[f"answer_{item.code}"], self[f"note_{item.code}"]))
        return list(found.items())

    def inspection(self) -> dict[str, Any]:
        """As the service takes it."""
        values = self.cleaned_data
        new = SiteInput(values["site_name"], address=values["site_address"]) if values["site_name"].strip() else None
        return {
            **{name: values[name] for name in ("day", "client_id", "inspector", "met", "finding")},
            "site_id": None if new else values["site_id"],
            "new_site": new,
            "answers": {item.code: values[f"answer_{item.code}"] for item in reading.items()},
            "notes": {item.code: values[f"note_{item.code}"] for item in reading.items()},
        }


class JoinForm(LarasForm):
    number = forms.CharField(label=gettext_lazy("Nomor permintaan"), max_length=60)


class ConcludeForm(LarasForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("Kesimpulan"), widget=forms.RadioSelect,
        choices=[(key, label) for key, label in INSPECTION_OUTCOMES.items() if key != "open"],
    )  # fmt: skip
    conclusion = forms.CharField(
        label=gettext_lazy("Dasar kesimpulan"), max_length=1200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Peraturan, nilai, dan hasil laboratorium yang menjadi dasarnya. Tercetak di surat."),
    )  # fmt: skip


@require_safe
@page("orders.read")
def inspections(request: HttpRequest) -> HttpResponse:
    rights = ("orders.register", "orders.collect")
    context = {
        "rows": reading.inspections(request.scope),
        "OUTCOMES": INSPECTION_OUTCOMES,
        "may_note": any(request.actor.can(right, request.owner.id) for right in rights),
    }
    return render(request, "orders/inspections.html", context)


@page("orders.register", "orders.collect")
def new_inspection(request: HttpRequest) -> HttpResponse:
    clients = partners_queries.search(request.scope, "", limit=300).clients
    form = InspectionForm(
        request.POST or None,
        sites=site_choices(queries.sites(request.scope, limit=300)),
        clients=[(row.id, row.name) for row in clients],
        initial={"day": clock.today(request.owner.zone), "inspector": request.actor.name},
    )
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            row = services.note_inspection(request.actor, owner=request.owner, **form.inspection())
            messages.success(request, _("Inspeksi %(number)s tersimpan.") % {"number": row.number})
            return reverse("orders:inspection", args=[row.id])

        with placed(form):
            return submit_once(request, work)
    context = {"form": form, "example": all(item.status == "ours" for item in reading.items())}
    return render(request, "orders/inspection_form.html", context, status=422 if form.errors else 200)


@require_safe
@page("orders.read")
def inspection(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    return _page(request, inspection_id)


def _page(request: HttpRequest, inspection_id: UUID, **bound: forms.Form) -> HttpResponse:
    row = reading.get_inspection(request.scope, inspection_id)
    rights = ("orders.register", "orders.collect")
    open_ = row.outcome == "open"
    context = {
        "row": row,
        "percent": row.reached * 100 / row.possible if row.possible else None,
        "orders": reading.orders_of(request.scope, inspection_id),
        "OUTCOMES": INSPECTION_OUTCOMES,
        "ANSWERS": REVIEW_ANSWERS,
        "ORDER": ORDER,
        "may_join": open_ and any(request.actor.can(right, request.owner.id) for right in rights),
        "may_conclude": open_ and request.actor.can("orders.register", request.owner.id),
        "join_form": bound.get("join") or JoinForm(auto_id="gabung-%s"),
        "conclude_form": bound.get("conclude") or ConcludeForm(auto_id="simpul-%s"),
        "history": journal.history(request.scope, inspection_id),
    }
    return render(request, "orders/inspection.html", context, status=422 if bound else 200)


@require_POST
@page("orders.register", "orders.collect")
def join(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    reading.get_inspection(request.scope, inspection_id)
    form = JoinForm(request.POST, auto_id="gabung-%s")

    def work() -> str:
        services.join_order(
            request.actor, owner_id=request.owner.id, inspection_id=inspection_id, number=form.cleaned_data["number"]
        )
        messages.success(request, _("Permintaan ditambahkan ke inspeksi."))
        return reverse("orders:inspection", args=[inspection_id])

    if form.is_valid():
        with placed(form):
            return submit_once(request, work)
    return _page(request, inspection_id, join=form)


@require_POST
@page("orders.register")
def conclude(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    reading.get_inspection(request.scope, inspection_id)
    form = ConcludeForm(request.POST, auto_id="simpul-%s")

    def work() -> str:
        services.conclude_inspection(
            request.actor, owner_id=request.owner.id, inspection_id=inspection_id, **form.cleaned_data
        )
        messages.success(request, _("Inspeksi disimpulkan; suratnya dapat dicetak."))
        return reverse("orders:inspection", args=[inspection_id])

    if form.is_valid():
        with placed(form):
            return submit_once(request, work)
    return _page(request, inspection_id, conclude=form)


@require_safe
@page("orders.read")
def letter(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    """The result letter; a draft until a person has concluded."""
    row = reading.get_inspection(request.scope, inspection_id)
    pdf = documents.inspection_letter(row.owner, row, reading.orders_of(request.scope, inspection_id))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="inspeksi-{row.number}.pdf"'
    return response
