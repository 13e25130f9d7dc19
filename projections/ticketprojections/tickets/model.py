"""The read model of tickets: its tables, and how a change of a ticket gets into them."""

from collections.abc import Iterator, Sequence
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
from ticketprojections.views.generations import View
from ticketprojections.views.read_model import Change, ReadModel, Tables

NAME = "tickets"
SAID = ("ticket.note_added", "ticket.reply_added")

# A ticket's number tells when it was opened: search gives tickets in the order of numbers. Below
# the microseconds since then there is room for so many tickets that have the same.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
IN_A_MICROSECOND = 2048
CROWD = 1000 * IN_A_MICROSECOND


class Row(Struct, frozen=True):
    """What is written of a ticket: its columns, and the words of what was said, newly or, of a
    `whole`, ever."""

    ticket: TicketRow
    said: tuple[str, ...]
    whole: bool


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
        differing=partial(_differing, sla),
        tickets=("tickets", "id"),
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
    return Row(ticket_row(change.state, sla), tuple(said), change.whole)


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


def _differing(sla: Sla, view: View, tables: Tables, change: Change) -> Iterator[str]:
    row = _row(sla, change)
    ticket = row.ticket
    selected = ", ".join(COLUMNS)
    query = f"SELECT {selected} FROM {tables('tickets')} WHERE account = ? AND id = ?"
    found = next(view.select(query, [ticket.account, ticket.id]), None)
    if found is None:
        yield "tickets"
        return
    known = row_of(found)
    for name in COLUMNS[1:]:
        if getattr(known, name) != getattr(ticket, name):
            yield f"tickets.{name}"
    said = " ".join(row.said)
    query = f"SELECT words FROM {tables('ticket_said')} WHERE no = ?"
    if next(view.select(query, [known.no]), ("",))[0] != said:
        yield "ticket_said.words"
    if not search.has(view, tables, known.no, ticket.account, _texts(ticket, said)):
        yield "ticket_search"
    if _tags_of(view, tables("ticket_tags"), ticket) != sorted(msgspec.json.decode(ticket.tags)):
        yield "ticket_tags"


def _tags_of(view: View, table: str, ticket: TicketRow) -> list[str]:
    """Look for a ticket under every tag of its account, from tag to tag: no index names tickets."""
    query = (
        f"WITH RECURSIVE used(tag) AS (SELECT min(tag) FROM {table} WHERE account = :account"
        f" UNION ALL SELECT (SELECT min(tag) FROM {table} WHERE account = :account"
        " AND tag > used.tag) FROM used WHERE used.tag IS NOT NULL)"
        f" SELECT tag FROM used CROSS JOIN {table} USING (tag) WHERE account = :account"
        " AND created_at = :created_at AND id = :id"
    )
    of = {"account": ticket.account, "created_at": ticket.created_at, "id": ticket.id}
    return sorted(tag for (tag,) in view.select(query, of))


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
    return Searched(ticket, before, _texts(ticket, _said(before.said, row)))


def _said(before: str, row: Row) -> str:
    """Add words to those that were said before."""
    if row.whole:
        return " ".join(row.said)
    return " ".join(dict.fromkeys([*before.split(), *row.said])) if row.said else before


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
