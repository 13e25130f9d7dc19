"""Finding tickets, whichever they are, against the plainest way to do it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from plainly import listed
from shelf import NOON, TICKET, Shelf

from ticketprojections.tickets import plan, searching, sources
from ticketprojections.tickets.filters import RANGES, SLA_STATES, TicketQuery, moment
from ticketprojections.tickets.plan import SORTS
from ticketprojections.tickets.query import count
from ticketprojections.tickets.table import TicketRow

MOMENTS = [NOON + timedelta(microseconds=each) for each in (-(10**9), -1, 0, 1, 10**9)]
ACCOUNTS = ("acme", "globex")
PEOPLE = ("ann", "bob", None)
TEXTS = ("Refund", "refunds, please", "Café", "CAFE au lait", "日本", "it's", "", "1.5 kg")
SEARCHES = (
    *TEXTS,
    "ref",
    "caf",
    "refund please",
    "é",
    '"',
    "AND",
    "NOT refund*",
    "日",
    "lait au",
    "k",
)
TAGS = ("vip", "eu", "VIP")

columns = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(TEXTS),
        "priority": st.integers(1, 4),
        "status": st.sampled_from(("open", "closed")),
        "category": st.sampled_from(PEOPLE),
        "assigned_to": st.sampled_from(PEOPLE),
        "requester_id": st.sampled_from(PEOPLE),
        "tags": st.lists(st.sampled_from(TAGS), unique=True).map(json.dumps),
        "updated_at": st.sampled_from(MOMENTS).map(moment),
        **{
            name: st.none() | st.sampled_from(MOMENTS).map(moment)
            for name in ("due_at", "sla_due_at", "sla_late_at", "sla_timely_until")
        },
        **{name: st.booleans() for name in ("sla_paused", "sla_met", "sla_missed")},
    }
)


@st.composite
def _tickets(draw: st.DrawFn) -> list[TicketRow]:
    ids = draw(st.permutations(range(draw(st.integers(0, 12)))))
    born = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(MOMENTS))
    return [
        replace(TICKET, id=f"t{each}", account=account, created_at=moment(at), **draw(columns))
        for each in ids
        for account, at in [draw(born)]
    ]


tickets = _tickets()
some = st.lists(st.sampled_from(PEOPLE), max_size=3)
queries = st.builds(
    TicketQuery,
    account=st.sampled_from(ACCOUNTS),
    as_of=st.sampled_from(MOMENTS),
    held_to=st.sampled_from((None, None, "ann")),
    status=st.lists(st.sampled_from(("open", "closed", "new")), max_size=2),
    priority=st.lists(st.integers(1, 4), max_size=2),
    category=some,
    assigned_to=some,
    requester_id=some,
    tag=st.lists(st.sampled_from(TAGS), max_size=2),
    sla_state=st.lists(st.sampled_from(tuple(SLA_STATES)), max_size=2),
    q=st.just("") | st.sampled_from(SEARCHES),
    sort=st.sampled_from(tuple(SORTS)),
    descending=st.booleans(),
    limit=st.integers(1, 4),
    **{name: st.none() | st.sampled_from(MOMENTS) for name in RANGES},
)


def sparse(asked: TicketQuery, keep: frozenset[str]) -> TicketQuery:
    """Ask for little: all filters at once leave no ticket."""
    nothing = {name: None for name in RANGES} | {
        name: ()
        for name in (
            "status",
            "priority",
            "category",
            "assigned_to",
            "requester_id",
            "tag",
            "sla_state",
        )
    }
    return replace(asked, **{name: each for name, each in nothing.items() if name not in keep})


FILTERS = (
    *RANGES,
    "status",
    "priority",
    "category",
    "assigned_to",
    "requester_id",
    "tag",
    "sla_state",
)
asked_for = st.builds(sparse, queries, st.frozensets(st.sampled_from(FILTERS), max_size=3))


@pytest.fixture(params=[(2_000, 16, 500), (0, 16, 0), (2, 1, 1)])
def limits(request: pytest.FixtureRequest) -> Iterator[None]:
    """As they are; and so low that few tickets go the ways of many."""
    few, arms, most_words = request.param
    with (
        patch.object(plan, "FEW", few),
        patch.object(sources, "MOST_ARMS", arms),
        patch.object(searching, "MOST_WORDS", most_words),
    ):
        yield


@pytest.mark.usefixtures("limits")
@given(rows=tickets, asked=asked_for)
def test_every_ticket_asked_for_is_listed_once_and_in_its_place(
    rows: list[TicketRow], asked: TicketQuery
) -> None:
    shelf = Shelf()
    shelf.put(rows)
    assert [*chain.from_iterable(shelf.pages(asked))] == listed(rows, asked)
    assert count(shelf, asked) == len(listed(rows, asked))


@pytest.mark.usefixtures("limits")
@given(rows=tickets, asked=asked_for, data=st.data())
def test_who_does_not_change_is_listed_once_whatever_others_do(
    rows: list[TicketRow], asked: TicketQuery, data: st.DataObject
) -> None:
    shelf = Shelf()
    shelf.put(rows)
    restless = [each for each in rows if data.draw(st.booleans())]
    found: list[str] = []
    for page in shelf.pages(asked):
        found += page
        shelf.put([replace(each, **data.draw(columns)) for each in restless])
    calm = [each for each in rows if each not in restless]
    ids = {each.id for each in calm}
    assert [each for each in found if each in ids] == listed(calm, asked)


written = st.text("aAáß日b -'", max_size=8)


@pytest.mark.usefixtures("limits")
@given(subjects=st.lists(written, max_size=8), q=written)
def test_words_are_found_wherever_they_are(subjects: list[str], q: str) -> None:
    shelf = Shelf()
    rows = [replace(TICKET, id=f"t{n}", subject=each) for n, each in enumerate(subjects)]
    shelf.put(rows)
    shelf.put([replace(TICKET, id="other", account="globex", subject=q)])
    asked = TicketQuery(account="acme", as_of=NOON, q=q)
    assert [*chain.from_iterable(shelf.pages(asked))] == listed(rows, asked)
