"""Prints a curl command with a working key, for a ticket of the account demo; then serves."""

import asyncio
import json
import os
import secrets
import socket
import sys
from datetime import timedelta
from pathlib import Path

from ticketdomain.change import Change
from ticketdomain.commands import OpenTicket
from ticketdomain.journal import decode
from ticketdomain.keys import SCOPES, IssueKey, KeyCommand, secret_sha256
from ticketservice.cli import main, program, serve
from ticketservice.service import Service, open_service, publish, utc_now
from ticketservice.settings import Settings, read_settings
from ticketservice.sla_file import read_policies

ACCOUNT = "demo"
FIRST_TICKET = OpenTicket(
    account=ACCOUNT,
    subject="Charged twice for one order",
    description="My card was charged twice; please send one amount back.",
    requester_id="customer_ada",
)
UPDATE = {
    "status": "in_progress",
    "assigned_to": "user_jane_smith",
    "internal_note": "Contacted customer to verify refund amount.",
}
MESSAGE = """
In another terminal, update a ticket; the key is good for a day:

curl -X PUT http://{host}:{port}/v1/tickets/{ticket} \\
  -H "Authorization: Bearer {secret}" \\
  -H "Content-Type: application/json" \\
  -d '{body}'
"""


@program.command(params=serve.params)
def quickstart(config: Path | None, host: str | None, port: int | None) -> None:
    """Print a curl command that works, and run the service until it is told to stop."""
    settings = read_settings(os.environ, config, host=host, port=port)
    port = settings.port or _free_port(settings)
    policies = read_policies(settings.sla, settings.workflow, utc_now().date())
    with open_service(settings) as service:
        asyncio.run(publish(service, policies))  # before the ticket that they are for
        known = settings.workflow.statuses
        update = {k: v for k, v in UPDATE.items() if k != "status" or v in known}
        message = MESSAGE.format(
            host="127.0.0.1" if settings.host in ("", "0.0.0.0") else settings.host,
            port=port,
            ticket=_first_ticket(service) or _ask(service, "ticket", FIRST_TICKET),
            secret=_new_key(service),
            body=json.dumps(update, indent=4).replace("\n}", "\n  }"),
        )
    print(message, flush=True)
    ticketdomain = Path(sys.executable).with_name("ticketdomain")
    os.execv(ticketdomain, ["ticketdomain", "serve", *sys.argv[2:], f"--port={port}"])


def _free_port(settings: Settings) -> int:
    """Port 0 means any that is free, but the command has to name it before it is served."""
    with socket.create_server((settings.host, 0)) as listener:
        number: int = listener.getsockname()[1]
    return number


def _first_ticket(service: Service) -> str | None:
    with service.journal.reading() as reader:
        opened = map(decode, reader.feed(after=0, topics=("ticket.opened",)))
        return next((each.ticket_id for each in opened if each.account == ACCOUNT), None)


def _new_key(service: Service) -> str:
    secret = f"sk_live_{secrets.token_urlsafe(32)}"
    key = IssueKey(
        account=ACCOUNT,
        name="quickstart",
        scopes=SCOPES,
        secret_sha256=secret_sha256(secret),
        expires_at=service.clock() + timedelta(days=1),
    )
    _ask(service, "key", key)
    return secret


def _ask(service: Service, kind: str, command: OpenTicket | KeyCommand) -> str:
    change = Change(stream=service.new_id(kind), command=command, account=ACCOUNT)
    asyncio.run(service.desk.ask(change))
    return change.stream


if __name__ == "__main__":
    main()
