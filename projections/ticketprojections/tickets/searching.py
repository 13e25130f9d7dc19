"""Which tickets have the words that are searched for."""

from collections.abc import Sequence

from ticketprojections.tickets.filters import Condition
from ticketprojections.tickets.search import term
from ticketprojections.tickets.words import words
from ticketprojections.views.generations import View
from ticketprojections.views.read_model import Tables

# FTS5 merges all that begins with a prefix before it gives the first of it: 170 ms where 100,000
# tickets have 700 such words. The words themselves it gives as they come, but looks each up first:
# 45 ms for 700, however many tickets there are.
MOST_WORDS = 1_000
BEHIND_ALL = "\U0010ffff"  # no letter, and behind every one


def expression(view: View, tables: Tables, account: str, q: str) -> str | None:
    """Write what FTS5 has to look for; empty where `q` has no word, `None` where none can match.

    A word of ours has letters and digits only, and stands in quotes: it is no syntax.
    """
    *whole, last = words(q) or [""]
    if not last:
        return ""
    query = f"SELECT no FROM {tables('ticket_accounts')} WHERE account = ?"
    number = next((no for (no,) in view.select(query, [account])), None)
    if number is None:
        return None
    ends = _beginning_with(view, tables, number, last)
    if not ends:
        return None
    if len(ends) > MOST_WORDS:
        prefix = f'"{term(number, last)}" *'
    else:
        prefix = f"({' OR '.join(_quoted(number, ends))})"
    return " AND ".join([*_quoted(number, list(dict.fromkeys(whole))), prefix])


def has_words(match: str, tables: Tables) -> Condition:
    """Say that a ticket has the words."""
    search = tables("ticket_search")
    # The plus: it is to be looked at, and not to be looked tickets up by.
    sql = f"+tickets.no IN (SELECT rowid FROM {search} WHERE {search} MATCH ?)"
    return Condition("q", sql, [match])


def _beginning_with(view: View, tables: Tables, account: int, prefix: str) -> list[str]:
    query = (
        f"SELECT word FROM {tables('ticket_words')}"
        f" WHERE account = ? AND word >= ? AND word < ? LIMIT {MOST_WORDS + 1}"
    )
    return [word for (word,) in view.select(query, [account, prefix, prefix + BEHIND_ALL])]


def _quoted(account: int, of_account: Sequence[str]) -> list[str]:
    return [f'"{term(account, word)}"' for word in of_account]
