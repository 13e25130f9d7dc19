"""Lines on a terminal: wrapped to its width, indented, and without blanks at their ends."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

Row: TypeAlias = tuple[str, Text]

NARROWEST = 10
GAP = 2


class Page:
    """A terminal to be written on, or plain text where there is none, or with NO_COLOR set.

    Markup is off: `[b]` and `:x:` in a caller's text are what they are.
    """

    def __init__(self) -> None:
        plain = False if os.environ.get("NO_COLOR") else None  # https://no-color.org
        self._console = Console(force_terminal=plain, highlight=False, markup=False, emoji=False)
        self.width = self._console.width

    def write(self, lines: Iterable[Text]) -> None:
        """Write lines as they are, all at once, because each call is slow."""
        self._console.print(Text("\n").join(lines), soft_wrap=True)

    def wrapped(
        self, text: Text, first: str = "", then: str = "", mark: str = ""
    ) -> Iterator[Text]:
        """Give a text's lines: `first`, then `then` before them, in the style `mark`."""
        begin = first
        for line in self._lines(text, max(self.width - cell_len(then), NARROWEST)):
            whole = Text.assemble((begin, mark), line)
            whole.rstrip()
            yield whole
            begin = then

    def rows(self, rows: Sequence[Row], indent: int = 0) -> Iterator[Text]:
        """Give labels and values in two columns; a label too long for its own stands above."""
        margin = " " * indent
        column = min(max(cell_len(label) for label, _ in rows), self.width * 2 // 5)
        then = margin + " " * (column + GAP)
        for label, text in rows:
            if cell_len(label) > column:
                yield from self.wrapped(Text(label, "dim"), margin, margin)
                yield from self.wrapped(text, then, then)
            else:
                first = margin + set_cell_size(label, column + GAP)
                yield from self.wrapped(text, first, then, "dim")

    def _lines(self, text: Text, width: int) -> Iterable[Text]:
        if cell_len(text.plain) <= width and text.plain.isprintable():  # as most are
            return [text]
        return text.wrap(self._console, width)
