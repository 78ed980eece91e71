"""Signed heads: what a chain of digests cannot show by itself.

A chain shows neither that its tail was cut off together with its head nor that it was rewritten as a whole. So every night, and
whenever ``laras journal sign`` is called, the end of each organisation's chain is signed (Ed25519, key in
``LARAS_DATA/keys``) and kept; copies are taken out of the house by ``laras journal heads --json``. Verification walks past
every head it is given: a chain that no longer has it was cut or rewritten. Whoever takes the database alone cannot sign; whoever takes
the keys too cannot reach the copies elsewhere. Exchanging heads with peers comes with synchronisation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.db.models import Exists, OuterRef

from laras.core import clock
from laras.core.journal import canonical
from laras.core.models import JournalHead, JournalSignature, Owner
from laras.core.paths import secret


@dataclass(frozen=True, slots=True)
class SignedHead:
    """``digest`` (32 bytes), ``key`` (public, 32) and ``signature`` (64) in hex; ``signed_at`` ISO 8601 in UTC."""

    owner: UUID
    code: str
    epoch: int
    sequence: int
    digest: str
    signed_at: str
    key: str
    signature: str

    def message(self) -> bytes:
        """The bytes that are signed. The code is not among them: it may change, the organisation's id does not."""
        return canonical(
            {
                "kind": "laras-head-1",
                "owner": str(self.owner),
                "epoch": self.epoch,
                "sequence": self.sequence,
                "digest": self.digest,
                "signed_at": self.signed_at,
            }
        )

    def genuine(self) -> bool:
        """Whether ``key`` signed exactly this. That the key is the right one is for who kept it to know."""
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(
                bytes.fromhex(self.signature), self.message()
            )
        except (InvalidSignature, ValueError):
            return False
        return True


@cache
def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret("journal").encode()).digest())


def public_key() -> str:
    """This installation's key for verifying, in hex."""
    return _key().public_key().public_bytes_raw().hex()


def sign_heads() -> int:
    """Sign the end of every chain that moved since it was last signed; answers how many."""
    now = clock.now().astimezone(UTC)
    with transaction.atomic():
        signed = JournalSignature.objects.filter(
            owner_id=OuterRef("owner_id"), epoch=OuterRef("epoch"), sequence=OuterRef("sequence")
        )
        rows = []
        for head in JournalHead.objects.filter(~Exists(signed), sequence__gt=0):
            draft = SignedHead(
                head.owner_id, "", head.epoch, head.sequence, bytes(head.digest).hex(), now.isoformat(), "", ""
            )
            rows.append(
                JournalSignature(
                    owner_id=head.owner_id,
                    epoch=head.epoch,
                    sequence=head.sequence,
                    digest=bytes(head.digest),
                    signed_at=now,
                    key=bytes.fromhex(public_key()),
                    signature=_key().sign(draft.message()),
                )
            )
        JournalSignature.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return len(rows)


def signed_heads(owner: Owner | None = None, *, newest: bool = False) -> list[SignedHead]:
    """The heads signed so far, of one organisation or all, oldest first; ``newest``: the last of each only."""
    rows = JournalSignature.objects.select_related("owner").order_by("owner__code", "epoch", "sequence")
    if owner is not None:
        rows = rows.filter(owner=owner)
    found = [
        SignedHead(
            row.owner_id,
            row.owner.code,
            row.epoch,
            row.sequence,
            bytes(row.digest).hex(),
            row.signed_at.astimezone(UTC).isoformat(),
            bytes(row.key).hex(),
            bytes(row.signature).hex(),
        )
        for row in rows
    ]
    return list({head.owner: head for head in found}.values()) if newest else found


def read_heads(rows: Iterable[Mapping[str, Any]]) -> list[SignedHead]:
    """Heads as ``laras journal heads --json`` wrote them. Raises ``ValueError`` naming the first one that is not genuine."""
    heads = []
    for row in rows:
        try:
            head = SignedHead(
                UUID(str(row["owner"])),
                str(row.get("code", "")),
                int(row["epoch"]),
                int(row["sequence"]),
                str(row["digest"]),
                datetime.fromisoformat(str(row["signed_at"])).astimezone(UTC).isoformat(),
                str(row["key"]),
                str(row["signature"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a signed head: {row!r:.80}") from error
        if not head.genuine():
            raise ValueError(f"{head.code} #{head.sequence}: the signature does not fit")
        heads.append(head)
    return heads


def known_of(owner: Owner, heads: Iterable[SignedHead]) -> dict[int, tuple[int, bytes]]:
    """This organisation's heads as :func:`laras.core.journal.verify` takes them: sequence -> (epoch, digest)."""
    return {head.sequence: (head.epoch, bytes.fromhex(head.digest)) for head in heads if head.owner == owner.id}
