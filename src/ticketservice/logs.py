"""Logs on stderr: JSON lines, or readable ones on a terminal; never what a caller wrote."""

import atexit
import logging
import sys
import threading
from asyncio import get_running_loop
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from errno import errorcode
from traceback import format_tb
from typing import TextIO

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import asdict
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor

# The id of the request that is being answered: visible ASCII, maybe the caller's own.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

FLUSH_SECONDS = 0.1

_stamp = structlog.processors.TimeStamper("iso", utc=True)
_for_people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
_encode_lines = msgspec.json.Encoder().encode_lines


def set_up(level: str, stream: TextIO) -> None:
    """Write to a stream all that is logged from a level on, warned of, or fails unexpectedly."""
    extra = ExtraAdder(["request_ids"])
    known: list[Processor] = [add_log_level, add_logger_name, extra, _without_values]
    meta = ProcessorFormatter.remove_processors_meta
    renderer = _for_people if stream.isatty() else structlog.processors.JSONRenderer()
    line: list[Processor] = [meta, _stamp, _with_request_id, renderer]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=known, processors=line))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.raiseExceptions = False  # else a full disk has the logging package write of its own
    logging.captureWarnings(capture=True)
    log = logging.getLogger(__name__)
    sys.excepthook = lambda _, error, __: log.critical("failed", exc_info=error)
    threading.excepthook = lambda failed: log.critical("a thread failed", exc_info=failed.exc_value)
    sys.unraisablehook = lambda failed: log.error("failed at its end", exc_info=failed.exc_value)


class AccessLine(Struct, kw_only=True, gc=False):
    """What is told of a request: its route instead of its address, nothing of its body.

    `key_id` is `None` where no valid key was given; `milliseconds` until the answer was sent.
    """

    timestamp: datetime
    level: str = "info"
    logger: str = "access"
    event: str = "request"
    request_id: str
    key_id: str | None
    method: str
    route: str
    status: int
    milliseconds: float


class AccessLog:
    """Writes the lines of a tenth of a second at once, past loggers, which take 4 to 10 µs a line:
    and every write would let go of the interpreter's lock, and wait until the desk's writer does.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._written = _readable if stream.isatty() else _json_lines
        self._lines: list[AccessLine] = []
        atexit.register(self._flush)

    def add(self, line: AccessLine) -> None:
        if not self._lines:
            get_running_loop().call_later(FLUSH_SECONDS, self._flush)
        self._lines.append(line)

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        with suppress(OSError, ValueError):  # a log that is full or closed stops no request
            self._stream.write(self._written(lines))
            self._stream.flush()


def _json_lines(lines: list[AccessLine]) -> str:
    return _encode_lines(lines).decode()


def _readable(lines: list[AccessLine]) -> str:
    return "".join(f"{_for_people(None, 'info', asdict(line))}\n" for line in lines)


def _with_request_id(_: object, __: str, line: EventDict) -> EventDict:
    if (request_id := REQUEST_ID.get()) is not None:
        line["request_id"] = request_id
    return line


def _without_values(_: object, __: str, line: EventDict) -> EventDict:
    """Tell of an exception where it was raised and of which type it is: its message may repeat
    what a caller wrote, and so may the arguments that asyncio lists."""
    _, error, _ = line.pop("exc_info", None) or (None, None, None)
    if error is not None:
        line["exception"] = "".join(_traceback(error)).rstrip()
    if line["logger"] == "asyncio":
        line["event"] = "a task failed" if error else line["event"].partition("\n")[0]
    line["event"] = line["event"].rstrip()
    return line


def _traceback(error: BaseException) -> Iterator[str]:
    for each in reversed(_chain(error)):
        yield "Traceback (most recent call last):\n"
        yield from format_tb(each.__traceback__)
        code = getattr(each, "sqlite_errorname", None) or errorcode.get(getattr(each, "errno", 0))
        yield " ".join(filter(None, [f"{type(each).__module__}.{type(each).__qualname__}", code]))
        yield "\n"


def _chain(error: BaseException) -> list[BaseException]:
    """Give an exception, then what it was raised from, and so on."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        context = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or context
    return chain
