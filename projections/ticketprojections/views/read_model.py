"""A read model: tables that are made of every ticket's events, and can be made anew."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct
from sqlite_utils import Database

from ticketdomain.events import Recorded
from ticketdomain.live import Folds, StreamState
from ticketdomain.ticket import TICKET

if TYPE_CHECKING:
    from ticketprojections.views.generations import View


class Change(Struct, frozen=True):
    """What has become of a ticket.

    `state` is how it stands, at the newest of `events` or later. `events` are those among the
    types that read models ask for that are applied now, in order; of a ticket that is taken in
    anew, as a `whole`, all there are, and what was taken in of it before counts no more. The same
    change may come again: taken in twice, it must leave the same rows.
    """

    state: StreamState
    events: Sequence[Recorded]
    whole: bool = False

    @property
    def ticket_id(self) -> str:
        return self.state.stream


Tables: TypeAlias = Callable[[str], str]  # a table's name in the generation that is meant


class ReadModel(Struct, frozen=True):
    """Raise `version` when the tables, or what stands in them, change: they are then built anew.

    `row` says what is to be written of a change; it touches no table, and where it fails the ticket
    is parked. `write` puts rows, one for each ticket, into the tables, and is given several at
    once. `topics` are the types of events that `row` wants to see in `Change.events`, and `folds`
    those that it asks `Change.state` for: a build does without all others.

    For who verifies, `differing` names the tables, or their columns, that do not hold what a whole
    ticket makes, and `tickets` is the table and its column that names every ticket.
    """

    name: str
    version: int
    tables: tuple[str, ...]
    topics: tuple[str, ...]
    create: Callable[[Database, Tables], None]
    row: Callable[[Change], Any]
    write: Callable[[Database, Tables, Sequence[Any]], None]
    differing: Callable[["View", Tables, Change], Iterator[str]]
    tickets: tuple[str, str]
    folds: Folds = (TICKET,)
