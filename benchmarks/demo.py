"""The whole demonstration in a process of its own: seconds and memory."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Row, times


def run(home: Path, *, weeks: int, orders: int) -> list[Row]:
    """Play the computer maker in `home`, which keeps the database for the benchmarks that follow."""
    command = [sys.executable, "-m", "atoll.cli", "demo", "--weeks", str(weeks), "--orders", str(orders), "--fresh", "--json"]
    result = subprocess.run(command, env=os.environ | {"ATOLL_HOME": str(home)}, capture_output=True, text=True, check=True)
    seconds = json.loads(result.stdout)["seconds"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    size = sum(path.stat().st_size for path in (home / "database").rglob("*") if path.is_file()) / 2**20
    what = f"demonstration of {weeks} weeks, {orders} orders"
    return [
        Row(what, seconds.pop("total"), "s", 180.0 * max(orders / 2000, 0.2)),
        *(Row(f"  {phase}", value, "s") for phase, value in seconds.items()),
        Row("memory of the demonstration's process, at most", round(peak, 1), "MB", 1024.0),
        Row("database with its log", round(size, 1), "MB"),
        Row("help of the command line, quickest of five", round(float(min(times(_help() for _ in range(5)))), 1), "ms", 300.0),
    ]


def _help() -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-m", "atoll.cli", "--help"], capture_output=True, check=True)
