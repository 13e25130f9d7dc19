"""The addresses that are of no ticket: the key's own, and health."""

from datetime import datetime

from litestar import get
from msgspec import Struct

from ticketservice.readiness import Checks
from ticketservice.web.description import ANY_KEY, NO_KEY, REQUEST_ID, described
from ticketservice.web.parameters import Parameters
from ticketservice.web.problems import not_ready
from ticketservice.web.requests import Request, acting, admit, service_of


class KeyAnswer(Struct, frozen=True):
    """The key of a request; `expires_at` is `null` where it never does."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


class Health(Struct, frozen=True):
    status: str


class Ready(Struct, frozen=True):
    """`checks` by name; none is `failed` here, some are in the problem that is told else."""

    status: str
    checks: Checks


@get("/v1/me", api=described(needs=ANY_KEY, tag="Service"))
async def read_me(request: Request) -> KeyAnswer:
    """Read what the key that asks may do."""
    key = admit(request)
    acting(request, key)
    Parameters(request)
    return KeyAnswer(key.id, key.account, key.name, key.scopes, key.expires_at)


@get("/healthz", api=described(needs=NO_KEY, tag="Service", headers=REQUEST_ID))
async def read_health(request: Request) -> Health:
    """Whether the process is alive."""
    Parameters(request)
    return Health("ok")


@get(
    "/readyz",
    api=described(needs=NO_KEY, tag="Service", headers=REQUEST_ID, may_fail=("unavailable",)),
)
async def read_readiness(request: Request) -> Ready:
    """Whether changes are taken and the journal can be read and written; 503 says what is not."""
    Parameters(request)
    checks = await service_of(request).readiness.checks()
    if "failed" in checks.values():
        raise not_ready(checks)
    return Ready("ready", checks)


OPERATIONS_ADDRESSES = [read_me, read_health, read_readiness]
