"""The addresses that are of no ticket: the key's own, health, and the API's description."""

from datetime import datetime
from typing import Any

from litestar import get
from msgspec import Struct

from ticketservice.web.description import described
from ticketservice.web.parameters import Parameters
from ticketservice.web.problems import desk_closed
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


@get("/v1/me", operation_class=described())
async def read_me(request: Request) -> KeyAnswer:
    """Read what the key that asks may do."""
    key = admit(request)
    acting(request, key)
    Parameters(request)
    return KeyAnswer(key.id, key.account, key.name, key.scopes, key.expires_at)


@get("/healthz")
async def read_health(request: Request) -> Health:
    """Whether the process is alive."""
    Parameters(request)
    return Health("ok")


@get("/readyz")
async def read_readiness(request: Request) -> Health:
    """Whether changes are taken and the journal can be read; 503 says which is not so."""
    Parameters(request)
    service = service_of(request)
    if not service.desk.open:
        raise desk_closed()
    with service.journal.reading() as reader:
        reader.position()
    return Health("ready")


@get("/openapi.json", include_in_schema=False)
async def read_openapi(request: Request) -> dict[str, Any]:
    """Describe this API in OpenAPI 3.1."""
    Parameters(request)
    description: dict[str, Any] = request.app.state.describe()
    return description


OPERATIONS_ADDRESSES = [read_me, read_health, read_readiness, read_openapi]
