"""The grid: the worklist that is filled like a spreadsheet."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from laras.bench import judging, queries, services
from laras.bench.states import RESULT
from laras.bench.types import CALL_MINUTES, BatchReport, Entry, GridRow, Narrowing, ResultView
from laras.bench.views.shared import (
    ROWS,
    abilities,
    address_of_result,
    answer_choices,
    back_to,
    judged_line,
    narrowing,
    say_batch,
    small_number,
)
from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.errors import DomainError, Refused
from laras.core.web import once, page

TABS = {
    "waiting": (gettext_lazy("Dikerjakan"), ("waiting",)),
    "entered": (gettext_lazy("Terisi"), ("entered",)),
    "to_refer": (gettext_lazy("Perlu dirujuk"), ("to_refer",)),
    "referred": (gettext_lazy("Dirujuk"), ("referred",)),
}


def _page_number(request: HttpRequest) -> int:
    try:
        return max(1, min(10_000, int(request.GET.get("page", "1"))))
    except ValueError:
        return 1


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
    form, by = narrowing(request, *statuses)
    counts = once(request, queries.counts)
    total = queries.count(request.scope, by, *statuses) if by != Narrowing() else _count_of(counts, tab)
    number = min(_page_number(request), max(1, -(-total // ROWS)))
    rows = judging.grid(request.scope, request.owner, by, statuses=statuses, limit=ROWS, offset=(number - 1) * ROWS)
    catalogue = catalogues.effective(request.owner.id)
    sets = {row.answers: answer_choices(catalogue.answers_by_set.get(row.answers, ())) for row in rows if row.answers}
    can = abilities(request)
    now = clock.now()
    context = {
        "tab": tab,
        "tabs": [
            {"key": key, "label": label, "active": key == tab, "count": _count_of(counts, key)}
            for key, (label, _statuses) in TABS.items()
        ],
        "form": form,
        "rows": [
            {
                "view": row.item.result,
                "item": row.item,
                "key": mark_safe(str(row.item.result.id)),
                "url": address_of_result(row.item.result.id),
                "name": row.item.result.screen.name,
                "number": row.kind not in ("coded", "text"),
                "answers": row.answers if row.kind == "coded" else "",
                "unit": row.unit,
                "reference": row.item.result.screen.reference or row.expected,
                "lacking": row.lacking,
                "previous": row.previous,
                "previous_at": row.previous_at,
                "again": again,
                "seen": str(row.item.result.entries),
                "raw": (typed or {}).get(f"raw-{row.item.result.id}", row.item.result.raw),
                "comment": (typed or {}).get(f"comment-{row.item.result.id}", row.item.result.comment),
                "wrong": (wrong or {}).get(row.item.result.id, ""),
                "calculated": row.calculated,
                "holding": None if row.begun or row.item.result.entries else row.holding,
                "held_over": bool(row.holding and row.holding.left(now) < timedelta(0)),
                "left": abs(row.holding.left(now)) if row.holding else None,
                "ask_late": bool(
                    row.holding and not row.begun and not row.item.result.entries and row.holding.late(now)
                ),
                "late_reason": (typed or {}).get(f"late-{row.item.result.id}", ""),
                "late": bool(row.item.result.due_at and row.item.result.due_at < now),
            }
            for row, again in zip(rows, _same_sample(rows), strict=True)
        ],
        "editable": can["enter"] and tab in ("waiting", "entered"),
        "calculable": [row.calculated.result_id for row in rows if row.calculated and row.calculated.raw],
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


def _same_sample(rows: list[GridRow]) -> list[bool]:
    """For each row whether it is of the same sample as the row above, which says whose it is."""
    numbers = [row.item.result.sample_id for row in rows]
    return [False, *(above == own for above, own in pairwise(numbers))][: len(rows)]


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
        seen = small_number(request.POST.get(f"seen-{key}", ""))
        comment = request.POST.get(f"comment-{key}")
        late = request.POST.get(f"late-{key}", "")
        entries.append(Entry(key, raw, comment=comment, seen=seen, late_reason=late, **shared))
    return entries


def _saved(n: int) -> str:
    return ngettext("%(n)s nilai disimpan.", "%(n)s nilai disimpan.", n) % {"n": n}


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
    say_batch(request, report, _saved)
    shown = queries.views_by_id(request.scope, report.done)
    _say_critical(request, sum(row.open_call is not None for row in shown.values()))
    if report.problems:
        wrong = {problem.result_id: problem.message for problem in report.problems}
        return _grid_page(request, typed=request.POST.dict(), wrong=wrong, status=422)
    return redirect(request.get_full_path())


def _save_answer(request: HttpRequest, report: BatchReport) -> JsonResponse:
    done = (*report.done, *report.unchanged)
    shown = queries.views_by_id(request.scope, done)
    critical = sum(row.open_call is not None for row in shown.values())
    # Somebody else's value stands in these cells: it is shown beside the one that was typed.
    now = queries.views_by_id(request.scope, [p.result_id for p in report.problems if p.code == "entered_meanwhile"])
    if report.whole:
        # The page is opened anew by the script; what was saved is said there.
        say_batch(request, report, _saved)
        _say_critical(request, critical)
    return JsonResponse(
        {
            "saved": [
                {"id": str(key), "entries": shown[key].entries, **_cell(shown[key])} for key in done if key in shown
            ],
            "problems": [
                {"id": str(p.result_id), "message": p.message, "code": p.code, **_theirs(now.get(p.result_id))}
                for p in report.problems
            ],
            "critical": _critical_words(critical),
            "message": _saved(len(done)),
        },
        status=200 if report.whole else 422,
    )


def _critical_words(n: int) -> str:
    if not n:
        return ""
    return ngettext(
        "%(n)s nilai kritis: laporkan dalam %(minutes)s menit, di halaman Nilai kritis.",
        "%(n)s nilai kritis: laporkan dalam %(minutes)s menit, di halaman Nilai kritis.",
        n,
    ) % {"n": n, "minutes": CALL_MINUTES}


def _say_critical(request: HttpRequest, n: int) -> None:
    if n:
        messages.warning(request, _critical_words(n))


def _theirs(view: ResultView | None) -> dict[str, Any]:
    if view is None:
        return {}
    return {"entries": view.entries, "theirs": view.raw, "by": view.entered_by}


def _cell(view: ResultView) -> dict[str, Any]:
    return {
        "flag": view.flag,
        "critical": view.critical,
        "attention": view.attention,
        "shown": view.screen.value,
        "note": judged_line(view.screen.brief, view.screen.change_brief),
    }


@page("bench.enter")
@require_POST
def calculate(request: HttpRequest) -> HttpResponse:
    """``/meja-kerja/hitung/``: what the formulas say of the rows that the worklist showed is entered, by whoever asked."""
    keys = []
    for text in request.POST.getlist("result")[:ROWS]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    if keys:
        report = services.enter_calculated(request.actor, owner_id=request.owner.id, result_ids=keys)
        say_batch(request, report, _reckoned)
        shown = queries.views_by_id(request.scope, report.done)
        _say_critical(request, sum(row.open_call is not None for row in shown.values()))
    return redirect(back_to(request, reverse("bench:worklist")))


def _reckoned(n: int) -> str:
    return ngettext("%(n)s hasil dihitung dan diisi.", "%(n)s hasil dihitung dan diisi.", n) % {"n": n}


@page("bench.enter")
@require_POST
def judge(request: HttpRequest) -> JsonResponse:
    """What typed values would mean: ``{"rows": [{"id", "raw"}]}`` -> the same ids with flag and words. Saves nothing."""
    try:
        given = json.loads(request.body)["rows"]
        written = [(UUID(str(row["id"])), str(row["raw"])) for row in given][:ROWS]
    except (ValueError, KeyError, TypeError, RecursionError):
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
                    "note": row.brief,
                }
                for row in judging.try_values(request.owner.id, written)
            ]
        }
    )
