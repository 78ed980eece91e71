"""What every router of ``/api/v1/`` shares: tokens, pages, idempotency keys and problem+json."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from ninja.utils import contribute_operation_callback
from pydantic import BaseModel

from laras.core import bulk, clock, wall
from laras.core.actor import Actor, actor_of
from laras.core.delivery import Delivery
from laras.core.errors import Conflict, DomainError, Refused
from laras.core.models import ApiToken, IdempotencyKey, Owner, User
from laras.core.scope import Scope
from laras.core.unit import unit, write_last

TOKEN_PREFIX = "laras_"  # noqa: S105 -- the visible beginning of every token
PAGE_LIMIT = 200
T = TypeVar("T")


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


class TokenAuth(HttpBearer):
    """``Authorization: Bearer laras_...``. Sets ``request.actor``, ``request.owner`` and ``request.scope``."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        known = _known.get(token)
        if known is None or known.until < time.monotonic():
            known = _look_up(token)
            if known is None:
                _known.pop(token, None)
                return None
            if len(_known) > 10_000:
                _known.clear()
            _known[token] = known
        request.actor, request.owner, request.scope = known.actor, known.owner, known.scope
        request.user = known.user
        wall.stand_on(known.scope)
        return known.actor


FRESH_SECONDS = 10.0
"""So long a revoked token or an ended role may still be honoured by *another* process that has just seen it (in the process
where it ends, it ends at once); looking up each time would be a fifth of what a registration costs."""


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    owner: Owner
    scope: Scope
    user: User
    until: float


_known: dict[str, _Known] = {}


def forget_tokens() -> None:
    """Look every token up anew: after a change of tokens, roles or accounts in this process."""
    _known.clear()


def follow_access(delivery: Delivery) -> None:
    """Handler of everything that changes who may do what."""
    forget_tokens()


def _look_up(token: str) -> _Known | None:
    row = (
        ApiToken.objects.select_related("user__person", "owner")
        .filter(digest=token_digest(token), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if row is None or (row.expires_at and row.expires_at <= clock.now()):
        return None
    actor = actor_of(row.user, f"api:{row.label}", only_owner=row.owner_id).narrowed(row.rights)
    return _Known(actor, row.owner, Scope.of(row.owner_id), row.user, time.monotonic() + FRESH_SECONDS)


def caller(request: HttpRequest) -> tuple[Actor, Owner, Scope]:
    """Who calls, for which organisation, with which scope."""
    return request.actor, request.owner, request.scope


# --- Answers --------------------------------------------------------------------------------------------------------


class ProblemField(Schema):
    field: str
    message: str
    row: int | None = None


class ProblemOut(Schema):
    """RFC 9457. ``problems`` names each field (and row) with what to do."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[ProblemField] = []


class Page(Schema, Generic[T]):
    """One page of a list. ``next`` is the cursor of the following page, or null at the end."""

    items: list[T]
    next: str | None = None


PROBLEMS = (400, 401, 403, 404, 409, 422)
"""How any operation may refuse, always as :class:`ProblemOut`. ``config.api`` writes it into the document once: as declared
responses each of the operations made six models of it, a third of what starting a server took."""


def problem(status: int, title: str, detail: str, *, code: str, problems: Sequence[Any] = ()) -> HttpResponse:
    body = {
        "type": f"urn:laras:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "problems": [
            {"field": p.field, "message": str(p.message), "row": p.row} if not isinstance(p, dict) else p
            for p in problems
        ],
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json")


def page_of(rows: Any, *, after: str | None, limit: int, key: str = "id") -> tuple[list[Any], str | None]:
    """One page of a query ordered by ``key`` (unique, indexed), and the cursor of the next page.

    Pages by key instead of by offset: page 5,000 costs what page 1 costs and rows that arrive do not shift it.
    """
    limit = max(1, min(limit, PAGE_LIMIT))
    if after:
        try:
            value: Any = UUID(after) if key.endswith("id") else after
        except ValueError as error:
            raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error
        rows = rows.filter(**{f"{key}__gt": value})
    found = list(rows.order_by(key)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, str(getattr(found[-1], key)) if more else None


def idempotent(view: Callable[..., tuple[int, BaseModel]]) -> Callable[..., HttpResponse]:
    """A create that may be sent again: the ``Idempotency-Key`` header is required and remembered with the answer.

    The view returns ``(status, schema)``. The same key with the same body gets the first answer back; with another body 409.
    Key and effect are one transaction.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 100:
            raise Refused(
                _("Setiap permintaan yang membuat data memerlukan tajuk Idempotency-Key (1–100 karakter)."),
                code="idempotency_key",
            )
        name = f"api:{key}"
        digest = hashlib.sha256(request.method.encode() + request.path.encode() + request.body).hexdigest()
        try:
            with unit():
                status, answer = view(request, *args, **kwargs)
                body = answer.model_dump_json().encode()
                # In the same transaction. Nobody asks first whether the key is known: it hardly ever is, and if so, the
                # database refuses it here, all that was done is undone, and the first answer is found below.
                write_last(
                    bulk.new(
                        IdempotencyKey,
                        user_id=request.user.pk,
                        key=name,
                        request_digest=digest,
                        status=status,
                        body=body,
                    )
                )
            return HttpResponse(body, status=status, content_type="application/json")
        except (IntegrityError, DomainError):
            # The same request may have been first, and its effect may be what refuses this one.
            known = _kept(request, name)
            if known is None:
                raise
        if not hmac.compare_digest(known[0], digest):
            raise Conflict(
                _("Kunci ini sudah dipakai untuk permintaan dengan isi lain."), code="idempotency_key_reused"
            )
        return HttpResponse(bytes(known[2]), status=known[1], content_type="application/json")

    contribute_operation_callback(run, _declare_key)
    return run


KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
    "description": "Your own key of this creation. Sent again with the same body, it answers what it answered first.",
}


def _declare_key(operation: Any) -> None:
    """The document of the API names the header that :func:`idempotent` asks for."""
    operation.openapi_extra = {**(operation.openapi_extra or {}), "parameters": [KEY_HEADER]}


def _kept(request: HttpRequest, name: str) -> tuple[str, int, bytes] | None:
    """(digest of the request, status, body) of the answer that this key got before."""
    user = request.user.pk if connection.vendor == "postgresql" else request.user.pk.hex
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT request_digest, status, body FROM core_idempotency_key WHERE user_id = %s AND key = %s",
            [user, name],
        )
        found: tuple[str, int, bytes] | None = cursor.fetchone()
    return found


def install_handlers(api: NinjaAPI) -> None:
    """Every error of the API leaves as problem+json, in the caller's language."""

    @api.exception_handler(DomainError)
    def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
        return problem(error.status, type(error).__name__, str(error.message), code=error.code, problems=error.problems)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        problems = [
            {
                "field": ".".join(str(p) for p in e["loc"][1:] if p != "payload") or str(e["loc"][0]),
                "message": e["msg"],
                "row": None,
            }
            for e in error.errors
        ]
        return problem(422, "Invalid", _("Ada isian yang belum benar."), code="invalid", problems=problems)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(401, "Unauthorized", _("Token tidak ada, salah, atau sudah tidak berlaku."), code="unauthorized")

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "NotFound", _("Tidak ditemukan."), code="not_found")

    @api.exception_handler(HttpError)
    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, "HttpError", str(error), code="http")
