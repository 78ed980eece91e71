"""Notices: who is told of a signal, over a real SMTP and a real HTTP connection, when, and what happens when nobody answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from django_tasks_db.models import DBTaskResult
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.cli.main import laras
from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.models import JournalEntry
from laras.surveillance import jobs, queries, sending, services
from laras.surveillance.models import Notice, Signal
from laras.surveillance.rules.notices import is_quiet, not_before, signature
from tests.product import world as worlds
from tests.surveillance.test_pages import browser

SYSTEM = system_actor("job:test")
PLACE = "/surveilans/pemberitahuan/"


# --- Quiet hours (pure) -----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 23), st.integers(0, 23), st.sampled_from(["Asia/Jakarta", "Asia/Jayapura"]),
)  # fmt: skip
def test_a_notice_waits_for_the_end_of_quiet_hours_and_no_longer(moment, begin, end, name):
    zone, quiet = ZoneInfo(name), (begin, end)
    found = not_before(moment, quiet, zone)
    assert found >= moment
    assert not is_quiet(found, quiet, zone)
    if found > moment:
        assert is_quiet(moment, quiet, zone)
        assert is_quiet(found - timedelta(seconds=1), quiet, zone)
        assert found - moment <= timedelta(hours=24)


def test_quiet_hours_over_midnight():
    zone = ZoneInfo("Asia/Makassar")
    late = datetime(2026, 11, 16, 23, 40, tzinfo=zone)
    assert not_before(late, (22, 6), zone) == datetime(2026, 11, 17, 6, tzinfo=zone)
    assert not_before(late.replace(hour=4), (22, 6), zone) == datetime(2026, 11, 16, 6, tzinfo=zone)
    assert not_before(late.replace(hour=12), (22, 6), zone) == late.replace(hour=12)
    assert not_before(late, None, zone) == late


def test_the_signature_is_an_hmac_of_time_and_body():
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac key
    assert signature("key", "1700000000", b"{}") == "sha256=" + OPENSSL


OPENSSL = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"


# --- What is told -----------------------------------------------------------------------------------------------------


@pytest.fixture
def signal(world):
    """A city that takes one case of measles as a signal, and has one."""
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason="Keputusan kepala dinas"
    )
    world.lab.tested(world.lab.person(full_name="Anak Rahasia"), "CAMIGM", "Positif")

    def judge():
        services.judge(SYSTEM, owner_id=world.city.id)
        return Signal.objects.within(world.city.scope).get()

    return judge


def asks(world, **more):
    given = {"emails": [], "webhook": "", "quiet": None, "escalate_hours": 24} | more
    return services.set_notices(world.city.officer, owner_id=world.city.id, **given)


def of(office):
    return list(queries.notices(office.scope))


def waiting_tasks(name):
    return list(DBTaskResult.objects.filter(task_path=f"laras.surveillance.jobs.{name}").order_by("run_after"))


class Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to hand over a message."""

    def handle(self):
        self.wfile.write(b"220 uji\r\n")
        while line := self.rfile.readline().strip():
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 ya\r\n")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.taken.append(body)
            elif word == b"RCPT":
                self.server.to.append(line.decode())
            self.wfile.write(b"221 selesai\r\n" if word == b"QUIT" else b"250 ya\r\n")
            if word == b"QUIT":
                return


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answers.pop(0))
        self.send_header("Location", "http://127.0.0.1:1/lain")
        self.end_headers()

    def log_message(self, *_args):
        pass


