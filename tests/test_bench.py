"""The benchmarks run, and check what they have written; how fast it is, no test says."""

import json
import subprocess
import sys
from typing import Any

from pages import ROOT

BENCH = [sys.executable, str(ROOT / "scripts" / "bench.py")]
SHORT = ["--seconds", "0.2", "--rounds", "1", "--connections", "2", "--events", "1000"]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BENCH, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_every_part_but_the_long_one_can_be_measured() -> None:
    ran = bench("put", "get", "one", "sla", "follow", "clocks", "replay", *SHORT, "--json")
    tables: dict[str, Any] = json.loads(ran.stdout)
    assert {*tables["ratios"]} > {"PUT, all connections : echo", "PUT with read models : without"}
    assert all(row["per_second"] > 0 for row in tables["requests"].values())
    assert {*tables} >= {"microseconds", "a journal of 1,000 events"}


def test_every_read_model_is_built_and_timed() -> None:
    tables: dict[str, Any] = json.loads(bench("rebuild", *SHORT, "--json").stdout)
    (rows,) = tables.values()
    assert {*rows} > {"events read and decoded", "tickets built", "assignments built"}
    assert rows["tickets built"]["per_cpu_second"] > 0
    assert rows["MB of memory at the most"] > 0


def test_the_record_is_verified_moved_and_followed() -> None:
    tables: dict[str, Any] = json.loads(bench("record", *SHORT, "--json").stdout)
    (rows,) = tables.values()
    assert {*rows} > {"verified", "exported", "followed as a stream"}
    assert all(figure >= 0 for figure in rows.values())


def test_tickets_are_found_by_this_and_that() -> None:
    tables: dict[str, Any] = json.loads(bench("list", "--tickets", "500", "--json").stdout)
    (workloads,) = tables.values()
    assert {*workloads} > {"newest", "page 5", "by tag", "q of 2 words, small account"}


def test_what_is_measured_can_be_read() -> None:
    told = bench("replay", *SHORT).stdout
    assert "a journal of 1,000 events" in told
    assert "seconds to start" in told


def test_a_part_that_is_none_is_told() -> None:
    ran = bench("speed")
    assert ran.returncode == 2
    assert "put, get, one" in ran.stderr
