"""Screen of how well referrals go: hours of each leg, and a card for each laboratory."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from laras.core import clock
from laras.core.exports import Cell, as_file
from laras.core.forms import DayField, LarasForm
from laras.core.web import page
from laras.referral import queries
from laras.referral.messages import SERVICE_LEG_LABELS, refusal_text
from laras.referral.queries.levels import PartnerCard
from laras.referral.rules.levels import LEGS, Hours, Share

DAYS, MOST_DAYS = 90, 366


class PeriodForm(LarasForm):
    since = DayField(label=gettext_lazy("Dikirim dari"), required=False)
    until = DayField(label=gettext_lazy("Sampai"), required=False)

    def clean(self) -> dict[str, date | None]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("Hari pertama harus sebelum hari terakhir."))
        if since and until and (until - since).days >= MOST_DAYS:
            raise forms.ValidationError(_("Paling lama %(n)d hari.") % {"n": MOST_DAYS})
        return values


@page("referral.read", "referral.send")
@require_safe
def levels(request: HttpRequest) -> HttpResponse:
    """A period, by when referrals were sent; the last ninety days when none is chosen. ``format``: csv or xlsx."""
    zone = ZoneInfo(request.owner.zone)
    form = PeriodForm(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    until = chosen.get("until") or clock.today(request.owner.zone)
    since = chosen.get("since") or until - timedelta(days=DAYS - 1)
    begin = datetime.combine(since, time.min, zone)
    found = queries.scorecards(
        request.scope, since=begin, until=datetime.combine(until, time.min, zone) + timedelta(days=1)
    )
    if request.GET.get("format") in ("csv", "xlsx") and not form.errors:
        name = f"kinerja-rujukan-{since:%Y%m%d}-{until:%Y%m%d}"
        return as_file(name, heading(), [line(one) for one in found.cards], request.GET["format"])
    context = {
        "filter_form": form,
        "since": since,
        "until": until,
        "cut": found.cut,
        "cards": [
            {
                "one": one,
                "legs": [(SERVICE_LEG_LABELS[leg], one.card.legs[leg]) for leg in LEGS],
                "reasons": ", ".join(f"{refusal_text(code)} ({n})" for code, n in one.card.reasons.items()),
            }
            for one in found.cards
        ],
        "legs": [SERVICE_LEG_LABELS[leg] for leg in LEGS],
    }
    return render(request, "referral/levels.html", context, status=422 if form.errors else 200)


def heading() -> list[str]:
    """Columns of the file: names that stay, whatever the language of the screen."""
    legs = [f"{leg}_{what}" for leg in LEGS for what in ("n", "median_jam", "terlama_jam")]
    shares = [f"{name}_{part}" for name in SHARES for part in ("n", "dari")]
    return ["kode", "laboratorium", "rujukan", "pemeriksaan", *shares, "alasan_tolak", "janji_median_jam", *legs]


SHARES = {
    "tepat_waktu": "on_time",
    "ditolak": "refused",
    "diperbaiki": "amended",
    "tidak_ada_di_kotak": "missing",
    "suhu_di_luar_batas": "excursions",
}


def line(one: PartnerCard) -> list[Cell]:
    card = one.card
    shares: list[Share] = [getattr(card, name) for name in SHARES.values()]
    legs: list[Hours] = [card.legs[leg] for leg in LEGS]
    return [
        one.code,
        one.name,
        card.referrals,
        card.tests,
        *(cell for share in shares for cell in (share.n, share.of)),
        "; ".join(f"{code} {n}" for code, n in card.reasons.items()),
        card.promised.median,
        *(cell for leg in legs for cell in (leg.n, _rounded(leg.median), _rounded(leg.longest))),
    ]


def _rounded(hours: float | None) -> float | None:
    return None if hours is None else round(hours, 1)
