"""The receipt that came back for a box to a laboratory without a system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import queries
from laras.referral.models import Box
from laras.referral.rules import boxes as rules
from laras.referral.services.common import refused_at, short
from laras.referral.services.paper import note_paper_decision
from laras.referral.services.shipping import lock_box, take_box_answer
from laras.referral.states import BOX
from laras.referral.types import BoxAnswer, BoxStep, FoundSample


@use_case
def note_paper_box(
    actor: Actor,
    *,
    owner_id: UUID,
    box_id: UUID,
    who: str,
    at: datetime | None = None,
    findings: Mapping[UUID, tuple[str, str]] | None = None,
    accepted: bool = True,
) -> Box:
    """The signed receipt of a box: who took it, when, and of each specimen (by ``BoxItem.id``) the finding and a note; what is not
    named was there and good. Referrals of which every specimen is unfit are refused with that reason; ``accepted``: the receipt
    takes the others on. Raises Refused with every wrong finding, NotFound, MoveRefused for a box that was not handed over.
    """
    actor.require(BOX.right("hand_over"), owner_id)
    who = short(who, "who", 120)
    if len(who) < 2:
        raise refused_at("who", _("Tulis siapa yang menerima kotak ini."))
    box = lock_box(owner_id, box_id)
    if not box.on_paper:
        raise Refused(_("Kotak ini dicocokkan oleh laboratorium tujuan sendiri."), code="not_on_paper")
    BOX.move(box.status, "reconcile")
    if box.status == "reconciled":
        raise refused_at("who", _("Tanda terima kotak ini sudah dicatat."), code="box_closed")
    moment = _when(box, at)
    items = queries.items_of_box(Scope.of(owner_id), box.id)
    found, problems = {}, []
    for place, item in enumerate(items, start=1):
        finding, note = (findings or {}).get(item.id, ("present", ""))
        if finding not in rules.FINDINGS or finding == "extra":
            problems.append(Problem("findings", _("Temuan tidak dikenal."), place))
        found[item.id] = (finding, short(note, "note", 240))
    if problems:
        raise Refused(_("Ada temuan yang tidak dikenal."), problems=problems)
    lab = box.recipient.code
    take_box_answer(
        actor,
        owner_id=owner_id,
        sender_id=box.recipient_id,
        box_id=box.id,
        revision=box.answer_revision + 1,
        answer=BoxAnswer(
            status="reconciled",
            steps=(BoxStep("arrived", moment, lab, who), BoxStep("reconciled", moment, lab, who)),
            samples=tuple(FoundSample(item.sample.number.upper(), *found[item.id]) for item in items),
        ),
    )
    _decide(actor, box, moment, found, accepted=accepted)
    box.refresh_from_db()
    return box


def _when(box: Box, at: datetime | None) -> datetime:
    now = clock.now()
    if at is not None and at > now + timedelta(hours=1):
        raise refused_at("at", _("Waktunya belum tiba."))
    if at is not None and box.sent_at is not None and at < box.sent_at - timedelta(hours=1):
        raise refused_at("at", _("Waktunya sebelum kotak ini diserahkan."))
    return min(at, now) if at else now


def _decide(actor: Actor, box: Box, at: datetime, found: Mapping[UUID, tuple[str, str]], *, accepted: bool) -> None:
    """What the receipt means for the referrals whose specimens lay in the box and that nobody decided yet."""
    items = queries.items_of_box(Scope.of(box.owner_id), box.id)
    samples: dict[str, set[str]] = defaultdict(set)
    of_referral = queries.items_of_outgoing(Scope.of(box.owner_id), {item.referral_id for item in items})
    for key, rows in of_referral.items():
        samples[str(key)] |= {row.sample.number for row in rows if row.status == "sent"}
    findings = [(item.sample.number, found[item.id][0]) for item in items]
    unfit = rules.refused_referrals(findings, {key: frozenset(rows) for key, rows in samples.items() if rows})
    for key, numbers in samples.items():
        if key in unfit:
            notes = dict.fromkeys(found[item.id][1] for item in items if item.sample.number in numbers)
            note_paper_decision(
                actor,
                owner_id=box.owner_id,
                referral_id=UUID(key),
                outcome="refused",
                reason=unfit[key],
                note="; ".join(filter(None, notes))[:240],
                at=at,
            )
        elif (
            accepted
            and numbers
            and any(found[item.id][0] == "present" for item in items if str(item.referral_id) == key)
        ):
            note_paper_decision(actor, owner_id=box.owner_id, referral_id=UUID(key), outcome="accepted", at=at)
