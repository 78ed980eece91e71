"""The CMS object of a PAdES baseline B signature (ETSI EN 319 142-1, RFC 5652, RFC 5035), written as DER.

Everything but the digest of the document is the same for all signatures of a key, so a signature costs one
private-key operation and a few concatenations. A general ASN.1 library took 50 ms for each.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from laras.core.printing.signing import SigningKey

SEQUENCE, SET, OCTETS, INTEGER, NULL = 0x30, 0x31, 0x04, 0x02, b"\x05\x00"
#: [0] constructed: explicit content, or implicit certificates and signed attributes.
TAGGED = 0xA0

# Object identifiers, encoded.
DATA = bytes.fromhex("06092a864886f70d010701")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
SHA256 = bytes.fromhex("0609608648016503040201")
SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
SHA256_ECDSA = bytes.fromhex("06082a8648ce3d040302")


def tlv(tag: int, *parts: bytes) -> bytes:
    """Tag, length and the parts one after the other."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _integer(value: int) -> bytes:
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def room(key: SigningKey) -> int:
    """Bytes that a signature of `key` needs at most."""
    # Largest signature (RSA 8192) and all the rest stay well below two kilobytes.
    issuer = len(key.certificate.issuer.public_bytes())
    return 2048 + issuer + sum(len(_der(c)) for c in (key.certificate, *key.chain))


def signature(key: SigningKey, digest: bytes) -> bytes:
    """ContentInfo with a detached signature over content with this SHA-256 `digest` (32 bytes)."""
    if len(digest) != 32:
        raise ValueError("a SHA-256 digest has 32 bytes")
    sha256 = tlv(SEQUENCE, SHA256)
    certificate_hash = key.certificate.fingerprint(hashes.SHA256())
    # SigningCertificateV2 with one ESSCertIDv2; SHA-256 is its default and therefore not written.
    this_certificate = tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, tlv(OCTETS, certificate_hash))))
    attributes = sorted(
        (
            tlv(SEQUENCE, CONTENT_TYPE, tlv(SET, DATA)),
            tlv(SEQUENCE, MESSAGE_DIGEST, tlv(SET, tlv(OCTETS, digest))),
            tlv(SEQUENCE, SIGNING_CERTIFICATE_V2, tlv(SET, this_certificate)),
        )
    )
    # Signed is the SET; stored is the same content under [0].
    to_sign = tlv(SET, *attributes)
    if isinstance(key.private, rsa.RSAPrivateKey):
        algorithm = tlv(SEQUENCE, SHA256_RSA, NULL)
        value = key.private.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
    else:
        algorithm = tlv(SEQUENCE, SHA256_ECDSA)
        value = key.private.sign(to_sign, ec.ECDSA(hashes.SHA256()))
    signer = tlv(
        SEQUENCE,
        _integer(1),
        tlv(SEQUENCE, key.certificate.issuer.public_bytes(), _integer(key.certificate.serial_number)),
        sha256,
        tlv(TAGGED, *attributes),
        algorithm,
        tlv(OCTETS, value),
    )
    certificates = tlv(TAGGED, *sorted({_der(c) for c in (key.certificate, *key.chain)}))
    signed = tlv(SEQUENCE, _integer(1), tlv(SET, sha256), tlv(SEQUENCE, DATA), certificates, tlv(SET, signer))
    return tlv(SEQUENCE, SIGNED_DATA, tlv(TAGGED, signed))
