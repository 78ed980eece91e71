"""Screens of boxes: what stands still on its way, a box that is packed and handed over, a box that is compared."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from laras.core.errors import DomainError, NotFound
from laras.core.web import page, refusals, submit_once
from laras.referral import codec, queries, services
from laras.referral.documents import box_manifest_pdf
from laras.referral.forms import ArriveForm, FindingForm, HandOverForm, LogForm, OpenBoxForm, PackForm
from laras.referral.messages import (
    BOX_STEP_LABELS,
    FINDING_LABELS,
    FINDING_TONES,
    LEG_LABELS,
    TEMPERATURE_LABELS,
    VERDICT_LABELS,
    VERDICT_TONES,
    doubt_text,
)
from laras.referral.models import Box, IncomingBox
from laras.referral.paper_forms import ReceiptForm
from laras.referral.rules.boxes import REFUSING
from laras.referral.rules.temperature import Judged
from laras.referral.showing_temperature import log_cards
from laras.referral.states import BOX, INCOMING_BOX
from laras.referral.types import BoxStep, TemperatureLog

READERS = ("referral.read", "referral.send", "referral.receive", "referral.carry")


def _steps(*lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hand-overs of both ends in order of time, for ``{% timeline %}``."""
    steps = sorted((codec.read(BoxStep, step) for rows in lists for step in rows), key=lambda one: one.at)
    return [
        {"at": step.at, "text": BOX_STEP_LABELS[step.what], "where": " · ".join(filter(None, (step.lab, step.place))), "who": step.who,
         "state": "done"}
        for step in steps
    ]  # fmt: skip


def _heading(leg: queries.Leg) -> str:
    words = _("%(leg)s (%(n)d, terlambat %(late)d)") if leg.late else _("%(leg)s (%(n)d)")
    return words % {"leg": LEG_LABELS[leg.code], "n": leg.count, "late": leg.late}


