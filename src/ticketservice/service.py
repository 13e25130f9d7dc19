"""The composition root: everything that a running service consists of."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex

from msgspec import Struct

from ticketdomain.desk import Desk
from ticketdomain.journal import Journal, open_journal
from ticketdomain.keys import KEY, KeyRing
from ticketdomain.live import Live
from ticketdomain.ticket import TICKET
from ticketdomain.workflow import Workflow
from ticketprojections.public import PUBLIC
from ticketservice.settings import Settings
from ticketservice.tickets import Tickets

FOLDS = {"ticket": (TICKET, PUBLIC), "key": (KEY,)}


def utc_now() -> datetime:
    return datetime.now(UTC)


def random_id(kind: str) -> str:
    """Make an id as `ticket_…` of 80 random bits."""
    return f"{kind}_{token_hex(10)}"


class Service(Struct, frozen=True):
    """The parts that web and command line work with."""

    journal: Journal
    desk: Desk
    keys: KeyRing
    tickets: Tickets
    workflow: Workflow
    clock: Callable[[], datetime]
    new_id: Callable[[str], str]


@contextmanager
def open_service(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[str], str] = random_id,
) -> Generator[Service]:
    """Open the journal and the desk, and close them at the end.

    Raises:
        JournalError: the journal cannot be opened.
    """
    journal = open_journal(settings.database)
    live = Live(FOLDS)
    desk = Desk(journal, live, settings.workflow, clock)
    try:
        keys = KeyRing(journal, clock)
        tickets = Tickets(journal, live)
        yield Service(journal, desk, keys, tickets, settings.workflow, clock, new_id)
    finally:
        desk.close()
        journal.close()
