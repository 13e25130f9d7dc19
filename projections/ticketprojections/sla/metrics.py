"""What is told of a ticket's clocks: the whole, and the summary that stands in every ticket."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from ticketdomain.events import StatusCategory

ClockName: TypeAlias = Literal["first_response", "next_response", "resolution"]
Outcome: TypeAlias = Literal["met", "missed"]
ClockState: TypeAlias = Literal["running", "paused", "breached"] | Outcome

ENDED: tuple[StatusCategory, ...] = ("resolved", "closed")  # what ends a ticket, for now
CLOCKS: tuple[ClockName, ...] = ("first_response", "next_response", "resolution")


class ClockMetrics(Struct, frozen=True, kw_only=True):
    """A clock at a moment; `elapsed_seconds` is business time, both it and `wall_seconds` leave
    pauses out and are rounded down. `breached` is running and late, `missed` ended late."""

    state: ClockState
    target_seconds: int | None
    elapsed_seconds: int
    wall_seconds: int
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    breached_at: datetime | None


class Cycle(Struct, frozen=True, kw_only=True):
    """A resolution that a reopening followed."""

    ended_at: datetime
    elapsed_seconds: int
    target_seconds: int | None
    state: Outcome


class Breach(Struct, frozen=True, kw_only=True):
    """A target that ran out, and the instant at which it did."""

    clock: ClockName
    target_seconds: int
    breached_at: datetime


class TimeInStatus(Struct, frozen=True, kw_only=True):
    business_seconds: int
    wall_seconds: int


class SlaMetrics(Struct, frozen=True, kw_only=True):
    """All clocks of a ticket as of a moment, what they have been, and the time per status."""

    policy: str
    calendar: str
    as_of: datetime
    first_response: ClockMetrics
    next_response: ClockMetrics | None
    resolution: ClockMetrics
    cycles: tuple[Cycle, ...]
    breaches: tuple[Breach, ...]
    reopen_count: int
    first_resolved_at: datetime | None
    time_in_status: dict[str, TimeInStatus]


class ClockSummary(Struct, frozen=True):
    """A clock as of the ticket's newest event; one that runs is late once `due_at` has passed."""

    due_at: datetime | None
    ended_at: datetime | None
    breached_at: datetime | None


class SlaSummary(Struct, frozen=True):
    """The clocks as of the ticket's newest event: they change only when the ticket does."""

    policy: str
    first_response: ClockSummary
    next_response: ClockSummary | None
    resolution: ClockSummary


def outcome(*, late: bool) -> Outcome:
    return "missed" if late else "met"


def in_order(breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Put breaches in order, the oldest first, each once."""
    return tuple(sorted(dict.fromkeys(breaches), key=_order))


def _order(breach: Breach) -> tuple[datetime, int, int]:
    return breach.breached_at, CLOCKS.index(breach.clock), breach.target_seconds
