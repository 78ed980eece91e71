"""Screens of laboratories without a system: who they are, what waits there, and what came back on paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core.errors import DomainError, Forbidden, NotFound
from laras.core.web import page, refusals, submit_once
from laras.referral import queries, services
from laras.referral.forms import CancelForm, HandOverForm, PackForm
from laras.referral.models import PaperAnswer
from laras.referral.paper_forms import (
    DecisionForm,
    PaperPartnerForm,
    PaperTestForm,
    ReceiptForm,
    ResultsForm,
    ReturnForm,
    SheetForm,
)
from laras.referral.paper_sheet import empty_sheet, read_results
from laras.referral.states import OUTGOING, PAPER_ANSWER
from laras.referral.types import PaperLine
from laras.referral.views._common import with_names
from laras.referral.views.boxes import box_page
from laras.referral.views.outgoing import detail

READERS = ("referral.read", "referral.send")


@page(*READERS)
def partners(request: HttpRequest) -> HttpResponse:
    """Laboratories that work on paper, and what waits for a second person."""
    form = PaperPartnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.send", request.owner.id)
        if form.is_valid():

            def work() -> str:
                row = services.begin_paper(request.actor, owner_id=request.owner.id, **form.cleaned_data)
                messages.success(request, _("%(lab)s dirujuk dengan kertas.") % {"lab": row.partner.name})
                return reverse("referral:paper_partner", args=[row.partner_id])

            with refusals(form):
                return submit_once(request, work)
    context = {
        "rows": queries.paper_partners(request.scope),
        "waiting": with_names(queries.paper_answers(request.scope, waiting=True)[:100]),
        "form": form,
        "may_send": request.actor.can("referral.send", request.owner.id),
        "PAPER_ANSWER": PAPER_ANSWER,
    }
    return render(request, "referral/paper_partners.html", context, status=422 if form.errors else 200)


@page(*READERS)
def partner(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """One such laboratory: the tests it does, and the referrals that are there."""
    row = queries.get_paper_partner(request.scope, paper_id)
    form = PaperTestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.send", request.owner.id)
        if form.is_valid():

            def work() -> str:
                services.add_paper_test(
                    request.actor, owner_id=request.owner.id, partner_id=row.partner_id, **form.cleaned_data
                )
                messages.success(request, _("Pemeriksaan dicatat."))
                return reverse("referral:paper_partner", args=[row.partner_id])

            with refusals(form):
                return submit_once(request, work)
    tests = catalogues.effective(request.owner.id).tests
    referrals = list(queries.referrals_on_paper(request.scope, row.partner_id)[:200])
    context = {
        "row": row,
        "tests": [(one, _name(tests, one.test_code)) for one in queries.tests_on_paper(row)],
        "referrals": referrals,
        "form": form,
        "may_send": request.actor.can("referral.send", request.owner.id) and row.ended_at is None,
        "may_enter": request.actor.can("bench.enter", request.owner.id) and bool(referrals),
        "OUTGOING": OUTGOING,
    }
    return render(request, "referral/paper_partner.html", context, status=422 if form.errors else 200)


def _name(tests: Any, code: str) -> str:
    return name_of(tests[code]) if code in tests else code


@page("referral.send")
@require_POST
def end(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    row = services.end_paper(request.actor, owner_id=request.owner.id, partner_id=paper_id)
    messages.success(request, _("Rujukan baru ke sana tidak lagi dengan kertas."))
    return HttpResponseRedirect(reverse("referral:paper_partner", args=[row.partner_id]), status=303)


@page("referral.send")
@require_POST
def remove_test(request: HttpRequest, paper_id: UUID, paper_test_id: UUID) -> HttpResponse:
    services.remove_paper_test(request.actor, owner_id=request.owner.id, partner_id=paper_id, test_id=paper_test_id)
    messages.success(request, _("Pemeriksaan dihapus."))
    return HttpResponseRedirect(reverse("referral:paper_partner", args=[paper_id]), status=303)


@page("referral.send")
@require_POST
def decide(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """What was said of a referral without a value."""
    row = queries.get_outgoing(request.scope, referral_id)
    form = DecisionForm(row.status, request.POST)
    if form.is_valid():

        def work() -> str:
            services.note_paper_decision(
                request.actor, owner_id=request.owner.id, referral_id=row.id, **form.cleaned_data
            )
            messages.success(request, _("Jawaban dicatat."))
            return reverse("referral:outgoing_referral", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return detail(request, row, CancelForm(), decision=form)


# --- Results ----------------------------------------------------------------------------------------------------------


@page("bench.enter")
def results(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """The scan and its values. A sheet fills the rows in first; nothing is kept until the rows are saved."""
    row = queries.get_paper_partner(request.scope, paper_id)
    chosen = _chosen(request)
    items = queries.open_on_paper(request.scope, row.partner_id, referral_id=chosen)[:MOST_ROWS]
    catalogue = catalogues.effective(request.owner.id)
    names = {item.test_code: _name(catalogue.tests, item.test_code) for item in items}
    sheet, form, filled = SheetForm(auto_id="lembar_%s"), ResultsForm(items, names), 0
    if request.method == "POST" and "load" in request.POST:
        sheet = SheetForm(request.POST, request.FILES, auto_id="lembar_%s")
        if sheet.is_valid():
            with refusals_by_row(sheet, None):
                lines = read_results(sheet.cleaned_data["sheet"].read(), items, catalogue)
                form, filled = ResultsForm(items, names, lines=lines), len(lines)
    elif request.method == "POST":
        form = ResultsForm(items, names, data=request.POST, files=request.FILES)
        if form.is_valid():

            def work() -> str:
                scan, values = form.cleaned_data["scan"], form.cleaned_data
                answers = services.enter_paper_results(
                    request.actor,
                    owner_id=request.owner.id,
                    lines=form.lines(),
                    scan=scan.read(),
                    scan_name=scan.name,
                    report=values["report"],
                    at=values["at"],
                    note=values["note"],
                )
                messages.success(request, _("Hasil disimpan dan menunggu diperiksa orang kedua."))
                return reverse("referral:paper_answer", args=[answers[0].id])

            with refusals_by_row(form, form):
                return submit_once(request, work)
    context = {
        "row": row,
        "chosen": chosen,
        "form": form,
        "sheet": sheet,
        "filled": filled,
        "rows": form.rows(),
        "units": {item.id: catalogue.tests[item.test_code].unit for item in items if item.test_code in catalogue.tests},
    }
    return render(request, "referral/paper_results.html", context, status=422 if form.errors or sheet.errors else 200)


MOST_ROWS = 200


def _chosen(request: HttpRequest) -> UUID | None:
    """The one referral that the address asks for. Raises NotFound for what is none of ours."""
    given = request.GET.get("rujukan", "")
    if not given:
        return None
    try:
        return queries.get_outgoing(request.scope, UUID(given)).id
    except ValueError as error:
        raise NotFound() from error


class refusals_by_row:
    """As ``core.web.refusals``; problems that name a row go to that row's field, or say their row."""

    def __init__(self, form: Any, rows: ResultsForm | None) -> None:
        self.form, self.rows = form, rows

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if not isinstance(error, DomainError) or isinstance(error, Forbidden | NotFound):
            return False
        if not error.problems:
            self.form.add_error(None, str(error.message))
        for problem in error.problems:
            name = problem.field
            if problem.row and self.rows is not None:
                name = self.rows.place(problem.row, problem.field)
            text = str(problem.message)
            if problem.row and self.rows is None:
                text = _("Baris %(row)d, kolom %(field)s: %(text)s") % {
                    "row": problem.row,
                    "field": problem.field,
                    "text": text,
                }
            self.form.add_error(name if name in self.form.fields else None, text)
        return True


