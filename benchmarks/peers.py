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
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from atoll.promise import Availability, WaitingOrders, Wanted, WantedLine

COMPONENTS, SUBASSEMBLIES = tuple(f"C{i:03d}" for i in range(200)), tuple(f"S{i:02d}" for i in range(20))
MODELS, GROUPS, SUPPLIERS, CUSTOMERS = 10, 5, 15, 100
TODAY, HORIZON, MINUTES_PER_DAY = date(2026, 1, 5), 70, 480
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
    """The company with so many order lines as arrays."""
    return as_arrays(document(lines))


def as_arrays(data: dict[str, Any]) -> Scenario:
    """A company of the generator's form as arrays."""
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


def document(lines: int) -> dict[str, Any]:
    """The company as the peers' generator writes it: by that program, where `ATOLL_PEERS` names it, or drawn here."""
    program = os.environ.get("ATOLL_PEERS")
    return generated_by(Path(program), lines) if program else drawn(lines)


def generated_by(program: Path, lines: int) -> dict[str, Any]:
    """Run the peers' generator and read what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.json"
        subprocess.run([sys.executable, str(program), str(lines), str(path)], check=True, stdout=subprocess.DEVNULL)
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


Parts = list[tuple[str, int]]


def drawn(lines: int, seed: int = SEED) -> dict[str, Any]:
    """Draw a company, its orders, and stock in proportion to what they need."""
    chance = Random(seed)
    bills = {code: _parts(chance, chance.randint(6, 10), (1, 1, 1, 2, 4)) for code in SUBASSEMBLIES}
    models = [_model(chance, f"M{number}") for number in range(MODELS)]
    orders = [_order(chance, number, chance.choice(models)) for number in range(lines)]
    need = _need(orders, bills)
    items = {code: _item(chance, need[code], is_bought=code in COMPONENTS) for code in (*COMPONENTS, *SUBASSEMBLIES)}
    minutes = {model["code"]: model["asm_minutes"] for model in models}
    work = sum(order["qty"] * minutes[order["model"]] for order in orders)
    return {
        "today": TODAY.isoformat(),
        "items": items,
        "boms": bills,
        "models": models,
        "receipts": [
            {"item": code, "qty": int(need[code] * 0.2), "date": _day(chance.randint(2, 30))}
            for code in COMPONENTS
            if need[code] >= 5
        ],
        "orders": orders,
        "line_stations": max(1, round(work / HORIZON / MINUTES_PER_DAY * 1.15 + 0.5)),
        "minutes_per_day": MINUTES_PER_DAY,
    }


def _day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def _item(chance: Random, need: int, *, is_bought: bool) -> dict[str, Any]:
    on_hand = int(need * (0.6 if is_bought else 0.4) * chance.uniform(0.5, 1.2))
    if not is_bought:
        return {"kind": "make", "lead": chance.randint(1, 3), "cost": 0, "onhand": on_hand, "moq": 1}
    return {
        "kind": "buy",
        "lead": chance.choice((5, 7, 10, 14, 21, 30, 45)),
        "cost": round(chance.lognormvariate(2, 1), 2),
        "onhand": on_hand,
        "moq": chance.choice((1, 10, 50)),
        "supplier": f"SUP{chance.randrange(SUPPLIERS):02d}",
    }


def _model(chance: Random, code: str) -> dict[str, Any]:
    """What every unit takes, and groups of options with shares and with what each takes; the last may be left out."""
    groups = []
    for group in range(GROUPS):
        options = [_option(chance) for _ in range(chance.randint(2, 4))]
        weights = [1 / (place + 1) for place in range(len(options))]
        shares = [weight / sum(weights) for weight in weights]
        codes = [f"G{group}K{place}" for place in range(len(options))]
        if group == GROUPS - 1:
            options, shares, codes = [*options, []], [*(0.7 * share for share in shares), 0.3], [*codes, f"G{group}NONE"]
        choices = [
            {"code": name, "pct": share, "parts": parts} for name, share, parts in zip(codes, shares, options, strict=True)
        ]
        groups.append({"code": f"G{group}", "choices": choices})
    common = [*_parts(chance, 4, (1,)), (chance.choice(SUBASSEMBLIES), 1)]
    return {"code": code, "common": common, "options": groups, "asm_minutes": chance.choice((10, 15, 20))}


def _option(chance: Random) -> Parts:
    if chance.random() < 0.35:
        return [(chance.choice(SUBASSEMBLIES), 1)]
    return _parts(chance, chance.randint(1, 2), (1, 1, 2))


def _parts(chance: Random, number: int, per: Sequence[int]) -> Parts:
    return [(part, chance.choice(per)) for part in chance.sample(COMPONENTS, number)]


def _order(chance: Random, number: int, model: dict[str, Any]) -> dict[str, Any]:
    parts = Counter(dict(model["common"]))
    chosen = {}
    for group in model["options"]:
        (choice,) = chance.choices(group["choices"], [choice["pct"] for choice in group["choices"]])
        chosen[group["code"]] = choice["code"]
        parts.update(dict(choice["parts"]))
    return {
        "id": f"SO{number:06d}",
        "customer": f"CUST{chance.randrange(CUSTOMERS):03d}",
        "model": model["code"],
        "qty": chance.randint(1, 5),
        "choices": chosen,
        "due": _day(chance.randint(5, HORIZON)),
        "priority": chance.choice((1, 2, 2, 3)),
        "parts": sorted(parts.items()),
    }


def _need(orders: list[dict[str, Any]], bills: dict[str, Parts]) -> Counter[str]:
    """Units of each item that all orders take, those inside subassemblies included."""
    need = Counter[str]()
    for order in orders:
        for item, per in order["parts"]:
            need[item] += per * order["qty"]
    for subassembly, bill in bills.items():
        for item, per in bill:
            need[item] += per * need[subassembly]
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
        build_days=np.where(np.arange(items) < len(COMPONENTS), 0, company.lead_days),
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
