"""What `ticketdomain projections` tells of read models and does for them, as a real process."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from given import opened, recorded
from msgspec.structs import replace
from server import JOURNAL, PATIENCE, PROGRAM, Ran, command, make_key, running_server, start

from ticketdomain.events import AssigneeChanged, NoteAdded
from ticketdomain.journal import Head, StoredRow, encode, open_journal
from ticketprojections.views.building import Progress
from ticketservice.cli import progress

VIEWS = JOURNAL.with_name("views.db")
TICKETS = 6_000  # of three events: enough to interrupt what is done with them
NAMES = ["tickets", "assignments"]
NOTHING = {"version": None, "position": None, "lag": None, "building": None}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of many tickets, with read models of it."""
    directory = tmp_path_factory.mktemp("filled")
    fill(directory, TICKETS)
    assert projections(directory, "rebuild").code == 0
    return directory


@pytest.fixture
def office(filled: Path, tmp_path: Path) -> Path:
    """The same, for one test alone."""
    directory = tmp_path / "office"
    shutil.copytree(filled, directory)
    return directory


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A journal of two tickets, without read models."""
    fill(tmp_path, 2)
    return tmp_path


def fill(directory: Path, tickets: int) -> None:
    """Write tickets as ticket_0, ticket_1, …, in one commit."""
    story = recorded(opened(subject="Refund"), AssigneeChanged("jane"), NoteAdded("late"))
    database = f"sqlite:///{directory / JOURNAL}"
    with closing(open_journal(database)) as journal, journal.writing() as writer:
        for number in range(tickets):
            head, rows = Head(), list[StoredRow]()
            for each in story:
                position = number * len(story) + each.version
                placed = replace(each, ticket_id=f"ticket_{number}", position=position)
                rows.append(encode(placed, head.chain_hash, salt=bytes(16)))
                head = rows[-1].head
            writer.append(rows)


def projections(directory: Path, *arguments: str) -> Ran:
    return command(directory, "projections", *arguments)


def status(directory: Path) -> dict[str, Any]:
    ran = projections(directory, "status", "--json")
    assert (ran.code, ran.err) == (0, "")
    told: dict[str, Any] = json.loads(ran.out)
    return told


def select(directory: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(directory / VIEWS, timeout=PATIENCE)) as views:
        return views.execute(query).fetchall()


def generations(directory: Path) -> list[tuple[str, str, int]]:
    return select(directory, "SELECT model, place, generation FROM generations ORDER BY generation")


def tables(directory: Path) -> set[str]:
    return {
        name for (name,) in select(directory, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    }


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline
        sleep(0.005)


def begun(directory: Path) -> bool:
    """Whether some tickets are in what is being built, and some are not."""
    query = "SELECT 1 FROM generations WHERE place = 'building' AND opened BETWEEN 1 AND position"
    return bool(select(directory, query))


@contextmanager
def rebuilding(directory: Path) -> Generator[subprocess.Popen[str]]:
    """Give a command that is in the midst of rebuilding all tickets."""
    with start(directory, ("projections", "rebuild", "tickets"), {}) as process:
        try:
            wait_until(lambda: begun(directory))
            yield process
        finally:
            process.kill()


# What it tells


def test_where_nothing_is_built_it_says_so(shop: Path) -> None:
    ran = projections(shop, "status")
    assert ran.out == "tickets: nothing is built yet\nassignments: nothing is built yet\n"
    assert status(shop) == {"read_models": [{"name": e, **NOTHING} for e in NAMES], "parked": []}
    assert not (shop / VIEWS).exists()


def test_without_a_service_they_are_built_and_then_fall_behind(shop: Path) -> None:
    ran = projections(shop, "rebuild")
    assert ran.code == 0
    assert [line.partition(" in ")[0] for line in ran.out.splitlines()] == [
        "tickets: built of 6 events",
        "assignments: built of 6 events",
    ]
    make_key(shop)
    built = {"version": 1, "position": 6, "lag": 1, "building": None}
    assert status(shop)["read_models"] == [{"name": name, **built} for name in NAMES]
    assert projections(shop, "status").out.startswith("tickets: version 1, position 6, lag 1\n")


def test_they_are_told_of_while_a_service_follows(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        server.client(secret).open()
        built = {"version": 1, "position": 3, "lag": 0, "building": None}
        expected = [{"name": name, **built} for name in NAMES]
        wait_until(lambda: status(tmp_path)["read_models"] == expected)


# Rebuilding


def test_one_alone_can_be_rebuilt(shop: Path) -> None:
    projections(shop, "rebuild")
    ran = projections(shop, "rebuild", "assignments")
    assert (ran.code, ran.out.count("\n"), ran.err) == (0, 1, "")
    assert [each[:2] for each in generations(shop)] == [(name, "live") for name in NAMES]
    assert {name for name, _, number in generations(shop) if number > 2} == {"assignments"}
    assert {"tickets_1", "assignments_3"} <= tables(shop)
    assert "assignments_2" not in tables(shop)


def test_what_is_being_built_is_told_and_nobody_else_builds_meanwhile(office: Path) -> None:
    with rebuilding(office) as process:
        process.send_signal(signal.SIGSTOP)
        told = status(office)["read_models"][0]
        assert (told["version"], told["lag"], told["building"]["version"]) == (1, 0, 1)
        assert 0 < told["building"]["done"] < 1
        line = r"lag 0; version 1 is being built, \d+% done"
        assert re.search(line, projections(office, "status").out)
        assert "another process" in projections(office, "rebuild").one_line()
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert status(office)["read_models"][0]["building"] is None


def test_who_is_interrupted_leaves_the_old_one_in_place(office: Path) -> None:
    before = generations(office), tables(office)
    with rebuilding(office) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err.rstrip() == "tickets: interrupted, and left as it was"
    assert (generations(office), tables(office)) == before
    assert select(office, "SELECT count(*) FROM tickets") == [(TICKETS,)]


def test_what_a_killed_command_left_is_begun_anew(office: Path) -> None:
    with rebuilding(office) as process:
        process.kill()
    assert generations(office)[-1] == ("tickets", "building", 3)
    assert projections(office, "rebuild", "tickets").code == 0
    assert generations(office) == [("assignments", "live", 2), ("tickets", "live", 4)]
    assert not {name for name in tables(office) if name.endswith(("_1", "_3"))}
    assert select(office, "SELECT count(*) FROM tickets") == [(TICKETS,)]


def test_what_a_killed_command_left_is_dropped_by_a_service(office: Path) -> None:
    before = generations(office), tables(office)
    with rebuilding(office) as process:
        process.kill()
    assert (generations(office), tables(office)) != before
    with running_server(office):
        wait_until(lambda: generations(office) == before[0])
    assert tables(office) == before[1]


def test_while_a_service_writes_the_new_one_gets_everything(office: Path) -> None:
    agent_key = make_key(office)
    with running_server(office) as server, rebuilding(office) as process:
        agent = server.client(agent_key)
        for _ in range(20):
            agent.open(subject="meanwhile")
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        agent.open(subject="later")
        rows = "SELECT count(*) FROM tickets WHERE subject = '{}'".format
        wait_until(lambda: select(office, rows("later")) == [(1,)])
        assert select(office, rows("meanwhile")) == [(20,)]
        assert select(office, "SELECT count(*) FROM tickets") == [(TICKETS + 21,)]
    assert ("tickets", "live", 1) not in generations(office)


def test_a_file_that_is_none_is_made_anew(shop: Path) -> None:
    (shop / VIEWS).write_text("Who was there: everybody.\n" * 200)
    assert projections(shop, "rebuild").code == 0
    assert select(shop, "SELECT count(*) FROM tickets") == [(2,)]
    assert (shop / VIEWS).stat().st_mode & 0o777 == 0o600


def test_a_file_that_another_program_holds_is_told_of_in_one_line(shop: Path) -> None:
    projections(shop, "rebuild")
    with closing(sqlite3.connect(shop / VIEWS, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in projections(shop, "rebuild").one_line()


def test_progress_is_told_line_by_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    progress.show("tickets", [Progress("tickets", 5, 4_000, events) for events in (1_000, 1_500)])
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("tickets: 1,000 of 4,000 events, ")
    assert second.startswith("tickets: 2,500 of 4,000 events, ")
    assert second.endswith(" events/s, 0 s left")
    assert last.startswith("tickets: built of 2,500 events in 0.0 s, ")


def test_a_pace_tells_what_is_left() -> None:
    assert str(progress.Pace(1_000, 4_000, 2.0)) == "1,000 of 4,000 events, 500 events/s, 6 s left"
    assert str(progress.Pace(1_000, 100_000, 2.0)).endswith(" 3 min 18 s left")
    assert str(progress.Pace(0, 4_000, 0.0)).startswith("0 of 4,000 events, 0 events/s")


def on_a_terminal(directory: Path, *arguments: str) -> str:
    """Run the program on a terminal, and give all that it writes there."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [PROGRAM, *arguments], cwd=directory, env=environment, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while some := os.read(ours, 65536):
                written += some
        except OSError:  # it has ended
            pass
        os.close(ours)
    assert process.returncode == 0
    return written.decode()


