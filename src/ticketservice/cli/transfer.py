"""`ticketdomain export`, `import` and `backup`: a journal taken elsewhere, and back."""

import os
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from ticketdomain.journal import open_journal
from ticketdomain.transfer import export as lines_of
from ticketdomain.transfer import import_lines
from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.settings import read_settings

FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


@click.command(
    cls=Command,
    name="export",
    epilog=examples(
        "ticketdomain export journal.ndjson",
        "ticketdomain export | gzip > journal.ndjson.gz",
        "ticketdomain export | jq -r 'select(.line == \"event\") | .type' | sort | uniq -c",
    ),
)
@CONFIG
@click.argument("file", metavar="[FILE]", type=FILE, default="-")
def export(config: Path | None, file: Path) -> None:
    """Write the journal as lines of JSON, to stdout or a new file: everything, nothing is lost.

    The file is for its owner only: it holds internal notes. The service may run or not.
    """
    database = read_settings(os.environ, config).database
    with closing(open_journal(database, create=False)) as journal, _written(file) as out:
        for line in lines_of(journal):
            out.write(line)


@click.command(
    cls=Command,
    name="import",
    epilog=examples(
        "ticketdomain import journal.ndjson",
        "gunzip -c journal.ndjson.gz | ticketdomain import -",
    ),
)
@CONFIG
@click.argument("file", type=FILE)
def import_(config: Path | None, file: Path) -> None:
    """Take an exported journal into an empty one, whole or not at all, and verify it.

    A file that was cut off or altered is refused with the number of the line.
    """
    database = read_settings(os.environ, config).database
    with _read(file) as lines, closing(open_journal(database)) as journal:
        events = import_lines(journal, lines)
    print(f"{events} events imported and verified", file=sys.stderr)


@contextmanager
def _written(file: Path) -> Generator[BinaryIO]:
    """Write to stdout or a new file; one that could not be finished is removed."""
    if str(file) == "-":
        yield sys.stdout.buffer
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextmanager
def _read(file: Path) -> Generator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    with file.open("rb") as lines:
        yield lines
