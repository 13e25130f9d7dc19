"""What agent and customer say to each other, and what a customer's reply does to a ticket."""

import json
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from given import CLOSED, OPENED, PENDING, REOPENED, RESOLVED, given, opened, opened_in
from journals import stream
from running import Answer, Client, Running, running
from server import everything, make_key, running_server

from ticketdomain.commands import TICKET_FIELDS, AddReply, read_add_reply
from ticketdomain.decide import decide
from ticketdomain.errors import InvalidCommandError, TicketNotFoundError
from ticketdomain.events import Author, NoteAdded, ReplyAdded, StatusCategory, StatusChanged
from ticketdomain.json_values import Json
from ticketdomain.keys import SCOPES, Scope
from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow
from ticketservice.settings import SettingsError, read_settings

ASKED, ANSWERED = ReplyAdded("Any news?", "customer"), ReplyAdded("Yes!", "agent")
CUSTOMER, AGENT = (
    AddReply(body="Any news?", author="customer"),
    AddReply(body="Yes!", author="agent"),
)
ON_HOLD, IN_PROGRESS = StatusChanged("on_hold", "waiting"), StatusChanged("in_progress", "active")
AUTHORS: list[Author] = ["agent", "customer"]
STRICT = Workflow(transitions={"pending": ("in_progress",), "resolved": ("closed",)})
WITHOUT_WORK = Workflow(statuses={"received": "waiting", "done": "resolved"})
LATE_WORK = Workflow(
    statuses={"received": "waiting", "at_the_bench": "active", "tested": "active", "done": "closed"}
)
REPLY = {"body": "Any news?", "author": "customer"}


def faults(body: Json) -> list[tuple[str, str]]:
    with pytest.raises(InvalidCommandError) as refused:
        read_add_reply(body)
    return [(each.pointer, each.code) for each in refused.value.faults]


@pytest.mark.parametrize("status", [REOPENED, IN_PROGRESS, PENDING, ON_HOLD, RESOLVED, CLOSED])
def test_an_agents_reply_changes_no_status(status: StatusChanged) -> None:
    given(OPENED, IN_PROGRESS, status).when(AGENT).then(ANSWERED)


@pytest.mark.parametrize("status", [PENDING, ON_HOLD])
def test_a_customers_reply_puts_a_waiting_ticket_back(status: StatusChanged) -> None:
    given(OPENED, status).when(CUSTOMER).then(ASKED, REOPENED)


def test_a_customers_reply_reopens_a_resolved_ticket() -> None:
    ticket = given(OPENED, RESOLVED).when(CUSTOMER).ticket()
    assert (ticket.status, ticket.status_category, ticket.resolved_at) == ("open", "active", None)


def test_a_customers_reply_to_a_closed_ticket_is_only_recorded() -> None:
    given(OPENED, CLOSED).when(CUSTOMER).then(ASKED)
    assert given(OPENED, RESOLVED, CLOSED).when(CUSTOMER).ticket().resolved_at is not None


@pytest.mark.parametrize("status", [IN_PROGRESS, REOPENED])
def test_a_customers_reply_to_an_active_ticket_is_only_recorded(status: StatusChanged) -> None:
    given(OPENED, status).when(CUSTOMER).then(ASKED)


def test_saying_the_same_twice_is_two_replies() -> None:
    given(OPENED, ASKED).when(CUSTOMER).then(ASKED)


def test_there_is_no_reply_without_a_ticket() -> None:
    with pytest.raises(TicketNotFoundError):
        decide(CUSTOMER, None, DEFAULT_WORKFLOW)


@pytest.mark.parametrize("status", [PENDING, RESOLVED])
def test_where_no_transition_leads_back_the_reply_is_recorded_still(status: StatusChanged) -> None:
    given(OPENED, status, workflow=STRICT).when(CUSTOMER).then(ASKED)


def test_a_transition_that_leads_back_is_enough() -> None:
    strict = Workflow(transitions={"pending": ("open",), "resolved": ()})
    given(OPENED, PENDING, workflow=strict).when(CUSTOMER).then(ASKED, REOPENED)


def test_a_desk_can_choose_that_no_reply_resumes_a_ticket() -> None:
    calm = Workflow(reply_resumes=False)
    given(OPENED, PENDING, workflow=calm).when(CUSTOMER).then(ASKED)
    given(OPENED, RESOLVED, workflow=calm).when(CUSTOMER).then(ASKED, REOPENED)


