"""Why a ticket, or the journal behind it, refuses.

TicketDomainError
├── InvalidCommandError         the command is wrong, whatever the ticket's state
├── RefusedByStateError         the ticket's present state does not allow the change
├── TicketNotFoundError         no such ticket for this account
├── VersionMismatchError        the ticket is not at a version the caller asked for
├── IdempotencyKeyReusedError   the key was used with another request
├── KeyNotFoundError            no such API key
├── UndecodableStreamError      what is stored cannot be understood
├── ReadModelError              the read models cannot answer now, or not as new as asked for
│   ├── ReadModelMissingError   nothing is built yet that could answer
│   └── ReadModelDamagedError   they have to be made anew
├── NothingToRedactError        there is no text in what is to be redacted
├── ProofError                  the journal is not what was written
├── TransferError               what is imported is not what was exported
└── JournalError                storage
    ├── JournalRefusedError     the file is not a journal that this program may open
    ├── JournalUnavailableError nothing was written, try again
    └── OutcomeUnknownError     it failed while committing
"""

from msgspec import Struct


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a command.

    `pointer` is a JSON pointer (RFC 6901) into the request's body, `code` one of the contract's
    codes, `allowed` the values that would have been taken.
    """

    pointer: str
    code: str
    detail: str
    allowed: tuple[str, ...] | None = None


class TicketDomainError(Exception):
    """The base of every refusal."""


class InvalidCommandError(TicketDomainError):
    """The command itself is wrong; `faults` names everything found."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = faults


class RefusedByStateError(InvalidCommandError):
    """The command is well formed, but not for this ticket as it now is."""


class TicketNotFoundError(TicketDomainError):
    """There is no such ticket for this account."""


class VersionMismatchError(TicketDomainError):
    """A precondition named versions, and the ticket is at none of them."""

    def __init__(self, stream: str, current_version: int) -> None:
        super().__init__(f"{stream} is at version {current_version}")
        self.current_version = current_version


class IdempotencyKeyReusedError(TicketDomainError):
    """The idempotency key is remembered with another request."""


class KeyNotFoundError(TicketDomainError):
    """There is no API key of this id."""


class UndecodableStreamError(TicketDomainError):
    """A stored event cannot be decoded or folded."""

    def __init__(self, stream: str, version: int) -> None:
        super().__init__(f"event {version} of {stream} cannot be read")
        self.stream = stream
        self.version = version


class NothingToRedactError(TicketDomainError):
    """There is no text in what is to be redacted, or none any more."""


class ProofError(TicketDomainError):
    """The journal is not what was written; what differs has been told."""


class TransferError(TicketDomainError):
    """What is imported is not what was exported; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


class ReadModelError(TicketDomainError):
    """The read models cannot answer now, or not as new as was asked for."""


class ReadModelMissingError(ReadModelError):
    """Nothing is built yet that could answer."""


class ReadModelDamagedError(ReadModelError):
    """The file of the read models is of something else, or not whole any more."""


class JournalError(TicketDomainError):
    """Storage failed."""


class JournalRefusedError(JournalError):
    """The file is not a journal, or one of a newer program."""


class JournalUnavailableError(JournalError):
    """Storage could not be used; nothing was written."""


class OutcomeUnknownError(JournalError):
    """Storage failed while committing: the change may or may not be there."""
