"""A lock between processes, on a file: it is let go when its holder ends, however it does."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """Held by one process at a time; made for its owner only, and never removed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock if nobody has it, and tell whether it is held now.

        Raises:
            OSError: the file cannot be made.
        """
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
            else:
                self._file = file
        return self._file is not None

    def release(self) -> None:
        """Let it go; it need not be held."""
        if self._file is not None:
            os.close(self._file)
        self._file = None


def following(views: Path) -> FileLock:
    """Give the lock of the process that follows the journal into a file of read models."""
    return FileLock(views.with_suffix(".lock"))


def building(views: Path) -> FileLock:
    """Give the lock of the process that builds read models in a file."""
    return FileLock(views.with_suffix(".build"))
