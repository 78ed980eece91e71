"""The screens of the bench: the grid, the queues, one result, critical calls, holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from laras.bench import judging, queries, services
from laras.bench.forms import (
    DISCIPLINE_LABELS,
    CallForm,
    EntryForm,
    HoldForm,
    NarrowingForm,
    ReasonForm,
    ValidateForm,
)
from laras.bench.states import RESULT
from laras.bench.types import BatchReport, Entry, Narrowing, ResultView, WorkItem
from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.errors import Conflict, DomainError, Refused
from laras.core.web import page, refusals, submit_once

ROWS = 50
QUEUE = 10
TABS = {
    "waiting": (gettext_lazy("Dikerjakan"), ("waiting",)),
    "entered": (gettext_lazy("Terisi"), ("entered",)),
    "to_refer": (gettext_lazy("Perlu dirujuk"), ("to_refer",)),
    "referred": (gettext_lazy("Dirujuk"), ("referred",)),
}
RETURN_REASONS = {
    "first": gettext_lazy("Nilai pertama"),
    "correction": gettext_lazy("Koreksi"),
    "repeat": gettext_lazy("Ulangan"),
    "dilution": gettext_lazy("Pengenceran"),
    "amendment": gettext_lazy("Perbaikan"),
    "referral": gettext_lazy("Dari laboratorium rujukan"),
}


def _abilities(request: HttpRequest) -> dict[str, bool]:
    actor, owner = request.actor, request.owner.id
    return {
        name: actor.can(right, owner)
        for name, right in (
            ("enter", "bench.enter"),
            ("verify", "bench.verify"),
            ("validate", "bench.validate"),
            ("hold", "bench.hold"),
            ("call", "bench.call_critical"),
            ("amend", "reports.amend"),
            ("cancel", "orders.cancel"),
        )
    }


def _narrowing(request: HttpRequest, *statuses: str) -> tuple[NarrowingForm, Narrowing]:
    names = {code: test.name for code, test in catalogues.effective(request.owner.id).tests.items()}
    form = NarrowingForm(request.GET, waiting=queries.tests_waiting(request.scope, *statuses), names=names)
    return form, form.narrowing()


def _page_number(request: HttpRequest) -> int:
    try:
        return max(1, min(10_000, int(request.GET.get("page", "1"))))
    except ValueError:
        return 1


def _back_to(request: HttpRequest, otherwise: str) -> str:
    address = request.POST.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address else otherwise


def _said(request: HttpRequest, report: BatchReport, one: str, many: str) -> None:
    """Tell what a batch did, and what it did not do and why."""
    if report.done:
        number = len(report.done)
        messages.success(request, ngettext(one, many, number) % {"n": number})
    for message, number in _grouped(problem.message for problem in report.problems).items():
        messages.warning(request, _("%(n)s hasil dilewati: %(message)s") % {"n": number, "message": message})


def _grouped(messages_: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for message in messages_:
        found[message] = found.get(message, 0) + 1
    return found


# --- The grid -----------------------------------------------------------------------------------------------------------


@page("bench.read", "bench.enter")
def worklist(request: HttpRequest) -> HttpResponse:
    """The worklist as a grid: GET shows it, POST saves all that was typed in one request."""
    if request.method == "POST":
        return _save(request)
    return _grid_page(request)


def _grid_page(
    request: HttpRequest,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[UUID, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    tab = request.GET.get("status", "waiting")
    if tab not in TABS:
        tab = "waiting"
    statuses = TABS[tab][1]
    form, narrowing = _narrowing(request, *statuses)
    total = queries.count(request.scope, narrowing, *statuses)
    number = min(_page_number(request), max(1, -(-total // ROWS)))
    rows = judging.grid(
        request.scope, request.owner.id, narrowing, statuses=statuses, limit=ROWS, offset=(number - 1) * ROWS
    )
    catalogue = catalogues.effective(request.owner.id)
    sets = {row.answers: catalogue.answers_by_set.get(row.answers, ()) for row in rows if row.answers}
    can = _abilities(request)
    counts = queries.counts(request.scope)
    context = {
        "tab": tab,
        "tabs": [
            {"key": key, "label": label, "active": key == tab, "count": _count_of(counts, key)}
            for key, (label, _statuses) in TABS.items()
        ],
        "form": form,
        "rows": [
            {
                "row": row,
                "raw": (typed or {}).get(f"raw-{row.item.result.id}", row.item.result.raw),
                "comment": (typed or {}).get(f"comment-{row.item.result.id}", row.item.result.comment),
                "wrong": (wrong or {}).get(row.item.result.id, ""),
                "late": bool(row.item.result.due_at and row.item.result.due_at < clock.now()),
            }
            for row in rows
        ],
        "editable": can["enter"] and tab in ("waiting", "entered"),
        "answer_sets": sets,
        "can": can,
        "total": total,
        "counts": counts,
        "number": number,
        "previous": number - 1 if number > 1 else None,
        "following": number + 1 if number * ROWS < total else None,
        "instrument": (typed or {}).get("instrument", ""),
        "reagent_lot": (typed or {}).get("reagent_lot", ""),
        "RESULT": RESULT,
        "wrong": len(wrong or {}),
    }
    return render(request, "bench/worklist.html", context, status=status)


def _count_of(counts: Any, tab: str) -> int:
    return {
        "waiting": counts.waiting,
        "entered": counts.to_verify,
        "to_refer": counts.to_refer,
        "referred": counts.referred,
    }[tab]


def _typed_entries(request: HttpRequest) -> list[Entry]:
    """The cells that somebody filled. Keys that are no results are nobody's cells."""
    entries = []
    shared = {"instrument": request.POST.get("instrument", ""), "reagent_lot": request.POST.get("reagent_lot", "")}
    for name, raw in request.POST.items():
        if not name.startswith("raw-") or not raw.strip():
            continue
        try:
            key = UUID(name.removeprefix("raw-"))
        except ValueError:
            continue
        seen = request.POST.get(f"seen-{key}", "")
        comment = request.POST.get(f"comment-{key}")
        entries.append(
            Entry(key, raw, comment=comment, seen=int(seen) if seen.isdecimal() and len(seen) < 6 else None, **shared)
        )
    return entries


