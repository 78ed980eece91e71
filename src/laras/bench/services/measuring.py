"""Saying how well a test measures and by which rule conformity is stated; both judge values entered from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries
from laras.bench.events import DecisionRuleChosen, PerformanceSet
from laras.bench.models import DecisionRule, Measured, Result, TestPerformance
from laras.bench.rules import performance
from laras.bench.services import rows
from laras.catalogue import queries as catalogues
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case

MANAGE = "catalogue.manage"
FIGURES = ("lod", "loq", "u_value", "k", "rpd_max", "recovery_low", "recovery_high")
_LARGEST = Decimal(10) ** 8
_STEP = Decimal("0.000000001")


@use_case
def set_performance(
    actor: Actor,
    *,
    owner_id: UUID,
    test_code: str,
    matrix: str = "",
    figures: Mapping[str, Decimal | None],
    u_kind: str = "absolute",
    source: str,
) -> TestPerformance:
    """Say what the laboratory found of a test (validation, verification, control charts), in its unit; replaces what it said before.

    ``figures`` by name: ``lod loq u_value k rpd_max recovery_low recovery_high``. Raises Refused with every problem.
    """
    actor.require(MANAGE, owner_id)
    problems: list[Problem] = []
    test = catalogues.effective(owner_id).tests.get(test_code)
    if test is None or test.subject == "person" or not test.is_numeric:
        problems.append(
            Problem("test_code", _("Pilih pemeriksaan lingkungan, pangan, atau vektor yang hasilnya angka."))
        )
    values = {name: figures.get(name) for name in FIGURES}
    values["k"] = values["k"] or Decimal(2)
    for name, value in values.items():
        if value is not None and not (value.is_finite() and 0 < value < _LARGEST):
            problems.append(Problem(name, _("Angka lebih dari nol.")))
    if not any(value is not None for name, value in values.items() if name != "k"):
        problems.append(Problem("lod", _("Isi paling sedikit satu angka.")))
    if u_kind not in ("absolute", "percent"):
        problems.append(Problem("u_kind", _("Pilih dari daftar.")))
    low, high = values["recovery_low"], values["recovery_high"]
    if (low is None) != (high is None):
        problems.append(Problem("recovery_high", _("Isi kedua batas perolehan kembali, atau kosongkan keduanya.")))
    elif low is not None and high is not None and low >= high:
        problems.append(Problem("recovery_high", _("Batas atas lebih besar dari batas bawah.")))
    if values["lod"] is not None and values["loq"] is not None and values["loq"] < values["lod"]:
        problems.append(Problem("loq", _("LOQ tidak lebih kecil dari LOD.")))
    said = rows.short(source, "source", 240)
    if len(said) < 3:
        problems.append(
            Problem("source", _("Tulis dari mana angka ini, misalnya laporan validasi metode dan tanggalnya."))
        )
    matrix = rows.short(matrix, "matrix", 40)
    if problems:
        raise Refused(_("Ada isian yang perlu diperbaiki."), problems=problems)
    row = TestPerformance.objects.within(Scope.of(owner_id)).filter(test_code=test_code, matrix=matrix).first()
    row = row or TestPerformance(owner_id=owner_id, test_code=test_code, matrix=matrix)
    for name, value in values.items():
        setattr(row, name, value)
    row.u_kind, row.source, row.set_at, row.set_by = u_kind, said, clock.now(), actor.person_id
    row.save()
    plain = {name: f"{value:f}" for name, value in values.items() if value is not None} | {"u_kind": u_kind}
    journal.record(actor, owner=owner_id, event=PerformanceSet(test_code, matrix, plain, said), subject=row.id)
    return row


@use_case
def choose_decision_rule(actor: Actor, *, owner_id: UUID, rule: str) -> DecisionRule:
    """``simple`` or ``guard``; values entered from now on are judged by it, and reports state it."""
    actor.require(MANAGE, owner_id)
    if rule not in ("simple", "guard"):
        raise Refused(_("Pilih dari daftar."), problems=[Problem("rule", _("Pilih dari daftar."))])
    row = DecisionRule.objects.within(Scope.of(owner_id)).first() or DecisionRule(owner_id=owner_id)
    if row.rule == rule:
        return row
    row.rule, row.changed_at, row.changed_by = rule, clock.now(), actor.person_id
    row.save()
    journal.record(actor, owner=owner_id, event=DecisionRuleChosen(rule), subject=row.id)
    return row


def keep_measured(owner_id: UUID, fresh: Sequence[Result], held: performance.Measuring) -> None:
    """What held for these values of samples from sites, in place of what held for the values before."""
    made = []
    for row in fresh:
        found = held.of(row.test_code, row.order.matrix)
        value = queries.value_of(row)
        exact = performance.is_exact(value) and not performance.below_lod(found, value)
        wide = performance.expanded(found, value.number) if exact else None
        rule = held.rule if row.meets_limit is not None else ""
        if found is not None or rule:
            made.append(
                Measured(
                    owner_id=owner_id, result_id=row.id, lod=found.lod if found else None,
                    expanded=None if wide is None else wide.quantize(_STEP), k=found.k if found and wide is not None else None,
                    rule=rule,
                )
            )  # fmt: skip
    Measured.objects.within(Scope.of(owner_id)).filter(result_id__in=[row.id for row in fresh]).delete()
    bulk.insert(made)
