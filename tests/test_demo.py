"""What `ticketdomain demo` fills a journal with."""

import asyncio
import re
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
from server import command, make_key, running_server

from ticketdomain.events import (
    AssigneeChanged,
    CustomFieldsMerged,
    NoteAdded,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    TagsReplaced,
    TicketOpened,
)
from ticketdomain.journal import decode
from ticketdomain.ticket import TICKET, Ticket
from ticketdomain.workflow import Workflow
from ticketprojections.sla import SlaMetrics
from ticketservice.demo.cases import texts
from ticketservice.demo.fill import SPAN, Filled, MovedClock, fill
from ticketservice.demo.plot import OFFICE
from ticketservice.service import Service, open_service
from ticketservice.settings import Settings
from ticketservice.sla_file import SlaFile, read_policies

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)  # a Wednesday


class Demo:
    """A filled journal, read back."""

    def __init__(self, service: Service, filled: Filled, now: datetime) -> None:
        self.filled = filled
        self.keys = service.keys.all()
        with service.journal.reading() as reader:
            ids = {
                row.originator_id: None for row in reader.feed(after=0, topics=("ticket.opened",))
            }
            rows = [row for ticket_id in ids for row in reader.stream(ticket_id)]
            self.events = sorted(map(decode, rows), key=lambda each: each.position)
        states = [service.tickets.newest(ticket_id) for ticket_id in ids]
        self.tickets = [ticket for state in states if (ticket := state.of(TICKET))]
        metrics = [service.sla.metrics(state, now) for state in states]
        self.metrics: list[SlaMetrics] = [each for each in metrics if each]

    def states(self, clock: str) -> Counter[str]:
        clocks = [getattr(each, clock) for each in self.metrics]
        return Counter(each.state for each in clocks if each)

    def due_within_the_hour(self, clock: str, now: datetime) -> int:
        dues = [each.due_at for each in (getattr(m, clock) for m in self.metrics) if each]
        return sum(1 for due in dues if due and now < due < now + timedelta(hours=1))


def filled(directory: Path, now: datetime = NOW, seed: int = 1, **settings: Any) -> Demo:
    clock = MovedClock(now)
    chosen = Settings(database=f"sqlite:///{directory / 'journal.db'}", **settings)
    policies = read_policies(chosen.sla, chosen.workflow, now.date())
    with open_service(chosen, clock) as service:
        made = asyncio.run(fill(service, clock, policies, "demo", seed))
        assert clock.now == now
        return Demo(service, made, now)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return filled(tmp_path_factory.mktemp("demo"))


def test_some_hundred_tickets_of_one_account_tell_of_three_months(demo: Demo) -> None:
    assert len(demo.tickets) == 150
    assert {each.account for each in demo.tickets} == {"demo"}
    instants = [each.at for each in demo.events]
    assert instants == sorted(instants)
    assert NOW - SPAN <= instants[0] < NOW - timedelta(days=80)
    assert NOW - timedelta(hours=1) < instants[-1] <= NOW
    months = Counter(each.created_at.month for each in demo.tickets)
    assert min(months[month] for month in (9, 10, 11)) > 20


def test_subjects_are_many_and_every_text_is_filled_in(demo: Demo) -> None:
    assert len({each.subject for each in demo.tickets}) > 80
    assert len({each.requester_id for each in demo.tickets}) > 30
    written = msgspec.json.encode([each.event for each in demo.events]).decode()
    assert not re.search(r"\{(order|amount|product|name)\}", written)
    assert {each.category for each in demo.tickets} == {each.category for each in texts().case}


def test_everything_that_can_happen_to_a_ticket_happens(demo: Demo) -> None:
    kinds = Counter(type(each.event) for each in demo.events)
    for kind in (PriorityChanged, NoteAdded, TagsReplaced, CustomFieldsMerged, AssigneeChanged):
        assert kinds[kind] >= 10, kind
    authors = Counter(e.event.author for e in demo.events if isinstance(e.event, ReplyAdded))
    assert min(authors["agent"], authors["customer"]) > 50
    statuses = Counter(each.status for each in demo.tickets)
    assert {"open", "in_progress", "pending", "resolved", "closed"} <= set(statuses)
    assert sum(1 for each in demo.metrics if each.reopen_count) > 5
    assert sum(1 for each in demo.metrics if "on_hold" in each.time_in_status) > 5


def present(now: datetime, demo: Demo) -> None:
    """Expect SLA clocks of every kind, some about to be late."""
    for clock in ("first_response", "next_response", "resolution"):
        states = demo.states(clock)
        assert {"met", "missed", "running", "breached"} <= set(states), (clock, states)
        assert demo.due_within_the_hour(clock, now) >= 2
    assert demo.states("resolution")["paused"] >= 3
    assert demo.states("resolution")["met"] > demo.states("resolution")["missed"] > 5


