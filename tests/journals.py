"""Journals for tests: streams written by hand, one commit after the other."""

from datetime import UTC, datetime, timedelta
from threading import Event

from given import OPENED

from ticketdomain.events import Actor, JournalEvent, NoteAdded, Recorded
from ticketdomain.journal import Head, Journal, StoredRow, decode, encode

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def write(journal: Journal, stream: str, *events: JournalEvent) -> None:
    """Append events to a stream as one commit."""
    with journal.writing() as writer:
        rows: list[StoredRow] = list(writer.stream(stream))
        head = rows[-1].head if rows else Head()
        position = writer.position()
        for index, event in enumerate(events):
            recorded = Recorded(
                ticket_id=stream,
                version=head.version + 1,
                position=position + index + 1,
                at=START + timedelta(seconds=position),
                by=Actor("key_1", "jane"),
                request_id="req_1",
                event=event,
                account="acme",
                commit=(index, len(events)),
            )
            row = encode(recorded, head.chain_hash, salt=bytes([index]) * 16)
            writer.append([row])
            head = row.head


def filled(journal: Journal, tickets: int = 3, notes: int = 4) -> Journal:
    for ticket in range(tickets):
        write(journal, f"ticket_{ticket}", OPENED, NoteAdded("first"))
        for note in range(notes):
            write(journal, f"ticket_{ticket}", NoteAdded(f"note {note}"))
    return journal


def rows(journal: Journal, stream: str = "ticket_0") -> list[StoredRow]:
    with journal.reading() as reader:
        return list(reader.stream(stream))


def stream(journal: Journal, name: str = "ticket_0") -> list[Recorded]:
    return [decode(row) for row in rows(journal, name)]


def write_on(journal: Journal, stop: Event) -> None:
    for number in range(10_000):
        if stop.wait(0.002):
            return
        write(journal, f"ticket_{number % 30}", NoteAdded(f"note {number} of many"))
