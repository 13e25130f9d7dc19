"""The read model of tickets: its tables, and how a change of a ticket gets into them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlite_utils import Database

from ticketdomain.events import NoteAdded, ReplyAdded
from ticketdomain.ticket import TICKET
from ticketprojections.sla import Sla
from ticketprojections.tickets import search, table, writing
from ticketprojections.tickets.search import NOTHING, Searched, Texts
from ticketprojections.tickets.table import COLUMNS, TicketRow, ticket_row
from ticketprojections.tickets.words import words
from ticketprojections.tickets.writing import row_of
from ticketprojections.views.read_model import Change, ReadModel, Tables

NAME = "tickets"
SAID = ("ticket.note_added", "ticket.reply_added")

# A ticket's number tells when it was opened: search gives tickets in the order of numbers. Below
# the microseconds since then there is room for so many tickets that have the same.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
IN_A_MICROSECOND = 2048
CROWD = 1000 * IN_A_MICROSECOND


class Row(Struct, frozen=True):
    """What is written of a ticket: its columns, and the words of what was newly said."""

    ticket: TicketRow
    said: tuple[str, ...]


class Known(Struct, frozen=True):
    """What the tables hold of a ticket before it is written."""

    ticket: TicketRow
    said: str

    @property
    def texts(self) -> Texts:
        return _texts(self.ticket, self.said)


def tickets_model(sla: Sla) -> ReadModel:
    """Make the read model of tickets, with their SLA clocks."""
    return ReadModel(
        name=NAME,
        version=1,
        tables=(
            "tickets",
            "ticket_tags",
            "ticket_search",
            "ticket_said",
            "ticket_words",
            "ticket_accounts",
        ),
        topics=SAID,
        create=create,
        row=partial(_row, sla),
        write=write,
        folds=(TICKET, sla.fold),
    )


def create(db: Database, tables: Tables) -> None:
    table.create(db, tables("tickets"))
    db.conn.execute(
        f"CREATE TABLE {tables('ticket_tags')} (account TEXT, tag TEXT, created_at TEXT, id TEXT,"
        " PRIMARY KEY (account, tag, created_at, id)) WITHOUT ROWID"
    )
    search.create(db, tables)


def _row(sla: Sla, change: Change) -> Row:
    bodies = [e.event.body for e in change.events if isinstance(e.event, NoteAdded | ReplyAdded)]
    said = dict.fromkeys(chain.from_iterable(map(words, bodies)))
    return Row(ticket_row(change.state, sla), tuple(said))


def write(db: Database, tables: Tables, rows: Sequence[Row]) -> None:
    if not rows:
        return
    known = _known(db, tables, [row.ticket for row in rows])
    numbers = _numbers(db, tables("tickets"), [row for row in rows if row.ticket.id not in known])
    numbers.update((ticket_id, each.ticket.no) for ticket_id, each in known.items())
    tickets = [replace(row.ticket, no=numbers[row.ticket.id]) for row in rows]
    before = {ticket_id: each.ticket for ticket_id, each in known.items()}
    writing.write(db, tables("tickets"), tickets, before)
    texts = [
        _searched(ticket, row, known.get(ticket.id))
        for ticket, row in zip(tickets, rows, strict=True)
    ]
    changed = [each for each in texts if each.before != each.after]
    _write_tags(db, tables("ticket_tags"), changed)
    search.write(db, tables, changed)


def _known(db: Database, tables: Tables, tickets: Sequence[TicketRow]) -> dict[str, Known]:
    marks = ", ".join("(?, ?)" for _ in tickets)
    found = db.conn.execute(
        f"SELECT {', '.join(COLUMNS)}, coalesce(words, '')"
        f" FROM {tables('tickets')} LEFT JOIN {tables('ticket_said')} USING (no)"
        f" WHERE (account, id) IN (VALUES {marks})",
        list(chain.from_iterable((ticket.account, ticket.id) for ticket in tickets)),
    )
    known = [Known(row_of(columns), said) for *columns, said in found]
    return {each.ticket.id: each for each in known}


def _numbers(db: Database, tickets: str, new: Sequence[Row]) -> dict[str, int]:
    """Give tickets their numbers, after those of the same microsecond."""
    taken: dict[int, int] = {}
    numbers: dict[str, int] = {}
    given: set[int] = set()
    for row in new:
        first = first_number(row.ticket.created_at)
        last = taken.get(first)
        if last is None:
            last = _last_taken(db, tickets, first, IN_A_MICROSECOND)
        if last >= first and (last + 1) % IN_A_MICROSECOND == 0:  # no room is left: it runs over
            last = max(last, _last_taken(db, tickets, first, CROWD))
        while (number := last + 1) in given:  # by those that ran over
            last = number
        numbers[row.ticket.id] = taken[first] = number
        given.add(number)
    return numbers


def _last_taken(db: Database, tickets: str, first: int, room: int) -> int:
    query = f"SELECT max(no) FROM {tickets} WHERE no >= ? AND no < ?"
    found = db.conn.execute(query, [first, first + room]).fetchone()[0]
    return first - 1 if found is None else int(found)


def first_number(created_at: str) -> int:
    since = datetime.fromisoformat(created_at) - EPOCH
    return since // timedelta.resolution * IN_A_MICROSECOND


def _searched(ticket: TicketRow, row: Row, known: Known | None) -> Searched:
    before = NOTHING if known is None else known.texts
    return Searched(ticket, before, _texts(ticket, _said(before.said, row.said)))


def _said(before: str, new: Sequence[str]) -> str:
    """Add words to those that were said before."""
    return " ".join({**dict.fromkeys(before.split()), **dict.fromkeys(new)}) if new else before


def _texts(ticket: TicketRow, said: str) -> Texts:
    return Texts(
        ticket.subject,
        ticket.description,
        ticket.category,
        ticket.tags,
        ticket.custom_fields,
        said,
    )


def _write_tags(db: Database, table: str, changed: Sequence[Searched]) -> None:
    gone: list[Sequence[Any]] = []
    new: list[Sequence[Any]] = []
    for each in changed:
        if each.before.tags != each.after.tags:
            gone.extend(_tag_rows(each.ticket, each.before.tags))
            new.extend(_tag_rows(each.ticket, each.after.tags))
    db.conn.executemany(
        f"DELETE FROM {table} WHERE (account, tag, created_at, id) = (?, ?, ?, ?)", gone
    )
    db.conn.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", new)


def _tag_rows(ticket: TicketRow, tags: str) -> list[tuple[str, str, str, str]]:
    names: list[str] = msgspec.json.decode(tags)
    return [(ticket.account, tag, ticket.created_at, ticket.id) for tag in names]
