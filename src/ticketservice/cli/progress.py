"""How far a read model is built: a bar on a terminal, a line every few seconds elsewhere."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from time import perf_counter
from typing import TypeAlias

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from ticketprojections.views.building import Progress

SECONDS = 2.0  # between two lines


class Pace(Struct, frozen=True):
    """So many events were taken in, in so many seconds, of a journal that has `total`."""

    events: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.events / max(self.seconds, 0.001)

    def __str__(self) -> str:
        left = max(0, self.total - self.events) / max(self.rate, 0.001)
        return (
            f"{self.events:,} of {self.total:,} events,"
            f" {self.rate:,.0f} events/s, {_duration(left)} left"
        )


Tell: TypeAlias = Callable[[Pace], None]


def show(model: str, steps: Iterable[Progress]) -> None:
    """Go through the steps of a build, tell how far it is, and at the end what it took."""
    began, pace = perf_counter(), Pace(0, 0, 0.0)
    console = Console()
    with (_bar if console.is_terminal else _lines)(model, console) as tell:
        for step in steps:
            pace = Pace(pace.events + step.events, step.total, perf_counter() - began)
            tell(pace)
    pace = Pace(pace.events, pace.total, perf_counter() - began)
    print(
        f"{model}: built of {pace.events:,} events in {pace.seconds:.1f} s,"
        f" {pace.rate:,.0f} events/s",
        flush=True,
    )


@contextmanager
def _bar(model: str, console: Console) -> Generator[Tell]:
    columns = (
        TextColumn(model),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[at]}"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(model, total=None, at="")

        def tell(pace: Pace) -> None:
            done = min(pace.events, pace.total)
            bar.update(task, completed=done, total=pace.total, at=str(pace))

        yield tell


@contextmanager
def _lines(model: str, _: Console) -> Generator[Tell]:
    told = 0.0

    def tell(pace: Pace) -> None:
        nonlocal told
        if pace.seconds - told >= SECONDS:
            told = pace.seconds
            print(f"{model}: {pace}", flush=True)

    yield tell


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
