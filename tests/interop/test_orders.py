"""An instrument asks what is to be done, and is told: the rule, the sending end of a line, a real socket."""

from __future__ import annotations

import socket
import uuid
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.interop import devices, queries
from laras.interop import listener as listening
from laras.interop.listener import Line, answer_query
from laras.interop.rules import framing
from laras.interop.rules.framing import ACK, ENQ, EOT, NAK, Complete, Receiver, Reply, Sender, frames
from laras.interop.rules.orders import TOLD, asks, device_codes, queried, reply
from laras.interop.rules.records import read_message
from tests.interop.test_listener import free_port, listening_on_lines
from tests.interop.test_storing import number_of

XN, PLAIN = devices.shipped("sysmex-xn"), devices.shipped("generic-astm")
AT = "20261116081500"


def message(*lines: str) -> bytes:
    return "\r".join(lines).encode() + b"\r"


def query(written: str, status: str = "") -> bytes:
    return message("H|\\^&|||XN", f"Q|1|{written}||ALL" + "|" * 8 + status, "L|1|N")


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "written", "numbers"),
    [
        (PLAIN, "^NTB-01-261116-0001-7A", ["NTB-01-261116-0001-7A"]),
        (PLAIN, "^A1\\^A2\\^A1", ["A1", "A2"]),
        (PLAIN, "ALL", []),
        (PLAIN, "", []),
        (XN, "2001^01^               1234567890^B", ["1234567890"]),
        (devices.shipped("cobas-c111"), "^A1", []),  # whose query nobody knows is not answered
    ],
)
def test_the_specimens_of_a_query(profile, written, numbers):
    assert [one.specimen for one in queried(read_message(query(written)), profile)] == numbers


def test_a_request_that_is_taken_back_asks_nothing():
    assert asks(read_message(query("^A1")))
    assert not asks(read_message(query("^A1", "A")))
    assert queried(read_message(query("^A1", "A")), PLAIN) == []


def test_tests_are_told_in_the_instruments_codes_and_what_it_does_not_know_is_left_out():
    assert device_codes(XN, ["HB", "WBC", "CHOL"]) == ["WBC", "HGB"]
    assert device_codes(PLAIN, ["HB", "CHOL"]) == ["HGB", "CHOL"]
    assert device_codes(devices.shipped("genexpert"), ["TCMTB"]) == ["MTB"]


def test_the_answer_names_specimen_and_tests_and_no_person():
    asked = queried(read_message(query("2001^01^               1234567890^B")), XN)
    records = reply(asked, {"1234567890": ["WBC", "HGB"]}, XN, at=AT)
    read = read_message(message(*records))
    assert [one.name for one in read] == ["H", "P", "O", "L"]
    order = read[2]
    assert order.text(3) == "2001^01^               1234567890^B"
    assert [order.text(5, 5, repeat) for repeat in (1, 2)] == ["WBC", "HGB"]
    assert order.text(26) == "Q"
    assert read[1].fields == ("P", "1")
    assert read[0].text(14) == AT
    assert read[3].text(3) == "F"
    nothing = read_message(message(*reply(asked, {"1234567890": []}, XN, at=AT)))
    assert [one.name for one in nothing] == ["H", "L"]
    assert nothing[1].text(3) == "I"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_number_comes_back_as_it_was_asked_for(number):
    if number.upper() == "ALL":
        return
    (asked,) = queried(read_message(query("^" + TOLD.escaped(number))), PLAIN)
    (order,) = [
        one for one in read_message(message(*reply([asked], {number: ["HGB"]}, PLAIN, at=AT))) if one.name == "O"
    ]
    assert asked.specimen == number
    assert order.text(3) == number


# --- The sending end --------------------------------------------------------------------------------------------------


def bytes_of(sender: Sender, *answers: int, now: float = 0.0) -> list[bytes]:
    return [sender.take(one, now) for one in answers]


def test_each_frame_waits_for_its_answer_and_a_refused_one_comes_again():
    prepared = list(frames([b"H|1", b"L|1|F"]))
    sender = Sender(prepared)
    assert sender.start(0) == bytes((ENQ,))
    assert bytes_of(sender, ACK, NAK, ACK, ACK) == [prepared[0], prepared[0], prepared[1], bytes((EOT,))]
    assert (sender.over, sender.failed) == (True, "")


