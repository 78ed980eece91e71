"""ASTM and MLLP framing: what the receiver answers, whatever way the bytes come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.interop.rules import framing, mllp
from laras.interop.rules.framing import ACK, ENQ, EOT, NAK, STX, Captured, Complete, Receiver, Reply, checksum, frames
from tests.interop.captures import session, sysmex_records

RECORDS = sysmex_records()
TEXT = "".join(f"{record}\r" for record in RECORDS).encode()


def feed(receiver: Receiver, *pieces: bytes) -> list:
    return [event for piece in pieces for event in receiver.feed(piece)]


def messages(events) -> list[Captured]:
    return [one for event in events if isinstance(event, Complete) for one in event.messages]


def replies(events) -> list[int]:
    return [event.byte for event in events if isinstance(event, Reply)]


def test_the_checksum_of_the_standard():
    # By hand: "1" 0x31 + "L" 0x4C + ETX 0x03 = 0x80.
    assert checksum(b"1L\x03") == b"80"
    assert next(frames([b"L"], first=1)) == b"\x021L\r\x038D\r\n"


def test_a_session_is_answered_frame_by_frame_and_complete_before_its_last_ack():
    events = feed(Receiver(), session(RECORDS))
    assert replies(events) == [ACK] * (1 + len(RECORDS))
    assert isinstance(events[-2], Complete)
    (message,) = messages(events)
    assert (message.text, message.broken) == (TEXT, "")
    assert message.raw == session(RECORDS)[1:-1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_segmentation_does_not_matter(data):
    stream = session(RECORDS, longest=data.draw(st.integers(1, 64))) + session([*RECORDS[:2], "L|1|N"])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert feed(Receiver(), *pieces) == feed(Receiver(), stream)
    assert messages(feed(Receiver(), *pieces))[0].text == TEXT


def test_the_end_of_one_session_and_the_bid_of_the_next_in_one_segment():
    receiver = Receiver()
    feed(receiver, session(RECORDS)[:-1])
    assert replies(feed(receiver, bytes((EOT, ENQ)))) == [ACK]
    assert len(messages(feed(receiver, session(RECORDS)[1:]))) == 1


def test_frame_numbers_run_over_seven():
    long = [RECORDS[0], *(f"C|{n}|I|x" for n in range(20)), "L|1|N"]
    events = feed(Receiver(), session(long))
    assert set(replies(events)) == {ACK}
    assert messages(events)[0].text.count(b"\r") == 22


def spoiled(frame: bytes, how: str) -> bytes:
    if how == "checksum":
        return frame[:-4] + (b"00" if frame[-4:-2] != b"00" else b"01") + b"\r\n"
    if how == "frame_number":
        content = b"5" + frame[2:-4]
        return b"\x02" + content + checksum(content) + b"\r\n"
    return frame[:-3] + b"\r\n"  # one digit of the checksum is missing


@pytest.mark.parametrize("how", ["checksum", "frame_number", "malformed"])
def test_a_spoiled_frame_is_refused_and_taken_when_it_comes_right(how):
    first, second, *rest = frames([record.encode() for record in RECORDS])
    receiver = Receiver()
    feed(receiver, bytes((ENQ,)), first)
    assert receiver.feed(spoiled(second, how)) == [Reply(NAK, how)]
    events = feed(receiver, second, *rest, bytes((EOT,)))
    assert messages(events)[0].text == TEXT
    assert replies(events) == [ACK] * (len(rest) + 1)


def test_a_frame_sent_again_because_our_ack_was_lost_counts_once():
    sent = list(frames([record.encode() for record in RECORDS]))
    events = feed(Receiver(), bytes((ENQ,)), *[frame for frame in sent for _twice in range(2)], bytes((EOT,)))
    assert [one.text for one in messages(events)] == [TEXT]
    assert set(replies(events)) == {ACK}


def test_two_messages_in_one_frame_are_two():
    both = (TEXT + TEXT.replace(b"8.13", b"9.13"))[:-1]
    events = feed(Receiver(), bytes((ENQ,)), *frames([both], longest=5000), bytes((EOT,)))
    assert [one.text for one in messages(events)] == [TEXT, TEXT.replace(b"8.13", b"9.13")]
    assert replies(events) == [ACK, ACK]


@pytest.mark.parametrize(
    ("ending", "why"), [(bytes((EOT,)), "no_terminator"), (bytes((ENQ,)), "cut_off"), (b"\x023R|3", "cut_off")]
)
def test_a_message_without_its_end_is_kept_and_called_broken(ending, why):
    sent = list(frames([record.encode() for record in RECORDS[:3]]))
    receiver = Receiver()
    events = feed(receiver, bytes((ENQ,)), *sent, ending) + receiver.close()
    (broken,) = [event for event in events if isinstance(event, Captured)]
    assert broken.broken == why
    assert broken.raw.startswith(b"".join(sent))
    assert messages(events) == []


def test_a_refused_frame_that_never_comes_right_is_kept_with_the_reason():
    first, second, *_rest = frames([record.encode() for record in RECORDS])
    bad = spoiled(second, "checksum")
    receiver = Receiver()
    events = feed(receiver, bytes((ENQ,)), first, bad, bytes((EOT,)))
    (broken,) = [event for event in events if isinstance(event, Captured)]
    assert (broken.broken, broken.raw) == ("checksum", first + bad)


def test_frames_without_a_bid_are_passed_over_unless_the_profile_says_so():
    stream = b"".join(frames([record.encode() for record in RECORDS]))
    silent = Receiver()
    assert silent.feed(stream) == []
    assert silent.junk > 0
    assert messages(Receiver(handshake=False).feed(stream))[0].text == TEXT


def test_junk_is_bounded():
    receiver = Receiver()
    assert receiver.feed(b"GET / HTTP/1.1\r\n" * 1000) == []
    assert receiver.junk == 14_000
    receiver.feed(bytes((ENQ, STX)))
    events = []
    for _n in range(40):
        events += receiver.feed(b"1" * 4096)
    assert [event.reason for event in events] == ["frame_too_long"]
    assert len(receiver._frame or b"") == 0


def test_a_message_that_never_ends_is_bounded():
    receiver = Receiver(longest=4000)
    lines = [f"C|{n}|I|{'x' * 200}".encode() for n in range(30)]
    refused = [
        event for event in feed(receiver, bytes((ENQ,)), *frames(lines)) if isinstance(event, Reply) and event.reason
    ]
    assert refused[0].reason == "message_too_long"
    (broken,) = feed(receiver, bytes((EOT,)))
    assert len(broken.raw) < 2 * 4000 + 300


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_nothing_that_comes_breaks_the_receiver(noise):
    receiver = Receiver()
    receiver.feed(noise)
    receiver.feed(bytes((EOT,)))
    assert messages(feed(receiver, session(RECORDS)))[0].text == TEXT


# --- Captures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"\r", b"\n", b"\r\n"])
def test_a_capture_without_frames(mark):
    (found,) = framing.unframe(mark.join(record.encode() for record in RECORDS))
    assert (found.text, found.broken) == (TEXT, "")


def test_a_capture_with_both_directions_and_a_second_try():
    first, second, *rest = frames([record.encode() for record in RECORDS])
    stream = (
        b"\x05\x06" + first + b"\x06" + spoiled(second, "checksum") + b"\x15" + second + b"\x06" + b"\x06".join(rest)
    )
    (found,) = framing.unframe(stream)
    assert (found.text, found.broken) == (TEXT, "")


def test_a_capture_cut_in_the_middle_says_so():
    found = framing.unframe(session(RECORDS)[:200])
    assert [one.broken for one in found] == ["cut_off"]


# --- MLLP -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=40, deadline=None)
def test_blocks_split_and_joined(cuts):
    stream = mllp.block(b"MSH|1\r") + mllp.block(b"MSH|2\r") + mllp.block(b"MSH|3\r")
    places = sorted({min(cut, len(stream)) for cut in cuts})
    receiver, found = mllp.Receiver(), []
    for begin, end in zip([0, *places], [*places, len(stream)], strict=True):
        found += receiver.feed(stream[begin:end])
    assert [one.text for one in found] == [b"MSH|1\r", b"MSH|2\r", b"MSH|3\r"]
    assert receiver.junk == 0


def test_a_block_that_never_ends():
    receiver = mllp.Receiver(longest=1000)
    assert receiver.feed(b"\x0bMSH|" + b"x" * 500) == []
    (broken,) = receiver.feed(b"x" * 600)
    assert (broken.broken, len(broken.raw)) == ("message_too_long", 1000)
    assert receiver.feed(mllp.block(b"MSH|1\r"))[0].text == b"MSH|1\r"
    receiver.feed(b"\x0bMSH|2")
    assert [one.broken for one in receiver.close()] == ["cut_off"]
