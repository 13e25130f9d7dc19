"""What people ask of a ticket, and how a JSON object becomes such a wish."""

from collections.abc import Iterator
from typing import Any, get_args

from msgspec import UNSET, Struct, UnsetType

from ticketdomain.errors import Fault, InvalidCommandError
from ticketdomain.events import Author
from ticketdomain.fields import CustomFields, DueDate, Integer, OneOf, Rule, Tags, Text
from ticketdomain.json_values import Json, JsonObject, pointer
from ticketdomain.workflow import Workflow

FAULTS_REPORTED = 100

# Which rule reads which field; `status` is read by the workflow's own.
_SHARED: dict[str, Rule] = {
    "subject": Text(500),
    "description": Text(65_536, nullable=True, blank=True),
    "priority": Integer(1, 4),
    "category": Text(100, nullable=True),
    "assigned_to": Text(100, nullable=True),
    "due_date": DueDate(),
    "tags": Tags(),
    "custom_fields": CustomFields(),
    "internal_note": Text(65_536),
}
OPEN_TICKET: dict[str, Rule] = {**_SHARED, "requester_id": Text(100, nullable=True)}
ADD_REPLY: dict[str, Rule] = {"body": Text(65_536), "author": OneOf(get_args(Author))}
UPDATE_TICKET: dict[str, Rule] = {**_SHARED, "add_tags": Tags(), "remove_tags": Tags(most=None)}
# What a ticket is answered with: where a request cannot set it, it is read-only there.
TICKET_FIELDS = frozenset(
    {"id", "requester_id", "created_at", "updated_at", "resolved_at", "closed_at", "version", "sla"}
    | ({*_SHARED, "status"} - {"internal_note"})
)


class OpenTicket(Struct, frozen=True, kw_only=True):
    """Open a ticket; what is left out is the workflow's first status, priority 3, or nothing."""

    account: str
    subject: str
    description: str | None = None
    priority: int = 3
    status: str | UnsetType = UNSET
    category: str | None = None
    assigned_to: str | None = None
    requester_id: str | None = None
    due_date: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: JsonObject = {}
    internal_note: str | UnsetType = UNSET


class UpdateTicket(Struct, frozen=True, kw_only=True):
    """Change what is set and nothing else; `custom_fields` is a JSON Merge Patch (RFC 7396)."""

    subject: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    priority: int | UnsetType = UNSET
    status: str | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    assigned_to: str | UnsetType | None = UNSET
    due_date: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    custom_fields: JsonObject | UnsetType = UNSET
    internal_note: str | UnsetType = UNSET


class AddReply(Struct, frozen=True, kw_only=True):
    """Say something that agent and customer both see."""

    body: str
    author: Author


def read_open_ticket(body: Json, account: str, workflow: Workflow) -> OpenTicket:
    """Make the command that a request's body describes.

    Raises:
        InvalidCommandError: naming all that is wrong with the body, up to 100 faults.
    """
    faults: list[Fault] = []
    values = _read(body, _with_status(OPEN_TICKET, workflow), faults)
    faults.extend(_missing(body, "subject"))
    _refuse(faults)
    return OpenTicket(account=account, **values)


def read_update_ticket(body: Json, workflow: Workflow) -> UpdateTicket:
    """Make the command that a request's body describes.

    Raises:
        InvalidCommandError: naming all that is wrong with the body, up to 100 faults.
    """
    faults: list[Fault] = []
    values = _read(body, _with_status(UPDATE_TICKET, workflow), faults)
    faults.extend(_conflicts(values))
    _refuse(faults)
    return UpdateTicket(**values)


def read_add_reply(body: Json) -> AddReply:
    """Make the command that a request's body describes.

    Raises:
        InvalidCommandError: naming all that is wrong with the body, up to 100 faults.
    """
    faults: list[Fault] = []
    values = _read(body, ADD_REPLY, faults)
    faults.extend(_missing(body, *ADD_REPLY))
    _refuse(faults)
    return AddReply(**values)


def _with_status(rules: dict[str, Rule], workflow: Workflow) -> dict[str, Rule]:
    return {**rules, "status": OneOf(tuple(workflow.statuses))}


def _read(body: Json, rules: dict[str, Rule], faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(body, dict):
        faults.append(Fault("", "wrong_type", "must be an object"))
        return {}
    values: dict[str, Any] = {}
    for name, value in body.items():
        if (rule := rules.get(name)) is None:
            faults.append(_unknown(name))
        elif value is not None:
            values[name] = rule.read(value, f"/{name}", faults)
        elif rule.nullable:
            values[name] = None
        else:
            faults.append(Fault(f"/{name}", "null_not_allowed", "must not be null"))
    return values


def _missing(body: Json, *names: str) -> Iterator[Fault]:
    for name in names:
        if isinstance(body, dict) and name not in body:
            yield Fault(f"/{name}", "required", "is needed")


def _unknown(name: str) -> Fault:
    if name in TICKET_FIELDS:
        return Fault(pointer(name), "read_only", "cannot be set by this request")
    return Fault(pointer(name), "unknown_field", "is no field of this request")


def _conflicts(values: dict[str, Any]) -> Iterator[Fault]:
    added, removed = values.get("add_tags", ()), values.get("remove_tags", ())
    for name in ("add_tags", "remove_tags"):
        if name in values and "tags" in values:
            yield Fault(f"/{name}", "conflict", "cannot be used together with tags")
    for tag in removed:
        if tag in added:
            yield Fault("/remove_tags", "conflict", f"cannot both add and remove {tag!r}")


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InvalidCommandError(faults[:FAULTS_REPORTED])
