"""Longer texts, in Markdown: one on the whole, and one for each operation that has more to say."""

from importlib.resources import files

DIRECTORY = files("ticketservice.web.description") / "text"

TAGS = {
    "Tickets": "For agents: open, update and read tickets, now and in the past.",
    "Events": "The change feed: what happens to tickets, event by event.",
    "Customers": "What a customer may see, built from a list of what is allowed. Your own server"
    " decides which customer may see which ticket; a key made with `--requester ID` sees only that"
    " requester's.",
    "Service": "The key that asks, health, and this description.",
}
KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "sk_live_…",
    "description": "An API key of `ticketdomain keys create`. It has an account, whose tickets it"
    " sees, and scopes. An operation names the scope that it needs in its `security`; where none"
    " is named there, any key will do.",
}


def text(name: str) -> str:
    """Give a text, empty where there is nothing to say."""
    file = DIRECTORY / f"{name}.md"
    return file.read_text("utf-8") if file.is_file() else ""
