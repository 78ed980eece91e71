"""Sign-in, sessions, headers, requests and logs: what somebody who means ill would try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import IntegrityError
from django.test import Client, RequestFactory
from django.urls import reverse

from laras.core import journal, services
from laras.core.logs import LineFormatter
from laras.core.models import JournalEntry, User
from laras.core.scope import Scope
from laras.core.web import csrf_failure
from tests.product.test_permissions import pages

pytestmark = pytest.mark.django_db
PASSWORD = "kata sandi uji 1"
SECRET = "JBSWY3DPEHPK3PXP"
ROOT = Path(__file__).resolve().parents[2]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _counts_begin_at_nought():
    cache.clear()


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def boss(make_actor, lab):
    return make_actor("kepala", lab, "administrator")


def enter(client, username, password=PASSWORD, **more):
    return client.post("/akun/login/", {"login": username, "password": password, **more})


def code_of(secret: str, step: int = 0) -> str:
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def wrong_code(secret: str) -> str:
    right = {code_of(secret, step) for step in (-1, 0, 1, 2)}
    return next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in right)


# --- The second factor ------------------------------------------------------------------------------------------------


def test_a_session_from_before_the_second_factor_owes_the_code(client, make_user, lab):
    user = make_user("sinta", lab, "validator")
    enter(client, "sinta")
    assert client.get("/profil/")["Location"] == reverse("mfa_activate_totp")
    TOTP.activate(user, SECRET)  # in another browser
    RecoveryCodes.activate(user)
    owed = client.get("/profil/?a=1")
    assert owed["Location"].startswith(reverse("mfa_reauthenticate"))
    # Typing the password again is no way round the code, nor to taking the phone off.
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get("/profil/").status_code == 302
    for name in ("mfa_view_recovery_codes", "mfa_deactivate_totp", "mfa_generate_recovery_codes"):
        assert client.get(reverse(name)).status_code == 302, name
        client.post(reverse(name))
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    answer = client.post(owed["Location"], {"code": code_of(SECRET)})
    assert answer["Location"] == "/profil/?a=1"
    assert client.get("/profil/").status_code == 200


def test_codes_cannot_be_guessed_without_end(client, make_user, lab):
    user = make_user("sinta", lab, "validator")
    TOTP.activate(user, SECRET)
    enter(client, "sinta")
    for _n in range(10):
        assert client.post(reverse("mfa_authenticate"), {"code": wrong_code(SECRET)}).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)}).status_code != 302
    other = Client()
    enter(other, "sinta")
    assert other.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)}).status_code != 302, "whatever the session"


def test_a_code_works_once(client, make_user, lab):
    user = make_user("sinta", lab, "validator")
    TOTP.activate(user, SECRET)
    code = code_of(SECRET)
    enter(client, "sinta")
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    other = Client()
    enter(other, "sinta")
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert other.get("/profil/").status_code == 302


def test_taking_off_the_own_phone_leaves_no_session_passed(client, make_user, lab):
    user = make_user("sinta", lab, "validator")
    TOTP.activate(user, SECRET)
    enter(client, "sinta")
    client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert client.get("/profil/").status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=user).exists()
    assert client.get("/profil/")["Location"] == reverse("mfa_activate_totp")


def test_forgetting_the_phone_ends_every_session(make_user, lab, boss):
    user = make_user("sinta", lab, "validator")
    TOTP.activate(user, SECRET)
    thief = Client()
    enter(thief, "sinta")
    thief.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert thief.get("/profil/").status_code == 200
    services.reset_second_factor(boss, owner_id=lab.id, user_id=user.pk, reason="Ponsel hilang")
    assert thief.get("/profil/")["Location"].startswith("/akun/login/")


# --- Passwords and sessions -------------------------------------------------------------------------------------------


def test_changing_the_own_password_is_journaled_and_ends_the_other_sessions(client, make_user, lab):
    user = make_user("rina", lab, "receptionist")
    other = Client()
    enter(client, "rina")
    enter(other, "rina")
    new = "sepeda merah di pasar"
    answer = client.post("/akun/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert client.get("/profil/").status_code == 200
    assert other.get("/profil/")["Location"].startswith("/akun/login/")
    entry = JournalEntry.objects.within(Scope.of(lab.id)).get(event="core.password_changed")
    assert (entry.subject, entry.user) == (user.pk, user.pk)
    assert new.encode() not in bytes(entry.payload)
    assert journal.verify(lab).whole


def test_a_wrong_old_password_changes_and_notes_nothing(client, make_user, lab):
    user = make_user("rina", lab, "receptionist")
    enter(client, "rina")
    new = "sepeda merah di pasar"
    client.post("/akun/password/change/", {"oldpassword": "bukan itu", "password1": new, "password2": new})
    assert User.objects.get(pk=user.pk).password == user.password
    assert not JournalEntry.objects.within(Scope.of(lab.id)).filter(event="core.password_changed").exists()


def test_nobody_chooses_anothers_password(make_user, make_actor, lab):
    with pytest.raises(services.Forbidden):
        services.change_own_password(
            make_actor("kepala", lab, "administrator"), user=make_user("rina", lab, "analyst"), password="x" * 20
        )


def test_the_session_is_new_after_signing_in(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    client.get("/akun/login/")
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    enter(client, "rina")
    assert client.cookies["sessionid"].value != planted
    fixed = Client()
    fixed.cookies["sessionid"] = planted
    assert fixed.get("/profil/").status_code == 302


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    cookie = enter(client, "rina").cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"], "ends with the browser"


def test_behind_a_proxy_cookies_and_pages_are_https_only(tmp_path):
    program = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS > 0, s.SECURE_PROXY_SSL_HEADER[0], s.DEBUG)"
    )
    environment = {
        "PATH": "/usr/bin:/bin", "LARAS_DATA": str(tmp_path), "LARAS_HTTPS": "1", "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "laras.config.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "HTTP_X_FORWARDED_PROTO", "False"]


def test_an_unknown_name_costs_as_much_as_a_wrong_password(client, make_user, lab, monkeypatch):
    make_user("rina", lab, "receptionist")
    work = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *args, **more: work.append(1) or encode(self, *args, **more)
    )
    answers = []
    for name in ("rina", "tidak-ada"):
        work.clear()
        page = enter(client, name, "salah sekali ini").content.decode()
        answers.append((len(work), re.search(r'class="error-summary.*?</div>', page, re.S)[0].replace(name, "")))
    assert answers[0][0] >= 1
    assert answers[0] == answers[1], "neither time nor words tell whether the name exists"


def test_many_addresses_cannot_try_one_name_without_end(make_user, lab):
    make_user("rina", lab, "receptionist")
    for n in range(10):
        Client(REMOTE_ADDR=f"10.0.0.{n}").post("/akun/login/", {"login": "rina", "password": "salah"})
    late = Client(REMOTE_ADDR="10.0.0.99")
    assert enter(late, "rina").status_code != 302
    assert late.get("/profil/").status_code == 302


def test_signing_out_clears_what_the_browser_kept(client, make_user, lab):
    make_user("rina", lab, "receptionist")
    enter(client, "rina")
    assert client.post("/akun/logout/")["Clear-Site-Data"] == '"cache"'


# --- Tokens -----------------------------------------------------------------------------------------------------------


def test_a_revoked_token_is_refused_at_once(client, make_user, lab):
    from datetime import timedelta

    from laras.core import clock
    from laras.core.actor import actor_of

    actor = actor_of(make_user("rina", lab, "administrator"), "web")
    token_id, key = services.create_token(
        actor, owner_id=lab.id, label="uji", rights=["core.read_audit"], expires_at=clock.now() + timedelta(days=1)
    )
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    services.revoke_token(actor, owner_id=lab.id, token_id=token_id)
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_session_opens_no_operation_of_the_api(client, make_user, lab, sign_in):
    """So that no other site can make a browser call it: operations need no CSRF token."""
    sign_in(make_user("rina", lab, "administrator"))
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/api/v1/patients", {}, content_type="application/json").status_code == 401


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_every_page_that_changes_something_asks_for_the_forms_token(make_user, lab):
    """With the session alone, as a form of another site would send it."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("rina", lab, "administrator"), backend=BACKEND)
    nothing = "018f0000-0000-7000-8000-000000000000"
    taken = []
    for page in pages():
        address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: nothing, page.route)
        status = client.post(address).status_code
        # 404: the place in the address is of another kind than a number; 405: it only shows.
        if status not in (403, 404, 405):
            taken.append((page.name, status))
    assert taken == []
    for name in ("account_login", "account_logout", "account_change_password", "set_language", "mfa_activate_totp"):
        assert client.post(reverse(name)).status_code == 403, name


