"""How commands explain themselves: as rich-click does, and with examples below."""

from rich.padding import Padding
from rich.text import Text
from rich_click import RichCommand, RichContext, RichGroup, RichHelpFormatter


class Command(RichCommand):
    """A command whose `epilog` is shown line by line, as it stands."""

    def format_epilog(self, ctx: RichContext, formatter: RichHelpFormatter) -> None:  # type: ignore[override]
        _write_epilog(ctx, formatter)


class Group(RichGroup):
    """A group of such commands."""

    command_class = Command

    def format_epilog(self, ctx: RichContext, formatter: RichHelpFormatter) -> None:  # type: ignore[override]
        _write_epilog(ctx, formatter)


def examples(*lines: str, also: str = "") -> str:
    """Write an epilog of commands to be typed, and more below."""
    typed = "\n".join(f"  $ {line}" for line in lines)
    return f"Examples\n{typed}" + (f"\n\n{also}" if also else "")


def _write_epilog(ctx: RichContext, formatter: RichHelpFormatter) -> None:
    if epilog := ctx.command.epilog:
        formatter.write(Padding(Text(epilog), (0, 1, 1, 1)))
