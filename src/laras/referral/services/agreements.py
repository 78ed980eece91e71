"""Agreements of two laboratories: proposed by one, accepted by the other, ended by either. Messages carry the whole agreement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders.states import PAYERS
from laras.referral import codec, rules
from laras.referral.events import AgreementHeard, AgreementTold, DemandNoted
from laras.referral.models import LabAgreement, PaperPartner, PayerDemand
from laras.referral.services.common import refused_at, short
from laras.referral.states import LAB_AGREEMENT
from laras.referral.types import AgreementNews

RIGHT = "referral.agree"
MOST_PRICES = 500


@use_case
def propose_agreement(
    actor: Actor,
    *,
    owner_id: UUID,
    code: str,
    number: str,
    performs_here: bool,
    valid_from: date,
    valid_until: date | None = None,
    every: bool = True,
    prices: Mapping[str, int | None] | None = None,
    payer: str = "",
    terms: str = "",
) -> LabAgreement:
    """Propose an agreement to the laboratory with this ``code``; it holds from when that accepts. ``performs_here``: we do the tests.

    With a laboratory that works on paper (``PaperPartner``) there is nobody to accept: it counts as accepted when it is entered,
    since the signed paper lies here. Refused: an unknown, closed or own laboratory, a number that such an agreement has, a period that
    ends before it begins, an unknown payer, unknown tests, no test at all.
    """
    actor.require(RIGHT, owner_id)
    number, terms, code = short(number, "number", 60), short(terms, "terms", 1000), short(code, "code", 24).upper()
    partner = Owner.objects.filter(code=code, kind="laboratory").first()
    if partner is None:
        raise refused_at("code", _("Tidak ada laboratorium dengan kode %(code)s di direktori.") % {"code": code})
    if partner.id == owner_id:
        raise refused_at("code", _("Perjanjian dibuat dengan laboratorium lain."))
    if partner.closed:
        raise refused_at("code", _("%(name)s sudah ditutup.") % {"name": partner.name})
    if not number:
        raise refused_at("number", _("Isi nomor perjanjian."))
    if valid_until is not None and valid_until < valid_from:
        raise refused_at("valid_until", _("Hari terakhir tidak boleh sebelum hari pertama."))
    if payer and payer not in PAYERS:
        raise refused_at("payer", _("Penjamin tidak dikenal."))
    prices = _checked_prices(owner_id, prices or {}, every=every)
    rows = LabAgreement.objects.within(Scope.of(owner_id)).filter(partner=partner, number=number)
    if rows.filter(status__in=("proposed", "active", "ended")).exists():
        raise refused_at("number", _("Perjanjian dengan nomor ini sudah ada."))
    paper = PaperPartner.objects.within(Scope.of(owner_id)).filter(partner=partner, ended_at__isnull=True).exists()
    if paper and performs_here:
        raise refused_at(
            "performs_here", _("%(name)s bekerja tanpa sistem dan tidak merujuk ke sini.") % {"name": partner.name}
        )
    row = LabAgreement(
        owner_id=owner_id,
        partner=partner,
        shared=new_id(),
        proposed_here=True,
        performs_here=performs_here,
        number=number,
        terms=terms,
        valid_from=valid_from,
        valid_until=valid_until,
        every=every,
        prices=dict(prices),
        payer=payer,
        our_word="proposed",
        their_word="accepted" if paper else "",
        created_at=clock.now(),
    )
    if paper:
        row.status, row.answered_at = LAB_AGREEMENT.move(row.status, "accept"), clock.now()
    _tell(actor, row, "proposed", fresh=True)
    return row


def _checked_prices(owner_id: UUID, prices: Mapping[str, int | None], *, every: bool) -> dict[str, int | None]:
    known = catalogues.effective(owner_id).tests
    problems = []
    for line, (test, price) in enumerate(prices.items(), start=1):
        if test not in known:
            text = _("Baris %(line)d: pemeriksaan %(code)s tidak ada di katalog.") % {"line": line, "code": test}
            problems.append(Problem("prices", text, line))
        elif price is not None and not 0 <= price <= rules.MOST_RUPIAH:
            problems.append(Problem("prices", _("Baris %(line)d: harga tidak masuk akal.") % {"line": line}, line))
    if len(prices) > MOST_PRICES:
        problems.append(Problem("prices", _("Paling banyak %(n)d pemeriksaan.") % {"n": MOST_PRICES}))
    if not prices and not every:
        problems.append(Problem("prices", _("Sebutkan paling sedikit satu pemeriksaan, atau pilih semua pemeriksaan.")))
    if problems:
        raise Refused(str(problems[0].message), problems=problems)
    return dict(prices)


@use_case
def withdraw_agreement(actor: Actor, *, owner_id: UUID, agreement_id: UUID, note: str = "") -> LabAgreement:
    """Take a proposal back. When the other laboratory accepted it before it heard of that, it holds, and can be ended."""
    row = _locked(actor, owner_id, agreement_id)
    if not row.proposed_here:
        raise refused_at("note", _("Perjanjian ini diusulkan laboratorium lain."))
    row.status = LAB_AGREEMENT.move(row.status, "withdraw")
    row.our_word, row.note = "withdrawn", short(note, "note", 240)
    _tell(actor, row, "withdrawn")
    return row


@use_case
def answer_agreement(
    actor: Actor, *, owner_id: UUID, agreement_id: UUID, accepted: bool, note: str = ""
) -> LabAgreement:
    """Accept what another laboratory proposed, or refuse it with a reason."""
    row = _locked(actor, owner_id, agreement_id)
    note = short(note, "note", 240)
    if row.proposed_here:
        raise refused_at("note", _("Usulan sendiri dijawab laboratorium lain."))
    if row.status == "withdrawn":
        raise refused_at("note", _("Usulan ini sudah ditarik pengusulnya."), code="withdrawn")
    if not accepted and len(note) < 5:
        raise refused_at("note", _("Sebutkan alasannya."))
    row.status = LAB_AGREEMENT.move(row.status, "accept" if accepted else "refuse")
    row.our_word, row.note, row.answered_at = "accepted" if accepted else "refused", note, clock.now()
    _tell(actor, row, row.our_word)
    return row


@use_case
def end_agreement(actor: Actor, *, owner_id: UUID, agreement_id: UUID, last_day: date, reason: str) -> LabAgreement:
    """End an agreement; ``last_day`` is the last on which it holds. What was sent until then keeps its price."""
    row = _locked(actor, owner_id, agreement_id)
    reason = short(reason, "reason", 240)
    if len(reason) < 5:
        raise refused_at("reason", _("Sebutkan alasannya."))
    today = clock.today(row.owner.zone)
    if last_day < today:
        raise refused_at("last_day", _("Hari terakhir paling cepat hari ini."))
    row.status = LAB_AGREEMENT.move(row.status, "end")
    row.our_end, row.note = last_day, reason
    _tell(actor, row, "ended")
    return row


@use_case
def set_demand(actor: Actor, *, owner_id: UUID, payer: str, demand: str) -> None:
    """Whether orders of this payer are referred only (``must``) or preferably (``prefer``) where an agreement holds; empty: no matter."""
    actor.require(RIGHT, owner_id)
    if payer not in PAYERS:
        raise refused_at("payer", _("Penjamin tidak dikenal."))
    if demand and demand not in rules.DEMANDS:
        raise refused_at("demand", _("Pilihan tidak dikenal."))
    rows = PayerDemand.objects.within(Scope.of(owner_id)).filter(payer=payer)
    known = rows.first()
    if (known.demand if known else "") == demand:
        return
    if not demand:
        rows.delete()
    elif known:
        rows.update(demand=demand)
    else:
        PayerDemand.rows.create(owner_id=owner_id, payer=payer, demand=demand)
    journal.record(actor, owner=owner_id, event=DemandNoted(payer=payer, demand=demand), subject=owner_id)


# --- Messages -----------------------------------------------------------------------------------------------------------


@use_case
def hear_agreement(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    shared: UUID,
    revision: int,
    news: AgreementNews,
    cause: UUID | None = None,
) -> bool:
    """Follow what the other laboratory says of an agreement; answers whether it was news. For the handler of messages.

    Its terms come with the proposal and never change afterwards; an answer about something unknown changes nothing.
    """
    actor.require(RIGHT, owner_id)
    rows = LabAgreement.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    row = rows.filter(shared=shared).first()
    fresh = row is None
    if row is None:
        offered = news.stance in ("proposed", "withdrawn") and news.performer in (owner_id, sender_id) and news.number
        if not offered or (news.valid_until is not None and news.valid_until < news.valid_from):
            return False
        row = LabAgreement(
            owner_id=owner_id,
            partner_id=sender_id,
            shared=shared,
            proposed_here=False,
            performs_here=news.performer == owner_id,
            number=news.number[:60],
            terms=news.terms[:1000],
            valid_from=news.valid_from,
            valid_until=news.valid_until,
            every=news.every,
            prices=_readable(news.prices),
            payer=news.payer[:16],
            created_at=clock.now(),
        )
    allowed = ("accepted", "refused") if row.proposed_here else ("proposed", "withdrawn")
    if row.partner_id != sender_id or revision <= row.heard_revision or news.stance not in allowed:
        return False
    row.heard_revision, row.their_word = revision, news.stance
    row.their_end, row.their_note = news.ended_on, news.note[:240]
    if row.proposed_here and row.answered_at is None:
        row.answered_at = clock.now()
    proposal, reply = (row.our_word, row.their_word) if row.proposed_here else (row.their_word, row.our_word)
    ended = row.our_end is not None or row.their_end is not None
    # The same rule at both ends; a move alone would depend on which message was the first.
    row.status = rules.standing(proposal, reply, ended)
    row.save(force_insert=fresh)
    event = AgreementHeard(agreement=row.id, number=row.number, status=row.status)
    journal.record(actor, owner=owner_id, event=event, subject=row.id, cause=cause)
    return True


def _readable(prices: Mapping[str, object]) -> dict[str, int | None]:
    """Prices as they came, without what is no whole number of rupiah."""
    found: dict[str, int | None] = {}
    for test, price in list(prices.items())[:MOST_PRICES]:
        if price is None or (
            isinstance(price, int) and not isinstance(price, bool) and 0 <= price <= rules.MOST_RUPIAH
        ):
            found[test[:60]] = price
    return found


def _locked(actor: Actor, owner_id: UUID, agreement_id: UUID) -> LabAgreement:
    actor.require(RIGHT, owner_id)
    rows = (
        LabAgreement.objects.within(Scope.of(owner_id))
        .select_for_update(of=("self",))
        .select_related("partner", "owner")
    )
    row: LabAgreement = get_or_404(rows, id=agreement_id)
    return row


def _tell(actor: Actor, row: LabAgreement, what: str, *, fresh: bool = False) -> None:
    """Save our word and tell the other laboratory the whole agreement."""
    row.told_revision += 1
    row.save(force_insert=fresh)
    paper = PaperPartner.objects.within(Scope.of(row.owner_id)).filter(partner_id=row.partner_id, ended_at__isnull=True)
    news = AgreementNews(
        number=row.number,
        performer=row.owner_id if row.performs_here else row.partner_id,
        valid_from=row.valid_from,
        stance=row.our_word,  # type: ignore[arg-type]
        valid_until=row.valid_until,
        every=row.every,
        prices=row.prices,
        payer=row.payer,
        terms=row.terms,
        ended_on=row.our_end,
        note=row.note,
    )
    journal.record(
        actor,
        owner=row.owner_id,
        event=AgreementTold(agreement=row.shared, number=row.number, revision=row.told_revision, what=what),
        subject=row.id,
        sealed=codec.write(news),
        recipient=None if paper.exists() else row.partner_id,
    )
