"""A year of the computer maker with its first stock levels, and with optimised ones from the second quarter on.

Both meet the same orders. The planner optimises from what a quarter of orders and receipts has taught, and applies the whole
proposal. What is told is of the second half year, when stock has adjusted.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import Row

SERVICE = 0.9
"""Order fill rate that the planner asks for."""


def run(home: Path, *, quick: bool) -> list[Row]:
    """Play twice, one after the other, each in a database of its own below `home`."""
    weeks, orders = (16, 400) if quick else (52, 2600)
    rows = []
    for name, options in (("first", []), ("optimised", ["--improve-after", str(weeks // 4), "--service", str(SERVICE)])):
        report = _played(home / name, weeks, orders, options)
        what = f"second half of {weeks} weeks of {orders} orders, {name} levels"
        rows += [
            Row(f"{what}: order fill rate", 100 * fill_rate(report, weeks // 2), "%", name=f"improvement.{name}.order_fill_rate"),
            Row(f"{what}: inventory", inventory(report, weeks // 2), "USD", name=f"improvement.{name}.inventory_value"),
        ]
    return rows


def fill_rate(report: Mapping[str, Any], first: int) -> float:
    """Order fill rate from a week on."""
    weeks = list(report["filled_by_week"].values())[first:]
    return sum(week["filled"] for week in weeks) / sum(week["orders"] for week in weeks)


def inventory(report: Mapping[str, Any], first: int) -> float:
    """Mean value of the inventory from a week on."""
    days = [sum(kinds) for kinds in zip(*report["inventory_value"]["by_day"].values(), strict=True)][7 * first :]
    return sum(days) / len(days)


def _played(home: Path, weeks: int, orders: int, options: list[str]) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "atoll.cli",
        "demo",
        "--weeks",
        str(weeks),
        "--orders",
        str(orders),
        "--fresh",
        "--json",
        *options,
    ]
    environment = os.environ | {"ATOLL_HOME": str(home)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    subprocess.run([sys.executable, "-m", "atoll.cli", "db", "stop"], env=environment, capture_output=True, check=True)
    return json.loads(result.stdout)
