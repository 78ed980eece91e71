"""Digital signatures on PDF: PAdES baseline B, made and checked with pyHanko.

The signature is invisible; who signed is set in the document itself. Keys live as PKCS#12 files with mode
0600 in a directory that the caller names. The self-made authority below is for demonstration: a laboratory
that holds a certificate of a recognised authority puts its PKCS#12 file in the same place.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from laras.core.printing.engine import PrintError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_YEARS = 5
_DEMO = "Laras"


@dataclass(frozen=True)
class SigningKey:
    """A private key with its certificate and the certificates above it. Never prints its secret."""

    private: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """Common name of the certificate."""
        return _attribute(self.certificate.subject, NameOID.COMMON_NAME)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def sign_pdf(
    pdf: bytes, key: SigningKey, *, reason: str, location: str, name: str, at: datetime | None = None
) -> bytes:
    """`pdf` with one invisible PAdES B-B signature over all of it.

    `name` is who signs as a reader shows it (the laboratory or its head). `at` is the claimed time, default
    now; it has no third party behind it. Raises `PrintError` if `pdf` cannot be signed.
    """
    from laras.core.printing import pades

    return pades.sign(pdf, key, reason=reason, location=location, name=name, at=at)


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What a PDF's signature says.

    `intact`: the signed bytes are unchanged and the signature fits them. `whole`: it covers the entire file,
    nothing was added after. `trusted`: its certificate leads to one of the given roots and was valid at the
    claimed time. `good` is all of them. `problem` says in a word what is wrong, for the log.
    """

    signed: bool
    intact: bool = False
    whole: bool = False
    trusted: bool = False
    signer: str = ""
    organisation: str = ""
    signed_at: datetime | None = None
    reason: str = ""
    location: str = ""
    fingerprint: str = ""
    problem: str = ""

    @property
    def good(self) -> bool:
        return self.signed and self.intact and self.whole and self.trusted


def check_signature(pdf: bytes, *, roots: Iterable[x509.Certificate] = ()) -> SignatureCheck:
    """Check the last signature of `pdf`. Never raises for a broken file and never uses the network."""
    from laras.core.printing import pades

    return pades.check(pdf, roots=roots)


# Keys and certificates


def make_authority(organisation: str, *, now: datetime) -> SigningKey:
    """A self-made authority, valid ten years, that may sign certificates of laboratories only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(f"{organisation} – Otoritas Demo", organisation)
    certificate = (
        _builder(subject, subject, key, now, years=10)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return SigningKey(key, certificate)


def make_demo_certificate(name: str, organisation: str, *, authority: SigningKey, now: datetime) -> SigningKey:
    """A laboratory's key with a certificate of the self-made `authority`, valid five years from `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(_name(name, organisation), authority.certificate.subject, key, now, years=_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(authority.private, hashes.SHA256())
    )
    return SigningKey(key, certificate, (authority.certificate,))


def save_key(key: SigningKey, path: Path, *, passphrase: str = "") -> None:
    """Write `key` as PKCS#12, mode 0600, never over an existing file (FileExistsError)."""
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    packed = pkcs12.serialize_key_and_certificates(
        key.name.encode(), key.private, key.certificate, list(key.chain) or None, lock
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written beside and linked into place: a reader never sees half a key, and the first writer wins.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(packed)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


_loaded: dict[tuple[str, int, int, str], SigningKey] = {}
_loading = threading.Lock()


def load_key(path: Path, *, passphrase: str = "") -> SigningKey:
    """The key of a PKCS#12 file, kept in memory until the file changes.

    Raises FileNotFoundError, or `PrintError` for a wrong passphrase, a key that is neither RSA nor elliptic
    curve, or a file that others may read.
    """
    state = path.stat()
    if state.st_mode & 0o077:
        raise PrintError(f"{path.name} may be read by others; chmod 600 it")
    known = (str(path), state.st_mtime_ns, state.st_ino, passphrase)
    with _loading:
        if known in _loaded:
            return _loaded[known]
        try:
            private, certificate, chain = pkcs12.load_key_and_certificates(
                path.read_bytes(), passphrase.encode() or None
            )
        except ValueError as error:
            raise PrintError(f"{path.name} cannot be opened: {error}") from error
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or certificate is None:
            raise PrintError(f"{path.name} holds no usable key with its certificate")
        key = SigningKey(private, certificate, tuple(chain))
        _loaded[known] = key
        return key


def demo_key(
    directory: Path, code: str, *, name: str, organisation: str, now: datetime, passphrase: str = ""
) -> SigningKey:
    """The demo key of one laboratory, made on first use together with the authority of `directory`.

    Files: ``authority.p12`` and ``<code>.p12``. Two processes that start together end with the same keys.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", code) or code == "authority":
        raise PrintError(f"{code!r} is no file name for a key")
    authority = _load_or_make(directory / "authority.p12", passphrase, lambda: make_authority(_DEMO, now=now))
    return _load_or_make(
        directory / f"{code}.p12",
        passphrase,
        lambda: make_demo_certificate(name, organisation, authority=authority, now=now),
    )


def demo_roots(directory: Path, *, passphrase: str = "") -> tuple[x509.Certificate, ...]:
    """The roots to check demo signatures against: the authority of `directory`, if it was ever made."""
    path = directory / "authority.p12"
    return (load_key(path, passphrase=passphrase).certificate,) if path.exists() else ()


def _load_or_make(path: Path, passphrase: str, make: Any) -> SigningKey:
    with suppress(FileNotFoundError):
        return load_key(path, passphrase=passphrase)
    with suppress(FileExistsError):
        save_key(make(), path, passphrase=passphrase)
    return load_key(path, passphrase=passphrase)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _name(name: str, organisation: str) -> x509.Name:
    # X.520 bounds both to 64 characters.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64] or "-"),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64] or "-"),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(**granted: bool) -> x509.KeyUsage:
    names: Sequence[str] = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names})
