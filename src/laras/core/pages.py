"""Middleware that only pages need: the API carries a token and has no session, form, message or script.

Each step costs every call of a program a little; together they were a tenth of a registration. Settings name these
instead of the ones they wrap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware

API_PREFIX = "/api/"
Handler = Callable[[HttpRequest], HttpResponse]
_HOOKS = ("process_view", "process_exception", "process_template_response")


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PREFIX)


def _for_pages(middleware: Callable[[Handler], Any]) -> Callable[[Handler], Handler]:
    def build(get_response: Handler) -> Handler:
        step = middleware(get_response)

        def run(request: HttpRequest) -> HttpResponse:
            answer: HttpResponse = get_response(request) if is_api(request) else step(request)
            return answer

        for hook in _HOOKS:
            if hasattr(step, hook):
                setattr(run, hook, _hook_for_pages(getattr(step, hook)))
        return run

    return build


def _hook_for_pages(hook: Callable[..., HttpResponse | None]) -> Callable[..., HttpResponse | None]:
    def run(request: HttpRequest, *args: Any) -> HttpResponse | None:
        return None if is_api(request) else hook(request, *args)

    return run


session = _for_pages(SessionMiddleware)
csrf = _for_pages(CsrfViewMiddleware)
authentication = _for_pages(AuthenticationMiddleware)
messages = _for_pages(MessageMiddleware)
content_security = _for_pages(CSPMiddleware)
htmx = _for_pages(HtmxMiddleware)
