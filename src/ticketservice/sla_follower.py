"""Keeps the board of SLA clocks at the journal's end, whoever writes."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from threading import Event, Lock, Thread
from time import perf_counter

from ticketdomain.errors import JournalError
from ticketdomain.journal import Journal, Reader
from ticketdomain.live import Live
from ticketprojections.sla import Sla
from ticketprojections.sla.board import Board, Counts

TICKETS = 50  # in a step of catching up
POSITIONS = 5_000  # in a step of following
PAUSE_SECONDS = 1.0  # when there is nothing to do
FAILED_PAUSE_SECONDS = 10.0
# Rest after a step, by the time that it took: requests need the interpreter as well.
REST = 4

log = logging.getLogger(__name__)


class SlaFollower:
    """A thread with a board: it begins with every ticket, in the order of their opening, then
    follows what is written to the journal, by this process or another."""

    def __init__(self, journal: Journal, live: Live, sla: Sla) -> None:
        self._journal = journal
        self._live = live
        self._sla = sla
        self._cold = Live({"ticket": (sla.fold,)}, sla.book.read, capacity=0)
        self._board = Board()
        self._lock = Lock()  # of the board
        self._position = 0
        self._caught_up = False
        self._closing = Event()
        self._thread = Thread(target=self._run, name="sla-follower")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop after the step that is under way; it need not have been started."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def counts(self, now: datetime) -> Mapping[int, Counts] | None:
        """Count clocks by priority; `None` as long as the board is behind the journal."""
        if not self._caught_up:
            return None
        with self._lock:
            return self._board.counts(now)

    def _run(self) -> None:
        steps, rest = self._steps(), 0.0
        while not self._closing.wait(rest):
            began = perf_counter()
            try:
                at_end = next(steps)
            except Exception:  # requests go on, and it may pass, as a full disk does
                log.exception("SLA clocks cannot be counted now")
                self._caught_up = False
                steps, rest = self._steps(), FAILED_PAUSE_SECONDS
                continue
            self._caught_up = self._caught_up or at_end
            rest = PAUSE_SECONDS if at_end else REST * (perf_counter() - began)

    def _steps(self) -> Iterator[bool]:
        """Work in steps, each a short look at the journal; tell whether its end is reached."""
        if not self._position:
            yield from self._begin()
        while True:
            yield self._follow()

    def _begin(self) -> Iterator[bool]:
        with self._journal.reading() as reader:
            position = reader.position()
        opened = 0
        while True:
            with self._journal.reading() as reader:
                openings = reader.feed(after=opened, topics=("ticket.opened",))
                rows = list(islice(openings, TICKETS))
                for row in rows:
                    self._put(reader, row.originator_id, position)
            if not rows:
                break
            opened = rows[-1].position
            yield False
        self._position = position

    def _follow(self) -> bool:
        with self._journal.reading() as reader:
            newest = reader.position()
            upto = min(newest, self._position + POSITIONS)
            for stream, position in list(reader.touched(after=self._position, upto=upto)):
                self._put(reader, stream, position)
        self._position = upto
        return upto == newest

    def _put(self, reader: Reader, stream: str, position: int) -> None:
        """Note how a stream stands, if it is a ticket, at a position of the journal or later."""
        if not stream.startswith("ticket_"):
            return
        state = self._live.peek(stream)
        try:
            if state is None or state.head.position < position:
                state = self._cold.newest(reader, stream)
            clocks = state.of(self._sla.fold)
        except JournalError:
            raise
        except Exception as error:  # one ticket's, and no reason to leave out all others
            log.warning("the SLA clocks of %s are left out: %s", stream, type(error).__name__)
            clocks = None
        with self._lock:
            if clocks is None:
                self._board.remove(stream)
            else:
                self._board.put(stream, clocks)
