"""Full-text search: for every ticket the words of its fields, and of what was ever said in it.

A word stands in the index behind the number of its account, so that no search can meet another
account's, however common a word is there. Only the words are kept, not where they were.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from ticketprojections.tickets.table import TicketRow
from ticketprojections.tickets.words import words, words_in
from ticketprojections.views.generations import View
from ticketprojections.views.read_model import Tables

# Of one and two letters there are too many words to look for each.
_PREFIXES = "7 8"  # letters, behind an account's six


class Texts(Struct, frozen=True):
    """What is searched of a ticket; `said` are the words of its notes and replies."""

    subject: str
    description: str | None
    category: str | None
    tags: str
    custom_fields: str
    said: str

    def words(self) -> set[str]:
        fields = (self.subject, self.description or "", self.category or "")
        values = (msgspec.json.decode(self.tags), msgspec.json.decode(self.custom_fields))
        return {*chain.from_iterable(map(words, fields)), *words_in(values), *self.said.split()}


AT_ONCE = 500  # words that are looked for together
NOTHING = Texts("", None, None, "[]", "{}", "")


class Searched(Struct, frozen=True):
    """A ticket whose texts have changed."""

    ticket: TicketRow
    before: Texts
    after: Texts


def create(db: Database, tables: Tables) -> None:
    db.conn.execute(
        f"CREATE VIRTUAL TABLE {tables('ticket_search')} USING fts5"
        " (words, content='', detail=none, columnsize=0, tokenize='ascii',"
        f" prefix='{_PREFIXES}')"
    )
    db.conn.execute(f"CREATE TABLE {tables('ticket_said')} (no INTEGER PRIMARY KEY, words TEXT)")
    db.conn.execute(
        f"CREATE TABLE {tables('ticket_accounts')} (no INTEGER PRIMARY KEY, account TEXT UNIQUE)"
    )
    db.conn.execute(
        f"CREATE TABLE {tables('ticket_words')}"
        " (account INTEGER, word TEXT, PRIMARY KEY (account, word)) WITHOUT ROWID"
    )


def write(db: Database, tables: Tables, changed: Sequence[Searched]) -> None:
    """Index tickets anew."""
    accounts = _accounts(db, tables("ticket_accounts"), {each.ticket.account for each in changed})
    removed: list[Sequence[Any]] = []
    added: list[Sequence[Any]] = []
    known: list[tuple[int, str]] = []
    for each in changed:
        account = accounts[each.ticket.account]
        before, after = each.before.words(), each.after.words()
        if before == after:
            continue
        if before:
            removed.append((each.ticket.no, _indexed(account, before)))
        added.append((each.ticket.no, _indexed(account, after)))
        known.extend((account, word) for word in after - before)
    search, said = tables("ticket_search"), tables("ticket_said")
    execute = db.conn.executemany
    # Without a content of its own, the index has to be told what it is to forget.
    execute(f"INSERT INTO {search} ({search}, rowid, words) VALUES ('delete', ?, ?)", removed)
    execute(f"INSERT INTO {search} (rowid, words) VALUES (?, ?)", added)
    execute(f"INSERT OR IGNORE INTO {tables('ticket_words')} VALUES (?, ?)", sorted(set(known)))
    execute(
        f"INSERT OR REPLACE INTO {said} VALUES (?, ?)",
        [
            (each.ticket.no, each.after.said)
            for each in changed
            if each.before.said != each.after.said
        ],
    )


def has(view: View, tables: Tables, no: int, account: str, texts: Texts) -> bool:
    """Whether a ticket is found by each of its words."""
    query = f"SELECT no FROM {tables('ticket_accounts')} WHERE account = ?"
    number = next(view.select(query, [account]), [0])[0]
    table = tables("ticket_search")
    query = f"SELECT count(*) FROM {table} WHERE {table} MATCH ? AND rowid = ?"
    terms = [f'"{term(number, word)}"' for word in sorted(texts.words())]
    return all(
        next(view.select(query, [" AND ".join(terms[first : first + AT_ONCE]), no]))[0]
        for first in range(0, len(terms), AT_ONCE)
    )


def term(account: int, word: str) -> str:
    """Write a word as it stands in the index: neither has anything that FTS5 would split at."""
    return f"{account:05}x{word}"


def _indexed(account: int, of_ticket: Iterable[str]) -> str:
    return " ".join([term(account, word) for word in of_ticket])


def _accounts(db: Database, table: str, names: set[str]) -> dict[str, int]:
    """Give accounts their numbers."""
    db.conn.executemany(
        f"INSERT OR IGNORE INTO {table} (account) VALUES (?)", [[name] for name in sorted(names)]
    )
    marks = ", ".join("?" for _ in names)
    query = f"SELECT account, no FROM {table} WHERE account IN ({marks})"
    return dict(db.conn.execute(query, list(names)).fetchall())
