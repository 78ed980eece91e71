"""Signing in: accounts are made by administrators, never by visitors; secrets of second factors rest encrypted."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    clear_authentication_records,
    get_authentication_records,
    record_authentication,
)
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from laras.core import clock
from laras.core.actor import actor_of
from laras.core.paths import secret

RECENT_SECONDS = 300
SESSION_SECOND_FACTOR = "second_factor"


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this very session gave a code (or set the phone up); that the account has a phone says nothing about it."""
    if request.session.get(SESSION_SECOND_FACTOR):
        return True
    if not any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user)):
        return False
    request.session[SESSION_SECOND_FACTOR] = True
    return True


def _own_request(authenticator: Authenticator) -> HttpRequest | None:
    """The request in which somebody sets up or takes off the own phone; None for whoever else does."""
    request: HttpRequest | None = context.request
    return request if request is not None and request.user.pk == authenticator.user_id else None


@receiver(post_save, sender=Authenticator)
def _set_up(instance: Authenticator, created: bool, **_kwargs: Any) -> None:
    request = _own_request(instance)
    if created and request is not None and instance.type == Authenticator.Type.TOTP:
        # Its code was just typed: as good as having signed in with it.
        record_authentication(request, request.user, "mfa", id=instance.pk, type=instance.type)


@receiver(post_delete, sender=Authenticator)
def _taken_off(instance: Authenticator, **_kwargs: Any) -> None:
    request = _own_request(instance)
    if request is not None and instance.type == Authenticator.Type.TOTP:
        request.session.pop(SESSION_SECOND_FACTOR, None)
        clear_authentication_records(request)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No notices for signing in and out: the page itself shows it."""

    def set_password(self, user: Any, password: str) -> None:
        """The own choice replaces a temporary password; it is journaled, and all other sessions end with the old one."""
        from laras.core.services import change_own_password  # the services know the library through its models only

        change_own_password(actor_of(user, "web"), user=user, password=password)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who typed the password minutes ago is not asked again at once: setting up the phone follows the first sign-in.

        Where a second factor is set up, only its code counts: with a password alone nobody takes the phone off an account.
        """
        request = self.request
        if request is not None and request.user.is_authenticated:
            records = get_authentication_records(request, request.user)
            if is_mfa_enabled(request.user):
                records = [record for record in records if record.get("method") == "mfa"]
            newest = max((record.get("at", 0) for record in records), default=0)
            if clock.now().timestamp() - newest < RECENT_SECONDS:
                return False
        return True

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if is_mfa_enabled(user):
            methods = [method for method in methods if method["id"] != "reauthenticate"]
        return methods

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Accounts are kept by administrators; a laboratory without a mail server must not fail for want of one."""


@cache
def _box() -> Fernet:
    """The key lies beside the database, not in it: a copied database alone opens no second factor."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret("second-factor").encode()).digest()))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()
