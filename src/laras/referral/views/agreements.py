"""Screens of agreements between laboratories."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core import clock, journal
from laras.core.forms import LarasForm
from laras.core.web import page, refusals, submit_once
from laras.orders.states import PAYERS
from laras.referral import queries, services
from laras.referral.ledger_forms import AgreementForm, AnswerForm, DemandForm, EndForm, RefuseForm
from laras.referral.messages import DEMAND_LABELS
from laras.referral.states import LAB_AGREEMENT

READERS = ("referral.read", "referral.agree")


@page(*READERS)
def agreements(request: HttpRequest) -> HttpResponse:
    """All agreements, those to be answered first, and what payers ask."""
    form = DemandForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.agree", request.owner.id)
        if form.is_valid():

            def work() -> str:
                services.set_demand(request.actor, owner_id=request.owner.id, **form.cleaned_data)
                messages.success(request, _("Permintaan penjamin dicatat."))
                return reverse("referral:agreements")

            with refusals(form):
                return submit_once(request, work)
    context = {
        "rows": [(row, PAYERS.get(row.payer, row.payer)) for row in queries.agreements(request.scope)[:500]],
        "today": clock.today(request.owner.zone),
        "demands": [
            (PAYERS[payer], DEMAND_LABELS[how]) for payer, how in sorted(queries.demands(request.scope).items())
        ],
        "form": form,
        "may_agree": request.actor.can("referral.agree", request.owner.id),
        "LAB_AGREEMENT": LAB_AGREEMENT,
    }
    return render(request, "referral/agreements.html", context, status=422 if form.errors else 200)


@page("referral.agree")
def propose(request: HttpRequest) -> HttpResponse:
    """A new agreement, proposed to the other laboratory."""
    form = AgreementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            row = services.propose_agreement(request.actor, owner_id=request.owner.id, **form.given())
            messages.success(request, _("Perjanjian dikirim ke %(lab)s.") % {"lab": row.partner.name})
            return reverse("referral:lab_agreement", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    context = {
        "title": _("Usulkan perjanjian"),
        "lead": _(
            "Berlaku setelah laboratorium lain menyetujuinya. Isinya tidak berubah lagi; perubahan dibuat sebagai perjanjian baru."
        ),
        "form": form,
        "submit": _("Kirim usulan"),
        "back": reverse("referral:agreements"),
        "draft": "perjanjian-lab",
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@page(*READERS)
@require_safe
def agreement(request: HttpRequest, lab_agreement_id: UUID) -> HttpResponse:
    return _detail(request, lab_agreement_id)


def _detail(
    request: HttpRequest,
    agreement_id: UUID,
    *,
    refusing: LarasForm | None = None,
    ending: LarasForm | None = None,
    withdrawing: LarasForm | None = None,
) -> HttpResponse:
    row = queries.get_agreement(request.scope, agreement_id)
    tests = catalogues.effective(request.owner.id).tests
    given = [form for form in (refusing, ending, withdrawing) if form is not None]
    context = {
        "row": row,
        "payer": PAYERS.get(row.payer, row.payer),
        "prices": [
            (code, name_of(tests[code]) if code in tests else code, row.prices[code]) for code in sorted(row.prices)
        ],
        "may_agree": request.actor.can("referral.agree", request.owner.id),
        "accepting": AnswerForm(auto_id="setuju_%s"),
        "refusing": refusing or RefuseForm(auto_id="tolak_%s"),
        "ending": ending or EndForm(auto_id="akhir_%s"),
        "withdrawing": withdrawing or AnswerForm(auto_id="tarik_%s"),
        "lines": journal.history(request.scope, row.id),
        "LAB_AGREEMENT": LAB_AGREEMENT,
    }
    return render(
        request, "referral/lab_agreement.html", context, status=422 if any(form.errors for form in given) else 200
    )


@page("referral.agree")
@require_POST
def answer(request: HttpRequest, lab_agreement_id: UUID, decision: str) -> HttpResponse:
    """``decision``: setuju or tolak."""
    accepted = decision == "setuju"
    row = queries.get_agreement(request.scope, lab_agreement_id)
    form = AnswerForm(request.POST, auto_id="setuju_%s") if accepted else RefuseForm(request.POST, auto_id="tolak_%s")
    if form.is_valid():

        def work() -> str:
            services.answer_agreement(
                request.actor, owner_id=request.owner.id, agreement_id=row.id, accepted=accepted, **form.cleaned_data
            )
            messages.success(request, _("Jawaban dikirim ke %(lab)s.") % {"lab": row.partner.name})
            return reverse("referral:lab_agreement", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return _detail(request, row.id, refusing=form)


@page("referral.agree")
@require_POST
def withdraw(request: HttpRequest, lab_agreement_id: UUID) -> HttpResponse:
    row = queries.get_agreement(request.scope, lab_agreement_id)
    form = AnswerForm(request.POST, auto_id="tarik_%s")
    if form.is_valid():

        def work() -> str:
            services.withdraw_agreement(
                request.actor, owner_id=request.owner.id, agreement_id=row.id, **form.cleaned_data
            )
            messages.success(request, _("Usulan ditarik."))
            return reverse("referral:lab_agreement", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return _detail(request, row.id, withdrawing=form)


@page("referral.agree")
@require_POST
def end(request: HttpRequest, lab_agreement_id: UUID) -> HttpResponse:
    row = queries.get_agreement(request.scope, lab_agreement_id)
    form = EndForm(request.POST, auto_id="akhir_%s")
    if form.is_valid():

        def work() -> str:
            services.end_agreement(request.actor, owner_id=request.owner.id, agreement_id=row.id, **form.cleaned_data)
            messages.success(request, _("Perjanjian diakhiri."))
            return reverse("referral:lab_agreement", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return _detail(request, row.id, ending=form)
