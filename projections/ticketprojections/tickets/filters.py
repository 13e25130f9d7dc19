"""What is asked of a list of tickets, and the conditions in SQL that this makes.

Nothing that a caller writes stands in the text of a statement: it is bound.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from ticketprojections.sla.metrics import ClockState
from ticketprojections.tickets.table import instant
from ticketprojections.views.read_model import Tables

Sort: TypeAlias = Literal["created_at", "updated_at", "priority", "due_date", "sla_due"]


class TicketQuery(Struct, frozen=True, kw_only=True):
    """Which tickets of an account are asked for, in which order, and which page of them.

    Of several values any will do, but a ticket must have all `tag`s; `None` among them stands for
    tickets without one. `…_from` is included, `…_to` is not. `held_to` is the one requester whose
    tickets may be seen; `as_of` is now, for the SLA clocks.
    """

    account: str
    as_of: datetime
    held_to: str | None = None
    status: Sequence[str] = ()
    priority: Sequence[int] = ()
    category: Sequence[str | None] = ()
    assigned_to: Sequence[str | None] = ()
    requester_id: Sequence[str | None] = ()
    tag: Sequence[str] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    due_date_from: datetime | None = None
    due_date_to: datetime | None = None
    sla_state: Sequence[ClockState] = ()
    sla_due_before: datetime | None = None
    q: str = ""
    sort: Sort = "created_at"
    descending: bool = True
    limit: int = 50
    cursor: str | None = None


class Condition(Struct, frozen=True):
    """A condition on a row of `tickets`; `of` is the field of the query that asks for it."""

    of: str
    sql: str
    values: Sequence[Any] = ()


EQUAL = ("status", "priority", "category", "assigned_to", "requester_id")
RANGES = {
    "created_from": "created_at >= ?",
    "created_to": "created_at < ?",
    "updated_from": "updated_at >= ?",
    "updated_to": "updated_at < ?",
    "due_date_from": "due_at >= ?",
    "due_date_to": "due_at < ?",
    "sla_due_before": "sla_due_at < ?",
}
SLA_STATES: dict[ClockState, str] = {
    "running": "sla_timely_until >= ?",
    "breached": "sla_late_at < ?",
    "paused": "sla_paused",
    "met": "sla_met",
    "missed": "sla_missed",
}


def conditions(query: TicketQuery, tables: Tables) -> list[Condition]:
    """Give all conditions but those on the account and on words."""
    found = [] if query.held_to is None else [held_to(query.held_to)]
    found += [_any_of(name, getattr(query, name)) for name in EQUAL if getattr(query, name)]
    found += [has_tag(tag, tables) for tag in dict.fromkeys(query.tag)]
    found += [
        Condition(name, sql, [moment(bound)])
        for name, sql in RANGES.items()
        if (bound := getattr(query, name)) is not None
    ]
    if query.sla_state:
        states = [sla_state(query, state) for state in dict.fromkeys(query.sla_state)]
        values = [value for each in states for value in each.values]
        found.append(
            Condition("sla_state", f"({' OR '.join(each.sql for each in states)})", values)
        )
    return found


def where(account: str, terms: Iterable[Condition]) -> tuple[str, list[Any]]:
    """Write the condition that every statement on tickets has: no account sees another's."""
    every = [Condition("account", "account = ?", [account]), *terms]
    sql = " AND ".join(each.sql for each in every)
    return f"WHERE {sql}", [value for each in every for value in each.values]


def sla_state(query: TicketQuery, state: ClockState) -> Condition:
    """Say that some clock is in a state."""
    sql = SLA_STATES[state]
    return Condition("sla_state", sql, [moment(query.as_of)] * sql.count("?"))


def is_value(name: str, value: object) -> Condition:
    """Say that a ticket has a value, or with `None` that it has none."""
    if value is None:
        return Condition(name, f"{name} IS NULL")
    return Condition(name, f"{name} = ?", [value])


def held_to(requester: str) -> Condition:
    """Say that a ticket is the requester's whose tickets alone may be seen."""
    return Condition("held_to", "requester_id = ?", [requester])


def has_tag(tag: str, tables: Tables) -> Condition:
    """Say that a ticket has a tag, with a look into the table of tags."""
    same = " AND ".join(
        f"other.{name} = tickets.{name}" for name in ("account", "created_at", "id")
    )
    sql = f"EXISTS (SELECT 1 FROM {tables('ticket_tags')} AS other WHERE {same} AND other.tag = ?)"
    return Condition(f"tag {tag}", sql, [tag])


def moment(at: datetime) -> str:
    """Write an instant as the columns hold it."""
    return instant(at.astimezone(UTC))


def _any_of(name: str, values: Sequence[object]) -> Condition:
    given = [value for value in values if value is not None]
    sql = f"{name} IN ({', '.join('?' for _ in given)})"
    if len(given) < len(values):
        sql = f"({sql} OR {name} IS NULL)"
    return Condition(name, sql, given)
