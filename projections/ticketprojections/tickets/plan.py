"""How the tickets of a list are found in its order.

Where an index has them in this order, it is walked until the page is full; else, or if that would
pass over many that a filter leaves out, the few that a filter leaves are collected and sorted.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ticketprojections.tickets.cursor import Cursor
from ticketprojections.tickets.filters import Condition, moment, where
from ticketprojections.tickets.model import CROWD, first_number
from ticketprojections.tickets.sources import Asked, Source, indexed, sources
from ticketprojections.views.generations import View

FEW = 2_000  # tickets, which are collected and sorted in a few milliseconds

MOST = 2**63 - 1  # that SQLite takes for a number

Statement: TypeAlias = tuple[str, list[Any]]
Key: TypeAlias = tuple[int, Any, str]  # a ticket's number, what it is sorted by, its id


class Part(Struct, frozen=True):
    """Tickets that have what the list is sorted by, in `column`; or else those that have not, in
    the order of their ids. `index` has them in this order."""

    column: str | None
    index: str
    only: Sequence[Condition] = ()


SORTS = {
    "created_at": ("created_at", "created"),
    "updated_at": ("updated_at", "updated"),
    "priority": ("priority", "priority"),
    "due_date": ("due_at", "due"),
    "sla_due": ("sla_due_at", "sla_due"),
}
OFTEN_NULL = ("due_at", "sla_due_at")
ALL = Part("created_at", "created")


def parts(asked: Asked, cursor: Cursor | None) -> list[Part]:
    """Give the parts of a list in their order, without what the cursor is past."""
    column, index = SORTS[asked.query.sort]
    if column not in OFTEN_NULL:
        return [Part(column, index)]
    having = Part(column, index, [Condition("", f"{column} IS NOT NULL")])
    if any(term.sql.startswith(column) for term in asked.terms):
        return [having]
    rest = Part(None, "id", [Condition("", f"{column} IS NULL")])
    return [rest] if cursor is not None and cursor.value is None else [having, rest]


def choose(view: View, asked: Asked, part: Part) -> Source:
    """Choose the way to a part."""
    order = part.column or "id"
    ways = list(sources(asked))
    own = Source(indexed(asked.tables, part.index), order)
    if asked.match and order == "created_at":
        ordered = ways[0]  # the words': tickets are numbered in the order of opening
    else:
        ordered = next((each for each in ways if each.order == order), own)
    if _answers(asked, ordered):
        return ordered
    others = (each for each in ways if each is not ordered)
    return next((each for each in others if _leaves_few(view, asked, each)), ordered)


def way_to_count(view: View, asked: Asked) -> Source:
    """Choose the way to all that is asked for, in no order."""
    answering = (each for each in sources(asked) if _answers(asked, each))
    return next(answering, None) or choose(view, asked, ALL)


def keys(asked: Asked, part: Part, source: Source, cursor: Cursor | None) -> Statement:
    """Select number, sort value and id of a part's tickets, as many as a page has and one more."""
    columns = f"no, {part.column or 'NULL'} AS value, id"
    arms = [
        select(columns, asked, source, [*arm, *part.only], after(asked, part, cursor, arm))
        for arm in source.arms
    ]
    direction = "DESC" if asked.query.descending else "ASC"
    order = f"value {direction}, id {direction}" if part.column else f"id {direction}"
    sql = " UNION ALL ".join(sql for sql, _ in arms)
    values = [value for _, values in arms for value in values]
    return f"{sql} ORDER BY {order} LIMIT ?", [*values, asked.query.limit + 1]


def by_number(asked: Asked, source: Source, cursor: Cursor | None) -> Statement:
    """Select the same of all tickets with the words, in the order of their numbers: FTS5 gives
    them one by one as they are taken."""
    no = f"{asked.tables('ticket_search')}.rowid"
    (arm,) = source.arms
    arm = [*arm, *_numbered(asked, no, cursor)]
    sql, values = select("no, created_at, id", asked, source, arm, after(asked, ALL, cursor, arm))
    return f"{sql} ORDER BY {no} {'DESC' if asked.query.descending else 'ASC'}", values


