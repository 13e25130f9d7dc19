"""Holds read models against the journal: every row must be what the events make."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from msgspec import Struct

from ticketdomain.errors import ReadModelMissingError
from ticketprojections.views.generations import Generation, Parked, View
from ticketprojections.views.projector import Projector
from ticketprojections.views.read_model import Change, ReadModel

TICKETS = 500  # at once


class Difference(Struct, frozen=True):
    """Something in a read model that is not what a ticket's events make."""

    model: str
    ticket_id: str
    what: str


def left_out(projector: Projector) -> Iterator[str]:
    """Say which read models `check_read_models` does not look at, or not up to the journal's end.

    Raises:
        JournalError: the journal cannot be read.
        ReadModelError: they cannot be read.
    """
    for model in projector.models:
        try:
            with projector.views.reading() as view, projector.journal.reading() as reader:
                live, newest = view.live(model.name), reader.position()
        except ReadModelMissingError:
            yield f"read model {model.name}: not built yet, not looked at"
            continue
        if live.version != model.version:
            which = f"of version {live.version}, this program makes {model.version}"
            yield f"read model {model.name}: {which}, not looked at"
        elif live.position < newest:
            yield f"read model {model.name}: looked at up to position {live.position} of {newest}"


def check_read_models(projector: Projector) -> Iterator[Difference]:
    """Go through all tickets of all read models of this program's versions; those that change
    meanwhile are left out, and parked ones told by their names only. Memory is constant.

    Raises:
        JournalError: the journal cannot be read.
        ReadModelError: they cannot be read.
    """
    for model in projector.models:
        with suppress(ReadModelMissingError):
            with projector.views.reading() as view:
                if view.live(model.name).version != model.version:
                    continue
                parked = [each for each in view.parked() if _live(each, model)]
            for each in parked:
                yield Difference(model.name, each.ticket_id, f"is parked at version {each.version}")
            yield from _missing_or_other(projector, model)
            yield from _unknown(projector, model)


def _live(parked: Parked, model: ReadModel) -> bool:
    return (parked.model, parked.place) == (model.name, "live")


def _missing_or_other(projector: Projector, model: ReadModel) -> Iterator[Difference]:
    opened = 0
    while True:
        with projector.views.reading() as view, projector.journal.reading() as reader:
            live = view.live(model.name)
            begun = reader.begun(after=opened, upto=live.position)
            tickets = (each for each in begun if each[0].startswith("ticket_"))
            found = dict(islice(tickets, TICKETS))
            if not found or live.version != model.version:
                return
            parked = {each.ticket_id for each in view.parked() if _live(each, model)}
            batch = projector.tickets.whole(reader, found.keys() - parked, live.position)
            settled = [each for each in batch.changes if each.state.head.position <= live.position]
            yield from _differing(view, live, model, settled)
        opened = max(found.values())


def _differing(
    view: View, live: Generation, model: ReadModel, changes: Sequence[Change]
) -> Iterator[Difference]:
    for change in changes:
        for where in model.differing(view, live.table, change):
            yield Difference(model.name, change.ticket_id, _not_made(where))


def _not_made(where: str) -> str:
    return f"{where} is not what its events make"


def _unknown(projector: Projector, model: ReadModel) -> Iterator[Difference]:
    """Find rows of tickets that the journal has not, or has in another account."""
    table, column = model.tickets
    last = 0
    while True:
        with projector.views.reading() as view, projector.journal.reading() as reader:
            query = (
                f"SELECT rowid, {column}, account FROM {view.live(model.name).table(table)}"
                f" WHERE rowid > ? ORDER BY rowid LIMIT {TICKETS}"
            )
            rows = list(view.select(query, [last]))
            for ticket_id, account in dict.fromkeys((str(row[1]), row[2]) for row in rows):
                first = next(reader.stream(ticket_id, upto=1), None)
                if first is None or first.account != account:
                    yield Difference(model.name, ticket_id, _not_made(table))
        if not rows:
            return
        last = rows[-1][0]
