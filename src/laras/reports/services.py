"""Release, issue, amend and withdraw reports.

Releasing and issuing are two units on purpose. The release fixes what the report says (content, number, version) in one
short transaction; drawing and signing the PDF takes a tenth of a second and must not hold the database meanwhile. A process
killed in between loses nothing: the bytes are made from the kept content at the next request, once, and kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography import x509
from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.bench import queries as bench
from laras.bench.types import Releasable, ResultView
from laras.core import attachments, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import JournalHead, Owner
from laras.core.numbering import format_number, next_serials
from laras.core.paths import below, data_root
from laras.core.printing import SigningKey, demo_key, demo_roots, load_key, sign_pdf
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import queries as orders
from laras.orders import services as order_services
from laras.reports import queries
from laras.reports.assembly import assemble, to_content
from laras.reports.documents import render_lhu
from laras.reports.events import ReportIssued, ReportReleased, ReportWithdrawn
from laras.reports.facts import gather
from laras.reports.models import Report
from laras.reports.states import REPORT


@use_case
def release_report(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    interim: bool = False,
    comments: Sequence[str] = (),
    reason: str = "",
) -> Report:
    """Let the report of an order leave the laboratory: number, version, content and digest are fixed now.

    Needs every requested test validated and nothing held, or ``interim=True`` and something reportable. A further version
    replaces the one before and needs a ``reason`` that the paper prints. Raises Refused naming what is missing.
    """
    actor.require("reports.release", owner_id)
    scope = Scope.of(owner_id)
    # The order is locked first, so that two validators cannot both release it.
    order = order_services.lock_order(owner_id, order_id)
    state = bench.releasable(scope, order_id)
    _refuse_unready(state, interim)
    before = queries.current(scope, order_id)
    reason = reason.strip()
    if before is not None:
        _refuse_unchanged(before, state.reportable)
        if not before.interim and not reason:
            text = _("Tulis apa yang berubah dari versi sebelumnya; catatan ini tercetak di LHU.")
            raise Refused(text, problems=[Problem("reason", text)])
    elif order.status == "cancelled":
        raise Refused(_("Permintaan ini dibatalkan."))
    now = clock.now()
    detail = orders.get_order(scope, order_id)
    owner = detail.order.owner
    version = before.version + 1 if before else 1
    number = before.number if before else _number(owner)
    token = secrets.token_urlsafe(32)
    document = assemble(
        gather(detail, state.reportable, signer=actor.person_id),
        state.reportable,
        number=number,
        version=version,
        released_at=now,
        signer=actor.person_id,
        comments=[text.strip()[:500] for text in comments],
        verification_url=settings.PUBLIC_URL + reverse("reports:public", args=[token]),
        journal_mark=_journal_mark(owner_id),
        before=queries.document(before) if before else None,
        reason=reason or _("Hasil yang ditunggu sudah lengkap."),
        missing=[row.name for row in state.missing] if interim else (),
    )
    content = journal.canonical(to_content(document))
    if before is not None:
        Report.objects.within(scope).filter(id=before.id).update(status=REPORT.move(before.status, "supersede"))
    report = Report(
        owner_id=owner_id,
        order_id=order_id,
        number=number,
        version=version,
        interim=bool(state.missing),
        released_at=now,
        released_by=actor.person_id,
        content=content,
        content_digest=hashlib.sha256(content).hexdigest(),
        token=token,
        amends=before,
        change_note=reason[:500],
    )
    try:
        report.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("LHU permintaan ini baru saja diterbitkan orang lain.")) from error
    if not state.missing:
        order_services.order_reported(actor, owner_id=owner_id, order_id=order_id)
    journal.record(
        actor,
        owner=owner_id,
        event=ReportReleased(
            report=report.id,
            order=order_id,
            number=number,
            report_version=version,
            interim=report.interim,
            content_digest=report.content_digest,
            amends=before.id if before else None,
        ),
        subject=order_id,
        sealed={"reason": reason} if reason else None,
    )
    return report


def _refuse_unready(state: Releasable, interim: bool) -> None:
    if state.holds and not state.partly:
        raise Refused(
            _("Hasil ini sedang ditahan: %(reason)s") % {"reason": "; ".join(hold.reason for hold in state.holds)}
        )
    if state.ready or (interim and state.partly):
        return
    names = ", ".join(row.name for row in state.missing) or _("belum ada hasil yang divalidasi")
    raise Refused(_("Belum bisa terbit. Yang belum tervalidasi: %(names)s.") % {"names": names})


def _refuse_unchanged(before: Report, results: Sequence[ResultView]) -> None:
    """Pressing "release" again on a report that says the same makes no new version."""
    newest = max((view.validated_at for view in results if view.validated_at), default=None)
    if not before.interim and newest is not None and newest <= before.released_at:
        raise Conflict(
            _("LHU versi %(version)s sudah terbit dan tidak ada hasil yang berubah.") % {"version": before.version}
        )


def _number(owner: Owner) -> str:
    day = clock.now().astimezone(ZoneInfo(owner.zone)).date()
    return format_number(owner.code, day, next_serials(owner.id, "report", day), series="L")


def _journal_mark(owner_id: UUID) -> str:
    """The end of the chain before this release: paper bears witness of everything that stands there."""
    head = JournalHead.objects.filter(owner_id=owner_id).first()
    return f"{head.sequence}·{bytes(head.digest).hex()[:16]}" if head else ""


# --- The bytes ------------------------------------------------------------------------------------------------------


def signing_key(owner: Owner) -> SigningKey | None:
    """The laboratory's certificate: ``keys/signing/<code>.p12``.

    A demo installation makes itself one. Elsewhere a laboratory without a certificate issues unsigned reports, which say
    nothing of a signature: a self-made one would look like more than it is.
    """
    place = below("keys") / "signing"
    place.mkdir(mode=0o700, exist_ok=True)
    file = place / f"{owner.code}.p12"
    if file.exists():
        return load_key(file)
    if is_demo():
        return demo_key(place, owner.code, name=owner.name, organisation=owner.name, now=clock.now())
    return None


def trusted_roots() -> tuple[x509.Certificate, ...]:
    """Whose signatures this installation believes: the demo's own authority, if it has one."""
    return demo_roots(below("keys") / "signing")