def test_a_desk_can_choose_that_no_reply_reopens_a_ticket() -> None:
    final = Workflow(reply_reopens=False)
    given(OPENED, RESOLVED, workflow=final).when(CUSTOMER).then(ASKED)
    given(OPENED, PENDING, workflow=final).when(CUSTOMER).then(ASKED, REOPENED)


def test_a_ticket_goes_back_to_the_first_status_that_is_active() -> None:
    received = opened_in("received", "waiting")
    back = StatusChanged("at_the_bench", "active")
    given(received, workflow=LATE_WORK).when(CUSTOMER).then(ASKED, back)


@pytest.mark.parametrize(("status", "category"), WITHOUT_WORK.statuses.items())
def test_without_an_active_status_a_reply_is_only_recorded(
    status: str, category: StatusCategory
) -> None:
    given(opened_in(status, category), workflow=WITHOUT_WORK).when(CUSTOMER).then(ASKED)


@pytest.mark.parametrize("category", ["waiting", "resolved"])
def test_a_status_that_the_workflow_no_longer_knows_is_left_by_what_it_was(
    category: StatusCategory,
) -> None:
    given(opened_in("parked", category)).when(CUSTOMER).then(ASKED, REOPENED)


@pytest.mark.parametrize("category", ["active", "closed"])
def test_a_forgotten_status_of_work_or_of_the_end_is_kept(category: StatusCategory) -> None:
    given(opened_in("parked", category)).when(CUSTOMER).then(ASKED)


@pytest.mark.parametrize("author", AUTHORS)
@pytest.mark.parametrize("body", ["x", "  Hello,\n\tthere  ", "é" * 65_536, "🎫" * 65_536])
def test_a_reply_is_kept_as_it_was_written(author: Author, body: str) -> None:
    command = read_add_reply({"body": body, "author": author})
    given(OPENED).when(command).then(ReplyAdded(body, author))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "blank"),
        (" \n\t\u00a0\u2003", "blank"),
        ("x" * 65_537, "too_long"),
        ("🎫" * 65_537, "too_long"),
        ("a\0b", "bad_character"),
        (7, "wrong_type"),
        (["Any news?"], "wrong_type"),
        ({"text": "Any news?"}, "wrong_type"),
        (True, "wrong_type"),
        (None, "null_not_allowed"),
    ],
)
def test_a_reply_is_a_text_of_some_length(body: Json, code: str) -> None:
    assert faults({**REPLY, "body": body}) == [("/body", code)]


@pytest.mark.parametrize(
    ("author", "code"),
    [
        ("", "not_allowed"),
        ("Agent", "not_allowed"),
        ("agent ", "not_allowed"),
        ("jane", "not_allowed"),
        (1, "wrong_type"),
        (["agent"], "wrong_type"),
        (False, "wrong_type"),
        (None, "null_not_allowed"),
    ],
)
def test_a_reply_is_an_agents_or_a_customers(author: Json, code: str) -> None:
    assert faults({**REPLY, "author": author}) == [("/author", code)]


def test_a_reply_needs_a_text_and_an_author() -> None:
    assert faults({"body": "hi"}) == [("/author", "required")]
    assert faults({"author": "agent"}) == [("/body", "required")]
    assert faults({}) == [("/body", "required"), ("/author", "required")]


@pytest.mark.parametrize("field", sorted(TICKET_FIELDS))
def test_a_reply_sets_no_field_of_the_ticket(field: str) -> None:
    assert faults({**REPLY, field: "open"}) == [(f"/{field}", "read_only")]


@pytest.mark.parametrize("field", ["internal_note", "add_tags", "remove_tags", "at", "by", "Body"])
def test_a_reply_has_no_other_field(field: str) -> None:
    assert faults({**REPLY, field: "x"}) == [(f"/{field}", "unknown_field")]


@pytest.mark.parametrize("body", [None, [], "Any news?", 1, True])
def test_a_reply_comes_as_an_object(body: Json) -> None:
    assert faults(body) == [("", "wrong_type")]


def test_all_that_is_wrong_with_a_reply_is_told_at_once() -> None:
    expected = [("/status", "read_only"), ("/x~1y", "unknown_field"), ("/author", "not_allowed")]
    told = faults({"status": "open", "x/y": 1, "author": "me", "body": " \0"})
    assert told == [*expected, ("/body", "bad_character")]


