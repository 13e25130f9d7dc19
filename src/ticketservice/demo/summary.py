"""What there is to see after a demo has filled a journal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ticketdomain.ticket import TICKET
from ticketprojections.sla import ClockMetrics, SlaMetrics
from ticketprojections.sla.metrics import CLOCKS
from ticketservice.audit.words import CLOCK_WORDS
from ticketservice.demo.fill import Filled
from ticketservice.service import Service

SOON = timedelta(hours=1)
WORTH_SEEING = ("reopened", "escalated", "answered late", "nearly late with the solution")


def summary(service: Service, filled: Filled, now: datetime) -> Iterator[str]:
    """Tell line by line what was made, and which tickets are worth a look."""
    ids = [ticket_id for each in filled.tickets.values() for ticket_id in each]
    states = [service.tickets.newest(ticket_id) for ticket_id in ids]
    tickets = [ticket for state in states if (ticket := state.of(TICKET))]
    since = min(ticket.created_at for ticket in tickets)
    account = tickets[0].account
    yield f"{len(tickets)} tickets of the account {account}, {filled.updates} updates"
    yield f"  since {since:%Y-%m-%d}: {_counted(ticket.status for ticket in tickets)}"
    metrics = [each for state in states if (each := service.sla.metrics(state, now))]
    yield from _clocks(metrics, now)
    yield "\nRead what happened to some of them:"
    for story in WORTH_SEEING:
        yield f"  ticketdomain audit {filled.tickets[story][0]}  # {story}"
    yield "\nServe them all, and ask with a key of their account:"
    yield "  ticketdomain serve"


def _counted(states: Iterable[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in Counter(states).most_common())


def _clocks(metrics: list[SlaMetrics], now: datetime) -> Iterator[str]:
    for name in CLOCKS:
        clocks: list[ClockMetrics] = [clock for m in metrics if (clock := getattr(m, name))]
        soon = sum(1 for each in clocks if each.due_at and now <= each.due_at <= now + SOON)
        told = _counted(clock.state for clock in clocks)
        yield f"  {CLOCK_WORDS[name]}: {told}" + (f", {soon} due within the hour" if soon else "")
