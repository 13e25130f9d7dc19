"""The distribution, built and installed as a stranger does it, and run from an empty directory."""

import re
import sys
import tarfile
from collections.abc import Generator, Sequence
from pathlib import Path
from subprocess import run
from zipfile import ZipFile

import pytest
from installing import PIP, ROOT, build, build_from, install, read, requirements
from packaging.utils import canonicalize_name
from server import PATIENCE, command, make_key, running_server

SOURCES = (
    ROOT / "src/ticketdomain",
    ROOT / "src/ticketservice",
    ROOT / "projections/ticketprojections",
)
PACKAGES = {source.name for source in SOURCES}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build(directory)
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    (found,) = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """The programs of an environment with the wheel; `command` runs those meanwhile."""
    found = install(wheel, tmp_path_factory.mktemp("installed"))
    with pytest.MonkeyPatch.context() as here:
        here.setattr("server.PROGRAM", found / "ticketdomain")
        yield found


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def python(programs: Path, directory: Path, *arguments: str) -> Sequence[str]:
    """Run the Python of an environment to its end, and give what it printed."""
    line = [str(programs / "python"), *arguments]
    ran = run(line, cwd=directory, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


def test_the_wheel_holds_all_files_of_three_packages_and_no_other(wheel: Path) -> None:
    files = [
        file.relative_to(source.parent).as_posix()
        for source in SOURCES
        for file in source.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    held = [name for name in contents(wheel) if ".dist-info/" not in name]
    assert sorted(held) == sorted(files)
    assert {f"{package}/py.typed" for package in PACKAGES} <= {*held}


def test_the_source_distribution_gives_the_same_wheel(
    sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    build_from(sdist, tmp_path)
    assert contents(tmp_path / wheel.name) == contents(wheel)


def test_the_source_distribution_holds_what_its_tests_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    for each in (
        "README.md",
        "requirements.txt",
        "docs/sla.md",
        "scripts/setup",
        "tests/server.py",
    ):
        assert each in held
    made_here = ("node_modules", "__pycache__", ".venv", "/data/", ".hypothesis")
    assert [name for name in held if any(each in f"/{name}/" for each in made_here)] == []


def test_the_distribution_says_what_it_is(wheel: Path) -> None:
    says = read(wheel).metadata
    assert (says["Name"], says["Requires-Python"]) == ("ticketdomain", ">=3.11")
    assert (says["License-Expression"], says["License-File"]) == ("MIT", "LICENSE")
    assert says["Summary"] in ROOT.joinpath("pyproject.toml").read_text("utf-8")
    assert {*says.get_all("Provides-Extra", [])} == {"postgres", "testing"}
    assert f"Programming Language :: Python :: 3.{sys.version_info.minor}" in says.get_all(
        "Classifier", []
    )
    assert says["Keywords"]
    assert says["Author"]


def test_what_is_installed_needs_nothing_that_is_missing(programs: Path) -> None:
    check = [*PIP, "--python", str(programs / "python"), "check"]
    ran = run(check, capture_output=True, text=True, check=False)
    assert ran.stdout == "No broken requirements found.\n"


def test_every_module_can_be_imported_and_no_other_name_comes_along(
    programs: Path, tmp_path: Path
) -> None:
    modules = [
        ".".join(file.relative_to(source.parent).with_suffix("").parts)
        for source in SOURCES
        for file in source.rglob("*.py")
        if file.stem not in {"__main__", "testing"}
    ]
    strangers = ("projections", "tests", "scripts", "hypothesis", "psycopg")
    code = (
        f"import importlib.util\nfor each in {modules}: importlib.import_module(each)\n"
        f"for each in {strangers}: assert importlib.util.find_spec(each) is None, each"
    )
    assert python(programs, tmp_path, "-c", code) == []


def test_the_program_runs_in_any_directory_by_either_name(programs: Path, tmp_path: Path) -> None:
    version = read_version(programs, tmp_path)
    assert command(tmp_path, "--version").out == f"ticketdomain, version {version}\n"
    (module,) = python(programs, tmp_path, "-m", "ticketservice", "--version")
    assert module.endswith(f", version {version}")
    assert list(tmp_path.iterdir()) == []


def read_version(programs: Path, directory: Path) -> str:
    code = "import importlib.metadata as m; print(m.version('ticketdomain'))"
    (version,) = python(programs, directory, "-c", code)
    return version


@pytest.mark.usefixtures("programs")
def test_a_ticket_is_updated_from_another_directory(tmp_path: Path) -> None:
    desk, elsewhere = tmp_path / "desk", tmp_path / "elsewhere"
    desk.mkdir()
    elsewhere.mkdir()
    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/sla.md").read_text("utf-8"), re.DOTALL)
    (desk / "ticketdomain.toml").write_text("".join(shown), "utf-8")  # with holidays of a country
    secret = make_key(desk)
    with running_server(desk) as server:
        address = server.client(secret).open(tags=["vip"])
        curl = ["curl", "--fail", "--silent", "--request", "PUT", "--data", '{"priority": 1}']
        curl += ["--header", f"Authorization: Bearer {secret}"]
        curl += ["--header", "Content-Type: application/json"]
        run([*curl, f"http://127.0.0.1:{server.port}{address}"], cwd=elsewhere, check=True)
        ticket = server.client(secret).get(address).json
    assert (ticket["priority"], ticket["sla"]["policy"]) == (1, "vip")
    assert list(elsewhere.iterdir()) == []


def test_the_extra_testing_brings_the_strategies(wheel: Path, tmp_path: Path) -> None:
    programs = install(wheel, tmp_path, "testing")
    code = "from ticketdomain.testing import updates; print(type(updates()).__module__)"
    (module,) = python(programs, tmp_path, "-c", code)
    assert module.startswith("hypothesis.")


def test_the_extra_postgres_brings_a_driver_that_needs_no_compiler(
    wheel: Path, tmp_path: Path
) -> None:
    programs = install(wheel, tmp_path, "postgres")
    code = "import psycopg, psycopg_pool; print(psycopg.__version__[0], psycopg.pq.__impl__)"
    assert python(programs, tmp_path, "-c", code) == ["3 binary"]


def test_the_lock_of_the_deployment_is_what_the_wheel_requires(wheel: Path) -> None:
    lock = (ROOT / "docs/deploy/requirements.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([^ =]+)==(\S+)", lock, re.MULTILINE))
    del locked["colorama"]  # which is for Windows
    needed = requirements(read(wheel), set())
    assert locked == {canonicalize_name(name): each.version for name, each in needed.items()}