def send(client: Client, address: str, body: object = REPLY, **headers: str | None) -> Answer:
    return client.post(f"{address}/replies", body, **headers)


def bodies(client: Client, address: str) -> list[str]:
    return [each["body"] for each in everything(client, f"{address}/replies")]


def public(address: str) -> str:
    return address.replace("/v1/", "/v1/public/")


def test_a_reply_answers_the_whole_ticket(agent: Client) -> None:
    address = agent.open(tags=["vip"])
    before = agent.put(address, {"internal_note": "n"}).headers["journal-position"]
    answer = send(agent, address)
    assert (answer.status, answer.headers["etag"], answer.json["version"]) == (201, '"3"', 3)
    assert int(answer.headers["journal-position"]) == int(before) + 1
    assert answer.body == agent.get(address).body


def test_replies_are_listed_with_who_said_what_and_when(desk: Running, agent: Client) -> None:
    address = agent.open()
    send(agent, address, Acting_User="cust_7", X_Request_Id="r-7")
    desk.clock.pass_time(seconds=1)
    answered = send(agent, address, {"author": "agent", "body": "Yes!"}).json["updated_at"]
    first, second = agent.get(f"{address}/replies").json["items"]
    assert list(first) == ["version", "at", "by", "author", "body"]
    assert first["by"] == {"key_id": agent.get("/v1/me").json["id"], "on_behalf_of": "cust_7"}
    assert (first["author"], first["body"]) == ("customer", "Any news?")
    assert (second["version"], second["at"], second["author"]) == (3, answered, "agent")


def test_a_list_of_replies_has_pages(agent: Client) -> None:
    address = agent.open()
    for number in range(5):
        send(agent, address, {**REPLY, "body": str(number)})
        agent.put(address, {"internal_note": "between"})
    first = agent.get(f"{address}/replies?limit=2").json
    second = agent.get(f"{address}/replies?limit=3&cursor={first['next']}").json
    assert [each["body"] for each in first["items"] + second["items"]] == list("01234")
    assert (agent.get(f"{address}/replies?limit=5").json["next"], second["next"]) == (None, None)


def test_a_ticket_without_replies_has_an_empty_list(agent: Client) -> None:
    assert agent.get(f"{agent.open()}/replies").json == {"items": [], "next": None}


def test_notes_are_no_replies_and_replies_no_notes(agent: Client) -> None:
    address = agent.open(internal_note="secret")
    send(agent, address)
    assert bodies(agent, address) == ["Any news?"]
    assert [each["body"] for each in everything(agent, f"{address}/notes")] == ["secret"]


@pytest.mark.parametrize(
    ("method", "scope"),
    [("POST", "tickets:write"), ("GET", "tickets:read"), ("HEAD", "tickets:read")],
)
def test_replies_ask_for_the_scope_of_the_ticket(desk: Running, method: str, scope: Scope) -> None:
    others: list[Scope] = [each for each in SCOPES if each != scope]
    answer = desk.client(*others).send(method, "/v1/tickets/ticket_1/replies")
    assert answer.status == 403
    assert method == "HEAD" or answer.json["scope"] == scope


def test_who_may_only_write_sees_the_ticket_replied_to(desk: Running, agent: Client) -> None:
    address, writer = agent.open(), desk.client("tickets:write")
    assert send(writer, address).json["version"] == 2
    assert writer.get(f"{address}/replies").status == 403


def test_nobody_replies_to_another_accounts_ticket_or_reads_it(
    desk: Running, agent: Client
) -> None:
    address, other = agent.open(), desk.client(account="other")
    send(agent, address, Idempotency_Key="k")
    assert send(other, address, Idempotency_Key="k").status == 404
    assert other.get(f"{address}/replies").status == 404
    assert bodies(agent, address) == ["Any news?"]


def test_a_requesters_key_replies_to_that_requesters_tickets_only(
    desk: Running, agent: Client
) -> None:
    own, others = agent.open(requester_id="cust_7"), agent.open(requester_id="cust_8")
    customer = desk.client("tickets:read", "tickets:write", requester="cust_7")
    assert [send(customer, each).status for each in (own, others)] == [201, 404]
    statuses = [customer.get(f"{each}/replies").status for each in (own, others)]
    assert statuses == [200, 404]


