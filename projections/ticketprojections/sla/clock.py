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


class Clock(Struct, frozen=True, kw_only=True, gc=False):
    """`runs` have ended, one more goes on since `running_since`.

    `due_at` is set while it runs, `breached_at` if it was late at the newest event; once it has
    ended, `elapsed` and all else stay as they are.
    """

    name: ClockName
    started_at: datetime
    runs: tuple[Span, ...] = ()
    running_since: datetime | None = None
    target: timedelta | None = None
    due_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    elapsed: timedelta = timedelta()

    @property
    def live(self) -> bool:
        """Whether it runs or waits."""
        return self.ended_at is None

    def late_at(self, terms: Terms, at: datetime) -> bool:
        """Whether more than the target has run by an instant, the newest event's or a later."""
        if self.due_at is None or self.breached_at is not None:
            return self.breached_at is not None
        return at > self.due_at and terms.calendar.between(self.due_at, at) > timedelta()

    def after(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock after some time in which nothing touched it."""
        if self.live and self.breached_at is None and self.late_at(terms, at):
            return replace(self, breached_at=self.due_at)
        return self

    def judged(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock with its target, due time and breach as these terms have them."""
        runs = self._runs(at)
        due = due_at(terms, self.name, runs)
        late = due is not None and has_run(terms.calendar, runs, due, at)
        return replace(
            self,
            target=terms.target(self.name),
            due_at=due if self.running_since is not None else None,
            breached_at=due if late else None,
        )

    def run(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it starts, or goes on from its pause or its end; as it runs already."""
        if self.running_since is not None:
            return self
        going = replace(self, running_since=at, ended_at=None)
        return going.judged(terms, at)

    def pause(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it waits, which is also what an ended one does that is reopened."""
        waiting = replace(self, runs=self._runs(at), running_since=None, ended_at=None)
        return waiting.judged(terms, at)

    def end(self, terms: Terms, at: datetime) -> "Clock":
        """Give the clock as it ends, met or missed; what has ended stays as it is."""
        if not self.live:
            return self
        ended = self.pause(terms, at)
        return replace(ended, ended_at=at, elapsed=elapsed(terms.calendar, ended.runs))

    def _runs(self, until: datetime) -> tuple[Span, ...]:
        if self.running_since is None:
            return self.runs
        return (*self.runs, (self.running_since, until))

    def summary(self) -> ClockSummary:
        return ClockSummary(self.due_at, self.ended_at, self.breached_at)

    def metrics(self, terms: Terms, as_of: datetime) -> ClockMetrics:
        """Tell the clock at the newest event or a later moment."""
        now = self.after(terms, as_of)
        runs = now._runs(as_of)
        spent = elapsed(terms.calendar, runs) if now.live else now.elapsed
        return ClockMetrics(
            state=now._state(),
            target_seconds=None if now.target is None else seconds(now.target),
            elapsed_seconds=seconds(spent),
            wall_seconds=seconds(wall_time(runs)),
            started_at=now.started_at,
            due_at=now.due_at,
            ended_at=now.ended_at,
            breached_at=now.breached_at,
        )

    def _state(self) -> ClockState:
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
            elapsed_seconds=seconds(self.elapsed),
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
