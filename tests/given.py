"""given(events).when(command).then(events): the domain's rules in the words of the desk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from msgspec.structs import replace

from ticketdomain.commands import read_open_ticket, read_update_ticket
from ticketdomain.decide import TicketCommand, decide
from ticketdomain.errors import InvalidCommandError
from ticketdomain.events import (
    Actor,
    Recorded,
    StatusCategory,
    StatusChanged,
    TicketEvent,
    TicketOpened,
)
from ticketdomain.json_values import Json
from ticketdomain.ticket import Ticket, evolve, replay
from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

OPENED = TicketOpened(
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
    tags=(),
    custom_fields={},
)
RESOLVED = StatusChanged("resolved", "resolved")
CLOSED = StatusChanged("closed", "closed")
PENDING = StatusChanged("pending", "waiting")
REOPENED = StatusChanged("open", "active")


def opened(**fields: object) -> TicketOpened:
    return replace(OPENED, **fields)


def opened_in(status: str, category: StatusCategory) -> TicketOpened:
    return opened(status=status, status_category=category)


def recorded(*events: TicketEvent, minutes: int = 1) -> list[Recorded]:
    """Put events into envelopes, one commit each, so many minutes apart from noon on."""
    return [
        Recorded(
            ticket_id="ticket_1",
            version=version,
            position=version,
            at=NOON + timedelta(minutes=minutes * (version - 1)),
            by=Actor("key_1"),
            request_id=f"req_{version}",
            event=event,
            account="acme",
        )
        for version, event in zip(count(1), events, strict=False)
    ]


def at_minute(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


class Given:
    """A ticket that has come about by events, and what is asked of it."""

    def __init__(self, *events: TicketEvent, workflow: Workflow = DEFAULT_WORKFLOW) -> None:
        self._history = recorded(*events)
        self._workflow = workflow
        self._decided: list[TicketEvent] = []
        self._refused: InvalidCommandError | None = None

    def when(self, command: TicketCommand) -> "Given":
        ticket = replay(self._history)
        try:
            self._decided = decide(command, ticket, self._workflow)
        except InvalidCommandError as refused:
            self._refused = refused
        return self

    def when_asked(self, body: Json) -> "Given":
        """Send a body, as PUT does to a ticket that is there, and POST to none."""
        try:
            if self._history:
                return self.when(read_update_ticket(body, self._workflow))
            return self.when(read_open_ticket(body, "acme", self._workflow))
        except InvalidCommandError as refused:
            self._refused = refused
            return self

    def then(self, *events: TicketEvent) -> None:
        assert self._refused is None, self._refused
        assert self._decided == list(events)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, *faults: tuple[str, str]) -> None:
        """Expect these (pointer, code), all of them and no other."""
        assert self._refused is not None, self._decided
        assert [(each.pointer, each.code) for each in self._refused.faults] == list(faults)

    def then_allowed(self, *statuses: str) -> None:
        assert self._refused is not None, self._decided
        assert self._refused.faults[0].allowed == statuses

    def ticket(self) -> Ticket:
        """Give the ticket after what was decided, a minute later, as one commit."""
        ticket = replay(self._history)
        for each in self._after():
            ticket = evolve(ticket, each)
        assert ticket is not None
        return ticket

    def _after(self) -> Iterator[Recorded]:
        assert self._refused is None, self._refused
        version, at = len(self._history), at_minute(len(self._history))
        for index, event in enumerate(self._decided):
            yield Recorded(
                "ticket_1", version + index + 1, version + index + 1, at, None, None, event
            )


given = Given
