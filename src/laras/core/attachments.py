"""Files by their content: the SHA-256 of the bytes is the address, so nothing is stored twice or changed unseen."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from uuid import UUID

from laras.core import clock
from laras.core.errors import NotFound
from laras.core.models import Attachment
from laras.core.paths import below


def _path(digest: str) -> Path:
    return below("files") / digest[:2] / digest


def store(owner_id: UUID, content: bytes, media_type: str, name: str) -> Attachment:
    """Keep the bytes durably (written, flushed and named before this returns) and answer their row."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    row, _new = Attachment.rows.get_or_create(
        owner_id=owner_id,
        digest=digest,
        name=name[:160],
        defaults={"media_type": media_type, "size": len(content), "created_at": clock.now()},
    )
    return row


def read(digest: str) -> bytes:
    """The bytes of this digest; checks them, since a changed file is worse than a missing one."""
    path = _path(digest)
    if not path.exists():
        raise NotFound()
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise OSError(f"attachment {digest[:12]} differs from its digest")
    return content
