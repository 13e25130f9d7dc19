"""Requests under load: what a PUT and a GET take, beside a bare echo and a bare commit."""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TypeAlias

from benchmarks.lag import watch
from benchmarks.load import Load, http_request, put_under_load
from benchmarks.servers import (
    ECHO,
    PROGRAM,
    WITHOUT_READ_MODELS,
    WITHOUT_SLA,
    Service,
    listening,
    service,
)
from benchmarks.storage import check_journal, raw_commits

LONG, SHORT, SHORT_TICKETS = 10_000, 10, 100
EVENTS_PER_PUT = 3
JOURNAL = "journal.db"
NOTE = "Contacted customer to verify refund amount."

Measure: TypeAlias = Callable[[float], Load]
# What is left out, by part, to see what it takes.
WITHOUT = {
    "sla": ("put, no sla", WITHOUT_SLA),
    "follow": ("put, no read models", WITHOUT_READ_MODELS),
}
# What is divided by what, round by round.
RATIOS = {
    "PUT, all connections : echo": ("put", "echo"),
    "PUT, one connection : echo": ("put, one", "echo, one"),
    "PUT, one connection : raw commit": ("put, one", "commit"),
    "GET, all connections : echo": ("get", "echo"),
    "PUT with SLA metrics : without": ("put, fresh", "put, no sla"),
    "PUT with read models : without": ("put, fresh", "put, no read models"),
    f"PUT at {LONG} updates : at {SHORT}": ("put, long", "put, short"),
    f"GET at {LONG} updates : at {SHORT}": ("get, long", "get, short"),
}


class Tickets:
    """Tickets that were opened for the benchmark, with the requests that change them."""

    def __init__(self, service: Service, connections: int) -> None:
        self._service = service
        self.paths = [self._open() for _ in range(connections + 1 + SHORT_TICKETS)]
        self.long, *self.short = self.paths[connections:]
        # One ticket per connection: only then is every request sure to make its three events.
        self.streams = [self._changing([path]) for path in self.paths[:connections]]
        self.long_stream = self._changing([self.long])
        # So many that none of them grows long while it is measured.
        self.short_stream = self._changing(self.short)
        self.notes = self.puts = 0

    def grow(self) -> None:
        """Give the tickets their numbers of updates: notes, which are an event each."""
        paths = [self.long] * LONG + self.short * SHORT
        self.notes = len(paths)
        notes = iter([self._request("PUT", path, {"internal_note": NOTE}) for path in paths])
        put_under_load(self._service.port, [notes] * len(self.streams))

    def put(self, streams: list[Iterator[bytes]], seconds: float) -> Load:
        load = put_under_load(self._service.port, streams, seconds)
        self.puts += len(load.latencies)
        return load

    def get(self, path: str, connections: int, seconds: float) -> Load:
        requests = cycle([self._request("GET", path)])
        return put_under_load(self._service.port, [requests] * connections, seconds)

    def acknowledged(self) -> int:
        """Give the number of events that were answered for; the service must say the same.

        Raises:
            RuntimeError: it does not.
        """
        written = len(self.paths) + self.notes + EVENTS_PER_PUT * self.puts
        versions = sum(self._service.ask("GET", path)["version"] for path in self.paths)
        if versions != written:
            msg = f"{written} events were acknowledged, the tickets have {versions}"
            raise RuntimeError(msg)
        return written

    def _open(self) -> str:
        ticket = self._service.ask("POST", "/v1/tickets", {"subject": "Refund"})
        return f"/v1/tickets/{ticket['id']}"

    def _changing(self, paths: list[str]) -> Iterator[bytes]:
        """Change status and priority to and fro."""
        there = {"status": "in_progress", "priority": 1, "internal_note": NOTE}
        back = {"status": "open", "priority": 3, "internal_note": NOTE}
        return cycle([self._request("PUT", p, body) for body in (there, back) for p in paths])

    def _request(self, method: str, path: str, body: object = None) -> bytes:
        return http_request(method, path, self._service.secret, body)