def test_a_frame_is_given_up_after_six_times_and_silence_after_fifteen_seconds():
    sender = Sender(list(frames([b"H|1"])))
    sender.start(0)
    said = bytes_of(sender, ACK, *[NAK] * framing.MOST_TRIES)
    assert len({*said[:-1]}) == 1
    assert said[-1] == bytes((EOT,))
    assert sender.failed == "refused"
    quiet = Sender(list(frames([b"H|1"])))
    quiet.start(0)
    assert quiet.tick(framing.ANSWER_WITHIN - 1) == b""
    assert quiet.tick(framing.ANSWER_WITHIN) == bytes((EOT,))
    assert quiet.failed == "silent"


def test_a_busy_receiver_is_bid_again_later_and_an_instrument_that_bids_too_goes_first():
    sender = Sender(list(frames([b"H|1"])))
    sender.start(0)
    assert sender.take(NAK, 1) == b""
    assert sender.tick(1 + framing.BID_AGAIN - 1) == b""
    assert sender.tick(1 + framing.BID_AGAIN) == bytes((ENQ,))
    sender.take(NAK, 12)
    assert sender.tick(23) == bytes((ENQ,))
    sender.take(NAK, 24)
    assert sender.failed == "busy"
    other = Sender(list(frames([b"H|1"])))
    other.start(0)
    assert other.take(ENQ, 1) == b""
    assert other.yielded
    assert not other.over
    assert other.tick(100) == b""


# --- The laboratory ---------------------------------------------------------------------------------------------------


def test_only_what_waits_here_is_told(lab, other, make_results, monkeypatch):
    results = make_results("HB", "WBC", "CHOL")
    monkeypatch.setattr(listening, "close_old_connections", lambda: None)
    monkeypatch.setattr(listening.connection, "close", lambda: None)
    number = number_of(results)
    line = Line("astm", "127.0.0.1", 1, "sysmex-xn", owner_id=lab.id)
    told = read_message(message(*(one.decode() for one in answer_query(line, XN, query(f"1^1^{number.lower()}^B")))))
    assert [one.name for one in told] == ["H", "P", "O", "L"]
    assert {told[2].text(5, 5, repeat) for repeat in (1, 2)} >= {"WBC"}
    elsewhere = Line("astm", "127.0.0.1", 1, "sysmex-xn", owner_id=other.id)
    told = read_message(message(*(one.decode() for one in answer_query(elsewhere, XN, query(f"1^1^{number}^B")))))
    assert told[-1].text(3) == "I"
    assert queries.local_now(lab.id).utcoffset() == timedelta(hours=8)  # Mataram


class Device:
    """An instrument on a socket: asks, and receives as Laras does."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.receiver = Receiver()

    def ask(self, written: str) -> None:
        for piece in (
            bytes((ENQ,)),
            *frames([one.encode() for one in ("H|\\^&|||XN", f"Q|1|{written}||ALL", "L|1|N")]),
        ):
            self.socket.sendall(piece)
            assert self.socket.recv(1) == bytes((ACK,))
        self.socket.sendall(bytes((EOT,)))

    def hear(self) -> list[str]:
        found: list[str] = []
        while True:
            data = self.socket.recv(4096)
            assert data, "closed"
            for event in self.receiver.feed(data):
                if isinstance(event, Complete):
                    found += [one.text.decode() for one in event.messages]
                elif isinstance(event, Reply):
                    self.socket.sendall(bytes((event.byte,)))
            if found and not self.receiver.open:
                return found


def test_an_instrument_is_told_over_a_real_line(monkeypatch):
    stored = []
    monkeypatch.setattr(listening.services, "store_messages", lambda _actor, arrived: stored.extend(arrived))
    monkeypatch.setattr(listening, "read_stored", lambda: 0)
    monkeypatch.setattr(
        listening.queries,
        "waiting_tests",
        lambda _owner, numbers: {one: ["HB", "WBC"] for one in numbers if one != "X-2"},
    )
    monkeypatch.setattr(listening.queries, "local_now", lambda _owner: datetime(2026, 11, 16, 8, 15))
    monkeypatch.setattr(listening.queries, "find_profile", lambda _owner, name: devices.find(name))
    lines = [Line("astm", "127.0.0.1", free_port(), "sysmex-xn", owner_id=uuid.uuid4())]
    with listening_on_lines(lines):
        device = Device(lines[0].port)
        device.ask("1^1^X-1^B")
        (told,) = device.hear()
        assert "^^^^WBC\\^^^^HGB" in told
        assert told.endswith("L|1|F\r")
        device.ask("1^1^X-2^B")
        (told,) = device.hear()
        assert told.endswith("L|1|I\r")
        # The queries themselves are messages like others: stored before they were acknowledged.
        assert len(stored) == 2
        device.socket.close()