@pytest.mark.parametrize(
    "now",
    [
        NOW,
        datetime(2026, 11, 22, 3, 15, tzinfo=UTC),  # a Sunday's night
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 30, 6, tzinfo=UTC),  # after a change of clocks
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_there_are_targets_met_missed_running_and_nearly_late(
    tmp_path: Path, now: datetime, seed: int
) -> None:
    present(now, filled(tmp_path, now, seed))


def agents(events: list[Recorded]) -> Generator[Recorded]:
    for each in events:
        if each.by and each.by.on_behalf_of in texts().people.agents:
            yield each


def test_agents_work_in_office_hours_but_for_the_emergencies_of_today(demo: Demo) -> None:
    worked = [e.at for e in agents(demo.events) if e.at < NOW - timedelta(days=7)]
    minute = timedelta(minutes=1)
    assert len(worked) > 500
    out = [at for at in worked if not OFFICE.between(at - 2 * minute, at + minute)]
    assert out == []


def test_agents_and_customers_are_told_apart(demo: Demo) -> None:
    by_key = Counter((e.by.key_id, (e.by.on_behalf_of or "")[:4]) for e in demo.events if e.by)
    assert sorted(kind for _, kind in by_key) == ["cust", "user"]
    assert len({e.by.on_behalf_of for e in agents(demo.events) if e.by}) == 6
    assert [(key.account, key.name) for key in demo.keys] == [
        ("demo", "help desk"),
        ("demo", "customer portal"),
    ]


def told(demo: Demo) -> list[object]:
    return [(e.ticket_id, e.version, e.at, e.by, e.request_id, e.event) for e in demo.events]


def test_a_seed_tells_the_same_stories_again(demo: Demo, tmp_path: Path) -> None:
    again, other = filled(tmp_path / "again"), filled(tmp_path / "other", seed=2)
    assert told(again) == told(demo)
    assert not {each.id for each in other.tickets} & {each.id for each in demo.tickets}


def openings(demo: Demo) -> list[tuple[str, str]]:
    opened = [(e.ticket_id, e.event) for e in demo.events if isinstance(e.event, TicketOpened)]
    return sorted((ticket_id, event.subject) for ticket_id, event in opened)


def test_another_day_has_the_same_tickets(demo: Demo, tmp_path: Path) -> None:
    assert openings(filled(tmp_path, NOW + timedelta(days=1, hours=5))) == openings(demo)


def test_a_desk_of_ones_own_statuses_and_policies_is_filled_too(tmp_path: Path) -> None:
    hours = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    sla = SlaFile(
        calendars={"office": {"timezone": "Europe/Berlin", "weekly": hours}},
        policies=[{"name": "p", "calendar": "office", "targets": {"2": {"resolution": "PT8H"}}}],
    )
    workflow = Workflow(
        statuses={"new": "active", "asked": "waiting", "done": "closed"},
        transitions={"new": ("done",)},  # so that every question to a customer is refused
    )
    made = filled(tmp_path, sla=sla, workflow=workflow)
    assert {each.status for each in made.tickets} == {"new", "done"}
    assert {each.policy for each in made.metrics} == {"p"}


def test_the_command_fills_a_journal_in_seconds_and_says_how_to_look_at_it(tmp_path: Path) -> None:
    began = monotonic()
    ran = command(tmp_path, "demo")
    assert monotonic() - began < 20
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("150 tickets of the account demo, ")
    shown = re.findall(r"^ *ticketdomain (audit .*?)  +#", ran.out, re.MULTILINE)
    assert len(shown) >= 4
    for line in shown:
        assert command(tmp_path, *line.split()).code == 0
    assert "sk_live_" not in ran.out


def test_a_journal_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    make_key(tmp_path)
    before = command(tmp_path, "keys", "list").out
    assert "not empty" in command(tmp_path, "demo").one_line()
    assert command(tmp_path, "keys", "list").out == before


def test_a_key_that_is_asked_for_reads_the_tickets(tmp_path: Path) -> None:
    made = command(tmp_path, "demo", "--key", "--account=shop", "--seed=7").out
    (secret,) = re.findall(r"sk_live_\S+", made)
    (ticket, *_) = re.findall(r"ticket_\w+", made)
    with running_server(tmp_path) as server:
        client = server.client(secret)
        assert client.get(f"/v1/tickets/{ticket}").status == 200
        assert client.get("/v1/me").json["account"] == "shop"
        assert client.put(f"/v1/tickets/{ticket}", {"priority": 1}).status == 403


def test_a_ticket_tells_one_case_from_its_beginning_to_its_end(demo: Demo) -> None:
    closed: list[Ticket] = [each for each in demo.tickets if each.status == "closed"]
    assert len(closed) > 80
    assert all(each.closed_at and each.closed_at > each.created_at for each in closed)
    assert all(each.custom_fields and each.tags and each.description for each in demo.tickets)
