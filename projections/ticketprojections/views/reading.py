"""Tickets as read models take them in: what has happened since, or all there is of one."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from math import inf

from msgspec import Struct

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import Recorded, TextsRedacted
from ticketdomain.journal import Head, Reader, decode
from ticketdomain.live import REDACTION, Folds, Live, StreamState
from ticketprojections.views.read_model import Change


class Batch(Struct, frozen=True):
    """What has become of tickets up to a position; those that cannot be read, apart, from which
    version on they cannot."""

    upto: int
    changes: Sequence[Change]
    unreadable: Mapping[str, UndecodableStreamError]

    def of(self, ticket_ids: Container[str]) -> "Batch":
        """Give what is of some tickets only."""
        return Batch(
            self.upto,
            [each for each in self.changes if each.ticket_id in ticket_ids],
            {name: error for name, error in self.unreadable.items() if name in ticket_ids},
        )

    def ticket_ids(self) -> list[str]:
        return [*(each.ticket_id for each in self.changes), *self.unreadable]


class TicketReader:
    """Gives tickets as of `folds`, which `live` must have too: what it has warm is not read again.

    `topics` are the types of events that a change has to bring along.
    """

    def __init__(self, live: Live, folds: Folds, topics: Iterable[str]) -> None:
        self._live = live
        self._cold = Live({"ticket": folds}, live.look_up, capacity=0)
        self._folds = folds
        self._topics = tuple({*topics, REDACTION})

    def between(self, reader: Reader, after: int, upto: int) -> Batch:
        """Give the tickets with events at positions over `after`, up to `upto` included."""
        self._live.look_up(reader)  # without policies no ticket can be read, nor blamed for it
        events: defaultdict[str, list[Recorded]] = defaultdict(list)
        unreadable: dict[str, UndecodableStreamError] = {}
        for row in reader.feed(after=after, topics=self._topics, upto=upto):
            try:
                events[row.originator_id].append(decode(row))
            except UndecodableStreamError as error:
                unreadable.setdefault(row.originator_id, error)
        redacted = {stream for stream, told in events.items() if any(map(_is_redaction, told))}
        changes: list[Change] = []
        for stream, position in list(reader.touched(after=after, upto=upto)):
            apart = stream in redacted or stream in unreadable
            if stream.startswith("ticket_") and not apart:
                try:
                    state = self._state(reader, stream, position)
                    changes.append(Change(state, events.get(stream, ())))
                except UndecodableStreamError as error:
                    unreadable[stream] = error
        # What was taken in of these is now told otherwise.
        anew = self.whole(reader, sorted(redacted - unreadable.keys()), upto)
        return Batch(upto, [*changes, *anew.changes], {**unreadable, **anew.unreadable})

    def whole(
        self,
        reader: Reader,
        streams: Iterable[str],
        upto: int,
        folds: Folds | None = None,
        most: float = inf,
    ) -> Batch:
        """Give tickets with all their events, as the reader sees them; none of a stream that is
        not there. `folds` are all, or some. After `most` events the streams that follow are left
        out."""
        folds = folds or self._folds
        nothing = (None,) * len(folds)
        self._live.look_up(reader)
        changes: list[Change] = []
        unreadable: dict[str, UndecodableStreamError] = {}
        for stream in streams:
            if most <= 0:
                break
            rows = list(reader.stream(stream))
            most -= len(rows)
            if not rows:
                continue
            try:
                recorded = [decode(row) for row in rows]
                state = StreamState(stream, folds, Head(), nothing).after(recorded, rows[-1].head)
            except UndecodableStreamError as error:
                unreadable[stream] = error
            else:
                asked = zip(rows, recorded, strict=True)
                told = [each for row, each in asked if row.topic in self._topics]
                changes.append(Change(state, told, whole=True))
        return Batch(upto, changes, unreadable)

    def _state(self, reader: Reader, stream: str, position: int) -> StreamState:
        """Give how a ticket stands at a position, or later."""
        warm = self._live.peek(stream)
        if warm is not None and warm.head.position >= position:
            return warm
        return self._cold.newest(reader, stream)


def _is_redaction(recorded: Recorded) -> bool:
    return isinstance(recorded.event, TextsRedacted)
