"""Release, issue, amend and withdraw reports.

Releasing and issuing are two units on purpose. The release fixes what the report says (content, number, version) in one
short transaction; drawing and signing the PDF takes a tenth of a second and must not hold the database meanwhile. A process
killed in between loses nothing: the bytes are made from the kept content at the next request, once, and kept.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography import x509
from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.bench import queries as bench
from laras.bench.types import Releasable
from laras.core import attachments, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, DomainError, NotFound, Problem, Refused
from laras.core.models import JournalHead, Owner
from laras.core.numbering import format_number, next_serials
from laras.core.paths import below, data_root
from laras.core.printing import PrintError, SigningKey, demo_key, demo_roots, load_key, sign_pdf
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import queries as orders
from laras.orders import services as order_services
from laras.reports import jobs, queries
from laras.reports.assembly import assemble, completing, says_the_same, takes_back, to_content
from laras.reports.documents import render_lhu
from laras.reports.events import ReportIssued, ReportReleased, ReportWithdrawn
from laras.reports.facts import gather
from laras.reports.models import Report
from laras.reports.states import REPORT
from laras.reports.types import LhuDocument

log = logging.getLogger(__name__)
LONGEST = 500
"""Characters of a reason or of one comment; what is longer is refused, never cut."""


@use_case
def release_report(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID,
    interim: bool = False,
    comments: Sequence[str] | None = None,
    reason: str = "",
) -> Report:
    """Let the report of an order leave the laboratory: number, version, content and digest are fixed now.

    Needs every requested test validated and nothing held, or ``interim=True`` and something reportable; an interim report
    names what it still awaits. A further version keeps the number and replaces the one before; where it takes back what
    that one told (or follows a withdrawn one) it needs ``reports.amend`` and a ``reason``, which the paper prints.
    ``comments`` None keeps those of the version before.

    Raises Refused naming what is missing or held, Conflict when the newest version says the same, NotFound, Forbidden.
    """
    actor.require("reports.release", owner_id)
    scope = Scope.of(owner_id)
    reason = _text("reason", reason)
    said = None if comments is None else [text for text in (_text("comments", c) for c in comments) if text]
    # The order is locked first, so that two validators cannot both release it.
    order = order_services.lock_order(owner_id, order_id)
    if order.status == "cancelled":
        raise Refused(_("Permintaan ini dibatalkan."))
    state = bench.releasable(scope, order_id)
    _refuse_unready(state, interim)
    before = queries.newest(scope, order_id)
    earlier = queries.document(before) if before else None
    now = clock.now()
    detail = orders.get_order(scope, order_id)
    owner = detail.order.owner
    token = secrets.token_urlsafe(32)
    document = assemble(
        gather(detail, state.reportable, releaser=actor.person_id),
        state.reportable,
        number=before.number if before else "",
        version=before.version + 1 if before else 1,
        released_at=now,
        releaser=actor.person_id,
        comments=(earlier.comments if earlier else ()) if said is None else said,
        verification_url=reverse("reports:public", args=[token]),
        journal_mark=_journal_mark(owner_id),
        before=earlier,
        reason=reason or completing(awaited_names(state)),
        missing=awaited_names(state),
    )
    if before is not None and earlier is not None:
        _check_new_version(actor, owner_id, before, earlier, document, reason)
        if before.status == "released":
            status = REPORT.move(before.status, "supersede")
            Report.objects.within(scope).filter(id=before.id).update(status=status)
    else:
        document = replace(document, number=_number(owner))
    content = journal.canonical(to_content(document))
    report = Report(
        owner_id=owner_id,
        order_id=order_id,
        number=document.number,
        version=document.version,
        interim=not state.ready,
        released_at=now,
        released_by=actor.person_id,
        content=content,
        content_digest=hashlib.sha256(content).hexdigest(),
        token=token,
        amends=before,
        change_note=reason,
    )
    try:
        report.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("LHU permintaan ini baru saja diterbitkan orang lain.")) from error
    if state.ready:
        order_services.order_reported(actor, owner_id=owner_id, order_id=order_id)
    journal.record(
        actor,
        owner=owner_id,
        event=ReportReleased(
            report=report.id,
            order=order_id,
            number=report.number,
            report_version=report.version,
            interim=report.interim,
            content_digest=report.content_digest,
            amends=before.id if before else None,
        ),
        subject=order_id,
        sealed={"reason": reason} if reason else None,
    )
    # Drawn and signed by the jobs, so that whoever opens it does not wait.
    jobs.issue_released.enqueue(str(owner_id), str(report.id))
    return report


def awaited_names(state: Releasable) -> tuple[str, ...]:
    """The tests that a report of now does not tell, or not for good: not validated, held, or provisional."""
    reported = {row.id for row in state.reportable}
    held = [row.name for row in state.validated if row.id not in reported]
    return tuple(dict.fromkeys([*(row.name for row in state.missing), *held, *(row.name for row in state.provisional)]))


def _text(field: str, text: str) -> str:
    text = " ".join(str(text).split())
    if len(text) > LONGEST:
        words = _("Paling panjang %(n)d huruf.") % {"n": LONGEST}
        raise Refused(words, problems=[Problem(field, words)])
    if not text.isprintable():
        words = _("Ada huruf yang tidak dapat dicetak; ketik ulang bagian ini.")
        raise Refused(words, problems=[Problem(field, words)])
    return text


def _refuse_unready(state: Releasable, interim: bool) -> None:
    if state.ready or (interim and state.partly):
        return
    if state.holds:
        reasons = "; ".join(dict.fromkeys(hold.reason for hold in state.holds))
        raise Refused(_("Hasil permintaan ini sedang ditahan: %(reason)s.") % {"reason": reasons}, code="held")
    names = ", ".join(awaited_names(state)) or _("belum ada hasil yang divalidasi")
    raise Refused(_("Belum bisa terbit. Yang belum tervalidasi: %(names)s.") % {"names": names}, code="not_ready")


def _check_new_version(
    actor: Actor, owner_id: UUID, before: Report, earlier: LhuDocument, document: LhuDocument, reason: str
) -> None:
    if before.status == "released":
        if says_the_same(earlier, document):
            raise Conflict(
                _("LHU versi %(version)s sudah terbit dan tidak ada yang berubah.") % {"version": before.version},
                code="unchanged",
            )
        if not takes_back(earlier, document):
            return
    actor.require("reports.amend", owner_id)
    if not reason:
        text = _("Tulis apa yang berubah dari versi sebelumnya; catatan ini tercetak di LHU.")
        raise Refused(text, problems=[Problem("reason", text)])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order of several: its report, or why there is none."""

    order_id: UUID
    report: Report | None = None
    problem: str = ""


