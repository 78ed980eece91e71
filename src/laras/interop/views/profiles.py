"""Profiles: the shipped ones, the laboratory's own, and the editor that tries a change on what was received before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.core.errors import DomainError, NotFound
from laras.core.web import page, submit_once
from laras.interop import devices, queries, services
from laras.interop.forms import CodeForms, ProfileForm
from laras.interop.hearing import Hearing
from laras.interop.models import Message, OwnProfile
from laras.interop.rules import editing
from laras.interop.rules.profiles import Profile
from laras.interop.types import Reading

TRIED = 10
"""Messages on which a change is tried."""
SEEN = 50
"""Messages in which codes are looked for that the profile does not know."""


@page("bench.enter", "catalogue.manage")
def profiles(request: HttpRequest) -> HttpResponse:
    own = queries.own_profiles(request.scope)
    shipped = [devices.shipped(name) for name in devices.shipped_names()]
    return render(
        request,
        "interop/profiles.html",
        {"own": own, "shipped": shipped, "may_enter": request.actor.can("bench.enter", request.owner.id)},
    )


@page("bench.enter", "catalogue.manage")
def profile(request: HttpRequest, name: str) -> HttpResponse:
    """What an instrument's codes mean. POST tries or saves a change."""
    own, base = _found(request, name)
    if request.method == "POST":
        request.actor.require("catalogue.manage", request.owner.id)
        return _edited(request, name, own, base)
    hearing = Hearing(request.owner.id)
    rows = editing.rows_of(base)
    unknown = _unknown(request, hearing, name, own)
    start = [{"device": one.device, "tests": one.tests, "unit": one.unit} for one in rows]
    form = ProfileForm(initial=_initial(own, base), auto_id="profil-%s")
    codes = CodeForms(initial=[*start, *({"device": code} for code in unknown)], prefix="kode")
    return _page(request, name, own, base, form, codes, unknown=unknown)


def _found(request: HttpRequest, name: str) -> tuple[OwnProfile | None, dict[str, Any]]:
    if name in devices.shipped_names():
        return None, devices.shipped_content(name)
    own = queries.own_profile(request.scope, name)
    return own, own.table


def _initial(own: OwnProfile | None, base: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": own.label if own else "",
        "units": "\n".join(f"{written} = {ucum}" for written, ucum in base.get("units", {}).items()),
        "missing": "\n".join(base.get("missing", [])),
        "ignore": "\n".join(base.get("ignore", [])),
        "checked": own is not None and base.get("status") == "adopted",
        "seen": own.version if own else 0,
    }


def _edited(request: HttpRequest, name: str, own: OwnProfile | None, base: dict[str, Any]) -> HttpResponse:
    form = ProfileForm(request.POST, auto_id="profil-%s")
    codes = CodeForms(request.POST, prefix="kode")
    if not (form.is_valid() and codes.is_valid()):
        return _page(request, name, own, base, form, codes, status=422)
    filled = [one for one in codes.forms if any(one.cleaned_data.get(key) for key in ("device", "tests", "unit"))]
    # A code without a test is one that nobody has decided on: it stays unknown, and its values wait.
    kept = [
        one for one in filled if one.cleaned_data["tests"] or one.cleaned_data["unit"] or not one.cleaned_data["device"]
    ]
    given = form.cleaned_data
    change = {
        "label": given["label"],
        "rows": [services.CodeRow(**one.cleaned_data) for one in kept],
        "units": given["units"],
        "missing": given["missing"],
        "ignore": given["ignore"],
        "checked": given["checked"],
    }
    try:
        if "try" in request.POST:
            _content, tried = services.compose_profile(owner_id=request.owner.id, base=base, name=name, **change)
            return _page(request, name, own, base, form, codes, tried=_tried(request, tried, name, own))

        def work() -> str:
            row = services.save_profile(
                request.actor, owner_id=request.owner.id, based_on="" if own else name, name=own.name if own else "",
                seen=given["seen"] or 0, **change,
            )  # fmt: skip
            return reverse("interop:profile", args=[row.name])

        answer = submit_once(request, work)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        _place(error, form, kept)
        return _page(request, name, own, base, form, codes, status=422)
    messages.success(
        request,
        _("Profil disimpan. Pesan berikutnya dibaca dengannya; yang menunggu dapat dibaca ulang dari halaman alat."),
    )
    return answer


def _place(error: DomainError, form: ProfileForm, rows: list[Any]) -> None:
    """Each problem at its row and field; what has none on top."""
    if not error.problems:
        form.add_error(None, str(error.message))
    for problem in error.problems:
        if problem.row is not None and problem.row <= len(rows):
            rows[problem.row - 1].add_error(problem.field, str(problem.message))
        else:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.message))


def _page(
    request: HttpRequest,
    name: str,
    own: OwnProfile | None,
    base: dict[str, Any],
    form: ProfileForm,
    codes: Any,
    *,
    unknown: list[str] | None = None,
    tried: list[_Tried] | None = None,
    status: int = 200,
) -> HttpResponse:
    tests = catalogues.effective(request.owner.id).tests
    rows = editing.rows_of(base)
    context = {
        "name": name,
        "own": own,
        "base": base,
        "rows": [(one, [tests[code] for code in one.tests.split(", ") if code in tests]) for one in rows],
        "form": form,
        "codes": codes,
        "unknown": unknown or [],
        "tried": tried,
        "tests": sorted((code, test.name) for code, test in tests.items()) if codes else [],
        "may_manage": request.actor.can("catalogue.manage", request.owner.id),
    }
    return render(request, "interop/profile.html", context, status=status)


# --- What was received before -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tried:
    """A message read with the profile on the screen."""

    message: Message
    readings: tuple[Reading, ...]
    trouble: str


def _names(name: str, own: OwnProfile | None) -> list[str]:
    """The profile's own messages, and those of the shipped one that it comes from."""
    return [name, own.based_on] if own else [name]


def _tried(request: HttpRequest, profile: Profile, name: str, own: OwnProfile | None) -> list[_Tried] | None:
    if not request.actor.can("bench.enter", request.owner.id):
        return None  # values of patients: for who works with them
    from laras.interop.words import say

    hearing = Hearing(request.owner.id)
    found = []
    for message in queries.last_messages(request.scope, _names(name, own), limit=TRIED):
        heard = hearing.hear(message, profile)
        found.append(_Tried(message, heard.readings, str(say(heard.trouble)) if heard.trouble else ""))
    return found


def _unknown(request: HttpRequest, hearing: Hearing, name: str, own: OwnProfile | None) -> list[str]:
    """Codes that came and mean nothing yet, the most frequent first."""
    if not request.actor.can("catalogue.manage", request.owner.id):
        return []
    seen: dict[str, int] = {}
    for message in queries.last_messages(request.scope, _names(name, own), limit=SEEN):
        for reading in hearing.hear(message, hearing.profile(name)).readings:
            if not reading.known and not reading.part and reading.device_code:
                seen[reading.device_code] = seen.get(reading.device_code, 0) + 1
    return sorted(seen, key=lambda code: (-seen[code], code))[:20]
