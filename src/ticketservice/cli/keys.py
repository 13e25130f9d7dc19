"""`ticketdomain keys`: who may do what, for which account."""

import asyncio
import os
import secrets
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec

from ticketdomain.change import Change
from ticketdomain.errors import KeyNotFoundError
from ticketdomain.keys import SCOPES, ApiKey, IssueKey, RevokeKey, Scope, secret_sha256
from ticketservice.cli.help import Group, examples
from ticketservice.cli.program import CONFIG
from ticketservice.service import Service, open_service
from ticketservice.settings import read_settings

CREATING = examples(
    "ticketdomain keys create --account acme --name shop"
    " --scope tickets:read --scope tickets:write",
    "ticketdomain keys create --account acme --name site --scope public:read --requester cust_7",
    "KEY=$(ticketdomain keys create --account acme --name ci --scope events:read --expires 7)",
)


@click.group(
    cls=Group,
    epilog=examples(
        "ticketdomain keys create --account acme --name shop --scope tickets:read",
        "ticketdomain keys list",
        "ticketdomain keys revoke key_91c0a7be55d2431f08cd",
    ),
)
def keys() -> None:
    """API keys: who may do what, for which account."""


@keys.command(epilog=CREATING)
@CONFIG
@click.option("--account", required=True, help="The account whose tickets the key is for.")
@click.option("--name", required=True, help="What the key is for, to tell it from others.")
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="May repeat."
)
@click.option("--expires", type=click.FloatRange(0), help="Days after which it expires.")
@click.option("--requester", help="Show it this requester's tickets only.")
def create(
    config: Path | None,
    account: str,
    name: str,
    scopes: tuple[Scope, ...],
    expires: float | None,
    requester: str | None,
) -> None:
    """Make a key: prints its secret, once, alone on stdout."""
    secret = f"sk_live_{secrets.token_urlsafe(32)}"
    with open_service(read_settings(os.environ, config)) as service:
        command = IssueKey(
            account=printable(account, "--account"),
            name=printable(name, "--name"),
            scopes=tuple(dict.fromkeys(scopes)),
            secret_sha256=secret_sha256(secret),
            expires_at=None if expires is None else _in_days(service.clock(), expires),
            requester=None if requester is None else printable(requester, "--requester"),
        )
        change = Change(stream=service.new_id("key"), command=command, account=account)
        asyncio.run(service.desk.ask(change))
    print(f"{change.stream} for account {account}; the secret is shown only now:", file=sys.stderr)
    print(secret)


@keys.command(
    "list",
    epilog=examples(
        "ticketdomain keys list",
        "ticketdomain keys list --json | jq -r '.[] | select(.revoked_at == null) | .id'",
    ),
)
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def list_keys(config: Path | None, as_json: bool) -> None:
    """List all keys; secrets are not kept and cannot be shown."""
    with open_service(read_settings(os.environ, config), create=False) as service:
        found = service.keys.all()
        now = service.clock()
    if as_json:
        print(msgspec.json.encode([_shown(key) for key in found]).decode())
        return
    for key in found:
        state = "valid" if key.valid(now) else "revoked" if key.revoked_at else "expired"
        print(key.id, state, key.account, key.name, ",".join(key.scopes), sep="\t")


@keys.command(epilog=examples("ticketdomain keys revoke key_91c0a7be55d2431f08cd"))
@CONFIG
@click.argument("key_id", metavar="ID")
def revoke(config: Path | None, key_id: str) -> None:
    """Revoke a key: every running service refuses it within a second."""
    with open_service(read_settings(os.environ, config), create=False) as service:
        account = _account_of(service, key_id)
        change = Change(stream=key_id, command=RevokeKey(), account=account)
        asyncio.run(service.desk.ask(change))
    print(f"{key_id} is revoked", file=sys.stderr)


def _account_of(service: Service, key_id: str) -> str:
    for key in service.keys.all():
        if key.id == key_id:
            return key.account
    msg = f"there is no key {key_id}"
    raise KeyNotFoundError(msg)


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "account": key.account,
        "name": key.name,
        "scopes": key.scopes,
        "requester": key.requester,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _in_days(now: datetime, days: float) -> datetime:
    try:
        return now + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        msg = f"--expires cannot be {days} days"
        raise click.BadParameter(msg) from error


def printable(value: str, option: str) -> str:
    """Give a name as it is, if it is one.

    Raises:
        BadParameter: it is blank, too long or cannot be printed.
    """
    if not value.strip() or len(value) > 100 or not value.isprintable():
        msg = f"{option} must be 1 to 100 printable characters, not blank"
        raise click.BadParameter(msg)
    return value
