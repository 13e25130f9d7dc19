"""Read models built from a journal: how fast, beside events that are only read, and in how much
memory."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeAlias

from benchmarks.clocks import EVENTS
from benchmarks.journals import make_journal, ticket_id
from benchmarks.memory import megabytes
from ticketdomain.journal import Journal, decode, open_journal
from ticketdomain.live import Live
from ticketdomain.ticket import TICKET
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketprojections.views.building import Builder
from ticketprojections.views.file import Views
from ticketprojections.views.projector import Projector
from ticketprojections.views.read_model import ReadModel
from ticketservice.service import folds, read_models

Table: TypeAlias = dict[str, float | dict[str, float]]
Work: TypeAlias = Callable[[], None]

FLOOR = "events read and decoded"
MEMORY = "MB of memory at the most"
SMALLER = 4  # times


def measure(count: int) -> Table:
    """Build from a journal of about so many events, and from a smaller one: events per second, of
    the clock and of the processor, and memory."""
    smaller = _alone(count // SMALLER)[MEMORY]
    return {**_alone(count), f"{MEMORY}, with 1/{SMALLER} of the events": smaller}


def _alone(count: int) -> Table:
    """Build in a process of its own, whose memory nothing else has touched."""
    with (
        TemporaryDirectory() as directory,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes,
    ):
        path = Path(directory, "journal.db")
        tickets = make_journal(path, count)
        return processes.submit(_build, path, tickets).result()


def _build(path: Path, tickets: int) -> Table:
    with (
        closing(open_journal(f"sqlite:///{path}")) as journal,
        closing(Views(path.with_name("views.db"))) as views,
    ):
        read: Work = partial(_read, journal, tickets)
        works = {FLOOR: read, **_builds(journal, views)}
        rates = {name: _rates(work, tickets * EVENTS) for name, work in works.items()}
    return {**rates, MEMORY: megabytes("self", "at most")}


def _rates(work: Work, events: int) -> dict[str, float]:
    began, cpu = perf_counter(), process_time()
    work()
    return {
        "per_second": events / (perf_counter() - began),
        "per_cpu_second": events / (process_time() - cpu),
    }


def _read(journal: Journal, tickets: int) -> None:
    with journal.reading() as reader:
        for ticket in range(tickets):
            for row in reader.stream(ticket_id(ticket)):
                decode(row)


def _builds(journal: Journal, views: Views) -> dict[str, Work]:
    """Name the read models, each with what builds it."""
    sla = Sla(default_policies())
    live = Live(folds(sla), sla.book.read)
    projector = Projector(journal, live, views, read_models(sla), (TICKET, sla.fold))
    projector.open()
    return {f"{each.name} built": partial(_finish, projector, each) for each in projector.models}


def _finish(projector: Projector, model: ReadModel) -> None:
    for _ in Builder(projector).build(model):
        pass