@page(*READERS, "bench.enter")
@require_safe
def sheet_file(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """The rows that wait there as CSV, to be sent along and filled in."""
    row = queries.get_paper_partner(request.scope, paper_id)
    items = queries.open_on_paper(request.scope, row.partner_id, referral_id=_chosen(request))
    text = empty_sheet(items, catalogues.effective(request.owner.id))
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="hasil-{row.partner.code}.csv"'
    return response


@page(*READERS, "bench.enter", "bench.verify")
def answer(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """What was entered beside the scan; a second person says that both are the same."""
    row = queries.get_paper_answer(request.scope, answer_id)
    if request.method == "POST":
        request.actor.require("bench.verify", request.owner.id)

        def work() -> str:
            services.take_paper_answer(request.actor, owner_id=request.owner.id, answer_id=row.id)
            messages.success(request, _("Hasil diambil."))
            return reverse("referral:outgoing_referral", args=[row.referral_id])

        try:
            return submit_once(request, work)
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("referral:paper_answer", args=[row.id]), status=303)
    return _answer_page(request, row, ReturnForm())


def _answer_page(request: HttpRequest, row: PaperAnswer, form: ReturnForm) -> HttpResponse:
    catalogue = catalogues.effective(request.owner.id)
    lines = queries.lines_of(row)
    found = queries.items_with_ids(request.scope, [line.item for line in lines])
    waits = row.status == "entered"
    mine = request.actor.person_id is not None and request.actor.person_id == row.entered_by
    context = {
        "row": row,
        "lines": [_line(catalogue, line, found[line.item]) for line in lines if line.item in found],
        "who": with_names([row])[0],
        "may_take": waits and not mine and request.actor.can("bench.verify", request.owner.id),
        "may_return": waits and request.actor.can("referral.send", request.owner.id),
        "mine": waits and mine,
        "form": form,
        "PAPER_ANSWER": PAPER_ANSWER,
    }
    return render(request, "referral/paper_answer.html", context, status=422 if form.errors else 200)


def _line(catalogue: Any, line: PaperLine, item: Any) -> dict[str, Any]:
    test = catalogue.tests.get(item.test_code)
    unit = test.unit if test else ""
    shown = replace(line, unit=line.unit or unit)
    other = bool(line.unit and unit and line.unit != unit)
    return {
        "line": shown,
        "item": item,
        "name": _name(catalogue.tests, item.test_code),
        "other_unit": unit if other else "",
    }


@page("referral.send")
@require_POST
def send_back(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """What was entered is not what the paper says."""
    row = queries.get_paper_answer(request.scope, answer_id)
    form = ReturnForm(request.POST)
    if form.is_valid():

        def work() -> str:
            services.return_paper_answer(
                request.actor, owner_id=request.owner.id, answer_id=row.id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Dikembalikan; hasilnya dimasukkan lagi."))
            return reverse("referral:outgoing_referral", args=[row.referral_id])

        with refusals(form):
            return submit_once(request, work)
    return _answer_page(request, row, form)


@page(*READERS, "bench.enter", "bench.verify")
@require_safe
@never_cache
def scan(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """The scan as it came."""
    row = queries.get_paper_answer(request.scope, answer_id)
    response = HttpResponse(services.kept_scan(row), content_type=row.media_type)
    name = f"lhu-{row.referral.number}.{row.media_type.rpartition('/')[2]}"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@page("referral.send")
@require_POST
def receipt(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The signed receipt of a box that went out on paper."""
    row = queries.get_box(request.scope, box_id)
    form = ReceiptForm(queries.items_of_box(request.scope, row.id), request.POST)
    if form.is_valid():

        def work() -> str:
            values = form.cleaned_data
            services.note_paper_box(
                request.actor,
                owner_id=request.owner.id,
                box_id=row.id,
                who=values["who"],
                at=values["at"],
                findings=form.findings(),
                accepted=values["accepted"],
            )
            messages.success(request, _("Tanda terima dicatat."))
            return reverse("referral:box", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return box_page(request, row, PackForm(), HandOverForm(auto_id="serah_%s"), receipt=form)
