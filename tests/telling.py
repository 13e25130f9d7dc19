"""A journal that a test fills through the desk, at instants of the past that it chooses."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from running import Clock
from server import JOURNAL

from ticketdomain.change import Change
from ticketdomain.commands import AddReply, OpenTicket, UpdateTicket
from ticketdomain.decide import TicketCommand
from ticketdomain.events import Actor, Author
from ticketdomain.keys import IssueKey
from ticketservice.service import Service, open_service, publish
from ticketservice.settings import Settings
from ticketservice.sla_file import read_policies

START = datetime(2025, 11, 24, 9, tzinfo=UTC)  # a Monday
KEY = "key_1"
JANE = Actor(KEY, "jane")


class Story:
    """Asks the desk for changes, a minute apart if nothing else is said."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock

    def open(self, ticket: str = "ticket_1", by: Actor | None = JANE, **fields: Any) -> None:
        self.clock.now = START
        given: dict[str, Any] = {"account": "acme", "subject": "Refund", **fields}
        command = OpenTicket(**given)
        self.ask(ticket, command, by, account=command.account)

    def update(self, ticket: str = "ticket_1", by: Actor | None = JANE, **fields: Any) -> None:
        self.ask(ticket, UpdateTicket(**fields), by)

    def reply(self, body: str, author: Author = "agent", ticket: str = "ticket_1") -> None:
        self.ask(ticket, AddReply(body=body, author=author), JANE)

    def ask(
        self, ticket: str, command: TicketCommand, by: Actor | None, account: str = "acme"
    ) -> None:
        request = "req_1" if by else None
        change = Change(stream=ticket, command=command, account=account, by=by, request_id=request)
        asyncio.run(self._ask([change]))
        self.clock.pass_time(minutes=1)

    def ask_all(self, commands: Sequence[TicketCommand], ticket: str = "ticket_1") -> None:
        """Ask for many changes at once, all in the same minute."""
        changes = [Change(stream=ticket, command=c, account="acme", by=JANE) for c in commands]
        asyncio.run(self._ask(changes))

    async def _ask(self, changes: Sequence[Change]) -> None:
        await asyncio.gather(*map(self.service.desk.ask, changes))

    async def begin(self, settings: Settings) -> None:
        await publish(self.service, read_policies(settings.sla, settings.workflow))
        key = IssueKey(account="acme", name="web shop", scopes=(), secret_sha256="0" * 64)
        await self.service.desk.ask(Change(stream=KEY, command=key, account="acme"))


@contextmanager
def telling(directory: Path, **settings: Any) -> Generator[Story]:
    """Fill the journal that the program finds in a directory."""
    clock = Clock()
    clock.now = START
    chosen = Settings(database=f"sqlite:///{directory / JOURNAL}", **settings)
    with open_service(chosen, clock) as service:
        story = Story(service, clock)
        asyncio.run(story.begin(chosen))
        yield story
