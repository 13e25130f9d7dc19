"""What cannot be asked for, and what is not shown to whom."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from finding import LIST, Desk
from running import Client, Running


@pytest.fixture
def shop(desk: Running, request: pytest.FixtureRequest) -> Desk:
    return Desk(desk, f"shop {request.node.name}")


# Bad input


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("colour=red", ("colour", "unknown_field")),
        ("status=lost", ("status", "not_allowed")),
        ("status=", ("status", "blank")),
        ("priority=0", ("priority", "out_of_range")),
        ("priority=high", ("priority", "wrong_type")),
        ("priority=1.0", ("priority", "wrong_type")),
        ("priority=", ("priority", "wrong_type")),
        ("tag=", ("tag", "blank")),
        (f"tag={'x' * 65}", ("tag", "too_long")),
        ("&".join(f"tag={each}" for each in range(101)), ("tag", "too_many")),
        ("category=+", ("category", "blank")),
        ("assigned_to=%00", ("assigned_to", "bad_character")),
        ("created_from=yesterday", ("created_from", "bad_format")),
        ("created_to=2026-02-30", ("created_to", "bad_format")),
        ("updated_from=2026-11-23T12:00:00", ("updated_from", "bad_format")),
        ("due_date_to=0001-01-01T00:00%2B01:00", ("due_date_to", "out_of_range")),
        ("sla_due_before=", ("sla_due_before", "bad_format")),
        ("sla_state=late", ("sla_state", "not_allowed")),
        ("sort=subject", ("sort", "not_allowed")),
        ("sort=--priority", ("sort", "not_allowed")),
        ("sort=priority&sort=priority", ("sort", "conflict")),
        ("q=a&q=b", ("q", "conflict")),
        ("limit=0", ("limit", "out_of_range")),
        ("limit=201", ("limit", "out_of_range")),
        ("total=yes", ("total", "not_allowed")),
    ],
)
def test_a_wrong_value_is_told(agent: Client, query: str, fault: tuple[str, str]) -> None:
    answer = agent.get(f"{LIST}?{query}")
    assert (answer.status, answer.faults) == (422, [fault])


def test_all_that_is_wrong_is_told_at_once(agent: Client) -> None:
    faults = agent.get(f"{LIST}?priority=9&sort=x&created_from=x&tag=").faults
    assert [name for name, _ in faults] == ["priority", "tag", "created_from", "sort"]


def test_what_is_allowed_is_told(agent: Client) -> None:
    (fault,) = agent.get(f"{LIST}?status=lost").json["errors"]
    assert fault["allowed"] == ["open", "in_progress", "pending", "on_hold", "resolved", "closed"]


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31T23:59:59.999999Z", "1600-01-01"])
def test_the_ends_of_time_can_be_asked_for(shop: Desk, value: str) -> None:
    shop.open("one")
    for name in ("created_from", "created_to", "updated_from", "due_date_to", "sla_due_before"):
        assert shop.ask(**{name: value}, q="one").status == 200
    assert shop.found(created_from=value, q="one") == ("" if value[0] == "9" else "one")


# Who sees what


def test_no_account_finds_the_tickets_of_another(desk: Running) -> None:
    ours, theirs = (Desk(desk, f"apart {each}") for each in ("ours", "theirs"))
    theirs.open("secret", tags=["vip"], assigned_to="ann", priority=1)
    for asked in ({}, {"q": "secret"}, {"q": "s"}, {"tag": "vip"}, {"assigned_to": "ann"}):
        assert ours.found(**asked) == ""
        assert theirs.found(**asked) == "secret"


def test_a_key_of_a_requester_finds_their_tickets_only(shop: Desk) -> None:
    shop.open("mine", requester_id="cust_7")
    shop.open("theirs", requester_id="cust_8")
    shop.open("nobody's")
    key = shop.desk.client(account=shop.account, requester="cust_7")
    for query in ("", "?q=mine", "?q=", "?status=open", "?sort=due_date", "?requester_id=cust_7"):
        assert [each["subject"] for each in key.get(f"{LIST}{query}").json["items"]] == ["mine"]
    assert key.get(f"{LIST}?requester_id=cust_8&total=true").json["total"] == 0


def test_finding_needs_a_key_that_may_read(desk: Running, agent: Client) -> None:
    assert agent.get(LIST, Authorization=None).status == 401
    assert desk.client("tickets:write").get(f"{LIST}?colour=red").status == 403


EARLY, LATE = "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"
FORGED: list[tuple[str, Callable[[list[Any]], list[Any]]]] = [
    ("created_at", lambda cursor: [*cursor[:2], EARLY, cursor[3]]),
    ("created_at", lambda cursor: [*cursor[:2], LATE, cursor[3]]),
    ("created_at", lambda cursor: [cursor[0], EARLY, *cursor[2:]]),
    ("created_at", lambda cursor: [*cursor[:2], 1, cursor[3]]),
    ("created_at", lambda cursor: [*cursor[:2], None, cursor[3]]),
    ("priority", lambda cursor: [*cursor[:2], None, cursor[3]]),
    ("priority", lambda cursor: [*cursor[:2], "2026-11-23T12:00:00Z", cursor[3]]),
]


@pytest.mark.parametrize(("sort", "forge"), FORGED)
def test_a_cursor_that_was_forged_is_refused(
    own_desk: Running, sort: str, forge: Callable[[list[Any]], list[Any]]
) -> None:
    client = own_desk.client()
    client.open()
    client.open()
    address = f"/v1/tickets?sort={sort}&limit=1&sla_state=running"
    cursor: str = client.get(address).json["next"]
    told = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = urlsafe_b64encode(json.dumps(forge(told)).encode()).decode().rstrip("=")
    answer = client.get(f"{address}&cursor={forged}")
    assert (answer.status, answer.faults) == (422, [("cursor", "bad_format")])
