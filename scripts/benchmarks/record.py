"""The record: how fast a journal is verified, sealed, copied, taken elsewhere, and followed."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from json import loads
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

from benchmarks.journals import ACCOUNT, make_journal
from benchmarks.servers import PROGRAM, Service, listening
from ticketdomain.journal import open_journal
from ticketdomain.proof import check, seal
from ticketdomain.transfer import export, import_lines

LIVE = 200  # updates that a reader waits for


def measure(count: int) -> dict[str, float]:
    """Measure on a journal of about so many events: events per second, and milliseconds from an
    update's answer until a reader of the stream has it."""
    with TemporaryDirectory() as directory:
        path, file = Path(directory, "journal.db"), Path(directory, "journal.ndjson")
        make_journal(path, count)
        with closing(open_journal(f"sqlite:///{path}")) as journal:
            with journal.reading() as reader:
                events = reader.position()

            def rate(work: Callable[[], object]) -> float:
                began = perf_counter()
                work()
                return events / (perf_counter() - began)

            def read() -> None:
                with journal.reading() as reader:
                    for _ in reader.rows(after=0):
                        pass

            def write_export() -> None:
                with file.open("wb") as out:
                    out.writelines(export(journal))

            def read_export() -> None:
                other = open_journal(f"sqlite:///{Path(directory, 'other', 'journal.db')}")
                with closing(other), file.open("rb") as lines:
                    import_lines(other, lines)

            rates = {
                "events read per second": rate(read),
                "verified": rate(lambda: [None for _, found in check(journal.reading) if found]),
                "sealed": rate(lambda: seal(journal, datetime.now(UTC))),
                "exported": rate(write_export),
                "imported and verified": rate(read_export),
            }
        return {**rates, **_followed(path, events)}


def _followed(path: Path, events: int) -> dict[str, float]:
    """Follow the feed of a service, by pages and as a stream, to its end, and then live."""
    environment = {**os.environ, "TICKETDOMAIN_DATABASE": f"sqlite:///{path}"}
    scopes = [
        part
        for scope in ("events:read", "tickets:write", "tickets:read")
        for part in ("--scope", scope)
    ]
    create = [*PROGRAM, "keys", "create", "--account", ACCOUNT, "--name", "bench", *scopes]
    secret = subprocess.check_output(
        create, env=environment, stderr=subprocess.DEVNULL, text=True
    ).strip()
    with listening([*PROGRAM, "serve", "--port", "0"], environment) as port:
        service = Service(port, secret)
        began = perf_counter()
        after, seen = 0, -1
        while seen < after:
            seen, page = after, service.ask("GET", f"/v1/events?limit=200&after={after}")
            after = page["next"]
        paged = events / (perf_counter() - began)
        began = perf_counter()
        stream = _stream(service, 0)
        for position, _ in stream:
            if position >= events:
                break
        streamed = events / (perf_counter() - began)
        return {
            "followed by pages of 200": paged,
            "followed as a stream": streamed,
            "ms until a stream has an update": 1000 * median(_delays(service, after)),
        }


def _stream(service: Service, after: int) -> Iterator[tuple[int, float]]:
    """Give positions and the moments at which they come."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=30)
    headers = {"Authorization": f"Bearer {service.secret}", "Accept": "text/event-stream"}
    connection.request("GET", f"/v1/events?after={after}", headers=headers)
    answer: HTTPResponse = connection.getresponse()
    for line in answer:
        if line.startswith(b"data: "):
            yield loads(line[6:])["position"], perf_counter()


def _delays(service: Service, after: int) -> list[float]:
    ticket = service.ask("POST", "/v1/tickets", {"subject": "Refund"})
    stream, came = _stream(service, after), dict[int, float]()
    next(stream)

    def listen() -> None:
        for position, at in stream:
            came[position] = at
            if len(came) == LIVE:
                return

    listener = Thread(target=listen)
    listener.start()
    answered: list[float] = []
    for number in range(LIVE):
        service.ask("PUT", f"/v1/tickets/{ticket['id']}", {"priority": 1 + number % 2})
        answered.append(perf_counter())
    listener.join(30)
    return [max(0.0, at - since) for since, at in zip(answered, sorted(came.values()), strict=True)]
