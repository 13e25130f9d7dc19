"""The tables of the read models, and how far in the journal they are.

Of every read model there may be two sets of tables, called generations: the live one, behind SQL
views of the tables' plain names, and one that is being built to take its place.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias
from weakref import WeakSet

from msgspec import Struct

from ticketdomain.errors import ReadModelMissingError

SCHEMA_VERSION = 1

Place: TypeAlias = Literal["live", "building", "old"]
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

DDL = (
    """
    CREATE TABLE generations (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        model TEXT NOT NULL,
        version INTEGER NOT NULL,
        place TEXT NOT NULL,
        position INTEGER NOT NULL,
        opened INTEGER
    )
    """,
    "CREATE UNIQUE INDEX generations_in_use ON generations (model, place) WHERE place <> 'old'",
    """
    CREATE TABLE parked (
        generation INTEGER NOT NULL,
        ticket_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (generation, ticket_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE source (
        first_event TEXT NOT NULL,
        position INTEGER NOT NULL,
        event TEXT NOT NULL
    )
    """,
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class Generation(Struct, frozen=True):
    """A set of a read model's tables; it holds every ticket's events up to `position`.

    While it is built, tickets opened up to the position `opened` have been taken in; `None` once
    all have been that the journal had at `position`.
    """

    number: int
    model: str
    version: int
    place: Place
    position: int
    opened: int | None

    @property
    def done(self) -> float:
        """How much of it is built, from 0 to 1."""
        return 1.0 if self.opened is None else self.opened / max(1, self.position)

    def table(self, name: str) -> str:
        """Name one of its tables."""
        return f"{name}_{self.number}"


class Source(Struct, frozen=True):
    """What tells the journal that read models are made of from any other: the hashes of its first
    event, and of that at a position."""

    first_event: str
    position: int
    event: str


class Parked(Struct, frozen=True):
    """A ticket of which a read model can take in no event from `version` on, and why."""

    model: str
    place: Place
    ticket_id: str
    version: int
    reason: str


class View:
    """The read models as they stood at one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def close(self) -> None:
        """End what was not read to its end: else the connection would keep to this moment."""
        for cursor in list(self._cursors):
            cursor.close()

    def select(
        self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[Any]:
        """Run a query; its rows come one by one."""
        cursor = self._connection.execute(query, parameters)
        self._cursors.add(cursor)
        return cursor

    def generations(self, place: Place | None = None) -> list[Generation]:
        """Give all generations, or those that are at a place, in the order of making."""
        rows = self.select(
            "SELECT generation, model, version, place, position, opened FROM generations"
            " ORDER BY generation"
        )
        return [each for row in rows if place in (None, (each := Generation(*row)).place)]

    def live(self, model: str) -> Generation:
        """Give the tables of a read model that answer.

        Raises:
            ReadModelMissingError: it has none yet.
        """
        for generation in self.generations("live"):
            if generation.model == model:
                return generation
        msg = f"the read model {model} is not built yet"
        raise ReadModelMissingError(msg)

    def parked(self) -> list[Parked]:
        """Give the tickets that some read model cannot take in."""
        query = (
            "SELECT model, place, ticket_id, parked.version, reason"
            " FROM parked JOIN generations USING (generation) ORDER BY ticket_id, generation"
        )
        return [Parked(*row) for row in self.select(query)]

    def source(self) -> Source | None:
        """Give the journal that this is made of, once it is made of any."""
        found = next(self.select("SELECT first_event, position, event FROM source"), None)
        return None if found is None else Source(*found)
