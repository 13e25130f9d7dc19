"""Two services on one journal, the command line beside them, and what ends a process."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from http.client import HTTPException
from itertools import count, groupby
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import pytest
from running import Client
from server import (
    JOURNAL,
    PATIENCE,
    HalfSent,
    Server,
    command,
    everything,
    make_key,
    rows,
    running_server,
    talking_to,
    wait_until_nobody_listens,
)

from ticketdomain.journal import open_journal

AGENTS = range(8)
GONE = (OSError, HTTPException)  # what a client sees of a service that stops


class Pair(NamedTuple):
    """Two services on one journal, and a key."""

    directory: Path
    first: Server
    second: Server
    secret: str

    def clients(self, agent: int = 0) -> tuple[Client, Client]:
        """Give an agent's way in, and the other service's: every second agent's is the second."""
        ways = [server.client(self.secret) for server in (self.first, self.second)]
        return ways[agent % 2], ways[1 - agent % 2]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Generator[Pair]:
    directory = tmp_path_factory.mktemp("pair")
    with running_server(directory) as first, running_server(directory) as second:
        yield Pair(directory, first, second, make_key(directory))


def assert_whole(directory: Path) -> None:
    """Positions count from 1, versions count from 1 in each stream, commits are unbroken."""
    journal = rows(directory)
    assert [row.position for row in journal] == list(range(1, len(journal) + 1))
    for _, stream in groupby(sorted(journal, key=lambda row: row[1:]), lambda row: row.stream):
        versions = [row.version for row in stream]
        assert versions == list(range(1, len(versions) + 1))
    left = 0
    for row in journal:
        assert row.commit_index == (row.commit_count - left if left else 0)
        left = row.commit_count - row.commit_index - 1
    assert left == 0


def notes(client: Client, address: str) -> Counter[str]:
    return Counter(note["body"] for note in everything(client, f"{address}/notes"))


def work(pair: Pair, address: str, agent: int) -> None:
    """Add tags and notes through one service, and see them at once through the other."""
    mine, others = pair.clients(agent)
    for word in (f"{agent}-{number}" for number in range(12)):
        answer = mine.put(address, {"add_tags": [word], "internal_note": word})
        assert answer.status == 200, answer.body
        seen = others.get(address).json
        assert word in seen["tags"]
        assert seen["version"] >= answer.json["version"]


def make_and_use_keys(pair: Pair) -> None:
    for _ in range(2):
        secret = make_key(pair.directory)
        ways = [server.client(secret) for server in (pair.first, pair.second)]
        assert [client.get("/v1/me").status for client in ways] == [200, 200]


def test_what_agents_write_through_both_services_is_all_there_once(pair: Pair) -> None:
    address = pair.clients()[0].open()
    with ThreadPoolExecutor(len(AGENTS) + 1) as pool:
        manager = pool.submit(make_and_use_keys, pair)
        assert list(pool.map(partial(work, pair, address), AGENTS)) == [None] * len(AGENTS)
        manager.result()
    words = Counter(f"{agent}-{number}" for agent in AGENTS for number in range(12))
    for client in pair.clients():
        ticket = client.get(address).json
        assert Counter(ticket["tags"]) == notes(client, address) == words
        assert ticket["version"] == 1 + 2 * len(words)
    assert_whole(pair.directory)


def test_of_all_who_build_on_one_version_one_wins(pair: Pair) -> None:
    address = pair.clients()[0].open()

    def claim(agent: int) -> int:
        mine, _ = pair.clients(agent)
        return mine.put(address, {"assigned_to": f"agent_{agent}"}, If_Match='"1"').status

    with ThreadPoolExecutor(len(AGENTS)) as pool:
        assert sorted(pool.map(claim, AGENTS)) == [200] + [412] * 7


def test_a_request_repeated_at_both_services_is_done_once(pair: Pair) -> None:
    address = pair.clients()[0].open()

    def repeat(agent: int) -> tuple[int, str | None]:
        mine, _ = pair.clients(agent)
        answer = mine.put(address, {"internal_note": "called"}, Idempotency_Key="call-1")
        return answer.json["version"], answer.headers.get("idempotency-replayed")

    with ThreadPoolExecutor(len(AGENTS)) as pool:
        assert Counter(pool.map(repeat, AGENTS)) == {(2, None): 1, (2, "true"): 7}


def test_a_revoked_key_stops_working_within_a_second_in_both(pair: Pair) -> None:
    secret = make_key(pair.directory)
    clients = [server.client(secret) for server in (pair.first, pair.second)]
    used = {client.get("/v1/me").json["id"] for client in clients}
    assert command(pair.directory, "keys", "revoke", *used).code == 0
    revoked_at = monotonic()
    while any(client.get("/v1/me").status == 200 for client in clients):
        assert monotonic() < revoked_at + 1
    assert [client.get("/v1/me").status for client in clients] == [401, 401]


