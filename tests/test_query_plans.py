"""How SQLite finds what is asked for most: by an index, in its order, never by all tickets.

The statements are those that are run; the plans are the same for one ticket as for a million,
because no statistics are kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from shelf import NOON, TICKET, Shelf

from ticketprojections.tickets.filters import TicketQuery
from ticketprojections.tickets.query import count, find

NEWEST = TicketQuery(account="acme", as_of=NOON, limit=1)
WORKLOADS = {
    "newest": NEWEST,
    "oldest": replace(NEWEST, descending=False),
    "by status": replace(NEWEST, status=("open",)),
    "by several statuses": replace(NEWEST, status=("open", "pending", "on_hold")),
    "by assignee": replace(NEWEST, assigned_to=("ann",)),
    "by assignee and status": replace(NEWEST, assigned_to=("ann",), status=("open", "pending")),
    "unassigned": replace(NEWEST, assigned_to=(None,)),
    "by tag": replace(NEWEST, tag=("vip",)),
    "by two tags": replace(NEWEST, tag=("vip", "eu")),
    "by category": replace(NEWEST, category=("billing",)),
    "by requester": replace(NEWEST, requester_id=("cust_7",)),
    "a requester's own": replace(NEWEST, held_to="cust_7"),
    "of a month": replace(
        NEWEST, created_from=NOON - timedelta(days=30), created_to=NOON + timedelta(1)
    ),
    "late": replace(NEWEST, sla_state=("breached",)),
    "running": replace(NEWEST, sla_state=("running",)),
    "paused": replace(NEWEST, sla_state=("paused",)),
    "by SLA due": replace(NEWEST, sort="sla_due", descending=False),
    "by SLA due, late soon": replace(
        NEWEST, sort="sla_due", descending=False, sla_due_before=NOON + timedelta(hours=1)
    ),
    "by due date": replace(NEWEST, sort="due_date", descending=False),
    "last changed": replace(NEWEST, sort="updated_at"),
    "most urgent": replace(NEWEST, sort="priority", descending=False),
    "of some priorities": replace(NEWEST, sort="priority", descending=False, priority=(1, 2)),
    "with a word": replace(NEWEST, q="refund"),
    "with two words": replace(NEWEST, q="refund pay"),
    "with words, by status": replace(NEWEST, q="refund", status=("open",)),
}
# Of the tickets on a page, which are looked up by their numbers, no order is asked for; and the
# few that late clocks leave are collected and sorted.
COLLECTED = {"late"}


class Explaining(Shelf):
    """Keeps the plan of every statement."""

    def __init__(self) -> None:
        self.plans: list[str] = []
        super().__init__()

    def select(
        self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[Any]:
        steps = super().select(f"EXPLAIN QUERY PLAN {query}", parameters)
        self.plans += [str(step[3]) for step in steps]
        return super().select(query, parameters)


@pytest.fixture(scope="module")
def shelf() -> Explaining:
    shelf = Explaining()
    for number in range(3):
        ticket = replace(
            TICKET,
            id=f"ticket_{number}",
            subject="Refund, please pay",
            category="billing",
            assigned_to="ann" if number else None,
            requester_id="cust_7",
            priority=1,
            tags='["vip", "eu"]',
            due_at=TICKET.created_at,
            sla_due_at=TICKET.created_at,
            sla_late_at="2026-11-23T11:00:00.000000Z",
            sla_timely_until=TICKET.created_at,
            sla_paused=True,
        )
        shelf.put([ticket])
    return shelf


@pytest.mark.parametrize("workload", WORKLOADS)
def test_no_page_of_a_workload_reads_or_sorts_all_tickets(shelf: Explaining, workload: str) -> None:
    shelf.plans.clear()
    for query in (first := WORKLOADS[workload], replace(first, cursor=find(shelf, first).next)):
        find(shelf, query)
    assert shelf.plans
    assert not [step for step in shelf.plans if re.match(r"SCAN tickets(_\d+)?\b", step)]
    if workload not in COLLECTED:
        assert not [step for step in shelf.plans if "TEMP B-TREE" in step]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_counting_a_workload_reads_no_other_account(shelf: Explaining, workload: str) -> None:
    shelf.plans.clear()
    assert count(shelf, WORKLOADS[workload]) > 0
    assert not [step for step in shelf.plans if re.match(r"SCAN tickets(_\d+)?\b", step)]


def test_the_next_page_begins_where_the_last_one_ended(shelf: Explaining) -> None:
    for query in (NEWEST, WORKLOADS["by status"], WORKLOADS["of a month"]):
        cursor = find(shelf, query).next
        shelf.plans.clear()
        find(shelf, replace(query, cursor=cursor))
        assert [step for step in shelf.plans if "(created_at,id)<(?,?)" in step], shelf.plans
