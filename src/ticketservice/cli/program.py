"""The program itself: how it begins, and how it ends."""

import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import click

from ticketdomain.errors import TicketDomainError
from ticketservice.cli.help import Group, examples
from ticketservice.plain_text import one_line
from ticketservice.settings import SettingsError

EXIT_CODES = """\
Exit codes
  0    done
  1    refused, not found, or storage failed: one line on stderr says why
  2    wrong usage
  130  interrupted
  141  whoever read the output has stopped, as head does"""

CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file; else TICKETDOMAIN_CONFIG, else ticketdomain.toml if it is there.",
)


@click.group(
    cls=Group,
    epilog=examples(
        "ticketdomain keys create --account acme --name shop --scope tickets:write",
        "ticketdomain serve --port 8080",
        "ticketdomain audit ticket_4f1d2c93ab58e07716aa",
        also=EXIT_CODES,
    ),
)
@click.version_option(package_name="ticketdomain")
def program() -> None:
    """An event-sourced ticket service: every update becomes events."""


def main() -> None:
    """Run the program and exit."""
    _be_a_good_filter()
    try:
        program(standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()  # here, where it is told if that fails
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (SettingsError, TicketDomainError, OSError) as error:
        _fail(str(error), 1)


def _be_a_good_filter() -> None:
    """End silently when nobody reads any more, and print what the terminal's encoding lacks."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, TextIOWrapper):
        # pyright knows no type of the buffer below
        sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportUnknownMemberType]


def _fail(message: str, code: int) -> NoReturn:
    with suppress(OSError, AttributeError):  # there may be none
        sys.stdout.close()  # which would else be flushed again at the end, and fail again
    print("ticketdomain:", one_line(" ".join(message.split())), file=sys.stderr)
    sys.exit(code)