@contextmanager
def listening(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_mail_over_a_real_connection(world, signal, settings):
    with listening(socketserver.TCPServer(("127.0.0.1", 0), Smtp)) as server:
        server.taken, server.to = [], []
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS, settings.DEFAULT_FROM_EMAIL = False, "laras@contoh.id"
        asks(world, emails=["jaga@contoh.id", "kabid@contoh.id"])
        signal()
        (task,) = waiting_tasks("send_notices")
        assert task.args_kwargs["args"] == [str(world.city.id), "email"]
        jobs.send_notices.func(str(world.city.id), "email")
        jobs.send_notices.func(str(world.city.id), "email")
    (raw,) = server.taken
    said = message_from_bytes(raw, policy=policy.default)
    text = said.get_content()
    assert "Campak" in text
    assert "1 kasus" in text
    assert "pemberitahuan surveilans" in said["Subject"]
    assert len(server.to) == 2
    assert "jaga@" not in raw.decode(), "addresses do not see each other"
    assert "Rahasia" not in text
    assert of(world.city)[0].mailed_at is not None
    sent = JournalEntry.objects.within(world.city.scope).get(event="surveillance.notices_sent")
    assert b"contoh.id" not in bytes(sent.payload)


@pytest.mark.either
def test_mail_that_no_server_takes_stays_to_be_sent(world, signal, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    asks(world, emails=["jaga@contoh.id"])
    signal()
    with pytest.raises(OSError):  # the jobs of the core try again what raises
        jobs.send_notices.func(str(world.city.id), "email")
    assert of(world.city)[0].mailed_at is None
    before = len(waiting_tasks("send_notices"))
    assert jobs.send_again() == 1
    assert len(waiting_tasks("send_notices")) == before + 1


def test_the_webhook_is_signed_names_nobody_and_is_sent_again_until_taken(world, signal, settings):
    with listening(HTTPServer(("127.0.0.1", 0), Gateway)) as server:
        server.taken, server.answers = [], [503, 302, 204]
        host = f"127.0.0.1:{server.server_port}"
        settings.LARAS_WEBHOOK_HOSTS = [host]
        asks(world, webhook=f"http://{host}/laras?kota=1")
        found = signal()
        for _answer in (503, 302):
            with pytest.raises(sending.NotTaken):
                jobs.send_notices.func(str(world.city.id), "webhook")
            assert of(world.city)[0].posted_at is None
        jobs.send_notices.func(str(world.city.id), "webhook")
        jobs.send_notices.func(str(world.city.id), "webhook")
    assert len(server.taken) == 3, "what was taken is not sent again, and no redirect is followed"
    path, headers, body = server.taken[-1]
    key = services.read_webhook_key(world.city.officer, owner_id=world.city.id)
    seal = hmac.new(key.encode(), headers["X-Laras-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert (path, headers["X-Laras-Signature"]) == ("/laras?kota=1", f"sha256={seal}")
    told = json.loads(body)
    (one,) = told["notices"]
    assert (told["to"], one["disease"], one["cases"], one["kind"]) == ("DK-K", "CAMPAK", 1, "signal")
    assert one["week"] == found.week.isoformat()
    assert b"Rahasia" not in body
    assert set(one) == {"id", "kind", "office", "disease", "disease_name", "week", "cases", "created_at", "text"}
    asks(world, webhook=f"http://{host}/laras", new_key=True)
    assert services.read_webhook_key(world.city.officer, owner_id=world.city.id) != key


@pytest.mark.either
def test_quiet_hours_hold_mail_back_but_not_the_screen(world, signal, settings):
    settings.EMAIL_HOST = "surat.contoh.id"
    # The clock stands at 9 in the morning in Makassar.
    asks(world, emails=["jaga@contoh.id"], quiet=(8, 13))
    signal()
    (row,) = of(world.city)
    assert row.due_at == worlds.MONDAY + timedelta(hours=4)
    assert waiting_tasks("send_notices")[0].run_after == row.due_at
    assert waiting_tasks("escalate")[0].run_after == row.due_at + timedelta(hours=24)
    assert services.unsent(world.city.id, "email") == []
    assert queries.notices_waiting(world.city.id) == 1
    with clock.at(row.due_at):
        assert len(services.unsent(world.city.id, "email")) == 1


# --- When nobody answers ----------------------------------------------------------------------------------------------


def test_the_office_above_is_told_once_of_what_nobody_answered(world, signal):
    asks(world, escalate_hours=6)
    found = signal()
    with clock.at(worlds.MONDAY + timedelta(hours=5, minutes=59)):
        assert services.escalate(SYSTEM, owner_id=world.city.id) == 0
    with clock.at(worlds.MONDAY + timedelta(hours=6)):
        jobs.escalate.func(str(world.city.id))
        assert services.escalate(SYSTEM, owner_id=world.city.id) == 0
    (above,) = of(world.province)
    assert (above.kind, above.about, above.office_id) == ("escalated", found.id, world.city.id)
    assert of(world.elsewhere) == []
    assert queries.office_above(world.city.id) == world.province.id
    assert browser(world.province.user).get(f"/surveilans/sinyal/{found.id}/").status_code == 200


@pytest.mark.parametrize("answer", ["acknowledged", "watched", "gone"])
def test_an_answer_in_time_is_not_escalated(world, signal, answer):
    found = signal()
    if answer == "acknowledged":
        services.acknowledge(world.city.officer, owner_id=world.city.id, notice_id=of(world.city)[0].id)
    elif answer == "watched":
        services.triage_signal(
            world.city.officer, owner_id=world.city.id, signal_id=found.id, move="watch", reason="Dipantau"
        )
    else:
        services.adopt_threshold(world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=0, reason="Keliru")
        services.judge(SYSTEM, owner_id=world.city.id)
    assert queries.notices_waiting(world.city.id) == 0
    with clock.at(worlds.MONDAY + timedelta(days=2)):
        assert services.escalate(SYSTEM, owner_id=world.city.id) == 0
    assert of(world.province) == []
    if answer == "gone":
        services.adopt_threshold(world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason="Lagi")
        services.judge(SYSTEM, owner_id=world.city.id)
        assert queries.notices_waiting(world.city.id) == 1, "a signal that returns is told again"


def test_a_declared_outbreak_is_told_above(world, signal):
    found, officer = signal(), world.city.officer
    event = services.join_signal(officer, owner_id=world.city.id, signal_id=found.id, reason="Satu kelas")
    mine = {"owner_id": world.city.id, "outbreak_id": event.id}
    services.verify_outbreak(officer, **mine, verification="Didatangi")
    services.assess_risk(officer, **mine, risk="high", note="Cakupan rendah")
    assert services.tell_of_declared(SYSTEM, **mine) == 0
    services.declare_klb(world.city.head, **mine, decree="SK 7/2026")
    assert len(waiting_tasks("tell_declared")) == 1
    assert services.tell_of_declared(SYSTEM, **mine) == 1
    assert services.tell_of_declared(SYSTEM, **mine) == 0
    (row,) = of(world.province)
    assert (row.kind, row.about, row.observed) == ("declared", event.id, 1)


# --- Screens and command ----------------------------------------------------------------------------------------------


def test_who_may_acknowledge_and_set(world, signal):
    signal()
    (row,) = of(world.city)
    with pytest.raises(NotFound):
        services.acknowledge(world.elsewhere.officer, owner_id=world.elsewhere.id, notice_id=row.id)
    with pytest.raises(Forbidden):
        services.acknowledge(world.province.officer, owner_id=world.city.id, notice_id=row.id)
    for wrong in (
        {"emails": ["bukan alamat"]}, {"webhook": "https://lain.contoh.id/x"}, {"quiet": (8, 24)},
        {"escalate_hours": 200}, {"emails": [f"a{n}@contoh.id" for n in range(21)]},
    ):  # fmt: skip
        with pytest.raises(Refused):
            asks(world, **wrong)


@pytest.mark.either
def test_the_pages_and_the_command(world, signal, settings):
    settings.EMAIL_HOST = "surat.contoh.id"
    signal()
    officer = browser(world.city.user)
    page = officer.get(PLACE).content.decode()
    assert "Campak" in page
    assert "Pemberitahuan surveilans belum dilihat" in page, "the bell"
    form = {"emails": "jaga@contoh.id", "webhook": "", "quiet_from": "22", "quiet_until": "", "escalate_hours": "12"}
    assert "Isi keduanya" in officer.post(f"{PLACE}pengaturan/", form).content.decode()
    assert officer.post(f"{PLACE}pengaturan/", {**form, "quiet_until": "6"}).status_code == 303
    assert queries.notice_settings(world.city.id).quiet_until == 6
    assert "jaga@contoh.id" in officer.get(f"{PLACE}pengaturan/").content.decode()
    assert (
        services.webhook_key(queries.notice_settings(world.city.id)) in officer.post(f"{PLACE}kunci/").content.decode()
    )
    out = CliRunner().invoke(laras, ["surveillance", "notices", "--office", "DK-K", "--waiting", "--json"])
    (told,) = json.loads(out.stdout)
    assert (told["disease"], told["to"], told["acknowledged_at"]) == ("CAMPAK", "DK-K", None)
    assert officer.post(f"{PLACE}{told['notice']}/").status_code in (302, 303)
    assert queries.notices_waiting(world.city.id) == 0
    assert "Tidak ada yang menunggu" in officer.get(PLACE).content.decode()
    row = Notice.objects.within(world.city.scope).get()
    assert row.acknowledged_by == world.city.officer.person_id
