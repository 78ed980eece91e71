"""Sending notices out of the house: mail over SMTP, and a signed POST that a messaging gateway can pass on.

Both raise what went wrong, so that the job is tried again; a receiver may therefore see a notice twice and knows it by its id.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from laras.core import clock
from laras.surveillance import words
from laras.surveillance.models import Notice
from laras.surveillance.rules.notices import signature

TIMEOUT = 15.0
"""Seconds for a server to answer."""
PLACE = "/surveilans/pemberitahuan/"


class NotTaken(Exception):
    """The receiver answered something else than that it took the message."""


def send_mail(addresses: Sequence[str], rows: Sequence[Notice]) -> None:
    """One message with all notices; the addresses do not see each other. Raises OSError or SMTPException."""
    with translation.override("id"):
        lines = [f"- {words.notice_sentence(one)}" for one in rows]
        lines += ["", _("Buka dan tandai di Laras: %(address)s") % {"address": f"{settings.PUBLIC_URL}{PLACE}"}]
        lines += [_("Surel ini tidak memuat nama. Balasan tidak dibaca.")]
        subject = _("[Laras] %(office)s: %(n)d pemberitahuan surveilans") % {
            "office": rows[0].owner.name,
            "n": len(rows),
        }
        EmailMessage(subject, "\n".join(lines), settings.DEFAULT_FROM_EMAIL, bcc=list(addresses)).send()


def payload(rows: Sequence[Notice]) -> bytes:
    """What the webhook carries, as JSON in UTF-8."""
    with translation.override("id"):
        told = [
            {
                "id": str(one.id), "kind": one.kind, "office": one.office.code, "disease": one.disease,
                "disease_name": words.disease_name(one.disease), "week": one.week.isoformat(), "cases": one.observed,
                "created_at": one.created_at.isoformat(), "text": words.notice_sentence(one),
            }
            for one in rows
        ]  # fmt: skip
    return json.dumps({"version": 1, "to": rows[0].owner.code, "notices": told}, ensure_ascii=False).encode()


def post(url: str, key: str, rows: Sequence[Notice]) -> None:
    """POST the notices, signed. Redirects are not followed. Raises OSError, or NotTaken for any answer but 2xx."""
    parts, body = urlsplit(url), payload(rows)
    timestamp = str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Laras",
        "X-Laras-Timestamp": timestamp,
        "X-Laras-Signature": signature(key, timestamp, body),
    }
    if parts.scheme == "https":
        link: HTTPConnection = HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        link = HTTPConnection(parts.netloc, timeout=TIMEOUT)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        link.request("POST", target, body=body, headers=headers)
        status = link.getresponse().status
    finally:
        link.close()
    if not 200 <= status < 300:
        raise NotTaken(f"webhook answered {status}")
