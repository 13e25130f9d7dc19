"""Tells a ticket's timeline for a person, as wide as the terminal is."""

from collections.abc import Iterator

from rich.text import Text

from ticketdomain.json_values import Json
from ticketprojections.history import FieldChange
from ticketservice.audit.layout import Page, Row
from ticketservice.audit.milestones import Milestone
from ticketservice.audit.moments import Moment, Who
from ticketservice.audit.words import (
    CLOCK_WORDS,
    MILESTONE_STYLES,
    custom_value,
    duration,
    instant,
    value,
)
from ticketservice.plain_text import block, one_line

INDENT = "  "
TEXTS = ("description", "internal_note", "reply")


def moment_lines(page: Page, moment: Moment) -> Iterator[Text]:
    """Tell one moment, and an empty line."""
    if moment.changes:
        yield from _update(page, moment)
    for milestone in moment.sla:
        told = _milestone(milestone, moment)
        first = Text(INDENT) if moment.changes else _at(moment)
        yield from page.wrapped(first.append_text(told), then=INDENT)
    yield Text()


def _update(page: Page, moment: Moment) -> Iterator[Text]:
    by = moment.by
    yield from page.wrapped(_at(moment).append_text(_who(by)), then=INDENT)
    record = [f"version {moment.version}", by.key_id if by else "", moment.request_id or ""]
    told = " · ".join(one_line(each) for each in record if each)
    yield from page.wrapped(Text(told, "dim"), INDENT, INDENT)
    if rows := [_row(change) for change in moment.changes if change.field not in TEXTS]:
        yield from page.rows(rows, len(INDENT))
    for change in moment.changes:
        if change.field in TEXTS:
            yield from _text(page, change)


def _at(moment: Moment) -> Text:
    return Text.assemble((instant(moment.at), "bold"), "  ")


def _who(by: Who | None) -> Text:
    if by is None:
        return Text("unknown")
    key = one_line(by.key_name or by.key_id)
    if by.on_behalf_of is None:
        return Text(key, "cyan")
    return Text.assemble((one_line(by.on_behalf_of), "cyan"), f" via {key}")


def _row(change: FieldChange) -> Row:
    if change.field == "tags":
        return "tags", _tags(change.before, change.to)
    write_value = custom_value if change.field.startswith("custom_fields/") else value
    told = Text()
    if change.before is not None:
        told.append(write_value(change.before)).append(" → ")
    return one_line(change.field), told.append(write_value(change.to), "bold")


def _tags(before: Json, after: Json) -> Text:
    old, new = (tags if isinstance(tags, list) else [] for tags in (before, after))
    gone = [Text(f"-{value(tag)}", "red") for tag in old if tag not in new]
    added = [Text(f"+{value(tag)}", "green") for tag in new if tag not in old]
    return Text("  ").join([*gone, *added])


def _text(page: Page, change: FieldChange) -> Iterator[Text]:
    """Tell a long text under what it is, each line with a mark of its kind."""
    match change.field:
        case "internal_note":
            yield from _title(page, "internal note, not for customers", "bold yellow")
            yield from _marked(page, "┊ ", change.to, "yellow")
        case "reply":
            yield from _title(page, f"reply of the {change.author}", "bold")
            yield from _marked(page, "│ ", change.to)
        case name:
            yield from _title(page, name, "dim")
            yield from _marked(page, "- ", change.before, "red")
            yield from _marked(page, "+ ", change.to, "green")


def _title(page: Page, words: str, style: str) -> Iterator[Text]:
    return page.wrapped(Text(words, style), INDENT, INDENT)


def _marked(page: Page, mark: str, text: Json, style: str = "") -> Iterator[Text]:
    if isinstance(text, str):
        yield from page.wrapped(Text(block(text)), INDENT + mark, INDENT + mark, style)


def _milestone(milestone: Milestone, moment: Moment) -> Text:
    clock, target = CLOCK_WORDS[milestone.clock], milestone.target_seconds
    spent = duration(milestone.elapsed_seconds)
    of = f" of {duration(target)}" if target is not None else ""
    match milestone.happened:
        case "breached":
            since = "" if milestone.at == moment.at else f" since {instant(milestone.at)}"
            words = f"{clock} overdue{since}: its {spent} ran out"
        case "reopened":
            words = f"{clock} goes on after {spent}{of}"
        case ended:
            words = f"{clock} {ended}: {spent}{of}"
    return Text(f"SLA {words}", MILESTONE_STYLES[milestone.happened])
