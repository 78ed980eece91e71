"""Rules that verify: drafted, tried, switched on and off by the responsible person, and applied to what is entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from laras.bench import queries
from laras.bench.events import AutoRuleDrafted, AutoRuleSwitchedOff, AutoRuleSwitchedOn, ResultVerifiedByRule
from laras.bench.models import AutoRule, Result
from laras.bench.queries import Earlier
from laras.bench.rules.auto import WITHIN, why_stopped
from laras.bench.services import rows
from laras.bench.states import AUTO_RULE, RESULT
from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.partners import queries as partners

MOST_DAYS = 90
"""A trial looks back no further."""


@use_case
def draft_auto_rule(
    actor: Actor,
    *,
    owner_id: UUID,
    test_code: str = "",
    within: str = "reference",
    low: Decimal | None = None,
    high: Decimal | None = None,
    delta_percent: Decimal | None = None,
    delta_days: int | None = None,
    sex: str = "",
    age_from: int | None = None,
    age_to: int | None = None,
    exempt: Sequence[UUID] = (),
) -> AutoRule:
    """The next version of the rule of a test (of every test without its own: empty ``test_code``), which judges nothing yet.

    ``exempt``: clients whose orders a person shall look at. Limits are in the unit of the test. Raises Refused at the field.
    """
    actor.require("bench.validate", owner_id)
    person = rows.person_of(actor)
    test = catalogues.effective(owner_id).tests.get(test_code) if test_code else None
    if test_code and test is None:
        raise _wrong("test_code", _("Pemeriksaan ini tidak ada dalam katalog."))
    if within not in WITHIN or sex not in ("", "L", "P"):
        raise _wrong("within", _("Pilihan tidak dikenal."))
    if within == "limits":
        if test is None:
            raise _wrong("within", _("Batas sendiri hanya untuk satu pemeriksaan: pilih pemeriksaannya."))
        if low is None and high is None:
            raise _wrong("low", _("Isi batas bawah, batas atas, atau keduanya."))
    else:
        low = high = None
    _ordered(low, high, "high")
    _ordered(age_from, age_to, "age_to")
    if delta_percent is not None and not 0 < delta_percent <= 1000:
        raise _wrong("delta_percent", _("Tulis persen di atas 0, paling besar 1000."))
    known = set(partners.clients_by_id(Scope.of(owner_id), exempt)) if exempt else set()
    if set(exempt) - known:
        raise _wrong("exempt", _("Pengirim ini tidak ada."))
    # Whoever drafts at the same time waits here, so that two never take one number.
    Owner.objects.select_for_update().get(pk=owner_id)
    versions = AutoRule.objects.within(Scope.of(owner_id)).filter(test_code=test_code)
    rule = AutoRule(
        owner_id=owner_id,
        test_code=test_code,
        number=(versions.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        within=within,
        low=low,
        high=high,
        unit=test.unit if test and within == "limits" else "",
        delta_percent=delta_percent,
        delta_days=delta_days if delta_percent is not None else None,
        sex=sex,
        age_from=age_from,
        age_to=age_to,
        exempt=sorted(str(key) for key in known),
        made_by=person,
        made_at=clock.now(),
    )
    rule.save(force_insert=True)
    asks = {name: str(value) for name, value in conditions(rule).items()}
    event = AutoRuleDrafted(rule=rule.id, rule_version=rule.label, asks=asks)
    journal.record(actor, owner=owner_id, event=event, subject=rule.id)
    return rule


def conditions(rule: AutoRule) -> dict[str, Any]:
    """What a rule asks, by the names of its columns; what it does not ask is left out."""
    names = (
        "within", "low", "high", "unit", "delta_percent", "delta_days", "sex", "age_from", "age_to", "exempt",
    )  # fmt: skip
    return {name: value for name in names if (value := getattr(rule, name)) not in (None, "", [])}


@use_case
def try_auto_rule(actor: Actor, *, owner_id: UUID, rule_id: UUID, days: int) -> queries.Trial:
    """Try a draft on the results of the last ``days`` and keep the count; nothing is verified by it."""
    actor.require("bench.validate", owner_id)
    if not 1 <= days <= MOST_DAYS:
        raise _wrong("days", _("Tulis 1 sampai %(most)s hari.") % {"most": MOST_DAYS})
    rule = _locked(owner_id, rule_id)
    zone = Owner.objects.values_list("zone", flat=True).get(id=owner_id)
    trial = queries.try_auto_rule(Scope.of(owner_id), zone, rule, days=days, person=rows.person_of(actor))
    if rule.status == "draft":
        rule.tried_at, rule.tried_days = clock.now(), days
        rule.tried_total, rule.tried_passed = trial.total, trial.passed
        rule.save(update_fields=["tried_at", "tried_days", "tried_total", "tried_passed"])
    return trial


@use_case
def switch_on_auto_rule(actor: Actor, *, owner_id: UUID, rule_id: UUID) -> AutoRule:
    """From now on it verifies what is entered; the version before ends. Raises Refused (``untried``) before a trial."""
    actor.require("bench.validate", owner_id)
    person = rows.person_of(actor)
    rule = _locked(owner_id, rule_id)
    status = AUTO_RULE.move(rule.status, "switch_on")
    if rule.tried_at is None:
        raise Refused(_("Coba dahulu aturan ini pada hasil yang sudah ada."), code="untried")
    now = clock.now()
    before = AutoRule.objects.within(Scope.of(owner_id)).select_for_update()
    before = before.filter(test_code=rule.test_code, status="on").first()
    if before is not None:
        before.status = AUTO_RULE.move(before.status, "switch_off")
        before.ended_by, before.ended_at = person, now
        before.save(update_fields=["status", "ended_by", "ended_at"])
    rule.status, rule.switched_on_by, rule.switched_on_at = status, person, now
    rule.save(update_fields=["status", "switched_on_by", "switched_on_at"])
    event = AutoRuleSwitchedOn(
        rule=rule.id,
        rule_version=rule.label,
        replaces=before.label if before else "",
        days=rule.tried_days or 0,
        total=rule.tried_total or 0,
        passed=rule.tried_passed or 0,
    )
    journal.record(actor, owner=owner_id, event=event, subject=rule.id)
    return rule


@use_case
def switch_off_auto_rule(actor: Actor, *, owner_id: UUID, rule_id: UUID, reason: str) -> AutoRule:
    """It verifies nothing more; what it verified stays verified by it. A draft is laid aside the same way."""
    actor.require("bench.validate", owner_id)
    person = rows.person_of(actor)
    reason = rows.reason_of(reason)
    rule = _locked(owner_id, rule_id)
    rule.status = AUTO_RULE.move(rule.status, "switch_off")
    rule.ended_by, rule.ended_at = person, clock.now()
    rule.save(update_fields=["status", "ended_by", "ended_at"])
    journal.record(
        actor,
        owner=owner_id,
        event=AutoRuleSwitchedOff(rule=rule.id, rule_version=rule.label),
        subject=rule.id,
        sealed={"reason": reason},
    )
    return rule


def look(actor: Actor, owner_id: UUID, entered: Sequence[Result], earlier: Mapping[UUID, Earlier], zone: str) -> None:
    """Let the laboratory's rules look at values that were entered just now, within the unit that entered them.

    One query when no rule is on; then one for holds, and one statement for all that a rule looked at.
    """
    scope = Scope.of(owner_id)
    on = {rule.test_code: rule for rule in queries.auto_rules(scope, "on")}
    found = [(result, rule) for result in entered if (rule := on.get(result.test_code) or on.get(""))]
    if not found:
        return
    seen = queries.cases(scope, zone, [result for result, _rule in found], earlier)
    now = clock.now()
    for result, rule in found:
        why = why_stopped(queries.conditions_of(rule), seen[result.id])
        result.auto_stopped = " ".join(why)
        if why or rule.switched_on_by is None:
            continue
        result.status = RESULT.move(result.status, "verify")
        result.verified_by_rule, result.verified_at = rule, now
        journal.record(
            actor,
            owner=owner_id,
            event=ResultVerifiedByRule(
                **rows.facts(result),
                sequence=result.entries,
                rule=rule.id,
                rule_version=rule.label,
                switched_on_by=rule.switched_on_by,
            ),
            subject=result.order_id,
        )
    rows.store([result for result, _rule in found], ["status", "verified_by_rule", "verified_at", "auto_stopped"])


def _locked(owner_id: UUID, rule_id: UUID) -> AutoRule:
    return get_or_404(AutoRule.objects.within(Scope.of(owner_id)).select_for_update(), id=rule_id)


def _ordered(low: Any, high: Any, field: str) -> None:
    if low is not None and high is not None and low > high:
        raise _wrong(field, _("Batas atas di bawah batas bawah."))


def _wrong(field: str, message: str) -> Refused:
    return Refused(message, problems=[Problem(field, message)])
