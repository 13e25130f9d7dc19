"""A ticket's story: what its events, read together, say of its statuses and of its clocks."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise

from msgspec import Struct

from ticketdomain.events import (
    Author,
    Recorded,
    ReplyAdded,
    StatusCategory,
    StatusChanged,
    TicketOpened,
)
from ticketprojections.business_year import Span
from ticketprojections.sla.metrics import ENDED, ClockName
from ticketprojections.sla.policy import Terms


class Move(Struct, frozen=True):
    """An entry into a status: by which event, and whether a customer's reply caused it."""

    event: int
    status: str
    category: StatusCategory
    caused_by_reply: bool = False

    @property
    def ends(self) -> bool:
        """Whether the ticket is done with it, for now."""
        return self.category in ENDED


class Course(Struct, frozen=True, kw_only=True):
    """A clock from the event that set it going to the one that ended it, or as far as is told.

    `runs` are all since its start, also those before an earlier end; `until` is the instant of
    the event `last` that ended it, or the moment asked about.
    """

    clock: ClockName
    runs: list[Span]
    begun: int
    last: int
    until: datetime
    ended: bool
    running: bool


class Story:
    """A ticket's events up to a moment; what is read off them names them by number, from 0."""

    def __init__(self, told: Sequence[Recorded], terms: list[Terms], as_of: datetime) -> None:
        self.at = [recorded.at for recorded in told]
        self.terms = terms
        self.as_of = as_of
        self.periods = list(_periods(terms))
        self._moves = list(_moves(told))
        self._replies: list[tuple[int, Author]] = [
            (number, recorded.event.author)
            for number, recorded in enumerate(told)
            if isinstance(recorded.event, ReplyAdded)
        ]

    def stays(self) -> Iterator[tuple[Move, datetime, Terms]]:
        """Give each stay in a status, until when it was, and the terms then."""
        for move, left in pairwise(self._moves):
            yield move, self.at[left.event], self.terms[left.event]
        yield self._moves[-1], self.as_of, self.terms[-1]

    def first_response(self) -> Course:
        """From the opening to whatever first answers the customer."""
        replies = [number for number, author in self._replies if author == "agent"]
        moves = [move.event for move in self._moves if self._responds(move)]
        return self._unpaused("first_response", 0, min([*replies, *moves], default=None))

    def _responds(self, move: Move) -> bool:
        answering = self.terms[move.event].policy.response_statuses
        return not move.caused_by_reply and (move.ends or move.status in answering)

    def next_responses(self) -> Iterator[Course]:
        """From each customer's reply that finds none unanswered to an agent's, or to the end."""
        ends = [(m.event, "agent") for m in self._moves if m.ends and not m.caused_by_reply]
        begun: int | None = None
        for number, author in sorted([*self._replies, *ends]):
            if author == "customer":
                begun = number if begun is None else begun
            elif begun is not None:
                yield self._unpaused("next_response", begun, number)
                begun = None
        if begun is not None:
            yield self._unpaused("next_response", begun, None)

    def _unpaused(self, clock: ClockName, begun: int, ended: int | None) -> Course:
        until = self.as_of if ended is None else self.at[ended]
        return self._course(clock, [(self.at[begun], until)], begun, ended)

    def resolutions(self) -> Iterator[Course]:
        """Give a course up to each end of the ticket, and one for the time since its reopening."""
        runs: list[Span] = []
        begun, ended = 0, None
        for move, until, _ in self.stays():
            if move.ends:
                ended = move.event if ended is None else ended
                continue
            if ended is not None:
                yield self._course("resolution", runs[:], begun, ended)
                begun, ended = move.event, None
            if move.category == "active":
                runs.append((self.at[move.event], until))
        running = self._moves[-1].category == "active"
        yield self._course("resolution", runs, begun, ended, running=running)

    def _course(
        self,
        clock: ClockName,
        runs: list[Span],
        begun: int,
        ended: int | None,
        *,
        running: bool = True,
    ) -> Course:
        return Course(
            clock=clock,
            runs=runs,
            begun=begun,
            last=len(self.at) - 1 if ended is None else ended,
            until=self.as_of if ended is None else self.at[ended],
            ended=ended is not None,
            running=running and ended is None,
        )


def _periods(terms: Sequence[Terms]) -> Iterator[tuple[int, int]]:
    """Give the first and the last event of each time in which the terms stayed the same."""
    for _, numbers in groupby(range(len(terms)), key=lambda number: id(terms[number])):
        first, *others = numbers
        yield first, others[-1] if others else first


def _moves(told: Sequence[Recorded]) -> Iterator[Move]:
    replied: int | None = None  # the commit in which a customer's reply came
    for number, recorded in enumerate(told):
        match recorded.event:
            case TicketOpened(status=status, status_category=category):
                yield Move(number, status, category)
            case StatusChanged(status, category):
                yield Move(number, status, category, recorded.first_of_commit == replied)
            case ReplyAdded(author="customer"):
                replied = recorded.first_of_commit
            case _:
                pass
