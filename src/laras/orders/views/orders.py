"""Lists of orders, and the page of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.words import name_of
from laras.core import journal
from laras.core.web import page, submit_once
from laras.orders import labels, queries, reviews, rounds, services
from laras.orders.forms import AddForm, CancelForm, FilterForm, placed
from laras.orders.models import PAYERS, PURPOSES, REFUSAL_REASONS, SUBJECT_KINDS, URGENCIES, Order
from laras.orders.rules import IN_SITU, in_form_order
from laras.orders.rules.holding import OF
from laras.orders.states import ORDER, QUALITY_ROLES, REVIEW_OUTCOMES, SAMPLE
from laras.orders.views.journey import history_items, journeys
from laras.orders.views.registering import address_of
from laras.orders.words import IN_SITU_LABELS, matrix_label
from laras.partners import queries as partners_queries

ORDER_PANELS: list[Callable[[HttpRequest, queries.OrderDetail], str]] = []
"""Sections of an order's page that floors above add when their apps start (results, referrals, reports). Each gets the
request and the order and answers safe markup; an empty text shows nothing."""

TEST_STATES: list[Callable[[HttpRequest, queries.OrderDetail], Mapping[UUID, str]]] = []
"""What floors above know of each requested test: its id -> safe markup for one cell (a chip, a value)."""

ACTIONS: list[Callable[[HttpRequest, queries.OrderDetail], list[tuple[str, str]]]] = []
"""Further entries of the page's menu: (label, address)."""


@page("orders.read")
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders, newest first, with the filters in the address."""
    clients = partners_queries.search(request.scope, limit=200).clients
    form = FilterForm(request.GET, clients=[(str(row.id), row.name) for row in clients])
    valid = form.is_valid()
    values = {name: form.cleaned_data.get(name) for name in form.fields}
    try:
        patient_id = UUID(request.GET.get("pasien", ""))
    except ValueError:
        patient_id = None
    wanted = queries.OrderFilter(
        status=values["status"] or "",
        urgency=values["urgency"] or "",
        subject_kind=values["subject_kind"] or "",
        payer=values["payer"] or "",
        client_id=UUID(values["client"]) if values["client"] else None,
        patient_id=patient_id,
        day_from=values["day_from"],
        day_until=values["day_until"],
        text=values["q"] or "",
    )
    found = queries.list_orders(request.scope, wanted, after=request.GET.get("after", ""))
    context = {
        "form": form,
        "found": found,
        "ORDER": ORDER,
        "URGENCIES": URGENCIES,
        "filtered": wanted != queries.OrderFilter(),
        "may_register": request.actor.can("orders.register", request.owner.id),
        "valid": valid,
    }
    return render(request, "orders/_rows.html" if request.htmx else "orders/list.html", context)


@page("orders.read")
def detail(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return _page(request, queries.get_order(request.scope, order_id))


def _page(request: HttpRequest, found: queries.OrderDetail, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    """The page; ``forms`` are those that were refused and show their errors in place."""
    order = found.order
    catalogue = catalogue_queries.effective(request.owner.id)
    states: dict[UUID, str] = {}
    for ask in TEST_STATES:
        states.update(ask(request, found))
    names = {code: name_of(info) for code, info in catalogue.tests.items()}
    can = {
        name: request.actor.can(right, request.owner.id)
        for name, right in {
            "register": "orders.register",
            "cancel": "orders.cancel",
            "collect": "orders.collect",
            "receive": "orders.receive_sample",
            "patient": "people.read",
        }.items()
    }
    open_ = order.status in ("registered", "working")
    stop = rounds.stop_of_order(request.scope, order.id) if order.site_id else None
    context = {
        "detail": found,
        "order": order,
        "lines": [
            (
                line,
                [(row, names.get(row.test_code, row.test_code)) for row in found.requested if row.line_id == line.id],
                _states_of(line, found, states),
                f"batal-{line.id}",
            )
            for line in found.lines
        ],
        "samples": [_sample_row(request, found, sample, can) for sample in found.samples],
        "journeys": journeys(found),
        "states": states,
        "panels": [shown for panel in ORDER_PANELS if (shown := panel(request, found))],
        "more_actions": [entry for ask in ACTIONS for entry in ask(request, found)],
        "history_items": history_items(journal.history(request.scope, order.id)),
        "in_situ": [
            (
                IN_SITU_LABELS.get(key, key),
                value,
                " · ".join(
                    part
                    for part in (
                        IN_SITU[key].unit if key in IN_SITU else "",
                        stop.instruments.get(key, "") if stop else "",
                    )
                    if part
                ),
            )
            for key, value in in_form_order(order.in_situ)
        ],
        "stop": stop,
        **_reviewed(request, order),
        **_watched(request, found),
        "standard": catalogue.standards.get(order.standard),
        "matrix": matrix_label(order.matrix) if order.matrix else "",
        "is_fresh": request.GET.get("baru") == "1",
        "ORDER": ORDER,
        "SAMPLE": SAMPLE,
        "PAYERS": PAYERS,
        "PURPOSES": PURPOSES,
        "URGENCIES": URGENCIES,
        "SUBJECT_KINDS": SUBJECT_KINDS,
        "can": can,
        "may_cancel": can["cancel"] and ORDER.can(order.status, "cancel"),
        "may_add": can["register"] and open_,
        "cancel_form": CancelForm(auto_id="cancel_%s"),
        "line_form": CancelForm(auto_id="line_%s"),
        "add_form": AddForm(auto_id="add_%s"),
        "has_labels": any(s.status not in ("cancelled", "disposed") for s in found.samples),
        "kind": order.subject_kind,
    } | forms
    return render(request, "orders/detail.html", context, status=status)


def _watched(request: HttpRequest, found: queries.OrderDetail) -> dict[str, Any]:
    """Quality samples beside the samples of a site, or the samples over which this one watches."""
    ids = [sample.id for sample in found.samples]
    if found.order.subject_kind == "control":
        rows = queries.watched_by(request.scope, ids)
        return {"watching": [(QUALITY_ROLES[row.role], row) for row in rows]}
    if found.order.subject_kind not in OF:
        return {}
    rows = queries.watchers_of(request.scope, ids)
    return {
        "watchers": [(QUALITY_ROLES[row.role], row) for row in {row.quality_id: row for row in rows}.values()],
        "may_watch": request.actor.can("orders.register", request.owner.id) and found.order.status != "cancelled",
    }


def _reviewed(request: HttpRequest, order: Order) -> dict[str, Any]:
    """The review of a request at a site; nothing for other orders."""
    if not reviews.is_asked_of(order):
        return {}
    rights = ("orders.register", "orders.receive_sample")
    return {
        "review": reviews.review_of(request.scope, order.id),
        "review_required": reviews.required(request.owner.id),
        "review_url": reverse("orders:review_order", args=[order.id]),
        "may_review": order.status in ("registered", "working")
        and any(request.actor.can(right, request.owner.id) for right in rights),
        "REVIEW_OUTCOMES": REVIEW_OUTCOMES,
    }


def _states_of(line: Any, found: queries.OrderDetail, states: Mapping[UUID, str]) -> list[tuple[str, list[str]]]:
    """How the line's tests stand: each state once, with the codes of the tests that are in it."""
    codes: dict[str, list[str]] = {}
    for row in found.requested:
        if row.line_id == line.id and not row.cancelled and states.get(row.id):
            codes.setdefault(states[row.id], []).append(row.test_code)
    return list(codes.items())


