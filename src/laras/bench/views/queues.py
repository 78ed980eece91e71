"""Verification and validation: what must be looked at one by one, and the normal results as a batch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from laras.bench import queries, services, words
from laras.bench.forms import ReasonForm
from laras.bench.states import RESULT
from laras.bench.types import BatchReport, WorkItem
from laras.bench.views.shared import abilities, address_of_result, mine, narrowing, say_batch, small_number
from laras.core.errors import Conflict, Refused
from laras.core.web import page
from laras.orders.rules.holding import OF

CARDS = 10
"""One by one, so many on a page."""
BATCH = 300
"""Normal results on a page: what one person looks over and signs at once."""


def _chosen(request: HttpRequest) -> tuple[list[UUID], list[int]]:
    """The selected rows and how many values each had on the page. What is no key, and what does not say how many values the
    person saw, is left out: nobody signs what he did not see."""
    ids: list[UUID] = []
    seen: list[int] = []
    for text in request.POST.getlist("id"):
        key, _sep, entries = text.partition(":")
        number = small_number(entries)
        try:
            one = UUID(key)
        except ValueError:
            continue
        if number is not None:
            ids.append(one)
            seen.append(number)
    if not ids:
        raise Refused(_("Pilih dahulu satu hasil atau lebih."))
    return ids, seen


@page("bench.verify")
def verification(request: HttpRequest) -> HttpResponse:
    """Entered results; those that this person entered are shown but not offered."""
    if request.method == "POST":
        return _sign(
            request,
            services.verify_many,
            lambda n: ngettext("%(n)s hasil diverifikasi.", "%(n)s hasil diverifikasi.", n) % {"n": n},
        )
    return _queue(
        request,
        status="entered",
        rows=queries.to_verify,
        template="bench/verification.html",
    )


@page("bench.validate")
def validation(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _sign(
            request,
            services.validate_many,
            lambda n: ngettext("%(n)s hasil divalidasi.", "%(n)s hasil divalidasi.", n) % {"n": n},
        )
    return _queue(
        request,
        status="verified",
        rows=queries.to_validate,
        template="bench/validation.html",
    )


def _sign(request: HttpRequest, service: Callable[..., BatchReport], done: Callable[[int], str]) -> HttpResponse:
    try:
        ids, seen = _chosen(request)
        report = service(request.actor, owner_id=request.owner.id, result_ids=ids, seen=seen)
    except (Conflict, Refused) as error:
        messages.warning(request, str(error))
    else:
        say_batch(request, report, done, _samples(request, report))
    return redirect(request.get_full_path())


def _quality(request: HttpRequest, ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """What blanks, duplicates and spikes say of these results, in words."""
    if not ids:
        return {}
    found = queries.quality_of(request.scope, queries.rows_with_things(request.scope, ids))
    return {key: [words.quality_in_words(line) for line in lines] for key, lines in found.items()}


def _same_sample(items: list[WorkItem]) -> list[bool]:
    """For each row whether the row above is of the same sample and the same hands, and says whose it is."""
    own = [(one.sample_id, one.entered_by_id, one.verified_by_id) for one in (item.result for item in items)]
    return [False, *(above == below for above, below in pairwise(own))][: len(items)]


def _samples(request: HttpRequest, report: BatchReport) -> dict[UUID, str]:
    """What was left out, as a person finds it again: test and sample."""
    shown = queries.views_by_id(request.scope, [one.result_id for one in report.problems]) if report.problems else {}
    return {key: f"{view.test_code} {view.sample_number}" for key, view in shown.items()}


def _queue(request: HttpRequest, *, status: str, rows: Callable[..., Any], template: str) -> HttpResponse:
    form, by = narrowing(request, status)
    look, normal = queries.count_queue(request.scope, status, by)
    # Nothing to look at: the batch is what there is to do.
    wanted = request.GET.get("tab") or ("look" if look or not normal else "normal")
    tab = "normal" if wanted == "normal" else "look"
    items = rows(request.scope, by, normal=tab == "normal", limit=BATCH if tab == "normal" else CARDS)
    ids = [item.result.id for item in items]
    entered_by_me = mine(request, ids)
    watched = _quality(request, [item.result.id for item in items if item.subject_kind in OF])
    past = queries.history_of_many(request.scope, ids, limit=4) if tab == "look" else {}
    return render(
        request,
        template,
        {
            "form": form,
            "tab": tab,
            "left_out": queries.alone_counts(request.scope, status, by) if tab == "normal" and look else (),
            "offered": sum(item.result.id not in entered_by_me and not item.result.holds for item in items),
            "rows": [
                {
                    "again": again,
                    "item": item,
                    "url": address_of_result(item.result.id),
                    "mine": item.result.id in entered_by_me,
                    "past": past.get(item.result.id, ()),
                    "quality": watched.get(item.result.id, ()),
                }
                for item, again in zip(items, _same_sample(items), strict=True)
            ],
            "look": look,
            "normal": normal,
            "returning": ReasonForm(auto_id="return-%s"),
            "repeating": ReasonForm(auto_id="repeat-%s"),
            "more": (look if tab == "look" else normal) - len(items),
            "can": abilities(request),
            "RESULT": RESULT,
        },
    )
