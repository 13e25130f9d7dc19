"""Writes docs/settings.md: the types that read the settings, what they say of each, an example."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple, cast

from msgspec import Struct
from setting_types import default_of, fields, struct_in, words

from ticketprojections.business_time import Calendar
from ticketprojections.sla.match import Match
from ticketprojections.sla.policy import Policy, Targets
from ticketservice.settings import Settings, variables
from ticketservice.sla_file import HolidaysOf

DOCS = Path(__file__).parents[1] / "docs"
PAGE, EXAMPLE = DOCS / "settings.md", DOCS / "ticketdomain.toml"
INTRODUCTION = """\
# Settings

Defaults, then `ticketdomain.toml` (or `--config FILE`, or the file that `TICKETDOMAIN_CONFIG`
names), then the environment, then options. An unknown setting is an error that names it. Only what
stands at the top of the file can be set in the environment, too. The examples are the parts of
[ticketdomain.toml](ticketdomain.toml), where nothing is as by default.

`scripts/docs` writes this page from the types that read the settings.
"""


class Section(NamedTuple):
    """A table of the settings file, by its name there, and the type that says what it holds."""

    table: str
    of: type[Struct]


# Tables that the type of `sla` leaves open: ticketservice/sla_file.py reads them name by name.
OPEN = (
    Section("sla.calendars.NAME", Calendar),
    Section("sla.calendars.NAME.holidays", HolidaysOf),
    Section("sla.policies", Policy),
    Section("sla.policies.match", Match),
    Section("sla.policies.targets.PRIORITY", Targets),
)
INSIDE: set[tuple[type[Struct], str]] = {(Calendar, "name")}  # what no file sets
# Type and default where that module takes something else than the field itself.
READ_OTHERWISE: dict[tuple[type[Struct], str], tuple[str, str]] = {
    (Calendar, "holidays"): ("array of date, or the table below", "`[]`"),
    (Policy, "calendar"): ("the name of a calendar", "required"),
    (Policy, "response_statuses"): ("array of string", "all of the workflow but its first"),
}


def page(of: type[Struct] = Settings, example: str | None = None) -> str:
    """Give the whole page, for the settings as they are and the example as it stands.

    Raises:
        LookupError: a setting has no docs, or no example.
    """
    text = EXAMPLE.read_text("utf-8") if example is None else example
    tables = [Section(each.name, found) for each in fields(of) if (found := struct_in(each.type))]
    sections = (Section("", of), *tables, *OPEN)
    parts = _parts(text, [section.table for section in sections])
    shown = (_section(each, tomllib.loads(text), parts.get(each.table)) for each in sections)
    return "\n".join([INTRODUCTION, *shown])


def _parts(text: str, tables: Sequence[str]) -> dict[str, str]:
    """Cut an example file at its tables, and give each section what belongs to it."""
    parts: dict[str, str] = {}
    for part in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
        heading = re.match(r"\[+([^]]*)", part)
        name = heading[1] if heading else ""
        owner = max((each for each in tables if _covers(each, name)), key=len)
        parts[owner] = parts.get(owner, "") + part
    return parts


def _covers(table: str, name: str) -> bool:
    pattern = re.escape(table).replace("NAME", "[^.]+").replace("PRIORITY", "[^.]+")
    return re.fullmatch(rf"{pattern}(\..+)?", name) is not None


def _section(section: Section, example: Mapping[str, Any], part: str | None) -> str:
    lines = [f"## `{section.table}`", "", _purpose(section.of), ""] if section.table else []
    lines += [*_rows(section, _at(section.table, example)), ""]
    if part:
        shown = re.sub(r"\A(#.*\n)+\n", "", part).rstrip()
        lines += ["```toml", shown, "```", ""]
    return "\n".join(lines)


def _purpose(of: type[Struct]) -> str:
    return (inspect.getdoc(of) or "").partition("\n\nRaises:")[0]


def _at(table: str, example: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a table of the example: the first of several."""
    found = example
    for step in filter(None, table.split(".")):
        inner = found[step] if step in found else next(iter(found.values()))
        found = cast("Mapping[str, Any]", inner[0] if isinstance(inner, list) else inner)
    return found


def _rows(section: Section, example: Mapping[str, Any]) -> Iterator[str]:
    variable = {setting: f"`{name}`" for name, setting in variables().items()}
    heads = ("setting", "type", "default", "meaning", *(() if section.table else ("environment",)))
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    meanings = dict(_meanings(section.of))
    for field in fields(section.of):
        name, of = field.name, section.of
        if (of, name) in INSIDE:
            continue
        if name not in meanings or name not in example:
            missing = "docs below it" if name not in meanings else f"example in {EXAMPLE.name}"
            msg = f"{of.__name__}.{name} has no {missing}"
            raise LookupError(msg)
        kind, default = READ_OTHERWISE.get((of, name)) or (words(field.type), default_of(field))
        cells = [f"`{name}`", kind, default, meanings[name]]
        yield f"| {' | '.join([*cells, *([] if section.table else [variable.get(name, '')])])} |"


def _meanings(of: type[Struct]) -> Iterator[tuple[str, str]]:
    """Read what stands below each field of a Struct, and of those that it extends."""
    for each in of.__mro__[: of.__mro__.index(Struct)]:
        (defined,) = ast.parse(dedent(inspect.getsource(each))).body
        assert isinstance(defined, ast.ClassDef)
        for pair in pairwise(defined.body):
            match pair:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    yield name, " ".join(text.split())
                case _:
                    pass


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
