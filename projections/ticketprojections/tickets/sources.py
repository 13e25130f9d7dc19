"""The ways to tickets: which index answers which condition, and in which order it has them.

SQLite is told which index to use: it cannot know how many tickets have which value.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import Struct

from ticketprojections.sla.metrics import ClockState
from ticketprojections.tickets.filters import (
    RANGES,
    Condition,
    TicketQuery,
    held_to,
    is_value,
    sla_state,
)
from ticketprojections.views.read_model import Tables

MOST_ARMS = 16


class Asked(Struct, frozen=True):
    """A query with its conditions; `match` is what FTS5 looks for, if words are searched for."""

    query: TicketQuery
    tables: Tables
    terms: Sequence[Condition]
    match: str


class Source(Struct, frozen=True):
    """Some of the tickets: those of its `arms`, none of which has a ticket of another.

    An arm is conditions that an index answers; together they answer the terms in `covers`. `order`
    is the column by which each arm is sorted, before id. `alone` is where the arms are looked
    up without the tickets, to count them.
    """

    tables: str
    order: str
    covers: frozenset[str] = frozenset()
    arms: Sequence[Sequence[Condition]] = ((),)
    alone: str | None = None


# What usually leaves few tickets comes first.
EQUALITIES = {
    "requester": ("requester_id",),
    "assignee_status": ("assigned_to", "status"),
    "assignee": ("assigned_to",),
    "category": ("category",),
    "status": ("status",),
}
SLA_STATES: dict[ClockState, tuple[str, str]] = {
    "breached": ("sla_late", "sla_late_at"),
    "paused": ("sla_paused", "created_at"),
    "missed": ("sla_missed", "created_at"),
    "running": ("sla_running", "created_at"),
}
BOUNDED = {
    "sla_due": "sla_due_at",
    "due": "due_at",
    "updated": "updated_at",
    "created": "created_at",
}


def sources(asked: Asked) -> Iterator[Source]:
    """Give the ways that a query's conditions open."""
    query, tables = asked.query, asked.tables
    if asked.match:
        yield _of_words(asked)
    if query.held_to is not None:
        arm = [held_to(query.held_to)]
        yield Source(indexed(tables, "requester"), "created_at", frozenset({"held_to"}), [arm])
    for tag in query.tag:
        yield _of_tag(tables, tag)
    for index, names in EQUALITIES.items():
        yield from _equal(asked, index, names, "created_at")
    yield from _equal(asked, "priority", ("priority",), "priority")
    for state in query.sla_state if len(query.sla_state) == 1 else ():
        if state in SLA_STATES:
            index, order = SLA_STATES[state]
            arm = [sla_state(query, state)]
            yield Source(indexed(tables, index), order, frozenset({"sla_state"}), [arm])
    for index, column in BOUNDED.items():
        bounds = frozenset(name for name, sql in RANGES.items() if sql.startswith(column))
        if arm := [term for term in asked.terms if term.of in bounds]:
            yield Source(indexed(tables, index), column, bounds, [arm])


def indexed(tables: Tables, index: str) -> str:
    """Name the table of tickets with the index by which it is to be read."""
    table = tables("tickets")
    return f"{table} AS tickets INDEXED BY {table}_by_{index}"


def _equal(asked: Asked, index: str, names: Sequence[str], order: str) -> Iterator[Source]:
    """Give an arm for each value, or combination of values: only of one is the index in order."""
    values = [tuple(dict.fromkeys(getattr(asked.query, name))) for name in names]
    arms = [
        [is_value(name, value) for name, value in zip(names, each, strict=True)]
        for each in product(*values)
    ]
    if 0 < len(arms) <= MOST_ARMS:
        yield Source(indexed(asked.tables, index), order, frozenset(names), arms)


def _of_tag(tables: Tables, tag: str) -> Source:
    # In what is joined by USING, the names that both have mean the columns of the left one.
    joined = f"{tables('ticket_tags')} AS tagged CROSS JOIN {indexed(tables, 'id')}"
    return Source(
        f"{joined} USING (account, id, created_at)",
        "created_at",
        frozenset({f"tag {tag}"}),
        [[Condition("tag", "tag = ?", [tag])]],
        tables("ticket_tags"),
    )


def _of_words(asked: Asked) -> Source:
    search = asked.tables("ticket_search")
    tickets = f"{asked.tables('tickets')} AS tickets"
    return Source(
        f"{search} CROSS JOIN {tickets} ON tickets.no = {search}.rowid",
        "no",
        frozenset({"q"}),
        [[Condition("q", f"{search} MATCH ?", [asked.match])]],
        f"{asked.tables('ticket_accounts')} CROSS JOIN {search}",
    )
