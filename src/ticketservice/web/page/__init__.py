"""The page at /docs: the description, rendered for people."""

from functools import cache
from importlib.resources import files

from ticketservice.web.page.rendering import render

__all__ = ["render", "style"]


@cache
def style() -> str:
    """Give the page's stylesheet."""
    return (files(__name__) / "style.css").read_text("utf-8")
