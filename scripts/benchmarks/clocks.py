"""What business time and SLA metrics take, without a service around them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from time import perf_counter
from typing import TypeAlias

from msgspec.structs import replace

from ticketdomain.commands import OpenTicket
from ticketdomain.decide import decide
from ticketdomain.events import (
    NoteAdded,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    StatusChanged,
    TicketEvent,
)
from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketprojections.business_time import DAYS, Calendar, Hours
from ticketprojections.sla import measure
from ticketprojections.sla.policy import default_policies

Work: TypeAlias = Callable[[], object]

MONDAY = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
OPENING = OpenTicket(account="bench", subject="Refund")
LIFE: tuple[TicketEvent, ...] = (
    NoteAdded("Looked at it."),
    ReplyAdded("Which order is it?", "agent"),
    StatusChanged("pending", "waiting"),
    ReplyAdded("The one of Monday.", "customer"),
    StatusChanged("open", "active"),
    NoteAdded("Found it."),
    NoteAdded("Refunded."),
    PriorityChanged(2),
    NoteAdded("Checked."),
    PriorityChanged(3),
)
EVENTS = 50


def works() -> dict[str, Work]:
    """Name what is measured; each has been done once, so that what it keeps is there."""
    hours: Hours = (("09:00", "17:00"),)
    week: dict[str, Hours] = {day: hours for day in DAYS if day not in ("sat", "sun")}
    office = Calendar("Europe/Berlin", week, name="office")
    (standard,) = default_policies()
    policy, story = replace(standard, calendar=office), events()
    later, week_of_work = MONDAY + timedelta(days=365), timedelta(hours=40)
    named: dict[str, Work] = {
        "between, a year": lambda: office.between(MONDAY, later),
        "add, 40 hours": lambda: office.add(MONDAY, week_of_work),
        f"measure, {EVENTS} events": lambda: measure(story, policy, later),
    }
    for work in named.values():
        work()
    return named


def events() -> list[Recorded]:
    """Give a ticket's events, an hour apart: replies, pauses, priorities and notes."""
    opened = decide(OPENING, None, DEFAULT_WORKFLOW)
    told = [*opened, *islice(cycle(LIFE), EVENTS - 1)]
    return [
        Recorded("ticket_1", n, n, MONDAY + timedelta(hours=n), None, None, event, "bench")
        for n, event in enumerate(told, 1)
    ]


def microseconds(work: Work, seconds: float) -> float:
    """Give how long a work takes, from as many runs as fit into some time."""
    runs, began = 0, perf_counter()
    while (took := perf_counter() - began) < seconds:
        for _ in range(10):
            work()
        runs += 10
    return took / runs * 1e6
