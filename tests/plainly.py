"""Finding tickets the plainest way: look at each, and sort."""

import json
from collections.abc import Iterator
from datetime import datetime

from ticketprojections.tickets.filters import TicketQuery, moment
from ticketprojections.tickets.plan import SORTS
from ticketprojections.tickets.search import Texts
from ticketprojections.tickets.table import TicketRow
from ticketprojections.tickets.words import words


def matches(ticket: TicketRow, asked: TicketQuery) -> bool:
    """Whether a ticket is asked for."""
    return (
        ticket.account == asked.account
        and asked.held_to in (None, ticket.requester_id)
        and all(
            getattr(ticket, name) in wanted
            for name in ("status", "priority", "category", "assigned_to", "requester_id")
            if (wanted := getattr(asked, name))
        )
        and {*asked.tag} <= {*json.loads(ticket.tags)}
        and within(ticket.created_at, asked.created_from, asked.created_to)
        and within(ticket.updated_at, asked.updated_from, asked.updated_to)
        and within(ticket.due_at, asked.due_date_from, asked.due_date_to)
        and within(ticket.sla_due_at, None, asked.sla_due_before)
        and (not asked.sla_state or not {*asked.sla_state}.isdisjoint(states(ticket, asked.as_of)))
        and has_words(ticket, asked.q)
    )


def within(value: str | None, first: datetime | None, end: datetime | None) -> bool:
    if value is None:
        return first is None and end is None
    at = datetime.fromisoformat(value)
    return (first is None or first <= at) and (end is None or at < end)


def states(ticket: TicketRow, now: datetime) -> Iterator[str]:
    if ticket.sla_timely_until and moment(now) <= ticket.sla_timely_until:
        yield "running"
    if ticket.sla_late_at and ticket.sla_late_at < moment(now):
        yield "breached"
    yield from (name for name in ("paused", "met", "missed") if getattr(ticket, f"sla_{name}"))


def has_words(ticket: TicketRow, q: str) -> bool:
    texts = Texts(ticket.subject, None, ticket.category, ticket.tags, "{}", "")
    *whole, last = words(q) or [""]
    return {*whole} <= texts.words() and (
        not last or any(word.startswith(last) for word in texts.words())
    )


def listed(rows: list[TicketRow], asked: TicketQuery) -> list[str]:
    """List tickets as the contract has it."""
    column, _ = SORTS[asked.sort]
    found = [each for each in rows if matches(each, asked)]
    having = [each for each in found if getattr(each, column) is not None]
    having.sort(key=lambda each: (getattr(each, column), each.id), reverse=asked.descending)
    rest = [each for each in found if getattr(each, column) is None]
    rest.sort(key=lambda each: each.id, reverse=asked.descending)
    return [each.id for each in (*having, *rest)]