def release_many(actor: Actor, *, owner_id: UUID, order_ids: Iterable[UUID]) -> list[Outcome]:
    """Release the complete reports of several orders, each in its own unit: one that cannot does not stop the others."""
    actor.require("reports.release", owner_id)
    outcomes = []
    for order_id in dict.fromkeys(order_ids):
        try:
            outcomes.append(Outcome(order_id, release_report(actor, owner_id=owner_id, order_id=order_id)))
        except DomainError as error:
            outcomes.append(Outcome(order_id, problem=str(error.message)))
    return outcomes


def _number(owner: Owner) -> str:
    day = clock.now().astimezone(ZoneInfo(owner.zone)).date()
    return format_number(owner.code, day, next_serials(owner.id, "report", day), series="L")


def _journal_mark(owner_id: UUID) -> str:
    """The end of the chain before this release: paper bears witness of everything that stands there."""
    head = JournalHead.objects.filter(owner_id=owner_id).first()
    return f"{head.sequence}·{bytes(head.digest).hex()[:16]}" if head else ""


# --- The bytes ------------------------------------------------------------------------------------------------------


def signing_key(owner: Owner) -> SigningKey | None:
    """The laboratory's certificate: ``keys/signing/<code>.p12``, its passphrase, if any, beside it in ``<code>.pass``.

    A demo installation makes itself one. Elsewhere a laboratory without a certificate issues unsigned reports, which say
    nothing of a signature: a self-made one would look like more than it is. Raises Refused for a certificate that cannot
    be used: bytes are issued once, and must not stay unsigned for good because a file was misplaced.
    """
    place = _signing_place()
    file = place / f"{owner.code}.p12"
    try:
        if not file.exists():
            if not is_demo():
                return None
            return demo_key(place, owner.code, name=owner.name, organisation=owner.name, now=clock.now())
        locked = file.with_suffix(".pass")
        key = load_key(file, passphrase=locked.read_text().strip() if locked.exists() else "")
    except (PrintError, OSError) as error:
        log.error("signing key of %s: %s", owner.code, error)
        raise Refused(
            _("Sertifikat tanda tangan laboratorium tidak dapat dibuka. Hubungi administrator; LHU tetap tersimpan."),
            code="signing_key",
        ) from error
    if not key.certificate.not_valid_before_utc <= clock.now() <= key.certificate.not_valid_after_utc:
        raise Refused(
            _(
                "Sertifikat tanda tangan laboratorium tidak berlaku hari ini. Hubungi administrator; LHU tetap tersimpan."
            ),
            code="signing_key",
        )
    return key


