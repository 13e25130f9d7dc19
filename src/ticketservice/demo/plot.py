"""One ticket's plot: what people will ask of it, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, Struct

from ticketdomain.change import Change
from ticketdomain.commands import AddReply, OpenTicket, UpdateTicket
from ticketdomain.decide import TicketCommand
from ticketdomain.events import Actor, Author, StatusCategory
from ticketdomain.workflow import Workflow
from ticketprojections.business_time import DAYS, Calendar
from ticketprojections.sla.match import Traits
from ticketprojections.sla.metrics import ClockName
from ticketprojections.sla.policy import Policies, terms
from ticketservice.demo.cases import Case

OFFICE = Calendar("Europe/Berlin", {day: (("08:00", "18:00"),) for day in DAYS[:5]})
AWAKE = Calendar("Europe/Berlin", {day: (("07:00", "22:30"),) for day in DAYS})

Stage: TypeAlias = Literal["in work", "asked", "on hold", "resolved", "closed"]
# Of which category, and whether the first or the last of it.
STAGES: dict[Stage, tuple[StatusCategory, int]] = {
    "in work": ("active", -1),
    "asked": ("waiting", 0),
    "on hold": ("waiting", -1),
    "resolved": ("resolved", 0),
    "closed": ("closed", 0),
}


class Step(Struct, frozen=True):
    """A change, and the instant at which it is asked for."""

    at: datetime
    change: Change


class World(Struct, frozen=True):
    """What all plots share: the account, its keys, the promises and the present."""

    account: str
    desk_key: str
    portal_key: str
    workflow: Workflow
    policies: Policies
    now: datetime

    def status(self, stage: Stage) -> str | None:
        """Give the workflow's status for a stage, if it has one."""
        category, index = STAGES[stage]
        found = [name for name, each in self.workflow.statuses.items() if each == category]
        return found[index] if found else None


class Plot:
    """Notes steps one after the other; `at` is where the story stands.

    Agents act in office hours, customers mostly too, and else while they are awake.
    """

    def __init__(self, world: World, ticket_id: str, case: Case, rng: Random) -> None:
        self.ticket_id = ticket_id
        self.steps: list[Step] = []
        self.at = world.now
        self.rng = rng
        self.case = case
        self.priority = rng.choice((1, 2, 2, 3, 3, 3, 3, 4, 4))
        self._world = world
        self._customer = ""
        self._agent = ""

    def cast(self, customer: str, agent: str) -> None:
        """Say whose ticket it is, and who will work on it."""
        self._customer, self._agent = customer, agent

    def begin_within(self, start: datetime, end: datetime) -> None:
        """Let it begin in office hours, or now and then while others are at home."""
        calendar = OFFICE if self.rng.random() < 0.8 else AWAKE
        span = calendar.between(start, end) * self.rng.random()
        self.at = calendar.add(start, span) or start

    def begin_ago(self, **parts: float) -> None:
        self.at = self._world.now - timedelta(**parts)

    def begin_due(self, clock: ClockName, minutes: float) -> None:
        """Let it begin so that a clock which starts now is due so many minutes from now."""
        case = self.case
        traits = Traits(self._world.account, self.priority, case.category, case.tags)
        promised = terms(self._world.policies, traits)
        wanted = promised.target(clock) or timedelta(hours=2)
        missing = wanted = max(wanted - timedelta(minutes=minutes), timedelta(minutes=1))
        self.at = self._world.now
        while missing > timedelta():
            self.at -= missing
            missing = wanted - promised.calendar.between(self.at, self._world.now)

    def open(self) -> None:
        """The customer opens it in the portal."""
        case = self.case
        command = OpenTicket(
            account=self._world.account,
            subject=case.subject,
            description=case.description,
            priority=self.priority,
            category=case.category,
            requester_id=self._customer,
            tags=case.tags,
            custom_fields=case.fields,
        )
        self._step(command, self._world.portal_key, self._customer)

    def customer_says(self, body: str, hours: tuple[float, float]) -> None:
        self._pass(OFFICE if self.rng.random() < 0.7 else AWAKE, hours)
        self._say(body, "customer", self._world.portal_key, self._customer)

    def agent_says(self, body: str, hours: tuple[float, float]) -> None:
        self._pass(OFFICE, hours)
        self._say(f"Hi {self._name()},\n\n{body}", "agent", self._world.desk_key, self._agent)

    def agent_updates(
        self,
        stage: Stage | None = None,
        hours: tuple[float, float] = (0.01, 0.1),
        **fields: Any,
    ) -> None:
        """An agent changes fields, and the status if the workflow has one for the stage."""
        self._pass(OFFICE, hours)
        status = stage and self._world.status(stage)
        command = UpdateTicket(status=status or UNSET, **fields)
        self._step(command, self._world.desk_key, self._agent)

    def take(self, hours: tuple[float, float] = (0.02, 0.5)) -> None:
        """An agent takes it on."""
        self.agent_updates("in work", hours, assigned_to=self._agent)

    def hand_over(self, agents: Sequence[str]) -> None:
        """Another agent takes over."""
        self._agent = self.rng.choice([each for each in agents if each != self._agent])
        self.agent_updates(assigned_to=self._agent)

    def after(self, **parts: float) -> None:
        self.at += timedelta(**parts)

    def _name(self) -> str:
        return self._customer.split("_")[1].capitalize()

    def _pass(self, calendar: Calendar, hours: tuple[float, float]) -> None:
        span = timedelta(hours=self.rng.uniform(*hours))
        later = calendar.add(self.at, span) or self.at + span
        self.at = max(later, self.at + timedelta(seconds=self.rng.randrange(5, 60)))

    def _say(self, body: str, author: Author, key: str, user: str) -> None:
        self._step(AddReply(body=body, author=author), key, user)

    def _step(self, command: TicketCommand, key: str, user: str) -> None:
        change = Change(
            stream=self.ticket_id,
            command=command,
            account=self._world.account,
            by=Actor(key, user),
            request_id=f"req_{self.rng.randbytes(10).hex()}",
        )
        self.steps.append(Step(self.at.replace(microsecond=0), change))