@pytest.mark.parametrize("ticket_id", ["ticket_0", "policy", "KEY"])
def test_what_is_no_ticket_has_no_replies(agent: Client, ticket_id: str) -> None:
    name = ticket_id.replace("KEY", agent.get("/v1/me").json["id"])
    assert send(agent, f"/v1/tickets/{name}").status == 404
    assert agent.get(f"/v1/tickets/{name}/replies").status == 404


def test_a_reply_to_a_version_that_is_no_more_is_refused(agent: Client) -> None:
    address = agent.open()
    assert send(agent, address, If_Match='"1"').status == 201
    stale = send(agent, address, If_Match='"1"')
    assert (stale.status, stale.json["current_version"]) == (412, 2)
    assert [each["changes"][0]["to"] for each in stale.json["changes"]] == ["Any news?"]
    assert bodies(agent, address) == ["Any news?"]


@pytest.mark.parametrize(("tags", "status"), [("*", 201), ('W/"1"', 412), ("garbage", 400)])
def test_a_replys_precondition_is_read_as_an_updates(agent: Client, tags: str, status: int) -> None:
    assert send(agent, agent.open(), If_Match=tags).status == status


def test_a_reply_repeated_is_answered_again_and_said_once(agent: Client) -> None:
    address = agent.open(status="resolved")
    first = send(agent, address, Idempotency_Key="k")
    send(agent, address, {"body": "Sorry!", "author": "agent"})
    again = agent.send(
        "POST",
        f"{address}/replies",
        b'{"author":"customer",  "body":"Any\\u0020news?"}',
        Idempotency_Key="k",
    )
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert bodies(agent, address) == ["Any news?", "Sorry!"]


