"""Finding tickets: what is answered, filters, orders and words."""

from pathlib import Path

import pytest
from finding import LIST, Desk
from running import Running, running

from ticketdomain.workflow import Workflow


@pytest.fixture
def shop(desk: Running, request: pytest.FixtureRequest) -> Desk:
    return Desk(desk, f"shop {request.node.name}")


# What is answered


def test_an_empty_account_has_an_empty_list(shop: Desk) -> None:
    assert shop.ask().json == {"items": [], "next": None}
    assert shop.ask(q="refund", total="true").json == {"items": [], "next": None, "total": 0}


def test_a_ticket_is_listed_as_it_is_read(shop: Desk) -> None:
    address = shop.open(
        "Crème brûlée",
        tags=["vip", "eu"],
        due_date="2026-12-24",
        custom_fields={"order": {"id": 2**63 - 1, "total": 1e22, "zero": -0.0}, "ü": [None, True]},
    )
    shop.desk.clock.pass_time(microseconds=1)
    shop.agent.put(address, {"status": "resolved"})
    assert shop.ask().body == b'{"items":[' + shop.agent.get(address).body + b'],"next":null}'


def test_head_answers_as_get_does_without_the_body(shop: Desk) -> None:
    shop.open("one")
    answer = shop.agent.send("HEAD", LIST)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(shop.ask().body))


# Filters


@pytest.fixture
def three(shop: Desk) -> Desk:
    shop.open("one", status="open", priority=1, category="billing", tags=["vip", "eu"])
    shop.open("two", status="pending", priority=2, assigned_to="ann", requester_id="cust_7")
    shop.open("three", status="closed", priority=3, assigned_to="bob", tags=["vip"])
    return shop


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "one three two"),
        ({"status": "open"}, "one"),
        ({"status": ["open", "closed"]}, "one three"),
        ({"status": "on_hold"}, ""),
        ({"priority": [1, 2]}, "one two"),
        ({"category": "billing"}, "one"),
        ({"category": ""}, "three two"),
        ({"assigned_to": "ann"}, "two"),
        ({"assigned_to": ["", "ann"]}, "one two"),
        ({"requester_id": "cust_7"}, "two"),
        ({"requester_id": ""}, "one three"),
        ({"tag": "vip"}, "one three"),
        ({"tag": ["vip", "eu"]}, "one"),
        ({"tag": " vip "}, "one three"),
        ({"tag": "VIP"}, ""),
        ({"tag": "vip", "status": "closed"}, "three"),
        ({"sla_state": "paused"}, "two"),
        ({"sla_state": ["paused", "met"]}, "three two"),
        ({"q": "ONE"}, "one"),
    ],
)
def test_a_filter_leaves_what_fulfils_it(three: Desk, asked: dict[str, object], found: str) -> None:
    assert three.found(**asked) == found


@pytest.fixture
def over_time(own_desk: Running) -> Desk:
    shop = Desk(own_desk, "acme")
    first = shop.open("one", due_date="2026-12-24")
    own_desk.clock.pass_time(days=1)
    shop.open("two", due_date="2026-12-24T00:30+01:00")
    own_desk.clock.pass_time(days=1)
    shop.open("three")
    shop.agent.put(first, {"priority": 2})
    return shop


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"created_from": "2026-11-24"}, "three two"),
        ({"created_from": "2026-11-24T12:00:00Z"}, "three two"),
        ({"created_to": "2026-11-24T13:00:00+01:00"}, "one"),
        ({"created_from": "2026-11-24", "created_to": "2026-11-25"}, "two"),
        ({"updated_from": "2026-11-25"}, "one three"),
        ({"due_date_from": "2026-12-24"}, "one"),
        ({"due_date_to": "2026-12-24"}, "two"),
        ({"due_date_to": "2027-01-01"}, "one two"),
        ({"sort": "due_date"}, "two one three"),
        ({"sort": "-due_date"}, "one two three"),
        ({"sort": "created_at"}, "one two three"),
        ({"sort": "-created_at"}, "three two one"),
        ({"sort": "priority"}, "one "),
    ],
)
def test_times_and_orders(over_time: Desk, asked: dict[str, object], found: str) -> None:
    assert over_time.found(**asked).startswith(found)


def test_a_clock_runs_out_without_any_event(own_desk: Running) -> None:
    shop = Desk(own_desk, "acme")
    shop.open("urgent", priority=1)
    shop.open("other", priority=4)
    assert shop.found(sla_state="breached") == ""
    assert shop.found(sla_due_before="2026-11-23T13:00:01Z") == "urgent"
    assert shop.found(sort="sla_due") == "urgent other"
    own_desk.clock.pass_time(hours=1)
    assert shop.found(sla_state="breached") == ""
    own_desk.clock.pass_time(microseconds=1)
    assert shop.found(sla_state="breached") == "urgent"
    assert shop.found(sla_state="running") == "other urgent"
    own_desk.clock.pass_time(days=1)
    assert shop.found(sla_state="running") == "other"


def test_a_status_that_the_workflow_forgot_can_be_asked_for(tmp_path: Path) -> None:
    with running(tmp_path, workflow=Workflow(statuses={"parked": "waiting"})) as before:
        Desk(before, "acme").open("old")
    with running(tmp_path) as desk:
        assert Desk(desk, "acme").found(status="parked") == "old"
        assert Desk(desk, "globex").ask(status="parked").faults == [("status", "not_allowed")]


# Words


@pytest.fixture
def worded(shop: Desk) -> Desk:
    one = shop.open("Café refund", description="The card was charged twice.")
    shop.agent.put(one, {"internal_note": "asked the bank"})
    two = shop.open(
        "Invoice", category="Überweisung", tags=["net-30"], custom_fields={"order": "A7"}
    )
    shop.agent.post(f"{two}/replies", {"author": "customer", "body": "Where is it?"})
    return shop


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", "Café refund Invoice"),
        ("!?", "Café refund Invoice"),
        ("CAFE", "Café refund"),
        ("refund cafe\u0301", "Café refund"),
        ("charged ref", "Café refund"),
        ("ref charged", ""),
        ("bank", "Café refund"),
        ("uberweisung", "Invoice"),
        ("net-30", "Invoice"),
        ("a7", "Invoice"),
        ("order", ""),
        ("where", "Invoice"),
        ("invoice bank", ""),
        ('"', "Café refund Invoice"),
        ("refund OR invoice", ""),
        ("refund*", "Café refund"),
        ("NEAR(refund cafe)", ""),
        ("words:refund", ""),
        ("x' OR 1=1 --", ""),
        ("\0refund\ud7ff", "Café refund"),
        ("word " * 5_000, ""),
    ],
)
def test_words_are_found_whatever_is_typed(worded: Desk, q: str, found: str) -> None:
    assert worded.found(q=q) == found


def test_a_word_that_was_said_once_stays_found_and_one_that_was_replaced_does_not(
    worded: Desk,
) -> None:
    address = worded.open("Refnud")
    worded.agent.put(address, {"subject": "Refund", "internal_note": "spelling"})
    worded.agent.put(address, {"internal_note": "again"})
    assert (worded.found(q="refnud"), worded.found(q="spelling again")) == ("", "Refund")
