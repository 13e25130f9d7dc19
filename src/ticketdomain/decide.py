"""What follows from a command: the facts it makes true, or why the ticket refuses it."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias, assert_never

import msgspec
from msgspec import UNSET

from ticketdomain.commands import AddReply, OpenTicket, UpdateTicket
from ticketdomain.errors import Fault, RefusedByStateError, TicketNotFoundError
from ticketdomain.events import (
    AssigneeChanged,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    NoteAdded,
    PriorityChanged,
    ReplyAdded,
    StatusChanged,
    SubjectChanged,
    TagsReplaced,
    TicketEvent,
    TicketOpened,
)
from ticketdomain.json_values import JsonObject, merge_object, smallest_patch
from ticketdomain.ticket import Ticket
from ticketdomain.workflow import Workflow

TicketCommand: TypeAlias = OpenTicket | UpdateTicket | AddReply
# A rule yields facts, and a fault where the ticket's state forbids the wish.
Outcome: TypeAlias = Iterator[TicketEvent | Fault]

MOST_TAGS = 100
MOST_CUSTOM_FIELDS_BYTES = 65_536


def decide(command: TicketCommand, ticket: Ticket | None, workflow: Workflow) -> list[TicketEvent]:
    """Give the events of one commit, in the order of the contract's fields; none if all is so.

    Raises:
        RefusedByStateError: naming every fault that the ticket's state shows.
        TicketNotFoundError: there is no ticket to change.
    """
    match command:
        case OpenTicket():
            if ticket is not None:
                raise RefusedByStateError([Fault("", "conflict", "the ticket is open already")])
            return _accepted(open_ticket(command, workflow))
        case UpdateTicket():
            if ticket is None:
                raise TicketNotFoundError
            return _accepted(update_ticket(command, ticket, workflow))
        case AddReply():
            if ticket is None:
                raise TicketNotFoundError
            return _accepted(add_reply(command, ticket, workflow))
        case _:
            assert_never(command)


def _accepted(outcome: Iterable[TicketEvent | Fault]) -> list[TicketEvent]:
    events: list[TicketEvent] = []
    faults: list[Fault] = []
    for each in outcome:
        faults.append(each) if isinstance(each, Fault) else events.append(each)
    if faults:
        raise RefusedByStateError(faults)
    return events


def open_ticket(command: OpenTicket, workflow: Workflow) -> Outcome:
    status = workflow.first if command.status is UNSET else command.status
    custom_fields = merge_object({}, command.custom_fields)
    yield from _refuse_unknown(status, workflow)
    yield from _refuse_oversized(custom_fields)
    yield TicketOpened(
        account=command.account,
        subject=command.subject,
        description=command.description,
        priority=command.priority,
        status=status,
        status_category=workflow.statuses.get(status, "active"),
        category=command.category,
        assigned_to=command.assigned_to,
        requester_id=command.requester_id,
        due_date=command.due_date,
        tags=command.tags,
        custom_fields=custom_fields,
    )
    yield from add_note(command)


def update_ticket(update: UpdateTicket, ticket: Ticket, workflow: Workflow) -> Outcome:
    yield from rename(update, ticket)
    yield from describe(update, ticket)
    yield from prioritise(update, ticket)
    yield from move(update, ticket, workflow)
    yield from categorise(update, ticket)
    yield from assign(update, ticket)
    yield from set_due_date(update, ticket)
    yield from retag(update, ticket)
    yield from merge_custom_fields(update, ticket)
    yield from add_note(update)


def rename(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.subject is not UNSET and update.subject != ticket.subject:
        yield SubjectChanged(update.subject)


def describe(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.description is not UNSET and update.description != ticket.description:
        yield DescriptionChanged(update.description)


def prioritise(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.priority is not UNSET and update.priority != ticket.priority:
        yield PriorityChanged(update.priority)


def move(update: UpdateTicket, ticket: Ticket, workflow: Workflow) -> Outcome:
    if update.status is UNSET or update.status == ticket.status:
        return
    if update.status not in workflow.statuses:
        yield from _refuse_unknown(update.status, workflow)
    elif update.status not in (allowed := workflow.after(ticket.status)):
        detail = f"{ticket.status} cannot be followed by {update.status}"
        yield Fault("/status", "not_allowed", detail, allowed)
    else:
        yield StatusChanged(update.status, workflow.statuses[update.status])


def categorise(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.category is not UNSET and update.category != ticket.category:
        yield CategoryChanged(update.category)


def assign(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.assigned_to is not UNSET and update.assigned_to != ticket.assigned_to:
        yield AssigneeChanged(update.assigned_to)


def set_due_date(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.due_date is not UNSET and update.due_date != ticket.due_date:
        yield DueDateChanged(update.due_date)


def retag(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.tags is not UNSET:
        tags = update.tags
    else:
        kept = [tag for tag in ticket.tags if tag not in update.remove_tags]
        tags = tuple(dict.fromkeys([*kept, *update.add_tags]))
    if set(tags) == set(ticket.tags):
        return
    if len(tags) > MOST_TAGS and update.tags is UNSET:
        yield Fault("/add_tags", "too_many", f"a ticket has at most {MOST_TAGS} tags")
    yield TagsReplaced(tags)


def merge_custom_fields(update: UpdateTicket, ticket: Ticket) -> Outcome:
    if update.custom_fields is UNSET:
        return
    merged = merge_object(ticket.custom_fields, update.custom_fields)
    if patch := smallest_patch(ticket.custom_fields, merged):
        yield from _refuse_oversized(merge_object(ticket.custom_fields, patch))
        yield CustomFieldsMerged(patch)


def add_note(command: OpenTicket | UpdateTicket) -> Outcome:
    if command.internal_note is not UNSET:
        yield NoteAdded(command.internal_note)


def add_reply(reply: AddReply, ticket: Ticket, workflow: Workflow) -> Outcome:
    yield ReplyAdded(reply.body, reply.author)
    if reply.author == "customer":
        yield from put_back(ticket, workflow)


def put_back(ticket: Ticket, workflow: Workflow) -> Outcome:
    """A waiting ticket goes on, a resolved one opens again, if the workflow lets it."""
    wanted = {"waiting": workflow.reply_resumes, "resolved": workflow.reply_reopens}
    status = workflow.first_active
    if wanted.get(ticket.status_category) and status in workflow.after(ticket.status):
        yield StatusChanged(status, "active")


def _refuse_unknown(status: str, workflow: Workflow) -> Iterator[Fault]:
    if status not in workflow.statuses:
        allowed = tuple(workflow.statuses)
        yield Fault("/status", "not_allowed", f"{status} is no status of the workflow", allowed)


def _refuse_oversized(custom_fields: JsonObject) -> Iterator[Fault]:
    if len(msgspec.json.encode(custom_fields)) > MOST_CUSTOM_FIELDS_BYTES:
        detail = f"at most {MOST_CUSTOM_FIELDS_BYTES} bytes of JSON after merging"
        yield Fault("/custom_fields", "too_large", detail)