def test_a_key_that_was_used_for_another_reply_is_refused(agent: Client) -> None:
    address = agent.open()
    send(agent, address, Idempotency_Key="k")
    other = send(agent, address, {**REPLY, "author": "agent"}, Idempotency_Key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert bodies(agent, address) == ["Any news?"]


def test_at_another_address_the_same_key_is_another(agent: Client) -> None:
    address, other = agent.open(), agent.open()
    answers = [
        send(agent, address, Idempotency_Key="k"),
        send(agent, other, Idempotency_Key="k"),
        agent.put(address, {"priority": 1}, Idempotency_Key="k"),
    ]
    assert [each.status for each in answers] == [201, 201, 200]
    assert not any("idempotency-replayed" in each.headers for each in answers)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_that_is_none_is_refused(agent: Client, key: str) -> None:
    address = agent.open()
    assert send(agent, address, Idempotency_Key=key).status == 400
    assert bodies(agent, address) == []


def test_a_remembered_reply_comes_before_its_precondition(agent: Client) -> None:
    address = agent.open()
    send(agent, address, If_Match='"1"', Idempotency_Key="k")
    assert send(agent, address, If_Match='"1"', Idempotency_Key="k").status == 201


def test_a_dry_run_of_a_reply_tells_what_it_would_do(agent: Client) -> None:
    address = agent.open(status="resolved")
    before = agent.get(address)
    dry = agent.post(f"{address}/replies?dry_run=true", REPLY, Idempotency_Key="k")
    assert (dry.status, dry.json["status"], dry.json["version"]) == (200, "open", 3)
    assert not {"etag", "location", "journal-position"} & set(dry.headers)
    assert (agent.get(address).body, bodies(agent, address)) == (before.body, [])
    assert send(agent, address, {**REPLY, "body": "other"}, Idempotency_Key="k").status == 201


def test_a_dry_run_of_a_reply_is_refused_as_the_reply_would_be(agent: Client) -> None:
    address = f"{agent.open()}/replies?dry_run=true"
    assert agent.post(address, {}).status == 422
    assert agent.post(address, REPLY, If_Match='"9"').status == 412


@pytest.mark.parametrize("query", ["version=1", "as_of=2026-01-01T00:00:00Z", "limit=1", "x="])
def test_an_unknown_parameter_of_a_reply_is_refused(agent: Client, query: str) -> None:
    answer = agent.post(f"{agent.open()}/replies?{query}", REPLY)
    assert (answer.status, answer.faults) == (422, [(query.partition("=")[0], "unknown_field")])


@pytest.mark.parametrize("name", ["version", "as_of", "dry_run", "author"])
def test_an_unknown_parameter_of_the_list_is_refused(agent: Client, name: str) -> None:
    answer = agent.get(f"{agent.open()}/replies?{name}=1")
    assert (answer.status, answer.faults) == (422, [(name, "unknown_field")])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_was_said_is_never_changed(agent: Client, method: str) -> None:
    answer = agent.send(method, f"{agent.open()}/replies", b"{}")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("kind", ["text/plain", "application/merge-patch+json", None])
def test_a_reply_comes_as_json(agent: Client, kind: str | None) -> None:
    body = json.dumps(REPLY).encode()
    answer = agent.send("POST", f"{agent.open()}/replies", body, Content_Type=kind)
    assert answer.status == 415


@pytest.mark.parametrize("body", [b"", b"{", b'{"body": "\\ud800", "author": "agent"}', b"\xff"])
def test_a_reply_that_is_no_json_is_malformed(agent: Client, body: bytes) -> None:
    assert agent.send("POST", f"{agent.open()}/replies", body).status == 400


def test_what_is_wrong_with_a_reply_is_told_in_the_order_of_the_contract(
    desk: Running, agent: Client
) -> None:
    address, reader, plain = agent.open(), desk.client("tickets:read"), "text/plain"
    huge = b" " * (2**20 + 1)
    send(agent, address, Idempotency_Key="used")

    def answered(client: Client, to: str, body: bytes, **headers: str | None) -> int:
        headers = {"If_Match": '"1"', **headers}
        return client.send("POST", f"{to}/replies", body, **headers).status

    lost, reply = "/v1/tickets/ticket_0", json.dumps(REPLY).encode()
    assert answered(reader, lost, huge, Content_Type=plain, Authorization=None) == 401
    assert answered(reader, lost, huge, Content_Type=plain) == 403
    assert answered(agent, lost, huge, Content_Type=plain) == 404
    assert answered(agent, address, huge, Content_Type=plain) == 415
    assert answered(agent, address, huge, Acting_User="a b") == 413
    assert answered(agent, address, b"{}", Acting_User="a b") == 400
    assert answered(agent, address, b"{}", Idempotency_Key="used") == 422
    assert answered(agent, address, reply, Idempotency_Key="used") == 201
    assert answered(agent, address, reply) == 412


def test_a_refused_reply_names_every_fault_and_writes_nothing(agent: Client) -> None:
    address = agent.open(status="pending")
    answer = send(agent, address, {"author": "me", "status": "open"})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.faults == [
        ("/author", "not_allowed"),
        ("/status", "read_only"),
        ("/body", "required"),
    ]
    assert answer.json["errors"][0]["allowed"] == ["agent", "customer"]
    assert agent.get(address).json["version"] == 1


def test_head_of_the_replies_is_get_without_a_body(agent: Client) -> None:
    address = agent.open()
    send(agent, address)
    get, head = (
        agent.send(method, f"{address}/replies", X_Request_Id="r") for method in ("GET", "HEAD")
    )
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("open", "open"),
        ("in_progress", "in_progress"),
        ("pending", "open"),
        ("on_hold", "open"),
        ("resolved", "open"),
        ("closed", "closed"),
    ],
)
def test_a_customers_reply_moves_a_ticket_that_is_not_worked_on(
    agent: Client, before: str, after: str
) -> None:
    address = agent.open(status=before)
    moved = send(agent, address).json
    assert (moved["status"], moved["version"]) == (after, 2 if before == after else 3)
    assert (moved["resolved_at"], moved["closed_at"] is not None) == (None, before == "closed")


@pytest.mark.parametrize("status", ["open", "pending", "resolved", "closed"])
def test_an_agents_reply_moves_none(agent: Client, status: str) -> None:
    address = agent.open(status=status)
    before = agent.get(address).json
    after = send(agent, address, {"author": "agent", "body": "Yes!"}).json
    assert after["version"] == 2
    changing = {"version", "sla", "updated_at"}
    assert {name: after[name] for name in after.keys() - changing} == {
        name: before[name] for name in before.keys() - changing
    }


def test_reply_and_reopening_are_one_commit_the_reply_first(own_desk: Running) -> None:
    agent = own_desk.client()
    address = agent.open(status="resolved")
    own_desk.clock.pass_time(minutes=1)
    send(agent, address, Acting_User="cust_7", X_Request_Id="r-1")
    _, reply, reopening = stream(own_desk.service.journal, address.rpartition("/")[2])
    assert (reply.event, reopening.event) == (ASKED, REOPENED)
    assert (reply.commit, reopening.commit) == ((0, 2), (1, 2))
    assert (reply.at, reply.by, reply.request_id) == (own_desk.clock.now, reopening.by, "r-1")
    assert (reopening.at, reopening.request_id) == (reply.at, "r-1")


