"""Lists of tickets, page by page, and as new as what was written."""

import json
from base64 import urlsafe_b64encode
from time import monotonic

import pytest
from finding import LIST, Desk
from running import Client, Running


@pytest.fixture
def shop(desk: Running, request: pytest.FixtureRequest) -> Desk:
    return Desk(desk, f"shop {request.node.name}")


# Pages


def test_pages_have_every_ticket_once_and_the_total_on_demand(shop: Desk) -> None:
    subjects = [shop.open(f"n{number}") and f"n{number}" for number in range(5)]
    found: list[str] = []
    page = shop.ask(limit=2, total="true").json
    while True:
        found += [item["subject"] for item in page["items"]]
        assert page["total"] == 5
        if page["next"] is None:
            break
        shop.open("late")
        page = shop.ask(limit=2, total="true", cursor=page["next"]).json
        page["total"] = min(page["total"], 5)
    assert sorted(each for each in found if each != "late") == subjects
    assert "total" not in shop.ask(limit=2).json


def test_the_limit_may_change_from_page_to_page_and_nothing_else(shop: Desk) -> None:
    for number in range(3):
        shop.open(f"n{number}")
    cursor = shop.ask(limit=1, status="open").json["next"]
    assert len(shop.ask(limit=2, status="open", cursor=cursor).json["items"]) == 2
    for other in ({}, {"status": "closed"}, {"status": "open", "sort": "priority"}, {"q": "n"}):
        assert shop.ask(cursor=cursor, **other).faults == [("cursor", "conflict")]


def test_a_cursor_of_another_account_is_of_another_query(shop: Desk) -> None:
    for number in range(2):
        shop.open(f"n{number}")
    cursor = shop.ask(limit=1).json["next"]
    other = shop.desk.client(account="other")
    assert other.get(f"{LIST}?cursor={cursor}").faults == [("cursor", "conflict")]


def forged(*parts: object) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "1",
        "é",
        "=" * 9,
        "A" * 10_000,
        forged(),
        forged("", "2026-11-23T12:00:00Z", 5, "x"),
        forged("", "2026-11-23T12:00:00", None, "x"),
        forged("", "2026-11-23T12:00:00Z", 10**30, "x"),
        forged("", "2026-11-23T12:00:00Z", "0000-01-01T00:00:00Z", "x"),
    ],
)
def test_what_is_no_cursor_is_told(shop: Desk, cursor: str) -> None:
    assert shop.ask(cursor=cursor).faults == [("cursor", "bad_format")]


# Reading one's own writes


def test_whoever_wrote_finds_it(shop: Desk) -> None:
    address = shop.open("first")
    for number in range(20):
        written = shop.agent.put(address, {"subject": f"n{number}"})
        answer = shop.ask()
        assert answer.json["items"][0]["subject"] == f"n{number}"
        assert int(answer.headers["journal-position"]) >= int(written.headers["journal-position"])


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "1, 2", "9" * 30])
def test_a_min_position_that_is_none_is_told(agent: Client, value: str) -> None:
    answer = agent.get(LIST, Min_Position=value)
    assert (answer.status, answer.faults) == (400, [("Min-Position", "bad_format")])


def test_a_position_that_was_reached_is_answered_at_once(shop: Desk) -> None:
    position = shop.ask().headers["journal-position"]
    assert shop.agent.get(LIST, Min_Position=position).status == 200


def test_a_position_that_nobody_has_written_is_waited_for_a_while(agent: Client) -> None:
    began = monotonic()
    answer = agent.get(LIST, Min_Position="999999999")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert 2 <= monotonic() - began < 10
    assert "behind" in answer.json["detail"]
