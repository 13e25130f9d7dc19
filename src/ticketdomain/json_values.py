"""JSON values as data: equality, JSON pointers (RFC 6901) and JSON Merge Patch (RFC 7396)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
else:
    Json = Any  # msgspec cannot resolve a recursive alias

JsonObject: TypeAlias = dict[str, Json]


def pointer(*tokens: str | int) -> str:
    """Write reference tokens as a JSON pointer, `""` for none."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def equal(a: Json, b: Json) -> bool:
    """Compare as JSON values: `1` equals `1.0`, and never `true`; an object's order is nothing."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(value, b[name]) for name, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def merge(target: Json, patch: Json) -> Json:
    """Apply a merge patch; neither argument is changed, and unchanged parts are shared."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def merge_object(target: JsonObject, patch: JsonObject) -> JsonObject:
    """Apply a merge patch that is an object, so that the result is one too."""
    merged = merge(target, patch)
    assert isinstance(merged, dict)
    return merged


def smallest_patch(before: JsonObject, after: JsonObject) -> JsonObject:
    """Give the merge patch that makes `after` of `before`, with nothing in it that is so already.

    Exact for every `after` that a merge can give: one whose objects hold no `null`.
    """
    patch: JsonObject = {name: None for name in before if name not in after}
    for name, new in after.items():
        old = before.get(name)
        if name not in before:
            patch[name] = new
        elif isinstance(old, dict) and isinstance(new, dict):
            if inner := smallest_patch(old, new):
                patch[name] = inner
        elif not equal(old, new):
            patch[name] = new
    return patch


def leaves(value: JsonObject, *above: str) -> Iterator[tuple[str, Json]]:
    """Name every leaf (anything but a filled object) by its pointer below `above`."""
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from leaves(inner, *above, name)
        else:
            yield pointer(*above, name), inner


def canonical(value: Json) -> Json:
    """Write numbers that are equal in one way, so that equal values encode alike."""
    if isinstance(value, dict):
        return {name: canonical(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value
