"""At which address the public reaches this installation: printed in QR codes, so it must not be guessed carelessly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DEFAULT = "http://127.0.0.1:8000"
_FILE = "served"
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - names the wildcard, binds nothing


def public_url(environment: Mapping[str, str], data: Path) -> str:
    """The address without a slash at its end.

    ``LARAS_PUBLIC_URL`` as it is written; else, behind a TLS proxy (``LARAS_HTTPS=1``), the first of ``LARAS_ORIGINS``
    or ``LARAS_HOSTS``; else where ``laras run`` last served this data, which is right for one computer alone.
    """
    if told := environment.get("LARAS_PUBLIC_URL", "").strip():
        return told.rstrip("/")
    if environment.get("LARAS_HTTPS") == "1":
        for origin in environment.get("LARAS_ORIGINS", "").split(","):
            if origin.strip().startswith("https://") and "*" not in origin:
                return origin.strip().rstrip("/")
        for host in environment.get("LARAS_HOSTS", "").split(","):
            if host.strip().strip(".*"):
                return f"https://{host.strip().lstrip('.')}"
    try:
        return (data / _FILE).read_text(encoding="ascii").strip() or DEFAULT
    except (OSError, UnicodeDecodeError):
        return DEFAULT


def remember_served(data: Path, host: str, port: int) -> str:
    """Keep where this data is served, for processes that do not serve it; answers the address."""
    name = "127.0.0.1" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}"
    (data / _FILE).write_text(address + "\n", encoding="ascii")
    return address


def is_only_here(address: str) -> bool:
    """Whether the address leads to this computer only, so that a telephone cannot follow the QR code."""
    name = address.partition("://")[2]
    return name.startswith(("127.", "localhost", "[::1]", "0.0.0.0"))  # noqa: S104
