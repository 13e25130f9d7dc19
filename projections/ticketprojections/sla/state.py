"""A ticket's clocks as of its newest event, and what can be told of them from then on."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.events import StatusCategory
from ticketprojections.sla.clock import Clock
from ticketprojections.sla.match import Traits
from ticketprojections.sla.metrics import (
    Breach,
    Cycle,
    SlaMetrics,
    SlaSummary,
    TimeInStatus,
    in_order,
)
from ticketprojections.sla.policy import Terms
from ticketprojections.sla.running_time import seconds


class Stay(Struct, frozen=True, gc=False):
    """How long a ticket has been in a status, over all its stays."""

    business: timedelta = timedelta()
    wall: timedelta = timedelta()

    def longer(self, terms: Terms, since: datetime, until: datetime) -> "Stay":
        business = self.business + terms.calendar.between(since, until)
        return Stay(business, self.wall + (until - since))


NO_STAY = Stay()


class SlaState(Struct, frozen=True, kw_only=True, gc=False):
    """The fold's state after a ticket's events up to the instant `at`.

    It is judged by what was in force at `position` in the journal, by the policy of that name;
    `policy` is `None` where none matches. `stays` are those that have ended, in the order of first
    entry. `breaches` holds what was late before time last passed, or when it ended. `replied_in`
    is the commit of the customer's newest reply.
    """

    position: int
    at: datetime
    traits: Traits
    policy: str | None
    status: str
    category: StatusCategory
    status_since: datetime
    stays: dict[str, Stay]
    first_response: Clock
    next_response: Clock | None = None
    resolution: Clock
    cycles: tuple[Cycle, ...] = ()
    breaches: tuple[Breach, ...] = ()
    first_resolved_at: datetime | None = None
    replied_in: int | None = None

    def clocks(self) -> tuple[Clock, ...]:
        following = () if self.next_response is None else (self.next_response,)
        return (self.first_response, *following, self.resolution)

    def ended(self) -> list[Clock]:
        return [clock for clock in self.clocks() if not clock.live]

    def noting(self, clocks: Iterable[Clock]) -> "SlaState":
        """Give the state in which these clocks' breaches are among the others."""
        late = [breach for clock in clocks if (breach := clock.breach())]
        new = [breach for breach in late if breach not in self.breaches]
        return replace(self, breaches=(*self.breaches, *new)) if new else self

    def summary(self) -> SlaSummary | None:
        """Tell the clocks as of the newest event; `None` where no policy matches."""
        if self.policy is None:
            return None
        following = self.next_response
        return SlaSummary(
            self.policy,
            self.first_response.summary(),
            None if following is None else following.summary(),
            self.resolution.summary(),
        )

    def metrics(self, terms: Terms, as_of: datetime) -> SlaMetrics | None:
        """Tell everything, at the newest event or at a later moment before the next."""
        if self.policy is None:
            return None
        now = [clock.after(terms, as_of) for clock in self.clocks()]
        following = self.next_response
        return SlaMetrics(
            policy=self.policy,
            calendar=terms.calendar.name,
            as_of=as_of.astimezone(UTC),
            first_response=self.first_response.metrics(terms, as_of),
            next_response=None if following is None else following.metrics(terms, as_of),
            resolution=self.resolution.metrics(terms, as_of),
            cycles=self.cycles,
            breaches=in_order(self.noting(now).breaches),
            reopen_count=len(self.cycles),
            first_resolved_at=self.first_resolved_at,
            time_in_status=self._time_in_status(terms, as_of),
        )

    def _time_in_status(self, terms: Terms, as_of: datetime) -> dict[str, TimeInStatus]:
        present = self.stays[self.status].longer(terms, self.status_since, as_of)
        return {
            status: TimeInStatus(
                business_seconds=seconds(stay.business), wall_seconds=seconds(stay.wall)
            )
            for status, stay in {**self.stays, self.status: present}.items()
        }
