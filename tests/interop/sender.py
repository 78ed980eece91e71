"""The device's end of a line: sends as the standards say and waits for each answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from laras.interop.rules.framing import ACK, ENQ, EOT, frames
from laras.interop.rules.mllp import block


class Refused(Exception):
    """Something else than ACK came."""


class Sender:
    """One connection. Raises ``OSError`` when it breaks."""

    def __init__(self, port: int, *, timeout: float = 30) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.socket.close()

    def ask(self, content: bytes) -> int:
        """Send, and answer the byte that comes back."""
        self.socket.sendall(content)
        answer = self.socket.recv(1)
        if not answer:
            raise ConnectionError("closed")
        return answer[0]

    def send_astm(self, records: Sequence[str]) -> None:
        """One session; every frame waits for its ACK. Returns when the last one came: the message is acknowledged."""
        self.send_frames(list(frames([record.encode() for record in records])))

    def send_frames(self, prepared: Sequence[bytes]) -> None:
        for piece in (bytes((ENQ,)), *prepared):
            answer = self.ask(piece)
            if answer != ACK:
                raise Refused(answer)
        self.socket.sendall(bytes((EOT,)))

    def send_hl7(self, message: bytes) -> bytes:
        """One message; answers the acknowledgement."""
        self.socket.sendall(block(message))
        return self.read_block()

    def read_block(self) -> bytes:
        answer = bytearray()
        while not answer.endswith(b"\x1c\r"):
            piece = self.socket.recv(4096)
            if not piece:
                raise ConnectionError("closed")
            answer += piece
        return bytes(answer[1:-2])


def wait_for(port: int, *, seconds: float = 60) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
