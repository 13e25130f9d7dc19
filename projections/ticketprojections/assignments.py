"""A small read model: which tickets came to whom on which day."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlite_utils import Database

from ticketdomain.events import AssigneeChanged, TicketOpened
from ticketdomain.ticket import TICKET
from ticketprojections.views.generations import View
from ticketprojections.views.read_model import Change, ReadModel, Tables

Assignment: TypeAlias = tuple[str, str, str, str]
COLUMNS = ("ticket_id", "account", "assigned_to", "day")


def create(db: Database, tables: Tables) -> None:
    db.table(tables("assignments")).create(dict.fromkeys(COLUMNS, str), pk=COLUMNS)


def row(change: Change) -> list[Assignment]:
    """Say whom a ticket was given to, and on which days in UTC."""
    ticket = change.state.of(TICKET)
    assert ticket is not None
    return [
        (ticket.id, ticket.account, recorded.event.assigned_to, recorded.at.date().isoformat())
        for recorded in change.events
        if isinstance(recorded.event, TicketOpened | AssigneeChanged) and recorded.event.assigned_to
    ]


def write(db: Database, tables: Tables, rows: Sequence[Sequence[Assignment]]) -> None:
    assignments = [COLUMNS, *(each for of_ticket in rows for each in of_ticket)]
    db.table(tables("assignments")).insert_all(assignments, pk=COLUMNS, ignore=True)


def differing(view: View, tables: Tables, change: Change) -> Iterator[str]:
    query = f"SELECT {', '.join(COLUMNS)} FROM {tables('assignments')} WHERE ticket_id = ?"
    if set(view.select(query, [change.ticket_id])) != set(row(change)):
        yield "assignments"


ASSIGNMENTS = ReadModel(
    name="assignments",
    version=1,
    tables=("assignments",),
    topics=("ticket.opened", "ticket.assignee_changed"),
    create=create,
    row=row,
    write=write,
    differing=differing,
    tickets=("assignments", "ticket_id"),
)
