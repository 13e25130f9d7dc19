"""How rows get into the table of tickets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec.structs import astuple
from sqlite_utils import Database

from ticketprojections.tickets.table import COLUMNS, TicketRow

AT_ONCE = 500  # tickets: SQLite takes 32,766 values in a statement


def row_of(columns: Iterable[Any]) -> TicketRow:
    """Give a row as it was read."""
    return TicketRow(**dict(zip(COLUMNS, columns, strict=True)))


def write(
    db: Database, table: str, tickets: Sequence[TicketRow], before: Mapping[str, TicketRow]
) -> None:
    """Insert tickets; of those that stood there `before`, by id, update the columns that changed.

    An index is written anew for each column of it that is updated, changed or not.
    """
    new = [astuple(ticket) for ticket in tickets if ticket.id not in before]
    if new:
        db.table(table).insert_all(chain([COLUMNS], new), pk="no")
    alike: defaultdict[Sequence[str], list[TicketRow]] = defaultdict(list)
    for ticket in tickets:
        if ticket.id in before:
            alike[_changed(before[ticket.id], ticket)].append(ticket)
    for columns, changed in alike.items():
        for first in range(0, len(changed) if columns else 0, AT_ONCE):
            _update(db, table, columns, changed[first : first + AT_ONCE])


def _changed(before: TicketRow, after: TicketRow) -> tuple[str, ...]:
    pairs = zip(COLUMNS, astuple(before), astuple(after), strict=True)
    return tuple(name for name, old, new in pairs if old != new)


def _update(db: Database, table: str, columns: Sequence[str], tickets: Sequence[TicketRow]) -> None:
    """Update many in one statement, for each lets go of the interpreter's lock and has to wait."""
    values = [[ticket.no, *(getattr(ticket, name) for name in columns)] for ticket in tickets]
    marks = f"({', '.join('?' for _ in values[0])})"
    sets = ", ".join(f"{name} = new.column{place}" for place, name in enumerate(columns, 2))
    db.conn.execute(
        f"WITH new AS (VALUES {', '.join(marks for _ in values)})"
        f" UPDATE {table} SET {sets} FROM new WHERE no = new.column1",
        list(chain.from_iterable(values)),
    )
