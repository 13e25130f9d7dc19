"""`ticketdomain audit`: what happened to a ticket, or how it stood."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import click
import msgspec

from ticketdomain.fields import instant
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET, Ticket
from ticketprojections.sla import SlaMetrics
from ticketservice.audit import reading
from ticketservice.audit.layout import Page
from ticketservice.audit.moments import Moment, Timeline
from ticketservice.audit.state import heading_lines, sla_lines, ticket_lines
from ticketservice.audit.timeline import moment_lines
from ticketservice.cli.help import Command, examples
from ticketservice.cli.program import CONFIG
from ticketservice.plain_text import in_json
from ticketservice.service import Service, open_service
from ticketservice.settings import read_settings


class Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            return instant(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value} is no instant such as 2026-11-23T12:00:00Z", param, ctx)


@click.command(
    cls=Command,
    epilog=examples(
        "ticketdomain audit ticket_4f1d2c93ab58e07716aa",
        "ticketdomain audit ticket_4f1d2c93ab58e07716aa --as-of 2026-11-23T12:00:00Z",
        "ticketdomain audit ticket_4f1d2c93ab58e07716aa --json | jq '.[] | select(.sla != [])'",
        "FORCE_COLOR=1 ticketdomain audit ticket_4f1d2c93ab58e07716aa | less -R",
    ),
)
@CONFIG
@click.argument("ticket_id", metavar="TICKET")
@click.option("--version", type=click.IntRange(1, 2**63 - 1), help="How it stood at this version.")
@click.option("--as-of", type=Instant(), help="How it stood at this instant (RFC 3339).")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one update a line.")
def audit(
    config: Path | None,
    ticket_id: str,
    version: int | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Tell a ticket's whole story: who changed what, when, from what to what.

    With --version or --as-of, how it stood then, with its SLA metrics. It reads the journal itself,
    whatever account the ticket is of; the service may run or not. Instants are in UTC.
    """
    if version is not None and as_of is not None:
        msg = "--version and --as-of cannot be used together"
        raise click.UsageError(msg)
    with open_service(read_settings(os.environ, config), create=False) as service:
        if version is not None:
            state = reading.at_version(service, ticket_id, version)
            _tell_state(service, state, state.head.at, as_json)
        elif as_of is not None:
            _refuse_future(as_of, service.clock())
            _tell_state(service, reading.as_of(service, ticket_id, as_of), as_of, as_json)
        else:
            _tell_story(service, reading.newest(service, ticket_id), as_json)


def _refuse_future(as_of: datetime, now: datetime) -> None:
    if as_of > now:
        msg = "--as-of must not be in the future"
        raise click.BadParameter(msg)


def _tell_state(
    service: Service, state: StreamState, moment: datetime | None, as_json: bool
) -> None:
    ticket = _ticket(state)
    metrics = service.sla.metrics(state, moment or ticket.updated_at)
    if as_json:
        print(_json(_in_full(ticket, metrics)))
        return
    page = Page()
    page.write(heading_lines(page, ticket))
    page.write(ticket_lines(page, ticket))
    page.write(sla_lines(page, metrics))


def _tell_story(service: Service, state: StreamState, as_json: bool) -> None:
    now = service.clock()
    names = {key.id: key.name for key in service.keys.all()}
    timeline = Timeline(state.stream, service.sla, names)
    moments = _moments(service, timeline, state, now)
    if as_json:
        _print_array(moments)
        return
    page = Page()
    page.write(heading_lines(page, _ticket(state)))
    for moment in moments:
        page.write(moment_lines(page, moment))
    page.write(sla_lines(page, service.sla.metrics(state, max(now, state.head.at or now))))


def _moments(
    service: Service, timeline: Timeline, state: StreamState, now: datetime
) -> Iterator[Moment]:
    yield from timeline.moments(reading.rows(service.journal, state.stream, state.head.version))
    yield from timeline.until(now)


def _ticket(state: StreamState) -> Ticket:
    ticket = state.of(TICKET)
    assert ticket is not None
    return ticket


def _print_array(items: Iterable[Moment]) -> None:
    """Print a JSON array as its items come, each on a line of its own."""
    before = "["
    for item in items:
        print(f"{before}\n{_json(item)}", end="")
        before = ","
    print("\n]")


def _in_full(ticket: Ticket, metrics: SlaMetrics | None) -> dict[str, object]:
    return {**msgspec.to_builtins(ticket), "sla": metrics}


def _json(item: object) -> str:
    return in_json(msgspec.json.encode(item).decode())
