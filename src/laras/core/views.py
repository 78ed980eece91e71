"""Pages of the core: the frame's own actions, profile and tokens, users and roles, the audit trail, the components."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from laras.core import clock, journal, queries, services
from laras.core.account_forms import (
    NEW_PERSON,
    AccountFilterForm,
    AuditFilterForm,
    InviteForm,
    NewAccountForm,
    PersonForm,
    ReasonForm,
    RoleForm,
    TokenForm,
)
from laras.core.errors import NotFound
from laras.core.gallery import gallery
from laras.core.web import SESSION_OWNER, page, refusals, submit_once
from laras.core.words import EVENT_WORDS, sentence

SESSION_ONCE = "shown_once"
MANAGE = "core.manage_users"


# --- Frame --------------------------------------------------------------------------------------------------------------


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
    # Home, not back: the page one came from shows the other organisation's record.
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    return HttpResponseRedirect(target, status=303)


def _show_once(request: HttpRequest, kind: str, subject: UUID, secret: str) -> None:
    """Keep a secret for the very next page only; it is shown once and then gone."""
    request.session[SESSION_ONCE] = {"kind": kind, "subject": str(subject), "secret": secret}


def _shown_once(request: HttpRequest, subject: UUID) -> dict[str, str] | None:
    kept = request.session.get(SESSION_ONCE)
    if not kept or kept["subject"] != str(subject):
        return None
    del request.session[SESSION_ONCE]
    return kept


# --- Profile and own tokens ---------------------------------------------------------------------------------------------


@never_cache
@page(anyone=True)
def profile(request: HttpRequest) -> HttpResponse:
    """Who I am here, what I may do, my second factor and my tokens."""
    owner, actor = request.owner, request.actor
    today = clock.today(owner.zone)
    form = TokenForm(request.POST or None, held=actor.grants.get(owner.id, ()), today=today)
    if request.method == "POST" and form.is_valid():

        def create() -> str:
            end = datetime.combine(form.cleaned_data["expires_on"], time(23, 59), ZoneInfo(owner.zone))
            _token, key = services.create_token(
                actor,
                owner_id=owner.id,
                label=form.cleaned_data["label"],
                rights=form.cleaned_data["rights"],
                expires_at=end,
            )
            _show_once(request, "token", request.user.pk, key)
            return reverse("core:profile")

        with refusals(form):
            return submit_once(request, create)
    context = {
        "form": form,
        "roles": [str(services.role_labels().get(name, name)) for name in actor.roles.get(owner.id, ())],
        "tokens": queries.tokens(request.scope, user_id=request.user.pk),
        "second_factor": queries.second_factor_on(request.user.pk),
        "needs_second_factor": actor.needs_second_factor(),
        "once": _shown_once(request, request.user.pk),
    }
    return render(request, "core/profile.html", context, status=422 if form.errors else 200)


@require_POST
@page(anyone=True)
def token_revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    services.revoke_token(request.actor, owner_id=request.owner.id, token_id=token_id)
    messages.success(request, _("Token dicabut."))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("core:profile")
    return HttpResponseRedirect(target, status=303)


# --- Users and roles ----------------------------------------------------------------------------------------------------


@page(MANAGE)
def users(request: HttpRequest) -> HttpResponse:
    """Everybody who works or worked at this organisation."""
    form = AccountFilterForm(request.GET or None, kind=request.owner.kind)
    chosen: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    everybody = queries.accounts(request.scope)
    found = queries.accounts(
        request.scope, text=chosen.get("q", ""), role=chosen.get("role", ""), state=chosen.get("state", "")
    )
    template = "core/_users.html" if request.htmx else "core/users.html"
    return render(request, template, {"accounts": found, "all": len(everybody), "filter_form": form})


class _SamePerson(Exception):
    """Somebody here has such a name: ask before making a second person of one human being."""


@page(MANAGE)
def user_new(request: HttpRequest) -> HttpResponse:
    """A new account; when somebody here has such a name, first the question whether it is the same person."""
    owner = request.owner
    name = request.POST.get("name", "")[:120]
    same = queries.persons_like(request.scope, name) if name.strip() else []
    asked = "person_id" in request.POST
    form = NewAccountForm(request.POST or None, kind=owner.kind, same=same if asked else ())
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        chosen = values.pop("person_id", "")
        person_id = UUID(chosen) if chosen and chosen != NEW_PERSON else None

        def create() -> str:
            if same and not asked:  # in here: a second press must find the first one's account, not this question
                raise _SamePerson
            made = services.create_user(request.actor, owner_id=owner.id, person_id=person_id, **values)
            _show_once(request, "password", made.user_id, made.password)
            return reverse("core:user", args=[made.user_id])

        try:
            with refusals(form):
                return submit_once(request, create)
        except _SamePerson:
            form = NewAccountForm(kind=owner.kind, same=same, initial=values)
            return render(request, "core/user_new.html", {"form": form, "same": same})
    return render(
        request, "core/user_new.html", {"form": form, "same": same if asked else ()}, status=422 if form.errors else 200
    )


@page(MANAGE)
def user_invite(request: HttpRequest) -> HttpResponse:
    """A role here for an account that another organisation keeps."""
    form = InviteForm(request.POST or None, kind=request.owner.kind)
    if request.method == "POST" and form.is_valid():

        def invite() -> str:
            row = services.invite_account(request.actor, owner_id=request.owner.id, **form.cleaned_data)
            return reverse("core:user", args=[row.user_id])

        with refusals(form):
            return submit_once(request, invite)
    context = {
        "title": _("Beri peran kepada akun yang sudah ada"),
        "lead": _("Untuk orang yang sudah punya akun Laras di lembaga lain dan juga bekerja di sini."),
        "form": form,
        "submit": _("Beri peran"),
        "back": reverse("core:users"),
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@never_cache
@page(MANAGE)
def user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One account: roles here, what protects it, what happened to it."""
    return _user_page(request, user_id)