def is_demo() -> bool:
    """Whether this installation was filled with the demo network, which leaves a mark in its directory."""
    return (data_root() / "DEMO").exists()


def issue_pdf(actor: Actor, *, owner_id: UUID, report_id: UUID) -> bytes:
    """The issued bytes of a report: drawn and signed at the first request, the same ever after. Needs ``reports.read``."""
    actor.require("reports.read", owner_id)
    report = queries.get_report(Scope.of(owner_id), report_id)
    if report.pdf is not None:
        return attachments.read(report.pdf.digest)
    owner = Owner.objects.get(pk=owner_id)
    pdf = render_lhu(queries.document(report))
    key = signing_key(owner)
    if key is not None:
        reason = f"LHU {report.number} v{report.version}"
        pdf = sign_pdf(pdf, key, reason=reason, location=owner.name, name=owner.name, at=clock.now())
    return _keep_pdf(actor, owner_id=owner_id, report_id=report_id, pdf=pdf, signed=key is not None)


@use_case
def _keep_pdf(actor: Actor, *, owner_id: UUID, report_id: UUID, pdf: bytes, signed: bool) -> bytes:
    """Keep the first bytes that were made; another process that made some too hands out the kept ones."""
    report: Report = get_or_404(Report.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)), id=report_id)
    if report.pdf_id is not None:
        return attachments.read(report.pdf_digest)
    kept = attachments.store(owner_id, pdf, "application/pdf", f"LHU-{report.number}-v{report.version}.pdf")
    report.pdf, report.pdf_digest, report.signed = kept, kept.digest, signed
    report.save(update_fields=["pdf", "pdf_digest", "signed"])
    journal.record(
        actor,
        owner=owner_id,
        event=ReportIssued(
            report=report.id,
            order=report.order_id,
            number=report.number,
            report_version=report.version,
            pdf_digest=kept.digest,
            signed=signed,
        ),
        subject=report.order_id,
    )
    return pdf


def draft_pdf(actor: Actor, *, owner_id: UUID, order_id: UUID) -> bytes:
    """What the report would look like now, with a watermark and without number; nothing is kept."""
    actor.require("reports.read", owner_id)
    scope = Scope.of(owner_id)
    detail = orders.get_order(scope, order_id)
    results = bench.releasable(scope, order_id).validated
    document = assemble(
        gather(detail, results, signer=None), results, number=_("belum bernomor"), version=1, released_at=None
    )
    return render_lhu(document)


def issue_waiting(actor: Actor, *, limit: int = 1000) -> int:
    """Draw and sign reports of the last days that nobody has opened yet; for the jobs. Answers how many."""
    rows = (
        Report.objects.within(Scope.everything())
        .filter(pdf__isnull=True, released_at__gte=clock.now() - timedelta(days=2))
        .exclude(order__source="demo")
        .values_list("owner_id", "id")[:limit]
    )
    for owner_id, report_id in rows:
        issue_pdf(actor, owner_id=owner_id, report_id=report_id)
    return len(rows)


@use_case
def withdraw_report(actor: Actor, *, owner_id: UUID, report_id: UUID, reason: str) -> Report:
    """Take a wrong report out of validity without a new one; its public page says so."""
    actor.require(REPORT.right("withdraw"), owner_id)
    reason = reason.strip()
    if not reason:
        text = _("Tulis alasan penarikan.")
        raise Refused(text, problems=[Problem("reason", text)])
    report: Report = get_or_404(Report.objects.within(Scope.of(owner_id)).select_for_update(), id=report_id)
    report.status = REPORT.move(report.status, "withdraw")
    report.change_note = reason[:500]
    report.save(update_fields=["status", "change_note"])
    order_services.order_reopened(actor, owner_id=owner_id, order_id=report.order_id)
    journal.record(
        actor,
        owner=owner_id,
        event=ReportWithdrawn(
            report=report.id, order=report.order_id, number=report.number, report_version=report.version
        ),
        subject=report.order_id,
        sealed={"reason": reason},
    )
    return report
