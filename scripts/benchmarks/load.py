"""A load generator that is light beside any server: raw keep-alive sockets, prebuilt requests."""

import json
import socket
from collections.abc import Iterator, Sequence
from math import inf
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter, process_time

from msgspec import Struct

PATIENCE = 30  # seconds without any answer


class Load(Struct, frozen=True):
    """What was seen under load: `latencies` and `seconds` in seconds, `busy` is the share of one
    core that the generator itself took: near 1 it would be what limits."""

    latencies: list[float]
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def http_request(method: str, path: str, secret: str, body: object = None) -> bytes:
    """Write a request, with the headers that curl sends."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: curl/8.5.0",
        "Accept: */*",
        f"Authorization: Bearer {secret}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """One keep-alive connection: it sends the next request when one is answered."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._sent_at = 0.0
        self._received = b""

    def send(self) -> bool:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        self._sent_at = perf_counter()
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def receive(self) -> float | None:
        """Take what has arrived: the latency once the answer is complete, `None` before."""
        self._received += self.socket.recv(65_536)
        if not _complete(self._received):
            return None
        if not self._received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise RuntimeError(self._received.decode())
        self._received = b""
        return perf_counter() - self._sent_at


def _complete(received: bytes) -> bool:
    if not received:
        msg = "the server has closed a connection"
        raise ConnectionError(msg)
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    at = received.index(b"content-length: ") + 16
    return len(received) == head_end + 4 + int(received[at : received.index(b"\r", at)])


def put_under_load(port: int, streams: Sequence[Iterator[bytes]], seconds: float = inf) -> Load:
    """Send each stream over a connection of its own, until time or streams end; then wait for
    every answer, so that each request sent is one acknowledged.

    Raises:
        RuntimeError: an answer is no success.
        OSError: the server does not answer.
    """
    latencies: list[float] = []
    with DefaultSelector() as selector:
        for connection in [Connection(port, requests) for requests in streams]:
            selector.register(connection.socket, EVENT_READ, connection)
        began, cpu = perf_counter(), process_time()
        for key in list(selector.get_map().values()):
            _send(selector, key.data, proceed=True)
        while selector.get_map():
            if not (ready := selector.select(PATIENCE)):
                raise TimeoutError
            for key, _ in ready:
                if (latency := key.data.receive()) is not None:
                    latencies.append(latency)
                    _send(selector, key.data, proceed=perf_counter() - began < seconds)
        took = perf_counter() - began
        return Load(latencies, took, (process_time() - cpu) / took)


def _send(selector: DefaultSelector, connection: Connection, *, proceed: bool) -> None:
    if not (proceed and connection.send()):
        selector.unregister(connection.socket)
        connection.socket.close()
