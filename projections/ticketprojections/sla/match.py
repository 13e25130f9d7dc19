"""Which tickets a policy is for: what of a ticket decides it, and how that changes."""

from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.events import (
    CategoryChanged,
    JournalEvent,
    PriorityChanged,
    TagsReplaced,
    TicketOpened,
)

PRIORITIES = ("1", "2", "3", "4")


class Traits(Struct, frozen=True):
    """What decides which policy a ticket has."""

    account: str
    priority: int
    category: str | None
    tags: tuple[str, ...]


def _several(value: int | str | tuple[int, ...] | tuple[str, ...]) -> tuple[int | str, ...]:
    return value if isinstance(value, tuple) else (value,)


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tickets a policy is for: one value or any of several; what is left out is any.

    A ticket has to have one of the tags.

    Raises:
        ValueError: a priority is none.
    """

    priority: int | tuple[int, ...] | None = None
    """The ticket's priority, 1 to 4."""
    category: str | tuple[str, ...] | None = None
    """The ticket's category."""
    tag: str | tuple[str, ...] | None = None
    """A tag that is among the ticket's."""
    account: str | tuple[str, ...] | None = None
    """The account that the ticket belongs to."""

    def __post_init__(self) -> None:
        for priority in self.named().get("priority", ()):
            if priority not in PRIORITIES:
                msg = f"priority is {priority}, which is none of {', '.join(PRIORITIES)}"
                raise ValueError(msg)

    def named(self) -> dict[str, list[str]]:
        """Give what it asks for, by name."""
        asked = {
            "priority": self.priority,
            "category": self.category,
            "tag": self.tag,
            "account": self.account,
        }
        return {
            name: [str(each) for each in _several(value)]
            for name, value in asked.items()
            if value is not None
        }

    def covers(self, ticket: Traits) -> bool:
        """Whether a ticket of these traits is among them."""
        return (
            (self.priority is None or ticket.priority in _several(self.priority))
            and (self.category is None or ticket.category in _several(self.category))
            and (self.tag is None or any(tag in ticket.tags for tag in _several(self.tag)))
            and (self.account is None or ticket.account in _several(self.account))
        )


def traits_after(ticket: Traits | None, event: JournalEvent) -> Traits:
    """Give what policies look at after one more of a ticket's events."""
    if isinstance(event, TicketOpened):
        return Traits(event.account, event.priority, event.category, tuple(event.tags))
    if ticket is None:
        msg = f"{event} cannot be a ticket's first event"
        raise TypeError(msg)
    if isinstance(event, PriorityChanged):
        return replace(ticket, priority=event.priority)
    if isinstance(event, CategoryChanged):
        return replace(ticket, category=event.category)
    if isinstance(event, TagsReplaced):
        return replace(ticket, tags=tuple(event.tags))
    return ticket
