"""Verification and validation: what must be looked at one by one, and the normal results as a batch."""

from __future__ import annotations

from collections.abc import Callable
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
from laras.bench.types import BatchReport
from laras.bench.views.shared import ROWS, abilities, address_of_result, mine, narrowing, say_batch, small_number
from laras.core.errors import Conflict, Refused
from laras.core.web import page
from laras.orders.rules.holding import OF

CARDS = 10
"""One by one, so many on a page."""


def _chosen(request: HttpRequest) -> tuple[list[UUID], list[int] | None]:
    """The selected rows and how many values each had on the page; what is no key is left out."""
    ids, seen = [], []
    for text in request.POST.getlist("id"):
        key, _sep, entries = text.partition(":")
        try:
            ids.append(UUID(key))
        except ValueError:
            continue
        seen.append(small_number(entries))
    if not ids:
        raise Refused(_("Pilih dahulu satu hasil atau lebih."))
    return ids, None if None in seen else [number for number in seen if number is not None]


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
        say_batch(request, report, done)
    return redirect(request.get_full_path())


def _quality(request: HttpRequest, ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """What blanks, duplicates and spikes say of these results, in words."""
    if not ids:
        return {}
    found = queries.quality_of(request.scope, queries.rows_with_things(request.scope, ids))
    return {key: [words.quality_in_words(line) for line in lines] for key, lines in found.items()}


def _queue(request: HttpRequest, *, status: str, rows: Callable[..., Any], template: str) -> HttpResponse:
    form, by = narrowing(request, status)
    look, normal = queries.count_queue(request.scope, status, by)
    # Nothing to look at: the batch is what there is to do.
    wanted = request.GET.get("tab") or ("look" if look or not normal else "normal")
    tab = "normal" if wanted == "normal" else "look"
    items = rows(request.scope, by, normal=tab == "normal", limit=ROWS if tab == "normal" else CARDS)
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
            "rows": [
                {
                    "item": item,
                    "url": address_of_result(item.result.id),
                    "mine": item.result.id in entered_by_me,
                    "past": past.get(item.result.id, ()),
                    "quality": watched.get(item.result.id, ()),
                }
                for item in items
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
