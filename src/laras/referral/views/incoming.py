"""Screens of what comes in: announced, at work, ended, and one referral with its decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.catalogue import queries as catalogues
from laras.catalogue.words import is_english, name_of
from laras.core import clock
from laras.core.web import page, refusals, submit_once
from laras.orders.states import URGENCIES
from laras.people import queries as people_queries
from laras.people.types import Identity
from laras.referral import queries, services
from laras.referral.forms import AcceptForm, ReceivedFilter, RefuseForm, ScanForm
from laras.referral.messages import ITEM_LABELS, ITEM_TONES, VERDICT_LABELS, doubt_text, refusal_text
from laras.referral.models import Incoming
from laras.referral.rules.boxes import REFUSING
from laras.referral.showing import ways
from laras.referral.states import INCOMING
from laras.referral.types import Announcement, Person
from laras.referral.views._common import LATELY, PAGE


@page("referral.read", "referral.receive")
def incoming(request: HttpRequest) -> HttpResponse:
    """What was announced and must be decided, what is at work; a scan opens the referral of a box or a sample."""
    form = ScanForm(request.GET if "scan" in request.GET else None)
    unknown = ""
    if form.is_bound and form.is_valid() and form.cleaned_data["scan"]:
        text = form.cleaned_data["scan"]
        boxes = queries.find_box(request.scope, text)
        if len(boxes) == 1:
            return HttpResponseRedirect(reverse("referral:incoming_box", args=[boxes[0].id]))
        found = queries.find_by_number(request.scope, text)
        if len(found) == 1 or (found and found[0].number == text.strip().upper()):
            return HttpResponseRedirect(reverse("referral:incoming_referral", args=[found[0].id]))
        unknown = text if not found else ""
        scanned = found
    else:
        scanned = []
    decide = list(queries.to_decide(request.scope)[:200])
    working = list(queries.incoming(request.scope, statuses=("accepted",)).order_by("decided_at", "id")[:200])
    _went, ended = queries.lately_ended(request.scope, since=clock.now() - LATELY)
    items = queries.items_of_incoming(request.scope, [row.id for row in (*decide, *working, *scanned, *ended)])
    late = {row.id for row in queries.ageing(request.scope) if row.overdue}
    context = {
        "scan_form": form,
        "unknown": unknown,
        "scanned": _listed(scanned, items, late),
        "decide": _listed(decide, items, late),
        "working": _listed(working, items, late),
        "ended": _listed(ended, items),
        "INCOMING": INCOMING,
        "URGENCIES": URGENCIES,
    }
    return render(request, "referral/incoming.html", context)


@page("referral.read", "referral.receive")
def received_list(request: HttpRequest) -> HttpResponse:
    """All referrals that came here, whatever became of them, newest first."""
    form = ReceivedFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = queries.incoming(request.scope, statuses=[chosen["status"]] if chosen.get("status") else ())
    if chosen.get("q"):
        rows = rows.filter(id__in=[row.id for row in queries.find_by_number(request.scope, chosen["q"])])
    found, cursor = queries.page_of_received(rows, after=request.GET.get("after", ""), limit=PAGE)
    items = queries.items_of_incoming(request.scope, [row.id for row in found])
    context = {
        "filter_form": form,
        "rows": _listed(found, items),
        "cursor": cursor,
        "INCOMING": INCOMING,
        "URGENCIES": URGENCIES,
    }
    return render(request, "referral/received.html", context)


def _listed(rows: list[Incoming], items: Any, late: Collection[UUID] = ()) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "late": row.id in late,
            "why": row.note
            or "; ".join(dict.fromkeys(refusal_text(i.refusal, i.note) for i in items[row.id] if i.refusal)),
            "tests": ", ".join(item.test_code for item in items[row.id]),
            "samples": len({item.sample_number for item in items[row.id]}),
            "done": sum(item.status not in ("sent", "accepted") for item in items[row.id]),
            "total": len(items[row.id]),
        }
        for row in rows
    ]


@page("referral.read", "referral.receive")
def incoming_referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """One referral: what the sender wrote and where its specimens are; while announced, the decision."""
    row = queries.get_incoming(request.scope, referral_id)
    may_decide = request.actor.can("referral.receive", request.owner.id) and row.status == "announced"
    form = _accept_form(request, row, request.POST if request.method == "POST" else None) if may_decide else None
    if request.method == "POST":
        if form is None:
            request.actor.require("referral.receive", request.owner.id)
            messages.warning(
                request, _("Rujukan ini sudah diputuskan: %(status)s.") % {"status": INCOMING.label(row.status)}
            )
            return HttpResponseRedirect(reverse("referral:incoming_referral", args=[row.id]), status=303)
        if form.is_valid():

            def work() -> str:
                done = services.accept_incoming(
                    request.actor, owner_id=request.owner.id, referral_id=row.id, **form.decided()
                )
                messages.success(
                    request,
                    _("Rujukan diterima sebagai permintaan %(number)s.")
                    % {"number": done.order.number if done.order else ""},
                )
                return reverse("referral:incoming_referral", args=[row.id])

            with refusals(form):
                return submit_once(request, work)
            # Somebody alike was found: the next page asks who it is.
            form = _with_people(request, row, form)
    return _incoming_detail(request, row, form, RefuseForm(auto_id="tolak_%s"))


def _incoming_detail(
    request: HttpRequest, row: Incoming, form: AcceptForm | None, refuse_form: RefuseForm
) -> HttpResponse:
    announcement = queries.announcement_of(row)
    items = queries.items_of_incoming(request.scope, [row.id])[row.id]
    names = _names(row, announcement)
    shown_person = announcement.person if announcement and request.actor.can("people.read", row.owner_id) else None
    may_receive = request.actor.can("referral.receive", request.owner.id)
    doubts = queries.doubts_of_incoming(request.scope, row.sender_id, items)
    context = {
        "row": row,
        "doubts": [
            (number, VERDICT_LABELS[judged.verdict], doubt_text(judged), found)
            for number, (judged, found) in sorted(doubts.items())
        ],
        "announcement": announcement,
        "person": shown_person,
        "items": [
            {
                "item": item,
                "name": names.get(item.remote_item, item.test_code),
                "label": ITEM_LABELS[item.status],
                "tone": ITEM_TONES[item.status],
                "note": refusal_text(item.refusal, item.note),
            }
            for item in items
        ],
        "ways": ways(row.owner_id, queries.journey_of_incoming(row)),
        "form": form,
        "refuse_form": refuse_form,
        "may_refuse": may_receive and INCOMING.can(row.status, "refuse") and not any(item.reported for item in items),
        "identifiers": queries.identifiers_of(queries.INCOMING_ENTITY, [row.id]).get(row.id, []),
        "INCOMING": INCOMING,
        "URGENCIES": URGENCIES,
    }
    wrong = (form is not None and form.errors) or refuse_form.errors
    return render(request, "referral/incoming_referral.html", context, status=422 if wrong else 200)


def _names(row: Incoming, announcement: Announcement | None) -> dict[UUID, str]:
    """Remote item -> name of the test, as the sender calls it; on an English screen as our catalogue does."""
    if announcement is None:
        return {}
    tests = catalogues.effective(row.owner_id).tests if is_english() else {}
    return {
        one.item: name_of(tests[one.test]) if one.test in tests else one.name or one.test for one in announcement.items
    }


def _accept_form(request: HttpRequest, row: Incoming, data: Any) -> AcceptForm | None:
    announcement = queries.announcement_of(row)
    if announcement is None:
        return None
    items = queries.items_of_incoming(request.scope, [row.id])[row.id]
    catalogue = catalogues.effective(row.owner_id)
    announced = {one.item: one for one in announcement.items}
    unknown = frozenset(
        item.id
        for item in items
        if item.remote_item in announced and not services.own_code(catalogue, announced[item.remote_item])
    )
    names = _names(row, announcement)
    people, certain = _people(request, announcement.person)
    form = AcceptForm(
        items,
        names={item.id: names.get(item.remote_item, item.test_code) for item in items},
        unknown=unknown,
        people=people,
        data=data,
    )
    if certain:
        form.fields["patient"].initial = certain
    _prefill(request, row, form)
    return form


def _prefill(request: HttpRequest, row: Incoming, form: AcceptForm) -> None:
    """What was found when the box was compared stands in the form already; the person still decides."""
    found = queries.findings_of(request.scope, row.sender_id, {item.sample_number for item in form.items})
    for item in form.items:
        one = found.get(item.sample_number)
        if one is None:
            continue
        if one.finding in REFUSING:
            form.fields[f"decide_{item.id.hex}"].initial = REFUSING[one.finding]
            form.fields[f"note_{item.id.hex}"].initial = one.note
        elif one.finding == "missing":
            form.fields["received"].initial = False
        elif one.note and not form.fields["note"].initial:
            form.fields["note"].initial = one.note
        if one.box.celsius is not None:
            form.fields["temperature"].initial = one.box.celsius


def _with_people(request: HttpRequest, row: Incoming, form: AcceptForm) -> AcceptForm:
    """The same form with its errors, and the choice of the person when that was the reason."""
    fresh = _accept_form(request, row, form.data)
    if fresh is None or "patient" not in fresh.fields or "patient" in form.fields:
        return form
    fresh.is_valid()
    for field, errors in form.errors.items():
        fresh.add_error(field if field in fresh.fields else None, errors.as_data())
    return fresh


def _people(request: HttpRequest, person: Person | None) -> tuple[list[tuple[str, str]], str]:
    """Our patients who may be the announced person, best first, and the one with the same number of a document."""
    if person is None or not request.actor.can("people.read", request.owner.id):
        return [], ""
    identity = Identity(
        person.full_name,
        person.sex,  # type: ignore[arg-type]
        person.birth_date,
        person.birth_date_estimated,
        person.nik,
        person.passport_number,
        person.mother_nik,
        person.phone,
    )
    found = people_queries.find_duplicates(request.scope, identity)
    rows, certain = [], ""
    for one in found:
        known = one.patient
        if person.nik and known.nik == person.nik:
            certain = str(known.id)
        born = f"{known.birth_date:%d-%m-%Y}" if known.birth_date else "–"
        text = _("%(name)s · RM %(mrn)s · lahir %(born)s") % {"name": known.full_name, "mrn": known.mrn, "born": born}
        rows.append((str(known.id), text))
    return rows, certain


@page("referral.receive")
@require_POST
def refuse(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    row = queries.get_incoming(request.scope, referral_id)
    form = RefuseForm(request.POST, auto_id="tolak_%s")
    if form.is_valid():

        def work() -> str:
            services.refuse_incoming(
                request.actor,
                owner_id=request.owner.id,
                referral_id=row.id,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
            )
            messages.success(request, _("Rujukan ditolak; pengirim membaca alasannya."))
            return reverse("referral:incoming_referral", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    accept = _accept_form(request, row, None) if row.status == "announced" else None
    return _incoming_detail(request, row, accept, form)
