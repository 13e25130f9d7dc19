"""`ticketdomain projections`: the read models, and what can be done for them."""

import os
import sqlite3
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import msgspec

from ticketdomain.errors import ReadModelDamagedError, ReadModelError, TicketDomainError
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketprojections.views.building import Builder
from ticketprojections.views.lock import building, following
from ticketprojections.views.projector import Projector
from ticketprojections.views.read_model import ReadModel
from ticketservice.cli.help import Group, examples
from ticketservice.cli.program import CONFIG
from ticketservice.cli.progress import show
from ticketservice.cli.standing import read_status
from ticketservice.service import open_service, read_models
from ticketservice.settings import read_settings

NAMES = [model.name for model in read_models(Sla(default_policies()))]


@click.group(
    cls=Group,
    epilog=examples(
        "ticketdomain projections status",
        "ticketdomain projections rebuild tickets",
        "ticketdomain projections retry",
    ),
)
def projections() -> None:
    """Read models: what many tickets are listed and counted by."""


@projections.command(
    epilog=examples(
        "ticketdomain projections status",
        "ticketdomain projections status --json | jq '.read_models[] | select(.lag > 1000)'",
    )
)
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def status(config: Path | None, as_json: bool) -> None:
    """Tell how far the read models are, and which tickets they leave out."""
    with _projector(config) as projector:
        found = read_status(projector)
    print(msgspec.json.encode(found).decode() if as_json else found)


@projections.command(
    epilog=examples(
        "ticketdomain projections rebuild",
        "ticketdomain projections rebuild assignments",
    )
)
@CONFIG
@click.argument("name", metavar="[NAME]", type=click.Choice(NAMES), required=False)
def rebuild(config: Path | None, name: str | None) -> None:
    """Build read models anew, all or one, beside what answers meanwhile.

    A service may run, and go on writing. When interrupted, what answered before goes on to do so.
    """
    with _projector(config) as projector, _builder(projector) as builder:
        for model in projector.models:
            if name in (None, model.name):
                _build(builder, model)


def _build(builder: Builder, model: ReadModel) -> None:
    builder.abandon(model)  # what a command left that was killed
    try:
        show(model.name, builder.build(model))
    except BaseException as error:
        with suppress(sqlite3.Error, TicketDomainError):  # then the next to build drops it
            builder.abandon(model)
        if isinstance(error, KeyboardInterrupt):
            print(f"{model.name}: interrupted, and left as it was", file=sys.stderr)
        raise


@contextmanager
def _builder(projector: Projector) -> Generator[Builder]:
    """Be the only one who builds; a service builds too, when it has something to build."""
    lock = building(projector.views.path)
    if not lock.take():
        msg = "read models are being built by another process: `projections status` tells how far"
        raise ReadModelError(msg)
    try:
        _make_file(projector)
        yield Builder(projector)
    finally:
        lock.release()


def _make_file(projector: Projector) -> None:
    """Make the file, or make it anew, unless a service is there to see to it."""
    lock = following(projector.views.path)
    if not lock.take():
        return
    try:
        projector.open()
    except ReadModelDamagedError:
        projector.views.remove()
        projector.open()
    finally:
        lock.release()


@projections.command(
    epilog=examples(
        "ticketdomain projections retry",
        "ticketdomain projections retry ticket_4f1d2c93ab58e07716aa",
    )
)
@CONFIG
@click.argument("ticket", metavar="[TICKET]", required=False)
def retry(config: Path | None, ticket: str | None) -> None:
    """Take parked tickets in again, all or one, with the events that wait."""
    with _projector(config) as projector:
        before = projector.parked()
        if ticket is not None and ticket not in before:
            msg = f"{ticket} is not parked"
            raise ReadModelError(msg)
        tried = before if ticket is None else [ticket]
        projector.retry(tried)
        parked = set(projector.parked())
    for each in tried:
        print(f"{each}: {'still parked' if each in parked else 'taken in'}")
    _refuse_parked([each for each in tried if each in parked])


def _refuse_parked(still: Sequence[str]) -> None:
    if still:
        msg = f"still parked: {len(still)}; `projections status` tells why"
        raise ReadModelError(msg)


@contextmanager
def _projector(config: Path | None) -> Generator[Projector]:
    """Work on the read models of the journal that the settings name.

    Raises:
        ReadModelError: their file cannot be read or written.
    """
    with open_service(read_settings(os.environ, config), create=False) as service:
        try:
            yield service.projector
        except sqlite3.Error as error:
            msg = f"{service.projector.views.path}: {error}"
            raise ReadModelError(msg) from error
