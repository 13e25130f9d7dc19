"""The API's own pages: its description for programs, and for people."""

from asyncio import to_thread
from typing import Any

from litestar import Response, get

from ticketservice.web.description import NO_KEY, REQUEST_ID, described
from ticketservice.web.parameters import Parameters
from ticketservice.web.requests import Request

# Nothing is loaded but our own stylesheet, and no script runs.
SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@get("/openapi.json", api=described(needs=NO_KEY, tag="Service", headers=REQUEST_ID))
async def read_openapi(request: Request) -> Response[dict[str, Any]]:
    """Read this description, in OpenAPI 3.1."""
    Parameters(request)
    return Response(await to_thread(request.app.state.describe), headers=SAFE)


DOCUMENTATION_ADDRESSES = [read_openapi]
