"""What is promised to which tickets: policies, their targets, and which policy a ticket has."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TypeAlias

import msgspec
from msgspec import Struct, field

from ticketdomain.events import SlaPolicyPublished
from ticketdomain.json_values import JsonObject
from ticketdomain.policies import PublishPolicies
from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow
from ticketprojections.business_time import DAYS, Calendar
from ticketprojections.sla.match import PRIORITIES, Match, Traits
from ticketprojections.sla.metrics import ClockName


class Targets(Struct, frozen=True, forbid_unknown_fields=True):
    """How much business time each clock may take; one left out promises nothing.

    Raises:
        ValueError: a target is not a positive number of whole seconds.
    """

    first_response: timedelta | None = None
    """From the opening to the first response."""
    next_response: timedelta | None = None
    """From a customer's later reply to the response to it."""
    resolution: timedelta | None = None
    """From the opening until it is resolved, pauses left out."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            target: timedelta | None = getattr(self, name)
            if target is not None and (target <= timedelta() or target.microseconds):
                msg = f"{name} must be positive and of whole seconds, such as PT4H"
                raise ValueError(msg)


NO_TARGETS = Targets()


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What is promised to the tickets that it matches, in its calendar's business time.

    Raises:
        ValueError: a priority is none, or the calendar has no weekly hours.
    """

    name: str
    """What tickets and answers name it by; no two have the same."""
    calendar: Calendar
    """In whose business time its targets are measured."""
    targets: dict[str, Targets]
    """The targets of each priority, `1` to `4`; one left out has none."""
    response_statuses: tuple[str, ...] = ()
    """Entering one of these statuses is a first response."""
    match: Match = field(default_factory=Match)
    """Which tickets it is for."""

    def __post_init__(self) -> None:
        for priority in self.targets:
            if priority not in PRIORITIES:
                msg = f"targets name {priority!r}, which is none of {', '.join(PRIORITIES)}"
                raise ValueError(msg)
        if not any(self.calendar.weekly.values()):
            msg = f"the calendar {self.calendar.name!r} has no weekly hours"
            raise ValueError(msg)

    @cached_property
    def terms(self) -> "dict[int, Terms]":
        """Its terms by a ticket's priority."""
        return {int(p): Terms(self, self.targets.get(p, NO_TARGETS)) for p in PRIORITIES}


Policies: TypeAlias = Sequence[Policy]


class Terms(Struct, frozen=True, eq=False):
    """How a ticket is judged at one of its events: by a policy, and the targets of its priority.

    The same policy and priority give the same object.
    """

    policy: Policy
    targets: Targets

    @property
    def calendar(self) -> Calendar:
        return self.policy.calendar

    def target(self, clock: ClockName) -> timedelta | None:
        target: timedelta | None = getattr(self.targets, clock)
        return target


ALWAYS = Calendar("UTC", {day: (("00:00", "24:00"),) for day in DAYS}, name="always")
# A ticket that no policy matches: nothing is promised, and time counts around the clock.
NO_TERMS = Terms(Policy("", ALWAYS, {}), NO_TARGETS)


def terms(policies: Policies, ticket: Traits) -> Terms:
    """Give the terms of the first policy that matches a ticket; `NO_TERMS` if none does."""
    for policy in policies:
        if policy.match.covers(ticket):
            return policy.terms[ticket.priority]
    return NO_TERMS


def understand(published: SlaPolicyPublished) -> tuple[Policy, ...]:
    """Read policies as they were published.

    Raises:
        ValueError: they are none.
    """
    return msgspec.convert(published.policies, tuple[Policy, ...])


def publication(policies: Policies) -> PublishPolicies:
    """Write policies as they are published."""
    written = msgspec.json.decode(msgspec.json.encode(policies), type=tuple[JsonObject, ...])
    return PublishPolicies(written)


def default_policies(workflow: Workflow = DEFAULT_WORKFLOW) -> tuple[Policy, ...]:
    """Give what is promised where nothing is said: one policy, around the clock."""
    hours = {"1": (1, 1, 4), "2": (4, 4, 24), "3": (8, 8, 72), "4": (24, 24, 120)}
    targets = {
        priority: Targets(*(timedelta(hours=each) for each in row))
        for priority, row in hours.items()
    }
    return (Policy("standard", ALWAYS, targets, response_statuses(workflow)),)


def response_statuses(workflow: Workflow) -> tuple[str, ...]:
    """Give the statuses that answer a customer unless others are named: all but the first."""
    return tuple(status for status in workflow.statuses if status != workflow.first)
