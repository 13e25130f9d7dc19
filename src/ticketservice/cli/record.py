"""`ticketdomain seal` and `verify`: what proves that a journal is what was written."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from ticketdomain.errors import ProofError, UndecodableStreamError
from ticketdomain.journal import Journal, StoredRow, open_journal
from ticketdomain.proof import Finding, Seal, broken, check, check_snapshots
from ticketdomain.proof import seal as seal_of
from ticketprojections.views.checking import Difference, check_read_models, left_out
from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.plain_text import one_line
from ticketservice.service import Service, folds, open_service, utc_now
from ticketservice.settings import read_settings

EACH = 1_000  # events, after which the bar moves


@click.command(
    cls=Command,
    epilog=examples(
        "ticketdomain seal | tee -a /mnt/elsewhere/seals > seal.json",
        "ticketdomain verify --seal seal.json",
    ),
)
@CONFIG
def seal(config: Path | None) -> None:
    """Print a digest of the whole journal up to now: one line of JSON, to be kept elsewhere.

    With it `verify --seal` proves that this part of the journal is still what it was.
    """
    with closing(_journal(config)) as journal:
        print(msgspec.json.encode(seal_of(journal, utc_now())).decode())


@click.command(
    cls=Command,
    epilog=examples("ticketdomain verify", "ticketdomain verify --seal seal.json"),
)
@CONFIG
@click.option(
    "--seal",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a seal: what it covers must be what was sealed.",
)
def verify(config: Path | None, file: Path | None) -> None:
    """Go through the whole journal, and name all that is not as it was written: events, snapshots,
    and rows of read models that events do not make.

    The service may run or not. Exits with 1 if anything is named.
    """
    kept = _read_seal(file) if file else None
    with open_service(read_settings(os.environ, config), create=False) as service:
        with service.journal.reading() as reader:
            wrong = _tell(f"the file itself: {what}" for what in reader.integrity())
        events = newest = 0
        for row, findings in _with_bar(service.journal):
            events += row is not None
            newest = row.position if row else newest
            wrong += _tell(map(_told, findings))
        if kept is not None:
            wrong += _tell(_unsealed(service.journal, kept, newest))
        wrong += _tell(_derived(service))
    if wrong:
        msg = f"{wrong} faults in {events} events"
        raise ProofError(msg)
    print(f"{events} events, each as it was written{'' if kept is None else '; the seal holds'}")


def _with_bar(journal: Journal) -> Iterator[tuple[StoredRow | None, list[Finding]]]:
    """Check the journal, with a bar on a terminal."""
    console = Console(stderr=True)
    with journal.reading() as reader:
        total = reader.position()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("verifying", total=total)
        for row, findings in check(journal.reading):
            if row is not None and row.position % EACH == 0:
                bar.update(task, completed=row.position)
            yield row, findings


def _unsealed(journal: Journal, kept: Seal, newest: int) -> Iterator[str]:
    found = seal_of(journal, utc_now(), upto=kept.position)
    for what in broken(kept, found, newest):
        yield f"seal of {kept.at:%Y-%m-%d %H:%M:%S} UTC: {what}"


def _derived(service: Service) -> Iterator[str]:
    """Look at what is made of events, as far as they can be read."""
    for note in left_out(service.projector):
        print(one_line(note))
    for look in (_snapshots, _read_models):
        try:
            yield from look(service)
        except UndecodableStreamError as error:
            yield f"what is made of events could not be looked at to the end: {error}"


def _snapshots(service: Service) -> Iterator[str]:
    with service.journal.reading() as reader:
        service.sla.book.read(reader)
    return map(_told, check_snapshots(service.journal, folds(service.sla)))


def _read_models(service: Service) -> Iterator[str]:
    return map(_differs, check_read_models(service.projector))


def _tell(faults: Iterable[str]) -> int:
    """Print faults, and count them."""
    count = 0
    for what in faults:
        count += 1
        print(one_line(what))
    return count


def _differs(difference: Difference) -> str:
    return f"read model {difference.model}: {difference.ticket_id}: {difference.what}"


def _told(finding: Finding) -> str:
    place = f"{finding.stream} version {finding.version}: " if finding.stream else ""
    position = f"position {finding.position}: " if finding.position else ""
    return f"{position}{place}{finding.what}"


def _journal(config: Path | None) -> Journal:
    return open_journal(read_settings(os.environ, config).database, create=False)


def _read_seal(file: Path) -> Seal:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Seal)
    except OSError as error:
        msg = f"{file}: {error.strerror}"
        raise click.UsageError(msg) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"{file} holds no seal, which is one line as ticketdomain seal prints it"
        raise click.UsageError(msg) from error
