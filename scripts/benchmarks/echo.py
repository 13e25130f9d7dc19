"""The floor: a bare Litestar application that decodes a body and answers what a ticket weighs."""

import socket
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, put
from litestar.params import FromPath

ANSWER: dict[str, Any] = {
    "id": "ticket_abc123xyz789abc123xy",
    "subject": "Refund of a double charge",
    "description": None,
    "priority": 2,
    "status": "in_progress",
    "category": None,
    "assigned_to": "user_jane_smith",
    "requester_id": None,
    "due_date": None,
    "tags": [],
    "custom_fields": {},
    "created_at": "2026-11-23T12:00:00.123456Z",
    "updated_at": "2026-11-23T12:00:00.123456Z",
    "resolved_at": None,
    "closed_at": None,
    "version": 10000,
    "sla": {
        "policy": "standard",
        "first_response": {
            "due_at": None,
            "ended_at": "2026-11-23T12:00:00.123456Z",
            "breached_at": None,
        },
        "next_response": None,
        "resolution": {
            "due_at": "2026-11-24T12:00:00.123456Z",
            "ended_at": None,
            "breached_at": None,
        },
    },
}


@put("/v1/tickets/{ticket_id:str}")
async def echo(request: Request[Any, Any, Any], ticket_id: FromPath[str]) -> dict[str, Any]:
    msgspec.json.decode(await request.body())
    return {**ANSWER, "id": ticket_id}


def main() -> None:
    """Serve as `ticketservice.serve` does."""
    app = Litestar([echo], openapi_config=None, logging_config=None)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(f"echo serves on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
