"""Reading of laboratories without a system: who they are, what they do, what they answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from laras.core.scope import Scope, get_or_404
from laras.referral import codec, rules
from laras.referral.models import Outgoing, OutgoingItem, PaperAnswer, PaperPartner, PaperTest
from laras.referral.types import JourneyStep, PaperItem, PaperLine


def paper_partners(scope: Scope) -> list[PaperPartner]:
    """Those of now by name, each with ``n`` tests."""
    rows = PaperPartner.objects.within(scope).filter(ended_at__isnull=True)
    return list(rows.select_related("partner").annotate(n=Count("tests")).order_by("partner__name", "id"))


def paper_partner(scope: Scope, partner_id: UUID) -> PaperPartner | None:
    """The mark that this laboratory works on paper, when there is one now."""
    rows = PaperPartner.objects.within(scope).filter(partner_id=partner_id, ended_at__isnull=True)
    return rows.select_related("partner", "owner").first()


def get_paper_partner(scope: Scope, partner_id: UUID) -> PaperPartner:
    """As :func:`paper_partner`, ended ones too, the newest. Raises NotFound."""
    rows = PaperPartner.objects.within(scope).filter(partner_id=partner_id).select_related("partner", "owner")
    newest = rows.order_by("-since", "-id").values("id")[:1]
    return get_or_404(rows, id__in=newest)


def tests_on_paper(row: PaperPartner) -> list[PaperTest]:
    return list(PaperTest.objects.within(Scope.of(row.owner_id)).filter(on_paper=row).order_by("test_code"))


def paper_tests(scope: Scope, partner_id: UUID) -> set[str]:
    """Codes of the tests that this laboratory does on paper."""
    rows = PaperTest.objects.within(scope).filter(on_paper__partner_id=partner_id, on_paper__ended_at__isnull=True)
    return set(rows.values_list("test_code", flat=True))


def paper_offers(
    scope: Scope, tests: Collection[str]
) -> list[tuple[str, UUID, int, int | None, int | None, bool, str | None]]:
    """The same as ``resources.queries.offers_of_tests``, of those that work on paper for us; one query."""
    rows = PaperTest.objects.within(scope).filter(
        test_code__in=list(tests), on_paper__ended_at__isnull=True, on_paper__partner__closed=False
    )
    found = rows.order_by("id").values_list("test_code", "on_paper__partner_id", "tat_hours", "price")
    return [(test, lab, hours, price, None, False, None) for test, lab, hours, price in found]


def paper_answers_waiting(scope: Scope) -> int:
    """How many answers on paper a second person has to look at."""
    return PaperAnswer.objects.within(scope).filter(status="entered").count()


def paper_answers(scope: Scope, *, referral_id: UUID | None = None, waiting: bool = False) -> QuerySet[PaperAnswer]:
    """Answers on paper, newest first; ``waiting``: those that a second person has to look at."""
    rows = PaperAnswer.objects.within(scope).select_related("referral__recipient", "referral__owner")
    if referral_id is not None:
        rows = rows.filter(referral_id=referral_id)
    if waiting:
        rows = rows.filter(status="entered")
    return rows.order_by("-entered_at", "-id")


def get_paper_answer(scope: Scope, answer_id: UUID) -> PaperAnswer:
    return get_or_404(paper_answers(scope), id=answer_id)


def lines_of(answer: PaperAnswer) -> list[PaperLine]:
    return [codec.read(PaperLine, line) for line in answer.lines]


def open_on_paper(scope: Scope, partner_id: UUID, *, referral_id: UUID | None = None) -> list[OutgoingItem]:
    """Items at this laboratory for which a value can come, oldest referral first: those that wait, and those that have one
    already only when one referral is asked for (to amend it)."""
    states = [*rules.OPEN_ITEM, "resulted"] if referral_id else list(rules.OPEN_ITEM)
    rows = OutgoingItem.objects.within(scope).filter(
        referral__recipient_id=partner_id, referral__on_paper=True, status__in=states
    )
    if referral_id is not None:
        rows = rows.filter(referral_id=referral_id)
    rows = rows.select_related("referral__order__patient", "referral__recipient", "sample")
    return list(rows.order_by("referral__sent_at", "referral_id", "id"))


def paper_item(item: OutgoingItem) -> PaperItem:
    """An item as the rules see it."""
    return PaperItem(
        item.id,
        item.status,  # type: ignore[arg-type]
        item.result_revision,
        item.refusal,
        item.note,
        tuple(codec.read(JourneyStep, step) for step in item.journey),
    )


def referrals_on_paper(scope: Scope, partner_id: UUID) -> QuerySet[Outgoing]:
    """Referrals to this laboratory on paper that are under way, oldest first, each with ``waits``: a value to compare."""
    waits = Count("paper_answers", filter=Q(paper_answers__status="entered"))
    rows = Outgoing.objects.within(scope).filter(
        recipient_id=partner_id, on_paper=True, status__in=list(rules.OPEN_OUTGOING)
    )
    return rows.select_related("order__patient").annotate(waits=waits).order_by("sent_at", "id")


def items_with_ids(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, OutgoingItem]:
    """Items of referrals on paper, by id; those of others are left out."""
    rows = OutgoingItem.objects.within(scope).filter(id__in=list(ids), referral__on_paper=True)
    return {row.id: row for row in rows.select_related("referral__recipient", "referral__owner", "sample")}


def hours_on_paper(scope: Scope) -> dict[tuple[UUID, str], int]:
    """(laboratory, test) -> hours in which a laboratory without a system said it does it."""
    rows = PaperTest.objects.within(scope).filter(on_paper__ended_at__isnull=True)
    return {
        (lab, test): hours for lab, test, hours in rows.values_list("on_paper__partner_id", "test_code", "tat_hours")
    }