def _save(request: HttpRequest) -> HttpResponse:
    """Saves the grid; a script gets JSON by row, a browser without one gets the page again with errors at the cells."""
    scripted = "application/json" in request.headers.get("Accept", "")
    entries = _typed_entries(request)
    try:
        if not entries:
            raise Refused(_("Belum ada nilai yang diisi."))
        report = services.enter_many(request.actor, owner_id=request.owner.id, entries=entries)
    except DomainError as error:
        if scripted:
            return JsonResponse({"message": str(error), "saved": [], "problems": []}, status=error.status)
        raise
    if scripted:
        return _save_answer(request, report)
    _said(request, report, gettext_lazy("%(n)s nilai disimpan."), gettext_lazy("%(n)s nilai disimpan."))
    if report.problems:
        wrong = {problem.result_id: problem.message for problem in report.problems}
        return _grid_page(request, typed=request.POST.dict(), wrong=wrong, status=422)
    return redirect(request.get_full_path())


def _save_answer(request: HttpRequest, report: BatchReport) -> JsonResponse:
    done = (*report.done, *report.unchanged)
    shown = queries.views_by_id(request.scope, done)
    critical = [row for row in shown.values() if row.open_call]
    if report.whole:
        # The page is opened anew by the script; what was saved is said there.
        _said(request, report, gettext_lazy("%(n)s nilai disimpan."), gettext_lazy("%(n)s nilai disimpan."))
    return JsonResponse(
        {
            "saved": [
                {"id": str(key), "entries": shown[key].entries, **_cell(shown[key])} for key in done if key in shown
            ],
            "problems": [{"id": str(p.result_id), "message": p.message, "code": p.code} for p in report.problems],
            "critical": len(critical),
            "message": _("%(n)s nilai disimpan.") % {"n": len(done)},
        },
        status=200 if report.whole else 422,
    )


def _cell(view: ResultView) -> dict[str, Any]:
    return {
        "flag": view.flag,
        "critical": view.critical,
        "attention": view.attention,
        "shown": view.shown,
        "note": " · ".join(part for part in (view.judgement, view.delta) if part),
    }


@page("bench.enter")
@require_POST
def judge(request: HttpRequest) -> JsonResponse:
    """What typed values would mean: ``{"rows": [{"id", "raw"}]}`` -> the same ids with flag and words. Saves nothing."""
    try:
        given = json.loads(request.body)["rows"]
        written = [(UUID(str(row["id"])), str(row["raw"])) for row in given][:ROWS]
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"message": _("Permintaan tidak dapat dibaca.")}, status=400)
    return JsonResponse(
        {
            "rows": [
                {
                    "id": str(row.result_id),
                    "ok": row.ok,
                    "message": row.message,
                    "flag": row.flag,
                    "critical": row.critical,
                    "attention": row.attention,
                    "shown": row.shown,
                    "note": " · ".join(part for part in (row.judgement, row.delta) if part),
                }
                for row in judging.try_values(request.owner.id, written)
            ]
        }
    )


