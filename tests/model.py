"""A ticket as a plain dictionary: the same rules, written a second time and as simply as can be."""

from datetime import UTC, datetime
from typing import Any

from ticketdomain.json_values import Json

FIELDS = ("subject", "description", "priority", "status", "category", "assigned_to", "due_date")
CATEGORIES = {
    "pending": "waiting",
    "on_hold": "waiting",
    "resolved": "resolved",
    "closed": "closed",
}


def merged(target: Json, patch: Json) -> Json:
    """Do what RFC 7396, section 2, describes, word by word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def same(a: Json, b: Json) -> bool:
    """Compare JSON values, in which `true` is no number."""
    if isinstance(a, dict) and isinstance(b, dict):
        return sorted(a) == sorted(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def written(at: datetime) -> str:
    """Write an instant as the service answers it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def due(value: str | None) -> str | None:
    if value is None or len(value) == len("2026-12-24"):
        return value
    return written(datetime.fromisoformat(value))


def unique(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tag in tags))


def opened(body: dict[str, Any], at: datetime) -> tuple[dict[str, Any], int]:
    """Give the ticket that an opening makes, without its id, and the number of its events."""
    blank: dict[str, Any] = {name: None for name in (*FIELDS, "requester_id")}
    blank |= {"priority": 3, "status": "open", "tags": [], "custom_fields": {}}
    blank |= {"created_at": written(at), "resolved_at": None, "closed_at": None, "version": 0}
    ticket, _ = updated(blank, {**body, "internal_note": "none"}, at)
    category = CATEGORIES.get(ticket["status"])
    ticket["resolved_at"] = written(at) if category == "resolved" else None
    ticket["closed_at"] = written(at) if category == "closed" else None
    ticket["requester_id"] = body.get("requester_id")
    ticket["version"] = 2 if "internal_note" in body else 1
    return ticket, ticket["version"]


def updated(
    ticket: dict[str, Any], body: dict[str, Any], at: datetime
) -> tuple[dict[str, Any], int]:
    """Give the ticket after an update, and how many events that makes."""
    after = dict(ticket)
    after |= {name: body[name] for name in FIELDS if name in body}
    after["due_date"] = due(after["due_date"])
    after["tags"] = unique(body["tags"]) if "tags" in body else list(ticket["tags"])
    removed = unique(body.get("remove_tags", []))
    after["tags"] = [tag for tag in after["tags"] if tag not in removed]
    after["tags"] = unique(after["tags"] + body.get("add_tags", []))
    if set(after["tags"]) == set(ticket["tags"]):
        after["tags"] = ticket["tags"]
    after["custom_fields"] = merged(ticket["custom_fields"], body.get("custom_fields", {}))
    changed = [n for n in (*FIELDS, "tags", "custom_fields") if not same(after[n], ticket[n])]
    events = len(changed) + ("internal_note" in body)
    if "status" in changed:
        after |= stamps(ticket, after["status"], at)
    if events:
        after |= {"version": ticket["version"] + events, "updated_at": written(at)}
    return after, events


def replied(
    ticket: dict[str, Any], body: dict[str, Any], at: datetime
) -> tuple[dict[str, Any], int]:
    """Give the ticket after a reply, and how many events that makes."""
    after: dict[str, Any] = {**ticket, "updated_at": written(at), "version": ticket["version"] + 1}
    category = CATEGORIES.get(ticket["status"])
    if body["author"] == "customer" and category in ("waiting", "resolved"):
        after |= {"status": "open", "resolved_at": None, "closed_at": None}
        after["version"] += 1
    return after, after["version"] - ticket["version"]


def stamps(ticket: dict[str, Any], status: str, at: datetime) -> dict[str, Any]:
    was, entered = CATEGORIES.get(ticket["status"]), CATEGORIES.get(status)
    if entered and entered == was:
        return {}
    if entered == "resolved":
        return {"resolved_at": written(at), "closed_at": None}
    if entered == "closed":
        return {"closed_at": written(at)}
    return {"resolved_at": None, "closed_at": None}


def replayed(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply the changes of a history from the beginning; custom fields leaf by leaf."""
    ticket: dict[str, Any] = {name: None for name in (*FIELDS, "requester_id")}
    ticket |= {"tags": None, "notes": [], "replies": [], "leaves": {}}
    for change in (change for entry in entries for change in entry["changes"]):
        field, path = change["field"], change["field"].removeprefix("custom_fields/")
        if field == "internal_note":
            ticket["notes"].append(change["to"])
        elif field == "reply":
            ticket["replies"].append({"author": change["author"], "body": change["to"]})
        elif path == field:
            # An opening lists nothing that is empty: what it leaves out may be "" or [].
            assert same(ticket[field] or None, change["from"] or None), change
            ticket[field] = change["to"]
        else:
            assert same(ticket["leaves"].pop(path, None), change["from"]), change
            if change["to"] is not None:
                ticket["leaves"][path] = change["to"]
    return {**ticket, "tags": ticket["tags"] or []}


def leaves(value: Json, *above: str) -> dict[str, Json]:
    """Give every leaf of custom fields by its JSON pointer, without the first slash."""
    if isinstance(value, dict) and (value or not above):
        steps = ((name.replace("~", "~0").replace("/", "~1"), name) for name in value)
        found = (leaves(value[name], *above, step) for step, name in steps)
        return {path: leaf for each in found for path, leaf in each.items()}
    return {"/".join(above): value}
