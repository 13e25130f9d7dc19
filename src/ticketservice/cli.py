"""The program `ticketdomain`: errors are one line on stderr and a non-zero exit."""

import asyncio
import os
import secrets
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec
from rich_click import RichGroup

from ticketdomain.change import Change
from ticketdomain.errors import KeyNotFoundError, TicketDomainError
from ticketdomain.keys import SCOPES, ApiKey, IssueKey, RevokeKey, Scope, secret_sha256
from ticketservice.service import Service, open_service, utc_now
from ticketservice.settings import SettingsError, read_settings
from ticketservice.sla_check import describe
from ticketservice.sla_file import read_policies

CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file; else TICKETDOMAIN_CONFIG, else ticketdomain.toml if it is there.",
)


def main() -> None:
    """Run the program and exit."""
    try:
        program(standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (SettingsError, TicketDomainError, OSError) as error:
        _fail(str(error), 1)


def _fail(message: str, code: int) -> None:
    print("ticketdomain:", " ".join(message.split()), file=sys.stderr)
    sys.exit(code)


@click.group(cls=RichGroup)
@click.version_option(package_name="ticketdomain")
def program() -> None:
    """An event-sourced ticket service: every update becomes events."""


@program.command()
@CONFIG
@click.option("--host", help="The address to listen on; default 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; default 8000.")
def serve(config: Path | None, host: str | None, port: int | None) -> None:
    """Run the service until it is told to stop."""
    from ticketservice.serve import serve_forever  # which is slow, and no other command needs it

    serve_forever(read_settings(os.environ, config, host=host, port=port))


@program.group()
def keys() -> None:
    """API keys: who may do what, for which account."""


@keys.command()
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
            account=_name(account, "--account"),
            name=_name(name, "--name"),
            scopes=tuple(dict.fromkeys(scopes)),
            secret_sha256=secret_sha256(secret),
            expires_at=None if expires is None else _in_days(service.clock(), expires),
            requester=None if requester is None else _name(requester, "--requester"),
        )
        change = Change(stream=service.new_id("key"), command=command, account=account)
        asyncio.run(service.desk.ask(change))
    print(f"{change.stream} for account {account}; the secret is shown only now:", file=sys.stderr)
    print(secret)


@keys.command("list")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def list_keys(config: Path | None, as_json: bool) -> None:
    """List all keys; secrets are not kept and cannot be shown."""
    with open_service(read_settings(os.environ, config)) as service:
        found = service.keys.all()
        now = service.clock()
    if as_json:
        print(msgspec.json.encode([_shown(key) for key in found]).decode())
        return
    for key in found:
        state = "valid" if key.valid(now) else "revoked" if key.revoked_at else "expired"
        print(key.id, state, key.account, key.name, ",".join(key.scopes), sep="\t")


@keys.command()
@CONFIG
@click.argument("key_id", metavar="ID")
def revoke(config: Path | None, key_id: str) -> None:
    """Revoke a key: every running service refuses it within a second."""
    with open_service(read_settings(os.environ, config)) as service:
        account = _account_of(service, key_id)
        change = Change(stream=key_id, command=RevokeKey(), account=account)
        asyncio.run(service.desk.ask(change))
    print(f"{key_id} is revoked", file=sys.stderr)


@program.group()
def sla() -> None:
    """SLA policies: what is promised to which tickets."""


@sla.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check the policies of a settings file, and show what they mean for the coming week."""
    settings = read_settings({}, file)
    now = utc_now()
    policies = read_policies(settings.sla, settings.workflow, now.date())
    names = ", ".join(policy.name for policy in policies) or "none"
    origin = "" if settings.sla else " (the file has none, this is what holds without)"
    print(f"{file}: valid, a ticket has the first policy that matches it: {names}{origin}\n")
    print(*describe(policies, now), sep="\n")


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


def _name(value: str, option: str) -> str:
    if not value.strip() or len(value) > 100 or not value.isprintable():
        msg = f"{option} must be 1 to 100 printable characters, not blank"
        raise click.BadParameter(msg)
    return value
