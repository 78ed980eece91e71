"""Where this installation keeps everything: one directory, ``LARAS_DATA``.

Two directories never meet: keys, database, files and backups of one installation lie below one root, so that copying
or deleting that root copies or deletes the installation.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def root_name() -> str:
    """Where that directory is or will be, without looking at the disk: for what is asked at every registration."""
    return os.path.abspath(os.environ.get("LARAS_DATA", "data"))


def data_root() -> Path:
    """The directory of this installation, made private to its user at first use."""
    root = Path(root_name()).resolve()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def below(name: str) -> Path:
    """A private sub-directory of the installation: ``files``, ``keys``, ``backups``, ``static``."""
    path = data_root() / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def secret(name: str, length: int = 48) -> str:
    """A secret of this installation, made at first use and kept in ``keys/`` readable by its user only.

    Two processes that start together must agree on one value, hence the exclusive creation of a whole file by link.
    """
    path = below("keys") / name
    if not path.exists():
        draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(length))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
