"""Builds read models anew beside those that answer, and puts them in their place."""

from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from ticketdomain.errors import ReadModelError
from ticketprojections.views.generations import Generation
from ticketprojections.views.projector import POSITIONS, TICKETS, Projector, source_of
from ticketprojections.views.read_model import ReadModel
from ticketprojections.views.taking import take

EVENTS = 10_000  # in a step


class Progress(Struct, frozen=True):
    """How far a read model is built: `done` of so many positions of the journal, and the number
    of `events` that were taken in last."""

    model: str
    done: int
    total: int
    events: int = 0


class Builder:
    """Builds in steps of about so many events, each a transaction on the read models. One at a time
    may do so."""

    def __init__(self, projector: Projector, events: int = EVENTS) -> None:
        self._projector = projector
        self._events = events
        self._views = projector.views
        self._journal = projector.journal

    def wanted(self) -> list[ReadModel]:
        """Give the read models that do not answer in this program's version."""
        with self._views.reading() as view:
            live = {(each.model, each.version) for each in view.generations("live")}
        return [each for each in self._projector.models if (each.name, each.version) not in live]

    def left_behind(self) -> list[ReadModel]:
        """Give the read models that answer, and of which the same version was begun to be built:
        by a command that is at it, or was killed."""
        with self._views.reading() as view:
            live = {(each.model, each.version) for each in view.generations("live")}
            begun = {(each.model, each.version) for each in view.generations("building")}
        return [
            each for each in self._projector.models if (each.name, each.version) in live & begun
        ]

    def begin(self, model: ReadModel) -> None:
        """Make tables to build in, unless a build of this version was begun and not ended."""
        with self._views.writing() as store:
            for begun in store.generations("building"):
                if begun.model == model.name:
                    if begun.version == model.version:
                        return
                    store.drop(begun)
            with self._journal.reading() as reader:
                source = source_of(reader, reader.position())
            store.begin(model, source.position)
            store.made_of(source)

    def abandon(self, model: ReadModel) -> None:
        """Let go of what was begun; what answers is not touched."""
        with self._views.writing() as store:
            for begun in store.generations("building"):
                if begun.model == model.name:
                    store.drop(begun)

    def build(self, model: ReadModel) -> Iterator[Progress]:
        """Build to the end, step by step as the iteration goes on.

        Raises:
            ReadModelError: what was begun is gone: the file was removed, or somebody else built.
        """
        self.begin(model)
        begun = self._begun(model)
        while (progress := self.step(model)) is not None:
            yield progress
        with self._views.reading() as view:
            if begun is None or view.live(model.name).number != begun.number:
                msg = f"what was begun of {model.name} is gone"
                raise ReadModelError(msg)

    def step(self, model: ReadModel) -> Progress | None:
        """Do some more of what was begun; `None` once it answers."""
        begun = self._begun(model)
        if begun is None:
            return None
        if begun.opened is not None:
            return self._take_in(model, begun, begun.opened)
        return self._catch_up(model, begun)

    def _begun(self, model: ReadModel) -> Generation | None:
        with self._views.reading() as view:
            return next((e for e in view.generations("building") if e.model == model.name), None)

    def _take_in(self, model: ReadModel, begun: Generation, opened: int) -> Progress:
        """Take the next tickets in whole, in the order of their opening."""
        with self._journal.reading() as reader:
            # Whatever their first events say: they may be unreadable.
            streams = reader.begun(after=opened, upto=begun.position)
            found = dict(islice(filter(_of_ticket, streams), TICKETS))
            read = self._projector.tickets.whole
            batch = read(reader, found, begun.position, model.folds, most=self._events)
        reached = max((found[each] for each in batch.ticket_ids()), default=None)
        with self._views.writing() as store:
            if begun in store.generations("building"):
                take(store, begun, model, batch)
                store.reach(begun, begun.position, reached)
        events = sum(change.state.head.version for change in batch.changes)
        return Progress(model.name, reached or begun.position, begun.position, events)

    def _catch_up(self, model: ReadModel, begun: Generation) -> Progress | None:
        """Take in what has happened since; once little is left, do so under the lock, and swap."""
        with self._journal.reading() as reader:
            newest = reader.position()
        last = newest - begun.position <= POSITIONS
        with self._views.writing() as store:
            if begun not in store.generations("building"):
                return Progress(model.name, begun.position, newest)
            with self._journal.reading() as reader:
                upto = reader.position() if last else begun.position + POSITIONS
                batch = self._projector.tickets.between(reader, begun.position, upto)
                source = source_of(reader, upto)
            take(store, begun, model, batch)
            store.reach(begun, upto)
            store.made_of(source)
            if last:
                store.swap(begun, model)
        if not last:
            return Progress(model.name, upto, newest, POSITIONS)
        self._drop_old(model)
        return None

    def _drop_old(self, model: ReadModel) -> None:
        with self._views.writing() as store:
            for generation in store.generations("old"):
                if generation.model == model.name:
                    store.drop(generation)


def _of_ticket(begun: tuple[str, int]) -> bool:
    return begun[0].startswith("ticket_")
