"""What Prometheus reads: every metric is seen to move, and none tells of an account or a ticket."""

import re
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from running import Client, Running, running
from server import PATIENCE, make_key, running_server
from sqlite_utils import Database
from test_health import LOST, failed
from test_sla_laws import clocks, gaps, policies, stories

from ticketdomain.events import Recorded
from ticketdomain.journal import Head
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET as TICKET_FOLD
from ticketprojections.sla import Policy, Sla
from ticketprojections.sla.policy import ALWAYS
from ticketprojections.tickets import tickets_model
from ticketprojections.tickets.clocks import AT_RISK, Counts, clock_counts
from ticketprojections.views import building
from ticketprojections.views.generations import DDL
from ticketprojections.views.read_model import Change
from ticketprojections.views.store import Store
from ticketservice.service import Service, open_service
from ticketservice.settings import Settings
from ticketservice.web.metrics import Metrics

REQUESTS = "ticketdomain_http_request_duration_seconds"
TICKET = "/v1/tickets/{ticket_id}"


class Scrape:
    """All samples of one moment: what a client is told, or a text that was."""

    def __init__(self, source: Client | str) -> None:
        self.text = source if isinstance(source, str) else exposition(source)
        self.families = list(text_string_to_metric_families(self.text))

    def value(self, name: str, **labels: str) -> float | None:
        """Give a sample of exactly these labels."""
        for family in self.families:
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, labels):
                    return sample.value
        return None

    def number(self, name: str, **labels: str) -> float:
        """Give a sample, 0 if it is not there yet."""
        return self.value(name, **labels) or 0

    def sla(self, priority: int) -> list[float | None]:
        """Give the clocks of a priority that run, are at risk, and are breached."""
        names = ("running", "at_risk", "breached")
        return [self.value(f"ticketdomain_sla_clocks_{n}", priority=str(priority)) for n in names]


def exposition(client: Client) -> str:
    answer = client.get("/metrics", Authorization=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    return answer.body.decode()


def wait_for_sla(client: Client, priority: int, *expected: float | None) -> None:
    deadline = monotonic() + PATIENCE
    while (seen := Scrape(client).sla(priority)) != [*expected]:
        assert monotonic() < deadline, seen
        sleep(0.1)


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/v1/me", "/v1/me", 200),
        ("HEAD", "/v1/me", "/v1/me", 200),
        ("GET", "/v1/me?x=1", "/v1/me", 422),
        ("GET", "/v1/tickets/ticket_0", TICKET, 404),
        ("PUT", "/v1/tickets/ticket_0", TICKET, 404),
        ("GET", "/nowhere/at/all", "unknown", 404),
        ("TRACE", "/v1/me", "unknown", 405),
    ],
)
def test_requests_are_counted_by_route_method_and_status(
    agent: Client, method: str, path: str, route: str, status: int
) -> None:
    shown = "other" if method == "TRACE" else method
    labels = {"method": shown, "route": route, "status": str(status)}
    before = Scrape(agent)
    assert agent.send(method, path).status == status
    after = Scrape(agent)
    for name in (f"{REQUESTS}_count", f"{REQUESTS}_sum"):
        assert after.number(name, **labels) > before.number(name, **labels)
    assert after.number(f"{REQUESTS}_count", **labels) == 1 + before.number(
        f"{REQUESTS}_count", **labels
    )
    assert after.number(f"{REQUESTS}_bucket", le="+Inf", **labels) == after.number(
        f"{REQUESTS}_count", **labels
    )


def test_an_update_waits_and_is_committed_in_a_batch(own_desk: Running) -> None:
    agent = own_desk.client()
    before = Scrape(agent)
    address = agent.open()
    after = Scrape(agent)
    for name in ("ticketdomain_commit_wait_seconds", "ticketdomain_batch_changes"):
        assert after.number(f"{name}_count") == before.number(f"{name}_count") + 1
        assert after.number(f"{name}_sum") > before.number(f"{name}_sum")
    assert agent.put(address, {"subject": "a", "priority": 1}).json["version"] == 3
    position = after.number("ticketdomain_journal_position")
    assert Scrape(agent).number("ticketdomain_journal_position") == position + 2


