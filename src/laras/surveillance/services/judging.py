"""Judging what was counted: bands of the last weeks are stored, and what is unusual now becomes a signal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.surveillance import queries
from laras.surveillance.events import SignalMoved, SignalRaised, ThresholdAdopted
from laras.surveillance.models import Band, Signal, Threshold
from laras.surveillance.rules.cases import sunday
from laras.surveillance.rules.weekly import Judged, judge_series, parameters, reasons
from laras.surveillance.services.counting import BATCH, hold_book
from laras.surveillance.services.notices import settle, tell_of_signals
from laras.surveillance.shipped import diseases as all_diseases
from laras.surveillance.states import SIGNAL

KEPT = 26
"""Weeks of which the band is judged anew each time: what came late changes them."""
RAISING = 4
"""Weeks that may raise a signal: what was unusual earlier is history."""
_FIELDS = (
    "observed", "tested", "positive", "expected", "upperbound", "score", "alarm", "evaluated", "method", "criteria",
    "judged_at",
)  # fmt: skip


@use_case
def judge(actor: Actor, *, owner_id: UUID, diseases: Collection[str] | None = None, weeks: int = KEPT) -> int:
    """Judge the series of all that an office reaches; answers how many signals were raised.

    The running week is judged too: what came until today may already be more than a whole week should bring. Each method
    judges all diseases that use it with the same settings in one call.
    """
    actor.require("surveillance.manage", owner_id)
    hold_book(owner_id)
    zone = ZoneInfo(Owner.objects.values_list("zone", flat=True).get(pk=owner_id))
    today = clock.now().astimezone(zone).date()
    series = queries.counts_of(Scope.reach(owner_id), diseases=diseases, last=sunday(today))
    if series is None:
        return 0
    known = all_diseases()
    groups: dict[tuple[str, str], list[int]] = {}
    for place, code in enumerate(series.diseases):
        if code in known:
            groups.setdefault((known[code].method, known[code].parameters), []).append(place)
    found: dict[str, list[Judged]] = {}
    for (method, settings), places in groups.items():
        judged = judge_series(
            series.cases[places], series.weeks, method=method, settings=parameters(settings, method), last=weeks
        )
        found |= {series.diseases[place]: rows for place, rows in zip(places, judged, strict=True)}
    _keep(owner_id, series, found)
    return _signals(actor, owner_id, series, found)


def _keep(owner_id: UUID, series: queries.Series, found: dict[str, list[Judged]]) -> None:
    scope = Scope.of(owner_id)
    first = series.weeks[-max(map(len, found.values()), default=1)]
    rows = Band.objects.within(scope).filter(disease__in=list(found), week__gte=first)
    before = {(row.disease, row.week): row for row in rows}
    known, now = all_diseases(), clock.now()
    fresh, altered = [], []
    for disease, judged in found.items():
        place = series.place(disease)
        for n, one in enumerate(judged, len(series.weeks) - len(judged)):
            row = before.get((disease, series.weeks[n]))
            told = {
                "observed": one.observed, "expected": one.expected, "upperbound": one.upperbound, "score": one.score,
                "alarm": one.alarm, "evaluated": one.evaluated, "criteria": list(one.criteria),
                "tested": _whole(series.tested[place, n]), "positive": _whole(series.positive[place, n]),
                "method": known[disease].method,
            }  # fmt: skip
            if row is None:
                fresh.append(Band(owner_id=owner_id, disease=disease, week=series.weeks[n], judged_at=now, **told))
            elif any(getattr(row, name) != value for name, value in told.items()):
                for name, value in told.items():
                    setattr(row, name, value)
                row.judged_at = now
                altered.append(row)
    Band.objects.within(scope).bulk_update(altered, _FIELDS, batch_size=BATCH)
    Band.objects.bulk_create(fresh, batch_size=BATCH)


def _whole(value: float) -> int | None:
    return None if value != value else int(value)


def _signals(actor: Actor, owner_id: UUID, series: queries.Series, found: dict[str, list[Judged]]) -> int:
    """Raise what is unusual in the last weeks; let go what the corrected counts no longer bear and nobody decided on yet."""
    scope, known = Scope.of(owner_id), all_diseases()
    thresholds = dict(Threshold.objects.within(scope).values_list("disease", "cases"))
    first = series.weeks[-1] - timedelta(weeks=RAISING - 1)
    before = {
        (row.disease, row.week): row
        for row in Signal.objects.within(scope).filter(disease__in=list(found), week__gte=first)
    }
    fresh: list[Signal] = []
    again: list[Signal] = []
    for disease, judged in found.items():
        listed = any(name.startswith("permenkes") for name in known[disease].lists)
        for one, week in zip(judged[-RAISING:], series.weeks[-len(judged[-RAISING:]) :], strict=True):
            by = reasons(one, threshold=thresholds.get(disease), listed=listed)
            row = before.get((disease, week))
            if not by:
                if row is not None and SIGNAL.can(row.status, "withdraw"):
                    _move(actor, row, "withdraw")
                    settle(owner_id, row.id, None)
                continue
            told = {"observed": one.observed, "expected": one.expected, "upperbound": one.upperbound, "by": by}
            if row is None:
                row = Signal(owner_id=owner_id, disease=disease, week=week, **told)
                row.save(force_insert=True)
                journal.record(
                    actor,
                    owner=owner_id,
                    event=SignalRaised(row.id, disease, week.isoformat(), row.observed, row.upperbound, by),
                    subject=row.id,
                )
                fresh.append(row)
                continue
            if any(getattr(row, name) != value for name, value in told.items()):
                for name, value in told.items():
                    setattr(row, name, value)
                row.save(update_fields=list(told))
            if SIGNAL.can(row.status, "return"):
                _move(actor, row, "return")
                again.append(row)
    tell_of_signals(owner_id, [*fresh, *again])
    return len(fresh)


def _move(actor: Actor, row: Signal, move: str) -> None:
    row.status = SIGNAL.move(row.status, move)
    row.save(update_fields=["status"])
    event = SignalMoved(row.id, row.disease, row.week.isoformat(), move)
    journal.record(actor, owner=row.owner_id, event=event, subject=row.id)


@use_case
def adopt_threshold(actor: Actor, *, owner_id: UUID, disease: str, cases: int, reason: str) -> None:
    """Take ``cases`` in a week of a disease as a signal in this office, with a reason; 0 takes it back.

    No threshold is shipped: those that are told from mouth to mouth have no source that was seen.
    """
    actor.require("surveillance.manage", owner_id)
    reason = " ".join(reason.split())
    if disease not in all_diseases():
        raise Refused(_("Penyakit tidak dikenal."), problems=[Problem("disease", _("Pilih dari daftar."))])
    if not 0 <= cases <= 100_000:
        raise Refused(_("Ambang belum benar."), problems=[Problem("cases", _("Isi 1 sampai 100.000, atau 0."))])
    if not reason or len(reason) > 300:
        text = _("Tulis dasar ambang ini, paling panjang 300 huruf.")
        raise Refused(text, problems=[Problem("reason", text)])
    rows = Threshold.objects.within(Scope.of(owner_id)).filter(disease=disease)
    if cases == 0:
        rows.delete()
    else:
        Threshold.objects.within(Scope.of(owner_id)).update_or_create(
            owner_id=owner_id, disease=disease,
            defaults={
                "cases": cases, "reason": reason, "adopted_at": clock.now(), "adopted_by": actor.person_id,
            },
        )  # fmt: skip
    event = ThresholdAdopted(disease=disease, cases=cases)
    journal.record(actor, owner=owner_id, event=event, sealed={"reason": reason})
