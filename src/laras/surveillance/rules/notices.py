"""When a notice may leave, and by what a receiver knows that it came from here. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def is_quiet(moment: datetime, quiet: tuple[int, int] | None, zone: ZoneInfo) -> bool:
    """Whether a moment (aware) lies in the quiet hours ``(from, until)`` of a zone; ``(22, 6)`` runs over midnight."""
    if quiet is None or quiet[0] == quiet[1]:
        return False
    begin, end = quiet
    hour = moment.astimezone(zone).hour
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def not_before(moment: datetime, quiet: tuple[int, int] | None, zone: ZoneInfo) -> datetime:
    """The moment itself, or in quiet hours the full hour (of the zone) at which they end. Answers UTC."""
    if quiet is None or not is_quiet(moment, quiet, zone):
        return moment.astimezone(UTC)
    local = moment.astimezone(zone)
    ends = local.replace(hour=quiet[1], minute=0, second=0, microsecond=0)
    return (ends if ends > local else ends + timedelta(days=1)).astimezone(UTC)


def signature(key: str, timestamp: str, body: bytes) -> str:
    """``sha256=…``: HMAC-SHA-256 (RFC 2104) of ``timestamp.body``, so that a message that was caught cannot be sent again later."""
    digest = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"