def test_what_waits_together_is_a_larger_batch(own_desk: Running) -> None:
    clients = [own_desk.client() for _ in range(8)]
    address = clients[0].open()

    def write(client: Client) -> None:
        for number in range(20):
            client.put(address, {"internal_note": str(number)})

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(write, clients))
    seen = Scrape(clients[0])
    batches = seen.number("ticketdomain_batch_changes_count")
    assert seen.number("ticketdomain_batch_changes_sum") > batches
    assert seen.number("ticketdomain_batch_changes_bucket", le="1") < batches
    assert seen.number("ticketdomain_commit_wait_seconds_count") >= 161


def test_states_are_found_warm_or_read_from_the_journal(own_desk: Running) -> None:
    agent = own_desk.client()
    before = Scrape(agent)
    agent.get("/v1/tickets/ticket_0")
    cold = Scrape(agent)
    hits, misses = (f"ticketdomain_warm_state_{each}_total" for each in ("hits", "misses"))
    assert cold.number(misses) == before.number(misses) + 1
    agent.put(agent.open(), {"priority": 1})
    assert Scrape(agent).number(hits) > cold.number(hits)


def test_sla_clocks_run_come_to_be_at_risk_and_are_breached(own_desk: Running) -> None:
    agent = own_desk.client()
    address = agent.open(priority=2)  # 4 hours to respond, 24 to resolve
    wait_for_sla(agent, 2, 2, 0, 0)
    own_desk.clock.pass_time(hours=2, minutes=59)
    assert Scrape(agent).sla(2) == [2, 0, 0]
    own_desk.clock.pass_time(minutes=31)
    assert Scrape(agent).sla(2) == [2, 1, 0]
    own_desk.clock.pass_time(minutes=30)
    assert Scrape(agent).sla(2) == [2, 1, 0], "exactly on target is no breach"
    own_desk.clock.pass_time(seconds=1)
    assert Scrape(agent).sla(2) == [1, 0, 1]
    agent.put(address, {"priority": 1})
    wait_for_sla(agent, 1, 0, 0, 2)
    assert Scrape(agent).sla(2) == [0, 0, 0]
    agent.put(address, {"status": "pending"})
    wait_for_sla(agent, 1, 0, 0, 0)
    agent.post(f"{address}/replies", {"body": "Well?", "author": "customer"})
    wait_for_sla(agent, 1, 1, 1, 1)
    agent.put(address, {"status": "resolved"})
    wait_for_sla(agent, 1, 0, 0, 0)


def test_a_ticket_without_policy_has_no_clocks_and_one_without_target_is_never_late(
    tmp_path: Path,
) -> None:
    policy = "[[sla.policies]]\nname='p'\ncalendar='c'\nmatch={priority=1}\n"
    hours = "[sla.calendars.c]\ntimezone='UTC'\nweekly={mon=[['00:00','24:00']]}\n"
    (tmp_path / "ticketdomain.toml").write_text(f"{hours}{policy}targets={{}}")
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        agent = server.client(secret)
        for priority in (1, 4):
            agent.open(priority=priority)
        wait_for_sla(agent, 1, 2, 0, 0)
        assert Scrape(agent).sla(4) == [0, 0, 0]


def test_what_was_there_before_and_what_others_write_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "TICKETS", 5)
    with running(tmp_path) as earlier:
        agent = earlier.client()
        for _ in range(13):  # more than two steps of building
            agent.open(priority=4)
        agent.put(agent.open(priority=4), {"status": "closed"})
    remove_views(tmp_path)
    with running(tmp_path) as first, running(tmp_path) as second:
        agents = [each.client() for each in (first, second)]
        for each in agents:
            wait_for_sla(each, 4, 26, 0, 0)
        address = agents[0].open(priority=3)
        wait_for_sla(agents[1], 3, 2, 0, 0)
        assert agents[1].get(address).status == 200  # now it is warm there, and will be too old
        agents[0].put(address, {"status": "resolved"})
        wait_for_sla(agents[1], 3, 0, 0, 0)


