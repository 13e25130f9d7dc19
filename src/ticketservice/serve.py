"""Runs the web application in a server process."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from functools import cache
from types import FrameType
from typing import TextIO

import uvicorn

from ticketservice import logs
from ticketservice.readiness import Readiness
from ticketservice.service import open_service, publish, utc_now
from ticketservice.settings import Settings
from ticketservice.sla_file import read_policies
from ticketservice.web.app import create_app
from ticketservice.web.observing import Asgi

# The desk's writer and the event loop share the interpreter's lock, and the writer asks for it
# again after every call to SQLite: at Python's 5 ms it mostly waits (`scripts/bench`).
SWITCH_SECONDS = 0.0002
GRACE_SECONDS = 20  # for requests in flight when told to stop


def serve_forever(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT; what is then in flight ends, and is on disk when answered.

    Raises:
        OSError: the address cannot be listened on.
        JournalError: the journal cannot be opened.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.set_up(settings.log_level, _stderr())
    # uvicorn raises the signal again when it is done: then what is open here gets closed too.
    signal.signal(signal.SIGTERM, _stop)
    policies = read_policies(settings.sla, settings.workflow, utc_now().date())
    address = (settings.host, settings.port)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with (
        socket.create_server(address, family=family, backlog=1024) as listener,
        open_service(settings) as service,
    ):
        asyncio.run(publish(service, policies))
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"ticketdomain serves on http://{host}:{port}", flush=True)
        app = create_app(service, _access_log(settings))
        _collect_garbage_seldom()
        Server(_config(app), service.readiness).run(sockets=[listener])


def _config(app: Asgi) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class Server(uvicorn.Server):
    """Is not ready any more from the moment on at which it is told to stop."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness) -> None:
        super().__init__(config)
        self._readiness = readiness

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._readiness.stopping = True
        super().handle_exit(sig, frame)


def _collect_garbage_seldom() -> None:
    """Leave what lives as long as the process out of collections, and make these rare: events and
    states hold no cycles, and looking for some takes an update's twelfth part."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def _access_log(settings: Settings) -> logs.AccessLog | None:
    wanted = settings.access_log and logging.getLogger().isEnabledFor(logging.INFO)
    return logs.AccessLog(_stderr()) if wanted else None


@cache
def _stderr() -> TextIO:
    """Give where the log goes; a process may be started without any stderr."""
    return sys.stderr or open(os.devnull, "w", encoding="utf-8")


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
