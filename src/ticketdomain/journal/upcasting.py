"""Old events read as new ones: a schema version per event type, and pure steps between them.

When an event's shape changes, its number here goes up by one, a step from the old number joins
`STEPS`, and a golden file of the new version joins the tests. Stored bytes are never rewritten.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias, get_args

from ticketdomain.events import JournalEvent
from ticketdomain.json_values import JsonObject

Step: TypeAlias = Callable[[JsonObject], JsonObject]

SCHEMA_VERSIONS: dict[str, int] = {
    str(each.__struct_config__.tag): 1 for each in get_args(JournalEvent)
}
STEPS: dict[tuple[str, int], Step] = {}


def upcast(
    topic: str,
    version: int,
    payload: JsonObject,
    steps: Mapping[tuple[str, int], Step] = STEPS,
    newest: Mapping[str, int] = SCHEMA_VERSIONS,
) -> JsonObject:
    """Bring a payload of an older schema version to the newest, one step at a time.

    Raises:
        KeyError: the type, or a version (such as a newer program's), is unknown.
    """
    while version != newest[topic]:
        payload = steps[topic, version](payload)
        version += 1
    return payload
