"""What is unusual this week, and one disease over time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.basics.periods import epi_week, read_epi_week
from laras.core import clock, exports
from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.core.web import page, refusals, submit_once
from laras.surveillance import charts, forms, queries, services, words
from laras.surveillance.models import Threshold
from laras.surveillance.queries.overview import Week
from laras.surveillance.rules.cases import sunday
from laras.surveillance.shipped import definitions, diseases
from laras.surveillance.states import SIGNAL

READ = "surveillance.read"
SHOWN = 8
LONG = 104
"""Weeks of the chart of one disease."""


def this_week(request: HttpRequest) -> date:
    """The Sunday of the running week where the office stands."""
    return sunday(clock.now().astimezone(ZoneInfo(request.owner.zone)).date())


def reach_of(request: HttpRequest) -> Scope:
    """What the organisation worked in reaches: its own cities' offices and laboratories."""
    return Scope.reach(request.owner.id)


def asked_week(request: HttpRequest) -> date:
    """``?minggu=2026-M47``; the running week without it or for one that lies ahead."""
    now = this_week(request)
    try:
        asked = read_epi_week(request.GET.get("minggu", "")).first_day
    except ValueError:
        return now
    return min(asked, now)


@page(READ)
def overview(request: HttpRequest) -> HttpResponse:
    """``/surveilans/``: what is unusual this week and how sure, then the table, then who did not report."""
    now, last = this_week(request), asked_week(request)
    rows = queries.overview(request.owner.id, last=last, weeks=SHOWN)
    if request.GET.get("format"):
        return _overview_file(request, rows, last)
    unusual = [
        {"row": row, "signal": signal, "sentence": words.sentence(signal), "chart": charts.spark(row.weeks)}
        for row in rows
        for signal in row.signals
        if signal.status in ("new", "watched")
    ]
    below = list(
        queries.signals(reach_of(request), since=last - timedelta(weeks=3))
        .exclude(owner_id=request.owner.id)
        .exclude(status__in=("dismissed", "withdrawn"))[:20]
    )
    reported = queries.completeness(reach_of(request), last=last, weeks=SHOWN)
    lines = [
        {"row": row, "name": words.disease_name(row.disease), "chart": charts.spark(row.weeks)}
        for row in rows
        if row.total or row.signals
    ]
    context = {
        "last": last,
        "running": last == now,
        "weeks": [{"week": week, "name": words.week_name(week)} for week in queries.shown_weeks(last, SHOWN)],
        "title_week": words.week_long(last),
        "earlier": _week_url(last - timedelta(weeks=1)),
        "later": _week_url(last + timedelta(weeks=1)) if last < now else "",
        "unusual": unusual,
        "below": [{"signal": one, "name": words.disease_name(one.disease)} for one in below],
        "lines": lines,
        "quiet": [words.disease_name(row.disease) for row in rows if not row.total and not row.signals],
        "events": queries.outbreaks(request.scope, open_only=True)[:10],
        "reported": [{"one": one, "name": words.week_name(one.week)} for one in reported],
        "whole": reported[-2] if len(reported) > 1 and last == now else reported[-1],
        "SIGNAL": SIGNAL,
        "bulletin": str(epi_week(last if last < now else last - timedelta(weeks=1))),
    }
    return render(request, "surveillance/overview.html", context)


def _week_url(week: date) -> str:
    return f"{reverse('surveillance:overview')}?minggu={epi_week(week)}"


def _overview_file(request: HttpRequest, rows: list[queries.Row], last: date) -> HttpResponse:
    heading = ("disease", "name", "week", "observed", "expected", "upperbound", "alarm", "tested", "positive")
    lines = [
        (
            row.disease.code, row.disease.name, str(epi_week(week.week)), week.observed, _round(week.expected),
            _round(week.upperbound), int(week.alarm) if week.evaluated else None, week.tested, week.positive,
        )
        for row in rows
        for week in row.weeks
    ]  # fmt: skip
    name = f"surveilans-{request.owner.code}-{epi_week(last)}"
    return exports.as_file(name, heading, lines, request.GET["format"])


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


