"""The tables of tickets, filled by hand: no journal, no runner, any ticket one can think of."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from weakref import finalize

from msgspec.structs import replace
from sqlite_utils import Database

from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketprojections.tickets import tickets_model
from ticketprojections.tickets.filters import TicketQuery
from ticketprojections.tickets.model import Row, write
from ticketprojections.tickets.query import find
from ticketprojections.tickets.table import TicketRow, instant
from ticketprojections.tickets.words import words
from ticketprojections.views.generations import DDL
from ticketprojections.views.store import Store

NOON = datetime.fromisoformat("2026-11-23T12:00Z")

TICKET = TicketRow(
    id="ticket_1",
    account="acme",
    subject="Refund",
    description=None,
    priority=3,
    status="open",
    status_category="active",
    category=None,
    assigned_to=None,
    requester_id=None,
    due_date=None,
    due_at=None,
    tags="[]",
    custom_fields="{}",
    created_at=instant(NOON),
    updated_at=instant(NOON),
    resolved_at=None,
    closed_at=None,
    version=1,
    sla=None,
)


class Shelf(Store):
    """The read models in memory, with tables of tickets to be filled."""

    def __init__(self) -> None:
        super().__init__(Database(memory=True))
        finalize(self, self.db.conn.close)
        for statement in DDL:
            self.db.conn.execute(statement)
        model = tickets_model(Sla(default_policies()))
        generation = self.begin(model, 0)
        self.swap(generation, model)
        self.table = generation.table

    def put(self, tickets: Iterable[TicketRow], said: str = "") -> None:
        """Write tickets, or write them anew."""
        write(self.db, self.table, [Row(each, tuple(words(said)), whole=False) for each in tickets])

    def pages(self, query: TicketQuery) -> Iterable[list[str]]:
        """Give the ids on each page; time goes on from one to the next."""
        for _ in range(100):
            found = find(self, query)
            yield [ticket.id for ticket in found.tickets]
            if found.next is None:
                return
            later = query.as_of + timedelta(seconds=1)
            query = replace(query, cursor=found.next, as_of=later)
        raise AssertionError
