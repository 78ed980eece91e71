"""Screens of reports: what can be released, what was issued, and the public page behind the QR code."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from laras.bench import queries as bench
from laras.bench.states import RESULT
from laras.core import clock, journal
from laras.core.forms import LarasForm, ReasonField
from laras.core.printing.formats import moment_text
from laras.core.web import page, refusals, submit_once
from laras.orders import queries as orders
from laras.reports import queries, services
from laras.reports.states import REPORT

PAGE = 50


class ReleaseForm(LarasForm):
    reason = forms.CharField(
        label=gettext_lazy("Apa yang berubah"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Wajib bila menggantikan versi yang sudah lengkap; tercetak di LHU."),
    )
    comment = forms.CharField(
        label=gettext_lazy("Catatan dan saran"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
    interim = forms.BooleanField(label=gettext_lazy("Terbitkan sebagai hasil sementara"), required=False)


class WithdrawForm(LarasForm):
    reason = ReasonField(label=gettext_lazy("Alasan penarikan"))


class ReportFilter(LarasForm):
    q = forms.CharField(label=gettext_lazy("Nomor LHU"), required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", gettext_lazy("Semua")), *REPORT.choices]
    )


@page("reports.read")
def report_list(request: HttpRequest) -> HttpResponse:
    form = ReportFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = queries.reports(request.scope, status=chosen.get("status", ""), number=chosen.get("q", ""))
    after = request.GET.get("after", "")
    rows, cursor = queries.page(rows, after=after, limit=PAGE)
    context = {"filter_form": form, "reports": rows, "cursor": cursor, "REPORT": REPORT}
    return render(request, "reports/list.html", context)


@page("reports.read")
def report_detail(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = queries.get_report(request.scope, report_id)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            services.withdraw_report(
                request.actor, owner_id=request.owner.id, report_id=report.id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("LHU ditarik."))
            return submit_once(request, lambda: reverse("reports:detail", args=[report.id]))
    context = {
        "report": report,
        "document": queries.document(report),
        "order": orders.order_head(request.scope, report.order_id),
        "versions": queries.versions(request.scope, report.order_id),
        "public_url": request.build_absolute_uri(reverse("reports:public", args=[report.token])),
        "lines": [
            line for line in journal.history(request.scope, report.order_id) if line.event.startswith("reports.")
        ],
        "form": form,
        "REPORT": REPORT,
        "can_amend": request.actor.can("reports.amend", request.owner.id),
    }
    return render(request, "reports/detail.html", context, status=422 if form.errors else 200)


@page("reports.release")
def release(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The last look before a report leaves: what it will say, what is missing, what holds it."""
    detail = orders.get_order(request.scope, order_id)
    state = bench.releasable(request.scope, order_id)
    before = queries.current(request.scope, order_id)
    form = ReleaseForm(request.POST or None, initial={"interim": not state.ready and state.partly})
    if request.method == "POST" and form.is_valid():
        with refusals(form):

            def work() -> str:
                report = services.release_report(
                    request.actor,
                    owner_id=request.owner.id,
                    order_id=order_id,
                    interim=form.cleaned_data["interim"],
                    comments=[form.cleaned_data["comment"]],
                    reason=form.cleaned_data["reason"],
                )
                return reverse("reports:detail", args=[report.id])

            answer = submit_once(request, work)
            messages.success(request, _("LHU terbit."))
            return answer
    context = {
        "detail": detail,
        "order": detail.order,
        "state": state,
        "before": before,
        "form": form,
        "RESULT": RESULT,
        "REPORT": REPORT,
    }
    return render(request, "reports/release.html", context, status=422 if form.errors else 200)


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@page("reports.read")
def pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = queries.get_report(request.scope, report_id)
    content = services.issue_pdf(request.actor, owner_id=request.owner.id, report_id=report.id)
    return _pdf(content, f"LHU-{report.number}-v{report.version}")


@page("reports.read")
def draft(request: HttpRequest, order_id: UUID) -> HttpResponse:
    content = services.draft_pdf(request.actor, owner_id=request.owner.id, order_id=order_id)
    return _pdf(content, "LHU-draf")


@never_cache
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Anybody who holds the paper may ask whether it is real. Says nothing of anybody's health."""
    facts = queries.public_facts(token)
    released = moment_text(facts.released_at, clock.ZONES.get(facts.zone, "WIB"))
    response = render(request, "reports/public.html", {"facts": facts, "released": released})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
