"""A ticket's history: one entry per update, with the old and the new value of all it changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ticketdomain.events import (
    Actor,
    AssigneeChanged,
    Author,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    KeyIssued,
    KeyRevoked,
    NoteAdded,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    SlaPolicyPublished,
    StatusChanged,
    SubjectChanged,
    TagsReplaced,
    TextsRedacted,
    TicketOpened,
)
from ticketdomain.json_values import Json, JsonObject, equal, leaves
from ticketdomain.ticket import Ticket, evolve


class FieldChange(Struct, frozen=True):
    """What became of one field; a custom field is named to the leaf, `custom_fields/order/id`.

    A note and a reply come from `null`; a reply also says its `author`.
    """

    field: str
    before: Json = msgspec.field(name="from")
    to: Json
    author: Author | UnsetType = UNSET


class HistoryEntry(Struct, frozen=True):
    """One update: `version` is the ticket's after it."""

    version: int
    at: datetime
    by: Actor | None
    request_id: str | None
    changes: tuple[FieldChange, ...]


def entries(before: Ticket | None, recorded_events: Iterable[Recorded]) -> Iterator[HistoryEntry]:
    """Tell the history of the whole commits that follow on the ticket `before`, oldest first."""
    ticket = before
    for _, commit in groupby(recorded_events, key=lambda recorded: recorded.first_of_commit):
        together = list(commit)
        changes: list[FieldChange] = []
        for recorded in together:
            after = evolve(ticket, recorded)
            changes.extend(_changes(ticket, after, recorded))
            ticket = after
        last = together[-1]
        yield HistoryEntry(last.version, last.at, last.by, last.request_id, tuple(changes))


def _changes(before: Ticket | None, after: Ticket, recorded: Recorded) -> Iterator[FieldChange]:
    match recorded.event:
        case NoteAdded(body):
            yield FieldChange("internal_note", None, body)
        case ReplyAdded(body, author):
            yield FieldChange("reply", None, body, author)
        case CustomFieldsMerged():
            yield from _leaf_changes(before.custom_fields if before else {}, after.custom_fields)
        case TicketOpened():
            for name in OPENING:
                if (value := _value(after, name)) not in (None, "", []):
                    yield FieldChange(name, None, value)
            yield from _leaf_changes({}, after.custom_fields)
        case TextsRedacted(versions, reason):
            yield FieldChange("redaction", None, {"versions": list(versions), "reason": reason})
        case KeyIssued() | KeyRevoked() | SlaPolicyPublished():
            pass
        case other:
            name = _field(other)
            yield FieldChange(name, _value(before, name) if before else None, _value(after, name))


# The fields that an opening lists, but for the custom ones.
OPENING = (
    "subject",
    "description",
    "priority",
    "status",
    "category",
    "assigned_to",
    "requester_id",
    "due_date",
    "tags",
)

PlainChange: TypeAlias = (
    SubjectChanged
    | DescriptionChanged
    | PriorityChanged
    | StatusChanged
    | CategoryChanged
    | AssigneeChanged
    | DueDateChanged
    | TagsReplaced
)


def _field(event: PlainChange) -> str:
    """Name the field that an event changes: the first of its own."""
    return event.__struct_fields__[0]


def _value(ticket: Ticket, name: str) -> Json:
    return list(ticket.tags) if name == "tags" else getattr(ticket, name)


def _leaf_changes(before: JsonObject, after: JsonObject) -> Iterator[FieldChange]:
    """Compare leaf by leaf: what is gone first, then what is other or new."""
    old, new = dict(leaves(before, "custom_fields")), dict(leaves(after, "custom_fields"))
    for path, value in old.items():
        if path not in new:
            yield FieldChange(path[1:], value, None)
    for path, value in new.items():
        if path not in old or not equal(old[path], value):
            yield FieldChange(path[1:], old.get(path), value)
