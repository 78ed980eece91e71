"""Blanks, duplicates and spikes beside the samples of a site."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core.forms import LarasForm, MomentField
from laras.core.web import page, submit_once
from laras.orders import queries, services
from laras.orders.forms import CodesField, placed
from laras.orders.rules.holding import OF
from laras.orders.states import QUALITY_ROLES
from laras.orders.views.registering import address_of


class QualityForm(LarasForm):
    role = forms.ChoiceField(label=gettext_lazy("Jenis"), choices=list(QUALITY_ROLES.items()), widget=forms.RadioSelect)
    samples = forms.MultipleChoiceField(
        label=gettext_lazy("Mendampingi"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Duplikat dan spike mendampingi satu contoh; blanko boleh beberapa."),
    )  # fmt: skip
    codes = CodesField(
        label=gettext_lazy("Hanya pemeriksaan ini"),
        help_text=gettext_lazy("Kosongkan untuk semua pemeriksaan contoh itu."),
    )
    added = forms.CharField(
        label=gettext_lazy("Kadar yang ditambahkan (spike)"), max_length=500, required=False,
        help_text=gettext_lazy("Kode dan kadar dalam satuan pemeriksaan, misalnya FEAIR 0,5; NO3 10."),
    )  # fmt: skip
    collected_at = MomentField(
        label=gettext_lazy("Waktu pengambilan"),
        required=False,
        help_text=gettext_lazy("Kosongkan bila sama dengan contohnya."),
    )
    note = forms.CharField(label=gettext_lazy("Catatan"), max_length=300, required=False)

    def __init__(self, *args: Any, samples: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["samples"].choices = samples


@page("orders.register")
def add(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """A quality sample beside samples of this order; it becomes an order for control material with its own label."""
    detail = queries.get_order(request.scope, order_id)
    if detail.order.subject_kind not in OF:
        messages.info(request, _("Contoh mutu hanya untuk contoh lingkungan, pangan, dan vektor yang berlaku."))
        return redirect(address_of(order_id))
    choices = [
        (str(row.id), f"{row.number} · {row.description or row.specimen}")
        for row in detail.samples
        if row.status != "cancelled"
    ]
    form = QualityForm(request.POST or None, samples=choices)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data

        def work() -> str:
            made = services.add_quality_sample(
                request.actor, owner=request.owner, sample_ids=[UUID(key) for key in values["samples"]], role=values["role"],
                codes=[code.upper() for code in values["codes"]], collected_at=values["collected_at"],
                added=services.read_added(values["added"]), note=values["note"],
            )  # fmt: skip
            messages.success(request, _("Contoh mutu %(number)s terdaftar; cetak labelnya.") % {"number": made.number})
            return address_of(made.id) + "?baru=1"

        with placed(form):
            return submit_once(request, work)
    context = {
        "title": _("Contoh mutu"), "lead": f"{detail.order.number} · {detail.subject}", "form": form, "submit": _("Daftarkan"),
        "back": address_of(order_id),
    }  # fmt: skip
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)