def test_history_tells_reply_and_reopening_as_one_update(agent: Client) -> None:
    address = agent.open(status="resolved")
    send(agent, address, Acting_User="cust_7")
    _, entry = agent.get(f"{address}/history").json["items"]
    assert (entry["version"], entry["by"]["on_behalf_of"]) == (3, "cust_7")
    said = {"field": "reply", "from": None, "to": "Any news?", "author": "customer"}
    moved = {"field": "status", "from": "resolved", "to": "open"}
    assert entry["changes"] == [said, moved]
    _, shown = agent.get(f"{public(address)}/history").json["items"]
    assert shown == {"at": entry["at"], "changes": [said, moved]}


def test_a_customer_sees_the_newest_50_replies_oldest_first(agent: Client) -> None:
    address = agent.open()
    for number in range(53):
        agent.put(address, {"internal_note": "secret"})
        send(agent, address, {"body": f"{number}", "author": AUTHORS[number % 2]})
    replies = agent.get(public(address)).json["replies"]
    assert [each["body"] for each in replies] == [f"{number}" for number in range(3, 53)]
    assert [each["author"] for each in replies[:2]] == ["customer", "agent"]
    assert {tuple(each) for each in replies} == {("at", "author", "body")}


def test_a_customer_sees_a_reply_at_once_and_nothing_internal_of_it(
    desk: Running, agent: Client
) -> None:
    address = agent.open()
    before = agent.get(public(address))
    desk.clock.pass_time(minutes=1)
    said = send(agent, address, Acting_User="secret", X_Request_Id="secret").json
    after = agent.get(public(address), X_Request_Id="r")
    assert after.headers["etag"] != before.headers["etag"]
    assert (after.json["updated_at"], after.json["status"]) == (said["updated_at"], "open")
    assert b"secret" not in after.body + agent.get(f"{public(address)}/history").body


def test_what_is_internal_changes_nothing_of_the_replies_shown(
    desk: Running, agent: Client
) -> None:
    address = agent.open()
    send(agent, address)
    before = agent.get(public(address))
    desk.clock.pass_time(minutes=1)
    agent.put(address, {"internal_note": "secret", "tags": ["vip"], "category": "c"})
    after = agent.get(public(address), If_None_Match=before.headers["etag"])
    assert (after.status, agent.get(public(address)).body) == (304, before.body)


def test_a_customers_own_key_cannot_write(desk: Running, agent: Client) -> None:
    address = agent.open(requester_id="cust_7")
    customer = desk.client("public:read", requester="cust_7")
    assert send(customer, address).status == 403
    assert send(customer, public(address)).status == 404


def test_the_past_of_a_ticket_knows_no_later_reply(desk: Running, agent: Client) -> None:
    address = agent.open(status="pending")
    opened_at = agent.get(address).json["created_at"]
    desk.clock.pass_time(minutes=1)
    send(agent, address)
    assert agent.get(f"{address}?as_of={opened_at}").json["status"] == "pending"
    assert agent.get(f"{address}?version=2").json["status"] == "pending"
    assert len(agent.get(f"{address}/history?as_of={opened_at}").json["items"]) == 1


def test_a_clock_set_back_keeps_replies_in_their_order(own_desk: Running) -> None:
    agent = own_desk.client()
    address = agent.open()
    send(agent, address)
    own_desk.clock.pass_time(hours=-1)
    send(agent, address, {"body": "Later", "author": "agent"})
    first, second = agent.get(f"{address}/replies").json["items"]
    assert (first["body"], second["body"], first["at"]) == ("Any news?", "Later", second["at"])


@pytest.fixture(params=["reply_resumes", "reply_reopens"])
def switch(request: pytest.FixtureRequest) -> str:
    """A switch of the workflow for what a customer's reply does."""
    name: str = request.param
    return name


@pytest.fixture
def switched(tmp_path: Path, switch: str) -> Generator[Client]:
    """A desk whose settings file has the switch off."""
    file = tmp_path / "desk.toml"
    file.write_text(f"[workflow]\n{switch} = false")
    workflow = read_settings({}, file).workflow
    with running(tmp_path, workflow=workflow) as answering:
        yield answering.client()


