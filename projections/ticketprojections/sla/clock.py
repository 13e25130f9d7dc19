"""One clock of a ticket as of its newest event: its runs so far, and how it is judged."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ticketprojections.business_year import Span
from ticketprojections.sla.metrics import (
    Breach,
    ClockMetrics,
    ClockName,
    ClockState,
    ClockSummary,
    Cycle,
    outcome,
)
from ticketprojections.sla.policy import Terms
from ticketprojections.sla.running_time import due_at, elapsed, has_run, seconds, wall_time

MOMENT = timedelta.resolution  # the least that time can be late by


class Clock(Struct, frozen=True, kw_only=True, gc=False):
    """`runs` have ended, `spent` is their business time; one more goes on since `running_since`.

    `reached_at` is when the target is reached: within the runs, or ahead while the clock runs.
    `breached_at` is set if it was late at the newest event. What has ended stays as it is.
    """

    name: ClockName
    started_at: datetime
    runs: tuple[Span, ...] = ()
    spent: timedelta = timedelta()
    running_since: datetime | None = None
    target: timedelta | None = None
    reached_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether it runs or waits."""
        return self.ended_at is None

    @property
    def due_at(self) -> datetime | None:
        return None if self.running_since is None else self.reached_at

    def late_at(self, terms: Terms, at: datetime) -> bool:
        """Whether more than the target has run by an instant, the newest event's or a later."""
        if self.breached_at is not None:
            return True
        if self.reached_at is None or self.running_since is None:
            return False
        since = max(self.reached_at, self.running_since)
        return at > since and terms.calendar.between(since, at) > timedelta()

    def late_after(self, terms: Terms) -> datetime | None:
        """Give the last instant at which a clock that runs is not late, if time goes on so long.

        That is when its target is reached, or the next opening if this is at closing time.
        """
        if self.breached_at is not None or self.reached_at is None or self.running_since is None:
            return self.breached_at
        late = terms.calendar.add(max(self.reached_at, self.running_since), MOMENT)
        return None if late is None else late - MOMENT

    def after(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock after some time in which nothing touched it."""
        if self.live and self.breached_at is None and self.late_at(terms, at):
            return replace(self, breached_at=self.reached_at)
        return self

    def judged(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as other terms have it: all its runs are measured anew."""
        target, spent = terms.target(self.name), elapsed(terms.calendar, self.runs)
        runs = self.runs if self.running_since is None else (*self.runs, (self.running_since, at))
        reached = due_at(terms, self.name, runs)
        if self.running_since is None and target is not None and spent < target:
            reached = None
        late = reached is not None and has_run(terms.calendar, runs, reached, at)
        breached = reached if late else None
        return replace(self, target=target, spent=spent, reached_at=reached, breached_at=breached)

    def run(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it goes on, from its pause or from its end."""
        if not self.live:
            return replace(self, running_since=at, ended_at=None).judged(terms, at)
        if self.running_since is not None:
            return self
        reached = self.reached_at
        if reached is None and self.target is not None:
            reached = terms.calendar.add(at, self.target - self.spent)
        return replace(self, running_since=at, reached_at=reached)

    def pause(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it waits, from its run or from its end."""
        if not self.live:
            return replace(self, ended_at=None).judged(terms, at)
        if self.running_since is None:
            return self
        spent = self.spent + terms.calendar.between(self.running_since, at)
        reached = self.reached_at if self.target is not None and spent >= self.target else None
        return replace(
            self,
            runs=(*self.runs, (self.running_since, at)),
            running_since=None,
            spent=spent,
            reached_at=reached,
            breached_at=None if spent == self.target else reached,
        )

    def end(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it ends, met or missed."""
        return replace(self.pause(terms, at), ended_at=at) if self.live else self

    def summary(self) -> ClockSummary:
        return ClockSummary(self.due_at, self.ended_at, self.breached_at)

    def metrics(self, terms: Terms, as_of: datetime) -> ClockMetrics:
        """Tell the clock at the newest event or a later moment."""
        now = self.after(terms, as_of)
        ended = now.end(terms, as_of)  # as if it did, to count the run that goes on
        return ClockMetrics(
            state=now.state,
            target_seconds=None if now.target is None else seconds(now.target),
            elapsed_seconds=seconds(ended.spent),
            wall_seconds=seconds(wall_time(ended.runs)),
            started_at=now.started_at,
            due_at=now.due_at,
            ended_at=now.ended_at,
            breached_at=now.breached_at,
        )

    @property
    def state(self) -> ClockState:
        """How it is at the newest event."""
        late = self.breached_at is not None
        if not self.live:
            return outcome(late=late)
        if self.running_since is None:
            return "paused"
        return "breached" if late else "running"

    def cycle(self) -> Cycle:
        """Tell the end of a clock that goes on again."""
        assert self.ended_at is not None
        return Cycle(
            ended_at=self.ended_at,
            elapsed_seconds=seconds(self.spent),
            target_seconds=None if self.target is None else seconds(self.target),
            state=outcome(late=self.breached_at is not None),
        )

    def breach(self) -> Breach | None:
        """Tell its breach, if it is late or ended so."""
        if self.breached_at is None or self.target is None:
            return None
        return Breach(
            clock=self.name, target_seconds=seconds(self.target), breached_at=self.breached_at
        )