def _user_page(request: HttpRequest, user_id: UUID, **wrong: Any) -> HttpResponse:
    account = queries.account(request.scope, user_id)
    home = queries.home_of(user_id)
    forms = {
        "role_form": RoleForm(kind=request.owner.kind, held=[r.role for r in account.current_roles]),
        "password_form": ReasonForm(auto_id="sandi_%s"),
        "second_factor_form": ReasonForm(auto_id="dua_%s"),
        "active_form": ReasonForm(auto_id="aktif_%s"),
    }
    context = {
        "account": account,
        "kept_here": bool(home and request.actor.can(MANAGE, home)),
        "is_self": account.person_id == request.actor.person_id,
        "tokens": queries.tokens(request.scope, user_id=user_id),
        "history": journal.history(request.scope, user_id),
        "once": _shown_once(request, user_id),
        "end_forms": {
            str(held.assignment_id): ReasonForm(auto_id=f"akhiri_{held.assignment_id}_%s")
            for held in account.current_roles
        },
        **forms,
        **wrong,
    }
    if "end_form" in wrong:
        context["end_forms"][wrong["end_for"]] = wrong["end_form"]
    return render(request, "core/user.html", context, status=422 if wrong else 200)


@require_POST
@page(MANAGE)
def user_role(request: HttpRequest, user_id: UUID) -> HttpResponse:
    form = RoleForm(request.POST, kind=request.owner.kind)
    if form.is_valid():
        with refusals(form):
            services.assign_role(
                request.actor, owner_id=request.owner.id, user_id=user_id, role=form.cleaned_data["role"]
            )
            messages.success(request, _("Peran diberikan."))
            return HttpResponseRedirect(reverse("core:user", args=[user_id]), status=303)
    return _user_page(request, user_id, role_form=form)


