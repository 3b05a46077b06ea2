"""The company on which other systems were measured: 200 components, 20 subassemblies, 10 models with 5 option groups.

It is read from the output of the peers' generator where `ATOLL_PEERS` names that program; otherwise one of the same structure and
statistics is drawn here: stock covers about half of what all lines need, receipts of the first month another fifth.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from atoll.promise import Availability, WaitingOrders, Wanted, WantedLine

COMPONENTS, SUBASSEMBLIES, MODELS, GROUPS = 200, 20, 10, 5
HORIZON = 70
SEED = 42
MARGIN = 0.4
"""Margin as a share of the components' cost; the peers' file has none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One order line: units, day it is due, class, minutes of one unit, and what one unit takes."""

    units: int
    due_day: int
    priority: int
    minutes: int
    parts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Items by position, the components first.

    Parameters
    ----------
    cost, lead_days, on_hand
        By item; the lead time of a subassembly is that of its build.
    bills
        Components of one unit of each subassembly.
    receipts
        Item, units and day of what is on order.
    daily_minutes
        Capacity of final assembly.
    """

    cost: np.ndarray
    lead_days: np.ndarray
    on_hand: np.ndarray
    bills: dict[int, dict[int, int]]
    receipts: list[tuple[int, int, int]]
    lines: list[Line]
    daily_minutes: int


def scenario(lines: int) -> Scenario:
    """The peers' own, where `ATOLL_PEERS` names its generator, or one drawn here."""
    program = os.environ.get("ATOLL_PEERS")
    return generated_by(Path(program), lines) if program else drawn(lines)


