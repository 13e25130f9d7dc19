"""Plays the documented examples against a service that has one ticket.

Run as a program, it records their answers anew: `python tests/examples.py`.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from provoking import provoking
from running import Answer, Client, Running
from shop import ADDRESS, shop

from ticketservice.web.description import examples
from ticketservice.web.description.codes import PROBLEMS
from ticketservice.web.description.parameters import ANSWER_HEADERS

HEADERS = {name.lower(): name for name in ("Content-Type", *ANSWER_HEADERS)}


def play(desk: Running, client: Client, exchange: dict[str, Any]) -> dict[str, Any]:
    """Send an example's request, a minute after the one before, and give what came of it."""
    desk.clock.pass_time(minutes=1)
    request = exchange["request"]
    headers: dict[str, str | None] = dict(request.get("headers", {}))
    if not request.get("key", True):
        headers["Authorization"] = None
    body = json.dumps(request["body"]).encode() if "body" in request else None
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    return _told(
        client.send(request["method"], request["path"], body, **named),
        with_body="body" in exchange["answer"],
    )


def _told(answer: Answer, *, with_body: bool) -> dict[str, Any]:
    headers = {HEADERS[name]: each for name, each in answer.headers.items() if name in HEADERS}
    told = {"status": answer.status, "headers": headers}
    return {**told, "body": answer.json} if with_body else told


def record() -> None:
    """Write down what is answered now; read what has changed before it is committed."""
    directory = Path(str(examples.DIRECTORY))
    for file in sorted(directory.glob("*.json")):
        exchanges = json.loads(file.read_text("utf-8"))
        if file.stem == examples.PROBLEMS:
            continue
        with TemporaryDirectory() as temporary, shop(Path(temporary)) as (desk, client):
            for each in exchanges:
                each["answer"] = play(desk, client, each)
        file.write_text(json.dumps(exchanges, indent=2, ensure_ascii=False) + "\n", "utf-8")
    with TemporaryDirectory() as temporary, provoking(Path(temporary)) as provoke:
        answers = {code: provoke(code, "PUT", ADDRESS).json for code in PROBLEMS}
    text = json.dumps(answers, indent=2, ensure_ascii=False) + "\n"
    (directory / f"{examples.PROBLEMS}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    record()
