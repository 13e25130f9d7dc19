"""Who fills read models is killed at any moment, and the disk gets full."""

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from threading import Event
from time import sleep

import pytest
from following import whole
from held import up_to_date
from journals import filled, write, write_on
from server import JOURNAL, eventually, failing_server, make_key, talking_to

from ticketdomain.events import NoteAdded
from ticketdomain.journal import open_journal
from ticketservice.service import VIEWS


def test_a_full_disk_is_told_and_waited_for(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with (
        failing_server(tmp_path) as server,
        closing(open_journal(f"sqlite:///{tmp_path / JOURNAL}")) as journal,
    ):
        agent = server.client(secret)
        address = agent.open()
        eventually(lambda: whole(tmp_path))
        prlimit(server.process.pid, RLIMIT_FSIZE, (2**15, RLIM_INFINITY))
        long = " ".join(f"word{number}" for number in range(8_000))
        write(filled(journal), "ticket_0", NoteAdded(long))
        eventually(lambda: "read models cannot be kept up to date" in server.logged())
        assert agent.get(address).status == 200
        prlimit(server.process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
        eventually(lambda: whole(tmp_path))
        assert agent.put(address, {"priority": 1}).status == 200


FOLLOW = """
import sys
from ticketprojections.views import building, projector
from ticketservice.service import open_service
from ticketservice.settings import Settings

for module in (building, projector):
    module.POSITIONS = 7
    module.TICKETS = 2
with open_service(Settings(database=input())) as service:
    service.runner.start()
    print("following", flush=True)
    sys.stdin.read()
"""


def kill_again_and_again(directory: Path, rounds: int, luck: random.Random) -> None:
    """Kill who follows and builds at any moment, while others write."""
    stop = Event()
    with (
        closing(open_journal(f"sqlite:///{directory / 'journal.db'}")) as journal,
        ThreadPoolExecutor(1) as pool,
    ):
        writing = pool.submit(write_on, journal, stop)
        for _ in range(rounds):
            with talking_to(FOLLOW) as process:
                process.say(f"sqlite:///{journal.path}")
                assert process.hear() == "following"
                sleep(luck.uniform(0, 0.6))
                process.kill()
        stop.set()
        writing.result()
        with talking_to(FOLLOW) as process:
            process.say(f"sqlite:///{journal.path}")
            eventually(lambda: up_to_date(journal, directory / VIEWS))


def fill(directory: Path) -> None:
    with closing(open_journal(f"sqlite:///{directory / 'journal.db'}")) as journal:
        filled(journal, tickets=30, notes=2)


def begin_anew(directory: Path) -> None:
    """Ask for a build of every read model at the next start."""
    with closing(sqlite3.connect(directory / VIEWS)) as file, file:
        file.execute("UPDATE generations SET version = 0 WHERE place = 'live'")


def test_a_process_that_is_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    kill_again_and_again(tmp_path, 3, random.Random(5))
    begin_anew(tmp_path)
    kill_again_and_again(tmp_path, 3, random.Random(7))


@pytest.mark.soak
def test_a_process_that_is_killed_all_day_loses_nothing(tmp_path: Path) -> None:
    luck = random.Random()
    fill(tmp_path)
    for _ in range(20):
        kill_again_and_again(tmp_path, 5, luck)
        begin_anew(tmp_path)
