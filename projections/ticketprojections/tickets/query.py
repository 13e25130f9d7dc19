"""Finds tickets: a page of those that a query asks for, or how many they are."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.json_values import JsonObject
from ticketprojections.sla import SlaSummary
from ticketprojections.tickets.cursor import Cursor, read_cursor, write_cursor
from ticketprojections.tickets.filters import Condition, TicketQuery, conditions, is_value, where
from ticketprojections.tickets.model import NAME
from ticketprojections.tickets.plan import (
    ALL,
    Key,
    by_number,
    choose,
    counts,
    in_order,
    keys,
    parts,
    way_to_count,
)
from ticketprojections.tickets.searching import expression, has_words
from ticketprojections.tickets.sources import Asked, indexed
from ticketprojections.views.generations import View


class FoundTicket(Struct, frozen=True, kw_only=True):
    """A ticket as the read model has it."""

    id: str
    subject: str
    description: str | None
    priority: int
    status: str
    category: str | None
    assigned_to: str | None
    requester_id: str | None
    due_date: str | None
    tags: tuple[str, ...]
    custom_fields: JsonObject
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int
    sla: SlaSummary | None


class Found(Struct, frozen=True):
    """A page of tickets; `next` is the cursor of the one that follows, if any."""

    tickets: Sequence[FoundTicket]
    next: str | None


ANSWERED = FoundTicket.__struct_fields__
INSTANTS = ("created_at", "updated_at", "resolved_at", "closed_at")
JSON = {
    "tags": msgspec.json.Decoder(tuple[str, ...]).decode,
    "custom_fields": msgspec.json.Decoder(JsonObject).decode,
    "sla": msgspec.json.Decoder(SlaSummary | None).decode,
}
# What cursors hold of what a list is sorted by, where every ticket has it.
KINDS: dict[str, tuple[type, ...]] = {
    "priority": (int,),
    "created_at": (datetime,),
    "updated_at": (datetime,),
}
ANY_TIME = datetime(1, 1, 1, tzinfo=UTC)


def find(view: View, query: TicketQuery) -> Found:
    """Find a page of tickets.

    Raises:
        MalformedCursorError: the cursor is none.
        OtherQueryError: it is another query's.
        ReadModelError: the tables cannot be read.
    """
    query, cursor = _resumed(query)
    asked = _ask(view, query)
    if asked is None:
        return Found([], None)
    found = list(_found(view, asked, cursor))
    page = found[: query.limit]
    more = _next(query, page[-1]) if len(found) > query.limit else None
    return Found(_tickets(view, asked, [no for no, _, _ in page]), more)


def count(view: View, query: TicketQuery) -> int:
    """Count the tickets that a query asks for, on all pages. Raises as `find` does."""
    asked = _ask(view, _resumed(query)[0])
    if asked is None:
        return 0
    each = counts(asked, way_to_count(view, asked))
    return sum(next(view.select(*statement))[0] for statement in each)


def in_use(view: View, account: str, status: str) -> bool:
    """Whether some ticket of an account has a status."""
    tables = view.live(NAME).table
    sql, values = where(account, [is_value("status", status)])
    query = f"SELECT 1 FROM {indexed(tables, 'status')} {sql} LIMIT 1"
    return any(view.select(query, values))


def _resumed(query: TicketQuery) -> tuple[TicketQuery, Cursor | None]:
    if query.cursor is None:
        return query, None
    cursor = read_cursor(query.cursor, _digest(query), KINDS.get(query.sort, (datetime, NoneType)))
    return replace(query, as_of=cursor.as_of), cursor


def _digest(query: TicketQuery) -> bytes:
    """Give what tells a query from others, whatever its page."""
    same = replace(query, as_of=ANY_TIME, limit=0, cursor=None)
    return hashlib.sha256(msgspec.json.encode(same)).digest()[:12]


def _next(query: TicketQuery, last: Key) -> str:
    _, value, ticket_id = last
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return write_cursor(Cursor(_digest(query), query.as_of, value, ticket_id))


def _ask(view: View, query: TicketQuery) -> Asked | None:
    """Turn a query into conditions; `None` where it is clear that no ticket fulfils them."""
    tables = view.live(NAME).table
    match = expression(view, tables, query.account, query.q)
    if match is None:
        return None
    terms = conditions(query, tables)
    return Asked(query, tables, [*terms, *([has_words(match, tables)] if match else [])], match)


def _found(view: View, asked: Asked, cursor: Cursor | None) -> Iterator[Key]:
    """Give number, sort value and id of a page's tickets, and of one more."""
    wanted = asked.query.limit + 1
    for part in parts(asked, cursor):
        source = choose(view, asked, part)
        if part == ALL and source.order == "no":
            numbered = view.select(*by_number(asked, source, cursor))
            found = in_order(numbered, wanted, descending=asked.query.descending)
        else:
            found = list(view.select(*keys(asked, part, source, cursor)))
        yield from found[:wanted]
        wanted -= len(found)
        if wanted <= 0:
            return


def _tickets(view: View, asked: Asked, numbers: Sequence[int]) -> list[FoundTicket]:
    by_no = Condition("", f"no IN ({', '.join('?' for _ in numbers)})", numbers)
    sql, values = where(asked.query.account, [by_no])
    tickets = f"{asked.tables(NAME)} NOT INDEXED"  # by number
    query = f"SELECT no, {', '.join(ANSWERED)} FROM {tickets} {sql}"
    found = {no: _ticket(columns) for no, *columns in view.select(query, values)}
    return [found[no] for no in numbers]


def _ticket(columns: Sequence[Any]) -> FoundTicket:
    row: dict[str, Any] = dict(zip(ANSWERED, columns, strict=True))
    for name in INSTANTS:
        row[name] = row[name] and datetime.fromisoformat(row[name])
    for name, decode in JSON.items():
        row[name] = row[name] and decode(row[name])
    return FoundTicket(**row)
