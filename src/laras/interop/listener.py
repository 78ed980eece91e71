"""The listener: one process for all lines. It acknowledges a message only when it is durable.

Three kinds of thread: the loop speaks with the devices and waits for no disk; the writer makes what has arrived durable,
all that waits in one flush (group commit); the reader turns stored messages into readings while the lines are quiet, so
that a burst of an instrument is never held up by the bench.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import close_old_connections, connection

from laras.core import wall
from laras.core.actor import system_actor
from laras.core.errors import DomainError
from laras.core.scope import Scope
from laras.interop import queries, services
from laras.interop.rules import framing, mllp, orders, records
from laras.interop.rules.framing import Captured, Complete, Reply
from laras.interop.rules.profiles import Profile
from laras.interop.services import Arrived

log = logging.getLogger(__name__)
ACTOR = system_actor("job:analyzer")

SILENCE: Final = 30.0
"""Seconds without a byte after which an ASTM session is over (LIS01-A2, 6.5.2.3: the receiver's timer)."""
TICK: Final = 5.0
"""Seconds between two looks at who is silent."""
AGAIN: Final = 15.0
"""Seconds between two questions which instruments there are."""
QUIET: Final = 0.25
"""Seconds without a message after which the reader begins; it begins anyway after ``PATIENCE``."""
PATIENCE: Final = 5.0
READ_AT_ONCE: Final = 50
WRITE_AT_ONCE: Final = 256
MOST_JUNK: Final = 1024 * 1024
"""Bytes that belong to nothing before a connection is closed."""
MOST_CONNECTIONS: Final = 64
"""On one line."""
MOST_TODO: Final = 1000
"""Events of one connection before it is slowed down."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where Laras listens, and how what arrives there is read. ``owner_id`` None: nobody has said whose line it is."""

    protocol: str
    host: str
    port: int
    profile: str
    owner_id: UUID | None = None
    instrument_id: UUID | None = None

    @property
    def name(self) -> str:
        return f"{self.protocol} {self.host}:{self.port}"


Done = Callable[[bool], None]


class Writer(threading.Thread):
    """Makes messages durable in groups, and tells each line when its own are."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="writer", daemon=True)
        self.loop = loop
        self.waiting: queue.SimpleQueue[tuple[list[Arrived], Done] | None] = queue.SimpleQueue()
        self.last = 0.0

    def put(self, arrived: list[Arrived], done: Done) -> None:
        self.waiting.put((arrived, done))

    def stop(self) -> None:
        """End when all that waits is stored."""
        self.waiting.put(None)
        self.join()

    def run(self) -> None:
        ending = False
        while not ending:
            group = [self.waiting.get()]
            size = 0
            while size < WRITE_AT_ONCE:
                try:
                    group.append(self.waiting.get_nowait())
                    size += 1
                except queue.Empty:
                    break
            ending = None in group
            taken = [one for one in group if one is not None]
            if taken:
                stored = self._store([message for messages, _done in taken for message in messages])
                self.last = time.monotonic()
                self.loop.call_soon_threadsafe(_tell, [done for _messages, done in taken], stored)
        connection.close()

    def _store(self, arrived: list[Arrived]) -> bool:
        owners = {one.owner_id for one in arrived if one.owner_id is not None}
        try:
            with wall.ground(Scope.of(*owners)):
                services.store_messages(ACTOR, arrived=arrived)
            return True
        except Exception:
            # Nothing is acknowledged: the devices keep what they have and send it again.
            log.exception("messages could not be stored")
            close_old_connections()
            return False


def _tell(waiting: Sequence[Done], stored: bool) -> None:
    for done in waiting:
        done(stored)


class Reader(threading.Thread):
    """Reads what is stored, a few at a time, while nothing arrives."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(name="reader", daemon=True)
        self.writer = writer
        self.ended = threading.Event()

    def stop(self) -> None:
        self.ended.set()
        self.join()

    def run(self) -> None:
        put_off = time.monotonic()
        while not self.ended.wait(QUIET):
            now = time.monotonic()
            if now - self.writer.last < QUIET and now - put_off < PATIENCE:
                continue
            put_off = now
            try:
                while read_stored() and not self.ended.is_set() and time.monotonic() - self.writer.last >= QUIET:
                    pass
            except Exception:
                log.exception("stored messages could not be read")
                self.ended.wait(PATIENCE)
            close_old_connections()
        connection.close()


def read_stored() -> int:
    """Read some of the stored messages of every laboratory; answers how many. One that fails does not stop the others."""
    count = 0
    for owner_id, ids in queries.unread(READ_AT_ONCE).items():
        with wall.ground(Scope.of(owner_id)):
            try:
                count += services.read_messages(ACTOR, owner_id=owner_id, message_ids=ids)
            except Exception:
                log.exception("messages of %s could not be read together", owner_id)
                count += sum(_read_alone(owner_id, key) for key in ids)
    return count


def _read_alone(owner_id: UUID, key: UUID) -> int:
    try:
        return services.read_messages(ACTOR, owner_id=owner_id, message_ids=[key])
    except Exception:
        log.exception("message %s could not be read", key)
        return 0


class _Connection(asyncio.Protocol):
    """One device on a line: what has to be done is done in the order in which it came about."""

    def __init__(self, line: Line, profile: Profile, writer: Writer, open_ones: set[_Connection]) -> None:
        self.line, self.profile, self.writer, self.open_ones = line, profile, writer, open_ones
        self.todo: deque[Any] = deque()
        self.storing = self.paused = False
        self.peer = ""
        self.heard = time.monotonic()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if len(self.open_ones) >= MOST_CONNECTIONS:
            transport.abort()
            return
        self.open_ones.add(self)
        peer = transport.get_extra_info("peername") or ("",)
        self.peer = str(peer[0])

    def data_received(self, data: bytes) -> None:
        self.heard = time.monotonic()
        self.todo.extend(self.feed(data))
        if self.junk() > MOST_JUNK:
            log.warning("%s: %s sends nothing that can be read; closed", self.line.name, self.peer)
            self.abort()
            return
        self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_ones.discard(self)
        self.transport = None
        self.todo.extend(self.close())
        self.go_on()

    def go_on(self) -> None:
        """Do what waits, up to a message that must be durable first."""
        out = bytearray()
        while self.todo and not self.storing:
            messages, answer = self.step(self.todo.popleft())
            if messages:
                self.storing = True
                self.writer.put(
                    [self.arrived(one) for one in messages], lambda stored, a=answer: self.stored(stored, a)
                )
            else:
                out += answer
        self.send(bytes(out))
        if self.transport is not None:
            # A device that does not wait for its answers is slowed down instead of being kept in memory.
            if not self.paused and len(self.todo) > MOST_TODO:
                self.paused = True
                self.transport.pause_reading()
            elif self.paused and not self.todo:
                self.paused = False
                self.transport.resume_reading()

    def stored(self, stored: bool, answer: bytes) -> None:
        self.storing = False
        if not stored:
            self.abort()
            return
        self.send(answer)
        self.go_on()

    def send(self, content: bytes) -> None:
        if content and self.transport is not None:
            self.transport.write(content)

    def abort(self) -> None:
        """Without a word: what was not acknowledged is sent again."""
        self.todo.clear()
        if self.transport is not None:
            self.transport.abort()

    def arrived(self, captured: Captured) -> Arrived:
        line = self.line
        return Arrived(
            captured, line.name, line.protocol, line.profile, line.owner_id, line.instrument_id, peer=self.peer
        )

    # What the protocols do in their own way.
    def feed(self, data: bytes) -> list[Any]:
        raise NotImplementedError

    def close(self) -> list[Any]:
        raise NotImplementedError

    def junk(self) -> int:
        raise NotImplementedError

    def step(self, event: Any) -> tuple[list[Captured], bytes]:
        """(messages to store, answer): the answer is sent at once, or when they are stored."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Called every few seconds."""


class _Astm(_Connection):
    """Receives; and tells an instrument that asked what is to be done, once the line is free."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        profile = self.profile
        self.receiver = framing.Receiver(profile.handshake, profile.numbers, profile.checksums)
        self.sender: framing.Sender | None = None
        self.asked: list[bytes] = []
        self.outgoing: deque[list[bytes]] = deque()
        self.tasks: set[asyncio.Task[None]] = set()

    def feed(self, data: bytes) -> list[Any]:
        at = 0
        while self.sender is not None and not self.sender.yielded and at < len(data):
            self.send(self.sender.take(data[at], time.monotonic()))
            at += 1
            self.told()
        return self.receiver.feed(data[at:])

    def close(self) -> list[Any]:
        self.outgoing.clear()
        self.sender = None
        return self.receiver.close()

    def junk(self) -> int:
        return self.receiver.junk

    def step(self, event: Any) -> tuple[list[Captured], bytes]:
        if isinstance(event, Reply):
            if event.reason:
                log.info("%s: frame refused: %s", self.line.name, event.reason)
            return [], bytes((event.byte,))
        if isinstance(event, Complete):
            if self.profile.asked and self.line.owner_id is not None:
                self.asked += [one.text for one in event.messages if b"\rQ" in one.text]
            return list(event.messages), b""  # its ACK is the next event
        return [event], b""

    def stored(self, stored: bool, answer: bytes) -> None:
        super().stored(stored, answer)
        asked, self.asked = self.asked, []
        for text in asked if stored else ():
            task = asyncio.get_running_loop().create_task(self.look_up(text))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def look_up(self, text: bytes) -> None:
        try:
            records = await asyncio.to_thread(answer_query, self.line, self.profile, text)
        except Exception:
            log.exception("%s: a query could not be answered", self.line.name)
            return
        if records:
            self.outgoing.append(list(framing.frames(records)))
            self.speak()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.speak()

    def speak(self) -> None:
        """Begin to tell what waits, when nobody has the line."""
        if self.transport is None or self.receiver.open or self.todo:
            return
        if self.sender is None and self.outgoing:
            self.sender = framing.Sender(self.outgoing.popleft())
            self.send(self.sender.start(time.monotonic()))

    def told(self) -> None:
        """After each step of the sender: is it over?"""
        if self.sender is not None and self.sender.over:
            if self.sender.failed:
                log.warning("%s: an answer did not arrive: %s", self.line.name, self.sender.failed)
            self.sender = None
            self.speak()

    def tick(self, now: float) -> None:
        if self.sender is not None:
            if self.sender.yielded and not self.receiver.open:
                self.send(self.sender.start(now))
            else:
                self.send(self.sender.tick(now))
            self.told()
        if now - self.heard > SILENCE:
            self.heard = now
            self.todo.extend(self.receiver.close())
            self.go_on()
        self.speak()


def answer_query(line: Line, profile: Profile, text: bytes) -> list[bytes]:
    """The records that answer a query on this line: for each specimen the tests that wait for a value. In a thread of its own."""
    assert line.owner_id is not None
    close_old_connections()
    try:
        message = records.read_message(text, encoding=profile.encoding)
        if not orders.asks(message):
            return []
        asked = orders.queried(message, profile)
        with wall.ground(Scope.of(line.owner_id)):
            waiting = queries.waiting_tests(line.owner_id, [one.specimen for one in asked])
            at = queries.local_now(line.owner_id).strftime("%Y%m%d%H%M%S")
        codes = {number: orders.device_codes(profile, tests) for number, tests in waiting.items()}
        return [record.encode(profile.encoding, "replace") for record in orders.reply(asked, codes, profile, at=at)]
    finally:
        connection.close()


class _Mllp(_Connection):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.receiver = mllp.Receiver()

    def feed(self, data: bytes) -> list[Any]:
        return self.receiver.feed(data)

    def close(self) -> list[Any]:
        return self.receiver.close()

    def junk(self) -> int:
        return self.receiver.junk

    def step(self, event: Any) -> tuple[list[Captured], bytes]:
        from laras.interop.hl7 import acknowledgement

        if event.broken:
            return [event], mllp.block(acknowledgement(event.text[:4000], "AR", event.broken))
        if not event.text.startswith(b"MSH"):
            return [Captured(event.raw, event.text, "no_header")], mllp.block(acknowledgement(b"", "AR", "no_header"))
        return [event], mllp.block(acknowledgement(event.text, "AA"))


class Listener:
    """All lines of this process, until it is told to stop.

    ``lines`` answers what is to be served; it is asked again every ``AGAIN`` seconds, so that an instrument that was added,
    changed or removed is served as it is now. A line that cannot be opened is tried again then and holds up no other.
    """

    def __init__(self, lines: Callable[[], Sequence[Line]]) -> None:
        self.lines = lines
        self.servers: dict[Line, tuple[Profile, asyncio.Server]] = {}
        self.connections: dict[Line, set[_Connection]] = {}
        self.failed: dict[Line, str] = {}

    async def run(self, ready: Callable[[Sequence[Line]], None]) -> None:
        """Listen until SIGTERM or SIGINT. ``ready`` is told of the lines that are open, at first and whenever there are others.

        Raises ``OSError`` when none can be opened at first.
        """
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        writer = Writer(loop)
        reader = Reader(writer)
        try:
            refused = await self._serve(loop, writer)
            if refused is not None and not self.servers:
                raise refused
            for name in (signal.SIGTERM, signal.SIGINT):  # before this there is nothing to end in order
                loop.add_signal_handler(name, ended.set)
            writer.start()
            reader.start()
            ready(list(self.servers))
            asked = time.monotonic()
            while not ended.is_set():
                try:
                    await asyncio.wait_for(ended.wait(), TICK)
                except TimeoutError:
                    self._tick()
                    if time.monotonic() - asked >= AGAIN:
                        before = set(self.servers)
                        await self._serve(loop, writer)
                        ready([line for line in self.servers if line not in before])
                        asked = time.monotonic()
        finally:
            await self._close(writer, reader)

    async def _serve(self, loop: asyncio.AbstractEventLoop, writer: Writer) -> OSError | None:
        """Open what is to be served and is not, close what is no longer; answers the last refusal."""
        try:
            wanted = await asyncio.to_thread(self._wanted)
        except Exception:
            log.exception("what is to be served could not be asked")
            if not self.servers:
                raise
            return None
        for line, (profile, server) in list(self.servers.items()):
            if wanted.get(line) != profile:
                server.close()
                for one in list(self.connections.pop(line)):
                    one.abort()  # what was not acknowledged is sent again
                await server.wait_closed()
                del self.servers[line]
        refused = None
        for line, profile in wanted.items():
            if line in self.servers:
                continue
            try:
                self.servers[line] = (profile, await self._open(loop, line, profile, writer))
                self.failed.pop(line, None)
            except OSError as error:
                refused = error
                if self.failed.get(line) != str(error):
                    log.error("%s cannot be opened: %s", line.name, error.strerror or error)
                self.failed[line] = str(error)
        return refused

    def _wanted(self) -> dict[Line, Profile]:
        close_old_connections()
        found: dict[Line, Profile] = {}
        with wall.ground(Scope.everything()):
            for line in self.lines():
                try:
                    found[line] = queries.find_profile(line.owner_id, line.profile)
                except (DomainError, OSError) as error:
                    if self.failed.get(line) != str(error):
                        log.error("%s cannot be served: %s", line.name, error)
                    self.failed[line] = str(error)
        connection.close()
        return found

    async def _open(
        self, loop: asyncio.AbstractEventLoop, line: Line, profile: Profile, writer: Writer
    ) -> asyncio.Server:
        kind = _Astm if line.protocol == "astm" else _Mllp
        connections = self.connections[line] = set()
        return await loop.create_server(lambda: kind(line, profile, writer, connections), line.host, line.port)

    def _tick(self) -> None:
        now = time.monotonic()
        for connections in self.connections.values():
            for one in list(connections):
                one.tick(now)

    async def _close(self, writer: Writer, reader: Reader) -> None:
        for _profile, server in self.servers.values():
            server.close()
        for connections in self.connections.values():
            for one in list(connections):
                if one.transport is not None:
                    one.transport.close()
        await asyncio.sleep(0.05)  # what the closed lines leave behind goes to the writer
        if writer.is_alive():
            await asyncio.to_thread(reader.stop)
            await asyncio.to_thread(writer.stop)
