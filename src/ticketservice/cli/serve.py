"""`ticketdomain serve`."""

import os
import signal
from pathlib import Path

import click

from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.settings import read_settings


@click.command(
    cls=Command,
    epilog=examples(
        "ticketdomain serve",
        "ticketdomain serve --host 0.0.0.0 --port 8080 --config /etc/ticketdomain.toml",
        "TICKETDOMAIN_DATABASE=sqlite:////srv/tickets/journal.db ticketdomain serve",
    ),
)
@CONFIG
@click.option("--host", help="The address to listen on; default 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; default 8000.")
def serve(config: Path | None, host: str | None, port: int | None) -> None:
    """Run the service until it is told to stop."""
    from ticketservice.serve import serve_forever  # which is slow, and no other command needs it

    if hasattr(signal, "SIGPIPE"):  # a client that hangs up must not end the service
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    serve_forever(read_settings(os.environ, config, host=host, port=port))
