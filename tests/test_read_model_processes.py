"""Several processes share a file of read models: one fills it, and any may be killed."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import pytest
from following import whole
from held import up_to_date
from journals import filled, write, write_on
from read_models import Desk, opened
from running import Client, Running
from server import JOURNAL, eventually, make_key, running_server

from ticketdomain.errors import ReadModelError
from ticketdomain.events import NoteAdded, TagsReplaced
from ticketprojections.tickets.model import EPOCH
from ticketprojections.views.building import Builder
from ticketprojections.views.lock import FileLock, building
from ticketservice.service import VIEWS, open_service
from ticketservice.settings import Settings


def listed(views: Path, address: str) -> bool:
    """Whether a ticket is there."""
    with closing(sqlite3.connect(views)) as file:
        query = "SELECT version FROM tickets WHERE id = ?"
        return file.execute(query, [address.rpartition("/")[2]]).fetchone() is not None


def seconds_until_listed(agent: Client, views: Path) -> float:
    address = agent.open()
    return eventually(lambda: listed(views, address))


@pytest.mark.parametrize("killed", [0, 1])
def test_when_a_process_is_killed_another_goes_on(tmp_path: Path, killed: int) -> None:
    secret = make_key(tmp_path)
    views = tmp_path / JOURNAL.with_name(VIEWS)
    with running_server(tmp_path) as first, running_server(tmp_path) as second:
        servers = [first, second]
        agents = [server.client(secret) for server in servers]
        eventually(lambda: whole(tmp_path))
        # Both are much faster than that, but these machines are shared.
        for agent in agents:
            assert median(seconds_until_listed(agent, views) for _ in range(9)) < 1
        servers[killed].kill()
        assert seconds_until_listed(agents[1 - killed], views) < 3
        eventually(lambda: whole(tmp_path))


def test_two_services_of_one_process_take_turns(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'journal.db'}")
    lock = FileLock(tmp_path / "views.lock")
    with open_service(settings) as second:
        with open_service(settings) as first:
            first.runner.start()
            eventually(lambda: up_to_date(first.journal, tmp_path / VIEWS))
            assert not lock.take()
            second.runner.start()
            filled(second.journal)
            eventually(lambda: up_to_date(first.journal, tmp_path / VIEWS))
        write(second.journal, "ticket_0", NoteAdded("later"))
        assert eventually(lambda: up_to_date(second.journal, tmp_path / VIEWS)) < 3
        assert not lock.take()
    assert lock.take()
    lock.release()


def test_what_another_process_wrote_is_not_missed_where_an_older_state_is_kept_warm(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as (journal, program):
        ticket = ("ticket_1", "acme")
        program.desk.write(EPOCH, [program.desk.open(ticket, {"subject": "Refund"})])
        another = Desk(journal)
        another.write(EPOCH, [another.update(ticket, {"priority": 1})])
        program.follow()
        assert up_to_date(journal, program.views.path)


@pytest.mark.parametrize("step", ["follow", "build"])
def test_a_program_that_finds_that_another_was_quicker_leaves_it_at_that(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as (journal, slow), opened(tmp_path) as (_, quick):
        between = slow.projector.tickets.between

        def overtaken(*arguments: Any) -> Any:
            batch = between(*arguments)
            write(journal, "ticket_0", TagsReplaced(("newest",)))
            quick.build(*quick.models) if step == "build" else quick.follow()
            return batch

        filled(journal)
        monkeypatch.setattr(slow.projector.tickets, "between", overtaken)
        assert not slow.projector.follow()
        assert up_to_date(journal, slow.views.path)


def test_a_build_that_another_program_abandons_meanwhile_takes_no_one_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as (journal, slow), opened(tmp_path) as (_, quick):
        whole, model = slow.projector.tickets.whole, slow.models[0]

        def abandoned(*arguments: Any, **named: Any) -> Any:
            quick.builder.abandon(model)
            return whole(*arguments, **named)

        filled(journal)
        slow.follow()
        monkeypatch.setattr(slow.projector.tickets, "whole", abandoned)
        with pytest.raises(ReadModelError):
            list(slow.builder.build(model))
        monkeypatch.undo()
        with quick.views.reading() as view:
            assert [each.number for each in view.generations()] == [1, 2]
        assert up_to_date(journal, slow.views.path)


def counts(views: Path, stop: Event) -> Iterator[int]:
    """Count the tickets, as a report does, again and again."""
    with closing(sqlite3.connect(views)) as file:
        while not stop.wait(0.0005):
            yield file.execute("SELECT count(*) FROM tickets").fetchone()[0]


def test_a_rebuild_while_people_write_ends_equal_and_lists_are_whole_all_the_while(
    own_desk: Running,
) -> None:
    service, stop = own_desk.service, Event()
    path = service.projector.views.path
    filled(service.journal, tickets=30, notes=2)
    eventually(lambda: up_to_date(service.journal, path))
    with ThreadPoolExecutor(3) as pool:
        counting = pool.submit(lambda: list(counts(path, stop)))
        writing = pool.submit(write_on, service.journal, stop)
        opening = pool.submit(open_until, own_desk.client(), stop)
        lock = building(path)  # else the service lets go of what it takes for left behind
        eventually(lock.take)
        try:
            for _ in range(3):
                for model in service.projector.models:
                    list(Builder(service.projector).build(model))
        finally:
            lock.release()
            stop.set()
        assert opening.result() > 0
        writing.result()
        counted = counting.result()
    eventually(lambda: up_to_date(service.journal, path))
    assert counted == sorted(counted)
    assert counted[0] >= 30


def open_until(agent: Client, stop: Event) -> int:
    opened = 0
    while not stop.is_set():
        agent.open()
        opened += 1
    return opened
