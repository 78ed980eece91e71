"""The part of `laras.core.printing.signing` that needs pyHanko.

Apart, because importing pyHanko costs 40 MB and half a second: a process that never signs never pays them.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from laras.core.printing.engine import PrintError
from laras.core.printing.signing import SignatureCheck, SigningKey

# A certificate that leads to no root is an answer of `check`, not a failure to log with a traceback.
logging.getLogger("pyhanko.sign.validation.generic_cms").setLevel(logging.CRITICAL)

_FIELD = "Laras"


class LoadedSigner(signers.SimpleSigner):
    """pyHanko reads the private key anew for every signature (150 ms for RSA 3072); this one keeps it."""

    def __init__(self, key: SigningKey) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(_asn1(c) for c in key.chain)
        der = key.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        super().__init__(
            signing_cert=_asn1(key.certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(der),
            cert_registry=store,
            embed_roots=True,
        )
        self._private = key.private

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[digest_algorithm]
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), algorithm)
        return self._private.sign(data, ec.ECDSA(algorithm))


def _signer(key: SigningKey) -> LoadedSigner:
    # Kept on the key itself: it lives exactly as long.
    made = key.__dict__.get("_signer")
    if not isinstance(made, LoadedSigner):
        made = key.__dict__["_signer"] = LoadedSigner(key)
    return made


def sign(pdf: bytes, key: SigningKey, *, reason: str, location: str, name: str, at: datetime | None) -> bytes:
    """See `laras.core.printing.signing.sign_pdf`."""
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        reason=reason,
        location=location,
        name=name,
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        job = _Job(metadata, _signer(key), at)
        # Room for the signature is reckoned from the certificates: pyHanko would sign once more to find out.
        room = 2 * (3000 + sum(len(c.public_bytes(serialization.Encoding.DER)) for c in (key.certificate, *key.chain)))
        out = _outside_any_loop(lambda: job.sign_pdf(writer, bytes_reserved=room))
    except Exception as error:  # pyHanko raises many kinds for a broken file
        raise PrintError(f"the PDF cannot be signed: {error}") from error
    return bytes(out.getvalue())


def _outside_any_loop(work: Callable[[], Any]) -> Any:
    """pyHanko starts an event loop of its own, which a thread that already runs one refuses."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(work).result()


class _Job(signers.PdfSigner):
    """A signer whose clock is the caller's."""

    def __init__(self, metadata: signers.PdfSignatureMetadata, signer: signers.Signer, at: datetime | None) -> None:
        super().__init__(metadata, signer)
        self._at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._at or datetime.now(UTC)
        return session


def check(pdf: bytes, *, roots: Iterable[x509.Certificate]) -> SignatureCheck:
    """See `laras.core.printing.signing.check_signature`."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        found = list(reader.embedded_signatures)
    except Exception as error:  # a broken file is an answer here, not a failure
        return SignatureCheck(signed=False, problem=f"unreadable: {error}")
    if not found:
        return SignatureCheck(signed=False, problem="unsigned")
    try:
        signature = found[-1]
        # Without a timestamp of a third party the claimed time is the only one there is.
        context = ValidationContext(
            trust_roots=[_asn1(c) for c in roots], allow_fetching=False, moment=signature.self_reported_timestamp
        )
        status = _outside_any_loop(lambda: validate_pdf_signature(signature, context))
        subject = status.signing_cert.subject.native
        values = signature.sig_object
        intact = bool(status.intact and status.valid)
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        trusted = bool(status.trusted)
        if not intact:
            problem = "changed"
        elif not whole:
            problem = "added to"
        else:
            problem = "" if trusted else "untrusted"
        return SignatureCheck(
            signed=True,
            intact=intact,
            whole=whole,
            trusted=trusted,
            signer=str(subject.get("common_name", "")),
            organisation=str(subject.get("organization_name", "")),
            signed_at=status.signer_reported_dt,
            reason=str(values.get("/Reason", "")),
            location=str(values.get("/Location", "")),
            fingerprint=status.signing_cert.sha256.hex(),
            problem=problem,
        )
    except Exception as error:  # as above
        return SignatureCheck(signed=True, problem=f"unverifiable: {error}")


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
