"""One result: everything of it, and everything that is done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from laras.bench import queries, services, words
from laras.bench.forms import CallForm, EntryForm, HoldForm, ReasonForm, ValidateForm
from laras.bench.models import Result
from laras.bench.states import RESULT
from laras.bench.types import ValueView
from laras.bench.views.shared import abilities, answer_choices, back_to, mine, small_number
from laras.catalogue import queries as catalogues
from laras.catalogue.labels import DISCIPLINE_LABELS
from laras.catalogue.words import term
from laras.core import journal
from laras.core.clock import now
from laras.core.errors import Conflict, Refused
from laras.core.web import page, refusals, submit_once

VALUE_REASONS = {
    "first": gettext_lazy("Nilai pertama"),
    "correction": gettext_lazy("Koreksi"),
    "repeat": gettext_lazy("Ulangan"),
    "dilution": gettext_lazy("Pengenceran"),
    "amendment": gettext_lazy("Perbaikan"),
    "referral": gettext_lazy("Dari laboratorium rujukan"),
}
FILLED = ("bench.result_entered", "bench.external_result_received")


@page("bench.read")
@require_GET
def result(request: HttpRequest, result_id: UUID) -> HttpResponse:
    return _result_page(request, result_id)


def _result_page(
    request: HttpRequest, result_id: UUID, forms: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    row = queries.get_result(request.scope, result_id)
    item = queries.work_items(request.scope, [row])[0]
    shown = item.result
    can = abilities(request)
    catalogue = catalogues.effective(request.owner.id)
    test = catalogue.tests.get(row.test_code)
    values = queries.values_of(request.scope, row.id)
    context = {
        "item": item,
        "here": reverse("bench:result", args=[row.id]),
        "result": shown,
        "called": [row for row in shown.calls if not row.open],
        "whom": queries.whom_to_call(request.scope, [row.order_id]).get(row.order_id) if shown.open_call else None,
        "values": values,
        "value_reasons": VALUE_REASONS,
        "past": queries.history_of_many(request.scope, [row.id], limit=10).get(row.id, ()),
        "lines": _history(request, row, values),
        "can": can,
        "basis": words.basis_in_words(
            shown.basis, {code: term(standard.name) for code, standard in catalogue.standards.items()}
        ),
        "mine": row.id in mine(request, [row.id]),
        "test": test,
        "answers": answer_choices(catalogue.answers(row.test_code)) if test else (),
        "moves": {move.name for move in RESULT.available(shown.status)},
        "discipline": DISCIPLINE_LABELS.get(shown.discipline, shown.discipline),
        "quality": [words.quality_in_words(line) for line in queries.quality_of(request.scope, [row]).get(row.id, ())],
        "measured": queries.measured_of(request.scope, [row.id]).get(row.id) if row.order.site_id else None,
        "held": _held(request, row, catalogue),
        "entry": EntryForm(
            initial={
                "comment": shown.comment,
                "method": shown.method or (test.method if test else ""),
                "instrument": shown.instrument,
                "reagent_lot": shown.reagent_lot,
                "seen": shown.entries,
            }
        ),
        "validate": ValidateForm(initial={"comment": shown.comment}, auto_id="validate-%s"),
        "hold": HoldForm(auto_id="hold-%s"),
        "call": CallForm(auto_id="call-%s"),
        "returning": ReasonForm(auto_id="return-%s"),
        "repeating": ReasonForm(auto_id="repeat-%s"),
        "amending": ReasonForm(auto_id="amend-%s"),
        "cancelling": ReasonForm(auto_id="cancel-%s"),
        "aside_form": ReasonForm(auto_id="aside-%s"),
        "RESULT": RESULT,
        **(forms or {}),
    }
    return render(request, "bench/result.html", context, status=status)


def _held(request: HttpRequest, row: Result, catalogue: Any) -> dict[str, Any]:
    """The clock of a sample of a site while its test has not begun; ``ask``: a value must say why it is made all the same."""
    clock = queries.clock_of(catalogue, row)
    if clock is None or row.entries or queries.begun_among(request.scope, [row.id]):
        return {"clock": None, "ask": False}
    return {"clock": clock, "ask": clock.late(now())}


def _history(request: HttpRequest, row: Result, values: list[ValueView]) -> list[journal.Line]:
    """What happened to this result, with the value that was filled below its line."""
    shown = {value.sequence: f"{value.shown} {value.unit}".strip() for value in values}
    lines = []
    for line in journal.history(request.scope, row.order_id, limit=500):
        if line.payload.get("result") != str(row.id):
            continue
        value = shown.get(line.payload.get("sequence", 0)) if line.event in FILLED else None
        lines.append(replace(line, payload={**line.payload, "reason": value}) if value else line)
    return lines


Act = Callable[[HttpRequest, UUID, Any], Any]


def _reasoned(service: Callable[..., Any]) -> Act:
    def run(request: HttpRequest, result_id: UUID, form: Any) -> Any:
        return service(
            request.actor, owner_id=request.owner.id, result_id=result_id, reason=form.cleaned_data["reason"]
        )

    return run


def _enter(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    return services.enter_result(request.actor, owner_id=request.owner.id, result_id=result_id, **form.cleaned_data)


def _verify(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    return services.verify_result(
        request.actor, owner_id=request.owner.id, result_id=result_id, seen=small_number(request.POST.get("seen", ""))
    )


def _validate(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    given = form.cleaned_data
    return services.validate_result(
        request.actor,
        owner_id=request.owner.id,
        result_id=result_id,
        seen=small_number(request.POST.get("seen", "")),
        comment=given["comment"] if "comment" in form.data else None,
        uncalled_reason=given["uncalled_reason"],
    )


def _take_back(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    return services.take_back(request.actor, owner_id=request.owner.id, result_id=result_id)


def _hold(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    row = queries.get_result(request.scope, result_id)
    whole = form.cleaned_data["whole_order"]
    return services.place_hold(
        request.actor,
        owner_id=request.owner.id,
        order_id=row.order_id,
        result_id=None if whole else row.id,
        kind="manual",
        reason=form.cleaned_data["reason"],
    )


ACTS: dict[str, tuple[str, str, Any, Act, Any]] = {
    # act: context name, prefix of ids, form, what it does, what is said
    "isi": ("entry", "id_", EntryForm, _enter, gettext_lazy("Nilai disimpan.")),
    "verifikasi": ("", "", ReasonForm, _verify, gettext_lazy("Hasil diverifikasi.")),
    "validasi": ("validate", "validate-", ValidateForm, _validate, gettext_lazy("Hasil divalidasi.")),
    "kembalikan": (
        "returning", "return-", ReasonForm, _reasoned(services.return_result), gettext_lazy("Hasil dikembalikan."),
    ),
    "ulangi": (
        "repeating", "repeat-", ReasonForm, _reasoned(services.repeat_result), gettext_lazy("Pemeriksaan akan diulang."),
    ),
    "perbaiki": (
        "amending", "amend-", ReasonForm, _reasoned(services.amend_result),
        gettext_lazy("Hasil dibuka kembali untuk diperbaiki."),
    ),
    "batalkan": (
        "cancelling", "cancel-", ReasonForm, _reasoned(services.cancel_result), gettext_lazy("Hasil dibatalkan."),
    ),
    "sisihkan": (
        "aside_form", "aside-", ReasonForm, _reasoned(services.set_aside), gettext_lazy("Hasil disisihkan untuk dirujuk."),
    ),
    "kerjakan": ("", "", ReasonForm, _take_back, gettext_lazy("Hasil kembali ke daftar kerja.")),
    "tahan": ("hold", "hold-", HoldForm, _hold, gettext_lazy("Hasil ditahan.")),
}  # fmt: skip
_WITHOUT_FORM = ("verifikasi", "kerjakan")


@page("bench.enter", "bench.verify", "bench.validate", "bench.hold", "orders.cancel", "reports.amend")
def act(request: HttpRequest, result_id: UUID, act: str) -> HttpResponse:
    """One thing done to one result; a refusal shows the result's page again with the words at the form."""
    if act not in ACTS:
        raise Http404
    if request.method != "POST":  # a refusal that was reloaded
        return redirect("bench:result", result_id)
    name, prefix, kind, work, done = ACTS[act]
    queries.get_result(request.scope, result_id)
    target = back_to(request, reverse("bench:result", args=[result_id]))
    form = kind(request.POST, auto_id=f"{prefix}%s")
    if act in _WITHOUT_FORM:
        try:
            response = submit_once(request, lambda: (work(request, result_id, form), target)[1])
        except (Refused, Conflict) as error:
            messages.error(request, str(error))
            return redirect(target)
        messages.success(request, str(done))
        return response
    if form.is_valid():
        with refusals(form):
            response = submit_once(request, lambda: (work(request, result_id, form), target)[1])
            messages.success(request, str(done))
            return response
    return _result_page(request, result_id, {name: form}, status=422)
