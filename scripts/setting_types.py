"""The types of settings in TOML's words."""

import json
from collections.abc import Sequence
from typing import cast

import msgspec.inspect as kinds
from msgspec import NODEFAULT, Struct

SIMPLE: dict[type[kinds.Type], str] = {
    kinds.AnyType: "table",
    kinds.BoolType: "boolean",
    kinds.DateType: "date",
    kinds.FloatType: "float",
    kinds.NoneType: "none",
    kinds.StrType: "string",
    kinds.StructType: "table",
    kinds.TimeDeltaType: "ISO 8601 duration",
}


def fields(of: type[Struct]) -> Sequence[kinds.Field]:
    """Give the fields of a Struct with their types."""
    found = kinds.type_info(of)
    assert isinstance(found, kinds.StructType)
    return found.fields


def struct_in(kind: kinds.Type) -> type[Struct] | None:
    """Give the Struct that a type is, or may be."""
    match kind:
        case kinds.StructType(cls=found):
            return found
        case kinds.UnionType(types=several):
            return next(filter(None, map(struct_in, several)), None)
        case _:
            return None


def words(kind: kinds.Type) -> str:
    """Say what a setting of a type can be.

    Raises:
        TypeError: no words are known for it.
    """
    match kind:
        case kinds.Metadata(type=inner):
            return words(inner)
        case kinds.IntType(ge=int(least), le=int(most)):
            return f"integer, {least} to {most}"
        case kinds.IntType():
            return "integer"
        case kinds.LiteralType(values=values):
            return " or ".join(f"`{each}`" for each in values)
        case kinds.DictType(value_type=inner):
            return f"table of {words(inner)}"
        case kinds.ListType(item_type=inner) | kinds.VarTupleType(item_type=inner):
            return f"array of {words(inner)}"
        case kinds.TupleType(item_types=(inner, *_)):
            return f"array of {words(inner)}"
        case kinds.UnionType(types=several):
            return " or ".join(words(each) for each in several if each != kinds.NoneType())
        case _ if type(kind) in SIMPLE:
            return SIMPLE[type(kind)]
        case _:
            msg = f"no words are known for {kind}"
            raise TypeError(msg)


def default_of(field: kinds.Field) -> str:
    """Give a field's default as a settings file writes it."""
    value = field.default if field.default_factory is NODEFAULT else field.default_factory()
    if field.required or value is None:
        return "required" if field.required else "none"
    return "see below" if isinstance(value, Struct) else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value).items()
        return f"{{{', '.join(f'{name} = {_toml(each)}' for name, each in table)}}}"
    return json.dumps(value)
