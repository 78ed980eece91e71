"""What the office was told, and where and when it wants to be told."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.core.web import page, refusals, submit_once
from laras.surveillance import forms, queries, services, words
from laras.surveillance.models import Notice, NoticeSettings
from laras.surveillance.services.notices import MANAGE, host_allowed
from laras.surveillance.states import NOTICES, TRIAGE
from laras.surveillance.views.overview import READ

SHOWN = 100


@require_safe
@page(READ)
def notices(request: HttpRequest) -> HttpResponse:
    """``/surveilans/pemberitahuan/``: what nobody has acknowledged first, then the newest of the others."""
    rows = queries.notices(request.scope)
    waiting = list(rows.filter(acknowledged_at__isnull=True)[:SHOWN])
    seen = list(rows.filter(acknowledged_at__isnull=False)[:SHOWN])
    context = {
        "waiting": [_line(one) for one in waiting],
        "seen": [_line(one) for one in seen],
        "may_acknowledge": request.actor.can(TRIAGE, request.owner.id),
        "may_manage": request.actor.can(MANAGE, request.owner.id),
        "channels": services.channels(queries.notice_settings(request.owner.id)),
    }
    return render(request, "surveillance/notices.html", context)


def _line(one: Notice) -> dict[str, object]:
    place = "surveillance:event" if one.kind == "declared" else "surveillance:signal"
    return {
        "row": one,
        "kind": NOTICES[one.kind],
        "tone": "waiting" if one.kind == "escalated" else "danger",
        "text": words.notice_sentence(one),
        "url": reverse(place, args=[one.about]),
        "by": queries.person_name(one.acknowledged_by),
    }


@require_POST
@page(TRIAGE)
def acknowledge(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    services.acknowledge(request.actor, owner_id=request.owner.id, notice_id=notice_id)
    messages.success(request, _("Ditandai sudah dilihat."))
    return redirect("surveillance:notices")


@page(MANAGE)
def notice_settings(request: HttpRequest) -> HttpResponse:
    """Addresses, quiet hours, and after how many hours the office above is told."""
    asked = queries.notice_settings(request.owner.id)
    if request.method == "POST":
        form = forms.NoticeSettingsForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            quiet = None
            if data["quiet_from"] is not None and data["quiet_until"] is not None:
                quiet = (int(data["quiet_from"]), int(data["quiet_until"]))
            with refusals(form):

                def work() -> str:
                    services.set_notices(
                        request.actor, owner_id=request.owner.id, emails=data["emails"].splitlines(),
                        webhook=data["webhook"], quiet=quiet, escalate_hours=int(data["escalate_hours"]),
                        new_key=data["new_key"],
                    )  # fmt: skip
                    messages.success(request, _("Pengaturan pemberitahuan disimpan."))
                    return reverse("surveillance:notices")

                return submit_once(request, work)
        return _settings_page(request, form, status=422)
    return _settings_page(request, _form_of(asked))


def _form_of(asked: NoticeSettings) -> forms.NoticeSettingsForm:
    return forms.NoticeSettingsForm(
        initial={
            "emails": "\n".join(asked.emails), "webhook": asked.webhook, "quiet_from": asked.quiet_from,
            "quiet_until": asked.quiet_until, "escalate_hours": asked.escalate_hours,
        }
    )  # fmt: skip


def _settings_page(
    request: HttpRequest, form: forms.NoticeSettingsForm, *, key: str = "", status: int = 200
) -> HttpResponse:
    asked = queries.notice_settings(request.owner.id)
    context = {
        "form": form,
        "asked": asked,
        "key": key,
        "mail_ready": bool(settings.EMAIL_HOST),
        "hosts": settings.LARAS_WEBHOOK_HOSTS,
        "stranded": bool(asked.webhook) and not host_allowed(asked.webhook),
    }
    return render(request, "surveillance/notice_settings.html", context, status=status)


@require_POST
@page(MANAGE)
def webhook_key(request: HttpRequest) -> HttpResponse:
    """The key of the webhook; a POST because the look itself is written down."""
    key = services.read_webhook_key(request.actor, owner_id=request.owner.id)
    return _settings_page(request, _form_of(queries.notice_settings(request.owner.id)), key=key)
