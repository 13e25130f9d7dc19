"""API keys: who may do what for which account, event-sourced in the same journal."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never, get_args

from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.errors import KeyNotFoundError
from ticketdomain.events import KeyEvent, KeyIssued, KeyRevoked, Recorded
from ticketdomain.fold import Fold
from ticketdomain.journal import Journal, decode

Scope: TypeAlias = Literal["tickets:read", "tickets:write", "public:read", "events:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

# How long a key revoked by another process may still be taken: the contract says a second.
FRESH_FOR = timedelta(milliseconds=250)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as it now is; `secret_sha256` is in hexadecimal, `requester` limits what it sees."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    secret_sha256: str
    expires_at: datetime | None
    requester: str | None
    created_at: datetime
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class IssueKey(Struct, frozen=True, kw_only=True):
    account: str
    name: str
    scopes: tuple[Scope, ...]
    secret_sha256: str
    expires_at: datetime | None = None
    requester: str | None = None


class RevokeKey(Struct, frozen=True):
    pass


KeyCommand: TypeAlias = IssueKey | RevokeKey


def evolve_key(key: ApiKey | None, recorded: Recorded) -> ApiKey:
    """Give the key after one more of its events."""
    match recorded.event:
        case KeyIssued() as issued:
            return ApiKey(
                id=recorded.ticket_id,
                account=issued.account,
                name=issued.name,
                scopes=issued.scopes,
                secret_sha256=issued.secret_sha256,
                expires_at=issued.expires_at,
                requester=issued.requester,
                created_at=recorded.at,
                revoked_at=None,
            )
        case KeyRevoked() if key is not None:
            return replace(key, revoked_at=recorded.at)
        case _:
            msg = f"{recorded.event} cannot follow in {recorded.ticket_id}"
            raise TypeError(msg)


KEY = Fold("key", 1, ApiKey, evolve_key)


def decide_key(command: KeyCommand, key: ApiKey | None) -> list[KeyEvent]:
    """Give the events that follow from a command; revoking twice is quiet.

    Raises:
        KeyNotFoundError: there is no key to revoke.
    """
    match command:
        case IssueKey():
            return [
                KeyIssued(
                    account=command.account,
                    name=command.name,
                    scopes=command.scopes,
                    secret_sha256=command.secret_sha256,
                    expires_at=command.expires_at,
                    requester=command.requester,
                )
            ]
        case RevokeKey():
            if key is None:
                raise KeyNotFoundError
            return [] if key.revoked_at else [KeyRevoked()]
        case _:
            assert_never(command)


def secret_sha256(secret: str) -> str:
    """Give what is stored of a secret; its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """Every key of the journal, by the hash of its secret."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._clock = clock
        self._by_id: dict[str, ApiKey] = {}
        self._by_secret: dict[str, str] = {}
        self._position = 0
        self._read_at: datetime | None = None

    def find(self, secret: str) -> ApiKey | None:
        """Give the valid key of a secret; a key unknown so far is looked for in the journal."""
        now = self._clock()
        hashed = secret_sha256(secret)
        if hashed not in self._by_secret or not self._fresh(now):
            self._read(now)
        key = self._by_id.get(self._by_secret.get(hashed, ""))
        return key if key and key.valid(now) else None

    def all(self) -> list[ApiKey]:
        """Give all keys, revoked and expired ones too, in the order in which they were made."""
        self._read(self._clock())
        return list(self._by_id.values())

    def _fresh(self, now: datetime) -> bool:
        return self._read_at is not None and timedelta() <= now - self._read_at < FRESH_FOR

    def _read(self, now: datetime) -> None:
        with self._journal.reading() as reader:
            for row in reader.feed(after=self._position, topics=("key.issued", "key.revoked")):
                recorded = decode(row)
                key = evolve_key(self._by_id.get(recorded.ticket_id), recorded)
                self._by_id[key.id] = key
                self._by_secret[key.secret_sha256] = key.id
                self._position = recorded.position
        self._read_at = now
