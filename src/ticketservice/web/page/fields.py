"""Schemas in words: what a field is, within which limits, and what else has to be read for it."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

Schema: TypeAlias = dict[str, Any]


class Field(NamedTuple):
    """A row of a table of fields; `refers_to` names the schema that tells more."""

    name: str
    kind: str
    required: bool
    limits: str
    description: str
    refers_to: str | None


def fields(schema: Schema) -> list[Field]:
    """Give the fields of an object."""
    required = schema.get("required", ())
    return [
        field(name, each, required=name in required)
        for name, each in schema.get("properties", {}).items()
    ]


def field(name: str, schema: Schema, description: str = "", *, required: bool) -> Field:
    """Say what a field is."""
    told = description or schema.get("description", "")
    return Field(name, kind(schema), required, ", ".join(_limits(schema)), told, refers_to(schema))


def kind(schema: Schema) -> str:
    """Name the type of a schema: `string or null`, `array of Note`."""
    if "$ref" in schema:
        return _named(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(map(kind, schema["anyOf"]))
    types = schema.get("type", "any JSON")
    if types == "array":
        return f"array of {kind(schema['items'])}"
    return types if isinstance(types, str) else " or ".join(types)


def refers_to(schema: Schema) -> str | None:
    """Name the schema that a schema leads to, if any."""
    if "$ref" in schema:
        return _named(schema["$ref"])
    inner = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    inner += [schema[each] for each in ("items", "additionalProperties") if schema.get(each)]
    return next(filter(None, map(refers_to, inner)), None)


def _named(ref: str) -> str:
    return ref.rpartition("/")[2]


def _limits(schema: Schema) -> Iterator[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None:
        yield f"{least:,} to {most:,} characters" if least else f"up to {most:,} characters"
    if "maxItems" in schema:
        yield f"up to {schema['maxItems']:,} items"
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']:,} to {schema['maximum']:,}"
    elif "minimum" in schema:
        yield f"at least {schema['minimum']:,}"
    if "enum" in schema and len(schema["enum"]) < 10:
        yield "one of " + ", ".join(f"{each}" for each in schema["enum"])
    if "format" in schema:
        yield schema["format"]
    if "default" in schema and schema["default"] is not None:
        yield f"default {str(schema['default']).lower()}"
    if "maxLength" in schema.get("items", {}):
        yield "each " + ", ".join(_limits(schema["items"]))
