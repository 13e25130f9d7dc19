"""The facts: what can have happened to a ticket, a key or the SLA policies, and their envelope.

The tag of an event is its name in storage and never changes; the class may be renamed.
"""

from datetime import datetime
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from ticketdomain.json_values import JsonObject

StatusCategory: TypeAlias = Literal["active", "waiting", "resolved", "closed"]
Author: TypeAlias = Literal["agent", "customer"]


class TicketOpened(Struct, frozen=True, tag="ticket.opened"):
    """The first event of every ticket; `due_date` as in `DueDateChanged`."""

    account: str
    subject: str
    description: str | None
    priority: int
    status: str
    status_category: StatusCategory
    category: str | None
    assigned_to: str | None
    requester_id: str | None
    due_date: str | None
    tags: tuple[str, ...]
    custom_fields: JsonObject


class SubjectChanged(Struct, frozen=True, tag="ticket.subject_changed"):
    subject: str


class DescriptionChanged(Struct, frozen=True, tag="ticket.description_changed"):
    description: str | None


class PriorityChanged(Struct, frozen=True, tag="ticket.priority_changed"):
    """From 1, the most urgent, to 4."""

    priority: int


class StatusChanged(Struct, frozen=True, tag="ticket.status_changed"):
    """Holds the status's category of that moment: a later workflow rewrites no history."""

    status: str
    status_category: StatusCategory


class CategoryChanged(Struct, frozen=True, tag="ticket.category_changed"):
    category: str | None


class AssigneeChanged(Struct, frozen=True, tag="ticket.assignee_changed"):
    assigned_to: str | None


class DueDateChanged(Struct, frozen=True, tag="ticket.due_date_changed"):
    """A date as `2026-12-24`, or an instant in UTC as `2026-12-24T09:00:00Z`."""

    due_date: str | None


class TagsReplaced(Struct, frozen=True, tag="ticket.tags_replaced"):
    tags: tuple[str, ...]


class CustomFieldsMerged(Struct, frozen=True, tag="ticket.custom_fields_merged"):
    """The smallest JSON Merge Patch (RFC 7396) that makes the change."""

    patch: JsonObject


class NoteAdded(Struct, frozen=True, tag="ticket.note_added"):
    """An internal note: for agents, never for customers."""

    body: str


class ReplyAdded(Struct, frozen=True, tag="ticket.reply_added"):
    """What an agent or the customer said, visible to both."""

    body: str
    author: Author


class TextsRedacted(Struct, frozen=True, tag="ticket.texts_redacted"):
    """The texts of these versions of the ticket were blanked for good, and why; see `redaction`.

    `payloads` are the SHA-256, in hexadecimal, of what was left of each version, in their order.

    The ticket is then told from its blanked events: nothing has to be known of this one to do so.
    """

    versions: tuple[int, ...]
    reason: str
    payloads: tuple[str, ...]


class KeyIssued(Struct, frozen=True, tag="key.issued"):
    """An API key; only the secret's SHA-256 in hexadecimal is kept."""

    account: str
    name: str
    scopes: tuple[str, ...]
    secret_sha256: str
    expires_at: datetime | None
    requester: str | None


class KeyRevoked(Struct, frozen=True, tag="key.revoked"):
    pass


class SlaPolicyPublished(Struct, frozen=True, tag="policy.published"):
    """What is promised from now on: all policies, the first that matches a ticket is its own.

    Each is whole, its calendar and the dates of its holidays included; what they mean is the
    business of the SLA metrics, not of this package.
    """

    policies: tuple[JsonObject, ...]


TicketEvent: TypeAlias = (
    TicketOpened
    | SubjectChanged
    | DescriptionChanged
    | PriorityChanged
    | StatusChanged
    | CategoryChanged
    | AssigneeChanged
    | DueDateChanged
    | TagsReplaced
    | CustomFieldsMerged
    | NoteAdded
    | ReplyAdded
    | TextsRedacted
)
# As storage names them.
TICKET_TYPES = tuple(str(each.__struct_config__.tag) for each in get_args(TicketEvent))
KeyEvent: TypeAlias = KeyIssued | KeyRevoked
JournalEvent: TypeAlias = TicketEvent | KeyEvent | SlaPolicyPublished


class Actor(Struct, frozen=True):
    """Who did it: the API key, and the user it acted for, if the caller named one."""

    key_id: str
    on_behalf_of: str | None = None


class Recorded(Struct, frozen=True):
    """An event in its envelope.

    `ticket_id` names the stream (for a key's event the key, for a publication `policy`); `version`
    counts from 1 in the stream, `position` from 1 in the journal, without gaps, in the order of
    commits; `at` is an aware UTC datetime, never before the stream's previous one; `commit` is
    (index from 0, count) within the update that wrote it.
    """

    ticket_id: str
    version: int
    position: int
    at: datetime
    by: Actor | None
    request_id: str | None
    event: JournalEvent
    account: str = ""
    commit: tuple[int, int] = (0, 1)

    @property
    def first_of_commit(self) -> int:
        """The version of the first event of the same commit: it names the commit in its stream."""
        return self.version - self.commit[0]
