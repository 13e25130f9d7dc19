"""Measures the service against floors of the same run, in turns, and checks what it wrote.

Parts: put and get (all connections), one (a single connection), long (a ticket of 10,000 updates),
sla and follow (with and without SLA metrics, or read models, and how far these are behind), clocks
(business time), replay (events read, decoded, folded; the start of a service on them), rebuild
(read models built of them), record (a journal verified, exported, imported, followed), list (many
tickets, found by this and that).
"""

import argparse
import json
import sys
from typing import TypeAlias

from benchmarks import finding, rebuild, record, replay, requests
from benchmarks.clocks import microseconds, works

Table: TypeAlias = dict[str, float | dict[str, float]]

REQUESTS = ("put", "get", "one", "long", "sla", "follow")
PARTS = (*REQUESTS, "clocks", "replay", "rebuild", "record", "list")


def measure(options: argparse.Namespace) -> dict[str, Table]:
    """Measure the parts asked for; give tables by name, rows by name."""
    what: set[str] = set(options.what or PARTS)
    tables: dict[str, Table] = {}
    if asked := what & {*REQUESTS}:
        seen, events = requests.run(asked, options)
        tables["requests"] = {**requests.summary(seen)}
        tables["ratios"] = {**requests.ratios(seen)}
        tables["checked"] = {"events acknowledged, all in the journal, no gap": events}
    if "clocks" in what:
        took = {name: microseconds(work, options.seconds / 3) for name, work in works().items()}
        tables["microseconds"] = {**took}
    if "replay" in what:
        tables[f"a journal of {options.events:,} events"] = {**replay.measure(options.events)}
    if "rebuild" in what:
        tables[f"a rebuild of {options.events:,} events"] = {**rebuild.measure(options.events)}
    if "record" in what:
        tables[f"a record of {options.events:,} events"] = {**record.measure(options.events)}
    if "list" in what:
        tables[f"a list of {options.tickets:,} tickets"] = {**finding.measure(options.tickets)}
    return tables


def show(tables: dict[str, Table]) -> None:
    for title, rows in tables.items():
        print(f"\n{title}")
        for name, value in rows.items():
            print(f"  {name:50}{_written(title, value)}")


def _written(title: str, value: float | dict[str, float]) -> str:
    if isinstance(value, dict):
        return "".join(f"{column} {number:10,.3f}   " for column, number in value.items()).rstrip()
    return f"{value:12.1%}" if title == "ratios" else f"{value:12,.1f}"


def _part(name: str) -> str:
    if name not in PARTS:
        msg = f"is none of {', '.join(PARTS)}"
        raise argparse.ArgumentTypeError(msg)
    return name


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="PART", type=_part, help="all, if none is named")
    parser.add_argument("--seconds", type=float, default=3, help="per measure, over all rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--events", type=int, default=200_000, help="in a journal")
    parser.add_argument("--tickets", type=int, default=20_000, help="to find some among")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    tables = measure(options)
    json.dump(tables, sys.stdout, indent=2) if options.json else show(tables)


if __name__ == "__main__":
    main()