@page(READ)
def disease(request: HttpRequest, disease: str) -> HttpResponse:
    """``/surveilans/penyakit/CAMPAK/``: the series with its band and signals, where and by whom, and the table that says the same."""
    known = diseases().get(disease)
    if known is None:
        raise NotFound(_("Penyakit tidak dikenal."))
    now = this_week(request)
    weeks = _weeks_of(request, disease, now)
    zone = ZoneInfo(request.owner.zone)
    late = queries.lateness(reach_of(request), disease, today=clock.now().astimezone(zone).date(), zone=zone)
    # What is known of a week may be more than the cases counted here: counts that were imported know no day.
    coming = {one.week: one for one in late.weeks if _is_counted(one, weeks)}
    if request.GET.get("format"):
        heading = ("week", "first_day", "observed", "expected", "upperbound", "alarm", "tested", "positive",
                   "nowcast", "nowcast_lower", "nowcast_upper")  # fmt: skip
        lines = [
            (
                str(epi_week(one.week)), one.week.isoformat(), one.observed, _round(one.expected), _round(one.upperbound),
                int(one.alarm) if one.evaluated else None, one.tested, one.positive, *_coming(coming.get(one.week)),
            )
            for one in weeks
        ]  # fmt: skip
        name = f"surveilans-{request.owner.code}-{disease}"
        return exports.as_file(name, heading, lines, request.GET["format"])
    lately = [one.week for one in weeks[-SHOWN:]]
    chart = charts.series_chart(
        weeks, week_label=short_week, title=lambda one: week_said(one, coming.get(one.week)), coming=coming
    )
    context = {
        "disease": known,
        "name": words.disease_name(known),
        "chart": chart,
        "weeks": [
            {"one": one, "name": words.week_long(one.week), "coming": coming.get(one.week)} for one in reversed(weeks)
        ],
        "late": late,
        "late_said": words.lateness(late),
        "span": len(weeks),
        "areas": queries.by_area(reach_of(request), disease, lately)[:30],
        "laboratories": queries.by_laboratory(reach_of(request), disease, lately)[:15],
        "lately": len(lately),
        "signals": list(queries.signals(request.scope, disease=disease)[:12]),
        "definitions": [row for rows in definitions().by_test.values() for row in rows if row.disease == disease],
        "CLASSES": words.CLASSES,
        "SIGNAL": SIGNAL,
        "threshold": Threshold.objects.within(request.scope).filter(disease=disease).first(),
        "week_long": words.week_long,
    }
    return render(request, "surveillance/disease.html", context)


def _weeks_of(request: HttpRequest, disease: str, last: date) -> list[Week]:
    """Two years of counts, with the stored bands where there are any, from the first week that was counted."""
    series = queries.counts_of(reach_of(request), diseases=[disease], last=last, weeks=LONG)
    if series is None:
        return []
    rows = queries.overview(request.owner.id, last=last, weeks=len(series.weeks), only=disease)
    return [one for row in rows if row.disease.code == disease for one in row.weeks]


def short_week(week: date) -> str:
    found = epi_week(week)
    return f"M{found.number:02d}/{found.year % 100:02d}"


def _is_counted(one: queries.ToCome, weeks: list[Week]) -> bool:
    return any(week.week == one.week and week.observed == one.known for week in weeks)


def _coming(one: queries.ToCome | None) -> tuple[float | int | None, ...]:
    return (None, None, None) if one is None else (round(one.expected, 2), one.lower, one.upper)


def week_said(one: Week, coming: queries.ToCome | None = None) -> str:
    """A week of a chart in words."""
    name = words.week_long(one.week)
    if one.observed is None:
        return _("%(week)s: tidak ada laporan") % {"week": name}
    text = _("%(week)s: %(cases)s kasus") % {"week": name, "cases": one.observed}
    if one.upperbound is not None:
        text += _("; batas atas %(upper)s") % {"upper": int(one.upperbound)}
    if coming is not None:
        text += _("; perkiraan akhir %(low)s–%(high)s") % {"low": coming.lower, "high": coming.upper}
    return text


@page(READ)
def rules(request: HttpRequest) -> HttpResponse:
    """``/surveilans/definisi/``: which results are cases of which disease, how each is judged, and this office's thresholds."""
    return _rules_page(request, forms.ThresholdForm())


def _rules_page(request: HttpRequest, form: forms.ThresholdForm) -> HttpResponse:
    known = definitions()
    by_disease: dict[str, list[Any]] = {code: [] for code in known.diseases}
    for rows in known.by_test.values():
        for row in rows:
            by_disease[row.disease].append(row)
    adopted = {row.disease: row for row in Threshold.objects.within(request.scope)}
    context = {
        "lines": [
            {"disease": one, "name": words.disease_name(one), "rules": by_disease[code], "threshold": adopted.get(code)}
            for code, one in known.diseases.items()
        ],
        "version": known.version,
        "form": form,
        "may_manage": request.actor.can("surveillance.manage", request.owner.id),
        "CLASSES": words.CLASSES,
    }
    return render(request, "surveillance/rules.html", context, status=422 if form.errors else 200)


@require_POST
@page("surveillance.manage")
def adopt(request: HttpRequest) -> HttpResponse:
    """Adopt or take back a threshold of this office."""
    form = forms.ThresholdForm(request.POST)
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                services.adopt_threshold(
                    request.actor,
                    owner_id=request.owner.id,
                    **{**form.cleaned_data, "cases": int(form.cleaned_data["cases"])},
                )
                messages.success(request, _("Ambang disimpan. Sinyal mengikuti pada penilaian berikutnya."))
                return reverse("surveillance:rules")

            return submit_once(request, work)
    return _rules_page(request, form)