def measures(
    what: set[str], journals: Path, options: argparse.Namespace, stack: ExitStack
) -> tuple[dict[str, Measure], Tickets]:
    """Name all that is measured of the parts in `what`, in the order of a round."""
    connections: int = options.connections
    echo_port = stack.enter_context(listening(ECHO))
    body = {"status": "open", "priority": 3, "internal_note": NOTE}
    echo = cycle([http_request("PUT", "/v1/tickets/ticket_abc123xyz789", "sk_live_abc123", body)])
    tickets = Tickets(stack.enter_context(service(journals / JOURNAL, PROGRAM)), connections)
    streams = tickets.streams
    named: dict[str, Measure] = {
        "echo": lambda seconds: put_under_load(echo_port, [echo] * connections, seconds),
    }
    if "put" in what:
        named["put"] = lambda seconds: tickets.put(streams, seconds)
    if "get" in what:
        named["get"] = lambda seconds: tickets.get(tickets.paths[0], connections, seconds)
    if "one" in what:
        named["echo, one"] = lambda seconds: put_under_load(echo_port, [echo], seconds)
        named["put, one"] = lambda seconds: tickets.put(streams[:1], seconds)
        named["commit"] = lambda seconds: raw_commits(journals / "commits.db", seconds)
    if "long" in what:
        tickets.grow()
        named["put, long"] = lambda seconds: tickets.put([tickets.long_stream], seconds)
        named["put, short"] = lambda seconds: tickets.put([tickets.short_stream], seconds)
        named["get, long"] = lambda seconds: tickets.get(tickets.long, 1, seconds)
        named["get, short"] = lambda seconds: tickets.get(tickets.short[0], 1, seconds)
    named |= _alike(what, journals, connections, stack)
    if "follow" in what:
        spawning = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        processes = stack.enter_context(spawning)
        named["lag"] = lambda seconds: _lag(processes, journals / JOURNAL, tickets, seconds)
    return named, tickets


def _alike(
    what: set[str], journals: Path, connections: int, stack: ExitStack
) -> dict[str, Measure]:
    """Name what is measured with a part of the service and without, on journals that grow alike."""
    without = {name: program for part, (name, program) in WITHOUT.items() if part in what}
    named: dict[str, Measure] = {}
    for name, program in {"put, fresh": PROGRAM, **without}.items() if without else ():
        beside = stack.enter_context(service(journals / name / JOURNAL, program))
        named[name] = _putting(Tickets(beside, connections))
    return named


def _putting(tickets: Tickets) -> Measure:
    return lambda seconds: tickets.put(tickets.streams, seconds)


def _lag(processes: ProcessPoolExecutor, journal: Path, tickets: Tickets, seconds: float) -> Load:
    """Watch how far read models are behind the journal under the same load as `put`."""
    watched = processes.submit(watch, journal, seconds)
    tickets.put(tickets.streams, seconds)
    return watched.result()


def run(what: set[str], options: argparse.Namespace) -> tuple[dict[str, list[Load]], int]:
    """Take all measures in turns; give what each round saw, and the number of events checked.

    Raises:
        RuntimeError: the journal has not what was acknowledged.
    """
    with TemporaryDirectory() as directory:
        with ExitStack() as stack:
            named, tickets = measures(what, Path(directory), options, stack)
            rounds = [
                {name: measure(options.seconds / options.rounds) for name, measure in named.items()}
                for _ in range(1 + options.rounds)
            ][1:]  # the first warms up
            events = tickets.acknowledged() + 2  # the key's, and that of the policies
        check_journal(Path(directory, JOURNAL), events)
    return {name: [each[name] for each in rounds] for name in named}, events


def summary(seen: dict[str, list[Load]]) -> dict[str, dict[str, float]]:
    """Give the medians of the rounds, in requests (or commits) per second and milliseconds."""
    return {
        name: {
            "per_second": median(load.rate for load in loads),
            "p50_ms": median(1000 * median(load.latencies) for load in loads),
            "p95_ms": median(1000 * quantiles(load.latencies, n=20)[-1] for load in loads),
            "generator_busy": median(load.busy for load in loads),
        }
        for name, loads in seen.items()
    }


def ratios(seen: dict[str, list[Load]]) -> dict[str, float]:
    """Give the medians of each round's own ratio of rates: what slows a round slows both sides."""
    return {
        name: median(a.rate / b.rate for a, b in zip(seen[over], seen[under], strict=True))
        for name, (over, under) in RATIOS.items()
        if over in seen and under in seen
    }
