"""How many SLA clocks run, are at risk or late: counted over all tickets at a moment."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from ticketprojections.sla.metrics import CLOCKS
from ticketprojections.tickets.table import instant
from ticketprojections.views.generations import View

AT_RISK = timedelta(hours=1)


class Counts(Struct, frozen=True):
    """How many clocks run and are not late, how many of these will be within the hour, and how
    many run and are late: their `due_at` has passed."""

    running: int = 0
    at_risk: int = 0
    breached: int = 0


def clock_counts(view: View, now: datetime) -> Mapping[int, Counts]:
    """Count the clocks of every priority, 1 to 4.

    Raises:
        ReadModelError: tickets are not listed yet.
    """
    breached, soon = (
        " + ".join(f"count(CASE WHEN {clock}_due_at {within} THEN 1 END)" for clock in CLOCKS)
        for within in ("< :now", "BETWEEN :now AND :soon")
    )
    table = view.live("tickets").table("tickets")
    query = (
        f"SELECT priority, sum(sla_running), {soon}, {breached}"
        f" FROM {table} WHERE sla_timely_until IS NOT NULL GROUP BY priority"
    )
    found = view.select(query, {"now": instant(now), "soon": instant(now + AT_RISK)})
    counts = dict.fromkeys(range(1, 5), Counts())
    for priority, running, at_risk, late in found:
        counts[priority] = Counts(running - late, at_risk, late)
    return counts
