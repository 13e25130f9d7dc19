"""The states of folds on single streams: read from the journal, and kept warm."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeAlias, cast

import msgspec
from msgspec import Struct

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import Recorded
from ticketdomain.fold import Fold, State
from ticketdomain.journal import Head, Reader, Snapshot, decode

Folds: TypeAlias = tuple[Fold[Any], ...]

WARM_STREAMS = 2_000
REDACTION = "ticket.texts_redacted"


class StreamState(Struct, frozen=True):
    """Where a stream stands: its head, and what each of its folds makes of the events so far."""

    stream: str
    folds: Folds
    head: Head
    states: tuple[Any, ...]

    def of(self, fold: Fold[State]) -> State | None:
        """Give a fold's state, `None` before the first event."""
        return cast("State | None", self.states[self.folds.index(fold)])

    def after(self, recorded_events: Sequence[Recorded], head: Head) -> "StreamState":
        """Give the state after the events that follow in the stream up to `head`.

        Raises:
            UndecodableStreamError: a fold can make nothing of an event.
        """
        states = list(self.states)
        for recorded in recorded_events:
            try:
                for index, fold in enumerate(self.folds):
                    states[index] = fold.evolve(states[index], recorded)
            except UndecodableStreamError:
                raise  # of the policies
            except Exception as error:  # whatever a fold fails with, the event is at fault
                raise UndecodableStreamError(self.stream, recorded.version) from error
        return StreamState(self.stream, self.folds, head, tuple(states))

    def snapshots(self) -> list[Snapshot]:
        """Give the folds' states as bytes to be stored."""
        return [
            Snapshot(self.stream, self.head.version, fold.name, fold.version, encoded)
            for fold, state in zip(self.folds, self.states, strict=True)
            if (encoded := msgspec.json.encode(state))
        ]


def _nothing(_: Reader) -> None:
    """What folds look up that need nothing but their stream."""


class Live:
    """Folds of single streams, at their newest or at any version.

    `folds` names them by the kind of stream, which is what stands before its first underscore;
    `look_up` makes known to them, before they fold, what they need from other streams. Any thread
    may ask; what is kept warm is never relied on to be the newest. `hits` and `misses` count how
    often a state that was looked for was warm, and how often not (one may go uncounted when two
    threads count at once).
    """

    def __init__(
        self,
        folds: Mapping[str, Folds],
        look_up: Callable[[Reader], None] = _nothing,
        capacity: int = WARM_STREAMS,
    ) -> None:
        self._folds = folds
        self.look_up = look_up
        self._capacity = capacity
        self._warm: OrderedDict[str, StreamState] = OrderedDict()
        self._lock = Lock()
        self.hits = self.misses = 0

    def warm(self, stream: str) -> StreamState | None:
        """Give a state that the stream had lately, if one is kept: good for what never changes."""
        if (state := self.peek(stream)) is not None:
            self.hits += 1
        return state

    def peek(self, stream: str) -> StreamState | None:
        """Give what `warm` gives, uncounted."""
        return self._warm.get(stream)

    def newest(self, reader: Reader, stream: str) -> StreamState:
        """Give the newest state that the reader sees; version 0 if there is no such stream."""
        known = self.warm(stream)
        if known is None:
            self.misses += 1
            known = self._restored(reader, stream)
        state = self._after_rows(reader, known)
        if state.head.version:
            self.keep([state])
        return state

    def at(self, reader: Reader, stream: str, version: int) -> StreamState:
        """Give the state at a version, or the newest before it."""
        known = self._restored(reader, stream, version)
        return self._after_rows(reader, known, version)

    def keep(self, states: Iterable[StreamState]) -> None:
        """Keep states warm, at the cost of those least lately kept."""
        with self._lock:
            for state in states:
                self._warm[state.stream] = state
                self._warm.move_to_end(state.stream)
            while len(self._warm) > self._capacity:
                self._warm.popitem(last=False)

    def _after_rows(
        self, reader: Reader, known: StreamState, upto: int | None = None
    ) -> StreamState:
        rows = list(reader.stream(known.stream, after=known.head.version, upto=upto))
        if not rows:
            return known
        if known.head.version and any(row.topic == REDACTION for row in rows):
            # What is known was told by events that are now told otherwise.
            return self._after_rows(reader, self._nothing(known.stream), upto)
        self.look_up(reader)
        return known.after([decode(row) for row in rows], rows[-1].head)

    def _restored(self, reader: Reader, stream: str, upto: int | None = None) -> StreamState:
        """Begin at the newest snapshot of all folds that can be read, or else at nothing."""
        folds = self._folds[stream.partition("_")[0]]
        stored: dict[tuple[int, str, int], bytes] = {}
        for snapshot in reader.snapshots(stream, upto):
            stored[snapshot.version, snapshot.fold, snapshot.fold_version] = snapshot.state
            encoded = [stored.get((snapshot.version, each.name, each.version)) for each in folds]
            if state := _decoded(reader, stream, snapshot.version, folds, encoded):
                self.look_up(reader)  # for whoever asks what the state means
                return state
        return self._nothing(stream)

    def _nothing(self, stream: str) -> StreamState:
        """Give the state of a stream before its first event."""
        folds = self._folds[stream.partition("_")[0]]
        return StreamState(stream, folds, Head(), (None,) * len(folds))


def _decoded(
    reader: Reader, stream: str, version: int, folds: Folds, encoded: list[bytes | None]
) -> StreamState | None:
    row = next(reader.stream(stream, after=version - 1, upto=version), None)
    if row is None or None in encoded:
        return None
    try:
        states = tuple(
            msgspec.json.decode(each or b"", type=fold.state)
            for each, fold in zip(encoded, folds, strict=True)
        )
    except ValueError:  # a snapshot can be thrown away, the events say it all
        return None
    return StreamState(stream, folds, row.head, states)
