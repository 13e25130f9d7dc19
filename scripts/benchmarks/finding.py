"""A list of many tickets: what it takes to find a page of them, by this and that."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeAlias

from msgspec.structs import replace

from benchmarks.believable import (
    CATEGORIES,
    LARGE,
    NOW,
    PEOPLE,
    SMALL,
    STATUSES,
    TAGS,
    WORDS,
    Zipf,
    rows,
)
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketprojections.tickets import tickets_model
from ticketprojections.tickets.filters import TicketQuery
from ticketprojections.tickets.query import find
from ticketprojections.views.file import Views

Workload: TypeAlias = Callable[[Random], TicketQuery]

IN_A_TRANSACTION = 2_000  # tickets
TIMES = 200  # each workload, every time with something else to look for
IN_A_PAGE = 50
LATE_PAGE = 1_000
ALL_OF_LARGE = TicketQuery(account=LARGE, as_of=NOW)


def measure(tickets: int) -> dict[str, dict[str, float]]:
    """Fill read models with so many tickets, and find pages of 50: milliseconds by workload."""
    late = max(1, min(LATE_PAGE, tickets // IN_A_PAGE // 2))
    with (
        TemporaryDirectory() as directory,
        closing(Views(Path(directory, "views.db"))) as views,
    ):
        _fill(views, tickets)
        return {name: _milliseconds(views, each) for name, each in _workloads(views, late).items()}


def _fill(views: Views, tickets: int) -> None:
    model = tickets_model(Sla(default_policies()))
    views.make()
    made = rows(tickets)
    with views.writing() as store:
        generation = store.begin(model, 1)
    while batch := list(islice(made, IN_A_TRANSACTION)):
        with views.writing() as store:
            model.write(store.db, generation.table, batch)
    with views.writing() as store:
        store.reach(generation, 1)
        store.swap(generation, model)


def _workloads(views: Views, late: int) -> dict[str, Workload]:
    page = _late_page(views, late)
    return {
        "newest": lambda _: ALL_OF_LARGE,
        f"page {late:,}": lambda _: page,
        "by status": lambda random: replace(ALL_OF_LARGE, status=[_status(random)]),
        "by assignee and status": lambda random: replace(
            ALL_OF_LARGE, assigned_to=[_any(random, PEOPLE)], status=[_status(random)]
        ),
        "by tag": lambda random: replace(ALL_OF_LARGE, tag=[_any(random, TAGS)]),
        "by category and priority": lambda random: replace(
            ALL_OF_LARGE, category=[_any(random, CATEGORIES)], priority=[random.randint(1, 4)]
        ),
        "by SLA due": lambda _: replace(ALL_OF_LARGE, sort="sla_due", descending=False),
        "SLA breached": lambda _: replace(ALL_OF_LARGE, sla_state=["breached"]),
        **{
            f"q of {words} {'word' if words == 1 else 'words'}, {account} account": _search(
                account, words
            )
            for account in (LARGE, SMALL)
            for words in (1, 2)
        },
    }


def _search(account: str, words: int) -> Workload:
    """Search for words as people do: half of them common, half of them any, the last cut short."""

    def asked(random: Random) -> TicketQuery:
        common = random.random() < 0.5
        picked = WORDS.pick(random, words) if common else random.choices(WORDS.things, k=words)
        return TicketQuery(account=account, as_of=NOW, q=" ".join(picked)[:-1])

    return asked


def _status(random: Random) -> str:
    return random.choice([status for status, _ in STATUSES])


def _any(random: Random, of: Zipf) -> str:
    """Pick a common one as often as a rare one."""
    return random.choice(of.things)


def _late_page(views: Views, number: int) -> TicketQuery:
    """Go through the list to a page."""
    query = ALL_OF_LARGE
    with views.reading() as view:
        for _ in range(1, number):
            query = replace(query, cursor=find(view, query).next)
    return query


def _milliseconds(views: Views, workload: Workload) -> dict[str, float]:
    took = sorted(_times(views, workload))
    return {"p50_ms": 1000 * median(took), "p99_ms": 1000 * quantiles(took, n=100)[-1]}


def _times(views: Views, workload: Workload) -> Iterator[float]:
    random = Random(7)
    for _ in range(TIMES):
        query = workload(random)
        began = perf_counter()
        with views.reading() as view:
            find(view, query)
        yield perf_counter() - began