@page(*READERS)
def boxes(request: HttpRequest) -> HttpResponse:
    """What stands still on each leg of the way, both directions; a new box."""
    destinations = queries.destinations(request.scope)
    form = OpenBoxForm(destinations, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.send", request.owner.id)
        if form.is_valid():

            def work() -> str:
                values = form.cleaned_data
                box = services.open_box(
                    request.actor,
                    owner_id=request.owner.id,
                    recipient_id=UUID(values["recipient"]),
                    temperature=values["temperature"],
                    packaging=values["packaging"],
                )
                return reverse("referral:box", args=[box.id])

            with refusals(form):
                return submit_once(request, work)
    legs = queries.legs(request.scope)
    context = {
        "legs": [(leg, _heading(leg)) for leg in legs],
        "standing": any(leg.count for leg in legs),
        "form": form,
        "may_pack": bool(destinations) and request.actor.can("referral.send", request.owner.id),
    }
    return render(request, "referral/boxes.html", context, status=422 if form.errors else 200)


@page(*READERS)
def box(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """One box of ours: scan specimens into it, see whose hands it went through and what was found."""
    row = queries.get_box(request.scope, box_id)
    form = PackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.send", request.owner.id)
        if form.is_valid():

            def work() -> str:
                new = services.pack(
                    request.actor, owner_id=request.owner.id, box_id=row.id, scanned=form.cleaned_data["scan"]
                )
                text = _("%(n)d sampel masuk kotak.") if new else _("Sudah ada di kotak ini.")
                messages.success(request, text % {"n": len(new)} if new else text)
                return reverse("referral:box", args=[row.id])

            with refusals(form):
                return submit_once(request, work)
    return box_page(request, row, form, HandOverForm(auto_id="serah_%s"))


def box_page(
    request: HttpRequest,
    row: Box,
    form: PackForm,
    hand_over: HandOverForm,
    log_form: LogForm | None = None,
    *,
    receipt: ReceiptForm | None = None,
) -> HttpResponse:
    """The page of a box of ours; a form that was refused comes along."""
    items = queries.items_of_box(request.scope, row.id)
    doubts = queries.doubts_in_box(request.scope, row, items)
    log_form = log_form or LogForm(auto_id="suhu_%s")
    may_send = request.actor.can("referral.send", request.owner.id)
    context = {
        "row": row,
        "items": [
            {
                "item": item,
                "finding": FINDING_LABELS.get(item.finding, ""),
                "tone": _tone(item.finding),
                "doubt": _doubt(doubts.get(item.sample_id)),
            }
            for item in items
        ],
        "logs": log_cards(row),
        "log_form": log_form,
        "may_log": request.actor.can("referral.carry", request.owner.id) and row.status != "discarded",
        "form": form,
        "hand_over": hand_over,
        "may_pack": may_send and row.status == "packing",
        "may_hand_over": may_send and BOX.can(row.status, "hand_over") and bool(items),
        "steps": _steps(row.steps, row.remote_steps),
        "temperature": TEMPERATURE_LABELS[row.temperature],
        "BOX": BOX,
    }
    if row.on_paper and may_send and row.status in ("handed", "arrived"):
        context["receipt"] = receipt = receipt or ReceiptForm(items)
    wrong = form.errors or hand_over.errors or log_form.errors or (receipt is not None and receipt.errors)
    return render(request, "referral/box.html", context, status=422 if wrong else 200)


def _doubt(judged: Judged | None) -> dict[str, str] | None:
    """A flag of a specimen that its temperature may have harmed."""
    if judged is None:
        return None
    verdict = judged.verdict
    return {"label": str(VERDICT_LABELS[verdict]), "text": doubt_text(judged), "tone": VERDICT_TONES[verdict]}


def _tone(finding: str) -> str:
    return "danger" if finding in REFUSING else FINDING_TONES.get(finding, "neutral")


@page("referral.send")
@require_POST
def hand_over(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """Sign the box over to a courier."""
    row = queries.get_box(request.scope, box_id)
    form = HandOverForm(request.POST, auto_id="serah_%s")
    if form.is_valid():

        def work() -> str:
            services.hand_over_box(request.actor, owner_id=request.owner.id, box_id=row.id, **form.cleaned_data)
            messages.success(request, _("Kotak diserahkan; laboratorium tujuan diberi tahu."))
            return reverse("referral:box", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return box_page(request, row, PackForm(), form)


@page("referral.send")
@require_POST
def unpack(request: HttpRequest, box_id: UUID, packed_id: UUID) -> HttpResponse:
    services.unpack(request.actor, owner_id=request.owner.id, box_id=box_id, item_id=packed_id)
    return HttpResponseRedirect(reverse("referral:box", args=[box_id]), status=303)


@page("referral.send")
@require_POST
def discard(request: HttpRequest, box_id: UUID) -> HttpResponse:
    services.discard_box(request.actor, owner_id=request.owner.id, box_id=box_id)
    messages.success(request, _("Kotak dibatalkan; isinya menunggu kotak lain."))
    return HttpResponseRedirect(reverse("referral:box", args=[box_id]), status=303)


@page(*READERS)
@require_safe
@never_cache
def manifest(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The list that travels in the box, with barcodes. An empty box has none."""
    row = queries.get_box(request.scope, box_id)
    if not queries.items_of_box(request.scope, row.id):
        messages.warning(request, _("Kotak ini masih kosong."))
        return HttpResponseRedirect(reverse("referral:box", args=[row.id]))
    response = HttpResponse(box_manifest_pdf(row), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="kotak-{row.number}.pdf"'
    return response


@page("referral.carry")
@require_POST
def add_log(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The file of a logger that travels with our box, from the sender or the courier."""
    row = queries.get_box(request.scope, box_id)
    form = LogForm(request.POST, request.FILES, auto_id="suhu_%s")
    if form.is_valid():
        values = form.cleaned_data
        with refusals(form):
            # Safe to press twice: the same file again changes nothing.
            log = services.add_log(
                request.actor,
                owner_id=request.owner.id,
                box_id=row.id,
                content=values["file"].read(),
                order=values["order"],
            )
            _say_log(request, log)
            return HttpResponseRedirect(reverse("referral:box", args=[row.id]) + "#suhu", status=303)
    return box_page(request, row, PackForm(), HandOverForm(auto_id="serah_%s"), form)


def _say_log(request: HttpRequest, log: TemperatureLog) -> None:
    text = ngettext("%(n)d pembacaan suhu disimpan.", "%(n)d pembacaan suhu disimpan.", log.readings)
    messages.success(request, text % {"n": log.readings})
    if log.excursions:
        messages.warning(request, _("Suhu kotak pernah di luar batas. Lihat sampel yang ditandai."))


@page(*READERS)
@require_safe
def log_file(request: HttpRequest, box_id: UUID, log_id: UUID) -> HttpResponse:
    """The file as it came."""
    return _log_file(queries.get_box(request.scope, box_id), log_id)


@page(*READERS)
@require_safe
def arrived_log_file(request: HttpRequest, box_id: UUID, log_id: UUID) -> HttpResponse:
    return _log_file(queries.get_incoming_box(request.scope, box_id), log_id)


def _log_file(row: Box | IncomingBox, log_id: UUID) -> HttpResponse:
    response = HttpResponse(services.kept_log(row, log_id), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="suhu-{row.number}.csv"'
    return response


@page(*READERS)
def incoming_box(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """A box to us: its list, specimen by specimen; a scan says that it is there, another finding is chosen beside."""
    row = queries.get_incoming_box(request.scope, box_id)
    form = FindingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.receive", request.owner.id)
        if form.is_valid():

            def work() -> str:
                values = form.cleaned_data
                item = services.note_finding(
                    request.actor,
                    owner_id=request.owner.id,
                    box_id=row.id,
                    scanned=values["scan"],
                    finding=values["finding"],
                    note=values["note"],
                )
                text = f"{item.sample_number}: {FINDING_LABELS[item.finding]}."
                (messages.success if item.finding == "present" else messages.warning)(request, text)
                return reverse("referral:incoming_box", args=[row.id])

            with refusals(form):
                return submit_once(request, work)
    return _incoming_page(request, row, form, ArriveForm(auto_id="sampai_%s"))


def _incoming_page(
    request: HttpRequest, row: IncomingBox, form: FindingForm, arrive: ArriveForm, log_form: LogForm | None = None
) -> HttpResponse:
    items = queries.items_of_incoming_box(request.scope, row.id)
    doubts = queries.doubts_in_incoming_box(request.scope, row, items)
    log_form = log_form or LogForm(auto_id="suhu_%s")
    referrals = {
        one.remote: one
        for one in queries.incoming(request.scope, sender_id=row.sender_id).filter(
            remote__in={item.referral for item in items if item.referral}
        )
    }
    may_receive = request.actor.can("referral.receive", request.owner.id)
    context = {
        "row": row,
        "items": [
            {
                "item": item,
                "finding": FINDING_LABELS.get(item.finding, _("Belum dicocokkan")),
                "tone": _tone(item.finding),
                "referral": referrals.get(item.referral) if item.referral else None,
                "doubt": _doubt(doubts.get(item.sample_number)),
            }
            for item in items
        ],
        "logs": log_cards(row),
        "log_form": log_form,
        "may_log": request.actor.can("referral.carry", request.owner.id) and row.status != "announced",
        "doubted": bool(doubts),
        "compared": sum(bool(item.finding) for item in items),
        "form": form,
        "arrive": arrive,
        "may_arrive": may_receive and row.status == "announced",
        "may_compare": may_receive and row.status == "arrived",
        "steps": _steps(row.remote_steps, row.steps),
        "temperature": TEMPERATURE_LABELS[row.temperature],
        "INCOMING_BOX": INCOMING_BOX,
    }
    wrong = form.errors or arrive.errors or log_form.errors
    return render(request, "referral/incoming_box.html", context, status=422 if wrong else 200)


@page("referral.receive")
@require_POST
def receive(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The box is here."""
    row = queries.get_incoming_box(request.scope, box_id)
    form = ArriveForm(request.POST, auto_id="sampai_%s")
    if form.is_valid():

        def work() -> str:
            services.receive_box(request.actor, owner_id=request.owner.id, box_id=row.id, **form.cleaned_data)
            messages.success(request, _("Kotak sudah di sini. Pindai isinya satu per satu."))
            return reverse("referral:incoming_box", args=[row.id])

        with refusals(form):
            return submit_once(request, work)
    return _incoming_page(request, row, FindingForm(), form)


@page("referral.carry")
@require_POST
def add_log_on_arrival(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The file of the logger that lay in a box to us."""
    row = queries.get_incoming_box(request.scope, box_id)
    form = LogForm(request.POST, request.FILES, auto_id="suhu_%s")
    if form.is_valid():
        values = form.cleaned_data
        with refusals(form):
            log = services.add_log_on_arrival(
                request.actor,
                owner_id=request.owner.id,
                box_id=row.id,
                content=values["file"].read(),
                order=values["order"],
            )
            _say_log(request, log)
            return HttpResponseRedirect(reverse("referral:incoming_box", args=[row.id]) + "#suhu", status=303)
    return _incoming_page(request, row, FindingForm(), ArriveForm(auto_id="sampai_%s"), form)


@page("referral.receive")
@require_POST
def finish(request: HttpRequest, box_id: UUID) -> HttpResponse:
    """The comparison ends; what was not found counts as missing when that was said."""
    row = queries.get_incoming_box(request.scope, box_id)
    try:
        services.finish_box(
            request.actor, owner_id=request.owner.id, box_id=row.id, rest_missing="missing" in request.POST
        )
        messages.success(request, _("Selesai dicocokkan; pengirim membaca temuannya."))
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("referral:incoming_box", args=[row.id]), status=303)
