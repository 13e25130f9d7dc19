"""A ticket's timeline: its updates, and between them the moments at which a target ran out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby

from msgspec import Struct

from ticketdomain.events import Actor
from ticketdomain.journal import Head, StoredRow, decode
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET
from ticketprojections.history import FieldChange, entries
from ticketprojections.sla import Breach, Sla
from ticketservice.audit.milestones import Milestone, breaches, ends, of_breach, ran_out


class Who(Struct, frozen=True):
    """Who did it, with the name of the key, if it is known."""

    key_id: str
    key_name: str | None
    on_behalf_of: str | None


class Moment(Struct, frozen=True, kw_only=True):
    """An update, `version` is the ticket's after it; or, without changes, a target running out."""

    at: datetime
    version: int
    by: Who | None = None
    request_id: str | None = None
    changes: tuple[FieldChange, ...] = ()
    sla: tuple[Milestone, ...] = ()


class Timeline:
    """Tells a ticket's moments from its rows, oldest first, holding no more than one commit."""

    def __init__(self, ticket_id: str, sla: Sla, key_names: Mapping[str, str]) -> None:
        self._sla = sla
        self._names = key_names
        self._state = StreamState(ticket_id, (TICKET, sla.fold), Head(), (None, None))
        self._told: set[Breach] = set()

    def moments(self, rows: Iterable[StoredRow]) -> Iterator[Moment]:
        """Tell what the ticket's rows, from the first on, say.

        Raises:
            UndecodableStreamError: an event cannot be read.
        """
        for _, commit in groupby(rows, key=_commit):
            yield from self._of_commit(list(commit))

    def until(self, now: datetime) -> Iterator[Moment]:
        """Tell the targets that have run out since the newest update."""
        metrics = self._sla.metrics(self._state, max(now, self._state.head.at or now))
        for breach in metrics.breaches if metrics else ():
            if self._tell(breach):
                yield self._passed(breach)

    def _of_commit(self, rows: list[StoredRow]) -> Iterator[Moment]:
        recorded_events = [decode(row) for row in rows]
        before, self._state = self._state, self._state.after(recorded_events, rows[-1].head)
        was, is_now = before.of(self._sla.fold), self._state.of(self._sla.fold)
        assert is_now is not None
        fresh = [breach for breach in breaches(was, is_now) if self._tell(breach)]
        version = before.head.version
        yield from (self._passed(each, version) for each in fresh if ran_out(was, each))
        late = [of_breach(each) for each in fresh if not ran_out(was, each)]
        for entry in entries(before.of(TICKET), recorded_events):
            yield Moment(
                at=entry.at,
                version=entry.version,
                by=self._who(entry.by),
                request_id=entry.request_id,
                changes=entry.changes,
                sla=(*late, *ends(was, is_now)),
            )

    def _tell(self, breach: Breach) -> bool:
        new = breach not in self._told
        self._told.add(breach)
        return new

    def _passed(self, breach: Breach, version: int | None = None) -> Moment:
        version = self._state.head.version if version is None else version
        return Moment(at=breach.breached_at, version=version, sla=(of_breach(breach),))

    def _who(self, by: Actor | None) -> Who | None:
        return None if by is None else Who(by.key_id, self._names.get(by.key_id), by.on_behalf_of)


def _commit(row: StoredRow) -> int:
    return row.originator_version - row.commit_index
