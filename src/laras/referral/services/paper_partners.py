"""Who works on paper, and what such a laboratory does: what its own directory entry would say if somebody kept it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.models import Owner, RoleAssignment
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.referral.events import PaperPartnerNoted
from laras.referral.models import PaperPartner, PaperTest
from laras.referral.services.common import refused_at, short

RIGHT = "referral.send"
MOST_TESTS = 500


@use_case
def begin_paper(actor: Actor, *, owner_id: UUID, code: str, note: str = "") -> PaperPartner:
    """From now on this laboratory of the directory is referred to on paper. What it was sent before stays as it was sent.

    Refused: an unknown, closed or own laboratory, one that works in this system, one that is marked already.
    """
    actor.require(RIGHT, owner_id)
    note, code = short(note, "note", 240), short(code, "code", 24).upper()
    partner = Owner.objects.filter(code=code, kind="laboratory").first()
    if partner is None:
        raise refused_at("code", _("Tidak ada laboratorium dengan kode %(code)s di direktori.") % {"code": code})
    if partner.id == owner_id:
        raise refused_at("code", _("Laboratorium ini sendiri tidak dapat menjadi tujuan rujukan."))
    if partner.closed:
        raise refused_at("code", _("%(name)s sudah ditutup.") % {"name": partner.name})
    if RoleAssignment.objects.filter(owner=partner, valid_until__isnull=True).exists():
        text = _("%(name)s bekerja di sistem ini; rujukan sampai di sana tanpa kertas.")
        raise refused_at("code", text % {"name": partner.name}, code="has_system")
    if PaperPartner.objects.within(Scope.of(owner_id)).filter(partner=partner, ended_at__isnull=True).exists():
        raise refused_at("code", _("%(name)s sudah tercatat.") % {"name": partner.name})
    row = PaperPartner(owner_id=owner_id, partner=partner, note=note, since=clock.now())
    row.save(force_insert=True)
    _note(actor, row, "begun")
    return row


@use_case
def end_paper(actor: Actor, *, owner_id: UUID, partner_id: UUID) -> PaperPartner:
    """New referrals to it are messages again; what is under way on paper ends on paper. Raises NotFound."""
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, partner_id)
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    _note(actor, row, "ended")
    return row


@use_case
def add_paper_test(
    actor: Actor, *, owner_id: UUID, partner_id: UUID, test_code: str, tat_hours: int, price: int | None = None
) -> PaperTest:
    """It does this test in so many hours, for that price in rupiah (None: not agreed). Said again, the newer word counts."""
    actor.require(RIGHT, owner_id)
    test_code = short(test_code, "test_code", 60).upper()
    if test_code not in catalogues.effective(owner_id).tests:
        raise refused_at("test_code", _("Pemeriksaan %(code)s tidak ada di katalog.") % {"code": test_code})
    if not 1 <= tat_hours <= 24 * 366:
        raise refused_at("tat_hours", _("Isi jam dari 1 sampai %(n)d.") % {"n": 24 * 366})
    if price is not None and not 0 <= price <= 10**12:
        raise refused_at("price", _("Harga tidak masuk akal."))
    row = _locked(owner_id, partner_id)
    tests = PaperTest.objects.within(Scope.of(owner_id)).filter(on_paper=row)
    known = tests.filter(test_code=test_code).first()
    if known is None and tests.count() >= MOST_TESTS:
        raise refused_at("test_code", _("Paling banyak %(n)d pemeriksaan.") % {"n": MOST_TESTS})
    test = known or PaperTest(owner_id=owner_id, on_paper=row, test_code=test_code)
    test.tat_hours, test.price = tat_hours, price
    test.save(force_insert=known is None)
    _note(actor, row, "test_added", test_code)
    return test


@use_case
def remove_paper_test(actor: Actor, *, owner_id: UUID, partner_id: UUID, test_id: UUID) -> None:
    """It does the test no longer. Raises NotFound."""
    actor.require(RIGHT, owner_id)
    row = _locked(owner_id, partner_id)
    test = get_or_404(PaperTest.objects.within(Scope.of(owner_id)).filter(on_paper=row), id=test_id)
    _note(actor, row, "test_removed", test.test_code)
    test.delete()


def _locked(owner_id: UUID, partner_id: UUID) -> PaperPartner:
    rows = PaperPartner.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    row: PaperPartner = get_or_404(rows.filter(ended_at__isnull=True), partner_id=partner_id)
    return row


def _note(actor: Actor, row: PaperPartner, what: str, test: str = "") -> None:
    event = PaperPartnerNoted(partner=row.partner_id, what=what, test=test)
    journal.record(actor, owner=row.owner_id, event=event, subject=row.id)
