"""A ticket's SLA metrics one event at a time: what `measure` says, at next to no cost."""

from datetime import datetime

from msgspec.structs import replace

from ticketdomain.events import (
    Recorded,
    ReplyAdded,
    StatusCategory,
    StatusChanged,
    TicketOpened,
)
from ticketdomain.fold import Fold
from ticketdomain.live import StreamState
from ticketdomain.policies import PolicyBook
from ticketprojections.sla.clock import Clock
from ticketprojections.sla.match import Traits, traits_after
from ticketprojections.sla.metrics import ENDED, ClockName, Cycle, SlaMetrics, SlaSummary
from ticketprojections.sla.policy import NO_TERMS, Policies, Terms, terms, understand
from ticketprojections.sla.state import NO_STAY, SlaState, Stay


class Sla:
    """The fold for a journal's policies, and what its state of a ticket tells.

    `book` has to hold all that was published before the events that are folded.
    """

    def __init__(self, unpublished: Policies) -> None:
        self.book: PolicyBook[Policies] = PolicyBook(understand, unpublished)
        self.fold = Fold("sla", 1, SlaState, self._evolve)

    def summary(self, stream: StreamState) -> SlaSummary | None:
        """Tell the clocks as of the newest event; `None` where no policy matches."""
        state = stream.of(self.fold)
        return None if state is None else state.summary()

    def metrics(self, stream: StreamState, as_of: datetime) -> SlaMetrics | None:
        """Tell everything as of the newest event, or of a later moment before the next."""
        state = stream.of(self.fold)
        return None if state is None else state.metrics(self._terms(state), as_of)

    def late_after(self, stream: StreamState) -> list[datetime | None]:
        """Give, of every clock that runs, the last instant at which it is not late; `None` of one
        that never will be."""
        state = stream.of(self.fold)
        if state is None:
            return []
        running = [clock for clock in state.clocks() if clock.running_since is not None]
        return [clock.late_after(self._terms(state)) for clock in running]

    def _terms(self, state: SlaState) -> Terms:
        """Give the terms in force at the newest event."""
        return terms(self.book.at(state.position), state.traits)

    def _evolve(self, state: SlaState | None, recorded: Recorded) -> SlaState:
        traits = traits_after(None if state is None else state.traits, recorded.event)
        policies = self.book.at(recorded.position)
        now = terms(policies, traits)
        if state is None:
            return _opened(recorded, traits, now)
        same = traits is state.traits and policies is self.book.at(state.position)
        before = now if same else self._terms(state)
        if recorded.at > state.at:
            state = _time_passed(state, before, recorded.at)
        if not same:
            state = replace(state, position=recorded.position, traits=traits)
        if now is not before:
            state = _judged_anew(state, now, recorded.at)
        return _happened(state, recorded, now)


def _opened(recorded: Recorded, traits: Traits, now: Terms) -> SlaState:
    if not isinstance(recorded.event, TicketOpened):
        msg = f"{recorded.ticket_id} does not begin with its opening"
        raise TypeError(msg)
    at, opening = recorded.at, recorded.event
    opened = SlaState(
        position=recorded.position,
        at=at,
        traits=traits,
        policy=_name(now),
        status=opening.status,
        category=opening.status_category,
        status_since=at,
        stays={},
        first_response=_started("first_response", now, at),
        resolution=Clock(name="resolution", started_at=at).judged(now, at),
    )
    return _entered(opened, opening.status, opening.status_category, now, at)


def _started(name: ClockName, now: Terms, at: datetime) -> Clock:
    return Clock(name=name, started_at=at, running_since=at).judged(now, at)


def _name(now: Terms) -> str | None:
    return None if now is NO_TERMS else now.policy.name


def _time_passed(state: SlaState, before: Terms, at: datetime) -> SlaState:
    """Note what has come to be late; what was so for no time at all never was."""
    if not any([clock.live and clock.late_at(before, at) for clock in state.clocks()]):
        return replace(state, at=at)
    following = state.next_response
    later = replace(
        state,
        at=at,
        first_response=state.first_response.after(before, at),
        next_response=None if following is None else following.after(before, at),
        resolution=state.resolution.after(before, at),
    )
    return later.noting(later.clocks())


def _judged_anew(state: SlaState, now: Terms, at: datetime) -> SlaState:
    """Hold what has not ended against other targets, or another calendar."""
    first, following, resolution = state.first_response, state.next_response, state.resolution
    return replace(
        state,
        policy=_name(now),
        first_response=first.judged(now, at) if first.live else first,
        next_response=following.judged(now, at) if following and following.live else following,
        resolution=resolution.judged(now, at) if resolution.live else resolution,
    )


def _happened(state: SlaState, recorded: Recorded, now: Terms) -> SlaState:
    event, at = recorded.event, recorded.at
    if isinstance(event, StatusChanged):
        caused_by_reply = recorded.first_of_commit == state.replied_in
        return _entered(
            state, event.status, event.status_category, now, at, caused_by_reply=caused_by_reply
        )
    if isinstance(event, ReplyAdded):
        return (
            _asked(state, recorded, now)
            if event.author == "customer"
            else _answered(state, now, at)
        )
    return state


def _entered(
    state: SlaState,
    status: str,
    category: StatusCategory,
    now: Terms,
    at: datetime,
    *,
    caused_by_reply: bool = False,
) -> SlaState:
    """Let the clocks do what a status says."""
    ends = category in ENDED
    first, following = state.first_response, state.next_response
    if not caused_by_reply and (ends or status in now.policy.response_statuses):
        first = first.end(now, at)
    if following and ends and not caused_by_reply:
        following = following.end(now, at)
    entered = replace(
        state,
        status=status,
        category=category,
        status_since=at,
        stays=_stays(state, status, now, at),
        first_response=first,
        next_response=following,
        resolution=_resolution(state.resolution, category, now, at),
        cycles=state.cycles if ends else _cycles(state),
        first_resolved_at=state.first_resolved_at or (at if ends else None),
    )
    return entered.noting(entered.ended())


def _stays(state: SlaState, entered: str, now: Terms, at: datetime) -> dict[str, Stay]:
    """Add the stay that has ended to those in the same status."""
    earlier = state.stays.get(state.status, NO_STAY)
    stays = {**state.stays, state.status: earlier.longer(now, state.status_since, at)}
    stays.setdefault(entered, NO_STAY)
    return stays


def _resolution(clock: Clock, category: StatusCategory, now: Terms, at: datetime) -> Clock:
    if category in ENDED:
        return clock.end(now, at)
    return clock.pause(now, at) if category == "waiting" else clock.run(now, at)


def _cycles(state: SlaState) -> tuple[Cycle, ...]:
    """Keep the end of a ticket that is open again."""
    return state.cycles if state.resolution.live else (*state.cycles, state.resolution.cycle())


def _asked(state: SlaState, recorded: Recorded, now: Terms) -> SlaState:
    """A customer's reply: the oldest that nobody has answered is the one that counts."""
    following = state.next_response
    if following is None or not following.live:
        following = _started("next_response", now, recorded.at)
    return replace(state, next_response=following, replied_in=recorded.first_of_commit)


def _answered(state: SlaState, now: Terms, at: datetime) -> SlaState:
    """A reply of an agent."""
    following = state.next_response
    answered = replace(
        state,
        first_response=state.first_response.end(now, at),
        next_response=None if following is None else following.end(now, at),
    )
    return answered.noting(answered.ended())
