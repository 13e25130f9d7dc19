"""`ticketdomain backup`: a consistent copy while serving."""

import os
import sys
from contextlib import closing
from pathlib import Path

import click

from ticketdomain.errors import ProofError
from ticketdomain.journal import Journal, open_journal
from ticketdomain.proof import check
from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.settings import read_settings


@click.command(
    cls=Command,
    epilog=examples("ticketdomain backup /mnt/elsewhere/journal.db"),
)
@CONFIG
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(config: Path | None, file: Path) -> None:
    """Copy the journal into a new file, also while the service writes, and verify the copy.

    To restore it, stop the service, put the file in the journal's place, remove views.db, start.
    """
    database = read_settings(os.environ, config).database
    with closing(open_journal(database, create=False)) as journal:
        journal.back_up(file)
    with closing(open_journal(f"sqlite:///{file.absolute()}", create=False)) as copy:
        events = _checked(copy)
    print(f"{events} events copied and verified", file=sys.stderr)


def _checked(copy: Journal) -> int:
    """Give the number of its events.

    Raises:
        ProofError: it is not as it was written.
    """
    events = 0
    with copy.reading() as reader:
        broken = any(reader.integrity())
    for row, findings in check(copy.reading):
        events += row is not None
        broken = broken or bool(findings)
    if broken:
        msg = f"{copy.path} is a copy of a journal that is not as it was written: verify that"
        raise ProofError(msg)
    return events
