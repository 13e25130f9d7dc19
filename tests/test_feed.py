"""The change feed: every change of the account's tickets, none missed, none twice, none late."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from running import Client, Running
from server import PATIENCE, command, make_key, rows, running_server


def follow(client: Client, query: str = "", after: int = 0) -> list[Any]:
    """Read the feed from a position to its end."""
    items: list[Any] = []
    while True:
        page = client.get(f"/v1/events?after={after}&{query}").json
        items += page["items"]
        if page["next"] == after:
            return items
        after = page["next"]


def test_an_update_is_told_event_by_event(own_desk: Running) -> None:
    client = own_desk.client()
    ticket = client.open(subject="Refund", tags=["a"])
    client.put(
        ticket, {"priority": 1, "internal_note": "so"}, X_Request_Id="r1", Acting_User="jane"
    )
    opened, priority, note = follow(client)
    key_id = client.get("/v1/me").json["id"]
    assert opened["data"]["subject"] == "Refund"
    assert note == {
        "position": priority["position"] + 1,
        "ticket_id": ticket.rpartition("/")[2],
        "version": 3,
        "type": "ticket.note_added",
        "at": "2026-11-23T12:00:00Z",
        "by": {"key_id": key_id, "on_behalf_of": "jane"},
        "request_id": "r1",
        "data": {"body": "so"},
    }
    assert priority["data"] == {"priority": 1}


def test_the_feed_goes_on_from_next_also_where_there_is_nothing(own_desk: Running) -> None:
    client = own_desk.client()
    client.open()
    page = client.get("/v1/events?limit=1").json
    assert page["items"][-1]["position"] == page["next"]
    empty = client.get(f"/v1/events?after={page['next']}").json
    assert empty == {"items": [], "next": page["next"]}
    assert client.get("/v1/events?after=99999").json == {"items": [], "next": 99999}


def test_other_accounts_are_left_out_and_so_are_keys_and_policies(own_desk: Running) -> None:
    ours, others = own_desk.client(), own_desk.client(account="other")
    ours.open(subject="ours")
    others.open(subject="theirs")
    assert [each["data"]["subject"] for each in follow(ours)] == ["ours"]
    assert [each["data"]["subject"] for each in follow(others)] == ["theirs"]


def test_a_key_that_is_held_to_a_requester_follows_only_their_tickets(own_desk: Running) -> None:
    agent = own_desk.client()
    agent.open(subject="theirs", requester_id="cust_7")
    agent.open(subject="another's", requester_id="cust_8")
    held = own_desk.client(requester="cust_7")
    assert [each["data"]["subject"] for each in follow(held)] == ["theirs"]


def test_a_notes_text_is_for_keys_that_may_read_tickets(own_desk: Running) -> None:
    agent, follower = own_desk.client(), own_desk.client("events:read")
    agent.put(agent.open(), {"internal_note": "secret"})
    assert follow(follower)[-1]["data"] == {"body": None}
    assert b"secret" not in follower.get("/v1/events").body
    assert follow(agent)[-1]["data"] == {"body": "secret"}


def test_events_are_found_by_what_they_are(own_desk: Running) -> None:
    client = own_desk.client()
    first, second = client.open(), client.open()
    own_desk.clock.pass_time(hours=1)
    client.put(first, {"priority": 1}, Acting_User="jane", X_Request_Id="r1")
    client.put(second, {"priority": 2, "status": "pending"})
    name = first.rpartition("/")[2]
    key_id = client.get("/v1/me").json["id"]

    def found(query: str) -> list[tuple[bool, int]]:
        return [(each["ticket_id"] == name, each["version"]) for each in follow(client, query)]

    assert found("type=ticket.priority_changed") == [(True, 2), (False, 2)]
    assert found("type=ticket.opened&type=ticket.status_changed") == [
        (True, 1),
        (False, 1),
        (False, 3),
    ]
    assert found(f"ticket={name}") == [(True, 1), (True, 2)]
    assert found("actor=jane") == found("request_id=r1") == [(True, 2)]
    assert len(found(f"actor={key_id}")) == 5
    assert found("at_to=2026-11-23T12:30:00Z") == [(True, 1), (False, 1)]
    assert len(found("at_from=2026-11-23T13:00:00Z")) == 3
    assert found(f"type=ticket.opened&ticket={name}&actor=jane") == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("after=-1", ("after", "out_of_range")),
        ("after=x", ("after", "wrong_type")),
        ("after=9999999999999999999", ("after", "wrong_type")),
        ("wait=61", ("wait", "out_of_range")),
        ("wait=1.5", ("wait", "wrong_type")),
        ("limit=0", ("limit", "out_of_range")),
        ("limit=201", ("limit", "out_of_range")),
        ("type=key.issued", ("type", "not_allowed")),
        ("type=", ("type", "not_allowed")),
        ("ticket=", ("ticket", "blank")),
        ("at_from=yesterday", ("at_from", "bad_format")),
        ("actor=a&actor=b", ("actor", "conflict")),
        ("cursor=1", ("cursor", "unknown_field")),
    ],
)
def test_what_cannot_be_asked_is_refused(agent: Client, query: str, fault: tuple[str, str]) -> None:
    answer = agent.get(f"/v1/events?{query}")
    assert (answer.status, answer.faults) == (422, [fault])


def test_only_a_key_with_the_scope_may_follow(own_desk: Running) -> None:
    assert own_desk.client("tickets:read").get("/v1/events").status == 403


def test_who_waits_is_answered_as_soon_as_something_happens(own_desk: Running) -> None:
    client, waiting = own_desk.client(), own_desk.client()
    client.open()
    after = client.get("/v1/events").json["next"]
    pages: list[Any] = []
    thread = Thread(target=lambda: pages.append(waiting.get(f"/v1/events?after={after}&wait=60")))
    thread.start()
    sleep(0.2)
    assert pages == []
    client.open(subject="at last")
    thread.join(PATIENCE)
    assert [each["data"]["subject"] for each in pages[0].json["items"]] == ["at last"]


def test_who_waits_in_vain_is_told_where_to_go_on(own_desk: Running) -> None:
    client, other = own_desk.client(), own_desk.client(account="other")
    other.open()
    began = monotonic()
    page = client.get("/v1/events?wait=1").json
    assert page["items"] == []
    assert page["next"] > 0
    assert 1 <= monotonic() - began < PATIENCE


class Stream:
    """An open event stream."""

    def __init__(self, port: int, secret: str, query: str = "", last: str | None = None) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self._connection.request("GET", f"/v1/events?{query}", headers=headers)
        self.answer = self._connection.getresponse()

    def events(self) -> Iterator[tuple[str, Any]]:
        """Give ids and events as they come, until the stream ends."""
        event_id = ""
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                event_id = value
            elif name == "data":
                yield event_id, json.loads(value)

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def streaming(*arguments: Any) -> Generator[Stream]:
    with closing(Stream(*arguments)) as stream:
        yield stream


def test_a_stream_tells_what_was_and_what_comes_and_goes_on_where_it_broke(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        client = server.client(secret)
        client.open(subject="before")
        with streaming(server.port, secret) as stream:
            assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
            events = stream.events()
            last, event = next(events)
            assert event["data"]["subject"] == "before"
            client.open(subject="after")
            assert next(events)[1]["data"]["subject"] == "after"
        with streaming(server.port, secret, "", last) as stream:
            assert next(stream.events())[1]["data"]["subject"] == "after"
        with streaming(server.port, secret, "after=0&type=ticket.opened", last) as stream:
            assert next(stream.events())[1]["data"]["subject"] == "after"


def test_a_stream_does_not_keep_the_service_from_stopping(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server, streaming(server.port, secret) as stream:
        server.terminate()
        assert list(stream.events()) == []
        assert server.process.wait(PATIENCE) == 0


def test_a_stream_ends_with_its_key(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server, streaming(server.port, secret) as stream:
        key_id = server.client(secret).get("/v1/me").json["id"]
        assert command(tmp_path, "keys", "revoke", key_id).code == 0
        assert list(stream.events()) == []


@pytest.mark.parametrize("last", ["x", "-1", "", "9" * 30])
def test_a_last_event_that_is_none_is_refused(own_desk: Running, last: str) -> None:
    client = own_desk.client()
    answer = client.get("/v1/events", Accept="text/event-stream", Last_Event_ID=last)
    assert answer.status == 400


def test_head_of_a_stream_ends(own_desk: Running) -> None:
    answer = own_desk.client().send("HEAD", "/v1/events", None, Accept="text/event-stream")
    assert (answer.status, answer.body) == (200, b"")


def test_readers_of_every_kind_under_many_writers_see_the_journal(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    seen: dict[str, list[int]] = {"3": [], "200": [], "wait": [], "stream": []}
    with running_server(tmp_path) as server:
        first = server.client(secret)
        ticket = first.open()

        def write(number: int) -> None:
            client = server.client(secret)
            for each in range(15):
                client.put(ticket, {"priority": 1 + each % 4, "internal_note": f"{number}.{each}"})

        def read(kind: str) -> None:
            client, after = server.client(secret), 0
            query = "limit=200&wait=2" if kind == "wait" else f"limit={kind}"
            while not seen[kind] or notes(kind) < 8 * 15:
                page = client.get(f"/v1/events?after={after}&{query}").json
                seen[kind] += [each["position"] for each in page["items"]]
                told[kind] += [each["type"] for each in page["items"]]
                after = page["next"]

        def stream() -> None:
            with streaming(server.port, secret) as open_stream:
                for event_id, event in open_stream.events():
                    seen["stream"].append(int(event_id))
                    told["stream"].append(event["type"])
                    if notes("stream") == 8 * 15:
                        return

        told: dict[str, list[str]] = {kind: [] for kind in seen}

        def notes(kind: str) -> int:
            return told[kind].count("ticket.note_added")

        threads = [Thread(target=write, args=(number,)) for number in range(8)]
        threads += [Thread(target=read, args=(kind,)) for kind in ("3", "200", "wait")]
        threads.append(Thread(target=stream))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE * 2)
    expected = [row.position for row in rows(tmp_path) if row.stream.startswith("ticket_")]
    for kind, positions in seen.items():
        assert positions == expected[: len(positions)], kind
        assert len(positions) >= len(expected) - 1, kind
