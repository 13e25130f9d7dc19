"""The one door for a change: a line of waiting commands, and the one writer that decides them."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import TypeAlias

from ticketdomain.batch import Batch, Settled
from ticketdomain.change import Change, Outcome, Touch
from ticketdomain.errors import JournalError, JournalUnavailableError
from ticketdomain.journal import Journal
from ticketdomain.live import Live
from ticketdomain.measures import SECONDS, SIZES, Distribution
from ticketdomain.policies import STREAM, PublishPolicies
from ticketdomain.workflow import Workflow

MOST_IN_A_BATCH = 500
# Of a stream that any journal may have; a dry run, because it makes no event.
TOUCH = Change(stream=STREAM, command=Touch(), account="", dry_run=True)

log = logging.getLogger(__name__)


# With when it joined the line, by `perf_counter`.
Waiting: TypeAlias = tuple[Change, "asyncio.Future[Outcome]", float]
Answer: TypeAlias = tuple["asyncio.Future[Outcome]", Outcome | Exception]


class Desk:
    """Takes changes from any event loop, and commits all that waits in one transaction.

    `waited` are the seconds from joining the line until what was decided was committed, `batches`
    the numbers of changes in a transaction; those of transactions that failed are in neither.
    """

    def __init__(
        self, journal: Journal, live: Live, workflow: Workflow, clock: Callable[[], datetime]
    ) -> None:
        self._journal = journal
        self._live = live
        self._workflow = workflow
        self._clock = clock
        self._line: deque[Waiting] = deque()
        self._bell: SimpleQueue[bool] = SimpleQueue()
        self._rung = False
        self._settled = Settled()
        self.waited = Distribution(SECONDS)
        self.batches = Distribution(SIZES)
        self._closing = False
        self._writer = Thread(target=self._write, name="desk")
        self._writer.start()

    @property
    def open(self) -> bool:
        """Whether changes are taken."""
        return self._writer.is_alive() and not self._closing

    async def ask(self, change: Change) -> Outcome:
        """Wait until a change is decided and, if it changes anything, on disk.

        Raises:
            TicketDomainError: it was refused, or storage failed; see `errors`.
        """
        if not self.open:
            msg = "the desk is closed"
            raise JournalUnavailableError(msg)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._line.append((change, future, perf_counter()))
        if not self._rung:  # once for all that this turn of the loop brings
            self._rung = True
            loop.call_soon(self._bell.put, True)
        return await future

    async def check(self) -> None:
        """Wait in the line, as a change does, to see that storage takes a write.

        Raises:
            JournalError: it does not.
        """
        await self.ask(TOUCH)

    def close(self) -> None:
        """Decide all that waits, then stop."""
        self._closing = True
        self._bell.put(False)
        self._writer.join()

    def _write(self) -> None:
        more = True
        while more:
            more = self._bell.get()
            self._rung = False  # before the line is read: whoever comes later rings again
            while self._line:
                _deliver(self._commit(self._take()))

    def _take(self) -> list[Waiting]:
        """Take all that waits, up to a batch; but policies alone, so that whatever is decided on
        them finds them committed."""
        taken = [self._line.popleft()]
        while self._line and len(taken) < MOST_IN_A_BATCH:
            if _publishes(taken[-1]) or _publishes(self._line[0]):
                break
            taken.append(self._line.popleft())
        return taken

    def _commit(self, waiting: list[Waiting]) -> list[Answer]:
        """Decide each in turn under the write lock; answers hold once this has returned."""
        try:
            with self._journal.writing() as writer:
                batch = Batch(writer, self._live, self._workflow, self._clock(), self._settled)
                answers: list[Answer] = [
                    (future, _decide(batch, change)) for change, future, _ in waiting
                ]
                batch.write()
        except Exception as error:
            ids = [change.request_id for change, _, _ in waiting]
            log.exception("a batch of %d changes failed", len(ids), extra={"request_ids": ids})
            return [(future, error) for _, future, _ in waiting]
        self._measure(waiting)
        self._settled = batch.settled()
        self._live.keep(batch.states.values())
        self._journal.growth.announce(batch.position)
        return answers

    def _measure(self, committed: list[Waiting]) -> None:
        now = perf_counter()
        self.batches.add(len(committed))
        for _, _, since in committed:
            self.waited.add(now - since)


def _publishes(waiting: Waiting) -> bool:
    return isinstance(waiting[0].command, PublishPolicies)


def _decide(batch: Batch, change: Change) -> Outcome | Exception:
    """Decide one change; what goes wrong is its own, but a failure of storage is everybody's."""
    try:
        return batch.decide(change)
    except JournalError:
        raise
    except Exception as error:
        return error


def _deliver(answers: list[Answer]) -> None:
    """Wake each event loop once, however many of its requests are answered."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[Answer]] = defaultdict(list)
    for future, answer in answers:
        by_loop[future.get_loop()].append((future, answer))
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed, nobody waits any more
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(answers: list[Answer]) -> None:
    for future, answer in answers:
        if future.done():  # the client has gone
            continue
        if isinstance(answer, Outcome):
            future.set_result(answer)
        else:
            future.set_exception(answer)
