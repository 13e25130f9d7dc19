"""What a load balancer is told: alive, ready, and which part is not."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from time import monotonic, sleep

import pytest
from running import Answer, Client, Running, running
from server import JOURNAL, PATIENCE, Server, failing_server, make_key, running_server

from ticketprojections.views.lock import following

PARTS = (
    "serving",
    "desk",
    "journal_file",
    "journal_readable",
    "journal_writable",
    "read_models",
)
# What fails once the journal's table of events is gone.
LOST = ("journal_readable", "journal_writable", "read_models")


class Watched:
    """A service in a process of its own, and who asks it whether it is ready."""

    def __init__(self, server: Server, secret: str) -> None:
        self.server = server
        self.file = server.directory / JOURNAL
        self.agent = server.client(secret)
        self.prober = server.client(secret)

    def failed(self, *expected: str) -> set[str]:
        """Give what fails as soon as it is this: what was found holds for a second, and one part
        may be found before the other."""
        return failed(self.prober, *expected)


def failed(client: Client, *expected: str) -> set[str]:
    deadline = monotonic() + PATIENCE
    while (found := failing(client.get("/readyz"))) != {*expected} and monotonic() < deadline:
        sleep(0.1)
    return found


@pytest.fixture
def watched(tmp_path: Path) -> Generator[Watched]:
    secret = make_key(tmp_path)
    with failing_server(tmp_path) as server:
        watched = Watched(server, secret)
        watched.agent.open()
        wait_for_read_models(watched.prober, "ok")
        yield watched


def failing(answer: Answer) -> set[str]:
    """Give what a readiness answer says is failed; it must be one, and tell no path and no SQL."""
    checks = answer.json["checks"]
    failed = {name for name, state in checks.items() if state == "failed"}
    assert tuple(checks) == PARTS
    assert {checks[name] for name in PARTS[:-1]} <= {"ok", "failed"}
    assert checks["read_models"] in ("ok", "building", "parked", "failed")
    assert answer.status == (503 if failed else 200)
    for told in (b".db", b"BEGIN", b"SELECT", b"PRAGMA", b"sqlite"):
        assert told not in answer.body
    return failed


def wait_for_read_models(client: Client, state: str) -> None:
    deadline = monotonic() + PATIENCE
    while (answer := client.get("/readyz")).json["checks"]["read_models"] != state:
        assert monotonic() < deadline, answer.body
        sleep(0.1)


def test_a_service_that_is_well_says_so_of_every_part(desk: Running) -> None:
    wait_for_read_models(desk.client(), "ok")
    answer = desk.client().get("/readyz", Authorization=None)
    assert answer.json == {"status": "ready", "checks": dict.fromkeys(PARTS, "ok")}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_can_be_asked_for_without_a_body(desk: Running, path: str) -> None:
    head = desk.client().send("HEAD", path, None, Authorization=None)
    assert (head.status, head.body) == (200, b"")


def test_what_is_not_ready_is_told_as_a_problem(own_desk: Running) -> None:
    agent = own_desk.client()
    own_desk.service.desk.close()
    answer = agent.get("/readyz")
    assert failing(answer) == {"desk", "journal_writable"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"] == "failed: desk, journal_writable"
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert agent.get("/healthz").status == 200


def test_a_service_that_is_told_to_stop_is_not_ready(own_desk: Running) -> None:
    agent = own_desk.client()
    assert failing(agent.get("/readyz")) == set()
    own_desk.service.readiness.stopping = True
    assert failing(agent.get("/readyz")) == {"serving"}


def stops(server: Server, secret: str) -> set[str]:
    """Give what fails between a service's being told to stop and its end: at most 0.1 seconds."""
    client = server.client(secret)
    client.get("/readyz")
    server.terminate()
    failed: set[str] = set()
    try:
        while not failed:
            failed = failing(client.get("/readyz"))
    except (OSError, HTTPException):
        pass
    return failed


