"""What the pages of the bench share: rights, filters, the way back, what a batch did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from laras.bench import queries
from laras.bench.forms import NarrowingForm
from laras.bench.types import BatchReport, Narrowing
from laras.catalogue import queries as catalogues
from laras.catalogue.types import CodedAnswer
from laras.catalogue.words import is_english, name_of

ROWS = 40
"""Of a list on one page: a rack of tubes, and drawn within a tenth of a second on an old PC."""


NAMED = 8
"""Of the rows that a batch left out for one reason, so many are named."""


def address_of_result(result_id: UUID) -> str:
    """The page of a result; in lists, finding each address anew would be a tenth of the page."""
    return _result_page().replace(str(_NOWHERE), str(result_id))


_NOWHERE = UUID(int=0)


@cache
def _result_page() -> str:
    return reverse("bench:result", args=[_NOWHERE])


def abilities(request: HttpRequest) -> dict[str, bool]:
    """What this person may do at this laboratory, for templates."""
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


def narrowing(request: HttpRequest, *statuses: str) -> tuple[NarrowingForm, Narrowing]:
    """The filter form of a list and what it narrows to."""
    names = {code: name_of(test) for code, test in catalogues.effective(request.owner.id).tests.items()}
    form = NarrowingForm(request.GET, waiting=queries.tests_waiting(request.scope, *statuses), names=names)
    return form, form.narrowing()


def back_to(request: HttpRequest, otherwise: str) -> str:
    """Where the page asked to return to, if that is one of ours."""
    address = request.POST.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address else otherwise


def small_number(text: str) -> int | None:
    """A count that a page sent back (``seen``); None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 6 else None


def mine(request: HttpRequest, ids: Iterable[UUID]) -> set[UUID]:
    """Results of which this person entered any value: another one must look."""
    found = queries.enterers_of(request.scope, ids)
    return {key for key, persons in found.items() if request.actor.person_id in persons}


def say_batch(
    request: HttpRequest, report: BatchReport, done: Callable[[int], str], names: Mapping[UUID, str] | None = None
) -> None:
    """Tell what a batch did, and what it did not do and why; ``names`` says which ones, the first few of each reason."""
    if report.done:
        messages.success(request, done(len(report.done)))
    skipped: dict[str, list[UUID]] = {}
    for problem in report.problems:
        skipped.setdefault(problem.message, []).append(problem.result_id)
    for message, keys in skipped.items():
        said = _("%(n)s hasil dilewati: %(message)s") % {"n": len(keys), "message": message}
        which = [(names or {}).get(key, "") for key in keys[:NAMED]]
        more = len(keys) - NAMED
        listed = ", ".join(filter(None, which)) + (f" (+{more})" if more > 0 else "")
        messages.warning(request, f"{said} {listed}".strip() if any(which) else said)


def answer_choices(answers: Iterable[CodedAnswer]) -> list[tuple[str, str]]:
    """(text in the language of the screen, code) of the answers that may be chosen; both are read back."""
    english = is_english()
    return [(answer.text_en if english and answer.text_en else answer.text, answer.code) for answer in answers]


def judged_line(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)