@given(stories(), policies(), gaps())
def test_of_a_ticket_as_many_clocks_are_counted_as_its_own_metrics_show(
    story: list[Recorded], policy: Policy, later: timedelta
) -> None:
    """Around the clock: other calendars are late only once time runs again after `due_at`."""
    sla, as_of = Sla([replace(policy, calendar=ALWAYS)]), story[-1].at + later
    stream = StreamState("ticket_1", (TICKET_FOLD, sla.fold), Head(), (None, None)).after(
        story, Head()
    )
    shown = clocks(sla.metrics(stream, as_of))
    running = [clock for clock in shown if clock.state == "running"]
    soon = [each for each in running if each.due_at and each.due_at <= as_of + AT_RISK]
    late = [clock for clock in shown if clock.state == "breached"]
    seen = counted(Change(stream, story), sla, as_of)
    assert seen == Counts(len(running), len(soon), len(late))


def counted(change: Change, sla: Sla, as_of: datetime) -> Counts:
    """Count the clocks of a ticket in a table that has no other."""
    model, db = tickets_model(sla), Database(memory=True)
    with closing(db.conn):
        for statement in DDL:
            db.conn.execute(statement)
        store = Store(db)
        built = store.begin(model, 0)
        row = model.row(change)
        model.write(db, built.table, [row])
        store.swap(built, model)
        return clock_counts(store, as_of)[row.ticket.priority]


READ_MODELS = ("tickets", "assignments")
GAUGES = ("position", "lag", "parked_tickets", "building")


def read_models(scrape: Scrape) -> list[list[float | None]]:
    """Give position, lag, parked tickets and whether it is being built, of each read model."""
    return [
        [scrape.value(f"ticketdomain_read_model_{gauge}", model=model) for gauge in GAUGES]
        for model in READ_MODELS
    ]


def wait_for_read_models(client: Client, *expected: float | None) -> None:
    """Wait until every read model is said to be like this."""
    deadline = monotonic() + PATIENCE
    while (seen := read_models(Scrape(client))) != [[*expected]] * len(READ_MODELS):
        assert monotonic() < deadline, seen
        sleep(0.1)


def test_read_models_follow_the_journal(own_desk: Running) -> None:
    agent = own_desk.client()
    agent.open()
    before = Scrape(agent).number("ticketdomain_journal_position")
    wait_for_read_models(agent, before, 0, 0, 0)
    agent.open()
    wait_for_read_models(agent, before + 1, 0, 0, 0)


def opened(directory: Path) -> AbstractContextManager[Service]:
    """Open a service of which nobody follows the journal."""
    return open_service(Settings(database=f"sqlite:///{directory / 'journal.db'}"))


def told(directory: Path) -> Scrape:
    with opened(directory) as service:
        return Scrape(Metrics(service).exposition().decode())


def test_before_anything_is_built_nothing_is_told_but_this(tmp_path: Path) -> None:
    scrape = told(tmp_path)
    assert read_models(scrape) == [[None, None, 0, 1]] * 2
    assert "sla_clocks" not in scrape.text


