"""The table of tickets: a row for each, with all that it is listed, filtered and sorted by."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET, Ticket
from ticketprojections.sla import Sla
from ticketprojections.sla.state import SlaState

NEVER = "9999-12-31T23:59:59.999999Z"

_json = msgspec.json.Encoder().encode


class TicketRow(Struct, frozen=True, kw_only=True):
    """A ticket in columns. Instants are RFC 3339 in UTC with six fraction digits, so that text
    sorts as time does; `tags`, `custom_fields` and `sla` are JSON.

    `due_at` is when `due_date` begins. Of the SLA clocks that run: `sla_running` is how many do,
    `…_due_at` when each is due, `sla_due_at` the earliest of these; one at least is late after
    `sla_late_at`, and one at least is not until after `sla_timely_until`. `sla_paused`, `sla_met`
    and `sla_missed` say whether some clock is so.
    """

    no: int = 0
    id: str
    account: str
    subject: str
    description: str | None
    priority: int
    status: str
    status_category: str
    category: str | None
    assigned_to: str | None
    requester_id: str | None
    due_date: str | None
    due_at: str | None
    tags: str
    custom_fields: str
    created_at: str
    updated_at: str
    resolved_at: str | None
    closed_at: str | None
    version: int
    sla: str | None
    sla_running: int = 0
    sla_due_at: str | None = None
    first_response_due_at: str | None = None
    next_response_due_at: str | None = None
    resolution_due_at: str | None = None
    sla_late_at: str | None = None
    sla_timely_until: str | None = None
    sla_paused: bool = False
    sla_met: bool = False
    sla_missed: bool = False


COLUMNS = TicketRow.__struct_fields__
INTEGERS = {"priority", "version", "sla_running", "sla_paused", "sla_met", "sla_missed"}

# By what is listed together, and in which order; all end in the ticket's id, so that ties have one.
INDEXES = {
    "id": "account, id",
    "created": "account, created_at, id",
    "updated": "account, updated_at, id",
    "priority": "account, priority, id",
    "status": "account, status, created_at, id",
    "category": "account, category, created_at, id",
    "assignee": "account, assigned_to, created_at, id",
    "assignee_status": "account, assigned_to, status, created_at, id",
    "requester": "account, requester_id, created_at, id",
    "due": "account, due_at, id",
    "sla_due": "account, sla_due_at, id",
    "sla_late": "account, sla_late_at, id",
    "sla_running": "account, created_at, id, sla_timely_until",
    "sla_paused": "account, created_at, id",
    "sla_missed": "account, created_at, id",
}
UNIQUE = {"id"}
# Of many tickets nothing is to be said: these indexes leave them out.
ONLY = {
    "due": "due_at IS NOT NULL",
    "sla_due": "sla_due_at IS NOT NULL",
    "sla_late": "sla_late_at IS NOT NULL",
    "sla_running": "sla_timely_until IS NOT NULL",
    "sla_paused": "sla_paused",
    "sla_missed": "sla_missed",
}


def create(db: Database, table: str) -> None:
    """Make the table, with its indexes, called as the table and what they are by."""
    types = {name: "INTEGER" if name in INTEGERS else "TEXT" for name in COLUMNS}
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items() if name != "no")
    db.conn.execute(f"CREATE TABLE {table} (no INTEGER PRIMARY KEY, {columns})")
    for name, order in INDEXES.items():
        only = f" WHERE {ONLY[name]}" if name in ONLY else ""
        kind = "UNIQUE INDEX" if name in UNIQUE else "INDEX"
        db.conn.execute(f"CREATE {kind} {table}_by_{name} ON {table} ({order}){only}")


def ticket_row(stream: StreamState, sla: Sla) -> TicketRow:
    """Say what the table holds of a ticket; its number is given when it is written.

    Raises:
        TypeError: the stream has no ticket.
    """
    ticket = stream.of(TICKET)
    if ticket is None:
        msg = f"{stream.stream} holds no ticket"
        raise TypeError(msg)
    summary = sla.summary(stream)
    return TicketRow(
        id=ticket.id,
        account=ticket.account,
        subject=ticket.subject,
        description=ticket.description,
        priority=ticket.priority,
        status=ticket.status,
        status_category=ticket.status_category,
        category=ticket.category,
        assigned_to=ticket.assigned_to,
        requester_id=ticket.requester_id,
        due_date=ticket.due_date,
        due_at=due_at(ticket),
        tags=_json(ticket.tags).decode(),
        custom_fields=_json(ticket.custom_fields).decode(),
        created_at=instant(ticket.created_at),
        updated_at=instant(ticket.updated_at),
        resolved_at=_instant(ticket.resolved_at),
        closed_at=_instant(ticket.closed_at),
        version=ticket.version,
        sla=None if summary is None else _json(summary).decode(),
        **({} if summary is None else _clocks(stream, sla)),
    )


def instant(at: datetime) -> str:
    """Write an instant in UTC as the columns hold it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def due_at(ticket: Ticket) -> str | None:
    """Give when a ticket's due date begins: a date alone does in UTC."""
    if ticket.due_date is None:
        return None
    return instant(datetime.fromisoformat(ticket.due_date))


def _clocks(stream: StreamState, sla: Sla) -> dict[str, Any]:
    state: SlaState | None = stream.of(sla.fold)
    assert state is not None
    running = [clock for clock in state.clocks() if clock.running_since is not None]
    due = {clock.name: instant(clock.due_at) for clock in running if clock.due_at}
    late = sla.late_after(stream)
    states = {clock.state for clock in state.clocks()}
    return {
        "sla_running": len(running),
        "sla_due_at": min(due.values(), default=None),
        **{f"{name}_due_at": at for name, at in due.items()},
        "sla_late_at": min((instant(at) for at in late if at), default=None),
        "sla_timely_until": max((instant(at) if at else NEVER for at in late), default=None),
        "sla_paused": "paused" in states,
        "sla_met": "met" in states,
        "sla_missed": "missed" in states,
    }