def test_on_a_terminal_a_bar_grows(office: Path) -> None:
    shown = on_a_terminal(office, "projections", "rebuild", "tickets")
    assert "━" in shown
    assert " events/s, " in shown
    assert " left" in shown
    assert "tickets: built of 18,000 events in " in shown


# Tickets that are left out


@contextmanager
def poisoned(directory: Path, ticket: str, version: int) -> Generator[None]:
    """Make an event unreadable for a while."""
    where = f"WHERE originator_id = '{ticket}' AND originator_version = {version}"
    with closing(sqlite3.connect(directory / JOURNAL)) as journal:
        ((state,),) = journal.execute(f"SELECT state FROM stored_events {where}")
        journal.execute(f"UPDATE stored_events SET state = x'ff' {where}")
        journal.commit()
        yield
        journal.execute(f"UPDATE stored_events SET state = ? {where}", [state])
        journal.commit()


def test_a_parked_ticket_is_told_retried_and_taken_in(shop: Path) -> None:
    with poisoned(shop, "ticket_1", 2):
        projections(shop, "rebuild")
        reason = "event 2 of ticket_1 cannot be read"
        parked = {"ticket_id": "ticket_1", "place": "live", "version": 2, "waiting": 2}
        assert status(shop)["parked"] == [
            {**parked, "read_model": name, "reason": reason} for name in NAMES
        ]
        line = f"ticket_1: parked in tickets at version 2, 2 events wait: {reason}\n"
        assert line in projections(shop, "status").out
        for arguments in (["retry"], ["retry", "ticket_1"]):
            ran = projections(shop, *arguments)
            assert (ran.code, ran.out) == (1, "ticket_1: still parked\n")
            assert ran.err == "ticketdomain: still parked: 1; `projections status` tells why\n"
    assert projections(shop, "retry") == (0, "ticket_1: taken in\n", "")
    assert status(shop)["parked"] == []
    assert select(shop, "SELECT count(*) FROM tickets WHERE assigned_to = 'jane'") == [(2,)]


def test_where_nothing_is_parked_there_is_nothing_to_retry(shop: Path) -> None:
    assert "not built yet" in projections(shop, "retry").one_line()
    projections(shop, "rebuild")
    assert projections(shop, "retry") == (0, "", "")
    assert "ticket_0 is not parked" in projections(shop, "retry", "ticket_0").one_line()


# Wrong usage


def test_a_read_model_that_there_is_not_is_wrong_usage(shop: Path) -> None:
    ran = projections(shop, "rebuild", "nosuch")
    assert ran.code == 2
    assert "'tickets', 'assignments'" in ran.one_line()


@pytest.mark.parametrize("line", ["status", "rebuild", "retry"])
def test_without_a_journal_nothing_is_made(tmp_path: Path, line: str) -> None:
    assert "there is no journal at data/journal.db" in projections(tmp_path, line).one_line()
    assert list(tmp_path.iterdir()) == []
