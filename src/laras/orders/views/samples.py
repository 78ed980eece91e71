"""The two counters of samples: where they are taken (phone) and where they arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from laras.catalogue.words import term
from laras.core import clock
from laras.core.errors import DomainError, Forbidden
from laras.core.web import page, submit_once
from laras.orders import queries, services
from laras.orders.forms import CollectForm, DisposeForm, HandOverForm, ReceiveForm, RefuseForm, placed
from laras.orders.models import URGENCIES
from laras.orders.states import SAMPLE
from laras.orders.views.registering import address_of


def _ids(request: HttpRequest) -> list[UUID]:
    """The ticked samples; what is no id is left out."""
    found = []
    for text in request.POST.getlist("id")[:200]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


# --- Receiving ----------------------------------------------------------------------------------------------------------


@page("orders.receive_sample")
def receiving(request: HttpRequest) -> HttpResponse:
    """A scan receives at once; what is ticked is received together; urgent ones stand first."""
    form = ReceiveForm(request.POST if request.method == "POST" else None)
    said: list[tuple[str, str]] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            said = _receive(request, form)
            form = ReceiveForm(initial={name: form.cleaned_data[name] for name in ("condition", "temperature")})
        except Forbidden:
            raise
        except DomainError as error:
            status = error.status if error.status != 404 else 422
            said = [("danger", " ".join([str(error.message), *(str(p.message) for p in error.problems)]))]
    elif form.is_bound:
        status = 422
    if request.method == "POST" and not request.htmx and status == 200:
        for tone, text in said:
            (messages.success if tone == "done" else messages.warning)(request, text)
        return redirect("orders:receiving")
    samples = queries.to_receive(request.scope)
    now = clock.now()
    context = {
        "form": form,
        "said": said,
        "samples": samples,
        "clocks": {
            key: (held, abs(held.left(now)), held.left(now) < timedelta(0))
            for key, held in queries.holding_clocks(request.scope, request.owner.id, samples).items()
        },
        "received": queries.received_lately(request.scope),
        "subject_of": queries.subject_of,
        "SAMPLE": SAMPLE,
        "URGENCIES": URGENCIES,
        "now": now,
    }
    if request.htmx:
        # A refusal stands in the fragment itself, so that the scan field keeps its place and its focus.
        return render(request, "orders/_receiving.html", context)
    return render(request, "orders/receiving.html", context, status=status)


def _receive(request: HttpRequest, form: ReceiveForm) -> list[tuple[str, str]]:
    values = form.cleaned_data
    how = {"condition": values["condition"], "temperature": values["temperature"]}
    text = values["scan"].strip()
    if text:
        return _receive_scanned(request, text, how)
    ids = _ids(request)
    if not ids:
        return [("waiting", _("Pindai label, atau centang sampel di daftar."))]
    got = services.receive_samples(request.actor, owner_id=request.owner.id, sample_ids=ids, **how)
    return [("done", ngettext("%(n)d sampel diterima.", "%(n)d sampel diterima.", len(got)) % {"n": len(got)})]


def _receive_scanned(request: HttpRequest, text: str, how: dict[str, Any]) -> list[tuple[str, str]]:
    sample = queries.find_sample(request.scope, text)
    if sample is None:
        found = queries.find_by_number(request.scope, text)
        if found:
            if not _waiting_in(request, found[0].order_id):
                return [("waiting", _("Tidak ada sampel “%(text)s” yang masih menunggu diterima.") % {"text": text})]
            return [
                ("waiting", _("“%(text)s” adalah beberapa sampel: pindai labelnya satu per satu.") % {"text": text})
            ]
        return [("danger", _("“%(text)s” tidak dikenal di laboratorium ini.") % {"text": text})]
    facts = {"number": sample.number, "subject": queries.subject_of(sample.order), "specimen": term(sample.specimen)}
    if sample.status == "received":
        return [("waiting", _("%(number)s sudah diterima sebelumnya (%(subject)s).") % facts)]
    if not SAMPLE.can(sample.status, "receive"):
        facts["status"] = SAMPLE.label(sample.status)
        return [("danger", _("%(number)s tidak diterima: statusnya “%(status)s” (%(subject)s).") % facts)]
    services.receive_samples(request.actor, owner_id=request.owner.id, sample_ids=[sample.id], **how)
    return [("done", _("Diterima: %(number)s · %(subject)s · %(specimen)s") % facts)]


def _waiting_in(request: HttpRequest, order_id: UUID) -> bool:
    samples = queries.get_order(request.scope, order_id).samples
    return any(SAMPLE.can(sample.status, "receive") for sample in samples)


# --- Taking samples -----------------------------------------------------------------------------------------------------


@page("orders.collect")
def collecting(request: HttpRequest) -> HttpResponse:
    """Who waits to have samples taken, one card for each order; made for a phone."""
    groups: dict[UUID, dict[str, Any]] = {}
    for sample in queries.to_collect(request.scope):
        group = groups.setdefault(
            sample.order_id, {"order": sample.order, "subject": queries.subject_of(sample.order), "samples": []}
        )
        group["samples"].append(sample)
    context = {"groups": list(groups.values()), "URGENCIES": URGENCIES, "form": CollectForm()}
    return render(request, "orders/collecting.html", context)


@require_POST
@page("orders.collect")
def collect(request: HttpRequest) -> HttpResponse:
    """Mark the ticked samples as taken; back to where the button was."""
    form = CollectForm(request.POST)
    ids = _ids(request)
    back = reverse("orders:collecting")
    if request.POST.get("order"):
        back = _safe_order(request, back)
    if not form.is_valid() or not ids:
        messages.warning(request, _("Centang sampel yang diambil, dan periksa waktunya."))
        return redirect(back)
    values = form.cleaned_data

    def work() -> str:
        got = services.collect_samples(
            request.actor,
            owner_id=request.owner.id,
            sample_ids=ids,
            collected_at=values["collected_at"],
            collector=values["collector"],
            place=values["place"],
        )
        text = ngettext("%(n)d sampel ditandai diambil.", "%(n)d sampel ditandai diambil.", len(got))
        messages.success(request, text % {"n": len(got)})
        return back

    return submit_once(request, work)


def _safe_order(request: HttpRequest, otherwise: str) -> str:
    try:
        return address_of(UUID(request.POST.get("order", "")))
    except ValueError:
        return otherwise


# --- One sample ---------------------------------------------------------------------------------------------------------


@require_POST
@page("orders.receive_sample")
def receive_one(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    sample = queries.get_sample(request.scope, sample_id)

    def work() -> str:
        services.receive_samples(request.actor, owner_id=request.owner.id, sample_ids=[sample_id])
        messages.success(request, _("Sampel %(number)s diterima.") % {"number": sample.number})
        return address_of(sample.order_id)

    return submit_once(request, work)


def _form_of_sample(
    request: HttpRequest, sample_id: UUID, form: BaseForm, title: str, submit: str, work: Callable[[], str]
) -> HttpResponse | HttpResponseRedirect:
    sample = queries.get_sample(request.scope, sample_id)

    def done() -> str:
        messages.success(request, work())
        back = request.GET.get("dari") == "penerimaan"
        return reverse("orders:receiving") if back else address_of(sample.order_id)

    if request.method == "POST" and form.is_valid():
        with placed(form):
            return submit_once(request, done)
    context = {
        "title": title % {"number": sample.number},
        "lead": f"{queries.subject_of(sample.order)} · {term(sample.specimen)} · {term(sample.container)}",
        "form": form,
        "submit": submit,
        "back": address_of(sample.order_id),
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@page("orders.receive_sample")
def refuse(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    form = RefuseForm(request.POST or None)

    def work() -> str:
        sample, new = services.refuse_sample(
            request.actor, owner_id=request.owner.id, sample_id=sample_id, **form.cleaned_data
        )
        facts = {"number": sample.number, "new": new.number if new else ""}
        if new:
            return _("Sampel %(number)s ditolak; pengganti %(new)s menunggu diambil.") % facts
        return _("Sampel %(number)s ditolak; pemeriksaannya dibatalkan.") % facts

    return _form_of_sample(request, sample_id, form, _("Tolak sampel %(number)s"), _("Tolak sampel"), work)


@page("orders.receive_sample", "orders.collect")
def hand_over(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    form = HandOverForm(request.POST or None)

    def work() -> str:
        services.hand_over(request.actor, owner_id=request.owner.id, sample_ids=[sample_id], **form.cleaned_data)
        return _("Serah terima dicatat.")

    return _form_of_sample(request, sample_id, form, _("Serah terima sampel %(number)s"), _("Catat"), work)


@page("orders.receive_sample")
def dispose(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    form = DisposeForm(request.POST or None)

    def work() -> str:
        sample = services.dispose_sample(
            request.actor, owner_id=request.owner.id, sample_id=sample_id, note=form.cleaned_data["note"]
        )
        return _("Sampel %(number)s dimusnahkan.") % {"number": sample.number}

    return _form_of_sample(request, sample_id, form, _("Musnahkan sampel %(number)s"), _("Catat pemusnahan"), work)