@require_POST
@page(MANAGE)
def user_role_end(request: HttpRequest, user_id: UUID, assignment_id: UUID) -> HttpResponse:
    queries.account(request.scope, user_id)
    form = ReasonForm(request.POST, auto_id=f"akhiri_{assignment_id}_%s")
    if form.is_valid():
        with refusals(form):
            services.end_role(
                request.actor,
                owner_id=request.owner.id,
                assignment_id=assignment_id,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Peran diakhiri."))
            return HttpResponseRedirect(reverse("core:user", args=[user_id]), status=303)
    return _user_page(request, user_id, end_form=form, end_for=str(assignment_id))


@require_POST
@page(MANAGE)
def user_password(request: HttpRequest, user_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="sandi_%s")
    if form.is_valid():

        def reset() -> str:
            secret = services.reset_password(
                request.actor, owner_id=request.owner.id, user_id=user_id, reason=form.cleaned_data["reason"]
            )
            _show_once(request, "password", user_id, secret)
            return reverse("core:user", args=[user_id])

        with refusals(form):
            return submit_once(request, reset)
    return _user_page(request, user_id, password_form=form)


@require_POST
@page(MANAGE)
def user_second_factor(request: HttpRequest, user_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="dua_%s")
    if form.is_valid():
        with refusals(form):
            services.reset_second_factor(
                request.actor, owner_id=request.owner.id, user_id=user_id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Masuk dua langkah dihapus; akun ini diminta mengaktifkannya lagi."))
            return HttpResponseRedirect(reverse("core:user", args=[user_id]), status=303)
    return _user_page(request, user_id, second_factor_form=form)


@require_POST
@page(MANAGE)
def user_active(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Close or open the account; the form says which of the two it showed."""
    form = ReasonForm(request.POST, auto_id="aktif_%s")
    closing = request.POST.get("to") == "off"
    if form.is_valid():
        work = services.deactivate_user if closing else services.reactivate_user
        with refusals(form):
            work(request.actor, owner_id=request.owner.id, user_id=user_id, reason=form.cleaned_data["reason"])
            messages.success(request, _("Akun dinonaktifkan.") if closing else _("Akun diaktifkan lagi."))
            return HttpResponseRedirect(reverse("core:user", args=[user_id]), status=303)
    return _user_page(request, user_id, active_form=form)


@page(MANAGE)
def user_person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Name, title and numbers of the person behind the account."""
    account = queries.account(request.scope, user_id)
    first = {
        "name": account.name,
        "title": account.title,
        "registration_number": account.registration_number,
        "staff_number": account.staff_number,
    }
    form = PersonForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            services.change_person(request.actor, owner_id=request.owner.id, user_id=user_id, **form.cleaned_data)
            messages.success(request, _("Data petugas disimpan."))
            return HttpResponseRedirect(reverse("core:user", args=[user_id]), status=303)
    context = {
        "title": _("Ubah data petugas"),
        "lead": account.username,
        "form": form,
        "back": reverse("core:user", args=[user_id]),
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


# --- Audit trail --------------------------------------------------------------------------------------------------------


@page("core.read_audit")
def audit(request: HttpRequest) -> HttpResponse:
    """The journal of this organisation, newest first, in words."""
    names = sorted(((name, sentence(name, {})) for name in EVENT_WORDS), key=lambda pair: pair[1].casefold())
    form = AuditFilterForm(request.GET or None, events=names, people=queries.audit_people(request.scope))
    chosen: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    before = request.GET.get("after", "")
    lines, following = queries.audit(
        request.scope,
        event=chosen.get("event", ""),
        person_id=UUID(chosen["person"]) if chosen.get("person") else None,
        since=chosen.get("since"),
        until=chosen.get("until"),
        zone=request.owner.zone,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
    )
    rows = [{"line": line, "text": sentence(line.event, line.payload)} for line in lines]
    return render(request, "core/audit.html", {"rows": rows, "next": following, "filter_form": form})
