"""How long a clock has run over several spans, and when it is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ticketprojections.business_time import Calendar
from ticketprojections.business_year import Span
from ticketprojections.sla.metrics import ClockName
from ticketprojections.sla.policy import Terms


def elapsed(calendar: Calendar, runs: Sequence[Span]) -> timedelta:
    """Give the business time of all runs."""
    return sum((calendar.between(start, end) for start, end in runs), timedelta())


def wall_time(runs: Sequence[Span]) -> timedelta:
    """Give the real time of all runs."""
    return sum((end - start for start, end in runs), timedelta())


def due_at(terms: Terms, clock: ClockName, runs: Sequence[Span]) -> datetime | None:
    """Give the first instant at which a clock reaches its target if its last run goes on.

    `None` without a target or a run, and where it is beyond the reach of the calendar.
    """
    if (left := terms.target(clock)) is None or not runs:
        return None
    for start, end in runs[:-1]:
        if left <= (ran := terms.calendar.between(start, end)):
            return terms.calendar.add(start, left)
        left -= ran
    return terms.calendar.add(runs[-1][0], left)


def has_run(calendar: Calendar, runs: Sequence[Span], after: datetime, until: datetime) -> bool:
    """Whether any business time has run between two instants."""
    return after < until and any(
        calendar.between(max(start, after), min(end, until)) for start, end in reversed(runs)
    )


def seconds(duration: timedelta) -> int:
    """Give whole seconds, rounded down."""
    return duration // timedelta(seconds=1)