def generated_by(program: Path, lines: int) -> Scenario:
    """Run the peers' generator and read what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.json"
        subprocess.run([sys.executable, str(program), str(lines), str(path)], check=True, stdout=subprocess.DEVNULL)
        data = json.loads(path.read_text(encoding="utf-8"))
    place = {code: position for position, code in enumerate(data["items"])}
    today = date.fromisoformat(data["today"])
    minutes = {model["code"]: model["asm_minutes"] for model in data["models"]}
    items = data["items"].values()
    return Scenario(
        cost=np.array([item["cost"] for item in items], dtype=np.float64),
        lead_days=np.array([item["lead"] for item in items], dtype=np.int64),
        on_hand=np.array([item["onhand"] for item in items], dtype=np.int64),
        bills={place[code]: {place[part]: per for part, per in bill} for code, bill in data["boms"].items()},
        receipts=[(place[r["item"]], r["qty"], (date.fromisoformat(r["date"]) - today).days) for r in data["receipts"]],
        lines=[
            Line(
                order["qty"],
                (date.fromisoformat(order["due"]) - today).days,
                order["priority"],
                minutes[order["model"]],
                {place[part]: per for part, per in order["parts"]},
            )
            for order in data["orders"]
        ],
        daily_minutes=data["line_stations"] * data["minutes_per_day"],
    )


def drawn(lines: int, seed: int = SEED) -> Scenario:
    """Draw a company, its orders, and stock in proportion to what they need."""
    rng = np.random.default_rng(seed)
    items, bought = COMPONENTS + SUBASSEMBLIES, np.arange(COMPONENTS + SUBASSEMBLIES) < COMPONENTS
    cost = np.where(bought, rng.lognormal(2, 1, items).round(2), 0.0)
    lead_days = np.where(bought, rng.choice([5, 7, 10, 14, 21, 30, 45], items), rng.integers(1, 4, items))
    bills = {sub: _parts(rng, int(rng.integers(6, 11)), [1, 1, 1, 2, 4]) for sub in range(COMPONENTS, items)}
    models = [_model(rng) for _ in range(MODELS)]
    ordered = [_line(rng, models[rng.integers(MODELS)]) for _ in range(lines)]
    need = _need(ordered, bills)
    share = np.where(bought, 0.6, 0.4) * rng.uniform(0.5, 1.2, items)
    receipts = [(i, int(need[i] * 0.2), int(rng.integers(2, 31))) for i in range(COMPONENTS) if need[i] >= 5]
    stations = max(1, round(sum(line.units * line.minutes for line in ordered) / HORIZON / 480 * 1.15 + 0.5))
    return Scenario(cost, lead_days, (need * share).astype(np.int64), bills, receipts, ordered, stations * 480)


@dataclass(frozen=True, slots=True)
class _Model:
    """What every unit takes, and of each group of options the shares and what each option takes."""

    minutes: int
    common: dict[int, int]
    groups: list[tuple[list[float], list[dict[int, int]]]]


def _model(rng: np.random.Generator) -> _Model:
    groups = []
    for group in range(GROUPS):
        options = [_option(rng) for _ in range(rng.integers(2, 5))]
        weights = 1 / np.arange(1, len(options) + 1)
        shares = weights / weights.sum()
        if group == GROUPS - 1:  # may be left out
            options, shares = [*options, {}], np.append(shares * 0.7, 0.3)
        groups.append((shares.tolist(), options))
    return _Model(int(rng.choice([10, 15, 20])), {**_parts(rng, 4, [1]), _subassembly(rng): 1}, groups)


def _option(rng: np.random.Generator) -> dict[int, int]:
    return {_subassembly(rng): 1} if rng.random() < 0.35 else _parts(rng, int(rng.integers(1, 3)), [1, 1, 2])


def _parts(rng: np.random.Generator, number: int, per: list[int]) -> dict[int, int]:
    return {int(part): int(rng.choice(per)) for part in rng.choice(COMPONENTS, number, replace=False)}


def _subassembly(rng: np.random.Generator) -> int:
    return int(rng.integers(COMPONENTS, COMPONENTS + SUBASSEMBLIES))


def _line(rng: np.random.Generator, model: _Model) -> Line:
    parts = Counter(model.common)
    for shares, options in model.groups:
        parts.update(options[rng.choice(len(options), p=shares)])
    return Line(int(rng.integers(1, 6)), int(rng.integers(5, 71)), int(rng.choice([1, 2, 2, 3])), model.minutes, dict(parts))


def _need(lines: list[Line], bills: dict[int, dict[int, int]]) -> np.ndarray:
    """Units of each item that all lines take, those inside subassemblies included."""
    need = np.zeros(COMPONENTS + SUBASSEMBLIES)
    for line in lines:
        for item, per in line.parts.items():
            need[item] += per * line.units
    for sub, bill in bills.items():
        for item, per in bill.items():
            need[item] += per * need[sub]
    return need


def waiting_orders(company: Scenario, orders: int) -> WaitingOrders:
    """The first orders of the company, as they wait for their kits."""
    first = company.lines[:orders]
    units = np.array([line.units for line in first], dtype=np.int64)
    parts = [(item, per * line.units) for line in first for item, per in line.parts.items()]
    cost = [line.units * sum(per * company.cost[item] for item, per in line.parts.items()) for line in first]
    return WaitingOrders(
        on_hand=company.on_hand,
        start=np.cumsum([0, *(len(line.parts) for line in first)]),
        item=np.array([item for item, _ in parts], dtype=np.int64),
        quantity=np.array([quantity for _, quantity in parts], dtype=np.int64),
        units=units,
        margin=MARGIN * np.array(cost),
        bottleneck_minutes=units * np.array([line.minutes for line in first], dtype=np.int64),
        due_day=np.array([line.due_day for line in first], dtype=np.int64),
        waiting_days=np.zeros(len(first), dtype=np.int64),
        priority=np.array([line.priority for line in first], dtype=np.int64),
        entry=np.arange(len(first)),
    )


def availability(company: Scenario) -> Availability:
    """Stock, receipts and one assembly line of all stations, every day a working day, for twice the horizon of the orders."""
    items, days = len(company.cost), np.arange(1, 2 * HORIZON)
    supplies = [(item, 0, units) for item, units in enumerate(company.on_hand.tolist())]
    supplies += [(item, day, units) for item, units, day in company.receipts]
    rows = np.array(supplies, dtype=np.int64)
    return Availability(
        supply_item=rows[:, 0],
        supply_day=rows[:, 1],
        supply_free=rows[:, 2],
        lead_days=company.lead_days,
        build_days=np.where(np.arange(items) < COMPONENTS, 0, company.lead_days),
        bills={item: tuple(bill.items()) for item, bill in company.bills.items()},
        working=np.ones(2 * HORIZON, dtype=np.bool_),
        capacity_line=np.zeros(len(days), dtype=np.int64),
        capacity_day=days,
        capacity_free=np.full(len(days), company.daily_minutes),
    )


def wanted(company: Scenario) -> Wanted:
    """All order lines in order of entry, each for the day it is due."""
    return Wanted.of(
        WantedLine(
            {item: per * line.units for item, per in line.parts.items()},
            minutes=line.minutes * line.units,
            lines=(0,),
            requested_day=line.due_day,
        )
        for line in company.lines
    )