# --- Queues -------------------------------------------------------------------------------------------------------------


def _chosen(request: HttpRequest) -> tuple[list[UUID], list[int] | None]:
    """The selected rows and how many values each had on the page; what is no key is left out."""
    ids, seen = [], []
    for text in request.POST.getlist("id"):
        key, _sep, entries = text.partition(":")
        try:
            ids.append(UUID(key))
        except ValueError:
            continue
        seen.append(int(entries) if entries.isdecimal() and len(entries) < 6 else -1)
    if not ids:
        raise Refused(_("Pilih dahulu satu hasil atau lebih."))
    return ids, seen if all(number >= 0 for number in seen) else None


@page("bench.verify")
def verification(request: HttpRequest) -> HttpResponse:
    """Entered results; those that this person entered are shown but not offered."""
    if request.method == "POST":
        try:
            ids, seen = _chosen(request)
            report = services.verify_many(request.actor, owner_id=request.owner.id, result_ids=ids, seen=seen)
        except Conflict as error:
            messages.warning(request, str(error))
        except Refused as error:
            messages.warning(request, str(error))
        else:
            _said(request, report, gettext_lazy("%(n)s hasil diverifikasi."), gettext_lazy("%(n)s hasil diverifikasi."))
        return redirect(request.get_full_path())
    form, narrowing = _narrowing(request, "entered")
    items = queries.to_verify(request.scope, narrowing, limit=ROWS)
    mine = _mine(request, items)
    return render(
        request,
        "bench/verification.html",
        {
            "form": form,
            "rows": [{"item": item, "mine": item.result.id in mine} for item in items],
            "total": queries.count(request.scope, narrowing, "entered"),
            "can": _abilities(request),
            "RESULT": RESULT,
        },
    )


def _mine(request: HttpRequest, items: list[WorkItem]) -> set[UUID]:
    """Results of which this person entered any value: another one must look."""
    found = queries.enterers_of(request.scope, [item.result.id for item in items])
    return {key for key, persons in found.items() if request.actor.person_id in persons}


@page("bench.validate")
def validation(request: HttpRequest) -> HttpResponse:
    """What a person must look at one by one, and the normal ones as a batch."""
    if request.method == "POST":
        try:
            ids, seen = _chosen(request)
            report = services.validate_many(request.actor, owner_id=request.owner.id, result_ids=ids, seen=seen)
        except Refused as error:
            messages.warning(request, str(error))
        else:
            _said(request, report, gettext_lazy("%(n)s hasil divalidasi."), gettext_lazy("%(n)s hasil divalidasi."))
        return redirect(request.get_full_path())
    tab = "normal" if request.GET.get("tab") == "normal" else "look"
    form, narrowing = _narrowing(request, "verified")
    items = queries.to_validate(
        request.scope, narrowing, normal=tab == "normal", limit=ROWS if tab == "normal" else QUEUE
    )
    mine = _mine(request, items)
    past = _past_of(request, items) if tab == "look" else {}
    look, normal = queries.count_to_validate(request.scope, narrowing)
    return render(
        request,
        "bench/validation.html",
        {
            "form": form,
            "tab": tab,
            "rows": [
                {
                    "key": str(item.result.id),
                    "item": item,
                    "mine": item.result.id in mine,
                    "past": past.get(item.result.id, ()),
                    "back": ReasonForm(auto_id=f"r{item.result.id}-%s"),
                    "again": ReasonForm(auto_id=f"u{item.result.id}-%s"),
                }
                for item in items
            ],
            "look": look,
            "normal": normal,
            "can": _abilities(request),
            "RESULT": RESULT,
        },
    )


def _past_of(request: HttpRequest, items: list[WorkItem]) -> dict[UUID, Any]:
    """Result -> the same person's earlier values of that test; one set of queries for the whole page."""
    return queries.history_of_many(request.scope, [item.result.id for item in items], limit=4)


