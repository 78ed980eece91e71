"""The part of `laras.core.printing.signing` that needs pyHanko.

Apart, because importing pyHanko costs 40 MB and half a second: a process that never signs never pays them.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from laras.core.printing import cms
from laras.core.printing.engine import PrintError
from laras.core.printing.signing import SignatureCheck, SigningKey

# A certificate that leads to no root is an answer of `check`, not a failure to log with a traceback.
logging.getLogger("pyhanko.sign.validation.generic_cms").setLevel(logging.CRITICAL)

_FIELD = "Laras"


def sign(pdf: bytes, key: SigningKey, *, reason: str, location: str, name: str, at: datetime | None) -> bytes:
    """See `laras.core.printing.signing.sign_pdf`."""
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        steps = PdfCMSEmbedder().write_cms(field_name=_FIELD, writer=writer)
        next(steps)
        place = SignatureObject(
            timestamp=at or datetime.now(UTC),
            subfilter=SigSeedSubFilter.PADES,
            name=name or None,
            location=location or None,
            reason=reason or None,
            bytes_reserved=2 * cms.room(key),
        )
        steps.send(SigObjSetup(sig_placeholder=place))
        prepared, out = steps.send(SigIOSetup(md_algorithm="sha256", in_place=True))
        steps.send(cms.signature(key, prepared.document_digest))
    except Exception as error:  # pyHanko raises many kinds for a broken file
        raise PrintError(f"the PDF cannot be signed: {error}") from error
    return bytes(out.getvalue())


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
        status = validate_pdf_signature(signature, context)
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