def test_a_missing_form_token_is_said_in_words():
    assert csrf_failure(RequestFactory().post("/")).status_code == 403


def test_headers_forbid_frames_sniffing_and_foreign_scripts(client, make_user, lab, sign_in):
    sign_in(make_user("rina", lab, "administrator"))
    for address in ("/", "/akun/login/", "/tidak-ada/", "/komponen/"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_template_carries_a_script_or_style_of_its_own():
    found = []
    for path in ROOT.glob("src/laras/**/templates/**/*.html"):
        text = path.read_text()
        inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=|\son\w+=", text)
        found += [(path.name, one) for one in inline]
    assert found == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "a b"])
def test_another_host_name_is_refused(client, host):
    answer = client.get("/akun/login/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("address", ["/akun/login/", "/api/v1/patients"])
def test_what_is_too_large_is_refused_unread(client, settings, address):
    settings.LARAS_BODY_LIMIT = 1000
    answer = client.post(address, b"x" * 1001, content_type="application/json")
    assert answer.status_code == 413
    assert client.post(address, b"x" * 900, content_type="application/json").status_code != 413


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil.example"]
)
def test_no_address_of_ours_leads_elsewhere(make_user, lab, make_owner, target):
    user = make_user("rina", lab, "administrator")
    client = Client()
    landed = [enter(client, "rina", next=target)]
    landed.append(client.post(reverse("core:switch_owner"), {"owner": str(lab.id), "next": target}))
    landed.append(client.post(reverse("set_language"), {"language": "en", "next": target}))
    client.post("/akun/logout/", {"next": target})
    TOTP.activate(user, SECRET)
    enter(client, "rina", next=target)
    landed.append(client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET), "next": target}))
    for answer in landed:
        assert answer.status_code in (302, 303)
        assert "evil" not in answer["Location"], answer["Location"]
        assert "javascript" not in answer["Location"]


