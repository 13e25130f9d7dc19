"""Makes every problem happen that the API describes, on any of its operations."""

import json
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from running import Answer, Client, Running, running
from shop import TICKET, shop

from ticketdomain.batch import Batch
from ticketdomain.errors import OutcomeUnknownError
from ticketdomain.keys import KeyRing

REQUEST_ID = "req_checkout_7"
BODIES = {  # one that is fine, and another
    "/v1/tickets": ({"subject": "Refund"}, {"subject": "Return"}),
    "/replies": ({"body": "Yes", "author": "agent"}, {"body": "No", "author": "agent"}),
    "": ({"priority": 1}, {"priority": 3}),
}


class Asked:
    """A request that is fine, but for what a provocation changes about it."""

    def __init__(self, desk: Running, client: Client, method: str, path: str) -> None:
        self.desk = desk
        self.client = client
        self.method = method
        self.path = path
        bodies = next(each for end, each in BODIES.items() if path.endswith(end))
        self.body, self.other = (
            json.dumps(each).encode() if method in ("POST", "PUT", "PATCH") else None
            for each in bodies
        )

    def send(self, body: bytes | None = None, /, **changed: str | None) -> Answer:
        headers: dict[str, str | None] = {"X_Request_Id": REQUEST_ID, **changed}
        return self.client.send(self.method, self.path, body or self.body, **headers)


def unscoped(asked: Asked) -> Answer:
    follows = asked.path.startswith("/v1/events")
    asked.client = asked.desk.client("tickets:read" if follows else "events:read")
    return asked.send()


def elsewhere(asked: Asked) -> Answer:
    asked.path = asked.path.replace(TICKET, "ticket_0")
    return asked.send()


def otherwise(asked: Asked) -> Answer:
    asked.method = "DELETE"
    return asked.send()


def with_unknown_parameter(asked: Asked) -> Answer:
    asked.path += "?verbose=1"
    return asked.send()


def with_key_used_before(asked: Asked) -> Answer:
    key = f"used for {asked.method}".replace(" ", "_")
    asked.send(Idempotency_Key=key)
    return asked.send(asked.other, Idempotency_Key=key)


def with_a_bug(asked: Asked) -> Answer:
    def fail(*_: object) -> None:
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(KeyRing, "find", fail)
        return asked.send()


def while_committing_fails(asked: Asked) -> Answer:
    def fail(_: Batch) -> None:
        raise OutcomeUnknownError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Batch, "write", fail)
        return asked.send()


def without_storage(asked: Asked) -> Answer:
    """Take the journal's tables away; the clock moves on, so that keys are read again."""
    asked.desk.clock.pass_time(seconds=1)
    with closing(sqlite3.connect(asked.desk.service.journal.path)) as file:
        file.execute("ALTER TABLE stored_events RENAME TO taken_away")
        try:
            return asked.send()
        finally:
            file.execute("ALTER TABLE taken_away RENAME TO stored_events")


PROVOCATIONS: dict[str, Callable[[Asked], Answer]] = {
    "bad_header": lambda asked: asked.send(Acting_User="jane smith"),
    "malformed_json": lambda asked: asked.send(b"{"),
    "unauthorized": lambda asked: asked.send(Authorization="Bearer sk_live_unknown"),
    "insufficient_scope": unscoped,
    "not_found": elsewhere,
    "method_not_allowed": otherwise,
    "version_mismatch": lambda asked: asked.send(If_Match='"2"'),
    "content_too_large": lambda asked: asked.send(b"{}".ljust(2**20 + 1)),
    "unsupported_media_type": lambda asked: asked.send(Content_Type="text/plain"),
    "invalid": with_unknown_parameter,
    "idempotency_key_reused": with_key_used_before,
    "internal": with_a_bug,
    "unavailable": without_storage,
    "outcome_unknown": while_committing_fails,
}
UNDECODABLE = "undecodable_stream"  # by a service whose ticket cannot be read
UNREADY = ("unavailable", "/readyz")  # of the same service, which takes no changes
UNMEASURED = ("not_found", "/metrics")  # and which is not measured

Provoke = Callable[[str, str, str], Answer]


@contextmanager
def provoking(path: Path) -> Generator[Provoke]:
    """Give a function that makes a problem, named by its code, happen to a method and path."""
    sound, broken = path / "sound", path / "broken"
    for each in (sound, broken):
        each.mkdir()
    with shop(broken):
        pass
    with closing(sqlite3.connect(broken / "journal.db")) as file:
        file.execute("UPDATE stored_events SET state = x'ff' WHERE originator_id = ?", [TICKET])
        file.execute("DELETE FROM snapshots")
        file.commit()
    with shop(sound) as (desk, client), running(broken, metrics=False) as damaged:
        with_it = damaged.client()
        damaged.service.desk.close()

        def provoke(code: str, method: str, path: str) -> Answer:
            if code == UNDECODABLE or (code, path) in (UNREADY, UNMEASURED):
                return Asked(damaged, with_it, method, path).send()
            return PROVOCATIONS[code](Asked(desk, client, method, path))

        yield provoke
