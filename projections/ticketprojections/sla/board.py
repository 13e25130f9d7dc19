"""The SLA clocks of all tickets that run, to be counted at any moment."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from math import inf

from msgspec import Struct

from ticketprojections.sla.match import PRIORITIES
from ticketprojections.sla.state import SlaState

AT_RISK_SECONDS = timedelta(hours=1).total_seconds()


class Counts(Struct, frozen=True):
    """How many clocks run and are not late, how many of these will be within the hour, and how
    many run and are late: their `due_at` has passed."""

    running: int
    at_risk: int
    breached: int


class Board:
    """When the running clocks of each ticket are due; a ticket that has none takes no room.

    Instants are POSIX seconds, `inf` without a target: half the room of a datetime.
    """

    def __init__(self) -> None:
        self._due = {int(priority): dict[str, tuple[float, ...]]() for priority in PRIORITIES}

    def put(self, ticket_id: str, state: SlaState) -> None:
        """Note how a ticket stands as of its newest event."""
        self.remove(ticket_id)
        running = [clock for clock in state.clocks() if clock.running_since is not None]
        if running and state.policy is not None:
            due = tuple(each.due_at.timestamp() if each.due_at else inf for each in running)
            self._due[state.traits.priority][ticket_id] = due

    def remove(self, ticket_id: str) -> None:
        """Note that nothing is known of a ticket."""
        for tickets in self._due.values():
            tickets.pop(ticket_id, None)

    def counts(self, now: datetime) -> Mapping[int, Counts]:
        """Count the clocks of every priority, 1 to 4."""
        return {
            priority: _count(chain.from_iterable(tickets.values()), now.timestamp())
            for priority, tickets in self._due.items()
        }


def _count(due: Iterable[float], now: float) -> Counts:
    running = at_risk = breached = 0
    for each in due:
        if each < now:
            breached += 1
            continue
        running += 1
        at_risk += each - now <= AT_RISK_SECONDS
    return Counts(running, at_risk, breached)
