"""Tells how a ticket stood at a moment, with its SLA metrics then."""

from collections.abc import Iterator

from rich.text import Text

from ticketdomain.json_values import leaves
from ticketdomain.ticket import Ticket
from ticketprojections.sla import ClockMetrics, SlaMetrics
from ticketprojections.sla.metrics import CLOCKS
from ticketservice.audit.layout import Page, Row
from ticketservice.audit.words import (
    CLOCK_STYLES,
    CLOCK_WORDS,
    NOTHING,
    custom_value,
    duration,
    instant,
    value,
)
from ticketservice.plain_text import block, one_line

FIELDS = ("status", "priority", "category", "assigned_to", "requester_id", "due_date")
INSTANTS = ("created_at", "updated_at", "resolved_at", "closed_at")


def heading_lines(page: Page, ticket: Ticket) -> Iterator[Text]:
    """Tell which ticket it is, and an empty line."""
    yield from page.wrapped(Text(one_line(ticket.subject), "bold"))
    facts = (ticket.id, f"account {one_line(ticket.account)}", f"version {ticket.version}")
    yield from page.wrapped(Text(" · ".join(facts), "dim"))
    yield Text()


def ticket_lines(page: Page, ticket: Ticket) -> Iterator[Text]:
    """Tell all fields of a ticket, and an empty line."""
    rows = [(name, Text(value(getattr(ticket, name)))) for name in FIELDS]
    rows.append(("tags", Text(", ".join(map(one_line, ticket.tags)) or NOTHING)))
    for path, leaf in leaves(ticket.custom_fields, "custom_fields"):
        rows.append((one_line(path[1:]), Text(custom_value(leaf))))
    for name in INSTANTS:
        at = getattr(ticket, name)
        rows.append((name, Text(instant(at) if at else NOTHING)))
    yield from page.rows(rows)
    if ticket.description:
        yield Text("description", "dim")
        yield from page.wrapped(Text(block(ticket.description)), "  ", "  ")
    yield Text()


def sla_lines(page: Page, metrics: SlaMetrics | None) -> Iterator[Text]:
    """Tell the SLA metrics, or that no policy matches."""
    if metrics is None:
        yield Text("SLA: no policy matches")
        return
    heading = f"SLA as of {instant(metrics.as_of)}, policy {one_line(metrics.policy)}"
    yield from page.wrapped(Text(heading, "bold"))
    clocks = {CLOCK_WORDS[name]: getattr(metrics, name) for name in CLOCKS}
    rows: list[Row] = [(words, _clock(clock)) for words, clock in clocks.items() if clock]
    if metrics.reopen_count:
        rows.append(("reopened", Text(str(metrics.reopen_count))))
    for status, stay in metrics.time_in_status.items():
        spent = f"{duration(stay.business_seconds)} of business time"
        rows.append((f"in {one_line(status)}", Text(spent)))
    yield from page.rows(rows)


def _clock(clock: ClockMetrics) -> Text:
    of = f" of {duration(clock.target_seconds)}" if clock.target_seconds else ""
    words = f"{clock.state}, {duration(clock.elapsed_seconds)}{of}"
    if clock.breached_at:
        words += f", overdue since {instant(clock.breached_at)}"
    elif clock.due_at:
        words += f", due {instant(clock.due_at)}"
    return Text(words, CLOCK_STYLES[clock.state])
