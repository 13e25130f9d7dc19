"""The API's own pages: its description for programs, and for people."""

from asyncio import to_thread
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from litestar import Response, get

from ticketservice.web.description import NO_KEY, REQUEST_ID, described
from ticketservice.web.parameters import Parameters
from ticketservice.web.requests import Request

Describe: TypeAlias = Callable[[], dict[str, Any]]

HTML, CSS = "text/html", "text/css"
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


@get("/docs", api=described(needs=NO_KEY, tag="Service", headers=REQUEST_ID, media_type=HTML))
async def read_docs(request: Request) -> Response[str]:
    """Read this description as a page."""
    Parameters(request)
    page = await to_thread(_page, request.app.state.describe)
    return Response(page, media_type=HTML, headers=SAFE)


@get(
    "/docs/style.css",
    api=described(needs=NO_KEY, tag="Service", headers=REQUEST_ID, media_type=CSS),
)
async def read_style(request: Request) -> Response[str]:
    """Read the page's stylesheet."""
    from ticketservice.web.page import style

    Parameters(request)
    return Response(await to_thread(style), media_type=CSS, headers=SAFE)


@cache
def _page(describe: Describe) -> str:
    """Render once, when it is first asked for: no start waits for templates."""
    from ticketservice.web.page import render

    return render(describe())


DOCUMENTATION_ADDRESSES = [read_openapi, read_docs, read_style]
