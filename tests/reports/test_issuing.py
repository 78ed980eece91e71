"""The bytes: made once, kept, signed where there is a certificate, honest where there is none."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from laras.core import attachments, clock
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import Attachment, JournalEntry
from laras.core.paths import below
from laras.core.printing import PrintError, check_signature
from laras.core.printing.signing import make_authority, make_demo_certificate, save_key
from laras.reports import queries, services
from laras.reports.jobs import issue_missed, issue_released
from laras.reports.models import Report


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def issued(lab):
    rows = JournalEntry.objects.within(lab.scope).filter(event="reports.report_issued")
    return [json.loads(bytes(row.payload)) for row in rows]


@pytest.fixture(autouse=True)
def no_signing_place():
    """Certificates of one test, also of another file in this process, are not those of the next."""
    place = below("keys") / "signing"

    def empty() -> None:
        for file in (*place.glob("*.p*"), *place.glob("roots/*.pem")):
            file.unlink()

    empty()
    yield place
    empty()


def test_an_unsigned_report_says_nothing_of_a_signature(lab, now):
    report = lab.release(lab.done())
    assert (report.pdf_digest, report.signed) == ("", False)
    pdf = lab.issue(report)
    report.refresh_from_db()
    assert hashlib.sha256(pdf).hexdigest() == report.pdf_digest == report.pdf.digest
    assert not report.signed
    assert not check_signature(pdf).signed
    assert (report.pdf.media_type, report.pdf.owner_id) == ("application/pdf", lab.id)
    text = text_of(pdf)
    assert report.number in text
    assert "SitiAminah" in text
    now.forward(hours=5)
    assert lab.issue(report) == pdf == attachments.read(report.pdf_digest)
    (entry,) = issued(lab)
    assert entry["pdf_digest"] == report.pdf_digest
    assert entry["signed"] is False


def test_the_address_is_that_of_the_day_of_drawing(lab, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    report = lab.release(lab.done())
    settings.PUBLIC_URL = "https://lab.contoh.id"
    pdf = lab.issue(report)
    assert f"https://lab.contoh.id/lhu/cek/{report.token}/" in text_of(pdf)
    assert "127.0.0.1" not in text_of(pdf)
    # Issued once: a later address changes nothing.
    settings.PUBLIC_URL = "https://lain.contoh.id"
    assert lab.issue(report) == pdf


def test_the_demo_signs_with_its_own_certificate(lab, demo_mark, no_signing_place):
    report = lab.release(lab.done())
    pdf = lab.issue(report)
    verdict = check_signature(pdf, roots=services.trusted_roots())
    assert verdict.good, verdict.problem
    assert verdict.signed_at == clock.now()
    assert report.number in verdict.reason
    report.refresh_from_db()
    assert report.signed
    assert issued(lab)[0]["signed"] is True
    broken = pdf.replace(b"/Type", b"/Typo", 1)
    assert not check_signature(broken, roots=services.trusted_roots()).good


def own_certificate(lab, place, *, passphrase="", now=None):
    authority = make_authority("Penerbit Contoh", now=now or clock.now())
    key = make_demo_certificate(lab.owner.name, lab.owner.name, authority=authority, now=now or clock.now())
    save_key(key, place / f"{lab.owner.code}.p12", passphrase=passphrase)
    return authority


def test_the_laboratorys_own_certificate_goes_before(lab, no_signing_place):
    from cryptography.hazmat.primitives.serialization import Encoding

    authority = own_certificate(lab, no_signing_place, passphrase="rahasia")
    (no_signing_place / f"{lab.owner.code}.pass").write_text("rahasia\n")
    pdf = lab.issue(lab.release(lab.done()))
    verdict = check_signature(pdf, roots=services.trusted_roots())
    assert (verdict.intact, verdict.whole, verdict.trusted) == (True, True, False)
    roots = no_signing_place / "roots"
    roots.mkdir(exist_ok=True)
    (roots / "penerbit.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    assert check_signature(pdf, roots=services.trusted_roots()).good


@pytest.mark.parametrize("fault", ["passphrase", "mode", "expired"])
def test_a_certificate_that_cannot_be_used_issues_nothing(lab, no_signing_place, fault):
    old = clock.now() - timedelta(days=3000) if fault == "expired" else None
    own_certificate(lab, no_signing_place, passphrase="rahasia" if fault == "passphrase" else "", now=old)
    if fault == "mode":
        (no_signing_place / f"{lab.owner.code}.p12").chmod(0o644)
    report = lab.release(lab.done())
    with pytest.raises(Refused, match="Sertifikat"):
        lab.issue(report)
    report.refresh_from_db()
    assert (report.pdf_digest, issued(lab)) == ("", [])


def test_who_may_not_read_gets_nothing(lab, other):
    report = lab.release(lab.done())
    sampler = lab.doctor.narrowed(["orders.read"])
    with pytest.raises(Forbidden):
        services.issue_pdf(sampler, owner_id=lab.id, report_id=report.id)
    with pytest.raises(NotFound):
        services.issue_pdf(other.doctor, owner_id=other.id, report_id=report.id)
    assert issued(lab) == []


def test_two_requests_at_once_hand_out_the_same_bytes(lab, demo_mark, no_signing_place, monkeypatch):
    report = lab.release(lab.done())
    draw, taken = services.render_lhu, []

    def overtaken(document):
        pdf = draw(document)
        if not taken:
            taken.append(None)
            with clock.at(clock.now() + timedelta(seconds=1)):  # so that its signature differs
                taken[0] = lab.issue(report)
        return pdf

    monkeypatch.setattr(services, "render_lhu", overtaken)
    assert lab.issue(report) == taken[0]
    assert len(issued(lab)) == 1
    assert Attachment.rows.filter(owner=lab.owner).count() == 1


@pytest.mark.postgres  # the test's SQLite lies in memory of one connection
@pytest.mark.django_db(transaction=True)
def test_four_threads_issue_once(lab, demo_mark, no_signing_place):
    report = lab.release(lab.done())
    gate, found = threading.Barrier(4), []

    def work():
        try:
            gate.wait()
            found.append(lab.issue(report))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(issued(lab)) == 1


def test_a_release_leaves_its_drawing_to_the_jobs(lab):
    report = lab.release(lab.done())
    (task,) = DBTaskResult.objects.filter(task_path="laras.reports.jobs.issue_released")
    assert task.args_kwargs["args"] == [str(lab.id), str(report.id)]
    issue_released.call(*task.args_kwargs["args"])
    issue_released.call(*task.args_kwargs["args"])  # a job that is tried again does nothing twice
    report.refresh_from_db()
    assert report.pdf_digest
    assert JournalEntry.objects.within(lab.scope).get(event="reports.report_issued").device == "job:reports"


def test_a_batch_draws_what_nobody_opened(lab, other, monkeypatch):
    reports = [lab.release(lab.done()) for _ in range(3)]
    other.release(other.done())
    lab.issue(reports[0])
    batch = services.issue_waiting(system_actor("cli"), owner_id=lab.id)
    assert (batch.done, batch.problems) == (2, {})
    assert services.issue_waiting(system_actor("cli"), owner_id=lab.id).done == 0
    assert len(issued(lab)) == 3
    assert issued(other) == []

    assert issue_missed() == 1
    assert len(issued(other)) == 1


def test_a_batch_opens_the_certificate_once_and_signs_each(lab, demo_mark, monkeypatch):
    reports = [lab.release(lab.done()) for _ in range(3)]
    opened = []
    key = services.signing_key
    monkeypatch.setattr(services, "signing_key", lambda owner: opened.append(owner.code) or key(owner))
    ids = [uuid4(), *(r.id for r in reports)]
    batch = services.issue_many(lab.doctor, owner_id=lab.id, report_ids=ids)
    assert (batch.done, list(batch.problems)) == (3, [str(ids[0])])
    assert opened == [lab.owner.code]
    for report in reports:
        verdict = check_signature(lab.issue(report), roots=services.trusted_roots())
        assert verdict.good
        assert report.number in verdict.reason


def test_one_that_cannot_be_drawn_does_not_stop_the_others(lab, monkeypatch):
    reports = [lab.release(lab.done()) for _ in range(2)]
    draw = services.render_lhu

    def stumble(document):
        if document.number == reports[0].number:
            raise PrintError("bad")
        return draw(document)

    monkeypatch.setattr(services, "render_lhu", stumble)
    batch = services.issue_many(lab.doctor, owner_id=lab.id, report_ids=[r.id for r in reports])
    assert batch.done == 1
    assert list(batch.problems) == [str(reports[0].id)]


def test_a_replaced_version_keeps_its_bytes_and_gives_a_marked_copy(lab, now):
    order_id = lab.done()
    first = lab.release(order_id)
    bytes_then = lab.issue(first)
    with pytest.raises(NotFound):
        services.marked_copy(lab.doctor, owner_id=lab.id, report_id=first.id)
    now.forward(hours=1)
    lab.amend(order_id, "HB", "11,5")
    second = lab.release(order_id, reason="Salah salin")
    assert lab.issue(first) == bytes_then
    assert "DIGANTIKAN" not in text_of(bytes_then)
    copy = services.marked_copy(lab.doctor, owner_id=lab.id, report_id=first.id)
    assert "DIGANTIKAN" in text_of(copy)
    assert "13,5" in text_of(copy)
    text = text_of(lab.issue(second))
    assert "menggantikanversi1" in text
    assert "Salahsalin" in text
    services.withdraw_report(lab.doctor, owner_id=lab.id, report_id=second.id, reason="Pasien tertukar")
    assert "DICABUT" in text_of(services.marked_copy(lab.doctor, owner_id=lab.id, report_id=second.id))
    assert Report.rows.exclude(pdf=None).count() == 2


def test_a_draft_has_no_number_and_is_not_kept(lab):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    text = text_of(services.draft_pdf(lab.analyst, owner_id=lab.id, order_id=order_id))
    assert "DRAF" in text
    assert "L0001" not in text
    assert "Hasilsementara" in text
    assert "Trombosit" in text
    assert not Report.rows.exists()
    assert not Attachment.rows.exists()


def test_the_draft_of_a_correction_is_the_next_version_and_says_what_changes(lab, now):
    order_id = lab.done()
    report = lab.release(order_id)
    now.forward(hours=1)
    lab.amend(order_id, "HB", "11,5")
    text = text_of(services.draft_pdf(lab.analyst, owner_id=lab.id, order_id=order_id))
    assert "DRAF" in text
    assert f"{report.number}Versi2" in text
    assert "menggantikanversi1" in text
    assert "13,5g/dL→11,5g/dL" in text
    assert Report.rows.count() == 1


def test_an_interim_report_says_so_on_its_face(lab):
    order_id = lab.order("HB", "PLT")
    lab.perform(order_id, "HB", "13,5")
    text = text_of(lab.issue(lab.release(order_id, interim=True)))
    assert "Hasilsementara" in text
    assert "Trombosit" in text


def test_a_changed_file_is_not_handed_out(lab):
    report = lab.release(lab.done())
    pdf = lab.issue(report)
    digest = queries.get_report(lab.scope, report.id).pdf_digest
    path = below("files") / digest[:2] / digest
    path.chmod(0o600)
    path.write_bytes(pdf + b"x")
    try:
        with pytest.raises(OSError, match="differs"):
            lab.issue(report)
    finally:
        path.write_bytes(pdf)
