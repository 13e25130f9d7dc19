"""Runs the web application in a server process."""

import logging
import signal
import socket
import sys

import uvicorn

from ticketservice.service import open_service
from ticketservice.settings import Settings
from ticketservice.web.app import create_app

GRACE_SECONDS = 20  # for requests in flight when told to stop


def serve_forever(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT; what is then in flight ends, and is on disk when answered.

    Raises:
        OSError: the address cannot be listened on.
        JournalError: the journal cannot be opened.
    """
    logging.basicConfig(level=settings.log_level.upper())
    # uvicorn raises the signal again when it is done: then what is open here gets closed too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = (settings.host, settings.port)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with (
        socket.create_server(address, family=family, backlog=1024) as listener,
        open_service(settings) as service,
    ):
        config = uvicorn.Config(
            create_app(service),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"ticketdomain serves on http://{host}:{port}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])
