"""Reads one ticket of the journal for an audit, of whatever account, also while it is served."""

from collections.abc import Iterator
from datetime import datetime

from ticketdomain.errors import TicketNotFoundError
from ticketdomain.journal import Journal, StoredRow
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET
from ticketservice.audit.words import instant
from ticketservice.service import Service

ROWS_AT_ONCE = 200


def newest(service: Service, ticket_id: str) -> StreamState:
    """Give the ticket as it now is.

    Raises:
        TicketNotFoundError: there is none; keys and policies are none either.
    """
    if ticket_id.startswith("ticket_") and ticket_id.isascii():
        state = service.tickets.newest(ticket_id)
        if state.head.version:
            return state
    msg = f"there is no ticket {ticket_id}"
    raise TicketNotFoundError(msg)


def at_version(service: Service, ticket_id: str, version: int) -> StreamState:
    """Give the ticket as it was at a version.

    Raises:
        TicketNotFoundError: there is no such ticket, or it never had this version.
    """
    highest = newest(service, ticket_id).head.version
    if version > highest:
        msg = f"{ticket_id} never had version {version}, its newest is {highest}"
        raise TicketNotFoundError(msg)
    return service.tickets.at_version(ticket_id, version)


def as_of(service: Service, ticket_id: str, moment: datetime) -> StreamState:
    """Give the ticket as it was at an instant.

    Raises:
        TicketNotFoundError: there is no such ticket, or it was not there yet.
    """
    ticket = newest(service, ticket_id).of(TICKET)
    if ticket and moment < ticket.created_at:
        opened = ticket.created_at.isoformat().replace("+00:00", "Z")
        msg = f"{ticket_id} was not there yet at {instant(moment)}: it was opened at {opened}"
        raise TicketNotFoundError(msg)
    return service.tickets.as_of(ticket_id, moment)


def rows(journal: Journal, ticket_id: str, upto: int) -> Iterator[StoredRow]:
    """Give a ticket's rows up to a version, some at a time.

    No transaction stays open while somebody reads the timeline page by page: the service could
    not shorten its write-ahead log meanwhile. What is there already never changes.
    """
    for after in range(0, upto, ROWS_AT_ONCE):
        with journal.reading() as reader:
            upper = min(after + ROWS_AT_ONCE, upto)
            some = list(reader.stream(ticket_id, after=after, upto=upper))
        yield from some
