"""A read model: tables that are made of every ticket's events, and can be made anew."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from msgspec import Struct
from sqlite_utils import Database

from ticketdomain.events import Recorded
from ticketdomain.live import Folds, StreamState
from ticketdomain.ticket import TICKET


class Change(Struct, frozen=True):
    """What has become of a ticket.

    `state` is how it stands, at the newest of `events` or later. `events` are those among the
    types that read models ask for that are applied now, in order; when a ticket is taken in anew,
    all there are. The same change may come again: taken in twice, it must leave the same rows.
    """

    state: StreamState
    events: Sequence[Recorded]

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
    """

    name: str
    version: int
    tables: tuple[str, ...]
    topics: tuple[str, ...]
    create: Callable[[Database, Tables], None]
    row: Callable[[Change], Any]
    write: Callable[[Database, Tables, Sequence[Any]], None]
    folds: Folds = (TICKET,)
