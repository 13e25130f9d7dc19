"""What one transaction decides: each change on the state that those before it have left."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct

from ticketdomain.change import Change, Outcome, Touch
from ticketdomain.commands import AddReply, OpenTicket, UpdateTicket
from ticketdomain.decide import decide
from ticketdomain.errors import (
    IdempotencyKeyReusedError,
    TicketNotFoundError,
    VersionMismatchError,
)
from ticketdomain.events import JournalEvent, Recorded
from ticketdomain.journal import Head, Remembered, Snapshot, StoredRow, Writer, encode
from ticketdomain.keys import KEY, IssueKey, RevokeKey, decide_key
from ticketdomain.live import Live, StreamState
from ticketdomain.policies import POLICIES, STREAM, PublishPolicies, decide_policies
from ticketdomain.ticket import TICKET
from ticketdomain.workflow import Workflow

REMEMBERED_FOR = timedelta(days=7)
SNAPSHOT_EVERY = 200  # events of a stream
MOST_KNOWN = 2_000  # streams


class Settled(Struct, frozen=True):
    """How streams stood when the journal's newest position was `position`.

    While it still is, no other process has written, and they need not be read again.
    """

    position: int = 0
    states: dict[str, StreamState] = {}


class Batch:
    """The changes of one transaction: decided one by one, written together."""

    def __init__(
        self, writer: Writer, live: Live, workflow: Workflow, now: datetime, last: Settled
    ) -> None:
        self.states: dict[str, StreamState] = {}
        self._writer = writer
        self._live = live
        self._workflow = workflow
        self._now = now
        self._position = writer.position()
        self._known = last.states
        if last.position != self._position:  # something is there that has not been seen
            self._known = {}
            live.look_up(writer)
        self._rows: list[StoredRow] = []
        self._snapshots: list[Snapshot] = []

    @property
    def position(self) -> int:
        """The journal's newest position, once this is written."""
        return self._position

    def decide(self, change: Change) -> Outcome:
        """Decide a change, and put it with what `write` writes.

        Raises:
            TicketDomainError: it is refused, and leaves nothing behind.
        """
        if (replayed := self._remembered(change)) is not None:
            return Outcome(replayed, replayed=True)
        before = self._newest(change.stream)
        if change.versions is not None and before.head.version not in change.versions:
            raise VersionMismatchError(change.stream, before.head.version)
        rows, after = self._record(change, self._events(change, before), before)
        if not change.dry_run:
            self._accept(change, rows, after)
        return Outcome(after)

    def write(self) -> None:
        """Write all events decided so far with one call, and the snapshots that came due."""
        self._writer.append(self._rows)
        self._writer.keep(self._snapshots)
        self._rows, self._snapshots = [], []

    def settled(self) -> Settled:
        """Give where the journal stands once this is committed: unknown after a publication, so
        that the next batch looks it up."""
        if STREAM in self.states:
            return Settled()
        known = {} if len(self._known) > MOST_KNOWN else self._known
        return Settled(self._position, {**known, **self.states})

    def _newest(self, stream: str) -> StreamState:
        known = self.states.get(stream) or self._known.get(stream)
        return known or self._live.newest(self._writer, stream)

    def _remembered(self, change: Change) -> StreamState | None:
        """Give the state that an earlier request with the same idempotency key was answered."""
        key = change.idempotency
        if key is None or change.dry_run:
            return None
        remembered = self._writer.remembered(change.account, key.address, key.key)
        if remembered is None:
            return None
        if remembered.request_hash != key.request_hash:
            raise IdempotencyKeyReusedError
        self.write()  # what it answered may be of this very batch
        return self._live.at(self._writer, remembered.stream, remembered.version)

    def _events(self, change: Change, before: StreamState) -> Sequence[JournalEvent]:
        match change.command:
            case IssueKey() | RevokeKey():
                return decide_key(change.command, before.of(KEY))
            case PublishPolicies():
                return decide_policies(change.command, before.of(POLICIES))
            case Touch():
                self._writer.touch()
                return ()
            case OpenTicket() | UpdateTicket() | AddReply():
                ticket = before.of(TICKET)
                if ticket and ticket.account != change.account:
                    raise TicketNotFoundError
                return decide(change.command, ticket, self._workflow)
            case _:
                assert_never(change.command)

    def _record(
        self, change: Change, events: Sequence[JournalEvent], state: StreamState
    ) -> tuple[list[StoredRow], StreamState]:
        """Put events into envelopes: one commit, one instant, never before the one before."""
        head, at = state.head, max(self._now, state.head.at or self._now)
        commit: list[Recorded] = []
        rows: list[StoredRow] = []
        for index, event in enumerate(events):
            recorded = Recorded(
                ticket_id=change.stream,
                version=head.version + 1,
                position=self._position + index + 1,
                at=at,
                by=change.by,
                request_id=change.request_id,
                event=event,
                account=change.account,
                commit=(index, len(events)),
            )
            row = encode(recorded, head.chain_hash, salt=os.urandom(16))
            head = Head(recorded.version, recorded.position, at, row.chain_hash)
            commit.append(recorded)
            rows.append(row)
        return rows, state.after(commit, head)

    def _accept(self, change: Change, rows: list[StoredRow], after: StreamState) -> None:
        due = after.head.version % SNAPSHOT_EVERY < len(rows)
        self._snapshots.extend(after.snapshots() if due else ())
        self._rows.extend(rows)
        self._position += len(rows)
        self.states[change.stream] = after
        if key := change.idempotency:
            remembered = Remembered(key.request_hash, change.stream, after.head.version)
            self._writer.remember(change.account, key.address, key.key, remembered, self._now)
            self._writer.forget(self._now - REMEMBERED_FOR)
