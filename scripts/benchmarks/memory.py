"""How much memory a process takes."""

import re
from pathlib import Path
from typing import Literal


def megabytes(process: int | Literal["self"], when: Literal["now", "at most"]) -> float:
    """Give what a process has of memory, or what it had at the most; 0 where none can be told."""
    field = "VmRSS" if when == "now" else "VmHWM"
    told = Path(f"/proc/{process}/status").read_text("ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", told)
    return int(found[1]) / 1024 if found else 0
