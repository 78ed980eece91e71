"""Between HTTP and the services, in one place: who asks, from where, and how a refusal looks."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import IntegrityError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from laras.core import clock, wall
from laras.core.actor import Actor, actor_of
from laras.core.errors import DomainError, Forbidden, NotFound
from laras.core.models import IdempotencyKey, Owner
from laras.core.scope import Scope
from laras.core.signin import passed_second_factor
from laras.core.unit import unit

SESSION_OWNER = "owner"

T = TypeVar("T")


class LarasMiddleware:
    """Puts the laboratory's zone around the request and turns refusals of the domain into pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _length(request) > settings.LARAS_BODY_LIMIT:
            return _too_large(request)
        try:
            response = self.get_response(request)
            if request.method == "POST" and request.path == reverse("account_logout"):
                # On a computer that several people use, "back" shows nothing any more after signing out.
                response["Clear-Site-Data"] = '"cache"'
            return response
        finally:
            timezone.deactivate()
            wall.stand_on(None)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return refusal_page(request, error)
        return None


def _length(request: HttpRequest) -> int:
    """Bytes that the client announces; without an announcement Django reads no body at all."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _too_large(request: HttpRequest) -> HttpResponse:
    """Said before a byte of it is read: files would fill the disk before a form could refuse them."""
    message = _("Kiriman ini terlalu besar (paling besar %(n)d MB).") % {"n": settings.LARAS_BODY_LIMIT // 1024**2}
    if request.path_info.startswith("/api/"):
        from laras.core.api import problem

        return problem(413, "TooLarge", message, code="too_large")
    error = DomainError(message)
    error.status = 413
    return refusal_page(request, error)


def refusal_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The refusal as a whole page, or as a short notice where htmx asked for a part of one."""
    part = bool(getattr(request, "htmx", False))
    template = "core/_refusal.html" if part else "core/refusal.html"
    return render(request, template, {"error": error, "status": error.status}, status=error.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    error = DomainError(
        _("Halaman ini sudah terlalu lama terbuka. Muat ulang lalu kirim sekali lagi; isian Anda disimpan.")
    )
    error.status = 403
    return refusal_page(request, error)


def error_page(status: int, message: str) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        error = DomainError(message)
        error.status = status
        return refusal_page(request, error)

    return view


def page(*rights: str, anyone: bool = False) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorate a view that needs a signed-in person with any of ``rights`` at the organisation worked in.

    Sets ``request.actor``, ``request.owner`` and ``request.scope``. ``anyone=True``: signed in is enough. The services check
    again; this is the first wall, not the only one.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = enter(request)
            if refused is not None:
                return refused
            if not anyone and not any(request.actor.can(right, request.owner.id) for right in rights):
                raise Forbidden(right=rights[0] if rights else "")
            return view(request, *args, **kwargs)

        guarded.rights = rights  # type: ignore[attr-defined]
        guarded.anyone = anyone  # type: ignore[attr-defined]
        return guarded

    return decorate


def enter(request: HttpRequest) -> HttpResponse | None:
    """Find who asks and where they work; answers a redirect or notice when they must first do something else."""
    user = request.user
    if not user.is_authenticated:
        return _sign_in_first(request)
    actor = actor_of(user, "web")
    if not actor.grants:
        raise Forbidden(
            _("Akun Anda tidak memegang peran di lembaga mana pun sekarang. Hubungi administrator laboratorium Anda.")
        )
    if user.must_change_password and request.resolver_match.url_name != "account_change_password":
        return redirect("account_change_password")
    if actor.needs_second_factor() and not passed_second_factor(request):
        if not is_mfa_enabled(user):
            return redirect("mfa_activate_totp")
        # Signed in before the phone was set up elsewhere: the code is still owed.
        return redirect(f"{reverse('mfa_reauthenticate')}?next={quote(request.get_full_path())}")
    request.actor = actor
    request.owner = _owner(request, actor)
    request.scope = Scope.of(request.owner.id)
    wall.stand_on(request.scope)
    timezone.activate(ZoneInfo(request.owner.zone))
    return None


def _owner(request: HttpRequest, actor: Actor) -> Owner:
    chosen = request.session.get(SESSION_OWNER)
    owners = {str(owner.id): owner for owner in Owner.objects.filter(id__in=list(actor.grants))}
    if not owners:
        raise Forbidden()
    owner = owners.get(chosen or "") or min(owners.values(), key=lambda o: o.code)
    request.owners = sorted(owners.values(), key=lambda o: o.name)
    return owner


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        # The page stays as it is, with everything typed; the notice links to a sign-in in another tab.
        return render(request, "core/_session_over.html", status=401)
    if request.method not in ("GET", "HEAD"):
        return render(request, "core/session_over.html", status=401)
    return redirect(f"{reverse(settings.LOGIN_URL)}?next={quote(request.get_full_path())}")


@contextmanager
def refusals(form: BaseForm) -> Iterator[None]:
    """Put a refusal's problems onto the fields of ``form``; what names no field of it goes on top.

    Rights and missing rows are not the form's fault and pass through.
    """
    try:
        yield
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        placed = False
        for problem in error.problems:
            target = problem.field if problem.field in form.fields else None
            form.add_error(target, str(problem.message))
            placed = True
        if not placed:
            form.add_error(None, str(error.message))


def submit_once(request: HttpRequest, work: Callable[[], str]) -> HttpResponse:
    """Do ``work`` (which answers the address to go to) once for the form's key, however often the button is pressed.

    The key is kept in the same transaction as the effect; a second press is led to where the first one went. It counts for
    one address: a dialog that serves many rows brings one key to all of them.
    """
    given = request.POST.get("form_key", "")
    if not given:
        return _go(request, work())
    digest = hashlib.blake2b(f"{request.path}\n{given}".encode(errors="replace"), digest_size=16).hexdigest()
    key = f"form:{digest}"
    known = IdempotencyKey.objects.filter(user=request.user, key=key).first()
    if known is None:
        try:
            with unit():
                # Taken first, so that a second press waits here for the first one's outcome.
                row = IdempotencyKey.objects.create(user=request.user, key=key, request_digest="", status=303, body=b"")
                address = work()
                IdempotencyKey.objects.filter(pk=row.pk).update(body=address.encode())
            return _go(request, address)
        except IntegrityError:
            known = IdempotencyKey.objects.filter(user=request.user, key=key).first()
            if known is None:  # the violation was the work's own
                raise
    return _go(request, bytes(known.body).decode())


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address, status=303)


def once(request: HttpRequest, query: Callable[[Scope], T]) -> T:
    """What ``query`` answers for the request's scope, asked once a request: a page and its frame often want the same counts."""
    answers = request.__dict__.setdefault("_answers", {})
    if query not in answers:
        answers[query] = query(request.scope)
    return answers[query]


def form_key() -> str:
    """A fresh key for a form that is safe to send twice."""
    return uuid.uuid4().hex


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: the organisation, the menu of this person's day, what waits for them."""
    owner = getattr(request, "owner", None)
    if owner is None:
        return {"owner": None, "menu": [], "language": translation.get_language()}
    menu = import_string(settings.LARAS_MENU)(request)
    bell = import_string(settings.LARAS_BELL)(request)
    return {
        "owner": owner,
        "owners": request.owners,
        "menu": menu,
        "bell": bell,
        "language": translation.get_language(),
        "zone_name": clock.ZONES.get(owner.zone, ""),
    }
