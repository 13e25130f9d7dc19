"""Settings: defaults, then a TOML file, then the environment, then options; read once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow
from ticketservice.sla_file import SlaFile, read_policies

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]

PREFIX = "TICKETDOMAIN_"
DEFAULT_FILE = Path("ticketdomain.toml")
TABLES = ("workflow", "sla")  # which no variable of the environment can hold


class SettingsError(Exception):
    """A setting is unknown or unusable; the message names it."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be set, with its default; `scripts/docs` puts it into docs/settings.md.

    Raises:
        ValueError: an SLA policy cannot be used.
    """

    database: str = "sqlite:///data/journal.db"
    """Where the journal is: `sqlite:///PATH`, with four slashes for an absolute path."""
    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    """The address to listen on; `0.0.0.0` and `::` are every one of the machine's."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    """The port to listen on; `0` takes any that is free."""
    log_level: LogLevel = "info"
    """The least that is logged, on stderr."""
    access_log: bool = True
    """Whether every request is logged, in a line of its own."""
    metrics: bool = True
    """Whether `/metrics` answers what Prometheus reads."""
    workflow: Workflow = DEFAULT_WORKFLOW
    """The statuses of a desk, and which may follow which."""
    sla: SlaFile | None = None
    """What is promised to which tickets. Without it, one policy holds around the clock."""

    def __post_init__(self) -> None:
        read_policies(self.sla, self.workflow)


def read_settings(
    environment: Mapping[str, str], file: Path | None = None, **options: object
) -> Settings:
    """Put the settings together; options that are `None` were not given.

    The file is `file`, else the one `TICKETDOMAIN_CONFIG` names, else `ticketdomain.toml` in the
    working directory, if it is there.

    Raises:
        SettingsError: a setting is unknown, or its value cannot be used.
    """
    given = {name: value for name, value in options.items() if value is not None}
    merged = _from_file(file, environment) | _from_environment(environment) | given
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from error


def variables() -> dict[str, str]:
    """Give the setting that each variable of the environment holds, by the variable's name."""
    names = [each.name for each in fields(Settings) if each.name not in TABLES]
    return {PREFIX + name.upper(): name for name in names}


def _from_file(file: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    named = file or (Path(name) if (name := environment.get(PREFIX + "CONFIG")) else None)
    if named is None and not DEFAULT_FILE.exists():
        return {}
    path = named or DEFAULT_FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
        msgspec.convert(values, Settings)
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise SettingsError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        msg = f"{path}: {error}"
        raise SettingsError(msg) from error
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    names = variables()
    for name in environment:
        if name.startswith(PREFIX) and name not in names and name != PREFIX + "CONFIG":
            msg = f"unknown setting {name} in the environment"
            raise SettingsError(msg)
    return {names[name]: value for name, value in environment.items() if name in names}