def _signing_place() -> Path:
    place = below("keys") / "signing"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def trusted_roots() -> tuple[x509.Certificate, ...]:
    """Whose signatures this installation believes: ``keys/signing/roots/*.pem``, and in a demo its own authority."""
    place = _signing_place()
    files = sorted((place / "roots").glob("*.pem"))
    found = [root for file in files for root in x509.load_pem_x509_certificates(file.read_bytes())]
    return (*found, *(demo_roots(place) if is_demo() else ()))


def is_demo() -> bool:
    """Whether this installation was filled with the demo network, which leaves a mark in its directory."""
    return (data_root() / "DEMO").exists()


def issue_pdf(actor: Actor, *, owner_id: UUID, report_id: UUID) -> bytes:
    """The issued bytes of a report: drawn and signed at the first request, the same ever after. Needs ``reports.read``."""
    actor.require("reports.read", owner_id)
    report = queries.get_report(Scope.of(owner_id), report_id)
    if report.pdf_digest:
        return attachments.read(report.pdf_digest)
    owner = Owner.objects.get(pk=owner_id)
    return _issue(actor, owner, report, signing_key(owner), _draw(_addressed(report)))


def _issue(actor: Actor, owner: Owner, report: Report, key: SigningKey | None, pdf: bytes) -> bytes:
    """Sign what was drawn, if there is a key, and keep it."""
    if key is not None:
        reason = f"LHU {report.number} v{report.version}"
        try:
            pdf = sign_pdf(pdf, key, reason=reason, location=owner.name, name=owner.name, at=clock.now())
        except PrintError as error:
            log.exception("report %s cannot be signed", report.number)
            raise Refused(
                _("LHU ini tidak dapat ditandatangani. Isinya tersimpan; hubungi administrator."), code="sign"
            ) from error
    return _keep_pdf(actor, owner_id=owner.id, report_id=report.id, pdf=pdf, signed=key is not None)


def _addressed(report: Report) -> LhuDocument:
    """The document with the address of its public page as it is on the day of drawing; kept is only the path below it."""
    document = queries.document(report)
    path = urlsplit(document.verification_url).path
    return replace(document, verification_url=settings.PUBLIC_URL.rstrip("/") + path if path else "")


def _draw(document: LhuDocument) -> bytes:
    try:
        return render_lhu(document)
    except PrintError as error:
        log.exception("report %s cannot be drawn", document.number)
        raise Refused(
            _("LHU ini tidak dapat digambar menjadi PDF. Isinya tersimpan; hubungi administrator."), code="print"
        ) from error


@use_case
def _keep_pdf(actor: Actor, *, owner_id: UUID, report_id: UUID, pdf: bytes, signed: bool) -> bytes:
    """Keep the first bytes that were made; another process that made some too hands out the kept ones."""
    rows = Report.objects.within(Scope.of(owner_id)).defer("content").select_for_update(of=("self",))
    report: Report = get_or_404(rows, id=report_id)
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
    """What the next version would look like now, with a watermark; a first one has no number yet. Nothing is kept."""
    actor.require("reports.read", owner_id)
    scope = Scope.of(owner_id)
    detail = orders.get_order(scope, order_id)
    state = bench.releasable(scope, order_id)
    before = queries.newest(scope, order_id)
    earlier = queries.document(before) if before else None
    document = assemble(
        gather(detail, state.reportable, releaser=None),
        state.reportable,
        number=before.number if before else "belum bernomor",
        version=before.version + 1 if before else 1,
        released_at=None,
        comments=earlier.comments if earlier else (),
        before=earlier,
        reason=completing(awaited_names(state)) if earlier and earlier.awaited else "",
        missing=awaited_names(state),
    )
    return _draw(document)