def test_sigterm_makes_a_service_not_ready(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    for _ in range(5):  # the moment can be too short to be seen
        with running_server(tmp_path) as server:
            if stops(server, secret) == {"serving"}:
                return
    pytest.fail("it was ready to its end")


def test_a_journal_that_was_taken_away_is_missed(watched: Watched) -> None:
    away = watched.file.with_suffix(".away")
    watched.file.rename(away)
    assert watched.failed("journal_file") == {"journal_file"}
    away.rename(watched.file)
    assert watched.failed() == set()


def test_another_file_in_the_journals_place_is_not_the_journal(watched: Watched) -> None:
    other = watched.file.with_suffix(".copy")
    other.write_bytes(watched.file.read_bytes())
    other.rename(watched.file)
    assert watched.failed("journal_file") == {"journal_file"}


def test_a_journal_that_another_process_holds_cannot_be_written(watched: Watched) -> None:
    with closing(sqlite3.connect(watched.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert watched.failed("journal_writable") == {"journal_writable"}
        other.execute("ROLLBACK")
    assert watched.failed() == set()


def test_a_disk_that_takes_nothing_more_is_noticed(watched: Watched) -> None:
    size = os.stat(f"{watched.file}-wal").st_size
    prlimit(watched.server.process.pid, RLIMIT_FSIZE, (size, RLIM_INFINITY))
    assert watched.failed("journal_writable") == {"journal_writable"}
    assert watched.agent.post("/v1/tickets", {"subject": "s"}).status == 503
    prlimit(watched.server.process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    assert watched.failed() == set()
    assert watched.agent.post("/v1/tickets", {"subject": "s"}).status == 201


def test_a_journal_that_lost_its_events_cannot_be_read(watched: Watched) -> None:
    with closing(sqlite3.connect(watched.file)) as other:
        other.execute("ALTER TABLE stored_events RENAME TO lost_events")
        other.commit()
    assert watched.failed(*LOST) == {*LOST}


def test_asking_again_within_a_second_writes_nothing(watched: Watched) -> None:
    wal = Path(f"{watched.file}-wal")
    began, size = monotonic(), wal.stat().st_size
    for _ in range(20):
        watched.prober.get("/readyz")
    written = (wal.stat().st_size - size) / 4096
    assert written <= 2 + monotonic() - began


def test_policies_of_a_newer_program_are_told_as_what_cannot_be_done(own_desk: Running) -> None:
    agent = own_desk.client()
    with closing(sqlite3.connect(own_desk.service.journal.path)) as file:
        names: list[str] = [each[1] for each in file.execute("PRAGMA table_info(stored_events)")]
        newer = {"rowid": "rowid + 100", "originator_version": "2", "schema_version": "99"}
        copied = ", ".join(newer.get(name, name) for name in names)
        file.execute(
            f"INSERT INTO stored_events SELECT {copied} FROM stored_events"
            " WHERE originator_id = 'policy'"
        )
        file.commit()
    parts = ("journal_writable", "read_models")
    assert failed(agent, *parts) == {*parts}


def test_a_service_is_ready_while_read_models_are_being_built(tmp_path: Path) -> None:
    others = following(tmp_path / "views.db")
    assert others.take()  # so that nothing is built here
    with running(tmp_path) as desk:
        answer = desk.client().get("/readyz")
        assert (answer.status, answer.json["checks"]["read_models"]) == (200, "building")
        others.release()
        wait_for_read_models(desk.client(), "ok")


def test_a_service_is_ready_though_a_ticket_is_parked(tmp_path: Path) -> None:
    with running(tmp_path) as earlier:
        earlier.client().open()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as file:
        file.execute("UPDATE stored_events SET state = x'ff' WHERE topic = 'ticket.opened'")
        file.commit()
    (tmp_path / "views.db").unlink(missing_ok=True)
    with running(tmp_path) as later:
        agent = later.client()
        wait_for_read_models(agent, "parked")
        assert failing(agent.get("/readyz")) == set()


@pytest.mark.parametrize("file", ["views.db", "views.lock"])
def test_read_models_that_cannot_be_made_make_a_service_unready(tmp_path: Path, file: str) -> None:
    (tmp_path / file).mkdir()
    with running(tmp_path) as desk:
        agent = desk.client()
        assert failed(agent, "read_models") == {"read_models"}
        assert agent.put(agent.open(), {"priority": 1}).status == 200
        (tmp_path / file).rmdir()
        wait_for_read_models(agent, "ok")
