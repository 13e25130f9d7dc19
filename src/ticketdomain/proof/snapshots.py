"""Looks at stored snapshots: each must be what the events up to it make."""

from collections.abc import Iterator, Mapping
from itertools import groupby

import msgspec

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.journal import Head, Journal, Reader, Snapshot, decode
from ticketdomain.live import Folds, StreamState
from ticketdomain.proof.check import Finding


def check_snapshots(journal: Journal, folds: Mapping[str, Folds]) -> Iterator[Finding]:
    """Fold every stream that has snapshots anew; `folds` are those of `Live`, made known what they
    look up. Snapshots of folds and versions that this program has not are nobody's, and left alone.

    Raises:
        JournalError: it cannot be read.
    """
    stream: object = ""
    while True:
        with journal.reading() as reader:
            if (stream := reader.next_with_snapshots(stream)) is None:
                return
            if not isinstance(stream, str):
                yield Finding(0, "", 0, f"a snapshot is of {stream!r}, which is no stream's name")
                continue
            yield from _of_stream(reader, stream, folds.get(stream.partition("_")[0], ()))


def _of_stream(reader: Reader, stream: str, folds: Folds) -> Iterator[Finding]:
    state = StreamState(stream, folds, Head(), (None,) * len(folds))
    snapshots = reversed(list(reader.snapshots(stream)))
    for version, together in groupby(snapshots, key=lambda snapshot: snapshot.version):
        rows = list(reader.stream(stream, after=state.head.version, upto=version))
        try:
            state = state.after(
                [decode(row) for row in rows], rows[-1].head if rows else state.head
            )
        except UndecodableStreamError:  # which the check of events tells
            return
        for snapshot in together:
            if not _holds(state, snapshot):
                what = f"its snapshot for {snapshot.fold} is not what the events make"
                yield Finding(state.head.position, stream, version, what)


def _holds(state: StreamState, snapshot: Snapshot) -> bool:
    if state.head.version != snapshot.version:
        return False
    for fold, folded in zip(state.folds, state.states, strict=True):
        if (fold.name, fold.version) == (snapshot.fold, snapshot.fold_version):
            try:
                return bool(msgspec.json.decode(snapshot.state, type=fold.state) == folded)
            except (TypeError, ValueError, RecursionError):
                return False
    return True
