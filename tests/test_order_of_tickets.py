"""Pages one after the other, where their order is easily lost."""

from datetime import datetime, timedelta
from itertools import chain

import pytest
from msgspec.structs import replace
from plainly import listed
from shelf import NOON, TICKET, Shelf

from ticketprojections.tickets import plan
from ticketprojections.tickets.filters import TicketQuery, moment

ASKED = TicketQuery(account="acme", as_of=NOON, limit=1)


def test_a_clock_that_runs_out_between_two_pages_moves_nothing() -> None:
    shelf = Shelf()
    until = moment(NOON + timedelta(milliseconds=1))
    shelf.put([replace(TICKET, id=f"t{n}", sla_timely_until=until) for n in range(3)])
    asked = TicketQuery(account="acme", as_of=NOON, sla_state=["running"], limit=1)
    assert [*shelf.pages(asked)] == [["t2"], ["t1"], ["t0"]]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("q", ["", "refund"])
def test_tickets_of_one_instant_are_in_the_order_of_their_ids(q: str, descending: bool) -> None:
    shelf = Shelf()
    rows = [replace(TICKET, id=each) for each in ("t2", "t0", "t3", "t1")]
    shelf.put(rows)
    asked = replace(ASKED, q=q, descending=descending)
    assert [*chain.from_iterable(shelf.pages(asked))] == listed(rows, asked)


@pytest.mark.parametrize("descending", [True, False])
def test_tickets_of_some_priorities_are_listed_one_after_the_other(descending: bool) -> None:
    shelf = Shelf()
    rows = [replace(TICKET, id=f"t{n}", priority=1 + n % 4) for n in range(8)]
    shelf.put(rows)
    asked = replace(ASKED, priority=(1, 2, 4), sort="priority", descending=descending)
    assert [*chain.from_iterable(shelf.pages(asked))] == listed(rows, asked)


@pytest.mark.parametrize("at", ["0001-01-01T00:00Z", "9999-12-31T23:59Z"])
def test_words_are_searched_for_at_the_ends_of_time(
    monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(plan, "FEW", -1)  # as if every bound left many
    shelf = Shelf()
    shelf.put([TICKET])
    end = datetime.fromisoformat(at)
    for name in ("created_from", "created_to"):
        asked = replace(ASKED, q="refund", **{name: end})
        assert [*chain.from_iterable(shelf.pages(asked))] == listed([TICKET], asked)
