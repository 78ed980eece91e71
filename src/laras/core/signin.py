"""Signing in: accounts are made by administrators, never by visitors; secrets of second factors rest encrypted."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.http import HttpRequest

from laras.core import clock
from laras.core.paths import secret

RECENT_SECONDS = 300


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No notices for signing in and out: the page itself shows it."""

    def set_password(self, user: Any, password: str) -> None:
        """The own choice replaces a temporary password."""
        user.must_change_password = False
        super().set_password(user, password)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who typed the password minutes ago is not asked again at once: setting up the phone follows the first sign-in."""
        request = self.request
        if request is not None and request.user.is_authenticated:
            records = get_authentication_records(request, request.user)
            newest = max((record.get("at", 0) for record in records), default=0)
            if clock.now().timestamp() - newest < RECENT_SECONDS:
                return False
        return True

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
