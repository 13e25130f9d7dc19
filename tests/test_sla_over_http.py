"""The SLA as callers see it: in tickets, at an address of its own, and as policies are replaced."""

import asyncio
import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from journals import stream
from running import Answer, Client, Clock, Running, running
from server import command as program
from server import make_key, running_server

from ticketdomain.change import Change
from ticketdomain.commands import OpenTicket
from ticketdomain.events import Recorded, SlaPolicyPublished
from ticketdomain.json_values import JsonObject
from ticketdomain.live import Live
from ticketprojections.sla import Policies, Sla, SlaMetrics, measure
from ticketprojections.sla.policy import default_policies, understand
from ticketservice.service import folds, open_service, publish
from ticketservice.settings import Settings
from ticketservice.sla_file import SlaFile, read_policies
from ticketservice.web.answers import ticket_answer

METRICS = (
    "policy calendar as_of first_response next_response resolution cycles breaches reopen_count"
    " first_resolved_at time_in_status"
)
CLOCK = "state target_seconds elapsed_seconds wall_seconds started_at due_at ended_at breached_at"
CALENDARS: dict[str, dict[str, Any]] = {
    "always": {
        "timezone": "UTC",
        "weekly": {
            day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        },
    },
    "office": {
        "timezone": "Europe/Berlin",
        "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    },
}
CUSTOMER = {"body": "Any news?", "author": "customer"}
AGENT = {"body": "Yes!", "author": "agent"}


def promise(
    name: str = "standard",
    first: str = "PT1H",
    following: str = "PT2H",
    resolution: str = "PT4H",
    **more: Any,
) -> dict[str, Any]:
    """Describe a policy with the same targets for every priority, around the clock."""
    targets = {"first_response": first, "next_response": following, "resolution": resolution}
    each = {priority: targets for priority in "1234"}
    return {"name": name, "calendar": "always", "targets": each, **more}


def promises(*policies: dict[str, Any]) -> SlaFile:
    return SlaFile(policies=list(policies), calendars=CALENDARS)


MATCHED = promises(
    promise("vip", match={"tag": ["vip", "gold"]}),
    promise("urgent", match={"priority": 1}),
    promise("billing", match={"category": "billing"}),
    promise("partner", match={"account": "partner", "priority": [2, 3]}),
)
STANDARD = promises(promise())
NEW = promises(promise("new"))
QUICK = promises(promise("quick", "PT10M", "PT20M", "PT40M", calendar="office"))


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """A desk whose policies leave some tickets without any."""
    with running(tmp_path_factory.mktemp("matched"), sla=MATCHED) as answering:
        yield answering


@pytest.fixture
def promised(tmp_path: Path) -> Generator[Running]:
    """A desk of this test alone, with one hour, two hours, four hours around the clock."""
    with running(tmp_path, sla=STANDARD) as answering:
        yield answering


def publish_at(desk: Running, file: SlaFile) -> None:
    policies = read_policies(file, desk.service.workflow, desk.clock().date())
    asyncio.run(publish(desk.service, policies))


def sla(client: Client, address: str, as_of: str | datetime | None = None) -> Answer:
    text = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    answer = client.get(f"{address}/sla" + (f"?as_of={quote(text)}" if text else ""))
    assert answer.status == 200, answer.body
    return answer


def say(client: Client, address: str, what: dict[str, str]) -> Any:
    answer = client.post(f"{address}/replies", what)
    assert answer.status == 201, answer.body
    return answer.json


def told(desk: Running, address: str) -> list[Recorded]:
    return stream(desk.service.journal, address.rpartition("/")[2])


def published(desk: Running) -> list[Recorded]:
    return stream(desk.service.journal, "policy")


def defined(desk: Running, address: str, as_of: datetime) -> bytes:
    """Give what the plain definition makes of the journal's rows, judged by position."""
    events = [each for each in told(desk, address) if each.at <= as_of]
    in_force = iter(list(_in_force(published(desk), events)))
    return msgspec.json.encode(measure(events, lambda _: next(in_force), as_of))


def _in_force(publications: list[Recorded], events: list[Recorded]) -> Iterator[Policies]:
    known: list[tuple[int, Policies]] = [(0, default_policies())]
    for each in publications:
        assert isinstance(each.event, SlaPolicyPublished)
        known.append((each.position, understand(each.event)))
    for event in events:
        yield [policies for position, policies in known if position < event.position][-1]


def cold(desk: Running, address: str, as_of: datetime) -> bytes:
    """Give what folds make of the journal that have seen nothing yet."""
    unwarmed = Sla(default_policies())
    live = Live(folds(unwarmed), unwarmed.book.read)
    with desk.service.journal.reading() as reader:
        state = live.newest(reader, address.rpartition("/")[2])
    return msgspec.json.encode(unwarmed.metrics(state, as_of))


# The short form, in tickets


def test_a_ticket_tells_its_sla_in_short(promised: Running) -> None:
    agent = promised.client()
    ticket = agent.get(agent.open()).json
    running_until = {"due_at": "2026-11-23T13:00:00Z", "ended_at": None, "breached_at": None}
    assert ticket["sla"] == {
        "policy": "standard",
        "first_response": running_until,
        "next_response": None,
        "resolution": {**running_until, "due_at": "2026-11-23T16:00:00Z"},
    }
    assert list(ticket["sla"]) == ["policy", "first_response", "next_response", "resolution"]
    assert list(ticket["sla"]["resolution"]) == ["due_at", "ended_at", "breached_at"]
    assert list(ticket)[-1] == "sla"


def test_without_a_file_the_default_policy_holds(own_desk: Running) -> None:
    agent = own_desk.client()
    dues = [agent.get(agent.open(priority=number)).json["sla"] for number in (1, 2, 3, 4)]
    assert [each["first_response"]["due_at"][8:13] for each in dues] == [
        "23T13",
        "23T16",
        "23T20",
        "24T12",
    ]
    assert [each["resolution"]["due_at"][8:13] for each in dues] == [
        "23T16",
        "24T12",
        "26T12",
        "28T12",
    ]


def test_every_answer_of_a_ticket_tells_its_sla_as_of_its_newest_event(promised: Running) -> None:
    agent = promised.client()
    opened = agent.post("/v1/tickets", {"subject": "Refund"})
    address = opened.headers["location"]
    promised.clock.pass_time(minutes=90)
    updated = agent.put(address, {"priority": 1}, Idempotency_Key="k")
    promised.clock.pass_time(hours=30)
    late = {"due_at": "2026-11-23T13:00:00Z", "ended_at": None, "breached_at": None}
    assert opened.json["sla"]["first_response"] == late
    assert updated.json["sla"]["first_response"] == {**late, "breached_at": late["due_at"]}
    for same in (
        agent.get(address),
        agent.get(f"{address}?version=2"),
        agent.get(f"{address}?as_of=2026-11-23T13:30:00Z"),
        agent.put(address, {}),
        agent.put(address, {"priority": 1}, Idempotency_Key="k"),
        agent.send("PATCH", address, b"{}"),
    ):
        assert same.body == updated.body
    for first in ("?version=1", "?as_of=2026-11-23T13:29:59Z"):
        assert agent.get(address + first).body == opened.body


def test_a_retry_is_answered_with_the_sla_of_then(promised: Running) -> None:
    agent = promised.client()
    first = agent.post("/v1/tickets", {"subject": "Refund"}, Idempotency_Key="k")
    publish_at(promised, QUICK)
    agent.put(first.headers["location"], {"priority": 1})
    again = agent.post("/v1/tickets", {"subject": "Refund"}, Idempotency_Key="k")
    assert (again.status, again.body) == (201, first.body)


def test_a_dry_run_tells_the_sla_that_would_be(promised: Running) -> None:
    agent = promised.client()
    dry = agent.post("/v1/tickets?dry_run=true", {"subject": "Refund"}).json
    address = agent.open()
    assert dry["sla"] == agent.get(address).json["sla"]
    resolved = agent.put(f"{address}?dry_run=true", {"status": "resolved"}).json["sla"]
    assert resolved["resolution"]["ended_at"] == "2026-11-23T12:00:00Z"
    assert agent.get(address).json["sla"] == dry["sla"]


def test_time_alone_changes_no_byte_of_a_ticket(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    before = agent.get(address, X_Request_Id="r")
    promised.clock.pass_time(days=30)
    after = agent.get(address, X_Request_Id="r")
    assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])
    assert agent.get(address, If_None_Match=before.headers["etag"]).status == 304
    assert agent.put(address, {}).body == before.body


