"""Pages of the core: the frame's own actions, profile and tokens, users and roles, the audit trail, the components."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from laras.core.errors import NotFound
from laras.core.gallery import gallery
from laras.core.web import SESSION_OWNER, page


@page(anyone=True)
def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    return render(request, "core/components.html", gallery())


@require_POST
@page(anyone=True)
def switch_owner(request: HttpRequest) -> HttpResponse:
    """Work in another organisation from now on; only where the person holds a role."""
    wanted = request.POST.get("owner", "")
    if wanted not in {str(owner.id) for owner in request.owners}:
        raise NotFound()
    request.session[SESSION_OWNER] = wanted
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    return HttpResponseRedirect(target, status=303)


@page(anyone=True)
def profile(request: HttpRequest) -> HttpResponse:
    return render(request, "core/profile.html", {})
