"""Blanks, duplicates and spikes: registered as orders for control material, so that no customer's report carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogue_queries
from laras.core import journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.orders.events import QualitySampleAdded
from laras.orders.models import QualityMate, QualitySample, RequestedTest
from laras.orders.rules.holding import OF
from laras.orders.services.checks import checked_text, lock_samples, refuse
from laras.orders.services.registering import register_order
from laras.orders.services.rows import Registered
from laras.orders.states import QUALITY_ROLES
from laras.orders.types import GivenSample

ONE_MATE = ("duplicate", "spike")


@use_case
def add_quality_sample(
    actor: Actor,
    *,
    owner: Owner,
    sample_ids: Sequence[UUID],
    role: str,
    codes: Sequence[str] = (),
    collected_at: datetime | None = None,
    collector: str = "",
    added: Mapping[str, Decimal] | None = None,
    note: str = "",
) -> Registered:
    """A quality sample beside these samples of sites, with the same tests (or those of them that ``codes`` names).

    A duplicate and a spike belong to one sample, a blank to one or several. ``added`` is what a spike got of each test, in its
    unit. Raises Refused with every problem.
    """
    actor.require("orders.register", owner.id)
    problems: list[Problem] = []
    mates = lock_samples(owner.id, sample_ids)
    if role not in QUALITY_ROLES:
        problems.append(Problem("role", _("Pilih dari daftar.")))
    if any(mate.order.subject_kind not in OF or mate.status == "cancelled" for mate in mates):
        problems.append(
            Problem("samples", _("Contoh mutu hanya untuk contoh lingkungan, pangan, dan vektor yang berlaku."))
        )
    if role in ONE_MATE and len(mates) != 1:
        problems.append(Problem("samples", _("Duplikat dan spike mendampingi satu contoh.")))
    catalogue = catalogue_queries.effective(owner.id)
    asked = RequestedTest.objects.within(Scope.of(owner.id)).filter(
        sample_id__in=[mate.id for mate in mates], cancelled=False
    )
    present = dict.fromkeys(asked.order_by("position").values_list("test_code", flat=True))
    able = [code for code in present if code in catalogue.tests and not catalogue.tests[code].in_situ]
    unknown = [code for code in codes if code not in able]
    if unknown:
        text = _("Contohnya tidak diminta untuk: %(codes)s.") % {"codes": ", ".join(unknown[:5])}
        problems.append(Problem("codes", text))
    wanted = [code for code in able if not codes or code in codes]
    if not wanted:
        problems.append(Problem("codes", _("Tidak ada pemeriksaan yang dapat diperiksa ulang.")))
    amounts = {code: amount for code, amount in (added or {}).items() if code in wanted}
    if role == "spike" and not amounts:
        problems.append(Problem("added", _("Tulis kadar yang ditambahkan untuk paling sedikit satu pemeriksaan.")))
    if any(not amount.is_finite() or amount <= 0 for amount in amounts.values()):
        problems.append(Problem("added", _("Kadar yang ditambahkan lebih dari nol.")))
    note = checked_text(problems, "note", note, 240)
    refuse(problems)
    mate = mates[0]
    label = _("%(role)s dari %(number)s") % {"role": QUALITY_ROLES[role], "number": mate.number}
    made = register_order(
        actor,
        owner=owner,
        subject_kind="control",
        subject_label=label[:160],
        payer="free",
        purpose="quality",
        standard="",
        note=note,
        given_samples=[
            GivenSample(
                tuple(wanted), mate.specimen, mate.container, str(QUALITY_ROLES[role])[:160],
                collected_at=collected_at or mate.collected_at, collector=collector or mate.collector,
                preservation=mate.preservation,
            )
        ],
    )  # fmt: skip
    row = QualitySample(
        owner_id=owner.id, sample=made.samples[0], role=role, note=note,
        added={code: f"{amount:f}" for code, amount in amounts.items()} if role == "spike" else {},
    )  # fmt: skip
    row.save(force_insert=True)
    QualityMate.rows.bulk_create([QualityMate(owner_id=owner.id, quality=row, sample=one) for one in mates])
    event = QualitySampleAdded(made.id, made.samples[0].id, role, tuple(one.id for one in mates))
    journal.record(actor, owner=owner.id, event=event, subject=made.id)
    return made


def read_added(text: str) -> dict[str, Decimal]:
    """``FEAIR 0,5; NO3 10`` as test -> amount. Raises Refused at ``added``."""
    found: dict[str, Decimal] = {}
    for part in text.replace("\n", ";").split(";"):
        words = part.replace("=", " ").split()
        if not words:
            continue
        try:
            code, amount = words
            found[code.upper()] = Decimal(amount.replace(",", "."))
        except (ValueError, ArithmeticError) as error:
            message = _("“%(text)s” tidak terbaca; tulis misalnya FEAIR 0,5; NO3 10.") % {"text": part.strip()[:30]}
            raise Refused(message, problems=[Problem("added", message)]) from error
    return found
