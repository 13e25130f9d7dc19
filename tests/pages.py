"""Pages of documentation, cut into what they show: blocks, and commands with what they print."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "projections" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)

_fenced = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """Something shown between fences, with the word behind the first of them."""

    language: str
    text: str


class Command(NamedTuple):
    """A command as it is typed, and what the page shows of its output."""

    typed: str
    shown: str


def blocks(page: Path) -> list[Block]:
    """Give what a page shows, in its order."""
    return [Block(*found) for found in _fenced.findall(page.read_text("utf-8"))]


def commands(text: str) -> Iterator[Command]:
    """Cut a console's text: a command begins with `$ `, and goes on until it is whole."""
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        assert line.startswith("$ "), f"{line!r} is output of no command"
        typed = line.removeprefix("$ ")
        while not _is_whole(typed):
            typed += f"\n{lines.pop(0)}"
        shown: list[str] = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        yield Command(typed, "\n".join(shown))


def _is_whole(typed: str) -> bool:
    try:
        shlex.split(typed)
    except ValueError:  # a quotation that is not closed
        return False
    return not typed.endswith("\\") and typed.count("$(") <= typed.count(")")


def looks_like(shown: str, printed: str) -> bool:
    """Whether a command printed what a page shows, where `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def holds(shown: Any, answered: Any) -> bool:
    """Whether an answer has everything that a page shows of it, and maybe more."""
    match shown, answered:
        case {**table}, {**other}:
            return all(name in other and holds(table[name], other[name]) for name in table)
        case [*items], [*others]:
            return len(items) == len(others) and all(map(holds, items, others))
        case str(), str():
            return looks_like(shown, answered)
        case _:
            return json.dumps(shown) == json.dumps(answered)
