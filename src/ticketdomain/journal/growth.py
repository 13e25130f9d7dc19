"""Tells those who follow the journal that this process has written to it."""

from threading import Condition


class Growth:
    """The newest position that this process has written, 0 before the first; any thread may wait.

    What other processes write is not told here: the journal's own position tells it.
    """

    def __init__(self) -> None:
        self.position = 0
        self._changed = Condition()

    def announce(self, position: int) -> None:
        """Tell that everything up to a position is committed."""
        with self._changed:
            self.position = max(position, self.position)
            self._changed.notify_all()

    def wait(self, after: int, seconds: float) -> None:
        """Wait until something is written past a position, but no longer than so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.position > after, seconds)
