"""A journal of many events: how fast they are read and folded, and how a service starts on them."""

import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.journals import make_journal, ticket_id
from benchmarks.memory import megabytes
from benchmarks.servers import PROGRAM
from ticketdomain.journal import Head, Journal, Reader, decode, open_journal
from ticketdomain.live import StreamState
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketservice.service import folds


def measure(count: int) -> dict[str, float]:
    """Make a journal of about so many events, and measure on it; see the names."""
    with TemporaryDirectory() as directory:
        path = Path(directory, "journal.db")
        tickets = make_journal(path, count)
        with closing(open_journal(f"sqlite:///{path}")) as journal:
            rates = _rates(journal, tickets)
        return {**rates, **_start(path)}


def _rates(journal: Journal, tickets: int) -> dict[str, float]:
    """Give events per second: read as rows, decoded, and folded as the desk folds them."""
    ticket_folds = folds(Sla(default_policies()))["ticket"]
    nothing = StreamState("", ticket_folds, Head(), (None,) * len(ticket_folds))

    def read(reader: Reader, ticket: int) -> int:
        return len(list(reader.stream(ticket_id(ticket))))

    def decoded(reader: Reader, ticket: int) -> int:
        return len([decode(row) for row in reader.stream(ticket_id(ticket))])

    def folded(reader: Reader, ticket: int) -> int:
        recorded = [decode(row) for row in reader.stream(ticket_id(ticket))]
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
        memory = megabytes(process.pid, "now")
        process.terminate()
    return {"seconds to start": took, "MB of memory": memory}
