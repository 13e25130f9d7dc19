"""The program `ticketdomain`, one file per command or group of commands."""

from ticketservice.cli.audit import audit
from ticketservice.cli.backup import backup
from ticketservice.cli.demo import demo
from ticketservice.cli.keys import keys
from ticketservice.cli.program import main, program
from ticketservice.cli.projections import projections
from ticketservice.cli.record import seal, verify
from ticketservice.cli.redact import redact
from ticketservice.cli.serve import serve
from ticketservice.cli.sla import sla
from ticketservice.cli.transfer import export, import_

__all__ = ["main", "program", "serve"]

COMMANDS = (
    serve,
    keys,
    sla,
    audit,
    projections,
    verify,
    seal,
    redact,
    export,
    import_,
    backup,
    demo,
)

for command in COMMANDS:
    program.add_command(command)