def test_nor_does_a_new_policy(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    before = agent.get(address)
    publish_at(promised, QUICK)
    assert agent.get(address).body == before.body
    assert agent.get(address, If_None_Match=before.headers["etag"]).status == 304


@pytest.mark.parametrize("value", [None, {}, "late", {"policy": "vip"}])
def test_nobody_sets_the_sla(agent: Client, value: object) -> None:
    address = agent.open()
    for refused in (
        agent.put(address, {"sla": value}),
        agent.post("/v1/tickets", {"subject": "Refund", "sla": value}),
        agent.post(f"{address}/replies", {**CUSTOMER, "sla": value}),
    ):
        assert (refused.status, refused.faults) == (422, [("/sla", "read_only")])


def test_customers_see_nothing_of_the_sla(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    public = address.replace("/v1/", "/v1/public/")
    before = [agent.get(each, X_Request_Id="r") for each in (public, f"{public}/history")]
    promised.clock.pass_time(hours=3)
    publish_at(promised, QUICK)
    agent.put(address, {"tags": ["late"]})
    for then, now in zip(before, (public, f"{public}/history"), strict=True):
        assert agent.get(now).body == then.body
        assert b"sla" not in then.body
    assert agent.get(f"{public}/sla").status == 404


# The full form


def test_the_sla_of_a_ticket_tells_everything(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(minutes=20)
    say(agent, address, AGENT)
    promised.clock.pass_time(minutes=40, seconds=0.9)
    agent.put(address, {"status": "pending"})
    promised.clock.pass_time(minutes=5)
    answer = sla(agent, address)
    assert answer.headers["content-type"] == "application/json"
    assert json.dumps(answer.json) == json.dumps(TOLD)
    assert answer.body == defined(promised, address, promised.clock())


TOLD: dict[str, Any] = {
    "policy": "standard",
    "calendar": "always",
    "as_of": "2026-11-23T13:05:00.900000Z",
    "first_response": {
        "state": "met",
        "target_seconds": 3600,
        "elapsed_seconds": 1200,
        "wall_seconds": 1200,
        "started_at": "2026-11-23T12:00:00Z",
        "due_at": None,
        "ended_at": "2026-11-23T12:20:00Z",
        "breached_at": None,
    },
    "next_response": None,
    "resolution": {
        "state": "paused",
        "target_seconds": 14400,
        "elapsed_seconds": 3600,
        "wall_seconds": 3600,
        "started_at": "2026-11-23T12:00:00Z",
        "due_at": None,
        "ended_at": None,
        "breached_at": None,
    },
    "cycles": [],
    "breaches": [],
    "reopen_count": 0,
    "first_resolved_at": None,
    "time_in_status": {
        "open": {"business_seconds": 3600, "wall_seconds": 3600},
        "pending": {"business_seconds": 300, "wall_seconds": 300},
    },
}


def test_cycles_and_breaches_are_told_in_their_shape(promised: Running) -> None:
    agent = promised.client()
    address = agent.open(status="in_progress")
    promised.clock.pass_time(hours=5)
    agent.put(address, {"status": "resolved"})
    promised.clock.pass_time(hours=1)
    say(agent, address, CUSTOMER)
    metrics = sla(agent, address).json
    cycle, breach = metrics["cycles"][0], metrics["breaches"][0]
    assert json.dumps(cycle) == json.dumps(
        {
            "ended_at": "2026-11-23T17:00:00Z",
            "elapsed_seconds": 18000,
            "target_seconds": 14400,
            "state": "missed",
        }
    )
    assert list(breach.items()) == [
        ("clock", "resolution"),
        ("target_seconds", 14400),
        ("breached_at", "2026-11-23T16:00:00Z"),
    ]
    assert (metrics["reopen_count"], metrics["first_resolved_at"]) == (1, "2026-11-23T17:00:00Z")
    assert (" ".join(metrics), " ".join(metrics["next_response"])) == (METRICS, CLOCK)


def test_business_time_is_the_calendars(tmp_path: Path) -> None:
    with running(tmp_path, sla=promises(promise(calendar="office"))) as desk:
        agent = desk.client()
        address = agent.open()  # on Monday at 13:00 in Berlin, open until 17:00
        desk.clock.pass_time(hours=22)
        metrics = sla(agent, address).json
        assert (metrics["calendar"], metrics["resolution"]["state"]) == ("office", "breached")
        assert metrics["resolution"]["elapsed_seconds"] == 6 * 3600
        assert metrics["resolution"]["due_at"] == "2026-11-23T16:00:00Z"


def test_the_sla_is_told_as_of_now_and_goes_on(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    for minutes, state in ((0, "running"), (60, "running"), (61, "breached")):
        promised.clock.now = datetime.fromisoformat("2026-11-23T12:00:00Z")
        promised.clock.pass_time(minutes=minutes)
        first = sla(agent, address).json["first_response"]
        assert (first["state"], first["elapsed_seconds"]) == (state, minutes * 60)


def story(desk: Running, agent: Client) -> str:
    """Let a ticket live for some hours, and give its address."""
    address = agent.open()
    for deed in (
        partial(agent.put, address, {"status": "pending", "internal_note": "n"}),
        partial(say, agent, address, CUSTOMER),
        partial(agent.put, address, {"priority": 1}),
        partial(say, agent, address, AGENT),
        partial(agent.put, address, {"status": "resolved"}),
        partial(say, agent, address, CUSTOMER),
        partial(agent.put, address, {"tags": ["vip"], "category": "c"}),
        partial(agent.put, address, {"status": "closed"}),
    ):
        desk.clock.pass_time(minutes=47)
        deed()
    return address


def test_the_past_stays_as_it_was_told_byte_for_byte(tmp_path: Path) -> None:
    with running(tmp_path, sla=STANDARD) as desk:
        agent = desk.client()
        address = story(desk, agent)
        answers = asked_at_every_moment(desk, agent, address)
        publish_at(desk, QUICK)
        assert answers == asked_at_every_moment(desk, agent, address)
        agent.put(address, {"status": "open", "priority": 4})
        desk.clock.pass_time(days=3)
        publish_at(desk, promises())
        agent.put(address, {"status": "resolved"})
        assert answers == asked_at_every_moment(desk, agent, address)
    with running(tmp_path, sla=MATCHED) as desk:
        desk.clock.pass_time(days=3)
        assert answers == asked_at_every_moment(desk, desk.client(), address)


def asked_at_every_moment(desk: Running, client: Client, address: str) -> list[bytes]:
    """Ask as of each quarter of an hour of the story, and hold it against the definition."""
    opened = told(desk, address)[0].at
    moments = [opened + timedelta(minutes=minutes) for minutes in range(0, 8 * 47, 15)]
    answers = [sla(client, address, moment).body for moment in moments]
    assert answers == [defined(desk, address, moment) for moment in moments]
    return answers


def test_the_present_is_told_as_it_will_be_told_when_past(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    answers: dict[datetime, bytes] = {}
    for status in ("in_progress", "pending", "resolved", "open"):
        promised.clock.pass_time(minutes=55)
        answers[promised.clock()] = sla(agent, address).body
        promised.clock.pass_time(minutes=1)
        agent.put(address, {"status": status})
    assert {at: sla(agent, address, at).body for at in answers} == answers


def test_as_of_an_instant_includes_what_happened_then(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(minutes=10)
    agent.put(address, {"status": "resolved"})
    states = [
        sla(agent, address, f"2026-11-23T12:{instant}Z").json["resolution"]["state"]
        for instant in ("00:00", "09:59.999999", "10:00")
    ]
    assert states == ["running", "running", "met"]


def test_an_instant_is_the_same_in_every_zone(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(hours=1)
    bodies = {
        sla(agent, address, instant).body
        for instant in ("2026-11-23T12:30:00Z", "2026-11-23T13:30:00+01:00", "2026-11-23t12:30z")
    }
    assert len(bodies) == 1
    assert sla(agent, address, "2026-11-23T13:30+01:00").json["as_of"] == "2026-11-23T12:30:00Z"


def test_before_it_was_opened_a_ticket_has_no_sla(agent: Client) -> None:
    assert agent.get(f"{agent.open()}/sla?as_of=1999-01-01T00:00:00Z").status == 404


def test_the_future_of_the_sla_cannot_be_read(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    assert agent.get(f"{address}/sla?as_of=2026-11-23T12:00:05Z").status == 200
    answer = agent.get(f"{address}/sla?as_of=2026-11-23T12:00:05.000001Z")
    assert (answer.status, answer.faults) == (422, [("as_of", "out_of_range")])


@pytest.mark.parametrize("as_of", ["now", "2026-01-01", "2026-01-01T00:00:00", "", "24:00"])
def test_an_instant_in_another_form_is_refused(agent: Client, as_of: str) -> None:
    answer = agent.get(f"{agent.open()}/sla?as_of={as_of}")
    assert (answer.status, answer.faults) == (422, [("as_of", "bad_format")])


@pytest.mark.parametrize("name", ["version", "at", "limit", "dry_run"])
def test_the_sla_takes_no_other_parameter(agent: Client, name: str) -> None:
    answer = agent.get(f"{agent.open()}/sla?{name}=1")
    assert (answer.status, answer.faults) == (422, [(name, "unknown_field")])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_sla_is_read_with_the_scope_of_the_ticket(
    desk: Running, agent: Client, method: str
) -> None:
    address = agent.open()
    assert desk.client("tickets:read").send(method, f"{address}/sla").status == 200
    refused = desk.client("tickets:write", "public:read").send(method, f"{address}/sla")
    assert refused.status == 403
    assert method == "HEAD" or refused.json["scope"] == "tickets:read"


def test_who_may_only_write_sees_the_short_form(desk: Running) -> None:
    writer = desk.client("tickets:write")
    opened = writer.post("/v1/tickets", {"subject": "Refund"}).json
    assert opened["sla"]["policy"] == "standard"


def test_another_accounts_sla_is_not_found(desk: Running, agent: Client) -> None:
    address, other = agent.open(), desk.client(account="other")
    assert other.get(f"{address}/sla").status == 404
    assert other.get(f"{address}/sla?as_of=2026-11-23T12:00:00Z").status == 404
    assert agent.get("/v1/tickets/ticket_0/sla").status == 404


def test_a_requesters_key_reads_the_sla_of_that_requester_only(
    desk: Running, agent: Client
) -> None:
    client = desk.client("tickets:read", requester="cust_7")
    assert client.get(f"{agent.open(requester_id='cust_7')}/sla").status == 200
    assert client.get(f"{agent.open(requester_id='cust_8')}/sla").status == 404


def test_head_of_the_sla_is_get_without_a_body(agent: Client) -> None:
    address = f"{agent.open()}/sla"
    get, head = (agent.send(method, address, X_Request_Id="r") for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_sla_is_only_read(agent: Client, method: str) -> None:
    assert agent.send(method, f"{agent.open()}/sla", b"{}").status == 405


def test_a_clock_set_back_keeps_the_sla_sane(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(minutes=90)
    agent.put(address, {"priority": 1})
    promised.clock.pass_time(hours=-1)
    metrics = sla(agent, address).json
    assert (metrics["as_of"], metrics["first_response"]["state"]) == (
        "2026-11-23T13:30:00Z",
        "breached",
    )
    assert metrics["time_in_status"]["open"]["wall_seconds"] == 5400
    say(agent, address, CUSTOMER)
    agent.put(address, {"status": "resolved"})
    metrics = sla(agent, address).json
    assert metrics["first_response"]["ended_at"] == "2026-11-23T13:30:00Z"
    assert metrics["next_response"]["elapsed_seconds"] == 0
    assert sla(agent, address).body == defined(promised, address, told(promised, address)[-1].at)


def test_a_status_that_a_customers_reply_caused_is_no_response(tmp_path: Path) -> None:
    promised = promises(promise(response_statuses=["open", "in_progress"]))
    with running(tmp_path, sla=promised) as desk:
        agent = desk.client()
        waiting, again = agent.open(status="pending"), agent.open(status="pending")
        desk.clock.pass_time(minutes=5)
        assert say(agent, waiting, CUSTOMER)["status"] == "open"
        agent.put(again, {"status": "open"})
        for address, state in ((waiting, "running"), (again, "met")):
            assert sla(agent, address).json["first_response"]["state"] == state
        assert sla(agent, waiting).json["next_response"]["state"] == "running"
        agent.put(waiting, {"status": "in_progress"})
        assert sla(agent, waiting).json["first_response"]["state"] == "met"


def test_an_internal_note_is_no_response_and_an_agents_reply_is(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    agent.put(address, {"internal_note": "n"})
    assert sla(agent, address).json["first_response"]["state"] == "running"
    assert say(agent, address, AGENT)["sla"]["first_response"]["ended_at"] is not None


# Which policy a ticket has


@pytest.mark.parametrize(
    ("fields", "policy"),
    [
        ({"tags": ["gold"]}, "vip"),
        ({"tags": ["x", "vip"], "priority": 1, "category": "billing"}, "vip"),
        ({"priority": 1, "category": "billing"}, "urgent"),
        ({"category": "billing"}, "billing"),
    ],
)
def test_the_first_policy_that_matches_is_a_tickets(
    matched: Running, fields: dict[str, Any], policy: str
) -> None:
    agent = matched.client()
    address = agent.open(**fields)
    assert agent.get(address).json["sla"]["policy"] == policy
    assert sla(agent, address).json["policy"] == policy


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tags": ["VIP", "vip2"]},
        {"category": "Billing"},
        {"tags": ["billing"], "category": "vip"},
    ],
)
def test_a_ticket_that_no_policy_matches_has_none(matched: Running, fields: dict[str, Any]) -> None:
    agent = matched.client()
    address = agent.open(**fields)
    assert agent.get(address).json["sla"] is None
    assert sla(agent, address).body == b"null"
    assert sla(agent, address, matched.clock()).body == b"null"


@pytest.mark.parametrize(("priority", "policy"), [(1, "urgent"), (2, "partner"), (3, "partner")])
def test_a_policy_can_be_an_accounts(matched: Running, priority: int, policy: str) -> None:
    partner = matched.client(account="partner")
    assert partner.get(partner.open(priority=priority)).json["sla"]["policy"] == policy
    assert partner.get(partner.open(priority=4)).json["sla"] is None


def test_a_ticket_changes_its_policy_with_what_it_is(matched: Running) -> None:
    agent = matched.client()
    address = agent.open()
    for update, policy in (
        ({"priority": 1}, "urgent"),
        ({"add_tags": ["vip"]}, "vip"),
        ({"priority": 4, "remove_tags": ["vip"], "category": "billing"}, "billing"),
    ):
        assert agent.put(address, update).json["sla"]["policy"] == policy
        assert sla(agent, address).json["policy"] == policy
    assert agent.put(address, {"category": None}).json["sla"] is None
    assert sla(agent, address).body == b"null"


def test_a_policy_that_comes_late_counts_from_the_opening(matched: Running) -> None:
    agent = matched.client()
    address, opened = agent.open(), matched.clock()
    matched.clock.pass_time(minutes=90)
    late = agent.put(address, {"tags": ["vip"]}).json["sla"]["first_response"]
    due = datetime.fromisoformat(late["breached_at"])
    assert due == opened + timedelta(hours=1)
    assert sla(agent, address, opened).body == b"null"


# Publication


def test_policies_are_recorded_once_in_a_stream_of_their_own(promised: Running) -> None:
    (publication,) = published(promised)
    assert (publication.ticket_id, publication.version, publication.account) == ("policy", 1, "")
    assert (publication.position, publication.by) == (1, None)
    assert isinstance(publication.event, SlaPolicyPublished)
    policies = read_policies(STANDARD, promised.service.workflow)
    assert understand(publication.event) == policies


def test_publishing_the_same_again_is_quiet(tmp_path: Path) -> None:
    with running(tmp_path, sla=STANDARD) as desk:
        publish_at(desk, STANDARD)
        assert len(published(desk)) == 1
    with running(tmp_path, sla=STANDARD) as desk:
        assert len(published(desk)) == 1
        publish_at(desk, QUICK)
        publish_at(desk, STANDARD)
        assert [each.version for each in published(desk)] == [1, 2, 3]


def test_the_policies_stream_is_no_ticket(promised: Running) -> None:
    agent = promised.client(account="policy")
    for below in ("", "/sla", "/history", "/notes", "/replies"):
        assert agent.get(f"/v1/tickets/policy{below}").status == 404
    assert agent.put("/v1/tickets/policy", {"priority": 1}).status == 404
    assert agent.get("/v1/public/tickets/policy").status == 404
    assert len(published(promised)) == 1


def test_a_publication_takes_a_position_like_every_event(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    before = int(agent.put(address, {"internal_note": "n"}).headers["journal-position"])
    publish_at(promised, QUICK)
    after = int(agent.put(address, {"internal_note": "n"}).headers["journal-position"])
    assert (after, published(promised)[-1].position) == (before + 2, before + 1)


def test_a_new_policy_reaches_an_open_ticket_with_its_next_event(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(minutes=5)
    publish_at(promised, QUICK)
    promised.clock.pass_time(minutes=20)
    still, new = sla(agent, address).json, sla(agent, agent.open()).json
    assert [each["policy"] for each in (still, new)] == ["standard", "quick"]
    assert agent.put(address, {}).json["sla"]["policy"] == "standard"
    judged = agent.put(address, {"internal_note": "n"}).json["sla"]
    assert judged["policy"] == "quick"
    assert judged["first_response"]["breached_at"] == "2026-11-23T12:10:00Z"
    assert sla(agent, address).body == defined(promised, address, promised.clock())


def test_what_ended_under_an_old_policy_is_never_judged_again(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(minutes=50)
    agent.put(address, {"status": "resolved"})
    publish_at(promised, QUICK)
    agent.put(address, {"internal_note": "n"})
    metrics = sla(agent, address).json
    assert (metrics["policy"], metrics["breaches"]) == ("quick", [])
    assert (metrics["first_response"]["state"], metrics["resolution"]["state"]) == ("met", "met")
    assert metrics["resolution"]["target_seconds"] == 14400


def test_no_policy_at_all_is_a_policy_too(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    publish_at(promised, promises())
    assert sla(agent, address).json["policy"] == "standard"
    assert agent.put(address, {"internal_note": "n"}).json["sla"] is None
    assert sla(agent, address).body == b"null"
    publish_at(promised, QUICK)
    assert agent.put(address, {"internal_note": "n"}).json["sla"]["policy"] == "quick"


def test_a_clock_set_back_between_publications_changes_no_figure(promised: Running) -> None:
    agent = promised.client()
    address = agent.open()
    promised.clock.pass_time(hours=1)
    publish_at(promised, QUICK)
    promised.clock.pass_time(hours=-1, minutes=1)
    judged = agent.put(address, {"internal_note": "n"}).json["sla"]
    assert judged["policy"] == "quick"
    assert sla(agent, address).body == defined(promised, address, promised.clock())
    assert sla(agent, address).body == cold(promised, address, promised.clock())


def test_before_any_publication_the_default_policies_hold(tmp_path: Path) -> None:
    settings, clock = Settings(database=f"sqlite:///{tmp_path / 'journal.db'}"), Clock()
    command = OpenTicket(account="acme", subject="Refund")
    opening = Change(stream="ticket_1", command=command, account="acme")
    with open_service(settings, clock) as service:
        asyncio.run(service.desk.ask(opening))
        unpublished = ticket_answer(service.tickets.newest("ticket_1"), service.sla)
        assert stream(service.journal, "policy") == []
        metrics = service.tickets.sla("ticket_1", None, clock())
    with running(tmp_path, sla=QUICK) as desk:
        assert desk.client().get("/v1/tickets/ticket_1").json == json.loads(
            msgspec.json.encode(unpublished)
        )
        assert sla(desk.client(), "/v1/tickets/ticket_1").body == msgspec.json.encode(metrics)
        assert isinstance(metrics, SlaMetrics)
        assert metrics.policy == "standard"


# Restarts, snapshots, several services


def test_after_a_restart_every_answer_is_the_same(tmp_path: Path) -> None:
    with running(tmp_path, sla=STANDARD) as desk:
        address = story(desk, desk.client())
        publish_at(desk, QUICK)
        other = story(desk, desk.client())
        now, before = desk.clock(), everything_of(desk, address, other)
    with running(tmp_path, sla=QUICK) as desk:
        desk.clock.now = now
        assert everything_of(desk, address, other) == before


def everything_of(desk: Running, *addresses: str) -> list[bytes]:
    versions = [f"?version={number}" for number in range(1, 13)]
    below = ["", "/sla", "/sla?as_of=2026-11-23T14:00:00Z", "/history", "/replies", *versions]
    agent = desk.client()
    paths = [address + each for address in addresses for each in below]
    return [agent.get(each, X_Request_Id="r").body for each in paths]


def long_story(desk: Running, agent: Client) -> str:
    """Make a ticket of more than 400 events, of which a snapshot is kept at 200 and at 400."""
    address, version = story(desk, agent), 0
    for number in range(130):
        desk.clock.pass_time(minutes=1)
        update = {"internal_note": "n", "priority": 1 + number % 4, "tags": [str(number)]}
        version = agent.put(address, update).json["version"]
    assert version > 400
    return address


def test_snapshots_change_no_answer(promised: Running) -> None:
    agent = promised.client()
    address = long_story(promised, agent)
    publish_at(promised, QUICK)
    agent.put(address, {"status": "open"})
    promised.clock.pass_time(hours=1)
    now = promised.clock()
    assert snapshots(promised.service.journal.path, address) == {200, 400}
    assert sla(agent, address).body == cold(promised, address, now)
    for moment in (now - timedelta(minutes=each) for each in range(0, 200, 7)):
        assert sla(agent, address, moment).body == defined(promised, address, moment)


def snapshots(path: Path, address: str) -> set[int]:
    query = "SELECT DISTINCT version / 200 * 200 FROM snapshots WHERE stream = ?"
    with closing(sqlite3.connect(path)) as file:
        return {row[0] for row in file.execute(query, [address.rpartition("/")[2]])}


def test_a_restart_begins_at_snapshots_and_answers_the_same(tmp_path: Path) -> None:
    with running(tmp_path, sla=STANDARD) as desk:
        agent = desk.client()
        address = long_story(desk, agent)
        now, before = desk.clock(), sla(agent, address).body
        ticket = agent.get(address).body
    with running(tmp_path, sla=QUICK) as desk:
        desk.clock.now = now
        agent = desk.client()
        assert (agent.get(address).body, sla(agent, address).body) == (ticket, before)
        assert agent.put(address, {"internal_note": "n"}).json["sla"]["policy"] == "quick"
        assert sla(agent, address).body == defined(desk, address, now)


@pytest.fixture
def rival(promised: Running, tmp_path: Path) -> Generator[Running]:
    """Another service on the same journal, which publishes other policies when it begins."""
    assert promised.service.desk.open
    with running(tmp_path, sla=QUICK) as answering:
        yield answering


def test_what_one_service_publishes_judges_the_next_write_of_another(
    promised: Running, rival: Running
) -> None:
    here, there = promised.client(), rival.client()
    address = here.open()
    for publisher, file, policy in (
        (promised, STANDARD, "standard"),
        (rival, QUICK, "quick"),
        (promised, STANDARD, "standard"),
    ):
        publish_at(publisher, file)
        for client in (here, there):
            updated = client.put(address, {"internal_note": "n"}).json
            assert updated["sla"]["policy"] == policy
            assert client.get(client.open()).json["sla"]["policy"] == policy
        assert sla(here, address).body == sla(there, address).body
        assert sla(here, address).body == defined(promised, address, promised.clock())


def test_a_service_that_only_reads_knows_what_another_has_published(
    promised: Running, rival: Running
) -> None:
    reader, agent = promised.client("tickets:read"), rival.client()
    publish_at(rival, NEW)
    address = agent.open()
    for _ in range(3):
        agent.put(address, {"internal_note": "n"})
        assert sla(reader, address).body == sla(agent, address).body
        assert reader.get(address).body == agent.get(address).body
    assert sla(reader, address).json["policy"] == "new"


def test_so_it_does_of_a_ticket_that_it_reads_from_a_snapshot(
    promised: Running, rival: Running
) -> None:
    reader, agent = promised.client("tickets:read"), rival.client()
    publish_at(rival, NEW)
    address = agent.open()
    for _ in range(199):
        agent.put(address, {"internal_note": "n"})
    assert sla(reader, address).body == sla(agent, address).body


def test_a_past_version_is_read_from_a_snapshot_with_the_policy_of_then(
    promised: Running, rival: Running
) -> None:
    reader, agent = promised.client("tickets:read"), rival.client()
    publish_at(rival, NEW)
    address = agent.open()
    for _ in range(199):
        agent.put(address, {"internal_note": "n"})
    as_of = agent.get(address).json["updated_at"]
    rival.clock.pass_time(minutes=1)
    agent.put(address, {"internal_note": "n"})
    assert sla(reader, address, as_of).body == sla(agent, address, as_of).body


def serve_both(path: Path) -> tuple[Path, Path]:
    """Write two settings files: a policy of four hours, and one of forty minutes."""
    files = path / "standard.toml", path / "quick.toml"
    for file, duration in zip(files, ("PT4H", "PT40M"), strict=True):
        file.write_text(
            f'''
            [sla.calendars.utc]
            timezone = "UTC"
            weekly = {{ sun = [["00:00", "24:00"]], mon = [["00:00", "24:00"]] }}
            [[sla.policies]]
            name = "{file.stem}"
            calendar = "utc"
            targets = {{ 3 = {{ resolution = "{duration}" }} }}
            '''
        )
    return files


def test_two_processes_judge_by_what_was_published_last(tmp_path: Path) -> None:
    standard, quick = serve_both(tmp_path)
    secret = make_key(tmp_path)
    with running_server(tmp_path, "--config", str(standard)) as first:
        here = first.client(secret)
        address = here.open()
        with running_server(tmp_path, "--config", str(quick)) as second:
            there = second.client(secret)
            assert there.get(address).json["sla"]["policy"] == "standard"
            assert here.put(address, {"internal_note": "n"}).json["sla"]["policy"] == "quick"
            as_of = here.get(address).json["updated_at"]
            assert sla(here, address, as_of).body == sla(there, address, as_of).body
        assert here.get(here.open()).json["sla"]["policy"] == "quick"


def test_the_command_line_publishes_nothing(tmp_path: Path) -> None:
    standard, quick = serve_both(tmp_path)
    with running_server(tmp_path, "--config", str(standard)) as server:
        agent = server.client(make_key(tmp_path, "--config", str(quick)))
        assert program(tmp_path, "keys", "list", "--config", str(quick)).code == 0
        assert program(tmp_path, "sla", "check", str(quick)).code == 0
        assert agent.get(agent.open()).json["sla"]["policy"] == "standard"


def test_policies_published_while_eight_clients_write_are_each_in_force_from_their_position(
    promised: Running,
) -> None:
    clients = [promised.client() for _ in range(8)]
    addresses = [client.open() for client in clients]
    with ThreadPoolExecutor(9) as pool:
        publishing = pool.submit(publish_many, promised)
        writing = [pool.submit(write_much, *each) for each in zip(clients, addresses, strict=True)]
        publishing.result()
        for each in writing:
            each.result()
    assert len(published(promised)) > 20
    promised.clock.pass_time(minutes=30)
    for client, address in zip(clients, addresses, strict=True):
        answer, now = sla(client, address).body, promised.clock()
        assert answer == cold(promised, address, now) == defined(promised, address, now)
        newest = told(promised, address)[-1]
        (*_, in_force) = _in_force(published(promised), [newest])
        assert client.get(address).json["sla"]["policy"] == in_force[0].name


def publish_many(desk: Running) -> None:
    for number in range(24):
        publish_at(desk, promises(promise(f"promise {number}", resolution=f"PT{number + 1}M")))
        desk.clock.pass_time(seconds=20)


def write_much(client: Client, address: str) -> None:
    statuses = ("pending", "open", "resolved", "in_progress")
    for number in range(20):
        client.put(address, {"status": statuses[number % 4], "priority": 1 + number % 3})
        say(client, address, (CUSTOMER, AGENT)[number % 2])


def test_what_eight_clients_are_told_of_the_sla_is_what_the_journal_tells(
    promised: Running,
) -> None:
    address, clients = promised.client().open(), [promised.client() for _ in range(8)]

    def work(client: Client) -> list[tuple[int, bytes]]:
        answers = [client.put(address, {"internal_note": "n"}) for _ in range(10)]
        return [(each.json["version"], each.body) for each in answers]

    with ThreadPoolExecutor(9) as pool:
        publishing = pool.submit(publish_many, promised)
        heard = [pair for each in pool.map(work, clients) for pair in each]
        publishing.result()
    for version, body in heard:
        assert clients[0].get(f"{address}?version={version}").body == body


def tables(policies: Sequence[JsonObject]) -> list[str]:
    return [str(each["name"]) for each in policies]


def test_the_journal_alone_tells_what_was_promised(promised: Running) -> None:
    publish_at(promised, MATCHED)
    first, second = (each.event for each in published(promised))
    assert isinstance(first, SlaPolicyPublished)
    assert isinstance(second, SlaPolicyPublished)
    assert tables(first.policies) == ["standard"]
    assert tables(second.policies) == ["vip", "urgent", "billing", "partner"]