def in_order(keys: Iterator[Key], wanted: int, *, descending: bool) -> list[Key]:
    """Take so many, in the order of opening and id, of what comes in the order of numbers: that
    differs only where several were opened at the same instant."""
    found: list[Key] = []
    for key in keys:
        if len(found) >= wanted and key[1] != found[-1][1]:
            break
        found.append(key)
    found.sort(key=lambda key: key[1:], reverse=descending)
    return found[:wanted]


def counts(asked: Asked, source: Source) -> Iterable[Statement]:
    """Count each arm of a source."""
    for arm in source.arms:
        if _answers(asked, source) and source.alone:
            sql, values = where(asked.query.account, arm)
            yield f"SELECT count(*) FROM {source.alone} {sql}", values
        else:
            yield select("count(*)", asked, source, arm)


def select(
    columns: str,
    asked: Asked,
    source: Source,
    arm: Iterable[Condition],
    begin: Sequence[Condition] = (),
) -> Statement:
    """Select what is asked for from an arm of a source, beginning somewhere."""
    rest = [term for term in asked.terms if term.of not in source.covers]
    terms = [*arm, *rest]
    if begin:  # there, and not where a bound begins: the plus keeps the index from being used so
        bound = SORTS[asked.query.sort][0] + (" < ?" if asked.query.descending else " >= ?")
        terms = [replace(each, sql=f"+{bound}") if each.sql == bound else each for each in terms]
    sql, values = where(asked.query.account, [*terms, *begin])
    return f"SELECT {columns} FROM {source.tables} {sql}", values


def after(
    asked: Asked, part: Part, cursor: Cursor | None, arm: Iterable[Condition]
) -> list[Condition]:
    """Say that a ticket of an arm comes after the cursor."""
    if cursor is None or (cursor.value is None) != (part.column is None):
        return []
    than = "<" if asked.query.descending else ">"
    value = moment(cursor.value) if isinstance(cursor.value, datetime) else cursor.value
    for fixed in (each.values[0] for each in arm if each.sql == f"{part.column} = ?"):
        if fixed != value:  # the whole arm comes after it, or before
            return [Condition("", "FALSE")] if (fixed < value) != asked.query.descending else []
        value = None
    if value is None:
        return [Condition("", f"id {than} ?", [cursor.id])]
    return [Condition("", f"({part.column}, id) {than} (?, ?)", [value, cursor.id])]


def _numbered(asked: Asked, no: str, cursor: Cursor | None) -> list[Condition]:
    """Say between which numbers the tickets are, for FTS5 to begin and to end there."""
    begin, end = asked.query.created_from, asked.query.created_to
    if cursor is not None and isinstance(cursor.value, datetime):
        begin, end = (begin, cursor.value) if asked.query.descending else (cursor.value, end)
    return [
        *([] if begin is None else [Condition("", f"{no} >= ?", [_number(begin)])]),
        *([] if end is None else [Condition("", f"{no} < ?", [_number(end) + CROWD])]),
    ]


def _number(at: datetime) -> int:
    return max(-MOST, min(first_number(moment(at)), MOST - CROWD))


def _answers(asked: Asked, source: Source) -> bool:
    return all(term.of in source.covers for term in asked.terms)


def _leaves_few(view: View, asked: Asked, source: Source) -> bool:
    found = 0
    for arm in source.arms:
        sql, values = where(asked.query.account, arm)
        counted = f"SELECT 1 FROM {source.alone or source.tables} {sql} LIMIT ?"
        query = f"SELECT count(*) FROM ({counted})"
        found += next(view.select(query, [*values, FEW + 1]))[0]
    return found <= FEW
