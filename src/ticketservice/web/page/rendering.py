"""From the description to the page."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from ticketservice.web.page.fields import fields
from ticketservice.web.page.operations import operations

_markdown = MarkdownIt("commonmark", {"html": False})


def render(description: dict[str, Any]) -> str:
    """Make the page, in HTML."""
    shown = [*operations(description)]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            info=description["info"],
            groups=[
                (tag, [each for each in shown if each.tag == tag["name"]])
                for tag in description["tags"]
            ],
            schemas={
                name: (each["description"], fields(each))
                for name, each in description["components"]["schemas"].items()
            },
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ticketservice.web", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = _in_html
    return environment


def _in_html(markdown: str) -> Markup:
    """Render Markdown; HTML within it stays text."""
    return Markup(_markdown.render(markdown))
