"""The whole service against a plain dictionary: any sequence of requests, through HTTP."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from model import leaves, opened, replayed, replied, same, updated, written
from running import Answer, Client, Running

from ticketdomain.journal import decode
from ticketdomain.testing import bad_updates, openings, replies, updates
from ticketprojections.sla import SlaMetrics, measure
from ticketprojections.sla.policy import default_policies

PUBLIC = (
    "subject",
    "description",
    "priority",
    "status",
    "due_date",
    "created_at",
    "resolved_at",
    "closed_at",
)


class Known:
    """What the model knows of a ticket: its address, its state now and after every update."""

    def __init__(
        self, address: str, ticket: dict[str, Any], notes: list[str], at: datetime
    ) -> None:
        self.address = address
        self.at = at
        self.ticket = ticket
        self.notes = notes
        self.replies: list[dict[str, Any]] = []
        self.past = {ticket["version"]: ticket}


class TicketMachine(RuleBasedStateMachine):
    desk: Running
    agent: Client
    tickets: Bundle[Known] = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Known] = []

    @rule(seconds=st.sampled_from([0, 0.000001, 1, 86_400, -60]))
    def time_passes(self, seconds: float) -> None:
        self.desk.clock.pass_time(seconds=seconds)

    @rule(target=tickets, body=openings())
    def open(self, body: dict[str, Any]) -> Known:
        answer = self.agent.post("/v1/tickets", body)
        assert answer.status == 201, answer.body
        ticket, _ = opened(body, self.desk.clock.now)
        known = Known(answer.headers["location"], ticket, notes_of(body), self.desk.clock.now)
        self.known.append(known)
        self.expect(known, answer)
        return known

    @rule(known=tickets, body=updates(), method=st.sampled_from(["PUT", "PATCH"]))
    def update(self, known: Known, body: dict[str, Any], method: str) -> None:
        self.follow(known, body)
        self.expect(known, self.send(known, body, method=method))

    @rule(known=tickets, body=replies())
    def reply(self, known: Known, body: dict[str, Any]) -> None:
        at = max(self.desk.clock.now, known.at)
        known.ticket, _ = replied(known.ticket, body, at)
        known.at = at
        known.past[known.ticket["version"]] = known.ticket
        known.replies.append(body)
        self.expect(known, self.agent.post(f"{known.address}/replies", body))

    @rule(known=tickets, body=updates())
    def the_same_update_twice_is_once_but_for_notes(
        self, known: Known, body: dict[str, Any]
    ) -> None:
        self.update(known, body, "PUT")
        version = known.ticket["version"]
        self.update(known, body, "PUT")
        assert known.ticket["version"] == version + ("internal_note" in body)

    @rule(known=tickets, body=bad_updates())
    def a_refused_update_changes_nothing(self, known: Known, body: dict[str, Any]) -> None:
        answer = self.send(known, body)
        assert answer.status == 422, answer.body
        assert answer.faults

    @rule(known=tickets, body=updates(), again=st.integers(1, 3))
    def a_retry_is_answered_as_the_first(
        self, known: Known, body: dict[str, Any], again: int
    ) -> None:
        key = uuid4().hex
        self.follow(known, body)
        first = self.send(known, body, Idempotency_Key=key)
        self.expect(known, first)
        for _ in range(again):
            retried = self.send(known, body, Idempotency_Key=key)
            assert retried.headers["idempotency-replayed"] == "true"
            assert (retried.status, retried.body) == (first.status, first.body)
        other = self.send(known, {**body, "internal_note": "other"}, Idempotency_Key=key)
        assert other.status == 422
        assert other.json["code"] == "idempotency_key_reused"

    @rule(known=tickets, body=updates(), back=st.integers(1, 3))
    def a_stale_precondition_holds_an_update_off(
        self, known: Known, body: dict[str, Any], back: int
    ) -> None:
        stale = known.ticket["version"] - back
        answer = self.send(known, body, If_Match=f'"{stale}", W/"{known.ticket["version"]}"')
        assert answer.status == 412
        assert answer.json["current_version"] == known.ticket["version"]
        later = [entry["version"] for entry in answer.json.get("changes", [])]
        assert later == [v for v in known.past if v > stale] or stale < 1

    @rule(known=tickets, body=updates())
    def a_precondition_that_holds_lets_it_through(self, known: Known, body: dict[str, Any]) -> None:
        version = known.ticket["version"]
        self.follow(known, body)
        self.expect(known, self.send(known, body, If_Match=f'"{version + 7}", "{version}"'))

    @rule(known=tickets, body=updates())
    def a_dry_run_tells_what_would_be(self, known: Known, body: dict[str, Any]) -> None:
        told = self.agent.put(f"{known.address}?dry_run=true", body)
        assert "etag" not in told.headers
        self.follow(known, body)
        done = self.send(known, body)
        assert told.json == done.json
        self.expect(known, done)

    @invariant()
    def every_ticket_is_what_the_model_says(self) -> None:
        for known in self.known:
            self.expect(known, self.agent.get(known.address))

    def teardown(self) -> None:
        for known in self.known:
            self.every_past_version_is_answered(known)
            self.the_history_gives_the_ticket(known)
            self.customers_see_no_note(known)
            self.the_sla_is_what_its_definition_says(known)

    def every_past_version_is_answered(self, known: Known) -> None:
        for version, ticket in known.past.items():
            then = self.agent.get(f"{known.address}?version={version}")
            assert then.headers["etag"] == f'"{version}"'
            assert same(without_sla(then), {**ticket, "id": then.json["id"]})

    def the_history_gives_the_ticket(self, known: Known) -> None:
        entries = self.pages(f"{known.address}/history", limit=3)
        assert [entry["version"] for entry in entries] == list(known.past)
        told = replayed(entries)
        assert told.pop("notes") == known.notes
        assert told.pop("replies") == known.replies
        listed = self.pages(f"{known.address}/replies", limit=2)
        assert [{"author": r["author"], "body": r["body"]} for r in listed] == known.replies
        assert same(told.pop("leaves"), leaves(known.ticket["custom_fields"]))
        if not told["description"]:  # an opening lists no empty field, not even ""
            told["description"] = known.ticket["description"]
        assert same(told, {name: known.ticket[name] for name in told})
        bodies = [note["body"] for note in self.pages(f"{known.address}/notes", limit=2)]
        assert bodies == known.notes

    def customers_see_no_note(self, known: Known) -> None:
        address = known.address.replace("/v1/", "/v1/public/")
        entries = self.pages(f"{address}/history", limit=2)
        shown = {change["field"] for entry in entries for change in entry["changes"]}
        assert shown <= {*PUBLIC, "reply"}
        public = self.agent.get(address).json
        kept = {name: public[name] for name in public if name in PUBLIC}
        assert same(kept, {name: known.ticket[name] for name in PUBLIC})

    def the_sla_is_what_its_definition_says(self, known: Known) -> None:
        """Warm folds behind HTTP against the plain definition over what the journal holds."""
        ticket_id = known.address.rpartition("/")[2]
        with self.desk.service.journal.reading() as reader:
            story = [decode(row) for row in reader.stream(ticket_id)]
        now = max(self.desk.clock.now, known.at)
        told = self.agent.get(f"{known.address}/sla").body
        assert told == msgspec.json.encode(measure(story, default_policies(), now))
        at_newest = measure(story, default_policies(), known.at)
        assert self.agent.get(known.address).json["sla"] == short(at_newest)
        then = story[0].at
        if then <= self.desk.clock.now:
            told = self.agent.get(f"{known.address}/sla?as_of={written(then)}").body
            assert told == msgspec.json.encode(measure(story, default_policies(), then))

    def pages(self, address: str, limit: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = f"?limit={limit}"
        while True:
            page = self.agent.get(address + query).json
            items += page["items"]
            assert len(page["items"]) <= limit
            if page["next"] is None:
                return items
            query = f"?limit={limit}&cursor={page['next']}"

    def send(self, known: Known, body: object, method: str = "PUT", **headers: str) -> Answer:
        return self.agent.send(method, known.address, json.dumps(body).encode(), **headers)

    def follow(self, known: Known, body: dict[str, Any]) -> None:
        """Make the model do what the service is about to be asked."""
        at = max(self.desk.clock.now, known.at)
        known.ticket, events = updated(known.ticket, body, at)
        if events:
            known.at = at
            known.past[known.ticket["version"]] = known.ticket
            known.notes += notes_of(body)

    def expect(self, known: Known, answer: Answer) -> None:
        """Hold an answer against the model."""
        assert answer.status in (200, 201), answer.body
        assert answer.headers["etag"] == f'"{known.ticket["version"]}"'
        ticket_id = known.address.rpartition("/")[2]
        assert same(without_sla(answer), {**known.ticket, "id": ticket_id})


def short(metrics: SlaMetrics | None) -> Any:
    """Leave of the metrics what stands in a ticket."""
    whole = json.loads(msgspec.json.encode(metrics))
    clocks = ("first_response", "next_response", "resolution")
    shown = ("due_at", "ended_at", "breached_at")
    kept = {each: whole[each] and {name: whole[each][name] for name in shown} for each in clocks}
    return {"policy": whole["policy"], **kept}


def without_sla(answer: Answer) -> dict[str, Any]:
    """Give a ticket without its SLA, which is held against the definition at the end."""
    return {name: value for name, value in answer.json.items() if name != "sla"}


def notes_of(body: dict[str, Any]) -> list[str]:
    return [body["internal_note"]] if "internal_note" in body else []


def test_the_service_does_what_the_model_does(desk: Running, agent: Client) -> None:
    check(desk, agent, examples=25, steps=20)


@pytest.mark.soak
def test_the_service_does_what_the_model_does_for_long(desk: Running, agent: Client) -> None:
    check(desk, agent, examples=400, steps=60)


def check(desk: Running, agent: Client, examples: int, steps: int) -> None:
    TicketMachine.desk, TicketMachine.agent = desk, agent
    run_state_machine_as_test(
        TicketMachine,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )
