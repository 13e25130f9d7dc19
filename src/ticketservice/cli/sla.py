"""`ticketdomain sla`: policies, before they are used."""

from pathlib import Path

import click

from ticketservice.cli.help import Group, examples
from ticketservice.service import utc_now
from ticketservice.settings import read_settings
from ticketservice.sla_check import describe
from ticketservice.sla_file import read_policies


@click.group(cls=Group, epilog=examples("ticketdomain sla check ticketdomain.toml"))
def sla() -> None:
    """SLA policies: what is promised to which tickets."""


@sla.command(epilog=examples("ticketdomain sla check ticketdomain.toml"))
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
