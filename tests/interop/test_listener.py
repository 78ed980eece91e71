"""The listener over real sockets, in this process: what a device is told, and what is in the store when it is told."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from laras.interop import listener as listening
from laras.interop import services
from laras.interop.listener import Line, Listener
from laras.interop.rules.framing import ACK, ENQ, EOT, NAK, frames
from tests.interop import captures
from tests.interop.captures import six_records
from tests.interop.sender import Refused, Sender

RECORDS = six_records(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def stored(monkeypatch):
    """What reached the store, in place of the database: the lines do not know the difference. ``stored.fail`` makes it
    fail, ``stored.gate`` holds it back."""

    class Store(list):
        fail = False
        gate = threading.Event()

    store = Store()
    store.gate = threading.Event()
    store.gate.set()

    def keep(actor, *, arrived):
        store.gate.wait(5)
        if store.fail:
            raise OSError("disk full")
        store.extend(arrived)

    monkeypatch.setattr(services, "store_messages", keep)
    monkeypatch.setattr(listening, "read_stored", lambda: 0)
    return store


@contextmanager
def listening_on(*protocols: str):
    """A listener in a thread of its own; answers its ports in the order given."""
    lines = [Line(protocol, "127.0.0.1", free_port(), f"generic-{protocol}") for protocol in protocols]
    with listening_on_lines(lines):
        yield [line.port for line in lines]


@contextmanager
def listening_on_lines(lines: list[Line]):
    listener, ready = Listener(lambda: list(lines)), threading.Event()
    loops = []

    async def serve():
        loops.append(asyncio.get_running_loop())
        loops[0].add_signal_handler = lambda name, stop: setattr(listener, "stop_all", stop)  # no signals in a thread
        await listener.run(lambda _lines: ready.set())

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(listener.stop_all)
        thread.join(20)
        assert not thread.is_alive()


def until(condition, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def test_a_message_is_stored_before_its_last_frame_is_acknowledged(stored):
    with listening_on("astm") as (port,):
        sender = Sender(port)
        pieces = [bytes((ENQ,)), *frames([record.encode() for record in RECORDS])]
        assert [sender.ask(piece) for piece in pieces[:-1]] == [ACK] * (len(pieces) - 1)
        stored.gate.clear()
        sender.socket.sendall(pieces[-1])
        sender.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sender.socket.recv(1)
        assert stored == []
        stored.gate.set()
        sender.socket.settimeout(5)
        assert sender.socket.recv(1) == bytes((ACK,))
        assert [one.captured.text for one in stored] == [b"".join(record.encode() + b"\r" for record in RECORDS)]


def test_what_cannot_be_stored_is_not_acknowledged(stored):
    stored.fail = True
    with listening_on("astm", "hl7") as (astm, mllp):
        with pytest.raises(ConnectionError):
            Sender(astm).send_astm(RECORDS)
        with pytest.raises(ConnectionError):
            Sender(mllp).send_hl7(captures.mindray_bc())
        stored.fail = False
        Sender(astm).send_astm(RECORDS)
        assert len(stored) == 1


def test_bytes_one_by_one_and_sessions_joined(stored):
    with listening_on("astm") as (port,):
        sender = Sender(port)
        for byte in captures.session(RECORDS):
            sender.socket.sendall(bytes((byte,)))
        # Two sessions at once, by a device that does not wait for its answers.
        sender.socket.sendall(captures.session(six_records(2)) + captures.session(six_records(3)))
        until(lambda: len(stored) == 3)
        answers = b""
        while len(answers) < 3 * (1 + len(RECORDS)):
            answers += sender.socket.recv(100)
        assert set(answers) == {ACK}
        assert [one.captured.broken for one in stored] == ["", "", ""]


def test_refused_frames(stored):
    with listening_on("astm") as (port,):
        sender = Sender(port)
        first, second, *_rest = frames([record.encode() for record in RECORDS])
        assert sender.ask(bytes((ENQ,))) == ACK
        assert sender.ask(second) == NAK  # its number is not the first
        assert sender.ask(first.replace(b"XN", b"XP")) == NAK  # its checksum is wrong
        assert sender.ask(first) == ACK
        assert sender.ask(first) == ACK
        assert sender.ask(bytes((EOT, ENQ))) == ACK
        until(lambda: len(stored) == 1)
        assert stored[0].captured.broken == "no_terminator"
        with pytest.raises(Refused):
            sender.send_frames([b"\x021garbage\r\n"])


def test_a_line_that_breaks_leaves_what_came(stored):
    with listening_on("astm") as (port,):
        sender = Sender(port)
        sender.ask(bytes((ENQ,)))
        first = next(frames([RECORDS[0].encode()]))
        sender.ask(first)
        sender.socket.sendall(b"\x022P|1")
        sender.close()
        until(lambda: len(stored) == 1)
        assert (stored[0].captured.raw, stored[0].captured.broken) == (first + b"\x022P|1", "cut_off")


def test_a_silent_session_ends_and_the_next_begins(stored, monkeypatch):
    monkeypatch.setattr(listening, "SILENCE", 0.0)
    monkeypatch.setattr(listening, "TICK", 0.2)
    with listening_on("astm") as (port,):
        sender = Sender(port)
        sender.ask(bytes((ENQ,)))
        sender.ask(next(frames([RECORDS[0].encode()])))
        until(lambda: len(stored) == 1)
        sender.send_astm(RECORDS)
        assert [one.captured.broken for one in stored] == ["cut_off", ""]


def test_junk_closes_the_connection_and_nothing_else(stored, monkeypatch):
    monkeypatch.setattr(listening, "MOST_JUNK", 5000)
    with listening_on("astm", "hl7") as ports:
        for port in ports:
            sender = Sender(port)
            with pytest.raises(OSError):
                for _n in range(1000):
                    sender.socket.sendall(b"GET / HTTP/1.1\r\n" * 50)
                    time.sleep(0.001)
        Sender(ports[0]).send_astm(RECORDS)
        assert len(stored) == 1


def test_too_many_connections_on_one_line(stored, monkeypatch):
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 2)
    with listening_on("astm") as (port,):
        kept = [Sender(port), Sender(port)]
        assert kept[1].ask(bytes((ENQ,))) == ACK
        with pytest.raises(ConnectionError):
            Sender(port).send_astm(RECORDS)
        kept[0].close()
        time.sleep(0.1)
        Sender(port).send_astm(RECORDS)
        assert len(stored) == 1


def test_hl7_is_answered_by_what_became_of_it(stored):
    with listening_on("hl7") as (port,):
        sender = Sender(port)
        assert b"MSA|AA|1\r" in sender.send_hl7(captures.mindray_bc())
        assert b"MSA|AA|9\r" in sender.send_hl7(captures.oul_r22())
        assert b"MSA|AR|" in sender.send_hl7(b"hello")
        # Wrong inside, but whole: it is stored for a person, so the device may forget it.
        assert b"MSA|AA|" in sender.send_hl7(captures.mindray_bc().replace(b"9.81", b"9" * 5_000_000))
        assert [one.captured.broken for one in stored] == ["", "", "no_header", ""]
        assert stored[0].captured.raw == captures.mindray_bc()
        both = b"\x0b" + captures.mindray_bs() + b"\x1c\r\x0b" + captures.mindray_bc() + b"\x1c\r"
        sender.socket.sendall(both[:100])
        time.sleep(0.05)
        sender.socket.sendall(both[100:])
        assert b"MSA|AA|7\r" in sender.read_block()


def test_many_lines_are_made_durable_together(stored):
    groups = []
    keep = services.store_messages

    def count(actor, *, arrived):
        groups.append(len(arrived))
        keep(actor, arrived=arrived)

    services.store_messages = count
    try:
        with listening_on("astm") as (port,):
            stored.gate.clear()
            senders = [Sender(port) for _n in range(8)]
            threads = [threading.Thread(target=one.send_astm, args=(six_records(n),)) for n, one in enumerate(senders)]
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            stored.gate.set()
            for thread in threads:
                thread.join(10)
    finally:
        services.store_messages = keep
    assert sum(groups) == 8
    assert len(groups) <= 3


def test_an_address_in_use_is_said(stored):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = Line("astm", "127.0.0.1", taken.getsockname()[1], "generic-astm")
        # Apart: a browser's driver may keep its event loop in this thread until the last test.
        with ThreadPoolExecutor(1) as apart, pytest.raises(OSError, match="in use"):
            apart.submit(lambda: asyncio.run(Listener(lambda: [line]).run(lambda _lines: None))).result()


def test_lines_that_come_and_go_are_served_without_a_restart(monkeypatch):
    monkeypatch.setattr(listening, "TICK", 0.05)
    monkeypatch.setattr(listening, "AGAIN", 0.05)
    taken = socket.create_server(("127.0.0.1", 0))
    lines = [Line("astm", "127.0.0.1", free_port(), "generic-astm")]
    with listening_on_lines(lines):
        first = lines[0].port
        # One that cannot be opened, and one whose profile is not there, hold up no other.
        lines.append(Line("astm", "127.0.0.1", taken.getsockname()[1], "generic-astm"))
        lines.append(Line("astm", "127.0.0.1", free_port(), "tidak-ada"))
        lines.append(Line("hl7", "127.0.0.1", free_port(), "generic-hl7"))
        until(lambda: opens(lines[-1].port))
        assert not opens(lines[-2].port)
        taken.close()
        until(lambda: opens(lines[1].port))
        with socket.create_connection(("127.0.0.1", first)) as device:
            del lines[0]
            device.settimeout(5)
            assert device.recv(1) == b""  # its line is gone; what was not acknowledged is sent again elsewhere
        until(lambda: not opens(first))


def opens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True
