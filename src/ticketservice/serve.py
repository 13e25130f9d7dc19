"""Runs the web application in a server process."""

import logging
import socket

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
    address = (settings.host, settings.port)
    with (
        socket.create_server(address, backlog=1024) as listener,
        open_service(settings) as service,
    ):
        config = uvicorn.Config(
            create_app(service),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        host, port = listener.getsockname()[:2]
        print(f"ticketdomain serves on http://{host}:{port}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])
