"""Screens of what laboratories owe each other for referred tests."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core import clock, journal
from laras.core.errors import NotFound
from laras.core.exports import Cell, as_file
from laras.core.web import page, refusals, submit_once
from laras.referral import queries, services
from laras.referral.ledger_forms import MonthForm, ObjectionForm, SettleForm, month_words
from laras.referral.messages import SIDE_LABELS, SOURCE_LABELS
from laras.referral.queries.ledger import Entry
from laras.referral.rules import Sums, sums

RIGHT = "referral.settle"
HISTORY = 30


def _chosen(request: HttpRequest) -> tuple[MonthForm, date]:
    """The month of the address, else the newest with entries, else this one."""
    known = queries.months(request.scope)
    today = clock.today(request.owner.zone).replace(day=1)
    months = known if today in known else [today, *known]
    form = MonthForm(months, {"bulan": request.GET.get("bulan") or f"{(known or months)[0]:%Y-%m}"})
    if not form.is_valid():
        return form, today
    return form, date.fromisoformat(f"{form.cleaned_data['bulan']}-01")


@page(RIGHT)
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """A month by partner. ``format``: csv or xlsx, with every line."""
    form, month = _chosen(request)
    if request.GET.get("format") in ("csv", "xlsx") and not form.errors:
        return _file(request, month, queries.ledger_entries(request.scope, month), "")
    rows = queries.ledger_month(request.scope, month)
    context = {
        "filter_form": form,
        "month": month_words(month),
        "bulan": f"{month:%Y-%m}",
        "rows": rows,
        "receivable": sum((row.receivable for row in rows), Sums()),
        "payable": sum((row.payable for row in rows), Sums()),
    }
    return render(request, "referral/ledger.html", context, status=422 if form.errors else 200)


@page(RIGHT)
@require_safe
def partner(request: HttpRequest, ledger_partner_id: UUID) -> HttpResponse:
    """One partner's month, line by line. ``format``: csv or xlsx."""
    return _partner(request, ledger_partner_id)


def _partner(
    request: HttpRequest,
    partner_id: UUID,
    *,
    settling: SettleForm | None = None,
    objecting: ObjectionForm | None = None,
) -> HttpResponse:
    with_whom = queries.ledger_partner(request.scope, partner_id)
    form, month = _chosen(request)
    entries = queries.ledger_entries(request.scope, month, partner_id=partner_id)
    if request.GET.get("format") in ("csv", "xlsx") and not form.errors:
        return _file(request, month, entries, with_whom.code)
    tests = catalogues.effective(request.owner.id).tests
    today = clock.today(request.owner.zone)
    sides = [
        {
            "label": SIDE_LABELS[side],
            "side": side,
            "sums": sums((one.row.price, one.row.settled_on is not None) for one in lines),
            "rows": [
                {
                    "one": one,
                    "name": name_of(tests[one.row.test_code]) if one.row.test_code in tests else one.row.test_code,
                    "source": SOURCE_LABELS[one.row.price_source],
                }
                for one in lines
            ],
        }
        for side in ("receivable", "payable")
        if (lines := [one for one in entries if one.row.side == side])
    ]
    bound = [one for one in (settling, objecting) if one is not None]
    context = {
        "partner": with_whom,
        "filter_form": form,
        "month": month_words(month),
        "bulan": f"{month:%Y-%m}",
        "sides": sides,
        "settling": settling or SettleForm(initial={"settled_on": today}),
        "objecting": objecting or ObjectionForm(auto_id="keberatan_%s"),
        "lines": journal.history(request.scope, partner_id, HISTORY),
    }
    failed = form.errors or any(one.errors for one in bound)
    return render(request, "referral/ledger_partner.html", context, status=422 if failed else 200)


@page(RIGHT)
@require_POST
def settle(request: HttpRequest, ledger_partner_id: UUID) -> HttpResponse:
    """Marks of the chosen lines: ``action`` is settle or reopen."""
    with_whom = queries.ledger_partner(request.scope, ledger_partner_id)
    reopen = request.POST.get("action") == "reopen"
    form = SettleForm(request.POST)
    entries = _ids(request.POST.getlist("entries"))
    if reopen:
        form = SettleForm({"settled_on": clock.today(request.owner.zone).isoformat()})
    if form.is_valid():

        def work() -> str:
            common = {"owner_id": request.owner.id, "partner_id": with_whom.id, "entry_ids": entries}
            if reopen:
                done = services.reopen_entries(request.actor, **common)  # type: ignore[arg-type]
                messages.success(request, _("%(n)d baris dibuka lagi.") % {"n": done})
            else:
                done = services.settle_entries(request.actor, **common, **form.cleaned_data)  # type: ignore[arg-type]
                messages.success(request, _("%(n)d baris ditandai lunas.") % {"n": done})
            return _address(request, with_whom.id)

        with refusals(form):
            return submit_once(request, work)
    return _partner(request, with_whom.id, settling=form)


def _ids(given: list[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in given]
    except ValueError as error:
        raise NotFound() from error


def _address(request: HttpRequest, partner_id: UUID) -> str:
    month = request.GET.get("bulan", "")
    address = reverse("referral:ledger_partner", args=[partner_id])
    return f"{address}?bulan={month}" if month[:4].isdigit() and len(month) == 7 else address


@page(RIGHT)
@require_POST
def objection(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """What is wrong with a line; ``take_back`` takes that back."""
    row = queries.get_entry(request.scope, entry_id)
    back = "take_back" in request.POST
    form = ObjectionForm(request.POST, auto_id="keberatan_%s")
    if back:
        form.fields["text"] = forms.CharField(required=False)
    if form.is_valid():

        def work() -> str:
            text = "" if back else form.cleaned_data["text"]
            services.object_to_entry(request.actor, owner_id=request.owner.id, entry_id=row.id, text=text)
            told = _("Keberatan ditarik.") if back else _("Keberatan dikirim ke %(lab)s.")
            messages.success(request, told if back else told % {"lab": row.partner.name})
            return f"{reverse('referral:ledger_partner', args=[row.partner_id])}?bulan={row.owed_on:%Y-%m}"

        with refusals(form):
            return submit_once(request, work)
    return _partner(request, row.partner_id, objecting=form)


HEADING = [
    "arah", "kode_laboratorium", "laboratorium", "tanggal", "nomor_rujukan", "kode_pemeriksaan", "harga", "sumber_harga",
    "nomor_pks", "harga_menurut_kami", "lunas_tanggal", "lunas_nomor", "lunas_catatan", "keberatan_kami",
    "keberatan_mereka",
]  # fmt: skip
"""Columns of the file: names that stay, whatever the language of the screen."""


def _file(request: HttpRequest, month: date, entries: list[Entry], code: str) -> HttpResponse:
    name = "-".join(part for part in ("perhitungan", request.owner.code, code, f"{month:%Y-%m}") if part)
    return as_file(name, HEADING, [line(one) for one in entries], request.GET["format"])


def line(one: Entry) -> list[Cell]:
    row = one.row
    return [
        row.side,
        row.partner.code,
        row.partner.name,
        row.owed_on.isoformat(),
        row.referral_number,
        row.test_code,
        row.price,
        row.price_source,
        row.price_agreement,
        row.own_price,
        row.settled_on.isoformat() if row.settled_on else None,
        row.settled_number,
        row.settled_note,
        one.objection,
        one.their_objection,
    ]
