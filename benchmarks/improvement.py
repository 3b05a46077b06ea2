"""A year of the computer maker with its first stock levels, and with optimised ones from the second quarter on.

Both meet the same orders, and are played side by side. The planner optimises from what a quarter of orders and receipts has
taught, and applies the whole proposal. What is told is of the second half year, when stock has adjusted; four weeks of a
seed make one sample of the differences. Orders count that had everything when they wanted it, which is what levels are
optimised for, and beside them those that had it when they were confirmed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row

SERVICE = 0.92
"""Order fill rate that the planner asks for: a little more than the first levels serve, since demand grows."""

SEEDS = (1, 2, 3)
"""Each takes ten minutes."""

BLOCK = 4
"""Weeks of a sample."""


def run(home: Path, *, quick: bool) -> list[Row]:
    """Play each seed twice, with databases of their own below `home`: ten minutes a seed, or three when quick."""
    weeks, orders, seeds = (16, 400, SEEDS[:1]) if quick else (52, 2000, SEEDS)
    improving = ["--improve-after", str(weeks // 4), "--service", str(SERVICE)]
    first: list[Block] = []
    optimised: list[Block] = []
    for seed in seeds:
        played = ["--weeks", str(weeks), "--orders", str(orders), "--seed", str(seed)]
        with ThreadPoolExecutor(2) as two:
            plays = two.map(_played, (home / f"first-{seed}", home / f"optimised-{seed}"), (played, played + improving))
            for blocks, report in zip((first, optimised), plays, strict=True):
                blocks += second_half(report, weeks)
    what, pairs = f"second half of {weeks} weeks of {orders} orders, seeds {seeds}", [*zip(first, optimised, strict=True)]
    return [
        *levels(f"{what}, first levels", "first", first),
        *levels(f"{what}, optimised levels", "optimised", optimised),
        *difference(f"{what}: orders in time gained", "points", [100 * (b.in_time_rate - a.in_time_rate) for a, b in pairs]),
        *difference(f"{what}: inventory saved", "%", [100 * (1 - b.inventory / a.inventory) for a, b in pairs]),
    ]


@dataclass(frozen=True, slots=True)
class Block:
    """Some weeks of a play: orders, those of them filled from stock and those in time, and the mean value of the inventory."""

    orders: int
    filled: int
    in_time: int
    inventory: float

    @property
    def in_time_rate(self) -> float:
        """Share of the orders that had everything when they wanted it."""
        return self.in_time / self.orders


def second_half(report: Mapping[str, Any], weeks: int) -> list[Block]:
    """The second half of a play, by blocks of weeks; the last weeks that fill no block are left out."""
    by_week = list(report["filled_by_week"].values())
    by_day = np.sum(list(report["inventory_value"]["by_day"].values()), axis=0)
    return [
        Block(
            *(sum(week[name] for week in by_week[start : start + BLOCK]) for name in ("orders", "filled", "in_time")),
            float(by_day[7 * start : 7 * (start + BLOCK)].mean()),
        )
        for start in range(weeks // 2, weeks - BLOCK + 1, BLOCK)
    ]


def levels(what: str, name: str, blocks: Sequence[Block]) -> list[Row]:
    """What one set of levels serves, and the stock that it takes."""
    orders = sum(block.orders for block in blocks)
    in_time, filled = sum(block.in_time for block in blocks) / orders, sum(block.filled for block in blocks) / orders
    value = float(np.mean([block.inventory for block in blocks]))
    return [
        Row(f"{what}: orders in time", 100 * in_time, "%", name=f"improvement.{name}.in_time_rate"),
        Row(f"{what}: order fill rate at confirmation", 100 * filled, "%", name=f"improvement.{name}.order_fill_rate"),
        Row(f"{what}: inventory", value, "USD", name=f"improvement.{name}.inventory_value"),
    ]


def difference(what: str, unit: str, samples: Sequence[float]) -> list[Row]:
    """Mean of paired differences, and its 95 % interval."""
    from atoll.simulate import Estimate

    found = Estimate.of(np.array(samples))
    low, high = found.interval()
    return [
        Row(what, float(found.mean), unit),
        Row(f"{what}, low end of the 95 % interval", float(low), unit),
        Row(f"{what}, high end of it", float(high), unit),
    ]


def _played(home: Path, options: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "atoll.cli", "demo", "--fresh", "--json", *options]
    environment = os.environ | {"ATOLL_HOME": str(home)}
    try:
        return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)
    finally:
        subprocess.run([sys.executable, "-m", "atoll.cli", "db", "stop"], env=environment, capture_output=True, check=True)
