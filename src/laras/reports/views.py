"""Screens of reports: what can be released, what was issued, and the public page behind the QR code."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from laras.bench import queries as bench
from laras.bench.states import RESULT
from laras.catalogue import queries as catalogue
from laras.catalogue.words import is_english, name_of
from laras.core import clock, journal
from laras.core.errors import Refused
from laras.core.forms import LarasForm, ReasonField
from laras.core.printing.formats import moment_text
from laras.core.web import page, refusals, submit_once
from laras.orders import queries as orders
from laras.reports import queries, services
from laras.reports.models import Report
from laras.reports.states import REPORT

PAGE = 50
AT_ONCE = 100
"""Orders released, or PDFs packed, by one press of a button."""


class ReleaseForm(LarasForm):
    reason = forms.CharField(
        label=gettext_lazy("Apa yang berubah"),
        max_length=services.LONGEST,
        required=False,
        help_text=gettext_lazy("Wajib bila yang sudah dilaporkan berubah; tercetak di LHU."),
    )
    comment = forms.CharField(
        label=gettext_lazy("Catatan dan saran"),
        max_length=services.LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    interim = forms.BooleanField(label=gettext_lazy("Terbitkan sebagai hasil sementara"), required=False)


class WithdrawForm(LarasForm):
    reason = ReasonField(label=gettext_lazy("Alasan penarikan"))


class ReportFilter(LarasForm):
    q = forms.CharField(label=gettext_lazy("Nomor LHU"), max_length=48, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", gettext_lazy("Semua")), *REPORT.choices]
    )


@page("reports.read")
def report_list(request: HttpRequest) -> HttpResponse:
    form = ReportFilter(request.GET or None)
    form.is_valid()
    chosen = form.cleaned_data if form.is_bound else {}
    rows = queries.reports(request.scope, status=chosen.get("status", ""), number=chosen.get("q", ""))
    rows, cursor = queries.page(rows, after=request.GET.get("after", ""), limit=PAGE)
    context = {"filter_form": form, "reports": rows, "cursor": cursor, "REPORT": REPORT}
    return render(request, "reports/list.html", context)


@page("reports.read")
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The issued PDFs of the chosen reports in one ZIP; those not drawn yet are drawn now."""
    chosen = _keys(request, "report")
    if not chosen:
        messages.warning(request, _("Pilih dulu LHU yang akan diunduh."))
        return HttpResponseRedirect(reverse("reports:list"), status=303)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for report_id in chosen:
            report = queries.get_report(request.scope, report_id)
            content = services.issue_pdf(request.actor, owner_id=request.owner.id, report_id=report.id)
            archive.writestr(f"{_file_name(report)}.pdf", content)
    response = HttpResponse(packed.getvalue(), content_type="application/zip")
    name = f"LHU-{request.owner.code}-{clock.today(request.owner.zone):%Y%m%d}"
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


def _keys(request: HttpRequest, name: str) -> list[UUID]:
    """The chosen rows, at most :data:`AT_ONCE`. Raises Refused for more or for what is no key."""
    try:
        chosen = list(dict.fromkeys(UUID(key) for key in request.POST.getlist(name)))
    except ValueError as error:
        raise Refused(_("Pilihan tidak dikenal. Muat ulang halaman ini.")) from error
    if len(chosen) > AT_ONCE:
        raise Refused(_("Paling banyak %(n)d sekaligus.") % {"n": AT_ONCE})
    return chosen


