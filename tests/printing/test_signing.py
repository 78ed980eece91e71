"""Signatures: a good one is found good, every change is found, keys are kept from others."""

from __future__ import annotations

import asyncio
import io
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfWriter

from laras.core.printing import PrintError, check_signature, demo_key, demo_roots, load_key, sign_pdf
from laras.core.printing.signing import SigningKey, make_authority, make_demo_certificate, save_key
from laras.reports.documents import render_lhu
from tests.printing.examples import ENVIRONMENT, text_of

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
AUTHORITY = make_authority("Laras", now=NOW)
KEY = make_demo_certificate("Labkesmas Contoh", "Dinas Kesehatan Contoh", authority=AUTHORITY, now=NOW)
ROOTS = (AUTHORITY.certificate,)


@pytest.fixture(scope="module")
def report() -> bytes:
    return render_lhu(ENVIRONMENT)


@pytest.fixture(scope="module")
def signed(report: bytes) -> bytes:
    return sign_pdf(report, KEY, reason="LHU terbit", location="Selong", name="Labkesmas Contoh", at=NOW)


def test_a_signature_says_who_when_and_why(signed: bytes) -> None:
    check = check_signature(signed, roots=ROOTS)
    assert check.good
    assert check.problem == ""
    assert (check.signer, check.organisation) == ("Labkesmas Contoh", "Dinas Kesehatan Contoh")
    assert (check.reason, check.location) == ("LHU terbit", "Selong")
    assert check.signed_at == NOW
    assert check.fingerprint == KEY.fingerprint


def test_it_is_pades_and_leaves_the_report_as_it_was(report: bytes, signed: bytes) -> None:
    assert signed.startswith(report)
    assert b"/ETSI.CAdES.detached" in signed[len(report) :]
    assert text_of(signed) == text_of(report)


def test_every_changed_byte_is_found(report: bytes, signed: bytes) -> None:
    for place in range(100, len(report), len(report) // 12):
        broken = bytearray(signed)
        broken[place] ^= 1
        assert not check_signature(bytes(broken), roots=ROOTS).good, place


def validated(pdf: bytes) -> PdfSignatureStatus:
    """By pyHanko alone, as any other reader would use it."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    root = asn1_x509.Certificate.load(AUTHORITY.certificate.public_bytes(serialization.Encoding.DER))
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=NOW + timedelta(minutes=1))
    # Beside this thread, where a browser test of the same process may have left a loop running.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(validate_pdf_signature, signature, context).result()


def test_another_reader_finds_it_good_and_one_changed_byte(signed: bytes) -> None:
    status = validated(signed)
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.md_algorithm == "sha256"
    # A letter of the title in the metadata: the file still opens, only the signature tells.
    place = signed.index(b"Laporan Hasil Uji")
    broken = signed[:place] + b"l" + signed[place + 1 :]
    assert not validated(broken).intact
    assert not validated(broken).bottom_line


def test_what_is_added_after_signing_is_found(signed: bytes) -> None:
    writer = PdfWriter(io.BytesIO(signed), incremental=True)
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(signed)
    check = check_signature(out.getvalue(), roots=ROOTS)
    assert check.signed
    assert not check.whole
    assert not check.good


def test_a_stranger_is_not_trusted(report: bytes, signed: bytes) -> None:
    assert check_signature(signed).problem == "untrusted"
    other = make_authority("Lain", now=NOW)
    assert not check_signature(signed, roots=(other.certificate,)).trusted
    # Same names, other key: a copy of the authority does not pass for it.
    twin = make_authority("Laras", now=NOW)
    forged = make_demo_certificate("Labkesmas Contoh", "Dinas Kesehatan Contoh", authority=twin, now=NOW)
    again = sign_pdf(report, forged, reason="", location="", name="", at=NOW)
    assert not check_signature(again, roots=ROOTS).good


def test_a_certificate_counts_at_the_time_of_signing(report: bytes) -> None:
    early = sign_pdf(report, KEY, reason="", location="", name="", at=NOW - timedelta(days=30))
    late = sign_pdf(report, KEY, reason="", location="", name="", at=NOW + timedelta(days=365 * 6))
    for pdf in (early, late):
        check = check_signature(pdf, roots=ROOTS)
        assert check.intact
        assert not check.trusted


def test_unsigned_and_broken_files_are_answers(report: bytes) -> None:
    assert check_signature(report).problem == "unsigned"
    for junk in (b"", b"%PDF-1.7\n", b"x" * 5000, report[: len(report) // 2]):
        assert not check_signature(junk).good
    with pytest.raises(PrintError):
        sign_pdf(b"no pdf", KEY, reason="", location="", name="")


def test_an_rsa_key_signs_too(report: bytes) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    import laras.core.printing.signing as signing

    certificate = (
        signing._builder(signing._name("RSA", "Contoh"), AUTHORITY.certificate.subject, key, NOW, years=1)  # type: ignore[arg-type]
        .add_extension(signing._usage(digital_signature=True, content_commitment=True), critical=True)
        .sign(AUTHORITY.private, signing.hashes.SHA256())
    )
    pdf = sign_pdf(
        report, SigningKey(key, certificate, ROOTS), reason="uji", location="", name="", at=NOW + timedelta(hours=1)
    )
    assert check_signature(pdf, roots=ROOTS).good


def test_demo_keys_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert demo_roots(keys) == ()
    first = demo_key(keys, "LTM", name="Labkesmas A", organisation="Dinkes A", now=NOW)
    again = demo_key(keys, "LTM", name="Labkesmas A", organisation="Dinkes A", now=NOW)
    other = demo_key(keys, "NTB", name="Labkesmas B", organisation="Dinkes B", now=NOW)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.chain == other.chain == demo_roots(keys)
    files = sorted(p.name for p in keys.iterdir())
    assert files == ["LTM.p12", "NTB.p12", "authority.p12"]
    for path in keys.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert "PrivateKey" not in repr(first)


def test_a_key_with_a_passphrase_opens_only_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.p12"
    save_key(KEY, path, passphrase="rahasia laboratorium")
    assert load_key(path, passphrase="rahasia laboratorium").fingerprint == KEY.fingerprint
    for wrong in ("", "salah"):
        with pytest.raises(PrintError):
            load_key(path, passphrase=wrong)
    with pytest.raises(FileExistsError):
        save_key(KEY, path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.p12"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.p12"
    save_key(KEY, path)
    path.chmod(0o644)
    with pytest.raises(PrintError, match="chmod"):
        load_key(path)
    with pytest.raises(FileNotFoundError):
        load_key(tmp_path / "b.p12")


@pytest.mark.parametrize("code", ["../x", "a/b", "", ".x", "authority", "x" * 80])
def test_a_code_cannot_leave_the_directory(tmp_path: Path, code: str) -> None:
    with pytest.raises(PrintError):
        demo_key(tmp_path, code, name="A", organisation="B", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_signing_works_where_an_event_loop_is_running(report: bytes) -> None:
    async def work() -> bytes:
        return sign_pdf(report, KEY, reason="LHU terbit", location="Selong", name="Labkesmas Contoh", at=NOW)

    async def both() -> bool:
        return check_signature(await work(), roots=ROOTS).good

    with ThreadPoolExecutor(1) as beside:
        assert beside.submit(lambda: asyncio.run(both())).result()
