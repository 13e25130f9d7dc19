"""Takes what happens to tickets from the journal into read models, batch by batch."""

import logging
import sqlite3
from collections.abc import Sequence

from ticketdomain.errors import ReadModelDamagedError
from ticketdomain.journal import Journal, Reader
from ticketdomain.live import Folds, Live
from ticketprojections.views.file import Views
from ticketprojections.views.generations import Generation, Place, Source
from ticketprojections.views.read_model import ReadModel
from ticketprojections.views.reading import Batch, TicketReader
from ticketprojections.views.store import Store
from ticketprojections.views.taking import take

POSITIONS = 5_000  # in a batch
TICKETS = 250  # that are read whole in a batch

log = logging.getLogger(__name__)


class Projector:
    """What read models are filled by: each call is a transaction on them, whole or not at all.

    Several processes may do so: whoever finds that another has been there leaves it at that.

    Raises:
        JournalError: the journal cannot be read.
        ReadModelDamagedError: the read models have to be made anew.
        sqlite3.Error: they cannot be written now.
    """

    def __init__(
        self, journal: Journal, live: Live, views: Views, models: Sequence[ReadModel], folds: Folds
    ) -> None:
        self.views = views
        self.models = models
        self.journal = journal
        topics = {topic for model in models for topic in model.topics}
        self.tickets = TicketReader(live, folds, tuple(topics))
        self._left: set[int] = set()  # generations of another version, that ours does not fit into

    def open(self) -> None:
        """Make the file if it is not there, make sure that it is of this journal, and drop what
        nobody asks for any more."""
        self._left.clear()  # numbers begin anew with a file
        self.views.make()
        with self.views.writing() as store:
            source = store.source()
            if source is not None and source != self.source(source.position):
                msg = f"{self.views.path} is made of another journal, or of what this one has lost"
                raise ReadModelDamagedError(msg)
            for generation in store.generations("live"):
                if self.model(generation) is None:
                    store.retire(generation)
            for generation in store.generations():
                if generation.place == "old" or self.model(generation) is None:
                    store.drop(generation)

    def follow(self) -> bool:
        """Take the next batch into what answers; tell whether the journal's end is reached."""
        live = self._generations("live")
        if not live:
            return True
        after = min(generation.position for generation in live)
        with self.journal.reading() as reader:
            newest = reader.position()
            batch = self.tickets.between(reader, after, min(newest, after + POSITIONS))
            source = source_of(reader, batch.upto)
        if batch.upto > after:
            with self.views.writing() as store:
                now = store.generations("live")
                if any(generation not in now for generation in live):
                    return False  # another process has been here
                for generation in live:
                    if self._take(store, generation, batch):
                        store.reach(generation, max(batch.upto, generation.position))
                store.made_of(source)
        return batch.upto == newest

    def retry(self, ticket_ids: Sequence[str]) -> None:
        """Take parked tickets in with all their events, or see them parked again."""
        for first in range(0, len(ticket_ids), TICKETS):
            self._retry(ticket_ids[first : first + TICKETS])

    def parked(self) -> list[str]:
        """Name the tickets that some read model cannot take in."""
        with self.views.reading() as view:
            return sorted({each.ticket_id for each in view.parked()})

    def model(self, generation: Generation) -> ReadModel | None:
        """Give the read model that a generation is of, if this program has it."""
        return next((model for model in self.models if model.name == generation.model), None)

    def source(self, position: int) -> Source:
        """Give what tells the journal up to a position from any other."""
        with self.journal.reading() as reader:
            return source_of(reader, position)

    def _generations(self, place: Place) -> list[Generation]:
        """Give those that this program can write into."""
        with self.views.reading() as view:
            found = view.generations(place)
        return [each for each in found if self.model(each) and each.number not in self._left]

    def _retry(self, ticket_ids: Sequence[str]) -> None:
        with self.views.writing() as store:
            # Under the lock nobody passes their events by: what is read here is new enough.
            with self.journal.reading() as reader:
                batch = self.tickets.whole(reader, ticket_ids, reader.position())
            for generation in store.generations():
                if generation.place != "old":
                    self._take(store, generation, batch.of(store.parked_in(generation)), again=True)

    def _take(
        self, store: Store, generation: Generation, batch: Batch, *, again: bool = False
    ) -> bool:
        """Take a batch in, unless the tables are another version's and cannot hold it; `again`
        also what is parked."""
        model = self.model(generation)
        if model is None:
            return False
        try:
            with store.db.atomic():
                if again:
                    store.unpark(generation, batch.ticket_ids())
                take(store, generation, model, batch)
        except sqlite3.OperationalError as error:
            if generation.version == model.version or error.sqlite_errorname != "SQLITE_ERROR":
                raise
            log.warning("version %d of %s is left as it is", generation.version, model.name)
            self._left.add(generation.number)
            return False
        return True


def source_of(reader: Reader, position: int) -> Source:
    """Give what tells a journal up to a position from any other."""
    first, last = reader.at(1), reader.at(position)
    return Source(
        first.chain_hash.hex() if first else "", position, last.chain_hash.hex() if last else ""
    )