def marked_copy(actor: Actor, *, owner_id: UUID, report_id: UUID) -> bytes:
    """A copy of a version that no longer holds, with "DIGANTIKAN" or "DICABUT" across each page. Never kept nor signed:
    the issued bytes stay as they were. Raises NotFound for a version that is valid."""
    actor.require("reports.read", owner_id)
    report = queries.get_report(Scope.of(owner_id), report_id)
    if report.status == "released":
        raise NotFound()
    return _draw(replace(_addressed(report), state=report.status))


@dataclass(frozen=True, slots=True)
class Issued:
    """What a batch drew: how many, and number -> problem of those that it could not."""

    done: int
    problems: dict[str, str]


def issue_many(actor: Actor, *, owner_id: UUID, report_ids: Iterable[UUID]) -> Issued:
    """Draw, sign and keep several reports, each in its own unit. What is issued already is counted and left alone.

    The certificate is opened once. A second core draws the next report while this one signs and keeps the last.
    """
    actor.require("reports.read", owner_id)
    ids = list(report_ids)
    done, problems = 0, {}
    owner = Owner.objects.get(pk=owner_id)
    try:
        key = signing_key(owner)
    except Refused as refused:
        return Issued(0, {str(report_id): str(refused) for report_id in ids})
    with ThreadPoolExecutor(1, thread_name_prefix="lhu") as beside:
        ahead = _begin(beside, owner_id, ids[0]) if ids else None
        for place, report_id in enumerate(ids):
            mine = ahead
            ahead = _begin(beside, owner_id, ids[place + 1]) if place + 1 < len(ids) else None
            try:
                if mine is None:
                    raise Refused(_("LHU ini tidak ditemukan."), code="not_found")
                report, drawn = mine
                if drawn is not None:
                    _issue(actor, owner, report, key, drawn.result())
                done += 1
            except (Refused, OSError) as error:
                problems[str(report_id)] = str(error)
    return Issued(done, problems)


def _begin(beside: ThreadPoolExecutor, owner_id: UUID, report_id: UUID) -> tuple[Report, Future[bytes] | None] | None:
    """The report and its drawing under way; no drawing where it was issued before, None where there is no such report."""
    try:
        report = queries.get_report(Scope.of(owner_id), report_id)
    except NotFound:
        return None
    return report, None if report.pdf_digest else beside.submit(_draw, _addressed(report))


def issue_waiting(actor: Actor, *, owner_id: UUID, days: int = 7, limit: int = 1000) -> Issued:
    """Draw and sign the laboratory's reports of the last days that nobody has opened yet, oldest first."""
    since = clock.now() - timedelta(days=days)
    waiting = queries.not_issued(Scope.of(owner_id), since=since)[:limit]
    return issue_many(actor, owner_id=owner_id, report_ids=[report.id for report in waiting])


@use_case
def withdraw_report(actor: Actor, *, owner_id: UUID, report_id: UUID, reason: str) -> Report:
    """Take a wrong report out of validity without a new one; its public page says so."""
    actor.require(REPORT.right("withdraw"), owner_id)
    reason = _text("reason", reason)
    if not reason:
        text = _("Tulis alasan penarikan.")
        raise Refused(text, problems=[Problem("reason", text)])
    scope = Scope.of(owner_id)
    # As everywhere: the order before its report.
    order = order_services.lock_order(owner_id, queries.get_report(scope, report_id).order_id)
    report: Report = get_or_404(Report.objects.within(scope).defer("content").select_for_update(), id=report_id)
    report.status = REPORT.move(report.status, "withdraw")
    report.change_note = reason
    report.save(update_fields=["status", "change_note"])
    if order.status == "reported":
        order_services.order_reopened(actor, owner_id=owner_id, order_id=order.id)
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


@use_case
def reopen_order(actor: Actor, *, owner_id: UUID, order_id: UUID, changed_at: datetime) -> bool:
    """A result changed at this moment: the order is open again if its report was out by then. Answers whether it was.

    Safe to be told twice or late: a version released since says what holds and stays.
    """
    actor.require("reports.amend", owner_id)
    order = order_services.lock_order(owner_id, order_id)
    current = queries.current(Scope.of(owner_id), order_id)
    if order.status != "reported" or current is None or current.released_at > changed_at:
        return False
    order_services.order_reopened(actor, owner_id=owner_id, order_id=order_id)
    return True
