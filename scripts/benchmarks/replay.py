"""A journal of many events: how fast they are read and folded, and how a service starts on them."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from msgspec.structs import replace

from benchmarks.clocks import EVENTS, events
from benchmarks.servers import PROGRAM
from ticketdomain.journal import Head, Journal, Reader, StoredRow, decode, encode, open_journal
from ticketdomain.live import StreamState
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketservice.service import folds

IN_A_COMMIT = 20_000  # events


def measure(count: int) -> dict[str, float]:
    """Make a journal of about so many events, and measure on it; see the names."""
    with TemporaryDirectory() as directory:
        path, tickets = Path(directory, "journal.db"), count // EVENTS
        journal = open_journal(f"sqlite:///{path}")
        rows = _rows(tickets)
        while batch := list(islice(rows, IN_A_COMMIT)):
            with journal.writing() as writer:
                writer.append(batch)
        rates = _rates(journal, tickets)
        journal.close()
        return {**rates, **_start(path)}


def _rows(tickets: int) -> Iterator[StoredRow]:
    story = events()
    for ticket in range(tickets):
        head = Head()
        for recorded in story:
            position = ticket * len(story) + recorded.version
            placed = replace(recorded, ticket_id=_name(ticket), position=position)
            row = encode(placed, head.chain_hash, salt=bytes(16))
            head = row.head
            yield row


def _name(ticket: int) -> str:
    return f"ticket_{ticket:020x}"


def _rates(journal: Journal, tickets: int) -> dict[str, float]:
    """Give events per second: read as rows, decoded, and folded as the desk folds them."""
    ticket_folds = folds(Sla(default_policies()))["ticket"]
    nothing = StreamState("", ticket_folds, Head(), (None,) * len(ticket_folds))

    def read(reader: Reader, ticket: int) -> int:
        return len(list(reader.stream(_name(ticket))))

    def decoded(reader: Reader, ticket: int) -> int:
        return len([decode(row) for row in reader.stream(_name(ticket))])

    def folded(reader: Reader, ticket: int) -> int:
        recorded = [decode(row) for row in reader.stream(_name(ticket))]
        nothing.after(recorded, Head())
        return len(recorded)

    def rate(work: Callable[[Reader, int], int]) -> float:
        with journal.reading() as reader:
            began = perf_counter()
            done = sum(work(reader, ticket) for ticket in range(tickets))
            return done / (perf_counter() - began)

    return {
        "events read per second": rate(read),
        "read and decoded": rate(decoded),
        "read, decoded and folded": rate(folded),
    }


def _start(path: Path) -> dict[str, float]:
    """Start a service: seconds until it is ready, and its memory then."""
    environment = {**os.environ, "TICKETDOMAIN_DATABASE": f"sqlite:///{path}"}
    began = perf_counter()
    command = [*PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        connection = HTTPConnection("127.0.0.1", int(process.stdout.readline().rpartition(":")[2]))
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        took = perf_counter() - began
        told = Path(f"/proc/{process.pid}/status").read_text("ascii")
        process.terminate()
    found = re.search(r"VmRSS:\s+(\d+) kB", told)
    return {"seconds to start": took, "MB of memory": int(found[1]) / 1024 if found else 0}