@page("reports.read")
def report_detail(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = queries.get_report(request.scope, report_id)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals(form):

            def work() -> str:
                services.withdraw_report(
                    request.actor, owner_id=request.owner.id, report_id=report.id, reason=form.cleaned_data["reason"]
                )
                return reverse("reports:detail", args=[report.id])

            answer = submit_once(request, work)
            messages.success(request, _("LHU ditarik."))
            return answer
    versions = queries.versions(request.scope, report.order_id)
    document = queries.document(report)
    context = {
        "report": report,
        "document": document,
        "rows": _named(report.owner_id, document.rows, lambda row: (row.key.rpartition("/")[2], row.test)),
        "laboratories": {lab.key: lab.name for lab in document.laboratories},
        "order": orders.order_head(request.scope, report.order_id),
        "versions": versions,
        "newest": versions[0],
        "public_url": request.build_absolute_uri(reverse("reports:public", args=[report.token])),
        "lines": [
            line for line in journal.history(request.scope, report.order_id) if line.event.startswith("reports.")
        ],
        "form": form,
        "REPORT": REPORT,
        "can_amend": request.actor.can("reports.amend", request.owner.id),
        "can_release": request.actor.can("reports.release", request.owner.id),
    }
    return render(request, "reports/detail.html", context, status=422 if form.errors else 200)


@page("reports.release")
def ready(request: HttpRequest) -> HttpResponse:
    """Orders whose results are all validated: released one by one or several at once, each in its own unit."""
    problems: dict[UUID, str] = {}
    if request.method == "POST":
        outcomes = services.release_many(request.actor, owner_id=request.owner.id, order_ids=_keys(request, "order"))
        problems = {outcome.order_id: outcome.problem for outcome in outcomes if outcome.report is None}
        if done := len(outcomes) - len(problems):
            messages.success(request, ngettext("%(n)d LHU terbit.", "%(n)d LHU terbit.", done) % {"n": done})
        if not problems:
            return HttpResponseRedirect(reverse("reports:ready"), status=303)
    waiting = queries.ready_orders(request.scope, limit=AT_ONCE)
    shown = {row.order.id for row in waiting}
    gone = orders.orders_by_id(request.scope, [key for key in problems if key not in shown])
    context = {
        "rows": [(row, problems.get(row.order.id, "")) for row in waiting],
        "gone": [(gone[key].number, text) for key, text in problems.items() if key in gone],
        "full": len(waiting) == AT_ONCE,
        "selectable": any(not row.by_itself for row in waiting),
        "AT_ONCE": AT_ONCE,
        "REPORT": REPORT,
    }
    return render(request, "reports/ready.html", context, status=422 if problems else 200)


@page("reports.release")
def release(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The last look before a report leaves: what it will say, what is missing, what holds it."""
    detail = orders.get_order(request.scope, order_id)
    state = bench.releasable(request.scope, order_id)
    before = queries.newest(request.scope, order_id)
    known = "\n".join(queries.document(before).comments) if before else ""
    start = {"interim": not state.ready and state.partly, "comment": known[: services.LONGEST]}
    form = ReleaseForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        with refusals(form):

            def work() -> str:
                comment = form.cleaned_data["comment"]
                kept = before is not None and comment.split() == known.split()
                report = services.release_report(
                    request.actor,
                    owner_id=request.owner.id,
                    order_id=order_id,
                    interim=form.cleaned_data["interim"],
                    comments=None if kept else comment.splitlines(),
                    reason=form.cleaned_data["reason"],
                )
                return reverse("reports:detail", args=[report.id])

            answer = submit_once(request, work)
            messages.success(request, _("LHU terbit."))
            return answer
    reportable = {row.id for row in state.reportable}
    context = {
        "detail": detail,
        "order": detail.order,
        "state": state,
        "rows": [(row, row.id in reportable) for row in state.validated],
        "missing": _named(request.owner.id, state.missing, lambda row: (row.test_code, row.name)),
        "uncalled": [row for row in state.validated if row.open_call],
        "before": before,
        "form": form,
        "RESULT": RESULT,
        "REPORT": REPORT,
    }
    return render(request, "reports/release.html", context, status=422 if form.errors else 200)


def _named(owner_id: UUID, rows: Iterable[Any], says: Callable[[Any], tuple[str, str]]) -> list[tuple[Any, str]]:
    """Rows with the name of their test in the language of the screen; the paper stays as it was printed.

    ``says``: row -> code, if it is known, and name in Indonesian.
    """
    tests = catalogue.effective(owner_id).tests
    by_name = {test.name: test for test in tests.values()} if is_english() else {}
    found = []
    for row in rows:
        code, name = says(row)
        test = tests.get(code) or by_name.get(name)
        found.append((row, name_of(test) if test and is_english() else name))
    return found


def _file_name(report: Report) -> str:
    """``LHU-…-v1``; a version that no longer holds says so in its name."""
    mark = {"superseded": "-DIGANTIKAN", "withdrawn": "-DICABUT"}.get(report.status, "")
    return f"LHU-{report.number}-v{report.version}{mark}"


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@page("reports.read")
@require_safe
def pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The bytes as they were issued, whatever became of the version since."""
    report = queries.get_report(request.scope, report_id)
    content = services.issue_pdf(request.actor, owner_id=request.owner.id, report_id=report.id)
    return _pdf(content, _file_name(report))


@page("reports.read")
@require_safe
def copy(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A version that no longer holds, marked as such on each page."""
    report = queries.get_report(request.scope, report_id)
    content = services.marked_copy(request.actor, owner_id=request.owner.id, report_id=report.id)
    return _pdf(content, f"{_file_name(report)}-SALINAN")


@page("reports.read")
@require_safe
def draft(request: HttpRequest, order_id: UUID) -> HttpResponse:
    content = services.draft_pdf(request.actor, owner_id=request.owner.id, order_id=order_id)
    return _pdf(content, "LHU-draf")


@never_cache
@require_safe
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Anybody who holds the paper may ask whether it is real. Says nothing of anybody's health."""
    facts = queries.public_facts(token)
    released = moment_text(facts.released_at, clock.ZONES.get(facts.zone, "WIB"))
    response = render(request, "reports/public.html", {"facts": facts, "released": released})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