# --- Logs -------------------------------------------------------------------------------------------------------------


def logged(error: Exception) -> str:
    try:
        raise error
    except Exception:
        record = logging.LogRecord("laras", logging.ERROR, __file__, 1, "gagal", (), sys.exc_info())
    return LineFormatter("%(levelname)s %(message)s").format(record)


def test_a_traceback_in_the_log_quotes_no_values():
    text = logged(IntegrityError("Key (nik)=(3276014505900001) already exists: Sulastri Contoh"))
    assert "IntegrityError" in text
    assert "test_security.py" in text
    assert "3276014505900001" not in text
    assert "Sulastri" not in text


def test_causes_are_named_without_their_values():
    inner, outer = "Sul" + "astri", "Con" + "toh"  # lines of code are quoted, their values are not

    def fail():
        try:
            raise ValueError(inner)
        except ValueError as cause:
            raise RuntimeError(outer) from cause

    try:
        fail()
    except RuntimeError:
        record = logging.LogRecord("laras", logging.ERROR, __file__, 1, "gagal", (), sys.exc_info())
        text = LineFormatter("%(message)s").format(record)
    assert text.index("builtins.ValueError") < text.index("builtins.RuntimeError")
    assert "Sulastri" not in text
    assert "Contoh" not in text


def test_requests_leave_neither_searches_nor_names_in_the_log(client, make_user, lab, sign_in, caplog, settings):
    sign_in(make_user("rina", lab, "administrator", "receptionist"))
    client.raise_request_exception = False
    with caplog.at_level(logging.INFO):
        client.get("/pasien/?q=Sulastri+3276014505900001")
        client.get("/tidak-ada/?q=Sulastri")
        enter(Client(), "rina", "Sulastri-rahasia")
        Client().get("/akun/login/?q=Sulastri", headers={"Host": "evil.example"})
    text = "\n".join(LineFormatter("%(name)s %(message)s").format(record) for record in caplog.records)
    assert "Sulastri" not in text
    assert "3276014505900001" not in text
    for handler in settings.LOGGING["handlers"].values():
        assert settings.LOGGING["formatters"][handler["formatter"]]["()"] == "laras.core.logs.LineFormatter"
