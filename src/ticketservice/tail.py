"""The journal's end, for those who wait for it to move: looked at once for all of them."""

import asyncio
from collections.abc import Callable

from ticketdomain.errors import JournalError

LOOK_SECONDS = 0.02


class Tail:
    """Wakes the coroutines of one event loop when the journal has grown, whoever wrote.

    `newest` gives its newest position; it is asked for only while somebody waits.
    """

    def __init__(self, newest: Callable[[], int]) -> None:
        self._newest = newest
        self._grown = asyncio.Condition()
        self._position = 0
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    async def beyond(self, position: int, seconds: float) -> None:
        """Wait until there is something at a higher position, for so many seconds at most."""
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds), self._grown:
                await self._grown.wait_for(lambda: self._position > position)
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    async def _look(self) -> None:
        while self._waiting:
            try:
                position = self._newest()  # some microseconds: no thread is worth it
            except JournalError:  # who waits reads next, and is told
                position = self._position
            if position > self._position:
                self._position = position
                async with self._grown:
                    self._grown.notify_all()
            await asyncio.sleep(LOOK_SECONDS)