def test_a_settings_file_switches_off_what_a_reply_does(switched: Client, switch: str) -> None:
    moved = [
        send(switched, switched.open(status=status)).json["status"]
        for status in ("pending", "resolved")
    ]
    expected = {"reply_resumes": ["pending", "open"], "reply_reopens": ["open", "resolved"]}
    assert moved == expected[switch]


@pytest.mark.parametrize("value", ['"false"', "0", "[]"])
def test_a_switch_is_on_or_off(tmp_path: Path, switch: str, value: str) -> None:
    file = tmp_path / "desk.toml"
    file.write_text(f"[workflow]\n{switch} = {value}")
    with pytest.raises(SettingsError, match=f"{file}.*bool.*{switch}"):
        read_settings({}, file)


def test_a_status_of_an_earlier_workflow_is_left_on_a_customers_reply(tmp_path: Path) -> None:
    earlier = Workflow(statuses={"new": "active", "parked": "waiting", "done": "closed"})
    with running(tmp_path, workflow=earlier) as desk:
        agent = desk.client()
        addresses = [agent.open(status=status) for status in ("parked", "done")]
    with running(tmp_path) as desk:
        moved = [send(desk.client(), address).json["status"] for address in addresses]
    assert moved == ["open", "done"]


def said_by(desk: Running, address: str, client_number: int) -> list[int]:
    client = desk.client()
    sent = [
        send(client, address, {"body": f"{client_number}-{number}", "author": author})
        for number in range(10)
        for author in AUTHORS
    ]
    return [answer.json["version"] for answer in sent]


def test_what_several_say_at_once_is_all_there_once(desk: Running, agent: Client) -> None:
    address = agent.open()
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(partial(said_by, desk, address), range(8)))
    said = Counter(f"{each}-{number}" for each in range(8) for number in range(10))
    assert Counter(bodies(agent, address)) == said + said
    assert sorted(chain.from_iterable(versions)) == list(range(2, 162))
    assert all(each == sorted(each) for each in versions)


def test_of_customers_who_write_at_once_the_first_reopens_the_ticket(
    desk: Running, agent: Client
) -> None:
    address, customers = agent.open(status="resolved"), [desk.client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(partial(send, address=address), customers))
    answers = [each.json for each in said]
    assert sorted(each["version"] for each in answers) == list(range(3, 11))
    assert {each["status"] for each in answers} == {"open"}


def test_a_reply_sent_by_several_with_one_key_is_said_once(desk: Running, agent: Client) -> None:
    address, clients = agent.open(), [desk.client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sent = partial(send, address=address, Idempotency_Key="once")
        answers = list(pool.map(sent, clients))
    assert {(each.status, each.body) for each in answers} == {(201, answers[0].body)}
    assert sum("idempotency-replayed" in each.headers for each in answers) == 7
    assert bodies(agent, address) == ["Any news?"]


def test_replies_outlive_the_process_and_so_does_their_key(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        secret = make_key(tmp_path)
        address = server.client(secret).open(status="pending")
        first = send(server.client(secret), address, Idempotency_Key="k")
        server.kill()
    with running_server(tmp_path) as server:
        client = server.client(secret)
        again = send(client, address, Idempotency_Key="k")
        assert (again.status, again.body) == (201, first.body)
        assert bodies(client, address) == ["Any news?"]


def test_a_reply_is_described(agent: Client) -> None:
    described: Any = agent.get("/openapi.json").json
    api = described["paths"]["/v1/tickets/{ticket_id}/replies"]
    body = api["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = described["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert (set(api), set(schema["required"])) == ({"get", "head", "post"}, {"body", "author"})
    assert set(schema["properties"]["author"]["enum"]) == {"agent", "customer"}
    assert "201" in api["post"]["responses"]


def test_a_reply_leaves_every_other_field_alone() -> None:
    before = opened(tags=("vip",), custom_fields={"a": 1}, category="c", assigned_to="jane")
    ticket = given(before, NoteAdded("n")).when(CUSTOMER).ticket()
    assert (ticket.tags, ticket.custom_fields, ticket.category) == (("vip",), {"a": 1}, "c")
    assert (ticket.assigned_to, ticket.version) == ("jane", 3)
