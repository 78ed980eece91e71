"""Screens of what must go out, what went, and one referral with the way of its specimens."""

from __future__ import annotations

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
from laras.core import clock
from laras.core.errors import DomainError, NotFound
from laras.core.web import page, refusals, submit_once
from laras.orders import queries as orders
from laras.orders.states import URGENCIES
from laras.referral import queries, services
from laras.referral.documents import manifest_pdf
from laras.referral.forms import CancelForm, SendForm, SentFilter
from laras.referral.messages import ITEM_LABELS, ITEM_TONES, refusal_text
from laras.referral.models import Outgoing
from laras.referral.paper_forms import DecisionForm
from laras.referral.showing import ways
from laras.referral.states import OUTGOING, PAPER_ANSWER
from laras.referral.views._common import LATELY, PAGE, with_names


@page("referral.read", "referral.send")
def outgoing(request: HttpRequest) -> HttpResponse:
    """What needs a referral, with the laboratory to ask, and what is away."""
    return _outgoing_page(request)


def _outgoing_page(request: HttpRequest, refused: SendForm | None = None, order_id: UUID | None = None) -> HttpResponse:
    needs = queries.needs(request.scope, request.owner.id)
    may_send = request.actor.can("referral.send", request.owner.id)
    rows = []
    for need in needs:
        form = refused if refused is not None and need.order_id == order_id else SendForm(need)
        before: dict[tuple[UUID, str, str, str], list[str]] = {}
        for one in need.refusals:
            why = refusal_text(one.reason, one.note)
            before.setdefault((one.referral_id, one.number, one.laboratory, why), []).append(one.test_code)
        names = {view.test_code: view.screen.name for view in need.results}
        split = [(one.name, ", ".join(names[code] for code in codes)) for one, codes in need.nearest]
        rows.append((need, form, [(*key, ", ".join(tests)) for key, tests in before.items()], split))
    ended, _came = queries.lately_ended(request.scope, since=clock.now() - LATELY)
    away = [row for row in queries.ageing(request.scope) if row.kind in ("unanswered", "unfinished")]
    context = {
        "needs": rows,
        "away": away,
        "ended": _why_ended(request, ended),
        "may_send": may_send,
        "OUTGOING": OUTGOING,
        "URGENCIES": URGENCIES,
        "counts": queries.counts(request.scope),
    }
    return render(request, "referral/outgoing.html", context, status=422 if refused is not None else 200)


def _why_ended(request: HttpRequest, rows: list[Outgoing]) -> list[tuple[Outgoing, str, str]]:
    """Referral, its tests, and why it ended without a result."""
    items = queries.items_of_outgoing(request.scope, [row.id for row in rows])
    found = []
    for row in rows:
        why = {refusal_text(item.refusal, item.note): None for item in items[row.id] if item.refusal}
        reason = row.cancel_reason if row.status == "cancelled" else row.answer_note or "; ".join(map(str, why))
        found.append((row, ", ".join(item.test_code for item in items[row.id]), reason))
    return found