# --- One result ---------------------------------------------------------------------------------------------------------


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
    can = _abilities(request)
    mine = request.actor.person_id in queries.enterers_of(request.scope, [row.id]).get(row.id, set())
    lines = [
        line for line in journal.history(request.scope, row.order_id, limit=500)
        if line.payload.get("result") == str(row.id)
    ]  # fmt: skip
    test = catalogues.effective(request.owner.id).tests.get(row.test_code)
    context = {
        "item": item,
        "here": reverse("bench:result", args=[row.id]),
        "result": shown,
        "called": [row for row in shown.calls if not row.open],
        "values": queries.values_of(request.scope, row.id),
        "value_reasons": RETURN_REASONS,
        "past": queries.history_of_many(request.scope, [row.id], limit=10).get(row.id, ()),
        "lines": lines,
        "can": can,
        "mine": mine,
        "test": test,
        "answers": catalogues.effective(request.owner.id).answers(row.test_code) if test else (),
        "moves": {move.name for move in RESULT.available(shown.status)},
        "discipline": DISCIPLINE_LABELS.get(shown.discipline, shown.discipline),
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


Act = Callable[[HttpRequest, UUID, Any], Any]


def _seen_of(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _reasoned(service: Callable[..., Any]) -> Act:
    def run(request: HttpRequest, result_id: UUID, form: Any) -> Any:
        return service(
            request.actor, owner_id=request.owner.id, result_id=result_id, reason=form.cleaned_data["reason"]
        )

    return run


def _enter(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    return services.enter_result(request.actor, owner_id=request.owner.id, result_id=result_id, **form.cleaned_data)


def _verify(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    return services.verify_result(request.actor, owner_id=request.owner.id, result_id=result_id, seen=_seen_of(request))


def _validate(request: HttpRequest, result_id: UUID, form: Any) -> Any:
    given = form.cleaned_data
    return services.validate_result(
        request.actor,
        owner_id=request.owner.id,
        result_id=result_id,
        seen=_seen_of(request),
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
    target = _back_to(request, reverse("bench:result", args=[result_id]))
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


# --- Critical calls -----------------------------------------------------------------------------------------------------


@page("bench.read")
@require_GET
def critical(request: HttpRequest) -> HttpResponse:
    return _critical_page(request)


def _critical_page(request: HttpRequest, wrong: tuple[UUID, Any] | None = None, status: int = 200) -> HttpResponse:
    now = clock.now()
    rows = [
        {
            "key": str(call_.id),
            "call": call_,
            "item": item,
            "overdue": call_.due_at < now,
            "form": wrong[1] if wrong and wrong[0] == call_.id else CallForm(auto_id=f"c{call_.id}-%s"),
        }
        for call_, item in queries.critical_calls(request.scope)
    ]
    made = queries.calls_made(request.scope, since=now - timedelta(days=1), limit=50)
    return render(
        request,
        "bench/critical.html",
        {"rows": rows, "made": made, "can": _abilities(request), "now": now},
        status=status,
    )


@page("bench.call_critical")
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("bench:critical")
    form = CallForm(request.POST, auto_id=f"c{call_id}-%s")
    target = _back_to(request, reverse("bench:critical"))
    if form.is_valid():
        with refusals(form):
            given = form.cleaned_data

            def work() -> str:
                services.call_critical(request.actor, owner_id=request.owner.id, call_id=call_id, **given)
                return target

            response = submit_once(request, work)
            messages.success(request, _("Laporan nilai kritis dicatat."))
            return response
    return _critical_page(request, (call_id, form), status=422)


# --- Holds --------------------------------------------------------------------------------------------------------------


@page("bench.read")
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    return _holds_page(request)


def _holds_page(request: HttpRequest, wrong: tuple[UUID, Any] | None = None, status: int = 200) -> HttpResponse:
    rows = [
        {
            "key": str(hold.id),
            "hold": hold,
            "order": order,
            "test": test,
            "form": wrong[1] if wrong and wrong[0] == hold.id else ReasonForm(auto_id=f"h{hold.id}-%s"),
        }
        for hold, order, test in queries.all_open_holds(request.scope)
    ]
    return render(request, "bench/holds.html", {"rows": rows, "can": _abilities(request)}, status=status)


@page("bench.hold")
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("bench:holds")
    form = ReasonForm(request.POST, auto_id=f"h{hold_id}-%s")
    target = _back_to(request, reverse("bench:holds"))
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                services.lift_hold(
                    request.actor, owner_id=request.owner.id, hold_id=hold_id, reason=form.cleaned_data["reason"]
                )
                return target

            response = submit_once(request, work)
            messages.success(request, _("Penahanan dilepas."))
            return response
    return _holds_page(request, (hold_id, form), status=422)