def _sample_row(
    request: HttpRequest, found: queries.OrderDetail, sample: Any, can: Mapping[str, bool]
) -> dict[str, Any]:
    codes = [row.test_code for row in found.tests_of(sample) if not row.cancelled]
    return {
        "sample": sample,
        "codes": codes,
        "reason": REFUSAL_REASONS.get(sample.refusal, ""),
        "may_collect": can["collect"] and SAMPLE.can(sample.status, "collect"),
        "may_receive": can["receive"] and SAMPLE.can(sample.status, "receive"),
        "may_refuse": can["receive"] and SAMPLE.can(sample.status, "refuse"),
        "may_hand_over": (can["receive"] or can["collect"]) and sample.status in ("collected", "received", "refused"),
        "may_dispose": can["receive"] and SAMPLE.can(sample.status, "dispose"),
    }


def _do(
    request: HttpRequest, order_id: UUID, form: BaseForm, name: str, work: Callable[[], Any], said: str
) -> HttpResponse:
    """One action of the page: back to it with a message, or the page with the form's errors."""
    if form.is_valid():

        def told() -> str:
            work()
            messages.success(request, said)
            return address_of(order_id)

        with placed(form):
            return submit_once(request, told)
    return _page(request, queries.get_order(request.scope, order_id), status=422, **{name: form})


@require_POST
@page("orders.cancel")
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    form = CancelForm(request.POST, auto_id="cancel_%s")

    def work() -> None:
        services.cancel_order(
            request.actor, owner_id=request.owner.id, order_id=order_id, reason=form.cleaned_data["reason"]
        )

    return _do(request, order_id, form, "cancel_form", work, _("Permintaan dibatalkan."))


@require_POST
@page("orders.cancel")
def cancel_line(request: HttpRequest, order_id: UUID) -> HttpResponse:
    form = CancelForm(request.POST, auto_id="line_%s")

    def work() -> None:
        services.cancel_line(
            request.actor,
            owner_id=request.owner.id,
            order_id=order_id,
            line_id=request.POST.get("line", ""),
            reason=form.cleaned_data["reason"],
        )

    return _do(request, order_id, form, "line_form", work, _("Pemeriksaan dibatalkan."))


@require_POST
@page("orders.register")
def add(request: HttpRequest, order_id: UUID) -> HttpResponse:
    form = AddForm(request.POST, auto_id="add_%s")

    def work() -> None:
        services.add_tests(
            request.actor, owner_id=request.owner.id, order_id=order_id, codes=form.cleaned_data["codes"]
        )

    return _do(request, order_id, form, "add_form", work, _("Pemeriksaan ditambahkan."))


@page("orders.read")
def print_labels(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Labels as PDF: ``?lembar=a4-44&lewati=3`` on a sheet, else one a page for a label printer (``?ukuran=50x25``)."""
    found = queries.get_order(request.scope, order_id)
    skip = request.GET.get("lewati", "0")
    pdf = labels.print_labels(
        found,
        stock=request.GET.get("ukuran", labels.DEFAULT_STOCK),
        sheet=request.GET.get("lembar", ""),
        skip=int(skip) if skip.isascii() and skip.isdigit() and len(skip) < 4 else -1,
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="label-{found.order.number}.pdf"'
    return response


@page("orders.read")
def request_form(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The request on paper: who, what, which tubes, signatures."""
    found = queries.get_order(request.scope, order_id)
    catalogue = catalogue_queries.effective(request.owner.id)
    context = {
        "detail": found,
        "order": found.order,
        "lines": [line for line in found.lines if not line.cancelled],
        "samples": [
            (sample, [row.test_code for row in found.tests_of(sample) if not row.cancelled])
            for sample in found.samples
            if sample.status not in ("cancelled",)
        ],
        "standard": catalogue.standards.get(found.order.standard),
        "PAYERS": PAYERS,
        "PURPOSES": PURPOSES,
        "URGENCIES": URGENCIES,
    }
    return render(request, "orders/request_form.html", context)