@page("referral.send")
@require_POST
def send(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Send the chosen results of one order."""
    need = next((one for one in queries.needs(request.scope, request.owner.id) if one.order_id == order_id), None)
    if need is None:
        orders.order_head(request.scope, order_id)
        messages.warning(request, _("Permintaan ini tidak lagi menunggu rujukan."))
        return HttpResponseRedirect(reverse("referral:outgoing"), status=303)
    form = SendForm(need, request.POST)
    if form.is_valid():
        values = form.cleaned_data

        def work() -> str:
            row = services.send_referral(
                request.actor,
                owner_id=request.owner.id,
                recipient_id=UUID(values["recipient"]),
                result_ids=[UUID(key) for key in values["results"]],
                reason=values["reason"],
                courier=values["courier"],
                packaging=values["packaging"],
                temperature=values["temperature"],
            )
            messages.success(
                request, _("Rujukan %(number)s dikirim ke %(lab)s.") % {"number": row.number, "lab": row.recipient.name}
            )
            return reverse("referral:outgoing_referral", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return _outgoing_page(request, form, order_id)


@page("referral.read", "referral.send")
def sent_list(request: HttpRequest) -> HttpResponse:
    """All referrals that this laboratory sent, newest first."""
    form = SentFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = queries.outgoing(request.scope, statuses=[chosen["status"]] if chosen.get("status") else ())
    if chosen.get("q"):
        rows = rows.filter(number=chosen["q"].strip().upper())
    found, cursor = queries.page_of_sent(rows, after=request.GET.get("after", ""), limit=PAGE)
    items = queries.items_of_outgoing(request.scope, [row.id for row in found])
    context = {
        "filter_form": form,
        "rows": [(row, ", ".join(item.test_code for item in items[row.id])) for row in found],
        "cursor": cursor,
        "OUTGOING": OUTGOING,
    }
    return render(request, "referral/sent.html", context)


@page("referral.read", "referral.send")
def outgoing_referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    return detail(request, queries.get_outgoing(request.scope, referral_id), CancelForm())


def detail(
    request: HttpRequest, row: Outgoing, form: CancelForm, *, decision: DecisionForm | None = None
) -> HttpResponse:
    """The page of one referral; ``decision`` was refused."""
    names = catalogues.effective(row.owner_id).tests
    items = queries.items_of_outgoing(request.scope, [row.id])[row.id]
    may_send = request.actor.can("referral.send", request.owner.id)
    journeys = [
        one
        for one in queries.journey(request.scope, row.order_id)
        if set(one.tests) & {item.test_code for item in items}
    ]
    context = {
        "row": row,
        "items": [
            {
                "item": item,
                "name": name_of(names[item.test_code]) if item.test_code in names else item.test_code,
                "label": ITEM_LABELS[item.status],
                "tone": ITEM_TONES[item.status],
                "note": refusal_text(item.refusal, item.note),
            }
            for item in items
        ],
        "ways": ways(row.owner_id, journeys),
        "cancel_form": form,
        "may_cancel": may_send and OUTGOING.can(row.status, "cancel"),
        "may_send": may_send,
        "identifiers": queries.identifiers_of(queries.OUTGOING_ENTITY, [row.id]).get(row.id, []),
        "OUTGOING": OUTGOING,
    }
    decision = decision or DecisionForm(row.status)
    if row.on_paper:
        context |= {
            "answers": with_names(queries.paper_answers(request.scope, referral_id=row.id)),
            "decision": decision,
            "may_decide": may_send and row.status in ("sent", "cancelling", "accepted"),
            "may_enter": row.status in ("sent", "cancelling", "accepted", "completed")
            and request.actor.can("bench.enter", request.owner.id),
            "PAPER_ANSWER": PAPER_ANSWER,
        }
    wrong = form.errors or decision.errors
    return render(request, "referral/outgoing_referral.html", context, status=422 if wrong else 200)


@page("referral.send")
@require_POST
def cancel(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    row = queries.get_outgoing(request.scope, referral_id)
    form = CancelForm(request.POST)
    if form.is_valid():

        def work() -> str:
            services.cancel_referral(
                request.actor, owner_id=request.owner.id, referral_id=row.id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Pembatalan dikirim."))
            return reverse("referral:outgoing_referral", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return detail(request, row, form)


@page("referral.read", "referral.send")
@require_safe
@never_cache
def manifest(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The paper that travels with the specimens."""
    row = queries.get_outgoing(request.scope, referral_id)
    response = HttpResponse(manifest_pdf(row), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="pengantar-{row.number}.pdf"'
    return response


@page("referral.send")
@require_POST
def take_kept_back(request: HttpRequest, referral_id: UUID, item_id: UUID) -> HttpResponse:
    row = queries.get_outgoing(request.scope, referral_id)
    try:
        services.take_kept_back(request.actor, owner_id=request.owner.id, item_id=item_id)
        messages.success(request, _("Hasil diambil."))
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("referral:outgoing_referral", args=[row.id]), status=303)
