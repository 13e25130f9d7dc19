"""What read models hold, and what they must hold of a journal."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct
from read_models import Desk

from ticketdomain.events import AssigneeChanged, NoteAdded, Recorded, ReplyAdded, TicketOpened
from ticketdomain.journal import Journal, decode
from ticketdomain.json_values import Json, JsonObject
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET
from ticketprojections.sla import Sla
from ticketprojections.tickets.table import ticket_row
from ticketprojections.tickets.words import words


class Held(Struct, frozen=True):
    """What read models hold: rows by ticket, tags, (account, word, ticket) as it is searched, the
    words that were said, and who was given what on which day."""

    tickets: dict[str, JsonObject]
    tags: set[tuple[str, str, str, str]]
    words: set[tuple[str, str, str]]
    said: dict[str, list[str]]
    assignments: set[tuple[str, str, str, str]]


def expected(journal: Journal, *, but: Iterable[str] = ()) -> Held:
    """Say what read models must hold of a journal, but for some tickets, from events alone."""
    desk = Desk(journal)
    held = Held({}, set(), set(), {}, set())
    with journal.reading() as reader:
        touched = sorted(stream for stream, _ in reader.touched(after=0, upto=reader.position()))
        for ticket in touched:
            if ticket.startswith("ticket_") and ticket not in but:
                history = [decode(row) for row in reader.stream(ticket)]
                _add(held, history, desk.live.newest(reader, ticket), desk.sla)
    return held


def _add(held: Held, history: Sequence[Recorded], state: StreamState, sla: Sla) -> None:
    ticket = state.of(TICKET)
    assert ticket is not None
    row = msgspec.structs.asdict(ticket_row(state, sla))
    del row["no"]
    held.tickets[ticket.id] = row
    at = row["created_at"]
    held.tags.update((ticket.account, tag, at, ticket.id) for tag in ticket.tags)
    said = [e.event.body for e in history if isinstance(e.event, NoteAdded | ReplyAdded)]
    if spoken := list(dict.fromkeys(word for body in said for word in words(body))):
        held.said[ticket.id] = spoken
    texts = [ticket.subject, ticket.description or "", ticket.category or "", *ticket.tags, *said]
    texts += leaves(ticket.custom_fields)
    held.words.update((ticket.account, word, ticket.id) for text in texts for word in words(text))
    held.assignments.update(
        (ticket.account, e.event.assigned_to, e.at.date().isoformat(), ticket.id)
        for e in history
        if isinstance(e.event, TicketOpened | AssigneeChanged) and e.event.assigned_to
    )


def leaves(value: Json) -> list[str]:
    """Give the values of custom fields as they are written."""
    if isinstance(value, dict):
        return leaves(list(value.values()))
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [] if value is None else [str(value)]


def held_by(path: Path) -> Held:
    """Read what a file of read models holds, as reports do: by the names of its SQL views."""
    address = f"file:{path}?mode=rw"  # not to make one
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as file:
        file.row_factory = sqlite3.Row
        file.execute("BEGIN")  # all as it was at one moment
        tickets = {row["id"]: dict(row) for row in file.execute("SELECT * FROM tickets")}
        ids = {row.pop("no"): name for name, row in tickets.items()}
        assert len(ids) == len(tickets)
        said = file.execute("SELECT no, words FROM ticket_said")
        return Held(
            tickets,
            {tuple(row) for row in file.execute("SELECT * FROM ticket_tags")},
            _searched(file, ids),
            {ids[row["no"]]: row["words"].split() for row in said if row["words"]},
            {
                tuple(row)
                for row in file.execute(
                    "SELECT account, assigned_to, day, ticket_id FROM assignments"
                )
            },
        )


def _searched(file: sqlite3.Connection, ids: dict[int, str]) -> set[tuple[str, str, str]]:
    """Read the whole index."""
    (live,) = file.execute(
        "SELECT generation FROM generations WHERE model = 'tickets' AND place = 'live'"
    )
    file.execute(
        "CREATE VIRTUAL TABLE temp.searched USING"
        f" fts5vocab('main', 'ticket_search_{live[0]}', 'instance')"
    )
    accounts = dict(file.execute("SELECT no, account FROM ticket_accounts").fetchall())
    entries = file.execute("SELECT term, doc FROM temp.searched").fetchall()
    return {(accounts[int(term[:5])], term[6:], ids[doc]) for term, doc in entries}


def up_to_date(journal: Journal, path: Path) -> bool:
    try:
        return held_by(path) == expected(journal)
    except (sqlite3.Error, ValueError):  # there is none yet
        return False
