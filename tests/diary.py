"""A read model for tests: every note in a row of its own, and tickets that it can be made to fail
for."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from ticketdomain.events import NoteAdded
from ticketprojections.views.generations import View
from ticketprojections.views.read_model import Change, ReadModel, Tables
from ticketservice.service import VIEWS

Note: TypeAlias = tuple[str, int, str]


class Refused(Struct):
    """Tickets for which no row can be made, and those whose rows cannot be written."""

    rows: set[str] = msgspec.field(default_factory=set[str])
    writes: set[str] = msgspec.field(default_factory=set[str])


def diary(refused: Refused | None = None, version: int = 1, *columns: str) -> ReadModel:
    """Make the read model; another version may have more columns."""
    fails = refused or Refused()

    def create(db: Database, tables: Tables) -> None:
        names = ", ".join(("ticket_id TEXT", "version INTEGER", "body TEXT", *columns))
        table = tables("diary")
        db.conn.execute(f"CREATE TABLE {table} ({names}, PRIMARY KEY (ticket_id, version))")

    def row(change: Change) -> list[Note]:
        if change.ticket_id in fails.rows:
            raise KeyError(change.ticket_id)
        return [
            (each.ticket_id, each.version, each.event.body)
            for each in change.events
            if isinstance(each.event, NoteAdded)
        ]

    def write(db: Database, tables: Tables, rows: Sequence[list[Note]]) -> None:
        notes = [(*note, *columns) for of_ticket in rows for note in of_ticket]
        if fails.writes.intersection(note[0] for note in notes):
            raise OverflowError
        marks = ", ".join("?" for _ in range(3 + len(columns)))
        db.conn.executemany(f"INSERT OR REPLACE INTO {tables('diary')} VALUES ({marks})", notes)

    def differing(_view: View, _tables: Tables, _change: Change) -> Iterator[str]:
        yield from ()

    return ReadModel(
        name="diary",
        version=version,
        tables=("diary",),
        topics=("ticket.note_added",),
        create=create,
        row=row,
        write=write,
        differing=differing,
        tickets=("diary", "ticket_id"),
    )


def noted(directory: Path) -> dict[str, list[str]]:
    """Read the diary: every ticket's notes, oldest first."""
    notes: dict[str, list[str]] = {}
    with closing(sqlite3.connect(directory / VIEWS)) as file:
        for ticket, body in file.execute("SELECT ticket_id, body FROM diary ORDER BY version"):
            notes.setdefault(ticket, []).append(body)
    return notes
