"""Rows of tickets: whatever changes of one is written, and nothing of another."""

from contextlib import closing

import pytest
from msgspec.structs import replace
from sqlite_utils import Database

from ticketprojections.tickets import table
from ticketprojections.tickets.table import COLUMNS, INTEGERS, TicketRow
from ticketprojections.tickets.writing import AT_ONCE, row_of, write

TICKET = row_of({name: 1 if name in INTEGERS else name for name in COLUMNS}.values())
CAN_CHANGE = [name for name in COLUMNS if name not in ("no", "id")]


def rows_after(*batches: list[TicketRow]) -> list[TicketRow]:
    db = Database(memory=True)
    with closing(db.conn):
        table.create(db, "tickets")
        before: dict[str, TicketRow] = {}
        for batch in batches:
            write(db, "tickets", batch, before)
            before |= {ticket.id: ticket for ticket in batch}
        return [row_of(row) for row in db.conn.execute("SELECT * FROM tickets ORDER BY no")]


def tickets(count: int) -> list[TicketRow]:
    return [replace(TICKET, no=number, id=f"ticket_{number}") for number in range(count)]


@pytest.mark.parametrize("column", CAN_CHANGE)
def test_whatever_changes_of_a_ticket_is_written(column: str) -> None:
    first, second = tickets(2)
    changed = replace(second, **{column: 2 if column in INTEGERS else "other"})
    assert rows_after([first, second], [first, changed]) == [first, changed]


def test_tickets_that_change_each_in_its_own_way_are_written_together() -> None:
    first, second, third = tickets(3)
    batch = [replace(first, status="closed"), replace(second, priority=4, status="open"), third]
    assert rows_after([first, second, third], batch) == batch


def test_many_tickets_that_change_alike_are_all_written() -> None:
    before = tickets(2 * AT_ONCE + 1)
    after = [replace(ticket, version=ticket.no) for ticket in before]
    assert rows_after(before, after) == after
