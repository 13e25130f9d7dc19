"""`ticketdomain demo`: believable tickets, to look around in."""

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path

import click

from ticketdomain.change import Change
from ticketdomain.errors import JournalRefusedError
from ticketdomain.keys import IssueKey, secret_sha256
from ticketservice.cli.help import Command, examples
from ticketservice.cli.keys import printable
from ticketservice.cli.program import CONFIG
from ticketservice.demo.fill import MovedClock, fill
from ticketservice.demo.summary import summary
from ticketservice.service import Service, open_service, utc_now
from ticketservice.settings import read_settings
from ticketservice.sla_file import read_policies

DAYS = 30


@click.command(
    cls=Command,
    epilog=examples(
        "ticketdomain demo",
        "TICKETDOMAIN_DATABASE=sqlite:///demo.db ticketdomain demo --key --seed 7",
    ),
)
@CONFIG
@click.option("--account", default="demo", show_default=True, help="Whose tickets they will be.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another gives other tickets.")
@click.option("--key", is_flag=True, help=f"Also make a key that reads them for {DAYS} days.")
def demo(config: Path | None, account: str, seed: int, key: bool) -> None:
    """Fill an empty journal with some hundred believable tickets of the last three months.

    A support desk's: questions and answers, internal notes, escalations, reopenings, SLA targets
    met and missed, some about to be. The policies are those of the settings.
    """
    settings = read_settings(os.environ, config)
    clock = MovedClock(utc_now())
    now = clock.now
    policies = read_policies(settings.sla, settings.workflow, now.date())
    account = printable(account, "--account")
    with open_service(settings, clock) as service:
        _refuse_filled(service)
        filled = asyncio.run(fill(service, clock, policies, account, seed))
        print(*summary(service, filled, now), sep="\n")
        if key:
            print(f"\nA key that reads them for {DAYS} days, shown only now:")
            print(_issue(service, account))


def _refuse_filled(service: Service) -> None:
    with service.journal.reading() as reader:
        if reader.position():
            msg = f"{service.journal.path} is not empty: demo only fills a new journal"
            raise JournalRefusedError(msg)


def _issue(service: Service, account: str) -> str:
    secret = f"sk_live_{secrets.token_urlsafe(32)}"
    command = IssueKey(
        account=account,
        name="demo",
        scopes=("tickets:read", "public:read", "events:read"),
        secret_sha256=secret_sha256(secret),
        expires_at=service.clock() + timedelta(days=DAYS),
    )
    change = Change(stream=service.new_id("key"), command=command, account=account)
    asyncio.run(service.desk.ask(change))
    return secret
