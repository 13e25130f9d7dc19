"""The program `ticketdomain`, one file per command or group of commands."""

from ticketservice.cli.audit import audit
from ticketservice.cli.demo import demo
from ticketservice.cli.keys import keys
from ticketservice.cli.program import main, program
from ticketservice.cli.projections import projections
from ticketservice.cli.serve import serve
from ticketservice.cli.sla import sla

__all__ = ["main", "program", "serve"]

for command in (serve, keys, sla, audit, projections, demo):
    program.add_command(command)
