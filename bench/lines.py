"""Devices for the figures: connections that send blood counts over ASTM, each frame waiting for its ACK.

``python -m bench.lines PORT CONNECTIONS MESSAGES FIRST`` prints JSON: seconds, and the median and 95th percentile of a message's
time from its bid to its last ACK. One thread for all connections, so that the load takes little of what is measured.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator

from tests.interop.captures import six_records

from laras.interop.rules.framing import ACK, ENQ, EOT, frames


def pieces(first: int, count: int) -> list[list[bytes]]:
    """What one device sends: for each message its bid and its frames."""
    return [
        [bytes((ENQ,)), *frames([record.encode() for record in six_records(first + number)])] for number in range(count)
    ]


def main(port: int, connections: int, count: int, first: int) -> None:
    selector = selectors.DefaultSelector()
    times: list[float] = []
    ready = [pieces(first + n * count, count) for n in range(connections)]
    began = time.perf_counter()
    for messages in ready:
        line = socket.create_connection(("127.0.0.1", port), timeout=30)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        steps = send(line, messages, times)
        next(steps)
        selector.register(line, selectors.EVENT_READ, steps)
    open_lines = connections
    while open_lines:
        for key, _events in selector.select(30):
            try:
                next(key.data)
            except StopIteration:
                selector.unregister(key.fileobj)
                open_lines -= 1
    seconds = time.perf_counter() - began
    times.sort()
    quantiles = [times[len(times) // 2], times[len(times) * 95 // 100]]
    print(json.dumps({"seconds": seconds, "messages": len(times), "median": quantiles[0], "p95": quantiles[1]}))


def send(line: socket.socket, messages: list[list[bytes]], times: list[float]) -> Iterator[None]:
    """One device; goes on whenever an answer is there. Raises RuntimeError for any other answer than ACK."""
    for message in messages:
        begun = time.perf_counter()
        for piece in message:
            line.sendall(piece)
            yield
            if line.recv(1) != bytes((ACK,)):
                raise RuntimeError("not acknowledged")
        times.append(time.perf_counter() - begun)
        line.sendall(bytes((EOT,)))
    line.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))
