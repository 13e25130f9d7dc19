"""Builds the distribution, and installs it where nothing else is but what it says it needs.

No network: what the wheel requires, and what that requires in turn, is linked from the environment
of the tests, file by file. So an import that no requirement covers fails there as it would on a
stranger's machine, and it takes a second.
"""

import sys
import sysconfig
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from subprocess import run

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--isolated")


def build(directory: Path) -> None:
    """Build wheel and source distribution of this tree."""
    run([sys.executable, "-m", "hatchling", "build", "-d", directory], cwd=ROOT, check=True)


def build_from(sdist: Path, directory: Path) -> None:
    """Build a wheel from a source distribution alone."""
    options = ("--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", directory)
    run([*PIP, "wheel", *options, sdist], check=True, capture_output=True)


def read(wheel: Path) -> Distribution:
    """Give what a wheel says of itself."""
    (found,) = distributions(path=[str(wheel)])
    return found


def requirements(of: Distribution, extras: Iterable[str]) -> dict[str, Distribution]:
    """Find what a distribution needs on this machine, and what that needs, by canonical names."""
    found: dict[str, Distribution] = {}
    waiting = [*_required(of, extras)]
    asked: set[str] = set()
    while waiting:
        need = waiting.pop()
        if str(need) not in asked:
            asked.add(str(need))
            each = found[canonicalize_name(need.name)] = distribution(need.name)
            waiting += _required(each, need.extras)
    return found


def _required(of: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for line in of.requires or ():
        need = Requirement(line)
        if not need.marker or any(need.marker.evaluate({"extra": each}) for each in ("", *extras)):
            yield need


def install(wheel: Path, environment: Path, *extras: str) -> Path:
    """Install a wheel into a new environment, and give the directory of its programs."""
    venv.create(environment, symlinks=True)
    variables = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    for each in requirements(read(wheel), extras).values():
        _link(each, packages)
    programs = Path(sysconfig.get_path("scripts", "venv", variables))
    into = ("--python", programs / "python", "install", "--no-index", "--no-deps")
    run([*PIP, *into, wheel], check=True, capture_output=True)
    return programs


def _link(installed: Distribution, packages: Path) -> None:
    for name in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
        (packages / name).symlink_to(Path(str(installed.locate_file(name))))
