"""Tells all stories in the order of time, through the desk, with its clock moved along."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import repeat
from operator import attrgetter
from random import Random
from secrets import token_urlsafe

from msgspec import Struct

from ticketdomain.change import Change
from ticketdomain.errors import RefusedByStateError
from ticketdomain.keys import SCOPES, IssueKey, secret_sha256
from ticketprojections.sla import Policies
from ticketservice.demo.cases import fill_in, texts
from ticketservice.demo.plot import Plot, Step, World
from ticketservice.demo.stories import PAST, PRESENT, Story
from ticketservice.service import Service, publish

SPAN = timedelta(days=92)
CUSTOMERS = 60


class MovedClock:
    """A clock that stands where it was put."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Filled(Struct, frozen=True):
    """What has been made: its tickets by the name of their story, and how many updates."""

    tickets: dict[str, list[str]]
    updates: int


async def fill(
    service: Service, clock: MovedClock, policies: Policies, account: str, seed: int
) -> Filled:
    """Fill the journal with what has happened up to the clock's present.

    The same seed gives the same tickets; only their instants follow the present.

    Raises:
        TicketDomainError: storage failed.
    """
    now = clock.now
    clock.now = now - SPAN - timedelta(days=1)
    await publish(service, policies)  # before the tickets that they are for
    desk_key = await _issue(service, account, "help desk", seed)
    portal_key = await _issue(service, account, "customer portal", seed)
    world = World(account, desk_key, portal_key, service.workflow, policies, now)
    tickets: defaultdict[str, list[str]] = defaultdict(list)
    steps: list[Step] = []
    for story, plot in _plots(world, seed):
        tickets[story.__name__.replace("_", " ")].append(plot.ticket_id)
        steps.extend(plot.steps)
    updates = 0
    for step in sorted(steps, key=attrgetter("at")):
        if step.at <= now:
            clock.now = step.at
            updates += await _accepted(service, step.change)
    clock.now = now
    return Filled(dict(tickets), updates)


def _plots(world: World, seed: int) -> Iterator[tuple[Story, Plot]]:
    """Cast every story as often as it is told; customers come back now and then."""
    rng = Random(seed)
    people = texts().people
    stories = [*_repeated(PAST), *_repeated(PRESENT)]
    cases = [texts().case[number % len(texts().case)] for number in range(len(stories))]
    rng.shuffle(cases)
    for story, case in zip(stories, cases, strict=True):
        number = rng.randrange(CUSTOMERS)
        name = people.first_names[number % len(people.first_names)]
        own = Random(rng.randrange(2**32))
        ticket_id = f"ticket_{rng.randbytes(10).hex()}"
        plot = Plot(world, ticket_id, fill_in(case, name, own), own)
        plot.cast(f"cust_{name.lower()}_{number}", rng.choice(people.agents))
        if story in PAST:
            plot.begin_within(world.now - SPAN, world.now)
        story(plot)
        yield story, plot


def _repeated(stories: dict[Story, int]) -> Iterator[Story]:
    for story, times in stories.items():
        yield from repeat(story, times)


async def _issue(service: Service, account: str, name: str, seed: int) -> str:
    """Make a key for the record, whose secret nobody knows."""
    key = IssueKey(
        account=account, name=name, scopes=SCOPES, secret_sha256=secret_sha256(token_urlsafe())
    )
    key_id = f"key_{Random(f'{seed} {name}').randbytes(10).hex()}"
    await service.desk.ask(Change(stream=key_id, command=key, account=account))
    return key_id


async def _accepted(service: Service, change: Change) -> bool:
    """Ask for a change; a workflow of one's own may refuse what this one would let happen."""
    try:
        await service.desk.ask(change)
    except RefusedByStateError:
        return False
    return True