def test_read_models_that_nobody_fills_fall_behind(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        agent = desk.client()
        position = Scrape(agent).number("ticketdomain_journal_position")
        wait_for_read_models(agent, position, 0, 0, 0)
    with closing(sqlite3.connect(tmp_path / "views.db")) as views, views:
        views.execute("UPDATE generations SET position = position - 3 WHERE model = 'tickets'")
    assert read_models(told(tmp_path)) == [[position - 3, 3, 0, 0], [position, 0, 0, 0]]


def test_a_ticket_that_cannot_be_decoded_is_parked_and_hides_no_other(tmp_path: Path) -> None:
    with running(tmp_path) as earlier:
        agent = earlier.client()
        bad, _ = agent.open(priority=4), agent.open(priority=4)
    tamper(tmp_path, f"UPDATE stored_events SET state = x'ff' WHERE originator_id = '{name(bad)}'")
    remove_views(tmp_path)
    with running(tmp_path) as later:
        agent = later.client()
        wait_for_sla(agent, 4, 2, 0, 0)
        position = Scrape(agent).number("ticketdomain_journal_position")
        wait_for_read_models(agent, position, 0, 1, 0)


def test_while_the_journal_has_lost_its_events_clocks_are_told(own_desk: Running) -> None:
    agent, directory = own_desk.client(), own_desk.service.journal.path.parent
    agent.open(priority=4)
    wait_for_sla(agent, 4, 2, 0, 0)
    tamper(directory, "ALTER TABLE stored_events RENAME TO lost_events")
    assert failed(agent, *LOST) == {*LOST}
    assert Scrape(agent).sla(4) == [2, 0, 0]
    tamper(directory, "ALTER TABLE lost_events RENAME TO stored_events")
    assert failed(agent) == set()
    agent.open(priority=4)
    wait_for_sla(agent, 4, 4, 0, 0)


def test_while_the_journal_cannot_be_read_no_position_is_told(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        wait_for_sla(desk.client(), 1, 0, 0, 0)
    with opened(tmp_path) as service:
        tamper(
            tmp_path,
            "PRAGMA writable_schema = 1",
            "DELETE FROM sqlite_schema WHERE name = 'sqlite_sequence'",
        )
        scrape = Scrape(Metrics(service).exposition().decode())
    assert read_models(scrape) == [[None] * 4] * 2
    assert scrape.value("ticketdomain_journal_position") is None
    assert scrape.sla(1) == [0, 0, 0]


def remove_views(directory: Path) -> None:
    for file in directory.glob("views.db*"):
        file.unlink()


def tamper(directory: Path, *statements: str) -> None:
    with closing(sqlite3.connect(directory / "journal.db", timeout=PATIENCE)) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()


def name(address: str) -> str:
    return address.rpartition("/")[2]


def test_metrics_tell_of_no_account_key_or_ticket(own_desk: Running) -> None:
    agent = own_desk.client(account="acme-marker")
    address = agent.open(subject="subject-marker", assigned_to="user-marker", tags=["tag-marker"])
    agent.put(f"{address}?dry_run=query-marker", {}, X_Request_Id="id-marker")
    agent.get("/v1/path-marker", Acting_User="acting-marker")
    wait_for_sla(agent, 3, 2, 0, 0)
    text = Scrape(agent).text
    for marker in ("marker", name(address), agent.get("/v1/me").json["id"]):
        assert marker not in text


def test_metrics_are_totals_of_which_none_is_left_out_of_the_docs(own_desk: Running) -> None:
    agent = own_desk.client()
    wait_for_sla(agent, 1, 0, 0, 0)
    families = {each.name for each in Scrape(agent).families}
    told = {each for each in families if each.startswith("ticketdomain_")}
    page = Path(__file__).parents[1] / "docs" / "operations.md"
    shown = {*re.findall(r"^\| `(ticketdomain_\w+?)(?:_total)?`", page.read_text("utf-8"), re.M)}
    assert told == shown
    assert "process_resident_memory_bytes" in families


def test_a_ticket_that_no_program_understands_hides_no_other(tmp_path: Path) -> None:
    with running(tmp_path) as earlier:
        agent = earlier.client()
        agent.open(priority=1)
        wrong = name(agent.open(priority=1))
    row = "SET state = replace(CAST(state AS TEXT), '\"priority\":1', '\"priority\":9')"
    tamper(tmp_path, f"UPDATE stored_events {row} WHERE originator_id = '{wrong}'")
    remove_views(tmp_path)
    with running(tmp_path) as later:
        wait_for_sla(later.client(), 1, 2, 1, 0)


def test_a_service_that_is_closed_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = {*threading.enumerate()}
    with running(tmp_path) as desk:
        wait_for_sla(desk.client(), 1, 0, 0, 0)
        assert {"desk", "read-models"} <= {e.name for e in {*threading.enumerate()} - before}
    assert {e.name for e in {*threading.enumerate()} - before} & {"desk", "read-models"} == set()


def test_metrics_can_be_asked_for_as_any_address(desk: Running) -> None:
    agent = desk.client()
    head = agent.send("HEAD", "/metrics", None, Authorization=None)
    assert (head.status, head.body) == (200, b"")
    assert agent.get("/metrics?account=acme").faults == [("account", "unknown_field")]


def test_metrics_can_be_switched_off(tmp_path: Path) -> None:
    with running(tmp_path, metrics=False) as desk:
        answer = desk.client().get("/metrics")
        assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_the_alerts_of_the_docs_ask_for_metrics_that_there_are(own_desk: Running) -> None:
    agent = own_desk.client()
    wait_for_sla(agent, 1, 0, 0, 0)
    there_are = {sample.name for each in Scrape(agent).families for sample in each.samples}
    page = Path(__file__).parents[1] / "docs" / "operations.md"
    (rules,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert {*re.findall(r"ticketdomain_\w+", rules)} <= there_are