OPEN = """
import sys
from ticketdomain.journal import open_journal

print("ready", flush=True)
for address in sys.stdin:
    open_journal(address.strip()).close()
    print("opened", flush=True)
"""


def test_ten_processes_open_a_new_journal_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(talking_to(OPEN)) for _ in range(10)]
        assert [each.hear() for each in processes] == ["ready"] * 10
        for number in range(25):
            for each in processes:
                each.say(f"sqlite:///{tmp_path}/{number}/journal.db")
            assert [each.hear() for each in processes] == ["opened"] * 10


def test_a_journal_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with talking_to(OPEN) as process, closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert process.hear() == "ready"
        other.execute("BEGIN IMMEDIATE")
        process.say(f"sqlite:///{path}")
        sleep(0.5)
        other.execute("COMMIT")
        assert process.hear() == "opened"


def test_a_journal_opened_twice_by_one_process_is_still_held_against_others(tmp_path: Path) -> None:
    make_key(tmp_path)
    address = f"sqlite:///{tmp_path / JOURNAL}"
    with closing(open_journal(address)), closing(open_journal(address)):
        assert command(tmp_path, "keys", "list").code == 0
        # Whoever leaves last takes this file away; with it would go what is acknowledged later.
        assert (tmp_path / JOURNAL).with_suffix(".db-wal").exists()


class Written(NamedTuple):
    """Notes that were acknowledged, and the one that a stopping service left open, if any."""

    acknowledged: list[str]
    uncertain: list[str]


def write_notes(client: Client, address: str, agent: int) -> Written:
    """Write notes one by one, each with its own idempotency key, until the service is gone."""
    acknowledged: list[str] = []
    for number in count():
        note = f"{agent}-{number}"
        with suppress(*GONE):
            answer = client.put(address, {"internal_note": note}, Idempotency_Key=note)
            if answer.status == 200:
                acknowledged.append(note)
                continue
            assert answer.status == 503, answer.body
        return Written(acknowledged, [note])
    raise AssertionError


def write_until(
    server: Server, secret: str, address: str, end: Callable[[], object]
) -> tuple[Counter[str], Counter[str]]:
    """Let eight clients write, end the service, and give what they were told."""
    with ThreadPoolExecutor(len(AGENTS)) as pool:
        clients = [server.client(secret) for _ in AGENTS]
        writing = [
            pool.submit(write_notes, client, address, agent)
            for client, agent in zip(clients, AGENTS, strict=True)
        ]
        sleep(0.7)
        end()
        written = [each.result() for each in writing]
    acknowledged = Counter(note for each in written for note in each.acknowledged)
    assert len(acknowledged) > len(AGENTS)
    return acknowledged, Counter(note for each in written for note in each.uncertain)


def test_stopping_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        address = server.client(secret).open()
        acknowledged, uncertain = write_until(server, secret, address, server.stop)
    with running_server(tmp_path) as server:
        kept = notes(server.client(secret), address)
    assert acknowledged <= kept <= acknowledged + uncertain
    assert_whole(tmp_path)


def test_a_killed_service_has_kept_what_it_acknowledged_and_retries_double_nothing(
    tmp_path: Path,
) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        address = server.client(secret).open()
        acknowledged, uncertain = write_until(server, secret, address, server.kill)
    with running_server(tmp_path) as server:
        client = server.client(secret)
        kept = notes(client, address)
        assert acknowledged <= kept <= acknowledged + uncertain
        for note in [*acknowledged, *uncertain]:
            retried = client.put(address, {"internal_note": note}, Idempotency_Key=note)
            assert (retried.headers.get("idempotency-replayed") == "true") is (note in kept)
        assert notes(client, address) == acknowledged + uncertain
    assert_whole(tmp_path)


def test_when_one_service_is_killed_the_other_goes_on(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as other, running_server(tmp_path) as server:
        client = other.client(secret)
        address = client.open()
        acknowledged, uncertain = write_until(server, secret, address, server.kill)
        for note in uncertain:
            client.put(address, {"internal_note": note}, Idempotency_Key=note)
        assert notes(client, address) == acknowledged + uncertain
    assert_whole(tmp_path)


def test_a_request_in_flight_ends_before_the_service_does(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        address = server.client(secret).open()
        with HalfSent(server, secret, address, b'{"internal_note": "last words"}') as request:
            server.terminate()
            wait_until_nobody_listens(server)
            sleep(0.5)  # a slow sender
            assert request.finish() == 200
        assert server.process.wait(PATIENCE) == 0
    with running_server(tmp_path) as server:
        assert notes(server.client(secret), address) == {"last words": 1}


def test_a_stopped_service_leaves_its_journal_in_one_file(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        server.client(secret).open()
        assert server.stop() == 0
    names = {path.name for path in (tmp_path / "data").iterdir()}
    assert names == {"journal.db", "views.db", "views.lock", "views.build"}
