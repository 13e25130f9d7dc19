"""What OpenAPI says of this service, made from the rules that read requests and the types that
answer them.

`operation` is what a handler says of itself; `document` puts it all together, when it is first
asked for.
"""

from ticketservice.web.description.operation import (
    ANY_KEY,
    CHANGING,
    FINDING,
    FOLLOWING,
    IDENTITY,
    LISTED,
    NO_KEY,
    OPENING,
    PATCHING,
    PUTTING,
    READING,
    REPLYING,
    REQUEST_ID,
    TAGGED,
    WRITING,
    WRITTEN,
    described,
)

__all__ = [
    "ANY_KEY",
    "CHANGING",
    "FINDING",
    "FOLLOWING",
    "IDENTITY",
    "LISTED",
    "NO_KEY",
    "OPENING",
    "PATCHING",
    "PUTTING",
    "READING",
    "REPLYING",
    "REQUEST_ID",
    "TAGGED",
    "WRITING",
    "WRITTEN",
    "described",
]
