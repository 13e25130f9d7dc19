"""Redaction: what a ticket's events said is blanked for good, and that it was is recorded.

This is no command of the desk's, because it adds to what has happened and also alters how it was
told. The payload's hash stays, and its salt goes: the chain holds, and the text cannot be guessed
back. What remains of the text elsewhere (read models, free pages) is the caller's to see to.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ticketdomain.errors import NothingToRedactError, TicketNotFoundError
from ticketdomain.events import (
    Actor,
    AssigneeChanged,
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
    TicketEvent,
    TicketOpened,
)
from ticketdomain.journal import Journal, StoredRow, Writer, decode, encode
from ticketdomain.json_values import Json, JsonObject

REDACTED = "[redacted]"


def redacted(event: TicketEvent) -> TicketEvent:
    """Give an event without what people wrote in it: subject, description, custom field values,
    notes and replies. What SLA policies and lists go by stays: tags, category, who has it."""
    match event:
        case TicketOpened():
            return replace(
                event,
                subject=REDACTED,
                description=None if event.description is None else REDACTED,
                custom_fields=_values(event.custom_fields),
            )
        case SubjectChanged():
            return SubjectChanged(REDACTED)
        case DescriptionChanged(description):
            return DescriptionChanged(None if description is None else REDACTED)
        case CustomFieldsMerged(patch):
            return CustomFieldsMerged(_values(patch))
        case NoteAdded():
            return NoteAdded(REDACTED)
        case ReplyAdded(_, author):
            return ReplyAdded(REDACTED, author)
        case (
            PriorityChanged()
            | StatusChanged()
            | CategoryChanged()
            | AssigneeChanged()
            | DueDateChanged()
            | TagsReplaced()
            | TextsRedacted()
        ):
            return event
        case _:
            assert_never(event)


def _values(fields: JsonObject) -> JsonObject:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Json) -> Json:
    """Blank texts and numbers, a number by one that is never longer; what a field is made of
    stays."""
    if isinstance(value, dict):
        return _values(value)
    if isinstance(value, list):
        return [_value(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    return REDACTED if isinstance(value, str) else 0


def redact(
    journal: Journal,
    ticket_id: str,
    versions: Iterable[int] | None,
    *,
    reason: str,
    by: Actor | None,
    now: datetime,
) -> tuple[int, ...]:
    """Blank the texts of a ticket's versions, or of all, and record it; give those that had some:
    none if they are blanked already, as when what came after a redaction was interrupted.

    Raises:
        TicketNotFoundError: there is no such ticket, or it never had one of the versions.
        NothingToRedactError: none of them ever had a text.
        JournalError: it cannot be written.
    """
    with journal.writing() as writer:
        rows = list(writer.stream(ticket_id))
        wanted = _named(ticket_id, rows, versions)
        blanked = [blank for row in rows if (blank := _blanked(row, wanted)) is not None]
        if not blanked:
            if any(not row.salt for row in rows if row.originator_version in wanted):
                return ()
            msg = f"there is no text to redact in {ticket_id}"
            raise NothingToRedactError(msg)
        writer.blank(blanked)
        told = tuple(row.originator_version for row in blanked)
        left = tuple(hashlib.sha256(row.state).hexdigest() for row in blanked)
        _record(writer, rows[-1], TextsRedacted(told, reason, left), by, now)
    return told


def _named(
    ticket_id: str, rows: Sequence[StoredRow], versions: Iterable[int] | None
) -> frozenset[int]:
    known = {row.originator_version for row in rows}
    wanted = frozenset(known if versions is None else versions)
    if not known or not ticket_id.startswith("ticket_"):
        msg = f"there is no ticket {ticket_id}"
        raise TicketNotFoundError(msg)
    if missing := wanted - known:
        msg = f"{ticket_id} never had version {min(missing)}, its newest is {max(known)}"
        raise TicketNotFoundError(msg)
    return wanted


def _blanked(row: StoredRow, wanted: frozenset[int]) -> StoredRow | None:
    """Give a row without its text, if it is wanted and has one."""
    if row.originator_version not in wanted or not row.salt:
        return None
    event = decode(row).event
    assert not isinstance(event, KeyIssued | KeyRevoked | SlaPolicyPublished)
    blank = redacted(event)
    return None if blank == event else replace(row, state=msgspec.json.encode(blank), salt=b"")


def _record(
    writer: Writer, newest: StoredRow, event: TextsRedacted, by: Actor | None, now: datetime
) -> None:
    head = newest.head
    recorded = Recorded(
        ticket_id=newest.originator_id,
        version=head.version + 1,
        position=writer.position() + 1,
        at=max(now, head.at or now),
        by=by,
        request_id=None,
        event=event,
        account=newest.account,
    )
    writer.append([encode(recorded, head.chain_hash, salt=os.urandom(16))])
