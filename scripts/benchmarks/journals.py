"""Journals of many tickets with many events each, to be read and folded."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from benchmarks.clocks import EVENTS, events
from ticketdomain.journal import Head, StoredRow, encode, open_journal

ACCOUNT = "bench"
IN_A_COMMIT = 20_000  # events


def make_journal(path: Path, count: int) -> int:
    """Make a journal of about so many events; give the number of its tickets."""
    tickets = count // EVENTS
    rows = _rows(tickets)
    with closing(open_journal(f"sqlite:///{path}")) as journal:
        while batch := list(islice(rows, IN_A_COMMIT)):
            with journal.writing() as writer:
                writer.append(batch)
    return tickets


def ticket_id(ticket: int) -> str:
    """Name the ticket of a number, counted from 0."""
    return f"ticket_{ticket:020x}"


def _rows(tickets: int) -> Iterator[StoredRow]:
    story = events()
    for ticket in range(tickets):
        head = Head()
        for recorded in story:
            position = ticket * len(story) + recorded.version
            placed = replace(
                recorded, ticket_id=ticket_id(ticket), position=position, account=ACCOUNT
            )
            row = encode(placed, head.chain_hash, salt=bytes(16))
            head = row.head
            yield row
