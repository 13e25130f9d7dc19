"""The statuses of a desk, the category of each, and which may follow which."""

from msgspec import Struct, field

from ticketdomain.events import StatusCategory

DEFAULT_STATUSES: dict[str, StatusCategory] = {
    "open": "active",
    "in_progress": "active",
    "pending": "waiting",
    "on_hold": "waiting",
    "resolved": "resolved",
    "closed": "closed",
}


class Workflow(Struct, frozen=True, forbid_unknown_fields=True):
    """The statuses of a desk, which may follow which, and what a customer's reply does to them.

    Raises:
        ValueError: there is no status, or a name is unusable or unknown.
    """

    statuses: dict[str, StatusCategory] = field(default_factory=lambda: dict(DEFAULT_STATUSES))
    """Each status with its category, in their order; a new ticket has the first."""
    transitions: dict[str, tuple[str, ...]] = {}
    """What may follow a status; one that is left out here, every other may follow."""
    reply_resumes: bool = True
    """Whether a customer's reply puts a waiting ticket back to the first active status."""
    reply_reopens: bool = True
    """Whether it does so with a resolved ticket."""

    def __post_init__(self) -> None:
        if not self.statuses:
            msg = "a workflow needs at least one status"
            raise ValueError(msg)
        for status in self.statuses:
            if not status.strip() or len(status) > 100 or "\0" in status:
                msg = f"{status!r} is no name for a status: 1 to 100 characters"
                raise ValueError(msg)
        named = [*self.transitions, *(s for after in self.transitions.values() for s in after)]
        if unknown := [status for status in named if status not in self.statuses]:
            msg = f"transitions name the unknown status {unknown[0]!r}"
            raise ValueError(msg)

    @property
    def first(self) -> str:
        """The status of a new ticket."""
        return next(iter(self.statuses))

    @property
    def first_active(self) -> str | None:
        """The status that a customer's reply puts a ticket back to, if there is an active one."""
        return next((name for name, each in self.statuses.items() if each == "active"), None)

    def after(self, status: str) -> tuple[str, ...]:
        """Which statuses may follow; every one if the workflow no longer knows this one."""
        others = tuple(other for other in self.statuses if other != status)
        return self.transitions.get(status, others)


DEFAULT_WORKFLOW = Workflow()
