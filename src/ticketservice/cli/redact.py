"""`ticketdomain redact`: a text taken away for good, from everything that shows it."""

import getpass
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import click

from ticketdomain.errors import Fault, ReadModelError
from ticketdomain.events import Actor
from ticketdomain.fields import Text
from ticketdomain.redaction import redact as redact_texts
from ticketprojections.views.building import Builder
from ticketprojections.views.lock import building
from ticketprojections.views.projector import Projector
from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.cli.progress import show
from ticketservice.service import Service, open_service
from ticketservice.settings import read_settings

OPERATOR = "operator"  # stands where an API key does for what is done over HTTP
PATIENCE_SECONDS = 10.0
REASON = Text(1_000)
MOST_BY = 128  # as in Acting-User


def _read_reason(_: click.Context, __: click.Parameter, value: str) -> str:
    faults: list[Fault] = []
    REASON.read(value, "", faults)
    if not value.isprintable():
        faults.append(Fault("", "bad_character", "must be text in one line"))
    for fault in faults:
        raise click.BadParameter(fault.detail)
    return value


def _read_by(_: click.Context, __: click.Parameter, value: str | None) -> str:
    by = getpass.getuser() if value is None else value
    if not (0 < len(by) <= MOST_BY and all("!" <= character <= "~" for character in by)):
        msg = f"must be 1 to {MOST_BY} visible ASCII characters"
        raise click.BadParameter(msg)
    return by


@click.command(
    cls=Command,
    epilog=examples(
        'ticketdomain redact ticket_4f1d2c93ab58e07716aa 7 --reason "card number"',
        'ticketdomain redact ticket_4f1d2c93ab58e07716aa --reason "erasure, request 12"',
    ),
)
@CONFIG
@click.argument("ticket_id", metavar="TICKET")
@click.argument("version", metavar="[VERSION]", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option(
    "--reason",
    required=True,
    callback=_read_reason,
    help="Why: recorded, and shown in the history.",
)
@click.option("--by", callback=_read_by, help="Who: recorded; else the user who runs this.")
def redact(config: Path | None, ticket_id: str, version: int | None, reason: str, by: str) -> None:
    """Blank the texts of a ticket's version, or of all its versions, for good.

    Hashes stay, so that the journal and earlier seals still verify. Read models are built anew. The
    service may run meanwhile.
    """
    with open_service(read_settings(os.environ, config), create=False) as service:
        versions = redact_texts(
            service.journal,
            ticket_id,
            None if version is None else [version],
            reason=reason,
            by=Actor(OPERATOR, by),
            now=service.clock(),
        )
        print(f"{ticket_id}: {_told(versions)}")
        _clean(service)


def _told(versions: tuple[int, ...]) -> str:
    if not versions:
        return "redacted already, files are cleaned again"
    return f"redacted version{'s' if len(versions) > 1 else ''} {', '.join(map(str, versions))}"


def _clean(service: Service) -> None:
    """Leave nothing of the text in logs and free pages.

    Raises:
        ReadModelError: something is left.
    """
    journal = _in_time(service.journal.shorten)
    views = not service.projector.views.path.exists() or _build_anew(service.projector)
    if not (journal and views):
        msg = (
            "the text is redacted, but may still be in write-ahead logs, because somebody has been"
            " reading for long: restart the service to be sure"
        )
        raise ReadModelError(msg)


def _build_anew(projector: Projector) -> bool:
    lock = building(projector.views.path)
    if not lock.take():
        print("waiting until read models are built by another process", file=sys.stderr)
        while not lock.take():
            sleep(0.1)
    try:
        builder = Builder(projector)
        for model in projector.models:
            builder.abandon(model)  # it may be half built of what was
            show(model.name, builder.build(model))
        return _in_time(projector.views.scrub)
    except sqlite3.Error as error:
        msg = f"{projector.views.path} still holds the text: remove it, it is built anew ({error})"
        raise ReadModelError(msg) from error
    finally:
        lock.release()


def _in_time(clean: Callable[[], bool]) -> bool:
    until = monotonic() + PATIENCE_SECONDS
    while not (done := clean()) and monotonic() < until:
        sleep(0.1)
    return done
